-- +goose Up

-- The register of disclosures without consent: ground, authority, hour, the authority's receipt, who made
-- it, and which supervisor has seen it. Nothing of the person. Kept as the controller decides.
CREATE TABLE disclosure (
    line     text        NOT NULL,
    id       uuid        NOT NULL,
    at       timestamptz NOT NULL,
    ground   text        NOT NULL,
    receiver text        NOT NULL,
    receipt  text        NOT NULL,
    adviser  uuid        NOT NULL,
    seen     timestamptz,
    seen_by  uuid,
    PRIMARY KEY (line, id)
);
CREATE INDEX disclosure_at ON disclosure (line, at);

-- Rows of the audit are only added; the purge alone takes old ones away.
-- +goose StatementBegin
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit rows are only added' USING ERRCODE = 'integrity_constraint_violation'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
