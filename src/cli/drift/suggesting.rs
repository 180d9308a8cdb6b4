//! `--suggest`: policies for keys that have none, proposed from what is there.

mod writing;

use std::collections::BTreeMap;

use similar::TextDiff;

use super::super::printing;
use crate::drift::{Cell, Column, Comparison, Kind, Row, State};
use crate::error::Error;
use crate::finding::Bucket;
use crate::plain;
use crate::project::Project;
use crate::project::files::Files;
use crate::report::Report;
use crate::schema::extension::Drift;
use crate::schema::sameness::Shape;
use crate::source::{printable, printable_lines};
use writing::{NAME, Proposal};

/// Rules for `sparkcfg.toml`, as a patch that `git apply` takes: what is the same everywhere must match, what differs may,
/// a URL in all but the parts that are the same now; a secret must differ, also where it does not yet. What some environments
/// show is said of those alone.
fn patch(comparison: &Comparison, files: &Files) -> Result<String, Error> {
    if comparison.columns.iter().any(|column| column.kind != Kind::Declared) {
        return Err(Error::new("policies are about environments, and no other source shows what they need")
            .help("name two environments, or none for all of them: sparkcfg drift --suggest"));
    }
    let mut proposed: BTreeMap<(&str, Drift, Vec<Shape>), Vec<&str>> = BTreeMap::new();
    for row in comparison.rows.iter().filter(|row| row.policy.is_none() && plain::is_name(&row.key)) {
        let (policy, same) = match row.bucket {
            _ if row.secret && is_known_twice(row) => (Drift::MustDiffer, Vec::new()),
            Bucket::Equal if is_set_everywhere(row) && !row.secret => (Drift::MustMatch, Vec::new()),
            Bucket::Unclassified => (Drift::MayDiffer, common(row)),
            _ => continue,
        };
        let folder = row.member.as_deref().filter(|member| *member != ".").unwrap_or_default();
        proposed.entry((folder, policy, same)).or_default().push(&row.key);
    }
    let mut rules: BTreeMap<&str, Vec<Proposal>> = BTreeMap::new();
    for ((folder, policy, same), keys) in proposed {
        let between = between(comparison, &files.member(folder))?;
        let keys = keys.into_iter().map(ToOwned::to_owned).collect();
        rules.entry(folder).or_default().push(Proposal { keys, between, policy, same });
    }
    let mut out = String::new();
    for (folder, rules) in rules {
        let path = if folder.is_empty() { NAME.to_owned() } else { format!("{folder}/{NAME}") };
        let before = files.read_if_there(&path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let shown = files.shown(&path);
        let (old, before) =
            before.map_or_else(|| ("/dev/null".to_owned(), String::new()), |text| (format!("a/{shown}"), text));
        let after = writing::with_rules(&before, &rules, &shown)?;
        let diff = TextDiff::from_lines(&before, &after);
        out.push_str(&diff.unified_diff().header(&old, &format!("b/{shown}")).to_string());
    }
    Ok(out)
}

/// Prints the patch, and says what is left to people.
pub(super) fn print(report: &Report, comparison: &Comparison, files: &Files) -> Result<(), Error> {
    let patch = patch(comparison, files)?;
    let left = left(report, comparison);
    for told in &left {
        printing::complain(&format!("{told}\n"))?;
    }
    if patch.is_empty() && left.is_empty() {
        let of = if report.unchecked.is_empty() { "" } else { " that was checked" };
        printing::complain(&format!(
            "nothing to propose: every key{of} has a policy, and secrets must differ without one\n"
        ))?;
    }
    printing::print(&printable_patch(&patch))
}

/// A patch without signs that a terminal or a runner would obey. Its lines keep their ends: `git apply` looks for those.
fn printable_patch(patch: &str) -> String {
    let line = |line: &str| match line.strip_suffix("\r\n") {
        Some(line) => printable_lines(line) + "\r\n",
        None => printable_lines(line),
    };
    patch.split_inclusive('\n').map(line).collect()
}

/// What no policy is proposed for: keys that nobody declared, and some environments lack. Whether they belong there nobody can
/// see from what is there.
fn left(report: &Report, comparison: &Comparison) -> Vec<String> {
    let extra = report.findings.iter().filter(|finding| finding.rule.code == "drift-extra");
    let told = extra.filter_map(|finding| {
        let row = comparison.rows.get(finding.difference.as_ref()?.row?)?;
        let lacks = |(column, cell): (&Column, &Option<Cell>)| {
            let is_absent = cell.as_ref().is_some_and(|cell| cell.state == State::Absent);
            is_absent.then(|| column.name.clone())
        };
        let lacking: Vec<_> = comparison.columns.iter().zip(&row.cells).filter_map(lacks).collect();
        let key = finding.named()?;
        let told = format!("{key} is not set in {}: decide whether it belongs there", lacking.join(", "));
        Some(printable(&format!("{told}, then set it there, take it away, or say that it may differ")))
    });
    told.collect()
}

/// The environments which were compared, where these are not all that the project has.
fn between(comparison: &Comparison, files: &Files) -> Result<Vec<String>, Error> {
    let all = Project::environment_names_in(files, &Project::config(files)?)?;
    let is_compared = |name: &&String| comparison.columns.iter().any(|column| column.name == **name);
    let compared: Vec<_> = all.iter().filter(is_compared).cloned().collect();
    Ok(if compared.len() == all.len() { Vec::new() } else { compared })
}

/// The parts that all values of a key have in common, where they are URLs.
fn common(row: &Row) -> Vec<Shape> {
    let values: Option<Vec<_>> = row.cells.iter().flatten().map(|cell| cell.value.as_deref()).collect();
    let Some(values) = values.filter(|values| values.iter().all(|value| Shape::Host.of(value).is_some())) else {
        return Vec::new();
    };
    let is_common = |shape: &Shape| {
        let mut parts = values.iter().map(|value| shape.of(value));
        let first = parts.next().flatten();
        first.is_some() && parts.all(|part| part == first)
    };
    [Shape::Scheme, Shape::Port, Shape::Path].into_iter().filter(is_common).collect()
}

/// Whether two sources or more have a secret that could be opened.
fn is_known_twice(row: &Row) -> bool {
    row.cells.iter().flatten().filter(|cell| cell.state == State::Set && cell.class.is_some()).count() > 1
}

fn is_set_everywhere(row: &Row) -> bool {
    row.cells.iter().flatten().all(|cell| cell.state == State::Set) && row.cells.iter().flatten().count() > 1
}

#[cfg(test)]
mod tests {
    use super::printable_patch;

    #[test]
    fn lines_keep_their_ends() {
        for (patch, expected) in [
            (" a\r\n+b\n", " a\r\n+b\n"),
            (" a\rb\r\n", " a\\u{d}b\r\n"),
            ("+::warning\r\n", "+::warning\r\n"),
            ("::warning\r\n", "\\u{3a}:warning\r\n"),
            ("+\u{1b}[1m", "+\\u{1b}[1m"),
        ] {
            assert_eq!(printable_patch(patch), expected, "{patch:?}");
        }
    }
}
