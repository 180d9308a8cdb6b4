//! What `render`, `release` and `deploy-check` share: a project's templates rendered, and compared with what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::show::shown;
use crate::checks;
use crate::environment::{Environment, Resolved};
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::project::deployments::RENDERED;
use crate::project::files::{self, Files};
use crate::project::{Project, git, templates, writing};
use crate::rendering::{self, Fault, FaultKind, Input, Variable, header};
use crate::report::{Report, Summary};
use crate::schema::Property;
use crate::schema::extension::Render;
use crate::secret::Secret;
use crate::source::{SourceId, Sources, Span};

/// What is to be rendered.
pub(super) struct Job<'j> {
    /// The folder that gets a folder for each environment.
    pub(super) to: &'j str,
    /// Only these templates; all when empty.
    pub(super) only: &'j [String],
    /// Whether secrets are written instead of references.
    pub(super) with_secrets: bool,
}

/// A file as it is to be written. Its `Debug` tells no text.
#[derive(Debug)]
pub(super) struct Written {
    /// The path within the project.
    pub(super) path: String,
    /// The template, by its path within the folder of templates.
    pub(super) template: String,
    /// The environment.
    pub(super) environment: Arc<str>,
    /// The whole text; with secrets in it, if that was asked for.
    pub(super) text: Secret,
    /// The template's text among the sources.
    source: SourceId,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) files: Vec<Written>,
    pub(super) findings: Vec<Finding>,
    pub(super) summary: Summary,
    /// Whether a template failed: then nothing is to be written.
    pub(super) is_broken: bool,
}

/// The same as [`run`], for what may be a project without templates.
pub(super) fn run_if_any(project: &mut Project, files: &Files, job: &Job<'_>) -> Result<Outcome, Error> {
    let any = templates::read(files)?.keys().any(|path| rendering::is_own_file(path));
    if any { run(project, files, job) } else { Ok(Outcome::default()) }
}

/// Renders every template for every environment of a project that has been read.
pub(super) fn run(project: &mut Project, files: &Files, job: &Job<'_>) -> Result<Outcome, Error> {
    let templates = templates::read(files)?;
    let own: Vec<&String> = templates.keys().filter(|path| rendering::is_own_file(path)).collect();
    if own.is_empty() {
        return Err(Error::new("there are no templates").at(files.shown(templates::FOLDER)).help(
            "put compose.yml.j2 or any other file there; {{ KEY }} stands for a value in a .j2 file, ${KEY} in others",
        ));
    }
    if let Some(stranger) = job.only.iter().find(|name| !own.contains(name)) {
        let near = crate::suggestion::nearest(stranger, own.iter().map(|name| name.as_str()));
        let help = near
            .map_or_else(|| "name it by its path within templates/".to_owned(), |near| format!("did you mean {near}?"));
        return Err(Error::new(format!("there is no template {stranger}")).help(help));
    }
    let mut targets = BTreeMap::new();
    for name in &own {
        if let Some(other) = targets.insert(rendering::target_path(name), name) {
            let error = Error::new(format!("{other} and {name} would be rendered into the same file"));
            return Err(error.at(files.shown(templates::FOLDER)).help("give one of them another name, or delete it"));
        }
    }
    let mut outcome = Outcome::default();
    let mut texts = Vec::new();
    for (path, text) in &templates {
        let source = project.sources.add(files.shown(&format!("{}/{path}", templates::FOLDER)), text.as_str());
        texts.push((path.as_str(), source));
    }
    let mut used = BTreeSet::new();
    let project = &*project;
    let environments = project.environments();
    for environment in &environments {
        let reference = input(project, environment, false)?;
        let revealing = if job.with_secrets { Some(input(project, environment, true)?) } else { None };
        for template in own.iter().filter(|name| job.only.is_empty() || job.only.contains(name)) {
            let input = revealing.as_ref().unwrap_or(&reference);
            match rendering::render(template, &templates, input) {
                Ok(rendered) => {
                    let inputs = header::inputs(template, &templates, &reference);
                    let text =
                        header::write(template, &rendered.path, &rendered.body, &inputs, input, job.with_secrets);
                    used.extend(rendered.used);
                    outcome.files.push(Written {
                        path: format!("{}/{}/{}", job.to, environment.name, rendered.path),
                        template: (*template).clone(),
                        environment: Arc::clone(&environment.name),
                        text: Secret::new(text),
                        source: source_of(&texts, template),
                    });
                }
                Err(faults) => {
                    outcome.is_broken = true;
                    outcome.findings.extend(
                        faults.iter().map(|fault| finding(fault, source_of(&texts, &fault.template), environment)),
                    );
                }
            }
        }
    }
    if !outcome.is_broken && job.only.is_empty() {
        outcome.findings.extend(unused(project, &used));
    }
    outcome.findings.retain_mut(|finding| {
        project.config.severity.get(finding.rule.code).is_none_or(|level| {
            finding.severity = level.severity().unwrap_or(finding.severity);
            level.severity().is_some()
        })
    });
    let keys: BTreeSet<_> =
        environments.iter().flat_map(|environment| environment.settings.iter().map(|setting| setting.key)).collect();
    outcome.summary = Summary {
        environments: environments.len(),
        files: outcome.files.len(),
        keys: keys.len(),
        ..Summary::default()
    };
    Ok(outcome)
}

fn source_of(texts: &[(&str, SourceId)], template: &str) -> SourceId {
    let found = texts.iter().find(|(path, _)| *path == template).or(texts.first());
    found.map_or_else(|| Sources::default().add("", ""), |(_, source)| *source)
}

/// The environment as templates get it: secrets only by reference, unless they are to be written.
fn input<'p>(project: &'p Project, environment: &'p Environment<'p>, reveal: bool) -> Result<Input<'p>, Error> {
    let (mut variables, mut closed) = (Vec::new(), Vec::new());
    for setting in environment.settings.iter().filter(|setting| setting.is_set()) {
        let open = shown(project, setting);
        let text = if reveal { setting.value.text() } else { open };
        if reveal && text.is_none() {
            closed.push(setting.key);
        }
        let property = project.schema.as_ref().map(|schema| schema.schema.property(setting.key));
        let typed = text.map(|text| match &project.schema {
            Some(schema) => schema.schema.typed(Some(&environment.name), setting.key, text).to_value(),
            None => text.into(),
        });
        variables.push(Variable {
            key: setting.key,
            text,
            typed: typed.unwrap_or_default(),
            has_file_variant: property.as_ref().is_some_and(Property::has_file_variant),
            services: property.map(|property| property.services()).unwrap_or_default(),
        });
    }
    if !closed.is_empty() {
        return Err(Error::new(format!("no key here opens {}", closed.join(", ")))
            .help("pass --identity FILE, or leave --with-secrets out"));
    }
    let unset = project.schema.iter().flat_map(|schema| schema.schema.keys());
    let unset = unset.filter(|key| environment.get(key).is_none_or(|setting| !setting.is_set()));
    Ok(Input {
        environment: &environment.name,
        variables,
        unset: unset.map(ToOwned::to_owned).collect(),
        reveals: reveal,
    })
}

fn finding(fault: &Fault, source: SourceId, environment: &Environment<'_>) -> Finding {
    let code = match fault.kind {
        FaultKind::Undefined => "render-undefined",
        FaultKind::Broken => "render-broken",
        FaultKind::Unwritable => "render-unwritable",
    };
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let at = Span::new(source, offset(fault.at.start)..offset(fault.at.end));
    let mut finding = of(code, fault.message.clone()).at(at, "").help(fault.help.clone());
    if let Some(key) = &fault.key {
        finding = finding.key(key);
    }
    finding.environments.push(Arc::clone(&environment.name));
    finding
}

/// A finding of a rule that only rendering knows how to look for.
fn of(code: &str, message: impl Into<String>) -> Finding {
    match checks::find(code) {
        Some(rule) => Finding::new(rule, message),
        // Every code above is in the table; tests/promises.rs would not pass otherwise.
        None => Finding::new(checks::ALL[0].rule, message),
    }
}

/// Keys of the schema that no template uses.
fn unused(project: &Project, used: &BTreeSet<String>) -> Vec<Finding> {
    let Some(schema) = &project.schema else { return Vec::new() };
    let idle = schema.schema.keys().filter(|key| !used.contains(*key));
    let told = idle.filter_map(|key| {
        let property = schema.schema.property(key);
        let severity = match property.render() {
            Some(Render::Optional) => return None,
            Some(Render::Required) => Severity::Error,
            None if property.is_deprecated() => return None,
            None => Severity::Note,
        };
        let finding = of("render-unused", format!("{key} is used by no template")).severity(severity).key(key);
        let finding = finding.help("use it in one, or say \"render\": \"optional\" under x-sparkcfg");
        let place = property.pointer().and_then(|pointer| schema.place(&pointer));
        Some(match place {
            Some(place) => finding.at(place, ""),
            None => finding,
        })
    });
    told.collect()
}

/// A file as it is beside what it should be.
pub(super) struct Compared {
    pub(super) finding: Option<Finding>,
    /// The difference with secrets masked, as a unified diff.
    pub(super) diff: String,
    /// Whether the file that is there is not sparkcfg's to write over.
    pub(super) is_foreign: bool,
}

/// Compares a file with what is there.
pub(super) fn compare(project: &mut Project, files: &Files, file: &Written) -> Result<Compared, Error> {
    let shown = files.shown(&file.path);
    let again = format!("render it again: sparkcfg render {}", file.environment);
    let Some(bytes) = files.read_if_there(&file.path)? else {
        let message = format!("{shown} has not been rendered");
        let mut finding = of("render-stale", message).at(Span::new(file.source, 0..0), "its template").help(again);
        finding.environments.push(Arc::clone(&file.environment));
        return Ok(Compared { finding: Some(finding), diff: String::new(), is_foreign: false });
    };
    let (before, _) = files::text(bytes);
    let after = file.text.expose();
    if before == after
        && templates::is_executable(files, &file.template)
        && !writing::is_executable(&files.root().join(&file.path))
    {
        let message = format!("{shown} cannot be executed, as its template can");
        let mut finding = of("render-stale", message).at(Span::new(file.source, 0..0), "its template").help(again);
        finding.environments.push(Arc::clone(&file.environment));
        return Ok(Compared { finding: Some(finding), diff: String::new(), is_foreign: false });
    }
    if before == after {
        return Ok(Compared { finding: None, diff: String::new(), is_foreign: false });
    }
    if before.replace("\r\n", "\n") == after {
        let source = masked(project, &shown, &before);
        let message = format!("{shown} has carriage returns, which its template does not give it");
        let help = format!("{again}; `{RENDERED}/** text eol=lf` in .gitattributes keeps git from writing them");
        let mut finding = of("render-stale", message).at(Span::new(source, 0..0), "").help(help);
        finding.environments.push(Arc::clone(&file.environment));
        return Ok(Compared { finding: Some(finding), diff: String::new(), is_foreign: false });
    }
    let state = header::state(&before);
    let marked = header::state(after) != header::State::Unmarked;
    let differs = first_difference(&before, after);
    let first = differs.unwrap_or_else(|| hash_of_inputs(&before));
    let source = masked(project, &shown, &before);
    let diff = if header::holds_secrets(&before) {
        format!("{shown} was written with secrets in it; its difference is not shown\n")
    } else {
        unified(project, source, &shown, &file.template, after)
    };
    let at = project.sources.lines(Span::new(source, first..first));
    let (finding, is_foreign) = match state {
        header::State::Edited => {
            let help = format!(
                "move the change into {}/{} or the environment, then render again with --force",
                templates::FOLDER,
                file.template
            );
            (of("render-edited", format!("{shown} was edited by hand")).at(at, "differs here").help(help), true)
        }
        header::State::Unmarked if marked => {
            let help = "move it out of the way, or write over it with --force";
            (of("render-edited", format!("{shown} was not made by sparkcfg")).at(at, "").help(help), true)
        }
        header::State::Unmarked if !is_committed(files, &file.path) => {
            let message = format!("{shown} differs from what its template gives, and may have been edited by hand");
            let help = format!(
                "a file of its kind cannot say so itself: look at `sparkcfg render {} --diff`, then write over it with --force; what is committed is not lost",
                file.environment
            );
            (of("render-edited", message).at(at, "differs here").help(help), true)
        }
        // Nothing that its reader sees has changed; what it was made from has.
        _ if differs.is_none() => {
            let message = format!("{shown} comes out the same, but for the hash of what it is made from");
            (of("render-stale", message).at(at, "only this differs").help(again), false)
        }
        _ => (
            of("render-stale", format!("{shown} is not what its template gives")).at(at, "differs here").help(again),
            false,
        ),
    };
    let mut finding = finding.related(Span::new(file.source, 0..0), "its template");
    finding.environments.push(Arc::clone(&file.environment));
    Ok(Compared { finding: Some(finding), diff, is_foreign })
}

/// Whether the last commit holds a file as it is, so that nothing is lost with it.
fn is_committed(files: &Files, path: &str) -> bool {
    git::uncommitted(files.root(), &[path.to_owned()]).is_ok_and(|changed| changed.is_empty())
}

/// Files that say that sparkcfg made them and that no template makes any more.
pub(super) fn leftovers(
    project: &mut Project,
    files: &Files,
    outcome: &Outcome,
    to: &str,
) -> Result<Vec<Finding>, Error> {
    let mut found = Vec::new();
    if outcome.is_broken {
        return Ok(found);
    }
    let environments: Vec<_> = project.environment_names().cloned().collect();
    for environment in environments {
        let folder = format!("{to}/{environment}");
        for path in templates::paths(files, &folder)? {
            let whole = format!("{folder}/{path}");
            if outcome.files.iter().any(|file| file.path == whole) {
                continue;
            }
            let (text, _) = files::text(files.read(&whole)?);
            if header::state(&text) != header::State::Unmarked {
                let source = masked(project, &files.shown(&whole), &text);
                let message = format!("{} has no template any more", files.shown(&whole));
                let mut finding = of("render-stale", message).at(Span::new(source, 0..0), "").help("delete it");
                finding.environments.push(Arc::clone(&environment));
                found.push(finding);
            }
        }
    }
    Ok(found)
}

/// Where a file differs first; `None` if only in its hashes, which differ whenever anything does.
fn first_difference(before: &str, after: &str) -> Option<u32> {
    let (mut at, mut others) = (0, after.split_inclusive('\n'));
    for (number, line) in before.split_inclusive('\n').enumerate() {
        if others.next() != Some(line) && !(number < HEAD && line.contains(INPUTS)) {
            return u32::try_from(at).ok();
        }
        at += line.len();
    }
    let last = before.len().saturating_sub(1);
    others.next().map(|_| u32::try_from(at.min(last)).unwrap_or_default())
}

/// In how many lines a header may stand, and what it says of what a file is made from.
const HEAD: usize = 6;
const INPUTS: &str = "sparkcfg-inputs: ";

/// The line of a header with its hashes.
fn hash_of_inputs(text: &str) -> u32 {
    let head: usize =
        text.split_inclusive('\n').take(HEAD).take_while(|line| !line.contains(INPUTS)).map(str::len).sum();
    u32::try_from(head).unwrap_or_default()
}

/// Adds a text to the sources with everything masked that it may not show.
fn masked(project: &mut Project, shown: &str, text: &str) -> SourceId {
    let ranges = {
        let environments = project.environments();
        let secrets = environments.iter().flat_map(|environment| &environment.settings).filter_map(|setting| {
            match &setting.value {
                Resolved::Secret(secret) => Some(secret.expose()),
                value => value.text().filter(|text| project.hides(setting.key, text)),
            }
        });
        let known: Vec<&str> = secrets.collect();
        project.secrets_in(text, &known)
    };
    let source = project.sources.add(shown, text);
    for range in ranges {
        project.sources.mask(Span::new(source, range));
    }
    source
}

/// The difference of two texts with secrets masked, as a unified diff.
pub(super) fn difference(project: &mut Project, shown: &str, template: &str, before: &str, after: &str) -> String {
    let source = masked(project, shown, before);
    unified(project, source, shown, template, after)
}

fn unified(project: &mut Project, before: SourceId, shown: &str, template: &str, after: &str) -> String {
    let after = masked(project, shown, after);
    let text = |source: SourceId| {
        let length = u32::try_from(project.sources.text(source).len()).unwrap_or(u32::MAX);
        project.sources.shown(Span::new(source, 0..length)).text
    };
    let (before, after) = (text(before), text(after));
    let diff = similar::TextDiff::from_lines(&before, &after);
    diff.unified_diff().context_radius(3).header(shown, &format!("{}/{template}", templates::FOLDER)).to_string()
}

/// The findings as a report, with the secrets of the project masked in every text.
pub(super) fn report(command: &'static str, mut project: Project, findings: Vec<Finding>, summary: Summary) -> Report {
    project.hide_secrets();
    Report::new(command, findings, std::mem::take(&mut project.sources), summary)
}
