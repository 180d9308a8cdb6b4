//! YAML text as trees, one a document. What SOPS never writes (anchors, aliases, tags) is refused.

use std::collections::HashSet;

use granit_parser::{Event, Parser, Placement, ScalarStyle, ScanError, Span};

use super::opened::{canonical_time, has_shape};
use super::tree::{Item, Node};

/// The documents, or the 1-based line at which the text cannot be read and whether it is YAML for others.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, Refusal> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error: ScanError| Refusal { line: error.marker().line(), is_yaml: false })?;
        builder.take(event, &span).ok_or(Refusal { line: span.start.line(), is_yaml: true })?;
    }
    Ok(builder.documents)
}

/// Why text gives no tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// 1-based.
    pub(super) line: usize,
    /// Whether it is YAML, but not as SOPS writes it.
    pub(super) is_yaml: bool,
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Collection>,
    /// Comments before the first item of what has not begun: a document, or the value of a key.
    above: Vec<String>,
}

/// A map or list that is being read.
struct Collection {
    items: Vec<Item>,
    /// The keys so far; `None` for a list.
    keys: Option<HashSet<String>>,
    /// A map's key whose value comes next.
    key: Option<String>,
    /// Where its first line begins.
    column: usize,
    /// Comments that stand after the item that is still being read.
    later: Vec<String>,
}

impl Builder {
    /// `None` for what SOPS never writes.
    fn take(&mut self, event: Event<'_>, span: &Span) -> Option<()> {
        match event {
            Event::Scalar(text, style, 0, None) => {
                let open = self.open.last_mut();
                if let Some(Collection { keys: Some(keys), key: key @ None, .. }) = open {
                    *key = Some(text.to_string());
                    return keys.insert(text.into_owned()).then_some(());
                }
                self.push(if style == ScalarStyle::Plain { plain(&text) } else { Node::Text(text.into_owned()) });
            }
            Event::MappingStart(_, 0, None) => self.start(Some(HashSet::new()), span)?,
            Event::SequenceStart(_, 0, None) => self.start(None, span)?,
            Event::MappingEnd | Event::SequenceEnd => {
                let Collection { mut items, keys, later, .. } = self.open.pop()?;
                items.extend(later.into_iter().map(Item::Comment));
                self.push(if keys.is_some() { Node::Map(items) } else { Node::List(items) });
            }
            Event::Comment(text, placement) => self.comment(&text, placement, span.start.col()),
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => {}
            _ => return None,
        }
        Some(())
    }

    fn start(&mut self, keys: Option<HashSet<String>>, span: &Span) -> Option<()> {
        // A map as a key.
        if self.open.last().is_some_and(|open| open.keys.is_some() && open.key.is_none()) {
            return None;
        }
        let column = span.start.col();
        let items = self.above.drain(..).map(Item::Comment).collect();
        self.open.push(Collection { items, keys, key: None, column, later: Vec::new() });
        Some(())
    }

    fn push(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(open) => {
                open.items.extend(self.above.drain(..).map(Item::Comment));
                open.items.push(Item::Value(open.key.take().unwrap_or_default(), node));
                open.items.extend(open.later.drain(..).map(Item::Comment));
            }
        }
    }

    /// Comments matter only to the rules that go by them. One at the end of a line stands before what it is about; one
    /// on its own line belongs to the innermost collection that is not further to the right.
    fn comment(&mut self, text: &str, placement: Placement, column: usize) {
        let top = self.open.len();
        let fits = |open: &Collection| placement == Placement::Right || open.column <= column;
        let (at, comment) = (self.open.iter().rposition(fits).unwrap_or(0), text.to_owned());
        let Some(open) = self.open.get_mut(at) else {
            self.above.push(comment);
            return;
        };
        if at + 1 == top && placement != Placement::Right && open.key.is_some() {
            self.above.push(comment);
        } else if at + 1 < top {
            open.later.push(comment);
        } else if placement == Placement::Right && open.key.is_none() && !open.items.is_empty() {
            open.items.insert(open.items.len() - 1, Item::Comment(comment));
        } else {
            open.items.push(Item::Comment(comment));
        }
    }
}

/// What an unquoted scalar is for the YAML library of SOPS.
fn plain(text: &str) -> Node {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Node::Null,
        "true" | "True" | "TRUE" => return Node::Boolean(true),
        "false" | "False" | "FALSE" => return Node::Boolean(false),
        _ => {}
    }
    if let Some(time) = time(text) {
        return Node::Number(time);
    }
    let digits = text.replace('_', "");
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '.' | '-' | '+')) {
        return Node::Text(text.to_owned());
    }
    let number = integer(&digits).map(|value| value.to_string()).or_else(|| float(&digits));
    number.map_or_else(|| Node::Text(text.to_owned()), Node::Number)
}

fn time(text: &str) -> Option<String> {
    match text {
        _ if has_shape(text, "0000-00-00") => Some(format!("{text}T00:00:00Z")),
        _ if has_shape(text, "0000-00-00 00:00:00") => Some(format!("{}Z", text.replacen(' ', "T", 1))),
        _ if text.contains('.') => None,
        _ => canonical_time(text),
    }
}

/// A whole number of 64 bits, in decimal, `0x`, `0b`, `0o` or with a leading zero in octal.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let value = sign * i128::from_str_radix(digits, radix).ok()?;
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

/// A decimal fraction or power, spelled without an exponent and no longer than it must be.
fn float(text: &str) -> Option<String> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    let value: f64 = text.parse().ok().filter(|_| is_decimal)?;
    value.is_finite().then(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in one line: `{a:(t)x #(c) b:[…]}`.
    fn told(node: &Node) -> String {
        let items = |items: &[Item]| {
            let told = items.iter().map(|item| match item {
                Item::Comment(text) => format!("#{text}"),
                Item::Value(key, node) if key.is_empty() => told(node),
                Item::Value(key, node) => format!("{key}:{}", told(node)),
            });
            told.collect::<Vec<_>>().join(" ")
        };
        match node {
            Node::Null => "null".into(),
            Node::Text(text) => format!("'{text}'"),
            Node::Boolean(value) => value.to_string(),
            Node::Number(text) => text.clone(),
            Node::Map(map) => format!("{{{}}}", items(map)),
            Node::List(list) => format!("[{}]", items(list)),
        }
    }

    #[test]
    fn trees() {
        for (text, expected) in [
            ("a: 1\nb: 'x'\nc:\n  - y\n  - k: |\n      z\n", "{a:1 b:'x' c:['y' {k:'z\n'}]}"),
            ("a: {b: [1, null, ~, \"2\"], c: }\n", "{a:{b:[1 null null '2'] c:null}}"),
            ("#one\na: 1 #two\n#three\nb: 2\n", "{#one #two a:1 #three b:2}"),
            ("a:\n    b: 1\n    #in\n#out\nc: 2\n", "{a:{b:1 #in} #out c:2}"),
            ("a:\n    - 1 #x\n    #y\n    - 2\n#z\nb: 1\n", "{a:[#x 1 #y 2] #z b:1}"),
            ("a:\n  # x\n  - 1\n", "{a:[# x 1]}"),
            ("a:\n  # x\n  1\n", "{# x a:1}"),
            ("a: #head\n    b: 1\n", "{#head a:{b:1}}"),
        ] {
            let documents = parse(text).unwrap();
            assert_eq!(documents.iter().map(told).collect::<Vec<_>>(), [expected], "{text}");
        }
        assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap().len(), 2);
        assert_eq!(parse("").unwrap().len(), 0);
    }

    #[test]
    fn unquoted_scalars() {
        for (text, expected) in [
            ("x", "'x'"),
            ("True", "true"),
            ("yes", "'yes'"),
            ("NULL", "null"),
            ("42", "42"),
            ("+1_000", "1000"),
            ("-0x1F", "-31"),
            ("010", "8"),
            ("0o17", "15"),
            ("0b11", "3"),
            ("08", "8"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709552000"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("1e21", "1000000000000000000000"),
            ("-2.0", "-2"),
            ("1.2.3", "'1.2.3'"),
            ("0x", "'0x'"),
            ("--1", "'--1'"),
            ("1-2", "'1-2'"),
            ("2024-05-06", "2024-05-06T00:00:00Z"),
            ("2024-05-06 07:08:09", "2024-05-06T07:08:09Z"),
            ("2024-05-06T07:08:09+00:00", "2024-05-06T07:08:09Z"),
            ("é", "'é'"),
            ("0é", "'0é'"),
        ] {
            assert_eq!(told(&plain(text)), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (text, line, is_yaml) in [
            ("a: &x 1\nb: *x\n", 1, true),
            ("a: 1\nb: !!str 1\n", 2, true),
            ("a: 1\na: 2\n", 2, true),
            ("? [a]\n: 1\n", 1, true),
            ("a: [1\n", 1, false),
            ("a: b: c\n", 1, false),
        ] {
            assert_eq!(parse(text).err(), Some(Refusal { line, is_yaml }), "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
