#!/usr/bin/env python3
"""Lays a workload tree of gen.py out as a sparkcfg project.

    as_sparkcfg.py TREE [OUT] [--pattern]

S, M, L: OUT/environments/ENV.env and OUT/schemas/app.schema.json (--pattern: L's small pattern schema).
XL: OUT/sparkcfg.toml with [workspace], and each service as a project of its own under OUT/services/.
OUT is TREE/sparkcfg, or TREE/sparkcfg-pattern, unless it is given.
"""
import os
import shutil
import sys

PATTERN = "--pattern" in sys.argv
PATHS = [a for a in sys.argv[1:] if not a.startswith("--")]
TREE = PATHS[0]
OUT = PATHS[1] if len(PATHS) > 1 else f"{TREE}/sparkcfg{'-pattern' if PATTERN else ''}"
SCHEMA = "schema.pattern.json" if PATTERN else "schema.json"


def project(envs, schema_file, root):
    os.makedirs(f"{root}/environments", exist_ok=True)
    os.makedirs(f"{root}/schemas", exist_ok=True)
    shutil.copy(schema_file, f"{root}/schemas/app.schema.json")
    for name, path in envs:
        shutil.copy(path, f"{root}/environments/{name}.env")


def env_files(folder):
    return [(f[5:], f"{folder}/{f}") for f in sorted(os.listdir(folder)) if f.startswith(".env.")]


if os.path.isdir(f"{TREE}/services"):
    os.makedirs(OUT, exist_ok=True)
    with open(f"{OUT}/sparkcfg.toml", "w") as f:
        f.write('[workspace]\nmembers = ["services/*"]\n')
    for service in sorted(os.listdir(f"{TREE}/services")):
        project(env_files(f"{TREE}/services/{service}"), f"{TREE}/schemas/{service}.json", f"{OUT}/services/{service}")
else:
    project(env_files(f"{TREE}/env"), f"{TREE}/{SCHEMA}", OUT)
