//! A Compose file begins with `version:`.
//!
//! Why it hurts: Compose has ignored it since 2020 and warns about it at every start; readers believe that it chooses a set of
//! features. Written without quotes, as `version: 3`, it is a number, and Compose refuses the file: an error.
//!
//! Example: `version: "3.8"`
//!
//! Remedy: take the line away; `sparkcfg validate --fix` does.

use super::deployed::Deployed;
use crate::compose::arrival::is_number;
use crate::finding::{Finding, Rule, Severity};
use crate::source::Span;
use crate::tree::Value;

pub(super) static RULE: Rule = Rule {
    code: "compose-version-key",
    severity: Severity::Warning,
    summary: "a Compose file says a version",
    page: include_str!("compose_version_key.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let Some(application) = deployed.application() else { return };
    let files = application.files.iter().filter_map(|index| deployed.project.deployments.compose.all.get(*index));
    for file in files {
        let roots = file.documents.as_ref().map(|documents| documents.roots.as_slice()).unwrap_or_default();
        for pair in roots.iter().filter_map(|root| root.pair("version")) {
            let span = Span { end: pair.value.span.end, ..pair.key_span };
            let refuses = matches!(&pair.value.value, Value::Scalar { text, plain: true } if is_number(text));
            let finding = if refuses {
                Finding::new(&RULE, "Compose refuses a `version` that is a number").severity(Severity::Error)
            } else {
                Finding::new(&RULE, "Compose ignores `version` and warns about it")
            };
            let finding = finding.at(span, "").help("take the line away");
            let finding = match whole_lines(deployed.project.sources.text(file.source), span) {
                Some(lines) => finding.fix(lines, "", "take the line away"),
                None => finding,
            };
            findings.push(deployed.of_environment(finding));
        }
    }
}

/// The lines of `span` with the end of the last one, if nothing else stands on them; up to a comment behind it, if there is one.
fn whole_lines(text: &str, span: Span) -> Option<Span> {
    let (before, after) = (text.get(..span.start as usize)?, text.get(span.end as usize..)?);
    let rest = after.find('\n').map_or(after.len(), |end| end + 1);
    let begins = before.is_empty() || before.ends_with('\n');
    let line = after.get(..rest)?;
    let comment = line.trim_start();
    if begins && comment.starts_with('#') {
        // The comment may be about more, so it stays.
        let end = span.end + u32::try_from(line.len() - comment.len()).ok()?;
        return Some(Span { end, ..span });
    }
    let alone = begins && line.trim().is_empty();
    let end = span.end + u32::try_from(rest).ok()?;
    alone.then_some(Span { end, ..span })
}
