//! A small regular expression as a position automaton: one bit a position, one step a character.

use super::syntax::{Beyond, Class, Parsed, Tree};

const POSITIONS: u32 = 127;
const PARTS: u32 = 4096;

/// A pattern of at most 127 positions.
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
    /// The first 64 of them, which are all that most patterns have.
    narrow: Box<[u64; 128]>,
    /// What each position takes beyond ASCII.
    beyond: Vec<Beyond>,
    /// How many parts may still be placed: repeats of nothing multiply without taking positions.
    allowance: u32,
}

/// A match under way.
struct Run<'a> {
    automaton: &'a Automaton,
    /// The positions of the last character.
    active: u128,
    /// The positions that the next one may have.
    candidates: u128,
}

/// No positions at all have this; they are one fewer than there are bits.
const NEVER: u128 = u128::MAX;

impl Run<'_> {
    /// Takes one character, by the positions that it has; the verdict, once it is certain.
    fn step(&mut self, active: u128) -> Option<bool> {
        if active == self.active {
            return None;
        }
        self.active = active;
        let automaton = self.automaton;
        if !automaton.anchored_end && active & automaton.last != 0 {
            return Some(true);
        }
        if active == 0 && automaton.anchored_start {
            return Some(false);
        }
        let entry = if automaton.anchored_start { 0 } else { automaton.first };
        self.candidates = entry | automaton.following(active);
        None
    }
}

/// A part of a pattern, while its positions are given out.
#[derive(Clone, Copy, Default)]
struct Fragment {
    nullable: bool,
    first: u128,
    last: u128,
}

impl Automaton {
    /// `None` for a pattern that needs a regex engine, or is none.
    pub(super) fn new(source: &str) -> Option<Self> {
        let Parsed { tree, anchored_start, anchored_end } = super::syntax::parse(source)?;
        let mut automaton = Self {
            anchored_start,
            anchored_end,
            nullable: false,
            first: 0,
            last: 0,
            follow: Vec::new(),
            ascii: Box::new([0; 128]),
            narrow: Box::new([0; 128]),
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
        let mut run = Run { automaton: self, active: NEVER, candidates: self.first };
        let settled = if text.is_ascii() {
            self.run_over(text.as_bytes(), &mut run)
        } else {
            text.chars().find_map(|character| run.step(self.fitting(run.candidates, character)))
        };
        settled.unwrap_or(self.anchored_end && run.active != NEVER && run.active & self.last != 0)
    }

    /// Takes ASCII, up to where the verdict is certain.
    fn run_over(&self, mut text: &[u8], run: &mut Run<'_>) -> Option<bool> {
        while let Some((first, rest)) = text.split_first() {
            let (active, candidates) = (run.candidates & self.ascii[usize::from(first & 0x7f)], run.candidates);
            if let Some(verdict) = run.step(active) {
                return Some(verdict);
            }
            text = rest;
            if run.candidates == candidates {
                text = &rest[self.staying(rest, candidates, active)..];
            }
        }
        None
    }

    /// How many characters go by before anything changes: a repeated class stays where it is, which is most of a long value.
    fn staying(&self, text: &[u8], candidates: u128, active: u128) -> usize {
        let mut staying = 0;
        if let (Ok(candidates), Ok(active)) = (u64::try_from(candidates), u64::try_from(active)) {
            // Eight at a time: what all of them fit and what any of them fits are both what is active.
            for chunk in text.as_chunks::<8>().0 {
                let fits = chunk.map(|byte| self.narrow[usize::from(byte & 0x7f)]);
                let all = fits.into_iter().fold(u64::MAX, |all, fits| all & fits);
                let any = fits.into_iter().fold(0, |any, fits| any | fits);
                if all & candidates != active || any & candidates != active {
                    break;
                }
                staying += chunk.len();
            }
        }
        let changes = |byte: &u8| candidates & self.ascii[usize::from(byte & 0x7f)] != active;
        let rest = &text[staying..];
        staying + rest.iter().position(changes).unwrap_or(rest.len())
    }

    fn following(&self, active: u128) -> u128 {
        let mut following = 0;
        let mut left = active;
        while left != 0 {
            following |= self.follow[left.trailing_zeros() as usize];
            left &= left - 1;
        }
        following
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
            let character = left.trailing_zeros() as usize;
            self.ascii[character] |= bit;
            self.narrow[character] |= u64::try_from(bit).unwrap_or_default();
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
        // Each copy follows only the one before it, as in `(a(a(a)?)?)?`, which keeps few positions active at a time.
        let mut whole = Fragment { nullable: least == 0, ..Fragment::default() };
        let mut before = 0;
        for copy in 1..=copies {
            let fragment = self.place(part)?;
            self.link(before, fragment.first);
            if most.is_none() && copy == copies {
                self.link(fragment.last, fragment.first);
            }
            whole.nullable |= fragment.nullable;
            whole.first |= if copy == 1 || fragment.nullable { fragment.first } else { 0 };
            whole.last |= if copy >= least || fragment.nullable { fragment.last } else { 0 };
            before = if fragment.nullable { before | fragment.last } else { fragment.last };
        }
        Some(whole)
    }
}
