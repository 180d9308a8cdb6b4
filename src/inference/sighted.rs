//! Where keys stand: in env files with their comments, in Compose files, in PM2 files.

use std::sync::Arc;

use super::{Origin, Sighting, Without};
use crate::compose::{Application, File, references_in};
use crate::detection;
use crate::dialects::compose;
use crate::interpolation::{Operator, Sign, interpolates, references};
use crate::layer::Content;
use crate::pm2::Ecosystem;
use crate::tree::{Node, Value};

/// The keys of an env file; with those that are commented out, where the file documents.
#[must_use]
pub fn in_env_file(path: &str, origin: &Origin, text: &str) -> Vec<Sighting> {
    let documents = *origin == Origin::Example;
    let slice = |range: &std::ops::Range<u32>| text.get(range.start as usize..range.end as usize).unwrap_or_default();
    let mut found: Vec<(usize, Sighting)> = Vec::new();
    for entry in compose::parse(text).entries {
        let key = slice(&entry.key);
        if !is_key(key) {
            continue;
        }
        let value = match &entry.content {
            Content::Slice(range) => Some(slice(range).to_owned()),
            Content::Decoded(text) => Some(text.to_string()),
            _ => None,
        };
        let made = value.as_deref().filter(|value| entry.interpolates && interpolates(value));
        let holds_secret =
            made.is_some_and(|made| references(made).iter().any(|one| detection::names_secret_surely(one.name)));
        let value = if made.is_some() { None } else { value };
        let mut comment = comment_of(text, &entry);
        // To Compose what stands behind nothing is the value; who documents means a comment.
        let behind = value.as_deref().filter(|_| documents).and_then(|value| value.strip_prefix('#')).map(str::trim);
        if let Some(behind) = behind {
            comment = Some(comment.map_or_else(|| behind.to_owned(), |above| format!("{above} {behind}")));
        }
        let value = if behind.is_some() { Some(String::new()) } else { value };
        let sighting = sighting(key, path, origin.clone(), value);
        found.push((entry.key.start as usize, Sighting { holds_secret, comment, ..sighting }));
    }
    if documents {
        found.extend(commented_out(path, text));
        // In the order of the file, because that is how its author grouped them.
        found.sort_by_key(|(at, _)| *at);
    }
    found.into_iter().map(|(_, sighting)| sighting).collect()
}

fn sighting(key: &str, path: &str, origin: Origin, value: Option<String>) -> Sighting {
    let (key, place) = (key.to_owned(), path.to_owned());
    Sighting { key, place, origin, value, holds_secret: false, comment: None, service: None, taken: None }
}

/// A name that an environment variable can have; what else stands before `=` was never meant as one.
fn is_key(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && key.len() <= 128
}

/// `# KEY=value` as the whole line: a key that one may set.
fn commented_out<'t>(path: &'t str, text: &'t str) -> impl Iterator<Item = (usize, Sighting)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let (key, value) = assignment(line)?;
        let value = Some(value).filter(|value| !interpolates(value)).map(ToOwned::to_owned);
        let comment = comment_above(text, start);
        Some((start, Sighting { comment, ..sighting(key, path, Origin::Commented, value) }))
    })
}

/// The key and the value of a line that is a commented-out assignment; prose has blanks around its `=`, small letters, or
/// words behind the value. What is quoted, or stands in for a value as `<your domain>`, may have blanks.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start().strip_prefix('#')?.trim();
    let (key, value) = line.split_once('=')?;
    let upper =
        key.len() > 1 && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let value = value.trim();
    let value = if value.starts_with('#') { "" } else { value.split(" #").next().unwrap_or(value).trim_end() };
    let within =
        |open, close| value.strip_prefix(open)?.strip_suffix(close).filter(|text: &&str| !text.contains([open, close]));
    let unquoted = within('"', '"').or_else(|| within('\'', '\''));
    let is_whole = !value.contains(' ') || unquoted.is_some() || within('<', '>').is_some();
    (upper && is_key(key) && is_whole).then_some((key, unquoted.unwrap_or(value)))
}

/// What is said of an entry: above it, and behind its value.
fn comment_of(text: &str, entry: &crate::layer::Entry) -> Option<String> {
    let above = comment_above(text, entry.key.start as usize);
    let behind = text.get(entry.value.end as usize..).and_then(|rest| rest.lines().next());
    let behind = behind.and_then(|rest| rest.split_once('#')).map(|(_, comment)| comment.trim());
    let parts: Vec<_> = above.as_deref().into_iter().chain(behind.filter(|text| !text.is_empty())).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The comment on the lines right above the line that holds the byte `at`; rulers and what is commented out end it. Of
/// several paragraphs the first one that is more than a title tells what a key is; the end of a sentence that leads to
/// the line itself (`For example:`) tells nothing.
fn comment_above(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    // The paragraphs and their lines, the last ones first.
    let mut paragraphs: Vec<Vec<&str>> = vec![Vec::new()];
    let mut ruled_below = false;
    for line in text.get(..start)?.lines().rev() {
        let Some(comment) = line.trim().strip_prefix('#') else { break };
        let comment = comment.trim_start_matches('#').trim();
        let is_ruler = !comment.chars().any(char::is_alphanumeric);
        let is_line = is_ruler && !comment.is_empty();
        let has_text = paragraphs.iter().any(|one| !one.is_empty());
        if is_line && has_text && ruled_below {
            // A title between two lines is of all keys below.
            return None;
        }
        if assignment(line).is_some() || is_line && has_text || is_heading(comment) {
            break;
        }
        ruled_below |= is_line;
        match paragraphs.last_mut() {
            Some(lines) if !is_ruler => lines.push(comment.trim_matches(['=', '-', '*', '#', ' '])),
            Some(lines) if !lines.is_empty() => paragraphs.push(Vec::new()),
            _ => {}
        }
    }
    let joined = paragraphs.iter().rev().map(|lines| lines.iter().rev().copied().collect::<Vec<_>>().join(" "));
    let told: Vec<String> =
        joined.map(|text| without_lead_in(&text).to_owned()).filter(|text| !text.is_empty()).collect();
    let is_title = |text: &String| text.split(' ').count() < 4 && !text.ends_with('.');
    let first = told.iter().find(|text| !is_title(text)).or(told.last());
    first.cloned()
}

/// `--- Server ---`, `=== Server ===`: the title of all keys below.
fn is_heading(comment: &str) -> bool {
    let is_sign = |sign: char| matches!(sign, '=' | '-' | '*' | '#' | '~' | '_');
    let inner = comment.trim_matches(is_sign);
    let (before, after) = (comment.trim_start_matches(is_sign).len(), comment.trim_end_matches(is_sign).len());
    !inner.trim().is_empty() && comment.len() - before > 1 && comment.len() - after > 1
}

/// A text without a last sentence that ends in a colon.
fn without_lead_in(text: &str) -> &str {
    if !text.ends_with(':') {
        return text;
    }
    text.rfind(". ").map_or("", |end| &text[..=end])
}

/// The variables that a Compose application takes from outside, with the services that get them by that name.
#[must_use]
pub fn in_compose(files: &[File], application: &Application) -> Vec<Sighting> {
    let mut found = Vec::new();
    for service in &application.services {
        for variable in service.environment().iter().filter(|variable| variable.value.is_null()) {
            let place = path_of(files, variable.name_span.source);
            if is_key(&variable.name) {
                found.push(Sighting {
                    service: Some(service.name.clone()),
                    ..sighting(&variable.name, place, Origin::Reference { without: Without::GoesOn }, None)
                });
            }
        }
        for part in service.node.pairs() {
            if part.key != "environment" {
                in_node(files, &part.value, &mut found);
                continue;
            }
            // Its program reads what it is given by that name. A tag, a port, a part of an address are for Compose alone.
            for variable in service.environment() {
                for reference in references_in(&variable.value) {
                    let reader = Some(service.name.as_str()).filter(|_| reference.name == variable.name);
                    found.extend(reference_at(&reference, path_of(files, reference.span.source), reader));
                }
            }
        }
    }
    // What stands outside of services, or in parts of a file that no service uses.
    for file in files {
        for reference in file.references() {
            let known =
                found.iter().any(|sighting: &Sighting| sighting.key == reference.name && sighting.place == file.path);
            if !known {
                found.extend(reference_at(&reference, &file.path, None));
            }
        }
    }
    found
}

fn path_of(files: &[File], source: crate::source::SourceId) -> &str {
    files.iter().find(|file| file.source == source).map(|file| file.path.as_str()).unwrap_or_default()
}

fn in_node(files: &[File], node: &Arc<Node>, found: &mut Vec<Sighting>) {
    match &node.value {
        Value::Scalar { .. } => {
            for reference in references_in(node) {
                found.extend(reference_at(&reference, path_of(files, reference.span.source), None));
            }
        }
        Value::List(_) => node.items().for_each(|item| in_node(files, item, found)),
        Value::Map(_) => node.pairs().for_each(|pair| in_node(files, &pair.value, found)),
        Value::Unknown | Value::OneOf(_) => {}
    }
}

fn reference_at(reference: &crate::compose::Reference, path: &str, service: Option<&str>) -> Option<Sighting> {
    if !is_key(&reference.name) {
        return None;
    }
    let sign = reference.operator.map(|Operator { sign, .. }| sign);
    let given = (sign == Some(Sign::Default) && !interpolates(&reference.argument)).then(|| reference.argument.clone());
    // A default that refers to another variable is one, though nothing is known of it.
    let hidden = sign == Some(Sign::Default) && given.is_none() || sign == Some(Sign::Alternative);
    let without = match sign {
        Some(Sign::Required) => Without::Stops,
        Some(_) => Without::GoesOn,
        None => Without::Warns,
    };
    let origin = Origin::Reference { without };
    let value = given.or_else(|| hidden.then(String::new));
    Some(Sighting { service: service.map(ToOwned::to_owned), ..sighting(&reference.name, path, origin, value) })
}

/// The variables that PM2 apps get.
#[must_use]
pub fn in_pm2(path: &str, ecosystem: &Ecosystem) -> Vec<Sighting> {
    let mut found = Vec::new();
    for app in &ecosystem.apps {
        let name = Some(app.name.clone()).filter(|name| !name.is_empty());
        for pair in app.blocks().flat_map(|block| block.value.pairs()).filter(|pair| is_key(&pair.key)) {
            let value = pair.value.text().map(ToOwned::to_owned);
            found.push(Sighting { service: name.clone(), ..sighting(&pair.key, path, Origin::Set, value) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_file() {
        let text = "# === Server ===\n\n# Where it listens,\n# behind the proxy.\nPORT=8080 # as in compose\n# -----\n#HOST=localhost\n# note: a = b\n#TOKEN=\"x\"\n# AT=\"30 * *\"\n# FROM=<your name>\n# ONE=1 or TWO=2\n# SAY='a' or 'b'\nexport A='b c'\nB=${A}\n";
        let found = in_env_file(".env.example", &Origin::Example, text);
        let told: Vec<_> = found
            .iter()
            .map(|one| {
                (one.key.as_str(), one.value.as_deref(), one.comment.as_deref(), one.origin == Origin::Commented)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("PORT", Some("8080"), Some("Where it listens, behind the proxy. as in compose"), false),
                ("HOST", Some("localhost"), None, true),
                ("TOKEN", Some("x"), Some("note: a = b"), true),
                ("AT", Some("30 * *"), None, true),
                ("FROM", Some("<your name>"), None, true),
                ("A", Some("b c"), Some("ONE=1 or TWO=2 SAY='a' or 'b'"), false),
                ("B", None, None, false),
            ]
        );
    }

    #[test]
    fn what_a_comment_says() {
        for (text, expected) in [
            (
                "# The key that signs.\n# 48 signs.\n#\n# Or use a generator.\nK=\n",
                Some("The key that signs. 48 signs."),
            ),
            ("# Server\n#\n# Where it listens\nK=\n", Some("Where it listens")),
            ("# Server\nK=\n", Some("Server")),
            ("# Signs logins. For example, instead of:\nK=\n", Some("Signs logins.")),
            ("# You can use:\nK=\n", None),
            ("# REGION= # defaults to us-east-1\nK=\n", None),
            ("# One.\n# -----\n# Two more words here.\nK=\n", Some("Two more words here.")),
            ("# ---\n#\nK=\n", None),
            ("# --- Server ---\nK=\n", None),
            ("# === Server ===\n# Where it listens\nK=\n", Some("Where it listens")),
            ("# ------\n# Mail of all\n# ------\nK=\n", None),
            ("K=   # openssl rand -hex 32\n", Some("openssl rand -hex 32")),
        ] {
            let found = in_env_file(".env.example", &Origin::Example, text);
            let last = found.last().and_then(|one| one.comment.as_deref());
            assert_eq!(last, expected, "{text}");
        }
    }

    #[test]
    fn a_secret_within() {
        let text = "DB_PASSWORD=x\nURL=postgres://a:${DB_PASSWORD}@b/c\nOTHER=http://${HOST}/\n";
        let found = in_env_file(".env", &Origin::Example, text);
        assert_eq!(found.iter().map(|one| one.holds_secret).collect::<Vec<_>>(), [false, true, false]);
    }
}
