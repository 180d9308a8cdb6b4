#!/usr/bin/env python3
"""How long `sparkcfg refs` takes over a tree of many source files, beside ripgrep counting the same names.

    benches/refs.py [SPARKCFG] [--files 10000] [--keys 600] [--rounds 7] [--tree DIR]

Writes a tree of programs in six languages with Compose files, Dockerfiles and shell scripts, the same for the same numbers:
one file in four reads variables, all have comments and strings that look like it. Then each round starts ripgrep
(`rg --fixed-strings --word-regexp --count-matches --file NAMES`) and sparkcfg once, cold, in turn. Prints the medians, the median of
the ratios inside a round, and how many uses each has found. Standard library only; ripgrep must be installed.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

WORDS = "account address answer batch billing cache cart change client column count cursor document event feature filter handler index invoice item job ledger limit member message model network notice offer option order page parcel payment plan price query queue record region report request result route schedule score search session setting stock store stream task tenant ticket token topic trace user value window worker".split()

# Extension, a line of comment, a line of plain code, and ways to read a variable.
LANGUAGES = {
    "py": ("# {a} of the {b}; not os.environ['{K}']", "{a}_{b} = {a}.{b}({n}, \"{a} {b}\")",
           ["{a} = os.environ[\"{K}\"]", "{a} = os.getenv(\"{K}\", \"{n}\")", "if os.environ.get(\"{K}\"):\n    {a} = {n}"]),
    "ts": ("// {a} of the {b}; not process.env.{K}", "export const {a}{n} = {b}({{ {a}: '{b}', n: {n} }});",
           ["const {a}{n} = process.env.{K} ?? '{n}';", "const {a}{n} = process.env['{K}'];"]),
    "go": ("// {a} of the {b}; not os.Getenv(\"{K}\")", "\t{a} := {b}.{a}({n}, \"{a} {b}\")", ["\t{a} := os.Getenv(\"{K}\")"]),
    "rb": ("# {a} of the {b}; not ENV['{K}']", "{a} = {b}.{a}({n}, '{a} {b}')",
           ["{a} = ENV.fetch('{K}', {n})", "{a} = ENV['{K}']"]),
    "java": ("// {a} of the {b}; not System.getenv(\"{K}\")", "    int {a}{n} = {b}.{a}({n}, \"{a} {b}\");",
             ["    String {a}{n} = System.getenv(\"{K}\");"]),
    "rs": ("// {a} of the {b}; not env::var(\"{K}\")", "    let {a} = {b}.{a}({n}, \"{a} {b}\");",
           ["    let {a} = std::env::var(\"{K}\").unwrap_or(\"{n}\".to_string());"]),
}


def tree(root, files, keys):
    """Writes the tree; gives the names that it declares and uses."""
    chance = random.Random(7)
    names = sorted({"_".join(chance.sample(WORDS, 2)).upper() + f"_{index}" for index in range(keys)})
    example = "".join(f"# What {name.lower()} is for.\n{name}=\n" for name in names[: keys * 3 // 4])
    (root / ".env.example").write_text(example)
    for index in range(files):
        kind = list(LANGUAGES)[index % len(LANGUAGES)]
        comment, plain, reads = LANGUAGES[kind]
        lines = []
        for number in range(chance.randint(40, 240)):
            facts = {"a": chance.choice(WORDS), "b": chance.choice(WORDS), "n": number, "K": chance.choice(names)}
            form = comment if number % 9 == 0 else plain
            if index % 4 == 0 and number % 40 == 20:
                form = chance.choice(reads)
            lines.append(form.format(**facts))
        folder = root / f"services/{index % 40:02}/{chance.choice(WORDS)}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{chance.choice(WORDS)}_{index}.{kind}").write_text("\n".join(lines) + "\n")
    for index in range(40):
        some = chance.sample(names, 12)
        environment = "".join(f"      {name}: ${{{name}:-{index}}}\n" for name in some)
        text = f"services:\n  service{index}:\n    build: .\n    environment:\n{environment}"
        (root / f"services/{index:02}/compose.yaml").write_text(text)
    return names


def once(command, folder):
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return time.monotonic() - began, done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sparkcfg", nargs="?", default="sparkcfg")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tree", type=pathlib.Path, help="write the tree here, and leave it")
    options = parser.parse_args()
    sparkcfg = str(pathlib.Path(options.sparkcfg).resolve()) if "/" in options.sparkcfg else options.sparkcfg
    with tempfile.TemporaryDirectory() as temporary:
        root = options.tree or pathlib.Path(temporary) / "tree"
        root.mkdir(parents=True, exist_ok=True)
        names = tree(root, options.files, options.keys)
        listed = pathlib.Path(temporary) / "names"
        listed.write_text("\n".join(names) + "\n")
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        print(f"{options.files} files of source, {size / 1e6:.0f} MB, {len(names)} names")
        grep = ["rg", "--no-config", "--fixed-strings", "--word-regexp", "--count-matches", "--hidden", "--file", str(listed), "."]
        refs = [sparkcfg, "refs", "--format", "json"]
        times = {"ripgrep": [], "sparkcfg refs": []}
        for _ in range(options.rounds):
            for label, command in [("ripgrep", grep), ("sparkcfg refs", refs)]:
                took, done = once(command, root)
                if done.returncode > 1:
                    sys.exit(f"{label} failed: {done.stderr}")
                times[label].append(took)
                if label == "ripgrep":
                    hits = sum(int(line.rsplit(":", 1)[1]) for line in done.stdout.splitlines())
                else:
                    report = json.loads(done.stdout)
        uses = sum(len(key["places"]) for key in report["keys"])
        ratios = [two / one for one, two in zip(*times.values())]
        for label, all_of_it in times.items():
            print(f"{label:14} {statistics.median(all_of_it) * 1000:8.0f} ms")
        print(f"ratio          {statistics.median(ratios):8.2f}  (goal: 3)")
        print(f"ripgrep counts {hits} words; sparkcfg tells {uses} places, comments and texts left out")


if __name__ == "__main__":
    main()
