//! The keywords that lead to other schemas for the same value: `$ref`, `allOf`, `anyOf`, `oneOf`, `not`, `if`.

use super::{Compiler, Refusal, Subject};
use crate::schema::document::{Draft, Reference};
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
                let reference = value.as_str().ok_or_else(|| self.refuse(subject, keyword, "must be a text"))?;
                match self.document.follow(reference) {
                    Ok(Reference::Here(pointer, value)) => Check::Refer(self.target(&pointer, value)),
                    Ok(Reference::Entangled) => return Ok(true),
                    Err((why, help)) => {
                        let refusal = self.refuse_below(subject, keyword, "", format!("`$ref` to `{reference}` {why}"));
                        return Err(refusal.help(help));
                    }
                }
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
