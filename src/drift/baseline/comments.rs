//! What people wrote beside the entries of `sparkcfg-baseline.toml`, which is kept when it is written anew.

use std::collections::HashMap;

use super::{Entry, Subject};

/// The comments of the file, each line as it stands.
#[derive(Debug, Default, Clone)]
pub(super) struct Comments {
    /// At the top.
    pub(super) top: Vec<String>,
    /// Above an entry, and at the end of its line.
    pub(super) beside: HashMap<Subject, (Vec<String>, Option<String>)>,
    /// Below all entries.
    pub(super) end: Vec<String>,
}

impl Comments {
    pub(super) fn read(text: &str, entries: &[(Entry, std::ops::Range<u32>)]) -> Self {
        let mut found = Self::default();
        let mut at = 0;
        let list = if text.starts_with("ack") { 0 } else { text.find("\nack").unwrap_or(text.len()) };
        for line in text.split_inclusive('\n') {
            let (start, comment) = (at, line.trim());
            at += line.len();
            let next = entries.partition_point(|(_, span)| (span.start as usize) < start);
            if comment.starts_with('#') {
                match entries.get(next).map(|(entry, _)| entry.subject()) {
                    _ if start < list => found.top.push(comment.to_owned()),
                    Some(subject) => found.beside.entry(subject).or_default().0.push(comment.to_owned()),
                    None => found.end.push(comment.to_owned()),
                }
            }
        }
        for (entry, span) in entries {
            let rest = text.get(span.end as usize..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            let rest = rest.trim_start().trim_start_matches(',').trim();
            if rest.starts_with('#') {
                found.beside.entry(entry.subject()).or_default().1 = Some(rest.to_owned());
            }
        }
        found
    }
}
