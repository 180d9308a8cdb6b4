//! How a value is written into a file: one file a kind of file.
//!
//! To add a kind: one file with a `write` function that puts each piece in the quotes of its place, one `mod` line, one
//! entry in [`ALL`].

mod arguments;
mod env;
mod javascript;
mod json;
mod limit;
mod shell;
mod systemd;
mod text;
mod yaml;

pub use env::left_to_run;
pub use javascript::variable_of;
use serde_json::Value;

use super::marks::{Part, Piece, Pieces};

/// A kind of file.
#[derive(Debug)]
pub struct Kind {
    /// What users call it.
    pub name: &'static str,
    /// What begins a comment; `None` where there are no comments.
    pub comment: Option<&'static str>,
    /// Whether its reader replaces `${NAME}` as well, so that a dollar sign of its own is written `$$`.
    pub interpolates: bool,
    /// Whether a file of this name is of this kind.
    pub is: fn(&str) -> bool,
    /// Puts every piece in its place, or says which cannot stand there.
    pub write: fn(&Draft<'_>) -> Result<String, Vec<Misfit>>,
}

/// Every kind; the first that fits counts.
pub static ALL: &[Kind] = &[
    yaml::COMPOSE,
    yaml::YAML,
    javascript::KIND,
    json::KIND,
    env::KIND,
    systemd::KIND,
    shell::KIND,
    text::COMMENTED,
    text::PLAIN,
];

/// The kind of a file, by its path.
#[must_use]
pub fn of(path: &str) -> &'static Kind {
    let name = path.rsplit('/').next().unwrap_or(path);
    ALL.iter().find(|kind| (kind.is)(name)).unwrap_or(&text::PLAIN)
}

/// A text with marks for what a template put in. Its pieces may hold secrets, so it has no `Debug`.
pub struct Draft<'d> {
    pub(super) text: &'d str,
    pub(super) pieces: &'d Pieces,
    pub(super) environment: &'d str,
    /// Whether a key is a secret that is only referred to.
    pub(super) is_secret: &'d dyn Fn(&str) -> bool,
}

/// A piece that cannot stand where it was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where, as a byte of the draft.
    pub at: usize,
    /// The key, where it is known.
    pub key: Option<String>,
    /// What is wrong; never quotes the value.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

impl Misfit {
    fn new(at: usize, message: impl Into<String>, help: &'static str) -> Self {
        Self { at, key: None, message: message.into(), help }
    }
}

/// One character of the template's own, or a place where a piece comes out.
#[derive(Clone, Copy)]
struct Token<'d> {
    at: usize,
    sign: Sign<'d>,
}

#[derive(Clone, Copy)]
enum Sign<'d> {
    Own(char),
    Hole(&'d Piece),
}

impl Token<'_> {
    fn is(self, wanted: impl Fn(char) -> bool) -> bool {
        matches!(self.sign, Sign::Own(own) if wanted(own))
    }
}

impl<'d> Draft<'d> {
    fn tokens(&self) -> Vec<Token<'d>> {
        let (mut tokens, mut at) = (Vec::new(), 0);
        while let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some((piece, length)) = self.pieces.at_start(rest) {
                tokens.push(Token { at, sign: Sign::Hole(piece) });
                at += length;
            } else if let Some(own) = rest.chars().next() {
                tokens.push(Token { at, sign: Sign::Own(own) });
                at += own.len_utf8();
            }
        }
        tokens
    }

    /// The tokens by line, without the line ends.
    fn lines(&self) -> Vec<Vec<Token<'d>>> {
        let tokens = self.tokens();
        tokens.split(|token| token.is(|own| own == '\n')).map(<[_]>::to_vec).collect()
    }

    /// The parts of a piece.
    fn parts(&self, piece: &Piece) -> Vec<Part> {
        match piece {
            Piece::Text(text) | Piece::Expanded(text) | Piece::Structure(Value::String(text)) => {
                self.pieces.parts(text)
            }
            Piece::Structure(value) => self.pieces.parts(&value.to_string()),
        }
    }

    /// The parts of a piece that stands within quotes of the file, in which a default of a plain template is a text of the
    /// file's too.
    ///
    /// # Errors
    /// A default with a quote or a backslash, which would not be read as they stand there.
    fn parts_within(&self, piece: &Piece, quote: char, at: usize) -> Result<Vec<Part>, Misfit> {
        let acts = |sign: char| sign == quote || sign == '\\';
        if self.pieces.divided(piece).0.contains(acts) {
            let message = format!("a default with `{quote}` or a backslash in it cannot stand within `{quote}`");
            let help = "leave the quotes around it out: they are chosen to suit the text";
            return Err(Misfit::new(at, message, help));
        }
        Ok(self.parts(piece))
    }

    /// What a shell or compose takes for a secret that `sparkcfg run` hands over; without it they stop, and say so.
    fn required(&self, key: &str) -> String {
        format!("${{{key}?start it with sparkcfg run {}}}", self.environment)
    }
}

/// A piece written out, with `text` for what is known and `secret` for each secret.
fn written(
    parts: &[Part],
    mut text: impl FnMut(&str) -> Result<String, Misfit>,
    mut secret: impl FnMut(&str) -> Result<String, Misfit>,
) -> Result<String, Misfit> {
    let pieces = parts.iter().map(|part| match part {
        Part::Text(known) => text(known),
        Part::Secret(key) => secret(key),
    });
    pieces.collect()
}

/// The parts as one text.
///
/// # Errors
/// A secret among them, where the file has no way to refer to one.
fn known(parts: &[Part], at: usize, file: &str) -> Result<String, Misfit> {
    let secret = |key: &str| Err(no_reference(at, key, file));
    written(parts, |text| Ok(text.to_owned()), secret)
}

fn no_reference(at: usize, key: &str, file: &str) -> Misfit {
    Misfit {
        at,
        key: Some(key.to_owned()),
        message: format!("{key} is a secret, and {file} has no way to refer to one"),
        help: "leave it to `sparkcfg run`, or render with --with-secrets",
    }
}

/// Whether a shell would take the next word for a program, behind `before`.
fn begins_command(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with([';', '&', '|', '(', '{', '`', '\n', '!', '='])
}

/// Programs that run a text.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "su", "runuser"];

/// A value right behind a sign of the template's own that would take its first character, or its quotes, for a part of
/// something else.
fn behind(sign: char, at: usize) -> Misfit {
    let help = "take the sign away, or make it a part of the value";
    Misfit::new(at, format!("a value cannot stand right behind `{sign}`, which acts on what follows it"), help)
}

/// Whether some reader takes a character for the end of a line: YAML 1.1 and JavaScript know two that are no controls.
fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A text of one line without anything that acts, for places such as comments that have no escapes.
fn one_line(text: &str, at: usize, place: &str) -> Result<String, Misfit> {
    if text.chars().any(|character| character.is_control() || ends_line(character)) {
        let message = format!("a value with a line break or a control character cannot stand in {place}");
        return Err(Misfit::new(at, message, "put it somewhere else, or choose another value"));
    }
    Ok(text.to_owned())
}

/// Whether a text means nothing to any reader: for places without quotes.
fn is_harmless(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || "_./:@%+,=-".contains(character))
}

/// Runs `write` over lines and joins what it gives; all misfits together.
fn by_line<'d>(
    lines: &[Vec<Token<'d>>],
    mut write: impl FnMut(&[Token<'d>], &mut Vec<Misfit>) -> String,
) -> Result<String, Vec<Misfit>> {
    let mut misfits = Vec::new();
    let lines: Vec<_> = lines.iter().map(|line| write(line, &mut misfits)).collect();
    if misfits.is_empty() { Ok(lines.join("\n")) } else { Err(misfits) }
}

/// Adds what was written, or keeps why not.
fn add(out: &mut String, misfits: &mut Vec<Misfit>, written: Result<String, Misfit>) {
    match written {
        Ok(text) => out.push_str(&text),
        Err(misfit) => misfits.push(misfit),
    }
}
