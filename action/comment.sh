#!/usr/bin/env bash
# Writes a drift report into a pull request: one comment for each project and pair of sources, found again by its first
# line, a hidden marker, and updated in place. Nothing is written when the comment says the same already, or when there is
# nothing to say and no comment yet.
#
#   BODY         the Markdown report
#   NUMBER       the pull request; or, in a workflow_run, whose event names none for a fork:
#   HEAD_OWNER, HEAD_BRANCH, HEAD_SHA   which commit the report is about, as the event says
#   HOSTILE      false when this very job made the report; else it is what a stranger could write
#   GITHUB_REPOSITORY, GH_TOKEN         where, and as whom
set -euo pipefail

readonly AUTHOR=${AUTHOR:-github-actions[bot]}
readonly MOST_BYTES=65000
readonly MOST_COMMENTS=20
repository=${GITHUB_REPOSITORY:?}

refuse() {
  echo "no comment: $1" >&2
  exit 1
}
done_with() {
  echo "comment: $1"
  exit 0
}

# The report: a plain file of a size that GitHub takes, which begins as ours do.
[[ -e ${BODY:?} || -L $BODY ]] || done_with 'there is no report'
[[ -f $BODY && ! -L $BODY ]] || refuse 'the report is not a file'
[[ $(wc -c <"$BODY") -le $MOST_BYTES ]] || refuse 'the report is too long for a comment'
body=$(tr -d '\000-\010\013-\037\177' <"$BODY")
first=${body%%$'\n'*}
[[ $first =~ ^'<!-- sparkcfg:drift v1'( [A-Za-z0-9=._@/:#-]+)*' -->'$ ]] || refuse 'the report does not begin with the marker'

# Breaks what would call people, link, load or embed, with a space of no width; a report of ours has none of it outside code.
defuse() {
  local gap=$'\u200b'
  sed -E -e '2,$s/<(\/?(sub|details|summary))>/\x01\1\x02/g' -e "2,\$s/[<@&]/&$gap/g" -e 's/\x01/</g; s/\x02/>/g' \
    -e "2,\$s/#([0-9])/#$gap\1/g; 2,\$s/:\/\//:$gap\/\//g; 2,\$s/[wW]{3}\./www$gap./g; 2,\$s/\]([(:[])/]$gap\1/g"
}
[[ ${HOSTILE:-true} == false ]] || body=$(defuse <<<"$body")

number=${NUMBER:-}
if [[ -z $number ]]; then
  [[ ${HEAD_SHA:-} =~ ^[0-9a-f]{40}$ ]] || refuse 'the event has no commit'
  # The branch as it is now: a report about a commit that was pushed over is not told any more.
  number=$(gh api --method GET "repos/$repository/pulls" -f state=open -f "head=${HEAD_OWNER:?}:${HEAD_BRANCH:?}" |
    jq --arg sha "$HEAD_SHA" '[.[] | select(.head.sha == $sha) | .number] | first // empty')
  [[ -n $number ]] || done_with 'no open pull request is at this commit'
fi
[[ $number =~ ^[1-9][0-9]{0,9}$ ]] || refuse 'that is no number of a pull request'

# Only a comment of our own author counts: anybody can write the marker.
comments=$(gh api --paginate "repos/$repository/issues/$number/comments?per_page=100" |
  jq -s --arg author "$AUTHOR" \
    '[.[][] | select(.user.login == $author and (.body | startswith("<!-- sparkcfg:drift v1")))]')
found=$(jq --arg marker "$first" \
  '[.[] | select((.body | split("\n")[0] | rtrimstr("\r")) == $marker)] | first // empty' <<<"$comments")

if [[ -z $found ]]; then
  # Clean, or notes alone: no reason to begin a comment.
  headline=$(sed -n 2p <<<"$body")
  [[ $headline != '### ✓ '* && $headline != '### • '* ]] || done_with 'nothing to say'
  # A stranger could name a new project in every report.
  [[ $(jq length <<<"$comments") -lt $MOST_COMMENTS ]] || refuse 'there are too many comments of ours'
  jq -n --arg body "$body" '{body: $body}' |
    gh api --method POST "repos/$repository/issues/$number/comments" --input - >/dev/null
  done_with 'written'
fi
# GitHub may keep other line ends, and none at the end.
same=$(jq --arg body "$body" 'def plain: gsub("\r"; "") | sub("\\s+$"; ""); (.body | plain) == ($body | plain)' <<<"$found")
[[ $same != true ]] || done_with 'says the same already'
id=$(jq -r '.id' <<<"$found")
[[ $id =~ ^[0-9]+$ ]] || refuse 'GitHub named no comment'
jq -n --arg body "$body" '{body: $body}' |
  gh api --method PATCH "repos/$repository/issues/comments/$id" --input - >/dev/null
done_with 'updated'
