//! A sealed file is not as its last writer left it.
//!
//! Its values are sealed one by one and together by a code that only holders of a key can compute (the MAC of SOPS). A
//! value that was changed, moved, added or cut off breaks it. No value of such a file is used.
//!
//! Why it hurts: a merge went wrong, or somebody without a key changed the file.
//!
//! A whole earlier version fits its code, and whoever can write to the repository can bring it back, with values that were
//! changed since, without a key. Where git has the versions and `[access]` a list, a note says so while that is about to be
//! committed, and in the commit that did it.
//!
//! Remedy: restore the file from git, or make the change again with `sparkcfg secrets edit`. Where git left a conflict in
//! it, `git checkout --merge FILE` merges it anew, key by key once git knows how:
//!
//! ```console
//! $ git config --global merge.sparkcfg.driver 'sparkcfg secrets merge %O %A %B %P'
//! $ git config --global merge.sparkcfg.recursive binary
//! ```
//!
//! A sealed value in a file that is not sealed, or sealed a second time, opens to nothing but itself.
//!
//! `.gitattributes` names that driver for sealed files (`*.secrets.env merge=sparkcfg`); `sparkcfg secrets init` writes it.
//! A conflict that is left then is a secret that both sides changed, with marks that say `merged by key`: take the same side at
//! every mark. Of other marks neither side is right: git knows nothing of keys, and what it merged line by line breaks the MAC,
//! or loses what the other side changed without a word.

use std::collections::BTreeSet;

use super::File;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::layer::Entry;
use crate::project::past::Restored;
use crate::stores::{DamageKind, is_sealed};

pub(super) static RULE: Rule = Rule {
    code: "sealed-file-damaged",
    severity: Severity::Error,
    summary: "a sealed file is damaged",
    page: include_str!("sealed_file_damaged.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    misplaced(file, findings);
    let Some(sealed) = file.project.sealed.get(&file.index) else { return };
    for damage in sealed.damages.iter().filter(|damage| damage.kind == DamageKind::Broken) {
        let finding = Finding::new(&RULE, format!("{}: {}", file.layer.name, damage.message));
        findings.push(finding.at(file.layer.span(&damage.range), "").help(damage.help));
    }
    if let Some(restored) = file.project.restored.get(&file.index) {
        let message = format!("{} is again what it was in commit {}", file.layer.name, restored.commit);
        let finding = Finding::new(&RULE, message).severity(Severity::Note);
        let finding = finding.at(file.layer.span(&(0..0)), "what was changed since is undone");
        findings.push(finding.help(undoing(file, restored)));
    }
}

/// How to have the newer values again, without letting somebody in who may not open them.
fn undoing(file: &File<'_>, restored: &Restored) -> String {
    let what = "that takes no key, and brings old values back; if nobody meant it,";
    let config = &file.project.config;
    let staying = config.names_of_readers(&file.environments);
    let named = restored.others.iter().map(|key| config.owner_of(key).unwrap_or(key));
    let strangers: BTreeSet<_> = named.filter(|name| !staying.contains(name)).map(str::to_owned).collect();
    if strangers.is_empty() {
        return format!("{what} take the newer version from git");
    }
    let strangers: Vec<_> = strangers.into_iter().collect();
    let strangers = super::listed(&strangers, "and");
    format!("{what} set the values again that changed since: a newer version in git can be opened by {strangers}, too")
}

/// Sealed values where nothing opens them.
fn misplaced(file: &File<'_>, findings: &mut Vec<Finding>) {
    let sealed = |entry: &&Entry| file.layer.content(entry).is_some_and(is_sealed);
    for entry in file.layer.entries.iter().filter(sealed) {
        let name = told_name(file.layer.key(entry));
        let (message, help) = if file.layer.sealed {
            let environment = file.layer.name.strip_suffix(".secrets").unwrap_or(&file.layer.name);
            let help = format!("set the value that it opens to: sparkcfg secrets set {name} -e {environment}");
            (format!("{name} is sealed twice: what it opens to is a sealed value again"), help)
        } else {
            let help = format!("seal it in {}, from where it was sealed first", super::sealed_name(file.path()));
            (format!("{name} is a sealed value in a file that nothing opens"), help)
        };
        findings.push(
            file.about(&RULE, entry, message).at(file.layer.span(&entry.value), "handed over as it stands").help(help),
        );
    }
}
