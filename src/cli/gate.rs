//! The gate before an environment is used: the same findings, in the same words, whatever it is used for.

use super::{Global, printing};
use crate::checks;
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::project::Project;
use crate::report::{FailOn, Report, Summary};

/// The option that leaves the gate open.
#[derive(Debug, clap::Args)]
pub(super) struct Gate {
    /// Go on although there are findings, and without a look for any
    #[arg(long)]
    no_validate: bool,
}

impl Gate {
    /// What the checks find about a project: notes only where they are asked for.
    pub(super) fn findings(&self, project: &Project, global: &Global) -> (Vec<Finding>, Summary) {
        if self.no_validate {
            return (Vec::new(), Summary::default());
        }
        let found = checks::run(project);
        let (environments, files, keys) = found.looked_at;
        let told = |severity: Severity| severity > Severity::Note || global.verbose || global.fail_on == FailOn::Note;
        let findings = found.findings.into_iter().filter(|finding| told(finding.severity)).collect();
        (findings, Summary { environments, files, keys, ignored: found.ignored, ..Summary::default() })
    }
}

/// Writes a report to stderr, where stdout is for something else.
pub(super) fn tell(report: &Report, global: &Global) -> Result<(), Error> {
    if global.quiet == 0 || report.fails() && global.quiet < 2 {
        let output = crate::outputs::find("human").ok_or_else(|| Error::new("there is no such format"))?;
        printing::complain(&(output.write)(report, &printing::style_of_errors(global.color, global.quiet > 0)))?;
    }
    Ok(())
}

/// Says what was not done because of the findings, and how it is done all the same, if it can be.
pub(super) fn refuse(done: &str, all_the_same: Option<&str>, global: &Global) -> Result<(), Error> {
    if global.quiet >= 2 {
        return Ok(());
    }
    let way = all_the_same.map(|does| format!("; --no-validate {does} it all the same")).unwrap_or_default();
    printing::complain(&format!("nothing was {done}{way}\n"))
}
