//! Relative paths of a service that another file brings: they start where that file lies.

use std::sync::Arc;

use super::merge::{Merger, without_repeats};
use crate::interpolation::interpolates;
use crate::tree::{Node, Pair, Value};

/// Every service of an application, with paths that start at the folder from which `prefix` leads to its own.
pub(super) fn application(root: &Arc<Node>, prefix: &str, merger: &mut Merger) -> Option<Arc<Node>> {
    replaced(root, "services", |services| {
        let pairs = services.pairs().map(|pair| {
            let whole = with_context(&pair.value)?;
            Some(Pair { value: service(&whole, prefix, merger)?, ..pair.clone() })
        });
        node(services, Value::Map(pairs.collect::<Option<_>>()?))
    })
}

/// What is built without a context is built from the folder of the file.
fn with_context(service: &Arc<Node>) -> Option<Arc<Node>> {
    replaced(service, "build", |build| match &build.value {
        Value::Map(pairs) if build.get("context").is_none() => {
            let value = Arc::new(Node::scalar(".", false, build.span));
            let context = Pair { key: "context".to_owned(), key_span: build.span, value };
            node(build, Value::Map(pairs.iter().cloned().chain([context]).collect()))
        }
        _ => Some(Arc::clone(build)),
    })
}

/// A service with paths that start at the folder from which `prefix` leads to its own.
pub(super) fn service(service: &Arc<Node>, prefix: &str, merger: &mut Merger) -> Option<Arc<Node>> {
    if prefix == "." || prefix.is_empty() {
        return Some(Arc::clone(service));
    }
    let lists = ["env_file", "label_file", "volumes"].iter().filter_map(|key| service.get(key));
    merger.count(1 + lists.map(|list| list.items().count()).sum::<usize>())?;
    let file = |node: &Arc<Node>| Some(path(node, prefix));
    let moved = replaced(service, "env_file", |files| {
        let moved = each(files, |item| if item.text().is_some() { file(item) } else { replaced(item, "path", file) })?;
        // `./one.env` and `one.env` are one file now.
        match &moved.value {
            Value::List(items) => node(&moved, Value::List(without_repeats(items.iter(), Some("env_file")))),
            _ => Some(moved),
        }
    })?;
    let moved = replaced(&moved, "label_file", |files| each(files, file))?;
    let moved =
        replaced(
            &moved,
            "build",
            |build| {
                if build.text().is_some() { file(build) } else { replaced(build, "context", file) }
            },
        )?;
    replaced(&moved, "volumes", |mounts| {
        each(mounts, |mount| {
            let dotted = |node: &Node| node.text().is_some_and(|text| text.starts_with('.'));
            match mount.text() {
                Some(text) if dotted(mount) => {
                    let (source, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
                    let moved = Node::scalar(format!("{}{rest}", joined(prefix, source)), false, mount.span);
                    Some(Arc::new(moved))
                }
                Some(_) => Some(Arc::clone(mount)),
                None => {
                    replaced(mount, "source", |node| if dotted(node) { file(node) } else { Some(Arc::clone(node)) })
                }
            }
        })
    })
}

fn path(node: &Arc<Node>, prefix: &str) -> Arc<Node> {
    let relative =
        |text: &&str| !text.starts_with(['/', '~', '$']) && !text.contains("://") && !text.starts_with("git@");
    match node.text().filter(relative) {
        Some(text) => Arc::new(Node::scalar(joined(prefix, text), false, node.span)),
        None => Arc::clone(node),
    }
}

/// `a/b/../c` as `./a/c`; a path that leads upwards keeps its first `..`.
fn joined(prefix: &str, text: &str) -> String {
    if interpolates(text) {
        return format!("{prefix}/{text}");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in prefix.split('/').chain(text.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let root = if prefix.starts_with('/') { "/" } else { "./" };
    let start = if parts.first() == Some(&"..") { "" } else { root };
    format!("{start}{}", parts.join("/"))
}

/// A node with something else under a name, if it is there.
fn replaced(own: &Arc<Node>, key: &str, with: impl FnOnce(&Arc<Node>) -> Option<Arc<Node>>) -> Option<Arc<Node>> {
    let Value::Map(pairs) = &own.value else { return Some(Arc::clone(own)) };
    let Some(place) = pairs.iter().position(|pair| pair.key == key) else { return Some(Arc::clone(own)) };
    let mut pairs = pairs.clone();
    pairs[place].value = with(&pairs[place].value)?;
    node(own, Value::Map(pairs))
}

/// A list with each item changed, or the one text that stands for a list.
fn each(list: &Arc<Node>, with: impl Fn(&Arc<Node>) -> Option<Arc<Node>>) -> Option<Arc<Node>> {
    match &list.value {
        Value::List(items) => node(list, Value::List(items.iter().map(with).collect::<Option<_>>()?)),
        Value::Scalar { .. } => with(list),
        _ => Some(Arc::clone(list)),
    }
}

fn node(like: &Node, value: Value) -> Option<Arc<Node>> {
    Node::new(value, like.span, like.tag).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn paths() {
        for (prefix, text, expected) in [
            ("sub", "./x", "./sub/x"),
            ("sub", "../x", "./x"),
            ("sub", "../../x", "../x"),
            ("../up", ".", "../up"),
            ("./sub/", "e.env", "./sub/e.env"),
            ("/srv", "x", "/srv/x"),
        ] {
            assert_eq!(joined(prefix, text), expected, "{prefix} {text}");
        }
    }
}
