//! Edits of the tables of people and access in `sparkcfg.toml`: all else in the file stays as it stands.

use toml_edit::{Array, DocumentMut, Item, RawString, Table, TableLike, Value};

use super::config::Config;
use crate::error::Error;

/// The file's name.
pub const NAME: &str = "sparkcfg.toml";

/// A change of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// Makes a public key known by a name.
    Introduce {
        /// The name.
        name: &'a str,
        /// The public key.
        key: &'a str,
    },
    /// Lets a person open the secrets of an environment.
    Grant {
        /// The name.
        name: &'a str,
        /// The environment.
        environment: &'a str,
    },
    /// The opposite.
    Revoke {
        /// The name.
        name: &'a str,
        /// The environment.
        environment: &'a str,
    },
}

/// The text of a `sparkcfg.toml` after some changes; what is so already is left as it is.
///
/// # Errors
/// A text that is no `sparkcfg.toml`, or that would be none afterwards.
pub fn changed(text: &str, changes: &[Change<'_>]) -> Result<String, Error> {
    let before = Config::parse(NAME, text)?;
    let windows = text.contains("\r\n");
    let plain = if windows { text.replace("\r\n", "\n") } else { text.to_owned() };
    let failed = || {
        Error::new("the tables [people] and [access] are written in a way that cannot be changed")
            .at(NAME)
            .help("write them as tables: [people] with NAME = \"age1…\", [access] with ENV = [\"NAME\"]")
    };
    let mut document: DocumentMut = plain.parse().map_err(|_| failed())?;
    let mut expected = before.clone();
    for change in changes {
        apply(&mut document, &mut expected, *change).ok_or_else(failed)?;
    }
    if expected.people == before.people && expected.access == before.access {
        return Ok(text.to_owned());
    }
    let plain = document.to_string();
    let changed = if windows { plain.replace('\n', "\r\n") } else { plain };
    let after = Config::parse(NAME, &changed)?;
    if after.people != expected.people || after.access != expected.access {
        return Err(failed());
    }
    Ok(changed)
}

/// The text of an earlier `sparkcfg.toml` with those who may open what by the one of `now`: people, access and who is kept
/// for recovery are no part of what a release declares.
///
/// # Errors
/// A text that is no `sparkcfg.toml`, or one whose tables cannot be put into the other.
pub fn with_access_of(now: &str, earlier: &str) -> Result<String, Error> {
    let (wanted, before) = (Config::parse(NAME, now)?, Config::parse(NAME, earlier)?);
    let is_same = |config: &Config| {
        (&config.people, &config.access, &config.recovery) == (&wanted.people, &wanted.access, &wanted.recovery)
    };
    if is_same(&before) {
        return Ok(earlier.to_owned());
    }
    let failed = || {
        Error::new("the tables [people] and [access] cannot be kept as they are in what this file was")
            .at(NAME)
            .help("bring back by hand what else differs; `git diff` shows it")
    };
    let plain = |text: &str| text.replace("\r\n", "\n");
    let from: DocumentMut = plain(now).parse().map_err(|_| failed())?;
    let mut document: DocumentMut = plain(earlier).parse().map_err(|_| failed())?;
    for name in ["people", "access", "recovery"] {
        match from.get_key_value(name) {
            Some((key, item)) => drop(document.as_table_mut().insert_formatted(key, item.clone())),
            None => drop(document.remove(name)),
        }
    }
    let text = document.to_string();
    let text = if now.contains("\r\n") { text.replace('\n', "\r\n") } else { text };
    if is_same(&Config::parse(NAME, &text)?) { Ok(text) } else { Err(failed()) }
}

fn apply(document: &mut DocumentMut, expected: &mut Config, change: Change<'_>) -> Option<()> {
    match change {
        Change::Introduce { name, key } => {
            if expected.people.get(name).map(String::as_str) != Some(key) {
                expected.people.insert(name.to_owned(), key.to_owned());
                table(document, "people")?.insert(name, toml_edit::value(key));
            }
        }
        Change::Grant { name, environment } => {
            let known = expected.access.entry(environment.to_owned()).or_default();
            if !known.iter().any(|one| one == name) {
                known.push(name.to_owned());
                let list =
                    table(document, "access")?.entry(environment).or_insert_with(|| toml_edit::value(Array::new()));
                add(list.as_array_mut()?, name);
            }
        }
        Change::Revoke { name, environment } => {
            let Some(known) = expected.access.get_mut(environment) else { return Some(()) };
            known.retain(|one| one != name);
            let list = table(document, "access")?.get_mut(environment)?.as_array_mut()?;
            for index in (0..list.len()).rev() {
                if list.get(index).and_then(Value::as_str) == Some(name) {
                    remove(list, index);
                }
            }
        }
    }
    Some(())
}

/// A table of the document, which is made where there is none.
fn table<'d>(document: &'d mut DocumentMut, name: &str) -> Option<&'d mut dyn TableLike> {
    if !document.contains_key(name) {
        let mut table = Table::new();
        if !document.is_empty() {
            table.decor_mut().set_prefix("\n");
        }
        document.insert(name, Item::Table(table));
    }
    document.get_mut(name)?.as_table_like_mut()
}

fn prefix(value: &Value) -> String {
    value.decor().prefix().and_then(RawString::as_str).unwrap_or_default().to_owned()
}

/// Adds a name as the others of the list stand there: behind them, or on a line of its own.
fn add(list: &mut Array, name: &str) {
    let last = list.iter().last().map(prefix);
    let indent = last.as_ref().and_then(|last| last.rfind('\n').map(|at| last[at..].to_owned()));
    let mut value = Value::from(name);
    match (&indent, last) {
        (Some(indent), _) => {
            // What follows the last name on its line is about that name, and stays there.
            let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
            let (comment, rest) = trailing.split_at(trailing.find('\n').unwrap_or(trailing.len()));
            value.decor_mut().set_prefix(format!("{comment}{indent}"));
            let rest = rest.to_owned();
            list.set_trailing(rest);
        }
        (None, Some(_)) => value.decor_mut().set_prefix(" "),
        (None, None) => {}
    }
    list.push_formatted(value);
}

/// Removes a name and the comment on its line.
fn remove(list: &mut Array, index: usize) {
    let gone = prefix(&list.remove(index));
    let before = gone.split_at(gone.find('\n').unwrap_or(0)).0;
    let rest = |text: &str| text.find('\n').map(|at| text[at..].to_owned());
    match list.get_mut(index) {
        Some(next) => {
            let own = prefix(next);
            let kept = rest(&own).map_or_else(|| gone.clone(), |rest| format!("{before}{rest}"));
            next.decor_mut().set_prefix(kept);
        }
        None => {
            let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
            if let Some(rest) = rest(&trailing) {
                list.set_trailing(format!("{before}{rest}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "age10j24tdqr480et5vx8kgnye3p9e6m439v55hvnjrvgjhdwxqynf5snahpjh";

    fn grant<'a>(name: &'a str, environment: &'a str) -> Change<'a> {
        Change::Grant { name, environment }
    }

    fn revoke<'a>(name: &'a str, environment: &'a str) -> Change<'a> {
        Change::Revoke { name, environment }
    }

    #[test]
    fn lists_keep_their_form() {
        for (before, change, after) in [
            ("prod = [\"a\"]", grant("b", "prod"), "prod = [\"a\", \"b\"]"),
            ("prod = [ \"a\" ] # who", grant("b", "prod"), "prod = [ \"a\" , \"b\"] # who"),
            ("prod = []", grant("a", "prod"), "prod = [\"a\"]"),
            ("dev = [\"a\"]", grant("b", "prod"), "dev = [\"a\"]\nprod = [\"b\"]"),
            ("prod = [\"a\", \"b\"]", grant("b", "prod"), "prod = [\"a\", \"b\"]"),
            ("prod = [\n  \"a\",\n]", grant("b", "prod"), "prod = [\n  \"a\",\n  \"b\",\n]"),
            ("prod = [\n  \"a\", # one\n]", grant("b", "prod"), "prod = [\n  \"a\", # one\n  \"b\",\n]"),
            ("prod = [\"a\", \"b\"]", revoke("a", "prod"), "prod = [\"b\"]"),
            ("prod = [\"a\", \"b\"]", revoke("b", "prod"), "prod = [\"a\"]"),
            ("prod = [\"a\"]", revoke("a", "prod"), "prod = []"),
            ("prod = [\"a\"]", revoke("b", "prod"), "prod = [\"a\"]"),
            ("prod = [\"a\"]", revoke("a", "dev"), "prod = [\"a\"]"),
            (
                "prod = [\n  \"a\", # one\n  \"b\", # two\n  \"c\", # three\n]",
                revoke("b", "prod"),
                "prod = [\n  \"a\", # one\n  \"c\", # three\n]",
            ),
            ("prod = [\n  \"a\", # one\n  \"b\", # two\n]", revoke("b", "prod"), "prod = [\n  \"a\", # one\n]"),
            ("prod = [\n  \"a\",\n  \"b\",\n]", revoke("a", "prod"), "prod = [\n  \"b\",\n]"),
        ] {
            let people: String = ["a", "b", "c"].map(|name| format!("{name} = \"{ONE}\"\n")).concat();
            let file = |access: &str| {
                format!(
                    "# mine\nschema = 'x' # y\n\n[people]\n{people}\n[access]\n{access}\n\n[severity]\nsyntax = \"error\"\n"
                )
            };
            assert_eq!(changed(&file(before), &[change]).unwrap(), file(after), "{before}");
            let windows = |access: &str| file(access).replace('\n', "\r\n");
            assert_eq!(changed(&windows(before), &[change]).unwrap(), windows(after), "{before}");
        }
    }

    #[test]
    fn tables_are_made() {
        let changes = [Change::Introduce { name: "a", key: ONE }, grant("a", "dev"), grant("a", "prod.eu")];
        let tables = format!("[people]\na = \"{ONE}\"\n\n[access]\ndev = [\"a\"]\n\"prod.eu\" = [\"a\"]\n");
        for (before, after) in [
            ("", tables.clone()),
            ("schema = \"x\"\n", format!("schema = \"x\"\n\n{tables}")),
            ("[severity]\nsyntax = \"off\"\n", format!("[severity]\nsyntax = \"off\"\n\n{tables}")),
        ] {
            let text = changed(before, &changes).unwrap();
            assert_eq!(text, after);
            assert_eq!(changed(&text, &changes).unwrap(), text);
        }
        let inline = format!("people = {{ a = \"{ONE}\" }}\naccess = {{ dev = [\"a\"] }}\n");
        let after = changed(&inline, &changes).unwrap();
        assert!(after.contains("\"prod.eu\" = [\"a\"]"), "{after}");
    }

    #[test]
    fn mistakes_change_nothing() {
        for (before, changes) in [
            ("schema = \n", vec![]),
            ("", vec![grant("stranger", "dev")]),
            ("", vec![Change::Introduce { name: "a", key: "no key" }]),
        ] {
            assert!(changed(before, &changes).is_err(), "{before}");
        }
    }

    #[test]
    fn access_is_no_part_of_what_comes_back() {
        let people = |names: &str| format!("\n[people]\nlaptop = \"{ONE}\"\n\n[access]\nprod = [{names}]\n");
        let (one, both) = (people("\"laptop\""), people("\"laptop\", \"laptop\""));
        for (now, earlier, expected) in [
            // Whoever may open the same keeps every byte.
            (format!("schema = \"b.json\"\n{one}"), format!("schema = \"a.json\" # then\n{one}"), None),
            (one.clone(), format!("schema = \"a.json\"\n{both}"), Some(format!("schema = \"a.json\"\n{one}"))),
            (
                format!("recovery = \"laptop\"\n{one}"),
                format!("schema = \"a.json\"\n{both}"),
                Some(format!("schema = \"a.json\"\nrecovery = \"laptop\"\n{one}")),
            ),
            (String::new(), format!("schema = \"a.json\"\n{both}"), Some("schema = \"a.json\"\n".to_owned())),
            (one.clone(), String::new(), Some(one.clone())),
            (
                one.clone(),
                "[severity]\nsyntax = \"off\"\n".to_owned(),
                Some(format!("[severity]\nsyntax = \"off\"\n{one}")),
            ),
            (one.replace('\n', "\r\n"), both.clone(), Some(one.replace('\n', "\r\n"))),
        ] {
            let expected = expected.unwrap_or_else(|| earlier.clone());
            assert_eq!(with_access_of(&now, &earlier).unwrap(), expected, "{earlier}");
        }
    }
}
