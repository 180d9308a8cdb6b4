//! A POSIX shell, `set -a; . file`: what dash makes of a file of assignments.
//!
//! The file is a program. Assignments are followed as the shell would make them, with quotes, `~`, and every form of
//! `${…}`; `export`, `readonly` and `unset` too, and arithmetic that assigns nothing. Nothing is run: a command does nothing
//! and counts as failed; what `$(…)`, backticks, other arithmetic, `$$` and `$0` give is not known, nor whether an assignment is made
//! beside `<`, whose file may not be there; the places of all of these are kept. A syntax error ends the shell, so then nothing is set. `if`, `for`, `case`, functions, subshells and
//! here-documents are refused: only a shell can follow them.

mod arithmetic;
mod expansion;
mod grammar;
mod lexer;
mod pattern;
mod token;

use std::collections::HashSet;
use std::ops::Range;

use expansion::{Variables, unknown};
use lexer::{Lexer, is_name};
use pattern::Effort;
use token::{Fault, Part, Token, Word};

use super::{Draft, Process, ReadError, Reading, Text, Variable, known};

/// How much text the words of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;

/// How much of values the references and patterns of one file may look at, in bytes: less than a second's work.
const MAX_EFFORT: usize = 128 << 20;

/// Reads a file as dash does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let values = process.iter().map(|(key, value)| (key.clone().into_bytes(), value.clone().into_bytes())).collect();
    let variables = Variables {
        values,
        readonly: HashSet::new(),
        assigned: Vec::new(),
        executes: Vec::new(),
        status: 0,
        left: MAX_EXPANDED,
        effort: Effort(MAX_EFFORT),
    };
    // dash reads over NUL bytes.
    let file = Text::new(bytes).replacing(0, |_| "");
    let mut shell =
        Shell { lexer: Lexer::new(file.text.as_bytes()), variables, draft: Draft::default(), unset: HashSet::new() };
    let result = shell.file();
    let executes = shell.variables.executes;
    let reading = match result {
        Ok(()) => {
            let mut reading = shell.draft.reading;
            reading.vars.retain(|variable| !shell.unset.contains(variable.key.as_bytes()));
            Reading { executes, ..reading }
        }
        Err(Fault { message, at }) => {
            Reading { error: Some(ReadError { message, at: Some(at) }), executes, ..Reading::default() }
        }
    };
    file.in_file(reading)
}

const RESERVED: &[&str] =
    &["!", "{", "}", "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in"];

#[derive(Default)]
struct Command {
    /// The length of the name, and the word.
    assignments: Vec<(usize, Word)>,
    words: Vec<Word>,
    redirects: bool,
    /// Whether it is done only if a file is there, or can be opened.
    opens: bool,
    span: Range<usize>,
    negated: bool,
}

struct Shell<'b> {
    lexer: Lexer<'b>,
    variables: Variables,
    draft: Draft,
    /// Names that `unset` took back.
    unset: HashSet<Vec<u8>>,
}

/// Whether reading goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    On,
    Return,
}

/// A pipeline, and how it is joined to the one before: `None`, `&&` or `||`.
type Joined = (Option<&'static str>, Vec<Command>);

impl Shell<'_> {
    fn file(&mut self) -> Result<(), Fault> {
        while let Some(line) = self.line()? {
            for (list, background) in line {
                if !background && self.run_list(list)? == Flow::Return {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    #[expect(clippy::type_complexity, reason = "a list of commands, each with its end")]
    /// Reads the commands of one line, which a shell reads as a whole before it runs any; `None` at the end.
    fn line(&mut self) -> Result<Option<Vec<(Vec<Joined>, bool)>>, Fault> {
        let mut lists = Vec::new();
        let mut list: Vec<Joined> = Vec::new();
        let mut joint = None;
        loop {
            let start = self.lexer.at;
            let (pipeline, end) = self.pipeline(joint.is_some())?;
            let syntax = Fault { message: "the shell finds a syntax error here", at: start..self.lexer.at };
            if let Some(pipeline) = pipeline {
                list.push((joint.take(), pipeline));
                match end {
                    Token::Operator(operator @ ("&&" | "||")) => joint = Some(operator),
                    Token::Operator(operator @ (";" | "&")) => lists.push((std::mem::take(&mut list), operator == "&")),
                    Token::Newline | Token::End => {
                        lists.push((list, false));
                        return Ok(Some(lists));
                    }
                    _ => return Err(syntax),
                }
            } else {
                match end {
                    Token::Newline if joint.is_none() => return Ok(Some(lists)),
                    Token::End if joint.is_none() => return Ok((!lists.is_empty()).then_some(lists)),
                    _ => return Err(syntax),
                }
            }
        }
    }

    /// Reads commands joined by `|`, and the token behind them; `None` when there is no command.
    fn pipeline(&mut self, mut continued: bool) -> Result<(Option<Vec<Command>>, Token), Fault> {
        let mut commands = Vec::new();
        loop {
            let (command, end) = self.command(continued)?;
            match (command, end) {
                (Some(command), Token::Operator("|")) => {
                    commands.push(command);
                    continued = true;
                }
                (Some(command), end) => {
                    commands.push(command);
                    return Ok((Some(commands), end));
                }
                (None, end) if commands.is_empty() => return Ok((None, end)),
                (None, _) => {
                    let at = self.lexer.at;
                    return Err(Fault { message: "a command is missing behind `|`", at: at.saturating_sub(1)..at });
                }
            }
        }
    }

    /// Reads one simple command and the token behind it.
    fn command(&mut self, skip_newlines: bool) -> Result<(Option<Command>, Token), Fault> {
        let mut command = Command::default();
        loop {
            let start = self.lexer.at;
            let token = self.lexer.token()?;
            let empty = command.assignments.is_empty() && command.words.is_empty() && !command.redirects;
            match token {
                Token::Newline if empty && skip_newlines => {}
                Token::Word(word) if empty && bare(&word) == Some(&b"!"[..]) => command.negated = !command.negated,
                Token::Word(word) => {
                    if empty && bare(&word).is_some_and(|text| RESERVED.iter().any(|one| one.as_bytes() == text)) {
                        return Err(Fault {
                            message: "sparkcfg does not follow this, only a shell does",
                            at: word.span,
                        });
                    }
                    if empty {
                        command.span.start = word.span.start;
                    }
                    command.span.end = word.span.end;
                    match assignment(&word).filter(|_| command.words.is_empty()) {
                        Some(name) => command.assignments.push((name, word)),
                        None => command.words.push(word),
                    }
                }
                Token::Operator(operator @ ("<" | ">" | ">>" | "<&" | ">&" | "<>" | ">|" | "<<")) => {
                    self.redirect(operator, start, &mut command)?;
                }
                // Only a name alone may begin a function.
                Token::Operator("(") if !command.assignments.is_empty() || command.words.len() > 1 => {
                    return Err(Fault { message: "the shell finds a syntax error here", at: start..self.lexer.at });
                }
                Token::Operator("(") => {
                    return Err(Fault {
                        message: "sparkcfg does not follow this, only a shell does",
                        at: start..self.lexer.at,
                    });
                }
                _ if empty && command.negated => {
                    return Err(Fault { message: "a command is missing behind `!`", at: start..self.lexer.at });
                }
                end if empty => return Ok((None, end)),
                end => return Ok((Some(command), end)),
            }
        }
    }

    fn redirect(&mut self, operator: &str, start: usize, command: &mut Command) -> Result<(), Fault> {
        let Token::Word(target) = self.lexer.token()? else {
            return Err(Fault { message: "a file name is missing behind this", at: start..self.lexer.at });
        };
        if operator == "<<" {
            return Err(Fault {
                message: "sparkcfg does not follow this, only a shell does",
                at: start..target.span.end,
            });
        }
        // A number right in front of the sign belongs to it.
        let digits = |word: &Word| bare(word).is_some_and(|text| text.iter().all(u8::is_ascii_digit));
        if command.words.last().is_some_and(|word| word.span.end == start && digits(word)) {
            command.words.pop();
        }
        command.redirects = true;
        command.opens |= operator.starts_with('<');
        self.variables.executes.push(start..target.span.end);
        Ok(())
    }

    fn run_list(&mut self, list: Vec<Joined>) -> Result<Flow, Fault> {
        for (joint, pipeline) in list {
            let skipped = match joint {
                Some("&&") => self.variables.status != 0,
                Some(_) => self.variables.status == 0,
                None => false,
            };
            if !skipped && self.run_pipeline(pipeline)? == Flow::Return {
                return Ok(Flow::Return);
            }
        }
        Ok(Flow::On)
    }

    fn run_pipeline(&mut self, mut pipeline: Vec<Command>) -> Result<Flow, Fault> {
        // The commands of a pipeline run in shells of their own: nothing that they set stays.
        if pipeline.len() > 1 {
            let commands = pipeline.iter().filter(|command| !command.words.is_empty());
            self.variables.executes.extend(commands.map(|command| command.span.clone()));
            self.variables.status = pipeline.last().map_or(0, |last| if last.words.is_empty() { 0 } else { 127 });
            return Ok(Flow::On);
        }
        let Some(command) = pipeline.pop() else { return Ok(Flow::On) };
        let flow = self.run(&command)?;
        if command.negated {
            self.variables.status = u8::from(self.variables.status == 0);
        }
        Ok(flow)
    }

    fn run(&mut self, command: &Command) -> Result<Flow, Fault> {
        let mut words = Vec::new();
        for word in &command.words {
            let text = known(self.variables.text(&word.parts, false)?);
            // A word of nothing but references that give blanks is no word.
            if !text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n')) || has_quotes(&word.parts) {
                words.push((text, word));
            }
        }
        let name = words.first().map(|(text, _)| text.as_slice());
        if !matches!(
            name,
            None | Some(b"export" | b"readonly" | b"unset" | b":" | b"set" | b"return" | b"times" | b"trap")
        ) {
            // Only the command gets the variables in front of it, but the shell works them out.
            for (length, word) in &command.assignments {
                self.assigned_value(*length, word)?;
            }
            self.told();
            self.variables.executes.push(command.span.clone());
            let quiet = matches!(name, Some(b"true" | b"echo" | b"printf" | b"pwd" | b"umask"));
            self.variables.status = if quiet { 0 } else { 127 };
            return match name {
                Some(b"exit" | b"exec" | b"." | b"eval") => {
                    Err(Fault { message: "sparkcfg does not follow this, only a shell does", at: command.span.clone() })
                }
                _ => Ok(Flow::On),
            };
        }
        for (length, word) in &command.assignments {
            self.assign(*length, word, command.opens)?;
        }
        self.told();
        self.variables.status = 0;
        match name {
            Some(b"export" | b"readonly") => {
                for (text, word) in words.iter().skip(1) {
                    self.declare(text, word, name == Some(b"readonly"))?;
                }
            }
            Some(b"unset") => {
                for (text, _) in words.iter().skip(1) {
                    self.variables.values.remove(text);
                    self.unset.insert(text.clone());
                }
            }
            Some(b"return") => return Ok(Flow::Return),
            _ => {}
        }
        Ok(Flow::On)
    }

    /// Makes the assignment in a word whose name has so many bytes; `unsure` says that it may not be made.
    fn assign(&mut self, length: usize, word: &Word, unsure: bool) -> Result<(), Fault> {
        let Some(Part::Text { text, .. }) = word.parts.first() else { return Ok(()) };
        let value = self.assigned_value(length, word)?;
        let value = if unsure { unknown() } else { value };
        self.set(text.get(..length).unwrap_or_default(), value, word, length)
    }

    /// What such a word assigns.
    fn assigned_value(&mut self, length: usize, word: &Word) -> Result<Vec<u8>, Fault> {
        let Some(Part::Text { text, .. }) = word.parts.first() else { return Ok(Vec::new()) };
        let head = text.get(length + 1..).unwrap_or_default();
        self.variables.assigned_value(head, word.parts.get(1..).unwrap_or_default())
    }

    fn set(&mut self, name: &[u8], value: Vec<u8>, word: &Word, length: usize) -> Result<(), Fault> {
        if self.variables.readonly.contains(name) {
            return Err(Fault { message: "this variable is read-only", at: word.span.clone() });
        }
        let key = word.span.start..word.span.start + length;
        let written = (key.end + 1).min(word.span.end)..word.span.end;
        self.unset.remove(name);
        self.draft.set(Variable::plain(
            &String::from_utf8_lossy(name),
            String::from_utf8_lossy(&value).into_owned(),
            key,
            written,
        ));
        self.variables.values.insert(name.to_vec(), value);
        Ok(())
    }

    /// `export` or `readonly` of one word.
    fn declare(&mut self, text: &[u8], word: &Word, readonly: bool) -> Result<(), Fault> {
        if matches!(text, b"-p" | b"--") {
            return Ok(());
        }
        let equal = memchr::memchr(b'=', text);
        let name = text.get(..equal.unwrap_or(text.len())).unwrap_or_default();
        if !is_identifier(name) {
            return Err(Fault { message: "this is no variable name", at: word.span.clone() });
        }
        if equal.is_some() {
            match assignment(word) {
                Some(length) => self.assign(length, word, false)?,
                None => self.set(name, text.get(name.len() + 1..).unwrap_or_default().to_vec(), word, name.len())?,
            }
        } else if let Some(value) = self.variables.values.get(name).cloned()
            && self.draft.get(&String::from_utf8_lossy(name)).is_none()
        {
            self.set(name, value, word, name.len())?;
        }
        if readonly {
            self.variables.readonly.insert(name.to_vec());
        }
        Ok(())
    }

    /// Tells what `${NAME:=word}` assigned.
    fn told(&mut self) {
        for (name, span) in std::mem::take(&mut self.variables.assigned) {
            let value = self.variables.values.get(&name).cloned().unwrap_or_default();
            let (name, value) = (String::from_utf8_lossy(&name), String::from_utf8_lossy(&value).into_owned());
            let end = span.end;
            self.draft.set(Variable::plain(&name, value, span, end..end));
        }
    }
}

/// The text of a word without quotes and references.
fn bare(word: &Word) -> Option<&[u8]> {
    match word.parts.as_slice() {
        [Part::Text { text, quoted: false }] => Some(text),
        _ => None,
    }
}

/// The length of the name, if the word is an assignment.
fn assignment(word: &Word) -> Option<usize> {
    let Some(Part::Text { text, quoted: false }) = word.parts.first() else { return None };
    let length = memchr::memchr(b'=', text)?;
    is_identifier(text.get(..length)?).then_some(length)
}

fn is_identifier(name: &[u8]) -> bool {
    name.first().is_some_and(|first| is_name(*first) && !first.is_ascii_digit())
        && name.iter().all(|byte| is_name(*byte))
}

fn has_quotes(parts: &[Part]) -> bool {
    parts.iter().any(|part| match part {
        Part::Text { quoted, .. } | Part::Parameter { quoted, .. } => *quoted,
        Part::Command(_) | Part::Arithmetic { .. } | Part::Bad(_) => false,
    })
}
