//! What the templates give for an environment, as a source: `render:compose#api`.
//!
//! It is rendered in memory, as `render` does it, and read as such files are read everywhere here: they are no output of a
//! tool, so a Compose file has anchors and an override, and one of PM2 is a script.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::rendering::{self, Job, Outcome};
use super::running::env_entries;
use super::wanted::Live;
use crate::compose::{Application, Files as ComposeFiles, Service, extend::beside};
use crate::drift::live::Part;
use crate::error::Error;
use crate::finding::{Severity, told_name};
use crate::interpolation::references;
use crate::pm2::{self, App, Ecosystem};
use crate::project::Project;
use crate::project::deployments::{self, RENDERED};
use crate::project::files::{self, Files};
use crate::project::templates::FOLDER;
use crate::rendering::{kinds, target_path};
use crate::secret::Secret;
use crate::source::{Sources, Span, printable};
use crate::tree::yaml::TWICE;
use crate::tree::{Node, Refusal};

/// What stands before the colon.
pub(super) const NAME: &str = "render";

/// A kind of file that hands variables over.
struct Form {
    /// What users call it: `render:compose`.
    name: &'static str,
    /// Whether a file of this path is one.
    is: fn(&str) -> bool,
    /// What it gives to each service or app, or why it cannot be read.
    read: fn(&Set<'_>, &[String]) -> Result<Vec<Part>, Refused>,
}

/// Why what the templates give cannot be read.
struct Refused {
    /// What is wrong, and where; it names no value.
    message: String,
    /// What to do.
    help: Option<&'static str>,
    /// The file, where it is known which one.
    path: Option<String>,
}

impl Refused {
    fn because(message: &str) -> Self {
        Self { message: message.to_owned(), help: None, path: None }
    }

    /// What is wrong with one of the files, with the line: nobody has that file before it is written.
    fn at(refusal: &Refusal, sources: &Sources) -> Self {
        let Refusal { at, message, help } = refusal;
        let (path, text) = (sources.path(at.source), sources.text(at.source));
        let line = sources.position(at.source, at.start).line;
        let name = text.get(at.range()).filter(|_| *message == TWICE);
        let what = match name.map(|name| name.trim_matches(['"', '\''])) {
            Some(name) => format!("the name {} stands twice in one map", printable(&told_name(name))),
            None => (*message).to_owned(),
        };
        let message = format!("{what}, in line {line} of {}", printable(path));
        Self { message, help: Some(help), path: Some(path.to_owned()) }
    }
}

static FORMS: &[Form] = &[
    Form { name: "compose", is: |path| kinds::of(path).name == "compose", read: of_compose },
    Form { name: "pm2", is: pm2::is_named_so, read: of_pm2 },
    Form { name: "env", is: |path| kinds::of(path).name == "env", read: of_env },
];

/// The files that were rendered, above those that lie in the project.
struct Set<'s> {
    texts: &'s BTreeMap<String, String>,
    files: &'s Files,
}

impl Set<'_> {
    fn text(&self, path: &str) -> Option<String> {
        let rendered = self.texts.get(path).cloned();
        rendered.or_else(|| Some(files::text(self.files.read_if_there(path).ok()??).0))
    }
}

/// What came of a source: its parts, and the templates that they are made of, as users see them.
pub(super) struct Rendered {
    pub(super) parts: Vec<Part>,
    pub(super) templates: Vec<String>,
}

/// Renders what is wanted for the only environment of a project that has been read.
pub(super) fn read(wanted: &Live, environment: &str, mut project: Project, files: &Files) -> Result<Rendered, Error> {
    let named: Vec<String> = named(wanted, files)?.into_iter().collect();
    let job = Job { to: RENDERED, only: &named, with_secrets: false, folder: None };
    let outcome = rendering::run(&mut project, files, &job)?;
    if outcome.is_broken {
        return Err(broken(wanted, &outcome, &project));
    }
    let templates: BTreeMap<String, String> =
        outcome.files.iter().map(|file| (file.path.clone(), file.template.clone())).collect();
    let texts = outcome.files.iter().map(|file| (file.path.clone(), file.text.expose().to_owned())).collect();
    let paths: Vec<String> = outcome.files.into_iter().map(|file| file.path).collect();
    let form = FORMS.iter().find(|form| form.name == wanted.path && named.is_empty());
    let form = form.or_else(|| FORMS.iter().find(|form| paths.first().is_some_and(|path| (form.is)(path))));
    let Some(form) = form else {
        return Err(Error::new(format!("{} hands no variables over that could be compared", wanted.name))
            .help("Compose files, PM2 files and env files do, by their names"));
    };
    let groups = groups(&paths, form);
    let [group] = groups.as_slice() else {
        return Err(none_or_several(wanted, form, &groups, &templates, files));
    };
    let template = |path: &String| Some(printable(&files.shown(&format!("{FOLDER}/{}", templates.get(path)?))));
    let parts = (form.read)(&Set { texts: &texts, files }, group).map_err(|refused| {
        let Refused { message, help, path } = refused;
        let path = path.or_else(|| group.first().cloned()).unwrap_or_default();
        let help = help.map(|help| format!("{help}; ")).unwrap_or_default();
        let render = format!("sparkcfg render {environment} writes it to {}", printable(&files.shown(&path)));
        let error = Error::new(format!("{} cannot be read: {message}", wanted.name)).help(format!("{help}{render}"));
        match template(&path) {
            Some(template) => error.at(template),
            None => error,
        }
    })?;
    Ok(Rendered { parts, templates: group.iter().filter_map(template).collect() })
}

/// The template that was named, where it was, and not a kind of file.
fn named(wanted: &Live, files: &Files) -> Result<Option<String>, Error> {
    if FORMS.iter().any(|form| form.name == wanted.path) {
        return Ok(None);
    }
    let templates = crate::project::templates::read(files)?;
    let own = || templates.keys().filter(|path| crate::rendering::is_own_file(path));
    if own().next().is_none() || own().any(|path| *path == wanted.path) {
        return Ok(Some(wanted.path.clone()));
    }
    if let Some(path) = own().find(|path| target_path(path) == wanted.path) {
        return Ok(Some(path.clone()));
    }
    let kinds = FORMS.iter().map(|form| form.name);
    let near = crate::suggestion::nearest(&wanted.path, kinds.clone().chain(own().map(String::as_str)));
    let help = match near {
        Some(near) => format!("did you mean {NAME}:{near}?"),
        None => {
            format!("it is one of {}, or a template by its path within {FOLDER}/", kinds.collect::<Vec<_>>().join(", "))
        }
    };
    Err(Error::new(format!("there is no template `{}`", printable(&wanted.path))).help(help))
}

/// The files of a kind, each Compose file with its override.
fn groups(paths: &[String], form: &Form) -> Vec<Vec<String>> {
    let own: Vec<&String> = paths.iter().filter(|path| (form.is)(path)).collect();
    let is_over = |path: &&&String| !own.iter().any(|base| deployments::over(base).as_ref() == Some(**path));
    let group = |path: &&String| {
        let over = deployments::over(path).filter(|over| own.contains(&over));
        std::iter::once((*path).clone()).chain(over).collect()
    };
    own.iter().filter(is_over).map(group).collect()
}

fn none_or_several(
    wanted: &Live,
    form: &Form,
    groups: &[Vec<String>],
    templates: &BTreeMap<String, String>,
    files: &Files,
) -> Error {
    let names = |paths: &mut dyn Iterator<Item = &String>| {
        let names: Vec<_> =
            paths.filter_map(|path| templates.get(path)).map(|name| format!("{NAME}:{}", printable(name))).collect();
        names.join(", ")
    };
    if groups.is_empty() {
        let all = names(&mut templates.keys());
        let error = Error::new(format!("no template makes a file that {} could mean", wanted.name));
        let help = match form.name {
            "compose" => "a Compose file has `compose` in its name and ends in .yml or .yaml",
            "pm2" => "a file of PM2 has `ecosystem` or `pm2` in its name",
            _ => "an env file is called env, .env or NAME.env",
        };
        return error.at(files.shown(FOLDER)).help(format!("{help}; there are: {all}"));
    }
    let several = names(&mut groups.iter().filter_map(|group| group.first()));
    Error::new(format!("{} may be one of {} files", wanted.name, groups.len()))
        .help(format!("name its template: {several}"))
}

/// The first thing that is wrong with the templates.
fn broken(wanted: &Live, outcome: &Outcome, project: &Project) -> Error {
    let errors = || outcome.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let Some(first) = errors().next() else {
        return Error::new(format!("{} cannot be rendered", wanted.name));
    };
    let more = match errors().count() - 1 {
        0 => String::new(),
        more => format!("; `sparkcfg render` tells {more} more"),
    };
    let error = Error::new(format!("{} cannot be rendered: {}", wanted.name, first.message));
    let error = match &first.label {
        Some(label) => {
            let at = project.sources.position(label.span.source, label.span.start);
            error.at(format!("{}:{}:{}", printable(project.sources.path(label.span.source)), at.line, at.column))
        }
        None => error,
    };
    error.help(format!("{}{more}", first.help.as_deref().unwrap_or("mend the template")))
}

/// What Compose files give to each service.
fn of_compose(set: &Set<'_>, paths: &[String]) -> Result<Vec<Part>, Refused> {
    let folder = paths.first().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
    let (mut sources, mut files) = (Sources::default(), ComposeFiles::default());
    let mut open = |path: &str| {
        let text: Arc<str> = set.text(path)?.into();
        Some((sources.add(path, Arc::clone(&text)), text))
    };
    let chosen: Vec<_> = paths.iter().filter_map(|path| files.open(path, &mut open)).collect();
    let application = Application::of(&mut files, &chosen, &mut open);
    if let Some(refusal) = files.all.iter().find_map(|file| file.documents.as_ref().err()) {
        return Err(Refused::at(refusal, &sources));
    }
    if let Some(refusal) = application.refusals.first() {
        return Err(Refused::at(refusal, &sources));
    }
    if application.services.is_empty() {
        return Err(Refused::because("there are no services in it"));
    }
    let secrets = application.root.as_ref().and_then(|root| root.get("secrets").map(Arc::clone));
    Ok(application.services.iter().map(|service| of_service(service, secrets.as_deref(), folder, set)).collect())
}

fn of_service(service: &Service, secrets: Option<&Node>, folder: &str, set: &Set<'_>) -> Part {
    let mut part = Part {
        name: service.name.clone(),
        services: vec![service.name.clone()],
        has_more: service.partial,
        ..Part::default()
    };
    let environment = service.environment();
    // The last one wins, and what the service says itself above all of them.
    let mut variables = BTreeMap::new();
    for file in service.env_files() {
        let text = beside(folder, &file.path).and_then(|path| set.text(&path));
        match text {
            Some(text) => variables.extend(env_entries(&text)),
            None => part.has_more |= file.required || !references(&file.path).is_empty(),
        }
    }
    for variable in &environment {
        variables.remove(&variable.name);
        match variable.value.text() {
            None if variable.value.is_null() => {
                part.templates.push((variable.name.clone(), Secret::new(format!("${{{}}}", variable.name))));
            }
            None => part.referred.push(variable.name.clone()),
            Some(text) if !references(text).is_empty() => {
                part.templates.push((variable.name.clone(), Secret::new(text.to_owned())));
            }
            Some(text) => part.variables.push((variable.name.clone(), Secret::new(text.replace("$$", "$")))),
        }
    }
    part.variables.extend(variables);
    let mounted = service.get("secrets").into_iter().flat_map(|list| list.items());
    let source = |item: &Arc<Node>| {
        let name = item.text().or_else(|| item.get("source").and_then(|source| source.text()))?;
        let of = secrets?.get(name)?.get("environment").map(|name| name.text());
        of.map_or(Some(name), |of| of).map(ToOwned::to_owned)
    };
    part.mounted = mounted.filter_map(source).collect();
    part
}

/// What a PM2 file gives to each app: with `--env` of the environment's own name, where it has such a block.
fn of_pm2(set: &Set<'_>, paths: &[String]) -> Result<Vec<Part>, Refused> {
    let path = paths.first().map(String::as_str).unwrap_or_default();
    let text = set.text(path).unwrap_or_default();
    let mut sources = Sources::default();
    let source = sources.add(path, text.as_str());
    let file = Ecosystem::read(source, path, &text);
    if let Some(refusal) = &file.refusal {
        return Err(Refused::at(refusal, &sources));
    }
    if file.apps.is_empty() {
        return Err(Refused::because("there are no apps in it whose settings can be read without running it"));
    }
    let block = path.rsplit('/').nth(1).map(|environment| format!("env_{environment}")).unwrap_or_default();
    Ok(file.apps.iter().map(|app| of_app(app, &block, &text)).collect())
}

fn of_app(app: &App, block: &str, text: &str) -> Part {
    let mut part = Part { name: app.name.clone(), services: vec![app.name.clone()], ..Part::default() };
    let is_run = app.text("script").is_some_and(|script| script.rsplit('/').next() == Some("sparkcfg"));
    part.hands_on = is_run && app.get("args").is_some_and(|args| first_word(args) == Some("run"));
    // Of what the file does not name, whoever starts PM2 may have anything.
    part.has_more = app.inherits_all() && !part.hands_on;
    let mut seen = Vec::new();
    for node in [block, "env"].into_iter().filter_map(|name| app.get(name)) {
        part.has_more |= node.is_unknown() || node.pair(crate::tree::script::SPREAD).is_some();
        for pair in node.pairs().filter(|pair| pair.key != crate::tree::script::SPREAD) {
            if seen.contains(&pair.key.as_str()) {
                continue;
            }
            seen.push(pair.key.as_str());
            let written = |span: Span| text.get(span.range()).and_then(kinds::variable_of);
            match (pair.value.text(), written(pair.value.span)) {
                (Some(value), _) => part.variables.push((pair.key.clone(), Secret::new(value.to_owned()))),
                (None, Some(name)) => part.templates.push((pair.key.clone(), Secret::new(format!("${{{name}}}")))),
                (None, None) => part.referred.push(pair.key.clone()),
            }
        }
    }
    part
}

fn first_word(args: &Node) -> Option<&str> {
    let first = args.items().next().map(|item| item.text());
    first.unwrap_or_else(|| args.text().and_then(|text| text.split_whitespace().next()))
}

/// What an env file holds; a secret stands in a comment that names it.
fn of_env(set: &Set<'_>, paths: &[String]) -> Result<Vec<Part>, Refused> {
    let text = paths.first().and_then(|path| set.text(path)).unwrap_or_default();
    let left = text.lines().filter_map(kinds::left_to_run);
    let templates: Vec<_> = left.map(|name| (name.to_owned(), Secret::new(format!("${{{name}}}")))).collect();
    let variables = env_entries(&text);
    if variables.is_empty() && templates.is_empty() {
        return Err(Refused::because("there is nothing in it"));
    }
    Ok(vec![Part { name: "file".to_owned(), variables, templates, is_piece: true, ..Part::default() }])
}

#[cfg(test)]
mod tests {
    use super::{FORMS, groups};

    #[test]
    fn an_override_goes_with_its_file() {
        let paths = ["compose.yml", "compose.override.yml", "a.compose.yaml", "env", "pm2.json"];
        let paths = paths.map(|name| format!("rendered/prod/{name}"));
        let found = |name: &str| {
            let form = FORMS.iter().find(|form| form.name == name).unwrap();
            groups(&paths, form).into_iter().map(|group| group.len()).collect::<Vec<_>>()
        };
        assert_eq!([found("compose"), found("pm2"), found("env")], [vec![2, 1], vec![1], vec![1]]);
    }
}
