//! Calls of functions that people write around the environment: `requireEnv("DATABASE_URL")`, `env('APP_KEY', 'x')`.

use std::collections::HashMap;
use std::ops::Range;

use super::lexer::Lexed;
use super::{Fallback, Kind, Use, is_screaming};

/// The last words of methods that give out what a configuration holds, where its receiver says that it is one.
const GETTERS: &[&str] = &["get", "getOrThrow", "get_or_throw", "getString", "GetString", "getenv", "has"];

/// Methods of an object `env` that give out a value as something else than a text.
const KINDS: &[&str] = &["int", "float", "bool", "json", "array", "date", "oneOf", "string", "str"];

/// The functions of a text that look up what their first parameter names: `func mustEnv(key string) string { … }`.
#[derive(Default)]
pub(super) struct Helpers<'t> {
    /// What a function begins with.
    keyword: &'static str,
    /// All functions, once one is asked for: most texts have none that matters.
    functions: Option<Vec<Function<'t>>>,
    /// What each of them does where there is no value.
    found: HashMap<&'t str, Fallback>,
}

struct Function<'t> {
    name: &'t str,
    parameter: &'t str,
    body: Range<usize>,
}

impl<'t> Helpers<'t> {
    /// Functions begin with `keyword`, or are constants that hold an arrow.
    pub(super) fn of(keyword: &'static str) -> Self {
        Self { keyword, ..Self::default() }
    }

    /// Takes down that the variable is read whose name is the word at an index.
    pub(super) fn note(&mut self, lexed: &Lexed<'t>, index: usize, fallback: Fallback) {
        let keyword = self.keyword;
        let functions = self
            .functions
            .get_or_insert_with(|| (0..lexed.tokens.len()).filter_map(|at| Function::of(lexed, at, keyword)).collect());
        let is_it = |function: &&Function<'_>| function.body.contains(&index) && function.parameter == lexed.at(index);
        if let Some(function) = functions.iter().rfind(is_it) {
            let known = self.found.entry(function.name).or_insert_with(|| fallback.clone());
            if fallback == Fallback::Required {
                *known = fallback;
            }
        }
    }
}

impl<'t> Function<'t> {
    /// The function that begins at an index.
    fn of(lexed: &Lexed<'t>, index: usize, keyword: &str) -> Option<Self> {
        let begins = lexed.at(index) == keyword;
        let arrow = lexed.at(index) == "const" && lexed.follows(index + 2, &["=", "("]);
        (begins || arrow).then_some(())?;
        // `func (c *Config) name(…)`
        let name = if begins && lexed.at(index + 1) == "(" { lexed.close(index + 1) + 1 } else { index + 1 };
        let open = (name + 1..name + 12).find(|at| lexed.at(*at) == "(")?;
        let is_own = |part: &Range<usize>| part.clone().any(|at| matches!(lexed.at(at), "self" | "cls"));
        let parameter = lexed.arguments(open).into_iter().find(|part| !is_own(part))?.start;
        (lexed.is_word(name) && lexed.is_word(parameter)).then_some(())?;
        let close = lexed.close(open);
        let body = match (close + 1..close + 12).find(|at| matches!(lexed.at(*at), "{" | "=" | ":")) {
            Some(brace) if lexed.at(brace) == "{" => brace..lexed.close(brace),
            _ => {
                let margin = lexed.indent(index);
                let is_over = |at: &usize| lexed.tokens[*at].indent.is_some_and(|indent| indent <= margin);
                close..(close + 1..lexed.tokens.len()).find(is_over).unwrap_or(lexed.tokens.len())
            }
        };
        Some(Self { name: lexed.at(name), parameter: lexed.at(parameter), body })
    }
}

/// Uses by a function: one of the text itself, or, which nobody can be sure of, one whose name speaks of the environment.
pub(super) fn around(lexed: &Lexed<'_>, helpers: &Helpers<'_>, uses: &mut Vec<Use>) {
    for index in 1..lexed.tokens.len() {
        let Some(text) = lexed.string(index).filter(|text| is_screaming(text)) else {
            continue;
        };
        let Some(function) = called(lexed, index) else { continue };
        let is_own = lexed.before(function, 1) != "." || matches!(lexed.before(function, 2), "self" | "this");
        let helper = helpers.found.get(lexed.at(function)).filter(|_| is_own);
        // Two letters may be anything, unless what they are given to is sure.
        if helper.is_none() && (text.len() < 3 || !speaks_of_environment(lexed, function)) {
            continue;
        }
        let open = (function + 1..index).find(|at| lexed.at(*at) == "(").unwrap_or(index - 1);
        let arguments = lexed.arguments(open);
        // `get("APP_" + name)` is about other names.
        if lexed.at(index + 1) == "+" {
            continue;
        }
        let fallback = match arguments.get(1) {
            Some(second) => match lexed.fallback(second.clone()) {
                text @ Fallback::Text { .. } => text,
                _ => Fallback::Computed,
            },
            // Nobody knows what such a function does without a value.
            None => helper.cloned().unwrap_or(Fallback::Optional),
        };
        uses.extend(lexed.used(index, Kind::Read, fallback, helper.is_some()));
    }
}

/// The name of the function that is given the string at `index` first.
fn called(lexed: &Lexed<'_>, index: usize) -> Option<usize> {
    let open = index.checked_sub(1).filter(|open| lexed.at(*open) == "(")?;
    let mut before = open.checked_sub(1)?;
    // `get<string>("X")`, `env!("X")`, `get::<u16>("X")`
    if lexed.at(before) == "!" {
        before = before.checked_sub(1)?;
    }
    if lexed.at(before) == ">" {
        before = (before.saturating_sub(8)..before).rev().find(|at| lexed.at(*at) == "<")?.checked_sub(1)?;
        while lexed.at(before) == ":" {
            before = before.checked_sub(1)?;
        }
    }
    lexed.is_word(before).then_some(before)
}

fn speaks_of_environment(lexed: &Lexed<'_>, function: usize) -> bool {
    let word = lexed.at(function);
    let lower = word.to_ascii_lowercase();
    let is_about = |lower: &str| {
        let parts = lower.split('_');
        lower.ends_with("env")
            || lower.starts_with("env") && !lower.starts_with("envelope")
            || parts.into_iter().any(|part| part == "env")
            || lower.contains("getenv")
            || lower.contains("environ")
    };
    let receiver = if lexed.before(function, 1) == "." { lexed.before(function, 2) } else { "" };
    let receiver_lower = receiver.to_ascii_lowercase();
    let configured = receiver_lower.contains("config") || is_about(&receiver_lower) && !receiver_lower.is_empty();
    // `env.int('PORT', 1337)` of Strapi
    let of_kind = receiver == "env" && KINDS.contains(&word);
    is_about(&lower) || of_kind || configured && GETTERS.contains(&word)
}
