-- +goose Up
CREATE TABLE incarnation (
    line   text   PRIMARY KEY,
    number bigint NOT NULL,
    run_id text   NOT NULL
);

CREATE TABLE event (
    line        text        NOT NULL,
    incarnation bigint      NOT NULL,
    number      bigint      NOT NULL,
    contact     uuid        NOT NULL,
    kind        text        NOT NULL,
    at          timestamptz NOT NULL,
    reason      text        NOT NULL,
    adviser     uuid,
    state       text        NOT NULL,
    epoch       bigint      NOT NULL,
    version     bigint      NOT NULL,
    outcome     boolean     NOT NULL, -- the event brought a staged outcome
    PRIMARY KEY (line, incarnation, number)
);
CREATE INDEX event_outcome ON event (line, contact) WHERE outcome;

CREATE TABLE contact (
    line        text        NOT NULL,
    contact     uuid        NOT NULL,
    incarnation bigint      NOT NULL,
    number      bigint      NOT NULL,
    channel     text        NOT NULL,
    language    text        NOT NULL,
    lane        text        NOT NULL,
    arrival     timestamptz NOT NULL,
    state       text        NOT NULL,
    owner       uuid,
    epoch       bigint      NOT NULL,
    version     bigint      NOT NULL,
    accepted_at timestamptz,
    ended_at    timestamptz,
    recorded_at timestamptz,
    reason      text        NOT NULL,
    PRIMARY KEY (line, contact),
    CONSTRAINT coarse_language CHECK (ended_at IS NULL OR language IN ('fi', 'sv', 'en', 'other'))
) WITH (fillfactor = 80);

-- No instant, no order and no link to a contact: the key is made with the generation's key.
CREATE TABLE staged (
    key        bytea PRIMARY KEY,
    generation text NOT NULL,
    wrapped    text NOT NULL,
    sealed     text NOT NULL
);
