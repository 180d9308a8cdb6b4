//! `sparkcfg drift`: differences between environments, revisions and what runs, judged by policy.

mod acknowledging;
mod applying;
mod changes;
mod gathered;
mod held;
mod member;
pub(super) mod mending;
mod refusing;
mod rendered;
mod running;
mod suggesting;
mod wanted;

use std::process::ExitCode;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::{Global, Keys, identities, printing, readers, validate, workspace};
use crate::drift::baseline::Entry;
use crate::drift::live::word;
use crate::drift::{Counts, Mode, Shown};
use crate::error::Error;
use crate::finding::{Bucket, Change, Severity};
use crate::project::Project;
use crate::project::config::Config;
use crate::project::files::Files;
use crate::project::git;
use crate::project::layout;
use crate::report::{FailOn, Report};
use gathered::Gathered;
use held::Held;
use member::Member;
use wanted::Wanted;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg drift                          all environments side by side
  sparkcfg drift staging prod             two of them, with the place of every difference
  sparkcfg drift prod@v1.4.0 prod         what changed in prod since a tag
  sparkcfg drift --against origin/main    what this branch adds, resolves and leaves
  pm2 jlist | sparkcfg drift prod pm2:-#web     declared against what runs
  docker compose config | sparkcfg drift prod compose:-#api
  sparkcfg drift prod proc:4711
  sparkcfg drift prod render:compose#api        declared against what the templates give
  sparkcfg drift --ack drift-must-match API_TIMEOUT_MS --why OPS-412";

/// The arguments.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Drift {
    /// What to compare: environments, one at a revision (prod@v1.4.0), or what runs (pm2: docker: compose: k8s: proc: env:,
    /// each with a file or - and #part; docker-image: takes away what a container has from its image), or what the templates
    /// give (render:compose, render:pm2, render:env, render:TEMPLATE); all environments when none is named
    sources: Vec<String>,
    /// Compare the differences with those of a git revision: only new ones count
    #[arg(long, value_name = "REVISION", conflicts_with = "sources")]
    against: Option<String>,
    /// Which rows to show besides the unexpected ones
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHICH")]
    show: Vec<Shown>,
    /// Only keys that fit a pattern: '*_URL'; may be given several times
    #[arg(long, value_name = "PATTERN")]
    keys: Vec<String>,
    /// Mend what can be mended safely, then compare again; `unsafe` copies values of other environments, too
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "safe", value_parser = ["safe", "unsafe"])]
    fix: Option<String>,
    /// Write the changes of --fix to a file for `git apply` instead of making them
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    patch: Option<std::path::PathBuf>,
    /// Accept a finding, by its code and key, in sparkcfg-baseline.toml; may be given several times
    #[arg(long, num_args = 2, value_names = ["CODE", "KEY"])]
    ack: Vec<String>,
    /// Accept everything unexpected
    #[arg(long, conflicts_with = "ack")]
    ack_all: bool,
    /// Take entries away that are past their date or match nothing
    #[arg(long)]
    prune_acks: bool,
    /// Why it is accepted
    #[arg(long, value_name = "REASON")]
    why: Option<String>,
    /// The last day on which it is accepted
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<String>,
    /// Who accepts it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Print policies for keys that have none, as a patch for sparkcfg.toml; nothing is changed
    #[arg(long, conflicts_with_all = ["fix", "patch", "ack", "ack_all", "prune_acks"])]
    suggest: bool,
    /// Whether values that are no secrets are shown; with `hide` they are letters too, in every format
    #[arg(
        long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_value = "show",
        default_missing_value = "show", value_parser = ["show", "hide"]
    )]
    values: String,
    /// Let differences that no policy classifies be errors
    #[arg(long)]
    strict: bool,
    /// How bad it is when a value whose policy matters cannot be opened
    #[arg(long, value_name = "SEVERITY", default_value = "note", value_parser = ["note", "error"])]
    unknown: String,
    #[command(flatten)]
    access: Keys,
    /// End well where there are no two environments to compare, as in a workflow for many projects; no report is written then
    #[arg(long, conflicts_with = "sources")]
    may_be_empty: bool,
    /// Whether the revision is what runs, whichever branch it is on.
    #[arg(skip)]
    is_since_release: bool,
    /// Whether another command makes its own of what is found, and knows itself what of that counts.
    #[arg(skip)]
    is_for_another: bool,
}

/// What came of a comparison.
struct Done {
    report: Report,
    /// Entries of the baseline that no longer do what they were written for, with the member's folder.
    stale: Vec<(String, Entry)>,
    /// What was read, a line each, where somebody asked for that.
    read: Vec<String>,
}

impl Drift {
    /// What two sources have between them, for other commands.
    pub(super) fn between(sources: [String; 2], access: Keys) -> Self {
        Self { sources: sources.into(), ..Self::of_all(access) }
    }

    /// What came up between all environments since a revision, for other commands.
    pub(super) fn since(revision: String, access: Keys) -> Self {
        Self { against: Some(revision), is_since_release: true, ..Self::of_all(access) }
    }

    /// What all environments have between them, for other commands.
    pub(super) fn of_all(access: Keys) -> Self {
        let (values, unknown) = ("show".to_owned(), "note".to_owned());
        Self { values, unknown, access, is_for_another: true, ..Self::default() }
    }

    /// The same, for a command to which nothing to compare is no mistake.
    pub(super) fn or_nothing(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let destinations = printing::destinations(&global.output)?;
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        self.check_baseline_options()?;
        if self.values == "hide" && (self.fix.is_some() || self.patch.is_some() || self.suggest) {
            return Err(Error::new("with --values=hide no value can be written").help("leave one of them out"));
        }
        let Done { mut report, stale, read } =
            self.compared(&files.clone().at_rest(), global, self.lists_all(global))?;
        read.iter().try_for_each(|line| printing::complain(line))?;
        if report.comparison.as_ref().is_none_or(|it| it.rows.is_empty() && it.settled.is_empty())
            && report.unchecked.is_empty()
        {
            let nothing = self.nothing(&files)?.message;
            printing::complain(&format!("{nothing}; --may-be-empty takes that for no mistake\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        if let (true, Some(comparison)) = (self.suggest, &report.comparison) {
            suggesting::print(&report, comparison, &files)?;
            return Ok(ExitCode::from(if tell_unchecked(&report)? { 2 } else { 0 }));
        }
        if self.changes_baseline() {
            self.change_baseline(&report, &stale, &files, &root)?;
            report = self.report(&files, global)?;
        }
        let all = self.fix.as_deref() == Some("unsafe");
        if let Some(path) = &self.patch {
            mending::write_patch(&report, path, all, &files, &prefix)?;
        } else if self.fix.is_some() && mending::apply(&report, &files, &prefix, (all, global.quiet > 1))? {
            report = self.report(&files, global)?;
        }
        printing::save(&report, &destinations)?;
        if global.quiet < 2 {
            let output = crate::outputs::find(&global.format).ok_or_else(|| Error::new("there is no such format"))?;
            let style = printing::style(global.color, global.quiet > 0);
            printing::print(&(output.write)(&report, &style))?;
        }
        let (failed, is_judged) = (report.fails(), report.unjudged().is_empty());
        std::mem::forget(report);
        Ok(ExitCode::from(if is_judged { u8::from(failed) } else { 2 }))
    }

    /// The report, for other commands.
    pub(super) fn report(&self, files: &Files, global: &Global) -> Result<Report, Error> {
        self.compared(files, global, true).map(|done| done.report)
    }

    /// The report of such a comparison.
    pub(super) fn pair(&self, global: &Global) -> Result<Report, Error> {
        let (root, prefix) = global.folder()?;
        self.report(&Files::on_disk(&root, &prefix).at_rest(), global)
    }

    /// Whether anybody looks at what is not unexpected. People at a terminal, who did not ask for it, only see how much it is.
    fn lists_all(&self, global: &Global) -> bool {
        let is_asked = !self.show.is_empty() || !self.keys.is_empty() || self.suggest || self.changes_baseline();
        is_asked || global.format != "human" || !global.output.is_empty() || global.fail_on == FailOn::Note
    }

    fn compared(&self, files: &Files, global: &Global, lists_all: bool) -> Result<Done, Error> {
        let wanted = Wanted::all(&self.sources).map_err(|error| self.misspelt(files).unwrap_or(error))?;
        let mode = match &self.against {
            Some(revision) => Mode::Against(crate::source::printable(revision)),
            None => wanted::mode(&wanted),
        };
        let config = Project::config(files)?;
        let person = identities::of_person(&self.access.identity)?;
        let folder = global.asked_folder();
        let options = member::Options {
            wanted: &wanted,
            mode: &mode,
            against: self.against.as_deref(),
            strict: self.strict,
            proposes: self.suggest,
            unknown: if self.unknown == "error" { Severity::Error } else { Severity::Note },
            hides_values: self.values == "hide",
            lists_all,
            fail_on: global.fail_on,
            raises: !self.is_for_another,
            keys: member::patterns(&self.keys)?,
            person: &person,
            named: &self.access.identity,
            process: self.access.process(),
            running: running::all(&wanted)?,
            folder: folder.as_deref(),
            verbose: global.verbose,
            today: today(),
        };
        let folders = folders(files, &config)?;
        let revisions = wanted::revisions(&wanted, self.against.as_deref());
        let held = revisions.into_iter().map(|name| Held::new(files, name, self.meant(files, name)?));
        let held: Vec<_> = held.collect::<Result<_, Error>>()?;
        let several = config.workspace.is_some();
        let left: Vec<_> = match (&self.against, held.first()) {
            (Some(_), Some(held)) => held.left(&folders).into_iter().map(|left| (held, left)).collect(),
            _ => Vec::new(),
        };
        let compare = |folder: String| {
            let found = Member::new(files, &held, &folder, several).and_then(|member| member.compare(&options));
            found.map_err(|error| (folder, error))
        };
        let results: Vec<_> = if folders.len() == 1 {
            // Threads cost more than they save on one project.
            folders.into_iter().map(compare).collect()
        } else {
            folders.into_par_iter().map(compare).collect()
        };
        let mut gathered = Gathered::default();
        let mut any = false;
        let mut broken = Vec::new();
        for found in results {
            match found {
                Ok(None) => {}
                Ok(Some(found)) => {
                    any = true;
                    gathered.add(found);
                }
                Err(failed) => broken.push(failed),
            }
        }
        // What can be said about the others is said all the same.
        match broken.first_mut() {
            Some((_, first)) if !any => return Err(std::mem::replace(first, Error::new(""))),
            _ => {}
        }
        for (folder, error) in &broken {
            let (finding, sources) = validate::unchecked(files, folder, error);
            let offset = gathered.sources.absorb(sources);
            gathered.findings.push(finding.shifted(offset));
        }
        for (held, left) in left {
            gathered.add_left(Member::left(files, held, &left, &options));
        }
        let may_be_empty = self.may_be_empty && self.keys.is_empty();
        let is_empty = !any || gathered.comparison.rows.is_empty();
        // What a branch takes away is told, also where nothing is left.
        if !may_be_empty && is_empty && gathered.comparison.settled.is_empty() {
            return Err(self.nothing(files)?);
        }
        let (stale, read) = (std::mem::take(&mut gathered.stale), std::mem::take(&mut gathered.read));
        let unchecked: Vec<_> = broken.into_iter().map(|(folder, _)| folder).collect();
        Ok(Done { report: self.finished(gathered, mode, global).without(&unchecked), stale, read })
    }

    /// The commit that is meant by a revision, as reports name it. What a branch did is what came since it parted from that
    /// revision; what else came there is not its doing.
    fn meant(&self, files: &Files, revision: &str) -> Result<String, Error> {
        const SHORT: usize = 10;
        let mut meant = revision.to_owned();
        if self.against.as_deref() == Some(revision) && !self.is_since_release {
            let parted = git::parted_from(files.root(), revision)?;
            if parted != git::commit(files.root(), revision)? {
                meant = parted.chars().take(SHORT).collect();
            }
        }
        Ok(meant)
    }

    /// The options that decide about what is found, and those that leave findings out, as they are to be said again.
    fn said_again(&self) -> (Vec<String>, Vec<String>) {
        let flags = [(self.strict, "--strict"), (self.access.process_env, "--process-env")];
        let options = flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned()).collect();
        let against = self.against.iter().map(|revision| ("--against", revision));
        let scope = against.chain(self.keys.iter().map(|pattern| ("--keys", pattern)));
        let said = |(flag, value): (&str, &String)| format!("{flag} {}", word(&crate::source::printable(value)));
        (options, scope.map(said).collect())
    }

    fn finished(&self, gathered: Gathered, mode: Mode, global: &Global) -> Report {
        let Gathered { findings, sources, summary, mut comparison, .. } = gathered;
        comparison.mode = mode;
        comparison.asked = self.sources.iter().map(|source| crate::source::printable(source)).collect();
        comparison.folder = global.asked_folder().as_deref().map(crate::source::printable);
        (comparison.options, comparison.scope) = self.said_again();
        comparison.shown.clone_from(&self.show);
        comparison.count();
        if comparison.mode == Mode::Matrix && self.sources.is_empty() {
            comparison.sort_columns(|column| layout::order(&column.name));
        }
        let number = |change| comparison.of_change(&findings, change).count();
        comparison.counts = Counts {
            introduced: number(Change::Introduced),
            unchanged: number(Change::Unchanged),
            undecided: number(Change::Unknown),
            resolved: number(Change::Resolved),
            no_longer_counted: number(Change::NoLongerCounted),
            newly_acknowledged: comparison.newly_acknowledged().count(),
            ..comparison.counts
        };
        comparison.counts.unexpected = findings.iter().filter(|finding| finding.bucket() == Bucket::Unexpected).count();
        Report::of_comparison("drift", findings, sources, summary, comparison)
            .failing_from(global.fail_on)
            .at_home(global.home())
    }
}

/// Says of which members of a workspace nothing is known, where no report does, and whether there are any.
pub(super) fn tell_unchecked(report: &Report) -> Result<bool, Error> {
    if report.unchecked.is_empty() {
        return Ok(false);
    }
    for finding in report.findings.iter().filter(|finding| finding.rule.code == "not-checked") {
        let place = finding.label.as_ref().map(|label| report.place(label.span));
        let place = place.map(|place| format!(" ({}:{})", place.path, place.line)).unwrap_or_default();
        printing::complain(&format!("{}{place}\n", finding.message))?;
    }
    Ok(true)
}

/// The folders of the projects that are compared; that of the only one is empty.
fn folders(files: &Files, config: &Config) -> Result<Vec<String>, Error> {
    let Some(workspace) = &config.workspace else { return Ok(vec![String::new()]) };
    let mut folders = workspace::members(files, workspace)?;
    if Project::has_environments(files, config)? {
        folders.insert(0, String::new());
    }
    Ok(folders)
}

/// The day, as in `2026-11-25`, in UTC.
fn today() -> String {
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    now.split('T').next().unwrap_or_default().to_owned()
}
