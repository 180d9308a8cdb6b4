#!/bin/sh
docker compose --env-file prod.settings up -d
