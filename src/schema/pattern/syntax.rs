//! The part of ECMA-262's pattern syntax that an automaton can be made of.

use std::iter::Peekable;
use std::str::Chars;

const NESTING: u32 = 32;

/// Which characters beyond ASCII a class takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Beyond {
    Nothing,
    All,
    /// `\s`, by ECMA-262: every space separator, the line terminators, and the byte-order mark.
    Spaces,
    NoSpaces,
    /// What `.` leaves out: the line terminators.
    NoLineEnds,
}

/// A set of characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Class {
    pub(super) ascii: u128,
    pub(super) beyond: Beyond,
}

const DIGITS: u128 = range(b'0', b'9');
const WORD: u128 = DIGITS | range(b'A', b'Z') | range(b'a', b'z') | range(b'_', b'_');
const SPACES: u128 = range(b'\t', b'\r') | range(b' ', b' ');
const LINE_ENDS: u128 = range(b'\n', b'\n') | range(b'\r', b'\r');

const fn range(from: u8, to: u8) -> u128 {
    let width = to - from + 1;
    (u128::MAX >> (128 - width as u32)) << from
}

/// A pattern, or a part of one.
pub(super) enum Tree {
    Class(Class),
    Sequence(Vec<Tree>),
    Choice(Vec<Tree>),
    Repeat(Box<Tree>, u32, Option<u32>),
}

/// A pattern and its anchors.
pub(super) struct Parsed {
    pub(super) tree: Tree,
    pub(super) anchored_start: bool,
    pub(super) anchored_end: bool,
}

/// `None` for a pattern that needs a regex engine, or is none.
pub(super) fn parse(source: &str) -> Option<Parsed> {
    let (body, anchored_start) = source.strip_prefix('^').map_or((source, false), |rest| (rest, true));
    let mut parser = Parser { rest: body.chars().peekable(), anchored_end: false };
    let tree = parser.choice(0)?;
    // `^a|b$` ties each anchor to one alternative only.
    let is_torn = matches!(tree, Tree::Choice(_)) && (anchored_start || parser.anchored_end);
    let is_whole = parser.rest.next().is_none();
    (is_whole && !is_torn).then_some(Parsed { tree, anchored_start, anchored_end: parser.anchored_end })
}

/// Reads the patterns that the automaton takes; `None` is no verdict, only "ask the engine".
struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
    anchored_end: bool,
}

impl Parser<'_> {
    fn choice(&mut self, depth: u32) -> Option<Tree> {
        let mut parts = vec![self.sequence(depth)?];
        while self.rest.next_if_eq(&'|').is_some() {
            parts.push(self.sequence(depth)?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Tree::Choice(parts)) }
    }

    fn sequence(&mut self, depth: u32) -> Option<Tree> {
        let mut parts = Vec::new();
        while let Some(next) = self.rest.peek() {
            match next {
                '|' | ')' => break,
                '$' => {
                    self.rest.next();
                    self.anchored_end = true;
                    return (depth == 0 && self.rest.peek().is_none()).then_some(Tree::Sequence(parts));
                }
                _ => {
                    let atom = self.atom(depth)?;
                    parts.push(self.repeated(atom)?);
                }
            }
        }
        Some(Tree::Sequence(parts))
    }

    fn atom(&mut self, depth: u32) -> Option<Tree> {
        match self.rest.next()? {
            '(' if depth < NESTING => {
                if self.rest.next_if_eq(&'?').is_some() {
                    self.rest.next_if_eq(&':')?;
                }
                let inner = self.choice(depth + 1)?;
                self.rest.next_if_eq(&')')?;
                Some(inner)
            }
            '[' => self.class().map(Tree::Class),
            '\\' => escape(self.rest.next()?).map(Tree::Class),
            '.' => Some(Tree::Class(Class { ascii: !LINE_ENDS, beyond: Beyond::NoLineEnds })),
            '(' | '^' | '*' | '+' | '?' | '{' | '}' | ']' => None,
            literal => single(literal).map(Tree::Class),
        }
    }

    fn repeated(&mut self, atom: Tree) -> Option<Tree> {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => return self.counted(atom),
            _ => return Some(atom),
        };
        self.rest.next();
        self.finish_repeat(atom, least, most)
    }

    fn counted(&mut self, atom: Tree) -> Option<Tree> {
        self.rest.next_if_eq(&'{')?;
        let least = self.count()?;
        let most = if self.rest.next_if_eq(&',').is_none() {
            Some(least)
        } else if self.rest.peek() == Some(&'}') {
            None
        } else {
            Some(self.count()?)
        };
        self.rest.next_if_eq(&'}')?;
        self.finish_repeat(atom, least, most)
    }

    fn finish_repeat(&mut self, atom: Tree, least: u32, most: Option<u32>) -> Option<Tree> {
        // Laziness changes which match is found, not whether there is one.
        self.rest.next_if_eq(&'?');
        if matches!(self.rest.peek(), Some('*' | '+' | '?' | '{')) {
            return None;
        }
        Some(Tree::Repeat(Box::new(atom), least, most))
    }

    fn count(&mut self) -> Option<u32> {
        let mut count = self.rest.next_if(char::is_ascii_digit)?.to_digit(10)?;
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            count = count.checked_mul(10)?.checked_add(digit.to_digit(10)?)?;
        }
        Some(count)
    }

    fn class(&mut self) -> Option<Class> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut class = Class { ascii: 0, beyond: Beyond::Nothing };
        let mut is_empty = true;
        loop {
            let item = match self.rest.next()? {
                ']' if is_empty => return None,
                ']' => break,
                '\\' => escape(self.rest.next()?)?,
                literal => single(literal)?,
            };
            is_empty = false;
            let item = if self.rest.peek() == Some(&'-') { self.class_range(item)? } else { item };
            class.ascii |= item.ascii;
            class.beyond = match (class.beyond, item.beyond) {
                (one, Beyond::Nothing) => one,
                (Beyond::Nothing, two) => two,
                _ => return None,
            };
        }
        if !negated {
            return Some(class);
        }
        let beyond = match class.beyond {
            Beyond::Nothing => Beyond::All,
            Beyond::All => Beyond::Nothing,
            Beyond::Spaces => Beyond::NoSpaces,
            Beyond::NoSpaces => Beyond::Spaces,
            Beyond::NoLineEnds => return None,
        };
        Some(Class { ascii: !class.ascii, beyond })
    }

    /// After an item and before a `-`: a range, or a `-` at the end of the class.
    fn class_range(&mut self, from: Class) -> Option<Class> {
        self.rest.next_if_eq(&'-')?;
        let to = match self.rest.peek()? {
            ']' => return Some(Class { ascii: from.ascii | range(b'-', b'-'), beyond: from.beyond }),
            '-' => return None,
            _ => match self.rest.next()? {
                '\\' => escape(self.rest.next()?)?,
                literal => single(literal)?,
            },
        };
        let is_single = |class: Class| class.ascii.is_power_of_two() && class.beyond == Beyond::Nothing;
        if !is_single(from) || !is_single(to) || from.ascii > to.ascii {
            return None;
        }
        let (from, to) = (from.ascii.trailing_zeros(), to.ascii.trailing_zeros());
        Some(Class { ascii: range(u8::try_from(from).ok()?, u8::try_from(to).ok()?), beyond: Beyond::Nothing })
    }
}

/// A character that stands for itself; others than ASCII are left to the engine.
fn single(character: char) -> Option<Class> {
    let byte = u8::try_from(character).ok().filter(u8::is_ascii)?;
    Some(Class { ascii: range(byte, byte), beyond: Beyond::Nothing })
}

fn escape(character: char) -> Option<Class> {
    let class = |ascii, beyond| Some(Class { ascii, beyond });
    match character {
        'd' => class(DIGITS, Beyond::Nothing),
        'D' => class(!DIGITS, Beyond::All),
        'w' => class(WORD, Beyond::Nothing),
        'W' => class(!WORD, Beyond::All),
        's' => class(SPACES, Beyond::Spaces),
        'S' => class(!SPACES, Beyond::NoSpaces),
        't' => single('\t'),
        'n' => single('\n'),
        'r' => single('\r'),
        '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '/' | '-' => {
            single(character)
        }
        _ => None,
    }
}
