//! What a shell file is cut into.

use std::ops::Range;

/// What cannot be read, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: &'static str,
    pub(super) at: Range<usize>,
}

/// A token, by the grammar of POSIX.
pub(super) enum Token {
    Word(Word),
    /// `;`, `&`, `|`, `&&`, `||`, `(`, `)`, `;;`, `<`, `>`, `>>`, `<<`, `<&`, `>&`, `<>` or `>|`.
    Operator(&'static str),
    Newline,
    End,
}

/// A word and where it stands.
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    pub(super) span: Range<usize>,
}

/// A piece of a word.
pub(super) enum Part {
    Text {
        text: Vec<u8>,
        quoted: bool,
    },
    Parameter {
        name: Vec<u8>,
        quoted: bool,
        /// `${#NAME}`
        length: bool,
        operation: Option<Operation>,
        span: Range<usize>,
    },
    /// `$(…)` or backticks.
    Command(Range<usize>),
    /// `$((…))`, and what stands within.
    Arithmetic {
        text: Vec<u8>,
        span: Range<usize>,
    },
    /// A `${…}` that no shell knows: an error once it is expanded.
    Bad(Range<usize>),
}

/// What follows the name in `${NAME…}`.
pub(super) struct Operation {
    /// `-`, `=`, `?`, `+`, `%`, `#`, or `P` and `H` for `%%` and `##`.
    pub(super) sign: u8,
    pub(super) colon: bool,
    pub(super) word: Vec<Part>,
}
