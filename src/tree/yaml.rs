//! YAML text as trees, one a document: anchors and merges followed, without ever copying what is repeated.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span as Place};

use super::{MAX_BYTES, MAX_NODES, Node, Pair, Refusal, Tag, Value};
use crate::source::{SourceId, Span};

/// The documents of a text.
pub struct Documents {
    /// One tree a document.
    pub roots: Vec<Arc<Node>>,
    /// Every scalar that is written, once, in order: also those in anchors that no document uses in the end.
    pub scalars: Vec<Arc<Node>>,
    /// Every name whose value is a scalar.
    pub named: Vec<Pair>,
}

/// What is said of a text that cannot be read.
pub const NO_YAML: &str = "this is no YAML";

/// What is said of a name that is there already; its place is the second one.
pub const TWICE: &str = "this name stands twice in one map";

/// Reads YAML or JSON.
///
/// # Errors
/// Text that is neither, that names a key twice, or that is larger or deeper than anything people write.
pub fn parse(source: SourceId, text: &str) -> Result<Documents, Refusal> {
    let whole = |message, help| Refusal { at: Span::new(source, 0..0), message, help };
    if text.len() > MAX_BYTES {
        return Err(whole(
            "this file is over 8 MiB",
            "name the file that was meant; no file of a deployment is so large",
        ));
    }
    let mut builder = Builder::new(source);
    for event in Parser::new_from_str(text) {
        let (event, place) = event.map_err(|error| {
            let at = offset(error.marker().byte_offset().unwrap_or_default().min(text.len()));
            let help = "mend it there: look at the indentation, and at quotes and brackets that are not closed";
            Refusal { at: Span::new(source, at..at), message: NO_YAML, help }
        })?;
        let span = place_of(source, &place);
        builder.take(event, span).map_err(|(message, help)| Refusal { at: span, message, help })?;
    }
    Ok(builder.documents)
}

fn place_of(source: SourceId, place: &Place) -> Span {
    let range = place.byte_range().unwrap_or_default();
    Span::new(source, offset(range.start)..offset(range.end))
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What is wrong, and what to do.
type Wrong = (&'static str, &'static str);

const TOO_MUCH: Wrong = (
    "this file holds more than 250,000 values, or repeats so many through its anchors",
    "check for anchors that repeat each other; sparkcfg stops there to protect itself",
);
const TOO_DEEP: Wrong =
    ("values stand more than 100 deep in each other here", "flatten them; no file of a deployment needs so much");
const ODD: Wrong = ("sparkcfg met something here that it cannot place", "write plain YAML: maps, lists and scalars");

struct Builder {
    source: SourceId,
    documents: Documents,
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    nodes: usize,
}

/// A map or list that is being read.
struct Open {
    span: Span,
    tag: Option<Tag>,
    anchor: usize,
    items: Vec<Arc<Node>>,
    /// The map so far; `None` for a list.
    map: Option<OpenMap>,
}

#[derive(Default)]
struct OpenMap {
    pairs: Vec<Pair>,
    keys: HashSet<String>,
    /// The name whose value comes next.
    key: Option<(String, Span)>,
    merges: Vec<Arc<Node>>,
}

impl Builder {
    fn new(source: SourceId) -> Self {
        let documents = Documents { roots: Vec::new(), scalars: Vec::new(), named: Vec::new() };
        Self { source, documents, open: Vec::new(), anchors: HashMap::new(), nodes: 0 }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Wrong> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // `!!str 1.10` is a text, as if it were quoted.
                let is_text = style != ScalarStyle::Plain || tag.as_deref().is_some_and(|tag| tag.suffix() == "str");
                self.scalar(text, !is_text, (anchor, tag.as_deref().and_then(told)), span)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.start(span, anchor, tag.as_deref().and_then(told), Some(OpenMap::default()))
            }
            Event::SequenceStart(_, anchor, tag) => self.start(span, anchor, tag.as_deref().and_then(told), None),
            Event::MappingEnd | Event::SequenceEnd => self.end(span),
            Event::Alias(id) => match self.anchors.get(&id).cloned() {
                Some(node) => self.push(node),
                None => {
                    Err(("this repeats a value within itself", "give the alias another name, or write the value out"))
                }
            },
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        plain: bool,
        (anchor, tag): (usize, Option<Tag>),
        span: Span,
    ) -> Result<(), Wrong> {
        let value = Value::Scalar { text: text.into_owned(), plain };
        let node = Arc::new(Node::new(value, span, tag).ok_or(ODD)?);
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        let is_key = self.open.last().is_some_and(|open| open.map.as_ref().is_some_and(|map| map.key.is_none()));
        if !is_key {
            self.documents.scalars.push(Arc::clone(&node));
        }
        self.push(node)
    }

    fn start(&mut self, span: Span, anchor: usize, tag: Option<Tag>, map: Option<OpenMap>) -> Result<(), Wrong> {
        if self.open.last().is_some_and(|open| open.map.as_ref().is_some_and(|map| map.key.is_none())) {
            return Err(("a map or list stands here as a name", "write a plain name before the colon"));
        }
        self.open.push(Open { span, tag, anchor, items: Vec::new(), map });
        if self.open.len() > super::MAX_DEPTH as usize { Err(TOO_DEEP) } else { Ok(()) }
    }

    fn end(&mut self, span: Span) -> Result<(), Wrong> {
        let Open { span: began, tag, anchor, items, map } = self.open.pop().ok_or(ODD)?;
        let value = match map {
            Some(map) => Value::Map(self.merged(map)?),
            None => Value::List(items),
        };
        let span = Span::new(self.source, began.start..span.end.max(began.end));
        let node = Arc::new(Node::new(value, span, tag).ok_or(TOO_DEEP)?);
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        self.push(node)
    }

    /// A map's own names, then those of `<<`: what stands first wins.
    fn merged(&mut self, map: OpenMap) -> Result<Vec<Pair>, Wrong> {
        let OpenMap { mut pairs, mut keys, merges, .. } = map;
        let maps = merges.iter().flat_map(|node| match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        });
        for map in maps {
            for pair in map.pairs() {
                self.count()?;
                if keys.insert(pair.key.clone()) {
                    pairs.push(pair.clone());
                }
            }
        }
        Ok(pairs)
    }

    fn push(&mut self, node: Arc<Node>) -> Result<(), Wrong> {
        self.count()?;
        let Some(open) = self.open.last_mut() else {
            self.documents.roots.push(node);
            return Ok(());
        };
        let Some(map) = &mut open.map else {
            open.items.push(node);
            return Ok(());
        };
        match map.key.take() {
            None => {
                let Value::Scalar { text, .. } = &node.value else { return Err(ODD) };
                if text != "<<" && !map.keys.insert(text.clone()) {
                    return Err((TWICE, "keep one of the two; Compose refuses the file"));
                }
                map.key = Some((text.clone(), node.span));
            }
            Some((key, _)) if key == "<<" => map.merges.push(node),
            Some((key, key_span)) => {
                let pair = Pair { key, key_span, value: node };
                if matches!(pair.value.value, Value::Scalar { .. }) {
                    self.documents.named.push(pair.clone());
                }
                map.pairs.push(pair);
            }
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), Wrong> {
        self.nodes += 1;
        if self.nodes > MAX_NODES { Err(TOO_MUCH) } else { Ok(()) }
    }
}

fn told(tag: &granit_parser::Tag) -> Option<Tag> {
    match tag.suffix() {
        "reset" => Some(Tag::Reset),
        "override" => Some(Tag::Override),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, clippy::format_push_string, clippy::format_collect, reason = "a test")]
mod tests {
    use super::super::shape;
    use super::*;
    use crate::source::Sources;

    fn read(text: &str) -> Result<Documents, Refusal> {
        let source = Sources::default().add("a.yml", "");
        parse(source, text)
    }

    #[test]
    fn trees() {
        for (text, expected) in [
            ("a: 1\nb: 'x'\nc:\n  - y\n  - k: |\n      z\n", "{a:1 b:'x' c:[y {k:'z\n'}]}"),
            ("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n", "{x:{a:1 b:2} y:{b:3 a:1}}"),
            ("x: &x {a: 1}\nz: &z {a: 2, c: 4}\ny: {<<: [*x, *z], c: 3}\n", "{x:{a:1} z:{a:2 c:4} y:{c:3 a:1}}"),
            ("a: !reset null\nb: !override [1]\n", "{b:[1]}"),
            ("a: &a [x]\nb: *a\n", "{a:[x] b:[x]}"),
            ("{\"a\":\t[true, \"t\"]}", "{a:[true 't']}"),
        ] {
            let documents = read(text).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
            assert_eq!(documents.roots.iter().map(|root| shape(root)).collect::<Vec<_>>(), [expected], "{text}");
        }
        assert_eq!(read("").unwrap_or_else(|_| panic!()).roots.len(), 0);
        assert_eq!(read("a: 1\n---\nb: 2\n").unwrap_or_else(|_| panic!()).roots.len(), 2);
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "é: 1\nservices:\n  web:\n    image: \"nginx:1\"\n    command: plain words\n";
        let Ok(documents) = read(text) else { panic!() };
        let root = &documents.roots[0];
        for (path, expected) in
            [(&["services", "web", "image"][..], "\"nginx:1\""), (&["services", "web", "command"], "plain words")]
        {
            let node = root.find(path).unwrap();
            assert_eq!(&text[node.span.range()], expected);
        }
        assert_eq!(&text[root.find(&["services", "web", "image"]).unwrap().part(0..5).range()], "nginx");
        assert_eq!(&text[root.pair("services").unwrap().key_span.range()], "services");
    }

    #[test]
    fn hostile_text_is_refused() {
        let bomb = {
            let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
            for level in 1..90 {
                let before = vec![format!("*a{}", level - 1); 10].join(", ");
                text += &format!("a{level}: &a{level} [{before}]\n");
            }
            text
        };
        // An alias is shared, so this is small; deeper it is refused.
        assert!(read(&bomb).is_ok());
        let merges = {
            let many = (0..2000).map(|number| format!("k{number}: 1")).collect::<Vec<_>>().join(", ");
            format!("a: &a {{{many}}}\n")
                + &(0..2000).map(|number| format!("b{number}: {{<<: *a}}\n")).collect::<String>()
        };
        let chain = (1..2000)
            .fold("a0: &a0 [x]\n".to_owned(), |text, level| text + &format!("a{level}: &a{level} [*a{}]\n", level - 1));
        for (name, text) in [
            ("merges", merges),
            ("a chain of anchors", chain),
            ("brackets", "[".repeat(100_000)),
            ("maps", (0..5000).map(|level| " ".repeat(level) + "a:\n").collect()),
            ("itself", "a: &a [*a]\n".into()),
            ("no anchor", "a: *b\n".into()),
            ("twice", "a: 1\na: 2\n".into()),
            ("a list as a name", "? [a]\n: 1\n".into()),
            ("large", "#".repeat(MAX_BYTES + 1)),
            ("many", "- 1\n".repeat(MAX_NODES + 1)),
        ] {
            assert!(read(&text).is_err(), "{name}");
        }
    }
}
