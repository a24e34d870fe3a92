#!/bin/sh
# Creates Temporal's two databases, or brings their schemas up to this version. Repeatable.
# SQL_PASSWORD is read by the tool. POSTGRES_HOST, POSTGRES_PORT and TEMPORAL_SCHEMA: default as in docker-compose.
set -eu

schema() {
  database=$1
  folder=$2
  sql() { temporal-sql-tool --plugin postgres12 --ep "${POSTGRES_HOST:-postgres}" -p "${POSTGRES_PORT:-5432}" -u relay --db "$database" "$@"; }
  sql create
  sql setup-schema -v 0.0
  sql update-schema -d "${TEMPORAL_SCHEMA:-/etc/temporal/schema}/postgresql/v12/$folder/versioned"
}

schema temporal temporal
schema temporal_visibility visibility
