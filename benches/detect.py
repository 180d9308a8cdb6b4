#!/usr/bin/env python3
"""Which planted defects does each tool find?

    detect.py FOLDER [one,S,M,L,XL] [TOOL SUBSTRING,...]       (FOLDER as written by gen.py and as_sparkcfg.py)

Part 1 (FOLDER/one/KIND, one defect each, judged against the clean tree S):
    Y  the exit status changes from 0 and the output names the key or file:line; of sparkcfg its file:line counts,
       and its key only for what stands at no line
    y  the exit status changes from 0, the defect is not named      w  named on stderr only, the exit status is still 0
    n  the tool already fails on the clean tree                     .  missed
Part 2: all defects of S, M, L, XL planted at once: how many are named in one run.
"""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peers

PICKED = []
SLOW_ON_L = ("varlock", "kcl", "pydantic", "detect-secrets", "trufflehog")     # over a minute


def skip(tool, processes, workload=""):
    absent = any(not shutil.which(argv[0]) for argv, _, _ in processes)
    unwanted = bool(PICKED) and not any(part in tool for part in PICKED)
    whole_schema = tool in ("ajv-cli", "sourcemeta jsonschema")
    return (absent or unwanted or "1 thread" in tool
            or workload == "L" and (whole_schema or any(part in tool for part in SLOW_ON_L)))


def is_ours(tool):
    return tool.startswith("sparkcfg")


def all_environments(tool):
    """Tools that compare environments see all of them in one run."""
    return is_ours(tool) or "diff" in tool


def run(tool, processes, timeout=300):
    status, out, err = 0, "", ""
    for argv, folder, extra in processes:
        if is_ours(tool):
            # dotenv-linter fails on matters of form too; here these are notes.
            argv = [*argv, "--fail-on", "note", "--format", "json"]
        try:
            done = subprocess.run(argv, cwd=folder, env=dict(os.environ, **extra), stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return 99, out, f"{err}\ntimeout"
        status = status or done.returncode
        out += done.stdout.decode(errors="replace")
        err += done.stderr.decode(errors="replace")
    strip = lambda text: re.sub(r"\x1b\[[0-9;]*m", "", text)
    return status, strip(out), strip(err)


def findings(report):
    """What a report of sparkcfg tells, read once: {(FOLDER, ENVIRONMENT, LINE or KEY)}."""
    found = set()
    for finding in json.loads(report)["findings"] if report.startswith("{") else []:
        place = finding.get("location") or {}
        folder, kind, name = re.match(r"(.*?)(environments/|schemas/|$)(.*)", place.get("path", "")).groups()
        if kind == "environments/" and "line" in place:
            lines = range(place["line"], (place.get("end_line") or place["line"]) + 1)
            found.update((folder, name.removesuffix(".env"), line) for line in lines)
        # What is missing stands at no line: it is told by its key, for each environment.
        found.update((folder, environment, finding["key"]) for environment in finding["environments"])
    return found


def told(defect, found, folder=""):
    """Whether sparkcfg names a defect: at its line, or, where it has none, by its key in its environment."""
    return (folder, defect["env"], defect.get("line") or defect["key"]) in found


def named(defect, text, tool):
    if re.search(r"(?<![A-Z0-9_])" + re.escape(defect["key"]) + r"(?![A-Z0-9_])", text):
        return True
    if defect.get("line"):
        base = re.escape(os.path.basename(defect["file"]))
        if re.search(rf"(?:{base}|environments/{defect['env']}\.env):{defect['line']}\b", text):
            return True
        if tool == "gitleaks dir" and re.search(rf"File: +\S*{base}[\s\S]{{0,40}}Line: +{defect['line']}\b", text):
            return True
    return defect["kind"] == "plaintext_secret" and defect["token"] in text


def load(tree):
    with open(f"{tree}/defects.json") as file:
        defects = json.load(file)
    for defect in defects:
        if defect["kind"] == "plaintext_secret":
            with open(f"{tree}/{defect['file']}") as file:
                defect["token"] = file.read().split("\n")[defect["line"] - 1].split("=", 1)[1]
    return defects


def verdict(defect, tool, before, after):
    names = lambda ran, text: told(defect, findings(ran[1])) if is_ours(tool) else named(defect, text, tool)
    status, out, err = after
    is_named, was_named = names(after, out + err), names(before, before[1] + before[2])
    if before[0] == 0 and status != 0:
        return "Y" if is_named else "y"
    if before[0] != 0:
        return "Y" if is_named and not was_named else "n"
    return "w" if named(defect, err, tool) and not named(defect, before[2], tool) else "."


def one(root):
    clean = f"{root}/S/clean"
    kinds = sorted(os.listdir(f"{root}/one"))
    tools = [tool for tool, processes in peers.table(clean).items() if not skip(tool, processes)]
    before, rows = {}, {}
    for tool in tools:
        rows[tool] = {}
        for kind in kinds:
            tree = f"{root}/one/{kind}"
            defect = load(tree)[0]
            only = None if all_environments(tool) else defect["env"]
            if (tool, only) not in before:
                before[tool, only] = run(tool, peers.table(clean, only)[tool])
            after = run(tool, peers.table(tree, only)[tool])
            rows[tool][kind] = verdict(defect, tool, before[tool, only], after)
    print(f"{'kind':24} " + " ".join(f"[{number}]" for number in range(len(tools))))
    for kind in kinds:
        print(f"{kind:24} " + " ".join(f" {rows[tool][kind]} " for tool in tools))
    for number, tool in enumerate(tools):
        marks = list(rows[tool].values())
        counts = ", ".join(f"{mark} {marks.count(mark)}" for mark in "Yyw")
        print(f"[{number}] {tool}: {counts} of {len(kinds)}")


def all_at_once(root, workload):
    tree = f"{root}/{workload}/dirty"
    defects = load(tree)
    print(f"\n{workload}: {len(defects)} planted, named in one run")
    for tool, processes in peers.table(tree).items():
        if skip(tool, processes, workload):
            continue
        hit, statuses = [], []
        for environment in [None] if all_environments(tool) else peers.envs(tree):
            status, out, err = run(tool, peers.table(tree, environment)[tool])
            statuses.append(status)
            text = out + err if status != 0 else err
            if is_ours(tool):
                found = findings(out)
                hit += [defect for defect in defects if told(defect, found)]
            else:
                own = [d for d in defects if environment in (None, d["env"])]
                hit += known(own, tool, workload, lambda _: text)
        tell(tool, statuses, hit, defects)


def known(defects, tool, workload, text_of):
    """The defects that the text about them names."""
    if workload != "L" or not defects:
        return [defect for defect in defects if named(defect, text_of(defect), tool)]
    # A megabyte of text and hundreds of defects: one pass instead of a search each.
    text = text_of(defects[0])
    keys = set(re.findall(r"[A-Z][A-Z0-9_]+", text))
    lines = set(re.findall(r"(?:\.env\.prod|prod\.env):(\d+)", text))
    return [d for d in defects if d["key"] in keys or str(d.get("line")) in lines or d.get("token", "\0") in text]


def tell(tool, statuses, hit, defects):
    missed = sorted({d["kind"] for d in defects} - {d["kind"] for d in hit})
    print(f"  {tool:36} exit {statuses}  named {len(hit)}/{len(defects)}  kinds missed: {', '.join(missed) or 'none'}", flush=True)


def blocks(text):
    """Text of other tools by the service and environment whose path stands above it."""
    current, found = None, {}
    for line in text.split("\n"):
        places = re.findall(r"(svc-\d{4})(?:/\.env\.|\.)(dev|staging|prod)(?:\.json)?", line)
        if places:
            current = places[-1] if len(set(places)) == 1 else current
        if current:
            found.setdefault(current, []).append(line)
    return {place: "\n".join(lines) for place, lines in found.items()}


def workspace(root):
    tree = f"{root}/XL/dirty"
    defects = load(tree)
    print(f"\nXL: {len(defects)} planted, named in one run")
    for tool, processes in peers.workspace(tree).items():
        if skip(tool, processes):
            continue
        status, out, err = run(tool, processes)
        if is_ours(tool):
            found = findings(out)
            hit = [defect for defect in defects if told(defect, found, f"services/{defect['svc']}/")]
        else:
            texts = blocks(f"{out}\n{err}")
            text_of = lambda defect: texts.get((defect["svc"], defect["env"]), "")
            hit = [defect for defect in defects if named(defect, text_of(defect), tool)]
        tell(tool, [status], hit, defects)


if __name__ == "__main__":
    folder = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2].split(",") if len(sys.argv) > 2 else ["one", "S", "M", "L", "XL"]
    PICKED += sys.argv[3].split(",") if len(sys.argv) > 3 else []
    if "one" in wanted:
        one(folder)
    for name in ("S", "M", "L"):
        if name in wanted:
            all_at_once(folder, name)
    if "XL" in wanted:
        workspace(folder)
