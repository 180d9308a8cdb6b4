//! What `$id`, `$anchor` and their kin call the schemas of a text, so that a `$ref` by name can be followed.

use std::collections::HashMap;

use fluent_uri::{Uri, UriRef};

use super::document::{Draft, percent_decoded};
use super::json::{Json, Members};
use super::keywords;

/// Where the names of a text without an absolute `$id` start from. Any URI would do: nothing is ever fetched.
const OWN: &str = "json-schema:///";

/// The names of one text, each with the JSON pointer that it stands for.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By pointer, the URI that names start from in that schema and below: of the root and of what has an `$id`.
    bases: HashMap<String, String>,
    /// By URI, without a fragment.
    resources: HashMap<String, String>,
    /// By URI and fragment.
    anchors: HashMap<String, String>,
    /// By name, what a `$dynamicRef` may mean; by the empty name, what a `$recursiveRef` may.
    dynamic: HashMap<String, Vec<String>>,
}

impl Names {
    pub(super) fn of(root: &Json<'_>, draft: Draft) -> Self {
        let mut names = Self::default();
        names.bases.insert(String::new(), OWN.to_owned());
        names.resources.insert(OWN.to_owned(), String::new());
        keywords::placed(root, draft, &mut |pointer, schema| names.read(pointer, schema, draft));
        names
    }

    fn read(&mut self, pointer: &str, schema: &Members<'_>, draft: Draft) {
        let text = |keyword: &str| schema.get(keyword).and_then(Json::as_str);
        // Up to draft 7, a `$ref` makes its neighbours silent.
        let id = text(keyword_of(draft)).filter(|_| draft > Draft::Draft7 || schema.get("$ref").is_none());
        if let Some(id) = id {
            let (uri, fragment) = id.split_once('#').unwrap_or((id, ""));
            if let Some(base) = self.resolved(pointer, uri).filter(|_| !uri.is_empty()) {
                self.resources.entry(base.clone()).or_insert_with(|| pointer.to_owned());
                self.bases.insert(pointer.to_owned(), base);
            }
            if draft <= Draft::Draft7 && !fragment.is_empty() {
                self.anchor(pointer, fragment);
            }
        }
        if let Some(anchor) = text("$anchor").filter(|_| draft >= Draft::Draft201909) {
            self.anchor(pointer, anchor);
        }
        let dynamic = match draft {
            Draft::Draft202012 => text("$dynamicAnchor"),
            Draft::Draft201909 => schema.get("$recursiveAnchor").filter(|on| **on == Json::Bool(true)).map(|_| ""),
            _ => None,
        };
        if let Some(name) = dynamic {
            if !name.is_empty() {
                self.anchor(pointer, name);
            }
            self.dynamic.entry(name.to_owned()).or_default().push(pointer.to_owned());
        }
    }

    fn anchor(&mut self, pointer: &str, name: &str) {
        let uri = format!("{}#{name}", self.base(pointer));
        self.anchors.entry(uri).or_insert_with(|| pointer.to_owned());
    }

    /// The URI that names start from at a pointer.
    fn base(&self, pointer: &str) -> &str {
        let mut at = pointer;
        loop {
            if let Some(base) = self.bases.get(at) {
                return base;
            }
            let Some((outer, _)) = at.rsplit_once('/') else { return OWN };
            at = outer;
        }
    }

    /// A URI reference at a pointer as a URI (RFC 3986 §5); `None` for what is none.
    fn resolved(&self, pointer: &str, reference: &str) -> Option<String> {
        let base = self.base(pointer);
        if reference.is_empty() {
            return Some(base.to_owned());
        }
        let base = Uri::parse(base).ok()?;
        Some(UriRef::parse(reference).ok()?.resolve_against(&base).ok()?.as_str().to_owned())
    }

    /// The pointer that a reference at another pointer leads to; `None` when it leads out of the text.
    pub(super) fn follow(&self, from: &str, uri: &str, fragment: &str) -> Option<Target> {
        let uri = self.resolved(from, uri)?;
        let resource = self.resources.get(&uri)?;
        let fragment = percent_decoded(fragment);
        if fragment.is_empty() || fragment.starts_with('/') {
            return Some(Target::Pointer(format!("{resource}{fragment}")));
        }
        let anchored = self.anchors.get(&format!("{uri}#{fragment}"));
        Some(anchored.map_or(Target::Nowhere, |pointer| Target::Pointer(pointer.clone())))
    }

    /// Every schema of this dynamic name.
    pub(super) fn dynamic(&self, name: &str) -> &[String] {
        self.dynamic.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Where a reference leads within the text.
pub(super) enum Target {
    Pointer(String),
    /// To a name that no schema has.
    Nowhere,
}

/// What a draft calls the name of a schema.
pub(super) fn keyword_of(draft: Draft) -> &'static str {
    if draft == Draft::Draft4 { "id" } else { "$id" }
}
