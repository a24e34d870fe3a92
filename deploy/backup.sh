#!/bin/sh
# Backup, restore and a drill of the three databases, with pg_dump's own formats:
#   deploy/backup.sh backup <folder>     also while everything runs
#   deploy/backup.sh restore <folder>    into databases that are there and empty (deploy/postgres/roles.sh makes them); stop web, worker and Temporal first
#   deploy/backup.sh drill <folder>      restores into databases with `_drill` behind their names, compares the rows of each table, and drops them
# PGHOST, PGPORT, PGUSER, PGPASSWORD as PostgreSQL's tools read them; the role owns the databases, or is a superuser. DATABASES: default all three.
# The dumps hold sealed data only, and need ENCRYPTION_KEYS to be read: keep these elsewhere.
set -eu
umask 077
command=${1:-}
folder=${2:-}
databases=${DATABASES:-relay temporal temporal_visibility}
if [ -z "$folder" ]; then
  sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
  exit 64
fi

seconds() { date +%s; }

# The numbers of rows by table, in a dump's own snapshot there is no cheaper proof that all of it came back.
rows() {
  psql -X -A -t -q -d "$1" -c "select format('select %L, count(*) from %I.%I', schemaname || '.' || tablename, schemaname, tablename)
    from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1" |
    while IFS= read -r count; do psql -X -A -t -q -F ' ' -d "$1" -c "$count" < /dev/null; done
}

# `relay` first: Temporal's databases are then at least as new, and a workflow that knows more than a row writes it again.
backup() {
  mkdir -p "$folder"
  for database in $databases; do
    began=$(seconds)
    pg_dump --format=directory --jobs=2 --no-sync --file="$folder/$database" -d "$database"
    echo "$database: backed up in $(($(seconds) - began)) s, $(du -sk "$folder/$database" | cut -f1) kB"
  done
}

restore_one() {
  began=$(seconds)
  pg_restore --exit-on-error --jobs=2 -d "$2" "$folder/$1"
  # Statistics are not in a dump; queries are slow without them.
  psql -X -q -d "$2" -c analyze
  echo "$1: restored in $(($(seconds) - began)) s"
}

restore() {
  for database in $databases; do
    if [ -n "$(rows "$database")" ]; then
      echo "$database is not empty: restore into a new one, so that nothing is overwritten" >&2
      exit 1
    fi
  done
  for database in $databases; do restore_one "$database" "$database"; done
}

drill() {
  for database in $databases; do
    copy=${database}_drill
    createdb "$copy"
    restore_one "$database" "$copy"
    # A backup is older than what runs: tables must be the same, and rows are shown side by side.
    rows "$database" > "$folder/$database.now"
    rows "$copy" > "$folder/$database.restored"
    dropdb "$copy"
    if [ "$(cut -d' ' -f1 "$folder/$database.now")" != "$(cut -d' ' -f1 "$folder/$database.restored")" ]; then
      echo "$database: the backup has other tables than the database" >&2
      exit 1
    fi
    differ=$(diff "$folder/$database.now" "$folder/$database.restored" | grep -c '^>' || true)
    echo "$database: $(wc -l < "$folder/$database.restored") tables, $differ of them with other numbers of rows than now"
  done
}

case $command in
  backup | restore | drill) "$command" ;;
  *) echo "there is no command $command: backup, restore or drill" >&2 && exit 64 ;;
esac
