-- +goose Up

-- An open callback. Gone, key and all, in the transaction that commits its end. Instants are those that
-- routing needs; nothing of the person is in clear. Incarnation and number are those of the last event.
CREATE TABLE callback (
    line        text          NOT NULL,
    contact     uuid          NOT NULL,
    incarnation bigint        NOT NULL DEFAULT 0,
    number      bigint        NOT NULL DEFAULT 0,
    language    text          NOT NULL,
    lane        text          NOT NULL,
    arrival     timestamptz   NOT NULL,
    print       text          NOT NULL,
    key         text          NOT NULL,
    told        text          NOT NULL,
    mark        text          NOT NULL, -- keyed fingerprint of the number under the key of its day
    first       uuid,                   -- the earlier request of the same number, while that is open
    begins      timestamptz[] NOT NULL,
    ends        timestamptz[] NOT NULL,
    due         timestamptz,
    attempts    integer       NOT NULL DEFAULT 0,
    converted   boolean       NOT NULL,
    pending     boolean       NOT NULL, -- its chat is not converted yet
    review      text          NOT NULL DEFAULT '',
    wrapped     text          NOT NULL,
    sealed      text          NOT NULL,
    PRIMARY KEY (line, contact)
);
CREATE INDEX callback_mark ON callback (line, mark);
CREATE INDEX callback_first ON callback (line, first);

-- Who did what with a person's data. Rows are only added.
CREATE TABLE audit (
    line    text        NOT NULL,
    id      uuid        NOT NULL,
    at      timestamptz NOT NULL,
    adviser uuid        NOT NULL,
    deed    text        NOT NULL,
    contact uuid        NOT NULL,
    code    text        NOT NULL,
    PRIMARY KEY (line, id)
);
CREATE INDEX audit_contact ON audit (line, contact);
