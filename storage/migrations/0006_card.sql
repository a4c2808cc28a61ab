-- +goose Up

-- A matter's card, until its day is over. Nothing in a row tells whose it is.
CREATE TABLE card (
    line    text NOT NULL,
    mark    text NOT NULL, -- keyed fingerprint of the matter number under the key of the day
    day     date NOT NULL, -- on which the key of both dies
    wrapped text NOT NULL,
    sealed  text NOT NULL,
    PRIMARY KEY (line, mark)
);

-- A look at a card may concern no contact yet; tries are counted by adviser.
ALTER TABLE audit ALTER COLUMN contact DROP NOT NULL;
CREATE INDEX audit_tries ON audit (line, adviser, at) WHERE deed = 'matter';
