//! `$((…))`: arithmetic of a POSIX shell on whole numbers, as far as it changes no variable.

use std::collections::BTreeMap;

use super::lexer::is_name;

/// How deep parentheses and signs may nest.
const MAX_DEPTH: usize = 64;

/// How long an expression may be, in bytes.
const MAX_LENGTH: usize = 4096;

type Values = BTreeMap<Vec<u8>, Vec<u8>>;

/// What stands between two numbers, and how strongly it binds them; longer ones first.
const OPERATORS: &[(&str, u8)] = &[
    ("||", 1),
    ("&&", 2),
    ("==", 6),
    ("!=", 6),
    ("<=", 7),
    (">=", 7),
    ("<<", 8),
    (">>", 8),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];

/// What an expression comes to; `None` for one that only a shell can work out, or none can.
pub(super) fn result(expression: &[u8], values: &Values) -> Option<i64> {
    let text = expanded(expression, values).filter(|text| text.len() <= MAX_LENGTH)?;
    let mut reader = Reader { text: &text, at: 0, values };
    let result = reader.expression(0, 0)?;
    reader.skip_blanks();
    (reader.at == text.len()).then_some(result)
}

/// The text with `$NAME` and `${NAME}` replaced, which comes first.
fn expanded(expression: &[u8], values: &Values) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(expression.len());
    let mut rest = expression;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'$' {
            out.push(*first);
            continue;
        }
        let braced = rest.first() == Some(&b'{');
        let from = usize::from(braced);
        let length = rest.get(from..)?.iter().take_while(|byte| is_name(**byte)).count();
        let name = rest.get(from..from + length).filter(|name| !name.is_empty())?;
        if braced && rest.get(from + length) != Some(&b'}') || name.first()?.is_ascii_digit() {
            return None;
        }
        out.extend(values.get(name).map(Vec::as_slice).unwrap_or_default());
        if out.len() > MAX_LENGTH {
            return None;
        }
        rest = rest.get(from + length + from..)?;
    }
    Some(out)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    values: &'t Values,
}

impl Reader<'_> {
    /// Operands and the operators between them that bind more strongly than `weakest`.
    fn expression(&mut self, weakest: u8, depth: usize) -> Option<i64> {
        let mut left = self.operand(depth)?;
        while let Some((sign, strength)) = self.operator().filter(|(_, strength)| *strength > weakest) {
            self.at += sign.len();
            let right = self.expression(strength, depth + 1)?;
            left = apply(sign, left, right)?;
        }
        Some(left)
    }

    fn operator(&mut self) -> Option<(&'static str, u8)> {
        self.skip_blanks();
        let rest = self.text.get(self.at..)?;
        OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign.as_bytes())).copied()
    }

    fn operand(&mut self, depth: usize) -> Option<i64> {
        self.skip_blanks();
        let first = *self.text.get(self.at).filter(|_| depth <= MAX_DEPTH)?;
        match first {
            b'(' => {
                self.at += 1;
                let inner = self.expression(0, depth + 1)?;
                self.skip_blanks();
                self.text.get(self.at).filter(|byte| **byte == b')')?;
                self.at += 1;
                Some(inner)
            }
            b'-' | b'+' | b'!' | b'~' => {
                self.at += 1;
                let operand = self.operand(depth + 1)?;
                Some(match first {
                    b'-' => operand.wrapping_neg(),
                    b'!' => i64::from(operand == 0),
                    b'~' => !operand,
                    _ => operand,
                })
            }
            _ => {
                let rest = self.text.get(self.at..)?;
                let word = rest.get(..rest.iter().take_while(|byte| is_name(**byte)).count())?;
                self.at += word.len();
                if word.first()?.is_ascii_digit() {
                    return number(word);
                }
                self.values.get(word).map_or(Some(0), |value| number(value.trim_ascii()))
            }
        }
    }

    fn skip_blanks(&mut self) {
        let blanks = self.text.get(self.at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace());
        self.at += blanks.count();
    }
}

/// A whole number as C writes it.
fn number(word: &[u8]) -> Option<i64> {
    let word = std::str::from_utf8(word).ok()?;
    let (sign, digits) = word.strip_prefix('-').map_or((1, word), |digits| (-1, digits));
    let digits = digits.strip_prefix('+').filter(|_| sign == 1).unwrap_or(digits);
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let value = match hexadecimal {
        Some(digits) => i64::from_str_radix(digits, 16),
        None if digits.starts_with('0') => i64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    value.ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_alphanumeric())).map(|value| value * sign)
}

fn apply(sign: &str, left: i64, right: i64) -> Option<i64> {
    let shift = || u32::try_from(right).ok().filter(|by| *by < 64);
    Some(match sign {
        "||" => i64::from(left != 0 || right != 0),
        "&&" => i64::from(left != 0 && right != 0),
        "==" => i64::from(left == right),
        "!=" => i64::from(left != right),
        "<=" => i64::from(left <= right),
        ">=" => i64::from(left >= right),
        "<" => i64::from(left < right),
        ">" => i64::from(left > right),
        "<<" => left.wrapping_shl(shift()?),
        ">>" => left.wrapping_shr(shift()?),
        "|" => left | right,
        "^" => left ^ right,
        "&" => left & right,
        "+" => left.wrapping_add(right),
        "-" => left.wrapping_sub(right),
        "*" => left.wrapping_mul(right),
        "/" => left.checked_div(right)?,
        _ => left.checked_rem(right)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Values, result};

    /// As dash 0.5.12 works them out.
    #[test]
    fn what_a_shell_gives() {
        let values = Values::from([(b"A".to_vec(), b"3".to_vec()), (b"E".to_vec(), b"1+1".to_vec())]);
        for (expression, expected) in [
            ("1+1", Some(2)),
            ("2+3*4", Some(14)),
            ("(2+3)*4", Some(20)),
            ("10-2-3", Some(5)),
            (" -A + 010 + 0x10 ", Some(21)),
            ("$A*${A}", Some(9)),
            ("$E*2", Some(3)),
            ("UNSET", Some(0)),
            ("1<2 && 3==3", Some(1)),
            ("!0 + ~0", Some(0)),
            ("7/2%2", Some(1)),
            ("1<<4|1", Some(17)),
            ("E*2", None),
            ("1/0", None),
            ("A=2", None),
            ("A++", None),
            ("1 2", None),
            ("08", None),
            ("$(id)", None),
            ("1?2:3", None),
            ("", None),
        ] {
            assert_eq!(result(expression.as_bytes(), &values), expected, "{expression}");
        }
        assert_eq!(result("(".repeat(9000).as_bytes(), &values), None);
    }
}
