//! One project of a comparison: its sources are read, compared and judged.

mod access;
mod behind;
mod elapsed;
mod following;
mod lasting;
mod left;
mod loosened;
mod reading;
mod renaming;
mod settling;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::applying::Applying;
use super::held::{Held, Past};
use super::running::{self, Running, Said};
use super::validate;
use super::wanted::Wanted;
use crate::checks::{self, Silence, matrix};
use crate::drift::baseline::{self, Baseline};
use crate::drift::live::Part;
use crate::drift::policy::Policies;
use crate::drift::{Access, Column, Edit, Kind, Mode, Row, Unread};
use crate::environment::Environment;
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::identity::Identities;
use crate::project::Project;
use crate::project::files::Files;
use crate::report::{FailOn, Summary};
use crate::source::{SourceId, Sources, printable};
use behind::is_behind;
use following::{Before, Present};
use reading::{baseline_in, baseline_then, unreadable};

/// What holds for every member.
pub(super) struct Options<'o> {
    pub(super) wanted: &'o [Wanted],
    pub(super) mode: &'o Mode,
    pub(super) against: Option<&'o str>,
    pub(super) strict: bool,
    /// Whether policies are to be proposed, so that it does not matter how bad it is to have none.
    pub(super) proposes: bool,
    pub(super) unknown: Severity,
    pub(super) hides_values: bool,
    /// Whether somebody looks at what is not unexpected.
    pub(super) lists_all: bool,
    /// From which severity on the run fails.
    pub(super) fail_on: FailOn,
    /// Whether what fails the run is unexpected for that.
    pub(super) raises: bool,
    /// Only these keys; all when absent.
    pub(super) keys: Option<GlobSet>,
    pub(super) person: &'o Identities,
    pub(super) named: &'o [PathBuf],
    pub(super) process: HashMap<String, String>,
    pub(super) running: Vec<Running>,
    /// The folder of the project, as the user named it.
    pub(super) folder: Option<&'o str>,
    /// Whether somebody wants to know what is read.
    pub(super) verbose: bool,
    /// The day, as in `2026-11-25`; it only counts for entries of the baseline with a last one.
    pub(super) today: String,
}

/// One project, and what git holds of it.
pub(super) struct Member<'m> {
    files: Files,
    held: Vec<Past<'m>>,
    /// Its folder; `None` where the project is alone.
    name: Option<Arc<str>>,
}

/// What came of one project.
#[derive(Default)]
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    pub(super) findings: Vec<Finding>,
    pub(super) settled: Vec<Finding>,
    pub(super) columns: Vec<Column>,
    pub(super) sources: Sources,
    pub(super) schema: Option<String>,
    pub(super) access: Vec<Access>,
    pub(super) unread: Vec<Unread>,
    pub(super) hidden: BTreeMap<&'static str, BTreeSet<String>>,
    pub(super) apply: Option<String>,
    pub(super) edits: Vec<Edit>,
    pub(super) summary: Summary,
    /// What was read, a line each, where somebody asked for that.
    pub(super) read: Vec<String>,
    /// Entries of the baseline that no longer do what they were written for, with the member's folder.
    pub(super) stale: Vec<(String, baseline::Entry)>,
}

/// The patterns of `--keys`.
pub(super) fn patterns(patterns: &[String]) -> Result<Option<GlobSet>, Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let broken = |_| Error::new(format!("`{pattern}` is no pattern for keys")).help("as in --keys '*_URL'");
        set.add(Glob::new(pattern).map_err(broken)?);
    }
    set.build().map(Some).map_err(|_| Error::new("the patterns of --keys are too many"))
}

impl<'m> Member<'m> {
    pub(super) fn new(files: &Files, held: &'m [Held], folder: &str, several: bool) -> Result<Self, Error> {
        Ok(Self {
            files: files.member(folder),
            held: held.iter().map(|held| held.member(folder)).collect::<Result<_, _>>()?,
            name: several.then(|| if folder.is_empty() { "." } else { folder }.into()),
        })
    }

    /// Compares what `options` want; nothing where the project has none of it.
    pub(super) fn compare(&self, options: &Options<'_>) -> Result<Option<Found>, Error> {
        let config = Project::config(&self.files)?;
        validate::lowered_conflict(&config, &self.files)?;
        let names = Project::environment_names_in(&self.files, &config)?;
        let strangers = |wanted: &&Wanted| matches!(wanted, Wanted::Declared(name) if !names.contains(name));
        if self.name.is_some() && (names.is_empty() || options.wanted.iter().any(|wanted| strangers(&wanted))) {
            return Ok(None);
        }
        let declared = options.wanted.iter().filter_map(|wanted| match wanted {
            Wanted::Declared(name) => Some(name.clone()),
            Wanted::Revision { .. } | Wanted::Image(_) | Wanted::Live(_) => None,
        });
        let declared: Vec<_> = declared.collect();
        if self.name.is_some() && options.wanted.iter().any(|wanted| wanted.as_live().is_some()) {
            return Err(Error::new("what runs is compared with one project, and this is a workspace of several")
                .help("run it in the folder of the member, or name it with --project DIR"));
        }
        let mut working = Self::read(&self.files, declared, options)?;
        let (mut before, mut broken) = (Vec::with_capacity(self.held.len()), Vec::new());
        for past in &self.held {
            let of_revision = options.wanted.iter().filter_map(|wanted| match wanted {
                Wanted::Revision { environment, revision } if *revision == past.held.revision => {
                    Some(environment.clone())
                }
                _ => None,
            });
            let project = match self.read_before(past, of_revision.collect(), options) {
                Err(error) if options.against.is_some() => {
                    broken.push(unreadable(&past.files, &error));
                    None
                }
                project => project?,
            };
            if project.is_none() && self.name.is_some() && options.against.is_none() {
                return Ok(None);
            }
            before.push((past, project));
        }
        let alone = working.environment_names().count() < 2 && options.wanted.is_empty() && options.against.is_none();
        if alone {
            return Ok(None);
        }
        let accepted = self.baseline(&mut working)?;
        let mut hidden = BTreeMap::new();
        let name = options.declared();
        let read = || Self::read(&self.files, vec![name.to_owned()], options);
        let rendered = running::rendered(options.wanted, name, read, &self.files)?;
        let running = options.running.iter().chain(&rendered);
        let running = running.map(|running| running.layer(&mut working, name, &mut hidden));
        let running: Vec<_> = running.collect::<Result<_, _>>()?;
        let mut found = self.compared(&working, &before, &running, accepted.as_ref(), options)?;
        found.hidden = hidden;
        if options.verbose {
            found.read = self.read_by(&working, &before, &running);
        }
        found.unread.extend(options.running.iter().flat_map(Running::unread));
        found.unread.extend(broken);
        if found.findings.iter().any(is_behind) {
            let first = running.first().map(|said| said.running);
            let Applying { edits, command } = self.applying(&working, &found.findings, first, options);
            (found.edits, found.apply) = (edits, command.as_deref().map(printable));
        }
        let nothing_is_told = found.findings.is_empty() && found.settled.is_empty() && found.stale.is_empty();
        if nothing_is_told && !Self::lists_all(&working, accepted.is_some(), options) {
            // No row has a place, so no text is looked at.
            self.leave((working, before));
            return Ok(Some(found));
        }
        working.hide_secrets();
        found.sources = std::mem::take(&mut working.sources);
        for (_, project) in &mut before {
            if let Some(project) = project {
                project.hide_secrets();
                found.sources.absorb(std::mem::take(&mut project.sources));
            }
        }
        self.leave((working, before));
        Ok(Some(found))
    }

    /// The operating system frees memory faster than thousands of destructors; but not of each member of a workspace.
    fn leave<T>(&self, done: T) {
        if self.name.is_none() {
            std::mem::forget(done);
        }
    }

    /// Whether what is not unexpected is filled in: because somebody looks at it, or because a comment, a severity or an
    /// entry of the baseline may be about it.
    fn lists_all(project: &Project, has_baseline: bool, options: &Options<'_>) -> bool {
        let has_comment = || project.layers.iter().any(|layer| layer.text.contains("sparkcfg:"));
        let plain = matches!(options.mode, Mode::Matrix | Mode::Pair);
        options.lists_all || has_baseline || !plain || !project.config.severity.is_empty() || has_comment()
    }

    /// The accepted differences, and where they stand.
    fn baseline(&self, project: &mut Project) -> Result<Option<(Baseline, SourceId)>, Error> {
        let known = baseline_in(&self.files)?;
        Ok(known.map(|(known, path, text)| (known, project.sources.add(path, text))))
    }

    fn compared(
        &self,
        working: &Project,
        before: &[(&Past<'_>, Option<Project>)],
        running: &[Said<'_>],
        accepted: Option<&(Baseline, SourceId)>,
        options: &Options<'_>,
    ) -> Result<Found, Error> {
        let config_path = self.files.shown("sparkcfg.toml");
        let all = Project::environment_names_in(&self.files, &working.config)?;
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        let text = working.config_source.map_or("", |source| &**working.sources.text(source));
        let policies = working.config.policies((&config_path, text), &all)?;
        let environments = working.environments();
        let mut offset = u32::try_from(working.sources.ids().count()).unwrap_or(u32::MAX);
        let mut past = Vec::with_capacity(before.len());
        for (known, project) in before {
            let environments = project.as_ref().map(Project::environments).unwrap_or_default();
            past.push(Before { past: known, project: project.as_ref(), environments, offset });
            let texts = project.as_ref().map_or(0, |project| project.sources.ids().count());
            offset += u32::try_from(texts).unwrap_or_default();
        }
        let declared = |environment| source(working, environment, None, 0);
        // What runs is judged as the environment that it is compared with.
        let first = options.declared();
        let nothing = HashMap::new();
        let live = running.iter().map(|said| {
            let protected = working.config.is_protected(first);
            Environment::new(first.into(), protected, vec![&said.layer], &nothing)
        });
        let live: Vec<_> = live.collect();
        let chosen: Vec<_> = if options.wanted.is_empty() {
            environments.iter().map(declared).collect()
        } else {
            let find = |wanted: &Wanted| match wanted {
                Wanted::Declared(name) => environments.iter().find(|it| *it.name == **name).map(declared),
                Wanted::Revision { environment, revision } => {
                    let past = past.iter().find(|before| before.past.held.revision == *revision)?;
                    let found = past.environments.iter().find(|it| *it.name == **environment)?;
                    Some(source(past.project?, found, Some(revision), past.offset))
                }
                Wanted::Image(_) => None,
                Wanted::Live(wanted) => {
                    let environment = live.iter().find(|it| it.layers.iter().any(|layer| layer.name == wanted.name))?;
                    let protected = environment.protected;
                    let Said { running, handed, .. } = running.iter().find(|it| it.layer.name == wanted.name)?;
                    let kind = if running.templates.is_empty() { Kind::Live } else { Kind::Rendered };
                    let column = Column { name: printable(&wanted.name), kind, protected, layers: Vec::new() };
                    let Part { has_more, services, .. } = &running.part;
                    Some(matrix::Source {
                        handed: Some(handed),
                        is_partial: *has_more,
                        services,
                        ..matrix::Source::of(column, working, environment)
                    })
                }
            };
            options.wanted.iter().filter_map(find).collect()
        };
        let columns: Vec<_> = chosen.iter().map(|source| source.column.clone()).collect();
        let then = past.first().and_then(|past| Some((past.project?, past.environments.as_slice())));
        let access = self.access_changes(&chosen, working, then, options)?;
        let lists_all = Self::lists_all(working, accepted.is_some(), options);
        let (mut rows, findings, unread) = self.judged(chosen, &policies, working, options, lists_all);
        let severities = loosened::severities(&findings, working);
        let (mut findings, mut silenced) = settled(working, findings);
        settling::raise(&mut findings, &mut rows, options);
        settling::raise(&mut silenced, &mut [], options);
        let ignored = silenced.len();
        settling::let_silenced_go(&silenced, &findings, &mut rows);
        if let Some(keys) = &options.keys {
            settling::keep(keys, &mut rows, &mut [&mut findings, &mut silenced]);
        }
        let (mut settled, mut stale) = (Vec::new(), Vec::new());
        let mut unread = unread;
        if let Some(accepted) = accepted {
            let (working, by) = ((working, environments.as_slice()), (past.first(), options));
            (findings, settled, stale) = self.accepted(accepted, findings, (&columns, &mut rows), working, by);
        }
        if let (Some(past), Some(_)) = (past.first(), options.against) {
            let now =
                Present { project: working, environments: &environments, columns: &columns, severities: &severities };
            unread.extend(self.follow(past, &now, &mut rows, (&mut findings, &mut settled, silenced), options));
        }
        let summary = Summary {
            environments: columns.len(),
            files: working.file_count()
                + before.iter().filter_map(|(_, it)| it.as_ref()).map(Project::file_count).sum::<usize>(),
            keys: rows.len(),
            ignored,
            ..Summary::default()
        };
        let schema = working.schema.as_ref().map(|schema| printable(working.sources.path(schema.source)));
        Ok(Found {
            rows,
            findings,
            settled,
            columns,
            sources: Sources::default(),
            schema,
            access,
            unread,
            hidden: BTreeMap::new(),
            apply: None,
            edits: Vec::new(),
            summary,
            read: Vec::new(),
            stale,
        })
    }

    fn judged(
        &self,
        sources: Vec<matrix::Source<'_>>,
        policies: &Policies,
        judge: &Project,
        options: &Options<'_>,
        lists_all: bool,
    ) -> (Vec<Row>, Vec<Finding>, Vec<Unread>) {
        let rules = matrix::Rules {
            mode: options.mode.clone(),
            policies,
            strict: (options.strict || judge.config.drift.strict) && !options.proposes,
            unknown: options.unknown,
            hides_values: options.hides_values,
            lists_all,
            member: self.name.clone(),
        };
        matrix::compare(sources, &rules)
    }
}

impl Options<'_> {
    /// The environment that what runs is compared with.
    fn declared(&self) -> &str {
        let first = self.wanted.first().map_or("", Wanted::environment);
        first.split('@').next().unwrap_or_default()
    }

    /// Whether every difference of the project would be found, so that what is not found is not there.
    fn sees_everything(&self) -> bool {
        self.wanted.is_empty() && self.keys.is_none()
    }
}

/// The project's say about findings, and what does not count for that, each with the reason.
fn settled(project: &Project, mut findings: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
    let silenced = checks::settle_telling(project, &mut findings);
    let told = silenced.into_iter().map(|(mut finding, silence)| {
        let because = match silence {
            Silence::Comment(at) => {
                let line = project.sources.position(at.source, at.start).line;
                format!("a comment silences it: {}:{line}", project.sources.path(at.source))
            }
            Silence::Off => format!("{} is off in sparkcfg.toml", finding.rule.code),
        };
        if let Some(difference) = &mut finding.difference {
            difference.because = Some(printable(&because));
        }
        finding
    });
    (findings, told.collect())
}

fn source<'a>(
    project: &'a Project,
    environment: &'a Environment<'a>,
    revision: Option<&str>,
    offset: u32,
) -> matrix::Source<'a> {
    let (name, kind) = match revision {
        Some(revision) => (format!("{}@{revision}", environment.name), Kind::Revision),
        None => (environment.name.to_string(), Kind::Declared),
    };
    let layers = environment.layers.iter().map(|layer| printable(project.sources.path(layer.source))).collect();
    let column = Column { name: printable(&name), kind, protected: environment.protected, layers };
    matrix::Source { offset, ..matrix::Source::of(column, project, environment) }
}
