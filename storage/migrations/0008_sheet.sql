-- +goose Up
-- Small tables that supervisors keep: canned replies, targets. Nothing of a contact.
CREATE TABLE sheet (
    name  text    NOT NULL,
    place integer NOT NULL,
    cells text[]  NOT NULL,
    PRIMARY KEY (name, place)
);
