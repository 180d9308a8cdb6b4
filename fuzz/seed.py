#!/usr/bin/env python3
"""Writes the recorded cases of tests/data/dialects/ as the first corpus of both targets."""

import base64
import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
for target in ["readers", "validate"]:
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for line in (HERE.parent / "tests/data/dialects/cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if "repeat" in case:
            continue
        file = base64.b64decode(case["b64"]) if "b64" in case else case["text"].encode("utf-8", "surrogateescape")
        (folder / hashlib.sha256(file).hexdigest()[:16]).write_bytes(file)
