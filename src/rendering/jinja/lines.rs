//! The lines of a template, before the engine gets it: a block or a comment that stands alone takes its line away, and
//! one beside a text leaves the line as it is.
//!
//! The engine has rules that look at one side of a tag; by them `A={% if B %}1{% endif %}` would lose its line end, and the
//! next line would go on with it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::Origin;
use super::typing;

/// Before a line end that is written only where no other was: a character that Unicode keeps out of texts.
pub(super) const END: char = '\u{fffe}';
/// What writes a text, of which nobody knows how it ends.
const WRITERS: &[&str] = &["include", "endcall", "endblock", "endfilter"];
/// What begins something that ends elsewhere and is written in its place.
const BEGINNING: &[&str] = &["if", "for", "with", "block", "filter", "call", "autoescape"];

/// Settles the line ends that depend on what was written before them.
pub(super) fn settle(text: &str, origins: Vec<Origin>) -> (String, Vec<Origin>) {
    let mut out = String::with_capacity(text.len());
    let mut removed = Removed::default();
    let mut rest = 0;
    for (at, end) in text.match_indices(END) {
        out.push_str(text.get(rest..at).unwrap_or_default());
        rest = at + end.len();
        // A line has ended already, or none has begun.
        if (out.is_empty() || out.ends_with('\n')) && text.get(rest..).is_some_and(|after| after.starts_with('\n')) {
            rest += 1;
        }
        removed.add(at..rest);
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    let origins = origins.into_iter().flat_map(|origin| removed.divide(origin)).collect();
    (out, origins)
}

/// What was taken out of a text, in order: each stretch, and how much was gone before it.
#[derive(Default)]
struct Removed(Vec<(Range<usize>, usize)>);

impl Removed {
    fn add(&mut self, range: Range<usize>) {
        let gone = self.0.last().map_or(0, |(last, gone)| gone + last.len());
        self.0.push((range, gone));
    }

    /// The first stretch that does not begin before a place.
    fn index(&self, at: usize) -> usize {
        self.0.partition_point(|(range, _)| range.start < at)
    }

    /// Where a place of the text is now.
    fn place(&self, at: usize) -> usize {
        let before = self.index(at).checked_sub(1).and_then(|before| self.0.get(before));
        at - before.map_or(0, |(range, gone)| gone + (range.end.min(at) - range.start))
    }

    /// An origin without what was removed of its text.
    fn divide(&self, origin: Origin) -> Vec<Origin> {
        let Origin { text, template, source, verbatim } = origin;
        let part = |from: usize, to: usize| Origin {
            text: self.place(from)..self.place(to),
            template: template.clone(),
            source: if verbatim { source.start + (from - text.start)..source.end } else { source.clone() },
            verbatim,
        };
        let (mut parts, mut from) = (Vec::new(), text.start);
        for (range, _) in self.0.get(self.index(text.start)..self.index(text.end)).unwrap_or_default() {
            parts.push(part(from, range.start));
            from = range.end.min(text.end);
        }
        parts.push(part(from, text.end));
        parts
    }
}

/// What is taken out of a template, or put into it.
pub(super) struct Cut {
    pub(super) range: Range<usize>,
    /// Whether it is a line end that stays where what stands before it has none.
    pub(super) writes: bool,
    /// What comes in its place.
    pub(super) inserts: &'static str,
}

impl Cut {
    fn new(range: Range<usize>, writes: bool) -> Self {
        Self { range, writes, inserts: "" }
    }
}

/// What a line of a template consists of.
enum Item<'t> {
    /// Blanks of the template's own.
    Blank(Range<usize>),
    /// Anything that is written.
    Text,
    /// A block or a comment: its first word, and the signs by which its author keeps (`+`) or takes away (`-`) what is on
    /// its sides.
    Tag { word: &'t str, signs: [Option<char>; 2] },
}

/// A block that is open.
#[derive(Clone, Copy)]
struct Block {
    /// Whether it began beside a text.
    beside: bool,
    /// Whether a part of it takes away how the one before ended.
    has_sign: bool,
}

/// What a template needs before the engine gets it.
pub(super) struct Scanned {
    /// What is taken out of it and put into it, in order.
    pub(super) cuts: Vec<Cut>,
    /// Where a comment begins that does not end, or that is the length of a variable of a shell: `${#NAME}`.
    pub(super) comment: Option<usize>,
}

pub(super) fn scan(template: &str) -> Scanned {
    Scanner::new(template).scan()
}

/// A template that is read line by line.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// The items of the line, each with the texts that it is kept in: 0 outside of all.
    line: Vec<(usize, Item<'t>)>,
    /// The texts that are kept for later, from the outside in: macros, and what `{% set %}`, `{% call %}` and `{% filter %}`
    /// enclose.
    kept: Vec<usize>,
    count: usize,
    open: Vec<Block>,
    is_raw: bool,
    cuts: Vec<Cut>,
    comment: Option<usize>,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            line: Vec::new(),
            kept: Vec::new(),
            count: 0,
            open: Vec::new(),
            is_raw: false,
            cuts: Vec::new(),
            comment: None,
        }
    }

    fn scan(mut self) -> Scanned {
        while let Some(rest) = self.text.get(self.at..).filter(|rest| !rest.is_empty()) {
            let start = self.at;
            let tag = rest.get(..2).filter(|open| if self.is_raw { *open == "{%" } else { true });
            match tag.filter(|open| matches!(*open, "{{" | "{%" | "{#")) {
                Some("{%") if self.is_raw && !word_of(rest).starts_with("endraw") => self.text(1),
                Some(open) => {
                    let length = tag_length(rest, open);
                    if open == "{#" && (length.is_none() || is_length(self.text, start)) {
                        self.comment.get_or_insert(start);
                    }
                    let Some(length) = length else { break };
                    self.at += length;
                    self.tag(open, start..self.at);
                }
                None => match rest.chars().next() {
                    Some('\n') => self.end_line(),
                    Some(blank @ (' ' | '\t')) => self.blank(blank.len_utf8()),
                    Some(other) => self.text(other.len_utf8()),
                    None => break,
                },
            }
        }
        // A tag without an end is the engine's to tell of.
        if self.at == self.text.len() {
            self.end_line();
        }
        self.cuts.retain(|cut| cut.range.end <= self.text.len());
        self.cuts.sort_by_key(|cut| cut.range.start);
        Scanned { cuts: self.cuts, comment: self.comment }
    }

    fn level(&self) -> usize {
        self.kept.last().copied().unwrap_or(0)
    }

    fn text(&mut self, length: usize) {
        self.at += length;
        let level = self.level();
        if !matches!(self.line.last(), Some((last, Item::Text)) if *last == level) {
            self.line.push((level, Item::Text));
        }
    }

    fn blank(&mut self, length: usize) {
        let (start, level) = (self.at, self.level());
        self.at += length;
        match self.line.last_mut() {
            Some((last, Item::Blank(range))) if *last == level => range.end = self.at,
            _ => self.line.push((level, Item::Blank(start..self.at))),
        }
    }

    fn tag(&mut self, open: &str, range: Range<usize>) {
        if open != "{#" && !self.is_raw {
            let inserted = typing::insertions(self.text, range.clone()).into_iter();
            self.cuts.extend(inserted.map(|(at, inserts)| Cut { range: at..at, writes: false, inserts }));
        }
        let tag = self.text.get(range).unwrap_or_default();
        if open == "{{" {
            return self.line.push((self.level(), Item::Text));
        }
        let word = if open == "{#" { "" } else { word_of(tag) };
        match word {
            "endmacro" | "endset" | "endcall" | "endfilter" => drop(self.kept.pop()),
            _ => {}
        }
        let signs = [tag.chars().nth(2), tag.chars().rev().nth(2)].map(|sign| sign.filter(|sign| "+-".contains(*sign)));
        self.line.push((self.level(), Item::Tag { word, signs }));
        match word {
            "raw" => self.is_raw = true,
            "endraw" => self.is_raw = false,
            _ => {}
        }
        if matches!(word, "macro" | "call" | "filter") || word == "set" && !tag.contains('=') {
            self.count += 1;
            self.kept.push(self.count);
        }
    }

    /// At a line end, or at that of the template.
    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let end = self.at..self.at + 1;
        self.at += 1;
        let tags = line.iter().filter_map(|(level, item)| match item {
            Item::Tag { word, signs } => Some((*level, *word, *signs)),
            _ => None,
        });
        let tags: Vec<_> = tags.collect();
        let (Some((_, _, [before, _])), Some((_, _, [_, after]))) = (tags.first(), tags.last()) else { return };
        // What is kept for later is no text of the line in which it stands.
        let texts = line.iter().filter(|(_, item)| matches!(item, Item::Text));
        let texts: BTreeSet<usize> = texts.map(|(level, _)| *level).collect();
        let has_text = |level: usize| texts.contains(&level);
        for (index, (level, item)) in line.iter().enumerate() {
            let Item::Blank(range) = item else { continue };
            let stays = has_text(*level) || index == 0 && *before == Some('+');
            if !stays {
                self.cuts.push(Cut::new(range.clone(), false));
            }
        }
        // A block that began beside a text ends a line of it, and of one with a sign nobody knows how it ends.
        let (mut ends, mut closes, mut is_unsure) = (false, false, *before == Some('-'));
        for (level, word, signs) in &tags {
            is_unsure |= WRITERS.contains(word);
            let block = match *word {
                "endmacro" | "endset" | "endraw" => continue,
                "else" | "elif" => {
                    let block = self.open.last_mut();
                    block.map(|block| {
                        block.has_sign |= signs[0] == Some('-');
                        *block
                    })
                }
                word if word.starts_with("end") => self.open.pop(),
                word if BEGINNING.contains(&word) => {
                    self.open.push(Block { beside: has_text(*level), has_sign: false });
                    continue;
                }
                _ => continue,
            };
            closes = true;
            if let Some(block) = block {
                (ends, is_unsure) = (ends || block.beside, is_unsure || block.has_sign);
            }
        }
        // The engine acts on a sign behind the last tag; one before the first takes the line end above away, and not both.
        if has_text(self.level()) || after.is_some() || ends {
            return;
        }
        // What is kept may be put anywhere, also into a filter that looks at its ends.
        if self.level() == 0 {
            self.cuts.push(Cut::new(end, closes || is_unsure));
        } else if !is_unsure {
            self.cuts.push(Cut::new(end, false));
        }
    }
}

/// Whether a shell would take the `{#` at a place for a part of `${#NAME}`.
fn is_length(text: &str, at: usize) -> bool {
    let of_name = |sign: char| sign.is_ascii_alphanumeric() || "_@*".contains(sign);
    let (before, after) = text.split_at(at);
    before.ends_with('$') && after.get(2..).is_some_and(|after| after.starts_with(of_name))
}

/// The first word of a block.
fn word_of(tag: &str) -> &str {
    let inner = tag.get(2..).unwrap_or_default().trim_start_matches(['-', '+']).trim_start();
    inner.get(..inner.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(inner.len())).unwrap_or_default()
}

/// How long a tag is that begins with `open`; `None` where it does not end.
fn tag_length(text: &str, open: &str) -> Option<usize> {
    if open == "{#" {
        return Some(2 + text.get(2..)?.find("#}")? + 2);
    }
    let close = if open == "{{" { "}}" } else { "%}" };
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, sign) in text.char_indices().skip(2) {
        match quote {
            Some(_) if std::mem::take(&mut escaped) => {}
            Some(_) if sign == '\\' => escaped = true,
            Some(open) => quote = Some(open).filter(|open| *open != sign),
            None if depth == 0 && text.get(at..).is_some_and(|rest| rest.starts_with(close)) => return Some(at + 2),
            None => match sign {
                '"' | '\'' => quote = Some(sign),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            },
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::prepared::{Prepared, is_found};
    use super::*;

    /// `·` stands for a line end that depends on what is before it.
    #[test]
    fn lines_of_tags_alone_are_taken_away() {
        for (template, expected) in [
            ("A={% if B %}1{% endif %}\nC=2\n", "A={% if B %}1{% endif %}\nC=2\n"),
            ("{% if B %}\nA=1\n  {% endif %} \nC=2\n", "{% if B %}A=1\n{% endif %}·\nC=2\n"),
            ("  {% if B %}- x{% endif %}\n", "  {% if B %}- x{% endif %}\n"),
            ("{% set a = 1 %} {% set b = 2 %}\nx\n", "{% set a = 1 %}{% set b = 2 %}x\n"),
            ("a\n{%- if B %}\nb\n {%- endif %}\nc\n", "a\n{%- if B %}·\nb\n{%- endif %}·\nc\n"),
            ("{% include 'x' -%}\n  b\n{# c -#}\nd", "{% include 'x' -%}\n  b\n{# c -#}\nd"),
            ("a: {% if B %}\nx\n{% endif %}\nb\n", "a: {% if B %}\nx\n{% endif %}\nb\n"),
            (
                "a: {% for b in c %}{% if b %}\n{% else %}\n{% endif %}{% endfor %}\n",
                "a: {% for b in c %}{% if b %}\n{% else %}\n{% endif %}{% endfor %}\n",
            ),
            (
                "{% for b in c %}\n{% if b %}\nx\n{% else %}\ny\n{% endif %}\n{% endfor %}\n",
                "{% for b in c %}{% if b %}x\n{% else %}·\ny\n{% endif %}·\n{% endfor %}·\n",
            ),
            ("a {# why #}\n{# alone #}\nb\n", "a {# why #}\n{# alone #}b\n"),
            ("{# of\ntwo #}\nb\n", "{# of\ntwo #}b\n"),
            ("{{ {'a': {}} }}{% if \"%}\" %}\nx\n{% endif %}", "{{ {'a': {}} }}{% if \"%}\" %}\nx\n{% endif %}"),
            ("{% raw %}\n{% if %}\n{{\n{% endraw %}\nx\n", "{% raw %}{% if %}\n{{\n{% endraw %}x\n"),
            ("{%+ if B %}\n {%+ endif +%}\nx\n", "{%+ if B %} {%+ endif +%}\nx\n"),
            ("{% macro m(x) %}{{ x }}{% endmacro %}\na\n", "{% macro m(x) %}{{ x }}{% endmacro %}a\n"),
            (
                "{% macro m() %}\n{% if B %}\n1\n{% endif %}\n{% endmacro %}\nx",
                "{% macro m() %}{% if B %}1\n{% endif %}{% endmacro %}x",
            ),
            (
                "{% filter trim %}\n{% if B %}\n1\n{% endif %}\n{% endfilter %}\nx",
                "{% filter trim %}{% if B %}1\n{% endif %}{% endfilter %}·\nx",
            ),
            (
                "{% macro m() %}\n{% if B %}\n1\n{%- else %}\n2\n{% endif %}\n{% endmacro %}\n",
                "{% macro m() %}{% if B %}1\n{%- else %}\n2\n{% endif %}\n{% endmacro %}",
            ),
            ("{% macro m(x) %}\n  a\n{% endmacro %}\nb", "{% macro m(x) %}  a\n{% endmacro %}b"),
            ("{% set x %}a{% endset %}\n{% set y = 1 %}{{ x }}\n", "{% set x %}a{% endset %}{% set y = 1 %}{{ x }}\n"),
            ("  {% include 'x' %}\nb\n", "{% include 'x' %}·\nb\n"),
            ("{% block a %}\n{% endblock %}\nb\n", "{% block a %}{% endblock %}·\nb\n"),
            ("a\n\n {% endif", "a\n\n {% endif"),
            ("{% if B %} {% endif", "{% if B %} {% endif"),
            ("{% if B %}\n", "{% if B %}"),
            ("{% if B %}", "{% if B %}"),
        ] {
            let prepared = Prepared::new(template);
            assert_eq!(prepared.text.replace(END, "·"), expected, "{template}");
            is_found(template, &prepared);
        }
    }

    #[test]
    fn a_line_ends_once() {
        for (text, expected) in
            [("a·\nb", "a\nb"), ("a\n·\nb", "a\nb"), ("·\nb", "b"), ("a·", "a"), ("a·\n·\nb", "a\nb")]
        {
            let origin = Origin { text: 0..text.len() + 8, template: String::new(), source: 0..0, verbatim: false };
            let (out, _) = settle(&text.replace('·', "\u{fffe}"), vec![origin]);
            assert_eq!(out, expected, "{text}");
        }
        let text = "x\n\u{fffe}\nbc";
        let origin = Origin { text: 2..text.len(), template: String::new(), source: 100..107, verbatim: true };
        let (out, origins) = settle(text, vec![origin]);
        let b = origins.iter().find(|origin| origin.text.contains(&out.find('b').unwrap())).unwrap();
        assert_eq!(b.source.start + (out.find('b').unwrap() - b.text.start), 104);
    }
}
