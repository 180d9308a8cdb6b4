//! `sparkcfg release`: what was released, by hashes and a revision; what would change; and the way back.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueHint;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::rendering::{self, Job, Outcome};
use super::{Global, comparing, identities, printing, render, restoring};
use crate::error::Error;
use crate::project::deployments::RENDERED;
use crate::project::files::Files;
use crate::project::git::{self, Tree};
use crate::project::{Options, Project, templates, writing};
use crate::quoting::json_text;
use crate::source::{printable, printable_lines};
use crate::stores;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg release prod              record what is committed and rendered in releases/prod.json
  sparkcfg release prod --diff       what would change since the last release
  sparkcfg release prod --rollback   bring the declared files of the release before back, to be reviewed";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Release {
    /// The environment
    env: String,
    /// Write nothing; show what differs from the last release
    #[arg(long)]
    diff: bool,
    /// Write the declared files of the release before the last one, as a change to be reviewed and committed; who may open
    /// what stays as it is
    #[arg(long, conflicts_with = "diff")]
    rollback: bool,
    /// A file with age identities, for sealed files that --rollback seals anew, and those that hide even their keys; may be
    /// given several times
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    identity: Vec<PathBuf>,
}

/// What a release consists of: hashes and names, no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    version: u32,
    environment: String,
    /// The commit that holds the declared files.
    revision: String,
    /// The commit of the release before.
    previous: Option<String>,
    /// Path → SHA-256 of each file that can hold no value of a secret in the clear.
    templates: BTreeMap<String, String>,
    schema: BTreeMap<String, String>,
    sealed: BTreeMap<String, String>,
    /// Path → SHA-256 of each rendered file.
    rendered: BTreeMap<String, String>,
}

/// The project as it is, or as a revision holds it.
struct Picture {
    project: Project,
    files: Files,
    outcome: Outcome,
    /// The declared files and the templates.
    declared: Vec<String>,
}

impl Release {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let now = self.picture(Files::on_disk(&root, &prefix), &prefix, global.asked_folder())?;
        let last = self.last(&now.files)?;
        match (&last, self.diff, self.rollback) {
            (Some(last), true, _) => self.compare(&root, &prefix, now, last),
            (Some(last), _, true) => self.roll_back((&root, &prefix), &now, last, global),
            (None, true, _) | (None, _, true) => Err(Error::new(format!("{} has not been released yet", self.env))
                .at(self.path())
                .help(format!("record a release with: {}", global.again("release", &[&self.env])))),
            _ => self.record(&root, now, last.as_ref(), global),
        }
    }

    fn path(&self) -> String {
        path(&self.env)
    }

    fn last(&self, files: &Files) -> Result<Option<Lock>, Error> {
        last(files, &self.env)
    }

    fn picture(&self, files: Files, prefix: &str, folder: Option<String>) -> Result<Picture, Error> {
        let job = Job { to: RENDERED, only: &[], with_secrets: false, folder };
        let options = Options { environments: vec![self.env.clone()], ..Options::default() };
        let mut project = Project::read(&files, &options)?;
        let mut outcome = rendering::run_if_any(&mut project, &files, &job)?;
        if !outcome.closed.is_empty() {
            // Which keys such a file sets, and so what is rendered, only an identity shows.
            let identities = identities::collect(&self.identity, &files, &Project::config(&files)?)?;
            project = Project::read(&files, &Options { identities: Some(&identities), ..options })?;
            outcome = rendering::run_if_any(&mut project, &files, &job)?;
        }
        let mut declared = project.declared_files(prefix);
        declared.extend(templates::read(&files)?.keys().map(|path| format!("{}/{path}", templates::FOLDER)));
        Ok(Picture { project, files, outcome, declared })
    }

    fn record(&self, root: &Path, now: Picture, last: Option<&Lock>, global: &Global) -> Result<ExitCode, Error> {
        let Picture { mut project, files, mut outcome, declared } = now;
        self.committed(root, &declared)?;
        for file in outcome.files.iter().filter(|_| !outcome.is_broken) {
            outcome.findings.extend(comparing::compare(&mut project, &files, file)?.finding);
        }
        let gone = comparing::leftovers(&mut project, &files, &outcome, RENDERED)?;
        outcome.findings.extend(gone);
        outcome.tell_closed(&mut Vec::new());
        let hashes = |wanted: &dyn Fn(&str) -> bool| -> Result<BTreeMap<String, String>, Error> {
            declared
                .iter()
                .filter(|path| wanted(path))
                .map(|path| Ok((path.clone(), digest(&files.read(path)?))))
                .collect()
        };
        let folder = format!("{}/", templates::FOLDER);
        let lock = Lock {
            version: 1,
            environment: self.env.clone(),
            revision: git::commit(root, "HEAD")?,
            previous: None,
            templates: hashes(&|path| path.starts_with(&folder))?,
            schema: hashes(&|path| path.ends_with(".json"))?,
            sealed: hashes(&|path| stores::of(path).is_some())?,
            rendered: outcome
                .files
                .iter()
                .map(|file| (file.path.clone(), digest(file.text.expose().as_bytes())))
                .collect(),
        };
        let report = rendering::report("release", project, outcome.findings, outcome.summary).at_home(global.home());
        if report.summary.errors > 0 {
            render::show(&report, global)?;
            printing::complain(&format!("{} was not released\n", self.env))?;
            return Ok(ExitCode::from(1));
        }
        let previous = match last {
            Some(last) if last.revision == lock.revision => {
                printing::complain(&format!("{} is released already as {}\n", self.env, short(&last.revision)))?;
                return Ok(ExitCode::SUCCESS);
            }
            // Committing the record of a release is no change of what was released.
            Some(last)
                if (Lock { revision: String::new(), previous: None, ..last.clone() })
                    == (Lock { revision: String::new(), ..lock.clone() })
                    && self.is_same(root, &last.revision, &files, &declared)? =>
            {
                printing::complain(&format!("nothing changed in {} since {}\n", self.env, short(&last.revision)))?;
                return Ok(ExitCode::SUCCESS);
            }
            Some(last) => Some(last.revision.clone()),
            None => None,
        };
        let lock = Lock { previous, ..lock };
        writing::write(root, &self.path(), json_text(&lock).as_bytes(), false)?;
        printing::complain(&format!(
            "wrote {}; commit it with what is deployed\n",
            printable(&files.shown(&self.path()))
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Whether every declared file is as it was at a revision.
    #[expect(clippy::unused_self, reason = "the parts of a release read alike")]
    fn is_same(&self, root: &Path, revision: &str, files: &Files, declared: &[String]) -> Result<bool, Error> {
        let before = git::files(root, "", Tree::Revision(revision))?;
        for path in declared {
            if before.read_if_there(path)? != Some(files.read(path)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What is not committed cannot be found again, and would be lost.
    fn committed(&self, root: &Path, declared: &[String]) -> Result<(), Error> {
        let changed = git::uncommitted(root, declared)?;
        if changed.is_empty() {
            return Ok(());
        }
        let list = printable(&changed.join(", "));
        Err(Error::new(format!("{list}: not committed"))
            .help(format!("commit it first; a release of {} is what git holds", self.env)))
    }

    fn compare(&self, root: &Path, prefix: &str, mut now: Picture, last: &Lock) -> Result<ExitCode, Error> {
        let before = self.picture(git::files(root, prefix, Tree::Revision(&last.revision))?, prefix, None)?;
        let mut text = format!("since the release at {}\n", short(&last.revision));
        for path in all(&before.declared, &now.declared) {
            let (old, new) = (before.files.read_if_there(path)?, now.files.read_if_there(path)?);
            let word = match (old, new) {
                (None, Some(_)) => "added",
                (Some(_), None) => "gone",
                (old, new) if old != new => "changed",
                _ => continue,
            };
            let sealed = if stores::of(path).is_some() { " (sealed)" } else { "" };
            let _ = writeln!(text, "  {word}  {}{sealed}", now.files.shown(path));
        }
        let unchanged = text.lines().count() == 1;
        for file in &now.outcome.files {
            let old = before.outcome.files.iter().find(|old| old.path == file.path).map_or("", |old| old.text.expose());
            let shown = now.files.shown(&file.path);
            text.push_str(&comparing::difference(&mut now.project, &shown, &file.template, old, file.text.expose()));
        }
        if unchanged {
            text.push_str("  nothing changed\n");
        }
        printing::print(&printable_lines(&text)).map(|()| ExitCode::SUCCESS)
    }

    fn roll_back(
        &self,
        (root, prefix): (&Path, &str),
        now: &Picture,
        last: &Lock,
        global: &Global,
    ) -> Result<ExitCode, Error> {
        let Some(previous) = &last.previous else {
            return Err(Error::new(format!("there is no release of {} before the last one", self.env)).at(self.path()));
        };
        self.committed(root, &now.declared)?;
        let before = self.picture(git::files(root, prefix, Tree::Revision(previous))?, prefix, None)?;
        let paths = all(&before.declared, &now.declared);
        let restored = restoring::restore(&now.files, &before.files, paths, &self.identity)?;
        let next = if restored == 0 {
            format!("nothing differs from the release at {}\n", short(previous))
        } else {
            format!(
                "this is what was released at {}; files that other environments share are among it\nreview it with git diff, then: {}, commit, {}\n",
                short(previous),
                global.again("render", &[]),
                global.again("release", &[&self.env])
            )
        };
        printing::complain(&next)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn path(environment: &str) -> String {
    format!("releases/{environment}.json")
}

/// The commit of the last release of an environment.
pub(super) fn last_revision(files: &Files, environment: &str) -> Result<Option<String>, Error> {
    Ok(last(files, environment)?.map(|lock| lock.revision))
}

fn last(files: &Files, environment: &str) -> Result<Option<Lock>, Error> {
    let path = path(environment);
    let Some(bytes) = files.read_if_there(&path)? else { return Ok(None) };
    let broken = || Error::new("this is no record of a release").at(files.shown(&path)).help("restore it from git");
    let lock: Lock = serde_json::from_slice(&bytes).map_err(|_| broken())?;
    let is_commit = |name: &str| name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let sound = lock.version == 1 && lock.environment == environment && is_commit(&lock.revision);
    if sound && lock.previous.as_deref().is_none_or(is_commit) { Ok(Some(lock)) } else { Err(broken()) }
}

/// The paths of both lists, sorted, each once.
fn all<'p>(one: &'p [String], other: &'p [String]) -> impl Iterator<Item = &'p str> {
    let paths: std::collections::BTreeSet<&str> = one.iter().chain(other).map(String::as_str).collect();
    paths.into_iter()
}

/// A commit as people are told of it.
pub(super) fn short(revision: &str) -> &str {
    revision.get(..12).unwrap_or(revision)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
