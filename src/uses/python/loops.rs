//! Loops over names that are written out: `for name in ("A", "B"): os.environ[name]`.

use std::collections::HashMap;
use std::ops::Range;

use crate::uses::casts;
use crate::uses::is_screaming;
use crate::uses::lexer::Lexed;

/// How many loops of a text are looked at.
const MAX_LOOPS: usize = 64;

/// The loops of a text.
#[derive(Default)]
pub(super) struct Loops<'t> {
    found: Vec<Loop<'t>>,
}

struct Loop<'t> {
    /// What stands for a name.
    variable: &'t str,
    /// Where it does.
    body: Range<usize>,
    /// The strings that are the names.
    names: Vec<usize>,
}

impl<'t> Loops<'t> {
    pub(super) fn of(lexed: &Lexed<'t>) -> Self {
        let heads = (0..lexed.tokens.len()).filter(|at| lexed.at(*at) == "for" && lexed.at(at + 2) == "in");
        let heads: Vec<_> = heads.collect();
        let lists = if heads.is_empty() { HashMap::new() } else { lists(lexed) };
        let found = heads.into_iter().filter_map(|head| {
            let source = head + 3;
            let (names, end) = match names(lexed, source) {
                Some(names) => (names, lexed.close(source) + 1),
                None => (lists.get(lexed.at(source))?.clone()?, source + 1),
            };
            let variable = lexed.at(head + 1);
            // `[name for name in NAMES if name not in os.environ]`
            let body = if lexed.tokens[head].indent.is_none() {
                let open = casts::enclosing(lexed, head)?;
                open..lexed.close(open)
            } else {
                (lexed.at(end) == ":").then_some(())?;
                let margin = lexed.tokens[head].indent?;
                let is_over = |at: &usize| lexed.tokens[*at].indent.is_some_and(|indent| indent <= margin);
                end..(end..lexed.tokens.len()).find(is_over).unwrap_or(lexed.tokens.len())
            };
            Some(Loop { variable, body, names })
        });
        Self { found: found.take(MAX_LOOPS).collect() }
    }

    /// The names that the word at an index stands for.
    pub(super) fn names(&self, lexed: &Lexed<'_>, index: usize) -> &[usize] {
        let word = lexed.at(index);
        let is_it = |one: &&Loop<'_>| one.variable == word && one.body.contains(&index);
        self.found.iter().rfind(is_it).map_or(&[], |one| &one.names)
    }
}

/// The lists of names that have a name of their own, and keep it: `REQUIRED = ["A", "B"]`.
fn lists<'t>(lexed: &Lexed<'t>) -> HashMap<&'t str, Option<Vec<usize>>> {
    let mut found: HashMap<&str, Option<Vec<usize>>> = HashMap::new();
    for sign in (1..lexed.tokens.len()).filter(|at| lexed.at(*at) == "=") {
        // `REQUIRED: list[str] = […]`
        let begins = |at: &usize| lexed.tokens[*at].indent.is_some();
        let Some(name) = (sign.saturating_sub(8)..sign).rev().find(begins) else { continue };
        if lexed.is_word(name) && (name + 1 == sign || lexed.at(name + 1) == ":") {
            let list = names(lexed, sign + 1);
            found.entry(lexed.at(name)).and_modify(|known| *known = None).or_insert(list);
        }
    }
    found
}

/// The strings of a list, a tuple or a set of names that stands at an index.
fn names(lexed: &Lexed<'_>, open: usize) -> Option<Vec<usize>> {
    if !matches!(lexed.at(open), "(" | "[" | "{") {
        return None;
    }
    let inner = open + 1..lexed.close(open);
    let names: Vec<_> = inner.filter(|at| lexed.at(*at) != ",").collect();
    let all = names.iter().all(|at| lexed.string(*at).is_some_and(is_screaming));
    (all && !names.is_empty()).then_some(names)
}
