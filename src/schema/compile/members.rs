//! The keywords about an object's members; at the root, about the keys that are set.

use std::sync::Arc;

use super::{Compiler, Refusal, Subject};
use crate::schema::document::Draft;
use crate::schema::json::{Json, Members};
use crate::schema::place::escape;
use crate::schema::plan::{Check, Properties, Rest, Step};

impl<'v> Compiler<'v> {
    /// Whether `keyword` is one of this file's, and if so, its check.
    pub(super) fn object_keyword(
        &mut self,
        subject: &mut Subject<'v>,
        keyword: &'v str,
        value: &'v Json<'v>,
    ) -> Result<bool, Refusal> {
        let draft = self.document.draft;
        let check = match keyword {
            "minProperties" => Check::MinProperties(self.count(subject, keyword, value)?),
            "maxProperties" => Check::MaxProperties(self.count(subject, keyword, value)?),
            "required" => Check::Required(self.names(subject, keyword, value)?),
            "propertyNames" if draft > Draft::Draft4 => {
                Check::PropertyNames(self.child(Step::Keyword(subject.id, "propertyNames"), value)?)
            }
            "dependencies" => return self.dependencies(subject, "dependencies", value).map(|()| true),
            "dependentRequired" if draft >= Draft::Draft201909 => {
                return self.dependencies(subject, "dependentRequired", value).map(|()| true);
            }
            "dependentSchemas" if draft >= Draft::Draft201909 => {
                return self.dependencies(subject, "dependentSchemas", value).map(|()| true);
            }
            // These three belong together; see `properties`.
            "properties" | "patternProperties" | "additionalProperties" => {
                subject.has_members = true;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        subject.checks.push(check);
        Ok(true)
    }

    /// `properties`, `patternProperties` and `additionalProperties`.
    pub(super) fn properties(&mut self, subject: &mut Subject<'v>) -> Result<(), Refusal> {
        let map = subject.map;
        let mut properties = Properties::default();
        if let Some(value) = map.get("properties") {
            let named = self.object(subject, "properties", value)?;
            properties.named.reserve(named.len());
            for (name, value) in named.iter() {
                let name: Arc<str> = name.into();
                let node = self.child(Step::Member(subject.id, "properties", Arc::clone(&name)), value)?;
                properties.order.push(node);
                properties.named.insert(name, node);
            }
        }
        if let Some(value) = map.get("patternProperties") {
            for (source, value) in self.object(subject, "patternProperties", value)?.iter() {
                let below = format!("/{}", escape(source));
                let pattern = self.pattern(subject, "patternProperties", &below, source)?;
                let step = Step::Member(subject.id, "patternProperties", source.into());
                properties.patterns.push(pattern, self.child(step, value)?);
            }
        }
        properties.rest = match map.get("additionalProperties") {
            None | Some(Json::Bool(true)) => Rest::Allowed,
            Some(Json::Bool(false)) => Rest::Refused,
            Some(value) => Rest::Described(self.child(Step::Keyword(subject.id, "additionalProperties"), value)?),
        };
        subject.checks.push(Check::Properties(Box::new(properties)));
        Ok(())
    }

    /// By key, a list of keys or a schema.
    fn dependencies(
        &mut self,
        subject: &mut Subject<'v>,
        keyword: &'static str,
        value: &'v Json<'v>,
    ) -> Result<(), Refusal> {
        for (key, value) in self.object(subject, keyword, value)?.iter() {
            let check = if keyword == "dependentRequired" || keyword == "dependencies" && value.as_array().is_some() {
                Check::Dependent { key: key.into(), needs: self.names(subject, keyword, value)?, keyword }
            } else {
                let node = self.child(Step::Member(subject.id, keyword, key.into()), value)?;
                Check::DependentSchema { key: key.into(), node }
            };
            subject.checks.push(check);
        }
        Ok(())
    }

    fn object(&self, subject: &Subject<'_>, keyword: &str, value: &'v Json<'v>) -> Result<&'v Members<'v>, Refusal> {
        value.as_object().ok_or_else(|| self.refuse(subject, keyword, "must be an object"))
    }

    /// A list of keys, sorted.
    fn names(&self, subject: &Subject<'_>, keyword: &str, value: &Json<'_>) -> Result<Box<[Box<str>]>, Refusal> {
        let names = value.as_array().and_then(|names| names.iter().map(|name| name.as_str().map(Box::from)).collect());
        let mut names: Box<[Box<str>]> =
            names.ok_or_else(|| self.refuse(subject, keyword, "must be a list of keys"))?;
        names.sort_unstable();
        Ok(names)
    }
}
