#!/usr/bin/env python3
"""Types secrets at the prompt of `sparkcfg secrets set` on a real (pseudo) terminal, and edits them with a real vim.

What is typed must not be echoed, must be asked for twice, and must arrive exactly; a terminal gets no secret without
--reveal; vim leaves nothing behind, whatever its settings say. Needs cargo, python3, vim and a Unix. Prints "N passed, M failed"; exit code 1 if any failed.
"""

import fcntl
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = (ROOT / "tests/data/sops/keys/k1.txt").read_text()
RECIPIENT = next(word for word in KEY.split() if word.startswith("age1"))
SECRET = "hunter2 canary $x"


def built():
    """The program, freshly built."""
    command = ["cargo", "build", "--quiet", "--message-format=json-render-diagnostics"]
    lines = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    import json

    paths = [json.loads(line).get("executable") for line in lines]
    return next(path for path in reversed(paths) if path)


def on_a_terminal(program, folder, arguments, typed):
    """Runs the program on a terminal; types each text once its prompt is there. Gives what was shown and the exit code."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ.update(SPARKCFG_AGE_KEY=KEY.split()[-1], HOME=str(folder), NO_COLOR="1")
        os.execv(program, [program, "secrets", *arguments])
    shown, typed, deadline = b"", list(typed), time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        elif typed and shown.endswith(b": "):
            os.write(terminal, typed.pop(0))
            shown += b"|"
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode(errors="replace"), os.waitstatus_to_exitcode(status)


def ended_at_the_prompt(program, folder, arguments, number):
    """Ends the program by a signal while it asks. Gives whether the terminal echoes before, meanwhile and after, and the exit code."""
    parent, terminal = pty.openpty()
    echoes = [bool(termios.tcgetattr(terminal)[3] & termios.ECHO)]
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        for stream in range(3):
            os.dup2(terminal, stream)
        os.chdir(folder)
        os.environ.update(SPARKCFG_AGE_KEY=KEY.split()[-1], HOME=str(folder), NO_COLOR="1")
        os.execv(program, [program, "secrets", *arguments])
    shown = b""
    while not shown.endswith(b": "):
        shown += os.read(parent, 4096)
    time.sleep(0.3)
    echoes.append(bool(termios.tcgetattr(terminal)[3] & termios.ECHO))
    os.kill(child, number)
    _, status = os.waitpid(child, 0)
    echoes.append(bool(termios.tcgetattr(terminal)[3] & termios.ECHO))
    os.close(terminal)
    os.close(parent)
    return echoes, os.waitstatus_to_exitcode(status)


def main():
    program = built()
    failed = passed = 0

    def check(what, is_so, shown=""):
        nonlocal failed, passed
        passed, failed = passed + bool(is_so), failed + (not is_so)
        if not is_so:
            print(f"{what}: {shown!r}")

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "environments").mkdir()
        (folder / "environments/prod.env").write_text("PORT=1\n")
        (folder / "sparkcfg.toml").write_text(f'[people]\nlaptop = "{RECIPIENT}"\n[access]\nprod = ["laptop"]\n')
        sealed = folder / "environments/prod.secrets.env"
        line = SECRET.encode() + b"\r"
        setting = ["set", "API_KEY", "-e", "prod"]

        shown, code = on_a_terminal(program, folder, setting, [line, b"another\r"])
        check("two that differ are refused", code == 2 and "the two differ" in shown and not sealed.exists(), shown)
        shown, code = on_a_terminal(program, folder, setting, [b"\r"])
        check("nothing is refused", code == 2 and "there is no value" in shown and not sealed.exists(), shown)
        shown, code = on_a_terminal(program, folder, setting, [line[:6] + b"\x03"])
        check("Ctrl-C changes nothing", code != 0 and not sealed.exists(), shown)
        for name in ("SIGTERM", "SIGHUP"):
            echoes, code = ended_at_the_prompt(program, folder, setting, getattr(signal, name))
            check(f"{name} gives the echo back", echoes == [True, False, True] and not sealed.exists(), echoes)
            check(f"{name} ends it", code == -getattr(signal, name), code)
        shown, code = on_a_terminal(program, folder, setting, [line, line])
        check("it is set", code == 0 and sealed.exists(), shown)
        check("it is asked for twice", shown.count("|") == 2, shown)
        check("it is not echoed", not any(word in shown for word in ("hunter2", "canary")), shown)
        shown, code = on_a_terminal(program, folder, ["get", "API_KEY", "-e", "prod"], [])
        check("a terminal gets no secret", code == 2 and "canary" not in shown and "--reveal" in shown, shown)
        shown, code = on_a_terminal(program, folder, ["get", "API_KEY", "-e", "prod", "--reveal"], [])
        check("it comes back exactly", code == 0 and shown == SECRET + "\r\n", shown)
        shown, code = on_a_terminal(program, folder, ["export", "prod", "--as", "dotenv"], [])
        check("a terminal gets no file", code == 2 and "canary" not in shown, shown)
        traces = folder / "traces"
        traces.mkdir()
        settings = f"set undofile undodir={traces} backup writebackup backupdir={traces} swapfile directory={traces}"
        (folder / ".vimrc").write_text(f"{settings}\nset viminfo='100,<50,n{traces}/viminfo\n")
        vim = f"vim -E -s -u {folder}/.vimrc -c '%s/canary/changed/' -c wq"
        own = {"HOME": str(folder), "SPARKCFG_AGE_KEY": KEY.split()[-1], "EDITOR": vim}
        subprocess.run([program, "secrets", "edit", "prod"], cwd=folder, env={**os.environ, **own}, check=False)
        shown, code = on_a_terminal(program, folder, ["get", "API_KEY", "-e", "prod", "--reveal"], [])
        check("vim changes it", code == 0 and "changed" in shown, shown)
        check("vim leaves nothing", not os.listdir(traces), os.listdir(traces))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
