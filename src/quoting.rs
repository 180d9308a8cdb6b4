//! Text as literals of other languages: each gives back exactly the text to whoever reads that language.

pub mod markdown;

use std::fmt::Write;

use serde::Serialize;

use crate::source::acts;

/// How a language spells what may not stand in its quotes as it is.
struct Escapes {
    /// Signs with a spelling of their own.
    named: &'static [(char, &'static str)],
    /// Whether `\U0001F600` is understood; else a character beyond U+FFFF is spelled as two halves.
    long: bool,
}

impl Escapes {
    fn write(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 2);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let next = characters.peek().copied();
            // `$${` and `%%{` of HCL depend on what follows.
            let template = self.long && matches!(character, '$' | '%') && next == Some('{');
            match self.named.iter().find(|(sign, _)| *sign == character) {
                Some((sign, _)) if matches!(sign, '$' | '%') && !template => out.push(character),
                Some((_, spelling)) => out.push_str(spelling),
                None if acts(&out, character) || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                    self.number(&mut out, character);
                }
                None => out.push(character),
            }
        }
        out
    }

    fn number(&self, out: &mut String, character: char) {
        if self.long && u32::from(character) > 0xffff {
            let _ = write!(out, "\\U{:08X}", u32::from(character));
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

const NAMED: &[(char, &str)] = &[('"', "\\\""), ('\\', "\\\\"), ('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t")];

/// What stands between the double quotes of a YAML scalar.
#[must_use]
pub fn yaml_inside(text: &str) -> String {
    Escapes { named: NAMED, long: true }.write(text)
}

/// A double-quoted YAML scalar: always a string, whatever the text looks like.
#[must_use]
pub fn yaml(text: &str) -> String {
    format!("\"{}\"", yaml_inside(text))
}

/// What stands between the double quotes of a JSON string; JavaScript reads it alike.
#[must_use]
pub fn json_inside(text: &str) -> String {
    Escapes { named: NAMED, long: false }.write(text)
}

/// A JSON string, which is also a JavaScript string.
#[must_use]
pub fn json(text: &str) -> String {
    format!("\"{}\"", json_inside(text))
}

/// A quoted string of HCL, Terraform's language: `${` and `%{` are doubled.
#[must_use]
pub fn hcl(text: &str) -> String {
    const HCL: &[(char, &str)] =
        &[('"', "\\\""), ('\\', "\\\\"), ('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t"), ('$', "$$"), ('%', "%%")];
    format!("\"{}\"", Escapes { named: HCL, long: true }.write(text))
}

/// A word of a POSIX shell: in single quotes, which nothing but a single quote ends.
#[must_use]
pub fn shell(text: &str) -> String {
    format!("'{}'", shell_inside_single(text))
}

/// What stands between the single quotes of a shell word.
#[must_use]
pub fn shell_inside_single(text: &str) -> String {
    text.replace('\'', "'\\''")
}

/// What stands between the double quotes of a shell word.
#[must_use]
pub fn shell_inside_double(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// What stands in a here-document of a shell whose end is named without quotes.
#[must_use]
pub fn shell_inside_document(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// JSON, indented, with everything that [`acts`] escaped, also in texts that are passed on exactly as they are.
#[must_use]
pub fn json_text(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        for character in line.chars() {
            if acts(&out, character) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            } else {
                out.push(character);
            }
        }
        out.push('\n');
    }
    out
}

/// `text` for the content and the quoted attributes of XML and HTML.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No character of XML 1.0.
            '\u{fffe}' | '\u{ffff}' => {}
            '\n' => out.push('\n'),
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (write, text, expected) in [
            (yaml as fn(&str) -> String, "no", "\"no\""),
            (yaml, "a\"b\\c\n", "\"a\\\"b\\\\c\\n\""),
            (yaml, "\u{7f}\u{85}\u{2028}é😀", "\"\\u007f\\u0085\\u2028é😀\""),
            (yaml, "${A} %{B}", "\"${A} %{B}\""),
            (json, "\u{1}\u{e0001}", "\"\\u0001\\udb40\\udc01\""),
            (hcl, "${a} $b %{c} 5%", "\"$${a} $b %%{c} 5%\""),
            (shell, "it's", "'it'\\''s'"),
            (shell_inside_double, "a\"$`\\", "a\\\"\\$\\`\\\\"),
        ] {
            assert_eq!(write(text), expected, "{text:?}");
        }
    }
}
