//! The literals of a line of a program: what alone can give a secret away there, where an expression cannot.

use std::ops::Range;

/// The fewest digits that may be a secret.
const DIGITS: usize = 4;

/// The literals in a range of a program's text: what stands in quotes, and long numbers. The names of variables, at `names`, and
/// what is looked up by, `settings["key"]`, are none. A quote that nothing closes hides the rest.
pub(super) fn literals(text: &str, range: Range<usize>, names: &[Range<u32>]) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let before = |at: usize, steps: usize| at.checked_sub(steps).map_or(b' ', |at| bytes[at]);
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        match bytes[at] {
            quote @ (b'"' | b'\'' | b'`') => {
                let from = at + 1;
                at = from;
                while at < range.end && bytes[at] != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let end = at.min(range.end);
                let index = before(from, 2) == b'[' && is_word(before(from, 3)) && bytes.get(end + 1) == Some(&b']');
                let is_name = names.iter().any(|name| (name.start as usize, name.end as usize) == (from, end));
                if from < end && !index && !is_name {
                    found.push(from..end);
                }
            }
            byte if byte.is_ascii_digit() && !is_word(before(at, 1)) => {
                let length = bytes[at..range.end].iter().take_while(|byte| is_word(**byte)).count();
                if length >= DIGITS {
                    found.push(at..at + length);
                }
                at += length - 1;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_lines() {
        for (text, expected) in [
            ("os.environ['A_B']; x = 'hunter2'", "hunter2"),
            ("args[\"ssl-key\"] || process.env.A_B || \"hunter2\"", "hunter2"),
            ("[\"hunter2\"]", "hunter2"),
            ("'it\\'s' + b + 12345 + c1234", "it\\'s 12345"),
            ("'hunter2", "hunter2"),
            ("f(x, 10)", ""),
            ("'hunter2\\", "hunter2\\"),
            ("", ""),
        ] {
            let at = text.find("A_B").unwrap_or(text.len());
            let name = u32::try_from(at).unwrap()..u32::try_from(at + 3).unwrap();
            let found = literals(text, 0..text.len(), &[name]);
            assert_eq!(found.into_iter().map(|range| &text[range]).collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }
}
