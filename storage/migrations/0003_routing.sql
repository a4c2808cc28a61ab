-- +goose Up
ALTER TABLE event ADD COLUMN why jsonb; -- of an offer: the reason of the decision
CREATE INDEX event_contact ON event (line, contact);
ALTER TABLE person ADD COLUMN skills text[] NOT NULL DEFAULT '{}';
