-- +goose Up

-- When each nightly work was done last, by the hour, and the day on which it last had anything to do. Nothing of a
-- contact: a flush moves at least twenty.
CREATE TABLE turn (
    what  text        PRIMARY KEY,
    at    timestamptz NOT NULL,
    moved date
);
CREATE INDEX page_at ON page (at);
CREATE INDEX audit_at ON audit (at);
