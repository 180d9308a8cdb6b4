//! `sparkcfg.toml`: what a project says differently from the convention.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::access::is_person_name;
use super::deployments::Hardening;
use super::whereabouts::place_in;
use crate::drift::policy::Policies;
use crate::envelope::{self, CONFLICT, SOLVE_TEXT};
use crate::error::Error;
use crate::finding::Severity;
use crate::source::Sources;
use crate::suggestion::nearest;

/// The whole file. Every key is optional; an unknown one is an error.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// Path of the JSON Schema, or `builtin:spark`.
    pub schema: Option<String>,
    /// Environments where findings about secrets and placeholders are errors; `staging` and `prod` by default.
    pub protected: Option<Vec<String>>,
    /// Identities that are published with the project, for values that everybody may know: paths of key files.
    pub identities: Vec<String>,
    /// Environment → its layers, lowest first: paths relative to this file.
    pub environments: BTreeMap<String, Vec<String>>,
    /// Code → severity, or `off`.
    pub severity: BTreeMap<String, Level>,
    /// Path pattern → the readers of those files, by name.
    pub consumers: BTreeMap<String, Vec<String>>,
    /// Name → public key of a person or machine.
    pub people: BTreeMap<String, String>,
    /// Environment → names of people who may open its secrets.
    pub access: BTreeMap<String, Vec<String>>,
    /// Who must be able to open every sealed file: the name of an identity that is kept offline.
    pub recovery: Option<String>,
    /// Which Compose and PM2 files are checked, and how.
    pub hardening: Hardening,
    /// The projects of a monorepo.
    pub workspace: Option<Workspace>,
    /// What differences between environments mean.
    pub drift: Drifting,
    /// Whether `validate` looks at variables as `refs` does, where that looks, and which names it takes for known.
    pub references: Referencing,
}

/// `[references]`: whether `validate` tells what `refs` tells, where that looks, and which names it takes for known.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Referencing {
    /// Patterns of paths that are not looked into: `legacy/**`, `**/*.generated.ts`.
    pub exclude: Vec<String>,
    /// Names that somebody else declares, sets or reads; a `*` at the end takes every rest: `ACME_*`.
    pub known: Vec<String>,
    /// Whether `validate` tells of the variables that programs use, too, where it checks the whole project.
    pub validate: bool,
}

impl Referencing {
    /// Whether a name is one that somebody else declares, sets or reads.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.known.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => known == name,
        })
    }

    /// The patterns of paths that are not looked into.
    ///
    /// # Errors
    /// The first one that is no pattern.
    pub fn excluded(&self) -> Result<GlobSet, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in &self.exclude {
            let glob = GlobBuilder::new(pattern.trim_end_matches('/')).literal_separator(true).build();
            set.add(glob.map_err(|_| pattern.clone())?);
            // A folder is excluded with all that it holds.
            let below = format!("{}/**", pattern.trim_end_matches('/'));
            set.add(GlobBuilder::new(&below).literal_separator(true).build().map_err(|_| pattern.clone())?);
        }
        set.build().map_err(|_| self.exclude.join(", "))
    }
}

/// `[drift]`: what differences between environments mean.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Drifting {
    /// Environments whose secrets no other one may have; as `protected` above when absent.
    pub protected: Option<Vec<String>>,
    /// Whether a difference that nobody classified is an error.
    pub strict: bool,
    /// Policies for groups of keys; the nearest decides.
    pub rule: Vec<DriftRule>,
    /// Patterns of variables that say nothing about the configuration of what runs, beside the built-in ones.
    pub noise: Vec<String>,
}

/// `[[drift.rule]]`: the policy of a group of keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DriftRule {
    /// Patterns of keys: `*_TIMEOUT_MS`.
    pub keys: Vec<String>,
    /// The environments between which it holds; all when absent.
    #[serde(default)]
    pub between: Vec<String>,
    /// What a difference means.
    pub policy: crate::schema::extension::Drift,
    /// Parts of the values that stay the same where they may differ: `scheme`, `port`.
    #[serde(default)]
    pub same: Vec<crate::schema::sameness::Shape>,
}

/// `[workspace]`: the folders that hold a project each.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workspace {
    /// Folders, with `*` and `?` within one part: `services/*`.
    pub members: Vec<String>,
    /// Folders that match but are no members.
    #[serde(default)]
    pub exclude: Vec<String>,
}

/// A severity, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Never reported.
    Off,
    /// See [`crate::finding::Severity::Note`].
    Note,
    /// See [`crate::finding::Severity::Warning`].
    Warning,
    /// See [`crate::finding::Severity::Error`].
    Error,
}

impl Level {
    /// The severity; `None` for [`Level::Off`].
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Note => Some(Severity::Note),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// The keys of each table, for suggestions.
const KNOWN: &[&str] = &[
    "schema",
    "protected",
    "identities",
    "environments",
    "severity",
    "consumers",
    "people",
    "access",
    "recovery",
    "workspace",
    "members",
    "exclude",
    "drift",
    "strict",
    "rule",
    "noise",
    "keys",
    "between",
    "policy",
    "same",
    "must-match",
    "must-differ",
    "may-differ",
    "references",
    "known",
    "hardening",
    "profile",
    "files",
    "accept",
    "minimal",
    "default",
    "off",
    "note",
    "warning",
    "error",
];

impl Config {
    /// The JSON Schema of the file, from the types that read it.
    #[must_use]
    pub fn schema() -> Value {
        /// What the documentation of Rust has for names is plain text to others.
        fn plain(value: &mut Value) {
            match value {
                Value::String(text) => *text = text.replace("[`", "`").replace("`]", "`"),
                Value::Array(items) => items.iter_mut().for_each(plain),
                Value::Object(members) => members.values_mut().for_each(plain),
                _ => {}
            }
        }
        let mut schema = schemars::schema_for!(Self).to_value();
        plain(&mut schema);
        schema["title"] = "sparkcfg.toml".into();
        schema
    }

    /// The same as text, as it is shipped.
    #[must_use]
    pub fn schema_text() -> String {
        format!("{:#}\n", Self::schema())
    }

    /// Reads the text of a `sparkcfg.toml`.
    ///
    /// # Errors
    /// Broken TOML, an unknown key or a value of the wrong type, with its line and column.
    pub fn parse(path: &str, text: &str) -> Result<Self, Error> {
        if let Some(line) = envelope::conflict_line(text.as_bytes()) {
            return Err(Error::new(CONFLICT).at(format!("{path}:{line}")).help(SOLVE_TEXT));
        }
        let config: Self = toml::from_str(text).map_err(|error| {
            let mut sources = Sources::default();
            let source = sources.add(path, text);
            let span = error.span().unwrap_or_default();
            let at = span.start;
            let position = sources.position(source, u32::try_from(span.start).unwrap_or(u32::MAX));
            let place = format!("{path}:{}:{}", position.line, position.column);
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            // What is taken there goes before what is taken elsewhere.
            let taken = message.split_once(", expected").map_or("", |(_, taken)| taken).split('`').skip(1).step_by(2);
            let suggestion = text.get(span).map(|word| word.trim_matches(['"', '\''])).and_then(|word| {
                nearest(word, taken).or_else(|| {
                    let is_value = message.starts_with("unknown variant");
                    nearest(word, KNOWN.iter().copied().filter(|_| !is_value))
                })
            });
            // `".env" = "make"` where a list is wanted.
            let listed = message.ends_with("expected a sequence").then(|| message.split('"').nth(1)).flatten();
            let line = text.lines().nth(position.line as usize - 1).unwrap_or_default();
            if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
                return Error::new(CONFLICT).at(format!("{path}:{}", position.line)).help(SOLVE_TEXT);
            }
            let twice = message.starts_with("duplicate key");
            let help = match (suggestion, listed) {
                _ if twice => Some("it stands above already: put both into one".to_owned()),
                (Some(word), _) => Some(format!("did you mean `{word}`?")),
                (None, Some(word)) => Some(format!("write a list: [\"{word}\"]")),
                (None, None) => wanted(text.get(..at).unwrap_or_default(), &message).map(ToOwned::to_owned),
            };
            let failed = Error::new(message).at(place);
            match help {
                Some(help) => failed.help(help),
                None => failed,
            }
        })?;
        config.people_are_known(path, text)?;
        config.hardening.check(path)?;
        if let Err(pattern) = config.references.excluded() {
            return Err(Error::new(format!("[references] exclude: `{pattern}` is no pattern for paths")).at(path));
        }
        for (environment, files) in &config.environments {
            if let Some(twice) = files.iter().enumerate().find(|(index, file)| files[..*index].contains(file)) {
                let message = format!("[environments] {environment} lists {} twice", twice.1);
                let place = place_in(text, path, &["environments", environment], twice.1);
                return Err(Error::new(message).at(place).help("a layer stands once; later ones win"));
            }
            if files.is_empty() {
                let message = format!("[environments] {environment} lists no file");
                let place = place_in(text, path, &["environments"], environment);
                return Err(Error::new(message).at(place).help("list its layers, or take the line away"));
            }
        }
        Ok(config)
    }

    /// The policies of `[[drift.rule]]`; the path and the text of the file are for mistakes.
    ///
    /// # Errors
    /// A pattern that is none, or an environment that the project does not have.
    pub fn policies(&self, (path, text): (&str, &str), environments: &[&str]) -> Result<Policies, Error> {
        let mut policies = Policies::default();
        let near = |name: &str| nearest(name, environments.iter().copied());
        let known = |told: &str, table: &[&str], names: &[String], is_meant: &dyn Fn(&str) -> bool| {
            let stranger = |name: &&String| !environments.contains(&name.as_str()) && !is_meant(name);
            let Some(stranger) = names.iter().find(stranger) else { return Ok(()) };
            let failed = Error::new(format!("{told} names an unknown environment `{stranger}`"))
                .at(place_in(text, path, table, stranger));
            Err(match near(stranger) {
                Some(near) => failed.help(format!("did you mean `{near}`?")),
                None => failed.help(format!("there are: {}", environments.join(", "))),
            })
        };
        // A name that is close to none may be one that is still to come; to be protected under a wrong one is not to be.
        let may_come = |name: &str| near(name).is_none();
        let drift = ("[drift] protected", &["drift", "protected"][..], &self.drift.protected);
        for (told, table, names) in [drift, ("protected", &["protected"], &self.protected)] {
            known(told, table, names.as_deref().unwrap_or_default(), &may_come)?;
        }
        for rule in &self.drift.rule {
            known("[[drift.rule]]", &["drift", "rule", "between"], &rule.between, &|_| false)?;
            policies
                .add(&rule.keys, &rule.between, rule.policy, &rule.same)
                .map_err(|pattern| Error::new(format!("[[drift.rule]] `{pattern}` is no pattern for keys")).at(path))?;
        }
        Ok(policies)
    }

    /// Whether no other environment may have the secrets of `environment`.
    #[must_use]
    pub fn keeps_secrets_apart(&self, environment: &str) -> bool {
        match &self.drift.protected {
            Some(names) => names.iter().any(|name| name == environment),
            None => self.is_protected(environment),
        }
    }

    fn people_are_known(&self, path: &str, text: &str) -> Result<(), Error> {
        if let Some(name) = self.people.keys().find(|name| !is_person_name(name)) {
            let help = "letters, digits, blanks between them and signs that are seen; `::` does not begin it";
            return Err(Error::new(format!("[people] has `{name}`, which is no name for a person"))
                .at(place_in(text, path, &["people"], name))
                .help(help));
        }
        let is_key = |key: &str| key.starts_with("age1") || key.starts_with("ssh-");
        if let Some((name, key)) = self.people.iter().find(|(_, key)| !is_key(key)) {
            let help = "a public key starts with age1, ssh-ed25519 or ssh-rsa";
            let place = place_in(text, path, &["people"], if key.is_empty() { name } else { key });
            return Err(Error::new(format!("[people] {name} is no public key")).at(place).help(help));
        }
        let names = || self.people.keys().map(String::as_str);
        if let Some(name) = self.recovery.as_ref().filter(|name| !self.people.contains_key(*name)) {
            let failed = Error::new(format!("recovery names `{name}`, who is not in [people]")).at(place_in(
                text,
                path,
                &["recovery"],
                name,
            ));
            return Err(match nearest(name, names()) {
                Some(near) => failed.help(format!("did you mean `{near}`?")),
                None => failed.help("give the public key in [people]"),
            });
        }
        let stranger = self.access.values().flatten().find(|name| !self.people.contains_key(*name));
        match stranger {
            Some(name) => {
                let failed = Error::new(format!("[access] names `{name}`, who is not in [people]")).at(place_in(
                    text,
                    path,
                    &["access"],
                    name,
                ));
                Err(match nearest(name, names()) {
                    Some(near) => failed.help(format!("did you mean `{near}`?")),
                    None => failed.help("give the public key in [people]"),
                })
            }
            None => Ok(()),
        }
    }

    /// Whether findings about secrets and placeholders are errors in `environment`.
    #[must_use]
    pub fn is_protected(&self, environment: &str) -> bool {
        match &self.protected {
            Some(names) => names.iter().any(|name| name == environment),
            None => matches!(environment, "staging" | "stage" | "prod" | "production"),
        }
    }
}

const PERSON: &str = "write NAME = \"age1…\": each person has one public key";

const TABLE: &str = "write a table: its name in [ ] on a line of its own, and below it a line NAME = … for each";

/// What to write instead of a value of the wrong type, by what stands before it and what is told of it.
fn wanted(before: &str, message: &str) -> Option<&'static str> {
    let expected = message.strip_prefix("invalid type: ")?.split_once(", expected ")?.1;
    let table = before.lines().rev().map(str::trim).find(|line| line.starts_with('['));
    Some(match expected {
        "a string" if table.is_some_and(|table| table.starts_with("[people")) => PERSON,
        "a string" => "write one text in quotes",
        "a sequence" => "write a list: [\"…\", \"…\"]",
        "a boolean" => "write true or false, without quotes",
        "a map" => TABLE,
        _ if expected.starts_with("struct ") => TABLE,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Config, PERSON, SOLVE_TEXT, TABLE};
    use serde_json::Value;

    #[test]
    fn the_schema_that_is_shipped_is_that_of_the_types() {
        let shipped = include_str!("../../schemas/sparkcfg.schema.json");
        assert!(shipped == Config::schema_text(), "write it with: sparkcfg schema --print config");
    }

    /// The keys that a table takes, as its reader lists them when it meets another one.
    #[test]
    fn the_schema_has_the_keys_that_are_read_and_refuses_others() {
        let schema = Config::schema();
        let definition = |name: &str| schema["$defs"][name].clone();
        let mut seen = 0;
        for (table, found) in [
            ("", schema.clone()),
            ("[references]\n", definition("Referencing")),
            ("[hardening]\n", definition("Hardening")),
            ("[drift]\n", definition("Drifting")),
            ("[[drift.rule]]\n", definition("DriftRule")),
            ("[workspace]\n", definition("Workspace")),
        ] {
            let error = Config::parse("sparkcfg.toml", &format!("{table}zzzzzzzzzz = 1\n")).unwrap_err();
            let mut read: Vec<_> = error.message.split('`').skip(3).step_by(2).collect();
            read.sort_unstable();
            let keys: Vec<_> = found["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let mut keys = keys;
            keys.sort_unstable();
            assert_eq!(keys, read, "{table}: {}", error.message);
            assert_eq!(found["additionalProperties"], Value::Bool(false), "{table}");
            seen += 1;
        }
        // Every other definition is a list of words.
        let others = schema["$defs"].as_object().unwrap().values().filter(|one| one["type"] == "object").count();
        assert_eq!(others + 1, seen);
    }

    #[test]
    fn references() {
        let text = "[references]\nexclude = [\"legacy/\", \"**/*.gen.ts\"]\nknown = [\"ACME_*\", \"X\"]\n";
        let references = Config::parse("sparkcfg.toml", text).unwrap().references;
        let excluded = references.excluded().unwrap();
        for (path, expected) in
            [("legacy/a/b.py", true), ("legacy.py", false), ("src/a.gen.ts", true), ("a.gen.ts", true), ("a.ts", false)]
        {
            assert_eq!(excluded.is_match(path), expected, "{path}");
        }
        for (name, expected) in [("ACME_A", true), ("ACME", false), ("X", true), ("XY", false)] {
            assert_eq!(references.knows(name), expected, "{name}");
        }
    }

    #[test]
    fn mistakes_have_a_place_and_a_suggestion() {
        for (text, place, help) in [
            ("\nprotectd = []\n", "sparkcfg.toml:2:1", Some("did you mean `protected`?")),
            (
                "[[drift.rule]]\nkeys = [\"A\"]\nsame = [\"schem\"]\n",
                "sparkcfg.toml:3:9",
                Some("did you mean `scheme`?"),
            ),
            ("[workspace]\nmember = [\"a\"]\n", "sparkcfg.toml:2:1", Some("did you mean `members`?")),
            ("[references]\nknwon = [\"A\"]\n", "sparkcfg.toml:2:1", Some("did you mean `known`?")),
            ("[references]\nexclude = [\"a[\"]\n", "sparkcfg.toml", None),
            ("[consumers]\n\".env\" = \"make\"\n", "sparkcfg.toml:2:10", Some("write a list: [\"make\"]")),
            ("schema = 1\n", "sparkcfg.toml:1:10", Some("write one text in quotes")),
            ("[people]\nann = [\"age1\"]\n", "sparkcfg.toml:2:7", Some(PERSON)),
            ("people = [\"ann\"]\n", "sparkcfg.toml:1:10", Some(TABLE)),
            ("[people]\n  [people.ann]\nkey = \"age1\"\n", "sparkcfg.toml:2:3", Some(PERSON)),
            ("identities = \"a\"\n", "sparkcfg.toml:1:14", Some("write a list: [\"a\"]")),
            ("workspace = \"a\"\n", "sparkcfg.toml:1:13", Some(TABLE)),
            ("[drift]\nstrict = \"yes\"\n", "sparkcfg.toml:2:10", Some("write true or false, without quotes")),
            ("identities = []\n=======\n", "sparkcfg.toml:2", Some(SOLVE_TEXT)),
            ("identities = []\n=======\nprotected = []\n>>>>>>> theirs\n", "sparkcfg.toml:2", Some(SOLVE_TEXT)),
            ("a = 1\n<<<<<<< ours\nb = 1\n=======\n>>>>>>> theirs\n", "sparkcfg.toml:2", Some(SOLVE_TEXT)),
            ("schema = \n", "sparkcfg.toml:1:10", None),
            ("[access]\n[access]\n", "sparkcfg.toml:2:2", Some("it stands above already: put both into one")),
            ("[severity]\nsyntax = \"eror\"\n", "sparkcfg.toml:2:10", Some("did you mean `error`?")),
        ] {
            let error = Config::parse("sparkcfg.toml", text).unwrap_err();
            assert_eq!((error.place.as_deref(), error.help.as_deref()), (Some(place), help), "{text}: {error}");
        }
    }
}
