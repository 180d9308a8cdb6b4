//! A key is not a name that every reader takes.
//!
//! A name is made of letters, digits and `_`, and does not start with a digit. docker compose takes `.`, `-` and letters
//! of any script too; shells, make, systemd and others drop such a line without a word, or refuse the file. Where nobody but
//! docker compose and docker is seen to read a file, `discovery.type=single-node`, as images of Elasticsearch want it, is a note.
//!
//! Example: `my-key=1`, `2FA=on`, `=value`.
//!
//! Remedy: rename the key, in the file and where it is read.

use super::{File, is_name};
use crate::detection;
use crate::finding::{Finding, Rule, Severity};
use crate::suggestion::nearest;

pub(super) static RULE: Rule = Rule {
    code: "invalid-key-name",
    severity: Severity::Error,
    summary: "a key is not a name that every reader takes",
    page: include_str!("invalid_key_name.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    for (index, entry) in file.layer.entries.iter().enumerate() {
        let key = file.layer.key(entry);
        // A token that was pasted without its key is told as that.
        if is_name(key) || detection::known_token(key).is_some() || file.layer.quoted_before(index).is_some() {
            continue;
        }
        let suggestion: String =
            key.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect();
        let suggestion = if suggestion.starts_with(|first: char| first.is_ascii_digit()) {
            format!("_{suggestion}")
        } else {
            suggestion
        };
        // Nothing but underscores is nobody's name.
        let suggestion = if suggestion.bytes().all(|byte| byte == b'_') { String::new() } else { suggestion };
        let shown = file.name(entry);
        let schema = file.project.schema.as_ref();
        let near = schema.and_then(|schema| nearest(key, schema.schema.keys())).filter(|_| shown == key);
        let (message, help) = match key.is_empty() {
            true => {
                let sign = file.layer.slice(&(entry.key.end..entry.value.start));
                let message = match sign.chars().next() {
                    Some(sign) => format!("there is no key before {sign}"),
                    // docker compose makes this of a word at the end of the file that no line end follows.
                    None => "a word stands alone, and becomes the value of a variable without a name".to_owned(),
                };
                (message, "write KEY=value".to_owned())
            }
            false if key.starts_with('[') && key.ends_with(']') => (
                format!("{shown} is not a portable name"),
                "an env file has no sections: take the line away, or begin it with # as a comment".to_owned(),
            ),
            false if let Some(near) = near => {
                (format!("{shown} is not a portable name"), format!("did you mean {near}?"))
            }
            false if is_name(&suggestion) && shown == key && schema.is_some_and(|schema| !schema.schema.is_open()) => {
                let declare = "declare it in the schema, which does not know it";
                (format!("{shown} is not a portable name"), format!("call it {suggestion}, and {declare}"))
            }
            false if is_name(&suggestion) && shown == key => {
                (format!("{shown} is not a portable name"), format!("call it {suggestion}"))
            }
            false => {
                (format!("{shown} is not a portable name"), "use letters, digits and _, and no digit first".to_owned())
            }
        };
        let is_taken = near.is_none() && is_dotted(key) && only_docker_reads(file);
        let (help, severity) = if is_taken {
            ("docker compose takes it, and others would not".to_owned(), Severity::Note)
        } else {
            (help, RULE.severity)
        };
        let span = match key.is_empty() {
            true if entry.key.start == entry.value.start => entry.value.clone(),
            true => entry.key.start..entry.value.start,
            false => entry.key.clone(),
        };
        let here = if key.is_empty() { "no name" } else { "letters, digits and _ only" };
        let finding = file.about(&RULE, entry, message).at(file.layer.span(&span), here).help(help);
        findings.push(finding.severity(severity));
    }
}

/// Names with dots between them: `xpack.security.enabled`.
fn is_dotted(key: &str) -> bool {
    key.contains('.') && key.split('.').all(is_name)
}

/// Whether all who are known to read a file hand its names to a container as they are.
fn only_docker_reads(file: &File<'_>) -> bool {
    let readers = file.project.readers.get(file.index).map(Vec::as_slice).unwrap_or_default();
    !readers.is_empty()
        && readers.iter().all(|reader| ["compose", "compose-raw", "docker-run"].contains(&reader.as_str()))
}
