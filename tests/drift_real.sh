#!/usr/bin/env bash
# Compares what is declared with what really runs, and with what the real tools tell about it: a process under PM2,
# `docker compose config`, `/proc/PID/environ`. Needs cargo, node, npm with its registry, and docker compose 2.24 or
# newer, without an engine: the one that is installed, or the binary that DOCKER_COMPOSE names. Ends with
# `N passed, M failed`.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$PWD

source tests/built.sh
sparkcfg=$SPARKCFG
if [ -z "${DOCKER_COMPOSE:-}" ]; then
  if docker compose version >/dev/null 2>&1; then DOCKER_COMPOSE='docker compose'; else DOCKER_COMPOSE=docker-compose; fi
fi
$DOCKER_COMPOSE version || { echo 'there is no docker compose'; exit 2; }
tools=$root/target/tmp/tools
npm install --silent --no-fund --no-audit --prefix "$tools/pm2" pm2@7.0.4 dotenv@16.4.5 2>/dev/null || exit 2
work=$(mktemp -d)
mkdir "$work/bin"
ln -s "$sparkcfg" "$work/bin/sparkcfg"
# What is printed to be run, as it stands, in a shell that knows of no other daemon.
follow() { env -i PATH="$work/bin:$tools/pm2/node_modules/.bin:$PATH" HOME="$work" bash -c "$1"; }
# PM2 hands on whatever it is started with, so it is started with what a service would have.
pm2() { env -i PATH="$PATH" HOME="$work" LANG=C.UTF-8 PM2_HOME="$work/pm2" "$tools/pm2/node_modules/.bin/pm2" "$@"; }
trap 'pm2 kill >/dev/null 2>&1; rm -rf "$work"' EXIT

passed=0
failed=0
# expect NAME CODE FINDINGS COMMAND...: the command must end with CODE and find exactly FINDINGS, and show no secret.
expect() {
  local name=$1 code=$2 findings=$3 output ended
  shift 3
  output=$("$@" --format json 2>&1)
  ended=$?
  local found
  found=$(node -e 'const report = JSON.parse(require("fs").readFileSync(0, "utf8"));
    console.log(report.findings.map((one) => `${one.code}:${one.key}`).sort().join(" "))' <<<"$output" 2>&1)
  if [ "$ended" = "$code" ] && [ "$found" = "$findings" ] && [[ $output != *c4n4ry* ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s: exit %s, found %s\n%s\n' "$name" "$ended" "$found" "$(printf '%s' "$output" | head -n 5)"
  fi
}

cd "$work" || exit 2
mkdir environments schemas
cat >environments/base.env <<'ENV'
API_PORT=8883
LOG_LEVEL=info
ENV
echo 'LOG_LEVEL=debug' >environments/dev.env
cat >environments/prod.env <<'ENV'
LOG_LEVEL=warn
PASSWORD_RESET_URL=https://app.internal/p/reset
API_KEY=c4n4ry-of-prod # sparkcfg: ignore[plaintext-secret] made up
ENV
cat >schemas/app.schema.json <<'JSON'
{
  "type": "object",
  "properties": {
    "API_PORT": { "type": "integer" },
    "LOG_LEVEL": { "type": "string" },
    "PASSWORD_RESET_URL": { "type": "string", "format": "uri", "x-sparkcfg": { "secret": false } },
    "API_KEY": { "type": "string", "writeOnly": true }
  }
}
JSON
echo 'setInterval(() => {}, 1000);' >app.js
cat >ecosystem.config.js <<'JS'
module.exports = {
  apps: [
    { name: 'web', script: 'app.js', env: { API_PORT: 8883, LOG_LEVEL: 'warn', PASSWORD_RESET_URL: 'https://app.internal/p/reset', API_KEY: 'c4n4ry-of-prod' } },
    { name: 'old', script: 'app.js', env: { API_PORT: 8883, LOG_LEVEL: 'info', PASSWORD_RESET_URL: 'https://app.internal/p/reset', API_KEY: 'c4n4ry-of-last-year', SURPRISE: 'c4n4ry?' } },
  ],
};
JS

# --- PM2: some forty variables that nobody declared, and not one of them told
pm2 start ecosystem.config.js >/dev/null 2>&1 || { echo 'PM2 does not start'; exit 2; }
pm2 jlist >jlist.json
piped() { pm2 jlist | "$sparkcfg" drift prod "$@"; }
expect 'pm2, as declared' 0 '' piped 'pm2:-#web'
turned() { pm2 jlist | "$sparkcfg" drift 'pm2:-#web' prod "$@"; }
expect 'pm2, another order' 0 '' turned
expect 'pm2, from before' 1 'drift-stale-live:API_KEY drift-stale-live:LOG_LEVEL drift-undeclared-live:SURPRISE' piped 'pm2:-#old'
expect 'pm2, another environment' 1 'drift-stale-live:LOG_LEVEL drift-undeclared-live:API_KEY drift-undeclared-live:PASSWORD_RESET_URL' \
  "$sparkcfg" drift dev 'pm2:jlist.json#web'

# --- the process itself, with PM2's own lower-case variables
pid=$(pm2 pid old | head -n 1)
expect 'proc' 1 'drift-stale-live:API_KEY drift-stale-live:LOG_LEVEL drift-undeclared-live:SURPRISE' "$sparkcfg" drift prod "proc:$pid"
cp "/proc/$pid/environ" environ
expect 'a copy of environ' 1 'drift-stale-live:API_KEY drift-stale-live:LOG_LEVEL drift-undeclared-live:SURPRISE' "$sparkcfg" drift prod proc:environ

# --- after what sparkcfg says is done, nothing is left
first=$("$sparkcfg" drift prod 'pm2:jlist.json#old' | sed -n 's/^to change first: //p')
if [ "$first" = 'API_KEY in ecosystem.config.js:4, LOG_LEVEL in ecosystem.config.js:4' ]; then passed=$((passed + 1)); else
  failed=$((failed + 1)); echo "FAILED what is to be changed first: $first"
fi
sed -i "s/LOG_LEVEL: 'info'/LOG_LEVEL: 'warn'/; s/c4n4ry-of-last-year/c4n4ry-of-prod/" ecosystem.config.js
apply=$("$sparkcfg" drift prod 'pm2:jlist.json#old' | sed -n 's/^to apply: //p')
follow "$apply" >/dev/null 2>&1
expect "after $apply" 0 'drift-undeclared-live:SURPRISE' piped 'pm2:-#old'

# --- the same for a file of another name, of which one block runs
mkdir blocks && cp -r environments schemas blocks && cd blocks || exit 2
cat >ecosystem.config.cjs <<'JS'
const own = { API_PORT: 8883, PASSWORD_RESET_URL: 'https://app.internal/p/reset', API_KEY: 'c4n4ry-of-prod' };
module.exports = {
  apps: [{ name: 'blocks', script: '../app.js', env: { ...own, LOG_LEVEL: 'info' }, env_production: { LOG_LEVEL: 'trace' } }],
};
JS
pm2 start ecosystem.config.cjs --env production >/dev/null 2>&1
expect 'pm2, a block' 1 'drift-stale-live:LOG_LEVEL' piped 'pm2:-#blocks'
apply=$(pm2 jlist | "$sparkcfg" drift prod 'pm2:-#blocks' | sed -n 's/^to apply: //p')
sed -i "s/'trace'/'warn'/" ecosystem.config.cjs
follow "$apply" >/dev/null 2>&1
expect "after $apply" 0 '' piped 'pm2:-#blocks'
cd .. || exit 2

# --- and for JSON, and for what was started without any file, which gets its values from `sparkcfg run`
mkdir json && cp -r environments schemas json && cd json || exit 2
app='{ "apps": [{ "name": "json", "script": "../app.js", "env": { "API_PORT": 8883, "LOG_LEVEL": "trace", "API_KEY": "c4n4ry-of-prod", "PASSWORD_RESET_URL": "https://app.internal/p/reset" } }] }'
printf '%s\n' "$app" >process.json
pm2 start process.json >/dev/null 2>&1
expect 'pm2, process.json' 1 'drift-stale-live:LOG_LEVEL' piped 'pm2:-#json'
apply=$(pm2 jlist | "$sparkcfg" drift prod 'pm2:-#json' | sed -n 's/^to apply: //p')
sed -i 's/"trace"/"warn"/' process.json
follow "$apply" >/dev/null 2>&1
expect "after $apply" 0 '' piped 'pm2:-#json'
cd .. && mkdir none && cp -r environments schemas none && cd none || exit 2
LOG_LEVEL=trace API_PORT=1 pm2 start ../app.js --name none >/dev/null 2>&1
expect 'pm2, without a file' 1 'drift-absent-live:API_KEY drift-absent-live:API_PORT drift-absent-live:LOG_LEVEL drift-absent-live:PASSWORD_RESET_URL' piped 'pm2:-#none'
apply=$(pm2 jlist | "$sparkcfg" drift prod 'pm2:-#none' | sed -n 's/^to apply: //p')
follow "$apply" >/dev/null 2>&1
expect "after $apply" 0 '' piped 'pm2:-#none'
cd .. || exit 2

# --- what a file takes from whoever starts PM2
mkdir taken && cp -r environments schemas taken && cd taken || exit 2
cat >ecosystem.config.js <<'JS'
const { API_PORT, LOG_LEVEL, API_KEY, PASSWORD_RESET_URL } = process.env;
module.exports = { apps: [{ name: 'taken', script: '../app.js', env: { API_PORT, LOG_LEVEL, API_KEY, PASSWORD_RESET_URL } }] };
JS
pm2 start ecosystem.config.js >/dev/null 2>&1
apply=$(pm2 jlist | "$sparkcfg" drift prod 'pm2:-#taken' | sed -n 's/^to apply: //p')
follow "$apply" >/dev/null 2>&1
expect "after $apply" 0 '' piped 'pm2:-#taken'
cd .. || exit 2

# --- a worker of a cluster, whose environment is in one variable of PM2's
env -i PATH="$PATH" HOME="$work" LANG=C.UTF-8 PM2_HOME="$work/pm2" API_PORT=8883 LOG_LEVEL=trace API_KEY=c4n4ry-of-prod \
  PASSWORD_RESET_URL=https://app.internal/p/reset "$tools/pm2/node_modules/.bin/pm2" start app.js -i 1 --name cluster >/dev/null 2>&1
expect 'a worker of a cluster' 1 'drift-stale-live:LOG_LEVEL' "$sparkcfg" drift prod "proc:$(pm2 pid cluster | head -n 1)"

# --- docker compose: merged files, doubled dollars, both forms
cat >compose.yml <<'YML'
services:
  api:
    image: scratch
    env_file: [environments/base.env, environments/prod.env]
  db:
    image: scratch
    environment: { POSTGRES_DB: app }
YML
$DOCKER_COMPOSE -f compose.yml config --format json >config.json || exit 2
$DOCKER_COMPOSE -f compose.yml config >config.yml
expect 'compose, JSON' 0 '' "$sparkcfg" drift prod 'compose:config.json#api'
expect 'compose, YAML' 0 '' "$sparkcfg" drift prod 'compose:config.yml#api'
$DOCKER_COMPOSE -f compose.yml config --no-interpolate --no-env-resolution >unresolved.yml || exit 2
expect 'compose, not merged' 0 'drift-unknown:API_KEY drift-unknown:API_PORT drift-unknown:LOG_LEVEL drift-unknown:PASSWORD_RESET_URL' \
  "$sparkcfg" drift prod 'compose:unresolved.yml#api'
# What `up` would start shows what `config` prints in its place, for there is no engine.
mkdir -p bin
cat >bin/docker <<SH
#!/usr/bin/env bash
shift
options=()
for word in "\$@"; do [ "\$word" != up ] || break; options+=("\$word"); done
exec $DOCKER_COMPOSE "\${options[@]}" config --format json
SH
chmod +x bin/docker
cat >compose.yml <<'YML'
services:
  taken:
    image: scratch
    environment:
      API_PORT: ${API_PORT:-1}
      LOG_LEVEL: ${LOG_LEVEL:-debug}
      API_KEY: ${API_KEY:-none}
      PASSWORD_RESET_URL: ${PASSWORD_RESET_URL:-none}
  literal:
    image: scratch
    env_file: [environments/base.env, environments/prod.env]
    environment:
      LOG_LEVEL: info
YML
$DOCKER_COMPOSE -f compose.yml config --format json >before.json || exit 2
apply=$("$sparkcfg" drift prod 'compose:before.json#taken' | sed -n 's/^to apply: //p')
follow "$apply" >after.json 2>/dev/null
expect "after $apply" 0 '' "$sparkcfg" drift prod 'compose:after.json#taken'
first=$("$sparkcfg" drift prod 'compose:before.json#literal' | sed -n 's/^to change first: LOG_LEVEL in compose.yml://p')
sed -i "${first}s/info/warn/" compose.yml
apply=$("$sparkcfg" drift prod 'compose:before.json#literal' | sed -n 's/^to apply: //p')
follow "$apply" >after.json 2>/dev/null
expect "after line $first and $apply" 0 '' "$sparkcfg" drift prod 'compose:after.json#literal'
expect 'compose, stale' 1 'drift-stale-live:LOG_LEVEL drift-undeclared-live:API_KEY drift-undeclared-live:PASSWORD_RESET_URL' \
  "$sparkcfg" drift dev 'compose:config.json#api'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
