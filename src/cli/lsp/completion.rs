//! What may be written at a place: keys, values, references, codes.

use std::collections::HashSet;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTag, CompletionTextEdit, Documentation, Position, TextEdit,
};
use serde_json::Value;

use super::super::explain::nature;
use super::super::show::is_told;
use super::configuration::Slot;
use super::hover::facts;
use super::positions::Lines;
use super::server::Opened;
use crate::checks;
use crate::dialects::{self, compose};
use crate::layer::PROCESS;
use crate::project::Project;
use crate::schema::property::Property;
use crate::source::{printable, printable_lines};

/// A stretch of the text that is to be replaced, and how.
struct Place<'o> {
    opened: &'o Opened<'o>,
    range: lsp_types::Range,
}

pub(super) fn at(opened: &Opened<'_>, position: Position) -> Vec<CompletionItem> {
    let text = &opened.document.text;
    let lines = Lines::new(text, opened.client.encoding);
    let offset = lines.offset(position);
    let start = lines.offset(Position::new(position.line, 0));
    let (before, after) = (&text[start..offset], text[offset..].split(['\n', '\r']).next().unwrap_or_default());
    let place = |from: usize, to: usize| Place { opened, range: lines.range(from..to) };
    if opened.is_configuration() {
        return in_configuration(text, offset, before, place);
    }
    if !opened.is_env() {
        return Vec::new();
    }
    let code = before.rfind("sparkcfg: ignore").filter(|_| before.contains('#')).map(|at| &before[at..]);
    if let Some(list) = code.and_then(|code| code.split_once('[')).map(|(_, list)| list) {
        let word = list.rsplit([',', ' ']).next().unwrap_or_default();
        return if list.contains(']') { Vec::new() } else { codes(&place(offset - word.len(), offset)) };
    }
    if before.trim_start().starts_with('#') {
        return Vec::new();
    }
    let entries = compose::parse(text).entries;
    let goes_on = entries.iter().any(|entry| (entry.value.start as usize) < start && start < entry.value.end as usize);
    let (key, value) = match before.split_once('=') {
        Some((key, value)) => (Some(key.trim().trim_start_matches("export ").trim()), value),
        None => (None, before),
    };
    if let Some(name) = open_reference(value).filter(|_| goes_on || key.is_some()) {
        return references(opened, &place(offset - name.len(), offset), key);
    }
    if goes_on {
        return Vec::new();
    }
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    match key {
        None => {
            let word = before.trim_start();
            let word = word.strip_prefix("export ").unwrap_or(word).trim_start();
            let rest: usize = after.chars().take_while(|character| is_part(*character)).map(char::len_utf8).sum();
            let has_value = after[rest..].trim_start().starts_with('=');
            let here: HashSet<&str> = entries
                .iter()
                .filter(|entry| !(start..=offset).contains(&(entry.key.start as usize)))
                .filter_map(|entry| text.get(entry.key.start as usize..entry.key.end as usize))
                .collect();
            keys(&place(offset - word.len(), offset + rest), &here, has_value)
        }
        Some(key) => {
            let written = value.trim_start();
            let written = written.strip_prefix(['"', '\'']).unwrap_or(written);
            let quoted = value.trim_start().len() > written.len();
            let rest = after.find(['"', '\'', ' ', '#']).unwrap_or(after.len());
            values(&place(offset - written.len(), offset + rest), key, quoted)
        }
    }
}

/// The name after a `$` or `${` that is still open at the end of a text.
fn open_reference(value: &str) -> Option<&str> {
    let name = &value[value.rfind('$')? + 1..];
    let name = name.strip_prefix('{').unwrap_or(name);
    let is_name = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    (is_name && !value.trim_start().starts_with('\'')).then_some(name)
}

impl Place<'_> {
    fn item(&self, label: &str, text: &str, kind: CompletionItemKind) -> CompletionItem {
        CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(self.range, text.to_owned()))),
            ..CompletionItem::default()
        }
    }

    fn project(&self) -> Option<&Project> {
        self.opened.unit.project.as_ref()
    }
}

/// The keys that the schema knows and this file does not have, in the order of the schema; without one, those of the
/// other layers.
fn keys(place: &Place<'_>, here: &HashSet<&str>, has_value: bool) -> Vec<CompletionItem> {
    let Some(project) = place.project() else { return Vec::new() };
    let rests = project.rests_of_secrets();
    let layer = place.opened.unit.layer(&place.opened.path);
    let environments: Vec<_> =
        layer.into_iter().flat_map(|(index, _)| project.environments_of(index)).map(|name| &**name).collect();
    let mut known: Vec<&str> = project.schema.iter().flat_map(|schema| schema.schema.keys()).collect();
    if known.is_empty() {
        known.extend(project.layers.iter().flat_map(|layer| layer.entries.iter().map(|entry| layer.key(entry))));
        known.sort_unstable();
        known.dedup();
    }
    let missing = known.into_iter().enumerate().filter(|(_, key)| !here.contains(key) && is_told(&rests, key));
    let item = |(index, key): (usize, &str)| {
        let text = if has_value { key.to_owned() } else { format!("{key}=") };
        let mut item = place.item(&printable(key), &text, CompletionItemKind::PROPERTY);
        let schema = project.schema.as_ref().map(|schema| schema.schema.property(key));
        let Some(property) = schema.filter(Property::is_declared) else { return Some(item) };
        // A key that may not be set in any of the environments of this file is no help.
        let allowed = property.only_in().is_none_or(|list| {
            environments.is_empty() || environments.iter().any(|name| list.iter().any(|listed| listed == name))
        });
        if !allowed {
            return None;
        }
        let facts = facts(project, key, &property);
        let nature = nature(project, &rests, key, &property);
        item.detail =
            Some(std::iter::once(nature).chain(facts).filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join("; "));
        let description = property.description().map(printable_lines);
        item.documentation = description.map(Documentation::String);
        // First what must be there, last what goes away.
        let needed = |name: &&str| property.required_in().iter().any(|needed| needed == name);
        let rank = if property.is_deprecated() { 2 } else { u8::from(!environments.iter().any(needed)) };
        item.tags = property.is_deprecated().then(|| vec![CompletionItemTag::DEPRECATED]);
        item.sort_text = Some(format!("{rank}{index:06}"));
        Some(item)
    };
    missing.filter_map(item).collect()
}

/// The values that the schema names for a key; none for a secret.
fn values(place: &Place<'_>, key: &str, quoted: bool) -> Vec<CompletionItem> {
    let Some((project, schema)) = place.project().and_then(|project| Some((project, project.schema.as_ref()?))) else {
        return Vec::new();
    };
    let property = schema.schema.property(key);
    if !property.is_declared() || project.is_secret(key) {
        return Vec::new();
    }
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let default = property.default_text();
    let mut found: Vec<(String, &str)> = default.iter().map(|text| (text.clone(), "default")).collect();
    found.extend(property.allowed_values().into_iter().filter_map(text).map(|text| (text, "")));
    if property.allowed_values().is_empty() && property.types().contains(&"boolean") {
        found.extend(["true", "false"].map(|word| (word.to_owned(), "")));
    }
    found.extend(property.examples().into_iter().filter_map(text).map(|text| (text, "example")));
    let mut seen = HashSet::new();
    found.retain(|(text, _)| !text.is_empty() && !project.hides(key, text) && seen.insert(text.clone()));
    let item = |(index, (text, detail)): (usize, (String, &str))| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,+@%=".contains(&byte);
        let bare = quoted || text.bytes().all(plain);
        if !bare && text.contains('\'') || text.contains('\n') {
            return None;
        }
        let written = if bare { text.clone() } else { format!("'{text}'") };
        let mut item = place.item(&printable(&text), &written, CompletionItemKind::ENUM_MEMBER);
        item.detail = (!detail.is_empty()).then(|| detail.to_owned());
        item.sort_text = Some(format!("{index:06}"));
        Some(item)
    };
    found.into_iter().enumerate().filter_map(item).collect()
}

/// The keys that a value may refer to: those of the layers that this one stands over, and of itself.
fn references(opened: &Opened<'_>, place: &Place<'_>, own: Option<&str>) -> Vec<CompletionItem> {
    let Some(project) = place.project() else { return Vec::new() };
    let rests = project.rests_of_secrets();
    let layer = opened.unit.layer(&opened.path);
    let mine: Vec<_> = layer.into_iter().flat_map(|(index, _)| project.environments_of(index)).collect();
    let beside = |index: usize| mine.is_empty() || project.environments_of(index).any(|name| mine.contains(&name));
    let layers = project.layers.iter().enumerate().filter(|(index, layer)| beside(*index) && layer.name != PROCESS);
    let mut names: Vec<&str> =
        layers.flat_map(|(_, layer)| layer.entries.iter().map(move |entry| layer.key(entry))).collect();
    names.sort_unstable();
    names.dedup();
    let told = names.into_iter().filter(|name| Some(*name) != own && is_told(&rests, name));
    told.map(|name| place.item(&printable(name), name, CompletionItemKind::VARIABLE)).collect()
}

fn codes(place: &Place<'_>) -> Vec<CompletionItem> {
    let item = |check: &checks::Check| {
        let mut item = place.item(check.rule.code, check.rule.code, CompletionItemKind::CONSTANT);
        item.detail = Some(check.rule.summary.to_owned());
        item
    };
    checks::ALL.iter().map(item).collect()
}

fn in_configuration<'o>(
    text: &str,
    offset: usize,
    before: &str,
    place: impl Fn(usize, usize) -> Place<'o>,
) -> Vec<CompletionItem> {
    if before.trim_start().starts_with('#') {
        return Vec::new();
    }
    let slot = Slot::at(text, offset);
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    let word = before.len() - before.trim_end_matches(is_part).len();
    let in_quotes = before.matches('"').count() % 2 == 1;
    let rest = text[offset..].chars().take_while(|character| is_part(*character)).map(char::len_utf8).sum::<usize>();
    let place = place(offset - word, offset + rest);
    let path: Vec<_> = slot.path.iter().map(String::as_str).collect();
    if before.trim_start().starts_with('[') && !slot.is_value {
        return headers(&place);
    }
    if path == ["severity"] && !slot.is_value {
        return codes(&place);
    }
    let has_value = text[offset + rest..].trim_start_matches(' ').starts_with('=');
    let readers = matches!(path.as_slice(), ["consumers", _]).then(|| {
        dialects::ALL.iter().map(|dialect| (dialect.name.to_owned(), dialect.summary.to_owned())).collect::<Vec<_>>()
    });
    let choices = slot.choices().into_iter().map(|choice| (choice.name, choice.description));
    let choices: Vec<_> = readers.unwrap_or_default().into_iter().chain(choices).collect();
    let item = |(name, description): (String, String)| {
        let (written, kind) = match (slot.is_value, in_quotes || matches!(name.as_str(), "true" | "false")) {
            (false, _) if has_value => (name.clone(), CompletionItemKind::PROPERTY),
            (false, _) => (format!("{name} = "), CompletionItemKind::PROPERTY),
            (true, true) => (name.clone(), CompletionItemKind::ENUM_MEMBER),
            (true, false) => (format!("\"{name}\""), CompletionItemKind::ENUM_MEMBER),
        };
        let mut item = place.item(&name, &written, kind);
        item.documentation = (!description.is_empty()).then_some(Documentation::String(description));
        item
    };
    choices.into_iter().map(item).collect()
}

/// The tables of the file.
fn headers(place: &Place<'_>) -> Vec<CompletionItem> {
    let tables = Slot { path: Vec::new(), is_value: false }.choices().into_iter().filter(|choice| {
        let inner = Slot { path: vec![choice.name.clone()], is_value: false };
        inner.is_table()
    });
    let item = |choice: super::configuration::Choice| {
        let mut item = place.item(&choice.name, &choice.name, CompletionItemKind::MODULE);
        item.documentation = (!choice.description.is_empty()).then_some(Documentation::String(choice.description));
        item
    };
    tables.map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::open_reference;

    #[test]
    fn references_that_are_open() {
        for (value, expected) in [
            ("http://${HO", Some("HO")),
            ("$", Some("")),
            ("${", Some("")),
            ("$A$B", Some("B")),
            ("${HOST}", None),
            ("${HOST:-", None),
            ("'$HO", None),
            ("plain", None),
        ] {
            assert_eq!(open_reference(value), expected, "{value}");
        }
    }
}
