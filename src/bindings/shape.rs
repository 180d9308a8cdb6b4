//! The type of a value and what bounds it, as every language checks it.

use serde_json::{Map, Value};

use crate::schema::formats::{integer_range, pattern};
use crate::schema::{BOUNDS, Property, portable_pattern};

/// What a value is. A bound counts only for values of its type, as JSON Schema has it.
#[derive(Debug, Default)]
pub struct Shape<'s> {
    /// By name, in the order in which a text is tried; never none.
    pub types: Vec<&'static str>,
    /// What stands between the items of a list.
    pub separator: &'s str,
    /// The items of a list; `None` where anything may be one.
    pub items: Option<Box<Shape<'s>>>,
    /// Bounds by the names that JSON Schema gives them, in its order: numbers.
    pub bounds: Vec<(&'static str, Value)>,
    /// Patterns as the schema has them, in ECMA-262, and those of formats.
    pub patterns: Vec<String>,
    /// The values that are allowed; any where `None`.
    pub one_of: Option<Vec<&'s Value>>,
}

impl<'s> Shape<'s> {
    pub(super) fn of(property: &Property<'s>) -> Self {
        let find = |keyword: &str| property.always(keyword).next();
        let mut shape = Self::new(property.types(), &find);
        shape.separator = property.separator().filter(|separator| !separator.is_empty()).unwrap_or(",");
        let types = property.item_types();
        let map = property.always("items").find_map(Value::as_object);
        if !types.is_empty() || map.is_some() {
            // What a reference in an item leads to is left to sparkcfg.
            let empty = Map::new();
            let own = map.filter(|map| !map.contains_key("$ref")).unwrap_or(&empty);
            let mut items = Shape::new(types, &|keyword| map.filter(|_| own.contains_key(keyword))?.get(keyword));
            items.separator = ",";
            shape.items = Some(Box::new(items));
        }
        shape
    }

    fn new(types: Vec<&'static str>, find: &dyn Fn(&str) -> Option<&'s Value>) -> Self {
        let types = if types.is_empty() { vec!["string"] } else { types };
        let mut bounds: Vec<(&'static str, Value)> = Vec::new();
        for keyword in BOUNDS {
            // In draft 4, `exclusiveMinimum` is a boolean.
            bounds.extend(find(keyword).filter(|value| value.is_number()).map(|value| (keyword, value.clone())));
        }
        let format = find("format").and_then(Value::as_str).unwrap_or_default();
        if let Some((least, most)) = integer_range(format) {
            let number = |bound: i128| i64::try_from(bound).ok().map(Value::from);
            for (keyword, bound) in [("minimum", least.and_then(number)), ("maximum", most.and_then(number))] {
                let given = bounds.iter().any(|(known, _)| *known == keyword);
                bounds.extend(bound.filter(|_| !given).map(|bound| (keyword, bound)));
            }
        }
        let patterns = find("pattern").and_then(Value::as_str).map(ToOwned::to_owned);
        let patterns = patterns.into_iter().chain(pattern(format)).collect();
        let listed = find("enum").and_then(Value::as_array).map(|values| values.iter().collect());
        let one_of = listed.or_else(|| Some(vec![find("const")?]));
        Self { types, separator: ",", items: None, bounds, patterns, one_of }
    }

    /// The one type that a value has, null left aside; `None` where there are several.
    pub(super) fn only(&self) -> Option<&'static str> {
        let mut others = self.types.iter().filter(|name| **name != "null");
        let first = others.next()?;
        others.next().is_none().then_some(first)
    }

    /// Whether an empty text is nothing.
    pub(super) fn is_nullable(&self) -> bool {
        self.types.contains(&"null")
    }

    /// The patterns for engines that know Rust's syntax. One that they do not know is left out.
    pub(super) fn linear_patterns(&self) -> Vec<String> {
        self.patterns.iter().filter_map(|pattern| portable_pattern(pattern)).collect()
    }

    /// The values that are allowed, if all of them are texts and nothing else is.
    pub(super) fn words(&self) -> Option<Vec<&'s str>> {
        let values = self.one_of.as_ref().filter(|_| self.types == ["string"])?;
        values.iter().map(|value| value.as_str()).collect()
    }
}
