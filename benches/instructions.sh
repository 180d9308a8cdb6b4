#!/usr/bin/env bash
# Counts the instructions of a run with callgrind: unlike times, these do not depend on what else the machine does.
#
#   benches/instructions.sh            SPARKCFG: a built binary; else a release build of this repository
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! command -v valgrind >/dev/null; then
  echo "could not count: valgrind is not installed" >&2
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

source "$here/built.sh"
rustc -O -C panic=abort -o "$folder/floor" "$here/floor.rs"
python3 "$here/gen.py" "$folder" --only S >/dev/null
python3 "$here/as_sparkcfg.py" "$folder/S/clean"
python3 "$here/as_sparkcfg.py" "$folder/S/dirty"

# count LABEL FOLDER COMMAND...
count() {
  local label=$1 place=$2 millions
  shift 2
  # A finding is no failure here: only the count matters.
  (cd "$place" && valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" >/dev/null 2>"$folder/log") || true
  millions=$(awk '/Collected *:/ { printf "%.2f", $NF / 1e6 }' "$folder/log")
  if [[ -z $millions ]]; then
    echo "could not count: $label" >&2
    tail -n 3 "$folder/log" >&2
    exit 2
  fi
  printf '%-44s %10s\n' "$label" "$millions"
}

clean=$folder/S/clean
printf '%-44s %10s\n' 'S: 3 environments, 100 keys' 'million'
count 'floor: read, split, hash' "$clean" "$folder/floor" parse env/.env.dev env/.env.staging env/.env.prod
count 'sparkcfg --version' "$clean/sparkcfg" "$SPARKCFG" --version
count 'sparkcfg validate, clean' "$clean/sparkcfg" "$SPARKCFG" validate
count 'sparkcfg drift, 90 of 100 keys differ' "$clean/sparkcfg" "$SPARKCFG" drift
count 'sparkcfg validate, 23 defects' "$folder/S/dirty/sparkcfg" "$SPARKCFG" validate
if command -v dotenv-linter >/dev/null; then
  count 'dotenv-linter check --schema, clean' "$clean" dotenv-linter check --plain --skip-updates -i UnorderedKey \
    -s dotenv-linter.schema.json env/.env.dev env/.env.staging env/.env.prod
fi
if command -v jsonschema-cli >/dev/null; then
  count 'jsonschema-cli, on JSON made beforehand' "$clean" jsonschema-cli validate schema.json \
    -i json/dev.json -i json/staging.json -i json/prod.json
fi
