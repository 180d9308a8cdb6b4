//! GitHub workflows and actions: `env:` sets; `${{ secrets.X }}`, `${{ vars.X }}`, `${{ env.X }}` and the scripts of `run:`
//! read.

use std::collections::HashSet;

use super::{Fallback, Kind, MAX_DEFAULT, Path, Use, is_name, shell, to_u32};
use crate::source::Span;
use crate::tree::{Node, Value, yaml};

pub(super) fn reads(path: &Path<'_>) -> bool {
    let folder = [".github/workflows/", ".forgejo/workflows/", ".gitea/workflows/"];
    let workflow =
        folder.iter().any(|folder| path.whole.starts_with(folder) || path.whole.contains(&format!("/{folder}")));
    path.is_yaml() && (workflow || matches!(path.name, "action.yml" | "action.yaml"))
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let Ok(documents) = yaml::parse(Span::NOWHERE.source, text) else { return };
    let mut set = HashSet::new();
    for root in &documents.roots {
        environments(root, text, &mut set, uses);
    }
    for scalar in &documents.scalars {
        contexts(scalar, text, uses);
    }
    for pair in documents.named.iter().filter(|pair| pair.key == "run") {
        let span = pair.value.span;
        let Some(script) = text.get(span.range()) else { continue };
        let reads = shell::scan(script, span.start).reads;
        uses.extend(reads.into_iter().filter(|read| !set.contains(&read.name)));
    }
}

/// Every `env:`, at whatever depth.
fn environments(node: &Node, text: &str, set: &mut HashSet<String>, uses: &mut Vec<Use>) {
    for pair in node.pairs() {
        if pair.key == "env" {
            for variable in pair.value.pairs().filter(|variable| is_name(&variable.key)) {
                set.insert(variable.key.clone());
                let fallback = match &variable.value.value {
                    Value::Scalar { text: value, .. } if !value.contains("${{") => {
                        let span = variable.value.part(0..value.len());
                        Fallback::Text { text: value.clone(), at: span.start..span.end }
                    }
                    _ => Fallback::Computed,
                };
                let at = variable.key_span.start..variable.key_span.end;
                let quoted = text.get(variable.key_span.range()).is_some_and(|written| written != variable.key);
                let at = at.start + u32::from(quoted)..at.end - u32::from(quoted);
                let (name, kind) = (variable.key.clone(), Kind::Set);
                uses.push(Use { name, at, kind, fallback, sure: true, owner: None, secret: None });
            }
        }
        environments(&pair.value, text, set, uses);
    }
    for item in node.items() {
        environments(item, text, set, uses);
    }
}

/// `${{ secrets.X }}` and its kin.
fn contexts(node: &Node, text: &str, uses: &mut Vec<Use>) {
    let Some(written) = text.get(node.span.range()).filter(|written| written.contains("${{")) else { return };
    for (open, _) in written.match_indices("${{") {
        let inner = &written[open..written.floor_char_boundary(open + MAX_DEFAULT)];
        let inner = &inner[..inner.find("}}").unwrap_or(inner.len())];
        for context in ["secrets.", "vars.", "env."] {
            for (at, _) in inner.match_indices(context) {
                if inner[..at].ends_with(|sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '_')) {
                    continue;
                }
                let from = at + context.len();
                let rest = &inner[from..];
                let length = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(rest.len());
                let start = node.span.start + to_u32(open + from);
                let (name, at) = (rest[..length].to_owned(), start..start + to_u32(length));
                uses.push(Use {
                    name,
                    at,
                    kind: Kind::Read,
                    fallback: Fallback::Optional,
                    sure: false,
                    owner: None,
                    secret: None,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            (
                "env:\n  A_B: x\njobs:\n  t:\n    env:\n      C_D: ${{ secrets.E_F }}\n    steps:\n      - run: echo $A_B $G_H\n      - with: { x: \"${{ vars.I_J || env.K_L }}\" }\n",
                "set A_B=x set C_D=? ~E_F? ~G_H ~I_J? ~K_L?",
            ),
            ("# ${{ secrets.A_B }}\njobs: {}\n", ""),
            ("jobs: [", ""),
        ] {
            assert_eq!(shown(".github/workflows/ci.yml", text), expected, "{text}");
        }
    }
}
