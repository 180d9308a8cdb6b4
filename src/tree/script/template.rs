//! A template (`` `a ${b} c` ``): where it ends, and what it may come to.

use std::ops::Range;
use std::sync::Arc;

use super::{Node, Reader, Value, string_end};

/// Templates are followed so deep within each other.
const DEEPEST: usize = 16;

/// A longer template, or one with more gaps, is not looked into.
const LONGEST: usize = 10_000;
const MOST_GAPS: usize = 16;

impl Reader<'_> {
    /// The texts that a template may come to: as it stands, and with each of the literals that a gap may come to in its place.
    /// Other gaps stay as they are written.
    pub(super) fn outcomes_of_template(&mut self, part: &Range<usize>, depth: u32) -> Vec<Arc<Node>> {
        let text = self.text;
        let gaps = gaps(&text[part.clone()]);
        if gaps.is_empty() || gaps.len() > MOST_GAPS || part.len() > LONGEST || depth >= super::MAX_DEPTH {
            return Vec::new();
        }
        let inner = part.start + 1..part.end - 1;
        let gaps: Vec<_> = gaps.into_iter().map(|gap| part.start + gap.start..part.start + gap.end).collect();
        let at = self.at;
        let mut found = Vec::new();
        let is_more = gaps.iter().map(ExactSizeIterator::len).sum::<usize>() < inner.len();
        if is_more {
            self.at = part.end;
            found.extend(self.node(word(text[inner.clone()].to_owned()), part.start));
        }
        for gap in gaps {
            self.at = gap.end - 1;
            for literal in self.outcomes(gap.start + 2, depth + 1) {
                let Some(own) = literal.text() else { continue };
                let whole = [&text[inner.start..gap.start], own, &text[gap.end..inner.end]].concat();
                found.extend(Node::new(word(whole), literal.span, None).map(Arc::new));
            }
        }
        self.at = at;
        found
    }
}

fn word(text: String) -> Value {
    Value::Scalar { text, plain: false }
}

/// Where a template ends that begins `text`; `None` where a gap of it does not.
pub(super) fn end(text: &str) -> Option<usize> {
    scan(text, &mut Vec::new(), DEEPEST)
}

/// The gaps of a template, each with its `${` and `}`.
fn gaps(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if scan(text, &mut found, DEEPEST).is_some() { found } else { Vec::new() }
}

fn scan(text: &str, gaps: &mut Vec<Range<usize>>, levels: usize) -> Option<usize> {
    let levels = levels.checked_sub(1)?;
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'`' => return Some(at + 1),
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                let from = at;
                at = gap_end(text, at + 2, levels)?;
                gaps.push(from..at);
            }
            _ => at += 1,
        }
    }
}

/// Where a gap ends, from behind its `${`.
fn gap_end(text: &str, from: usize, levels: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (from, 1_usize);
    while depth > 0 {
        match bytes.get(at)? {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            quote @ (b'\'' | b'"') => at += string_end(text.get(at..)?, char::from(*quote))? - 1,
            b'`' => at += scan(text.get(at..)?, &mut Vec::new(), levels)? - 1,
            _ => {}
        }
        at += 1;
    }
    Some(at)
}
