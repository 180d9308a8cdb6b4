#!/usr/bin/env bash
# Validates and compares, for action.yml: annotations to the standard output, reports into a folder, the summary of the
# step, outputs. Its own exit code is 0 whatever is found: the output `code` says it (0 clean, 1 findings, 2 unchecked).
set -euo pipefail

reports=${RUNNER_TEMP:?}/sparkcfg-reports
rm -rf "$reports"
mkdir -p "$reports"

options=(--project "${PROJECT:-.}" --fail-on="${FAIL_ON:-error}")
[[ -z ${IDENTITY_FILE:-} ]] || options+=(--identity "$IDENTITY_FILE")
read -r -d '' -a environments <<<"${ENVIRONMENTS:-}" || true

output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }
# A report that could not be made is not told as an output.
output_file() { [[ ! -s $2 ]] || output "$1" "$2"; }
verdict() {
  case $1 in
    0) echo clean ;;
    1) echo findings ;;
    *) echo unchecked ;;
  esac
}

code=0
"$SPARKCFG" validate "${options[@]}" --format github --output sarif="$reports/validate.sarif" \
  --output json="$reports/validate.json" --output markdown="$reports/validate.md" -- "${environments[@]}" || code=$?
output verdict "$(verdict "$code")"
if [[ -s $reports/validate.json ]]; then
  output errors "$(jq .summary.errors "$reports/validate.json")"
  output warnings "$(jq .summary.warnings "$reports/validate.json")"
fi

# `auto`: where there is nothing to compare, nobody who did not ask for it is stopped, and there is no report.
if [[ ${DRIFT:-auto} != false ]]; then
  [[ -z ${AGAINST:-} ]] || options+=(--against="$AGAINST")
  [[ ${DRIFT:-auto} != auto ]] || options+=(--may-be-empty)
  drift=0
  "$SPARKCFG" drift "${options[@]}" --format github --output json="$reports/drift.json" \
    --output markdown="$reports/drift.md" || drift=$?
  if [[ $drift == 0 && ! -e $reports/drift.json ]]; then
    echo '::notice title=sparkcfg drift::there are no two environments to compare; `drift: false` leaves this out'
  else
    output drift-verdict "$(verdict "$drift")"
    [[ $drift -le $code ]] || code=$drift
  fi
fi

# Each report is below 60,000 bytes, and a summary may have 1,048,576.
for page in "$reports/validate.md" "$reports/drift.md"; do
  [[ ! -s $page ]] || { cat "$page" && echo; } >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
done
output reports "$reports"
output_file report "$reports/validate.json"
output_file sarif "$reports/validate.sarif"
output_file drift-report "$reports/drift.json"
output_file drift-comment "$reports/drift.md"
output code "$code"
