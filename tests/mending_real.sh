#!/usr/bin/env bash
# Puts one quote too many into env files made at random, lets `validate --fix` mend them, and gives what it wrote to dash, bash
# and docker compose themselves: they must see the same, lines that were right must stay as they are, and a second
# `--fix` may change nothing. Prints each file for which that is not so.
#
#   tests/mending_real.sh      COUNT=500 files, SEED=1
#
# Needs cargo, python3, dash, bash and docker compose 2.40, as DOCKER_COMPOSE or installed.
set -u
cd "$(dirname "$0")/.." || exit 2

source tests/built.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

SPARKCFG=$SPARKCFG WORK=$work python3 - <<'PY'
import json, os, pathlib, random, shutil, subprocess, sys

COUNT, SEED = int(os.environ.get("COUNT", "500")), int(os.environ.get("SEED", "1"))
SPARKCFG, WORK = os.environ["SPARKCFG"], pathlib.Path(os.environ["WORK"])
COMPOSE = os.environ.get("DOCKER_COMPOSE", "").split() or [shutil.which("docker-compose") or "docker", *([] if shutil.which("docker-compose") else ["compose"])]
ENV = {"PATH": os.environ["PATH"], "HOME": "/home/user"}
random.seed(SEED)

STRAY = ["A=it's", 'A=it"s', "A=don't #c", "A=x'", 'A=a"b c', "A='", "export A=it's"]
RIGHT = ["J='x y'", 'K="p q"', 'L="a\\\\b\\$c"', "M='$x'", "N=\"it's\"", "O='say \"x\"'", "P=plain", 'Q="p" # c', "# a comment",
         "# don't", "", "R=", "export S='e f'", "V=$A", 'W="x/y"', "Y='a#b' # don't", 'Z="${A}/x"', "E='two\nlines'"]
WRONG = ["T=a;b", "U=c d", "X=(y)", "B=a&b", "C=$(", "D=`", "F=don't"]


def run(command, **more):
    return subprocess.run(command, env=ENV, capture_output=True, timeout=60, **more)


def shell(name, folder):
    done = run([name, "-c", "set -a; . ./.env; env -0"], cwd=folder)
    pairs = [pair.split("=", 1) for pair in done.stdout.decode().split("\0") if "=" in pair]
    return {key: value for key, value in pairs if len(key) == 1 and key != "_"} if done.returncode == 0 else "refused"


def compose(folders):
    services = "".join(f"  s{at}:\n    image: i\n    env_file: [{folder}/.env]\n" for at, folder in enumerate(folders))
    (WORK / "compose.yml").write_text(f"services:\n{services}")
    done = run([*COMPOSE, "-f", str(WORK / "compose.yml"), "config", "--format", "json"])
    if done.returncode == 0:
        found = json.loads(done.stdout)["services"]
        one = lambda at: (found[f"s{at}"].get("environment") or {}).items()
        return [{key: (value or "").replace("$$", "$") for key, value in one(at)} for at in range(len(folders))]
    if len(folders) == 1:
        return ["refused"]
    half = len(folders) // 2
    return compose(folders[:half]) + compose(folders[half:])


folders, texts = [], []
for at in range(COUNT):
    folder = WORK / f"p{at}"
    folder.mkdir()
    lines = random.sample(RIGHT, random.randrange(5)) + random.sample(WRONG, random.choice([0, 0, 0, 1]))
    random.shuffle(lines)
    lines.insert(random.randrange(len(lines) + 1), random.choice(STRAY))
    text = "\n".join(lines) + "\n"
    (folder / ".env").write_text(text)
    (folder / "sparkcfg.toml").write_text('[consumers]\n".env" = ["compose", "shell"]\n')
    run([SPARKCFG, "validate", "--fix", "-q", "--project", str(folder)])
    folders.append(folder)
    texts.append((text, lines))

wrong = unmended = 0
before = [folder / ".env" for folder in folders]
for folder, (text, lines), by_compose in zip(folders, texts, compose(folders)):
    mended = (folder / ".env").read_text()
    run([SPARKCFG, "validate", "--fix", "-q", "--project", str(folder)])
    again = (folder / ".env").read_text()
    dash, bash = shell("dash", folder), shell("bash", folder)
    kept = [line for line in lines if line in RIGHT and line and "\n" + line + "\n" not in "\n" + mended]
    # What nobody but a person can mend stays, and then so does what it hides.
    is_open = any(line in ("A='", "C=$(", "D=`") and line + "\n" in mended for line in lines)
    unmended += is_open
    if kept or again != mended or not is_open and not by_compose == dash == bash:
        wrong += 1
        print(json.dumps({"text": text, "mended": mended, "again": again != mended, "kept": kept, "compose": by_compose, "dash": dash, "bash": bash}))
print(f"{COUNT} files, {wrong} wrong, {unmended} left to a person")
sys.exit(wrong > 0)
PY
