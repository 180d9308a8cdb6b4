//! `sparkcfg promote`: what one environment has and another must have as well, as a patch for review.

use std::process::ExitCode;

use super::{Global, Keys, drift, fix, printing};
use crate::drift::Row;
use crate::error::Error;
use crate::finding::Finding;
use crate::project::files::Files;
use crate::report::Report;
use crate::schema::extension::Drift;
use crate::source::printable;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg promote staging prod                 print the patch
  sparkcfg promote staging prod | git apply     and apply it

Only keys whose policy is must-match are promoted, and never a secret. One that is left out is told, and the exit code is 1;
where a member of a workspace cannot be checked it is 2.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Promote {
    /// The environment that has the values
    from: String,
    /// The environment that gets them
    to: String,
    #[command(flatten)]
    keys: Keys,
}

impl Promote {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        // What runs, what is rendered and a loose file have no layers, and nobody writes into the past.
        for (name, signs) in [(&self.from, [':'].as_slice()), (&self.to, &[':', '@'])] {
            if name.contains(signs) {
                return Err(Error::new(format!("`{}` is no environment of the project", printable(name)))
                    .help("values are promoted from one environment to another, as in sparkcfg promote staging prod"));
            }
        }
        let drift = drift::Drift::between(
            [self.from.clone(), self.to.clone()],
            Keys { identity: self.keys.identity.clone(), process_env: self.keys.process_env },
        );
        let mut report = drift.pair(global)?;
        if report.findings.iter().any(|finding| finding.rule.code == "policy-conflict") {
            return Err(Error::new("two policies for one key disagree, so nobody can say what must match")
                .help(format!("{} tells which", report.comparison.unwrap_or_default().command())));
        }
        // What can be said about the others is said all the same.
        let is_whole = !drift::tell_unchecked(&report)?;
        let mut left_out = 0;
        let accepted = report.comparison.iter().flat_map(|comparison| &comparison.settled);
        for finding in accepted.filter(|finding| self.must_match(&report, finding)) {
            let key = finding.named().unwrap_or_default();
            let why = finding.difference.as_ref().and_then(|difference| difference.accepted.as_ref());
            let why = why.map(|accepted| format!(" ({})", printable(&accepted.why))).unwrap_or_default();
            printing::complain(&format!("left out: {}: the difference is accepted{why}\n", printable(&key)))?;
            left_out += 1;
        }
        let accepted = left_out;
        let all = std::mem::take(&mut report.findings);
        report.findings = all.into_iter().filter(|finding| self.must_match(&report, finding)).collect();
        drift::mending::tell_what_follows(&report)?;
        let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
        let following: Vec<_> = fixes.flat_map(|fix| fix.changes.clone()).collect();
        let follows = |finding: &Finding| finding.key.as_ref().is_some_and(|key| following.contains(key));
        let is_value = |finding: &Finding| finding.rule.code == "drift-must-match" && finding.fix.is_none();
        report.findings.retain(|finding| !(is_value(finding) && follows(finding)));
        for finding in report.findings.iter().filter(|finding| finding.fix.is_none()) {
            let key = finding.named().unwrap_or_default();
            printing::complain(&format!("left out: {}: {}\n", printable(&key), self.why(&report, finding)))?;
            left_out += 1;
        }
        let (root, prefix) = global.folder()?;
        let patch = fix::patch(&report, true, &fix::Here::of(&root, &prefix));
        let command = report.comparison.as_ref().map(|comparison| comparison.command()).unwrap_or_default();
        for (path, titles) in &patch.left {
            for title in titles {
                let place = printable(path);
                printing::complain(&format!(
                    "left out: {title}: right beside a secret in {place}; {command} --fix=unsafe makes it\n"
                ))?;
            }
            left_out += titles.len();
        }
        let keys = |number: usize| format!("{number} key{}", if number == 1 { "" } else { "s" });
        let promoted = report.findings.len().saturating_sub(left_out - accepted);
        printing::complain(&match (promoted, left_out) {
            (0, 0) if !is_whole => "nothing to promote in what was checked\n".to_owned(),
            (0, 0) => format!("nothing to promote: {} has all that must match\n", printable(&self.to)),
            (_, 0) => format!("{} in the patch\n", keys(promoted)),
            _ => format!("{} in the patch, {left_out} left out: set by hand what must match\n", keys(promoted)),
        })?;
        if !patch.text.is_empty() {
            fix::tell_of_own_files(&fix::keys(&report, true).collect(), &Files::on_disk(&root, &prefix))?;
        }
        if let Some(folder) = &patch.elsewhere {
            printing::complain(&fix::applied_in(folder))?;
        }
        printing::print(&patch.text)?;
        // Whoever pipes it into `git apply` is to know that it is not all.
        Ok(ExitCode::from(if is_whole { u8::from(left_out > 0) } else { 2 }))
    }

    /// Whether a finding says that the environment that gets values lacks one which must match.
    fn must_match(&self, report: &Report, finding: &Finding) -> bool {
        let is_about = |name: &str| finding.environments.iter().any(|known| **known == *name);
        let policy = row(report, finding).and_then(|row| row.policy);
        match finding.rule.code {
            "drift-must-match" => true,
            "drift-missing" => policy == Some(Drift::MustMatch) && is_about(&self.to),
            "drift-unknown" | "undefined-reference" => policy == Some(Drift::MustMatch),
            _ => false,
        }
    }

    /// Why a key is not promoted.
    fn why(&self, report: &Report, finding: &Finding) -> String {
        let Some(row) = row(report, finding) else { return finding.message.clone() };
        let from = row.cells.first().and_then(Option::as_ref).map(|cell| cell.state);
        match from {
            _ if finding.rule.code == "drift-unknown" => "nobody here can open it".to_owned(),
            _ if finding.rule.code == "undefined-reference" => "a reference in it leads nowhere".to_owned(),
            _ if row.secret => "a secret is never copied".to_owned(),
            Some(state) if !state.is_there() => format!("{} does not set it", printable(&self.from)),
            _ => finding.help.clone().unwrap_or_default(),
        }
    }
}

/// The key of a finding in both environments.
fn row<'r>(report: &'r Report, finding: &Finding) -> Option<&'r Row> {
    let at = finding.difference.as_ref()?.row?;
    report.comparison.as_ref()?.rows.get(at)
}
