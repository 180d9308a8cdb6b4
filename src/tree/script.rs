//! The literal that a JavaScript file gives out (`module.exports = { … }`), read as text: nothing is ever run.
//!
//! What is no literal, such as a call, a variable or a template with `${…}`, is [`Value::Unknown`].

use std::sync::Arc;

use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, Pair, Value};
use crate::source::{SourceId, Span};

/// The literal after `module.exports =` or `export default`; `None` where there is none that can be followed.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> Option<Arc<Node>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut reader = Reader { source, text, at: 0, nodes: 0 };
    let mut depth = 0_usize;
    while let Some(token) = reader.token() {
        match token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            "module" if depth == 0 && reader.follows(&[".", "exports", "="]) => return reader.exported(),
            "exports" if depth == 0 && reader.follows(&["="]) => return reader.exported(),
            "export" if depth == 0 && reader.follows(&["default"]) => return reader.exported(),
            _ => {}
        }
    }
    None
}

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    at: usize,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn exported(&mut self) -> Option<Arc<Node>> {
        // `module.exports = exports = { … }`
        let from = self.at;
        if !matches!(self.token(), Some("exports")) || !self.follows(&["="]) {
            self.at = from;
        }
        self.value(0)
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
            string_end(rest, first)?
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
    fn value(&mut self, depth: u32) -> Option<Arc<Node>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES || depth >= MAX_DEPTH {
            return None;
        }
        self.skip();
        let from = self.at;
        let value = match self.token()? {
            "{" => self.map(depth)?,
            "[" => self.list(depth)?,
            token => self.scalar(token, from),
        };
        let node = self.node(value, from)?;
        match self.peek() {
            None | Some("," | "}" | "]" | ";" | ")") => Some(node),
            // Another statement begins on the next line, as JavaScript allows without `;`.
            Some(_) if depth == 0 => Some(node),
            // `60 * 1000`, `a || b`, `[…].map(…)`: an expression.
            Some(_) => {
                self.pass_expression()?;
                self.node(Value::Unknown, from)
            }
        }
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
                if digits.bytes().all(|byte| byte.is_ascii_digit()) { word(digits, true) } else { Value::Unknown }
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
                _ => items.push(self.value(depth + 1)?),
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
                // A spread, a computed name or a method may set any name.
                _ if token == "." || token == "[" || !self.follows(&[":"]) => {
                    self.at = from;
                    self.pass_expression()?;
                    let shorthand = token.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '$'));
                    let key = if shorthand { token.to_owned() } else { SPREAD.to_owned() };
                    let value = self.node(Value::Unknown, from)?;
                    pairs.push(Pair { key, key_span: self.span(from), value });
                    continue;
                }
                _ => {}
            }
            let key = if token.starts_with(['\'', '"']) { unescaped(token)? } else { token.to_owned() };
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let key_span = Span::new(self.source, offset(from)..offset(from + token.len()));
            let value = self.value(depth + 1)?;
            // The last of two with one name counts.
            pairs.retain(|pair| pair.key != key || key == SPREAD);
            pairs.push(Pair { key, key_span, value });
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
            ("// x\nmodule.exports={a:-1,b:1_000,c:60*1000,d:true}", Some("{a:? b:1000 c:? d:true}")),
            ("const a = {b: [1]}\nmodule.exports = a;", Some("?")),
            (
                "module.exports = { a: process.env.X || 'y', b: `t`, c: `${t}`, ...rest, d }",
                Some("{a:? b:'t' c:? ...:? d:?}"),
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
            ("module.exports = { a: 1", None),
            ("module.exports = { { a: 1 } ] }", None),
            ("module.exports = { apps: [ { a: 1 } }", None),
            ("module.exports = () => ({ a: 1 })", Some("?")),
            ("", None),
            ("'", None),
        ] {
            let source = Sources::default().add("a.js", "");
            assert_eq!(parse(source, text).map(|node| shape(&node)).as_deref(), expected, "{text}");
        }
        let source = Sources::default().add("a.js", "");
        assert!(parse(source, &format!("module.exports = {}", "[".repeat(100_000))).is_none());
    }
}
