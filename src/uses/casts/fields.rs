//! What a settings class of pydantic insists on, by the annotation of a field: `port: PositiveInt`, `level: Literal["a", "b"]`.

use std::collections::HashSet;

use super::{Cast, MAX_TOKENS, Refusal, Taken, bounds, choices, of_type};
use crate::uses::lexer::Lexed;

/// What a text says of all its fields.
#[derive(Default)]
pub(super) struct Fields<'t> {
    /// Whether an empty variable counts as none.
    ignores_nothing: bool,
    /// Whether something else than pydantic may take lists and objects apart.
    decodes: bool,
    /// Whether every field may be given something else than what is set.
    all_prepared: bool,
    /// Fields whose value a function turns into something else before it is looked at.
    prepared: HashSet<&'t str>,
}

impl<'t> Fields<'t> {
    /// What the text of a program says; nothing where it has no settings class.
    pub(super) fn of(lexed: &Lexed<'t>) -> Self {
        let text = lexed.text;
        if !text.contains("BaseSettings") {
            return Self::default();
        }
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let mut fields = Self {
            ignores_nothing: has(&["env_ignore_empty"]),
            decodes: has(&["NoDecode", "enable_decoding", "settings_customise_sources", "parse_env_var"]),
            all_prepared: false,
            prepared: HashSet::new(),
        };
        let calls = (0..lexed.tokens.len()).filter(|at| lexed.at(at + 1) == "(" && lexed.before(*at, 1) == "@");
        for at in calls {
            let arguments = lexed.arguments(at + 1);
            let says = |name: &str, values: &[&str]| {
                let mut named = arguments.iter().filter(|argument| lexed.follows(argument.start, &[name, "="]));
                named.any(|argument| {
                    let value = argument.start + 2;
                    values.contains(&lexed.string(value).unwrap_or_else(|| lexed.at(value)))
                })
            };
            match lexed.at(at) {
                "model_validator" if says("mode", &["before", "wrap"]) => fields.all_prepared = true,
                "root_validator" if says("pre", &["True"]) => fields.all_prepared = true,
                "field_validator" | "validator"
                    if says("mode", &["before", "wrap", "plain"]) || says("pre", &["True"]) =>
                {
                    let names = arguments.iter().filter_map(|argument| lexed.string(argument.start));
                    fields.prepared.extend(names);
                }
                _ => {}
            }
        }
        fields.all_prepared |= fields.prepared.contains("*");
        fields
    }

    /// The annotation of the field at an index, which whoever reads it into a class insists on.
    pub(super) fn annotated(&self, lexed: &Lexed<'_>, field: usize) -> Option<Taken> {
        let (cast, prepared) = self.annotation(lexed, field);
        let bounds = bounds::of_field(lexed, field, cast.as_ref());
        let cast = cast.or_else(|| (!bounds.is_empty()).then_some(Cast::Text))?;
        let refuses = if prepared || self.all_prepared || self.prepared.contains(lexed.at(field)) {
            Refusal::Perhaps
        } else if self.ignores_nothing || !lexed.text.contains("BaseSettings") {
            Refusal::EmptyToo
        } else {
            Refusal::EmptyAlways
        };
        Some(Taken { bounds, ..cast.taken(refuses) })
    }

    /// The annotation of a field of Python: `port: int = 8080`; and whether that itself names a function which sees the value
    /// first.
    fn annotation(&self, lexed: &Lexed<'_>, field: usize) -> (Option<Cast>, bool) {
        let from = field + 2;
        let ends = |at: &usize| {
            lexed.at(*at) == "=" && lexed.tokens.get(*at).is_some() && !is_within(lexed, from, *at)
                || lexed.tokens.get(*at).is_none_or(|token| token.indent.is_some())
        };
        let end = (from..from + MAX_TOKENS).find(ends).unwrap_or(from);
        let words: Vec<_> = (from..end).filter(|at| lexed.is_word(*at)).collect();
        let has = |names: &[&str]| words.iter().any(|at| names.contains(&lexed.at(*at)));
        let prepared = has(&["BeforeValidator", "WrapValidator", "PlainValidator"]);
        let telling = |at: &usize| !matches!(lexed.at(*at), "Optional" | "Union" | "Annotated" | "None" | "typing");
        let mut telling = words.iter().copied().filter(telling);
        let Some(first) = telling.next() else { return (None, prepared) };
        if lexed.at(first) == "Literal" && lexed.at(first + 1) == "[" {
            let texts = first + 2..lexed.close(first + 1);
            let alone = lexed.string(texts.start).filter(|_| texts.len() == 1);
            let cast = alone.map(|text| Cast::Choice(vec![text.to_owned()])).or_else(|| choices(lexed, texts));
            return (cast, prepared);
        }
        let next = telling.next();
        let more = next.is_some_and(|next| lexed.before(next, 1) == "|" || has(&["Union"]));
        let is_open = |at: &usize| lexed.before(*at, 1) == "|" && lexed.at(*at) != "None";
        let is_many = |at: &usize| {
            matches!(lexed.at(*at), "list" | "List" | "set" | "Set" | "frozenset" | "tuple" | "Tuple" | "Sequence")
        };
        let is_map = |at: &usize| matches!(lexed.at(*at), "dict" | "Dict");
        // `list[str] | str` takes everything.
        let alone = !self.decodes && !prepared && !has(&["Union"]) && !words.iter().any(is_open);
        let cast = if is_many(&first) || is_map(&first) {
            alone.then_some(if is_many(&first) { Cast::List } else { Cast::Object })
        } else if more {
            // `int | str` takes everything.
            None
        } else {
            of_type(lexed, first)
        };
        (cast, prepared)
    }
}

/// Whether a sign stands within brackets that are opened behind `from`: `Annotated[int, Field(ge=1)]`.
fn is_within(lexed: &Lexed<'_>, from: usize, at: usize) -> bool {
    let mut open = from;
    while open < at {
        if matches!(lexed.at(open), "(" | "[" | "{") {
            let close = lexed.close(open);
            if close > at {
                return true;
            }
            open = close.max(open);
        }
        open += 1;
    }
    false
}
