#!/bin/sh
docker compose --env-file .env -f deploy/web.yml up -d
