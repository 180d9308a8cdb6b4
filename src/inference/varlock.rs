//! varlock's `.env.schema`: comments with `@` decorate the key below, those of the first block, which `# ---` ends, all of them.

use serde_json::{Map, Value};

use super::imported::proposal;
use super::{Origin, Proposal, Sighting, sighted};
use crate::detection;
use crate::source::printable;

/// A decorator: its name, and what stands behind it, nothing for `@required`.
type Decorator<'t> = (&'t str, &'t str);

/// The proposals of a text; none where nothing says that it is one of varlock's: neither its name nor a decorator.
pub(super) fn read(name: &str, text: &str) -> Vec<Proposal> {
    let decorates = |line: &str| {
        let comment = line.trim_start().strip_prefix('#').map(str::trim_start);
        let word = comment.and_then(|comment| comment.strip_prefix('@'));
        word.is_some_and(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()))
    };
    if !(name == ".env" || name.starts_with(".env.") || name.ends_with(".schema") || text.lines().any(decorates)) {
        return Vec::new();
    }
    let (header, body) = header(text);
    let header = decorators(header).0;
    let said = |word: &str| header.iter().find(|(name, _)| *name == word).map_or("", |(_, value)| *value);
    let sensitive = said("defaultSensitive");
    let public = call(sensitive).filter(|(function, _)| *function == "inferFromPrefix").map(|(_, prefix)| prefix);
    // Where nothing is said, all keys are needed, and all are secrets.
    let required = !matches!(said("defaultRequired"), "false" | "infer");
    let all = All { required, secret: sensitive != "false" && public.is_none(), public };
    sighted::in_env_file(name, &Origin::Example, body).into_iter().map(|found| one(name, found, &all)).collect()
}

/// What the first block says of all keys.
struct All<'t> {
    required: bool,
    secret: bool,
    /// How names of keys begin that are no secrets, as all others are.
    public: Option<&'t str>,
}

fn one(name: &str, found: Sighting, all: &All<'_>) -> Proposal {
    let (value, comment) = (found.value, found.comment.unwrap_or_default());
    let (decorators, prose) = decorators(&comment);
    let said = |word: &str| decorators.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    let says = |word: &str| matches!(said(word), Some("" | "true"));
    let mut property = said("type").map(typed).unwrap_or_default();
    if !prose.is_empty() && detection::token(&prose).is_none() {
        property.insert("description".to_owned(), printable(&prose).into());
    }
    if let Some(example) = said("example").map(unquoted).filter(|example| !example.is_empty()) {
        let typed = as_typed(example, &property);
        property.extend(typed.map(|example| ("examples".to_owned(), vec![example].into())));
    }
    if said("deprecated").is_some_and(|value| value != "false") {
        property.insert("deprecated".to_owned(), true.into());
    }
    let denied = said("sensitive") == Some("false") || says("public");
    let inferred = all.secret || all.public.is_some_and(|prefix| !found.key.starts_with(prefix));
    if said("sensitive").is_some_and(|value| value != "false") || inferred && !denied {
        property.insert("writeOnly".to_owned(), true.into());
    }
    // varlock takes what stands in the schema itself, so no env file has to have it.
    // One that is made of others, `http://${HOST}`, is one as well.
    let given = value.as_deref() != Some("");
    let value = value.into_iter().find(|value| !value.is_empty() && !value.contains(['(', '$']));
    if let Some(value) = value.filter(|_| !property.contains_key("writeOnly")) {
        let typed = as_typed(&value, &property);
        property.extend(typed.map(|value| ("default".to_owned(), value)));
    }
    let sometimes = said("required").filter(|value| value.contains('('));
    let denied = says("optional") || said("required") == Some("false") || sometimes.is_some();
    let required = !given && (says("required") || all.required && !denied);
    let mut proposal = proposal(name, &found.key, property, required);
    if let Some(when) = sometimes {
        // Which of its environments those are nobody can say.
        let comment = format!("review: from {}, which says @required={}", printable(name), printable(when));
        proposal.property.insert("$comment".to_owned(), comment.into());
    }
    proposal
}

/// A text as the type of the property has it; `None` where it is none of that type.
fn as_typed(text: &str, property: &Map<String, Value>) -> Option<Value> {
    match property.get("type").and_then(Value::as_str) {
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).ok(),
        _ => Some(Value::from(text)),
    }
}

/// The first block and what follows it. A ruler between keys ends nothing.
fn header(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if !body.is_empty() && !body.starts_with('#') {
            break;
        }
        let ruler = body.trim_start_matches('#').trim();
        if ruler.len() >= 3 && ruler.bytes().all(|byte| byte == b'-') {
            return (&text[..at], &text[at + line.len()..]);
        }
        at += line.len();
    }
    ("", text)
}

/// The decorators of a comment, and what else it says.
fn decorators(comment: &str) -> (Vec<Decorator<'_>>, String) {
    let (mut found, mut prose) = (Vec::new(), Vec::new());
    let mut rest = comment.trim_start();
    while !rest.is_empty() {
        let end =
            match rest.strip_prefix('@').filter(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic())) {
                Some(decorator) => {
                    let length = word(decorator);
                    let name = decorator.find(['=', '(']).unwrap_or(length).min(length);
                    found.push((&decorator[..name], decorator[name..length].trim_start_matches('=')));
                    1 + length
                }
                None => {
                    let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                    prose.push(&rest[..length]);
                    length
                }
            };
        rest = rest[end..].trim_start();
    }
    (found, prose.join(" ").trim_matches(['#', ' ']).to_owned())
}

/// The length of a word in which blanks may stand within brackets and quotes.
fn word(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, sign) in text.char_indices() {
        match (sign, quote) {
            (sign, Some(open)) => quote = Some(open).filter(|open| *open != sign),
            ('"' | '\'' | '`', None) => quote = Some(sign),
            ('(', None) => depth += 1,
            (')', None) => depth = depth.saturating_sub(1),
            (sign, None) if depth == 0 && sign.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

/// `name(arguments)`.
fn call(text: &str) -> Option<(&str, &str)> {
    let (name, arguments) = text.strip_suffix(')')?.split_once('(')?;
    Some((name, arguments))
}

/// The arguments of a call, each with its name where it has one.
fn arguments(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let quoted = |at: &usize| rest[..*at].matches(['"', '\'']).count() % 2 == 1;
        let end = rest.match_indices(',').map(|(at, _)| at).find(|at| !quoted(at)).unwrap_or(rest.len());
        let argument = rest[..end].trim();
        let (name, value) =
            argument.split_once('=').filter(|(name, _)| !name.contains(['"', '\''])).unwrap_or(("", argument));
        found.push((name.trim(), unquoted(value.trim())));
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    found
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// The keywords of a type: `number(min=1)`, `enum(a, b)`, `string(startsWith=sk_)`.
fn typed(kind: &str) -> Map<String, Value> {
    let (name, inside) = call(kind).unwrap_or((kind, ""));
    let given = arguments(inside);
    let argument = |name: &str| given.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
    let number = |name: &str| argument(name).and_then(|value| serde_json::from_str::<Value>(value).ok());
    let mut property = Map::new();
    let mut add = |keyword: &str, value: Option<Value>| property.extend(value.map(|value| (keyword.to_owned(), value)));
    match name {
        "number" => {
            let whole = argument("precision") == Some("0") || argument("isInt") == Some("true");
            add("type", Some(if whole { "integer" } else { "number" }.into()));
            add("minimum", number("min"));
            add("maximum", number("max"));
            add("multipleOf", number("isDivisibleBy"));
        }
        "port" => {
            add("type", Some("integer".into()));
            add("minimum", Some(number("min").unwrap_or(1.into())));
            add("maximum", Some(number("max").unwrap_or(65535.into())));
        }
        "boolean" => add("type", Some("boolean".into())),
        "simple-object" => add("type", Some("object".into())),
        "enum" => add("enum", Some(given.iter().map(|(_, value)| *value).collect())),
        _ => {
            add("type", Some("string".into()));
            let formats = [("url", "uri"), ("email", "email"), ("uuid", "uuid"), ("semver", "semver")];
            add("format", formats.iter().find(|(own, _)| *own == name).map(|(_, format)| (*format).into()));
            add("minLength", number("isLength").or(number("minLength")));
            add("maxLength", number("isLength").or(number("maxLength")));
            let (start, end) = (argument("startsWith"), argument("endsWith"));
            let ends = format!(
                "{}{}",
                start.map(|start| format!("^{}", regex::escape(start))).unwrap_or_default(),
                end.map(|end| format!("{}{}$", if start.is_some() { ".*" } else { "" }, regex::escape(end)))
                    .unwrap_or_default()
            );
            add(
                "pattern",
                argument("matches")
                    .map(ToOwned::to_owned)
                    .or(Some(ends).filter(|ends| !ends.is_empty()))
                    .map(Into::into),
            );
        }
    }
    property
}
