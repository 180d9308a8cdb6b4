//! Compose files: every `${…}`, and what `environment` and `build.args` of each service set or hand on.

use super::{Fallback, Kind, Path, Use, shell};
use crate::compose::service::literal;
use crate::compose::{Application, File, Files, Reference, references_in, short};
use crate::interpolation::{Operator, Sign};
use crate::source::Span;
use crate::tree::{Node, Pair, Value};
use std::sync::Arc;

pub(super) fn reads(path: &Path<'_>) -> bool {
    path.is_yaml() && (path.name.contains("compose") || matches!(path.name, "stack.yml" | "stack.yaml"))
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let source = Span::NOWHERE.source;
    let file = File::read(source, "", text);
    uses.extend(file.references().iter().map(|reference| read_of(text, reference)));
    // Anchors and merges are followed; what `extends` takes from elsewhere is read there.
    let mut files = Files::default();
    files.all.push(file);
    let application = Application::of(&mut files, &[0], &mut |_| None);
    for service in &application.services {
        // What somebody else's image is given belongs to that image.
        let owner = (service.name.as_str(), service.get("build").is_some());
        for variable in service.environment() {
            entry(text, (&variable.name, variable.name_span), &variable.value, owner, uses);
        }
        for node in ["entrypoint", "command"].iter().filter_map(|key| service.get(key)) {
            uses.extend(set_by(text, node, &service.name));
        }
        let Some(arguments) = service.node.find(&["build", "args"]) else { continue };
        let listed = arguments.items().filter_map(short::assignment);
        for Pair { key, key_span, value } in arguments.pairs().cloned().chain(listed) {
            entry(text, (&key, key_span), &value, owner, uses);
        }
    }
}

/// The services of a Compose file, each with whether it is built here; `None` where the file does not say: it is laid over
/// another one, or taken in by one.
#[must_use]
pub fn services(text: &str) -> Vec<(String, Option<bool>)> {
    let mut files = Files::default();
    files.all.push(File::read(Span::NOWHERE.source, "", text));
    let application = Application::of(&mut files, &[0], &mut |_| None);
    let built = |service: &crate::compose::Service| {
        let is_built = service.get("build").is_some();
        (is_built || service.get("image").is_some()).then_some(is_built)
    };
    application.services.iter().map(|service| (service.name.clone(), built(service))).collect()
}

/// What a command sets for the program that it starts: `sh -c "X=1 exec run"`.
fn set_by<'n>(text: &'n str, node: &'n Node, owner: &'n str) -> impl Iterator<Item = Use> + 'n {
    let names = shell::given(&shell::command(node).replace("$$", "$")).into_iter();
    names.map(move |name| {
        let (at, owner) = (name_within(text, node.span, &name), Some(owner.to_owned()));
        Use { name, at, kind: Kind::Set, fallback: Fallback::Computed, sure: true, owner, secret: None }
    })
}

/// `KEY:`, `- KEY`, `KEY: ${KEY}` hand on; anything else sets.
fn entry(
    text: &str,
    (name, span): (&str, Span),
    value: &Arc<Node>,
    (owner, is_own): (&str, bool),
    uses: &mut Vec<Use>,
) {
    let (kind, fallback) = if value.is_null() {
        (Kind::Pass, Fallback::Absent)
    } else if let Some(literal) = literal(value) {
        // A text in quotes has its place within them.
        let range = inner(text, value);
        (Kind::Set, Fallback::Text { text: literal, at: range })
    } else {
        let own = references_in(value).into_iter().find(|reference| reference.name == name);
        own.map_or((Kind::Set, Fallback::Computed), |reference| (Kind::Pass, fallback(text, &reference)))
    };
    let at = name_within(text, span, name);
    uses.push(Use {
        name: name.to_owned(),
        at,
        kind,
        fallback,
        sure: is_own || kind == Kind::Pass,
        owner: Some(owner.to_owned()),
        secret: None,
    });
}

fn inner(text: &str, node: &Node) -> std::ops::Range<u32> {
    let Value::Scalar { text: value, .. } = &node.value else { return node.span.start..node.span.end };
    let span = node.part(0..value.len());
    let fits = text.get(span.range()).is_some_and(|written| written == value);
    if fits { span.start..span.end } else { node.span.start..node.span.end }
}

fn read_of(text: &str, reference: &Reference) -> Use {
    let at = name_within(text, reference.span, &reference.name);
    let (name, kind, fallback) = (reference.name.clone(), Kind::Read, fallback(text, reference));
    Use { name, at, kind, fallback, sure: true, owner: None, secret: None }
}

/// The name within what holds it.
fn name_within(text: &str, span: Span, name: &str) -> std::ops::Range<u32> {
    let at = text.get(span.range()).and_then(|written| written.find(name)).map(super::to_u32);
    at.map_or(span.start..span.end, |at| span.start + at..span.start + at + super::to_u32(name.len()))
}

fn fallback(text: &str, reference: &Reference) -> Fallback {
    match reference.operator {
        None => Fallback::Absent,
        Some(Operator { sign: Sign::Required, .. }) => Fallback::Required,
        Some(Operator { sign: Sign::Alternative, .. }) => Fallback::Optional,
        // What refers to other names is no text.
        Some(_) if reference.argument.contains('$') => Fallback::Computed,
        Some(_) => {
            let span = reference.span;
            let written = text.get(span.range()).unwrap_or_default();
            let end = written.strip_suffix('}').map_or(written.len(), str::len);
            let from = end.saturating_sub(reference.argument.len());
            let fits = written.get(from..end) == Some(reference.argument.as_str());
            let offset = |at: usize| span.start + super::to_u32(at);
            let at = if fits { offset(from)..offset(end) } else { span.start..span.end };
            Fallback::Text { text: reference.argument.clone(), at }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            ("services:\n  a:\n    image: x:${A_B:-1}\n    ports: ['${C_D}:80']\n", "A_B=1 C_D"),
            ("x: ${A_B-d} ${C_D:?set it} ${E_F?} ${G_H:+x} $I_J $$K_L\n# ${M_N}\n", "A_B=d C_D! E_F! G_H? I_J"),
            ("x: ${A_B:-${C_D:-5}}\n", "A_B=? C_D=5"),
            (
                "services:\n  a:\n    environment:\n      A_B: x\n      C_D:\n      E_F: ${E_F:-1}\n      G_H: ${I_J}\n",
                "set ~A_B=x pass C_D pass E_F=1 E_F=1 set ~G_H=? I_J",
            ),
            (
                "services:\n  a:\n    environment:\n      - A_B=x\n      - C_D\n      - E_F=${E_F}\n",
                "set ~A_B=x pass C_D pass E_F E_F",
            ),
            ("services:\n  a:\n    build: .\n    environment:\n      A_B: x\n", "set A_B=x"),
            ("services:\n  a:\n    build:\n      context: .\n      args:\n        A_B: 1\n", "set A_B=1"),
            (
                "x-env: &e\n  A_B: ${C_D}\nservices:\n  a:\n    environment: *e\n  b:\n    environment:\n      <<: *e\n",
                "set ~A_B=? C_D",
            ),
            ("services:\n  a:\n    command: [\"sh\", \"-c\", \"A_B=1 exec run\"]\n", "set A_B=?"),
            ("services: [", ""),
            ("", ""),
        ] {
            assert_eq!(shown("compose.yaml", text), expected, "{text}");
        }
    }
}
