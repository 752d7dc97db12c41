#!/bin/sh
# Run once by the image, on an empty data directory: a database and a user of our own beside Temporal's.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$CESSION_DB_PASSWORD" -U "$POSTGRES_USER" -d postgres <<'SQL'
CREATE ROLE cession LOGIN PASSWORD :'password';
CREATE DATABASE cession OWNER cession;
REVOKE ALL ON DATABASE cession FROM PUBLIC;
SQL
