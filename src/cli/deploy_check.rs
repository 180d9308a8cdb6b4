//! `sparkcfg deploy-check`: everything that has to be right before an environment is deployed, with one verdict.

use std::process::ExitCode;

use super::drift::Drift;
use super::rendering::{self, Job};
use super::{Global, Keys, identities, printing, release, render};
use crate::checks;
use crate::error::Error;
use crate::project::files::Files;
use crate::project::{Options, Project, templates};
use crate::report::Summary;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg deploy-check prod --identity release.txt
                                     the environment with its secrets, what changed since its last release,
                                     and what is rendered from it
  sparkcfg deploy-check prod --format junit --output sarif=report.sarif";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct DeployCheck {
    /// The environment that is to be deployed
    env: String,
    #[command(flatten)]
    keys: Keys,
}

impl DeployCheck {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let destinations = printing::destinations(&global.output)?;
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let identities = identities::collect(&self.keys.identity, &files, &Project::config(&files)?)?;
        let options = Options {
            environments: vec![self.env.clone()],
            identities: Some(&identities),
            require_secrets: true,
            process: self.keys.process(),
            ..Options::default()
        };
        let mut project = Project::read(&files, &options)?;
        let found = checks::run(&project);
        let (environments, count, keys) = found.looked_at;
        let mut findings = found.findings;
        let summary = Summary { environments, files: count, keys, ignored: found.ignored, ..Summary::default() };
        if !templates::read(&files)?.is_empty() {
            let job = Job { to: "rendered", only: &[], with_secrets: false };
            let mut outcome = rendering::run(&mut project, &files, &job)?;
            findings.append(&mut outcome.findings);
            for file in outcome.files.iter().filter(|_| !outcome.is_broken) {
                findings.extend(rendering::compare(&mut project, &files, file)?.finding);
            }
            findings.extend(rendering::leftovers(&mut project, &files, &outcome, job.to)?);
        }
        // What no policy allows to have changed since the last release.
        if let Some(last) = release::last_revision(&files, &self.env)? {
            let access = Keys { identity: self.keys.identity.clone(), process_env: self.keys.process_env };
            let sources = [format!("{}@{last}", self.env), self.env.clone()];
            let drift = Drift::between(sources, access).report(&files, global)?;
            let offset = project.sources.absorb(drift.sources);
            findings.extend(drift.findings.into_iter().map(|finding| finding.shifted(offset)));
        }
        let report = rendering::report("deploy-check", project, findings, summary);
        printing::save(&report, &destinations)?;
        render::show(&report, global)?;
        Ok(ExitCode::from(u8::from(report.fails(global.fail_on))))
    }
}
