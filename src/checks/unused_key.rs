//! A key is declared, and nothing in the project reads it or hands it on.
//!
//! Compose, PM2, make, Docker, shell, workflows, programs and every other text of the tree were looked at; a name that stands
//! anywhere outside of comments and prose counts as used. Nothing is told where there is no program that could be read, and
//! keys that libraries read by themselves are left out, and so are those that a program reads by a prefix
//! (`envy::prefixed("APP_")`, viper's `AutomaticEnv`) or may read by a field of Rust with that name. Nor is anything told where
//! most of ten keys or more would be unread: then programs have a way to read them that cannot be seen, nor of an env file
//! that a service of somebody else's image is given; where there is such a service, it is a note, and so it is for names that
//! libraries of many kinds read by themselves, as `DATABASE_URL`. What a PM2 file only hands on to its apps, and none of them
//! reads, is a note, too.
//!
//! Why it hurts: people set it, and believe that it does something.
//!
//! Example: `LOG_FOLDER=./logs` in `.env.example`, and no program that asks for it.
//!
//! Remedy: take it away, or say in the schema what it is for and silence it with `# sparkcfg: ignore[unused-key] reason`.

use std::collections::HashSet;

use super::references::{Key, Referenced, told as told_use};
use crate::compose::Service;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::references::{Declarer, Used};
use crate::uses::known::{is_conventional, is_of_framework};
use crate::uses::{Kind, Use};

pub(super) static RULE: Rule = Rule {
    code: "unused-key",
    severity: Severity::Warning,
    summary: "a key is declared that nothing reads",
    page: include_str!("unused_key.rs"),
};

/// Of fewer keys than this, most may be unread.
const FEW: usize = 10;

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let project = referenced.project;
    if !project.references.files.iter().any(|file| file.is_code() && !file.aside) {
        return;
    }
    let own = || referenced.keys.iter().filter(|(name, key)| !key.declared.is_empty() && referenced.is_own(name));
    let unread = own().filter(|(_, key)| key.uses.is_empty()).count();
    if own().count() >= FEW && unread * 2 > own().count() {
        // Programs read them in a way that nobody can see from outside: by a macro, by a prefix.
        return;
    }
    let foreign = given_to_others(referenced);
    let fields = fields(referenced);
    let is_own = |name: &str, key: &Key<'_>| referenced.is_own(name) || key.is_read_by_code();
    let undeclared =
        referenced.keys.iter().filter(|(name, key)| referenced.is_undeclared(name, key) && is_own(name, key));
    let meant: HashSet<&str> = undeclared.filter_map(|(name, key)| Some(referenced.slip(name, key)?.meant)).collect();
    for (name, key) in &referenced.keys {
        let twin = format!("{name}_FILE");
        let only_handed_on = is_only_handed_on(key);
        let unused = !key.declared.is_empty()
            && (key.uses.is_empty() || only_handed_on)
            && !referenced.keys.contains_key(twin.as_str());
        // What was meant by a misspelt name has a finding there.
        if !unused
            || meant.contains(name)
            || referenced.is_told(name)
            || project.references.beside.named.contains(*name)
            || !referenced.is_own(name)
            || is_of_framework(name, &project.references.paths)
            || is_referred_to(referenced, name)
            || fields.contains(name.to_ascii_lowercase().as_str())
            || key.declared.iter().any(|declared| foreign.contains(project.sources.path(declared.span.source)))
        {
            continue;
        }
        let sure = foreign.is_empty() && !is_conventional(name) && !only_handed_on;
        let severity = if sure { Severity::Warning } else { Severity::Note };
        let told = told_name(name);
        let message = if only_handed_on {
            format!("{told} is handed on, but no program reads it")
        } else {
            format!("{told} is declared, but nothing reads it")
        };
        let mut finding = Finding::new(&RULE, message).key(name).severity(severity);
        for (index, declared) in key.places().into_iter().enumerate() {
            let by = match declared.by {
                Declarer::Schema => "declared in the schema",
                Declarer::Layer => "set here",
                Declarer::Example => "documented here",
            };
            finding = if index == 0 { finding.at(declared.span, by) } else { finding.related(declared.span, by) };
        }
        for (file, handed_on) in &key.uses {
            finding = finding.related(file.span(handed_on), told_use(file, handed_on));
        }
        findings.push(finding.help(if sure {
            "take it away, or say what reads it"
        } else {
            "say what reads it; take it away only if nothing does"
        }));
    }
}

/// Whether PM2 hands a key on to apps, and that is all that is done with it. What Compose hands on may be for a program of others.
fn is_only_handed_on(key: &Key<'_>) -> bool {
    let by_pm2 = |file: &Used| file.reader.is_some_and(|reader| reader.name == "pm2");
    let hands_on = |(_, found): &(&Used, &Use)| found.kind == Kind::Pass && found.owner.is_some();
    let takes = |(_, found): &(&Used, &Use)| matches!(found.kind, Kind::Pass | Kind::Read);
    key.uses.iter().any(hands_on) && key.uses.iter().all(|used| by_pm2(used.0) && takes(used))
}

/// The words of Rust programs, and of Python programs with settings: libraries and macros call a variable by a field there,
/// `DATA_FOLDER` by `data_folder`.
fn fields<'a>(referenced: &'a Referenced<'_>) -> HashSet<&'a str> {
    let files = referenced.project.references.files.iter().filter_map(|file| Some((file, file.reader?.name)));
    let texts = files.map(|(file, reader)| (referenced.project.sources.text(file.source), reader));
    let counts = |text: &str, reader: &str| reader == "rust" || reader == "python" && text.contains("Settings)");
    let texts = texts.filter(|(text, reader)| counts(text, reader)).map(|(text, _)| text);
    texts.flat_map(|text| text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')).collect()
}

/// The env files that services of somebody else's image are given, as findings name them: these read what they like.
fn given_to_others(referenced: &Referenced<'_>) -> HashSet<String> {
    let mut found = HashSet::new();
    for (file, application) in &referenced.applications {
        let path = referenced.project.sources.path(file.source);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let foreign = application.services.iter().filter(|service| service.get("build").is_none());
        for env_file in foreign.flat_map(Service::env_files) {
            let written = env_file.path.strip_prefix("./").unwrap_or(&env_file.path);
            found.insert(if folder.is_empty() { written.to_owned() } else { format!("{folder}/{written}") });
        }
    }
    found
}

/// Whether another value is made of it: `URL=http://${HOST}/`.
fn is_referred_to(referenced: &Referenced<'_>, name: &str) -> bool {
    let refers = |value: &str| crate::interpolation::references(value).iter().any(|reference| reference.name == name);
    referenced.project.references.declared.iter().filter_map(|declared| declared.value.as_deref()).any(refers)
}
