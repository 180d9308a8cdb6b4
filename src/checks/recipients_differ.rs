//! A sealed file can be opened by somebody who should not, or not by somebody who should.
//!
//! `[access]` in `sparkcfg.toml` says who may open the secrets of an environment, `[people]` gives their public keys,
//! and `recovery` names an identity that must be able to open everything. The recipients of every sealed file must be
//! exactly those, and so must those for whom `.sops.yaml`, where there is one, lets SOPS seal it. Once `[access]` has a list,
//! or `secrets init` has made `sparkcfg-revoked.toml`, every sealed file needs one. No key is needed to see it. A whole age file does not say who its recipients are: of it, only
//! their number is compared, and who took the place of somebody else is not seen. Two names of one public key, of which both
//! may open a file, are told too: to revoke one of them takes no access away.
//!
//! Whoever was let in once keeps the data key, and with it can open whatever is sealed with that key: also a file from which
//! `git revert` took a grant away, or `sops updatekeys` a recipient. `validate` and `secrets who` find them in the last 2,000
//! commits that git has here; where the file had another name, nobody is found. A shallow clone, as CI makes it, lacks these
//! commits, and nothing in it tells that there was such a grant: a note says so. So does one where git refuses to read the
//! repository.
//!
//! Why it hurts: whoever can write to the repository can add a recipient of their own and wait for the next rotation.
//!
//! Remedy: seal the file for the people of the table, with a new data key: `sparkcfg secrets rotate ENV`; bring
//! `.sops.yaml` in step with `sparkcfg secrets sync`.

use std::collections::{BTreeMap, BTreeSet};

use super::tables::placed;
use super::{File, Subject};
use crate::envelope::CannotOpen;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::Project;
use crate::project::access::NO_PUBLIC_KEY;
use crate::project::config::Config;
use crate::project::creation_rules::{DifferenceKind, NAME};
use crate::source::{Span, printable};
use crate::stores::{Counted, Readers, State};

pub(super) static RULE: Rule = Rule {
    code: "recipients-differ",
    severity: Severity::Error,
    summary: "a sealed file is not sealed for the people who may open it",
    page: include_str!("recipients_differ.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let Some(known) = file.project.sealed_files.get(&file.index) else { return };
    let config = &file.project.config;
    // A file that several environments share is for the people of all of them.
    let Some(readers) = config.readers_of(&known.environments) else { return undeclared(file, findings) };
    // That is told, and all else follows from it.
    if readers.iter().any(|name| config.fault_of_key(name).is_some()) {
        return;
    }
    let allowed: BTreeSet<&str> =
        readers.into_iter().filter_map(|name| config.people.get(name)).map(|key| written(key)).collect();
    let mut of_file = if is_unreadable(file) { Vec::new() } else { recipients(file, &allowed, &known.environments) };
    let mut of_sops = rules(file, &known.path, &allowed, &known.environments);
    if let Some(paths) = file.project.unstaged.get(&file.index) {
        // One part of a change is left out, and that is all that is wrong.
        let paths: Vec<_> = paths.iter().map(|path| printable(path)).collect();
        let paths: Vec<_> = paths.iter().map(String::as_str).collect();
        let help = format!("a part of this change is not staged: {}", file.project.calls.git("add", &paths));
        if !of_file.is_empty() {
            of_sops.clear();
        }
        for finding in of_file.iter_mut().chain(&mut of_sops) {
            finding.help = Some(help.clone());
        }
    }
    findings.extend(of_file.into_iter().chain(of_sops).map(|mut finding| {
        finding.environments.clone_from(&file.environments);
        finding
    }));
}

/// What is wrong with the tables, whatever the files are, and what cannot be told of them.
pub(super) fn check_tables(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    check_names(subjects, findings);
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    check_keys(project, findings);
    // Also where everybody who is named may open everything: whoever was let in by a commit that was reverted is named no more.
    let Some(gap) = project.gap else { return };
    let mut finding = Finding::new(&RULE, gap.message().to_owned()).severity(Severity::Note).help(gap.help());
    if let Some(source) = project.config_source {
        let at = project.sources.text(source).find("[access]").unwrap_or_default();
        let at = u32::try_from(at).unwrap_or_default();
        finding = finding.at(Span::new(source, at..at), "");
    }
    findings.push(finding);
}

/// People for whom nothing can be sealed, because their public keys are none.
fn check_keys(project: &Project, findings: &mut Vec<Finding>) {
    let config = &project.config;
    let files = project.sealed_files.values();
    let readers: BTreeSet<_> = files.filter_map(|file| config.readers_of(&file.environments)).flatten().collect();
    for name in readers {
        if let Some(why) = config.fault_of_key(name) {
            let finding = Finding::new(&RULE, format!("nothing can be sealed for {name}: {why}"));
            findings.push(placed(finding, project, &["people"], name, "their public key").help(NO_PUBLIC_KEY));
        }
    }
}

/// Two names of one public key that may both open a file: to take access away from one of them takes nothing.
fn check_names(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    let config = &project.config;
    let mut namesakes: BTreeMap<Vec<&str>, BTreeSet<&str>> = BTreeMap::new();
    for file in project.sealed_files.values() {
        let readers = config.readers_of(&file.environments).unwrap_or_default();
        for name in &readers {
            let mut names = config.names_for(name);
            names.retain(|name| readers.contains(name));
            if names.len() > 1 {
                namesakes.entry(names).or_default().extend(file.environments.iter().map(String::as_str));
            }
        }
    }
    for (names, environments) in namesakes {
        let last = names.last().copied().unwrap_or_default();
        let listed: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let message = format!(
            "{} are one public key, so that to revoke one of them takes no access away",
            super::listed(&listed, "and")
        );
        let mut finding = placed(Finding::new(&RULE, message), project, &["people"], last, "the same key");
        finding.environments.extend(environments.into_iter().map(Into::into));
        findings.push(finding.help("take all of these names but one out of [people] and [access]"));
    }
}

/// Whether the file is so damaged that it says nothing of its recipients, which `sealed-file-damaged` tells.
fn is_unreadable(file: &File<'_>) -> bool {
    file.project.sealed.get(&file.index).is_some_and(|sealed| {
        sealed.state == State::Damaged && file.layer.entries.is_empty() && sealed.readers == Readers::default()
    })
}

/// A public key as files hold it: that of an SSH key without its comment.
fn written(key: &str) -> &str {
    let key = key.trim();
    let end = if key.starts_with("ssh-") { key.match_indices(' ').nth(1).map(|(at, _)| at) } else { None };
    end.map_or(key, |at| &key[..at])
}

fn named(config: &Config, key: &str) -> String {
    config.owner_of(key).unwrap_or(key).to_owned()
}

/// A file of which the table says nothing but who is kept for recovery.
fn undeclared(file: &File<'_>, findings: &mut Vec<Finding>) {
    let config = &file.project.config;
    if !config.access.is_empty() || file.project.shares {
        let environment = file.environments.first().map_or("ENV", |name| name);
        let message = format!("no list of [access] says who may open {environment}, which is sealed");
        let grant = file.project.calls.sparkcfg(&format!("secrets grant NAME {environment}"));
        let help = format!("say it with `{grant}`");
        let mut finding = Finding::new(&RULE, message).at(file.layer.span(&(0..0)), "for whom is not known").help(help);
        finding.environments.clone_from(&file.environments);
        findings.push(finding);
    }
    let (Some(sealed), Some(name)) = (file.project.sealed.get(&file.index), &config.recovery) else { return };
    let key = config.people.get(name).map(|key| written(key));
    let opens = sealed.readers.recipients.iter().any(|recipient| Some(recipient.as_str()) == key);
    if opens || !sealed.readers.unnamed.is_empty() || is_unreadable(file) {
        return;
    }
    let environment = file.environments.first().map_or("ENV", |name| name);
    let message = format!("{name} must be able to open every sealed file, but cannot open this one");
    let grant = file.project.calls.sparkcfg(&format!("secrets grant {name} {environment}"));
    let help = format!("say who may open it with `{grant}`");
    findings.push(Finding::new(&RULE, message).at(file.layer.span(&(0..0)), "not sealed for them").help(help));
}

/// Whether the list of one of these environments names somebody, who else is kept for recovery.
fn is_listed(config: &Config, environments: &[String], name: &str) -> bool {
    environments.iter().filter_map(|environment| config.access.get(environment)).flatten().any(|one| one == name)
}

/// What the file itself says.
fn recipients(file: &File<'_>, allowed: &BTreeSet<&str>, environments: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(sealed) = file.project.sealed.get(&file.index) else { return findings };
    let config = &file.project.config;
    let environment = super::listed(environments, "and");
    let rotated = environments.first().map_or("--all", String::as_str);
    let rotate = file.project.calls.sparkcfg(&format!("secrets rotate {rotated}"));
    let help = format!("seal it for the people of [access], with a new data key: `{rotate}`");
    let readers = &sealed.readers;
    let path = file.project.sealed_files.get(&file.index).map(|known| known.path.as_str());
    for (index, key) in readers.recipients.iter().enumerate().filter(|(_, key)| !allowed.contains(key.as_str())) {
        let place = readers.places.get(index).cloned().unwrap_or(0..0);
        let message = format!("{} can open {environment}, but is not in its access list", named(config, key));
        let finding = Finding::new(&RULE, message).at(file.layer.span(&place), "an uninvited recipient");
        findings.push(finding.help(help.clone()));
    }
    if sealed.state == State::Closed(CannotOpen::OtherKeys) {
        let kinds: BTreeSet<_> = readers.others.iter().map(|other| told_name(&other.kind)).collect();
        let kinds: Vec<_> = kinds.into_iter().collect();
        let message = format!(
            "{environment} is sealed with keys of {}, and for nobody in its access list",
            super::listed(&kinds, "and")
        );
        let place = readers.others.first().map_or(0..0, |other| other.place.clone());
        let finding = Finding::new(&RULE, message).at(file.layer.span(&place), "no key of age");
        findings.push(finding.help(CannotOpen::OtherKeys.help()));
        return findings;
    }
    for other in &readers.others {
        let message =
            format!("a key of {} can open {environment}, which no access list can name", told_name(&other.kind));
        let finding = Finding::new(&RULE, message).at(file.layer.span(&other.place), "an uninvited recipient");
        findings.push(finding.help(help.clone()));
    }
    if sealed.state == State::Closed(CannotOpen::KeyGroups) {
        let message = format!("nobody can open {environment} alone: its data key is split over several key groups");
        let finding = Finding::new(&RULE, message).at(file.layer.span(&(0..0)), "");
        findings.push(finding.help(CannotOpen::KeyGroups.help()));
    }
    findings.extend(holding(file, allowed, &environment, &help));
    // A whole age file does not say who its recipients are, only how many.
    if !readers.unnamed.is_empty() {
        if readers.counted(allowed.iter().copied()) != Counted::default() {
            let (has, wants) = (readers.unnamed.len(), allowed.len());
            let message = if has == wants {
                format!("{environment} is sealed for other kinds of keys than its access list has")
            } else {
                format!("{environment} is sealed for {has} recipients, but its access list has {wants}")
            };
            findings.push(Finding::new(&RULE, message).at(file.layer.span(&(0..0)), "").help(help));
        }
        return findings;
    }
    // A file that is cut off lacks recipients as it lacks all else, which is told.
    if sealed.state == State::Damaged && !file.layer.text.contains("sops_mac=") {
        return findings;
    }
    let recipients: BTreeSet<&str> = readers.recipients.iter().map(String::as_str).collect();
    for key in allowed.difference(&recipients) {
        let name = named(config, key);
        let (message, help) = if !is_listed(config, environments, &name) {
            (
                format!("{name} must be able to open every sealed file, but cannot open that of {environment}"),
                help.clone(),
            )
        } else if path.is_some_and(|path| file.project.revocations.tells_of(path, &config.names_of(key), key)) {
            let message = format!("{name} lost access to {environment}, but is in its access list");
            let grant = file.project.calls.sparkcfg(&format!("secrets grant {name} {rotated}"));
            let help = format!(
                "if sparkcfg.toml was not committed with the rest of that change, take {name} out of [access]; to let them in again: `{grant}`"
            );
            (message, help)
        } else {
            (format!("{name} is in the access list of {environment}, but cannot open it"), help.clone())
        };
        let finding = Finding::new(&RULE, message).at(file.layer.span(&(0..0)), "not sealed for them");
        findings.push(finding.help(help));
    }
    findings
}

/// Those for whom the file is not sealed, and who have its data key from an earlier version.
fn holding(file: &File<'_>, allowed: &BTreeSet<&str>, environment: &str, help: &str) -> Option<Finding> {
    let holders = file.project.holders.get(&file.index)?.iter();
    let holders: Vec<_> = holders.filter(|holder| !allowed.contains(written(&holder.recipient))).collect();
    let commit = &holders.first()?.commit;
    let names: Vec<_> = holders.iter().map(|holder| named(&file.project.config, &holder.recipient)).collect();
    let names = super::listed(&names, "and");
    let message = format!(
        "{names} can open {environment}, but not by its access list: the data key is still that of commit {commit}"
    );
    Some(Finding::new(&RULE, message).at(file.layer.span(&(0..0)), "not sealed for them").help(help))
}

/// What `.sops.yaml` lets SOPS do. Whole age files are none of SOPS's.
fn rules(file: &File<'_>, path: &str, allowed: &BTreeSet<&str>, environments: &[String]) -> Vec<Finding> {
    let project = file.project;
    let Some(sops) = project.sops.as_ref().filter(|_| !path.ends_with(".age")) else { return Vec::new() };
    let place = |line: usize| {
        let text = project.sources.text(sops.source);
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let end = if line == 0 { start } else { start + length };
        Span::new(sops.source, offset(start)..offset(end))
    };
    let rules = match &sops.rules {
        Ok(rules) => rules,
        Err(why) => {
            // Said once, not for every sealed file.
            if project.sealed_files.keys().min() != Some(&file.index) {
                return Vec::new();
            }
            let finding = Finding::new(&RULE, format!("{NAME}: {}", why.message)).at(place(0), "");
            return vec![finding.help(why.help)];
        }
    };
    let told = |kind: &DifferenceKind| match kind {
        DifferenceKind::NoRule => format!("{NAME} has no rule for {path}"),
        DifferenceKind::Uninvited(key) => {
            format!("SOPS would seal {path} for {}, who is not in its access list", named(&project.config, key))
        }
        DifferenceKind::LeftOut(key) => {
            let name = named(&project.config, key);
            let why = if is_listed(&project.config, environments, &name) {
                "is in its access list"
            } else {
                "must be able to open every sealed file"
            };
            format!("SOPS would not seal {path} for {name}, who {why}")
        }
        DifferenceKind::OtherKeys => format!("SOPS would seal {path} with other keys than those of age"),
        DifferenceKind::PartlySealed => format!("SOPS would leave values of {path} in plain text"),
    };
    let differences = rules.differences(path, allowed.iter().copied()).into_iter();
    let findings = differences.map(|difference| {
        let label = if difference.line == 0 { "" } else { "the rule that SOPS takes" };
        let finding = Finding::new(&RULE, told(&difference.kind)).at(place(difference.line), label);
        finding.help(format!("bring it in step with `{}`", project.calls.sparkcfg("secrets sync")))
    });
    findings.collect()
}
