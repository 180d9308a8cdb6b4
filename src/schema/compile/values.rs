//! The keywords about a single value: types, bounds, lengths, patterns, formats, and lists.

use crate::suggestion::nearest;

use super::{Compiler, Refusal, Subject};
use crate::schema::document::Draft;
use crate::schema::formats::integer_range;
use crate::schema::json::Json;
use crate::schema::numbers::Numeral;
use crate::schema::plan::{Check, Step};
use crate::schema::typed::Types;

type Done = Result<bool, Refusal>;

impl<'v> Compiler<'v> {
    /// Whether `keyword` is one of this file's, and if so, its check.
    pub(super) fn value_keyword(&mut self, subject: &mut Subject<'v>, keyword: &'v str, value: &'v Json<'v>) -> Done {
        let draft = self.document.draft;
        let check = match keyword {
            "type" => {
                let types = self.types(subject, value)?;
                // First, because a value of the wrong type has nothing else to answer for.
                subject.checks.insert(0, Check::Types(types));
                return Ok(true);
            }
            "enum" => {
                let values = value.as_array().ok_or_else(|| self.refuse(subject, keyword, "must be an array"))?;
                Check::OneOfValues { values: values.iter().map(Json::to_value).collect(), keyword: "enum" }
            }
            "const" if draft > Draft::Draft4 => {
                Check::OneOfValues { values: Box::new([value.to_value()]), keyword: "const" }
            }
            "minimum" | "maximum" => self.bound(subject, keyword, value)?,
            "exclusiveMinimum" if draft > Draft::Draft4 => Check::Minimum {
                limit: self.number(subject, keyword, value)?,
                exclusive: true,
                keyword: "exclusiveMinimum",
            },
            "exclusiveMaximum" if draft > Draft::Draft4 => Check::Maximum {
                limit: self.number(subject, keyword, value)?,
                exclusive: true,
                keyword: "exclusiveMaximum",
            },
            "exclusiveMinimum" | "exclusiveMaximum" if value.as_bool().is_none() => {
                return Err(self.refuse(subject, keyword, "must be a boolean in draft 4"));
            }
            "multipleOf" => {
                let divisor = self.number(subject, keyword, value)?;
                if divisor.compare(Numeral::Integer(0)) != Some(std::cmp::Ordering::Greater) {
                    return Err(self.refuse(subject, keyword, "must be more than 0"));
                }
                Check::MultipleOf(divisor)
            }
            "minLength" => Check::MinLength(self.count(subject, keyword, value)?),
            "maxLength" => Check::MaxLength(self.count(subject, keyword, value)?),
            "pattern" => {
                let source = value.as_str().ok_or_else(|| self.refuse(subject, keyword, "must be a text"))?;
                Check::Pattern(self.pattern(subject, keyword, "", source)?)
            }
            "format" => return self.format_keyword(subject, value).map(|()| true),
            "contentEncoding" | "contentMediaType" if matches!(draft, Draft::Draft6 | Draft::Draft7) => {
                match crate::schema::whole::content(keyword, &value.to_value()) {
                    Some(validator) => Check::Content(Box::new(validator)),
                    None => return Err(self.refuse(subject, keyword, "must be a text")),
                }
            }
            _ => return Ok(false),
        };
        subject.checks.push(check);
        Ok(true)
    }

    /// Whether `keyword` is one about lists, and if so, its check.
    pub(super) fn list_keyword(&mut self, subject: &mut Subject<'v>, keyword: &'v str, value: &'v Json<'v>) -> Done {
        let draft = self.document.draft;
        let check = match keyword {
            "minItems" => Check::MinItems(self.count(subject, keyword, value)?),
            "maxItems" => Check::MaxItems(self.count(subject, keyword, value)?),
            "uniqueItems" => match value {
                Json::Bool(true) => Check::UniqueItems,
                Json::Bool(false) => return Ok(true),
                _ => return Err(self.refuse(subject, keyword, "must be a boolean")),
            },
            "prefixItems" if draft >= Draft::Draft202012 => self.first_items(subject, "prefixItems", value)?,
            "items" if draft < Draft::Draft202012 && value.as_array().is_some() => {
                self.first_items(subject, "items", value)?
            }
            "items" => {
                let prefix = (draft >= Draft::Draft202012).then(|| subject.map.get("prefixItems")).flatten();
                let from = prefix.and_then(Json::as_array).map_or(0, <[_]>::len);
                let node = self.child(Step::Keyword(subject.id, "items"), value)?;
                subject.notes.items = Some(node);
                Check::Items { node, from }
            }
            "additionalItems" if draft < Draft::Draft202012 => {
                let node = self.child(Step::Keyword(subject.id, "additionalItems"), value)?;
                match subject.map.get("items") {
                    Some(Json::Array(prefix)) => {
                        subject.notes.items = Some(node);
                        Check::Items { node, from: prefix.len() }
                    }
                    _ => return Ok(true),
                }
            }
            "contains" if draft > Draft::Draft4 => {
                let node = self.child(Step::Keyword(subject.id, "contains"), value)?;
                let counted = |keyword| subject.map.get(keyword).filter(|_| draft >= Draft::Draft201909);
                let least =
                    counted("minContains").map(|least| self.count(subject, "minContains", least)).transpose()?;
                let most = counted("maxContains").map(|most| self.count(subject, "maxContains", most)).transpose()?;
                Check::Contains { node, least: least.unwrap_or(1), most }
            }
            _ => return Ok(false),
        };
        subject.checks.push(check);
        Ok(true)
    }

    fn types(&self, subject: &Subject<'_>, value: &Json<'_>) -> Result<Types, Refusal> {
        let names = match value {
            Json::Text(_) => std::slice::from_ref(value),
            Json::Array(names) if !names.is_empty() => names,
            _ => return Err(self.refuse(subject, "type", "must be a type's name or a list of such")),
        };
        names.iter().try_fold(Types::NONE, |types, name| {
            let name = name.as_str().unwrap_or_default();
            let more = Types::named(name).ok_or_else(|| {
                let known = Types::NAMES.map(|(known, _)| known);
                let help = match nearest(name, known).or_else(|| alias(name)) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => format!("the types are {}", known.join(", ")),
                };
                self.refuse(subject, "type", &format!("has no type `{name}`")).help(help)
            })?;
            Ok(types | more)
        })
    }

    fn bound(&self, subject: &Subject<'_>, keyword: &str, value: &Json<'_>) -> Result<Check, Refusal> {
        let limit = self.number(subject, keyword, value)?;
        let flag = |name| self.document.draft == Draft::Draft4 && subject.map.get(name) == Some(&Json::Bool(true));
        Ok(if keyword == "minimum" {
            Check::Minimum { limit, exclusive: flag("exclusiveMinimum"), keyword: "minimum" }
        } else {
            Check::Maximum { limit, exclusive: flag("exclusiveMaximum"), keyword: "maximum" }
        })
    }

    /// A schema for each of the first items of a list.
    fn first_items(
        &mut self,
        subject: &mut Subject<'v>,
        keyword: &'static str,
        value: &'v Json<'v>,
    ) -> Result<Check, Refusal> {
        let nodes = self.children(subject, keyword, value)?;
        subject.notes.first_items = nodes.to_vec();
        Ok(Check::PrefixItems(nodes))
    }

    fn number(&self, subject: &Subject<'_>, keyword: &str, value: &Json<'_>) -> Result<Numeral<'static>, Refusal> {
        let number = value.as_number().ok_or_else(|| self.refuse(subject, keyword, "must be a number"))?;
        Ok(number.into())
    }

    /// A count; drafts since 6 write it as `2.0`, too.
    pub(super) fn count(&self, subject: &Subject<'_>, keyword: &str, value: &Json<'_>) -> Result<u64, Refusal> {
        let refuse = || self.refuse(subject, keyword, "must be a whole number, 0 or more");
        let number = value.as_number().map(Numeral::from).filter(|number| number.is_whole()).ok_or_else(refuse)?;
        match number {
            Numeral::Integer(integer) => u64::try_from(integer).map_err(|_| refuse()),
            Numeral::Float(float) if float >= 0.0 => format!("{float:.0}").parse().or(Ok(u64::MAX)),
            _ => Err(refuse()),
        }
    }

    /// `format`; the names that `OpenAPI` gives to integer widths are ranges.
    fn format_keyword(&mut self, subject: &mut Subject<'v>, value: &'v Json<'v>) -> Result<(), Refusal> {
        let name = value.as_str().ok_or_else(|| self.refuse(subject, "format", "must be a text"))?;
        if let Some((least, most)) = integer_range(name) {
            let bound = |limit: Option<i128>| limit.map(Numeral::Integer);
            let minimum = bound(least).map(|limit| Check::Minimum { limit, exclusive: false, keyword: "format" });
            let maximum = bound(most).map(|limit| Check::Maximum { limit, exclusive: false, keyword: "format" });
            subject.checks.extend(minimum.into_iter().chain(maximum));
            if !crate::schema::formats::names().any(|known| known == name) {
                return Ok(());
            }
        }
        // Which OpenAPI and pydantic say of what is not to be shown; `writeOnly` may still deny it.
        if name == "password" {
            subject.notes.write_only.get_or_insert(true);
        }
        subject.checks.extend(self.format(subject, name).map(Check::Format));
        Ok(())
    }
}

/// What other languages call the types.
fn alias(name: &str) -> Option<&'static str> {
    match name {
        "int" | "long" | "port" => Some("integer"),
        "float" | "double" | "decimal" => Some("number"),
        "bool" => Some("boolean"),
        "str" | "text" | "url" => Some("string"),
        "list" => Some("array"),
        "map" | "dict" => Some("object"),
        _ => None,
    }
}
