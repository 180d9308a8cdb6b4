//! Stretches of a file that are no lines to be judged one by one: each is told once, as what it is.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use crate::envelope::{CONFLICT, solve};
use crate::finding::Finding;
use crate::layer::Layer;
use crate::project::Project;
use crate::project::layout::is_personal;

/// One such stretch of a file.
struct Stretch {
    /// From the first byte to the end of the last line.
    range: Range<usize>,
    /// The line to look at.
    at: Range<usize>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Conflict,
    /// A line that git wrote into a conflict, the others of which somebody took away.
    Mark,
    PrivateKey,
    Armor,
    Continuation,
    CarriageReturns,
    Sealed,
}

impl Kind {
    fn is_whole(self) -> bool {
        matches!(self, Self::CarriageReturns | Self::Sealed)
    }
}

/// What is judged line by line, and so not within such a stretch.
const BY_LINE: &[&str] = &[
    "bad-format",
    "bad-length",
    "bad-pattern",
    "command-substitution",
    "duplicate-key",
    "invalid-key-name",
    "key-without-value",
    "loose-assignment",
    "no-final-newline",
    "not-allowed-value",
    "out-of-range",
    "reads-differently",
    "schema-rule",
    "sealed-file-damaged",
    "syntax",
    "trailing-blank",
    "unknown-key",
    "unquoted-blank",
    "unsealed-value",
    "wrong-type",
];

pub(super) fn told_once(project: &Project, findings: &mut Vec<Finding>) {
    let by_line = findings.iter().filter(|finding| BY_LINE.contains(&finding.rule.code));
    let sources: HashSet<_> = by_line.filter_map(|finding| Some(finding.label.as_ref()?.span.source)).collect();
    let is_judged = |layer: &Layer| sources.contains(&layer.source) && !layer.is_unread();
    for (index, layer) in project.layers.iter().enumerate().filter(|(_, layer)| is_judged(layer)) {
        let stretches = if is_by_sops(layer) { vec![whole(&layer.text, Kind::Sealed)] } else { stretches(&layer.text) };
        let mut hit = vec![false; stretches.len()];
        findings.retain(|finding| match within(finding, layer, &stretches) {
            Some(at) => {
                hit[at] = true;
                false
            }
            None => true,
        });
        // Where a comment silenced all of it there is nothing to be told.
        for (stretch, _) in stretches.iter().zip(hit).filter(|(_, hit)| *hit) {
            if stretch.kind.is_whole() {
                unknown(&project.environments_of(index).collect::<Vec<_>>(), findings);
            }
            findings.extend(told(project, layer, stretch));
        }
    }
}

/// Which of the stretches, in file order, a finding is about.
fn within(finding: &Finding, layer: &Layer, stretches: &[Stretch]) -> Option<usize> {
    let span = finding.label.as_ref()?.span;
    let start = span.start as usize;
    let at = stretches.partition_point(|stretch| stretch.range.start <= start).checked_sub(1)?;
    let here = span.source == layer.source && start <= stretches[at].range.end;
    (here && BY_LINE.contains(&finding.rule.code)).then_some(at)
}

/// Nothing in a file was read, so nothing is known to be missing where it is used.
fn unknown(environments: &[&Arc<str>], findings: &mut Vec<Finding>) {
    findings.retain(|finding| {
        !matches!(finding.rule.code, "missing-key" | "uneven-key")
            || !environments.iter().any(|name| finding.environments.contains(name))
    });
}

/// What to do about a conflict in a sealed file, as whoever opened it has said.
fn sealed_conflict(project: &Project, layer: &Layer) -> &'static str {
    let index = project.layers.iter().position(|known| std::ptr::eq(known, layer));
    let damage = index.and_then(|index| project.sealed.get(&index)?.damages.first());
    let damage = damage.filter(|damage| damage.message == CONFLICT);
    damage.map_or_else(|| solve(layer.text.as_bytes(), None), |damage| damage.help)
}

fn told(project: &Project, layer: &Layer, stretch: &Stretch) -> Option<Finding> {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let at = layer.span(&(narrow(stretch.at.start)..narrow(stretch.at.end)));
    let path = project.sources.path(layer.source);
    let (code, message, here, help) = match stretch.kind {
        Kind::Conflict if layer.sealed => (
            "sealed-file-damaged",
            "a merge was left half done".to_owned(),
            "both sides stand in the file",
            sealed_conflict(project, layer).to_owned(),
        ),
        Kind::Conflict => (
            "syntax",
            "a merge was left half done".to_owned(),
            "both sides stand in the file",
            "keep one side, and take the lines with <<<<<<<, ======= and >>>>>>> away".to_owned(),
        ),
        Kind::Mark => (
            "syntax",
            "this line is left over from a merge".to_owned(),
            "git marks the sides of a conflict so",
            "take the line away, and see that only one side is left".to_owned(),
        ),
        Kind::PrivateKey if !is_personal(path) => (
            "plaintext-secret",
            "a private key stands in a file that is not sealed, and without quotes".to_owned(),
            "readable by everybody who can read the repository",
            format!("seal it in {}, then make a new one: it has been seen", super::sealed_name(path)),
        ),
        Kind::PrivateKey | Kind::Armor => (
            "syntax",
            "a value of several lines stands without quotes".to_owned(),
            "its other lines are read as keys",
            "put double quotes around all of its lines".to_owned(),
        ),
        Kind::Continuation => (
            "syntax",
            "a backslash does not join two lines in an env file".to_owned(),
            "the value ends here",
            "write the value on one line, or put double quotes around all of its lines".to_owned(),
        ),
        Kind::Sealed => (
            "sealed-file-damaged",
            "SOPS sealed this file, but its name does not say so".to_owned(),
            "nothing opens what is in it",
            "name it so that it ends with .secrets.env".to_owned(),
        ),
        Kind::CarriageReturns => (
            "syntax",
            "the lines end with carriage returns alone".to_owned(),
            "for most readers all of it is one line",
            "save it with the line ends of Unix (LF) or Windows (CRLF)".to_owned(),
        ),
    };
    Some(Finding::new(super::find(code)?, message).at(at, here).help(help))
}

/// Whether a file that is taken for plain text is one by SOPS.
fn is_by_sops(layer: &Layer) -> bool {
    !layer.sealed && layer.entries.iter().any(|entry| layer.key(entry) == "sops_mac")
}

fn whole(text: &str, kind: Kind) -> Stretch {
    Stretch { range: 0..text.len(), at: 0..text.find(['\n', '\r']).unwrap_or(text.len()), kind }
}

fn stretches(text: &str) -> Vec<Stretch> {
    if !text.contains('\n') && text.trim_end_matches('\r').contains('\r') {
        return vec![whole(text, Kind::CarriageReturns)];
    }
    let mut found = Vec::new();
    if ["<<<<<<< ", SIDES, ">>>>>>> ", "=-----BEGIN ", "\\\n", "\\\r\n"]
        .iter()
        .any(|mark| memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
    {
        let mut at = 0;
        while let Some(stretch) = next(text, at) {
            at = stretch.range.end;
            found.push(stretch);
        }
    }
    found
}

/// What git puts between the two sides of a conflict.
const SIDES: &str = "=======";

/// The first merge conflict or unquoted armor at or behind `from`, the beginning or the end of a line.
fn next(text: &str, from: usize) -> Option<Stretch> {
    let mut start = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let at = start..start + line.trim_end().len();
        let end = |mark: &str| line_with(text, start + line.len(), mark);
        let (kind, end) = if line.starts_with("<<<<<<< ") || line.trim_end() == SIDES {
            match end(">>>>>>> ") {
                Some(end) => (Kind::Conflict, Some(end)),
                None => (Kind::Mark, Some(at.end)),
            }
        } else if line.starts_with(">>>>>>> ") {
            (Kind::Mark, Some(at.end))
        } else if let Some((_, name)) = line.split_once("=-----BEGIN ").filter(|(_, rest)| !rest.contains("-----END "))
        {
            let kind = if name.contains("PRIVATE KEY") { Kind::PrivateKey } else { Kind::Armor };
            (kind, end("-----END "))
        } else if line.trim_end().ends_with('\\') && !line.contains(['"', '\'', '#']) {
            (Kind::Continuation, continued(text, start + line.len()))
        } else {
            (Kind::Armor, None)
        };
        if let Some(end) = end {
            return Some(Stretch { range: start..end, at, kind });
        }
        start += line.len();
    }
    None
}

/// The end of the line at `from`, if it is none by itself.
fn continued(text: &str, from: usize) -> Option<usize> {
    let line = text.get(from..)?.lines().next().filter(|line| !line.trim().is_empty())?;
    (!line.contains('=') && !line.starts_with('#')).then_some(from + line.len())
}

/// The end of the first line at or behind `from` that begins with `mark`.
fn line_with(text: &str, from: usize, mark: &str) -> Option<usize> {
    let mut start = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        if line.starts_with(mark) {
            return Some(start + line.trim_end().len());
        }
        // A conflict within a conflict, or the next key.
        if line.starts_with("<<<<<<< ") || mark.starts_with('-') && line.contains("=-----BEGIN ") {
            return None;
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Kind, stretches};

    #[test]
    fn what_is_no_line() {
        let found = |text: &str| -> Vec<(Kind, String)> {
            let found = stretches(text);
            found.iter().map(|stretch| (stretch.kind, text[stretch.range.clone()].to_owned())).collect()
        };
        for (text, kind, range) in [
            (
                "A=1\n<<<<<<< a\nB=1\n=======\nB=2\n>>>>>>> b\nC=1\n",
                Kind::Conflict,
                "<<<<<<< a\nB=1\n=======\nB=2\n>>>>>>> b",
            ),
            ("A=1\n=======\nA=2\n>>>>>>> b\n", Kind::Conflict, "=======\nA=2\n>>>>>>> b"),
            ("A=1\n=======\nA=2\n", Kind::Mark, "======="),
            ("A=1\n>>>>>>> b\nA=2\n", Kind::Mark, ">>>>>>> b"),
            ("<<<<<<< a\nB=1\n", Kind::Mark, "<<<<<<< a"),
            (
                "K=-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\r\nA=1",
                Kind::PrivateKey,
                "K=-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----",
            ),
            (
                "K=-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
                Kind::Armor,
                "K=-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
            ),
            ("A=x \\\n  y\nB=1", Kind::Continuation, "A=x \\\n  y"),
            ("A=1\rB=2\r", Kind::CarriageReturns, "A=1\rB=2\r"),
        ] {
            assert!(found(text) == [(kind, range.to_owned())], "{text:?}");
        }
        let nested = found("<<<<<<< a\n<<<<<<< a\n>>>>>>> b");
        assert!(nested == [(Kind::Mark, "<<<<<<< a".to_owned()), (Kind::Conflict, "<<<<<<< a\n>>>>>>> b".to_owned())]);
        for text in [
            "",
            "A=1\r",
            "A=C:\\\nB=1\n",
            "A=C:\\\n\n",
            "A=\"x \\\ny\"\n",
            "A=1\r\nB=2\r\n",
            "K=\"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\"",
            "K=-----BEGIN PRIVATE KEY-----\\nx\\n-----END PRIVATE KEY-----\n",
            "K=-----BEGIN PRIVATE KEY-----\n",
        ] {
            assert!(found(text).is_empty(), "{text:?}");
        }
    }
}
