//! What a sealed file is about to hold, judged by the project's checks before it is written.

use std::collections::{BTreeSet, HashSet};

use super::carrying::values;
use super::{Global, change, now};
use crate::checks;
use crate::cli::printing;
use crate::cli::run::taken_from_no_file;
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::plain;
use crate::project::files::Files;
use crate::project::sealing::{Sealing, Target};
use crate::project::{Options, Project, compose_entries};
use crate::report::{Report, Summary};
use crate::secret::Secret;

/// Whether the project takes the text: no error about one of the `changed` keys in this file, and none that is not
/// there today; nor a new key that looks like a misspelt one. What speaks against it is told.
///
/// # Errors
/// The text cannot be sealed, or the project cannot be checked.
pub(super) fn accepts(
    sealing: &Sealing,
    target: &Target,
    text: &Secret,
    changed: &[String],
    global: &Global,
) -> Result<bool, Error> {
    let sealed = sealing.draft(target, text, &change(&now()))?;
    let files = sealing.files.with(&target.file.path, sealed.into_bytes());
    let (mut project, found) = judged(sealing, &files)?;
    for key in changed.iter().filter(|key| values(text).contains_key(key.as_str())) {
        if let Err(error) = may_stand_in_a_file(&project, key) {
            return printing::complain(&format!("{error}\n")).map(|()| false);
        }
    }
    // A project that is broken today has no findings to compare with.
    let before = judged(sealing, &sealing.files).ok();
    let known: Option<HashSet<_>> = before.map(|(_, found)| found.iter().map(identity).collect());
    let path = sealing.files.shown(&target.file.path);
    let here =
        |finding: &Finding| finding.label.as_ref().is_some_and(|label| project.sources.path(label.span.source) == path);
    // What is said of other environments may change its words when this file changes for the better.
    let concerns = |finding: &Finding| {
        let places = finding.label.iter().chain(&finding.related);
        places.into_iter().any(|label| project.sources.path(label.span.source) == path)
            || finding.environments.iter().any(|name| target.file.environments.iter().any(|own| **name == **own))
    };
    let counts = |finding: &Finding| {
        // What is no error stands there, once somebody wanted it.
        if finding.severity != Severity::Error && known.as_ref().is_none_or(|known| known.contains(&identity(finding)))
        {
            return false;
        }
        let is_own = finding.key.as_ref().is_some_and(|key| changed.contains(key));
        let is_new = known.as_ref().is_some_and(|known| !known.contains(&identity(finding)));
        // With a first file, what is said of a project's tables is about what is still to be written.
        // Of two places that must not be the same, it may be told at the other one.
        let mut related = finding.related.iter();
        let is_second = related.any(|label| project.sources.path(label.span.source) == path);
        is_own && here(finding) || is_new && concerns(finding) && (is_own || is_second || target.bytes.is_some())
    };
    let errors: Vec<_> = found.into_iter().filter(counts).collect();
    if errors.is_empty() {
        return Ok(true);
    }
    project.hide_secrets();
    let report = Report::new("validate", errors, std::mem::take(&mut project.sources), Summary::default());
    let output = crate::outputs::find("human").ok_or_else(|| Error::new("there is no such format"))?;
    printing::complain(&(output.write)(&report, &printing::style_of_errors(global.color, true)))?;
    Ok(false)
}

/// Refuses a key that the project's schema does not know, before its value is asked for.
///
/// # Errors
/// It is not known, or the project cannot be checked.
pub(super) fn knows(sealing: &Sealing, target: &Target, key: &str) -> Result<(), Error> {
    let plain = sealing.plain(target)?;
    let draft = plain::put(&plain, key, &Secret::new("0".to_owned()), compose_entries);
    let Some(draft) = draft else { return Ok(()) };
    let sealed = sealing.draft(target, &draft, &change(&now()))?;
    let files = sealing.files.with(&target.file.path, sealed.into_bytes());
    // Whatever else is wrong is told once there is a value.
    let Ok((project, found)) = judged(sealing, &files) else { return Ok(()) };
    may_stand_in_a_file(&project, key)?;
    let is_there = values(&plain).contains_key(key);
    let unknown = found.into_iter().find(|finding| {
        let counts = finding.severity == Severity::Error || !is_there;
        counts && finding.rule.code == UNKNOWN && finding.key.as_deref() == Some(key)
    });
    let Some(finding) = unknown else { return Ok(()) };
    let help = finding.help.unwrap_or_default();
    Err(Error::new(finding.message).help(format!("{help}; --no-validate sets it all the same")))
}

const UNKNOWN: &str = "unknown-key";

/// Refuses what `run` would not start a command with.
fn may_stand_in_a_file(project: &Project, key: &str) -> Result<(), Error> {
    let Some(why) = taken_from_no_file(project, key) else { return Ok(()) };
    let help = "set it where the command is started; or declare it in the schema, if the command needs it from here";
    Err(Error::new(format!("{key} {why}: `sparkcfg run` takes it from no file")).help(help))
}

/// The errors that the checks find, in all environments: a secret of one must not be that of another. And the keys that look
/// like misspelt ones, which a schema that is open lets pass with a warning.
fn judged(sealing: &Sealing, files: &Files) -> Result<(Project, Vec<Finding>), Error> {
    let options = Options { identities: Some(&sealing.identities), ..Options::default() };
    let project = Project::read(files, &options)?;
    let mut found = checks::run(&project).findings;
    found.retain(|finding| finding.severity == Severity::Error || finding.rule.code == UNKNOWN);
    Ok((project, found))
}

/// The keys whose values hold references that lead nowhere, in the environments of a sealed file; none where the project
/// cannot be read.
pub(super) fn leading_nowhere(sealing: &Sealing, files: &Files, target: &Target) -> BTreeSet<String> {
    let options = Options { identities: Some(&sealing.identities), ..Options::default() };
    let Ok(project) = Project::read(files, &options) else { return BTreeSet::new() };
    let environments = project.environments();
    let concerned = environments.iter().filter(|one| target.file.environments.iter().any(|name| **name == *one.name));
    concerned.flat_map(|one| &one.loose).map(|loose| loose.key.to_owned()).collect()
}

/// What makes two findings the same although lines moved.
fn identity(finding: &Finding) -> (&'static str, Option<String>, String) {
    (finding.rule.code, finding.key.clone(), finding.message.clone())
}
