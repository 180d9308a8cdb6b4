//! `sparkcfg-baseline.toml`: differences that somebody accepted, each with a reason.
//!
//! It holds neither a time nor line numbers, so that two branches that accept different things do not conflict, and of a
//! secret neither a value nor a hash: such an entry covers that the values are equal, or not, as long as git can tell that they are
//! those that the sealed files held which it names.

mod comments;
mod entry;

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use crate::envelope::{CONFLICT, SOLVE_TEXT};
use crate::error::Error;
use crate::finding::{Accepted, Bucket, Finding};
use crate::source::Sources;
use comments::Comments;
use entry::Subject;
pub use entry::{Entry, lasting};

/// The name of the file, beside `sparkcfg.toml`.
pub const NAME: &str = "sparkcfg-baseline.toml";

/// The accepted differences of a project.
#[derive(Debug, Default, Clone)]
pub struct Baseline {
    /// Each with its bytes in the file.
    entries: Vec<(Entry, std::ops::Range<u32>)>,
    /// What people wrote beside them.
    comments: Comments,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    ack: Vec<Spanned<Entry>>,
}

/// Why an entry no longer does what it was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Its date is over.
    Expired,
    /// It covers no finding.
    Unused,
}

/// What an entry does for the findings of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// None is about what it accepts.
    Nothing,
    /// One is, with other values than it saw.
    Outdated,
    /// It covers one, or a part of one.
    Covers,
}

/// What says whether an entry still covers what it was written for.
pub struct Judge<'j> {
    /// The day, as in `2026-11-25`.
    pub today: &'j str,
    /// Whether the secret of a key and source is surely not the one in the sealed file of a name.
    pub is_another: &'j dyn Fn(&str, &str, &str) -> bool,
    /// Whether two texts are one value of a key.
    pub is_same: &'j dyn Fn(&str, &str, &str) -> bool,
}

impl Baseline {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// Broken TOML, an unknown member or version, an empty reason, a date that is none.
    pub fn parse(path: &str, text: &str) -> Result<Self, Error> {
        let mut sources = Sources::default();
        let source = sources.add(path, text);
        let place = |at: usize| {
            let position = sources.position(source, u32::try_from(at).unwrap_or(u32::MAX));
            format!("{path}:{}:{}", position.line, position.column)
        };
        let conflict = text.lines().position(|line| line.starts_with("<<<<<<< "));
        if let Some(line) = conflict {
            return Err(Error::new(CONFLICT).at(format!("{path}:{}", line + 1)).help(SOLVE_TEXT));
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            Error::new(message).at(place(error.span().unwrap_or_default().start))
        })?;
        if file.version != 1 {
            return Err(Error::new(format!("version {} of a baseline is not known", file.version))
                .at(path)
                .help("this sparkcfg reads version 1: a newer one may have written it"));
        }
        let mut entries = Vec::with_capacity(file.ack.len());
        for spanned in file.ack {
            let span = spanned.span();
            let mut entry = spanned.into_inner();
            let failed = |message: &str, help: &str| Err(Error::new(message).at(place(span.start)).help(help));
            if entry.why.trim().is_empty() {
                return failed("an accepted difference has no reason", "say why, as in why = \"OPS-412\"");
            }
            if entry.until.as_deref().is_some_and(|date| !is_date(date)) {
                return failed("`until` is no date", "write year, month and day, as in until = \"2026-12-31\"");
            }
            if entry.saw.as_ref().is_some_and(|saw| saw.len() != entry.within.len()) {
                return failed("`saw` has not one value for each of `in`", "accept it anew with --ack");
            }
            if entry.sealed.as_ref().is_some_and(|sealed| sealed.len() != entry.within.len()) {
                return failed("`sealed` has not one name for each of `in`", "accept it anew with --ack");
            }
            entry.sort();
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            entries.push((entry, offset(span.start)..offset(span.end)));
        }
        let comments = Comments::read(text, &entries);
        Ok(Self { entries, comments })
    }

    /// The file's text: sorted, one entry a line, each with its comments.
    #[must_use]
    pub fn text(&self) -> String {
        let mut entries: Vec<_> = self.entries.iter().map(|(entry, _)| entry).collect();
        entries.sort();
        let mut out = String::new();
        for line in &self.comments.top {
            let _ = writeln!(out, "{line}");
        }
        out.push_str("version = 1\nack = [\n");
        for entry in entries {
            let (above, behind) = self.comments.beside.get(&entry.subject()).cloned().unwrap_or_default();
            for line in above {
                let _ = writeln!(out, "  {line}");
            }
            let behind = behind.map(|text| format!(" {text}")).unwrap_or_default();
            let list = |items: &[String]| items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ");
            let mut members = vec![
                format!("code = {}", quoted(&entry.code)),
                format!("key = {}", quoted(&entry.key)),
                format!("in = [{}]", list(&entry.within)),
            ];
            members.extend(entry.saw.as_ref().map(|saw| format!("saw = [{}]", list(saw))));
            members.extend(entry.sealed.as_ref().map(|sealed| format!("sealed = [{}]", list(sealed))));
            members.push(format!("why = {}", quoted(&entry.why)));
            members.extend(entry.until.as_ref().map(|until| format!("until = {}", quoted(until))));
            members.extend(entry.by.as_ref().map(|by| format!("by = {}", quoted(by))));
            let _ = writeln!(out, "  {{ {} }},{behind}", members.join(", "));
        }
        out.push_str("]\n");
        self.comments.end.iter().for_each(|line| _ = writeln!(out, "{line}"));
        out
    }

    /// Adds an entry; one about the same difference is replaced.
    pub fn add(&mut self, mut entry: Entry) {
        entry.sort();
        let same = |known: &Entry| (&known.code, &known.key, &known.within) == (&entry.code, &entry.key, &entry.within);
        self.entries.retain(|(known, _)| !same(known));
        self.entries.push((entry, 0..0));
    }

    /// Takes entries away.
    pub fn remove(&mut self, entries: &[Entry]) {
        self.entries.retain(|(known, _)| !entries.contains(known));
    }

    /// The entries, each with its bytes in the file.
    pub fn entries(&self) -> impl Iterator<Item = &(Entry, std::ops::Range<u32>)> {
        self.entries.iter()
    }

    /// The same with the names that environments have now.
    #[must_use]
    pub fn renamed(mut self, names: &HashMap<Arc<str>, Arc<str>>) -> Self {
        for (entry, _) in &mut self.entries {
            for name in &mut entry.within {
                if let Some(new) = names.get(&**name) {
                    *name = new.to_string();
                }
            }
        }
        self
    }

    /// Whether an entry covers a finding; see [`Self::apply`].
    #[must_use]
    pub fn covers(&self, finding: &Finding, judge: &Judge<'_>) -> bool {
        let covers = |entry: &Entry| {
            let is_it = !entry.is_expired(judge.today) && entry.is_about(finding);
            is_it && entry.saw_the_same(finding, judge) && entry.saw_those_secrets(finding, judge)
        };
        self.entries.iter().any(|(entry, _)| covers(entry))
    }

    /// Splits findings into those that count and those that an entry covers; says of each entry what it did.
    ///
    /// An entry covers a finding of its code and key, about sources that it names, as long as their values are those
    /// that it saw and its date is not over.
    #[must_use]
    pub fn apply(&self, findings: Vec<Finding>, judge: &Judge<'_>) -> (Vec<Finding>, Vec<Finding>, Vec<Use>) {
        let mut used = vec![Use::Nothing; self.entries.len()];
        let (mut counting, mut settled) = (Vec::new(), Vec::new());
        for mut finding in findings {
            let mut covering = None;
            for (at, (entry, _)) in self.entries.iter().enumerate() {
                let is_part = entry.is_about_a_part(&finding);
                let is_same = || entry.saw_a_part(&finding, judge) && entry.saw_those_secrets(&finding, judge);
                if is_part && !is_same() {
                    used[at] = used[at].max(Use::Outdated);
                } else if is_part && !entry.is_expired(judge.today) {
                    // What was accepted between some sources is still there, and more with it.
                    used[at] = Use::Covers;
                    let help = format!(
                        "it is accepted between {} only; accept it anew, or mend it",
                        entry.within.join(" and ")
                    );
                    finding.help = Some(help);
                    finding.difference.iter_mut().for_each(|it| it.partly.clone_from(&entry.within));
                }
                if !entry.is_about(&finding) {
                    continue;
                }
                let covers = entry.saw_the_same(&finding, judge) && entry.saw_those_secrets(&finding, judge);
                used[at] = used[at].max(if covers { Use::Covers } else { Use::Outdated });
                if !entry.is_expired(judge.today) && covers {
                    covering = Some(entry);
                } else if !entry.is_expired(judge.today) {
                    finding.help = Some("it was accepted with other values; look at it again".to_owned());
                }
            }
            match (covering, &mut finding.difference) {
                (Some(entry), Some(difference)) => {
                    difference.bucket = Bucket::Acknowledged;
                    let Entry { why, until, by, .. } = entry.clone();
                    difference.accepted = Some(Accepted { why, until, by, is_new: false });
                    finding.fix = None;
                    settled.push(finding);
                }
                _ => counting.push(finding),
            }
        }
        (counting, settled, used)
    }
}

/// Whether `text` is a day, as in `2026-12-31`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |text: &str, digits: usize| {
        let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leaps => 29,
        2 => 28,
        _ => 0,
    };
    (1..=last).contains(&day)
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Entry, is_date, lasting};

    const TEXT: &str = "version = 1\nack = [\n  { code = \"drift-must-differ\", key = \"KEY\", in = [\"dev\", \"prod\"], \
                        sealed = [\"\", \"0123456789abcdef\"], why = \"shared\" },\n  { code = \"drift-must-match\", key = \"A\", in = [\"prod\", \"staging\"], \
                        saw = [\"\\\"\\\\\\u0009\", \"2\"], why = \"OPS-1\", until = \"2026-12-31\", by = \"deploy\" },\n]\n";

    #[test]
    fn what_is_written_is_read_again() {
        let baseline = Baseline::parse("b", TEXT).unwrap();
        assert_eq!(baseline.text(), TEXT);
        let mut turned = Baseline::default();
        for (entry, _) in baseline.entries() {
            let mut entry = entry.clone();
            entry.within.reverse();
            entry.saw.iter_mut().chain(&mut entry.sealed).for_each(|list| list.reverse());
            turned.add(entry.clone());
            turned.add(Entry { why: entry.why.clone(), ..entry });
        }
        assert_eq!(turned.text(), TEXT);
        let all: Vec<_> = turned.entries().map(|(entry, _)| entry.clone()).collect();
        turned.remove(&all);
        assert_eq!(turned.text(), "version = 1\nack = [\n]\n");
    }

    #[test]
    fn comments_stay_with_their_entries() {
        let text = "# ours\nversion = 1\n# all of them\nack = [\n  # reviewed\n  { code = \"c\", key = \"B\", in = [\"a\"], why = \"x\" }, # until spring\n  \
                    # last\n  { code = \"c\", key = \"A\", in = [\"a\"], why = \"x\" },\n]\n# end\n";
        let mut baseline = Baseline::parse("b", text).unwrap();
        let expected = "# ours\n# all of them\nversion = 1\nack = [\n  # last\n  { code = \"c\", key = \"A\", in = [\"a\"], why = \"x\" },\n  \
                        # reviewed\n  { code = \"c\", key = \"B\", in = [\"a\"], why = \"x\" }, # until spring\n]\n# end\n";
        assert_eq!(baseline.text(), expected);
        let first = baseline.entries().next().unwrap().0.clone();
        baseline.add(Entry { why: "y".to_owned(), ..first.clone() });
        assert_eq!(baseline.text(), expected.replace("why = \"x\" }, #", "why = \"y\" }, #"));
        baseline.remove(&[Entry { why: "y".to_owned(), ..first }]);
        assert!(!baseline.text().contains("reviewed") && baseline.text().contains("# last"));
    }

    #[test]
    fn mistakes_are_named() {
        let entry = |members: &str| format!("version = 1\nack = [{{ code = \"c\", key = \"K\", {members} }}]\n");
        for (text, message) in [
            ("version = 2\n".to_owned(), "version 2 of a baseline is not known"),
            (entry("in = [\"a\"], why = \" \""), "an accepted difference has no reason"),
            (entry("in = [\"a\"], why = \"x\", until = \"2026-13-01\""), "`until` is no date"),
            (entry("in = [\"a\"], saw = [], why = \"x\""), "`saw` has not one value for each of `in`"),
            (entry("in = [\"a\"], sealed = [], why = \"x\""), "`sealed` has not one name for each of `in`"),
        ] {
            assert_eq!(Baseline::parse("b", &text).unwrap_err().message, message);
        }
        assert!(Baseline::parse("b", "version = 1\nacks = []\n").unwrap_err().place.is_some());
    }

    #[test]
    fn dates() {
        for (text, expected) in [
            ("2026-12-31", true),
            ("2026-1-1", false),
            ("2026-00-01", false),
            ("2026-02-29", false),
            ("2028-02-29", true),
            ("2100-02-29", false),
            ("2026-04-31", false),
            ("soon", false),
        ] {
            assert_eq!(is_date(text), expected, "{text}");
        }
    }

    #[test]
    fn what_stays_of_a_source() {
        for (source, expected) in [
            ("prod", "prod"),
            ("prod@v1.4.0", "prod@v1.4.0"),
            ("pm2:-#web", "pm2:#web"),
            ("pm2:a#b/list.json", "pm2:#b/list.json"),
            ("compose:config.yml", "compose:"),
            ("env:a.env", "env:a.env"),
            ("proc:environ", "proc:environ"),
        ] {
            assert_eq!(lasting(source), expected);
        }
    }

    #[test]
    fn the_last_day_counts() {
        let entry = |until: &str| Entry {
            code: "c".to_owned(),
            key: "K".to_owned(),
            within: vec!["a".to_owned()],
            saw: None,
            sealed: None,
            why: "x".to_owned(),
            until: Some(until.to_owned()),
            by: None,
        };
        for (until, expected) in [("2026-11-25", true), ("2026-11-26", false), ("2026-11-27", false)] {
            assert_eq!(entry(until).is_expired("2026-11-26"), expected, "{until}");
        }
    }
}
