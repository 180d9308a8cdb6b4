//! PM2 files: the apps that an ecosystem file declares, with their places; what only running it could tell is unknown.

use std::sync::Arc;

use crate::source::{SourceId, Span};
use crate::tree::{Node, Pair, Refusal, Value, script, yaml};

/// An ecosystem file.
pub struct Ecosystem {
    /// Its text.
    pub source: SourceId,
    /// The apps that are written as literals, in order.
    pub apps: Vec<App>,
    /// Why the file cannot be read; never for a script, of which everything unknown stays unknown.
    pub refusal: Option<Refusal>,
    /// Every name whose value is a scalar.
    pub named: Vec<Pair>,
}

/// One app. It may hold secrets, so it has no `Debug`.
pub struct App {
    /// Its name; empty where it is not known.
    pub name: String,
    /// Where the app can be pointed at: its name, else its beginning.
    pub span: Span,
    /// Everything that is said about it.
    pub node: Arc<Node>,
}

/// Whether a path is that of a script.
#[must_use]
pub fn is_script(path: &str) -> bool {
    [".js", ".cjs", ".mjs"].iter().any(|end| path.ends_with(end))
}

/// Whether a file has a name by which people give it to PM2: `ecosystem.config.js`, `process.json`, `pm2.yml`.
#[must_use]
pub fn is_found(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, end)) = name.split_once('.') else { return false };
    let ends = ["js", "cjs", "mjs", "json", "yml", "yaml"];
    let is_config = ends.contains(&end.strip_prefix("config.").unwrap_or(end));
    let is_script = is_script(name) && !end.starts_with("config.");
    let words = ["ecosystem", "process", "processes", "pm2"];
    is_config && !is_script && words.contains(&stem)
}

/// Whether a tree is that of an ecosystem file and not of Compose.
#[must_use]
pub fn is_ecosystem(root: &Node) -> bool {
    matches!(root.value, Value::List(_)) || root.get("apps").is_some() && root.get("services").is_none()
}

impl Ecosystem {
    /// Reads the text of a file.
    #[must_use]
    pub fn read(source: SourceId, path: &str, text: &str) -> Self {
        let mut file = Self { source, apps: Vec::new(), refusal: None, named: Vec::new() };
        let root = if is_script(path) {
            script::parse(source, text)
        } else {
            match yaml::parse(source, text) {
                Ok(documents) => documents.roots.into_iter().next(),
                Err(refusal) => {
                    file.refusal = Some(refusal);
                    None
                }
            }
        };
        let Some(root) = root else { return file };
        collect(&root, &mut file.named);
        let apps = root.get("apps").unwrap_or(&root);
        let list = if let Value::List(_) = apps.value { apps.items().collect() } else { vec![apps] };
        file.apps = list.into_iter().filter(|node| matches!(node.value, Value::Map(_))).map(App::of).collect();
        file
    }
}

/// Names with their values, up to a number that only a file that repeats parts of itself can reach.
fn collect(node: &Arc<Node>, named: &mut Vec<Pair>) {
    const MOST: usize = 100_000;
    for pair in node.pairs() {
        if named.len() >= MOST {
            return;
        }
        named.push(pair.clone());
        collect(&pair.value, named);
    }
    for item in node.items() {
        if named.len() >= MOST {
            return;
        }
        collect(item, named);
    }
}

impl App {
    fn of(node: &Arc<Node>) -> Self {
        let name = node.get("name").filter(|name| name.text().is_some());
        let text = name.and_then(|name| name.text()).unwrap_or_default().to_owned();
        let span = name.map_or(Span { end: node.span.start + 1, ..node.span }, |name| name.span);
        Self { name: text, span, node: Arc::clone(node) }
    }

    /// The text of an option; `None` where it is absent or not known.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.node.get(key)?.text()
    }

    /// What an option is set to.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.node.get(key).map(Arc::as_ref)
    }

    /// Whether an option is surely not set: nothing unknown could set it.
    #[must_use]
    pub fn lacks(&self, keys: &[&str]) -> bool {
        let spread = self.node.pair(script::SPREAD).is_some();
        !spread && keys.iter().all(|key| self.node.get(key).is_none_or(|node| node.is_null()))
    }

    /// Whether it gets the whole environment of whoever starts PM2: `filter_env` is not there, or `true` or empty, which PM2 7
    /// passes over.
    #[must_use]
    pub fn inherits_all(&self) -> bool {
        let in_vain = |node: &Arc<Node>| {
            node.boolean().is_some() || matches!(&node.value, Value::List(items) if items.is_empty())
        };
        self.lacks(&["filter_env"]) || self.node.get("filter_env").is_some_and(in_vain)
    }

    /// The blocks of variables: `env`, and `env_<name>` for `--env <name>`.
    pub fn blocks(&self) -> impl Iterator<Item = &Pair> {
        self.node.pairs().filter(|pair| pair.key == "env" || pair.key.starts_with("env_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn apps() {
        for (path, text, expected) in [
            ("a.js", "module.exports = { apps: [{ name: 'api' }, make(), { script: 'x' }] }", &["api", ""][..]),
            ("a.json", "{\"apps\": [{\"name\": \"api\"}]}", &["api"]),
            ("a.yaml", "apps:\n  - name: api\n", &["api"]),
            ("a.json", "[{\"name\": \"api\"}]", &["api"]),
            ("a.json", "{\"name\": \"api\"}", &["api"]),
            ("a.js", "module.exports = require('./x')", &[]),
            ("a.js", "", &[]),
        ] {
            let source = Sources::default().add(path, text);
            let file = Ecosystem::read(source, path, text);
            assert_eq!(file.apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>(), expected, "{text}");
            assert!(file.refusal.is_none());
        }
        let source = Sources::default().add("a.json", "{");
        assert!(Ecosystem::read(source, "a.json", "{").refusal.is_some());
    }
}
