#!/bin/sh
# The UI reads every history. Beyond the loopback it starts behind a sign-on only.
set -eu
case "${TEMPORAL_UI_ADDRESS:-127.0.0.1}" in
  127.*|localhost|::1|'[::1]') ;;
  *)
    if [ "${TEMPORAL_AUTH_ENABLED:-}" != true ] || [ -z "${TEMPORAL_AUTH_PROVIDER_URL:-}" ] ||
      [ -z "${TEMPORAL_AUTH_CLIENT_ID:-}" ] || [ -z "${TEMPORAL_AUTH_CLIENT_SECRET:-}" ]; then
      echo "TEMPORAL_UI_ADDRESS=$TEMPORAL_UI_ADDRESS lets others reach the UI, and nobody would have to sign on." >&2
      echo "Set TEMPORAL_AUTH_ENABLED=true with TEMPORAL_AUTH_PROVIDER_URL, _CLIENT_ID, _CLIENT_SECRET and" >&2
      echo "_CALLBACK_URL in ui.env, or let TEMPORAL_UI_ADDRESS be 127.0.0.1." >&2
      exit 1
    fi
    ;;
esac
exec "${UI_SERVER:-./start-ui-server.sh}"
