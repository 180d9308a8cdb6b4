#!/usr/bin/env python3
"""How long each reader takes for 1 MiB of what is dear to read: every reader, every kind of file, in seconds.

    benches/readers.py [SECONDS]       fails when one takes longer (1 without a number)

SPARKCFG   a built binary; else a release build of this repository
A run is measured whole, with the start of the program and the writing of what was read, in seconds of the processor, so that
a busy machine changes little. So is the hiding of secrets, as a user meets it; REVEAL=1 measures without it.
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile

SIZE = 1 << 20
ROOT = pathlib.Path(__file__).resolve().parent.parent


def filled(unit: str) -> str:
    return (unit * (SIZE // len(unit.encode()) + 1))[:SIZE]


def numbered(line: str) -> str:
    """Lines in which `{i}` is the line's number and `{p}` that of the line above."""
    lines, size = [], 0
    while size < SIZE:
        lines.append(line.format(i=len(lines), p=max(len(lines) - 1, 0)))
        size += len(lines[-1])
    return "".join(lines)


FILES = {
    "chain": "K0=x\n" + numbered("K{i}=${{K{p}}}x\n"),
    "chain, quoted": "K0=x\n" + numbered('K{i}="${{K{p}}}x"\n'),
    "chain, bare": "K0=x\n" + numbered("K{i}=$K{p}\n"),
    "chain, backwards": numbered("K{i}=${{K{i}0}}\n"),
    "doubling": "K0=x\n" + numbered("K{i}=${{K{p}}}${{K{p}}}\n"),
    "doubling of itself": "K=x\n" + filled('K="$K$K"\n'),
    "itself": filled("K=${K}:x\n"),
    "one long value, many references": "A=" + "x" * (SIZE // 2) + "\n" + numbered("K{i}=${{A}}\n")[: SIZE // 2],
    "one long value, one line of references": "A=" + "x" * (SIZE // 2) + "\nK=" + filled("$A")[: SIZE // 2],
    "one long value, one line of braces": "A=" + "x" * (SIZE // 2) + '\nK="' + filled("${A}")[: SIZE // 2] + '"\n',
    "one long value, lines of many references": "A=" + "x" * (SIZE // 8) + "\n" + filled("K=" + "$A" * 63 + "\n"),
    "one long value, one line of references of make": "A=" + "x" * (SIZE // 2) + "\nK:=" + filled("$(A)")[: SIZE // 2],
    "open backticks": filled("K=`\n"),
    "open double quotes": filled('K="\n'),
    "open single quotes": filled("K='\n"),
    "open quotes of three kinds": filled("K=\"\nL='\nM=`\n"),
    "quotes with text behind": filled('K="a" b\n'),
    "one line of double quotes": "K=" + filled('"'),
    "one line of single quotes": "K=" + filled("'"),
    "one line of backticks": "K=" + filled("`"),
    "escaped quotes": 'K="' + filled('\\"'),
    "nested braces": "K=" + filled("${"),
    "nested defaults": "K=" + filled("${A:-"),
    "nested defaults, closed": "K=" + "${A:-" * (SIZE // 6) + "}" * (SIZE // 6) + "\n",
    "parentheses": "K=" + filled("$("),
    "parentheses, closed": "K=" + "$(A " * (SIZE // 5) + ")" * (SIZE // 5) + "\n",
    "backslashes": "K=" + filled("\\"),
    "backslashes in quotes": 'K="' + filled("\\") + '"\n',
    "lines that go on": filled("K=a\\\n"),
    "comments that go on": filled("# a\\\n"),
    "dollars": "K=" + filled("$"),
    "dollars in quotes": 'K="' + filled("$") + '"\n',
    "short lines": filled("K=v\n"),
    "many keys": numbered("K{i}=v\n"),
    "keys alone": numbered("K{i}\n"),
    "no keys": filled("=v\n"),
    "carriage returns": filled("\r"),
    "carriage returns in values": filled("K=\rL=v\r"),
    "keys that never end": filled("K\r"),
    "exports that never end": filled("\rexport "),
    "CRLF": numbered("K{i}=v\r\n"),
    "line feeds": filled("\n"),
    "blanks": filled(" "),
    "blanks in lines": filled("K= \n \n"),
    "one long value": "K=" + filled("v"),
    "one long key": filled("K"),
    "one long comment": filled("#"),
    "comment signs behind a sign": "K= " + filled("# "),
    "comment signs in quotes": "K='" + filled("# ") + "'",
    "comments": filled("# a=b\n"),
    "comments behind": filled("K=v # c\n"),
    "exports in a row": filled("export "),
    "exports": filled("export K\n"),
    "colons": filled("K: v\n"),
    "rules of make": numbered("K{i}: K{p}\n"),
    "functions of make": "K=" + filled("$(subst a,b,"),
    "late values of make": numbered("K{p}=$(K{i})\n"),
    "appending": filled("K+=v\n"),
    "here documents": filled("K=v <<A\n"),
    "substitutions": filled("K=$(a)`b`\n"),
    "arithmetic": "K=" + filled("$(("),
    "suffixes": "A=" + "a" * 1000 + "\n" + filled("K=${A%%*b}\n"),
    "stars": "A=" + "a" * 1000 + "\n" + filled("K=${A#*a*a*a*b}\n"),
    "lengths": "A=" + "x" * (SIZE // 2) + "\n" + filled("K=${#A}\n")[: SIZE // 2],
    "all taken off": "A=" + "x" * (SIZE // 2) + "\n" + filled("K=${A##*}\n")[: SIZE // 2],
    "sets that do not end": "A=" + "a" * 1000 + "\nK=${A#" + filled("[") + "}\n",
    "a long pattern": "A=" + "a" * (SIZE // 2) + "\nK=${A%*" + "a" * (SIZE // 2) + "b}\n",
    "suffixes of make": "A:=" + "x" * (SIZE // 2) + "\n" + filled("K:=$(A:%=)\n")[: SIZE // 2],
    "vanishing": "A=" + "$x" * (SIZE // 4) + "\n" + filled("K=$A\n")[: SIZE // 2],
    "vanishing, braces": "A=" + "${x}" * (SIZE // 8) + "\n" + filled("K=${A}\n")[: SIZE // 2],
    "vanishing, of make": "A=" + "$(x)" * (SIZE // 8) + "\n" + filled("K:=$(A)\n")[: SIZE // 2],
    "no text": "\x00" * SIZE,
    "mixed": filled("${'\"`$(\\\n#K=} "),
}


def used() -> float:
    """What the programs started so far have taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    binary = os.environ.get("SPARKCFG")
    if not binary:
        build = ["cargo", "build", "--release", "--locked", "--quiet", "--message-format=json"]
        lines = subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        found = [line.split('"executable":"')[1].split('"')[0] for line in lines if '"executable":"' in line]
        binary = found[-1]
    source = (ROOT / "src/dialects/mod.rs").read_text()
    readers = [part.split('"')[0] for part in source.split('name: "')[1:]]
    slow, slowest = [], {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "hostile.env")
        extra = ["--reveal"] if os.environ.get("REVEAL") else []
        for name, text in FILES.items():
            path.write_bytes(text.encode())
            for reader in readers:
                before = used()
                command = [binary, "read", str(path), "--as", reader, "--format", "json", *extra]
                code = subprocess.run(command, stdout=subprocess.DEVNULL, timeout=600).returncode
                took = used() - before
                slowest[reader] = max(slowest.get(reader, (0, "")), (took, name))
                if took > limit or code:
                    slow.append(f"{took:8.2f} s  {reader}: {name}{f', exit {code}' if code else ''}")
    for reader, (took, name) in slowest.items():
        print(f"{took:8.2f} s  {reader} at most: {name}")
    print(f"{len(FILES)} files, {len(readers)} readers: {len(slow)} took over {limit} s", *slow, sep="\n")
    return bool(slow)


sys.exit(main())
