#!/usr/bin/env bash
# Times sealed files: 200 values in one file, in each of three environments, and in a git repository with 200 commits that
# changed one of them, checked without a key, beside the work of opening such a file. Needs git.
#
#   benches/sealed.sh [ROUNDS]         21 rounds by default
#
# SPARKCFG    a built binary; else a release build of this repository
# SOPS        SOPS itself, else the one on PATH; left out where there is none
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rounds=${1:-21}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

source "$here/built.sh"
export SOPS=${SOPS:-$(command -v sops || true)}

# values COUNT: an env file with that many secrets.
values() {
  for ((number = 0; number < $1; number++)); do
    printf 'SECRET_%03d=%s\n' "$number" "$(head -c 24 /dev/urandom | base64)"
  done
}

export HOME=$folder/home
unset XDG_CONFIG_HOME SOPS_AGE_KEY SOPS_AGE_KEY_FILE SPARKCFG_AGE_KEY SPARKCFG_AGE_KEY_FILE
mkdir -p "$HOME"
for project in one three; do
  mkdir -p "$folder/$project/environments"
  cd "$folder/$project"
  [[ $project = one ]] && names=prod || names='dev staging prod'
  for name in $names; do
    echo LOG_LEVEL=info >"environments/$name.env"
  done
  "$SPARKCFG" secrets init --name laptop >/dev/null 2>&1
  for name in $names; do
    values 200 | "$SPARKCFG" secrets import - -e "$name" >/dev/null 2>&1
  done
done

# `validate` looks in git's history for whoever still has the data key, so each earlier version costs something.
cp -R "$folder/one" "$folder/history"
cd "$folder/history"
git init --quiet
commit() {
  git add --all
  git -c user.name=bench -c user.email=bench@example.com -c commit.gpgsign=false commit --quiet --message "$1"
}
commit begin
for ((number = 0; number < 200; number++)); do
  head -c 24 /dev/urandom | base64 | "$SPARKCFG" secrets set "$(printf 'SECRET_%03d' "$number")" -e prod >/dev/null 2>&1
  commit "$number"
done

python3 "$here/sealed.py" "$folder" "$rounds"
