-- +goose Up
CREATE TABLE person (
    id        uuid    PRIMARY KEY,
    name      text    NOT NULL,
    folded    text    NOT NULL UNIQUE, -- the name in lower case, made by the program whatever the locale
    alias     text    NOT NULL,
    roles     text[]  NOT NULL,
    languages text[]  NOT NULL,
    capacity  integer NOT NULL,
    password  text    NOT NULL,
    disabled  boolean NOT NULL DEFAULT false
);

CREATE TABLE session (
    hash    text        PRIMARY KEY,
    person  uuid        NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    expires timestamptz NOT NULL
);
CREATE INDEX session_person ON session (person);
CREATE INDEX session_expires ON session (expires);
