export SCRIPT_TAG=1
docker compose up
