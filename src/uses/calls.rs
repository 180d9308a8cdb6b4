//! Calls of functions that people write around the environment: `requireEnv("DATABASE_URL")`, `env('APP_KEY', 'x')`.

use super::lexer::Lexed;
use super::{Fallback, Kind, Use, is_screaming};

/// The last words of methods that give out what a configuration holds, where its receiver says that it is one.
const GETTERS: &[&str] = &["get", "getOrThrow", "get_or_throw", "getString", "GetString", "getenv", "has"];

/// Uses that nobody can be sure of: a function whose name speaks of the environment is given the name of a variable.
pub(super) fn around(lexed: &Lexed<'_>, uses: &mut Vec<Use>) {
    for index in 1..lexed.tokens.len() {
        if !lexed.string(index).is_some_and(|text| is_screaming(text) && text.len() > 2) {
            continue;
        }
        let Some(function) = called(lexed, index) else { continue };
        if !speaks_of_environment(lexed, function) {
            continue;
        }
        let open = (function + 1..index).find(|at| lexed.at(*at) == "(").unwrap_or(index - 1);
        let arguments = lexed.arguments(open);
        let fallback = match arguments.get(1) {
            Some(second) => match lexed.fallback(second.clone()) {
                text @ Fallback::Text { .. } => text,
                _ => Fallback::Computed,
            },
            // Nobody knows what such a function does without a value.
            None => Fallback::Optional,
        };
        uses.extend(lexed.used(index, Kind::Read, fallback, false));
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
    is_about(&lower) || configured && GETTERS.contains(&word)
}
