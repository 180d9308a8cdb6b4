//! The keywords about an object's members; at the root, about the keys that are set.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Compiler, Refusal, Subject};
use crate::schema::document::Draft;
use crate::schema::place::escape;
use crate::schema::plan::{Check, Properties, Rest, Step};

impl<'v> Compiler<'v> {
    /// Whether `keyword` is one of this file's, and if so, its check.
    pub(super) fn object_keyword(
        &mut self,
        subject: &mut Subject<'v>,
        keyword: &'v str,
        value: &'v Value,
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
            for (name, value) in named {
                let name: Arc<str> = name.as_str().into();
                let node = self.child(Step::Member(subject.id, "properties", Arc::clone(&name)), value)?;
                properties.order.push(node);
                properties.named.insert(name, node);
            }
        }
        if let Some(value) = map.get("patternProperties") {
            for (source, value) in self.object(subject, "patternProperties", value)? {
                let below = format!("/{}", escape(source));
                let pattern = self.pattern(subject, "patternProperties", &below, source)?;
                let step = Step::Member(subject.id, "patternProperties", source.as_str().into());
                properties.patterns.push(pattern, self.child(step, value)?);
            }
        }
        properties.rest = match map.get("additionalProperties") {
            None | Some(Value::Bool(true)) => Rest::Allowed,
            Some(Value::Bool(false)) => Rest::Refused,
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
        value: &'v Value,
    ) -> Result<(), Refusal> {
        for (key, value) in self.object(subject, keyword, value)? {
            let check = if keyword == "dependentRequired" || keyword == "dependencies" && value.is_array() {
                Check::Dependent { key: key.as_str().into(), needs: self.names(subject, keyword, value)?, keyword }
            } else {
                let node = self.child(Step::Member(subject.id, keyword, key.as_str().into()), value)?;
                Check::DependentSchema { key: key.as_str().into(), node }
            };
            subject.checks.push(check);
        }
        Ok(())
    }

    fn object(
        &self,
        subject: &Subject<'_>,
        keyword: &str,
        value: &'v Value,
    ) -> Result<&'v Map<String, Value>, Refusal> {
        value.as_object().ok_or_else(|| self.refuse(subject, keyword, "must be an object"))
    }

    fn names(&self, subject: &Subject<'_>, keyword: &str, value: &Value) -> Result<Box<[Box<str>]>, Refusal> {
        let names = value.as_array().and_then(|names| names.iter().map(|name| name.as_str().map(Box::from)).collect());
        names.ok_or_else(|| self.refuse(subject, keyword, "must be a list of keys"))
    }
}
