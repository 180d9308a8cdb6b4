//! `sparkcfg refs`: who declares, sets, hands on and reads each variable, and what is wrong about it.

use std::process::ExitCode;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::{Global, printing, workspace};
use crate::checks;
use crate::checks::references::{Key, Referenced, told};
use crate::error::Error;
use crate::finding::{Finding, told_name};
use crate::project::files::Files;
use crate::project::references::{Beside, Declarer, Used};
use crate::project::{Options, Project};
use crate::report::{Report, Summary};
use crate::source::{Sources, Span, printable};
use crate::uses::known::known;
use crate::uses::{Fallback, Kind, Use};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg refs                      every variable, and what is wrong
  sparkcfg refs DATABASE_URL         who declares, sets, hands on and reads one
  sparkcfg refs --format json        for programs; its schema: sparkcfg schema --print refs
  sparkcfg refs --format sarif       the findings alone, as validate writes them";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Refs {
    /// The variable; all when none is named
    key: Option<String>,
}

/// One place of a variable.
#[derive(serde::Serialize)]
struct Place {
    path: String,
    line: u32,
    column: u32,
    does: &'static str,
    by: &'static str,
    owner: Option<String>,
    needed: Option<bool>,
    sure: bool,
    #[serde(skip)]
    words: String,
}

impl Refs {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let destinations = printing::destinations(&global.output)?;
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let members = members(&files)?;
        let key = self.key.as_deref();
        let (project, looked) = looked(&files, &members, None, key)?;
        let (table, json) = {
            let referenced = Referenced::new(&project);
            let wanted = wanted(&referenced, key)?;
            let table = if key.is_some() { places_table(&project, &wanted) } else { table(&wanted) };
            (table, keys_json(&project, &wanted))
        };
        let (sources, Looked { findings, summary }) = with_members(project, looked, &files, &members, key)?;
        let report =
            Report::new("refs", findings, sources, summary).failing_from(global.fail_on).at_home(global.home());
        printing::save(&report, &destinations)?;
        if global.quiet < 2 {
            let output = crate::outputs::find(&global.format).ok_or_else(|| Error::new("there is no such format"))?;
            let style = printing::style(global.color, global.quiet > 0);
            let written = (output.write)(&report, &style);
            match output.name {
                "json" => printing::print(&document(&written, json)?)?,
                "human" if global.quiet == 0 => printing::print(&format!("{table}\n{written}"))?,
                _ => printing::print(&written)?,
            }
        }
        Ok(ExitCode::from(u8::from(report.fails())))
    }
}

/// What is wrong about the variables of a project and of the members of its workspace.
pub(super) fn findings(files: &Files) -> Result<(Sources, Vec<Finding>, Summary), Error> {
    let members = members(files)?;
    let (project, found) = looked(files, &members, None, None)?;
    let (sources, Looked { findings, summary }) = with_members(project, found, files, &members, None)?;
    Ok((sources, findings, summary))
}

fn members(files: &Files) -> Result<Vec<String>, Error> {
    match &Project::config(files)?.workspace {
        Some(workspace) => workspace::members(files, workspace),
        None => Ok(Vec::new()),
    }
}

/// Looks at a folder and all below, and leaves out what is about the folders `members`, which are looked at by themselves.
/// With a key only what is about that is told.
fn looked(
    files: &Files,
    members: &[String],
    beside: Option<Beside>,
    key: Option<&str>,
) -> Result<(Project, Looked), Error> {
    let mut project = Project::read_if_any(files, &Options::default())?;
    project.read_references(files);
    project.references.beside = beside.unwrap_or_default();
    let found = checks::run_references(&project);
    let mut findings = found.findings;
    if let Some(key) = key {
        let told = told_name(key);
        findings.retain(|finding| finding.key.as_deref() == Some(told.as_str()));
    }
    let starts: Vec<_> = members.iter().map(|folder| files.shown(&format!("{folder}/"))).collect();
    findings.retain(|finding| {
        let path = finding.label.as_ref().map(|label| project.sources.path(label.span.source));
        path.is_none_or(|path| !starts.iter().any(|start| path.starts_with(start)))
    });
    let (environments, count, keys) = found.looked_at;
    let summary = Summary { environments, files: count, keys, ignored: found.ignored, ..Summary::default() };
    project.hide_secrets();
    project.hide_in_references(&findings);
    Ok((project, Looked { findings, summary }))
}

/// Adds what was found in the members. What is about a member is told of that member alone: what another one declares or reads
/// does not count there.
fn with_members(
    mut project: Project,
    mut found: Looked,
    files: &Files,
    members: &[String],
    key: Option<&str>,
) -> Result<(Sources, Looked), Error> {
    let of_members: Vec<_> = {
        let referenced = Referenced::new(&project);
        let one = |folder: &String| {
            let beside = referenced.beside(&files.shown(""), folder, members);
            let start = format!("{folder}/");
            let nested = members.iter().filter_map(|other| other.strip_prefix(&start)).map(ToOwned::to_owned);
            let nested: Vec<_> = nested.collect();
            let (mut project, looked) = looked(&files.member(folder), &nested, Some(beside), key)?;
            Ok((std::mem::take(&mut project.sources), looked))
        };
        members.par_iter().map(one).collect::<Vec<Result<_, Error>>>()
    };
    let mut sources = std::mem::take(&mut project.sources);
    for member in of_members {
        let (own, member) = member?;
        found.absorb(member, sources.absorb(own));
    }
    Ok((sources, found))
}

/// What was found in a project, or in one member of a workspace.
struct Looked {
    findings: Vec<Finding>,
    summary: Summary,
}

impl Looked {
    /// Adds what was found in a member, whose files the project's own look has counted already.
    fn absorb(&mut self, member: Self, offset: u32) {
        self.findings.extend(member.findings.into_iter().map(|finding| finding.shifted(offset)));
        self.summary.environments += member.summary.environments;
        self.summary.ignored = self.summary.ignored.max(member.summary.ignored);
    }
}

type Wanted<'r, 'a> = Vec<(&'a str, &'r Key<'a>)>;

/// The variables that were asked for.
fn wanted<'r, 'a>(referenced: &'r Referenced<'a>, key: Option<&str>) -> Result<Wanted<'r, 'a>, Error> {
    let Some(key) = key else {
        let all = referenced.keys.iter().map(|(name, key)| (*name, key));
        // Names of machines that nobody here declares say nothing about the project.
        return Ok(all.filter(|(name, key)| !key.declared.is_empty() || referenced.known(name).is_none()).collect());
    };
    if let Some((name, found)) = referenced.keys.get_key_value(key) {
        return Ok(vec![(*name, found)]);
    }
    let error = Error::new(format!("nothing here declares or uses {}", told_name(key)));
    let near = crate::suggestion::nearest(key, referenced.keys.keys().copied());
    Err(near.map_or(error.clone(), |near| error.help(format!("did you mean {}?", told_name(near)))))
}

/// Each variable with how often it is declared, set, handed on and read.
fn table(wanted: &Wanted<'_, '_>) -> String {
    let width = wanted.iter().map(|(name, _)| told_name(name).chars().count()).max().unwrap_or_default().clamp(8, 60);
    let mut out = format!("{:width$}  declared  set  passed  read\n", "variable");
    for (name, key) in wanted {
        let count = |kind: Kind| key.uses.iter().filter(|(_, found)| found.kind == kind).count();
        let reads = count(Kind::Read) + count(Kind::Prefix);
        let told = printable(&told_name(name));
        let number = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
        let (declared, set) = (number(key.declared.len()), number(count(Kind::Set)));
        let (passed, read) = (number(count(Kind::Pass)), number(reads));
        out.push_str(&format_args!("{told:width$}  {declared:>8}  {set:>3}  {passed:>6}  {read:>4}\n").to_string());
    }
    out
}

/// Every place of a variable.
fn places_table(project: &Project, wanted: &Wanted<'_, '_>) -> String {
    let mut out = String::new();
    for (name, key) in wanted {
        out.push_str(&printable(&told_name(name)));
        out.push('\n');
        let places = places(project, key);
        let shown = |place: &Place| format!("{}:{}:{}", place.path, place.line, place.column);
        let width = places.iter().map(|place| shown(place).chars().count()).max().unwrap_or_default().min(70);
        for place in &places {
            let line = format!("  {:width$}  {}\n", shown(place), printable(&place.words));
            out.push_str(&line);
        }
        if let Some(who) = known(name) {
            let who = match who {
                crate::uses::known::Known::Ambient => "machines, CI or platforms set it",
                crate::uses::known::Known::Library => "libraries or programs of others read it",
            };
            out.push_str("  ");
            out.push_str(who);
            out.push('\n');
        }
    }
    out
}

fn places(project: &Project, key: &Key<'_>) -> Vec<Place> {
    let declared = key.declared.iter().map(|declared| {
        let (by, words) = match declared.by {
            Declarer::Schema => ("schema", "declared by the schema"),
            Declarer::Layer => ("layer", "set by a layer"),
            Declarer::Example => ("example", "declared by an env file"),
        };
        let words = words.to_owned();
        place(project, declared.span, ("declares", by), words, (None, None, true))
    });
    let uses = key.uses.iter().map(|(file, found)| used(project, file, found));
    declared.chain(uses).collect()
}

fn used(project: &Project, file: &Used, found: &Use) -> Place {
    let does = match found.kind {
        Kind::Read | Kind::Prefix => "reads",
        Kind::Pass => "passes",
        Kind::Set => "sets",
        Kind::Mention => "mentions",
    };
    let by = file.reader.map_or("text", |reader| reader.name);
    let needed = (found.kind == Kind::Read).then_some(found.fallback == Fallback::Required);
    let owner = found.owner.as_deref().map(told_name);
    place(project, file.span(found), (does, by), told(file, found), (owner, needed, found.sure))
}

fn place(
    project: &Project,
    span: Span,
    (does, by): (&'static str, &'static str),
    words: String,
    (owner, needed, sure): (Option<String>, Option<bool>, bool),
) -> Place {
    let span = project.sources.veiled(span);
    let position = project.sources.position(span.source, span.start);
    let path = printable(project.sources.path(span.source));
    Place { path, line: position.line, column: position.column, does, by, owner, needed, sure, words }
}

fn keys_json(project: &Project, wanted: &Wanted<'_, '_>) -> serde_json::Value {
    let one = |(name, key): &(&str, &Key<'_>)| serde_json::json!({ "name": told_name(name), "known": known(name), "places": places(project, key) });
    wanted.iter().map(one).collect()
}

/// The report with the variables in it.
fn document(report: &str, keys: serde_json::Value) -> Result<String, Error> {
    let failed = || Error::new("the result cannot be written as JSON");
    let mut report: serde_json::Map<String, serde_json::Value> = serde_json::from_str(report).map_err(|_| failed())?;
    let mut document = serde_json::Map::new();
    document.insert("schema".to_owned(), "sparkcfg.refs/1".into());
    document.insert("command".to_owned(), "refs".into());
    document.insert("keys".to_owned(), keys);
    for name in ["findings", "summary"] {
        document.insert(name.to_owned(), report.remove(name).unwrap_or_default());
    }
    let text = serde_json::to_string_pretty(&document).map_err(|_| failed())?;
    Ok(format!("{text}\n"))
}
