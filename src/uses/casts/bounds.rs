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

/// What `Field(…)` of pydantic says of the field at an index.
pub(super) fn of_field(lexed: &Lexed<'_>, field: usize, cast: Option<&Cast>) -> Vec<Bound> {
    let ends = |at: &usize| lexed.tokens.get(*at).is_none_or(|token| token.indent.is_some());
    let end = (field + 1..field + MAX_TOKENS).find(ends).unwrap_or(field);
    let Some(call) = (field..end).find(|at| lexed.at(*at) == "Field" && lexed.at(at + 1) == "(") else {
        return Vec::new();
    };
    let of_number = matches!(cast, Some(Cast::Integer | Cast::Number));
    let mut found = Vec::new();
    for argument in lexed.arguments(call + 1) {
        let keyword = match lexed.at(argument.start) {
            "ge" if of_number => "minimum",
            "gt" if of_number => "exclusiveMinimum",
            "le" if of_number => "maximum",
            "lt" if of_number => "exclusiveMaximum",
            "min_length" if cast.is_none() && is_text(lexed, field) => "minLength",
            "max_length" if cast.is_none() && is_text(lexed, field) => "maxLength",
            _ => continue,
        };
        let value = number(lexed, argument.start + 2..argument.end).filter(|_| lexed.at(argument.start + 1) == "=");
        found.extend(value.filter(|text| keeps(keyword, text)).map(|text| (keyword, text)));
    }
    found
}

/// `name: str`, `name: str | None`, `name: SecretStr`
fn is_text(lexed: &Lexed<'_>, field: usize) -> bool {
    matches!(lexed.at(field + 2), "str" | "SecretStr")
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
