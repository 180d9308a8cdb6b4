//! A small regular expression as a position automaton: one bit a position, one step a character.

use std::iter::Peekable;
use std::str::Chars;

const POSITIONS: u32 = 128;
const NESTING: u32 = 32;
const PARTS: u32 = 4096;

/// A pattern of at most 128 positions.
#[derive(Debug)]
pub(super) struct Automaton {
    anchored_start: bool,
    anchored_end: bool,
    nullable: bool,
    first: u128,
    last: u128,
    /// Which positions may come after each.
    follow: Vec<u128>,
    /// Which positions each ASCII character fits.
    ascii: Box<[u128; 128]>,
    /// What each position takes beyond ASCII.
    beyond: Vec<Beyond>,
    /// How many parts may still be placed: repeats of nothing multiply without taking positions.
    allowance: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Beyond {
    Nothing,
    All,
    /// `\s`, by ECMA-262: every space separator, the line terminators, and the byte-order mark.
    Spaces,
    NoSpaces,
    /// What `.` leaves out: the line terminators.
    NoLineEnds,
}

#[derive(Debug, Clone, Copy)]
struct Class {
    ascii: u128,
    beyond: Beyond,
}

const DIGITS: u128 = range(b'0', b'9');
const WORD: u128 = DIGITS | range(b'A', b'Z') | range(b'a', b'z') | range(b'_', b'_');
const SPACES: u128 = range(b'\t', b'\r') | range(b' ', b' ');
const LINE_ENDS: u128 = range(b'\n', b'\n') | range(b'\r', b'\r');

const fn range(from: u8, to: u8) -> u128 {
    let width = to - from + 1;
    (u128::MAX >> (128 - width as u32)) << from
}

/// A part of a pattern, while its positions are given out.
#[derive(Clone, Copy, Default)]
struct Fragment {
    nullable: bool,
    first: u128,
    last: u128,
}

enum Tree {
    Class(Class),
    Sequence(Vec<Tree>),
    Choice(Vec<Tree>),
    Repeat(Box<Tree>, u32, Option<u32>),
}

impl Automaton {
    /// `None` for a pattern that needs a regex engine, or is none.
    pub(super) fn new(source: &str) -> Option<Self> {
        let (body, anchored_start) = source.strip_prefix('^').map_or((source, false), |rest| (rest, true));
        let mut parser = Parser { rest: body.chars().peekable(), anchored_end: false };
        let tree = parser.choice(0)?;
        if parser.rest.next().is_some() {
            return None;
        }
        // `^a|b$` ties each anchor to one alternative only.
        if matches!(tree, Tree::Choice(_)) && (anchored_start || parser.anchored_end) {
            return None;
        }
        let mut automaton = Self {
            anchored_start,
            anchored_end: parser.anchored_end,
            nullable: false,
            first: 0,
            last: 0,
            follow: Vec::new(),
            ascii: Box::new([0; 128]),
            beyond: Vec::new(),
            allowance: PARTS,
        };
        let whole = automaton.place(&tree)?;
        (automaton.nullable, automaton.first, automaton.last) = (whole.nullable, whole.first, whole.last);
        Some(automaton)
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        if self.nullable && (!self.anchored_start || !self.anchored_end || text.is_empty()) {
            return true;
        }
        let mut active = 0_u128;
        let mut entry = self.first;
        for character in text.chars() {
            let mut candidates = entry;
            let mut left = active;
            while left != 0 {
                candidates |= self.follow[left.trailing_zeros() as usize];
                left &= left - 1;
            }
            active = self.fitting(candidates, character);
            if self.anchored_start {
                entry = 0;
                if active == 0 {
                    return false;
                }
            }
            if !self.anchored_end && active & self.last != 0 {
                return true;
            }
        }
        self.anchored_end && active & self.last != 0
    }

    fn fitting(&self, candidates: u128, character: char) -> u128 {
        if let Some(fits) = self.ascii.get(character as usize) {
            return candidates & fits;
        }
        let mut fitting = 0;
        let mut left = candidates;
        while left != 0 {
            let position = left.trailing_zeros();
            left &= left - 1;
            let fits = match self.beyond[position as usize] {
                Beyond::Nothing => false,
                Beyond::All => true,
                Beyond::Spaces => jsonschema_regex::is_ecma_whitespace(character),
                Beyond::NoSpaces => !jsonschema_regex::is_ecma_whitespace(character),
                Beyond::NoLineEnds => !matches!(character, '\u{2028}' | '\u{2029}'),
            };
            fitting |= u128::from(fits) << position;
        }
        fitting
    }

    /// Gives the parts of `tree` their positions and notes what may follow what.
    fn place(&mut self, tree: &Tree) -> Option<Fragment> {
        self.allowance = self.allowance.checked_sub(1)?;
        match tree {
            Tree::Class(class) => self.position(*class),
            Tree::Sequence(parts) => {
                parts.iter().try_fold(Fragment { nullable: true, ..Fragment::default() }, |before, part| {
                    let part = self.place(part)?;
                    Some(self.join(before, part))
                })
            }
            Tree::Choice(parts) => parts.iter().try_fold(Fragment::default(), |before, part| {
                let part = self.place(part)?;
                Some(Fragment {
                    nullable: before.nullable || part.nullable,
                    first: before.first | part.first,
                    last: before.last | part.last,
                })
            }),
            Tree::Repeat(part, least, most) => self.repeat(part, *least, *most),
        }
    }

    fn position(&mut self, class: Class) -> Option<Fragment> {
        let position = u32::try_from(self.follow.len()).ok().filter(|position| *position < POSITIONS)?;
        let bit = 1_u128 << position;
        self.follow.push(0);
        self.beyond.push(class.beyond);
        let mut left = class.ascii;
        while left != 0 {
            self.ascii[left.trailing_zeros() as usize] |= bit;
            left &= left - 1;
        }
        Some(Fragment { nullable: false, first: bit, last: bit })
    }

    fn join(&mut self, one: Fragment, two: Fragment) -> Fragment {
        self.link(one.last, two.first);
        Fragment {
            nullable: one.nullable && two.nullable,
            first: if one.nullable { one.first | two.first } else { one.first },
            last: if two.nullable { one.last | two.last } else { two.last },
        }
    }

    fn link(&mut self, from: u128, to: u128) {
        let mut left = from;
        while left != 0 {
            self.follow[left.trailing_zeros() as usize] |= to;
            left &= left - 1;
        }
    }

    fn repeat(&mut self, part: &Tree, least: u32, most: Option<u32>) -> Option<Fragment> {
        // Every copy takes a position, or is of nothing but other repeats; either way, more is no small pattern.
        let copies = most.unwrap_or(least.max(1));
        if copies > POSITIONS || most.is_some_and(|most| most < least) {
            return None;
        }
        let mut whole = Fragment { nullable: true, ..Fragment::default() };
        for copy in 0..copies {
            let mut fragment = self.place(part)?;
            if most.is_none() && copy + 1 == copies {
                self.link(fragment.last, fragment.first);
            }
            fragment.nullable |= copy >= least;
            whole = self.join(whole, fragment);
        }
        Some(whole)
    }
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
