#!/bin/sh
node --env-file=environments/staging.env server.js
docker run --env-file "$ROOT/environments/prod.env" shop
