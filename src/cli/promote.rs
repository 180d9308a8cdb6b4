//! `sparkcfg promote`: what one environment has and another must have as well, as a patch for review.

use std::process::ExitCode;

use super::drift::Drift;
use super::{Global, Keys, fix, printing};
use crate::error::Error;
use crate::source::printable;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg promote staging prod                 print the patch
  sparkcfg promote staging prod | git apply     and apply it

Only keys whose policy is must-match are promoted, and never a secret.";

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
        let drift = Drift::between(
            [self.from.clone(), self.to.clone()],
            Keys { identity: self.keys.identity.clone(), process_env: self.keys.process_env },
        );
        let mut report = drift.pair(global)?;
        report.findings.retain(|finding| finding.rule.code == "drift-must-match");
        for finding in report.findings.iter().filter(|finding| finding.fix.is_none()) {
            let key = printable(finding.key.as_deref().unwrap_or_default());
            printing::complain(&format!(
                "left out: {key}, a secret, a value that readers take differently, or one in a file of several \
                 environments; set it by hand\n"
            ))?;
        }
        let (patch, left) = fix::patch(&report, true);
        for (path, number) in &left {
            let changes = if *number == 1 { "one change" } else { "changes" };
            printing::complain(&format!("left out: {changes} in {} right beside a secret\n", printable(path)))?;
        }
        if patch.is_empty() && report.findings.is_empty() {
            printing::complain(&format!("nothing to promote: {} has all that must match\n", printable(&self.to)))?;
        }
        printing::print(&patch)?;
        // Whoever pipes it into `git apply` is to know that it is not all.
        Ok(ExitCode::from(u8::from(!left.is_empty())))
    }
}
