//! A here-document: lines up to one that is its delimiter, in which a value is text.

use super::super::{Misfit, behind};
use super::word::{Hole, Limit, Role, Word};

/// What becomes of a here-document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// It stays a text.
    Text,
    /// A program reads it whose ways are not known.
    Unknown,
    /// It is evaluated, or may be.
    Code,
    /// The same: it stands within a substitution, whose program is not looked at.
    Inner,
    /// It stays a text, but stands within a substitution, of which some shells look for the end first.
    Kept,
}

/// What bash 3.2, still that of macOS, takes for quotes or the end of a substitution around a here-document.
const MISREAD: &[char] = &['\'', '"', '`', '(', ')', '\\', '$', '#'];

/// What has begun in one and not ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `$(…)`, and a parenthesis within it.
    Command,
    Backquote,
    /// `${…}`.
    Parameter,
    /// Quotes within a substitution; outside of it they are a part of the text.
    Single,
    Double,
}

/// One that has been announced, or is being read.
pub(super) struct Document {
    /// The line that ends it.
    delimiter: String,
    /// Whether tabs at the beginning of a line are taken away.
    tabs: bool,
    /// Whether nothing in it is replaced.
    pub(super) literal: bool,
    /// What becomes of it; `None` until the command has been read.
    pub(super) input: Option<Input>,
    /// The line so far, as the shell reads it, and the values in it.
    line: String,
    holes: Vec<Hole>,
    /// The character before, where that acts on what follows it.
    before: Option<char>,
    /// What is open, from the outside in.
    open: Vec<Open>,
    /// The word so far within a substitution.
    word: String,
    /// Why substitutions cannot be followed any more.
    lost: Option<&'static str>,
}

impl Document {
    pub(super) fn new(delimiter: &Word, input: Option<Input>) -> Self {
        Self {
            delimiter: delimiter.text.clone(),
            tabs: delimiter.role == Role::Delimiter { tabs: true },
            literal: delimiter.is_quoted,
            input,
            line: String::new(),
            holes: Vec::new(),
            before: None,
            open: Vec::new(),
            word: String::new(),
            lost: None,
        }
    }

    /// Goes on by one character of the template's own; `true` at its end.
    pub(super) fn read(&mut self, own: char, misfits: &mut Vec<Misfit>) -> bool {
        if own != '\n' {
            self.line.push(own);
            let before = self.before.take();
            if !self.literal {
                self.follow(own, before);
            }
            return false;
        }
        if !self.literal && self.before.is_none() {
            self.follow(own, None);
        }
        self.end_line(misfits)
    }

    /// Follows the substitutions by one character.
    fn follow(&mut self, own: char, before: Option<char>) {
        let word = std::mem::take(&mut self.word);
        let is_escaped = before == Some('\\');
        let after_dollar = before == Some('$');
        match (self.open.last(), own) {
            (Some(Open::Single), '\'') => drop(self.open.pop()),
            (Some(Open::Single), _) => {}
            _ if is_escaped => {}
            (_, '\\') => self.before = Some(own),
            (Some(Open::Backquote), '`')
            | (Some(Open::Double), '"')
            | (Some(Open::Parameter), '}')
            | (Some(Open::Command), ')') => drop(self.open.pop()),
            (Some(Open::Backquote), _) => {}
            (_, '`') => self.open.push(Open::Backquote),
            (_, '$') => self.before = Some(own).filter(|_| !after_dollar),
            (_, '(') if after_dollar => self.open.push(Open::Command),
            (_, '{') if after_dollar => self.open.push(Open::Parameter),
            (Some(Open::Parameter), '"' | '\'') => self.lose("a quote in ${…}"),
            (Some(Open::Command), '(') => self.open.push(Open::Command),
            (Some(Open::Command), '"') => self.open.push(Open::Double),
            (Some(Open::Command), '\'') => self.open.push(Open::Single),
            (Some(Open::Command), '#') if word.is_empty() && !after_dollar => self.lose("a # in a substitution"),
            (Some(Open::Command), '<') if word == "<" => self.lose("a here-document in a substitution"),
            (Some(Open::Command), sign) if sign.is_whitespace() && word == "case" => {
                self.lose("a `case` in a substitution");
            }
            (Some(Open::Command), sign) if !sign.is_whitespace() && !";&|".contains(sign) => {
                self.word = if sign == '<' { String::new() } else { word };
                self.word.push(sign);
            }
            _ => {}
        }
    }

    fn lose(&mut self, why: &'static str) {
        self.lost.get_or_insert(why);
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
        let refused = |message: &str, help| Err(hole.refused(message, help));
        let is_plain = hole.fits(Limit::Plain);
        match self.input {
            Some(Input::Text) => {}
            Some(Input::Kept) if hole.text.as_deref().is_none_or(|text| !text.contains(MISREAD)) => {}
            Some(Input::Kept) => {
                let message = "a value with quotes, parentheses or one of `\\$# cannot stand in a here-document within a substitution, where older shells read them";
                return refused(message, ABOVE);
            }
            Some(Input::Unknown) if is_plain => {}
            Some(Input::Unknown) => {
                let message = "only a plain word can stand in a here-document for this program: what it makes of a text is not known";
                return refused(message, FILE);
            }
            _ => {
                let (what, help) = match self.input {
                    Some(Input::Inner) => ("within a substitution", ABOVE),
                    _ => ("that may be evaluated", FILE),
                };
                if !is_plain {
                    return refused(&format!("only a plain word can stand in a here-document {what}"), help);
                }
                let before = self.line.trim_end_matches([' ', '\t']);
                if before.is_empty() || before.ends_with([';', '&', '|', '(', '{', '`', '!']) {
                    return refused(&format!("a value cannot begin a command in a here-document {what}"), help);
                }
            }
        }
        if let Some(why) = self.lost {
            return refused(&format!("a value cannot stand after {why} within a here-document"), ABOVE);
        }
        if !self.open.is_empty() {
            return refused("a value cannot stand within a substitution in a here-document", ABOVE);
        }
        match self.before {
            Some(sign) => Err(behind(sign, hole.at)),
            None => Ok(()),
        }
    }

    /// Goes past a value.
    pub(super) fn pass(&mut self, hole: &Hole, misfits: &mut Vec<Misfit>) {
        self.before = None;
        self.word.clear();
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
