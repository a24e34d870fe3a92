#!/bin/sh
# The namespace, and the search attributes of workflows/contract.ts. Repeatable.
set -eu
namespace=default

attempt=0
until temporal operator cluster health; do
  attempt=$((attempt + 1))
  [ "$attempt" -lt 30 ] || exit 1
  sleep 2
done

# Closed workflows stay readable for 30 days.
temporal operator namespace describe -n "$namespace" > /dev/null 2>&1 ||
  temporal operator namespace create -n "$namespace" --retention 30d

# A new namespace is known to every part of the server some seconds later.
attempt=0
until temporal operator search-attribute list -n "$namespace" > /dev/null 2>&1; do
  attempt=$((attempt + 1))
  [ "$attempt" -lt 60 ] || exit 1
  sleep 1
done

# One by one, so that one that is there already keeps none of the others away.
for attribute in \
  TtIntegration=Keyword TtPsp=Keyword TtPurchaseType=Keyword TtSubscriptionStatus=Keyword \
  TtDeliveryStatus=Keyword TtUser=Keyword TtErrorType=Keyword TtNeedsAttention=Bool; do
  temporal operator search-attribute create -n "$namespace" --name "${attribute%=*}" --type "${attribute#*=}" ||
    temporal operator search-attribute list -n "$namespace" | grep -q "${attribute%=*} "
done
