//! What the engine has to say about a template, as faults with a place in it.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};

use super::super::expressions::words;
use super::super::{Fault, FaultKind, Input, guard, marks};
use super::typing::TYPED;
use super::{Scene, UNNAMED};
use crate::suggestion::nearest;

pub(super) fn undefined(template: &str, at: Range<usize>, name: &str, input: &Input<'_>) -> Fault {
    let (message, help) = if input.unset.iter().any(|unset| unset.key == name) {
        let help = format!("give it one, or write {{{{ {name} | default(\"…\") }}}} or {{% if {name} is defined %}}");
        (format!("{name} has no value in {}", input.environment), help)
    } else {
        let help = match nearest(name, input.known().map(|(key, _)| key)) {
            Some(near) => format!("did you mean {near}?"),
            None => "declare it in the schema and set it, or take it out of the template".to_owned(),
        };
        (format!("{name} is neither set nor in the schema"), help)
    };
    let kind = FaultKind::Undefined;
    Fault { template: template.to_owned(), at, kind, key: Some(name.to_owned()), message, help }
}

/// Words of the language that may stand before a name.
const WORDS: &[&str] = &["if", "elif", "for", "in", "set", "with", "not", "and", "or", "is", "else", "include", "call"];

/// An error of the engine as a fault. Its own words are kept only where they cannot hold a value.
pub(super) fn fault(scene: &Scene<'_>, error: &Error, values: &BTreeMap<String, Value>) -> Option<Fault> {
    // The innermost error knows the place.
    let mut innermost = error;
    while let Some(source) = std::error::Error::source(innermost).and_then(|source| source.downcast_ref::<Error>()) {
        innermost = source;
    }
    let path = innermost.name().unwrap_or(scene.template).to_owned();
    let prepared = scene.prepared.get(path.as_str())?;
    let text = prepared.text.as_str();
    let at = innermost.range().filter(|range| range.end <= text.len()).unwrap_or_else(|| line(text, innermost.line()));
    let source = prepared.source(&at);
    // An operator has words of its own for that.
    let lacking =
        innermost.detail().and_then(|detail| Some(detail.strip_suffix("` is undefined)")?.rsplit_once('`')?.1));
    if innermost.kind() == ErrorKind::UndefinedError || lacking.is_some() {
        let within = words(text).filter(|word| word.start >= at.start && word.end <= at.end.max(at.start + 1));
        let mut names = within.filter_map(|word| Some((text.get(word.clone())?, word)));
        let name = names.find(|(name, _)| match lacking {
            Some(lacking) => *name == lacking,
            None => !values.contains_key(*name) && *name != TYPED && !WORDS.contains(name),
        });
        if let Some((name, word)) = name {
            return Some(undefined(&path, prepared.source(&word), name, scene.input));
        }
        let message = "this has no value".to_owned();
        let help = "give it one, or a default with `| default(…)`".to_owned();
        return Some(Fault { template: path, at: source, kind: FaultKind::Undefined, key: None, message, help });
    }
    let (message, help) = explained(innermost, scene.input.reveals);
    Some(Fault { template: path, at: source, kind: FaultKind::Broken, key: None, message, help: help.to_owned() })
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
                "ask whether it is set, with {% if KEY is defined %}, or make what is asked a key of its own that is no secret"
            } else if detail == guard::WRITTEN {
                "apply the filter to each value, as in {{ KEY | upper }}"
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
