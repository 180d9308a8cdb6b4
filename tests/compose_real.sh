#!/usr/bin/env bash
# Asks docker compose itself what Compose files mean that are laid over each other, extend and include each other, and
# compares its answers with what sparkcfg makes of the same files. The files are made up at random from what people
# write: SEED=N makes the same ones again, COUNT=N says how many. RECORD=1 keeps the answers as
# tests/data/compose/answers.json, which `cargo test` compares without docker compose. Then `sparkcfg validate --fix` mends
# some of them, and docker compose has to find in them what it found before. Last, env files that refer to names which the
# `.env` beside the Compose file, an earlier file, the same file or the process environment sets. Ends with `N passed, M
# failed`, twice.
#
# Needs cargo, node, and docker compose 2.24 or newer, without an engine: the one that is installed, or the binary that
# DOCKER_COMPOSE names.
set -u
cd "$(dirname "$0")/.." || exit 2

if [ -z "${DOCKER_COMPOSE:-}" ]; then
  if docker compose version >/dev/null 2>&1; then DOCKER_COMPOSE='docker compose'; else DOCKER_COMPOSE=docker-compose; fi
fi
$DOCKER_COMPOSE version >&2 || { echo 'there is no docker compose'; exit 2; }
node=$(command -v node) || { echo 'there is no node'; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
answers=$work/answers.json
[ -n "${RECORD:-}" ] && answers=$PWD/tests/data/compose/answers.json

DOCKER_COMPOSE=$DOCKER_COMPOSE SEED=${SEED:-$RANDOM} COUNT=${COUNT:-300} "$node" - "$work" "$answers" <<'JS' || exit 2
const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const [work, out] = process.argv.slice(2);
let seed = Number(process.env.SEED) >>> 0;
console.log(`seed ${seed}`);
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const one = (list) => list[random(list.length)];
const chance = (percent) => random(100) < percent;

// What people write under each key of a service.
const spellings = {
  image: ['a', 'a:1', 'r.io/x/a:2@sha256:' + '0'.repeat(64), '"b"'],
  command: ['[a, b]', '["c d"]', 'run it', '"x y z"', '[]'],
  entrypoint: ['[e]', '/bin/e --flag', '["sh", "-c"]'],
  user: ['"1000"', 'app', '"1:2"'],
  restart: ['always', '"no"', 'unless-stopped', 'on-failure:3'],
  privileged: ['true', 'false'],
  read_only: ['true', 'false'],
  init: ['true'],
  container_name: ['one', 'two'],
  environment: ['[A=1, B]', '["B=2", A]', '{A: 1, B: }', '{A: "x", C: true, D: 0.5}', '["A=", "C=a=b"]', '{A: "5$$", E: }', '[]', '{}', '["F=say \\"hi\\"", A=2]', '{G: 31, J: "yes", K: no}'],
  labels: ['{l.a: 1}', '["l.a=2", "l.b"]', '["l.c=x=y"]', '{l.b: true}'],
  annotations: ['{n.a: x}', '["n.a=y", "n.b=z"]'],
  sysctls: ['{net.core.somaxconn: 1024}', '["net.core.somaxconn=512", "net.ipv4.tcp_syncookies=0"]'],
  extra_hosts: ['["h:10.0.0.1"]', '["h=10.0.0.2", "i:10.0.0.3"]', '{h: 10.0.0.1}', '{i: "::1"}'],
  ports: ['["80:80"]', '["8080:80", "80"]', '["127.0.0.1:80:80", "80:80/udp"]', '["3000-3002:3000-3002"]', '[{target: 80, published: 80}]', '[{target: 80, published: "8080", host_ip: 127.0.0.1, protocol: udp}]', '["[::1]:81:81"]', '[9000]', '["0.0.0.0:80:80"]', '[{target: 53, protocol: udp, mode: host}]', '["127.0.0.1::80"]', '["7000-7001:90-91/udp"]'],
  expose: ['["80"]', '[80, "81/udp"]', '["3000-3002"]'],
  volumes: ['["./x:/x"]', '["./y:/x:ro", "data:/data"]', '["data:/x"]', '["/v"]', '[{type: bind, source: ./z, target: /x, read_only: true}]', '["/a:/b:rw,z"]', '["/h:/h:ro,rslave"]', '[{type: volume, source: data, target: /data, volume: {nocopy: true}}]', '[{type: tmpfs, target: /t}]', '["../up:/up:cached"]', '["./x:/x/"]', '[{type: bind, source: /s, target: /s, bind: {propagation: rshared}}]', '["data:/data:nocopy"]'],
  tmpfs: ['/t', '[/t, "/u:size=1m"]'],
  devices: ['["/dev/a:/dev/b"]', '["/dev/c:/dev/b:rw", "/dev/d"]'],
  networks: ['[n1]', '[n1, n2]', '{n1: , n2: {aliases: [x]}}', '{n2: {ipv4_address: 10.1.0.2, aliases: [y, x]}}'],
  depends_on: ['[b]', '{b: {condition: service_healthy}}', '{b: {condition: service_started, required: false}, c: {condition: service_completed_successfully}}', '[b, c]'],
  env_file: ['one.env', '[one.env, two.env]', '[{path: two.env, required: false}]', '["./one.env"]', '[{path: three.env, format: raw, required: false}]'],
  cap_add: ['[A]', '[A, B]', '[]'],
  cap_drop: ['[ALL]', '[X, ALL]'],
  security_opt: ['["no-new-privileges:true"]', '["seccomp:unconfined", "no-new-privileges:true"]', '["label=disable"]'],
  group_add: ['["1"]', '[mail, "1"]'],
  dns: ['1.1.1.1', '[8.8.8.8, 1.1.1.1]'],
  dns_search: ['a.test', '[b.test, a.test]'],
  dns_opt: ['["use-vc"]', '["use-vc", "no-tld-query"]'],
  logging: ['{driver: json-file, options: {max-size: 1m}}', '{driver: local}', '{options: {max-file: "2"}}', '{driver: none}', '{driver: local, options: {max-size: 2m}}'],
  healthcheck: ['{test: "curl a", interval: 10s}', '{test: [CMD, b], retries: 3}', '{test: [CMD-SHELL, c], timeout: 5s}', '{disable: true}', '{interval: 30s}', '{test: [NONE]}', '{test: NONE}'],
  deploy: ['{resources: {limits: {cpus: "0.5", memory: "1048576"}}}', '{resources: {limits: {memory: "2097152", pids: 10}}}', '{replicas: 2}', '{restart_policy: {condition: on-failure}}', '{labels: {d: 1}}', '{labels: ["d=2", e=3]}', '{mode: global}'],
  ulimits: ['{nofile: 10}', '{nofile: {soft: 1, hard: 2}}', '{nproc: 5}'],
  build: ['.', '{context: ./d}', '{args: [X=1, Y]}', '{context: ./e, args: {X: 2}, target: t}', '{dockerfile: D, labels: {b: 1}}', '{context: ., additional_contexts: ["p=./p"]}'],
  secrets: ['[s1]', '[{source: s1, target: /run/secrets/other}]', '[s1, {source: s2}]'],
  configs: ['[c1]', '[{source: c1, target: /c1}]'],
  network_mode: ['host', 'none', 'bridge'],
  pid: ['host'],
  ipc: ['host', 'shareable'],
  userns_mode: ['host'],
  uts: ['host'],
  mem_limit: ['"1048576"'],
  pids_limit: ['100'],
  cpus: ['"1.5"', '2'],
  stop_grace_period: ['1m0s', '30s'],
  profiles: ['[p]', '[q]', '[p, q]', '[]'],
  links: ['["b"]', '["b:x"]'],
};
const keys = Object.keys(spellings);
const lists = new Set(['ports', 'volumes', 'environment', 'labels', 'cap_add', 'networks', 'depends_on', 'healthcheck', 'deploy', 'logging', 'build', 'command', 'env_file', 'expose', 'image', 'profiles', 'secrets']);

const value = (key, isOver) => {
  const text = one(spellings[key]);
  if (isOver && lists.has(key) && chance(14)) return chance(60) ? `!override ${text}` : `!reset ${one(['null', '[]', text])}`;
  if (isOver && chance(3)) return '';
  if (isOver && ['environment', 'labels', 'networks', 'deploy', 'healthcheck'].includes(key) && chance(8)) {
    return { environment: '{A: !reset null, Z: 1}', labels: '{l.a: !reset null}', networks: '{n1: !reset null}', deploy: '{resources: !reset {}}', healthcheck: '{interval: !reset null}' }[key];
  }
  return text;
};
const service = (isOver, more = []) => {
  const lines = [...more];
  const chosen = new Set();
  for (let count = 2 + random(7); count > 0; count -= 1) chosen.add(one(keys));
  if (!isOver) chosen.add('image');
  // What Compose refuses together.
  if (chosen.has('network_mode')) chosen.delete('networks');
  if (chosen.has('cpus') || chosen.has('mem_limit') || chosen.has('pids_limit')) chosen.delete('deploy');
  for (const key of chosen) lines.push(`${key}: ${value(key, isOver)}`.trimEnd());
  return lines;
};
const written = (name, lines) => `  ${name}:\n${lines.map((line) => `    ${line}\n`).join('')}`;
const tops = '\nnetworks: {n1: {}, n2: {}}\nvolumes: {data: {}}\nsecrets: {s1: {file: ./s1}, s2: {environment: S2}}\nconfigs: {c1: {file: ./c1}}\n';

function example(number) {
  const files = {};
  let text = '';
  const anchors = chance(35);
  if (anchors) {
    text += `x-one: &one\n${service(false).map((line) => `  ${line}\n`).join('')}`;
    text += 'x-vars: &vars {A: anchored, V: 1}\n';
  }
  const kind = one(['overlay', 'overlay', 'overlay', 'extends', 'extends-file', 'include', 'include-long', 'plain']);
  if (kind === 'include') text += one(['include: [sub/compose.yml]\n', 'include:\n  - path: sub/compose.yml\n']);
  if (kind === 'include-long') text += one(['include:\n  - path: [sub/compose.yml, sub/over.yml]\n', 'include:\n  - path: ./sub/compose.yml\n    project_directory: .\n    env_file: one.env\n', 'include:\n  - path: sub/compose.yml\n    env_file: [one.env, two.env]\n']);
  text += 'services:\n';
  const merge = () => (anchors && chance(50) ? ['<<: *one'] : []);
  const extended = kind === 'extends' ? [one(['extends: base', 'extends: {service: base}'])] : kind === 'extends-file' ? [one(['extends: {file: sub/base.yml, service: base}', 'extends: {file: ./sub/base.yml, service: middle}'])] : [];
  text += written('a', service(false, [...merge(), ...extended]));
  if (anchors && chance(50)) text = text.replace(/environment: .*\n$/m, 'environment: {<<: *vars, W: 2}\n');
  text += written('b', service(false, merge()).filter((line) => !/^(depends_on|links)/.test(line)));
  text += written('c', ['image: c']);
  if (kind === 'extends') text += written('base', service(false).filter((line) => !/^(depends_on|links)/.test(line)));
  text += tops;
  files['compose.yml'] = text;
  if (kind === 'extends-file') {
    files['sub/base.yml'] = `services:\n${written('middle', service(false, ['extends: base']))}${written('base', service(false))}`;
  }
  if (kind.startsWith('include')) {
    files['sub/compose.yml'] = `services:\n${written('inner', service(false).filter((line) => !/^(depends_on|links|networks|secrets|configs)/.test(line)).map((line) => line.replaceAll('data:', 'inner:')))}volumes: {inner: {}}\n`;
    files['sub/over.yml'] = `services:\n${written('inner', service(true).filter((line) => !/^(depends_on|links|networks|secrets|configs)/.test(line)).map((line) => line.replaceAll('data:', 'inner:')))}volumes: {inner: {}}\n`;
  }
  const chosen = ['compose.yml'];
  const layers = kind === 'plain' ? 0 : kind === 'overlay' ? 1 + random(2) : chance(40) ? 1 : 0;
  for (let layer = 1; layer <= layers; layer += 1) {
    let over = 'services:\n' + written('a', service(true));
    if (chance(30)) over += written('b', service(true).filter((line) => !/^(depends_on|links)/.test(line)));
    if (kind.startsWith('include') && chance(60)) over += written('inner', service(true).filter((line) => !/^(depends_on|links|networks|secrets|configs)/.test(line)));
    if (chance(10)) over += '  c: !reset null\n';
    files[`over${layer}.yml`] = over;
    chosen.push(`over${layer}.yml`);
  }
  return { name: `${kind} ${number}`, files, chosen };
}

// The answer in the words of sparkcfg's own reading, see tests/dialects/compose.rs.
const text = (scalar) => (scalar === null || scalar === undefined ? null : String(scalar).replaceAll('$$', '$'));
const mapped = (map, of) => Object.fromEntries(Object.entries(map ?? {}).map(([key, item]) => [key, of(item)]).sort());
const listed = (list) => (list ?? []).map(text);
function picture(s) {
  const found = {};
  for (const key of ['image', 'user', 'restart', 'privileged', 'read_only', 'init', 'container_name', 'network_mode', 'pid', 'ipc', 'userns_mode', 'uts', 'mem_limit', 'pids_limit', 'cpus', 'stop_grace_period']) {
    if (s[key] !== undefined && s[key] !== false) found[key] = text(s[key]);
  }
  for (const key of ['environment', 'labels', 'annotations', 'sysctls']) if (s[key] && Object.keys(s[key]).length) found[key] = mapped(s[key], text);
  for (const key of ['command', 'entrypoint']) if (s[key]?.length) found[key] = listed(s[key]);
  for (const key of ['cap_add', 'cap_drop', 'security_opt', 'group_add', 'dns', 'dns_search', 'dns_opt', 'tmpfs', 'expose', 'profiles', 'extra_hosts', 'links']) if (s[key]?.length) found[key] = listed(s[key]).sort();
  if (s.ports?.length) found.ports = s.ports.map((port) => `${port.host_ip ?? ''}:${port.published ?? ''}:${port.target}/${port.protocol ?? 'tcp'}`).sort();
  if (s.volumes?.length) found.volumes = s.volumes.map((v) => `${v.type === 'bind' ? `bind ${v.source.startsWith('.') ? path.normalize(v.source).replace(/(.)\/$/, '$1') : v.source}` : `volume ${v.source ?? ''}`} ${v.target} ${v.read_only ? 'ro' : 'rw'} ${v.bind?.propagation ?? ''}`).sort();
  if (s.devices?.length) found.devices = s.devices.map((device) => `${device.source}:${device.target}`).sort();
  if (s.networks) found.networks = mapped(s.networks, (network) => (network?.aliases ?? []).sort());
  if (s.depends_on) found.depends_on = mapped(s.depends_on, (on) => on.condition);
  // The files of env_file: leave what they hold among the variables.
  const files = Object.keys(found.environment ?? {}).filter((key) => key.startsWith('FILE_'));
  if (files.length) {
    found.env_files = mapped(Object.fromEntries(files.map((key) => [key, found.environment[key]])), text);
    for (const key of files) delete found.environment[key];
    if (!Object.keys(found.environment).length) delete found.environment;
  }
  if (s.logging) found.logging = { driver: text(s.logging.driver), options: mapped(s.logging.options, text) };
  if (s.healthcheck && Object.keys(s.healthcheck).length) found.healthcheck = { ...(s.healthcheck.test ? { test: listed(s.healthcheck.test) } : {}), ...mapped(Object.fromEntries(Object.entries(s.healthcheck).filter(([key]) => key !== 'test')), text) };
  const limits = s.deploy?.resources?.limits;
  if (limits) found.limits = mapped(limits, text);
  if (s.deploy?.replicas) found.replicas = text(s.deploy.replicas);
  if (s.deploy?.mode) found.mode = s.deploy.mode;
  if (s.deploy?.restart_policy) found.restart_policy = text(s.deploy.restart_policy.condition);
  if (s.deploy?.labels && Object.keys(s.deploy.labels).length) found.deploy_labels = mapped(s.deploy.labels, text);
  if (s.ulimits) found.ulimits = mapped(s.ulimits, (limit) => (typeof limit === 'object' ? `${limit.soft}:${limit.hard}` : String(limit)));
  if (s.build) found.build = { context: s.build.context ? path.normalize(s.build.context).replace(/(.)\/$/, '$1') : null, target: s.build.target ?? null, args: mapped(s.build.args, text), labels: mapped(s.build.labels, text) };
  for (const key of ['secrets', 'configs']) if (s[key]?.length) found[key] = s[key].map((item) => `${item.source}>${item.target ?? (key === 'secrets' ? '/run/secrets/' : '/') + item.source}`).sort();
  return found;
}

const answers = [];
let refused = 0;
const wanted = Number(process.env.COUNT);
const write = (folder, files) => {
  for (const [file, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), content);
  }
};
const envFiles = Object.fromEntries(['one.env', 'two.env', 'sub/one.env', 'sub/two.env'].map((file) => [file, `FILE_${file.replace(/\W/g, '_')}=1\nFILE_LAST=${file}\n`]));
for (let number = 0; answers.length < wanted && number < wanted * 20; number += 1) {
  const { name, files, chosen } = example(number);
  const folder = path.join(work, `case${number}`);
  write(folder, { ...files, ...envFiles });
  const [program, ...words] = process.env.DOCKER_COMPOSE.split(' ');
  const run = spawnSync(program, [...words, ...chosen.flatMap((file) => ['-f', file]), '--profile=*', 'config', '--format=json', '--no-path-resolution', '--no-env-resolution', '--no-normalize', '--no-consistency'], { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: '/home/someone' } });
  fs.rmSync(folder, { recursive: true });
  if (run.status !== 0) {
    refused += 1;
    if (process.env.VERBOSE) console.error(name, run.stderr.trim().split('\n').pop());
    continue;
  }
  const config = JSON.parse(run.stdout);
  answers.push({ name, files, chosen, services: mapped(config.services, picture) });
}
console.log(`${answers.length} answers; ${refused} more were refused`);

// Files of projects of their own, with something in them that is mended.
const versions = ['version: "3.8"\n', "version: '2.4'\n", 'version: 3\n', 'version: "3"   \n\n', 'version:\n  "3.8"\n', 'version: "3.8"  # old\n', '# first\nversion: "3"\r\n', '---\nversion: "3"\n'];
for (const [number, { files, chosen }] of answers.slice(0, Number(process.env.MENDED ?? 60)).entries()) {
  const folder = path.join(work, 'mended', String(number));
  const old = (content) => (chance(70) ? one(versions) + content : `${content}${one(versions.slice(0, 4))}`);
  const changed = Object.entries(files).map(([file, content]) => [file, chosen.includes(file) ? old(content) : content]);
  const own = { 'environments/prod.env': 'A=1\n', 'sparkcfg.toml': `[hardening.files]\nprod = ${JSON.stringify(chosen)}\n` };
  write(folder, { ...Object.fromEntries(changed), ...envFiles, ...own });
}
fs.mkdirSync(path.dirname(out), { recursive: true });
fs.writeFileSync(out, `[\n${answers.map((answer) => JSON.stringify(answer)).join(',\n')}\n]\n`);
JS

ANSWERS=$answers cargo test --quiet --test dialects compose:: -- --nocapture 2>&1 | grep -v '^$\|^running\|^\.*$\|^test result' | tail -n "${LINES_SHOWN:-60}"
answered=${PIPESTATUS[0]}

source tests/built.sh
sparkcfg=$SPARKCFG
passed=0
failed=0
mended=0
for folder in "$work"/mended/*; do
  mapfile -t chosen < <(sed -n 's/^prod = \[\(.*\)\]/\1/p' "$folder/sparkcfg.toml" | tr ',' '\n' | tr -d '"' | sed 's/^/--file=/')
  # shellcheck disable=SC2086
  config() { (cd "$folder" && $DOCKER_COMPOSE "${chosen[@]}" '--profile=*' config --format=json --no-path-resolution --no-env-resolution --no-consistency 2>"$work/said"); }
  count() { cat "$folder"/*.yml | grep -c '^version:'; }
  before=$(config)
  versions=$(count)
  (cd "$folder" && "$sparkcfg" validate --fix -qq)
  mended=$((mended + versions - $(count)))
  after=$(config)
  if grep -q '^panic: ' "$work/said"; then
    # docker compose falls over an empty `pid:` once nothing else stops it before.
    continue
  fi
  # What it refused before, such as a version that is a number, it takes now.
  if [ -n "$after" ] && [ "${before:-$after}" = "$after" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED to mend ${folder##*/}"
  fi
done
echo "$mended places mended"
[ "$mended" -gt 0 ] || failed=$((failed + 1))

# Where docker compose looks names up: X is set in every set of places, and two.env refers to it.
folder=$work/lookup
mkdir -p "$folder"
printf 'services: {a: {image: a, env_file: [one.env, two.env]}}\n' >"$folder/compose.yml"
printf '[environments]\nprod = ["one.env", "two.env"]\n' >"$folder/sparkcfg.toml"
for places in {,dotenv}{,one}{,two}{,process}; do
  rm -f "$folder/.env"
  printf 'ONE=1\n' >"$folder/one.env"
  : >"$folder/two.env"
  case $places in *dotenv*) printf 'X=dotenv\nX=dotenv-last\nY\n' >"$folder/.env" ;; esac
  case $places in *one*) printf 'X=one\n' >>"$folder/one.env" ;; esac
  case $places in *two*) printf 'X=two\n' >>"$folder/two.env" ;; esac
  printf 'K=${X}\nL="${X:-none}"\nX\n' >>"$folder/two.env"
  # In a container the process environment only answers references; as a layer it would set X itself.
  keys='["K", "L", "X"]'
  process=()
  option=()
  case $places in *process*) keys='["K", "L"]' process=(X=process) option=(--process-env) ;; esac
  told() { "$node" -e "let s = ''; process.stdin.on('data', (d) => (s += d)).on('end', () => { let v = JSON.parse(s); v = v.services?.a.environment ?? v; console.log($keys.map((k) => k + '=' + (v[k] ?? '')).join(' ')); })"; }
  # shellcheck disable=SC2086
  theirs=$(cd "$folder" && env "${process[@]}" $DOCKER_COMPOSE config --format=json 2>/dev/null | told)
  ours=$(cd "$folder" && env "${process[@]}" "$sparkcfg" show prod --as json "${option[@]}" 2>/dev/null | told)
  if [ "$theirs" = "$ours" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED lookup of X in '$places': $theirs, and not $ours"
  fi
done
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$answered" -eq 0 ] && [ "$failed" -eq 0 ]
