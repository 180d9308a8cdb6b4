//! Env files: a line `NAME=` is written so that the common readers agree; a secret becomes a comment.

use super::{Draft, Kind, Misfit, Sign, Token, add, by_line, known, one_line};
use crate::dialects::{self, Dialect};
use crate::portable;
use crate::rendering::marks::Part;

pub(super) const KIND: Kind = Kind {
    name: "env",
    comment: Some("#"),
    interpolates: false,
    is: |name| name == "env" || name.ends_with(".env") || name.starts_with(".env"),
    write: |draft| {
        let mut open = None;
        by_line(&draft.lines(), |line, misfits| {
            let within = open.is_some();
            open = still_open(open, line);
            if within && let Some(at) = first_hole(line) {
                const HELP: &str = "give the value a variable of its own: NAME={{ NAME }}";
                misfits.push(Misfit::new(at, "a value stands within quotes that begin on a line above", HELP));
                return String::new();
            }
            write(draft, line, misfits)
        })
    },
};

fn first_hole(line: &[Token<'_>]) -> Option<usize> {
    line.iter().find(|token| matches!(token.sign, Sign::Hole(_))).map(|token| token.at)
}

/// The quote that is open behind a line: what the template itself writes begins with it and does not end with it.
fn still_open(open: Option<char>, line: &[Token<'_>]) -> Option<char> {
    let own = |token: &Token<'_>| if let Sign::Own(own) = token.sign { own } else { ' ' };
    let text: String = line.iter().map(own).collect();
    if let Some(quote) = open {
        return if text.contains(quote) { None } else { open };
    }
    if text.trim_start().starts_with('#') {
        return None;
    }
    let value = text.split_once(['=', ':'])?.1.trim_start();
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'))?;
    (value.matches(quote).count() == 1).then_some(quote)
}

fn write(draft: &Draft<'_>, line: &[Token<'_>], misfits: &mut Vec<Misfit>) -> String {
    let own = |tokens: &[Token<'_>]| -> Option<String> {
        tokens.iter().map(|token| if let Sign::Own(own) = token.sign { Some(own) } else { None }).collect()
    };
    if let Some(text) = own(line) {
        return text;
    }
    // What is wrong with a line is told of the value in it, whose place is known in every kind of template.
    let at = first_hole(line).unwrap_or_default();
    let comment = line.first().is_some_and(|token| token.is(|own| own == '#'));
    let equals = line.iter().position(|token| token.is(|own| own == '='));
    if comment {
        return one_line_of(draft, line, misfits);
    }
    let Some(equals) = equals else {
        misfits.push(Misfit::new(at, "a value stands on a line that assigns nothing", "write it as NAME={{ NAME }}"));
        return String::new();
    };
    let (before, after) = (line.get(..equals).unwrap_or_default(), line.get(equals + 1..).unwrap_or_default());
    let mut name = String::new();
    for token in before {
        let parts = parts(draft, std::slice::from_ref(token));
        let is_value = matches!(token.sign, Sign::Hole(_));
        for part in parts {
            match part {
                Part::Text(text)
                    if is_value && !text.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) =>
                {
                    const HELP: &str = "choose a value of letters, digits and _, or write the name in the template";
                    misfits.push(Misfit::new(token.at, "this value is no name of a variable", HELP));
                    return String::new();
                }
                Part::Text(text) => name.push_str(&text),
                Part::Secret(key) => misfits.push(super::no_reference(token.at, &key, "the name of a variable")),
            }
        }
    }
    let name = name.trim();
    if name.starts_with("export ") {
        let message = "`export` stands before a value, which not all readers of an env file know";
        misfits.push(Misfit::new(at, message, "leave it out, or name the template *.sh.j2"));
        return String::new();
    }
    let (value, comment) = after.split_at(comment_of(after));
    let around = trimmed(value);
    let Some((value, is_literal)) = within_quotes(around) else {
        misfits.push(Misfit::new(
            at,
            "a value is put in quotes here already, with more than one pair of them or an escape",
            "leave the quotes out: they are chosen to suit the value",
        ));
        return String::new();
    };
    if let Some(Err(misfit)) = quote_around(around, value).map(|quote| fits_within(draft, value, quote)) {
        misfits.push(misfit);
        return String::new();
    }
    if let Some(misfit) = beside_dollar(value).filter(|_| !is_literal) {
        misfits.push(misfit);
        return String::new();
    }
    let above = match comment {
        [] => String::new(),
        // Not every reader takes a comment behind a value for one.
        comment => format!("{}\n", one_line_of(draft, comment, misfits)),
    };
    let parts = parts(draft, value);
    if let Some((at, key)) = secret_in(draft, value) {
        // Under another name the value would never arrive.
        if !(draft.is_secret)(name) {
            let message =
                format!("{key} is a secret, and {name}, which would hold it, is none that `sparkcfg run` sets");
            let help = "seal the whole value under that name, or render with --with-secrets";
            misfits.push(Misfit { at, key: Some(key), message, help });
            return String::new();
        }
        return format!("{above}# {name}{LEFT_TO_RUN}{} sets it", draft.environment);
    }
    let value = known(&parts, at, "an env file").unwrap_or_default();
    let readers: Vec<&Dialect> = portable::COMMON.iter().filter_map(|name| dialects::find(name)).collect();
    match portable::spell(name, &value, &readers, &portable::surroundings()) {
        Ok(line) => above + &line,
        Err(unportable) => {
            let message = format!(
                "{name} cannot be written for all readers of an env file: {} stands in the way: {}",
                unportable.reader, unportable.reason
            );
            misfits.push(Misfit {
                at,
                key: Some(name.to_owned()),
                message,
                help: "choose another value, or write the file of one reader with `sparkcfg show ENV --as`",
            });
            String::new()
        }
    }
}

/// What stands behind the name of a secret that is left to `sparkcfg run`.
const LEFT_TO_RUN: &str = " is a secret: sparkcfg run ";

/// The secret that a line of a rendered env file leaves to `sparkcfg run`.
#[must_use]
pub fn left_to_run(line: &str) -> Option<&str> {
    line.strip_prefix("# ")?.split_once(LEFT_TO_RUN).map(|(name, _)| name)
}

/// What stands in the quotes that a template puts around a value, for those that suit it are chosen anew, and whether all
/// readers take them for quotes in which nothing is replaced; `None` for quotes that end within it.
fn within_quotes<'t, 'd>(value: &'t [Token<'d>]) -> Option<(&'t [Token<'d>], bool)> {
    let quote = |token: &Token<'d>| token.is(|own| matches!(own, '"' | '\''));
    let (first, inner, last) = match value {
        [first, inner @ .., last] if quote(first) => (first, inner, last),
        [first] if quote(first) => return None,
        _ => return Some((value, false)),
    };
    let own = |token: &Token<'d>| if let Sign::Own(own) = token.sign { own } else { ' ' };
    let is_whole = own(first) == own(last) && !inner.iter().any(|token| quote(token) || token.is(|own| own == '\\'));
    is_whole.then_some((inner, own(first) == '\''))
}

/// The quote around a value that stands within `around`.
fn quote_around(around: &[Token<'_>], value: &[Token<'_>]) -> Option<char> {
    around.first().filter(|_| value.len() < around.len()).and_then(|first| match first.sign {
        Sign::Own(quote) => Some(quote),
        Sign::Hole(_) => None,
    })
}

/// Whether the pieces of a value can stand within a quote of the template's.
fn fits_within(draft: &Draft<'_>, value: &[Token<'_>], quote: char) -> Result<(), Misfit> {
    value.iter().try_for_each(|token| match token.sign {
        Sign::Own(_) => Ok(()),
        Sign::Hole(piece) => draft.parts_within(piece, quote, token.at).map(drop),
    })
}

/// A `$` of the template's own, which some readers would take for a variable and others for itself.
fn beside_dollar(value: &[Token<'_>]) -> Option<Misfit> {
    let acts = |token: &Token<'_>| {
        token.is(|own| own.is_ascii_alphabetic() || "_{($".contains(own)) || matches!(token.sign, Sign::Hole(_))
    };
    let at =
        value.windows(2).position(|pair| matches!(pair, [sign, next] if sign.is(|own| own == '$') && acts(next)))?;
    let near = value.get(at + 1..).and_then(first_hole).or_else(|| first_hole(value))?;
    let message = "beside this value stands a $ of the template, in which readers of an env file see different things";
    Some(Misfit::new(near, message, "write {{ NAME }} for the value of a variable, {{ \"$\" }} for a dollar sign"))
}

/// Where a comment begins: at a `#` of the template's own that stands apart.
fn comment_of(tokens: &[Token<'_>]) -> usize {
    let apart = |pair: &[Token<'_>]| matches!(pair, [before, sign] if before.is(char::is_whitespace) && sign.is(|own| own == '#'));
    tokens.windows(2).position(apart).map_or(tokens.len(), |before| before + 1)
}

/// Without the blanks that a template writes around a value: for whoever allows them, they belong to none.
fn trimmed<'t, 'd>(tokens: &'t [Token<'d>]) -> &'t [Token<'d>] {
    let is_seen = |token: &Token<'d>| !token.is(char::is_whitespace);
    let start = tokens.iter().position(is_seen).unwrap_or(tokens.len());
    let end = tokens.iter().rposition(is_seen).map_or(start, |last| last + 1);
    tokens.get(start..end).unwrap_or_default()
}

/// The first secret in a value, with its place.
fn secret_in(draft: &Draft<'_>, value: &[Token<'_>]) -> Option<(usize, String)> {
    value.iter().find_map(|token| {
        let mut parts = parts(draft, std::slice::from_ref(token)).into_iter();
        parts.find_map(|part| if let Part::Secret(key) = part { Some((token.at, key)) } else { None })
    })
}

fn parts(draft: &Draft<'_>, tokens: &[Token<'_>]) -> Vec<Part> {
    let parts = tokens.iter().flat_map(|token| match token.sign {
        Sign::Own(own) => vec![Part::Text(own.to_string())],
        Sign::Hole(piece) => draft.parts(piece),
    });
    parts.collect()
}

fn one_line_of(draft: &Draft<'_>, line: &[Token<'_>], misfits: &mut Vec<Misfit>) -> String {
    let mut out = String::new();
    for token in line {
        match token.sign {
            Sign::Own(own) => out.push(own),
            Sign::Hole(piece) => {
                let text = known(&draft.parts(piece), token.at, "a comment");
                add(&mut out, misfits, text.and_then(|text| one_line(&text, token.at, "a comment")));
            }
        }
    }
    out
}
