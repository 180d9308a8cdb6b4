//! The bounds within which a program takes a value: `Field(ge=1, le=16)`, `z.string().min(8)`.

use super::{Bound, Cast, MAX_TOKENS};
use crate::uses::Fallback;
use crate::uses::lexer::Lexed;

/// The number at an index, as an argument that is nothing else.
fn number(lexed: &Lexed<'_>, argument: std::ops::Range<usize>) -> Option<String> {
    match lexed.fallback(argument) {
        Fallback::Text { text, .. } => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|_| text),
        _ => None,
    }
}

/// What pydantic is told of the field at an index: `Field(ge=1)`, `PositiveInt`, `conint(ge=1)`, `Annotated[int, Gt(0)]`.
pub(super) fn of_field(lexed: &Lexed<'_>, field: usize, cast: Option<&Cast>) -> Vec<Bound> {
    let ends = |at: &usize| lexed.tokens.get(*at).is_none_or(|token| token.indent.is_some());
    let end = (field + 1..field + MAX_TOKENS).find(ends).unwrap_or(field);
    let of_number = matches!(cast, Some(Cast::Integer | Cast::Number));
    let of_text = cast.is_none() && is_text(lexed, field);
    let mut found: Vec<Bound> = Vec::new();
    for at in (field + 2..end).filter(|at| lexed.is_word(*at)) {
        match lexed.at(at) {
            "PositiveInt" | "PositiveFloat" if of_number => found.push(("exclusiveMinimum", "0".to_owned())),
            "NonNegativeInt" | "NonNegativeFloat" if of_number => found.push(("minimum", "0".to_owned())),
            "NegativeInt" | "NegativeFloat" if of_number => found.push(("exclusiveMaximum", "0".to_owned())),
            "NonPositiveInt" | "NonPositiveFloat" if of_number => found.push(("maximum", "0".to_owned())),
            word if lexed.at(at + 1) == "(" => {
                for argument in lexed.arguments(at + 1) {
                    let (name, value) = match word {
                        "Field" | "conint" | "confloat" | "constr" | "Interval" | "StringConstraints"
                            if lexed.at(argument.start + 1) == "=" =>
                        {
                            (lexed.at(argument.start), argument.start + 2..argument.end)
                        }
                        "Ge" => ("ge", argument),
                        "Gt" => ("gt", argument),
                        "Le" => ("le", argument),
                        "Lt" => ("lt", argument),
                        _ => continue,
                    };
                    let keyword = match name {
                        "ge" if of_number => "minimum",
                        "gt" if of_number => "exclusiveMinimum",
                        "le" if of_number => "maximum",
                        "lt" if of_number => "exclusiveMaximum",
                        "min_length" if of_text => "minLength",
                        "max_length" if of_text => "maxLength",
                        _ => continue,
                    };
                    let value = number(lexed, value).filter(|text| keeps(keyword, text));
                    found.extend(value.map(|text| (keyword, text)));
                }
            }
            _ => {}
        }
    }
    found
}

/// `name: str`, `name: str | None`, `name: SecretStr`
fn is_text(lexed: &Lexed<'_>, field: usize) -> bool {
    // `Annotated[str, Field(min_length=3)]`
    let first = if lexed.at(field + 2) == "Annotated" { field + 4 } else { field + 2 };
    matches!(lexed.at(first), "str" | "SecretStr" | "constr")
}

/// That there has to be something says more of a value than that it is long.
fn keeps(keyword: &str, text: &str) -> bool {
    keyword != "minLength" || !matches!(text, "0" | "1")
}

/// What a method of zod says of a number or a text, by its name; its arguments stand in the brackets at `open`.
pub(super) fn of_method(lexed: &Lexed<'_>, method: &str, open: usize, of_number: bool) -> Vec<Bound> {
    let keywords: &[&'static str] = match (method, of_number) {
        ("min" | "gte", true) => &["minimum"],
        ("gt", true) => &["exclusiveMinimum"],
        ("max" | "lte", true) => &["maximum"],
        ("lt", true) => &["exclusiveMaximum"],
        ("positive", true) => return vec![("exclusiveMinimum", "0".to_owned())],
        ("nonnegative", true) => return vec![("minimum", "0".to_owned())],
        ("min", false) => &["minLength"],
        ("max", false) => &["maxLength"],
        ("length", false) => &["minLength", "maxLength"],
        _ => &[],
    };
    let first = || number(lexed, lexed.arguments(open).into_iter().next()?);
    let value = if keywords.is_empty() { None } else { first() };
    let bounds = keywords.iter().filter_map(|keyword| Some((*keyword, value.clone()?)));
    bounds.filter(|(keyword, text)| keeps(keyword, text)).collect()
}

/// What fits into a small number of Rust.
pub(super) fn of_width(name: &str) -> Vec<Bound> {
    let most = match name {
        "u8" => "255",
        "u16" => "65535",
        _ => return Vec::new(),
    };
    vec![("minimum", "0".to_owned()), ("maximum", most.to_owned())]
}
