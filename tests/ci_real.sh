#!/usr/bin/env bash
# Gives the action, the example workflows and the GitLab template to the tools that check such files, and to each tool a
# broken one that it must refuse; then runs the scripts of the action against a GitHub that is played. Needs cargo, git,
# jq and python3 with PyPI; ends with `N passed, N failed`.
set -u
cd "$(dirname "$0")/.." || exit 2

root=$PWD
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/python" &&
  "$scratch/python/bin/pip" install --quiet --disable-pip-version-check check-jsonschema==0.39.0 zizmor==1.32.0 || exit 2
python=$scratch/python/bin

passed=0
failed=0
pass() { passed=$((passed + 1)); }
fail() {
  failed=$((failed + 1))
  printf 'FAILED %s\n' "$*"
}
# accepts FILE COMMAND...: the command must succeed.
accepts() {
  local file=$1 output
  shift
  if output=$("$@" 2>&1); then pass; else fail "$1 refuses $file: $output"; fi
}
# refuses FILE WHY COMMAND...: the command must fail and say WHY, or its success above means nothing.
refuses() {
  local file=$1 why=$2 output
  shift 2
  if output=$("$@" 2>&1); then
    fail "$1 accepts $file"
  elif [[ $output == *"$why"* ]]; then
    pass
  else
    fail "$1 refuses $file, but not for $why: $output"
  fi
}
# broken FILE SED: a copy of FILE that SED has changed, in $broken.
broken() {
  broken=$scratch/broken/$(dirname "$1")/$(basename "$1")
  mkdir -p "$(dirname "$broken")"
  sed "$2" "$1" >"$broken"
  ! cmp -s "$1" "$broken" || fail "$2 changes nothing in $1"
}

# --- the files, to those who know the schemas
schema=("$python/check-jsonschema" --builtin-schema)
zizmor=("$python/zizmor" --offline --no-progress --quiet)
workflows=(examples/ci/github/environments.yml examples/ci/github/environments-comment.yml)
for file in action.yml comment/action.yml; do
  accepts "$file" "${schema[@]}" vendor.github-actions "$file"
  accepts "$file" "${zizmor[@]}" "$file"
  broken "$file" 's/using: composite/using: composit/'
  refuses "$broken" composit "${schema[@]}" vendor.github-actions "$broken"
  broken "$file" 's/^      run: .*/      run: echo ${{ github.head_ref }}/'
  refuses "$broken" template-injection "${zizmor[@]}" "$broken"
done
broken action.yml 's/actions\/cache@.*/actions\/cache@v4/'
refuses "$broken" unpinned-uses "${zizmor[@]}" "$broken"
for file in "${workflows[@]}"; do
  accepts "$file" "${schema[@]}" vendor.github-workflows "$file"
  accepts "$file" "${zizmor[@]}" "$file"
  broken "$file" 's/runs-on:/run-on:/'
  refuses "$broken" run-on "${schema[@]}" vendor.github-workflows "$broken"
  broken "$file" 's/-artifact@.*/-artifact@v4/'
  refuses "$broken" unpinned-uses "${zizmor[@]}" "$broken"
done
broken examples/ci/github/environments.yml '/persist-credentials/d'
refuses "$broken" artipacked "${zizmor[@]}" "$broken"
broken examples/ci/github/environments-comment.yml 's/workflow_run: #.*/workflow_run:/'
refuses "$broken" dangerous-triggers "${zizmor[@]}" "$broken"
gitlab=(vendor.gitlab-ci --data-transform gitlab-ci)
template=examples/ci/gitlab/sparkcfg.gitlab-ci.yml
accepts "$template" "${schema[@]}" "${gitlab[@]}" "$template"
broken "$template" 's/codequality: /codequalities: /; s/when: always/when: sometimes/'
refuses "$broken" sometimes "${schema[@]}" "${gitlab[@]}" "$broken"
# block PAGE START: the YAML block of PAGE that begins with the line START.
block() { awk -v start="$2" '/^```/ { inside = 0 } inside; before ~ /^```yaml/ && $0 == start { inside = 1; print } { before = $0 }' "$1"; }
block docs/ci.md 'name: environments' >"$scratch/page.yml"
accepts 'the workflow of docs/ci.md' "${schema[@]}" vendor.github-workflows "$scratch/page.yml"
accepts 'the workflow of docs/ci.md' "${zizmor[@]}" "$scratch/page.yml"
for page in README.md docs/ci.md; do
  block "$page" 'environments:' >"$scratch/page.gitlab-ci.yml"
  accepts "the GitLab job of $page" "${schema[@]}" "${gitlab[@]}" "$scratch/page.gitlab-ci.yml"
done
sed -i 's/runs-on/run-on/' "$scratch/page.yml"
refuses 'the workflow of docs/ci.md' run-on "${schema[@]}" vendor.github-workflows "$scratch/page.yml"
# What the jobs of the template run must exist.
grep -E '^ +- sparkcfg ' "$template" | grep -oE -- '--output [a-z]+=' | grep -vqE 'gitlab|junit|html' && fail 'an unknown format in the template'

# --- check.sh and install.sh, with the real program and what it finds
cargo build --quiet --locked || exit 2
SPARKCFG=$(cargo build --quiet --locked --message-format json | jq -r 'select(.target.name? == "sparkcfg") | .executable // empty' | tail -n 1)
unset RUNNER_OS RUNNER_ARCH
export SPARKCFG RUNNER_TEMP=$scratch/runner GITHUB_OUTPUT=$scratch/output GITHUB_STEP_SUMMARY=$scratch/summary
mkdir -p "$RUNNER_TEMP"
# checked NAME SETTINGS LINES...: with these settings, check.sh succeeds and leaves these outputs.
checked() {
  local name=$1 line output
  local -a settings
  read -r -a settings <<<"$2"
  shift 2
  : >"$GITHUB_OUTPUT"
  : >"$GITHUB_STEP_SUMMARY"
  output=$(env "${settings[@]}" action/check.sh 2>&1) || fail "check.sh, $name: $output"
  for line in "$@"; do
    if grep -qx -- "$line" "$GITHUB_OUTPUT"; then pass; else fail "check.sh, $name: no $line in $(cat "$GITHUB_OUTPUT")"; fi
  done
}
reports=$RUNNER_TEMP/sparkcfg-reports
checked errors PROJECT=examples/before verdict=findings errors=4 code=1 "sarif=$reports/validate.sarif"
grep -q '^### ✗ sparkcfg validate: 4 errors' "$GITHUB_STEP_SUMMARY" && pass || fail 'the summary has no headline'
checked clean PROJECT=examples/after verdict=clean errors=0 code=0 drift-verdict=clean "drift-comment=$reports/drift.md"
checked 'never fails' 'PROJECT=examples/before FAIL_ON=never' verdict=clean errors=4 code=0
checked 'no drift' 'PROJECT=examples/before DRIFT=false' verdict=findings code=1
grep -q '^drift' "$GITHUB_OUTPUT" && fail 'drift is off, and told' || pass
mkdir -p "$scratch/one"
echo A=1 >"$scratch/one/.env"
checked 'one environment' "PROJECT=$scratch/one" verdict=clean code=0
grep -q '^drift' "$GITHUB_OUTPUT" && fail 'nothing is compared, and told' || pass
checked 'one environment, and drift' "PROJECT=$scratch/one DRIFT=true" verdict=clean drift-verdict=unchecked code=2
checked unchecked PROJECT=nowhere verdict=unchecked drift-verdict=unchecked code=2
grep -q '^errors=' "$GITHUB_OUTPUT" && fail 'nothing was counted, and told' || pass
checked 'an option as an environment' ENVIRONMENTS=--fix verdict=unchecked code=2
: >"$GITHUB_OUTPUT"
mkdir -p "$scratch/bin"
ln -s "$SPARKCFG" "$scratch/bin/sparkcfg"
PATH=$scratch/bin:$PATH action/install.sh look && [ ! -s "$GITHUB_OUTPUT" ] && pass || fail 'look restores what is there'
PATH=$scratch/bin:$PATH action/install.sh install && grep -qx "program=$scratch/bin/sparkcfg" "$GITHUB_OUTPUT" && pass ||
  fail 'install does not take what is there'
rm "$scratch/bin/sparkcfg"
# Where it is not: a `cargo` that notes where and how it is called.
cat >"$scratch/bin/cargo" <<'CARGO'
#!/usr/bin/env bash
echo "$PWD: $*" >>"$RUNNER_TEMP/cargo"
mkdir -p "$4/bin" && printf '#!/bin/sh\n' >"$4/bin/sparkcfg" && chmod +x "$4/bin/sparkcfg"
CARGO
chmod +x "$scratch/bin/cargo"
: >"$GITHUB_OUTPUT"
for step in look install install; do
  (cd "$scratch" && PATH=$scratch/bin:/usr/bin:/bin "$root/action/install.sh" "$step") || fail "install.sh $step"
done
program=$RUNNER_TEMP/sparkcfg-program
grep -qxE 'key=sparkcfg-any-any-[0-9a-f]{32}' "$GITHUB_OUTPUT" && grep -qx "program=$program/bin/sparkcfg" "$GITHUB_OUTPUT" && pass ||
  fail "install.sh tells $(cat "$GITHUB_OUTPUT")"
[ "$(cat "$RUNNER_TEMP/cargo")" = "$root: install --locked --root $program --path $root" ] && pass ||
  fail "cargo was called so: $(cat "$RUNNER_TEMP/cargo")"

# --- comment.sh, with a `gh` that answers from files and notes what it is asked to write
cat >"$scratch/bin/gh" <<'GH'
#!/usr/bin/env bash
case "$*" in
  *'--method GET repos/o/r/pulls -f state=open -f head='*) cat "$GH_PLAYED/pulls" ;;
  *'--paginate repos/o/r/issues/7/comments'*) cat "$GH_PLAYED/comments" ;;
  *'--method POST repos/o/r/issues/7/comments --input -' | *'--method PATCH repos/o/r/issues/comments/42 --input -')
    echo "$3 $4" >>"$GH_PLAYED/asked"
    cat >"$GH_PLAYED/written"
    ;;
  *)
    echo "gh is not played: $*" >&2
    exit 1
    ;;
esac
GH
chmod +x "$scratch/bin/gh"
export GH_PLAYED=$scratch/played GITHUB_REPOSITORY=o/r BODY=$scratch/drift.md
mkdir -p "$GH_PLAYED"
marker='<!-- sparkcfg:drift v1 pair=prod@v1.4..pm2:-#web -->'
sha=4f2a9c1d4f2a9c1d4f2a9c1d4f2a9c1d4f2a9c1d
printf '%s\n### ✗ sparkcfg drift: 1 error\n\n| ✗ | `A` | `x` |\n' "$marker" >"$scratch/red.md"
printf '%s\n### ✓ sparkcfg drift: no findings\n' "$marker" >"$scratch/green.md"
# comments AUTHOR FILE: two pages of comments; the last is by AUTHOR and says what FILE says, as GitHub keeps it.
comments() {
  jq -n --rawfile body "$scratch/red.md" '[{id: 1, user: {login: "stranger"}, body: $body}]' >"$GH_PLAYED/comments"
  jq -n --rawfile body "$2" --arg author "$1" \
    '[{id: 42, user: {login: $author}, body: ($body | rtrimstr("\n") | gsub("\n"; "\r\n"))}]' >>"$GH_PLAYED/comments"
}
no_comments() { echo '[]' >"$GH_PLAYED/comments"; }
# comment EXPECTED-OUTPUT EXPECTED-REQUEST SETTINGS...: runs comment.sh on $BODY.
comment() {
  local says=$1 asks=$2 output
  shift 2
  rm -f "$GH_PLAYED/asked" "$GH_PLAYED/written"
  output=$(env PATH="$scratch/bin:$PATH" "$@" action/comment.sh 2>&1)
  if [[ $output == *"$says"* && $(cat "$GH_PLAYED/asked" 2>/dev/null) == "$asks" ]]; then
    pass
  else
    fail "comment.sh, $says: $output; asked: $(cat "$GH_PLAYED/asked" 2>/dev/null)"
  fi
}
create='POST repos/o/r/issues/7/comments'
update='PATCH repos/o/r/issues/comments/42'
bot='github-actions[bot]'
trusted=(HOSTILE=false NUMBER=7)

cp "$scratch/red.md" "$BODY"
no_comments
comment 'comment: written' "$create" "${trusted[@]}"
[ "$(jq -r .body "$GH_PLAYED/written")" = "$(cat "$BODY")" ] && pass || fail 'another text was written'
comments "$bot" "$scratch/green.md"
comment 'comment: updated' "$update" "${trusted[@]}"
comments "$bot" "$scratch/red.md"
comment 'says the same already' '' "${trusted[@]}"
comments impostor "$scratch/red.md"
comment 'comment: written' "$create" "${trusted[@]}"
# Another project of the repository, or another pair, has a comment of its own.
sed '1s/ pair=/ project=services\/a pair=/' "$scratch/red.md" >"$scratch/other.md"
comments "$bot" "$scratch/other.md"
comment 'comment: written' "$create" "${trusted[@]}"
jq -n --rawfile body "$scratch/other.md" --arg author "$bot" '[range(20) | {id: ., user: {login: $author}, body: $body}]' >"$GH_PLAYED/comments"
comment 'too many comments' '' "${trusted[@]}"
cp "$scratch/green.md" "$BODY"
no_comments
comment 'nothing to say' '' "${trusted[@]}"
comments "$bot" "$scratch/red.md"
comment 'comment: updated' "$update" "${trusted[@]}"
# What the program itself writes is taken, in both modes.
"$SPARKCFG" drift --format markdown >"$BODY"
no_comments
comment 'nothing to say' '' "${trusted[@]}"
comment 'nothing to say' '' NUMBER=7

# The pull request is what the event and GitHub say.
cp "$scratch/red.md" "$BODY"
fork=(HEAD_OWNER=someone HEAD_BRANCH='a"$(touch x)' HEAD_SHA="$sha")
jq -n --arg sha "$sha" '[{number: 6, head: {sha: "0"}}, {number: 7, head: {sha: $sha}}]' >"$GH_PLAYED/pulls"
comment 'comment: written' "$create" "${fork[@]}"
jq -n '[{number: 7, head: {sha: "0"}}]' >"$GH_PLAYED/pulls"
comment 'no open pull request is at this commit' '' "${fork[@]}"
jq -n --arg sha "$sha" '[{number: "7/../8", head: {sha: $sha}}]' >"$GH_PLAYED/pulls"
comment 'no number' '' "${fork[@]}"
comment 'the event has no commit' '' HEAD_OWNER=o HEAD_BRANCH=b HEAD_SHA=main
comment 'no number' '' NUMBER='7 --method DELETE'

# A hostile report: not ours, too long, a link to another file, or full of what calls and loads.
echo '### hello' >"$BODY"
comment 'does not begin with the marker' '' NUMBER=7
printf '<!-- sparkcfg:drift v1 --> <img src=x> -->\n### ✗ x\n' >"$BODY"
comment 'does not begin with the marker' '' NUMBER=7
{ cat "$scratch/red.md" && head -c 65000 /dev/zero | tr '\0' x; } >"$BODY"
comment 'too long' '' NUMBER=7
rm "$BODY"
comment 'there is no report' '' NUMBER=7
ln -s "$scratch/red.md" "$BODY"
comment 'not a file' '' NUMBER=7
ln -sf "$scratch/nowhere" "$BODY"
comment 'not a file' '' NUMBER=7
rm "$BODY"
{
  cat "$scratch/red.md"
  printf '%s\n' '@everyone &#64;team ![p](https://evil.test/p.png) [a][b] www.evil.test #1' '[b]: //evil.test' '<img src=x><sub>ok</sub>'
  printf '\001\033[31m\377'
} >"$BODY"
comment 'comment: written' "$create" NUMBER=7
jq -r .body "$GH_PLAYED/written" >"$scratch/defused"
# The marker is a comment, where nothing is alive.
rest=$scratch/rest
tail -n +2 "$scratch/defused" >"$rest"
if grep -nE '@[A-Za-z]|&#|\]\(|\]\[|\]:|://|www\.|#[0-9]|<img' "$rest" || LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f]' "$scratch/defused"; then
  fail 'what a stranger wrote is still alive'
elif grep -q '^<sub>\|<sub>ok</sub>' "$scratch/defused" && head -n 1 "$scratch/defused" | grep -qxF "$marker"; then
  pass
else
  fail 'our own marks are gone'
fi

[ ! -e "$root/x" ] && pass || fail 'the name of a branch was run'
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
