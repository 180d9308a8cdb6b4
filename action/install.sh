#!/usr/bin/env bash
# Finds sparkcfg, or builds the version of this action, for action.yml.
#
#   install.sh look      what to restore from the cache: outputs root and key; none when sparkcfg is on PATH
#   install.sh install   output program: the one on PATH, the restored one, or a new one
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=${RUNNER_TEMP:?}/sparkcfg-program

case "${1-}" in
  look)
    if ! command -v sparkcfg >/dev/null; then
      # All that the program is made from: another version never meets this one's cache.
      sources=$(cd "$here" && find Cargo.toml Cargo.lock .cargo src schemas -type f -print0 2>/dev/null |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-32)
      printf 'root=%s\nkey=sparkcfg-%s-%s-%s\n' "$root" "${RUNNER_OS:-any}" "${RUNNER_ARCH:-any}" "$sources" >>"$GITHUB_OUTPUT"
    fi
    ;;
  install)
    program=$(command -v sparkcfg || true)
    if [[ -z $program ]]; then
      program=$root/bin/sparkcfg
      # From here, not from the repository that is checked: its .cargo/config.toml and toolchain have no say.
      [[ -x $program ]] || (cd "$here" && cargo install --locked --root "$root" --path "$here")
    fi
    printf 'program=%s\n' "$program" >>"$GITHUB_OUTPUT"
    ;;
  *)
    echo 'usage: install.sh look|install' >&2
    exit 2
    ;;
esac
