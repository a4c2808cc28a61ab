-- +goose Up

-- The instant by which referrals go: the database's own clock, and what a test lets it run ahead.
CREATE TABLE house_clock (
    one   boolean  PRIMARY KEY DEFAULT true CHECK (one),
    ahead interval NOT NULL
);
-- +goose StatementBegin
CREATE FUNCTION house_now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT now() + COALESCE((SELECT ahead FROM house_clock), interval '0') $$;
-- +goose StatementEnd

-- An open referral, and one that ended within 30 days. Body: receivers, states, consents, coded actions;
-- no name, no number, no clear text. Letter and note are sealed under the key of the day on which each
-- must be gone.
CREATE TABLE referral (
    line       text        NOT NULL,
    id         uuid        NOT NULL,
    word       text        NOT NULL,
    body       jsonb       NOT NULL,
    letter_key text        NOT NULL DEFAULT '',
    letter     text        NOT NULL DEFAULT '',
    note_key   text        NOT NULL DEFAULT '',
    note       text        NOT NULL DEFAULT '',
    next_at    timestamptz,
    due        timestamptz,
    ended      timestamptz,
    PRIMARY KEY (line, id)
);
CREATE INDEX referral_word ON referral (line, word);
CREATE INDEX referral_due ON referral (due) WHERE due IS NOT NULL;
CREATE INDEX referral_ended ON referral (ended) WHERE ended IS NOT NULL;

-- What is left of referrals: how many of a quarter ended how, by receiver's kind. Days: how long one was
-- open, in steps.
CREATE TABLE referral_count (
    line        text   NOT NULL,
    quarter     text   NOT NULL,
    destination text   NOT NULL,
    state       text   NOT NULL,
    reason      text   NOT NULL,
    days        text   NOT NULL,
    n           bigint NOT NULL,
    PRIMARY KEY (line, quarter, destination, state, reason, days)
);

-- The directory of receivers: the fields of its file, as the file writes them.
CREATE TABLE receiver (
    id           text    PRIMARY KEY,
    organization text    NOT NULL,
    name         text    NOT NULL,
    kind         text    NOT NULL,
    phone        text    NOT NULL,
    email        text    NOT NULL,
    url          text    NOT NULL,
    languages    text[]  NOT NULL,
    areas        text[]  NOT NULL,
    minimum_age  integer NOT NULL,
    maximum_age  integer NOT NULL,
    schedule     text    NOT NULL,
    status       text    NOT NULL,
    alert        text    NOT NULL,
    assured      date    NOT NULL
);

-- Which receiver's system shows which key, as a keyed print. Outlives a new file of the directory.
CREATE TABLE partner (
    receiver text PRIMARY KEY,
    print    text NOT NULL UNIQUE
);

-- Where jobs wait that send neutral mail about referrals: ids alone.
CREATE SCHEMA IF NOT EXISTS river;
