#!/bin/sh
# Lets an independent reader, the npm package sops-age, open 200 files that this project sealed.
# That reader does not check the MAC; the files by real SOPS in tests/data do.
# Needs cargo, node and npm. Prints "N passed, M failed"; exit code 1 if any failed.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM HUP
mkdir "$folder/files"

(cd "$here" && SEALED_FILES="$folder/files" cargo test --quiet --test stores -- --ignored --exact \
    write_files_for_an_independent_reader) >"$folder/cargo.log" 2>&1 || { cat "$folder/cargo.log" >&2; exit 1; }

# Two million files that differ in one byte, none taken for the original: some minutes in an optimised build.
(cd "$here" && cargo test --quiet --release --test stores -- --ignored --nocapture --exact \
    no_byte_changed_to_any_other_goes_unnoticed) || exit 1

cd "$folder"
printf '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts sops-age@4.0.2 >npm.log 2>&1 || { cat npm.log >&2; exit 1; }

cat >open.js <<'JS'
import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { decryptSops } from "sops-age";

const secretKey = readFileSync("files/key.txt", "utf8");
let passed = 0;
let failed = 0;
for (const name of readdirSync("files").filter((name) => name.endsWith(".env")).sort()) {
  const expected = JSON.parse(readFileSync(`files/${name.replace(".env", ".json")}`, "utf8"));
  try {
    const opened = await decryptSops(readFileSync(`files/${name}`, "utf8"), { secretKey, fileType: "env" });
    if (!isDeepStrictEqual({ ...opened }, expected)) throw new Error("opened to something else");
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`${name}: ${error.message}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
JS
node open.js
