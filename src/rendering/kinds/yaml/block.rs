//! Block scalars, which have no escapes: a value stands in one only if it is read as it is.

use super::super::{Misfit, Sign, Token};
use super::{indent, is_blank};

/// A block scalar whose lines are being written.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Whether `>` joins its lines.
    folded: bool,
    /// Whether its first line says how far it is indented.
    measured: bool,
    /// How far it is indented.
    indent: usize,
    /// The lines before its first one with text, and how many there are up to its last.
    blank: usize,
    rows: usize,
    /// How many have been written.
    done: usize,
}

impl Block {
    /// The block that `header` begins, of something in `column`, with what stands `below`; `None` for an empty one.
    pub(super) fn new(header: &[Token<'_>], column: usize, below: &[Vec<Token<'_>>]) -> Option<Self> {
        let digit = header.iter().take(3).find_map(|token| match token.sign {
            Sign::Own(own) => own.to_digit(10).and_then(|digit| usize::try_from(digit).ok()),
            Sign::Hole(_) => None,
        });
        let own = || below.iter().take_while(|line| is_blank(line) || indent(line) > column);
        let blank = own().take_while(|line| is_blank(line)).count();
        let rows = own().enumerate().filter(|(_, line)| !is_blank(line)).last().map_or(0, |(row, _)| row + 1);
        let first = below.get(blank).map_or(0, |line| indent(line));
        let block = Self {
            folded: header.first().is_some_and(|token| token.is(|own| own == '>')),
            measured: digit.is_none(),
            indent: digit.map_or(first, |digit| column + digit),
            blank,
            rows,
            done: 0,
        };
        (rows > 0).then_some(block)
    }

    /// The block after one more line; `None` after the last.
    pub(super) fn next(self) -> Option<Self> {
        Some(Self { done: self.done + 1, ..self }).filter(|block| block.done < block.rows)
    }

    /// What a line break within a value becomes.
    pub(super) fn line_break(self) -> String {
        format!("\n{}", " ".repeat(self.indent))
    }

    /// Whether a line as it was written, with a value in it at `at`, is read as what was meant.
    pub(super) fn holds(self, written: &str, at: usize) -> Result<(), Misfit> {
        let text = written.get(self.indent..).unwrap_or_default();
        let begins_blank = text.is_empty() || text.starts_with([' ', '\t', '\n']);
        let last = text.rsplit('\n').next().unwrap_or_default();
        let what = if self.folded && text.contains('\n') {
            "a value with a line break cannot stand in a block with >, which joins lines"
        } else if self.folded && begins_blank {
            "a value that begins with a blank, or is empty, cannot begin a line of a block with >, which keeps such lines apart"
        } else if self.measured && self.done == self.blank && begins_blank {
            "a value that begins with a blank, or is empty, cannot begin a block, which is measured by its first line"
        } else if self.done + 1 == self.rows && last.trim_matches([' ', '\t']).is_empty() {
            "a value that ends with a line break, or is empty, cannot end a block, which drops its last blank lines"
        } else {
            return Ok(());
        };
        Err(Misfit::new(at, what, "put the whole scalar in double quotes"))
    }
}
