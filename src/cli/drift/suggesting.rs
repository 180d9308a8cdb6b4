//! `--suggest`: policies for keys that have none, proposed from what is there.

use std::collections::BTreeMap;

use similar::TextDiff;

use crate::drift::{Comparison, Row, State};
use crate::error::Error;
use crate::finding::Bucket;
use crate::plain;
use crate::project::files::Files;
use crate::schema::extension::Drift;

/// Rules for `sparkcfg.toml`, as a patch that `git apply` takes: what is the same everywhere must match, what differs may.
/// Secrets need none: by default they differ.
pub(super) fn patch(comparison: &Comparison, files: &Files) -> Result<String, Error> {
    let mut proposed: BTreeMap<(&str, Drift), Vec<&str>> = BTreeMap::new();
    for row in comparison.rows.iter().filter(|row| row.policy.is_none() && !row.secret && plain::is_name(&row.key)) {
        let policy = match row.bucket {
            Bucket::Equal if is_set_everywhere(row) => Drift::MustMatch,
            Bucket::Unclassified => Drift::MayDiffer,
            _ => continue,
        };
        let folder = row.member.as_deref().filter(|member| *member != ".").unwrap_or_default();
        proposed.entry((folder, policy)).or_default().push(&row.key);
    }
    let mut rules: BTreeMap<&str, String> = BTreeMap::new();
    for ((folder, policy), keys) in proposed {
        let keys = keys.join("\",\n    \"");
        let rule = format!("\n[[drift.rule]]\nkeys = [\n    \"{keys}\",\n]\npolicy = \"{}\"\n", policy.name());
        rules.entry(folder).or_default().push_str(&rule);
    }
    let mut out = String::new();
    for (folder, rules) in rules {
        let path = if folder.is_empty() { "sparkcfg.toml".to_owned() } else { format!("{folder}/sparkcfg.toml") };
        let before = files.read_if_there(&path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let shown = files.shown(&path);
        let (old, before) =
            before.map_or_else(|| ("/dev/null".to_owned(), String::new()), |text| (format!("a/{shown}"), text));
        let rules = if before.is_empty() { rules.trim_start() } else { &rules };
        let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let after = format!("{before}{end}{rules}");
        let diff = TextDiff::from_lines(&before, &after);
        out.push_str(&diff.unified_diff().header(&old, &format!("b/{shown}")).to_string());
    }
    Ok(out)
}

fn is_set_everywhere(row: &Row) -> bool {
    row.cells.iter().flatten().all(|cell| cell.state == State::Set) && row.cells.iter().flatten().count() > 1
}
