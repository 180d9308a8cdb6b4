//! How a report is written: one file a format.
//!
//! To add a format: one file with a `write` function, one `mod` line, one entry in [`ALL`].

mod human;
mod json;

use crate::report::Report;

/// One format.
#[derive(Debug)]
pub struct Output {
    /// What follows `--format`.
    pub name: &'static str,
    /// One line for `--help`.
    pub summary: &'static str,
    /// Writes the whole report; the text ends with a newline.
    pub write: fn(&Report, &Style) -> String,
}

/// How a person's terminal wants it.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
    /// Whether to use box-drawing characters.
    pub unicode: bool,
    /// Columns available.
    pub width: usize,
    /// Findings only, without the closing line.
    pub quiet: bool,
}

/// Every format, in the order in which `--help` lists them.
pub static ALL: &[Output] = &[human::OUTPUT, json::OUTPUT];

/// A format by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Output> {
    ALL.iter().find(|output| output.name == name)
}
