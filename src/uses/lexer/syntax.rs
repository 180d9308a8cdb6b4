//! How languages are written, as far as it matters for finding words: a table for each.

/// How a language is written, as far as it matters for finding words.
#[derive(Debug)]
pub(in crate::uses) struct Syntax {
    /// What begins a comment that ends with the line.
    pub(in crate::uses) line_comments: &'static [&'static str],
    /// What begins and ends a comment.
    pub(in crate::uses) block_comments: &'static [(&'static str, &'static str)],
    /// Whether such comments stand in each other.
    pub(in crate::uses) nested_comments: bool,
    /// Strings, the longest beginning first.
    pub(in crate::uses) quotes: &'static [Quote],
    /// Signs that are part of words, as `$` in JavaScript.
    pub(in crate::uses) in_words: &'static [u8],
    /// What only this language does.
    pub(in crate::uses) habit: Habit,
}

/// One way to write a string.
#[derive(Debug)]
pub(in crate::uses) struct Quote {
    /// What begins it.
    pub(in crate::uses) open: &'static str,
    /// What ends it.
    pub(in crate::uses) close: &'static str,
    /// Whether a backslash takes away what the next sign means.
    pub(in crate::uses) escapes: bool,
    /// Whether it goes on over the end of a line.
    pub(in crate::uses) lines: bool,
    /// What begins code within it; always ends with `{`.
    pub(in crate::uses) code: Option<&'static str>,
}

impl Quote {
    /// A string that ends on its line, with escapes.
    pub(in crate::uses) const fn line(quote: &'static str) -> Self {
        Self { open: quote, close: quote, escapes: true, lines: false, code: None }
    }

    /// A string over several lines, with escapes.
    pub(in crate::uses) const fn lines(quote: &'static str) -> Self {
        Self { lines: true, ..Self::line(quote) }
    }

    /// A string over several lines in which everything is as it stands.
    pub(in crate::uses) const fn raw(quote: &'static str) -> Self {
        Self { escapes: false, ..Self::lines(quote) }
    }

    /// The same with code in it.
    pub(in crate::uses) const fn with(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }
}

/// What only one language does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::uses) enum Habit {
    /// Nothing.
    None,
    /// `f"…{code}…"`, `rb'…'`.
    Prefixes,
    /// `r#"…"#`, `'a` without an end.
    Rust,
    /// `/…/` and `<b>…</b>` where a value may begin.
    Regexes,
    /// The same, `<<~NAME`, `%w[…]`, `=begin`.
    Ruby,
    /// Code only between `<?php` and `?>`; `<<<NAME`.
    Php,
}
