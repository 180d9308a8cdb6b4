//! PM2 files: the apps that an ecosystem file declares, with their places; what only running it could tell is unknown.

pub mod attributes;
mod cron;

use std::sync::Arc;

use crate::source::{SourceId, Span};
use crate::tree::{Node, Pair, Refusal, Value, script, yaml};

/// An ecosystem file.
pub struct Ecosystem {
    /// Its text.
    pub source: SourceId,
    /// The apps that are written as literals, in order.
    pub apps: Vec<App>,
    /// Why the file cannot be read. Of a script everything unknown stays unknown, so there it is only what node refuses.
    pub refusal: Option<Refusal>,
    /// Every name whose value is a scalar.
    pub named: Vec<Pair>,
}

/// How PM2 starts an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each instance for itself.
    Fork,
    /// Instances of Node.js that share their ports.
    Cluster,
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

/// Whether the name of a file is one of those by which PM2's documentation calls its files.
#[must_use]
pub fn is_named_so(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let readable = is_script(name) || [".json", ".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    readable && (name.contains("ecosystem") || name.contains("pm2") || is_called_process(name))
}

fn is_called_process(path: &str) -> bool {
    path.rsplit('/').next().and_then(|name| name.split('.').next()) == Some("process")
}

/// Whether a text in YAML, whatever its file is called, is an ecosystem file and none of Compose.
#[must_use]
pub fn is_ecosystem(text: &str) -> bool {
    let begins = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.trim_start_matches(['"', '\'']).strip_prefix(name));
        lines.any(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
    };
    begins("apps") && !begins("services")
}

impl Ecosystem {
    /// Reads the text of a file.
    #[must_use]
    pub fn read(source: SourceId, path: &str, text: &str) -> Self {
        let mut file = Self { source, apps: Vec::new(), refusal: None, named: Vec::new() };
        let root = if is_script(path) {
            let root = script::parse(source, text);
            if root.is_none() {
                file.refusal = script::refusal(source, text);
            }
            root
        } else if let Some(root) = loose(source, path, text) {
            Some(root)
        } else {
            match yaml::parse(source, text) {
                Ok(documents) => documents.roots.into_iter().next(),
                Err(mut refusal) => {
                    if refusal.message == yaml::NO_YAML && path.ends_with(".json") {
                        refusal.message = "this is no JSON";
                    }
                    file.refusal = Some(refusal);
                    None
                }
            }
        };
        // A name that anything may have.
        let is_one = |root: &Arc<Node>| !is_called_process(path) || root.get("apps").is_some();
        let Some(root) = root.filter(is_one) else { return file };
        collect(&root, &mut file.named);
        let apps = root.get("apps").unwrap_or(&root);
        let list = if let Value::List(_) = apps.value { apps.items().collect() } else { vec![apps] };
        file.apps = list.into_iter().filter(|node| matches!(node.value, Value::Map(_))).map(App::of).collect();
        file
    }
}

/// What stands in a `.json` file that is no strict JSON: PM2 evaluates such a file, so it takes what JavaScript takes.
fn loose(source: SourceId, path: &str, text: &str) -> Option<Arc<Node>> {
    let is_loose = path.ends_with(".json") && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err();
    script::value(source, text).filter(|_| is_loose && script::refusal(source, text).is_none())
}

/// Names with their values, up to a number that only a file that repeats parts of itself can reach.
fn collect(node: &Arc<Node>, named: &mut Vec<Pair>) {
    const MOST: usize = 100_000;
    for pair in node.pairs() {
        if named.len() >= MOST {
            return;
        }
        named.push(pair.clone());
        if let Value::OneOf(literals) = &pair.value.value {
            named.extend(literals.iter().map(|value| Pair { value: Arc::clone(value), ..pair.clone() }));
        }
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

    /// The text of an attribute; `None` where it is absent or not known.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// What an attribute is set to, by whichever of its names.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.pair(name).map(|pair| pair.value.as_ref())
    }

    /// An attribute by whichever of its names, as PM2 looks for it.
    #[must_use]
    pub fn pair(&self, name: &str) -> Option<&Pair> {
        let mut said = attributes::names(name).filter_map(|name| self.node.pair(&name));
        let first = said.next()?;
        if attributes::is_empty(&first.value) {
            return said.find(|pair| !attributes::is_empty(&pair.value)).or(Some(first));
        }
        Some(first)
    }

    /// Whether attributes are surely not set: nothing unknown could set them.
    #[must_use]
    pub fn lacks(&self, names: &[&str]) -> bool {
        let spread = self.node.pair(script::SPREAD).is_some();
        !spread && names.iter().all(|name| self.get(name).is_none_or(Node::is_null))
    }

    /// How PM2 starts it; `None` where that is not known. Without `exec_mode` it forks, unless `instances` is said of
    /// something that runs on Node.js: then it clusters.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        if let Some(mode) = self.text("exec_mode") {
            return match mode.trim_end_matches("_mode") {
                "cluster" => Some(Mode::Cluster),
                "fork" => Some(Mode::Fork),
                _ => None,
            };
        }
        if !self.lacks(&["exec_mode"]) {
            return None;
        }
        if self.lacks(&["instances"]) {
            return Some(Mode::Fork);
        }
        let is_number = |text: &str| text == "max" || text.parse::<i64>().is_ok();
        match (self.runs_on_node()?, self.text("instances").is_some_and(is_number)) {
            (false, _) => Some(Mode::Fork),
            (true, true) => Some(Mode::Cluster),
            (true, false) => None,
        }
    }

    /// Whether Node.js runs it, or what stands in for that; `None` where that is not known.
    #[must_use]
    pub fn runs_on_node(&self) -> Option<bool> {
        let ends = |text: &str, among: &[&str]| among.iter().any(|end| text.ends_with(end));
        if let Some(name) = self.text("exec_interpreter") {
            let known = ["node", "bun", "tsx"].iter().any(|part| name.contains(part));
            return if ends(name, &["node", "bun"]) { Some(true) } else { Some(false).filter(|_| !known) };
        }
        let script = self.text("script").filter(|_| self.lacks(&["exec_interpreter"]))?;
        if ends(script, &[".js", ".cjs", ".mjs"]) {
            return Some(true);
        }
        Some(false).filter(|_| ends(script, &[".py", ".sh", ".rb", ".php", ".pl"]))
    }

    /// Whether it gets the whole environment of whoever starts PM2: `filter_env` is not there, or `true` or empty, which PM2 7
    /// passes over.
    #[must_use]
    pub fn inherits_all(&self) -> bool {
        let in_vain =
            |node: &Node| node.boolean().is_some() || matches!(&node.value, Value::List(items) if items.is_empty());
        self.lacks(&["filter_env"]) || self.get("filter_env").is_some_and(in_vain)
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
        for (text, expected) in [
            ("apps:\n  - name: api\n", true),
            ("\"apps\" :\n", true),
            ("services:\n  apps:\n", false),
            ("x-apps: 1\nservices: {}\napps: []\n", false),
        ] {
            assert_eq!(is_ecosystem(text), expected, "{text}");
        }
        for (path, text, expected) in [
            ("a.js", "module.exports = { apps: [{ name: 'api' }, make(), { script: 'x' }] }", &["api", ""][..]),
            ("a.json", "{\"apps\": [{\"name\": \"api\"}]}", &["api"]),
            ("a.yaml", "apps:\n  - name: api\n", &["api"]),
            ("a.json", "[{\"name\": \"api\"}]", &["api"]),
            ("a.json", "{\"name\": \"api\"}", &["api"]),
            ("process.yml", "apps: [{name: api}]", &["api"]),
            ("a/process.json", "{\"name\": \"api\"}", &[]),
            ("a.json", "{ // the app\n \"apps\":[{\"name\":\"api\",\"script\":\"a.js\"}]}", &["api"]),
            ("a.json", "{ apps:[{name:'api',script:'a.js'},]}", &["api"]),
            ("a.js", "const apps = [{ name: 'api' }]\nmodule.exports = { apps }", &["api"]),
            ("a.js", "module.exports = require('./x')", &[]),
            ("a.js", "", &[]),
        ] {
            let source = Sources::default().add(path, text);
            let file = Ecosystem::read(source, path, text);
            assert_eq!(file.apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>(), expected, "{text}");
            assert!(file.refusal.is_none());
        }
        for (text, expected) in [
            ("{script: 'a.js', instances: 2}", Some(Mode::Cluster)),
            ("{script: 'a.js', instances: 'max'}", Some(Mode::Cluster)),
            ("{script: 'a.js'}", Some(Mode::Fork)),
            ("{script: 'a.py', instances: 2}", Some(Mode::Fork)),
            ("{script: 'a', instances: 2}", None),
            ("{script: 'a.js', instances: n}", None),
            ("{script: 'a.js', exec_mode: 'fork_mode', instances: 2}", Some(Mode::Fork)),
            ("{script: 'a.js', exec_mode: 'cluster'}", Some(Mode::Cluster)),
            ("{script: 'a.js', interpreter: 'none', instances: 2}", Some(Mode::Fork)),
            ("{exec: 'a.js', execMode: 'cluster'}", Some(Mode::Cluster)),
            ("{script: 'a.js', ...more}", None),
        ] {
            let text = format!("module.exports = {text}");
            let file = Ecosystem::read(Sources::default().add("a.js", text.as_str()), "a.js", &text);
            assert_eq!(file.apps[0].mode(), expected, "{text}");
        }
        for (path, text, expected) in [
            ("a.json", "{", true),
            ("a.js", "module.exports = { apps: [{ name: 'a' }]\n", true),
            ("a.js", "module.exports = { apps: [{ name: 'a, script: 'b' }] }\n", true),
            ("a.js", "module.exports = { apps: [{ name: `a }] }\n", true),
            ("a.js", "module.exports = { apps: [{ name: 'a' ] }\n", true),
            ("a.js", "module.exports = make({ a: /[{]/ })\n", false),
            ("a.js", "if (a) /[(]/.test(b)\nmodule.exports = make()\n", false),
            ("a.js", "// {\nmodule.exports = make(`{${'}'}`)\n", false),
        ] {
            let source = Sources::default().add(path, text);
            assert_eq!(Ecosystem::read(source, path, text).refusal.is_some(), expected, "{text}");
        }
    }
}
