#!/bin/bash
uv run uvicorn app:app --env-file .env
node app.js --env-file=.env
echo "or: set -a; . ./.env"
