//! JavaScript, as in a PM2 file: a value is a string literal, or keeps to the quotes around it.

use serde_json::Value;

use super::{Draft, Kind, Misfit, Sign, Token, add, behind, ends_line, known, one_line, written};
use crate::quoting;
use crate::rendering::marks::{Part, Piece};

pub(super) const KIND: Kind = Kind {
    name: "javascript",
    comment: Some("//"),
    interpolates: false,
    is: |name| [".js", ".cjs", ".mjs", ".ts"].iter().any(|end| name.ends_with(end)),
    write,
};

fn write(draft: &Draft<'_>) -> Result<String, Vec<Misfit>> {
    let (mut out, mut misfits) = (String::new(), Vec::new());
    let mut script = Script::default();
    let tokens = draft.tokens();
    for (index, token) in tokens.iter().enumerate() {
        match token.sign {
            Sign::Own(own) => {
                script.read(own, tokens.get(index + 1..).unwrap_or_default());
                out.push(own);
            }
            Sign::Hole(piece) => {
                let line = out.rsplit('\n').next().unwrap_or_default();
                let indent = line.len() - line.trim_start().len();
                let result = script.state(token.at).and_then(|state| match (state, piece) {
                    (State::Code, Piece::Structure(value)) => Ok(structure(draft, value, indent)),
                    _ => placed(&draft.parts(piece), state, token.at),
                });
                add(&mut out, &mut misfits, result);
                script.pass();
            }
        }
    }
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}

/// Parts for a place in a script.
fn placed(parts: &[Part], state: State, at: usize) -> Result<String, Misfit> {
    match state {
        State::Code => Ok(expression(parts)),
        State::Quoted(quote) => written(parts, |text| Ok(inside(text, quote)), |key| Ok(spliced(key, quote))),
        State::Line => known(parts, at, "a comment").and_then(|text| one_line(&text, at, "a comment")),
        State::Block { .. } => {
            // A blank on either side, because a sign of the template's own may stand there.
            let meets = |text: &str| text.is_empty() || text.contains(['*', '/']);
            let apart = |text: String| if meets(&text) { format!(" {} ", text.replace("*/", "* /")) } else { text };
            known(parts, at, "a comment").and_then(|text| one_line(&apart(text), at, "a comment"))
        }
        State::Regex { .. } => {
            let help = "make the expression of a string, with new RegExp(…)";
            Err(Misfit::new(at, "a value cannot stand within a regular expression", help))
        }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Code,
    Quoted(char),
    Regex {
        /// Whether a `[` is open, in which a slash is a slash.
        class: bool,
    },
    Line,
    Block {
        /// Whether the star of its beginning has been read, which is not that of its end.
        begun: bool,
    },
}

/// Words after which an operand is to come, and so no division.
const BEFORE_OPERANDS: &[&str] = &[
    "await",
    "case",
    "delete",
    "do",
    "else",
    "extends",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
    "yield",
];

/// A script up to some place.
#[derive(Default)]
struct Script {
    state: State,
    /// The character of the template's own right before, unless it was escaped or begins a comment.
    before: Option<char>,
    /// The last character of code that is no blank, and the word that it ends.
    last: Option<char>,
    word: String,
    /// What each open `${` of a template literal holds of open braces.
    open: Vec<usize>,
    /// Whether a slash was met that may divide or begin a regular expression.
    is_lost: bool,
}

impl Script {
    /// Goes on by one character of the template's own.
    fn read(&mut self, own: char, rest: &[Token<'_>]) {
        let before = self.before.replace(own);
        match self.state {
            State::Code => self.read_code(own, before, rest),
            State::Quoted(_) | State::Regex { .. } if before == Some('\\') => self.before = None,
            State::Quoted('`') if own == '{' && before == Some('$') => {
                self.open.push(0);
                self.enter(State::Code);
            }
            State::Quoted(quote) if own == quote => self.leave(own),
            // A string does not reach over a line; without this, a stray apostrophe would turn all that follows inside out.
            State::Quoted('"' | '\'') if own == '\n' => self.leave(own),
            State::Regex { class: false } if own == '/' => self.leave('"'),
            State::Regex { .. } if matches!(own, '[' | ']') => self.state = State::Regex { class: own == '[' },
            State::Block { begun: false } => self.enter(State::Block { begun: true }),
            State::Block { .. } if own == '/' && before == Some('*') => self.enter(State::Code),
            State::Line if ends_line(own) => self.enter(State::Code),
            State::Quoted(_) | State::Regex { .. } | State::Block { .. } | State::Line => {}
        }
    }

    fn read_code(&mut self, own: char, before: Option<char>, rest: &[Token<'_>]) {
        let comment = |sign: char| rest.first().is_some_and(|next| next.is(|next| next == sign));
        match own {
            '/' if comment('/') => return self.enter(State::Line),
            '/' if comment('*') => return self.enter(State::Block { begun: false }),
            // The line that names an interpreter.
            '#' if self.last.is_none() && comment('!') => return self.enter(State::Line),
            '/' => self.slash(rest),
            '"' | '\'' | '`' => self.enter(State::Quoted(own)),
            '{' => self.open.last_mut().into_iter().for_each(|depth| *depth += 1),
            '}' => match self.open.last_mut() {
                Some(0) => {
                    self.open.pop();
                    self.enter(State::Quoted('`'));
                }
                Some(depth) => *depth -= 1,
                None => {}
            },
            _ => {}
        }
        if own.is_whitespace() {
            return;
        }
        if !is_of_word(own) || !before.is_some_and(is_of_word) {
            self.word.clear();
        }
        // The name of a member is no keyword.
        if self.last == Some('.') && self.word.is_empty() {
            self.word.push('.');
        }
        self.word.push(own);
        self.last = Some(own);
    }

    /// A slash that begins no comment: it divides, begins a regular expression, or cannot be told.
    fn slash(&mut self, rest: &[Token<'_>]) {
        let mut line = rest.iter().take_while(|token| !token.is(ends_line));
        if !line.any(|token| token.is(|own| own == '/')) {
            // A regular expression ends on its line.
            return;
        }
        match self.last {
            // `(a) / b`, but `if (a) /b/.test(c)`; `a++ / b`, but `a + /b/.source`.
            Some(')' | '}' | '+' | '-') => self.is_lost = true,
            Some('"' | '\'' | '`' | ']') => {}
            Some(last) if is_of_word(last) && !BEFORE_OPERANDS.contains(&self.word.as_str()) => {}
            _ => self.enter(State::Regex { class: false }),
        }
    }

    fn enter(&mut self, state: State) {
        (self.state, self.before) = (state, None);
    }

    /// Back to code, in which `last` stands for what ended.
    fn leave(&mut self, last: char) {
        self.enter(State::Code);
        self.word.clear();
        self.last = Some(last);
    }

    /// Goes past a value.
    fn pass(&mut self) {
        self.before = None;
        if self.state == State::Code {
            self.leave('"');
        }
    }

    /// What the script is in, where a value can stand.
    fn state(&self, at: usize) -> Result<State, Misfit> {
        match (self.state, self.before) {
            _ if self.is_lost => Err(Misfit::new(
                at,
                "a value cannot stand after a slash that may divide or begin a regular expression",
                "put what is divided on a line of its own, or in a constant, so that the slash has no second one on its line",
            )),
            (State::Quoted(_), Some('\\')) => Err(behind('\\', at)),
            (State::Quoted('`'), Some('$')) => Err(behind('$', at)),
            (state, _) => Ok(state),
        }
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

fn inside(text: &str, quote: char) -> String {
    let escaped = quoting::json_inside(text).replace('\'', "\\'");
    if quote == '`' { escaped.replace('`', "\\`").replace('$', "\\$") } else { escaped }
}

fn variable(key: &str) -> String {
    format!("process.env[{}]", quoting::json(key))
}

fn spliced(key: &str, quote: char) -> String {
    if quote == '`' { format!("${{{}}}", variable(key)) } else { format!("{quote} + {} + {quote}", variable(key)) }
}

/// Parts as one expression.
fn expression(parts: &[Part]) -> String {
    let terms: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => quoting::json(text),
            Part::Secret(key) => variable(key),
        })
        .collect();
    match terms.as_slice() {
        [] => "\"\"".to_owned(),
        [only] => only.clone(),
        several => format!("({})", several.join(" + ")),
    }
}

/// A structure as a literal, long ones over several lines; a secret in it is an expression.
fn structure(draft: &Draft<'_>, value: &Value, indent: usize) -> String {
    match value {
        Value::String(text) => expression(&draft.pieces.parts(text)),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| structure(draft, item, indent)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 2));
            let members = members.iter().map(|(key, value)| {
                format!("{inner}{}: {},\n", quoting::json(key), structure(draft, value, indent + 2))
            });
            format!("{{\n{}{outer}}}", members.collect::<String>())
        }
        scalar => scalar.to_string(),
    }
}
