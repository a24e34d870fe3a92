#!/bin/sh
# Makes `.env` for docker-compose.yml, with secrets that this machine draws: `deploy/make-env.sh [file]`. It replaces nothing.
set -eu
umask 077
file=${1:-.env}

# Creates the file or fails, so that two runs at once can't both write it.
if ! (set -C && : > "$file") 2> /dev/null; then
  echo "$file is there already, and holds secrets that data was encrypted with: move it away first, if you mean it" >&2
  exit 1
fi
trap 'rm -f "$file"' EXIT

hex() { openssl rand -hex "$1"; }
operator_token=$(hex 24)
codec_secret=$(printf codec | openssl dgst -sha256 -hmac "$operator_token" | sed 's/.* //')

cat > "$file" << END
# Made by deploy/make-env.sh. Keep a copy of it apart from the backups: without ENCRYPTION_KEYS and USER_ID_PEPPER they can't be read.

# --- To fill in ---
# The address of web as providers, pages and you reach it, with TLS in front of it.
PUBLIC_URL=
# Events Manager › your pixel › Settings
TIKTOK_PIXEL_CODE=
TIKTOK_ACCESS_TOKEN=
# The providers that you use; all: .env.example. They can be entered in the console, too.
STRIPE_WEBHOOK_SECRETS=
# The pages that carry the pixel, and how many proxies are in front of web.
ALLOWED_ORIGINS=
TRUST_PROXY=1

# --- Made here ---
OPERATOR_TOKEN=$operator_token
OPERATOR_PASSWORD=$(hex 12)
METRICS_TOKEN=$(hex 24)
CODEC_SECRET=$codec_secret
ENCRYPTION_KEYS=k1:$(openssl rand -base64 32)
USER_ID_PEPPER=$(hex 32)
POSTGRES_PASSWORD=$(hex 24)
RELAY_OWNER_PASSWORD=$(hex 24)
RELAY_DB_PASSWORD=$(hex 24)
TEMPORAL_DB_PASSWORD=$(hex 24)

# What runs here beside web and worker. For PostgreSQL or Temporal elsewhere take it out, and set DATABASE_URL and MIGRATE_DATABASE_URL,
# or TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_API_KEY.
COMPOSE_PROFILES=postgres,temporal
END
trap - EXIT

cat << END
$file is made, for your eyes only. Fill in PUBLIC_URL, TIKTOK_PIXEL_CODE, TIKTOK_ACCESS_TOKEN and your providers' secrets in it, then:

  docker compose up -d --build

The console asks for OPERATOR_PASSWORD, which is in the file. To look around without a TikTok account: LIVE_MODE=false and PUBLIC_URL=http://localhost:3000
END
