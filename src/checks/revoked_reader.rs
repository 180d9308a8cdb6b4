//! A value is still the one that somebody could read who may not any more.
//!
//! `sparkcfg secrets revoke` seals a file for the others, with a new data key. What the person read before, or can still
//! read in an old commit, it cannot take back: those values must change where they come from. `sparkcfg-revoked.toml`
//! keeps their names until each has; it holds digests of sealed text, never anything of a value. Those of a whole age file
//! are sealed themselves: only who can open the file is told which are left. Where an environment got another name, the
//! record needs its new one too. A value that was gone and comes back counts until it is set to yet another one.
//!
//! Whoever could open a file without being in the table is recorded in the same way when it is sealed without them: by public
//! key, or, as a whole age file names nobody, as *a recipient without a name*, as many as the file has too many. The same goes
//! for whoever could open a sealed file that `import` takes values from, and for whoever still has the data key of an earlier
//! version. What a merge hands on to nobody but those of the table, it notes in a comment of the merged file, until the next
//! change. SOPS seals that comment: a value *may still be* what somebody could read where only a key tells.
//!
//! Whom SOPS takes away (`sops updatekeys` and `sops rotate`) no record names. With a key that opens both, `validate` compares a
//! file with the earlier versions that git has of it, the last hundred within 2,000 commits, and tells which values of those that
//! somebody could read are still the same; also those that had changed and are as they were again. The next change by sparkcfg,
//! be it `sparkcfg secrets rotate ENV`, brings them into the record.
//!
//! The record tells only those who have it. Where git has the sealed files that it is about, and not the record, that is a
//! warning, and with `--staged` an error; so it is where git had the record in an earlier commit and nobody has it any more.
//! Where its section of a file was taken out, or an older record took its place, that is a warning as long as the values are
//! the same under the same data key. Where lines were taken out and the section stays, as for a value that needs no change, a
//! note says so while that is about to be committed, and in the commit that did it. `secrets who --check` tells it, too.
//!
//! A value that was set to another one and back again is told too, by git's history and a key that opens it: not where all of
//! that, and the loss of access, is one commit, and not where a new data key came in between.
//!
//! ```console
//! $ sparkcfg secrets revoke deploy prod
//! $ sparkcfg secrets set API_KEY -e prod
//! ```
//!
//! Why it hurts: who left, or who found a lost laptop, still has the password.
//!
//! Remedy: change the value at its provider, then set it anew; its line in the record goes by itself. Take the line out
//! by hand if the value needs no change; `sparkcfg secrets rotate ENV` brings into the record what a merge noted or history tells.

use std::collections::BTreeSet;

use super::{File, Subject};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::Project;
use crate::project::past::Struck;
use crate::project::revocations::{NAME, Unchanged, Unplaced, Untold};
use crate::source::printable;
use crate::stores::State;

pub(super) static RULE: Rule = Rule {
    code: "revoked-reader",
    severity: Severity::Warning,
    summary: "a value is still the one that somebody could read who may not any more",
    page: include_str!("revoked_reader.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let Some(known) = file.project.sealed_files.get(&file.index) else { return };
    let config = &file.project.config;
    let staying = config.names_of_readers(&known.environments);
    // Of a damaged file only that is told.
    let sealed = file.project.sealed.get(&file.index).filter(|sealed| sealed.state != State::Damaged);
    let Some(sealed) = sealed else { return };
    let is_opened = sealed.state == State::Opened;
    let calls = &file.project.calls;
    // A record that is not staged yet has it all the same.
    let is_untold = |path: &str| {
        let untold = file.project.untold.as_ref().filter(|untold| untold.removed_since.is_none());
        untold.is_some_and(|untold| untold.paths.iter().any(|one| one == path))
    };
    let is_in_folder = is_untold(&known.path);
    let record = record(file.project);
    for Unchanged { key, readers, is_recorded, is_certain } in file.project.still_known(file.index) {
        // Whoever may read it again, as after a merge with a branch that names them and lets them, has lost nothing.
        let named = readers.iter().map(|one| config.owner_of(one).unwrap_or(one));
        let readers: BTreeSet<_> = named.filter(|name| !staying.contains(name)).collect();
        let readers: Vec<_> = readers.into_iter().map(ToOwned::to_owned).collect();
        let entry = file.layer.entries.iter().rfind(|entry| Some(file.layer.key(entry)) == key.as_deref());
        if readers.is_empty() || is_opened && key.is_some() && entry.is_none() {
            continue;
        }
        let readers = super::listed(&readers, "and");
        let place = entry.map_or(0..0, |entry| entry.key.clone());
        let environment = environment(file);
        let (what, set) = match &key {
            Some(key) => (
                format!(
                    "{} {} what {readers} could read",
                    told_name(key),
                    if is_certain { "is still" } else { "may still be" }
                ),
                calls.sparkcfg(&format!("secrets set {} -e {environment}", told_name(key))),
            ),
            None => (
                format!("not everything in {} has changed that {readers} could read", file.path()),
                calls.sparkcfg(&format!("secrets edit {environment}")),
            ),
        };
        let strike = match &key {
            Some(_) if is_recorded || is_in_folder => format!("take it out of {record}"),
            // A merge noted it in the sealed file, or git's history tells it.
            Some(_) => format!(
                "`{}` brings it into {record}; once that is committed, it can be taken out there",
                calls.sparkcfg(&format!("secrets rotate {environment}"))
            ),
            None => format!("take its section out of {record}"),
        };
        let doubt = if is_certain { "" } else { "with a key, `sparkcfg validate` tells whether; if so, " };
        let mut finding = Finding::new(&RULE, what)
            .at(file.layer.span(&place), "not changed since")
            .help(format!("{doubt}change it at its provider, then: {set}; if it needs no change, {strike}"));
        if let Some(key) = &key {
            finding = finding.key(key);
        }
        finding.environments.clone_from(&file.environments);
        findings.push(finding);
    }
}

/// The record itself: what it says of a file that no environment has is told of nowhere else.
pub(super) fn check_record(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    untold(project, findings);
    let mut struck: Vec<_> = project.struck.iter().collect();
    struck.sort_by_key(|(index, _)| **index);
    findings.extend(struck.into_iter().filter_map(|(index, struck)| told_of_struck(project, *index, struck)));
    for Unplaced { path, at, renamed } in &project.unplaced {
        let help = match renamed {
            Some(renamed) => format!("it is {} now: write that name here", printable(renamed)),
            None => "if it has another name now, write that here; if its values are used nowhere any more, take its lines out".to_owned(),
        };
        let message =
            format!("{} is no file of any environment, so what is still to change in it is not told", printable(path));
        findings.push(Finding::new(&RULE, message).at(*at, "a file of this name is not there").help(help));
    }
}

/// A record that only this folder has tells nobody else.
fn untold(project: &Project, findings: &mut Vec<Finding>) {
    let Some(Untold { at, removed_since, paths }) = &project.untold else { return };
    let files = super::listed(&paths.iter().map(|path| printable(path)).collect::<Vec<_>>(), "and");
    let record = record(project);
    if let Some(commit) = removed_since {
        let severity = if project.staged { Severity::Error } else { RULE.severity };
        let message = format!("{record} is gone, which alone tells what is still to change in {files}");
        let help = format!(
            "{}; the line of a value that needs no change can be taken out of it then",
            project.calls.git(&format!("checkout {commit} --"), &[&record])
        );
        findings.push(Finding::new(&RULE, message).severity(severity).at(*at, "not all of it is known").help(help));
        return;
    }
    let (severity, message) = if project.staged {
        let what = "is not staged as it is, and a commit without it forgets";
        (Severity::Error, format!("{record} {what} what is still to change in {files}"))
    } else {
        (RULE.severity, format!("git does not have {record}, which alone tells what is still to change in {files}"))
    };
    let help = format!("{}: `git commit -a` leaves new files out", project.calls.git("add", &[&record]));
    findings.push(Finding::new(&RULE, message).severity(severity).at(*at, "known here only").help(help));
}

/// Lines that were taken out of the record, although nothing of what they tell has changed.
fn told_of_struck(project: &Project, index: usize, struck: &Struck) -> Option<Finding> {
    let Struck { keys, readers, commit, is_forgotten } = struck;
    let layer = project.layers.get(index)?;
    let path = &project.sealed_files.get(&index)?.path;
    let record = record(project);
    let names = super::listed(&keys.iter().map(|key| told_name(key)).collect::<Vec<_>>(), "and");
    let readers = super::listed(&readers.iter().cloned().collect::<Vec<_>>(), "and");
    let still = if keys.len() == 1 { "is" } else { "are" };
    let entry = layer.entries.iter().find(|entry| keys.contains(layer.key(entry)));
    let at = layer.span(&entry.map_or(0..0, |entry| entry.key.clone()));
    // What others have put there since is to stay.
    let restored = if project.revocations.paths().next().is_none() {
        project.calls.git(&format!("checkout {commit} --"), &[&record])
    } else {
        let shown = project.calls.git(&format!("show {commit}:./{record}"), &[]);
        format!("take its section over from `{shown}`")
    };
    let (severity, message, help) = if *is_forgotten {
        (
            RULE.severity,
            format!(
                "{names} {still} still what {readers} could read, and {record} tells nothing of {} any more",
                printable(path)
            ),
            format!(
                "{restored}; the line of a value that needs no change can be taken out of it then, where its section stays"
            ),
        )
    } else {
        (
            Severity::Note,
            format!("{names} {still} still what {readers} could read, and was taken out of {record}"),
            format!("if that needs no change, so be it; else: {restored}"),
        )
    };
    Some(Finding::new(&RULE, message).severity(severity).at(at, "not changed since").help(help))
}

/// The record, by the path that users see.
fn record(project: &Project) -> String {
    printable(&project.calls.shown(NAME))
}

/// The name under which `sparkcfg secrets` knows the file.
fn environment<'a>(file: &'a File<'_>) -> &'a str {
    file.layer.name.strip_suffix(".secrets").unwrap_or(&file.layer.name)
}
