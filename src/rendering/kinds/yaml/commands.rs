//! Scalars that their reader splits or gives to a shell: no value may decide where they are split.

use super::super::limit::Limit;
use super::super::{Draft, Misfit, Sign, arguments, begins_command};
use crate::rendering::marks::{Part, Piece, probed};
use crate::source::Sources;
use crate::tree::{Node, Value, yaml};

/// How a scalar is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Split at blanks and quotes.
    Split,
    /// By a shell.
    Shell,
    /// Split at colons.
    Short,
}

/// What is one list of arguments, though it is written as two: of Compose, of Kubernetes, of PM2.
const JOINED: [(&str, &str); 3] = [("entrypoint", "command"), ("command", "args"), ("script", "args")];

/// What cannot stand where it does in a file; `probe` is that file with the numbers of the pieces in their places.
pub(super) fn misfits(draft: &Draft<'_>, probe: &str, compose: bool) -> Vec<Misfit> {
    let source = Sources::default().add("", "");
    let Ok(documents) = yaml::parse(source, probe) else { return Vec::new() };
    let mut found = Finder { draft, misfits: Vec::new() };
    for root in &documents.roots {
        found.lists(root, 0);
        let services = || root.get("services").into_iter().flat_map(|services| services.pairs());
        let is_compose =
            services().any(|service| ["image", "build"].iter().any(|name| service.value.get(name).is_some()));
        if compose || is_compose {
            services().for_each(|service| found.service(&service.value));
        }
        if is_compose && !compose {
            found.dollars();
        }
    }
    found.misfits.sort_by_key(|misfit| misfit.at);
    found.misfits.dedup();
    found.misfits
}

struct Finder<'f, 'd> {
    draft: &'f Draft<'d>,
    misfits: Vec<Misfit>,
}

impl Finder<'_, '_> {
    /// The file would be read by docker compose, but its name does not say so, and `$` was left as it is.
    fn dollars(&mut self) {
        for token in self.draft.tokens() {
            let Sign::Hole(piece) = token.sign else { continue };
            let acts = |part: &Part| matches!(part, Part::Text(text) if text.contains('$'));
            if self.draft.parts(piece).iter().any(acts) {
                let message = "docker compose would replace what follows the $ in this value";
                let help = "give the template a name with `compose` in it: then every $ is doubled";
                self.misfits.push(Misfit::new(token.at, message, help));
            }
        }
    }

    fn service(&mut self, service: &Node) {
        for name in ["command", "entrypoint"] {
            self.scalar(service.get(name).map(AsRef::as_ref), Reading::Split);
        }
        let hooks = ["post_start", "pre_stop"].iter().filter_map(|name| service.get(name));
        for hook in hooks.flat_map(|hooks| hooks.items()) {
            self.scalar(hook.get("command").map(AsRef::as_ref), Reading::Split);
        }
        for watched in service.find(&["develop", "watch"]).into_iter().flat_map(Node::items) {
            self.scalar(watched.find(&["exec", "command"]), Reading::Split);
        }
        if let Some(test) = service.find(&["healthcheck", "test"]) {
            self.scalar(Some(test), Reading::Shell);
            let items: Vec<_> = test.items().collect();
            if items.first().and_then(|item| item.text()) == Some("CMD-SHELL") {
                self.scalar(items.get(1).map(AsRef::as_ref), Reading::Shell);
            }
        }
        for name in ["ports", "volumes", "devices", "extra_hosts"] {
            for item in service.get(name).into_iter().flat_map(|list| list.items()) {
                self.scalar(Some(item), Reading::Short);
            }
        }
    }

    /// The texts that a shell is given in a list of arguments, wherever one stands.
    fn lists(&mut self, node: &Node, depth: usize) {
        if depth > 64 {
            return;
        }
        let items: Vec<_> = node.items().map(AsRef::as_ref).collect();
        self.arguments(&[], &items);
        for (program, rest) in JOINED {
            let (Some(program), Some(rest)) = (node.get(program), node.get(rest)) else { continue };
            let own: Vec<_> = rest.items().map(AsRef::as_ref).collect();
            // What is one text is split, and its first word is what the shell is given.
            let rest = if own.is_empty() { vec![rest.as_ref()] } else { own };
            let listed: Vec<_> = program.items().map(AsRef::as_ref).collect();
            let split = if listed.is_empty() { program.text().and_then(shlex::split) } else { None };
            let all: Vec<_> = listed.into_iter().chain(rest).collect();
            self.arguments(&split.unwrap_or_default(), &all);
        }
        for child in items.into_iter().chain(node.pairs().map(|pair| pair.value.as_ref())) {
            self.lists(child, depth + 1);
        }
    }

    /// The texts that a shell is given among some words and the `items` behind them.
    fn arguments(&mut self, words: &[String], items: &[&Node]) {
        let own = items.iter().map(|item| item.text().unwrap_or_default());
        let all: Vec<_> = words.iter().map(String::as_str).chain(own).collect();
        for at in arguments::code(&all) {
            let code = at.checked_sub(words.len()).and_then(|at| items.get(at));
            self.scalar(code.copied(), Reading::Shell);
        }
    }

    fn scalar(&mut self, node: Option<&Node>, reading: Reading) {
        let Some(Value::Scalar { text, .. }) = node.map(|node| &node.value) else { return };
        let own = text.matches(':').count() > 0;
        for (number, before) in probed(text) {
            let Some((piece, at)) = self.draft.pieces.place(number, self.draft.text) else { continue };
            // A default is a text of the file's own.
            let (_, values) = self.draft.pieces.divided(piece);
            let is_own = matches!(piece, Piece::Expanded(_)) && values.is_empty();
            let is =
                |fits: &dyn Fn(&str) -> bool| is_own || matches!(values.as_slice(), [Part::Text(text)] if fits(text));
            let plain = is(&|text| Limit::Plain.allows(text));
            let (fits, message, help) = match reading {
                Reading::Split => (
                    plain,
                    "docker compose splits this text at blanks and quotes, so only a plain word can stand in it",
                    "list the arguments: command: [\"…\", \"{{ KEY }}\"]",
                ),
                Reading::Shell => (
                    plain && (is_own || !begins_command(before)),
                    "a shell evaluates this text, so only a plain word can stand in it, and none that begins a command",
                    "use $$KEY there, from the environment of the service, or list the arguments of a program without a shell",
                ),
                Reading::Short => (
                    !own || is(&is_one_part),
                    "a colon in this value would be taken for one that divides the short form",
                    "write the long form, with source: and target: (volumes), or target: and published: (ports)",
                ),
            };
            if !fits {
                self.misfits.push(Misfit::new(at, message, help));
            }
        }
    }
}

/// Whether no colon of a text divides anything: an address in brackets, a drive of Windows.
fn is_one_part(text: &str) -> bool {
    let drive = text.get(1..).filter(|rest| rest.starts_with(":\\") || rest.starts_with(":/"));
    let rest = drive.and_then(|rest| rest.get(1..)).unwrap_or(text);
    !rest.contains(':') || text.starts_with('[') && text.ends_with(']')
}
