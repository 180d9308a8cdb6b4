#!/usr/bin/env python3
"""How long a keystroke takes: from didChange to the diagnostics of that text, over the real protocol.

    benches/lsp.py [SPARKCFG] [--keys 1000] [--rounds 200]

Lays out a project of three environments with so many keys each and a schema that names them all, opens one file, types a
digit a round and waits. Prints the median, the 95th percentile, and the ratio to an answer that needs no work (a hover in a
file that is not open), so that a busy machine can be told from a slow server. Standard library only.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time


def project(root, keys):
    """Writes the project and gives the file that is typed in, with its text."""
    kinds = [
        ({"type": "integer", "minimum": 1, "maximum": 65535}, "80"),
        ({"type": "string", "enum": ["debug", "info"]}, "info"),
        ({"type": "string", "format": "http-url"}, "http://example.com:8080/a"),
        ({"type": "boolean"}, "true"),
    ]
    names = [f"SERVICE_{index:04}_SETTING" for index in range(keys)]
    properties = {name: dict(kinds[index % 4][0], description=f"What {name} is for.") for index, name in enumerate(names)}
    (root / "schemas").mkdir()
    (root / "environments").mkdir()
    schema = {"properties": properties, "required": names, "additionalProperties": False}
    (root / "schemas/app.schema.json").write_text(json.dumps(schema, indent=2))
    text = "".join(f"{name}={kinds[index % 4][1]}\n" for index, name in enumerate(names))
    for name in ["dev", "staging", "prod"]:
        (root / f"environments/{name}.env").write_text(text)
    return root / "environments/prod.env", text


class Client:
    def __init__(self, program, root):
        self.server = subprocess.Popen([program, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last = 0
        folders = [{"uri": root.as_uri(), "name": "bench"}]
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}, "workspaceFolders": folders})
        self.send({"method": "initialized", "params": {}})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.server.stdin.flush()

    def next(self):
        length = int(self.server.stdout.readline().split()[1])
        self.server.stdout.readline()
        return json.loads(self.server.stdout.read(length))

    def ask(self, method, params):
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        while self.next().get("id") != self.last:
            pass

    def told(self, uri, version):
        while True:
            params = self.next().get("params", {})
            if params.get("uri") == uri and params.get("version") == version:
                return params["diagnostics"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?", default="sparkcfg")
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        path, text = project(root, options.keys)
        client, uri = Client(options.program, root), path.as_uri()
        document = {"uri": uri, "languageId": "dotenv", "version": 0, "text": text}
        client.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        assert client.told(uri, 0) == []
        typed, idle, column = [], [], len(text.split("\n")[0])
        for version in range(1, options.rounds + 1):
            # A digit too much, and away again: a port above all ports, and none.
            odd = version % 2 == 1
            start, end = {"line": 0, "character": column}, {"line": 0, "character": column + (0 if odd else 4)}
            change = {"range": {"start": start, "end": end}, "text": "9999" if odd else ""}
            params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
            before = time.perf_counter()
            client.send({"method": "textDocument/didChange", "params": params})
            found = client.told(uri, version)
            typed.append((time.perf_counter() - before) * 1000)
            assert [one["code"] for one in found] == (["out-of-range"] if odd else []), found
            before = time.perf_counter()
            position = {"line": 0, "character": 0}
            client.ask("textDocument/hover", {"textDocument": {"uri": "file:///nowhere"}, "position": position})
            idle.append((time.perf_counter() - before) * 1000)
        client.ask("shutdown", None)
        client.send({"method": "exit"})
        assert client.server.wait() == 0
    median, floor = statistics.median(typed), statistics.median(idle)
    late = sorted(typed)[int(len(typed) * 0.95)]
    print(f"{options.keys} keys, {options.rounds} keystrokes: median {median:.1f} ms, 95th percentile {late:.1f} ms, "
          f"{median / floor:.0f} times an answer without work ({floor:.2f} ms)")


if __name__ == "__main__":
    main()
