//! What a key is: as the schema describes it, and what each layer says. For keys of `sparkcfg.toml`, what they mean.

use std::fmt::Write;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};
use serde_json::Value;

use super::super::explain::{ladder, nature};
use super::super::show::is_told;
use super::configuration;
use super::positions::Lines;
use super::server::Opened;
use super::spots::{self, Role, Spot};
use crate::checks;
use crate::layer::PROCESS;
use crate::project::Project;
use crate::reference::bounds;
use crate::schema::property::Property;
use crate::source::{printable, printable_lines};

/// The longest list of values that is told.
const MOST: usize = 12;

pub(super) fn at(opened: &Opened<'_>, position: Position) -> Option<Hover> {
    let text = &opened.document.text;
    let lines = Lines::new(text, opened.client.encoding);
    let offset = lines.offset(position);
    let (page, spot) = if opened.is_configuration() {
        let (page, spot) = configuration::described(text, offset)?;
        (page, Some(spot))
    } else {
        let spot = opened.spot(offset)?;
        let page = page(opened, &spot)?;
        // A reference has no range: it may stand in a secret, and tell how long that is.
        (page, (spot.role != Role::Referred).then_some(spot))
    };
    let range = spot.map(|spot| lines.range(spot.range));
    let (kind, value) = if opened.client.markdown {
        (MarkupKind::Markdown, page.markdown())
    } else {
        (MarkupKind::PlainText, page.plain())
    };
    Some(Hover { contents: HoverContents::Markup(MarkupContent { kind, value }), range })
}

/// What is told of a key.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) title: String,
    /// What it is for.
    pub(super) description: String,
    /// One fact a line.
    pub(super) facts: Vec<String>,
    /// Aligned text, for a block.
    pub(super) table: String,
}

impl Page {
    fn plain(&self) -> String {
        let mut out = format!("{}\n", self.title);
        for line in self.description.lines().chain(self.facts.iter().map(String::as_str)) {
            let _ = writeln!(out, "{line}");
        }
        if !self.table.is_empty() {
            let _ = write!(out, "\n{}", self.table);
        }
        out
    }

    /// Nothing in the texts means anything to Markdown: a schema may be somebody else's, and an image in it would be
    /// fetched.
    fn markdown(&self) -> String {
        let mut out = format!("**{}**\n\n", escaped(&self.title));
        for line in self.description.lines() {
            let _ = writeln!(out, "{}\n", escaped(line));
        }
        for fact in &self.facts {
            let _ = writeln!(out, "- {}", escaped(fact));
        }
        if !self.table.is_empty() {
            let longest = self.table.split(|character| character != '`').map(str::len).max().unwrap_or_default();
            let fence = "`".repeat(longest.max(2) + 1);
            let _ = write!(out, "\n{fence}text\n{}\n{fence}\n", self.table.trim_end());
        }
        out
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.trim().chars() {
        if character.is_ascii_punctuation()
            && !matches!(character, ',' | '.' | '\'' | '"' | '/' | '=' | '%' | ';' | '?')
        {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn page(opened: &Opened<'_>, spot: &Spot) -> Option<Page> {
    let project = opened.unit.project.as_ref()?;
    let rests = project.rests_of_secrets();
    let key = spot.key.as_str();
    if !is_told(&rests, key) {
        return None;
    }
    let schema = project.schema.as_ref().map(|schema| &schema.schema);
    let property = schema.map(|schema| schema.property(key)).filter(Property::is_declared);
    let environments = project.environments();
    let here = opened.unit.layer(&opened.path);
    // Of a layer, what it is a part of; of the schema, everything.
    let uses = |name: &str| here.is_none_or(|(index, _)| project.environments_of(index).any(|used| &**used == name));
    let environments: Vec<_> = environments.iter().filter(|environment| uses(&environment.name)).collect();
    let is_set = environments.iter().any(|environment| environment.get(key).is_some());
    if property.is_none() && !is_set {
        return None;
    }
    let mut page = Page { title: printable(key), ..Page::default() };
    if let Some(property) = &property {
        page.description = printable_lines(property.description().or_else(|| property.title()).unwrap_or_default());
        page.facts.push(nature(project, &rests, key, property));
        page.facts.extend(facts(project, key, property));
        page.facts.retain(|fact| !fact.is_empty());
    } else if schema.is_some() {
        page.facts.push("the schema does not know it".to_owned());
    } else if project.is_secret(key) {
        page.facts.push("secret".to_owned());
    }
    for environment in environments {
        let steps = ladder(project, environment, key);
        let _ = write!(page.table, "{}\n{steps}", printable_lines(&environment.name));
    }
    Some(page)
}

/// What the schema asks of a key, in words.
pub(super) fn facts(project: &Project, key: &str, property: &Property<'_>) -> Vec<String> {
    let mut facts = Vec::new();
    let allowed = property.allowed_values();
    if !allowed.is_empty() && !project.is_secret(key) {
        let texts = allowed.iter().take(MOST).map(|value| match value.as_str() {
            Some("") => "(empty)".to_owned(),
            Some(text) => text.to_owned(),
            None => value.to_string(),
        });
        let shown: Vec<_> = texts.filter(|text| !project.hides(key, text)).collect();
        let more = if allowed.len() > MOST { ", …" } else { "" };
        facts.push(format!("one of {}{more}", shown.join(", ")));
    }
    let listed = |names: &[String]| names.join(", ");
    facts.extend(property.format().map(|format| format!("format {format}")));
    facts.extend(bounds(property));
    let pattern = property.keyword("pattern").and_then(Value::as_str);
    facts.extend(pattern.map(|pattern| format!("matches {pattern}")));
    if !property.required_in().is_empty() {
        facts.push(format!("required in {}", listed(property.required_in())));
    }
    facts.extend(property.only_in().map(|names| format!("only in {}", listed(names))));
    facts.extend(property.drift().map(|drift| format!("between environments: {}", drift.name())));
    if !property.services().is_empty() {
        facts.push(format!("read by {}", listed(property.services())));
    }
    facts.extend(property.owner().map(|owner| format!("owner {owner}")));
    if property.is_deprecated() {
        let instead = property.replaced_by().map(|key| format!("; use {key}")).unwrap_or_default();
        facts.push(format!("deprecated{instead}"));
    }
    facts.iter().map(|fact| printable(fact)).collect()
}

impl Opened<'_> {
    pub(super) fn is_configuration(&self) -> bool {
        self.path == "sparkcfg.toml"
    }

    pub(super) fn is_schema(&self) -> bool {
        let schema = self.unit.project.as_ref().and_then(|project| Some((project, project.schema.as_ref()?)));
        schema.is_some_and(|(project, schema)| project.sources.path(schema.source) == self.path)
            || self.path.ends_with(".schema.json")
    }

    /// Whether the text is an env file: a layer, or one by its name.
    pub(super) fn is_env(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        let layer = self.unit.layer(&self.path).is_some_and(|(_, layer)| layer.name != PROCESS);
        layer || name.ends_with(".env") || name == ".env" || name.starts_with(".env.")
    }

    /// The key at a byte of an env file or the schema.
    pub(super) fn spot(&self, offset: usize) -> Option<Spot> {
        let text = &self.document.text;
        if self.is_env() {
            return spots::in_env(text, offset);
        }
        if !self.is_schema() {
            return None;
        }
        let mut spot = spots::in_quotes(text, offset)?;
        let schema = &self.unit.project.as_ref()?.schema.as_ref()?.schema;
        // `KEY#part`, as rules over several keys name it.
        if let Some((key, _)) = spot.key.split_once('#') {
            spot.range.end = spot.range.start + key.len();
            spot.key.truncate(key.len());
        }
        schema.property(&spot.key).is_declared().then_some(spot)
    }
}

/// The page of a code, in a few lines.
pub(super) fn code(code: &str) -> Option<Page> {
    let rule = checks::find(code)?;
    let facts = vec![format!("{} by default", rule.severity.name())];
    Some(Page { title: rule.code.to_owned(), description: rule.summary.to_owned(), facts, table: String::new() })
}
