#!/bin/sh
# Safe at every start. Histories of ended cases stay for 90 days; export them before.
set -eu
temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention 90d
# A new namespace is unknown to the server's other parts for about ten seconds.
tries=0
until temporal operator search-attribute create -n "$TEMPORAL_NAMESPACE" \
  --name CaseStage --type Keyword \
  --name CaseHold --type Keyword \
  --name Jurisdiction --type Keyword \
  --name Portfolio --type Keyword \
  --name Seller --type Keyword \
  --name DebtorKey --type Keyword \
  --name Strategy --type Keyword \
  --name Ending --type Keyword \
  --name NextActionAt --type Datetime \
  --name ContactCount --type Int; do
  tries=$((tries + 1))
  [ "$tries" -lt 20 ] || exit 1
  sleep 2
done
