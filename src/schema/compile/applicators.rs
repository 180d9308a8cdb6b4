//! The keywords that lead to other schemas for the same value: `$ref`, `allOf`, `anyOf`, `oneOf`, `not`, `if`.

use super::{Compiler, Refusal, Subject};
use crate::schema::document::{Document, Draft, Lost};
use crate::schema::json::Json;
use crate::schema::plan::{Check, NodeId, Step};

impl<'v> Compiler<'v> {
    /// Whether `keyword` is one of this file's, and if so, its check.
    pub(super) fn applicator(
        &mut self,
        subject: &mut Subject<'v>,
        keyword: &'v str,
        value: &'v Json<'v>,
    ) -> Result<bool, Refusal> {
        let check = match keyword {
            "$ref" => {
                let (pointer, value) = self.referred(subject, keyword, value, Document::follow)?;
                Check::Refer(self.target(&pointer, value))
            }
            // Such schemas are checked as a whole; what may be meant decides about types and secrets.
            "$dynamicRef" | "$recursiveRef" if self.is_dynamic(keyword) => {
                let found = self.referred(subject, keyword, value, Document::follow_all)?;
                Check::AnyOf(found.into_iter().map(|(pointer, value)| self.target(&pointer, value)).collect())
            }
            "unevaluatedProperties" if self.document.draft >= Draft::Draft201909 => {
                return self.unevaluated(subject, "unevaluatedProperties", value);
            }
            "unevaluatedItems" if self.document.draft >= Draft::Draft201909 => {
                return self.unevaluated(subject, "unevaluatedItems", value);
            }
            "allOf" => Check::AllOf(self.children(subject, "allOf", value)?),
            "anyOf" => Check::AnyOf(self.children(subject, "anyOf", value)?),
            "oneOf" => Check::OneOf(self.children(subject, "oneOf", value)?),
            "not" => Check::Not(self.child(Step::Keyword(subject.id, "not"), value)?),
            "if" if self.document.draft >= Draft::Draft7 => {
                let test = self.child(Step::Keyword(subject.id, "if"), value)?;
                let then = self.branch(subject, "then")?;
                let otherwise = self.branch(subject, "else")?;
                Check::If { test, then, otherwise }
            }
            _ => return Ok(false),
        };
        subject.checks.push(check);
        Ok(true)
    }

    fn is_dynamic(&self, keyword: &str) -> bool {
        let dynamic = if keyword == "$dynamicRef" { Draft::Draft202012 } else { Draft::Draft201909 };
        self.document.draft == dynamic
    }

    /// What nothing else describes; checked with the whole, and noted here for what it says of types and secrets.
    fn unevaluated(
        &mut self,
        subject: &mut Subject<'v>,
        keyword: &'static str,
        value: &'v Json<'v>,
    ) -> Result<bool, Refusal> {
        let node = self.child(Step::Keyword(subject.id, keyword), value)?;
        subject.notes.unevaluated.extend((value.as_bool() != Some(false)).then_some(node));
        Ok(true)
    }

    /// What a reference leads to.
    fn referred<T>(
        &self,
        subject: &Subject<'v>,
        keyword: &str,
        value: &Json<'_>,
        follow: impl Fn(&Document<'v>, &dyn Fn() -> String, &str) -> Result<T, Lost>,
    ) -> Result<T, Refusal> {
        let reference = value.as_str().ok_or_else(|| self.refuse(subject, keyword, "must be a text"))?;
        follow(self.document, &|| self.plan.pointer(subject.id), reference).map_err(|(why, help)| {
            self.refuse_below(subject, keyword, "", format!("`{keyword}` to `{reference}` {why}")).help(help)
        })
    }

    /// The nodes of a list of schemas.
    pub(super) fn children(
        &mut self,
        subject: &Subject<'v>,
        keyword: &'static str,
        value: &'v Json<'v>,
    ) -> Result<Box<[NodeId]>, Refusal> {
        let schemas = value.as_array().ok_or_else(|| self.refuse(subject, keyword, "must be a list of schemas"))?;
        let nodes = schemas.iter().enumerate();
        nodes.map(|(index, schema)| self.child(Step::Index(subject.id, keyword, index), schema)).collect()
    }

    fn branch(&mut self, subject: &Subject<'v>, keyword: &'static str) -> Result<Option<NodeId>, Refusal> {
        let value = subject.map.get(keyword);
        value.map(|value| self.child(Step::Keyword(subject.id, keyword), value)).transpose()
    }
}
