#!/usr/bin/env bash
# Gives files made at random, and the recorded cases with a sign changed here and there, to the programs whose readers
# sparkcfg has, and compares what each of them gets with what `sparkcfg read` says. Prints, for each reader, how many files
# it agrees on, and each file on which it does not, made as small as it stays wrong.
#
#   tests/readers_real.sh [READER...]      COUNT=2000 files for each, SEED=1
#
# Needs cargo, python3 with pip, node with npm, go, and their registries; GNU make and dash; docker compose 2.40 for its three
# readers, as DOCKER_COMPOSE or installed; the folders of the gem dotenv 3.2 and of godotenv 1.5.1 as RUBY_DOTENV and GODOTENV,
# if their registries cannot be reached; the shared library of systemd. A reader whose program is not there is named and left out. No daemon runs here, so docker-run is tried by compose's
# raw format, which reads the same, and systemd by the functions of its library that read EnvironmentFile=. dotenvy is the
# crate itself, and split a model: there is nothing to compare them with.
# Files that would run a command are not given to shells, make, Ruby and dotenv-expand.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$PWD

source tests/built.sh
tools=${TOOLS:-$root/target/tmp/tools/readers}
mkdir -p "$tools"
npm_get() { [ -d "$tools/$1/node_modules" ] || npm install --silent --no-fund --no-audit --prefix "$tools/$1" "${@:2}" || echo "$1 cannot be had"; }
npm_get npm dotenv@18.0.10 dotenv-expand@1000.0.0
npm_get node node@26.10.0
npm_get bun bun@1.4.5
npm_get deno deno@2.9.6
[ -d "$tools/py" ] || python3 -m pip install --quiet --target "$tools/py" python-dotenv==1.2.4 uv==0.13.9 || echo 'python-dotenv and uv cannot be had'
gem=${RUBY_DOTENV:-$tools/gem/gems/dotenv-3.2.0}
[ -d "$gem" ] || gem install --silent --no-document --install-dir "$tools/gem" dotenv -v 3.2.0 || echo 'the gem dotenv cannot be had'
if [ ! -x "$tools/go/read" ]; then
  mkdir -p "$tools/go"
  cat >"$tools/go/read.go" <<'GO'
// read LIST: what godotenv makes of each file, as lines of JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/joho/godotenv"
)

func main() {
	list, _ := os.ReadFile(os.Args[1])
	for _, path := range strings.Fields(string(list)) {
		kind := "vars"
		vars, err := godotenv.Read(path)
		if err != nil {
			kind, vars = "error", map[string]string{}
		}
		// As Load does it: what is set already stays, and nothing can be set without a name.
		delete(vars, "")
		for key := range vars {
			if own, there := os.LookupEnv(key); there {
				vars[key] = own
			}
		}
		line, _ := json.Marshal([]any{kind, vars})
		fmt.Println(string(line))
	}
}
GO
  printf 'module read\n\nrequire github.com/joho/godotenv v1.5.1\n' >"$tools/go/go.mod"
  [ -z "${GODOTENV:-}" ] || printf 'replace github.com/joho/godotenv => %s\n' "$GODOTENV" >>"$tools/go/go.mod"
  (cd "$tools/go" && GOFLAGS=-mod=mod go build -o read . 2>/dev/null) || echo 'godotenv cannot be had'
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/readers.cjs" <<'JS'
// readers.cjs LIST: what npm's dotenv, dotenv-expand and node itself make of each file, as lines of JSON.
const fs = require('fs');
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const [npm, list] = process.argv.slice(2);
const base = { ...process.env };
const expanded = (path) => {
  const [dotenv, { expand }] = [require(`${npm}/dotenv`), require(`${npm}/dotenv-expand`)];
  const processEnv = { ...base };
  const { parsed } = dotenv.config({ path, processEnv, quiet: true });
  return expand({ parsed, processEnv }).parsed;
};
if (!isMainThread) {
  parentPort.on('message', (path) => { try { parentPort.postMessage({ vars: expanded(path) }); } catch (e) { parentPort.postMessage({ error: `${e}` }); } });
} else (async () => {
  let worker;
  const ask = (path) => new Promise((done) => {
    worker ??= new Worker(__filename, { argv: [npm, list] });
    // dotenv-expand may never come back.
    const timer = setTimeout(() => { worker.terminate(); worker = undefined; done({ error: 'no end' }); }, 3000);
    worker.removeAllListeners('message');
    worker.on('message', (answer) => { clearTimeout(timer); done(answer); });
    worker.postMessage(path);
  });
  for (const path of fs.readFileSync(list, 'utf8').split('\n').filter(Boolean)) {
    const text = fs.readFileSync(path);
    const answer = {};
    if (npm !== '-') {
      const own = { ...process.env };
      const { parsed } = require(`${npm}/dotenv`).config({ path, processEnv: own, quiet: true });
      answer['node-dotenv'] = { vars: Object.fromEntries(Object.keys(parsed ?? {}).map((key) => [key, own[key]])) };
      answer['dotenv-expand'] = await ask(path);
    } else {
      const parsed = require('util').parseEnv(text.toString());
      for (const key of Object.keys(process.env)) if (!(key in base)) delete process.env[key];
      process.loadEnvFile(path);
      answer.node = { vars: Object.fromEntries(Object.keys(parsed).filter(Boolean).map((key) => [key, process.env[key] ?? parsed[key]])) };
    }
    console.log(JSON.stringify(answer));
  }
  process.exit(0);
})();
JS
echo 'console.log(JSON.stringify(typeof Deno === "undefined" ? process.env : Deno.env.toObject()))' >"$work/print.js"

SPARKCFG=$SPARKCFG TOOLS=$tools GEM=$gem WORK=$work python3 - "$@" <<'PY'
import ctypes, glob, json, os, pathlib, random, re, shutil, subprocess, sys

COUNT, SEED = int(os.environ.get("COUNT", "2000")), int(os.environ.get("SEED", "1"))
SYSTEMD = next(iter(sorted(glob.glob("/usr/lib/*/systemd/libsystemd-shared-*.so"))), "")
SPARKCFG, TOOLS, WORK = os.environ["SPARKCFG"], os.environ["TOOLS"], pathlib.Path(os.environ["WORK"])
ENV = {"PATH": "/nonexistent", "HOME": "/home/user", "FROM_ENV": "env value", "A": "from env", "EMPTY": ""}
random.seed(SEED)


def run(command, path=None, timeout=60, **more):
    folder = WORK / "empty"
    folder.mkdir(exist_ok=True)
    try:
        return subprocess.run(command, env=ENV | more, cwd=folder, capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, b"", b"")


def dumped(output):
    pairs = [part.split("=", 1) for part in output.decode("utf-8", "replace").split("\0") if "=" in part]
    return dict(pairs)


KEYS = ["K", "L", "A", "B_1", "a", "FROM_ENV", "EMPTY", "K.L", "K-L", "1K", "É"]
PIECES = ["v", "w x", "a", "1", " ", "  ", "\t", "#", " # c", "$", "$A", "${A}", "${K}", "${L:-d}", "${U-d}", "${A:+x}", "${U:?m}",
          "$$", "${", "}", '"', "'", "`", "\\", "\\n", "\\\\", "\\\"", "\\'", "\\$", "=", ":", ";", "&", "~", "é", "%", "!", "(", ")",
          "${A#*", "${A##[f-r]*", "${A%?", "${A%%o*m", "${#A}",
          "\\t", "{", "[", "]", "*", "?", "<", "|", "\\\n", "$B_1", "${FROM_ENV}", "$1", "${A.b}", "@", ",", "/", "$a", "+", "-"]
ENDS = ["\n"] * 12 + ["\r\n", "\n\n", " \n", "\n \n", ""]


def a_value():
    body = "".join(random.choice(PIECES) for _ in range(random.randrange(6)))
    quote = random.choice(["", "", "", '"', '"', "'", "'", "`"])
    tail = random.choice([""] * 8 + [" # c", " ", "x", "#c", " y"])
    return f"{quote}{body}{quote}{tail}"


def a_line():
    kind = random.randrange(24)
    if kind == 0:
        return "#" + "".join(random.choice(PIECES) for _ in range(3))
    if kind == 1:
        return random.choice(KEYS)
    start = random.choice([""] * 10 + [" ", "export ", "export  ", "\t"])
    sign = random.choice(["="] * 14 + [" = ", "= ", " =", ": ", ":", "+=", ":=", "?="])
    return start + random.choice(KEYS) + sign + a_value()


CASES = [json.loads(line) for line in open("tests/data/dialects/cases.jsonl", encoding="utf-8")]
CASES = [case["text"] for case in CASES if "text" in case and len(case["text"]) < 400]


def a_file():
    if random.randrange(3):
        return "".join(a_line() + random.choice(ENDS) for _ in range(random.randrange(1, 5)))
    text = random.choice(CASES)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(["", random.choice(PIECES), random.choice("KL= #\"'\n\\$")]) + text[at + random.randrange(2):]
    return text


def storable(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def ours(paths, reader):
    for path in paths:
        out = run([SPARKCFG, "read", str(path), "--as", reader, "--format", "json", "--reveal"]).stdout
        yield json.loads(out)


# Each driver gives, for each file, ("vars", {...}), ("env", {...}: what a child sees besides its own) or ("error", {}).
def python(paths):
    program = """if 1:
        import json, os, sys, logging
        logging.disable()
        sys.path.insert(0, sys.argv[1])
        from dotenv import load_dotenv, dotenv_values
        base = dict(os.environ)
        for path in open(sys.argv[2]).read().split():
            os.environ.clear(); os.environ.update(base)
            try:
                keys = dotenv_values(path, interpolate=False)
                load_dotenv(path)
                print(json.dumps(["vars", {key: os.environ.get(key) for key in keys}]))
            except Exception as error:
                print(json.dumps(["error", {}]))
    """
    (WORK / "list").write_text("\n".join(map(str, paths)))
    out = run([sys.executable, "-c", program, f"{TOOLS}/py", str(WORK / "list")], timeout=1800)
    return [json.loads(line) for line in out.stdout.splitlines()]


def javascript(node, npm, reader):
    def driver(paths):
        (WORK / "list").write_text("\n".join(map(str, paths)))
        out = run([node, str(WORK / "readers.cjs"), npm, str(WORK / "list")], timeout=1800)
        answers = [json.loads(line)[reader] for line in out.stdout.decode().splitlines()]
        return [("error", {}) if "error" in answer else ("vars", answer["vars"]) for answer in answers]
    return driver


def child(command, parse, refuses=lambda done: done.returncode != 0, **more):
    """A program that is started with the file and prints its environment."""
    def driver(paths):
        empty = WORK / "nothing"
        empty.write_text("")
        base = parse(run(command(empty), **more).stdout)
        answers = []
        for path in paths:
            done = run(command(path), **more)
            try:
                seen = parse(done.stdout) if done.stdout else {}
            except ValueError:
                seen = {}
            answers.append(("error", {}) if refuses(done) else ("env", {key: value for key, value in seen.items() if base.get(key) != value}))
        return answers
    return driver


def compose(raw):
    def config(paths):
        form = ", format: raw" if raw else ""
        services = "".join(f"  s{at}:\n    image: i\n    env_file: [{{path: {path}{form}}}]\n" for at, path in enumerate(paths))
        (WORK / "compose.yml").write_text(f"services:\n{services}")
        done = run([*COMPOSE, "-f", str(WORK / "compose.yml"), "config", "--format", "json"], timeout=300)
        if done.returncode == 0:
            found = json.loads(done.stdout)["services"]
            names = [found[f"s{at}"].get("environment") or {} for at in range(len(paths))]
            return [("vars", {key.replace("$$", "$"): value and value.replace("$$", "$") for key, value in one.items()}) for one in names]
        if len(paths) == 1:
            return [("error", {})]
        half = len(paths) // 2
        return config(paths[:half]) + config(paths[half:])
    return lambda paths: [answer for at in range(0, len(paths), 64) for answer in config(paths[at : at + 64])]


def interpolation(paths):
    answers = []
    for path, reading in zip(paths, ours(paths, "compose-interpolation")):
        keys = [key for key in reading["vars"] if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII)] or ["K"]
        lines = "".join(f'      {key}: "${{{key}-unset}}"\n' for key in keys)
        (WORK / "compose.yml").write_text(f"services:\n  s:\n    image: i\n    environment:\n{lines}")
        done = run([*COMPOSE, "--env-file", str(path), "-f", str(WORK / "compose.yml"), "config", "--format", "json"])
        if done.returncode:
            answers.append(("error", {}))
            continue
        seen = json.loads(done.stdout)["services"]["s"]["environment"]
        answers.append(("some", {key: value.replace("$$", "$") for key, value in seen.items() if value != "unset"}))
    return answers


def listed(command):
    """A program that is given a list of files and answers with a line of JSON for each."""
    def driver(paths):
        (WORK / "list").write_text("\n".join(map(str, paths)))
        out = run([*command, str(WORK / "list")], timeout=1800).stdout
        return [json.loads(line) for line in out.decode().splitlines()]
    return driver


RUBY = """
require "json"; require "dotenv"
File.readlines(ARGV[0], chomp: true).each do |path|
  begin
    puts JSON.generate(["vars", Dotenv.parse(path)])
  rescue StandardError
    puts JSON.generate(["error", {}])
  end
end
"""


def systemd(paths):
    """What a manager does with EnvironmentFile=: reads it, and drops what is no variable."""
    library = ctypes.CDLL(SYSTEMD)
    library.strv_env_clean_with_callback.restype = ctypes.POINTER(ctypes.c_char_p)
    answers = []
    for path in paths:
        found = ctypes.POINTER(ctypes.c_char_p)()
        if library.load_env_file(None, str(path).encode(), ctypes.byref(found)) < 0:
            answers.append(("error", {}))
            continue
        at, variables = 0, {}
        found = library.strv_env_clean_with_callback(found, None, None) if found else found
        while found and found[at]:
            name, _, value = found[at].decode("utf-8", "replace").partition("=")
            variables[name] = value
            at += 1
        answers.append(("vars", variables))
    return answers


COMPOSE = os.environ.get("DOCKER_COMPOSE", "").split() or (["/usr/bin/docker", "compose"] if shutil.which("docker-compose") is None else [shutil.which("docker-compose")])
ENVIRONMENT = shutil.which("env")
(WORK / "empty").mkdir(exist_ok=True)
makefile = "-include {}\nexport\nthe_goal:\n\t@" + ENVIRONMENT + " -0\n"


def make(path):
    (WORK / "Makefile").write_text(makefile.format(path))
    return [shutil.which("make"), "--no-print-directory", "-f", str(WORK / "Makefile"), "the_goal"]


MAKES_OWN = re.compile(r"MAKE|MFLAGS|CURDIR|SHELL|SUFFIXES")
UVS_OWN = re.compile(r"UV_|VIRTUAL_ENV|PATH")


def without(own):
    return lambda output: {key: value for key, value in dumped(output).items() if not own.match(key)}


node26 = f"{TOOLS}/node/node_modules/node/bin/node"
bun = f"{TOOLS}/bun/node_modules/bun/bin/bun.exe"
deno = next(iter(map(str, pathlib.Path(TOOLS).glob("deno/node_modules/@deno/*/deno"))), "")
uv = f"{TOOLS}/py/bin/uv"
node = shutil.which("node")


def dash(path):
    # Not handed over as an argument, which the file would see.
    return ["/bin/dash", "-c", f"set -a; . '{path}'; exec {ENVIRONMENT} -0"]


DRIVERS = {
    "python-dotenv": (f"{TOOLS}/py/dotenv", python),
    "node-dotenv": (f"{TOOLS}/npm/node_modules/dotenv", javascript(node, f"{TOOLS}/npm/node_modules", "node-dotenv")),
    "dotenv-expand": (f"{TOOLS}/npm/node_modules/dotenv-expand", javascript(node, f"{TOOLS}/npm/node_modules", "dotenv-expand")),
    "node": (node26, javascript(node26, "-", "node")),
    "godotenv": (f"{TOOLS}/go/read", listed([f"{TOOLS}/go/read"])),
    "ruby-dotenv": (os.environ["GEM"], listed([shutil.which("ruby") or "", "-I", f"{os.environ['GEM']}/lib", "-e", RUBY])),
    "systemd": (SYSTEMD, systemd),
    "shell": ("/bin/dash", child(dash, dumped, lambda done: not done.stdout)),
    "make": (shutil.which("make") or "", child(make, without(MAKES_OWN))),
    "compose": (COMPOSE[0], compose(False)),
    "compose-raw": (COMPOSE[0], compose(True)),
    "compose-interpolation": (COMPOSE[0], interpolation),
    "bun": (bun, child(lambda path: [bun, f"--env-file={path}", str(WORK / "print.js")], json.loads)),
    "deno": (deno, child(lambda path: [deno, "run", "-A", "--no-lock", f"--env-file={path}", str(WORK / "print.js")], json.loads,
                         DENO_DIR=str(WORK / "deno"), DENO_NO_UPDATE_CHECK="1")),
    "uv": (uv, child(lambda path: [uv, "run", "--no-project", "--offline", "--python", sys.executable, "--env-file", str(path), ENVIRONMENT, "-0"],
                     without(UVS_OWN), UV_CACHE_DIR=str(WORK / "uv"))),
}
# What runs a command, or has a number of the running shell or the name of make's goal for its value.
RUNS_COMMANDS = {"shell": ["`", "$(", ">", "<", "$$"], "make": ["$(", "!=", "include", "$@", "${@"], "dotenv-expand": ["$("], "ruby-dotenv": ["$("]}


def fits(reader, text):
    return storable(text) and not any(sign in text for sign in RUNS_COMMANDS.get(reader, []))


def differs(reader, answer, reading):
    kind, seen = answer
    refused = reading["error"] is not None
    if kind == "error" or refused:
        return (kind == "error") != refused
    # What only a run can tell (the prerequisites of make's goal) is said to be unknown, and is no answer to compare.
    unknown = reading.get("unknown", [])
    seen = {key: value for key, value in seen.items() if key not in unknown}
    given = {key: value for key, value in reading["vars"].items() if key not in unknown}
    if kind == "vars":
        # A key without a value, and one that is not there, are told apart by some and not by others.
        return {k: v for k, v in seen.items() if v is not None} != {k: v for k, v in given.items() if v is not None}
    given = {key: value for key, value in given.items() if value is not None}
    if kind == "some":
        return any(given.get(key) != value for key, value in seen.items())
    # A name may hold a `=`, which the environment does not tell from the one behind it.
    lines = lambda values: {f"{key}={value}" for key, value in values.items()}
    return lines({key: value for key, value in given.items() if ENV.get(key) != value}) != lines(seen)


def asked(reader, texts):
    folder = WORK / "files"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    paths = []
    for at, text in enumerate(texts):
        paths.append(folder / f"{at}.env")
        paths[-1].write_bytes(text.encode())
    answers = list(map(tuple, DRIVERS[reader][1](paths)))
    return list(zip(texts, answers, ours(paths, reader)))


def wrong(reader, text):
    (_, answer, reading), = asked(reader, [text])
    return (answer, reading) if differs(reader, answer, reading) else None


def smallest(reader, text):
    steps = 80
    size = max(len(text) // 2, 1)
    while size and steps:
        at = 0
        while at < len(text) and steps:
            less = text[:at] + text[at + size :]
            steps -= 1
            if less != text and fits(reader, less) and wrong(reader, less):
                text = less
            else:
                at += size
        size //= 2
    return text


failed = False
for reader in sys.argv[1:] or DRIVERS:
    program, _ = DRIVERS[reader]
    if not program or not os.path.exists(program):
        print(f"{reader}: its program is not here")
        continue
    texts = []
    while len(texts) < COUNT:
        text = a_file()
        if fits(reader, text):
            texts.append(text)
    found = [text for text, answer, reading in asked(reader, texts) if differs(reader, answer, reading)]
    print(f"{reader}: {COUNT - len(found)} of {COUNT} agree (seed {SEED})", flush=True)
    shown = set()
    for text in found[:12]:
        text = smallest(reader, text)
        if text in shown:
            continue
        shown.add(text)
        answer, reading = wrong(reader, text) or (None, None)
        print(f"  {text!r}\n    the program: {answer}\n    sparkcfg:    {reading}", flush=True)
    failed = failed or bool(found)
sys.exit(failed)
PY
