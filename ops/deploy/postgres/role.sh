#!/usr/bin/env bash
# Run once, by the image of Postgres on an empty volume or by hand: the program's role, which is no
# superuser, and its database. The password comes from APP_PASSWORD_FILE and into no list of processes.
set -euo pipefail

psql --no-psqlrc -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres <<'SQL'
\set password `cat "$APP_PASSWORD_FILE"`
CREATE ROLE adviceline LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
CREATE DATABASE adviceline OWNER adviceline TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE adviceline FROM PUBLIC;
SQL
