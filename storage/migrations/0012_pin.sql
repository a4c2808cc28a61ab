-- +goose Up

-- What opens a locked screen beside the password: the PIN's print under the sign-in's own secret, which no store
-- has, and how many wrong ones were tried since the last right one. Empty: none is set.
ALTER TABLE session ADD COLUMN pin text NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN tries integer NOT NULL DEFAULT 0;
