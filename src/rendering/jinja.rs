//! Templates by MiniJinja: strict, without files, without a clock, and with an end.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, OutputSpanKind, UndefinedBehavior};

use super::aliases;
use super::context::{self, Anything, Spelled, Structure, Withheld};
use super::expressions::{compared, members, places, words};
use super::guard;
use super::marks::{self, Piece, Pieces};
use super::{Fault, FaultKind, Input, Origin, Run, Templates};
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

/// Runs a template.
pub(super) fn run(template: &str, templates: &Templates, input: &Input<'_>) -> Result<Run, Vec<Fault>> {
    let mut values = context::values(input);
    let mut faults = unknown_names(template, templates, input)?;
    faults.extend(compared_secrets(template, templates, input));
    for fault in &faults {
        define(&mut values, fault.key.as_deref().unwrap_or_default());
    }
    // A name that is known but has no value shows only when it is reached; then it gets one, to find the next.
    for _ in 0..200 {
        match attempt(template, templates, input, &values) {
            Ok(run) if faults.is_empty() => return Ok(run),
            Ok(_) => break,
            Err(error) => {
                let Some(fault) = fault(template, templates, input, &error, &values) else { break };
                let key = fault.key.clone();
                let seen = faults.contains(&fault);
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

fn attempt(
    template: &str,
    templates: &Templates,
    input: &Input<'_>,
    values: &BTreeMap<String, Value>,
) -> Result<Run, Error> {
    let traces = Arc::new(Mutex::new(Traces::default()));
    let environment = environment(templates, input, &traces)?;
    let found = environment.get_template(template)?;
    let (text, spans) = found.render_with_spans(Value::from(values.clone()))?;
    let origins = spans.iter().map(|span| Origin {
        text: span.output_range(),
        template: span.name().to_owned(),
        source: span.source_range(),
        verbatim: span.kind() == OutputSpanKind::Raw,
    });
    let origins = origins.collect();
    let mut used = names(&environment, templates).into_iter().collect::<BTreeSet<_>>();
    drop(found);
    drop(environment);
    let traces = std::mem::take(&mut *traces.lock().unwrap_or_else(PoisonError::into_inner));
    used.extend(traces.used);
    if used.contains("env") {
        used.extend(input.variables.iter().map(|variable| variable.key.to_owned()));
        used.extend(input.unset.iter().cloned());
    }
    Ok(Run { text, pieces: traces.pieces, used, origins })
}

fn environment(
    templates: &Templates,
    input: &Input<'_>,
    traces: &Arc<Mutex<Traces>>,
) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // With this, MiniJinja tells what macros and blocks have written from values: all values in it have their marks.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("sparkcfg".into()));
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
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
    add_functions(&mut environment, input, traces);
    for (name, text) in templates.iter().filter(|(name, _)| name.ends_with(".j2")) {
        environment.add_template_owned(name.clone(), text.clone())?;
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
    let services: BTreeSet<&String> = input.variables.iter().flat_map(|variable| variable.services).collect();
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

/// The names that templates look up; `KEY` for `env.KEY`.
fn names(environment: &Environment<'_>, templates: &Templates) -> Vec<String> {
    let known = templates.keys().filter_map(|name| environment.get_template(name).ok());
    let nested = known.flat_map(|template| template.undeclared_variables(true));
    nested.map(|name| name.strip_prefix("env.").unwrap_or(&name).to_owned()).collect()
}

/// The names in a template, and in those that it may include, that are neither set nor in the schema.
fn unknown_names(template: &str, templates: &Templates, input: &Input<'_>) -> Result<Vec<Fault>, Vec<Fault>> {
    let traces = Arc::default();
    let environment = environment(templates, input, &traces)
        .map_err(|error| Vec::from_iter(fault(template, templates, input, &error, &BTreeMap::new())))?;
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
                    "ask whether it is set, with {{% if {name} %}}, or make what differs a key of its own that is no secret"
                );
                let key = Some(name.to_owned());
                faults.push(Fault { template: path.clone(), at, kind: FaultKind::Broken, key, message, help });
            }
        }
    }
    faults
}

fn is_known(name: &str, input: &Input<'_>) -> bool {
    let set = input.variables.iter().any(|variable| variable.key == name);
    set || GLOBALS.contains(&name) || input.unset.iter().any(|key| key == name)
}

fn undefined(template: &str, at: Range<usize>, name: &str, input: &Input<'_>) -> Fault {
    let (message, help) = if input.unset.iter().any(|key| key == name) {
        let help = format!("give it one, or write {{{{ {name} | default(\"…\") }}}} or {{% if {name} is defined %}}");
        (format!("{name} has no value in {}", input.environment), help)
    } else {
        let keys = input.variables.iter().map(|variable| variable.key).chain(input.unset.iter().map(String::as_str));
        let help = match nearest(name, keys) {
            Some(near) => format!("did you mean {near}?"),
            None => "declare it in the schema and set it, or take it out of the template".to_owned(),
        };
        (format!("{name} is neither set in {} nor in the schema", input.environment), help)
    };
    let kind = FaultKind::Undefined;
    Fault { template: template.to_owned(), at, kind, key: Some(name.to_owned()), message, help }
}

/// An error of the engine as a fault. Its own words are kept only where they cannot hold a value.
fn fault(
    template: &str,
    templates: &Templates,
    input: &Input<'_>,
    error: &Error,
    values: &BTreeMap<String, Value>,
) -> Option<Fault> {
    // The innermost error knows the place.
    let mut innermost = error;
    while let Some(source) = std::error::Error::source(innermost).and_then(|source| source.downcast_ref::<Error>()) {
        innermost = source;
    }
    let path = innermost.name().unwrap_or(template).to_owned();
    let text = templates.get(&path)?;
    let at = innermost.range().filter(|range| range.end <= text.len()).unwrap_or_else(|| line(text, innermost.line()));
    if innermost.kind() == ErrorKind::UndefinedError {
        let within = words(text).filter(|word| word.start >= at.start && word.end <= at.end.max(at.start + 1));
        let mut names = within.filter_map(|word| Some((text.get(word.clone())?, word)));
        let name = names.find(|(name, _)| !values.contains_key(*name));
        if let Some((name, word)) = name {
            return Some(undefined(&path, word, name, input));
        }
        let message = "this has no value".to_owned();
        let help = "give it one, or a default with `| default(…)`".to_owned();
        return Some(Fault { template: path, at, kind: FaultKind::Undefined, key: None, message, help });
    }
    let (message, help) = explained(innermost, input.reveals);
    Some(Fault { template: path, at, kind: FaultKind::Broken, key: None, message, help: help.to_owned() })
}

fn explained(error: &Error, reveals: bool) -> (String, &'static str) {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::SyntaxError => (format!("this template cannot be read: {detail}"), "see the syntax of Jinja2"),
        ErrorKind::UnknownFilter => (
            "there is no such filter".to_owned(),
            "values are escaped for the file that they go to; `| yaml` and `| json` write a structure",
        ),
        ErrorKind::UnknownFunction => (
            "there is no such function".to_owned(),
            "there are env_of(\"SERVICE\"), plain_of(\"SERVICE\") and secrets_of(\"SERVICE\")",
        ),
        ErrorKind::TemplateNotFound => (
            "there is no such template".to_owned(),
            "only a .j2 file in templates/ can be included, by its path within that folder",
        ),
        ErrorKind::OutOfFuel => ("this template does not come to an end".to_owned(), "look for a loop over too much"),
        ErrorKind::InvalidOperation if !reveals && !marks::holds_mark(detail) && !detail.is_empty() => {
            let help = if detail == guard::ASKED {
                "ask whether it is set, with {% if KEY %}, or make what is asked a key of its own that is no secret"
            } else if detail.starts_with(UNNAMED) {
                "list it under x-sparkcfg.services of every key that it gets"
            } else {
                "mend the expression"
            };
            (detail.to_owned(), help)
        }
        _ => (
            "this expression cannot be worked out".to_owned(),
            "mend the expression; env values are texts unless the schema says otherwise",
        ),
    }
}

fn line(text: &str, number: Option<usize>) -> Range<usize> {
    let before = text.split_inclusive('\n').take(number.unwrap_or(1).saturating_sub(1));
    let start = before.map(str::len).sum();
    let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
    start..start + length
}
