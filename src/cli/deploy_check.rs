//! `sparkcfg deploy-check`: everything that has to be right before an environment is deployed, with one verdict.

use std::process::ExitCode;

use super::drift::Drift;
use super::rendering::{self, Job};
use super::{Global, Keys, comparing, identities, printing, release, render, validate};
use crate::error::Error;
use crate::finding::{Bucket, Finding};
use crate::project::deployments::RENDERED;
use crate::project::files::Files;
use crate::project::{Options, Project};
use crate::report::{Report, Summary};

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
        let config = Project::config(&files)?;
        let identities = identities::collect(&self.keys.identity, &files, &config)?;
        let options = Options {
            environments: vec![self.env.clone()],
            identities: Some(&identities),
            require_secrets: true,
            history: true,
            process: self.keys.process(),
            ..Options::default()
        };
        let (mut project, found) = validate::check(&files, &config, &options)?;
        let (environments, count, keys) = found.looked_at;
        let mut findings = found.findings;
        let summary = Summary { environments, files: count, keys, ignored: found.ignored, ..Summary::default() };
        let job = Job { to: RENDERED, only: &[], with_secrets: false, folder: global.asked_folder() };
        let mut outcome = rendering::run_if_any(&mut project, &files, &job)?;
        // That the file stays closed is an error here, and was told in other words already.
        if outcome.closed.iter().any(|closed| !findings.iter().any(|found| found.rule.code == closed.rule.code)) {
            outcome.tell_closed(&mut findings);
        }
        findings.append(&mut outcome.findings);
        for file in outcome.files.iter().filter(|_| !outcome.is_broken) {
            findings.extend(comparing::compare(&mut project, &files, file)?.finding);
        }
        findings.extend(comparing::leftovers(&mut project, &files, &outcome, job.to)?);
        for drift in self.drift(&files, global)? {
            let offset = project.sources.absorb(drift.sources);
            let found = drift.findings.into_iter().filter(|finding| self.counts(finding));
            let found: Vec<_> = found.filter(|finding| !is_told(finding, &findings)).collect();
            findings.extend(found.into_iter().map(|finding| finding.shifted(offset)));
        }
        let report = rendering::report("deploy-check", project, findings, summary)
            .failing_from(global.fail_on)
            .at_home(global.home());
        printing::save(&report, &destinations)?;
        render::show(&report, global)?;
        Ok(ExitCode::from(u8::from(report.fails())))
    }

    /// What changed in the environment since its last release, and what differences with other environments came up
    /// since then that no policy allows. Before the first release, all of those count.
    fn drift(&self, files: &Files, global: &Global) -> Result<Vec<Report>, Error> {
        let access = || Keys { identity: self.keys.identity.clone(), process_env: self.keys.process_env };
        let report = |drift: Drift| drift.or_nothing().report(files, global);
        if let Some(last) = release::last_revision(files, &self.env)? {
            let sources = [format!("{}@{}", self.env, release::short(&last)), self.env.clone()];
            let changes = report(Drift::between(sources, access()))?;
            return Ok(vec![changes, report(Drift::since(last, access()))?]);
        }
        let others = Project::environment_names_in(files, &Project::config(files)?)?;
        if others.len() < 2 { Ok(Vec::new()) } else { Ok(vec![report(Drift::of_all(access()))?]) }
    }

    /// Whether a finding of a comparison is about the environment, and somebody decided on it: what nobody classified,
    /// and what nobody here can open in other environments, stops no deploy.
    fn counts(&self, finding: &Finding) -> bool {
        let is_own = |name: &str| name.split('@').next() == Some(&*self.env);
        let only_own = finding.environments.iter().all(|name| is_own(name));
        let is_decided = finding.difference.as_ref().is_some_and(|found| found.bucket == Bucket::Unexpected);
        finding.environments.iter().any(|name| is_own(name)) && (is_decided || only_own)
    }
}

/// Whether somebody was told of the mistake already, be it in the words of `validate`.
fn is_told(finding: &Finding, known: &[Finding]) -> bool {
    const SAME: [(&str, &str); 5] = [
        ("drift-missing", "missing-key"),
        ("drift-exposed-secret", "plaintext-secret"),
        ("drift-extra", "unknown-key"),
        ("drift-must-differ", "shared-secret"),
        ("drift-not-allowed-here", "not-allowed-value"),
    ];
    let code = finding.rule.code;
    let is_same = |other: &str| other == code || SAME.contains(&(code, other));
    known.iter().any(|known| known.key == finding.key && known.key.is_some() && is_same(known.rule.code))
}
