//! A value with blanks in it is not quoted.
//!
//! docker compose takes the whole line; a shell runs the second word as a command, and dotenvy refuses the file.
//!
//! Example: `GREETING=hello big world`.
//!
//! Where it is known who reads the file and none of them cuts a value at a blank, as a shell, dotenvy and uv do, this is
//! quiet.
//!
//! Remedy: quote it: `GREETING="hello big world"`. docker run and make keep quotes as part of the value; if one of them
//! reads the file, no spelling suits all.

use super::{File, advice};
use crate::finding::{Finding, Rule, Severity};
use crate::layer::Content;

pub(super) static RULE: Rule = Rule {
    code: "unquoted-blank",
    severity: Severity::Note,
    summary: "a value with blanks is not quoted",
    page: include_str!("unquoted_blank.rs"),
};

/// The readers for which a value without quotes ends at a blank.
const CUTTING: &[&str] = &["shell", "dotenvy", "uv"];

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let cutting: Vec<&str> = CUTTING.iter().copied().filter(|reader| file.read_by(reader)).collect();
    if file.layer.sealed {
        return;
    }
    let is_harmless = file.has_known_readers() && cutting.is_empty();
    let here = match cutting.as_slice() {
        [] | ["shell", ..] => "a shell takes only the first word".to_owned(),
        others => format!("{} refuse the file", super::listed(others, "and")),
    };
    let here = if cutting.len() == 1 { here.replace("refuse the", "refuses the") } else { here };
    for entry in &file.layer.entries {
        let Content::Slice(range) = &entry.content else { continue };
        let text = file.layer.slice(range);
        if *range != entry.value || memchr::memchr2(b' ', b'\t', text.as_bytes()).is_none() {
            continue;
        }
        if file.has_comment_behind_tab(entry) {
            let message = format!("{} holds what looks like a comment", file.name(entry));
            let at = file.layer.span(&entry.value);
            let finding =
                file.about(&RULE, entry, message).at(at, "a tab in front of # begins no comment for docker compose");
            findings.push(finding.help("put the comment on a line of its own, or a space in front of #"));
            continue;
        }
        if is_harmless || file.looks_like_comment(entry) {
            continue;
        }
        let span = file.layer.span(&entry.value);
        let name = file.name(entry);
        let finding = file.about(&RULE, entry, format!("{name} has blanks and no quotes"));
        let finding = finding.at(span, here.clone());
        // Quotes change nothing for docker compose only where the text has nothing that they give a meaning to.
        let plain = !text.contains(['"', '\\', '\'']) && !file.project.is_secret(file.layer.key(entry));
        findings.push(if plain {
            let quoted = format!("\"{text}\"");
            finding.help(advice::to_write(file, entry, &quoted)).fix(span, quoted, "quote the value")
        } else {
            finding.help("quote the value")
        });
    }
}
