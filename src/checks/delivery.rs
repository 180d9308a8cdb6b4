//! What reaches the services of Compose files and the apps of PM2 files, as `not_delivered` compares it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::image::Image;
use super::references::Referenced;
use crate::compose::{Application, Service, references_in, short};
use crate::pm2::{App, Ecosystem};
use crate::project::references::Used;
use crate::source::Span;
use crate::tree::{Node, Value, script};
use crate::uses::{self, Kind, Side, shell};

/// A service, and what reaches it.
pub(super) struct Given {
    pub(super) name: String,
    pub(super) span: Span,
    /// The folder whose programs it runs; `None` for an image of somebody else.
    pub(super) folder: Option<String>,
    /// The names that reach it; `None` where that cannot be known.
    pub(super) names: Option<BTreeSet<String>>,
    /// The names that its block refers to, for whatever: an image's tag, a label, a variable of another name.
    pub(super) mentions: BTreeSet<String>,
    /// The names that reach it only with another file: `docker compose -f compose.yaml -f compose.prod.yaml`.
    pub(super) elsewhere: BTreeSet<String>,
    /// What gets into its container; `None` for an app that runs where it stands.
    pub(super) image: Option<Image>,
    /// The reader of the language that it runs; `None` where it may be any.
    pub(super) language: Option<&'static str>,
}

impl Given {
    /// Whether it runs what stands in a file.
    pub(super) fn holds(&self, path: &str) -> bool {
        let other = self.language.zip(uses::reader(path)).is_some_and(|(own, reader)| reader.name != own);
        !other && self.image.as_ref().is_none_or(|image| image.holds(path))
    }

    /// Whether a name reaches it, itself or as the path of a file. Settings classes take a name in any case.
    pub(super) fn has(&self, name: &str) -> bool {
        let file = format!("{name}_FILE");
        let is_it = |given: &String| given.eq_ignore_ascii_case(name) || given.eq_ignore_ascii_case(&file);
        self.names.as_ref().is_some_and(|names| names.iter().any(is_it))
    }
}

/// The services of each Compose file that stands for itself. What lies over another one, or is taken in by one, counts there.
pub(super) fn services(referenced: &Referenced<'_>) -> Vec<Vec<Given>> {
    let of_project: Vec<_> = referenced.applications.iter().filter(|(file, _)| !file.aside && !file.inner).collect();
    let is_override = |file: &Used| file.path.contains(".override.");
    let bases = of_project.iter().filter(|(file, _)| !is_override(file));
    bases
        .map(|(file, application)| {
            let whole = application.services.iter().filter(|service| is_whole(service));
            let mut given: Vec<Given> = whole.map(|service| given(referenced, file, service)).collect();
            let beside =
                of_project.iter().filter(|(other, _)| other.path != file.path && folder(other) == folder(file));
            for (other, over) in beside {
                lay_over(referenced, (other, over), is_override(other), &mut given);
            }
            given
        })
        .collect()
}

/// Whether a service can run as it stands; one that only says something more of a service lies over another file.
fn is_whole(service: &Service) -> bool {
    service.get("image").is_some() || service.get("build").is_some()
}

fn lay_over(
    referenced: &Referenced<'_>,
    (file, application): (&Used, &Application),
    always: bool,
    given: &mut [Given],
) {
    for service in application.services.iter().filter(|service| always || !is_whole(service)) {
        let Some(below) = given.iter_mut().find(|below| below.name == service.name) else { continue };
        referred_to(&service.node, &mut below.mentions);
        match (names(referenced, file, service), always, &mut below.names) {
            (Some(names), true, Some(known)) => known.extend(names),
            (Some(names), false, _) => below.elsewhere.extend(names),
            (None, ..) => below.names = None,
            _ => {}
        }
    }
}

fn folder(file: &Used) -> &str {
    file.path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn given(referenced: &Referenced<'_>, file: &Used, service: &Service) -> Given {
    let context = context(file, service);
    let image = context.as_deref().map(|context| Image::of(referenced, folder(file), context, service));
    let mut names = names(referenced, file, service);
    if let (Some(context), Some(image)) = (&context, &image) {
        let set = image.set_by_commands(service);
        let baked = baked(referenced, context, (image, service));
        names = names.zip(set).zip(baked).map(|((mut names, set), baked)| {
            names.extend(set);
            names.extend(baked);
            names
        });
    }
    let folder = context.map(|context| code_folder(referenced, context, service));
    let mut mentions = BTreeSet::new();
    referred_to(&service.node, &mut mentions);
    let (name, elsewhere) = (service.name.clone(), BTreeSet::new());
    Given { name, span: service.span, folder, names, mentions, elsewhere, image, language: None }
}

/// The folder that an image is built from; `None` where there is none, or nobody knows.
fn context(file: &Used, service: &Service) -> Option<String> {
    let build = service.get("build")?;
    let context = build.text().or_else(|| build.get("context").and_then(|context| context.text())).unwrap_or(".");
    joined(folder(file), context)
}

/// The folder of the Dockerfile, where programs stand there: in a monorepo the context is the whole of it.
fn code_folder(referenced: &Referenced<'_>, context: String, service: &Service) -> String {
    let dockerfile = service.node.find(&["build", "dockerfile"]).and_then(|dockerfile| dockerfile.text());
    let own = dockerfile.and_then(|path| path.rsplit_once('/')).and_then(|(own, _)| joined(&context, own));
    let holds_code = |folder: &String| {
        let files = &referenced.project.references.files;
        files.iter().any(|file| file.is_code() && !file.aside && is_within(&file.path, folder))
    };
    own.filter(|own| *own != context && holds_code(own)).unwrap_or(context)
}

/// The names that a service is given; `None` where that cannot be known.
fn names(referenced: &Referenced<'_>, file: &Used, service: &Service) -> Option<BTreeSet<String>> {
    if service.partial {
        return None;
    }
    let mut names: BTreeSet<String> = service.environment().into_iter().map(|variable| variable.name).collect();
    if let Some(arguments) = service.node.find(&["build", "args"]) {
        names.extend(arguments.pairs().map(|pair| pair.key.clone()));
        names.extend(arguments.items().filter_map(short::assignment).map(|pair| pair.key));
    }
    for env_file in service.env_files() {
        names.extend(joined(folder(file), &env_file.path).and_then(|path| keys_of(referenced, &path))?);
    }
    Some(names)
}

/// The names in `${…}` anywhere in a block.
fn referred_to(node: &Node, names: &mut BTreeSet<String>) {
    match &node.value {
        Value::Scalar { .. } => names.extend(references_in(node).into_iter().map(|reference| reference.name)),
        Value::List(_) => node.items().for_each(|item| referred_to(item, names)),
        Value::Map(_) => node.pairs().for_each(|pair| referred_to(&pair.value, names)),
        Value::Unknown | Value::OneOf(_) => {}
    }
}

/// The keys of an env file that was read; `None` for one that is not there.
fn keys_of(referenced: &Referenced<'_>, path: &str) -> Option<Vec<String>> {
    let sources = &referenced.project.sources;
    let declared = referenced.project.references.declared.iter();
    let is_it = |span: &Span| {
        let shown = sources.path(span.source);
        shown == path || shown.ends_with(path) && shown[..shown.len() - path.len()].ends_with('/')
    };
    let keys: Vec<_> =
        declared.filter(|declared| is_it(&declared.span)).map(|declared| declared.name.clone()).collect();
    (!keys.is_empty()).then_some(keys)
}

/// What Dockerfiles of a folder set, and scripts that get into the image: one of them may be its entry. `None` where that takes
/// variables from a file.
fn baked(referenced: &Referenced<'_>, folder: &str, (image, service): (&Image, &Service)) -> Option<Vec<String>> {
    let of =
        |file: &&Used, reader: &str| file.reader.is_some_and(|own| own.name == reader) && is_within(&file.path, folder);
    let files = || referenced.project.references.files.iter();
    let dockerfiles = files().filter(|file| of(file, "dockerfile")).flat_map(|file| &file.uses);
    let set = dockerfiles.filter(|found| found.kind == Kind::Set).map(|found| found.name.clone());
    let scripts = || files().filter(|file| of(file, "shell") && image.holds(&file.path));
    let text = |file: &Used| referenced.project.sources.text(file.source);
    if scripts().any(|file| image.begins_with(service, &file.path) && shell::sources(text(file))) {
        return None;
    }
    Some(set.chain(scripts().flat_map(|file| shell::sets(text(file)))).collect())
}

/// A path beside a file; `None` where it leads out of the project or is not known.
pub(super) fn joined(folder: &str, path: &str) -> Option<String> {
    if path.contains('$') || path.starts_with('/') || path.contains("://") {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a path lies in a folder or below.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The apps of PM2 files. An app whose variables cannot all be seen, or that is given an env file, has no names.
pub(super) fn apps(referenced: &Referenced<'_>) -> Vec<Vec<Given>> {
    let files = referenced.project.references.files.iter();
    let ecosystems = files.filter(|file| !file.aside && file.reader.is_some_and(|reader| reader.name == "pm2"));
    let of = |file: &Used| {
        let text = referenced.project.sources.text(file.source);
        let ecosystem = Ecosystem::read(file.source, &file.path, text);
        ecosystem.apps.iter().map(|app| of_app(referenced, (folder(file), text), app)).collect()
    };
    ecosystems.map(of).collect()
}

fn of_app(referenced: &Referenced<'_>, (beside, text): (&str, &str), app: &App) -> Given {
    let is_open = |node: &Node| node.is_unknown() || node.pair(script::SPREAD).is_some();
    let arguments = ["args", "node_args"].iter().filter_map(|key| app.get(key));
    let given_a_file = arguments.into_iter().any(|node| node.text().is_none_or(|text| text.contains("env-file")));
    let known = app.lacks(&["env_file"]) && !given_a_file && !app.blocks().any(|block| is_open(&block.value));
    let names = app.blocks().flat_map(|block| block.value.pairs()).map(|pair| pair.key.clone()).collect();
    let cwd = app.get("cwd").map(|cwd| path_of(text, beside, cwd));
    // PM2 looks for the script where the app works.
    let script = app.get("script").map(|script| match &cwd {
        Some(cwd) => path_of(text, cwd.as_deref()?, script),
        None => path_of(text, beside, script),
    });
    let script = script.flatten();
    let paths = &referenced.project.references.paths;
    let is_there = |script: &&String| paths.binary_search(script).is_ok();
    let holds_all = |folder: &str| folder.is_empty() || folder == beside;
    let parent = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    // Where it works; where that is the whole repository, where its script stands.
    let folder = match (cwd, &script) {
        (Some(Some(cwd)), Some(script)) if holds_all(&cwd) && is_there(&script) => Some(parent(script)),
        (Some(cwd), _) => cwd,
        (None, Some(script)) => Some(parent(script)),
        (None, None) => None,
    };
    Given {
        name: app.name.clone(),
        span: app.span,
        folder,
        names: known.then_some(names),
        mentions: BTreeSet::new(),
        elsewhere: BTreeSet::new(),
        image: None,
        language: script.as_ref().filter(is_there).and_then(|script| uses::reader(script)).and_then(of_code),
    }
}

/// The name of a reader of programs; a script in shell starts others.
fn of_code(reader: &'static uses::Reader) -> Option<&'static str> {
    (reader.side == Side::Code).then_some(reader.name)
}

/// The path that a value of a PM2 file at `beside` means: a text, `__dirname`, `path.join(__dirname, 'x')`,
/// `__dirname + '/x'` or `${__dirname}/x`; `None` where nobody can tell.
fn path_of(text: &str, beside: &str, node: &Node) -> Option<String> {
    static WITH: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let joined = r#"(?:path\.)?(?:join|resolve)\(\s*__dirname\s*((?:,\s*(?:'[^'$]*'|"[^"$]*")\s*)*),?\s*\)"#;
        let added = r#"__dirname\s*\+\s*('[^'$]*'|"[^"$]*")"#;
        let template = r"`\$\{\s*__dirname\s*\}([^`$]*)`";
        Regex::new(&format!("^(?:{joined}|{added}|{template}|__dirname)$")).ok()
    });
    if let Some(path) = node.text() {
        return joined(beside, path);
    }
    let found = WITH.as_ref()?.captures(text.get(node.span.range())?.trim())?;
    let parts = found.iter().skip(1).flatten().flat_map(|part| part.as_str().split(','));
    let parts = parts.map(|part| part.trim().trim_matches(['\'', '"', '/']));
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    joined(beside, &parts.join("/"))
}
