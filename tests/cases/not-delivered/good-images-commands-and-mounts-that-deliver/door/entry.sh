#!/bin/sh
export SECRET_KEY="$(cat /run/secrets/key)"
exec "$@"
