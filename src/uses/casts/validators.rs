//! What schemas of zod and validators of envalid make of a value.

use super::{Cast, Refusal, Taken, bounds, choices};
use crate::uses::lexer::Lexed;

/// A schema of zod or envalid that begins at `from`: `z.coerce.number().int()`, `port({ default: 3000 })`.
pub(super) fn described(lexed: &Lexed<'_>, from: usize) -> Option<Taken> {
    let of_zod = lexed.at(from) == "z" && lexed.at(from + 1) == ".";
    if !of_zod {
        return match lexed.at(from) {
            _ if lexed.at(from + 1) != "(" => None,
            "port" => Some(Cast::Integer.taken(Refusal::EmptyToo)),
            // `30s` is 30.
            "num" => Some(Cast::Number.taken(Refusal::Perhaps)),
            "bool" => Some(Cast::Boolean.taken(Refusal::EmptyToo)),
            "url" => Some(Cast::Format("uri").taken(Refusal::EmptyToo)),
            "email" => Some(Cast::Format("email").taken(Refusal::EmptyToo)),
            "str" => Some(listed(lexed, from + 1)?.taken(Refusal::EmptyToo)),
            _ => None,
        };
    }
    let mut at = from + 1;
    let mut found = None;
    let mut refuses = Refusal::EmptyToo;
    let mut within = Vec::new();
    for _ in 0..12 {
        if lexed.at(at) != "." || !lexed.is_word(at + 1) {
            break;
        }
        let open = at + 2;
        let of_number = matches!(found, Some(Cast::Integer | Cast::Number));
        if lexed.at(open) == "(" && (of_number || matches!(found, None | Some(Cast::Format(_)))) {
            within.extend(bounds::of_method(lexed, lexed.at(at + 1), open, of_number));
        }
        match lexed.at(at + 1) {
            "number" | "bigint" => found = found.or(Some(Cast::Number)),
            "int" => found = Some(Cast::Integer),
            // Any text is true.
            "boolean" if refuses == Refusal::Others => (found, refuses) = (Some(Cast::Boolean), Refusal::Perhaps),
            "boolean" | "stringbool" => found = Some(Cast::Boolean),
            "url" => found = Some(Cast::Format("uri")),
            "httpUrl" => found = Some(Cast::Format("http-url")),
            "email" => found = Some(Cast::Format("email")),
            "uuid" => found = Some(Cast::Format("uuid")),
            "enum" if lexed.at(open + 1) == "[" => found = choices(lexed, open + 2..lexed.close(open + 1)),
            "literal" => found = lexed.string(open + 1).map(|text| Cast::Choice(vec![text.to_owned()])),
            // Nothing is 0.
            "coerce" => refuses = Refusal::Others,
            "string" | "default" | "optional" | "nullable" | "nullish" | "min" | "max" | "positive" | "nonnegative"
            | "describe" | "trim" | "prefault" | "gte" | "gt" | "lte" | "lt" | "length" | "nonempty" => {}
            // What comes behind sees only what was let through.
            "transform" | "pipe" | "refine" | "superRefine" | "check" | "brand" | "readonly" | "meta"
                if found.is_some() =>
            {
                break;
            }
            // What is taken apart or turned into something else is a text as far as anybody can tell.
            _ => return None,
        }
        at = if lexed.at(open) == "(" { lexed.close(open) + 1 } else { open };
    }
    let found = found.or_else(|| (!within.is_empty()).then_some(Cast::Text))?;
    Some(Taken { bounds: within, ..found.taken(refuses) })
}

/// `choices: ["a", "b"]` of an envalid validator.
fn listed(lexed: &Lexed<'_>, open: usize) -> Option<Cast> {
    let at = (open..lexed.close(open)).find(|at| lexed.follows(*at, &["choices", ":", "["]))?;
    choices(lexed, at + 3..lexed.close(at + 2))
}
