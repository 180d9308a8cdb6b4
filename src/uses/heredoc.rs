//! Texts that begin on the line after their name: `<<~SQL` of Ruby, `<<<SQL` of PHP.

use std::ops::Range;

/// A text that is about to begin.
#[derive(Debug, Clone)]
pub(super) struct Heredoc {
    /// The word that ends it.
    pub(super) end: String,
    /// What begins code within it.
    pub(super) code: Option<&'static str>,
}

/// The text that `text` announces at its beginning, and how long the announcement is.
pub(super) fn opening(text: &str, php: bool) -> Option<(usize, Heredoc)> {
    let begin = if php { "<<<" } else { "<<" };
    let rest = text.strip_prefix(begin)?;
    let squiggle = usize::from(!php && rest.starts_with(['~', '-']));
    let blank = if php { rest.len() - rest.trim_start_matches([' ', '\t']).len() } else { 0 };
    let rest = &rest[squiggle + blank..];
    let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
    let name = &rest[usize::from(quote.is_some())..];
    let length = name.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(name.len());
    let end = &name[..length];
    // `<<` is also a shift, and a shift by a number or a variable is no text.
    let is_name = end.starts_with(|first: char| {
        first == '_' || if php { first.is_ascii_alphabetic() } else { first.is_ascii_uppercase() }
    });
    if !is_name || quote.is_some_and(|quote| !name[length..].starts_with(quote)) {
        return None;
    }
    let code = match (quote, php) {
        (Some('\''), _) => None,
        (_, true) => Some("{"),
        (_, false) => Some("#{"),
    };
    let total = begin.len() + squiggle + blank + length + 2 * usize::from(quote.is_some());
    Some((total, Heredoc { end: end.to_owned(), code }))
}

/// The body that begins at `from`, its last line included.
pub(super) fn body(text: &str, from: usize, end: &str) -> Range<usize> {
    let from = from.min(text.len());
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let after = line.trim_start().strip_prefix(end);
        if after.is_some_and(|rest| !rest.starts_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '_')) {
            // What follows the word on its line is code again.
            return from..at + line.len() - after.map_or(0, str::len);
        }
        at += line.len();
    }
    from..text.len()
}
