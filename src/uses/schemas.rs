//! Objects that say what a JavaScript program reads: schemas of zod, t3-env and envalid.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::lexer::Lexed;
use super::{Fallback, Kind, Use, is_screaming};

/// Functions that begin an object of which each name is a variable, and the names of objects within theirs that count.
const ENTRIES: &[(&str, &[&str])] =
    &[("cleanEnv", &[]), ("makeValidator", &[]), ("createEnv", &["server", "client", "shared"])];

/// How far the type of a constant is looked at, in tokens.
const NEAR: usize = 12;

pub(super) fn read(lexed: &Lexed<'_>, uses: &mut Vec<Use>) {
    let environment = lexed.text.contains("process.env") || lexed.text.contains("import.meta.env");
    let parsing = parsing_environment(lexed);
    let objects = objects(lexed);
    for index in 0..lexed.tokens.len() {
        let word = lexed.at(index);
        if lexed.at(index + 1) != "(" {
            continue;
        }
        if let Some((_, within)) = ENTRIES.iter().find(|(name, _)| *name == word) {
            for argument in lexed.arguments(index + 1) {
                entry(lexed, argument, (within, &objects), uses);
            }
        } else if word == "object" && lexed.before(index, 1) == "." && lexed.at(index + 2) == "{" {
            let named = index.checked_sub(4).filter(|_| lexed.before(index, 3) == "=").map_or("", |at| lexed.at(at));
            let about = named.to_ascii_lowercase().contains("env");
            let parsed = !named.is_empty() && parsing.contains(named);
            // `z.object({…}).parse(process.env)`
            let close = lexed.close(index + 1);
            let at_once = lexed.at(close + 1) == "." && is_given_environment(lexed, close + 3);
            if environment && about || parsed || at_once {
                object(lexed, index + 2, parsed || at_once, uses);
            }
        }
    }
}

/// Whether what a call is given, in parentheses from `open` on, is the whole environment, be it as `clean(process.env)`
/// or `{ ...process.env }`; `process.env.NAME` is one variable.
fn is_given_environment(lexed: &Lexed<'_>, open: usize) -> bool {
    lexed.at(open) == "("
        && (open + 1..lexed.close(open)).any(|at| {
            lexed.follows(at, &["process", ".", "env"]) && !matches!(lexed.at(at + 3), "." | "?" | "?." | "[")
        })
}

/// The names of which `name.parse(process.env)` stands somewhere.
fn parsing_environment<'t>(lexed: &Lexed<'t>) -> HashSet<&'t str> {
    let parses = |index: &usize| {
        lexed.at(index + 1) == "."
            && matches!(lexed.at(index + 2), "parse" | "safeParse" | "parseAsync")
            && is_given_environment(lexed, index + 3)
    };
    (0..lexed.tokens.len()).filter(parses).map(|index| lexed.at(index)).collect()
}

fn entry(
    lexed: &Lexed<'_>,
    argument: Range<usize>,
    (within, objects): (&[&str], &HashMap<&str, usize>),
    uses: &mut Vec<Use>,
) {
    // Where it is written, or where the name that stands for it is given its value.
    let literal = |value: Range<usize>| match lexed.at(value.start) {
        "{" => Some(value.start),
        name => objects.get(name).copied().filter(|_| value.len() == 1),
    };
    let Some(open) = literal(argument) else { return };
    if within.is_empty() {
        object(lexed, open, true, uses);
        return;
    }
    for part in lexed.arguments(open) {
        // `{ server }` names the object as well.
        let value = if lexed.at(part.start + 1) == ":" { part.start + 2..part.end } else { part.clone() };
        if let Some(open) = literal(value).filter(|_| within.contains(&lexed.at(part.start))) {
            object(lexed, open, true, uses);
        }
    }
}

/// The braces that open objects which have a name: `const spec = { … }`, `const spec: Spec = { … }`.
fn objects<'t>(lexed: &Lexed<'t>) -> HashMap<&'t str, usize> {
    let mut found = HashMap::new();
    for at in 1..lexed.tokens.len() {
        if !matches!(lexed.before(at, 1), "const" | "let" | "var") || !lexed.is_word(at) {
            continue;
        }
        let equals = (at + 1..at + NEAR).find(|at| lexed.at(*at) == "=");
        if let Some(open) = equals.map(|equals| equals + 1).filter(|open| lexed.at(*open) == "{") {
            found.entry(lexed.at(at)).or_insert(open);
        }
    }
    found
}

/// The names of an object.
fn object(lexed: &Lexed<'_>, open: usize, sure: bool, uses: &mut Vec<Use>) {
    for part in lexed.arguments(open) {
        let name = lexed.string(part.start).unwrap_or_else(|| lexed.at(part.start));
        if lexed.at(part.start + 1) == ":" && is_screaming(name) {
            let fallback = if lexed.at(part.start + 3) == "." || lexed.at(part.start + 3) == "(" {
                fallback(lexed, part.start + 2..part.end)
            } else {
                // A schema that is written elsewhere.
                Fallback::Computed
            };
            uses.extend(lexed.used(part.start, Kind::Read, fallback, sure));
        }
    }
}

/// `z.string().default("x")`, `port({ default: 3000 })`, `.optional()`.
fn fallback(lexed: &Lexed<'_>, value: Range<usize>) -> Fallback {
    for at in value.clone() {
        match lexed.at(at) {
            "default" | "devDefault" | "catch" | "prefault" if lexed.at(at + 1) == "(" => {
                return lexed
                    .arguments(at + 1)
                    .first()
                    .map_or(Fallback::Computed, |first| lexed.fallback(first.clone()));
            }
            "default" if lexed.at(at + 1) == ":" => {
                let end = (at + 2..value.end).find(|end| matches!(lexed.at(*end), "," | "}")).unwrap_or(value.end);
                return lexed.fallback(at + 2..end);
            }
            "optional" | "nullish" | "nullable" | "devDefault" | "undefined" | "any" | "unknown" => {
                return Fallback::Optional;
            }
            // Nothing is a switch that is off.
            "boolean" if lexed.before(at, 2) == "coerce" => return Fallback::Optional,
            _ => {}
        }
    }
    Fallback::Required
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn objects() {
        for (text, expected) in [
            (
                "const env = cleanEnv(process.env, { PORT: port({ default: 3000 }), API_KEY: str() })",
                "PORT=3000 API_KEY!",
            ),
            (
                "export const env = createEnv({ server: { A_B: z.string().url(), C_D: z.string().optional() }, client: { E_F: z.enum(['a']).default('a') }, runtimeEnv: {} })",
                "A_B! C_D? E_F=a",
            ),
            ("const schema = z.object({ A_B: z.string() });\nconst env = schema.parse(process.env)", "A_B!"),
            ("const e = z.object({ A_B: z.coerce.number().default(5) }).safeParse(process.env)", "A_B=5"),
            ("const envSchema = z.object({ A_B: z.string() }); f(envSchema, process.env)", "~A_B!"),
            ("const body = z.object({ A_B: z.string() }); process.env", ""),
            ("const E = z.object({ A_B: z.string() }); E.parse(clean({ ...process.env, X: 1 }))", "A_B!"),
            ("const E = z.object({ A_B: z.string() }); E.parse({ A_B: process.env.C_D })", "C_D"),
            (
                "createEnv({ server: { A_B: zChecks, C_D: z.coerce.boolean(), E_F: z.union([z.string(), z.undefined()]) } })",
                "A_B=? C_D? E_F?",
            ),
            (
                "const spec = { A_B: str(), C_D: num({ default: 5 }) };\nmodule.exports = cleanEnv(process.env, spec)",
                "A_B! C_D=5",
            ),
            ("const s: Spec<X> = { A_B: str() }; cleanEnv(process.env, s); cleanEnv(process.env, other)", "A_B!"),
            ("const server = { A_B: z.string() }; createEnv({ server, client: {}, runtimeEnv: server })", "A_B!"),
            ("createEnv({", ""),
        ] {
            assert_eq!(shown("a.ts", text), expected, "{text}");
        }
    }
}
