//! Which JSON Schema a schema is written in, and what its references lead to.

use crate::suggestion::nearest;

use super::compile::Refusal;
use super::json::Json;

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
    identity: Option<&'v str>,
}

const NOWHERE: (&str, &str) = ("leads nowhere", "define it under `$defs` and refer to `#/$defs/NAME`");

/// Where a `$ref` leads.
pub(super) enum Reference<'v> {
    /// To this place in the schema.
    Here(String, &'v Json<'v>),
    /// Nowhere that a pointer names: through an anchor or an inner `$id`.
    Entangled,
}

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
        let keyword = if draft == Draft::Draft4 { "id" } else { "$id" };
        let identity = root.get(keyword).and_then(Json::as_str).map(|id| id.trim_end_matches('#'));
        let is_modern = draft >= Draft::Draft201909;
        let is_entangled = super::keywords::any(root, draft, &|map, is_root| {
            // One look at each keyword is cheaper than a search for each of these.
            map.iter().any(|(name, value)| match name {
                "$recursiveRef" => draft == Draft::Draft201909,
                "$dynamicRef" | "$dynamicAnchor" => draft == Draft::Draft202012,
                "$anchor" | "unevaluatedItems" | "unevaluatedProperties" => is_modern,
                name => name == keyword && !is_root && value.as_str().is_some(),
            })
        });
        Ok(Self { root, draft, is_entangled, identity })
    }

    /// Follows a `$ref`; nothing is ever fetched.
    pub(super) fn follow(&self, reference: &str) -> Result<Reference<'v>, (&'static str, &'static str)> {
        let own = self.identity.and_then(|identity| reference.strip_prefix(identity));
        let fragment = match own.unwrap_or(reference) {
            "" => Some(""),
            rest => rest.strip_prefix('#'),
        };
        let Some(fragment) = fragment else {
            if self.is_entangled {
                return Ok(Reference::Entangled);
            }
            let help = "copy the definition into this schema, under `$defs`";
            return Err(("leads out of this schema, and nothing is ever fetched", help));
        };
        let pointer = percent_decoded(fragment);
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return self.is_entangled.then_some(Reference::Entangled).ok_or(NOWHERE);
        }
        match self.root.pointer(&pointer) {
            Some(value) => Ok(Reference::Here(pointer, value)),
            None if self.is_entangled => Ok(Reference::Entangled),
            None => Err(NOWHERE),
        }
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
