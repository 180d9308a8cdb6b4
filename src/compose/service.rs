//! One service: what it runs, publishes, mounts and is given.

use std::sync::Arc;

use super::short::{self, Mount, Port};
use crate::interpolation::{self, Budget, Outcome, interpolates};
use crate::source::Span;
use crate::tree::{Node, Pair, Value};

/// One service of an application. It may hold secrets, so it has no `Debug`.
pub struct Service {
    /// Its name.
    pub name: String,
    /// Where the name is written: in the last file that names it.
    pub span: Span,
    /// Everything that all files say about it.
    pub node: Arc<Node>,
    /// Whether a part of it could not be read, so that nothing can be said to be missing.
    pub partial: bool,
}

/// A variable of `environment`.
pub struct Variable {
    /// The name.
    pub name: String,
    /// Where the name is written.
    pub name_span: Span,
    /// What it is set to; a null takes the value of whoever starts Compose.
    pub value: Arc<Node>,
}

/// A file of `env_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFile {
    /// The path as written, relative to the Compose file.
    pub path: String,
    /// Whether Compose stops when the file is missing.
    pub required: bool,
    /// Whether the file is read without interpolation (`format: raw`).
    pub raw: bool,
    /// Where it is written.
    pub span: Span,
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Given,
    /// It is not.
    Missing,
    /// A variable decides, or a part of the service could not be read.
    Unknown,
}

impl Service {
    /// What stands under a name.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Arc<Node>> {
        self.node.get(key)
    }

    /// The text under a name, if no variable is in it; `$$` is one dollar sign.
    #[must_use]
    pub fn literal(&self, key: &str) -> Option<String> {
        literal(self.get(key)?)
    }

    /// Whether something is said at one of these paths.
    #[must_use]
    pub fn presence(&self, paths: &[&[&str]]) -> Presence {
        let given = paths.iter().filter_map(|path| self.node.find(path)).any(|node| !node.is_null());
        match (given, self.partial) {
            (true, _) => Presence::Given,
            (false, true) => Presence::Unknown,
            (false, false) => Presence::Missing,
        }
    }

    /// The texts of a list, or of one text in its place, with what they mean.
    #[must_use]
    pub fn texts(&self, key: &str) -> Vec<(String, Span)> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let one = |node: &Node| literal(node).map(|text| (text, node.span));
        match &node.value {
            Value::List(_) => node.items().filter_map(|item| one(item)).collect(),
            _ => one(node).into_iter().collect(),
        }
    }

    /// Whether the items of a list are all known.
    #[must_use]
    pub fn is_known(&self, key: &str) -> bool {
        let Some(node) = self.get(key) else { return !self.partial };
        !self.partial && node.items().all(|item| literal(item).is_some())
    }

    /// The variables of `environment`.
    #[must_use]
    pub fn environment(&self) -> Vec<Variable> {
        let Some(node) = self.get("environment") else { return Vec::new() };
        let variable =
            |pair: &Pair| Variable { name: pair.key.clone(), name_span: pair.key_span, value: Arc::clone(&pair.value) };
        match &node.value {
            Value::List(_) => node.items().filter_map(short::assignment).map(|pair| variable(&pair)).collect(),
            _ => node.pairs().map(variable).collect(),
        }
    }

    /// The files of `env_file`: one text, a list of texts, or of maps with `path`.
    #[must_use]
    pub fn env_files(&self) -> Vec<EnvFile> {
        let Some(node) = self.get("env_file") else { return Vec::new() };
        let one = |node: &Node| {
            let of = |key: &str| node.get(key).and_then(|value| value.text());
            let path = node.text().or_else(|| of("path"))?;
            let required = node.get("required").and_then(|value| value.boolean()) != Some(false);
            Some(EnvFile { path: path.to_owned(), required, raw: of("format") == Some("raw"), span: node.span })
        };
        match &node.value {
            Value::List(_) => node.items().filter_map(|item| one(item)).collect(),
            _ => one(node).into_iter().collect(),
        }
    }

    /// The ports that are published or named, those left out in which a variable hides the parts.
    #[must_use]
    pub fn ports(&self) -> Vec<Port> {
        self.get("ports").map(|ports| ports.items().filter_map(|item| short::port(item)).collect()).unwrap_or_default()
    }

    /// The volumes and folders that are mounted.
    #[must_use]
    pub fn mounts(&self) -> Vec<Mount> {
        self.get("volumes").map(|list| list.items().filter_map(|item| short::mount(item)).collect()).unwrap_or_default()
    }

    /// The profiles that start it; none when it always starts.
    #[must_use]
    pub fn profiles(&self) -> Vec<String> {
        self.texts("profiles").into_iter().map(|(text, _)| text).collect()
    }

    /// The services that it waits for, each with its condition.
    #[must_use]
    pub fn depends_on(&self) -> Vec<(String, Option<String>)> {
        let Some(node) = self.get("depends_on") else { return Vec::new() };
        let named = node.items().filter_map(|item| Some((item.text()?.to_owned(), None)));
        let with = node.pairs().map(|pair| {
            let condition = pair.value.get("condition").and_then(|condition| condition.text());
            (pair.key.clone(), condition.map(ToOwned::to_owned))
        });
        named.chain(with).collect()
    }
}

/// The text of a scalar as the container gets it; `None` where a variable is in it.
#[must_use]
pub fn literal(node: &Node) -> Option<String> {
    let text = node.text()?;
    let plain = text.replace("$$", "");
    (!interpolates(&plain)).then(|| text.replace("$$", "$"))
}

/// A text as the container gets it where nothing sets its variables: `latest` for `${TAG:-latest}`; `None` where it has no
/// variables, one of them has no default, or `is_set` knows one.
#[must_use]
pub fn fallback(text: &str, is_set: &dyn Fn(&str) -> bool) -> Option<String> {
    let expansion = interpolation::expand(text, &mut |_| None, &mut Budget::default()).ok()?;
    let falls_back = |outcome: &Outcome| matches!(outcome, Outcome::Default);
    let all = expansion.resolved.iter().all(|one| falls_back(&one.outcome) && !is_set(one.reference.name));
    (all && !expansion.resolved.is_empty()).then_some(expansion.text)
}
