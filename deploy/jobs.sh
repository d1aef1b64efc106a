#!/bin/sh
# What systemd's timers do elsewhere, in one container: a job that fails says so in the log and is tried again at its next time.
set -u
night=
while true; do
  python manage.py close_expired_attempts || echo "close_expired_attempts failed; next try in a minute" >&2
  today=$(date -u +%F)
  if [ "$(date -u +%H)" = "${NIGHT_HOUR:-03}" ] && [ "$night" != "$today" ]; then
    night=$today
    python manage.py item_statistics --store >/dev/null || echo "item_statistics failed; next try tomorrow" >&2
  fi
  sleep 60 &
  wait $!
done
