//! `extends`: a service that begins as another one, of the same file or of one beside it.

use std::sync::Arc;

use super::loading::MISSING;
use super::merge::Merger;
use super::{Files, Open, rebase};
use crate::interpolation::interpolates;
use crate::source::Span;
use crate::tree::{Node, Pair, Refusal, Value};

/// How many services may extend each other in a row.
const MAX_CHAIN: usize = 50;

pub(super) struct Extender<'e, 'o> {
    pub(super) open: &'e mut Open<'o>,
    /// Services of which a part could not be read.
    pub(super) partial: Vec<String>,
    pub(super) refusals: Vec<Refusal>,
}

impl<'e, 'o> Extender<'e, 'o> {
    pub(super) fn new(open: &'e mut Open<'o>) -> Self {
        Self { open, partial: Vec::new(), refusals: Vec::new() }
    }

    /// The root of a file with every `extends` followed; paths in it start at the folder.
    pub(super) fn extended(
        &mut self,
        files: &mut Files,
        (file, folder): (usize, &str),
        root: &Arc<Node>,
        merger: &mut Merger,
    ) -> Arc<Node> {
        let Some(services) = root.get("services") else { return Arc::clone(root) };
        if !services.pairs().any(|pair| pair.value.get("extends").is_some()) {
            return Arc::clone(root);
        }
        let mut pairs = Vec::new();
        for pair in services.pairs() {
            let value = self.service(files, (file, folder), root, pair, merger, &mut Vec::new());
            let value = value.unwrap_or_else(|| {
                self.partial.push(pair.key.clone());
                Arc::clone(&pair.value)
            });
            pairs.push(Pair { value, ..pair.clone() });
        }
        let with = |node: &Arc<Node>, value| Node::new(value, node.span, node.tag).map(Arc::new);
        let Some(services) = with(services, Value::Map(pairs)) else { return Arc::clone(root) };
        let Value::Map(mut top) = root.value.clone() else { return Arc::clone(root) };
        for pair in top.iter_mut().filter(|pair| pair.key == "services") {
            pair.value = Arc::clone(&services);
        }
        with(root, Value::Map(top)).unwrap_or_else(|| Arc::clone(root))
    }

    /// A service as a whole; `None` where a part of it cannot be had.
    fn service(
        &mut self,
        files: &mut Files,
        (file, folder): (usize, &str),
        root: &Arc<Node>,
        own: &Pair,
        merger: &mut Merger,
        chain: &mut Vec<(usize, String)>,
    ) -> Option<Arc<Node>> {
        let Some(extends) = own.value.get("extends") else { return Some(Arc::clone(&own.value)) };
        let place = (file, own.key.clone());
        if chain.contains(&place) || chain.len() >= MAX_CHAIN {
            self.refuse(extends.span, "this service extends itself in the end", "let one of them stand on its own");
            return None;
        }
        chain.push(place);
        let name = extends.text().or_else(|| extends.get("service").and_then(|service| service.text()))?;
        let other = extends.get("file").and_then(|file| file.text());
        if interpolates(name) || other.is_some_and(interpolates) {
            return None;
        }
        let mut folder = folder.to_owned();
        let (file, root) = match other {
            None => (file, Arc::clone(root)),
            Some(path) => {
                let path = beside(&folder, path)?;
                path.rsplit_once('/').map_or("", |(folder, _)| folder).clone_into(&mut folder);
                let Some(index) = files.open(&path, self.open) else {
                    let at = extends.get("file").map_or(extends.span, |file| file.span);
                    self.refuse(at, MISSING.message, MISSING.help);
                    return None;
                };
                let root =
                    files.all[index].documents.as_ref().ok().and_then(|documents| documents.roots.first().cloned());
                (index, root?)
            }
        };
        let Some(base) = root.find(&["services"]).and_then(|services| services.pair(name)) else {
            self.refuse(extends.span, "there is no service that could be extended here", "name a service of that file");
            return None;
        };
        let mut base = self.service(files, (file, &folder), &root, base, merger, chain)?;
        if let Some((prefix, _)) = other.and_then(|path| path.rsplit_once('/')) {
            base = rebase::service(&base, prefix, merger)?;
        }
        merger.merge(&base, &own.value, &mut vec!["services".to_owned(), own.key.clone()])
    }

    fn refuse(&mut self, at: Span, message: &'static str, help: &'static str) {
        let refusal = Refusal { at, message, help };
        if !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }
}

/// The path of `other`, which is written where paths start at `folder`; `None` when it leads out of the project.
#[must_use]
pub(crate) fn beside(folder: &str, other: &str) -> Option<String> {
    if other.starts_with(['/', '~']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(other.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
