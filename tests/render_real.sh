#!/usr/bin/env bash
# Gives what sparkcfg renders to the programs that read it in real life: docker compose, node, PM2 and systemd. Every value
# has to arrive as `sparkcfg show` resolves it; then 600 values of any printable text, with what is special to these programs
# among them, travel through compose files, PM2 files, env files and units. What PM2 refuses is compared with what `validate`
# says. Ends with `N passed, M failed`.
#
# Needs cargo, unless SPARKCFG names a binary, node, npm with its registry, and docker compose 2.24 or newer, without an engine: the one that is
# installed, or the binary that DOCKER_COMPOSE names (Debian's package docker-compose has it as
# /usr/libexec/docker/cli-plugins/docker-compose). The manager of systemd, which SYSTEMD names where it is elsewhere, runs for a
# moment in namespaces of its own, without booting anything; where that cannot be, it is left out, and said so.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$PWD

. tests/built.sh
sparkcfg=$SPARKCFG
[ -x "$sparkcfg" ] || { echo 'no sparkcfg was built'; exit 2; }
if [ -z "${DOCKER_COMPOSE:-}" ]; then
  if docker compose version >/dev/null 2>&1; then DOCKER_COMPOSE='docker compose'; else DOCKER_COMPOSE=docker-compose; fi
fi
$DOCKER_COMPOSE version || { echo 'there is no docker compose'; exit 2; }
node=$(command -v node) || { echo 'there is no node'; exit 2; }
tools=$root/target/tmp/tools
npm install --silent --no-fund --no-audit --prefix "$tools/pm2" pm2@7.0.4 dotenv@16.4.5 2>/dev/null || exit 2
work=$(mktemp -d)
export PM2_HOME=$work/pm2
pm2="$tools/pm2/node_modules/.bin/pm2"
trap '"$pm2" kill >/dev/null 2>&1; rm -rf "$work"' EXIT

passed=0
failed=0
# check NAME COMMAND...: the command must succeed.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s\n%s\n' "$name" "$(printf '%s' "$output" | head -n 12)"
  fi
}
refuses() {
  local name=$1
  shift
  if "$@" >/dev/null 2>&1; then
    failed=$((failed + 1))
    printf 'FAILED %s: it was accepted\n' "$name"
  else
    passed=$((passed + 1))
  fi
}

cat >"$work/compare.js" <<'JS'
// compare.js WHAT …: compares what a program made of a rendered file with what sparkcfg resolves.
const fs = require('fs');
const [what, ...rest] = process.argv.slice(2);
const read = (path) => JSON.parse(fs.readFileSync(path, 'utf8'));
const same = (name, actual, expected) => {
  if (actual !== expected) throw new Error(`${name}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
};
const texts = (path) => require(path);
let compared = 0;
if (what === 'compose') {
  const [config, resolved] = [read(rest[0]), texts(rest[1])];
  for (const [service, { environment }] of Object.entries(config.services)) {
    for (const [key, value] of Object.entries(environment ?? {})) {
      if (!(key in resolved)) continue;
      // docker compose config writes $ as $$, so that what it prints can be read again.
      same(`${service} ${key}`, value.replaceAll('$$', '$'), process.env[key] ?? resolved[key]);
      compared += 1;
    }
  }
} else if (what === 'pm2-file') {
  const [apps, resolved] = [require(rest[0]).apps, texts(rest[1])];
  for (const app of apps) {
    for (const [key, value] of Object.entries(app.env)) { same(`${app.name} ${key}`, value, resolved[key]); compared += 1; }
  }
} else if (what === 'jlist') {
  const [list, apps] = [read(rest[0]), require(rest[1]).apps];
  same('processes', list.length, apps.length);
  for (const app of apps) {
    const found = list.find((one) => one.name === app.name);
    same(`${app.name} status`, found?.pm2_env.status, 'online');
    same(`${app.name} exec_mode`, found.pm2_env.exec_mode, 'fork_mode');
    same(`${app.name} kill_timeout`, found.pm2_env.kill_timeout, app.kill_timeout);
    // PM2 keeps a list of one code as the code.
    same(`${app.name} stop_exit_codes`, [found.pm2_env.stop_exit_codes].flat().join(), '125');
    same(`${app.name} args`, JSON.stringify(found.pm2_env.args), JSON.stringify(app.args));
    for (const [key, value] of Object.entries(app.env)) { same(`${app.name} ${key}`, found.pm2_env[key], value); compared += 1; }
  }
} else if (what === 'values') {
  const [expected, compose, pm2, env] = [read(rest[0]), read(rest[1]), require(rest[2]), rest[3]];
  const parsed = env ? require(rest[4]).parse(fs.readFileSync(env)) : {};
  for (const [key, value] of Object.entries(expected)) {
    for (const service of ['app', 'all']) {
      same(`compose ${key} of ${service}`, compose.services[service].environment[key].replaceAll('$$', '$'), value);
    }
    same(`label ${key}`, compose.services.app.labels[key].replaceAll('$$', '$'), `<${value}>`);
    same(`node ${key}`, pm2.apps[0].env[key], value);
    same(`node text ${key}`, pm2.texts[key], `<${value}>`);
    if (env && key in parsed) same(`env ${key}`, parsed[key], value);
    compared += 1;
  }
}
if (compared === 0 && what !== 'none') throw new Error('nothing was compared');
console.log(`${compared} compared`);
JS

# 1. The reference stack. The secrets of staging and prod are not here, so words stand in for them: what is tried is
#    whether they arrive.
for environment in dev staging prod; do
  rendered=$root/rendered/$environment
  "$sparkcfg" show "$environment" --as pm2 --no-local >"$work/$environment.js" 2>/dev/null
  secrets=$(sed -n 's/^\([A-Z_]*\)=ENC.*/\1/p' "environments/$environment.secrets.env")
  stand_ins=()
  for key in $secrets; do stand_ins+=("$key=p\$a#s '\"\\$key"); done
  for profile in '' --profile=app --profile=bundled --profile=langflow "--profile=*"; do
    # shellcheck disable=SC2086
    check "compose config of $environment $profile" env "${stand_ins[@]}" $DOCKER_COMPOSE -f "$rendered/compose.yml" $profile config --quiet
  done
  # shellcheck disable=SC2086
  refuses "compose config of $environment without its secrets" env -i PATH="$PATH" HOME="$work" $DOCKER_COMPOSE -f "$rendered/compose.yml" '--profile=*' config --quiet
  # shellcheck disable=SC2086
  env "${stand_ins[@]}" $DOCKER_COMPOSE -f "$rendered/compose.yml" '--profile=*' config --format json >"$work/$environment.json" 2>/dev/null
  { cat "$work/$environment.js"; for key in $secrets; do printf 'module.exports[%s] = process.env[%s];\n' "\"$key\"" "\"$key\""; done; } >"$work/$environment.all.js"
  check "values in $environment's containers" env "${stand_ins[@]}" "$node" "$work/compare.js" compose "$work/$environment.json" "$work/$environment.all.js"
  check "values in $environment's PM2 file" "$node" "$work/compare.js" pm2-file "$rendered/ecosystem.config.js" "$work/$environment.js"
done
# The commands of docs/rendering.md, as they stand there; dev is the environment whose key is here.
mkdir "$work/as-described"
printf '#!/bin/sh\nshift\nPATH=${PATH#*:}\nexec %s "$@"\n' "$DOCKER_COMPOSE" >"$work/as-described/docker"
ln -s "$sparkcfg" "$work/as-described/sparkcfg"
chmod +x "$work/as-described/docker"
# described FROM [ENVIRONMENT]: the block whose first line begins so.
described() {
  local block
  block=$(sed -n "/^$1/,/^\`\`\`/p" docs/rendering.md | sed '/^```/d')
  [ -n "$block" ] && env -i PATH="$work/as-described:$PATH" HOME="$work" sh -ec "${block//prod/${2:-prod}}"
}
for environment in dev staging prod; do
  check "docker compose without a key in $environment" described 'file=rendered' "$environment"
done
check 'docker compose with the key of dev' described 'sparkcfg run prod -- docker compose .* config' dev
refuses 'docker compose with a key that is not here' described 'sparkcfg run prod -- docker compose .* config'
check 'dev with its own secrets' "$sparkcfg" run dev -- $DOCKER_COMPOSE -f "$root/rendered/dev/compose.yml" '--profile=*' config --quiet
check 'what is rendered is up to date' "$sparkcfg" render --check

# 2. PM2 itself, with a program that sleeps in the place of sparkcfg.
mkdir -p "$work/bin" "$work/run/logs"
printf '#!/bin/sh\nexec sleep 600\n' >"$work/bin/sparkcfg"
chmod +x "$work/bin/sparkcfg"
cp rendered/dev/ecosystem.config.js "$work/run/"
check 'pm2 starts the file' env -C "$work/run" PATH="$work/bin:$PATH" "$pm2" start ecosystem.config.js
sleep 1
"$pm2" jlist >"$work/jlist.json" 2>/dev/null
check 'pm2 jlist agrees' "$node" "$work/compare.js" jlist "$work/jlist.json" "$work/run/ecosystem.config.js"
"$pm2" kill >/dev/null 2>&1
printf 'module.exports = [{ name: "ok", script: "/bin/sleep" }, { name: "a", script: "/bin/sleep", env: "A=1" }];\n' >"$work/run/text.config.js"
refuses 'pm2 starts an app whose env is a text' env -C "$work/run" "$pm2" start text.config.js
"$pm2" kill >/dev/null 2>&1
check 'what pm2 refuses is told' "$node" tests/pm2_real.cjs "$sparkcfg" "$tools/pm2/node_modules/pm2" "$work/attributes"

# 3. Any printable text. A seeded generator, so that a failure can be had again: SEED=N.
mkdir -p "$work/any/environments" "$work/any/templates" "$work/any/schemas"
SEED=${SEED:-$RANDOM} COUNT=${COUNT:-600} "$node" - "$work/any" <<'JS'
const fs = require('fs');
let seed = Number(process.env.SEED) >>> 0;
console.log(`seed ${seed}`);
const random = (below) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor((seed / 2 ** 32) * below); };
const special = ['$', '$$', '${', '}', '{{', '}}', '{%', '%}', '#', ' #', ': ', ':', '- ', '"', "'", '\\', '\\n', '`', '%', '!', '&', '*', '|', '>', '@', ',', '[', ']', '=', '~', ' ', '  ', '\n', '\t', '<<', '?', 'no', 'null', '1e3', '0123', '12:30', '0x1f', 'é', '語', '😀', '\u00a0', '//', '/*', '*/', '$(id)', '${HOME}', '${X:-y}', 'a: b', '...', '---'];
const printable = () => String.fromCharCode(32 + random(95));
const values = {};
for (let index = 0; index < Number(process.env.COUNT); index += 1) {
  let text = '';
  if (index < special.length) text = special[index];
  else for (let length = random(24); length >= 0; length -= 1) text += random(3) ? printable() : special[random(special.length)];
  values[`VALUE_${index}`] = text;
}
const folder = process.argv[2];
fs.writeFileSync(`${folder}/values.json`, JSON.stringify(values));
// The way into the project: compose's own double quotes, which have an escape for everything.
const quote = (text) => `"${text.replace(/["\\$]/g, (sign) => (sign === '$' ? '$$' : `\\${sign}`)).replace(/\n/g, '\\n').replace(/\t/g, '\\t')}"`;
fs.writeFileSync(`${folder}/environments/any.env`, Object.entries(values).map(([key, text]) => `${key}=${quote(text)}\n`).join(''));
const keys = Object.keys(values);
const properties = Object.fromEntries(keys.map((key) => [key, { type: 'string', 'x-sparkcfg': { secret: false, services: ['app'] } }]));
fs.writeFileSync(`${folder}/schemas/any.schema.json`, JSON.stringify({ properties }));
const lines = (line) => keys.map(line).join('\n');
fs.writeFileSync(`${folder}/templates/compose.yml.j2`, `services:\n  app:\n    image: app\n    environment:\n      {{ env_of("app") | yaml }}\n    labels:\n${lines((key) => `      ${key}: <{{ ${key} }}>`)}\n  all:\n    image: app\n    environment:\n      {{ env | yaml }}\n`);
fs.writeFileSync(`${folder}/templates/any.sh.j2`, `{% for key, value in env | items %}\nexport {{ key }}={{ value }}\n{% endfor %}\n`);
fs.writeFileSync(`${folder}/templates/any.service.j2`, `[Unit]\nDefaultDependencies=no\nSuccessAction=exit-force\nFailureAction=exit-force\n[Service]\nType=oneshot\n${lines((key) => `Environment=${key}={{ ${key} }}`)}\nExecStart=${process.execPath} ${folder}/tell.js ${folder}/unit.json ${keys.map((key) => `{{ ${key} }}`).join(' ')}\n`);
fs.writeFileSync(`${folder}/templates/ecosystem.config.js.j2`, `module.exports = {\n  apps: [{ name: "app", script: "app.js", env: {\n${lines((key) => `    ${key}: {{ ${key} }},`)}\n  } }],\n  texts: {\n${lines((key, index) => `    ${key}: ${['"', "'", '`'][index % 3]}<{{ ${key} }}>${['"', "'", '`'][index % 3]},`)}\n  },\n};\n`);
JS
cd "$work/any" || exit 2
check 'any text is resolved as it was meant' sh -c "'$sparkcfg' show any --as pm2 >shown.js && '$node' -e '
  const [shown, values] = [require(\"./shown.js\"), require(\"./values.json\")];
  for (const key in values) if (shown[key] !== values[key]) throw new Error(key + JSON.stringify([shown[key], values[key]]));'"
check 'any text is rendered' "$sparkcfg" render any --project .
# shellcheck disable=SC2086
check 'docker compose takes it' $DOCKER_COMPOSE -f rendered/any/compose.yml config --quiet
# shellcheck disable=SC2086
$DOCKER_COMPOSE -f rendered/any/compose.yml config --format json >compose.json 2>/dev/null
check "any text arrives in docker compose and node" "$node" "$work/compare.js" values "$work/any/values.json" "$work/any/compose.json" "$work/any/rendered/any/ecosystem.config.js"
"$node" "$work/compare.js" values "$work/any/values.json" "$work/any/compose.json" "$work/any/rendered/any/ecosystem.config.js"
# The same through files for docker compose's env_file: and npm's dotenv, for the texts that have a spelling there.
"$sparkcfg" show any --as compose-env >any.env 2>/dev/null
printf 'services:\n  app:\n    image: app\n    env_file: any.env\n' >by-file.yml
# shellcheck disable=SC2086
$DOCKER_COMPOSE -f by-file.yml config --format json >by-file.json 2>/dev/null
check 'any text arrives by --as compose-env and env_file:' "$node" -e '
  const [config, values] = [require("./by-file.json"), require("./values.json")];
  for (const key in values) if (config.services.app.environment[key].replaceAll("$$", "$") !== values[key]) throw new Error(key);'
check 'any text arrives by --as shell and sh' sh -c "'$sparkcfg' show any --as shell >any.sh && . ./any.sh && '$node' -e '
  const values = require(\"./values.json\");
  for (const key in values) if (process.env[key] !== values[key]) throw new Error(key);'"

check 'any text arrives by a script and sh' sh -c ". rendered/any/any.sh && '$node' -e '
  const values = require(\"./values.json\");
  for (const key in values) if (process.env[key] !== values[key]) throw new Error(key);'"
if command -v python3 >/dev/null; then
  "$sparkcfg" show any --as toml >any.toml 2>/dev/null
  check 'any text arrives by --as toml and Python' python3 -c 'import json, tomllib; assert tomllib.load(open("any.toml", "rb")) == json.load(open("values.json"))'
fi

# 4. systemd, which is asked with its own manager: units and env files.
printf 'const [out, ...args] = process.argv.slice(2);\nrequire("fs").writeFileSync(out, JSON.stringify({ args, env: process.env }));\n' >tell.js
mkdir -p units
cp rendered/any/any.service units/unit.service
"$sparkcfg" show any --as systemd >any.systemd.env 2>/dev/null
printf '[Unit]\nDefaultDependencies=no\nSuccessAction=exit-force\nFailureAction=exit-force\n[Service]\nType=oneshot\nEnvironmentFile=%s/any.systemd.env\nExecStart=%s %s/tell.js %s/file.json\n' "$PWD" "$node" "$PWD" "$PWD" >units/file.service
manager=${SYSTEMD:-$(command -v /usr/lib/systemd/systemd /lib/systemd/systemd | head -1)}
# Of a manager that is no first process, and for which nothing was booted, only the folder says that it may run.
alone='mount -t tmpfs none /run && mkdir -p /run/systemd/system /run/user && XDG_RUNTIME_DIR=/run/user SYSTEMD_UNIT_PATH=$1 SYSTEMD_LOG_TARGET=console "$2" --user --unit="$3"; exit $?'
apart=(unshare --mount --pid --fork --kill-child)
[ "$(id -u)" -eq 0 ] || apart=(unshare --user --map-root-user --mount --pid --fork --kill-child)
if [ -x "$manager" ] && "${apart[@]}" sh -c 'mount -t tmpfs none /run' 2>/dev/null; then
  for unit in unit file; do
    check "systemd starts $unit.service" timeout -s KILL 60 "${apart[@]}" sh -c "$alone" sh "$PWD/units" "$manager" "$unit.service"
  done
  check 'any text arrives by a unit, as variable and argument, and by --as systemd' "$node" -e '
    const [unit, file, values] = [require("./unit.json"), require("./file.json"), require("./values.json")];
    Object.entries(values).forEach(([key, value], at) => {
      for (const found of [unit.env[key], unit.args[at], file.env[key]]) if (found !== value) throw new Error(key + JSON.stringify([found, value]));
    });'
else
  echo 'no manager of systemd can run here: units and --as systemd were left out'
fi

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
