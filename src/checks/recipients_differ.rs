//! A sealed file can be opened by somebody who should not, or not by somebody who should.
//!
//! `[access]` in `sparkcfg.toml` says who may open the secrets of an environment, `[people]` gives their public keys.
//! The recipients of every sealed file must be exactly those. No key is needed to see it.
//!
//! Why it hurts: whoever can write to the repository can add a recipient of their own and wait for the next rotation.
//!
//! Remedy: seal the file for the people of the table, with a new data key: with `sops rotate` after `.sops.yaml` names them.

use std::collections::BTreeSet;

use super::File;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "recipients-differ",
    severity: Severity::Error,
    summary: "a sealed file is not sealed for the people who may open it",
    page: include_str!("recipients_differ.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let Some(sealed) = file.project.sealed.get(&file.index) else { return };
    let config = &file.project.config;
    // A file that several environments share is for the people of all of them.
    let lists: Vec<_> = file.environments.iter().filter_map(|name| config.access.get(&**name)).collect();
    if lists.is_empty() {
        return;
    }
    let people = lists.into_iter().flatten();
    let allowed: BTreeSet<&str> = people.filter_map(|name| config.people.get(name)).map(String::as_str).collect();
    let environment = super::listed(&file.environments, "and");
    let recipients: BTreeSet<&str> = sealed.readers.recipients.iter().map(String::as_str).collect();
    let named = |key: &str| {
        let person = config.people.iter().find(|(_, known)| *known == key);
        person.map_or_else(|| key.to_owned(), |(name, _)| name.clone())
    };
    let help = format!("seal {} again, with a new data key, for the people of [access]", file.path());
    for (index, recipient) in
        sealed.readers.recipients.iter().enumerate().filter(|(_, key)| !allowed.contains(key.as_str()))
    {
        let place = sealed.readers.places.get(index).cloned().unwrap_or(0..0);
        let message = format!("{} can open {environment}, but is not in its access list", named(recipient));
        findings.push(
            Finding::new(&RULE, message).at(file.layer.span(&place), "an uninvited recipient").help(help.clone()),
        );
    }
    // A whole age file does not say who its recipients are.
    if !sealed.readers.unnamed.is_empty() {
        return;
    }
    for recipient in allowed.difference(&recipients) {
        let message = format!("{} is in the access list of {environment}, but cannot open it", named(recipient));
        findings
            .push(Finding::new(&RULE, message).at(file.layer.span(&(0..0)), "not sealed for them").help(help.clone()));
    }
}
