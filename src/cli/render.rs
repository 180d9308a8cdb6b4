//! `sparkcfg render`: templates and environments in, the files of each environment out.

use std::path::{Component, Path};
use std::process::ExitCode;

use super::gate::{self, Gate};
use super::rendering::{self, Job, Written};
use super::{Global, Keys, comparing, identities, printing};
use crate::error::Error;
use crate::outputs;
use crate::project::files::Files;
use crate::project::{Options, Project, git, templates, writing};
use crate::report::Report;
use crate::source::{printable, printable_lines};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg render                    every template for every environment, into rendered/ENV/
  sparkcfg render prod --check       fail, with a diff, when a file is stale or was edited
  sparkcfg render prod --stdout --template compose.yml.j2 | docker compose -f - config
  sparkcfg render dev --with-secrets --to private
                                     values instead of references, into an ignored folder";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Render {
    /// The environments to render; all when none is named
    environments: Vec<String>,
    /// Write nothing; fail, with a diff, when a file is not what would be written
    #[arg(long, conflicts_with_all = ["stdout", "with_secrets"])]
    check: bool,
    /// Write nothing; show what would change
    #[arg(long, conflicts_with_all = ["stdout", "with_secrets", "check"])]
    diff: bool,
    /// Print the files instead of writing them
    #[arg(long)]
    stdout: bool,
    /// The folder, within the project, that gets a folder for each environment
    #[arg(long, value_name = "DIR", default_value = "rendered")]
    to: String,
    /// Only this template, by its path within templates/; may be given several times
    #[arg(long, value_name = "NAME")]
    template: Vec<String>,
    /// Write secrets instead of references to them: private files, only into a folder that git ignores
    #[arg(long)]
    with_secrets: bool,
    /// Write over files that were edited by hand
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    gate: Gate,
    #[command(flatten)]
    keys: Keys,
}

impl Render {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let destinations = printing::destinations(&global.output)?;
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let to = within(&root, &self.to)?;
        let to = to.as_str();
        if self.with_secrets && !self.stdout {
            ignored(&root, to)?;
        }
        let identities = identities::collect(&self.keys.identity, &files, &Project::config(&files)?)?;
        let options = Options {
            environments: self.environments.clone(),
            identities: Some(&identities),
            process: self.keys.process(),
            ..Options::default()
        };
        let mut project = Project::read(&files, &options)?;
        let (mut found, looked_at) = self.gate.findings(&project, global);
        if found.iter().any(|finding| global.fail_on.counts(finding.severity)) {
            // What templates make of a wrong environment is not worth a word.
            let report = rendering::report("render", project, found, looked_at)
                .failing_from(global.fail_on)
                .at_home(global.home());
            printing::save(&report, &destinations)?;
            if self.stdout {
                gate::tell(&report, global)?;
            } else {
                show(&report, global)?;
            }
            gate::refuse("rendered", Some("renders"), global)?;
            return Ok(ExitCode::from(1));
        }
        let job = Job { to, only: &self.template, with_secrets: self.with_secrets, folder: global.asked_folder() };
        let mut outcome = rendering::run(&mut project, &files, &job)?;
        let compares = self.check || self.diff;
        if compares {
            outcome.tell_unchecked(to, &mut found);
        } else {
            outcome.tell_closed(&mut found);
        }
        outcome.findings.extend(found);
        let mut diff = String::new();
        let mut blocked = Vec::new();
        // As long as a template is broken, what the others give is not worth a word.
        if !self.stdout && !outcome.is_broken {
            for file in &outcome.files {
                let compared = comparing::compare(&mut project, &files, file)?;
                if compares {
                    diff.push_str(&compared.diff);
                    outcome.findings.extend(compared.finding);
                } else if compared.is_foreign && !self.force {
                    blocked.push(file.path.clone());
                    outcome.findings.extend(compared.finding);
                }
            }
            if compares && self.template.is_empty() {
                outcome.findings.extend(comparing::leftovers(&mut project, &files, &outcome, to)?);
            }
        }
        let report = rendering::report("render", project, outcome.findings, outcome.summary)
            .failing_from(global.fail_on)
            .at_home(global.home());
        if self.stdout {
            return print(&report, outcome.is_broken, &outcome.files, global);
        }
        if compares && global.format == "human" && global.quiet == 0 {
            printing::print(&printable_lines(&diff))?;
        }
        printing::save(&report, &destinations)?;
        if compares || report.summary.errors + report.summary.warnings > 0 || global.format != "human" {
            show(&report, global)?;
        }
        if self.with_secrets && !compares {
            // A rule may take back for one file what another says of its folder.
            for file in &outcome.files {
                ignored(&root, &file.path)?;
            }
        }
        if !compares && !outcome.is_broken {
            for file in outcome.files.iter().filter(|file| !blocked.contains(&file.path)) {
                writing::write(&root, &file.path, file.text.expose().as_bytes(), self.with_secrets)?;
                if templates::is_executable(&files, &file.template) {
                    writing::make_executable(&root, &file.path)?;
                }
                if global.quiet == 0 {
                    printing::complain(&format!("wrote {}\n", printable(&files.shown(&file.path))))?;
                }
            }
        }
        Ok(ExitCode::from(u8::from(!self.diff && report.fails())))
    }
}

/// Refuses to write secrets where git would take them.
fn ignored(root: &Path, path: &str) -> Result<(), Error> {
    // Of what stands behind a link, git would know nothing.
    writing::within(root, path)?;
    if !git::is_held(&root.join(path)) {
        let help = "git init, and add the folder to .gitignore; or print the files with --stdout";
        let message = "nothing says that these secrets stay out of a repository: there is none here to ask";
        return Err(Error::new(message).at(printable(path)).help(help));
    }
    if git::is_ignored(root, path)? {
        return Ok(());
    }
    let shown = printable(path);
    let help =
        format!("add it to .gitignore, and take what git holds of it away (git rm --cached -r {shown}); or --to DIR");
    Err(Error::new("secrets are written only where git ignores them").at(shown).help(help))
}

/// A folder of the project, as a path within it; one that leads out of it is left for the writing to refuse.
fn within(root: &Path, to: &str) -> Result<String, Error> {
    let path = Path::new(to);
    let path = path.strip_prefix(root).unwrap_or(path);
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            _ => return Ok(to.trim_end_matches('/').to_owned()),
        }
    }
    // What is rendered would be taken for what it is made of, or break what git keeps.
    if let Some(own) =
        parts.first().filter(|name| [".git", "templates", "environments", "schemas"].contains(&name.as_str()))
    {
        let help = "name a folder of its own, as in --to rendered";
        return Err(Error::new(format!("{own} is no folder to render into")).at(printable(to)).help(help));
    }
    if parts.is_empty() {
        let help = "name a folder within it, as in --to rendered";
        return Err(Error::new("the project's own folder cannot be rendered into").at(printable(to)).help(help));
    }
    Ok(parts.join("/"))
}

/// The texts on stdout; what is to be said about them goes to stderr.
fn print(report: &Report, is_broken: bool, files: &[Written], global: &Global) -> Result<ExitCode, Error> {
    if report.summary.errors + report.summary.warnings > 0 {
        gate::tell(report, global)?;
    }
    if is_broken || report.fails() {
        return Ok(ExitCode::from(1));
    }
    let several = files.len() > 1;
    for file in files {
        if several {
            printing::print(&format!("==> {} <==\n", printable(&file.path)))?;
        }
        printing::print(file.text.expose())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The report as `--format` wants it.
pub(super) fn show(report: &Report, global: &Global) -> Result<(), Error> {
    if global.quiet >= 2 {
        return Ok(());
    }
    let output = outputs::find(&global.format).ok_or_else(|| Error::new("there is no such format"))?;
    printing::print(&(output.write)(report, &printing::style(global.color, global.quiet > 0)))
}
