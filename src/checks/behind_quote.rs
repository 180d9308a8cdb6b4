//! How a line is written right on which something stands behind a closing quote: `FROM="Foo Bar" <foo@bar.com>`.

use super::File;
use crate::layer::Entry;

/// The longest value, in bytes, that is written out.
const LONGEST: usize = 80;

/// What to do about what stands behind the quoted value of an entry. The line is written out where nothing on it is secret.
pub(super) fn advice(file: &File<'_>, entry: &Entry) -> String {
    let (project, layer) = (file.project, file.layer);
    let key = layer.key(entry);
    let written = layer.slice(&(entry.value.start..layer.line_around(entry.value.start).end)).trim_end();
    let is_secret = || {
        let hides = project.hides_entry(layer, entry) || project.hides(key, written);
        hides || !project.secrets_in(written, &[]).is_empty()
    };
    if is_secret() {
        return "quote the secret as a whole, or put # in front of a comment".to_owned();
    }
    let values = if written.len() > LONGEST { Values::Unsure } else { values(written) };
    let name = file.name(entry);
    match values {
        Values::Bare(value) => format!("write {name}={value}"),
        Values::Glued(glued, whole) => {
            format!("write {name}={glued}, or {name}={whole} if the quotes belong to the value")
        }
        Values::Whole(whole) => format!("write {name}={whole}, or # in front of a comment"),
        Values::Unsure => "put all of the value in one pair of quotes, or # in front of a comment".to_owned(),
    }
}

/// What may have been meant, as it is to be written.
#[derive(Debug, PartialEq)]
enum Values {
    /// The quoted part alone: what follows ends a statement in another language.
    Bare(String),
    /// What a shell makes of it, and the text as it stands.
    Glued(String, String),
    /// The text as it stands.
    Whole(String),
    Unsure,
}

/// What a text may mean that begins with a quote. What has a meaning in some quotes and none in others is left to a person.
fn values(written: &str) -> Values {
    let (mut quote, mut glued, mut blanks, mut has_blanks, mut end) = (None, String::new(), String::new(), false, 0);
    for (at, character) in written.char_indices() {
        match (quote, character) {
            (_, '$' | '\\' | '`') => return Values::Unsure,
            (_, _) if character.is_control() => return Values::Unsure,
            (None, '#') if !blanks.is_empty() => break,
            (None, blank) if blank.is_whitespace() => {
                blanks.push(blank);
                continue;
            }
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            _ => {}
        }
        has_blanks |= !blanks.is_empty();
        blanks.clear();
        end = at + character.len_utf8();
        // A quote of the other kind within quotes is a part of the text.
        if !(matches!(character, '"' | '\'') && (quote.is_none() || quote == Some(character))) {
            glued.push(character);
        }
    }
    let text = &written[..end];
    let whole =
        ['\'', '"'].into_iter().find(|quote| !text.contains(*quote)).map(|quote| format!("{quote}{text}{quote}"));
    if quote.is_some() {
        return Values::Unsure;
    }
    if let Some(bare) = text.strip_suffix([';', ',']).filter(|bare| is_one(bare)) {
        return Values::Bare(bare.to_owned());
    }
    match whole {
        Some(whole) if has_blanks => Values::Whole(whole),
        Some(whole) if !glued.contains(['"', '\'']) => Values::Glued(format!("\"{glued}\""), whole),
        None if !has_blanks && !glued.contains(['"', '\'']) => Values::Bare(format!("\"{glued}\"")),
        _ => Values::Unsure,
    }
}

/// Whether a text is one pair of quotes and what is in it.
fn is_one(text: &str) -> bool {
    let quote = text.chars().next().unwrap_or_default();
    text.len() > 1 && text.ends_with(quote) && text.matches(quote).count() == 2
}

#[cfg(test)]
mod tests {
    use super::{Values, values};

    #[test]
    fn what_was_meant() {
        let glued = |glued: &str, whole: &str| Values::Glued(glued.to_owned(), whole.to_owned());
        let (bare, whole) = (|text: &str| Values::Bare(text.to_owned()), |text: &str| Values::Whole(text.to_owned()));
        for (written, expected) in [
            (r#""Foo Bar" <foo@bar.com>"#, whole(r#"'"Foo Bar" <foo@bar.com>'"#)),
            (r#""x" y # note"#, whole(r#"'"x" y'"#)),
            (r#""a"b"#, glued(r#""ab""#, r#"'"a"b'"#)),
            (r#""a b"c # note"#, glued(r#""a bc""#, r#"'"a b"c'"#)),
            ("'a'b", glued(r#""ab""#, r#""'a'b""#)),
            ("'it''s'", glued(r#""its""#, r#""'it''s'""#)),
            (r#"'a'"b""#, bare(r#""ab""#)),
            (r#""x";"#, bare(r#""x""#)),
            ("'x',", bare("'x'")),
            (r#"'a'"b" c"#, Values::Unsure),
            (r#""it's"x"#, Values::Unsure),
            (r#""a"$b"#, Values::Unsure),
            (r#""a\n"b"#, Values::Unsure),
            (r#""a"b'"#, Values::Unsure),
        ] {
            assert_eq!(values(written), expected, "{written}");
        }
    }
}
