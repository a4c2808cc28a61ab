-- +goose Up

-- One row per flushed outcome, in codes so coarse that a seldom combination is "other". No id, no contact, no
-- instant but the quarter, no order: a flush writes its rows shuffled.
CREATE TABLE outcome_log (
    quarter       text NOT NULL,
    channel       text NOT NULL,
    role_group    text NOT NULL,
    outcome_group text NOT NULL
);

-- The cells of the planned tables. They move in steps of at least twenty contacts.
CREATE TABLE counter (
    period text   NOT NULL, -- a quarter for tables of contacts, a year for the others
    tab    text   NOT NULL,
    cell   text   NOT NULL,
    count  bigint NOT NULL,
    PRIMARY KEY (period, tab, cell)
);

-- What was released, as bytes that never change. A table without bytes is withheld.
CREATE TABLE report (
    period text NOT NULL,
    tab    text NOT NULL,
    json   bytea,
    csv    bytea,
    PRIMARY KEY (period, tab)
);

ALTER TABLE contact
    ADD COLUMN counted boolean NOT NULL DEFAULT false, -- in the counters
    ADD COLUMN coarse boolean NOT NULL DEFAULT false,  -- its instants are whole hours
    ADD COLUMN wait_bucket text NOT NULL DEFAULT '',   -- of a coarse one
    ADD COLUMN length_bucket text NOT NULL DEFAULT '';
CREATE INDEX contact_ended ON contact (line, ended_at);
