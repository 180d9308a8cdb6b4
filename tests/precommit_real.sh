#!/usr/bin/env bash
# The hook, run by the real pre-commit in scratch repositories. Needs the network (PyPI), git and python3.
#
#   tests/precommit_real.sh           SPARKCFG: a built binary; else a debug build of this repository
#   tests/precommit_real.sh --build   also lets pre-commit build the hook itself, as for a user: takes minutes
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=false
if [[ ${1-} == --build ]]; then
  build=true
fi
. "$root/tests/built.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Nobody's settings and keys may change what happens here.
export HOME=$folder/home XDG_CONFIG_HOME=$folder/home/.config PRE_COMMIT_HOME=$folder/pre-commit
export GIT_CONFIG_GLOBAL=$folder/gitconfig GIT_CONFIG_NOSYSTEM=1 LC_ALL=C.UTF-8 NO_COLOR=1
cargo_home=${CARGO_HOME:-$(dirname "$(dirname "$(command -v cargo || echo /x/cargo)")")}
unset SOPS_AGE_KEY SOPS_AGE_KEY_FILE SPARKCFG_AGE_KEY SPARKCFG_AGE_KEY_FILE
mkdir -p "$HOME" "$folder/bin"
git config --global user.name 'A Tester'
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git config --global advice.detachedHead false

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pre-commit
ln -s "$SPARKCFG" "$folder/bin/sparkcfg"
export PATH=$folder/bin:$folder/venv/bin:$PATH
printf '%s, %s\n' "$(pre-commit --version)" "$(sparkcfg --version)"

passed=0
failed=0
pass() {
  passed=$((passed + 1))
  printf 'passed: %s\n' "$1"
}
fail() {
  failed=$((failed + 1))
  printf 'FAILED: %s\n' "$1"
  sed 's/^/    /' "$folder/out"
}

# succeeds|refuses SENTENCE COMMAND...; with $says, the output must hold that text, with $hides it must not.
says=''
hides=''
judge() {
  local sentence=$1 wanted=$2 code=0
  shift 2
  "$@" >"$folder/out" 2>&1 || code=$?
  if [[ $wanted == ok && $code -ne 0 ]] || [[ $wanted == no && $code -eq 0 ]]; then
    fail "$sentence (exit $code)"
  elif [[ -n $says ]] && ! grep -qF -- "$says" "$folder/out"; then
    fail "$sentence (does not say: $says)"
  elif [[ -n $hides ]] && grep -qF -- "$hides" "$folder/out"; then
    fail "$sentence (shows what it must not)"
  else
    pass "$sentence"
  fi
  says=''
  hides=''
}
succeeds() { judge "$1" ok "${@:2}"; }
refuses() { judge "$1" no "${@:2}"; }

# The manifest itself.
succeeds 'pre-commit accepts the manifest' pre-commit validate-manifest "$root/.pre-commit-hooks.yaml"
sed '/entry:/d' "$root/.pre-commit-hooks.yaml" >"$folder/broken.yaml"
refuses 'pre-commit refuses a manifest without an entry' pre-commit validate-manifest "$folder/broken.yaml"

cat >"$folder/matches.py" <<'PYTHON'
import re, sys
pattern = re.compile(sys.argv[2])
wrong = [path for path in sys.stdin.read().split() if bool(pattern.search(path)) != (sys.argv[1] == "yes")]
print("wrong:", wrong)
sys.exit(bool(wrong))
PYTHON
pattern=$(sed -n "s/^ *files: '\(.*\)'$/\1/p" "$root/.pre-commit-hooks.yaml")
matches() { printf '%s\n' "${@:2}" | python3 "$folder/matches.py" "$1" "$pattern"; }
succeeds 'the files pattern takes layers, schemas and settings' matches yes \
  sparkcfg.toml .env .env.prod .env.prod.local environments/prod.env environments/prod.secrets.env \
  environments/prod.secrets.env.age services/api/environments/dev.env schemas/app.schema.json a/b/sparkcfg.toml
succeeds 'the files pattern takes nothing else' matches no \
  docs/readme.en.md x.english .envrc my.environment schema.json environments/README.md not-sparkcfg.toml sparkcfg.toml.j2

# This repository's manifest, with the binary that is already there in place of a build.
mkdir "$folder/hooks"
sed 's/language: rust/language: system/' "$root/.pre-commit-hooks.yaml" >"$folder/hooks/.pre-commit-hooks.yaml"
git -C "$folder/hooks" init --quiet
git -C "$folder/hooks" add .
git -C "$folder/hooks" commit --quiet --message 'The hook'
revision=$(git -C "$folder/hooks" rev-parse HEAD)

project() {
  rm -rf "$folder/project"
  mkdir "$folder/project"
  cd "$folder/project"
  git init --quiet
  cp -r "$root/examples/after/." .
  chmod -R u+w .
}
# Takes more arguments of git commit.
commit() { git commit --message 'A change' "$@"; }
replace() { sed -i "s|$2|$3|" "$1"; }

project
cat >.pre-commit-config.yaml <<CONFIG
repos:
  - repo: $folder/hooks
    rev: $revision
    hooks:
      - id: sparkcfg
CONFIG
succeeds 'pre-commit accepts the configuration' pre-commit validate-config .pre-commit-config.yaml
succeeds 'the hook installs' pre-commit install
git add .
says='sparkcfg validate' succeeds 'a clean project is committed, its sealed file unopened' commit

echo 'Words.' >README.md
git add README.md
says='Passed' succeeds 'a commit of other files is looked at too: secrets are in files of any name' commit

openssl genpkey -algorithm ed25519 >notes.txt
git add --force notes.txt
says='error[secrets-tracked]' hides=$(sed -n 2p notes.txt) refuses 'a private key in notes is refused' commit
git rm --quiet --force notes.txt
printf 'db_password: hunter2\n' >app.secrets.yaml
git add --force app.secrets.yaml
says='error[plaintext-secret]' hides=hunter2 refuses 'a file of secrets by its name, in clear, is refused' commit
git rm --quiet --force app.secrets.yaml
git rm --quiet environments/base.env
says='error[' refuses 'a layer that others need is not taken away' commit
git checkout --quiet HEAD environments/base.env
printf 'API_PORT=1\n' >environments/qa.env
git add --intent-to-add environments/qa.env
printf 'Other words.\n' >README.md
git add README.md
succeeds 'a file that git add -N only announces is not judged' commit
git rm --quiet --cached environments/qa.env
rm environments/qa.env

replace environments/prod.env 8883 80800
git add .
says='error[out-of-range]: API_PORT is 80800' refuses 'a value out of range is refused' commit
says='environments/prod.env:1:10' refuses 'the refusal names file, line and column' commit

replace environments/prod.env 80800 8884
refuses 'what is staged counts, not that the folder is mended' commit
git add .
succeeds 'staging the mended file lets it pass' commit

replace environments/prod.env 8884 8885
git add .
replace environments/prod.env 8885 99999
succeeds 'a fault in the folder alone does not stop a commit' commit
says=99999 succeeds 'the fault in the folder is still there' cat environments/prod.env
refuses 'git commit --all takes the fault in, and is refused' commit --all
refuses 'git commit PATH takes the fault in, and is refused' commit environments/prod.env
git checkout --quiet environments/prod.env

echo 'API_KEY=Wd7pKx2mQz9vRt4bYn6cLf8hJs3gTa5e' >>environments/prod.env
git add .
says='plaintext-secret' hides='Wd7p' refuses 'a plain secret is refused and not shown' commit
git reset --quiet --hard

git rm --quiet --cached environments/prod.secrets.env
echo '# touched' >>environments/prod.env
git add environments/prod.env
says='missing-key' refuses 'a sealed file that is only in the folder does not count' commit
git reset --quiet --hard

replace schemas/app.schema.json '"warn", ' ''
git add .
says='not-allowed-value' refuses 'a schema that no longer fits the values is refused' commit
git reset --quiet --hard

replace environments/dev.env 'API_PORT=.*' 'API_PORT='
git add .
refuses 'an empty value that an environment needs is refused' commit
git reset --quiet --hard

for number in $(seq 1 400); do
  printf 'LOG_LEVEL=info\n' >"environments/region-$number.env"
done
git add .
succeeds 'four hundred environments are committed' env PRE_COMMIT_COLOR=never git commit --message 'Regions'
cp "$root/examples/before/environments/prod.env" environments/region-7.env
git add .
if commit --quiet >"$folder/out" 2>&1; then
  fail 'a fault among four hundred environments is refused'
elif [[ $(grep -c '^402 environments, ' "$folder/out") -ne 1 ]]; then
  fail 'all files are checked together, in one run'
else
  pass 'a fault among four hundred environments is refused, in one run'
fi
git reset --quiet --hard
succeeds 'pre-commit run --all-files passes' pre-commit run --all-files

# A hook of git alone leaves the folder as it is, so only --staged can see the difference.
project
git add .
git commit --quiet --message 'A start'
printf '#!/bin/sh\nexec sparkcfg validate --staged\n' >.git/hooks/pre-commit
chmod +x .git/hooks/pre-commit
replace environments/prod.env 8883 80800
git add .
replace environments/prod.env 80800 8883
refuses 'a plain git hook judges what is staged' commit
git add .
replace environments/prod.env 8883 80800
succeeds 'a plain git hook does not judge the folder' commit --allow-empty

git checkout --quiet environments/prod.env
mkdir -p rendered/prod
printf 'services:\n  api:\n    image: api:1\n    privileged: true\n' >rendered/prod/compose.yml
git add .
sed -i '/privileged/d' rendered/prod/compose.yml
says='error[compose-privileged]' refuses 'a rendered Compose file is judged as it is staged' commit
git add .
succeeds 'and passes once the mended one is staged' commit

if [[ $build == true ]]; then
  project
  git add .
  # `git clone` of this repository at its commit, then cargo install, as for any user.
  export CARGO_HOME=$cargo_home RUSTUP_HOME=${RUSTUP_HOME:-$(dirname "$cargo_home")/.rustup}
  says='Passed' succeeds 'pre-commit builds the hook itself, and it passes' \
    pre-commit try-repo "$root" sparkcfg --ref "$(git -C "$root" rev-parse HEAD)" --all-files
  replace environments/prod.env 8883 80800
  git add .
  says='out-of-range' refuses 'the hook that pre-commit built refuses' \
    pre-commit try-repo "$root" sparkcfg --ref "$(git -C "$root" rev-parse HEAD)" --all-files
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
