//! Where `sparkcfg.toml` names somebody or something.

use crate::finding::Finding;
use crate::project::Project;
use crate::source::Span;

/// The finding at a name: a key of `[table]`, or, where that is empty, a text of its own.
pub(super) fn placed(finding: Finding, project: &Project, table: &str, name: &str, label: &str) -> Finding {
    let Some(source) = project.config_source else { return finding };
    let range = place_of(project.sources.text(source), table, name).unwrap_or_default();
    finding.at(Span::new(source, range), label)
}

/// Where a name stands in a `sparkcfg.toml`: as a key of `[table]`, or, where that is empty, as a text of its own.
fn place_of(text: &str, table: &str, name: &str) -> Option<std::ops::Range<u32>> {
    let header = format!("[{table}]");
    let quoted = format!("\"{name}\"");
    let (mut at, mut within) = (0, table.is_empty());
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            within = trimmed.starts_with(&header);
            continue;
        }
        let key = trimmed.split('=').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        let found = if table.is_empty() {
            line.find(&quoted).map(|at| at + 1)
        } else {
            line.find(name).filter(|_| key == name)
        };
        if let Some(found) = found.filter(|_| within) {
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            return Some(offset(start + found)..offset(start + found + name.len()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn places_of_names() {
        let text = "protected = [\"prdo\"]\n[people]\nprodd = \"age1\"\n[access]\nprodd = [\"ali\"]\n\"x-y\" = []\n";
        for (table, name, expected) in [
            ("access", "prodd", Some("prodd = [")),
            ("access", "x-y", Some("x-y\"")),
            ("", "prdo", Some("prdo\"]")),
            ("access", "no", None),
        ] {
            let found = place_of(text, table, name).map(|range| &text[range.start as usize..]);
            assert_eq!(found.is_some(), expected.is_some(), "{name}");
            assert!(found.unwrap_or_default().starts_with(expected.unwrap_or_default()), "{name}: {found:?}");
        }
        let range = place_of(text, "access", "prodd").unwrap();
        assert!(text[..range.start as usize].contains("[access]"));
    }
}
