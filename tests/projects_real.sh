#!/usr/bin/env bash
# What a new user sees in projects that nobody here wrote: `init --yes`, `validate` and `refs` in a copy of each folder that is
# named. Prints for each what was found, by severity, and complains where a run ends with anything but 0 or 1, or where
# `validate` right after `init` says that a key is missing, unknown or of a wrong type: that was for `init` to know. A project of which nothing is known is told so, and no more is tried.
#
#   tests/projects_real.sh FOLDER...    SPARKCFG: a built binary; else a debug build of this repository
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tests/built.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

passed=0 failed=0
fail() {
  failed=$((failed + 1))
  printf 'FAILED %s\n' "$*"
}
count() { grep -c "^$2\[" "$1" || true; }

printf '%-32s %5s %22s %22s\n' project keys 'validate: e w n' 'refs: e w n'
for folder in "$@"; do
  name=$(basename "$folder")
  cp -r "$folder" "$scratch/$name"
  cd "$scratch/$name"
  [[ -e .git ]] || git init --quiet
  for run in 'init --yes' validate 'refs --quiet'; do
    words=${run%% *} code=0
    # shellcheck disable=SC2086
    "$SPARKCFG" $run >"$scratch/$words.out" 2>"$scratch/$words.err" || code=$?
    if ((code > 1)) && grep -q 'nothing to infer' "$scratch/init.err"; then
      # A project of which nothing is known is told so, and that is all.
      break
    elif ((code > 1)); then
      fail "$name: $run ends with $code: $(head -n 1 "$scratch/$words.err")"
    else
      passed=$((passed + 1))
    fi
  done
  if [[ ! -e $scratch/refs.out ]]; then
    printf '%-32s nothing to begin with\n' "$name"
    cd "$root"
    rm -rf "${scratch:?}/$name" "$scratch"/*.out "$scratch"/*.err
    continue
  fi
  if grep -E '^error\[(missing-key|unknown-key|wrong-type|bad-format)\]' "$scratch/validate.out"; then
    fail "$name: what init wrote does not fit"
  else
    passed=$((passed + 1))
  fi
  keys=$(sed -n 's/^\(.*: \)\{0,1\}\([0-9]*\) keys\{0,1\}, .* secret$/\2/p' "$scratch/init.err" | awk '{ sum += $1 } END { print sum + 0 }')
  three() { printf '%6s %6s %6s' "$(count "$1" error)" "$(count "$1" warning)" "$(count "$1" note)"; }
  printf '%-32s %5s %22s %22s\n' "$name" "$keys" "$(three "$scratch/validate.out")" "$(three "$scratch/refs.out")"
  cd "$root"
  rm -rf "${scratch:?}/$name" "$scratch"/*.out "$scratch"/*.err
done
printf '%s passed, %s failed\n' "$passed" "$failed"
((failed == 0))
