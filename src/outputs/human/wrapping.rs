//! Text broken into lines of a terminal's width.

use unicode_width::UnicodeWidthChar;

use crate::abridging::width;

/// Breaks `text` at blanks: the first line takes `first` columns, the others `rest`. Longer words are cut.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let room = if lines.len() == 1 { first } else { rest };
        let start = used == 0;
        if !start && used + 1 + width(word) > room {
            lines.push(String::new());
            used = 0;
        } else if !start {
            push(&mut lines, ' ');
            used += 1;
        }
        for character in word.chars() {
            let room = if lines.len() == 1 { first } else { rest };
            let columns = character.width().unwrap_or(0);
            if used > 0 && used + columns > room {
                lines.push(String::new());
                used = 0;
            }
            // A CI runner reads a line that begins with `::` as a command.
            if character == ':' && used == 0 && lines.len() > 1 {
                lines.last_mut().into_iter().for_each(|line| line.push_str("\\u{3a}"));
                used += "\\u{3a}".len();
                continue;
            }
            push(&mut lines, character);
            used += columns;
        }
    }
    lines
}

fn push(lines: &mut [String], character: char) {
    if let Some(line) = lines.last_mut() {
        line.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_fit() {
        for (text, first, rest, expected) in [
            ("", 5, 5, &[""][..]),
            ("one two", 10, 10, &["one two"]),
            ("one two three", 5, 9, &["one", "two three"]),
            ("abcdefgh", 3, 4, &["abc", "defg", "h"]),
            ("名前 名前", 5, 5, &["名前", "名前"]),
            ("a ::error::x", 3, 30, &["a", "\\u{3a}:error::x"]),
            ("one", 0, 0, &["o", "n", "e"]),
        ] {
            assert_eq!(wrap(text, first, rest), expected, "{text}");
        }
    }
}
