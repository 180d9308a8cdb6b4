//! Structured text (YAML, JSON, the literals of a script) as a tree in which everything knows its place.

pub mod script;
pub mod yaml;

use std::sync::Arc;

use crate::source::Span;

/// The largest text that is read, in bytes.
pub const MAX_BYTES: usize = 8 << 20;
/// The most values that a text may hold.
pub const MAX_NODES: usize = 250_000;
/// How deep values may stand in each other.
pub const MAX_DEPTH: u32 = 100;

/// A value and its place. It may hold a secret, so it has no `Debug`.
#[derive(Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it is written, quotes included.
    pub span: Span,
    /// What stands before it to say how files are laid over each other.
    pub tag: Option<Tag>,
    /// How many values stand in each other here; a scalar has 1.
    depth: u32,
}

/// What a [`Node`] is.
#[derive(Clone)]
pub enum Value {
    /// A text; `plain` where it stands without quotes, so that `true` is a boolean.
    Scalar {
        /// The text after its escapes were taken out.
        text: String,
        /// Whether it has no quotes.
        plain: bool,
    },
    /// Names and values, in the order of the text.
    Map(Vec<Pair>),
    /// Values in order. They are shared, because an alias may repeat them.
    List(Vec<Arc<Node>>),
    /// Something that only running the file could tell.
    Unknown,
    /// The same, where it may come to one of these: `process.env.PORT || "8080"`.
    OneOf(Vec<Arc<Node>>),
}

/// A name and its value.
#[derive(Clone)]
pub struct Pair {
    /// The name.
    pub key: String,
    /// Where the name is written.
    pub key_span: Span,
    /// The value.
    pub value: Arc<Node>,
}

/// What Compose is told by `!reset` and `!override`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Takes the value of the files below away.
    Reset,
    /// Takes the place of the value of the files below.
    Override,
}

/// Why a text gives no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where.
    pub at: Span,
    /// What is wrong, in lower case; never quotes the text.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

impl Node {
    /// A value; `None` where it would stand deeper than [`MAX_DEPTH`].
    #[must_use]
    pub fn new(value: Value, span: Span, tag: Option<Tag>) -> Option<Self> {
        let inside = match &value {
            Value::Map(pairs) => pairs.iter().map(|pair| pair.value.depth).max(),
            Value::List(items) | Value::OneOf(items) => items.iter().map(|item| item.depth).max(),
            Value::Scalar { .. } | Value::Unknown => None,
        };
        let depth = 1 + inside.unwrap_or(0);
        (depth <= MAX_DEPTH).then_some(Self { value, span, tag, depth })
    }

    /// A text; a plain empty one is null.
    #[must_use]
    pub fn scalar(text: impl Into<String>, plain: bool, span: Span) -> Self {
        Self { value: Value::Scalar { text: text.into(), plain }, span, tag: None, depth: 1 }
    }

    /// The text of a scalar; `None` for an empty one without quotes, which is null.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL") => None,
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether this is nothing: `key:` with no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Scalar { .. }) && self.text().is_none()
    }

    /// The boolean that a scalar spells; Compose takes a quoted one as well.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => None,
        }
    }

    /// The names and values of a map that files above did not take away; none for anything else.
    #[must_use]
    pub fn pairs(&self) -> impl DoubleEndedIterator<Item = &Pair> {
        let pairs = if let Value::Map(pairs) = &self.value { pairs.as_slice() } else { &[] };
        pairs.iter().filter(|pair| pair.value.tag != Some(Tag::Reset))
    }

    /// The values of a list; none for anything else.
    pub fn items(&self) -> impl Iterator<Item = &Arc<Self>> {
        let items = if let Value::List(items) = &self.value { items.as_slice() } else { &[] };
        items.iter().filter(|item| item.tag != Some(Tag::Reset))
    }

    /// The value of a name in a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Arc<Self>> {
        self.pair(key).map(|pair| &pair.value)
    }

    /// A name of a map with its value.
    #[must_use]
    pub fn pair(&self, key: &str) -> Option<&Pair> {
        self.pairs().find(|pair| pair.key == key)
    }

    /// The value at the end of several names.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key).map(Arc::as_ref))
    }

    /// Whether something in here is known only by running the file.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self.value, Value::Unknown | Value::OneOf(_))
    }

    /// The place of `text[range]` of a scalar that is written as it reads; the whole value where it is not.
    #[must_use]
    pub fn part(&self, range: std::ops::Range<usize>) -> Span {
        let Value::Scalar { text, plain } = &self.value else { return self.span };
        let quotes = u32::from(!plain);
        let width = self.span.end.saturating_sub(self.span.start).saturating_sub(2 * quotes);
        if usize::try_from(width).is_ok_and(|width| width == text.len()) {
            let offset = |at: usize| self.span.start + quotes + u32::try_from(at).unwrap_or(u32::MAX);
            Span { start: offset(range.start), end: offset(range.end), ..self.span }
        } else {
            self.span
        }
    }
}

/// The tree in one line.
#[cfg(test)]
fn shape(node: &Node) -> String {
    match &node.value {
        Value::Scalar { text, plain } => {
            if *plain {
                text.clone()
            } else {
                format!("'{text}'")
            }
        }
        Value::Unknown => "?".into(),
        Value::OneOf(items) => format!("?({})", items.iter().map(|item| shape(item)).collect::<Vec<_>>().join(" ")),
        Value::List(_) => format!("[{}]", node.items().map(|item| shape(item)).collect::<Vec<_>>().join(" ")),
        Value::Map(_) => {
            let pairs = node.pairs().map(|pair| format!("{}:{}", pair.key, shape(&pair.value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(" "))
        }
    }
}
