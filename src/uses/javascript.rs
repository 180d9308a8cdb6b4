//! JavaScript and TypeScript: `process.env`, `import.meta.env`, `Deno.env`, `Bun.env`, taking them apart, and what schemas of
//! [`super::schemas`] say.

use std::collections::HashSet;

use super::lexer::{Habit, Kind as Token, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, Path, Use, calls, schemas};

pub(super) const SYNTAX: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: &[("/*", "*/"), ("<!--", "-->")],
    nested_comments: false,
    quotes: &[Quote::lines("`").with("${"), Quote::line("\""), Quote::line("'")],
    in_words: b"$",
    habit: Habit::Regexes,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] =
    &["process.env", "meta.env", "Deno.env", "Bun.env", "createEnv", "cleanEnv", "onfig", "Env(", "env("];

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.extension, "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" | "astro")
        && !path.name.ends_with(".min.js")
        && !path.name.ends_with(".d.ts")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    let aliases = aliases(&lexed);
    for index in 0..lexed.tokens.len() {
        if let Some(end) = environment(&lexed, index, &aliases) {
            member(&lexed, index, end, uses);
        }
    }
    schemas::read(&lexed, uses);
    calls::around(&lexed, uses);
    lexed.mentions(uses);
}

/// Names that stand for the environment: `const env = process.env`.
fn aliases<'t>(lexed: &Lexed<'t>) -> HashSet<&'t str> {
    let mut found = HashSet::new();
    for index in 0..lexed.tokens.len() {
        let declared = matches!(lexed.before(index, 1), "const" | "let" | "var");
        if declared && lexed.at(index + 1) == "=" && lexed.is_word(index) {
            let end = environment(lexed, index + 2, &HashSet::new());
            let ends = |end: usize| {
                lexed.at(end) == ";"
                    || lexed.tokens.get(end).is_none_or(|token| token.indent.is_some() && lexed.at(end) != ".")
            };
            if end.is_some_and(ends) {
                found.insert(lexed.at(index));
            }
        }
    }
    found
}

/// Where an expression for the whole environment that begins at `index` ends.
fn environment(lexed: &Lexed<'_>, index: usize, aliases: &HashSet<&str>) -> Option<usize> {
    // `this.process.env` is somebody else's, `globalThis.process.env` is not.
    let own = lexed.before(index, 1) != "." || matches!(lexed.before(index, 2), "globalThis" | "global" | "window");
    match lexed.at(index) {
        "process" | "Bun" | "Deno" if own && lexed.follows(index + 1, &[".", "env"]) => Some(index + 3),
        "process" if own && lexed.follows(index + 1, &["?", ".", "env"]) => Some(index + 4),
        "import" if own && lexed.follows(index + 1, &[".", "meta", ".", "env"]) => Some(index + 5),
        word if aliases.contains(word) && lexed.before(index, 1) != "." && lexed.is_word(index) => Some(index + 1),
        _ => None,
    }
}

/// What is taken of the environment that stands from `from` to `end`.
fn member(lexed: &Lexed<'_>, from: usize, end: usize, uses: &mut Vec<Use>) {
    let end = if lexed.follows(end, &["?", "."]) && lexed.at(end + 2) != "[" { end + 1 } else { end };
    let end = if lexed.follows(end, &["?", ".", "["]) { end + 2 } else { end };
    match lexed.at(end) {
        "." if matches!(lexed.at(end + 1), "get" | "has" | "set") && lexed.at(end + 2) == "(" => {
            let kind = if lexed.at(end + 1) == "set" { Kind::Set } else { Kind::Read };
            let close = lexed.close(end + 2);
            if lexed.string(end + 3).is_some() {
                push(lexed, end + 3, kind, (from, close + 1), uses);
            }
        }
        "." if lexed.is_word(end + 1) => {
            push(lexed, end + 1, Kind::Read, (from, end + 2), uses);
        }
        "[" if lexed.string(end + 1).is_some() && lexed.at(end + 2) == "]" => {
            push(lexed, end + 1, Kind::Read, (from, end + 3), uses);
        }
        _ if lexed.before(from, 1) == "=" && lexed.before(from, 2) == "}" => taken_apart(lexed, from - 2, uses),
        // `'X' in process.env`
        _ if lexed.before(from, 1) == "in" && from > 1 && lexed.string(from - 2).is_some() => {
            uses.extend(lexed.used(from - 2, Kind::Read, Fallback::Optional, true));
        }
        _ => {}
    }
}

/// One variable; the whole expression stands from `from` to `end`.
fn push(lexed: &Lexed<'_>, name: usize, kind: Kind, (from, end): (usize, usize), uses: &mut Vec<Use>) {
    let assigned = lexed.at(end) == "=" && !matches!(lexed.at(end + 1), "=" | ">");
    let kind = if assigned || lexed.before(from, 1) == "delete" { Kind::Set } else { kind };
    let fallback = if kind == Kind::Set { Fallback::Computed } else { after(lexed, from, end) };
    // A build tool may put in what it calls by names of its own: `process.env.basePath`.
    let sure = is_name_of_machine(lexed, name);
    uses.extend(lexed.used(name, kind, fallback, sure));
}

fn is_name_of_machine(lexed: &Lexed<'_>, name: usize) -> bool {
    let name = lexed.string(name).unwrap_or_else(|| lexed.at(name));
    !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// What follows a variable: `?? 'x'`, `|| 'x'`, a comparison, a question.
fn after(lexed: &Lexed<'_>, from: usize, end: usize) -> Fallback {
    let doubled = |sign: &str| lexed.at(end) == sign && lexed.at(end + 1) == sign;
    if doubled("?") || doubled("|") {
        let begin = if lexed.at(end + 2) == "=" { end + 3 } else { end + 2 };
        return lexed.fallback_until(begin, &[")", ",", ";", "]", "}", "?", "|", ":"]);
    }
    let question = lexed.at(end) == "?" && lexed.at(end + 1) != ".";
    let compared = doubled("=") || lexed.follows(end, &["!", "="]) || doubled("&") || question;
    let asked = lexed.before(from, 1) == "!"
        || lexed.before(from, 1) == "("
            && matches!(lexed.before(from, 2), "if" | "while" | "Boolean")
            && lexed.at(end) == ")"
        || matches!(lexed.before(from, 1), "&" | "|") && matches!(lexed.at(end), ")" | "&" | "|");
    // `toOptionalString(process.env.X)`
    let asked =
        asked || lexed.before(from, 1) == "(" && lexed.before(from, 2).to_ascii_lowercase().contains("optional");
    let equals = lexed.before(from, 1) == "=" && lexed.before(from, 2) == "=";
    if compared || asked || equals { Fallback::Optional } else { Fallback::Absent }
}

/// `const { A, B = 'x', C: c } = process.env`; the closing brace stands at `close`.
fn taken_apart(lexed: &Lexed<'_>, close: usize, uses: &mut Vec<Use>) {
    let Some(open) = lexed
        .tokens
        .get(close)
        .map(|token| token.partner as usize)
        .filter(|open| *open < close && lexed.at(*open) == "{")
    else {
        return;
    };
    for part in lexed.arguments(open) {
        // `...rest`
        if lexed.at(part.start) == "." {
            continue;
        }
        let equals = part.clone().find(|at| lexed.at(*at) == "=");
        let fallback = equals.map_or(Fallback::Absent, |equals| lexed.fallback(equals + 1..part.end));
        let named = lexed.tokens[part.start].kind != Token::Sign;
        let sure = is_name_of_machine(lexed, part.start);
        uses.extend(lexed.used(part.start, Kind::Read, fallback, sure).filter(|_| named));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            ("const x = process.env.A_B;", "A_B"),
            ("const x = process.env['A_B'] ?? 'd';", "A_B=d"),
            ("const x = process.env.A_B || 8080", "A_B=8080"),
            ("const x = Number(process.env.A_B || 8080) + 1", "A_B=8080"),
            ("const x = process.env.A_B || process.env.C_D;", "A_B=? C_D"),
            ("const x = process.env.A_B!\nconst y = process.env?.C_D", "A_B C_D"),
            ("if (process.env.A_B) {}", "A_B?"),
            ("x = toOptionalNumber(process.env.A_B)", "A_B?"),
            ("if (!process.env.A_B) throw 1", "A_B?"),
            ("const x = process.env.A_B === 'yes'", "A_B?"),
            ("process.env.A_B = 'x'", "set A_B=?"),
            ("const { A_B, C_D = 'x', E_F: e } = process.env;", "A_B C_D=x E_F"),
            ("const env = process.env;\nuse(env.A_B)", "A_B"),
            ("const x = import.meta.env.VITE_A", "VITE_A"),
            ("Deno.env.get('A_B')", "A_B"),
            ("const s = `http://${process.env.A_B}:${process.env.C_D ?? '80'}/`", "A_B C_D=80"),
            ("// process.env.A_B\n/* process.env.C_D */", ""),
            ("const s = 'process.env.A_B'", ""),
            ("const r = /process.env.A_B/; const q = a / process.env.C_D / 2", "C_D"),
            ("return <p>Don't {process.env.A_B}</p>", "A_B"),
            ("config.get<string>('A_B')", "~A_B?"),
            ("const x = requireEnv('A_B')", "~A_B?"),
            ("x = process.env.basePath", "~basePath"),
            ("this.process.env.A_B", ""),
            ("'A_B' in process.env", "A_B?"),
            ("const { A_B", ""),
            ("process.env.", ""),
        ] {
            assert_eq!(shown("a.ts", text), expected, "{text}");
        }
    }
}
