"""The commands that are compared: name -> list of processes.

A process is (argv, folder, extra environment). Several processes under one name run one after the other: that is what a
user of that tool has to do for the same work. Tools are found on PATH, or named by the variables below.
"""
import os

ENVS = ["dev", "staging", "prod"]
SPARKCFG = os.environ.get("SPARKCFG", "sparkcfg")
AJV = os.environ.get("AJV", "ajv")
JSONSCHEMA_RUST = os.environ.get("JSONSCHEMA_RUST", "jsonschema-cli")
NODE = os.environ.get("NODE", "node")               # varlock needs 22 or newer
PYTHON = os.environ.get("PYTHON", "python3")        # with pydantic-settings and kcl-lib
SOURCEMETA = os.environ.get("SOURCEMETA", "jsonschema")
VARLOCK = os.environ.get("VARLOCK", "varlock")      # its JavaScript entry file

LINTER = ["dotenv-linter", "check", "--plain", "--skip-updates", "-i", "UnorderedKey"]
AJV_OPTIONS = ["validate", "-c", "ajv-formats", "--all-errors", "--errors=line"]


def envs(tree):
    return [e for e in ENVS if os.path.exists(f"{tree}/env/.env.{e}")]


def env_files(tree, only=None):
    return [f"env/.env.{e}" for e in envs(tree) if only in (None, e)]


def json_files(tree, only=None):
    return [f"json/{e}.json" for e in envs(tree) if only in (None, e)]


def each(option, files):
    return [part for file in files for part in (option, file)]


def validators(tree, schema, files, note=""):
    """The JSON Schema validators, on JSON that was made of the env files beforehand."""
    return {
        f"check-jsonschema{note}": [(["check-jsonschema", "--schemafile", schema, *files], tree, {})],
        f"ajv-cli{note}": [([AJV, *AJV_OPTIONS, "-s", schema, *each("-d", files)], tree, {})],
        f"sourcemeta jsonschema{note}": [([SOURCEMETA, "validate", schema, *files, "-F"], tree, {})],
        f"jsonschema-cli (Rust){note}": [([JSONSCHEMA_RUST, "validate", schema, *each("-i", files)], tree, {})],
    }


def table(tree, only=None):
    """One project (S, M, L); only=ENV restricts to one environment."""
    files = env_files(tree, only)
    names = [e for e in envs(tree) if only in (None, e)]
    commands = {"sparkcfg validate": [([SPARKCFG, "validate", *([only] if only else [])], f"{tree}/sparkcfg", {})]}
    if len(names) > 1:
        commands["sparkcfg drift"] = [([SPARKCFG, "drift"], f"{tree}/sparkcfg", {})]
    if os.path.isdir(f"{tree}/sparkcfg-pattern"):
        commands["sparkcfg validate, pattern schema"] = [([SPARKCFG, "validate"], f"{tree}/sparkcfg-pattern", {})]
    commands["dotenv-linter check --schema"] = [([*LINTER, "-s", "dotenv-linter.schema.json", *files], tree, {})]
    commands["dotenv-linter check"] = [([*LINTER, *files], tree, {})]
    commands["dotenv-linter diff"] = [(["dotenv-linter", "diff", "--plain", *env_files(tree)], tree, {})]
    commands.update(validators(tree, "schema.json", json_files(tree, only)))
    if os.path.exists(f"{tree}/schema.pattern.json"):       # L: 20 patternProperties in place of 100,000 properties
        commands.update(validators(tree, "schema.pattern.json", json_files(tree, only), ", pattern schema"))
    commands["varlock load"] = [([NODE, VARLOCK, "load"], f"{tree}/varlock", {"APP_ENV": e}) for e in names]
    commands["pydantic-settings"] = [([PYTHON, "-B", "pyd/run.py", *files], tree, {})]
    commands["pkl eval"] = [(["pkl", "eval", *[f"pkl/{e}.pkl" for e in names]], tree, {})]
    commands["kcl-lib"] = [([PYTHON, "-B", "kcl/run.py", "kcl/schema.k", *json_files(tree, only)], tree, {})]
    commands.update(scanners(tree, files if only else ["env"], files))
    return commands


def workspace(tree):
    """A thousand projects (XL)."""
    folders = sorted(os.listdir(f"{tree}/services"))
    files = [f"services/{d}/.env.{e}" for d in folders for e in ENVS]
    documents = [f"json/{d}.{e}.json" for d in folders for e in ENVS]
    commands = {
        "sparkcfg validate": [([SPARKCFG, "validate"], f"{tree}/sparkcfg", {})],
        "sparkcfg drift": [([SPARKCFG, "drift"], f"{tree}/sparkcfg", {})],
        "sparkcfg validate, 1 thread": [([SPARKCFG, "validate"], f"{tree}/sparkcfg", {"RAYON_NUM_THREADS": "1"})],
        "dotenv-linter check -r --schema": [([*LINTER, "-r", "-s", "dotenv-linter.schema.json", "services"], tree, {})],
        "dotenv-linter check -r": [([*LINTER, "-r", "services"], tree, {})],
    }
    commands.update(validators(tree, "schema.json", documents))
    # These two take a folder or a pattern, which is quicker for them than three thousand arguments.
    commands["ajv-cli"] = [([AJV, *AJV_OPTIONS, "-s", "schema.json", "-d", "json/*.json"], tree, {})]
    commands["sourcemeta jsonschema"] = [([SOURCEMETA, "validate", "schema.json", "json", "-F", "--continue"], tree, {})]
    commands["pydantic-settings"] = [([PYTHON, "-B", "pyd/run.py", *files], tree, {})]
    commands["kcl-lib"] = [([PYTHON, "-B", "kcl/run.py", "kcl/schema.k", *documents], tree, {})]
    commands.update(scanners(tree, ["services"], files))
    return commands


def scanners(tree, roots, files):
    """Tools that look for secrets only."""
    return {
        "gitleaks dir": [(["gitleaks", "dir", "--no-banner", "--no-color", "-v", "--redact=0", p], tree, {}) for p in roots],
        "trufflehog filesystem": [(["trufflehog", "filesystem", "--no-verification", "--no-update", "--fail", *roots], tree, {})],
        "ripsecrets": [(["ripsecrets", *files], tree, {})],
        "detect-secrets-hook": [(["detect-secrets-hook", *files], tree, {})],
    }


def floors(tree, paths):
    """What no tool can be quicker than: start; read; read, split and hash."""
    return {
        "floor: /bin/true": [(["/bin/true"], tree, {})],
        "floor: read": [(["floor", "read", *paths], tree, {})],
        "floor: read, split, hash": [(["floor", "parse", *paths], tree, {})],
    }
