//! Defaults that the checks of their own schema refuse: told, though they are no fault of any value.

use std::cmp::Ordering;

use serde_json::Number;

use crate::schema::check::written;
use crate::schema::json::Json;
use crate::schema::numbers::Numeral;
use crate::schema::plan::Check;
use crate::schema::typed::{Reading, Typed, Types};

/// Whether one of some checks refuses a default, written into an env file as it is. Only what a glance tells, as every run
/// asks: types, listed values and bounds of numbers. No default at all is `null`.
pub(super) fn refuse(checks: &[Check], default: &Json<'_>) -> bool {
    *default != Json::Null && checks.iter().any(|check| refuses(check, default))
}

fn refuses(check: &Check, default: &Json<'_>) -> bool {
    match (check, default) {
        (Check::Types(types), _) => !fits(*types, default),
        (Check::OneOfValues { values, .. }, Json::Text(text)) => {
            values.iter().all(|value| value.as_str() != Some(text) && written(value) != **text)
        }
        (Check::OneOfValues { values, .. }, _) => {
            let default = default.to_value();
            let text = written(&default);
            values.iter().all(|value| *value != default && written(value) != text)
        }
        (Check::Minimum { limit, exclusive, .. }, Json::Number(number)) => {
            is_beyond(number, *limit, *exclusive, Ordering::Less)
        }
        (Check::Maximum { limit, exclusive, .. }, Json::Number(number)) => {
            is_beyond(number, *limit, *exclusive, Ordering::Greater)
        }
        _ => false,
    }
}

fn is_beyond(number: &Number, limit: Numeral<'_>, exclusive: bool, side: Ordering) -> bool {
    let order = Numeral::from(number).compare(limit);
    order == Some(side) || exclusive && order == Some(Ordering::Equal)
}

/// Whether a default spells one of these types.
fn fits(types: Types, default: &Json<'_>) -> bool {
    match default {
        Json::Null => true,
        Json::Array(_) => types.has(Types::ARRAY),
        Json::Object(_) => types.has(Types::OBJECT),
        Json::Bool(_) => types.has(Types::BOOLEAN) || types.has(Types::STRING) || types.has(Types::ARRAY),
        Json::Text(text) => types.has(Types::STRING) || spells(types, text),
        Json::Number(number) => {
            let whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
            types.has(if whole { Types::INTEGER } else { Types::NUMBER })
                || types.has(Types::STRING)
                || spells(types, &number.to_string())
        }
    }
}

fn spells(types: Types, text: &str) -> bool {
    !matches!(Typed::read(text, &Reading { types, ..Reading::default() }), Typed::Text(_))
}
