//! A value in a sealed file is not sealed.
//!
//! In a file of secrets every value is sealed, every key stands once and is a variable's name, and comments are sealed
//! too. SOPS itself accepts an added empty key or a changed comment in plain sight; sparkcfg does not.
//!
//! Why it hurts: whoever can write to the repository can add what the program then reads, without any key.
//!
//! Remedy: put values that are no secrets into the environment's plain file; seal the others with
//! `sparkcfg secrets set`.

use super::File;
use crate::finding::{Finding, Rule, Severity};
use crate::stores::DamageKind;

pub(super) static RULE: Rule = Rule {
    code: "unsealed-value",
    severity: Severity::Error,
    summary: "a value in a sealed file is not sealed",
    page: include_str!("unsealed_value.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let Some(sealed) = file.project.sealed.get(&file.index) else { return };
    for damage in sealed.damages.iter().filter(|damage| damage.kind != DamageKind::Broken) {
        let finding = Finding::new(&RULE, format!("{}: {}", file.layer.name, damage.message));
        findings.push(finding.at(file.layer.span(&damage.range), "").help(damage.help));
    }
}
