//! A secret stands in a file that is not sealed.
//!
//! What counts, in this order:
//!
//! 1. Sealed text, references and placeholders are no secrets. What a reference brings to take instead
//!    (`${DB_PASSWORD:-hunter2}`) counts as if it stood there.
//! 2. A literal value of a key that the schema calls `writeOnly`. Where it says `"secret": false`, only the next counts.
//! 3. A value whose shape says what it is: a GitHub token with a valid checksum, an AWS key, a private key, and some
//!    sixty more. These count in comments too, and alone on a line.
//! 4. A password in a URL or connection string (`?password=…`, `Server=…;Password=…`), but not `user:user@localhost`; a
//!    credential in a header (`Bearer …`, `Basic …`, `x-api-key: …`) or in JSON (`{"password":"…"}`).
//! 5. A value of a key whose name says so (`DB_PASSWORD`), unless it is too short, a small number, a path or a plain URL.
//!    Where the name says it less clearly (`DB_AUTH`), a value of plain words (`scram-sha-256`) is none; nor is a token or key that
//!    its name gives to everybody (`NEXT_PUBLIC_MAPBOX_TOKEN`), unless its shape says that it opens something.
//!    In the environment of tests (`.env.test`, `environments/ci.env`) what 2, 4 and 5 find must have twenty characters.
//! 6. Twenty characters or more without order, under a name with the word `key`: a warning.
//! 7. 32 characters or more, small and large letters and digits without order, under any name: a warning.
//! 8. A value that also stands in a sealed file that was opened, under any name, unless it is made of words, a number, a path or a
//!    plain URL.
//!
//! Keys that are often public (Google) and test keys (Stripe) are warnings; a JSON web token that needs no signature is
//! a note. Whether one has expired only a clock could say, and the same files give the same findings every day; silence
//! it where it stands.
//!
//! Env files that no environment uses get into git as easily: copies (`.env.bak`, `prod.env.orig`, `environments/prod.env~`)
//! are looked at like layers, unless git ignores them. In examples (`.env.example`) only a known token is an error, and a
//! warning what is named like a secret and looks like a real one: placeholders and published examples belong there.
//! With `--staged`, every env file of the repository that differs from the last commit is looked at so, whatever its folder,
//! and a file that is called one of secrets (`prod.secrets.yaml`) must be sealed.
//!
//! A layer that git ignores and does not have is passed over, as a personal one is; where a protected environment uses it, it is a
//! warning.
//!
//! What counts by 2, 4 and 5 is an error in files that a protected environment uses, and in any file that is about to be
//! committed (`--staged`); in others a warning.
//!
//! Why it hurts: everybody who can read the repository, now or in ten years, can read it.
//!
//! Remedy: `sparkcfg secrets import FILE -e ENV --only-secrets --remove` seals what is secret in `ENV.secrets.env` and
//! takes it out of the file; then change it where it is used: it has been seen. If it is no secret, say
//! `"x-sparkcfg": { "secret": false }` in the schema, or silence it where it stands:
//! `# sparkcfg: ignore[plaintext-secret] reason`.

use std::ops::Range;

use super::{File, Subject, is_name};
use crate::detection::{self, Certainty, Token};
use crate::environment::is_one_reference;
use crate::finding::{Finding, Rule, Severity};
use crate::interpolation::{Sign, references};
use crate::layer::{Entry, Layer};
use crate::project::Project;
use crate::project::layout::{Loose, documents, is_personal};
use crate::project::staged::{StagedText, TextKind};
use crate::project::strays::Stray;
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "plaintext-secret",
    severity: Severity::Error,
    summary: "a secret stands in a file that is not sealed",
    page: include_str!("plaintext_secret.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    // A personal file is git-ignored: that is where a person's own secrets may stand.
    let private = file.project.private.contains(&file.index);
    if file.layer.sealed || is_personal(file.path()) || private && !file.protected {
        return;
    }
    let readable = if private { UNSHARED } else { READABLE };
    // Who has no env file yet may let an example stand for an environment.
    let documents = documents(file.path());
    for entry in &file.layer.entries {
        let Some(text) = file.layer.content(entry) else { continue };
        if documents {
            let Some(secret) = in_an_example(file, file.layer.key(entry), text) else { continue };
            let message = format!("{} {} in a file that is not sealed", file.name(entry), secret.told);
            let finding = file.about(&RULE, entry, message).at(file.layer.span(&entry.value), readable);
            findings.push(finding.severity(secret.severity).help(help_for(
                Loose::Example,
                file.path(),
                secret.severity,
            )));
            continue;
        }
        let Some(secret) = secret(file, file.layer.key(entry), text) else { continue };
        let message = format!("{} {} in a file that is not sealed", file.name(entry), secret.told);
        let finding = file.about(&RULE, entry, message).at(file.layer.span(&entry.value), readable);
        let mut finding = finished(file, finding, secret.severity);
        if secret.told == LIKE_A_KEY {
            let silence = "`# sparkcfg: ignore[plaintext-secret] reason`";
            finding = finding.help(format!(
                "if it is one, seal it in {}; if not, write {silence} above it",
                super::sealed_name(file.path())
            ));
        }
        findings.push(finding);
    }
    for (place, token) in tokens_in_comments(file) {
        let message = format!("a comment holds {} in a file that is not sealed", token.name);
        let finding = Finding::new(&RULE, message).at(file.layer.span(&place), readable);
        findings.push(finished(file, finding, severity_of(token.certainty)));
    }
    for (place, told, severity) in alone(file) {
        let message = format!("a line {told} in a file that is not sealed");
        let finding = Finding::new(&RULE, message).at(file.layer.span(&place), readable);
        findings.push(finished(file, finding, severity));
    }
}

/// What stands on a line without a key, as after a slip of the mouse: each with its place.
fn alone(file: &File<'_>) -> Vec<(Range<u32>, String, Severity)> {
    let layer = file.layer;
    // A key ends at the first `:` or `=`, so that no URL is one, and of what stands alone only the signs that fill base64 up
    // are behind it.
    let alone = layer.entries.iter().filter(|entry| entry.value.len() < 2 || !is_name(layer.slice(&entry.key)));
    let keys = alone.map(|entry| (entry.key.clone(), true));
    let broken = layer.faults.iter().map(|fault| (file.project.unread_line(layer, fault.at.start), false));
    let found = keys.chain(broken).filter_map(|(range, is_key)| {
        let text = layer.slice(&range);
        let place = |at: &Range<usize>| {
            let offset = |at: usize| range.start + u32::try_from(at).unwrap_or_default();
            offset(at.start)..offset(at.end)
        };
        if let Some(token) = detection::token(text) {
            let severity = severity_of(token.certainty);
            return Some((place(&token.range), format!("holds {}", token.name), severity));
        }
        let password = if is_key { None } else { detection::url_password(text) }?;
        let usual = if file.protected || file.project.staged { Severity::Error } else { Severity::Warning };
        let counts = holds_password(text, password.clone());
        counts.then(|| (place(&password), detection::told_password(text).to_owned(), usual))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(place, ..)| (place.start, place.end));
    found.dedup_by_key(|(place, ..)| place.clone());
    found
}

/// Env files that no environment uses.
pub(super) fn check_strays(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    if let Some(subject) = subjects.first() {
        in_strays(subject.project, findings);
    }
}

/// Files of secrets that are about to be committed and are not sealed.
pub(super) fn check_staged(project: &Project, findings: &mut Vec<Finding>) {
    for StagedText { source, .. } in project.staged_texts.iter().filter(|text| text.kind == TextKind::Unsealed) {
        let path = project.sources.path(*source);
        let name = path.rsplit('/').next().unwrap_or(path);
        let message = format!("{name} is a file of secrets by its name, but nothing in it is sealed");
        // `import` reads plain text as lines of dotenv.
        let way = match name.rsplit('.').next() {
            Some("env") => "take it over with `sparkcfg secrets import`",
            Some("toml") => "seal what is in it as KEY=value lines, with `sparkcfg secrets set`",
            _ => "seal it with `sops encrypt --in-place`",
        };
        let help = format!("{way}; if it is none, call it otherwise");
        findings.push(Finding::new(&RULE, message).at(Span::new(*source, 0..0), "").help(help));
    }
}

pub(super) fn in_strays(project: &Project, findings: &mut Vec<Finding>) {
    for Stray { layer, kind, protected } in &project.strays {
        let file = File { project, layer, index: 0, environments: Vec::new(), protected: *protected };
        for entry in layer.entries.iter().filter(|entry| begins_its_line(layer, entry)) {
            let Some(text) = layer.content(entry).filter(|text| detection::published(text).is_none()) else { continue };
            let secret = match kind {
                Loose::Copy => secret(&file, layer.key(entry), text),
                Loose::Example => in_an_example(&file, layer.key(entry), text),
            };
            let Some(secret) = secret else { continue };
            let message = format!("{} {} in a file that is not sealed", file.name(entry), secret.told);
            let finding = file.about(&RULE, entry, message).at(layer.span(&entry.value), READABLE);
            findings.push(finding.severity(secret.severity).help(help_for(*kind, file.path(), secret.severity)));
        }
        for (place, token) in tokens_in_comments(&file) {
            if *kind == Loose::Example && token.certainty != Certainty::Certain {
                continue;
            }
            let message = format!("a comment holds {} in a file that is not sealed", token.name);
            let severity = severity_of(token.certainty);
            let finding = Finding::new(&RULE, message).at(layer.span(&place), READABLE);
            findings.push(finding.severity(severity).help(help_for(*kind, file.path(), severity)));
        }
    }
}

fn help_for(kind: Loose, path: &str, severity: Severity) -> &'static str {
    match kind {
        Loose::Copy if path.rsplit('/').next() == Some(".env") => {
            "no environment uses this file, but many programs take a .env: let git ignore it, then change what was in it"
        }
        Loose::Copy => "no environment uses this file: remove it, or let git ignore it; then change what was in it",
        Loose::Example if severity == Severity::Error => {
            "write a placeholder, then change it where it is used: it has been seen"
        }
        Loose::Example => {
            "if it is in use anywhere, write a placeholder and change it there; if not, write `# sparkcfg: ignore[plaintext-secret] reason` above it"
        }
    }
}

/// What follows a value on its line may be the rest of that value.
fn begins_its_line(layer: &Layer, entry: &Entry) -> bool {
    let before = layer.text.get(..entry.key.start as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start_matches('\u{feff}').trim();
    line.is_empty() || line == "export"
}

/// An example is full of what looks like a secret. What counts is what nobody makes up.
fn in_an_example(file: &File<'_>, key: &str, text: &str) -> Option<Secret> {
    let counts = detection::url_password(text).map_or(text, |password| &text[password]);
    if detection::stands_in_for_a_secret(counts) || detection::published(counts).is_some() {
        return None;
    }
    if let Some(token) = detection::token(text).filter(|token| token.certainty == Certainty::Certain) {
        return Some(Secret::new(&format!("is {}", token.name), Severity::Error));
    }
    let named = file.project.is_secret(key) || counts.len() < text.len();
    // `secret_firefly_password` was made up.
    (named && detection::looks_like_a_key("KEY", counts) && !detection::is_spoken(counts))
        .then(|| Secret::new("looks like a real secret", Severity::Warning))
}

/// The known tokens in the comments of a file, each with its place.
fn tokens_in_comments(file: &File<'_>) -> Vec<(Range<u32>, Token)> {
    let comments = file.project.comments(file.layer).into_iter();
    let found = comments.filter_map(|range| {
        let token = detection::token(file.layer.slice(&range))?;
        let offset = |at: usize| range.start + u32::try_from(at).unwrap_or_default();
        Some((offset(token.range.start)..offset(token.range.end), token))
    });
    found.collect()
}

const LIKE_A_KEY: &str = "looks like a key";

const READABLE: &str = "readable by everybody who can read the repository";
const UNSHARED: &str = "git ignores this file, but whoever has this machine can read it";

fn finished(file: &File<'_>, finding: Finding, severity: Severity) -> Finding {
    let sealed = super::sealed_name(file.path());
    let nowhere = finding.key.as_deref().is_some_and(|key| file.project.belongs_nowhere(key));
    let private = file.project.private.contains(&file.index);
    let put = if nowhere { "take it away".to_owned() } else { format!("seal it in {sealed}") };
    let (severity, help) = if private {
        (severity.min(Severity::Warning), put)
    } else if file.project.staged {
        (severity, format!("{put}; if it was committed before, change it where it is used, too"))
    } else {
        (severity, format!("{put}, then change it where it is used: it has been seen"))
    };
    let mut finding = finding.severity(severity).help(help);
    finding.environments.clone_from(&file.environments);
    finding
}

fn severity_of(certainty: Certainty) -> Severity {
    match certainty {
        Certainty::Certain => Severity::Error,
        Certainty::Likely => Severity::Warning,
        Certainty::Harmless => Severity::Note,
    }
}

/// In the environment of tests what is shorter was made up, in bytes: hardly any provider gives out shorter keys.
const SHORTEST_IN_TESTS: usize = 20;

/// Whether only tests use a file.
fn is_for_tests(file: &File<'_>) -> bool {
    let tests = |name: &str| matches!(name, "ci" | "e2e" | "test" | "testing" | "tests");
    !file.protected && !file.environments.is_empty() && file.environments.iter().all(|name| tests(name))
}

struct Secret {
    told: String,
    severity: Severity,
}

impl Secret {
    fn new(told: &str, severity: Severity) -> Self {
        Self { told: told.to_owned(), severity }
    }
}

/// The steps of the page, in their order.
fn secret(file: &File<'_>, key: &str, text: &str) -> Option<Secret> {
    if text.is_empty() || text.starts_with("ENC[") || text.starts_with("encrypted:") {
        return None;
    }
    let token =
        detection::token(text).map(|token| Secret::new(&format!("is {}", token.name), severity_of(token.certainty)));
    let usual = if file.protected || file.project.staged { Severity::Error } else { Severity::Warning };
    // In a URL only its password counts: the rest may well be an example.
    let password = detection::url_password(text);
    let counts = password.clone().map_or(text, |password| &text[password]);
    // `CLIENT_SECRET=123` in `.env.test`: tests are given something, and it opens nothing.
    if token.is_none() && counts.len() < SHORTEST_IN_TESTS && is_for_tests(file) {
        return None;
    }
    let declared = file.project.declared_secret(key);
    let found = match declared {
        // `${DB_PASSWORD}` refers to a secret without holding one.
        Some(true) if holds_a_literal(counts) && (token.is_some() || !detection::stands_in_for_a_secret(counts)) => {
            Some(token.unwrap_or_else(|| Secret::new("is a secret", usual)))
        }
        Some(_) => token.map(|token| Secret { severity: Severity::Error, ..token }),
        None if token.is_some() => token,
        None => undeclared(key, text, password).map(|(told, severity)| Secret::new(told, severity.unwrap_or(usual))),
    };
    found.or_else(|| {
        let is_sealed = declared != Some(false) && file.project.is_sealed_elsewhere(text);
        is_sealed.then(|| Secret::new("has the value of a sealed secret", usual))
    })
}

/// Steps 4 to 7: what it is, and how much it counts where that is always the same. `password` is the one in a URL.
fn undeclared(key: &str, text: &str, password: Option<Range<usize>>) -> Option<(&'static str, Option<Severity>)> {
    if let Some(password) = password {
        return holds_password(text, password).then(|| (detection::told_password(text), None));
    }
    if detection::is_split_url(key, text) {
        return Some(("and what follows are a URL with a password", None));
    }
    // What a reference brings to take instead is judged as if it stood there itself.
    let text = literal(text)?;
    let found = if detection::is_secret_by_name(key, text) {
        ("is a secret by its name", None)
    } else if detection::looks_like_a_key(key, text) {
        (LIKE_A_KEY, Some(Severity::Warning))
    } else {
        return None;
    };
    // Asked last, because it reads the text from end to end.
    (!detection::stands_in_for_a_secret(text)).then_some(found)
}

/// What stands in a value itself: the text that a lone reference brings to take instead, as in `${DB_PASSWORD:-hunter2}`, or
/// nothing, as in `${DB_PASSWORD}`, `${DB_PASSWORD:-}` and `${DB_PASSWORD:?set it}`; of any other value all of it.
fn literal(text: &str) -> Option<&str> {
    /// So many references stand in each other. Nobody writes more.
    const DEPTH: usize = 8;
    let mut text = text;
    for _ in 0..DEPTH {
        let found = if text.starts_with("${") { references(text) } else { Vec::new() };
        // Those in its argument come after it.
        let Some(whole) = found.first().filter(|first| first.range == (0..text.len())) else { break };
        match whole.operator.map(|operator| operator.sign) {
            None | Some(Sign::Required) => return None,
            Some(Sign::Default | Sign::Alternative) => text = whole.argument,
        }
    }
    Some(text).filter(|text| !text.is_empty())
}

/// Whether something stands in the place of a secret that may be one: of a text to take instead, no single letter.
fn holds_a_literal(text: &str) -> bool {
    /// In bytes.
    const SHORTEST: usize = 4;
    literal(text).is_some_and(|literal| {
        literal.len() == text.len() || { literal.len() >= SHORTEST && !detection::stands_in_for_a_secret(literal) }
    })
}

fn holds_password(text: &str, password: Range<usize>) -> bool {
    let password = &text[password];
    if password.contains("${") {
        return defaults_to_a_secret(text);
    }
    !detection::stands_in_for_a_secret(password) && !detection::is_local_default(text)
}

/// Whether a reference to a secret brings a text to take instead: `${DB_PASSWORD:-hunter2}`.
fn defaults_to_a_secret(text: &str) -> bool {
    references(text).iter().any(|reference| {
        let sign = reference.operator.map(|operator| operator.sign);
        let literal = !reference.argument.is_empty() && !is_one_reference(reference.argument);
        literal && matches!(sign, Some(Sign::Default | Sign::Alternative)) && detection::names_secret(reference.name)
    })
}
