//! A script up to some place: whether it is in code, in quotes or in a comment, and what its value is for.

use super::arguments::Arguments;
use super::{Misfit, Part, Reading, Token, behind, ends_line};

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
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

/// A string that is open.
#[derive(Default)]
pub(super) struct Literal {
    /// Where it begins in what has been written.
    pub(super) start: usize,
    /// Whether a function gets it as it is written.
    pub(super) is_tagged: bool,
    /// Whether it may be the name of a member.
    pub(super) may_name: bool,
    /// Whether a secret made it a sum.
    pub(super) is_spliced: bool,
    pub(super) reading: Reading,
    /// What stands in it of the template's own.
    pub(super) own: String,
    /// The values: where, how much of the template's own is before, and what.
    pub(super) holes: Vec<(usize, usize, Vec<Part>)>,
}

impl Literal {
    /// What cannot stand in it.
    pub(super) fn judge(&self) -> Option<Misfit> {
        let is_alone = self.own.is_empty() && self.holes.len() == 1;
        let mut judged = self.holes.iter().map(|(at, length, parts)| {
            self.reading.judge(parts, self.own.get(..*length).unwrap_or_default(), *at, is_alone)
        });
        judged.find_map(Result::err)
    }
}

/// What a character did.
pub(super) enum Step {
    /// It began a string.
    Opened(Literal),
    /// It ended one.
    Closed,
    /// Anything else.
    On,
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
pub(super) struct Script {
    pub(super) state: State,
    /// The character of the template's own right before, unless it was escaped or begins a comment.
    before: Option<char>,
    /// The last character of code that is no blank, and the word that it ends.
    last: Option<char>,
    word: String,
    /// What each open `${` of a template literal holds of open braces.
    open: Vec<usize>,
    /// Whether a slash was met that may divide or begin a regular expression.
    is_lost: bool,
    /// What is called by each parenthesis that is open.
    calls: Vec<String>,
    /// The name that the last string may have given to a member, and the member that is being written.
    text: String,
    member: String,
    /// What is given to what is called.
    pub(super) arguments: Arguments,
    /// Whether a value stands right before.
    is_behind_value: bool,
}

impl Script {
    /// Goes on by one character of the template's own.
    pub(super) fn read(&mut self, own: char, rest: &[Token<'_>]) -> Step {
        let before = self.before.replace(own);
        self.is_behind_value = false;
        match self.state {
            State::Code => return self.read_code(own, before, rest),
            State::Quoted(_) | State::Regex { .. } if before == Some('\\') => self.before = None,
            State::Quoted('`') if own == '{' && before == Some('$') => {
                self.open.push(0);
                self.enter(State::Code);
            }
            State::Quoted(quote) if own == quote => return self.close(own),
            // A string does not reach over a line; without this, a stray apostrophe would turn all that follows inside out.
            State::Quoted('"' | '\'') if own == '\n' => return self.close(own),
            State::Regex { class: false } if own == '/' => self.leave('"'),
            State::Regex { .. } if matches!(own, '[' | ']') => self.state = State::Regex { class: own == '[' },
            State::Block { begun: false } => self.enter(State::Block { begun: true }),
            State::Block { .. } if own == '/' && before == Some('*') => self.enter(State::Code),
            State::Line if ends_line(own) => self.enter(State::Code),
            State::Quoted(_) => self.text.push(own),
            State::Regex { .. } | State::Block { .. } | State::Line => {}
        }
        Step::On
    }

    fn close(&mut self, own: char) -> Step {
        self.leave(own);
        Step::Closed
    }

    fn open_literal(&mut self, quote: char) -> Step {
        let is_operand = match self.last {
            Some(')' | ']') => true,
            Some(last) => is_of_word(last) && !BEFORE_OPERANDS.contains(&self.word.as_str()),
            None => false,
        };
        let literal = Literal {
            is_tagged: quote == '`' && is_operand,
            may_name: self.may_name(),
            reading: self.reading(),
            ..Literal::default()
        };
        self.text.clear();
        self.enter(State::Quoted(quote));
        Step::Opened(literal)
    }

    /// Whether what comes next may be the name of a member.
    pub(super) fn may_name(&self) -> bool {
        matches!(self.last, Some('{' | ','))
    }

    /// Who reads what comes next.
    pub(super) fn reading(&self) -> Reading {
        Reading::of(self.calls.last().map_or("", String::as_str), &self.member)
    }

    /// Keeps what is called, and which member is being written.
    fn follow(&mut self, own: char) {
        let is_name = self.last.is_some_and(is_of_word);
        match own {
            '(' => {
                self.calls.push(if is_name { self.word.clone() } else { String::new() });
                self.member.clear();
            }
            '[' | '{' => {
                // What is listed is no argument itself.
                self.calls.push(String::new());
                self.member.clear();
            }
            ')' | ']' | '}' => {
                self.calls.pop();
                self.member.clear();
            }
            ',' | ';' => self.member.clear(),
            ':' if is_name => self.member = self.word.clone(),
            ':' if matches!(self.last, Some('"' | '\'')) => self.member = std::mem::take(&mut self.text),
            _ => {}
        }
        let callee = if own == '(' { self.calls.last().map_or("", String::as_str) } else { "" };
        self.arguments.read(own, callee, &self.member);
    }

    fn read_code(&mut self, own: char, before: Option<char>, rest: &[Token<'_>]) -> Step {
        let comment = |sign: char| rest.first().is_some_and(|next| next.is(|next| next == sign));
        match own {
            '/' if comment('/') => return self.on(State::Line),
            '/' if comment('*') => return self.on(State::Block { begun: false }),
            // The line that names an interpreter.
            '#' if self.last.is_none() && comment('!') => return self.on(State::Line),
            '/' => self.slash(rest),
            '"' | '\'' | '`' => return self.open_literal(own),
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
            return Step::On;
        }
        if self.state == State::Code {
            self.follow(own);
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
        Step::On
    }

    fn on(&mut self, state: State) -> Step {
        self.enter(state);
        Step::On
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
    pub(super) fn pass(&mut self) {
        self.before = None;
        // A name with a value in it is none that is known.
        self.text.push('\u{0}');
        if self.state == State::Code {
            self.leave('"');
            self.is_behind_value = true;
        }
    }

    /// What the script is in, where a value can stand.
    pub(super) fn place(&self, at: usize, rest: &[Token<'_>]) -> Result<State, Misfit> {
        let joins = |own: char| is_of_word(own) || matches!(own, '"' | '\'' | '`');
        let is_joined =
            self.is_behind_value || self.before.is_some_and(joins) || rest.first().is_some_and(|next| next.is(joins));
        match (self.state, self.before) {
            _ if self.is_lost => Err(Misfit::new(
                at,
                "a value cannot stand after a slash that may divide or begin a regular expression",
                "put what is divided on a line of its own, or in a constant, so that the slash has no second one on its line",
            )),
            (State::Quoted(_), Some('\\')) => Err(behind('\\', at)),
            (State::Quoted('`'), Some('$')) => Err(behind('$', at)),
            (State::Code, _) if is_joined => Err(Misfit::new(
                at,
                "a value stands right beside a name, a number or another value",
                "put it within quotes, or an operator between the two",
            )),
            (State::Regex { .. }, _) => Err(Misfit::new(
                at,
                "a value cannot stand within a regular expression",
                "make the expression of a string, with new RegExp(…)",
            )),
            (state, _) => Ok(state),
        }
    }
}

pub(super) fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}
