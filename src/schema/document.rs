//! Which JSON Schema a schema is written in, and what its references lead to.

use std::cell::OnceCell;

use crate::suggestion::nearest;

use super::compile::Refusal;
use super::json::Json;
use super::names::{Names, Target, keyword_of};

/// The drafts, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    Draft4,
    Draft6,
    Draft7,
    Draft201909,
    Draft202012,
}

const DRAFTS: [(&str, Draft); 5] = [
    ("http://json-schema.org/draft-04/schema", Draft::Draft4),
    ("http://json-schema.org/draft-06/schema", Draft::Draft6),
    ("http://json-schema.org/draft-07/schema", Draft::Draft7),
    ("https://json-schema.org/draft/2019-09/schema", Draft::Draft201909),
    ("https://json-schema.org/draft/2020-12/schema", Draft::Draft202012),
];

/// The schema's JSON and how it is to be read.
#[derive(Debug)]
pub(super) struct Document<'v> {
    pub(super) root: &'v Json<'v>,
    pub(super) draft: Draft,
    /// Whether the schema uses keywords that look beyond their own place, so that only the whole can be checked.
    pub(super) is_entangled: bool,
    /// Whether schemas within have names of their own: without any, what follows `#` is a pointer from the root.
    has_names: bool,
    /// Read when first asked for: most schemas refer by pointers only.
    names: OnceCell<Names>,
}

const NOWHERE: Lost = ("leads nowhere", "define it under `$defs` and refer to `#/$defs/NAME`");
const OUTSIDE: Lost =
    ("leads out of this schema, and nothing is ever fetched", "copy the definition into this schema, under `$defs`");

/// Why a reference cannot be followed, and what to do.
pub(super) type Lost = (&'static str, &'static str);

/// What a reference leads to, and where in the text that stands.
pub(super) type Found<'v> = (String, &'v Json<'v>);

impl<'v> Document<'v> {
    pub(super) fn of(root: &'v Json<'v>) -> Result<Self, Refusal> {
        if root.as_object().is_none() {
            return Err(Refusal::new(String::new(), "the schema must be a JSON object"));
        }
        let draft = match root.get("$schema") {
            None => Draft::Draft202012,
            Some(Json::Text(uri)) => named(uri)?,
            Some(_) => return Err(Refusal::new("/$schema".to_owned(), "`$schema` must be a text")),
        };
        let keyword = keyword_of(draft);
        let is_modern = draft >= Draft::Draft201909;
        let (mut is_entangled, mut has_names) = (false, false);
        super::keywords::all(root, draft, &mut |map, is_root| {
            for (name, value) in map.iter() {
                // One look at each keyword is cheaper than a search for each of these.
                match name {
                    "$recursiveRef" => is_entangled |= draft == Draft::Draft201909,
                    "$dynamicRef" => is_entangled |= draft == Draft::Draft202012,
                    "unevaluatedItems" | "unevaluatedProperties" => is_entangled |= is_modern,
                    // A schema within that may be of another draft.
                    "$schema" => is_entangled |= !is_root,
                    "$dynamicAnchor" => has_names |= draft == Draft::Draft202012,
                    "$anchor" => has_names |= is_modern,
                    name if name == keyword => {
                        let names_a_part = |id: &str| id.split_once('#').is_some_and(|(_, name)| !name.is_empty());
                        has_names |= value.as_str().is_some_and(|id| !is_root || names_a_part(id));
                    }
                    _ => {}
                }
            }
        });
        Ok(Self { root, draft, is_entangled, has_names, names: OnceCell::new() })
    }

    /// Follows a `$ref` that stands at a pointer; nothing is ever fetched.
    pub(super) fn follow(&self, from: &dyn Fn() -> String, reference: &str) -> Result<Found<'v>, Lost> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let pointer = if uri.is_empty() && !self.has_names {
            let pointer = percent_decoded(fragment);
            if pointer.is_empty() || pointer.starts_with('/') { pointer } else { return Err(NOWHERE) }
        } else {
            match self.names().follow(&from(), uri, fragment) {
                Some(Target::Pointer(pointer)) => pointer,
                Some(Target::Nowhere) => return Err(NOWHERE),
                None => return Err(OUTSIDE),
            }
        };
        self.root.pointer(&pointer).map(|value| (pointer, value)).ok_or(NOWHERE)
    }

    /// Everything that a `$dynamicRef` or a `$recursiveRef` may lead to; which of it, only the way there says.
    pub(super) fn follow_all(&self, from: &dyn Fn() -> String, reference: &str) -> Result<Vec<Found<'v>>, Lost> {
        let mut found = vec![self.follow(from, reference)?];
        let (_, name) = reference.split_once('#').unwrap_or((reference, ""));
        for pointer in self.names().dynamic(name) {
            let is_new = found.iter().all(|(known, _)| known != pointer);
            found.extend(self.root.pointer(pointer).filter(|_| is_new).map(|value| (pointer.clone(), value)));
        }
        Ok(found)
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(self.root, self.draft))
    }
}

fn named(uri: &str) -> Result<Draft, Refusal> {
    let plain = uri.trim_end_matches('#');
    let same =
        |known: &str| known.split_once("://").map(|(_, rest)| rest) == plain.split_once("://").map(|(_, rest)| rest);
    DRAFTS.iter().find(|(known, _)| same(known)).map(|(_, draft)| *draft).ok_or_else(|| {
        let refusal = Refusal::new("/$schema".to_owned(), format!("unknown JSON Schema draft `{uri}`"));
        let known: Vec<_> = DRAFTS.iter().map(|(known, _)| *known).collect();
        match nearest(plain, known.iter().copied()) {
            Some(known) => refusal.help(format!("did you mean `{known}`?")),
            None => refusal.help(format!("known drafts: {}", known.join(", "))),
        }
    })
}

/// A URI fragment as text (RFC 3986 §2.1); what is no valid escape stays as it is.
pub(super) fn percent_decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = tail.get(..2).filter(|pair| *first == b'%' && pair.iter().all(u8::is_ascii_hexdigit));
        let digits = escape.and_then(|pair| std::str::from_utf8(pair).ok());
        if let Some(byte) = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| fragment.to_owned())
}
