//! Where an operator looks at a value: there it sees the type that the schema gives the key.
//!
//! A value is written as it stands in its file (`yes`, `0.10`), whatever its type is, and the engine compares and calculates
//! with numbers and booleans of its own only. So a filter is put behind each operand, by the engine's precedence.

use std::ops::Range;

use super::super::expressions::{is_word, length_of_text};

/// The filter, which no template names.
pub(super) const TYPED: &str = "_typed";
const BEHIND: &str = "|_typed";
const CLOSING: &str = "|_typed)";

/// Words between which nothing is looked at.
const BETWEEN: &[&str] = &["and", "or", "if", "else"];
/// Words that are values.
const CONSTANTS: &[&str] = &["true", "True", "false", "False", "none", "None"];

/// What stands beside an operand, from what binds least.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Operator {
    /// Nothing that looks at it.
    #[default]
    None,
    /// A comparison, `+` or `-`.
    Loose,
    /// `~`, which wants the text.
    Join,
    /// `*`, `/`, `//`, `%`, `**`.
    Tight,
    /// A `-` of a number.
    Sign,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Word,
    Constant,
    Open {
        is_bracket: bool,
    },
    Close,
    Dot,
    Pipe,
    Minus,
    Operator(Operator),
    /// A comma, a colon, `=`.
    Divider,
}

struct Operand {
    range: Range<usize>,
    /// Whether it has the type that it should have.
    is_typed: bool,
}

/// What stands between two parentheses, or is the whole.
#[derive(Default)]
struct Level {
    before: Operator,
    operand: Option<Operand>,
    /// Whether all that stands in it is looked at: a subscript, the bounds of a range.
    looks: bool,
}

/// What is put into an expression or a block that stands at `tag` of a template, with its places.
pub(super) fn insertions(template: &str, tag: Range<usize>) -> Vec<(usize, &'static str)> {
    let is_block = template.get(tag.clone()).is_some_and(|tag| tag.starts_with("{%"));
    let signs = |sign: char| matches!(sign, '-' | '+');
    let inner = template.get(tag.start + 2..tag.end.saturating_sub(2)).unwrap_or_default();
    let start = tag.start + 2 + usize::from(inner.starts_with(signs));
    let inner = inner.strip_prefix(signs).unwrap_or(inner);
    let mut tokens = tokens(inner.strip_suffix(signs).unwrap_or(inner));
    let word = |(token, range): &(Token, Range<usize>)| inner.get(range.clone()).filter(|_| *token == Token::Word);
    if is_block {
        // The `in` of a loop compares nothing.
        let loops = tokens.first().and_then(word) == Some("for");
        let names = if loops { tokens.iter().position(|token| word(token) == Some("in")) } else { None };
        tokens.drain(..(names.unwrap_or(0) + 1).min(tokens.len()));
    }
    let mut reader = Reader { text: inner, levels: vec![Level::default()], found: Vec::new(), mode: Mode::Plain };
    for (token, range) in tokens {
        reader.read(token, range);
    }
    reader.finish(Operator::None);
    reader.found.sort_by_key(|(at, _)| *at);
    reader.found.iter().map(|(at, text)| (at + start, *text)).collect()
}

/// What the next word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    /// The name of a member or of a filter.
    Member,
    /// The name of a test.
    Test,
}

struct Reader<'t> {
    text: &'t str,
    levels: Vec<Level>,
    found: Vec<(usize, &'static str)>,
    mode: Mode,
}

impl Reader<'_> {
    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn read(&mut self, token: Token, range: Range<usize>) {
        let mode = std::mem::replace(&mut self.mode, Mode::Plain);
        match token {
            Token::Word if mode == Mode::Plain => self.word(range),
            Token::Word | Token::Constant if mode != Mode::Plain => {
                let negates = self.text.get(range.clone()) == Some("not");
                if let Some(operand) = &mut self.level().operand {
                    operand.range.end = range.end;
                    operand.is_typed = mode == Mode::Test;
                }
                self.mode = if negates { mode } else { Mode::Plain };
            }
            Token::Word | Token::Constant => self.begin(range, true),
            Token::Dot => self.mode = Mode::Member,
            Token::Pipe => {
                self.wrap();
                self.mode = Mode::Member;
            }
            Token::Open { is_bracket } => {
                let called = self.level().operand.as_ref().map(|operand| operand.range.clone());
                let looks = match called {
                    Some(_) if is_bracket => true,
                    Some(called) => self.text.get(called) == Some("range"),
                    None => {
                        self.level().operand = Some(Operand { range: range.clone(), is_typed: false });
                        false
                    }
                };
                self.levels.push(Level { looks, ..Level::default() });
            }
            Token::Close => {
                self.finish(Operator::None);
                if self.levels.len() > 1 {
                    self.levels.pop();
                }
                if let Some(operand) = &mut self.level().operand {
                    operand.range.end = range.end;
                }
            }
            Token::Minus if self.level().operand.is_none() => self.level().before = Operator::Sign,
            Token::Minus => self.operator(Operator::Loose),
            Token::Operator(operator) => self.operator(operator),
            Token::Divider => self.operator(Operator::None),
        }
    }

    fn word(&mut self, range: Range<usize>) {
        match self.text.get(range.clone()).unwrap_or_default() {
            "in" => self.operator(Operator::Loose),
            "is" => {
                self.wrap();
                self.mode = Mode::Test;
            }
            // Behind an operand it belongs to the `in` that follows.
            "not" if self.level().operand.is_some() => {}
            word if word == "not" || BETWEEN.contains(&word) => self.operator(Operator::None),
            word => self.begin(range, CONSTANTS.contains(&word)),
        }
    }

    fn begin(&mut self, range: Range<usize>, is_typed: bool) {
        self.finish(Operator::None);
        self.level().operand = Some(Operand { range, is_typed });
    }

    fn operator(&mut self, operator: Operator) {
        self.finish(operator);
        self.level().before = operator;
    }

    /// Ends an operand; `after` is what stands behind it.
    fn finish(&mut self, after: Operator) {
        self.wrap();
        let level = self.level();
        let Some(operand) = level.operand.take() else { return };
        let before = std::mem::take(&mut level.before);
        let looks = match (before, after) {
            (Operator::Tight, _) | (_, Operator::Tight) => true,
            (Operator::Join, _) | (_, Operator::Join) => false,
            (Operator::None | Operator::Sign, Operator::None) => level.looks,
            _ => true,
        };
        if looks && !operand.is_typed {
            self.found.push((operand.range.end, BEHIND));
        }
    }

    /// Puts parentheses around an operand with a sign, which would count for less than a filter.
    fn wrap(&mut self) {
        let level = self.level();
        let signed = level.before == Operator::Sign;
        let Some(operand) = level.operand.as_mut().filter(|operand| signed && !operand.is_typed) else { return };
        (operand.is_typed, level.before) = (true, Operator::None);
        let Range { start, end } = operand.range;
        self.found.extend([(start, "("), (end, CLOSING)]);
    }
}

fn tokens(text: &str) -> Vec<(Token, Range<usize>)> {
    let (mut found, mut at, bytes) = (Vec::new(), 0, text.as_bytes());
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let doubled = rest.first() == Some(byte);
        let equals = rest.first() == Some(&b'=');
        let (token, length) = match byte {
            b'"' | b'\'' => (Some(Token::Constant), (2 + length_of_text(rest, *byte)).min(1 + rest.len())),
            b'0'..=b'9' => (Some(Token::Constant), 1 + length_of_number(rest)),
            byte if is_word(*byte) => (Some(Token::Word), 1 + rest.iter().take_while(|byte| is_word(**byte)).count()),
            b'(' | b'{' => (Some(Token::Open { is_bracket: false }), 1),
            b'[' => (Some(Token::Open { is_bracket: true }), 1),
            b')' | b'}' | b']' => (Some(Token::Close), 1),
            b'.' => (Some(Token::Dot), 1),
            b'|' => (Some(Token::Pipe), 1),
            b'~' => (Some(Token::Operator(Operator::Join)), 1),
            b'-' => (Some(Token::Minus), 1),
            b'+' => (Some(Token::Operator(Operator::Loose)), 1),
            b'*' | b'/' => (Some(Token::Operator(Operator::Tight)), 1 + usize::from(doubled)),
            b'%' => (Some(Token::Operator(Operator::Tight)), 1),
            b'<' | b'>' => (Some(Token::Operator(Operator::Loose)), 1 + usize::from(equals)),
            b'=' | b'!' if equals => (Some(Token::Operator(Operator::Loose)), 2),
            b'=' | b',' | b':' => (Some(Token::Divider), 1),
            _ => (None, 1),
        };
        found.extend(token.map(|token| (token, at..at + length)));
        at += length;
    }
    found
}

fn length_of_number(rest: &[u8]) -> usize {
    let mut before = b'0';
    let goes_on = |byte: &&u8| {
        let sign = matches!(**byte, b'-' | b'+') && matches!(before, b'e' | b'E');
        before = **byte;
        is_word(**byte) || **byte == b'.' || sign
    };
    rest.iter().take_while(goes_on).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(template: &str) -> String {
        let mut out = template.to_owned();
        for (at, text) in insertions(template, 0..template.len()).into_iter().rev() {
            out.insert_str(at, text);
        }
        out.replace("|_typed", "°")
    }

    #[test]
    fn operands_are_found() {
        for (template, expected) in [
            ("{{ A }}", "{{ A }}"),
            ("{{ A > 0.5 }}", "{{ A° > 0.5 }}"),
            ("{%- if A == env.B -%}", "{%- if A° == env.B° -%}"),
            ("{% if A and not B or C %}", "{% if A and not B or C %}"),
            ("{% if 1 < A <= B %}", "{% if 1 < A° <= B° %}"),
            ("{{ A if B > 1 else C }}", "{{ A if B° > 1 else C }}"),
            ("{{ A + B * C }}", "{{ A° + B° * C° }}"),
            ("{{ A ~ B }}", "{{ A ~ B }}"),
            ("{{ A ~ B == C ~ D }}", "{{ A ~ B == C ~ D }}"),
            ("{{ A ~ B * 2 ~ C }}", "{{ A ~ B° * 2 ~ C }}"),
            ("{{ A - 1 ~ B }}", "{{ A° - 1 ~ B }}"),
            ("{{ -A > 1 }}", "{{ -(A°) > 1 }}"),
            ("{{ B * -A.b[0] | abs }}", "{{ B° * -(A.b[0]°) | abs }}"),
            ("{% elif -A > -1 %}", "{% elif -(A°) > -1 %}"),
            ("{{ A | default(B) > 2 }}", "{{ A | default(B)° > 2 }}"),
            ("{{ (A) > 2 }}", "{{ (A)° > 2 }}"),
            ("{{ f(A, b=-B) == [A, B] }}", "{{ f(A, b=-(B°))° == [A, B]° }}"),
            ("{{ {'a': A}['a'] == {} }}", "{{ {'a': A}['a']° == {}° }}"),
            ("{{ A in B }}{# #}", "{{ A° in B° }}{# #}"),
            ("{% if A not in B %}", "{% if A° not in B° %}"),
            ("{% for A in B if A > 1 %}", "{% for A in B if A° > 1 %}"),
            ("{% for A in range(1, B) %}", "{% for A in range(1, B°) %}"),
            ("{% set a = A %}", "{% set a = A %}"),
            ("{% set a = A + 1 %}", "{% set a = A° + 1 %}"),
            ("{{ A is divisibleby(B) == true }}", "{{ A is divisibleby(B) == true }}"),
            ("{{ A is not none and B == \"a > b\" }}", "{{ A is not none and B° == \"a > b\" }}"),
            ("{{ H[A] }}{{ H[A:B] }}", "{{ H[A°] }}{{ H[A°:B°] }}"),
            ("{{ A.b == 1e-3 }}", "{{ A.b° == 1e-3 }}"),
            ("{{ A ** B // 2 % C }}", "{{ A° ** B° // 2 % C° }}"),
            ("{{ 'it\\'s' ~ A }}", "{{ 'it\\'s' ~ A }}"),
            ("{{ ) > A }}", "{{ ) > A° }}"),
            ("{%%}", "{%%}"),
            ("{{", "{{"),
        ] {
            let whole: Vec<_> = template.split_inclusive("}}").collect();
            let told: String =
                whole.into_iter().map(|tag| if tag.starts_with("{#") { tag.to_owned() } else { typed(tag) }).collect();
            assert_eq!(told, expected, "{template}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(512))]

        #[test]
        fn any_tag_is_read(pieces in proptest::collection::vec(0..20_usize, 0..24)) {
            const PIECES: [&str; 20] = [
                "A", " ", "(", ")", "[", "]", "-", "+", "~", "*", "is", "not", "in", "|", ".", ",", "==", "'", "1e", "é",
            ];
            let template: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            let tag = format!("{{{{{template}}}}}");
            for (at, _) in insertions(&tag, 0..tag.len()) {
                assert!(tag.is_char_boundary(at) && (2..=tag.len() - 2).contains(&at), "{tag}: {at}");
            }
        }
    }
}
