//! Marks that stand for values and secrets while a template is run.

use serde_json::Value;

/// Around the number of a piece: characters that Unicode keeps out of texts.
const PIECE: [char; 2] = ['\u{fdd0}', '\u{fdd1}'];
/// Around the key of a secret.
const SECRET: [char; 2] = ['\u{fdd2}', '\u{fdd3}'];

/// Around the number of a piece in a text that is only read to see where its pieces come to stand.
const PROBE: [char; 2] = ['\u{fdd4}', '\u{fdd5}'];

/// The numbers of the pieces in a text that was written with [`Pieces::probes`], and what stands before each.
pub(super) fn probed(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices(PROBE[0]).filter_map(|(at, open)| {
        let (number, _) = text.get(at + open.len()..)?.split_once(PROBE[1])?;
        Some((number.parse().ok()?, text.get(..at)?))
    })
}

/// Whether a text holds a character that marks are made of.
pub(super) fn holds_mark(text: &str) -> bool {
    text.contains(|character: char| ('\u{fdd0}'..='\u{fdef}').contains(&character))
}

/// Whether a text holds what stands for a secret, whole or in part.
pub(super) fn holds_secret(text: &str) -> bool {
    text.contains(SECRET)
}

/// What stands for a secret.
pub(super) fn secret(key: &str) -> String {
    format!("{}{key}{}", SECRET[0], SECRET[1])
}

/// What comes out at one place of a template.
pub(super) enum Piece {
    /// A text, which may hold marks of secrets.
    Text(String),
    /// What a reference of a plain template gives: text of the template's own, with marks for values.
    Expanded(String),
    /// A value that is to keep its type and structure.
    Structure(Value),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Known text.
    Text(String),
    /// The key of a secret that stands here.
    Secret(String),
}

/// Everything that comes out of a template, by number. It may hold secrets, so it has no `Debug`.
#[derive(Default)]
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    /// Keeps a piece and gives its mark.
    pub(super) fn add(&mut self, piece: Piece) -> String {
        self.0.push(piece);
        format!("{}{}{}", PIECE[0], self.0.len() - 1, PIECE[1])
    }

    /// A piece by its number, and where its mark stands in a text.
    pub(super) fn place(&self, number: usize, text: &str) -> Option<(&Piece, usize)> {
        let at = text.find(&format!("{}{number}{}", PIECE[0], PIECE[1]))?;
        Some((self.0.get(number)?, at))
    }

    /// The same pieces with their numbers for texts, to see where they come to stand.
    pub(super) fn probes(&self) -> Self {
        fn probe(value: &Value, text: &str) -> Value {
            match value {
                Value::String(_) => text.into(),
                Value::Array(items) => items.iter().map(|item| probe(item, text)).collect(),
                Value::Object(members) => {
                    members.iter().map(|(key, value)| (key.clone(), probe(value, text))).collect()
                }
                scalar => scalar.clone(),
            }
        }
        let each = self.0.iter().enumerate().map(|(number, piece)| {
            let text = format!("{}{number}{}", PROBE[0], PROBE[1]);
            match piece {
                Piece::Text(_) | Piece::Expanded(_) => Piece::Text(text),
                Piece::Structure(value) => Piece::Structure(probe(value, &text)),
            }
        });
        Self(each.collect())
    }

    /// The piece whose mark `text` begins with, and the mark's length.
    pub(super) fn at_start(&self, text: &str) -> Option<(&Piece, usize)> {
        let (number, _) = text.strip_prefix(PIECE[0])?.split_once(PIECE[1])?;
        let length = number.len() + PIECE[0].len_utf8() + PIECE[1].len_utf8();
        Some((self.0.get(number.parse::<usize>().ok()?)?, length))
    }

    /// Where in a text the first mark stands that a filter or a slice took apart; `is_secret` knows the keys that have one.
    pub(super) fn maimed(&self, text: &str, is_secret: &dyn Fn(&str) -> bool) -> Option<usize> {
        self.first_maimed(text, is_secret, 0)
    }

    fn first_maimed(&self, text: &str, is_secret: &dyn Fn(&str) -> bool, depth: usize) -> Option<usize> {
        let mut at = 0;
        loop {
            let rest = text.get(at..)?;
            at += rest.find(|character: char| holds_mark(character.encode_utf8(&mut [0; 4])))?;
            let rest = text.get(at..)?;
            let secret = rest.strip_prefix(SECRET[0]).and_then(|rest| rest.split_once(SECRET[1]));
            let length = match (secret, self.at_start(rest)) {
                (Some((key, _)), _) if is_secret(key) => key.len() + SECRET[0].len_utf8() + SECRET[1].len_utf8(),
                (None, Some((piece, length))) if depth < 32 => {
                    let sound = match piece {
                        Piece::Text(text) | Piece::Expanded(text) => {
                            self.first_maimed(text, is_secret, depth + 1).is_none()
                        }
                        Piece::Structure(value) => {
                            self.first_maimed(&value.to_string(), is_secret, depth + 1).is_none()
                        }
                    };
                    if !sound {
                        return Some(at);
                    }
                    length
                }
                _ => return Some(at),
            };
            at += length;
        }
    }

    /// What a piece has of the template's own text, a default or an alternative, and the parts of the values in it.
    pub(super) fn divided(&self, piece: &Piece) -> (String, Vec<Part>) {
        let text = match piece {
            Piece::Expanded(text) => text,
            Piece::Text(text) | Piece::Structure(Value::String(text)) => return (String::new(), self.parts(text)),
            Piece::Structure(value) => return (String::new(), self.parts(&value.to_string())),
        };
        let (mut own, mut marks, mut rest) = (String::new(), String::new(), text.as_str());
        while let Some(at) = rest.find([PIECE[0], SECRET[0]]) {
            let (before, from) = rest.split_at(at);
            let (mark, after) =
                from.split_at(from.find([PIECE[1], SECRET[1]]).map_or(from.len(), |end| end + PIECE[1].len_utf8()));
            own.push_str(before);
            marks.push_str(mark);
            rest = after;
        }
        (own + rest, self.parts(&marks))
    }

    /// The parts of a text, with all marks in it followed.
    pub(super) fn parts(&self, text: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        self.collect(text, &mut parts, 0);
        parts
    }

    fn collect(&self, text: &str, parts: &mut Vec<Part>, depth: usize) {
        let mut rest = text;
        while let Some(at) = rest.find([PIECE[0], SECRET[0]]) {
            push(parts, &rest[..at]);
            rest = &rest[at..];
            let secret = rest.strip_prefix(SECRET[0]).and_then(|rest| rest.split_once(SECRET[1]));
            match (secret, self.at_start(rest)) {
                (Some((key, after)), _) => {
                    parts.push(Part::Secret(key.to_owned()));
                    rest = after;
                }
                (None, Some((piece, length))) if depth < 32 => {
                    match piece {
                        Piece::Text(text) | Piece::Expanded(text) => self.collect(text, parts, depth + 1),
                        Piece::Structure(value) => push(parts, &value.to_string()),
                    }
                    rest = &rest[length..];
                }
                // A mark that a filter has cut in two.
                _ => rest = &rest[PIECE[0].len_utf8()..],
            }
        }
        push(parts, rest);
    }
}

fn push(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(before)) => before.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}
