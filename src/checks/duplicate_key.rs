//! A key stands twice in one file.
//!
//! Why it hurts: most readers take the last one, dotenvy, deno and uv take the first, so that two services run with
//! two values. Whoever edits the other line changes nothing.
//!
//! Example: `TIMEOUT=30s` on line 3 and `TIMEOUT=7s` on line 9.
//!
//! Remedy: keep one of the lines. Between files there is no such problem: the higher layer wins.

use foldhash::{HashMap, HashMapExt};

use super::File;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "duplicate-key",
    severity: Severity::Error,
    summary: "a key stands twice in one file",
    page: include_str!("duplicate_key.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let entries = &file.layer.entries;
    let mut seen = HashMap::with_capacity(entries.len());
    let mut again: Vec<Again> = Vec::new();
    // Lines without a key are no two lines for one key.
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.key.is_empty()) {
        // What stands behind a quote is no key that anybody wrote.
        if file.layer.quoted_before(at).is_some() {
            continue;
        }
        let Some(first) = seen.insert(file.layer.key(entry), at) else { continue };
        match again.last_mut() {
            // A block that was pasted twice is one mistake.
            Some(last) if last.goes_on(at, first) => last.count += 1,
            _ => again.push(Again { at, first, count: 1 }),
        }
    }
    findings.extend(again.iter().map(|again| told(file, again)));
}

/// Entries one after another that stand in the same order further above.
struct Again {
    at: usize,
    first: usize,
    count: usize,
}

impl Again {
    /// Whether the entry `at`, which stands at `first` before, is the next of the same block.
    fn goes_on(&self, at: usize, first: usize) -> bool {
        self.at + self.count == at && self.first + self.count == first && first < self.at
    }
}

fn told(file: &File<'_>, again: &Again) -> Finding {
    let (entry, first) = (&file.layer.entries[again.at], &file.layer.entries[again.first]);
    let line = file.project.sources.position(file.layer.source, first.key.start).line;
    let name = file.name(entry);
    let (message, help) = match again.count {
        1 => (format!("{name} is already set on line {line}"), "keep one of the two lines"),
        2 => (format!("{name} and the key after it are already set from line {line} on"), "keep one of the two blocks"),
        count => (
            format!("{name} and the {} keys after it are already set from line {line} on", count - 1),
            "keep one of the two blocks",
        ),
    };
    file.about(&RULE, entry, message)
        .at(file.layer.span(&entry.key), "most readers take this one, some the first")
        .related(file.layer.span(&first.key), "set here before")
        .help(help)
}
