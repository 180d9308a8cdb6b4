//! PM2 files: what the blocks of each app set or hand on, and what the script itself reads.

use super::lexer::{Lexed, lex};
use super::{Fallback, Kind, Path, Use, is_screaming, javascript};
use crate::pm2::{Ecosystem, is_script};
use crate::source::Span;
use crate::tree::{Node, Pair, Value};

pub(super) fn reads(path: &Path<'_>) -> bool {
    let named = path.name.starts_with("ecosystem.") || path.name.starts_with("pm2.") || path.name.contains(".pm2.");
    // `process.js` is some program's own.
    let by_pm2 = matches!(path.name, "process.json" | "process.yml" | "process.yaml" | "process.config.js");
    by_pm2 || named && (is_script(path.name) || path.is_yaml() || path.extension == "json")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let script = !text.trim_start().starts_with('{') && text.contains("exports") || text.contains("export default");
    // The end of the name tells the reader how the text is written, and the text tells it as well.
    let ecosystem = Ecosystem::read(Span::NOWHERE.source, if script { "a.js" } else { "a.yaml" }, text);
    if script {
        let mut reads = Vec::new();
        javascript::read(text, &mut reads);
        reads.retain(|found| found.kind != Kind::Mention);
        uses.append(&mut reads);
    }
    if script && ecosystem.apps.is_empty() {
        blocks(&lex(text, &javascript::SYNTAX), uses);
    }
    for app in &ecosystem.apps {
        for block in app.blocks() {
            let owner = Some(app.name.as_str()).filter(|name| !name.is_empty());
            for pair in block.value.pairs().filter(|pair| is_screaming(&pair.key)) {
                entry(text, pair, owner, uses);
            }
        }
    }
}

/// The blocks of a script that is no plain literal: every `env: { … }` and `env_name: { … }`.
fn blocks(lexed: &Lexed<'_>, uses: &mut Vec<Use>) {
    for index in 0..lexed.tokens.len() {
        let name = lexed.at(index);
        if !(name == "env" || name.starts_with("env_")) || !lexed.follows(index + 1, &[":", "{"]) {
            continue;
        }
        let is_app = |at: &usize| lexed.follows(*at, &["name", ":"]) && lexed.string(at + 2).is_some();
        let app = (index.saturating_sub(120)..index).rev().find(is_app).and_then(|at| lexed.string(at + 2));
        for part in lexed.arguments(index + 2) {
            let key = lexed.string(part.start).unwrap_or_else(|| lexed.at(part.start));
            if lexed.at(part.start + 1) != ":" || !is_screaming(key) {
                continue;
            }
            let value = part.start + 2..part.end;
            let passes = value.clone().any(|at| lexed.at(at) == key || lexed.string(at) == Some(key));
            let operator = |at: &usize| matches!(lexed.at(*at), "|" | "?") && lexed.at(at - 1) == lexed.at(*at);
            let (kind, fallback) = match value.clone().rfind(operator) {
                Some(last) if passes => (Kind::Pass, lexed.fallback(last + 1..value.end)),
                _ if passes => (Kind::Pass, Fallback::Absent),
                _ => (Kind::Set, lexed.fallback(value)),
            };
            let owner = app.map(ToOwned::to_owned);
            uses.extend(lexed.used(part.start, kind, fallback, true).map(|found| Use { owner, ..found }));
        }
    }
}

fn entry(text: &str, pair: &Pair, owner: Option<&str>, uses: &mut Vec<Use>) {
    let written = text.get(pair.value.span.range()).unwrap_or_default();
    let (kind, fallback) = match &pair.value.value {
        Value::Scalar { text: value, .. } => {
            (Kind::Set, Fallback::Text { text: value.clone(), at: inner(&pair.value) })
        }
        // `envVars.X || 'd'`: what another file or the process says of the same name.
        _ if holds_word(written, &pair.key) => (Kind::Pass, alternative(written, pair.value.span)),
        _ => (Kind::Set, Fallback::Computed),
    };
    let quoted = text.get(pair.key_span.range()).is_some_and(|key| key.len() == pair.key.len() + 2);
    let at = pair.key_span.start + u32::from(quoted)..pair.key_span.end - u32::from(quoted);
    uses.push(Use {
        name: pair.key.clone(),
        at,
        kind,
        fallback,
        sure: true,
        owner: owner.map(ToOwned::to_owned),
        secret: None,
    });
}

fn inner(node: &Node) -> std::ops::Range<u32> {
    let length = if let Value::Scalar { text, .. } = &node.value { text.len() } else { 0 };
    let span = node.part(0..length);
    span.start..span.end
}

/// The text after the last `||` or `??`, where it is one.
fn alternative(written: &str, span: Span) -> Fallback {
    let lexed = lex(written, &javascript::SYNTAX);
    let operator = |at: &usize| *at > 0 && matches!(lexed.at(*at), "|" | "?") && lexed.at(at - 1) == lexed.at(*at);
    let Some(last) = (0..lexed.tokens.len()).rfind(operator) else { return Fallback::Absent };
    match lexed.fallback(last + 1..lexed.tokens.len()) {
        Fallback::Text { text, at } => Fallback::Text { text, at: span.start + at.start..span.start + at.end },
        found => found,
    }
}

fn holds_word(text: &str, word: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).is_some_and(|before| is_part(text.as_bytes()[before]));
        !before && !text.as_bytes().get(at + word.len()).is_some_and(|after| is_part(*after))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (path, text, expected) in [
            (
                "ecosystem.config.js",
                "module.exports = { apps: [{ name: 'a', env: { A_B: 'x', 'C_D': process.env.C_D || 5, E_F: vars.E_F || 'y', ...rest, G_H: f() } }] }",
                "set A_B=x pass C_D=5 C_D=5 pass E_F=y set G_H=?",
            ),
            ("ecosystem.config.json", "{\"apps\": [{\"name\": \"a\", \"env\": {\"A_B\": \"x\"}}]}", "set A_B=x"),
            ("ecosystem.config.yaml", "apps:\n  - name: a\n    env_production:\n      A_B: x\n", "set A_B=x"),
            (
                "ecosystem.config.js",
                "const v = read().match(/a = [\"']/);\nmodule.exports = { apps: [{ name: 'a', env: { A_B: v.A_B || '5', C_D: 'x', E_F: v.E_F } }] }",
                "pass A_B=5 set C_D=x pass E_F",
            ),
            ("process.yml", "apps:\n  - name: a\n    env:\n      A_B: x\n", "set A_B=x"),
            ("ecosystem.config.js", "module.exports = {", ""),
        ] {
            assert_eq!(shown(path, text), expected, "{text}");
        }
    }
}
