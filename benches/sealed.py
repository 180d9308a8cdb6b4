#!/usr/bin/env python3
"""Times what benches/sealed.sh made: cold processes, in turn, with ratios taken inside each round.

    sealed.py FOLDER ROUNDS
"""
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import FLOOR, measure, ratio

BASE = "sparkcfg validate, no key, 200 values"


def main():
    folder, rounds = sys.argv[1], int(sys.argv[2])
    sparkcfg, sops = os.environ["SPARKCFG"], os.environ.get("SOPS")
    key = os.path.join(folder, "home/.config/sops/age/keys.txt")
    one, three, history = (os.path.join(folder, name) for name in ("one", "three", "history"))
    nobody, person = {"HOME": "/nonexistent"}, {"SOPS_AGE_KEY_FILE": key}
    sealed = "environments/prod.secrets.env"
    commands = {
        FLOOR: [(["/bin/true"], folder, {})],
        BASE: [([sparkcfg, "validate"], one, nobody)],
        "sparkcfg validate, no key, 3 × 200 values": [([sparkcfg, "validate"], three, nobody)],
        "sparkcfg validate, no key, 200 values, 200 commits": [([sparkcfg, "validate"], history, nobody)],
        "sparkcfg validate, with the key, 200 values": [([sparkcfg, "validate"], one, person)],
        "sparkcfg secrets export, 200 values": [([sparkcfg, "secrets", "export", "prod", "--as", "dotenv"], one, person)],
    }
    if sops:
        commands["sops decrypt, 200 values"] = [([sops, "decrypt", sealed], one, person)]
    times, codes = measure(commands, rounds, 60)
    failed = [name for name, code in codes.items() if any(code)]
    print(f"{'':52}{'wall ms':>9}{'cpu ms':>9}{'to ours':>9}")
    for name, own in times.items():
        wall, cpu = (1000 * statistics.median(pair[index] for pair in own) for index in (0, 1))
        print(f"{name:52}{wall:9.1f}{cpu:9.1f}{ratio(times, name, BASE):9.2f}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


main()
