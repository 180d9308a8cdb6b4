//! Characters that look like others, or like nothing: what word processors, chats and other keyboards put in.

/// What is odd about the first such character of a value, and what to do.
pub(super) fn told(value: &str) -> Option<String> {
    value.chars().find_map(|character| {
        let code = u32::from(character);
        let (what, instead) = match character {
            '“' | '”' | '„' | '‟' | '«' | '»' | '‘' | '’' | '‚' => {
                (format!("{character}, a typographic quote"), "the plain one, or none")
            }
            '–' | '—' | '−' => (format!("{character}, a dash"), "a plain -"),
            '！'..='～' => (format!("{character}, a wide character of another keyboard"), "the plain one"),
            '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{3000}' => {
                (format!("a special blank (U+{code:04X})"), "a plain one, or none")
            }
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {
                return Some(format!("it holds a character that cannot be seen (U+{code:04X}): take it away"));
            }
            _ => return None,
        };
        Some(format!("it holds {what}: write {instead}"))
    })
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn what_only_looks_right() {
        for (value, expected) in [
            ("8", None),
            ("größe", None),
            ("“8”", Some("it holds “, a typographic quote: write the plain one, or none")),
            ("８", Some("it holds ８, a wide character of another keyboard: write the plain one")),
            ("8\u{200b}", Some("it holds a character that cannot be seen (U+200B): take it away")),
            ("8\u{a0}9", Some("it holds a special blank (U+00A0): write a plain one, or none")),
        ] {
            assert_eq!(told(value).as_deref(), expected, "{value:?}");
        }
    }
}
