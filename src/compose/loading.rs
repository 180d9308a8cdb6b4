//! Files as one tree: each with what it extends and includes, laid over the one before.

use std::sync::Arc;

use super::extend::{Extender, beside};
use super::merge::Merger;
use super::{Files, Open, rebase};
use crate::interpolation::interpolates;
use crate::source::Span;
use crate::tree::{Node, Pair, Refusal, Value};

/// How many files may include each other in a row.
const MAX_CHAIN: usize = 20;

/// What a file brings to the one that includes it.
const BROUGHT: &[&str] = &["services", "networks", "volumes", "secrets", "configs", "models"];

pub(super) struct Loader<'l, 'o> {
    files: &'l mut Files,
    merger: Merger,
    extender: Extender<'l, 'o>,
    /// The files that are being included, each by the one before.
    chain: Vec<usize>,
    /// Every file that was included.
    pub(super) included: Vec<usize>,
    pub(super) refusals: Vec<Refusal>,
    /// Whether everything that is included could be looked at.
    pub(super) is_whole: bool,
}

impl<'l, 'o> Loader<'l, 'o> {
    pub(super) fn new(files: &'l mut Files, open: &'l mut Open<'o>) -> Self {
        let (merger, extender) = (Merger::new(), Extender::new(open));
        Self { files, merger, extender, chain: Vec::new(), included: Vec::new(), refusals: Vec::new(), is_whole: true }
    }

    /// What these files give; their relative paths start at `folder`.
    pub(super) fn load(&mut self, chosen: &[usize], folder: &str) -> Option<Arc<Node>> {
        let mut below: Option<Arc<Node>> = None;
        for &index in chosen {
            let roots = match &self.files.all[index].documents {
                Ok(documents) => documents.roots.clone(),
                Err(refusal) => {
                    let refusal = refusal.clone();
                    self.refuse(refusal);
                    continue;
                }
            };
            for root in roots.iter().filter(|root| !root.is_null()) {
                if !matches!(root.value, Value::Map(_)) {
                    let help = "a Compose file is a map with services";
                    self.refuse(Refusal { at: root.span, message: "this is no Compose file", help });
                    continue;
                }
                let root = self.extender.extended(self.files, (index, folder), root, &mut self.merger);
                let root = self.with_included(&root, index, folder);
                let merged = match &below {
                    None => Some(root),
                    Some(below) => self.merger.merge(below, &root, &mut Vec::new()),
                };
                match merged {
                    Some(merged) => below = Some(merged),
                    None => self.refuse(Refusal { at: Span::new(self.files.all[index].source, 0..0), ..TOO_MUCH }),
                }
            }
        }
        below
    }

    /// Services of which a part could not be read, and what speaks against the files.
    pub(super) fn finish(mut self) -> (Vec<usize>, Vec<String>, Vec<Refusal>) {
        self.refusals.append(&mut self.extender.refusals);
        (self.included, self.extender.partial, self.refusals)
    }

    /// A file's root with everything that its `include` brings.
    fn with_included(&mut self, root: &Arc<Node>, index: usize, folder: &str) -> Arc<Node> {
        let Some(includes) = root.get("include").map(Arc::clone) else { return Arc::clone(root) };
        let mut whole = Arc::clone(root);
        for item in includes.items() {
            self.chain.push(index);
            let brought = self.included(item, folder);
            self.chain.pop();
            match brought {
                Some(brought) => whole = self.joined(&whole, &brought).unwrap_or(whole),
                None => self.is_whole = false,
            }
        }
        whole
    }

    /// What one entry of `include` gives: files laid over each other, as an application of their own. `None` where they lie
    /// outside of the project, or a variable says which they are. An `env_file` here only gives values to variables, and
    /// those are left as they are written.
    fn included(&mut self, item: &Arc<Node>, folder: &str) -> Option<Arc<Node>> {
        let texts = |node: &Arc<Node>| match &node.value {
            Value::List(_) => node.items().filter_map(|item| item.text().map(ToOwned::to_owned)).collect(),
            _ => node.text().map(ToOwned::to_owned).into_iter().collect::<Vec<_>>(),
        };
        let paths = item.get("path").map_or_else(|| texts(item), texts);
        let own = item.get("project_directory").and_then(|own| own.text()).map(ToOwned::to_owned);
        let prefix =
            own.or_else(|| Some(paths.first()?.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned()))?;
        if interpolates(&prefix) || paths.iter().any(|path| interpolates(path) || path.contains("://")) {
            return None;
        }
        let mut indices = Vec::new();
        for path in &paths {
            let path = beside(folder, path)?;
            let Some(index) = self.files.open(&path, self.extender.open) else {
                self.refuse(Refusal { at: item.span, ..MISSING });
                return None;
            };
            if self.chain.contains(&index) || self.chain.len() > MAX_CHAIN {
                self.refuse(Refusal {
                    at: item.span,
                    message: "this file includes itself in the end",
                    help: "take one of the includes away",
                });
                return None;
            }
            indices.push(index);
        }
        self.included.extend(indices.iter().filter(|index| !self.included.contains(index)).collect::<Vec<_>>());
        let root = self.load(&indices, &beside(folder, &prefix).unwrap_or_default())?;
        rebase::application(&root, &prefix, &mut self.merger)
    }

    /// Two applications as one. Compose refuses a name that both give, unless they say the same.
    fn joined(&mut self, own: &Arc<Node>, brought: &Node) -> Option<Arc<Node>> {
        let Value::Map(mut top) = own.value.clone() else { return None };
        for (key, from) in BROUGHT.iter().filter_map(|key| Some((*key, brought.pair(key)?))) {
            let Some(place) = top.iter().position(|pair| pair.key == key) else {
                top.push(from.clone());
                continue;
            };
            let mut pairs: Vec<Pair> = top[place].value.pairs().cloned().collect();
            for pair in from.value.pairs() {
                match pairs.iter().find(|known| known.key == pair.key) {
                    None => pairs.push(pair.clone()),
                    Some(known) if self.merger.says_the_same(&known.value, &pair.value) => {}
                    Some(known) => self.refuse(Refusal {
                        at: known.key_span,
                        message: "a file that is included has something else under this name",
                        help: "change it in a file that is laid over this one, such as compose.override.yml",
                    }),
                }
            }
            let value = Node::new(Value::Map(pairs), top[place].value.span, top[place].value.tag)?;
            top[place].value = Arc::new(value);
        }
        Node::new(Value::Map(top), own.span, own.tag).map(Arc::new)
    }

    fn refuse(&mut self, refusal: Refusal) {
        if !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }
}

/// With its place still to be set.
pub(super) const MISSING: Refusal = Refusal {
    at: Span::NOWHERE,
    message: "there is no such file",
    help: "docker compose starts nothing without it: name another one, or take this away",
};

/// With its place still to be set.
const TOO_MUCH: Refusal = Refusal {
    at: Span::NOWHERE,
    message: "laying these files over each other takes too many steps",
    help: "check for anchors that repeat each other; sparkcfg stops there to protect itself",
};
