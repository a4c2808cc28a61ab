-- +goose Up
-- Who is on duty (tier 0) and on call (tier 1 is paged first), from begins up to and without ends.
CREATE TABLE shift (
    person uuid        NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    tier   integer     NOT NULL,
    begins timestamptz NOT NULL,
    ends   timestamptz NOT NULL,
    PRIMARY KEY (person, begins),
    CONSTRAINT forward CHECK (ends > begins)
);
CREATE INDEX shift_ends ON shift (ends);

-- Where a person is found when paged by mail.
CREATE TABLE pager (
    person uuid PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    mail   text NOT NULL
);

-- Changes of the roster of the last minutes, so that one that comes again changes nothing.
CREATE TABLE roster_change (
    request uuid        PRIMARY KEY,
    print   bytea       NOT NULL,
    at      timestamptz NOT NULL
);

-- What paging did: no contact, no language, no address.
CREATE TABLE page (
    line        text        NOT NULL,
    incarnation bigint      NOT NULL,
    number      bigint      NOT NULL,
    page        text        NOT NULL, -- the round
    step        integer     NOT NULL,
    kind        text        NOT NULL,
    at          timestamptz NOT NULL,
    reason      text        NOT NULL,
    adviser     uuid,
    waited_ms   bigint      NOT NULL,
    PRIMARY KEY (line, incarnation, number)
);
