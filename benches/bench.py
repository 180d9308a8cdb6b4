#!/usr/bin/env python3
"""Compares the commands of peers.py: cold processes, in turn.

    bench.py WORKLOAD TREE [--rounds N] [--only SUBSTRING,...] [--skip SUBSTRING,...] [--timeout SECONDS] [--json OUT]

Each round starts every command once, in shuffled order, so that whatever else the machine does hits all alike. Ratios
are taken inside each round; the median over the rounds is printed. wall = monotonic clock around start and end, cpu =
user and system time of the process, summed where one job needs several processes. peak = resident memory of the largest
process, from /usr/bin/time, in a pass of its own.
"""
import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peers

NULL = os.open(os.devnull, os.O_RDWR)
FLOOR = "floor: /bin/true"
OURS = "sparkcfg validate"


def once(processes, timeout):
    """Runs one job; gives wall seconds, cpu seconds and exit codes (-9 where it took too long)."""
    wall = cpu = 0.0
    codes = []
    for argv, folder, extra in processes:
        program = shutil.which(argv[0])
        os.chdir(folder)
        quiet = [(os.POSIX_SPAWN_DUP2, NULL, number) for number in (0, 1, 2)]
        began = time.monotonic()
        pid = os.posix_spawn(program, argv, dict(os.environ, **extra), file_actions=quiet, setpgroup=0)
        signal.signal(signal.SIGALRM, lambda *_, pid=pid: os.killpg(pid, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, timeout)
        _, status, usage = os.wait4(pid, 0)
        wall += time.monotonic() - began
        signal.setitimer(signal.ITIMER_REAL, 0)
        cpu += usage.ru_utime + usage.ru_stime
        codes.append(os.waitstatus_to_exitcode(status))
        if codes[-1] == -9:
            break
    return wall, cpu, codes


def peak(processes):
    """MB of the largest process; None without GNU time."""
    if not os.path.exists("/usr/bin/time"):
        return None
    worst = 0
    with tempfile.NamedTemporaryFile("r") as report:
        for argv, folder, extra in processes[:3]:
            command = ["/usr/bin/time", "-f", "%M", "-o", report.name, *argv]
            subprocess.run(command, cwd=folder, env=dict(os.environ, **extra), stdin=NULL, stdout=NULL, stderr=NULL)
            report.seek(0)
            worst = max(worst, int(report.read().split("\n")[-2]))
    return worst / 1024


def jobs(workload, tree):
    if workload in ("XL", "D"):
        return {**peers.floors(tree, ["services"]), **peers.workspace(tree)}
    return {**peers.floors(tree, peers.env_files(tree)), **peers.table(tree)}


def chosen(commands, only, skip):
    """The commands that were asked for and whose programs are here."""
    picked = {}
    for name, processes in commands.items():
        wanted = name == FLOOR or not only or any(part in name for part in only)
        if not wanted or any(part in name for part in skip):
            continue
        missing = next((argv[0] for argv, _, _ in processes if not shutil.which(argv[0])), None)
        if missing:
            print(f"not here: {name} ({missing})")
        else:
            picked[name] = processes
    return picked


def measure(commands, rounds, timeout):
    """name -> list of (wall, cpu), one a round after a round to warm up; and the last exit codes."""
    times = {name: [] for name in commands}
    codes = {}
    order = list(commands)
    shuffle = random.Random(1).shuffle
    for number in range(1 + rounds):
        shuffle(order)
        for name in list(order):
            wall, cpu, codes[name] = once(commands[name], timeout)
            if codes[name][-1] == -9:
                order.remove(name)
                times[name] = []
                print(f"over {timeout:.0f} s: {name}", flush=True)
            elif number > 0:
                times[name].append((wall, cpu))
    return times, codes


def ratio(times, name, base):
    if not times.get(base) or len(times[base]) != len(times[name]):
        return None
    return statistics.median(own[0] / other[0] for own, other in zip(times[name], times[base]))


def shown(value, digits=1):
    return "-" if value is None else f"{value:.{digits}f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("tree")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default="")
    parser.add_argument("--skip", default="")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    tree = os.path.abspath(arguments.tree)
    target = arguments.json and os.path.abspath(arguments.json)
    parts = lambda text: [part for part in text.split(",") if part]
    commands = chosen(jobs(arguments.workload, tree), parts(arguments.only), parts(arguments.skip))
    times, codes = measure(commands, arguments.rounds, arguments.timeout)
    print(f"{'command':44} {'wall ms':>9} {'cpu ms':>9} {'peak MB':>8} {'/ start':>9} {'/ sparkcfg':>11}  exit")
    results = {}
    for name in commands:
        if not times[name]:
            results[name] = {"timeout": arguments.timeout}
            continue
        row = {
            "wall_ms": statistics.median(wall for wall, _ in times[name]) * 1e3,
            "cpu_ms": statistics.median(cpu for _, cpu in times[name]) * 1e3,
            "peak_mb": peak(commands[name]),
            "to_start": ratio(times, name, FLOOR),
            "to_sparkcfg": ratio(times, name, OURS),
            "exit": sorted(set(codes[name])),
            "walls_ms": [round(wall * 1e3, 3) for wall, _ in times[name]],
        }
        results[name] = row
        print(f"{name:44} {row['wall_ms']:9.2f} {row['cpu_ms']:9.2f} {shown(row['peak_mb']):>8} {shown(row['to_start']):>9} "
              f"{shown(row['to_sparkcfg'], 2):>11}  {row['exit']}", flush=True)
    if target:
        with open(target, "w") as out:
            json.dump({"workload": arguments.workload, "results": results}, out, indent=1)


if __name__ == "__main__":
    main()
