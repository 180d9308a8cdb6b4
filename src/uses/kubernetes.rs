//! Manifests of Kubernetes: what containers, `ConfigMap`s and `Secret`s set, and what kustomize makes such ones of.

use std::sync::Arc;

use super::{Fallback, Kind, Path, Use, is_screaming, to_u32};
use crate::source::Span;
use crate::tree::{Node, Value, yaml};

/// What stands in every manifest.
pub(super) const MARKERS: &[&str] = &["apiVersion", "configMapGenerator", "secretGenerator"];

/// How deep the containers of a manifest lie, at most.
const MAX_DEPTH: usize = 12;

pub(super) fn reads(path: &Path<'_>) -> bool {
    path.is_yaml()
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    // A template of Helm is no YAML.
    let Ok(documents) = yaml::parse(Span::NOWHERE.source, text) else { return };
    for root in &documents.roots {
        let kind = root.get("kind").and_then(|kind| kind.text());
        match kind {
            Some(kind @ ("ConfigMap" | "Secret")) => {
                let parts = ["data", "stringData"].into_iter().filter_map(|part| root.get(part));
                for pair in parts.flat_map(|part| part.pairs()).filter(|pair| is_screaming(&pair.key)) {
                    let (name, at) = (&pair.key, within(text, pair.key_span, &pair.key));
                    let hidden = (kind == "Secret").then(|| whole(&pair.value));
                    uses.push(set(name, at, fallback(text, &pair.value), None, hidden));
                }
            }
            _ => {
                let owner = root.find(&["metadata", "name"]).and_then(|name| name.text());
                containers(text, root, owner, 0, uses);
            }
        }
        for generator in ["configMapGenerator", "secretGenerator"].into_iter().filter_map(|name| root.get(name)) {
            let literals = generator.items().filter_map(|item| item.get("literals")).flat_map(|list| list.items());
            for node in literals {
                let Some(name) = node.text().and_then(|text| text.split_once('=')).map(|(name, _)| name) else {
                    continue;
                };
                if is_screaming(name) {
                    let hidden = whole(node);
                    let secret = root.get("secretGenerator").is_some_and(|it| Arc::ptr_eq(it, generator));
                    uses.push(set(
                        name,
                        within(text, node.span, name),
                        Fallback::Computed,
                        None,
                        secret.then_some(hidden),
                    ));
                }
            }
        }
    }
}

/// The `env` of every container of a manifest, wherever its pod is described.
fn containers(text: &str, node: &Node, owner: Option<&str>, depth: usize, uses: &mut Vec<Use>) {
    if depth > MAX_DEPTH {
        return;
    }
    for pair in node.pairs() {
        if !matches!(pair.key.as_str(), "containers" | "initContainers") {
            containers(text, &pair.value, owner, depth + 1, uses);
            continue;
        }
        for variable in pair.value.items().filter_map(|container| container.get("env")).flat_map(|env| env.items()) {
            let Some(named) = variable.get("name") else { continue };
            let Some(name) = named.text().filter(|name| is_screaming(name)) else { continue };
            let sealed = variable.find(&["valueFrom", "secretKeyRef"]).is_some();
            let value = variable.get("value").map_or(Fallback::Computed, |value| fallback(text, value));
            uses.push(set(name, within(text, named.span, name), value, owner, sealed.then(Vec::new)));
        }
    }
    for item in node.items() {
        containers(text, item, owner, depth + 1, uses);
    }
}

/// The place of a value, which is hidden.
fn whole(node: &Node) -> Vec<std::ops::Range<u32>> {
    std::iter::once(node.span.start..node.span.end).collect()
}

fn set(
    name: &str,
    at: std::ops::Range<u32>,
    fallback: Fallback,
    owner: Option<&str>,
    secret: Option<Vec<std::ops::Range<u32>>>,
) -> Use {
    let owner = owner.map(ToOwned::to_owned);
    Use { name: name.to_owned(), at, kind: Kind::Set, fallback, sure: true, owner, secret }
}

/// The value of a scalar, where it stands as it is written.
fn fallback(text: &str, node: &Node) -> Fallback {
    let Value::Scalar { text: value, .. } = &node.value else { return Fallback::Computed };
    let span = node.part(0..value.len());
    let fits = text.get(span.range()).is_some_and(|written| written == value);
    if fits { Fallback::Text { text: value.clone(), at: span.start..span.end } } else { Fallback::Computed }
}

/// The name within what holds it.
fn within(text: &str, span: Span, name: &str) -> std::ops::Range<u32> {
    let at = text.get(span.range()).and_then(|written| written.find(name)).map(to_u32);
    at.map_or(span.start..span.end, |at| span.start + at..span.start + at + to_u32(name.len()))
}

#[cfg(test)]
mod tests {
    use super::super::{read, tests::shown};

    #[test]
    fn uses() {
        let pod = "spec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n";
        for (text, expected) in [
            (
                format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n{pod}            - name: A_B\n              value: \"5\"\n            - name: C_D\n              valueFrom: {{secretKeyRef: {{name: s, key: k}}}}\n"),
                "set A_B=5 set C_D=?",
            ),
            ("apiVersion: v1\nkind: ConfigMap\ndata:\n  A_B: x\n  app.conf: y\n".to_owned(), "set A_B=x"),
            ("apiVersion: v1\nkind: Secret\nstringData:\n  A_B: x\n---\napiVersion: v1\nkind: ConfigMap\ndata: {C_D: y}\n".to_owned(), "set A_B=x set C_D=y"),
            ("configMapGenerator:\n  - name: a\n    literals:\n      - A_B=x\n".to_owned(), "set A_B=?"),
            ("apiVersion: v1\nkind: ConfigMap\ndata:\n  A_B: {{ .Values.x }}\n".to_owned(), ""),
            ("apiVersion: v1\nkind: [".to_owned(), ""),
            ("a: ${A_B}\n".to_owned(), ""),
        ] {
            assert_eq!(shown("deploy/web.yaml", &text), expected, "{text}");
        }
        let sealed = read("s.yml", "apiVersion: v1\nkind: Secret\ndata:\n  A_B: eA==\n");
        assert!(sealed[0].secret.as_ref().is_some_and(|hidden| hidden.len() == 1) && sealed[0].at == (36..39));
    }
}
