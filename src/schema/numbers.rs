//! Numbers compared by value, exactly: integers of any length, and floats as the decimal that spells them.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Number;

/// A bound or divisor of the schema, or a number of an instance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Numeral<'a> {
    Integer(i128),
    /// The digits, with an optional minus, of an integer that `i128` cannot hold.
    Digits(&'a str),
    Float(f64),
}

impl From<&Number> for Numeral<'static> {
    fn from(number: &Number) -> Self {
        let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        integer.map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Integer)
    }
}

impl Numeral<'_> {
    /// Which of two numbers is larger; `None` only for a float that is no number.
    pub(super) fn compare(self, other: Numeral<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(one), Numeral::Integer(two)) => Some(one.cmp(&two)),
            (Self::Integer(one), Numeral::Float(two)) => compare_with_float(one, two),
            (Self::Float(one), Numeral::Integer(two)) => compare_with_float(two, one).map(Ordering::reverse),
            (Self::Float(one), Numeral::Float(two)) => one.partial_cmp(&two),
            (Self::Digits(one), Numeral::Digits(two)) => Some(compare_digits(one, two)),
            (Self::Digits(one), Numeral::Integer(_)) => Some(side(one)),
            (Self::Integer(_), Numeral::Digits(two)) => Some(side(two).reverse()),
            (Self::Digits(one), Numeral::Float(two)) => one.parse::<f64>().ok()?.partial_cmp(&two),
            (Self::Float(one), Numeral::Digits(two)) => one.partial_cmp(&two.parse::<f64>().ok()?),
        }
    }

    /// Whether the number has no fraction.
    pub(super) fn is_whole(self) -> bool {
        match self {
            Self::Float(float) => float.fract() == 0.0,
            Self::Integer(_) | Self::Digits(_) => true,
        }
    }

    /// Whether dividing by `divisor` leaves nothing.
    pub(super) fn is_multiple_of(self, divisor: Numeral<'_>) -> bool {
        if let (Self::Digits(digits), Numeral::Integer(divisor)) = (self, divisor) {
            return remainder(digits, divisor.unsigned_abs()) == Some(0);
        }
        let (Some(one), Some(two)) = (self.decimal(), divisor.decimal()) else { return false };
        let scale = one.exponent.min(two.exponent);
        match (one.scaled_to(scale), two.scaled_to(scale)) {
            (Some(one), Some(two)) if two != 0 => one % two == 0,
            // Too far apart for 128 bits: a large number over a much smaller power of ten.
            (None, Some(two)) if two != 0 => one.is_multiple_in_steps(scale, two),
            _ => one.mantissa == 0,
        }
    }

    fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Integer(integer) => Some(Decimal { mantissa: integer, exponent: 0 }),
            Self::Digits(_) => None,
            Self::Float(float) => Decimal::of(float),
        }
    }
}

impl fmt::Display for Numeral<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(formatter, "{integer}"),
            Self::Digits(digits) => formatter.write_str(digits),
            Self::Float(float) => write!(formatter, "{float}"),
        }
    }
}

/// `mantissa` times ten to the power of `exponent`.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    mantissa: i128,
    exponent: i32,
}

impl Decimal {
    /// The shortest decimal that reads back as `float`.
    fn of(float: f64) -> Option<Self> {
        let text = format!("{float:e}");
        let (digits, exponent) = text.split_once('e')?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mantissa = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? - i32::try_from(fraction.len()).ok()?;
        Some(Self { mantissa, exponent })
    }

    fn scaled_to(self, exponent: i32) -> Option<i128> {
        let power = u32::try_from(self.exponent - exponent).ok()?;
        self.mantissa.checked_mul(10_i128.checked_pow(power)?)
    }

    fn is_multiple_in_steps(self, exponent: i32, divisor: i128) -> bool {
        let mut rest = self.mantissa % divisor;
        for _ in exponent..self.exponent {
            let Some(next) = rest.checked_mul(10) else { return false };
            rest = next % divisor;
        }
        rest == 0
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is tested before")]
fn compare_with_float(integer: i128, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = i128::MAX as f64;
    if float.is_nan() {
        return None;
    }
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    let floor = float.floor();
    let whole = integer.cmp(&(floor as i128));
    Some(if whole.is_eq() && floor < float { Ordering::Less } else { whole })
}

/// On which side of every `i128` a longer integer lies.
fn side(digits: &str) -> Ordering {
    if digits.starts_with('-') { Ordering::Less } else { Ordering::Greater }
}

fn compare_digits(one: &str, two: &str) -> Ordering {
    let split = |text: &str| {
        let negative = text.starts_with('-');
        (negative, text.trim_start_matches('-').trim_start_matches('0').to_owned())
    };
    let ((negative, one), (other_negative, two)) = (split(one), split(two));
    let size = one.len().cmp(&two.len()).then_with(|| one.cmp(&two));
    match (negative, other_negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => size,
        (true, true) => size.reverse(),
    }
}

fn remainder(digits: &str, divisor: u128) -> Option<u128> {
    let divisor = u64::try_from(divisor).ok().filter(|divisor| *divisor > 0).map(u128::from)?;
    let figures = digits.bytes().filter(u8::is_ascii_digit);
    Some(figures.fold(0, |rest, figure| (rest * 10 + u128::from(figure - b'0')) % divisor))
}

#[cfg(test)]
mod tests {
    use super::Numeral::{self, Digits, Float, Integer};
    use std::cmp::Ordering::{Equal, Greater, Less};

    const HUGE: &str = "170141183460469231731687303715884105728";

    #[test]
    fn comparisons_are_exact() {
        for (one, two, expected) in [
            (Integer(1), Float(1.0), Equal),
            (Integer(1), Float(1.5), Less),
            (Integer(-1), Float(-1.5), Greater),
            (Integer(9_007_199_254_740_993), Float(9_007_199_254_740_992.0), Greater),
            (Integer(i128::MAX), Float(1e39), Less),
            (Digits(HUGE), Integer(i128::MAX), Greater),
            (Digits("-999999999999999999999999999999999999999999"), Integer(0), Less),
            (Digits(HUGE), Digits("170141183460469231731687303715884105729"), Less),
            (Float(0.5), Integer(0), Greater),
        ] {
            assert_eq!(one.compare(two), Some(expected), "{one} {two}");
            assert_eq!(two.compare(one), Some(expected.reverse()), "{two} {one}");
        }
    }

    #[test]
    fn multiples_are_decimal() {
        let table: [(Numeral<'_>, Numeral<'_>, bool); 10] = [
            (Integer(10), Integer(5), true),
            (Integer(10), Integer(3), false),
            (Float(0.3), Float(0.1), true),
            (Float(4.35), Float(0.01), true),
            (Float(0.35), Float(0.1), false),
            (Integer(0), Float(0.1), true),
            (Float(1e308), Float(0.5), true),
            (Float(1e308), Float(0.123_456_789), false),
            (Digits("170141183460469231731687303715884105730"), Integer(10), true),
            (Digits("170141183460469231731687303715884105731"), Integer(10), false),
        ];
        for (one, two, expected) in table {
            assert_eq!(one.is_multiple_of(two), expected, "{one} {two}");
        }
    }
}
