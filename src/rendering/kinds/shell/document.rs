//! A here-document: lines up to one that is its delimiter, in which a value is text.

use super::super::{Misfit, behind};
use super::word::{Hole, Role, Word};

/// One that has been announced, or is being read.
pub(super) struct Document {
    /// The line that ends it.
    delimiter: String,
    /// Whether tabs at the beginning of a line are taken away.
    tabs: bool,
    /// Whether nothing in it is replaced.
    pub(super) literal: bool,
    /// Whether its text goes to a program that only hands it on; `None` until the command has been read.
    pub(super) is_text: Option<bool>,
    /// The line so far, as the shell reads it, and the values in it.
    line: String,
    holes: Vec<Hole>,
    before: Option<char>,
    /// How many `${` are open, and whether a command has begun whose end is not looked for.
    depth: usize,
    has_command: bool,
}

impl Document {
    pub(super) fn new(delimiter: &Word, is_text: Option<bool>) -> Self {
        Self {
            delimiter: delimiter.text.clone(),
            tabs: delimiter.role == Role::Delimiter { tabs: true },
            literal: delimiter.is_quoted,
            is_text,
            line: String::new(),
            holes: Vec::new(),
            before: None,
            depth: 0,
            has_command: false,
        }
    }

    /// Goes on by one character of the template's own; `true` at its end.
    pub(super) fn read(&mut self, own: char, misfits: &mut Vec<Misfit>) -> bool {
        if own == '\n' {
            return self.end_line(misfits);
        }
        self.line.push(own);
        let before = self.before.take();
        if self.literal || before == Some('\\') {
            return false;
        }
        match own {
            '(' if before == Some('$') => self.has_command = true,
            '`' => self.has_command = true,
            '{' if before == Some('$') => self.depth += 1,
            '}' => self.depth = self.depth.saturating_sub(1),
            '$' if before == Some('$') => {}
            '\\' | '$' => self.before = Some(own),
            _ => {}
        }
        false
    }

    fn end_line(&mut self, misfits: &mut Vec<Misfit>) -> bool {
        let line = std::mem::take(&mut self.line);
        let (holes, continued) = (std::mem::take(&mut self.holes), self.before.take() == Some('\\'));
        let line = if self.tabs { line.trim_start_matches('\t') } else { line.as_str() };
        let ends = line == self.delimiter && !continued;
        if let Some(hole) = holes.first().filter(|_| ends) {
            misfits.push(hole.refused(
                "this value would end the here-document",
                "choose another word to end it with, which no value is",
            ));
        }
        ends && holes.is_empty()
    }

    /// Whether a value can stand here.
    pub(super) fn takes(&self, hole: &Hole) -> Result<(), Misfit> {
        const FILE: &str = "write a file with cat or tee, and give the program that";
        const ABOVE: &str = "set a variable above the here-document, and use that";
        if self.is_text != Some(true) {
            return Err(hole.refused("a value cannot stand in a here-document that a program evaluates", FILE));
        }
        if self.has_command || self.depth > 0 {
            return Err(hole.refused("a value cannot stand after a substitution within a here-document", ABOVE));
        }
        match self.before {
            Some(sign) => Err(behind(sign, hole.at)),
            None => Ok(()),
        }
    }

    /// Goes past a value.
    pub(super) fn pass(&mut self, hole: &Hole, misfits: &mut Vec<Misfit>) {
        self.before = None;
        let text = hole.text.clone().unwrap_or_else(|| "\u{1}".to_owned());
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.end_line(misfits);
            }
            let begins = self.line.trim_start_matches('\t').is_empty();
            if self.tabs && begins && line.starts_with('\t') {
                misfits.push(hole.refused(
                    "a value that begins a line with a tab cannot stand in a here-document with <<-, which takes it away",
                    "write << instead",
                ));
            }
            self.line.push_str(line);
            self.holes.push(hole.clone());
        }
    }
}
