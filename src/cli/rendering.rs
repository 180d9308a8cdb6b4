//! What `render`, `release` and `deploy-check` share: a project's templates rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::identities;
use super::show::shown;
use crate::checks;
use crate::drift::command::again;
use crate::drift::live::word;
use crate::environment::Environment;
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::layer::Layer;
use crate::project::deployments::RENDERED;
use crate::project::files::Files;
use crate::project::{Project, templates};
use crate::rendering::{self, Fault, FaultKind, Input, Unset, Variable, header};
use crate::report::{Report, Summary};
use crate::schema::Property;
use crate::schema::extension::Render;
use crate::secret::Secret;
use crate::source::{SourceId, Sources, Span, printable};
use crate::stores::State;

/// What is to be rendered.
pub(super) struct Job<'j> {
    /// The folder that gets a folder for each environment.
    pub(super) to: &'j str,
    /// Only these templates; all when empty.
    pub(super) only: &'j [String],
    /// Whether secrets are written instead of references.
    pub(super) with_secrets: bool,
    /// The folder of the project, as `--project` names it.
    pub(super) folder: Option<String>,
}

impl Job<'_> {
    /// The command that does it for one environment.
    fn command(&self, environment: &str) -> String {
        let to = (self.to != RENDERED).then(|| format!("--to {}", word(self.to)));
        let secrets = self.with_secrets.then_some("--with-secrets");
        let environment = word(environment);
        let words: Vec<_> = std::iter::once(environment.as_str()).chain(to.as_deref()).chain(secrets).collect();
        again("render", &words, self.folder.as_deref())
    }
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
    /// The command that writes it.
    pub(super) command: String,
    /// Whether secrets were asked for.
    pub(super) with_secrets: bool,
    /// The template's text among the sources.
    pub(super) source: SourceId,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) files: Vec<Written>,
    pub(super) findings: Vec<Finding>,
    pub(super) summary: Summary,
    /// Whether a template failed: then nothing is to be written.
    pub(super) is_broken: bool,
    /// The environments of which nothing was rendered, because a sealed file that may set any key stays closed; each with
    /// what says why. Without it their secrets would be missing in what is rendered, and nothing would tell.
    pub(super) closed: Vec<Finding>,
}

impl Outcome {
    /// Whether nothing is known of what is rendered for an environment.
    pub(super) fn is_closed(&self, environment: &str) -> bool {
        self.closed.iter().any(|finding| finding.environments.iter().any(|name| **name == *environment))
    }

    /// Tells of what was not rendered among the findings, once: not besides what was `found` of the same file.
    pub(super) fn tell_closed(&mut self, found: &mut Vec<Finding>) {
        self.tell_of_closed(Severity::Error, &|name| format!("nothing is rendered for {name}"), found);
    }

    /// The same where nothing is to be written, but compared with what is in `to`: what cannot be compared is no error yet.
    pub(super) fn tell_unchecked(&mut self, to: &str, found: &mut Vec<Finding>) {
        self.tell_of_closed(Severity::Warning, &|name| format!("{}/{name} is not checked", printable(to)), found);
    }

    fn tell_of_closed(&mut self, severity: Severity, what: &dyn Fn(&str) -> String, found: &mut Vec<Finding>) {
        for mut finding in self.closed.iter().cloned() {
            let place = |finding: &Finding| finding.label.as_ref().map(|label| label.span);
            found.retain(|old| old.rule.code != finding.rule.code || place(old) != place(&finding));
            let name = finding.environments.first().map_or("", |name| name);
            finding.message = format!("{}: {}", what(name), finding.message);
            finding.severity = severity;
            self.findings.push(finding);
        }
    }
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
    let hidden = project.secrets_beside(&templates.values().map(String::as_str).collect::<Vec<_>>());
    for ((path, text), hidden) in templates.iter().zip(hidden) {
        let source = project.sources.add(files.shown(&format!("{}/{path}", templates::FOLDER)), text.as_str());
        for range in hidden {
            project.sources.mask(Span::new(source, range));
        }
        texts.push((path.as_str(), source));
    }
    let mut used = BTreeSet::new();
    let project = &*project;
    let environments = project.environments();
    for environment in &environments {
        if let Some(layer) = environment.layers.iter().find(|layer| project.is_closed(layer)) {
            outcome.closed.push(closed(project, layer, environment));
            continue;
        }
        let reference = input(project, environment, false)?;
        let revealing = if job.with_secrets { Some(input(project, environment, true)?) } else { None };
        for template in own.iter().filter(|name| job.only.is_empty() || job.only.contains(name)) {
            let input = revealing.as_ref().unwrap_or(&reference);
            match rendering::render(template, &templates, input) {
                Ok(rendered) => {
                    let inputs = header::inputs(template, &templates, &reference, &rendered.used);
                    let text =
                        header::write(template, &rendered.path, &rendered.body, &inputs, input, job.with_secrets);
                    used.extend(rendered.used);
                    outcome.files.push(Written {
                        path: format!("{}/{}/{}", job.to, environment.name, rendered.path),
                        template: (*template).clone(),
                        environment: Arc::clone(&environment.name),
                        text: Secret::new(text),
                        command: job.command(&environment.name),
                        with_secrets: job.with_secrets,
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
    if !outcome.is_broken && outcome.closed.is_empty() && job.only.is_empty() {
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

/// That nothing is rendered for an environment, because not even the names in one of its files are known.
fn closed(project: &Project, layer: &Layer, environment: &Environment<'_>) -> Finding {
    let (why, help) = match project.sealed_as(layer).map(|sealed| sealed.state) {
        Some(State::Closed(reason)) => (reason.message(), reason.help()),
        _ => ("it is damaged", "bring it back from git, or take it away"),
    };
    let message = format!("{} stays sealed, names and all: {why}", layer.name);
    let mut finding = of("cannot-open", message).at(layer.span(&(0..0)), "").help(help);
    finding.environments.push(Arc::clone(&environment.name));
    finding
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
        return Err(identities::none_opens(&closed));
    }
    let unset =
        project.schema.iter().flat_map(|schema| schema.schema.keys().map(|key| (key, schema.schema.property(key))));
    let unset = unset.filter(|(key, _)| environment.get(key).is_none_or(|setting| !setting.is_set()));
    Ok(Input {
        environment: &environment.name,
        variables,
        unset: unset.map(|(key, property)| Unset { key, services: property.services() }).collect(),
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
pub(super) fn of(code: &str, message: impl Into<String>) -> Finding {
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

/// The findings as a report, with the secrets of the project masked in every text.
pub(super) fn report(command: &'static str, mut project: Project, findings: Vec<Finding>, summary: Summary) -> Report {
    project.hide_secrets();
    Report::new(command, findings, std::mem::take(&mut project.sources), summary)
}
