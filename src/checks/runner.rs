//! Runs the checks over a project.

use foldhash::HashSet;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::settling::{settle, settle_after};
use super::{
    ALL, File, Run, Subject, deployed, plaintext_secret, reads_differently, references, secrets_tracked, syntax,
};
use crate::environment::Environment;
use crate::finding::Finding;
use crate::layer::Layer;
use crate::project::Project;

/// What the checks found.
#[derive(Debug, Default)]
pub struct Found {
    /// The findings that count, with the severities that the project wants.
    pub findings: Vec<Finding>,
    /// How many were silenced by a comment.
    pub ignored: usize,
    /// Environments, files and different keys that were looked at.
    pub looked_at: (usize, usize, usize),
}

/// Runs every check over a project.
#[must_use]
pub fn run(project: &Project) -> Found {
    let check_file = |(index, layer): (usize, &Layer)| {
        let file = File::of(project, index, layer);
        let mut findings = Vec::new();
        if layer.is_unread() {
            syntax::check(&file, &mut findings);
            return findings;
        }
        ALL.iter().filter_map(|check| check.layer).for_each(|check| check(&file, &mut findings));
        reads_differently::keep_harmless(&file, &mut findings);
        findings
    };
    let check_environment = |environment| {
        let subject = Subject::new(project, environment);
        let mut findings = Vec::new();
        ALL.iter().filter_map(|check| check.environment).for_each(|check| check(&subject, &mut findings));
        (subject, findings)
    };
    let environments = project.environments();
    let layers = project.layers.as_slice();
    let (of_files, of_environments): (Vec<_>, Vec<_>) = if project.is_large() {
        rayon::join(
            || layers.par_iter().enumerate().map(check_file).collect(),
            || environments.par_iter().map(check_environment).collect(),
        )
    } else {
        (layers.iter().enumerate().map(check_file).collect(), environments.iter().map(check_environment).collect())
    };
    let (subjects, of_environments): (Vec<_>, Vec<_>) = of_environments.into_iter().unzip();
    let mut findings: Vec<Finding> = of_files.into_iter().chain(of_environments).flatten().collect();
    ALL.iter().filter_map(|check| check.project).for_each(|check| check(&subjects, &mut findings));
    deployed::check(project, &mut findings);
    let keys = match environments.as_slice() {
        [first, others @ ..] if others.iter().all(|other| names(first).eq(names(other))) => first.settings.len(),
        several => several.iter().flat_map(names).collect::<HashSet<_>>().len(),
    };
    let ignored = settle(project, &mut findings);
    reads_differently::keep_harmless_together(project, &mut findings);
    Found { findings, ignored, looked_at: (environments.len(), project.file_count(), keys) }
}

fn names<'a>(environment: &Environment<'a>) -> impl Iterator<Item = &'a str> {
    environment.settings.iter().map(|setting| setting.key)
}

/// Looks at what is about to be committed beside what a project reads: see [`Project::staged_beside`].
#[must_use]
pub fn run_staged_beside(project: &Project) -> Found {
    let mut findings = Vec::new();
    plaintext_secret::in_strays(project, &mut findings);
    plaintext_secret::check_staged(project, &mut findings);
    secrets_tracked::check_staged(project, &mut findings);
    let ignored = settle(project, &mut findings);
    Found { findings, ignored, looked_at: (0, 0, 0) }
}

/// Runs every check of references over a project that has read them, and gives the project its say.
#[must_use]
pub fn run_references(project: &Project) -> Found {
    let mut findings = references::check(project);
    let ignored = settle_after(project, &mut findings, Run::References).len();
    let keys = references::Referenced::new(project).keys.len();
    let looked_at = (project.environment_names().count(), project.references.paths.len(), keys);
    Found { findings, ignored, looked_at }
}
