//! Templates by MiniJinja: strict, without files, without a clock, and with an end.

mod faults;
mod lines;
mod prepared;
mod typing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, OutputSpanKind, UndefinedBehavior};

use self::faults::{fault, undefined};
use self::prepared::Prepared;
use super::aliases;
use super::context::{self, Anything, Spelled, Structure, Withheld};
use super::expressions::{compared, members, places};
use super::guard;
use super::marks::{Piece, Pieces};
use super::{Fault, FaultKind, Input, Origin, Run, Templates, reach};
use crate::suggestion::nearest;

/// What a template may spend: enough for thousands of lines, and an end to loops without one.
const FUEL: u64 = 2_000_000;
/// The most text that values may come to, in bytes.
const MOST: usize = 16 << 20;
/// What every template may name besides the keys.
const GLOBALS: &[&str] = &[
    "env",
    "environment",
    "env_of",
    "plain_of",
    "secrets_of",
    "loop",
    "self",
    "super",
    "range",
    "dict",
    "namespace",
    "debug",
];

/// What a run leaves behind, besides its text.
#[derive(Default)]
struct Traces {
    pieces: Pieces,
    used: BTreeSet<String>,
    bytes: usize,
}

/// A template to be run, with all that it may include.
struct Scene<'s> {
    template: &'s str,
    templates: &'s Templates,
    /// Those that it brings in, with itself.
    made_from: Templates,
    /// The templates of the engine, as it gets them.
    prepared: BTreeMap<&'s str, Prepared>,
    input: &'s Input<'s>,
}

/// Runs a template.
pub(super) fn run(template: &str, templates: &Templates, input: &Input<'_>) -> Result<Run, Vec<Fault>> {
    let own = templates.iter().filter(|(name, _)| name.ends_with(".j2"));
    let prepared = own.map(|(name, text)| (name.as_str(), Prepared::new(text))).collect();
    let made_from = reach::made_from(template, templates);
    let scene = Scene { template, templates, made_from, prepared, input };
    let comments = misread_comments(&scene);
    if !comments.is_empty() {
        return Err(comments);
    }
    let mut values = context::values(input);
    let mut faults = unknown_names(&scene)?;
    faults.extend(compared_secrets(template, templates, input));
    for fault in &faults {
        define(&mut values, fault.key.as_deref().unwrap_or_default());
    }
    // A name that is known but has no value shows only when it is reached; then it gets one, to find the next.
    for _ in 0..200 {
        match attempt(&scene, &values) {
            Ok(run) if faults.is_empty() => return Ok(run),
            Ok(_) => break,
            Err(error) => {
                let Some(fault) = fault(&scene, &error, &values) else { break };
                let key = fault.key.clone();
                // What cannot be worked out for want of a value has been told.
                let follows = |told: &Fault| {
                    told.kind == FaultKind::Undefined
                        && told.template == fault.template
                        && told.at.start >= fault.at.start
                        && told.at.end <= fault.at.end
                };
                let seen = faults.contains(&fault) || fault.kind == FaultKind::Broken && faults.iter().any(follows);
                if !seen {
                    faults.push(fault);
                }
                match key {
                    Some(key) if !seen => define(&mut values, &key),
                    _ => break,
                }
            }
        }
    }
    faults.sort_by(|one, other| (&one.template, one.at.start).cmp(&(&other.template, other.at.start)));
    Err(faults)
}

/// Gives a name a value, so that the next one without can be found.
fn define(values: &mut BTreeMap<String, Value>, key: &str) {
    let env = values.get("env").cloned().unwrap_or_default();
    let keys = env.try_iter().into_iter().flatten().map(|key| key.to_string());
    let members = keys.filter_map(|key| Some((key.clone(), env.get_item(&key.into()).ok()?)));
    let mut members: BTreeMap<String, Value> = members.collect();
    members.insert(key.to_owned(), Value::from_object(Anything));
    values.insert("env".to_owned(), Value::from(members));
    values.insert(key.to_owned(), Value::from_object(Anything));
}

fn attempt(scene: &Scene<'_>, values: &BTreeMap<String, Value>) -> Result<Run, Error> {
    let input = scene.input;
    let traces = Arc::new(Mutex::new(Traces::default()));
    let environment = environment(scene, &traces)?;
    let found = environment.get_template(scene.template)?;
    let (text, spans) = found.render_with_spans(Value::from(values.clone()))?;
    let origins = spans.iter().map(|span| Origin {
        text: span.output_range(),
        template: span.name().to_owned(),
        source: span.source_range(),
        verbatim: span.kind() == OutputSpanKind::Raw,
    });
    let (text, mut origins) = lines::settle(&text, origins.collect());
    for origin in &mut origins {
        if let Some(prepared) = scene.prepared.get(origin.template.as_str()) {
            origin.source = prepared.source(&origin.source);
        }
    }
    let mut used = names(&environment, &scene.made_from).into_iter().collect::<BTreeSet<_>>();
    drop(found);
    drop(environment);
    let traces = std::mem::take(&mut *traces.lock().unwrap_or_else(PoisonError::into_inner));
    used.extend(traces.used);
    if used.contains("env") {
        used.extend(input.known().map(|(key, _)| key.to_owned()));
    }
    Ok(Run { text, pieces: traces.pieces, used, origins })
}

fn environment(scene: &Scene<'_>, traces: &Arc<Mutex<Traces>>) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // With this, MiniJinja tells what macros and blocks have written from values: all values in it have their marks.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("sparkcfg".into()));
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    // Escaping is not the template's business: what these promise could only be wrong.
    for filter in ["safe", "escape", "e", "urlencode", "pprint"] {
        environment.remove_filter(filter);
    }
    environment.remove_global("debug");
    for name in ["yaml", "json"] {
        environment.add_filter(name, |value: &Value| {
            let json = context::to_json(value);
            let json = json.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this has no structure to write"))?;
            Ok::<_, Error>(Value::from_object(Structure(json)))
        });
    }
    guard::add(&mut environment);
    environment.add_filter(typing::TYPED, |values: Rest<Value>| values.0.into_iter().next().map(Spelled::typed));
    let formatter = Arc::clone(traces);
    environment.set_formatter(move |out, _, value| {
        if let Some(written) = value.as_str().filter(|_| value.is_safe()) {
            return out.write_str(written).map_err(|_| Error::from(ErrorKind::WriteFailure));
        }
        let piece = piece(value)?;
        let mut traces = formatter.lock().unwrap_or_else(PoisonError::into_inner);
        traces.bytes += if let Piece::Text(text) = &piece { text.len() } else { 0 };
        if traces.bytes > MOST {
            return Err(Error::new(ErrorKind::OutOfFuel, "the values come to more than 16 MiB"));
        }
        let mark = traces.pieces.add(piece);
        out.write_str(&mark).map_err(|_| Error::from(ErrorKind::WriteFailure))
    });
    add_functions(&mut environment, scene.input, traces);
    for (name, prepared) in &scene.prepared {
        environment.add_template_owned((*name).to_owned(), prepared.text.clone())?;
    }
    Ok(environment)
}

/// What a function gives for a service.
type Answer = fn(&Input<'_>, &str) -> Value;

/// What templates may call, and what each call gives for a service.
const FUNCTIONS: &[(&str, Answer)] = &[
    ("env_of", |input, service| Value::from(context::of_service(input, service, true))),
    ("plain_of", |input, service| Value::from(context::of_service(input, service, false))),
    ("secrets_of", |input, service| context::secrets_of(input, service).into_iter().map(Value::from).collect()),
];

/// `env_of("api", …)`: what services get; `plain_of`: that without secrets; `secrets_of`: the names of the secrets.
fn add_functions(environment: &mut Environment<'static>, input: &Input<'_>, traces: &Arc<Mutex<Traces>>) {
    let services: BTreeSet<&String> = input.known().flat_map(|(_, services)| services).collect();
    for (name, gives) in FUNCTIONS {
        let answers: BTreeMap<String, Value> =
            services.iter().map(|service| ((*service).clone(), gives(input, service))).collect();
        let keys = services.iter().map(|service| ((*service).clone(), context::keys_of(input, service)));
        let keys: BTreeMap<String, Vec<String>> = keys.collect();
        let traces = Arc::clone(traces);
        environment.add_function(*name, move |names: Rest<String>| {
            let mut found = Vec::new();
            for name in names.iter() {
                found.push(answers.get(name).ok_or_else(|| unknown_service(name, answers.keys()))?);
                let mut traces = traces.lock().unwrap_or_else(PoisonError::into_inner);
                traces.used.extend(keys.get(name).into_iter().flatten().cloned());
            }
            Ok::<_, Error>(merged(&found))
        });
    }
}

/// How it is told that no key is for a service.
const UNNAMED: &str = "no key of the schema names the service";

fn unknown_service<'k>(name: &str, known: impl Iterator<Item = &'k String>) -> Error {
    let near = nearest(name, known.map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Error::new(ErrorKind::InvalidOperation, format!("{UNNAMED} `{name}`{near}"))
}

/// Maps as one map, lists as one list, sorted.
fn merged(found: &[&Value]) -> Value {
    let items = |value: &Value| value.try_iter().into_iter().flatten().collect::<Vec<_>>();
    if found.iter().all(|value| value.kind() == ValueKind::Map) {
        let members = found
            .iter()
            .flat_map(|map| items(map).into_iter().filter_map(|key| Some((key.to_string(), map.get_item(&key).ok()?))));
        return Value::from(members.collect::<BTreeMap<_, _>>());
    }
    let names: BTreeSet<String> = found.iter().flat_map(|list| items(list)).map(|name| name.to_string()).collect();
    names.into_iter().map(Value::from).collect()
}

/// What comes out for a value: its text, or its structure where a filter asked for that.
fn piece(value: &Value) -> Result<Piece, Error> {
    if let Some(structure) = value.downcast_object_ref::<Structure>() {
        return Ok(Piece::Structure(structure.0.clone()));
    }
    let has_text = value.downcast_object_ref::<Spelled>().is_some()
        || value.downcast_object_ref::<Withheld>().is_some()
        || value.downcast_object_ref::<Anything>().is_some();
    if has_text {
        return Ok(Piece::Text(value.to_string()));
    }
    match value.kind() {
        ValueKind::Bool => Ok(Piece::Text(if value.is_true() { "true" } else { "false" }.to_owned())),
        ValueKind::String | ValueKind::Number => Ok(Piece::Text(value.to_string())),
        ValueKind::Undefined => Ok(Piece::Text(String::new())),
        kind => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a {kind} has no text of its own; write it with `| yaml` or `| json`, or `| join(\",\")`"),
        )),
    }
}

/// The names that templates look up; `KEY` for `env.KEY` and `KEY.member`.
fn names(environment: &Environment<'_>, templates: &Templates) -> Vec<String> {
    let known = templates.keys().filter_map(|name| environment.get_template(name).ok());
    let nested = known.flat_map(|template| template.undeclared_variables(true));
    let key = |name: String| {
        let path = name.strip_prefix("env.").unwrap_or(&name);
        path.split('.').next().unwrap_or_default().to_owned()
    };
    nested.map(key).collect()
}

/// The names in a template, and in those that it may include, that are neither set nor in the schema.
fn unknown_names(scene: &Scene<'_>) -> Result<Vec<Fault>, Vec<Fault>> {
    let Scene { template, templates, input, .. } = *scene;
    let environment =
        environment(scene, &Arc::default()).map_err(|error| Vec::from_iter(fault(scene, &error, &BTreeMap::new())))?;
    let mut faults = Vec::new();
    for (path, text) in parts_of(template, templates) {
        let Ok(found) = environment.get_template(path) else { continue };
        for at in members(text) {
            let name = text.get(at.clone()).unwrap_or_default();
            if !is_known(name, input) {
                faults.push(undefined(path, at, name, input));
            }
        }
        for name in found.undeclared_variables(true) {
            let name = match name.split_once('.') {
                Some(("env", member)) => member.split('.').next().unwrap_or_default(),
                Some((name, _)) => name,
                None => &name,
            };
            if !is_known(name, input) {
                faults.extend(places(text, name).map(|at| undefined(path, at, name, input)));
            }
        }
    }
    faults.sort_by(|one, other| (&one.template, one.at.start).cmp(&(&other.template, other.at.start)));
    faults.dedup();
    Ok(faults)
}

/// Comments that do not end, which the engine would tell of behind the last line, or that a shell would not take for one.
fn misread_comments(scene: &Scene<'_>) -> Vec<Fault> {
    let parts = parts_of(scene.template, scene.templates);
    let found = parts.filter_map(|(path, _)| Some((path, scene.prepared.get(path.as_str())?.comment?)));
    let fault = |(path, at): (&String, usize)| Fault {
        template: path.clone(),
        at: at..at + 2,
        kind: FaultKind::Broken,
        key: None,
        message: "`{#` begins a comment of Jinja2".to_owned(),
        help: "end it with #}, or write {% raw %}${#NAME}{% endraw %} for the length of a variable".to_owned(),
    };
    found.map(fault).collect()
}

/// A template and all that it may include.
fn parts_of<'t>(template: &'t str, templates: &'t Templates) -> impl Iterator<Item = (&'t String, &'t String)> {
    templates.iter().filter(move |(path, _)| *path == template || !super::is_own_file(path))
}

/// What compares a secret that is only referred to: the engine would say that it differs from everything.
fn compared_secrets(template: &str, templates: &Templates, input: &Input<'_>) -> Vec<Fault> {
    let is_withheld =
        |name: &str| input.variables.iter().any(|variable| variable.key == name && variable.text.is_none());
    let mut faults = Vec::new();
    let parts: Vec<_> = parts_of(template, templates).filter(|(path, _)| path.ends_with(".j2")).collect();
    let has_secrets = input.variables.iter().any(|variable| variable.text.is_none());
    let aliases = aliases::of_secrets(&parts.iter().map(|(_, text)| text.as_str()), &is_withheld, has_secrets);
    for (path, text) in parts {
        for at in compared(text) {
            let name = text.get(at.clone()).unwrap_or_default();
            if is_withheld(name) || aliases.contains(name) {
                let is = if is_withheld(name) { "is a secret" } else { "may stand for a secret" };
                let message = format!("{name} {is}, whose value is not known here, so it cannot be compared");
                let help = format!(
                    "ask whether it is set, with {{% if {name} is defined %}}, or make what differs a key of its own that is no secret"
                );
                let key = Some(name.to_owned());
                faults.push(Fault { template: path.clone(), at, kind: FaultKind::Broken, key, message, help });
            }
        }
    }
    faults
}

fn is_known(name: &str, input: &Input<'_>) -> bool {
    GLOBALS.contains(&name) || input.known().any(|(key, _)| key == name)
}
