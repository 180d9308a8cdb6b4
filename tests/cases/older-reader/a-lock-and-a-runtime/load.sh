set -a
. ./.env
