//! The literal that a JavaScript file gives out (`module.exports = { … }`), read as text: nothing is ever run.
//!
//! A variable is followed to the literal that it is declared with, where nothing in the script could change it. What is no
//! literal, such as a call or a template with `${…}`, is [`Value::Unknown`], or [`Value::OneOf`] where literals are among what
//! it may come to.

mod bindings;
mod calls;
mod outcomes;
mod refusal;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::bindings::Bindings;
use self::calls::Function;
pub use self::refusal::refusal;
use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, Pair, Refusal, Value};
use crate::source::{SourceId, Span};

/// The literal after `module.exports =` or `export default`; `None` where there is none that can be followed.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> Option<Arc<Node>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut reader = Reader::new(source, text);
    reader.bindings = bindings::of(source, text);
    reader.find_functions();
    let mut depth = 0_usize;
    while let Some(token) = reader.token() {
        match token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            "module" if depth == 0 && reader.follows(&[".", "exports", "="]) => return reader.exported(),
            "module" if depth == 0 && reader.follows(&[".", "exports", ".", "apps", "="]) => return reader.apps(),
            "exports" if depth == 0 && reader.follows(&[".", "apps", "="]) => return reader.apps(),
            "exports" if depth == 0 && reader.follows(&["="]) => return reader.exported(),
            "export" if depth == 0 && reader.follows(&["default"]) => return reader.exported(),
            _ => {}
        }
    }
    None
}

/// A text that is one value, as PM2 reads its `.json` files: by JavaScript's rules, with comments, names without quotes and
/// a comma behind the last item. `None` where it is none that can be followed, or something stands behind it.
#[must_use]
pub fn value(source: SourceId, text: &str) -> Option<Arc<Node>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut reader = Reader::new(source, text);
    let value = reader.value(0, true)?;
    reader.token().is_none().then_some(value)
}

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    at: usize,
    nodes: usize,
    /// How much was read again, for variables.
    reread: usize,
    bindings: Bindings<'t>,
    /// The functions of the script, by name.
    functions: BTreeMap<&'t str, Function>,
}

impl<'t> Reader<'t> {
    fn new(source: SourceId, text: &'t str) -> Self {
        let (bindings, functions) = (Bindings::new(), BTreeMap::new());
        Self { source, text, at: 0, nodes: 0, reread: 0, bindings, functions }
    }

    fn exported(&mut self) -> Option<Arc<Node>> {
        // `module.exports = exports = { … }`
        let from = self.at;
        if !matches!(self.token(), Some("exports")) || !self.follows(&["="]) {
            self.at = from;
        }
        self.value(0, true)
    }

    /// `module.exports.apps = […]`
    fn apps(&mut self) -> Option<Arc<Node>> {
        let from = self.at;
        let value = self.value(0, true)?;
        let pair = Pair { key: "apps".to_owned(), key_span: value.span, value };
        self.node(Value::Map(vec![pair]), from)
    }

    /// Blanks and comments.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest.len() - rest.trim_start().len();
            let rest = &rest[blank..];
            self.at += blank;
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.get(2..).and_then(|inner| inner.find("*/")).map_or(rest.len(), |end| end + 4);
            } else {
                return;
            }
        }
    }

    /// A word or number, a whole string, or one sign.
    fn token(&mut self) -> Option<&'t str> {
        self.skip();
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let is_word = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
        let length = if matches!(first, '\'' | '"' | '`') {
            (first == '`').then(|| template::end(rest)).flatten().or_else(|| string_end(rest, first))?
        } else if first == '/' && self.begins_expression() {
            expression_end(rest).unwrap_or(1)
        } else if is_word(first) {
            rest.find(|character| !is_word(character)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        self.at += length;
        Some(&rest[..length])
    }

    /// Whether a slash here begins a regular expression: after a value it divides.
    fn begins_expression(&self) -> bool {
        let before = self.text[..self.at].trim_end();
        before.ends_with("return") || before.chars().last().is_none_or(|last| "(,=:[!&|?{};+*%~^<>".contains(last))
    }

    fn peek(&mut self) -> Option<&'t str> {
        let from = self.at;
        let token = self.token();
        self.at = from;
        token
    }

    /// Goes past these tokens if they come next, and none of them otherwise.
    fn follows(&mut self, tokens: &[&str]) -> bool {
        let from = self.at;
        let all = tokens.iter().all(|token| self.token() == Some(token));
        // `a == b` is no assignment.
        if all && (tokens.last() != Some(&"=") || !self.text[self.at..].starts_with(['=', '>'])) {
            return true;
        }
        self.at = from;
        false
    }

    fn span(&self, from: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.source, offset(from)..offset(self.at))
    }

    fn node(&self, value: Value, from: usize) -> Option<Arc<Node>> {
        Node::new(value, self.span(from), None).map(Arc::new)
    }

    /// A value up to the `,`, `}`, `]` or `;` that ends it.
    fn value(&mut self, depth: u32, is_statement: bool) -> Option<Arc<Node>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES || depth >= MAX_DEPTH {
            return None;
        }
        self.skip();
        let from = self.at;
        let value = match self.token()? {
            "{" => self.map(depth)?,
            "[" => self.list(depth)?,
            // A function, or something in parentheses; a text with gaps.
            token if token == "(" || token.starts_with('`') && token.contains("${") => {
                self.at = from;
                return self.expression(from, depth, is_statement);
            }
            token => match self.bindings.get(token).copied() {
                Some(at) if self.ends_value(is_statement) => return self.bound(at, depth),
                _ => self.scalar(token, from),
            },
        };
        let node = self.node(value, from)?;
        if self.ends_value(is_statement) {
            return Some(node);
        }
        // `60 * 1000`, `a || b`, `[…].map(…)`
        self.expression(from, depth, false)
    }

    /// What only running the script could tell, from `from` to its end; that of the text may end a statement.
    fn expression(&mut self, from: usize, depth: u32, is_statement: bool) -> Option<Arc<Node>> {
        self.pass_expression().or(is_statement.then_some(()))?;
        let literals = self.outcomes(from, depth);
        self.node(if literals.is_empty() { Value::Unknown } else { Value::OneOf(literals) }, from)
    }

    /// Whether a value ends here, and does not go on as an expression.
    fn ends_value(&mut self, is_statement: bool) -> bool {
        let from = self.at;
        let token = self.peek();
        self.skip();
        let on_next_line = self.text.get(from..self.at).is_some_and(|passed| passed.contains('\n'));
        self.at = from;
        match token {
            None | Some("," | "}" | "]" | ";" | ")") => true,
            // Another statement begins on the next line, as JavaScript allows without `;`.
            Some(token) => {
                is_statement
                    && on_next_line
                    && token.starts_with(|sign: char| sign.is_alphanumeric() || "_$@".contains(sign))
            }
        }
    }

    /// The value that a variable is declared with.
    fn bound(&mut self, at: usize, depth: u32) -> Option<Arc<Node>> {
        let from = std::mem::replace(&mut self.at, at);
        let known = if self.reread < MAX_BYTES { self.value(depth + 1, true) } else { None };
        self.reread += self.at - at;
        let node = known.or_else(|| self.node(Value::Unknown, at));
        self.at = from;
        node
    }

    /// The members that `...NAME` brings into a map, of a variable that is known.
    fn spread(&mut self, depth: u32) -> Option<Vec<Pair>> {
        let from = self.at;
        let name = self.follows(&[".", ".", "."]).then(|| self.token()).flatten();
        let at = name.and_then(|name| self.bindings.get(name).copied()).filter(|_| self.ends_value(false));
        let node = at.and_then(|at| self.bound(at, depth));
        if let Some(Value::Map(pairs)) = node.map(|node| node.value.clone()) {
            return Some(pairs);
        }
        self.at = from;
        None
    }

    fn scalar(&mut self, token: &'t str, from: usize) -> Value {
        let word = |text: String, plain| Value::Scalar { text, plain };
        match token {
            _ if token.starts_with(['\'', '"']) => unescaped(token).map_or(Value::Unknown, |text| word(text, false)),
            _ if token.starts_with('`') && !token.contains("${") => {
                unescaped(token).map_or(Value::Unknown, |text| word(text, false))
            }
            "true" | "false" | "null" => word(token.to_owned(), true),
            "-" | "." => Value::Unknown,
            _ if token.starts_with(|first: char| first.is_ascii_digit()) => {
                // `1_000`, `1.5`
                let rest = &self.text[from..];
                let length = rest.find(|sign: char| !(sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.')));
                self.at = from + length.unwrap_or(rest.len());
                let digits = self.text[from..self.at].replace('_', "");
                let (whole, part) = digits.split_once('.').unwrap_or((&digits, "0"));
                let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                if is_number(whole) && is_number(part) { word(digits, true) } else { Value::Unknown }
            }
            _ => Value::Unknown,
        }
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        let mut items = Vec::new();
        loop {
            match self.peek()? {
                "]" => {
                    self.token();
                    return Some(Value::List(items));
                }
                "," => drop(self.token()),
                "}" | ")" | ";" => return None,
                "." => {
                    // `...others`
                    let from = self.at;
                    self.pass_expression()?;
                    items.push(self.node(Value::Unknown, from)?);
                }
                _ => items.push(self.value(depth + 1, false)?),
            }
        }
    }

    fn map(&mut self, depth: u32) -> Option<Value> {
        let mut pairs: Vec<Pair> = Vec::new();
        loop {
            self.skip();
            let from = self.at;
            let token = self.token()?;
            match token {
                "}" => return Some(Value::Map(pairs)),
                "," => continue,
                // Nothing of a map: without an end here, the expression below would stand still.
                "]" | ")" | ";" => return None,
                "." => {
                    self.at = from;
                    if let Some(brought) = self.spread(depth) {
                        for pair in brought {
                            set(&mut pairs, pair);
                        }
                        continue;
                    }
                }
                _ => {}
            }
            match token {
                // A spread, a computed name or a method may set any name.
                _ if token == "." || token == "[" || !self.follows(&[":"]) => {
                    self.at = from;
                    self.pass_expression()?;
                    let shorthand = token.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '$'));
                    let key = if shorthand { token.to_owned() } else { SPREAD.to_owned() };
                    let bound =
                        self.bindings.get(token).copied().filter(|_| shorthand && self.at == from + token.len());
                    let value = match bound {
                        Some(at) => self.bound(at, depth)?,
                        None => self.node(Value::Unknown, from)?,
                    };
                    set(&mut pairs, Pair { key, key_span: self.span(from), value });
                    continue;
                }
                _ => {}
            }
            let key = if token.starts_with(['\'', '"']) { unescaped(token)? } else { token.to_owned() };
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let key_span = Span::new(self.source, offset(from)..offset(from + token.len()));
            let value = self.value(depth + 1, false)?;
            set(&mut pairs, Pair { key, key_span, value });
        }
    }

    /// Goes to the `,` or closing sign that ends an expression.
    fn pass_expression(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let from = self.at;
            match self.token()? {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" | "," | ";" if depth == 0 => {
                    self.at = from;
                    return Some(());
                }
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
        }
    }
}

/// Adds a member: the last of two with one name counts.
fn set(pairs: &mut Vec<Pair>, pair: Pair) {
    pairs.retain(|known| known.key != pair.key || pair.key == SPREAD);
    pairs.push(pair);
}

/// The name under which a spread (`...others`) stands in a map: it may set any name.
pub const SPREAD: &str = "...";

/// Where a string that begins with `quote` ends.
fn string_end(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '\n' if quote != '`' => return Some(at),
            _ if character == quote => return Some(at + character.len_utf8()),
            _ => {}
        }
    }
    None
}

/// Where a regular expression ends, its flags left out; `None` where the line ends before it does.
fn expression_end(text: &str) -> Option<usize> {
    let (mut characters, mut in_class) = (text.char_indices().skip(1), false);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '\n' => return None,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The text of a string with its quotes; `None` for escapes that are not read.
fn unescaped(token: &str) -> Option<String> {
    let quote = token.chars().next()?;
    let inner = token.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                '\n' => {}
                'u' | 'x' | 'b' | 'f' | 'v' | '0'..='9' => return None,
                other => out.push(other),
            },
            _ => out.push(character),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::shape;
    use super::*;
    use crate::source::Sources;

    #[test]
    fn literals() {
        for (text, expected) in [
            ("module.exports = { apps: [{ name: 'api', instances: 2, }] };", Some("{apps:[{name:'api' instances:2}]}")),
            (
                "// x\nmodule.exports={a:-1,b:1_000,c:60*1000,d:true,e:1.5,f:1.}",
                Some("{a:? b:1000 c:? d:true e:1.5 f:?}"),
            ),
            ("const a = {b: [1]}\nmodule.exports = a;", Some("{b:[1]}")),
            ("const a = {b: [1]}\na.c = 2\nmodule.exports = a", Some("?")),
            ("let a = {b: 1}; a = f(); module.exports = a", Some("?")),
            ("const a = {b: 1}; f(a); module.exports = {c: a}", Some("{c:?}")),
            ("const a = {b: 1}; f(1, a, 2); module.exports = {c: a}", Some("{c:?}")),
            ("const a = [1].map(f)\nmodule.exports = {a}", Some("{a:?}")),
            ("const a = [{b: 1}]\n// apps\nexport default {a, c: [...a]}", Some("{a:[{b:1}] c:[?]}")),
            ("const n = 'x'\nlog(n)\nmodule.exports = {n, m: n, o: n + 1, n: 2}", Some("{m:'x' o:? n:2}")),
            ("const a = {b: 1, c: 2}\nmodule.exports = {c: 0, ...a, b: 3}", Some("{c:2 b:3}")),
            ("const a = {b: 1}\nmodule.exports = a.b", None),
            ("module.exports = [1].map((x) => x);\nf()", Some("?")),
            (
                "module.exports = { a: process.env.X || 'y', b: `t`, c: `${t}`, ...rest, d }",
                Some("{a:?('y') b:'t' c:? ...:? d:?}"),
            ),
            (
                "export default { 'a-b': \"it\\'s\", c: [...d, 1], e() { return {} }, f: null }",
                Some("{a-b:'it's' c:[? 1] e:? f:null}"),
            ),
            ("module.exports = { a: [1].map((x) => ({ x, y: [1, 2] })), b: /* c */ 2 }", Some("{a:? b:2}")),
            ("module.exports = exports = { a: 1, a: 2 }", Some("{a:2}")),
            ("x.replace(/^[\"'/]|[\"']$/g, '')\nmodule.exports = { a: 1 / 2, b: 3 }", Some("{a:? b:3}")),
            ("module.exports = { a: 1 ] };", None),
            ("module.exports = { ) }", None),
            ("module.exports = { a: { b: [1, 2] ; c: 3 } }", None),
            ("module.exports = [ 1 } ];", None),
            ("function f() { module.exports = { a: 1 } }", None),
            ("module.exports == { a: 1 }", None),
            ("module.exports.apps = [{ a: 1 }]\n", Some("{apps:[{a:1}]}")),
            ("exports.apps = [1]", Some("{apps:[1]}")),
            ("module.exports = { a: 1", None),
            ("module.exports = { { a: 1 } ] }", None),
            ("module.exports = { apps: [ { a: 1 } }", None),
            ("module.exports = () => ({ a: 1 })", Some("?")),
            ("module.exports = { a: () => 1, b: (1), c: (x) => ({ d: [x] }), e: 2 }", Some("{a:? b:?(1) c:? e:2}")),
            ("", None),
            ("'", None),
        ] {
            let source = Sources::default().add("a.js", "");
            assert_eq!(parse(source, text).map(|node| shape(&node)).as_deref(), expected, "{text}");
        }
        let source = Sources::default().add("a.js", "");
        assert!(parse(source, &format!("module.exports = {}", "[".repeat(100_000))).is_none());
        // What holds itself comes to an end.
        drop(parse(source, "const a = {b: a, c: a, d: [a, a]}\nmodule.exports = {a}"));
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(512))]

        /// Whatever a text is, reading it comes to an end.
        #[test]
        fn any_text_is_read(pieces in proptest::collection::vec(0..26_usize, 0..60)) {
            const PIECES: [&str; 26] = [
                "const ", "let ", "a", "b", " = ", "{", "}", "[", "]", ",", ":", "...", "module.exports", "export default ", "'x'",
                "1", "\n", ";", "(", ")", "/", "`", "//", "/*", "\\", "é",
            ];
            let text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            drop(parse(Sources::default().add("a.js", ""), &text));
            drop(parse(Sources::default().add("a.js", ""), &format!("const a = {text}\nmodule.exports = {{a, ...b}}")));
        }
    }
}
