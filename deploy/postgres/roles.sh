#!/bin/sh
# A role for each purpose and nothing more, in a new cluster: the image of PostgreSQL runs this once. By hand, as a superuser:
#   PGHOST=… POSTGRES_USER=postgres RELAY_OWNER_PASSWORD=… RELAY_DB_PASSWORD=… TEMPORAL_DB_PASSWORD=… sh deploy/postgres/roles.sh
#
#   relay_owner  owns the database `relay` and its tables: `relay migrate`
#   relay        reads and writes rows there: web and worker
#   temporal     owns `temporal` and `temporal_visibility`
set -eu
: "${RELAY_OWNER_PASSWORD:?is not set}" "${RELAY_DB_PASSWORD:?is not set}" "${TEMPORAL_DB_PASSWORD:?is not set}"

psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres --no-password --quiet \
  -v owner="$RELAY_OWNER_PASSWORD" -v relay="$RELAY_DB_PASSWORD" -v temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role relay_owner login password :'owner';
create role relay login password :'relay';
create role temporal login password :'temporal';

create database relay owner relay_owner;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke all on database relay, temporal, temporal_visibility from public;
grant connect on database relay to relay;

\connect relay
revoke all on schema public from public;
alter schema public owner to relay_owner;
grant usage on schema public to relay;
-- Of every table that a later step makes, too.
alter default privileges for role relay_owner in schema public grant select, insert, update, delete on tables to relay;
alter default privileges for role relay_owner in schema public grant usage, select on sequences to relay;
SQL
