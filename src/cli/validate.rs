//! `sparkcfg validate`: everything that can be said about a project's environments, in one run.

mod beside;

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::fix::{self, Applied};
use super::{Global, Keys, identities, printing, readers, refs, workspace};
use crate::checks::{self, Found};
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::identity::Identities;
use crate::project::config::{Config, Level, Workspace};
use crate::project::declaration;
use crate::project::files::{self, Files};
use crate::project::git::{self, Tree};
use crate::project::naming::place_in_config;
use crate::project::{Options, Project};
use crate::report::{FileRead, Report, Summary};
use crate::source::{Sources, Span};
use crate::stores;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg validate                       every environment
  sparkcfg validate staging prod          two of them
  sparkcfg validate --fail-on warning     be strict
  sparkcfg validate --refs                what programs read and nobody declares or delivers, too
  sparkcfg validate --output sarif=report.sarif --output json=report.json
  sparkcfg validate --format github       annotations in a workflow
  SOPS_AGE_KEY_FILE=key.txt sparkcfg validate prod --require-secrets";

/// How often `--fix` looks for more once it has mended something, so that two fixes that undo each other come to an end.
const MOST_ROUNDS: usize = 8;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Validate {
    /// The environments to check; all when none is named
    environments: Vec<String>,
    /// Check what is in the git index instead of the files on disk
    #[arg(long)]
    staged: bool,
    /// Let a sealed file that no key opens be an error
    #[arg(long)]
    require_secrets: bool,
    /// Mend what can be mended safely, then check again
    #[arg(long, conflicts_with = "staged")]
    fix: bool,
    /// Look at the variables that programs use, too, as `sparkcfg refs` does; always with `validate = true` under [references]
    #[arg(long, conflicts_with = "staged")]
    refs: bool,
    /// Include personal layers (prod.local.env), which a gate leaves out
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    keys: Keys,
}

/// One project, checked.
#[derive(Default)]
struct Checked {
    findings: Vec<Finding>,
    sources: Sources,
    summary: Summary,
    has_schema: bool,
    /// The paths, as users see them, of what was looked at for secrets.
    known: HashSet<String>,
    /// The layers, and who reads them, where somebody asked for that.
    files: Vec<FileRead>,
    /// The members of the workspace that could not be checked, and why.
    broken: Vec<(String, Error)>,
}

/// What is told beside the report.
struct Beside {
    /// Whether there was no schema to check by.
    without_schema: bool,
    /// Why members of the workspace could not be checked.
    broken: Vec<Error>,
}

impl Checked {
    fn absorb(&mut self, other: Self) {
        self.has_schema |= other.has_schema;
        self.known.extend(other.known);
        self.files.extend(other.files);
        self.broken.extend(other.broken);
        let offset = self.sources.absorb(other.sources);
        self.findings.extend(other.findings.into_iter().map(|finding| finding.shifted(offset)));
        self.summary.environments += other.summary.environments;
        self.summary.files += other.summary.files;
        self.summary.keys += other.summary.keys;
        self.summary.ignored += other.summary.ignored;
    }
}

/// Adds what is wrong about the variables that programs use.
fn with_references(mut checked: Checked, files: &Files) -> Result<Checked, Error> {
    let (sources, findings, found) = refs::findings(files)?;
    let summary = Summary { ignored: found.ignored, ..Summary::default() };
    checked.absorb(Checked { findings, sources, summary, ..Checked::default() });
    Ok(checked)
}

impl Validate {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let destinations = printing::destinations(&global.output)?;
        let (root, prefix) = global.folder()?;
        let files = if self.staged {
            git::files(&root, &prefix, Tree::Index)?
        } else {
            Files::on_disk(&root, &prefix).watching_git().at_rest()
        };
        let (mut report, mut told) = self.report(&files, global)?;
        if self.fix {
            let mut applied = Applied::default();
            // Of two fixes for one place, one is applied; the other may still be wanted then.
            for _ in 0..MOST_ROUNDS {
                let round = fix::apply(&report, &root, &prefix, false)?;
                if round.fixes == 0 {
                    break;
                }
                applied.fixes += round.fixes;
                applied.files.extend(round.files);
                applied.keys.extend(round.keys);
                (report, told) = self.report(&files.clone().at_rest(), global)?;
            }
            let plural = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
            printing::complain(&format!(
                "mended {} in {}\n",
                plural(applied.fixes, "place"),
                plural(applied.files.len(), "file")
            ))?;
            if !self.local {
                fix::tell_of_own_files(&applied.keys, &files)?;
            }
        }
        printing::save(&report, &destinations)?;
        if global.quiet < 2 {
            let output = crate::outputs::find(&global.format).ok_or_else(|| Error::new("there is no such format"))?;
            let style = printing::style(global.color, global.quiet > 0);
            printing::print(&(output.write)(&report, &style))?;
            if told.without_schema && global.quiet == 0 {
                printing::complain(
                    "there is no schema, so no type and no required key was checked: sparkcfg init writes one\n",
                )?;
            }
        }
        if !told.broken.is_empty() {
            // Otherwise the report tells it.
            for error in told.broken.iter().filter(|_| global.quiet > 1) {
                printing::complain(&format!("{error}\n"))?;
            }
            return Ok(ExitCode::from(2));
        }
        let code = u8::from(report.fails());
        std::mem::forget(report);
        Ok(ExitCode::from(code))
    }

    /// The report, and what is told beside it.
    fn report(&self, files: &Files, global: &Global) -> Result<(Report, Beside), Error> {
        let config = Project::config(files)?;
        let person = identities::of_person(&self.keys.identity)?;
        let checked = match &config.workspace {
            Some(workspace) => self.workspace(files, workspace, &person, global)?,
            None if self.staged && self.environments.is_empty() && !Project::has_environments(files, &config)? => {
                self.deployed(files, &config, &person, global)?
            }
            None => {
                let (checked, project) = self.project(files, &config, &person, &self.environments, global)?;
                // The operating system frees memory faster than thousands of destructors.
                std::mem::forget(project);
                checked
            }
        };
        let checked = if self.staged { beside::added(checked, files, &config)? } else { checked };
        // What a program uses belongs to no environment, and the tree of the index is not there to be looked at.
        let wants_references = self.refs || config.references.validate && self.environments.is_empty() && !self.staged;
        let checked = if wants_references { with_references(checked, files)? } else { checked };
        let (unchecked, broken): (Vec<_>, _) = checked.broken.into_iter().unzip();
        let report = Report::new("validate", checked.findings, checked.sources, checked.summary)
            .failing_from(global.fail_on)
            .of_files(checked.files)
            .without(&unchecked)
            .at_home(global.home());
        Ok((report, Beside { without_schema: !checked.has_schema, broken }))
    }

    /// Where git keeps its hands off all env files, a commit is judged by what else is in it: the schema, which has to be there,
    /// and what starts services, as they are started with the env files of the folder.
    fn deployed(&self, files: &Files, config: &Config, person: &Identities, global: &Global) -> Result<Checked, Error> {
        let folder = Files::on_disk(files.root(), &files.shown(""));
        let stacks = Project::stacks_of(&folder, config)?.into_iter();
        let ignored = stacks.flat_map(|stack| stack.files).filter(|path| stores::of(path).is_none());
        let mut whole: Option<Files> = None;
        for path in ignored {
            if let Some(bytes) = folder.read_if_there(&path)? {
                whole = Some(whole.as_ref().unwrap_or(files).with(&path, bytes));
            }
        }
        let Some(whole) = whole else { return Ok(Checked { has_schema: true, ..Checked::default() }) };
        // An environment that sparkcfg.toml lists is none in a commit without its file.
        if !Project::has_environments(&whole, config)? {
            return Ok(Checked { has_schema: true, ..Checked::default() });
        }
        let (mut checked, project) = self.project(&whole, config, person, &[], global)?;
        std::mem::forget(project);
        checked
            .findings
            .retain(|finding| ["compose-", "pm2-"].iter().any(|start| finding.rule.code.starts_with(start)));
        // What git ignores was only asked, and is none of what is judged.
        checked.summary = Summary { ignored: checked.summary.ignored, ..Summary::default() };
        Ok(Checked { has_schema: true, ..checked })
    }

    fn project(
        &self,
        files: &Files,
        config: &Config,
        person: &Identities,
        environments: &[String],
        global: &Global,
    ) -> Result<(Checked, Project), Error> {
        let own = match config.identities.as_slice() {
            [] => None,
            _ => Some(identities::collect(&self.keys.identity, files, config)?),
        };
        let options = Options {
            environments: environments.to_vec(),
            personal: self.local,
            identities: Some(own.as_ref().unwrap_or(person)),
            require_secrets: self.require_secrets,
            history: true,
            process: self.keys.process(),
        };
        let prefix = files.shown("");
        let (mut project, found) = check(files, config, &options)?;
        let read = if global.verbose { readers::of_files(&project, &prefix) } else { Vec::new() };
        for file in &read {
            printing::complain(&told(file))?;
        }
        let (environments, files, keys) = found.looked_at;
        let summary = Summary { environments, files, keys, ignored: found.ignored, ..Summary::default() };
        let has_schema = project.schema.is_some();
        let sources = project.layers.iter().chain(project.strays.iter().map(|stray| &stray.layer));
        let mut known: HashSet<_> = sources.map(|layer| project.sources.path(layer.source).to_owned()).collect();
        known.extend(project.exposed.iter().map(|(exposed, _)| exposed.path.clone()));
        known.extend(config.identities.iter().map(|path| prefix.clone() + path.trim_start_matches("./")));
        if found.findings.is_empty() {
            return Ok((Checked { summary, has_schema, known, files: read, ..Checked::default() }, project));
        }
        project.hide_secrets();
        let sources = std::mem::take(&mut project.sources);
        let findings = found.findings;
        Ok((Checked { findings, sources, summary, has_schema, known, files: read, ..Checked::default() }, project))
    }

    /// One member; `None` where it has nothing to check.
    fn member(
        &self,
        files: &Files,
        (workspace, folder): (&Workspace, &str),
        person: &Identities,
        global: &Global,
    ) -> Result<Option<Checked>, Error> {
        let member = if folder.is_empty() { None } else { Some(files.member(folder)) };
        let files = member.as_ref().unwrap_or(files);
        let config = Project::config(files)?;
        if config.workspace.is_some() && !folder.is_empty() {
            return Err(Error::new("it is a workspace of its own").help(format!(
                "name its members in [workspace] members of the outer one, as in {folder}/services/*, or run \
                 `sparkcfg validate --project {folder}` as well"
            )));
        }
        // A folder that holds no environments, such as a shared library, is no member; nor is one that has
        // none of those that were named.
        let has = Project::environment_names_in(files, &config)?;
        if has.is_empty() && !self.staged && workspace::names(workspace, folder) {
            return Err(Error::new("there is nothing to check in it").help(
                "it has no environments/*.env, .env or .env.<name>; take it out of [workspace] members, or add them",
            ));
        }
        if has.is_empty() && self.staged && self.environments.is_empty() {
            return self.deployed(files, &config, person, global).map(Some);
        }
        let named: Vec<_> = self.environments.iter().filter(|name| has.contains(name)).cloned().collect();
        if has.is_empty() || named.is_empty() && !self.environments.is_empty() {
            return Ok(None);
        }
        self.project(files, &config, person, &named, global).map(|(checked, _)| Some(checked))
    }

    /// Every member as a project of its own, on all cores, in one report.
    fn workspace(
        &self,
        files: &Files,
        workspace: &Workspace,
        person: &Identities,
        global: &Global,
    ) -> Result<Checked, Error> {
        let mut folders = workspace::members(files, workspace)?;
        let own = Project::has_environments(files, &Project::config(files)?)?;
        if own {
            folders.insert(0, String::new());
        }
        let results: Vec<_> = folders
            .into_par_iter()
            .map(|folder| {
                let result = self.member(files, (workspace, &folder), person, global);
                (folder, result)
            })
            .collect();
        let mut all = Checked::default();
        let mut any = false;
        for (folder, result) in results {
            match result {
                Ok(None) => {}
                Ok(Some(checked)) => {
                    any = true;
                    all.absorb(checked);
                }
                // What can be said about the others is said all the same.
                Err(error) => {
                    let (finding, sources) = unchecked(files, &folder, &error);
                    all.absorb(Checked { findings: vec![finding], sources, ..Checked::default() });
                    all.broken.push((folder, error));
                }
            }
        }
        if any && !own {
            all.absorb(of_workspace(files)?);
        }
        if any || self.staged && self.environments.is_empty() && all.broken.is_empty() {
            all.has_schema |= !any;
            return Ok(all);
        }
        if !all.broken.is_empty() {
            // Each is told, and the last one by whoever carries the command out.
            let last = all.broken.pop().map(|(_, error)| error);
            all.broken.iter().try_for_each(|(_, error)| printing::complain(&format!("{error}\n")))?;
            return Err(last.unwrap_or_else(|| Error::new("no member of the workspace could be checked")));
        }
        if let Some(name) = self.environments.first() {
            return Err(Error::new(format!("no member of the workspace has an environment `{name}`")));
        }
        let looked = workspace.members.join(", ");
        Err(Error::new("no member of the workspace has anything to check")
            .help(format!("looked in {looked} for environments/*.env, .env and .env.<name>")))
    }
}

/// That a member could not be checked, at the place that its error names, and with the text there: it is the member's
/// schema, or its `sparkcfg.toml`.
pub(super) fn unchecked(files: &Files, folder: &str, error: &Error) -> (Finding, Sources) {
    let mut sources = Sources::default();
    let place = error.place.as_deref().map(|place| {
        let mut parts = place.rsplitn(3, ':');
        let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok());
        let (column, line) = (number(), number());
        let (path, at) = match (line.zip(column), parts.next()) {
            (Some(at), Some(path)) => (path, at),
            _ => (place, (1, 1)),
        };
        let within = path.strip_prefix(&files.shown("")).unwrap_or(path);
        let is_open = within.ends_with(".json") || within.ends_with(".toml");
        let bytes = is_open.then(|| files.read_if_there(within).ok().flatten()).flatten();
        let (text, _) = files::text(bytes.unwrap_or_default());
        let offset = |text: &str, (line, column): (usize, usize)| {
            let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
            let before = text.get(start..)?.chars().take(column - 1).map(char::len_utf8).sum::<usize>();
            u32::try_from(start + before).ok()
        };
        let at = offset(&text, (at.0.max(1), at.1.max(1))).unwrap_or_default();
        Span::new(sources.add(path, text), at..at)
    });
    (checks::not_checked(folder, error, place), sources)
}

/// What is wrong with the `sparkcfg.toml` of a workspace in which there are no environments but those of its members.
fn of_workspace(files: &Files) -> Result<Checked, Error> {
    let (text, _) = files::text(files.read(declaration::NAME)?);
    let mut sources = Sources::default();
    let source = sources.add(files.shown(declaration::NAME), text.as_str());
    let findings = checks::idle_rules(&Project::config(files)?, source, &text).into_iter().collect();
    Ok(Checked { findings, sources, ..Checked::default() })
}

/// `read .env; so do compose (compose.yml), node (package.json)`
pub(super) fn told(file: &FileRead) -> String {
    match readers::listed(&file.readers) {
        nobody if nobody.is_empty() => format!("read {}; nobody else is seen to read it\n", file.path),
        readers => format!("read {}; so do {readers}\n", file.path),
    }
}

impl Keys {
    pub(super) fn process(&self) -> HashMap<String, String> {
        if self.process_env {
            std::env::vars_os()
                .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
                .collect()
        } else {
            HashMap::new()
        }
    }
}

/// Reads one project and runs every check over it: the same for a run and for an editor.
pub(super) fn check(files: &Files, config: &Config, options: &Options<'_>) -> Result<(Project, Found), Error> {
    unknown_severities(config, files)?;
    lowered_conflict(config, files)?;
    unknown_accepted(config, files)?;
    let mut project = Project::read(files, options)?;
    project.read_deployments(files, options.environments.is_empty())?;
    let found = checks::run(&project);
    Ok((project, found))
}

/// Where two policies disagree `drift` has no result, and no severity makes one.
pub(super) fn lowered_conflict(config: &Config, files: &Files) -> Result<(), Error> {
    let code = "policy-conflict";
    let is_lower = |level: &Level| level.severity() != Some(Severity::Error);
    if !config.severity.get(code).is_some_and(is_lower) {
        return Ok(());
    }
    let help = "take the line away, and one of the two policies: sparkcfg explain policy-conflict says how";
    Err(Error::new(format!("[severity] cannot make {code} less than an error"))
        .at(place_in_config(files, &["severity"], code))
        .help(help))
}

fn unknown_severities(config: &Config, files: &Files) -> Result<(), Error> {
    let unknown = config.severity.keys().find(|code| checks::find(code).is_none());
    let Some(code) = unknown else { return Ok(()) };
    let near = crate::suggestion::nearest(code, checks::ALL.iter().map(|check| check.rule.code));
    let help =
        near.map_or_else(|| "sparkcfg explain lists all codes".to_owned(), |near| format!("did you mean `{near}`?"));
    let place = place_in_config(files, &["severity"], code);
    Err(Error::new(format!("[severity] has an unknown code `{code}`")).at(place).help(help))
}

/// `[hardening.accept]` may only name codes that are about a service or an app.
fn unknown_accepted(config: &Config, files: &Files) -> Result<(), Error> {
    let codes = || checks::ALL.iter().filter(|check| check.is_of_deployments()).map(|check| check.rule.code);
    let accepted =
        config.hardening.accept.iter().flat_map(|(name, listed)| listed.keys().map(move |code| (name, code)));
    let Some((name, code)) = accepted.into_iter().find(|(_, code)| !codes().any(|known| known == *code)) else {
        return Ok(());
    };
    let help = crate::suggestion::nearest(code, codes())
        .map_or_else(|| "sparkcfg explain lists all codes".to_owned(), |near| format!("did you mean `{near}`?"));
    let message = format!("[hardening.accept.{name}] has an unknown code `{code}`");
    Err(Error::new(message).at(place_in_config(files, &["hardening", "accept", name], code)).help(help))
}
