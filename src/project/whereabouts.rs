//! Where `sparkcfg.toml` says something, for errors and findings about what it says.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use crate::source::Sources;

/// Where a word stands in a table, as a key or as a text of any of its values: the first place, in bytes of the file, with the
/// quotes. `table` is the way to the table (`["drift", "rule"]`), or to the value that is the word; empty for the whole file.
///
/// `None` where the word does not stand there, or the file is no TOML.
#[must_use]
pub fn place_of(text: &str, table: &[&str], word: &str) -> Option<Range<usize>> {
    let document = Document::parse(text).ok()?;
    let mut tables = vec![document.as_item()];
    for step in table {
        tables = tables.into_iter().flat_map(|item| members(item, step)).collect();
    }
    tables.into_iter().find_map(|item| in_item(item, word))
}

/// The member of a table, or of each table of a list.
fn members<'d>(item: &'d Item, name: &str) -> Vec<&'d Item> {
    match item.as_array_of_tables() {
        Some(list) => list.iter().filter_map(|table| table.get(name)).collect(),
        None => item.get(name).into_iter().collect(),
    }
}

fn in_item(item: &Item, word: &str) -> Option<Range<usize>> {
    match item {
        Item::None => None,
        Item::Value(value) => in_value(value, word),
        Item::Table(table) => in_table(table, word),
        Item::ArrayOfTables(list) => list.iter().find_map(|table| in_table(table, word)),
    }
}

fn in_table(table: &dyn TableLike, word: &str) -> Option<Range<usize>> {
    table.iter().find_map(|(name, item)| {
        if name == word { table.key(name).and_then(toml_edit::Key::span) } else { in_item(item, word) }
    })
}

fn in_value(value: &Value, word: &str) -> Option<Range<usize>> {
    match value {
        Value::String(text) if text.value() == word => text.span(),
        Value::Array(list) => list.iter().find_map(|value| in_value(value, word)),
        Value::InlineTable(table) => in_table(table, word),
        _ => None,
    }
}

/// The same as a place that users are told: `sparkcfg.toml:3:9`. The path alone where it cannot be found.
#[must_use]
pub fn place_in(text: &str, path: &str, table: &[&str], word: &str) -> String {
    let Some(at) = place_of(text, table, word) else { return path.to_owned() };
    let mut sources = Sources::default();
    let source = sources.add(path, text);
    let position = sources.position(source, u32::try_from(at.start).unwrap_or(u32::MAX));
    format!("{path}:{}:{}", position.line, position.column)
}

#[cfg(test)]
mod tests {
    use super::{place_in, place_of};

    const TEXT: &str = "protected = [\"prdo\"]\nrecovery = 'safe'\n[people]\nprodd = \"age1\"\nsafe = 'age2'\n[access]\n\
                        prodd = [\"ali\"]\n\"x-y\" = []\n[[drift.rule]]\nkeys = [\"A\"]\n[[drift.rule]]\nkeys = [\"B\"]\n\
                        [hardening.accept]\n\"a.b\" = { code = \"why\" }\n";

    #[test]
    fn places_of_words() {
        for (table, word, expected) in [
            (&["access"][..], "prodd", Some((7, "prodd"))),
            (&["access"], "x-y", Some((8, "\"x-y\""))),
            (&["access"], "ali", Some((7, "\"ali\""))),
            (&[], "prdo", Some((1, "\"prdo\""))),
            (&["recovery"], "safe", Some((2, "'safe'"))),
            (&["people"], "safe", Some((5, "safe"))),
            (&["drift", "rule"], "B", Some((12, "\"B\""))),
            (&["drift", "rule", "keys"], "B", Some((12, "\"B\""))),
            (&["hardening", "accept", "a.b"], "code", Some((14, "code"))),
            (&["access"], "no", None),
            (&["none"], "prodd", None),
        ] {
            let found = place_of(TEXT, table, word);
            let told = found.map(|at| (TEXT[..at.start].matches('\n').count() + 1, &TEXT[at]));
            assert_eq!(told, expected, "{table:?} {word}");
        }
        assert_eq!(place_in(TEXT, "a.toml", &["people"], "age1"), "a.toml:4:9");
        assert_eq!(place_in(TEXT, "a.toml", &["people"], "age3"), "a.toml");
        assert_eq!(place_of("a = [", &[], "a"), None);
    }
}
