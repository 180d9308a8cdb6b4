#!/usr/bin/env bash
# Runs sparkcfg beside the tools that are installed here, and prints times, ratios and who finds what.
#
#   benches/run.sh [WORKLOADS] [ROUNDS]        benches/run.sh S,M,L,XL,D 11
#
# SPARKCFG    a built binary; else a release build of this repository
# BENCH_DIR   where workloads and results go, and stay; else a temporary folder
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
workloads=${1:-S,M,L,XL,D}
rounds=${2:-11}
# What a user would choose between. `bench.py` without --only runs every peer that is installed.
readonly COMPARED=floor,sparkcfg,dotenv-linter,jsonschema-cli,check-jsonschema,ajv-cli

if [[ -n ${BENCH_DIR-} ]]; then
  mkdir -p "$BENCH_DIR"
  folder=$(cd "$BENCH_DIR" && pwd)
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
mkdir -p "$folder/bin"

source "$here/built.sh"
"$SPARKCFG" --version
rustc -O -C panic=abort -o "$folder/bin/floor" "$here/floor.rs"
export PATH=$folder/bin:$PATH

echo "==> tools to compare with"
look_for() {
  local program=$1 install=$2
  if command -v "$program" >/dev/null; then
    printf '    %-18s %s\n' "$program" "$("$program" --version 2>/dev/null | head -n 1)"
  else
    printf '    %-18s not here; %s\n' "$program" "$install"
  fi
}
look_for dotenv-linter 'cargo install dotenv-linter'
look_for jsonschema-cli 'cargo install jsonschema-cli'
look_for check-jsonschema 'pip install check-jsonschema'
look_for ajv 'npm install --global ajv-cli ajv-formats'

echo "==> workloads in $folder"
python3 "$here/gen.py" "$folder" --only "$workloads,one"
for tree in "$folder"/{S,M,L,XL,D}/{clean,dirty} "$folder"/one/*; do
  [[ -d $tree ]] || continue
  python3 "$here/as_sparkcfg.py" "$tree"
  if [[ -f $tree/schema.pattern.json ]]; then
    python3 "$here/as_sparkcfg.py" "$tree" --pattern
  fi
done

IFS=, read -ra names <<<"$workloads"
for name in "${names[@]}"; do
  printf '\n==> %s, clean, %d rounds\n' "$name" "$rounds"
  python3 "$here/bench.py" "$name" "$folder/$name/clean" --only "$COMPARED" --rounds "$rounds" --json "$folder/$name.json"
done

printf '\n==> planted defects\n'
if [[ ! -d $folder/S ]]; then
  python3 "$here/gen.py" "$folder" --only S
  python3 "$here/as_sparkcfg.py" "$folder/S/clean"
  python3 "$here/as_sparkcfg.py" "$folder/S/dirty"
fi
python3 "$here/detect.py" "$folder" "one,$workloads" "${COMPARED#floor,}"
