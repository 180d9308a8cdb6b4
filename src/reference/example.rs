//! `.env.example` from the schema: every key with what it is for, in a spelling that all readers of env files share, and
//! no secret.

use std::fmt::Write;

use super::{Entry, Reference, Required};
use crate::dialects::{self, Process};
use crate::plain::is_name;
use crate::portable;

/// How the first line begins, by which a file is known that may be written anew.
pub const FIRST: &str = "# Written by `sparkcfg docs --example`";

/// The widest line of a comment, in characters.
const WIDTH: usize = 100;

/// The text of the file.
#[must_use]
pub fn write(reference: &Reference) -> String {
    let mut out = format!("{FIRST} from {}: change that, not this.\n", reference.schema);
    out.push_str("# Copy it to .env, and fill in what is empty. No secret ever stands here.\n");
    for entry in reference.keys.iter().filter(|entry| !entry.deprecated) {
        out.push('\n');
        if let Some(description) = &entry.description {
            comment(&mut out, description);
        }
        comment(&mut out, &facts(entry));
        line(&mut out, entry);
    }
    out
}

fn facts(entry: &Entry) -> String {
    let mut facts = Vec::new();
    facts.extend(entry.secret.then(|| "secret".to_owned()));
    let kind = if entry.values.is_empty() { entry.kind.clone() } else { format!("one of {}", entry.values.join(", ")) };
    facts.push(kind);
    match &entry.required {
        Required::No => {}
        Required::Everywhere => facts.push("required".to_owned()),
        Required::In(names) => facts.push(format!("required in {}", names.join(", "))),
    }
    facts.extend(entry.only_in.as_ref().map(|names| format!("only in {}", names.join(", "))));
    format!("({})", facts.join("; "))
}

/// The line with the key: set where there is a default or a value must be filled in, a comment else.
fn line(out: &mut String, entry: &Entry) {
    if !is_name(&entry.key) {
        comment(out, &format!("{} is no name that an env file can have.", entry.key));
        return;
    }
    let readers: Vec<_> = portable::COMMON.iter().filter_map(|name| dialects::find(name)).collect();
    let spelled = |text: &str| portable::spell(&entry.key, text, &readers, &Process::new()).ok();
    let one_line = |text: String| Some(text).filter(|text| !text.contains('\n'));
    let must = entry.required == Required::Everywhere;
    let default = entry.default.as_deref().and_then(spelled).and_then(one_line);
    let example = entry.examples.first().map(String::as_str).and_then(spelled).and_then(one_line);
    // The same in the spelling that programs know: `True`.
    let default = match (&default, &example) {
        (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => example.clone(),
        _ => default,
    };
    let _ = match (default, example) {
        (Some(line), _) => writeln!(out, "{line}"),
        (None, Some(line)) if must => writeln!(out, "{line}"),
        (None, Some(line)) => writeln!(out, "# {line}"),
        (None, None) if must => writeln!(out, "{}=", entry.key),
        (None, None) => writeln!(out, "# {}=", entry.key),
    };
}

/// Lines of a comment, broken at blanks. make takes a backslash at the end as a promise of more.
fn comment(out: &mut String, text: &str) {
    for paragraph in text.split("\n\n") {
        let mut line = String::from("#");
        for word in paragraph.split_whitespace() {
            if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
                close(out, &line);
                line = String::from("#");
            }
            line.push(' ');
            line.push_str(word);
        }
        close(out, &line);
    }
}

fn close(out: &mut String, line: &str) {
    out.push_str(line);
    if line.ends_with('\\') {
        out.push_str(" .");
    }
    out.push('\n');
}
