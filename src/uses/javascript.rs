//! JavaScript and TypeScript: `process.env`, `import.meta.env`, `Deno.env`, `Bun.env`, taking them apart, and what schemas of
//! [`super::schemas`] say.

use std::collections::HashSet;

use super::calls::{self, Helpers};
use super::lexer::{Habit, Kind as Token, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, Path, Use, is_screaming, schemas};

pub(super) const SYNTAX: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: &[("/*", "*/"), ("<!--", "-->")],
    nested_comments: false,
    quotes: &[Quote::lines("`").with("${"), Quote::line("\""), Quote::line("'")],
    in_words: b"$",
    habit: Habit::Regexes,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &[
    "process.env",
    "meta.env",
    "Deno.env",
    "Bun.env",
    "createEnv",
    "cleanEnv",
    "onfig",
    "Env(",
    "env(",
    "({ env",
    "process'",
    "process\"",
    "= process",
    "/env",
    "$env/",
];

/// How far behind a list of all variables is looked, in tokens.
const NEAR: usize = 48;

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.extension, "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" | "astro")
        && !path.name.ends_with(".min.js")
        && !path.name.ends_with(".d.ts")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    let aliases = Aliases::of(&lexed);
    let mut helpers = Helpers::of("function");
    for index in 0..lexed.tokens.len() {
        of_svelte(&lexed, index, uses);
        if let Some(end) = environment(&lexed, index, &aliases) {
            member(&lexed, index, end, &mut helpers, uses);
        } else if aliases.modules.contains(lexed.at(index)) && lexed.at(index + 1) == "." {
            // A module of the project's own that is called after the environment most likely hands it on.
            let screams = is_screaming(lexed.at(index + 2));
            uses.extend(lexed.used(index + 2, Kind::Read, Fallback::Optional, false).filter(|_| screams));
        }
    }
    schemas::read(&lexed, uses);
    calls::around(&lexed, &helpers, uses);
    lexed.mentions(uses);
}

/// `import { A, B as b } from "$env/static/private"` of `SvelteKit`: each name is a variable, which the build puts in.
/// <https://svelte.dev/docs/kit/$env-static-private>
fn of_svelte(lexed: &Lexed<'_>, from: usize, uses: &mut Vec<Use>) {
    let is_it = lexed.string(from + 1).is_some_and(|module| module.starts_with("$env/static/"));
    let Some(close) = from.checked_sub(1).filter(|close| is_it && lexed.at(from) == "from" && lexed.at(*close) == "}")
    else {
        return;
    };
    let open = lexed.tokens[close].partner as usize;
    if open < close {
        let names = lexed.arguments(open).into_iter();
        uses.extend(names.filter_map(|part| lexed.used(part.start, Kind::Read, Fallback::Absent, true)));
    }
}

/// Names that stand for the environment, and for the `process` that has it.
#[derive(Default)]
struct Aliases<'t> {
    environments: HashSet<&'t str>,
    processes: HashSet<&'t str>,
    /// Modules that are called after the environment.
    modules: HashSet<&'t str>,
}

impl<'t> Aliases<'t> {
    fn of(lexed: &Lexed<'t>) -> Self {
        let mut found = Self::default();
        for index in 0..lexed.tokens.len() {
            found.imported(lexed, index);
            found.declared(lexed, index);
        }
        found
    }

    /// `import { env as e } from 'process'`, `import process from 'node:process'`.
    fn imported(&mut self, lexed: &Lexed<'t>, from: usize) {
        if lexed.at(from) == "from" && is_called_environment(lexed, from + 1) && lexed.before(from, 2) == "import" {
            self.modules.insert(lexed.before(from, 1));
        }
        // `import { env } from "$env/dynamic/private"` of SvelteKit
        let dynamic = lexed.string(from + 1).is_some_and(|module| module.starts_with("$env/dynamic/"));
        if lexed.at(from) != "from" || !(dynamic || is_process(lexed, from + 1)) {
            return;
        }
        let Some(before) = from.checked_sub(1) else { return };
        match lexed.at(before) {
            "}" => self.taken(lexed, lexed.tokens[before].partner as usize, "as"),
            name => drop(self.processes.insert(name)),
        }
    }

    /// `const e = process.env`, `const p = require('process')`, `const { env: e } = process`.
    fn declared(&mut self, lexed: &Lexed<'t>, index: usize) {
        if !matches!(lexed.before(index, 1), "const" | "let" | "var") {
            return;
        }
        let is_pattern = lexed.at(index) == "{";
        let equals = if is_pattern { lexed.close(index) + 1 } else { index + 1 };
        if lexed.at(equals) != "=" {
            return;
        }
        let required = lexed.follows(equals + 1, &["require", "("]) && is_process(lexed, equals + 3);
        let end = if required { equals + 5 } else { equals + 2 };
        let ends = |end: usize| {
            lexed.at(end) == ";"
                || lexed.tokens.get(end).is_none_or(|token| token.indent.is_some() && lexed.at(end) != ".")
        };
        let process = (required || lexed.at(equals + 1) == "process") && ends(end);
        match (is_pattern, process) {
            (true, true) => self.taken(lexed, index, ":"),
            (false, true) => drop(self.processes.insert(lexed.at(index))),
            (false, false) if environment(lexed, equals + 1, &Self::default()).is_some_and(ends) => {
                self.environments.insert(lexed.at(index));
            }
            _ => {}
        }
    }

    /// `env` of `{ env }`, or the name that it is given there.
    fn taken(&mut self, lexed: &Lexed<'t>, open: usize, renames: &str) {
        let parts = lexed.arguments(open).into_iter().map(|part| part.start);
        let env = parts.filter(|at| lexed.at(*at) == "env");
        self.environments.extend(env.map(|at| lexed.at(if lexed.at(at + 1) == renames { at + 2 } else { at })));
    }
}

/// `'./utils/environment'`, `"../env.js"`
fn is_called_environment(lexed: &Lexed<'_>, index: usize) -> bool {
    lexed.string(index).is_some_and(|module| {
        let name = module.rsplit_once('/').map_or("", |(_, name)| name);
        matches!(name.split('.').next(), Some("env" | "environment"))
    })
}

fn is_process(lexed: &Lexed<'_>, index: usize) -> bool {
    lexed.string(index).is_some_and(|module| matches!(module, "process" | "node:process"))
}

/// Where an expression for the whole environment that begins at `index` ends.
fn environment(lexed: &Lexed<'_>, index: usize, aliases: &Aliases<'_>) -> Option<usize> {
    // `this.process.env` is somebody else's, `globalThis.process.env` is not.
    let own = lexed.before(index, 1) != "." || matches!(lexed.before(index, 2), "globalThis" | "global" | "window");
    let is_env = lexed.follows(index + 1, &[".", "env"]);
    match lexed.at(index) {
        "process" | "Bun" | "Deno" if own && is_env => Some(index + 3),
        "process" if own && lexed.follows(index + 1, &["?", ".", "env"]) => Some(index + 4),
        "import" if own && lexed.follows(index + 1, &[".", "meta", ".", "env"]) => Some(index + 5),
        word if lexed.before(index, 1) == "." || !lexed.is_word(index) || word.is_empty() => None,
        word if aliases.processes.contains(word) && is_env => Some(index + 3),
        word if aliases.environments.contains(word) => Some(index + 1),
        _ => None,
    }
}

/// What is taken of the environment that stands from `from` to `end`.
fn member<'t>(lexed: &Lexed<'t>, from: usize, end: usize, helpers: &mut Helpers<'t>, uses: &mut Vec<Use>) {
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
        "." if lexed.follows(end + 1, &["hasOwnProperty", "("]) => {
            uses.extend(lexed.string(end + 3).and_then(|_| lexed.used(end + 3, Kind::Read, Fallback::Optional, true)));
        }
        "." if lexed.is_word(end + 1) => {
            push(lexed, end + 1, Kind::Read, (from, end + 2), uses);
        }
        "[" if lexed.string(end + 1).is_some() && lexed.at(end + 2) == "]" => {
            push(lexed, end + 1, Kind::Read, (from, end + 3), uses);
        }
        "[" if lexed.is_word(end + 1) && lexed.at(end + 2) == "]" => {
            helpers.note(lexed, end + 1, fallback(lexed, from, end + 3));
        }
        // `Object.keys(process.env).filter((key) => key.startsWith("APP_"))`
        _ if lexed.before(from, 1) == "(" && matches!(lexed.before(from, 2), "keys" | "entries") => {
            let start = (end..end + NEAR).find(|at| lexed.follows(*at, &["startsWith", "("])).map(|at| at + 2);
            let prefix = start.and_then(|at| Some(Use::prefix(lexed.string(at)?.to_owned(), lexed.range(at))));
            uses.extend(prefix.filter(|prefix| !prefix.name.is_empty()));
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
    let fallback = if kind == Kind::Set { Fallback::Computed } else { fallback(lexed, from, end) };
    // A build tool may put in what it calls by names of its own: `process.env.basePath`.
    let sure = is_name_of_machine(lexed, name);
    uses.extend(lexed.used(name, kind, fallback, sure));
}

fn is_name_of_machine(lexed: &Lexed<'_>, name: usize) -> bool {
    let name = lexed.string(name).unwrap_or_else(|| lexed.at(name));
    !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// What is said of a variable: where it stands, or where the constant stands that holds it.
fn fallback(lexed: &Lexed<'_>, from: usize, end: usize) -> Fallback {
    match after(lexed, from, end) {
        Fallback::Absent => held(lexed, from, end).map_or(Fallback::Absent, |name| later(lexed, name, name)),
        said => said,
    }
}

/// The name that is given the whole expression: `const x = process.env.X`, `const x: string = process.env.X as string`.
fn held(lexed: &Lexed<'_>, from: usize, end: usize) -> Option<usize> {
    let whole = matches!(lexed.at(end), ";" | "as") || lexed.tokens.get(end).is_none_or(|token| token.indent.is_some());
    let equals = from.checked_sub(1).filter(|equals| whole && lexed.at(*equals) == "=")?;
    let begin = (equals.saturating_sub(8)..equals).rev().find(|at| matches!(lexed.at(*at), "const" | "let" | "var"))?;
    matches!(lexed.at(begin + 2), ":" | "=").then_some(begin + 1)
}

/// What is first said of a name behind the place at which it is given its value.
fn later(lexed: &Lexed<'_>, name: usize, from: usize) -> Fallback {
    let said = |at: usize| Some(after(lexed, at, at + 1)).filter(|said| *said != Fallback::Absent);
    lexed.said_later(name, from, said).unwrap_or(Fallback::Absent)
}

/// What stands around a variable: `?? 'x'`, `|| 'x'`, a comparison, a question.
fn after(lexed: &Lexed<'_>, from: usize, end: usize) -> Fallback {
    let doubled = |sign: &str| lexed.at(end) == sign && lexed.at(end + 1) == sign;
    let default = (doubled("?") || doubled("|")).then(|| {
        let begin = if lexed.at(end + 2) == "=" { end + 3 } else { end + 2 };
        lexed.fallback_until(begin, &[")", ",", ";", "]", "}", "?", "|", ":"])
    });
    if let Some(text @ Fallback::Text { .. }) = default {
        return text;
    }
    // `process.env.X!` calms the compiler alone: nothing stops when there is none.
    let insisted = lexed.at(end) == "!" && lexed.at(end + 1) != "=";
    if let Some(said) = lexed.asked(from..end).or(insisted.then_some(Fallback::Absent)).or(default) {
        return said;
    }
    let question = lexed.at(end) == "?" && lexed.at(end + 1) != ".";
    let compared = doubled("=") || lexed.follows(end, &["!", "="]) || doubled("&") || question;
    let asked = lexed.before(from, 1) == "!"
        || lexed.before(from, 1) == "(" && matches!(lexed.before(from, 2), "while" | "Boolean") && lexed.at(end) == ")"
        || lexed.before(from, 1) == "&" && matches!(lexed.at(end), ")" | "&" | "|")
        // What another value is taken before is no more than its stand-in.
        || matches!(lexed.before(from, 1), "?" | "|") && lexed.before(from, 2) == lexed.before(from, 1);
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
        // `C: c` is known by its second name.
        let local = if lexed.at(part.start + 1) == ":" { part.start + 2 } else { part.start };
        let fallback = equals.map_or_else(|| later(lexed, local, close), |equals| lexed.fallback(equals + 1..part.end));
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
            ("const x = process.env.A_B || process.env.C_D;", "A_B=? C_D?"),
            ("const x = process.env.A_B!\nconst y = process.env?.C_D", "A_B C_D"),
            ("const x = process.env.A_B\nif (!x) throw new Error('no A_B')", "A_B!"),
            ("const x: string | undefined = process.env.A_B;\nif (x === undefined) {\n  process.exit(1);\n}", "A_B!"),
            ("const x = process.env.A_B;\nconst y = process.env.C_D;\nif (!x || !y) throw 1", "A_B! C_D!"),
            ("const x = process.env.A_B;\nconst y = process.env.C_D;\nif (!x && !y) throw 1", "A_B? C_D?"),
            ("const x = process.env.A_B;\nif (x) { use(x) }", "A_B?"),
            ("const x = process.env.A_B;\nif (!x) return null", "A_B?"),
            ("const x = process.env.A_B;\nif (!x) {\n  return fail(new Error())\n}", "A_B"),
            ("const x = process.env.A_B;\nfunction f() {\n  if (!x) throw 1\n}", "A_B"),
            ("let x = process.env.A_B;\nif (!x) { x = 'd' }", "A_B=d"),
            ("const x = process.env.A_B;\nuse(x ?? 'd')", "A_B=d"),
            ("const { A_B } = process.env\nif (!A_B) throw 1", "A_B!"),
            ("invariant(process.env.A_B, 'set it')", "A_B!"),
            ("const x = process.env.A_B\nuse(x)", "A_B"),
            (
                "const need = (name: string): string => {\n  const x = process.env[name]\n  if (!x) throw 1\n  return x\n}\nneed('A_B')",
                "A_B!",
            ),
            ("Object.keys(process.env).filter((key) => key.startsWith('APP_'))", "prefix APP_"),
            ("if (process.env.A_B) {}", "A_B?"),
            ("x = toOptionalNumber(process.env.A_B)", "A_B?"),
            ("if (!process.env.A_B) throw 1", "A_B!"),
            ("if (!process.env.A_B || !process.env.C_D) {\n  throw 1\n}", "A_B! C_D!"),
            ("if (!process.env.A_B) {\n  console.warn('no')\n}", "A_B?"),
            ("const x = process.env.A_B === 'yes'", "A_B?"),
            ("process.env.A_B = 'x'", "set A_B=?"),
            ("const { A_B, C_D = 'x', E_F: e } = process.env;", "A_B C_D=x E_F"),
            ("const env = process.env;\nuse(env.A_B)", "A_B"),
            ("import { env as e } from 'node:process';\nuse(e.A_B)", "A_B"),
            ("import { env } from \"process\"\nimport p from 'process'\nuse(env.A_B, p.env.C_D)", "A_B C_D"),
            ("import environment from \"./utils/environment\";\nuse(environment.A_B, environment.isDev)", "~A_B?"),
            ("const { env: e } = process\nconst p = require('process')\nuse(e.A_B, p.env.C_D)", "A_B C_D"),
            ("return <p>Don't use process.env.A_B, it's {process.env.C_D}</p>", "C_D"),
            ("const x = import.meta.env.VITE_A", "VITE_A"),
            ("import { A_B, C_D as c } from '$env/static/private';", "A_B C_D"),
            ("import { env } from '$env/dynamic/private';\nuse(env.A_B ?? 'd')", "A_B=d"),
            ("import { env as e } from \"$env/dynamic/public\";\nuse(e.PUBLIC_A)", "PUBLIC_A"),
            ("Deno.env.get('A_B')", "A_B"),
            ("const s = `http://${process.env.A_B}:${process.env.C_D ?? '80'}/`", "A_B C_D=80"),
            ("// process.env.A_B\n/* process.env.C_D */", ""),
            ("const s = 'process.env.A_B'", ""),
            ("const r = /process.env.A_B/; const q = a / process.env.C_D / 2", "C_D"),
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
