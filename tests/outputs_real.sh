#!/usr/bin/env bash
# Gives the reports of `cargo test --test outputs` to the tools that read such reports in real life, and to each tool
# one broken report that it must refuse. Needs cargo, python3 and npm with their registries, and for the pages node and
# Chromium; ends with `N passed, M failed`.
set -u
cd "$(dirname "$0")/.." || exit 2

cargo test --quiet --test outputs reports_are_left_for_real_tools >/dev/null || exit 2
cargo test --quiet --test drift every_format_and_exit_code_agrees >/dev/null || exit 2
# .cargo/config.toml names the host as the target, so cargo builds into a folder of its name.
made=target/$(rustc -vV | sed -n 's/^host: //p')/tmp
reports=$made/reports
drift=$made/drift-reports
tools=target/tmp/tools
mkdir -p "$tools"
python3 -m venv "$tools/python" &&
  "$tools/python/bin/pip" install --quiet --disable-pip-version-check \
    check-jsonschema==0.39.0 sarif-tools==3.0.5 junitparser lxml markdown-it-py || exit 2
npm install --silent --no-fund --no-audit --prefix "$tools/node" @umbrelladocs/rdformat-validator@1.0.1 2>/dev/null || exit 2
python="$tools/python/bin"
rdformat="$tools/node/node_modules/.bin/rdformat-validator"
broken=$tools/broken
mkdir -p "$broken"

passed=0
failed=0
# accepts TOOL FILE COMMAND...: the command must succeed.
accepts() {
  local tool=$1 file=$2 output
  shift 2
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s refuses %s\n%s\n' "$tool" "$file" "$(printf '%s' "$output" | head -n 15)"
  fi
}
# refuses TOOL FILE COMMAND...: the command must fail, or its success above means nothing.
refuses() {
  local tool=$1 file=$2
  shift 2
  if "$@" >/dev/null 2>&1; then
    failed=$((failed + 1))
    printf 'FAILED %s accepts %s\n' "$tool" "$file"
  else
    passed=$((passed + 1))
  fi
}

# The schema has one pattern with a stray `]`, which only the older syntax of regular expressions takes.
sarif_schema=("$python/check-jsonschema" --regex-variant nonunicode --schemafile tests/data/sarif/sarif-schema-2.1.0.json)
for file in "$reports"/*.sarif "$drift"/*.sarif; do
  accepts check-jsonschema "$file" "${sarif_schema[@]}" "$file"
  accepts sarif-tools "$file" "$python/sarif" summary "$file"
done
sed 's/"level": "error"/"level": "fatal"/' "$reports/one-of-each.sarif" >"$broken/level.sarif"
refuses check-jsonschema level.sarif "${sarif_schema[@]}" "$broken/level.sarif"
sed 's/"results"/"outcomes"/' "$reports/one-of-each.sarif" >"$broken/results.sarif"
refuses check-jsonschema results.sarif "${sarif_schema[@]}" "$broken/results.sarif"
sed 's/"tool"/"device"/' "$reports/one-of-each.sarif" >"$broken/tool.sarif"
refuses sarif-tools tool.sarif "$python/sarif" summary "$broken/tool.sarif"
# As a gate: the one with an error stops, the one without does not.
accepts sarif-tools nothing.sarif "$python/sarif" --check error summary "$reports/nothing.sarif"
refuses sarif-tools one-of-each.sarif "$python/sarif" --check error summary "$reports/one-of-each.sarif"

report_schema=("$python/check-jsonschema" --schemafile schemas/report.schema.json)
accepts check-jsonschema report.schema.json "$python/check-jsonschema" --check-metaschema schemas/report.schema.json
for file in "$reports"/*.json; do
  accepts check-jsonschema "$file" "${report_schema[@]}" "$file"
done
sed 's/"line": 2/"line": 0/' "$reports/one-of-each.json" >"$broken/line.json"
refuses check-jsonschema line.json "${report_schema[@]}" "$broken/line.json"

drift_schema=("$python/check-jsonschema" --schemafile schemas/drift.schema.json)
accepts check-jsonschema drift.schema.json "$python/check-jsonschema" --check-metaschema schemas/drift.schema.json
for file in "$drift"/*.json; do
  accepts check-jsonschema "$file" "${drift_schema[@]}" "$file"
done
sed 's/"bucket": "unexpected"/"bucket": "odd"/' "$drift/matrix.json" >"$broken/bucket.json"
refuses check-jsonschema bucket.json "${drift_schema[@]}" "$broken/bucket.json"

for file in "$reports"/*.rdjson "$drift"/*.rdjson; do
  accepts rdformat-validator "$file" "$rdformat" "$file"
done
sed 's/"severity": "ERROR"/"severity": "fatal"/' "$reports/one-of-each.rdjson" >"$broken/severity.rdjson"
refuses rdformat-validator severity.rdjson "$rdformat" "$broken/severity.rdjson"

# junitparser fails for a report with a failure, so what it reads is counted instead.
cat >"$tools/read_junit.py" <<'PYTHON'
import sys
from junitparser import JUnitXml
report = JUnitXml.fromfile(sys.argv[1])
cases = [case for suite in report for case in suite]
failing = [case for case in cases if not case.is_passed]
told = (report.tests, report.failures)
sys.exit(0 if told == (len(cases), len(failing)) else f"{told} is not {(len(cases), len(failing))}")
PYTHON
cat >"$tools/read_xsd.py" <<'PYTHON'
import sys
from lxml import etree
etree.XMLSchema(etree.parse(sys.argv[1])).assertValid(etree.parse(sys.argv[2]))
PYTHON
sed 's/failures="1"/failures="7"/' "$reports/one-of-each.junit" >"$broken/count.junit"
sed 's/<testcase name=/<testcase title=/' "$reports/one-of-each.junit" >"$broken/name.junit"
junit_schema=("$python/python" "$tools/read_xsd.py" tests/data/jenkins/junit-10.xsd)
for file in "$reports"/*.junit "$drift"/*.junit; do
  accepts junitparser "$file" "$python/python" "$tools/read_junit.py" "$file"
  accepts junit-10.xsd "$file" "${junit_schema[@]}" "$file"
done
refuses junitparser count.junit "$python/python" "$tools/read_junit.py" "$broken/count.junit"
refuses junit-10.xsd name.junit "${junit_schema[@]}" "$broken/name.junit"

# A comment has no link, picture or element but our own, and its table has five columns.
cat >"$tools/read_markdown.py" <<'PYTHON'
import re, sys
from markdown_it import MarkdownIt
text = open(sys.argv[1], encoding="utf-8").read()
parser = MarkdownIt("commonmark", {"html": True}).enable("table")
tokens = parser.parse(text)
flat = [inner for token in tokens for inner in [token, *(token.children or [])]]
kinds = {token.type for token in flat}
if kinds & {"link_open", "image", "em_open", "strong_open", "fence", "code_block", "blockquote_open"}:
    sys.exit(f"markup out of the input: {kinds}")
ours = re.compile(r"</?(sub|details|summary)>|<!-- sparkcfg:validate v1 -->|What to do|\s")
for token in flat:
    if token.type in ("html_inline", "html_block") and ours.sub("", token.content):
        sys.exit(f"an element out of the input: {token.content!r}")
for token in flat:
    if token.type == "text" and re.search(r"@\w|#\d|https?:|www\.", token.content):
        sys.exit(f"GitHub would link {token.content!r}")
rows = sum(token.type == "tr_open" for token in flat)
cells = sum(token.type in ("td_open", "th_open") for token in flat)
sys.exit(0 if cells == 5 * rows else f"{cells} cells in {rows} rows")
PYTHON
for file in "$reports"/*.markdown; do
  accepts markdown-it "$file" "$python/python" "$tools/read_markdown.py" "$file"
done
sed -e 's/sparkcfg:validate v1 -->/sparkcfg:drift v1[^>]*-->/' -e 's/What to do/\\(\\d+\\)|What to do|Unknown whether.*|Resolved by.*|Unchanged|Expected|Acknowledged/' \
  -e 's/"strong_open", //' -e 's/^sys.exit.*/rows = [0]/' "$tools/read_markdown.py" >"$tools/read_drift.py"
cat >>"$tools/read_drift.py" <<'PYTHON'
for token in flat:
    if token.type == "tr_open":
        rows.append(0)
    rows[-1] += token.type in ("td_open", "th_open")
    if token.type == "table_close":
        if len(set(rows[1:])) > 1:
            sys.exit(f"rows of {set(rows[1:])} cells")
        rows = [0]
PYTHON
for file in "$drift"/*.markdown; do
  accepts markdown-it "$file" "$python/python" "$tools/read_drift.py" "$file"
done
sed 's/must-match/must-@match/; s/`drift-/drift-/g' "$drift/pair.markdown" >"$broken/mention.markdown"
refuses markdown-it mention.markdown "$python/python" "$tools/read_drift.py" "$broken/mention.markdown"
sed 's/is deprecated/is [deprecated](http:\/\/evil)/' "$reports/one-of-each.markdown" >"$broken/link.markdown"
refuses markdown-it link.markdown "$python/python" "$tools/read_markdown.py" "$broken/link.markdown"

# libxml2's HTML parser must find the rows that the JSON report has findings, and one script.
cat >"$tools/read_html.py" <<'PYTHON'
import json, sys
from lxml import html
page = html.parse(sys.argv[1], parser=html.HTMLParser(encoding="utf-8")).getroot()
rows = len(page.xpath("//@data-severity"))
summary = json.load(open(sys.argv[2], encoding="utf-8"))["summary"]
findings = sum(summary[name] for name in ("errors", "warnings", "notes"))
scripts = page.xpath("//script")
acting = page.xpath("//@*[starts-with(name(), 'on')] | //img | //iframe | //@src")
sys.exit(0 if (rows, len(scripts), len(acting)) == (findings, 1, 0) else f"{rows} rows, {findings} findings, {acting}")
PYTHON
for file in "$reports"/*.html "$drift"/*.html; do
  accepts libxml2 "$file" "$python/python" "$tools/read_html.py" "$file" "${file%.html}.json"
done
sed 's/<td><span/<td><img src="x"\/><span/' "$reports/one-of-each.html" >"$broken/picture.html"
refuses libxml2 picture.html "$python/python" "$tools/read_html.py" "$broken/picture.html" "$reports/one-of-each.json"
for file in "$drift"/*.html; do
  sed 's/<script>/<script>throw 1;/' "$file" >"$broken/$(basename "$file")"
done

# Chromium opens the pages as readers do; a script that is not the one that the policy names is not run.
chromium=${CHROMIUM:-$(command -v chromium || true)}
if [ -n "$chromium" ]; then
  npm install --silent --no-fund --no-audit --prefix "$tools/pages" puppeteer-core@24.10.0 2>/dev/null || exit 2
  mkdir -p "$tools/shots"
  pages=(env "PAGES_MODULES=$PWD/$tools/pages" node tests/pages_real.mjs "$chromium" "$tools/shots")
  accepts chromium "validate's pages" "${pages[@]}" "$reports"/{nothing,one-of-each,hostile,two-thousand}.html
  accepts chromium "drift's pages" "${pages[@]}" "$drift"/*.html
  refuses chromium 'another script' "${pages[@]}" "$broken/matrix.html"
  echo "screenshots to look at: $tools/shots"
else
  echo 'chromium: not checked, it is not installed and CHROMIUM is not set'
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
