//! Where proposed rules go in a `sparkcfg.toml`: behind what is there, or into a list that is written as a value.

use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value};

use crate::error::Error;
use crate::project::config::Config;
use crate::schema::extension::Drift;
use crate::schema::sameness::Shape;

/// The file.
pub(super) const NAME: &str = "sparkcfg.toml";

/// A rule that is proposed.
pub(super) struct Proposal {
    /// The names of keys, each in full.
    pub(super) keys: Vec<String>,
    /// The environments between which it holds; none for all.
    pub(super) between: Vec<String>,
    pub(super) policy: Drift,
    pub(super) same: Vec<Shape>,
}

impl Proposal {
    /// The rule as a table of its own.
    fn text(&self) -> String {
        let list = |name: &str, words: &[&str]| match words {
            [] => String::new(),
            _ => format!("{name} = [{}]\n", quoted(words, ", ")),
        };
        let [between, same] = [self.between(), self.same()];
        format!(
            "[[drift.rule]]\nkeys = [\n    {},\n]\n{}policy = \"{}\"\n{}",
            quoted(&self.keys(), ",\n    "),
            list("between", &between),
            self.policy.name(),
            list("same", &same)
        )
    }

    /// The same as a value.
    fn value(&self) -> Value {
        let mut table = InlineTable::new();
        let list = |words: Vec<&str>| Value::from(words.into_iter().collect::<Array>());
        table.insert("keys", list(self.keys()));
        if !self.between.is_empty() {
            table.insert("between", list(self.between()));
        }
        table.insert("policy", self.policy.name().into());
        if !self.same.is_empty() {
            table.insert("same", list(self.same()));
        }
        Value::from(table)
    }

    fn keys(&self) -> Vec<&str> {
        self.keys.iter().map(String::as_str).collect()
    }

    fn between(&self) -> Vec<&str> {
        self.between.iter().map(String::as_str).collect()
    }

    fn same(&self) -> Vec<&str> {
        self.same.iter().map(|shape| shape.name()).collect()
    }
}

/// Texts with quotes, as TOML has them.
fn quoted(words: &[&str], between: &str) -> String {
    let quoted = words.iter().map(|word| Value::from(*word).to_string().trim().to_owned());
    quoted.collect::<Vec<_>>().join(between)
}

/// The text of a `sparkcfg.toml`, which users see at `path`, with more rules.
///
/// # Errors
/// A text into which they cannot be written without changing what it says.
pub(super) fn with_rules(before: &str, proposals: &[Proposal], path: &str) -> Result<String, Error> {
    let wanted = Config::parse(path, before)?.drift.rule.len() + proposals.len();
    let holds = |text: &String| Config::parse(NAME, text).is_ok_and(|config| config.drift.rule.len() == wanted);
    let written = Some(appended(before, proposals)).filter(holds);
    written.or_else(|| inserted(before, proposals).filter(holds)).ok_or_else(|| {
        Error::new("the rules that would be proposed have no place in [drift] as it is written")
            .at(path)
            .help("write its rules as tables, each with [[drift.rule]] above it, then ask again")
    })
}

/// The rules behind all that is there: this changes no line of it.
fn appended(before: &str, proposals: &[Proposal]) -> String {
    let rules: Vec<_> = proposals.iter().map(Proposal::text).collect();
    let rules = rules.join("\n");
    if before.is_empty() {
        return rules;
    }
    let end = if before.ends_with('\n') { "" } else { "\n" };
    let rules = format!("{end}\n{rules}");
    before.to_owned() + &if before.contains("\r\n") { rules.replace('\n', "\r\n") } else { rules }
}

/// The rules in the list that the file writes as a value, or in the table around it.
fn inserted(before: &str, proposals: &[Proposal]) -> Option<String> {
    // Lines that are read with their carriage returns come out with half of them.
    let mut document: DocumentMut = before.replace("\r\n", "\n").parse().ok()?;
    let drift = document.get_mut("drift")?;
    if let Some(table) = drift.as_inline_table_mut().filter(|table| !table.contains_key("rule")) {
        table.insert("rule", Value::from(Array::new()));
        table.fmt();
    }
    let drift: &mut dyn TableLike = drift.as_table_like_mut()?;
    let list = drift.get_mut("rule").and_then(Item::as_array_mut)?;
    for proposal in proposals {
        list.push(proposal.value());
    }
    let after = document.to_string();
    Some(if before.contains("\r\n") { after.replace('\n', "\r\n") } else { after })
}

#[cfg(test)]
mod tests {
    use super::{Config, Proposal, with_rules};
    use crate::schema::extension::Drift;
    use crate::schema::sameness::Shape;

    /// Whatever the file looks like, it stays one, with what it said and the rules besides.
    #[test]
    fn every_shape_of_the_file_takes_rules() {
        let rule = "{ keys = [\"OLD\"], policy = \"may-differ\" }";
        let table = "[[drift.rule]]\nkeys = [\"OLD\"]\npolicy = \"may-differ\"\n";
        let proposals = [
            Proposal {
                keys: vec!["A_URL".into(), "B_URL".into()],
                between: vec!["dev".into(), "prod".into()],
                policy: Drift::MayDiffer,
                same: vec![Shape::Scheme, Shape::Port],
            },
            Proposal { keys: vec!["C".into()], between: Vec::new(), policy: Drift::MustMatch, same: Vec::new() },
        ];
        for (text, rules) in [
            (String::new(), 0),
            ("schema = \"a.json\"\n".to_owned(), 0),
            ("schema = \"a.json\" # why\n\n# the end\n".to_owned(), 0),
            ("[drift]\nstrict = true\n".to_owned(), 0),
            ("drift.strict = true\n".to_owned(), 0),
            ("drift = { strict = true }\nschema = \"a.json\"\n".to_owned(), 0),
            ("drift = {}\n".to_owned(), 0),
            (format!("{table}\n{table}[severity]\nsyntax = \"note\"\n"), 2),
            (format!("[drift]\nstrict = true\n\n{table}"), 1),
            (format!("[drift]\nrule = [{rule}]\n[severity]\nsyntax = \"note\"\n"), 1),
            ("[drift]\nrule = []\n".to_owned(), 0),
            (format!("[drift]\nrule = [\n    # this one\n    {rule}, # why\n]\nstrict = true\n"), 1),
            (format!("drift.rule = [{rule}]\ndrift.strict = true\n"), 1),
            (format!("drift = {{ strict = true, rule = [{rule}] }}\n"), 1),
        ] {
            let unix = text.clone();
            let ends = [unix.clone(), unix.trim_end().to_owned(), unix.replace('\n', "\r\n")];
            for before in ends {
                let after = with_rules(&before, &proposals, "sparkcfg.toml");
                let after = after.unwrap_or_else(|error| panic!("{before}: {error}"));
                let [then, now] = [&before, &after].map(|text| Config::parse("sparkcfg.toml", text).unwrap());
                assert_eq!((then.drift.rule.len(), now.drift.rule.len()), (rules, rules + 2), "{after}");
                assert_eq!(
                    (then.schema, then.drift.strict, then.severity.len()),
                    (now.schema, now.drift.strict, now.severity.len()),
                    "{after}"
                );
                let added = &now.drift.rule[rules..];
                assert_eq!((&added[0].keys, &added[0].between), (&proposals[0].keys, &proposals[0].between), "{after}");
                assert_eq!((&added[0].same, added[0].policy), (&proposals[0].same, Drift::MayDiffer), "{after}");
                assert_eq!((&added[1].keys, added[1].policy), (&proposals[1].keys, Drift::MustMatch), "{after}");
                assert_eq!(
                    before.contains("\r\n"),
                    after.contains("\r\n") && !after.replace("\r\n", "").contains('\n')
                );
                let comments = |text: &str| text.matches('#').count();
                assert_eq!(comments(&before), comments(&after), "{after}");
            }
        }
    }
}
