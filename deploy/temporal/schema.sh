#!/bin/sh
# Creates Temporal's two databases, or brings their schemas up to this version. Repeatable.
set -eu

schema() {
  database=$1
  folder=$2
  sql() { temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u relay --db "$database" "$@"; }
  sql create
  sql setup-schema -v 0.0
  sql update-schema -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
}

schema temporal temporal
schema temporal_visibility visibility
