//! Who may open which sealed file, as the tables of `sparkcfg.toml` say it: the only list that files are sealed for.

use std::collections::BTreeSet;

use super::config::Config;
use super::files::Files;
use super::layout::Stack;
use super::stacks;
use crate::error::Error;
use crate::identity::{Recipient, RecipientKind};
use crate::source::acts;
use crate::stores;

/// A sealed file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFile {
    /// Its path, relative to the project.
    pub path: String,
    /// The environments that it is a layer of, in order; never empty.
    pub environments: Vec<String>,
}

/// Every sealed file of a project, in the order of its layers.
///
/// # Errors
/// A folder that cannot be listed.
pub fn sealed_files(files: &Files, config: &Config) -> Result<Vec<SealedFile>, Error> {
    Ok(sealed_among(&stacks(files, config, false)?))
}

/// The sealed files of some environments.
pub(super) fn sealed_among(stacks: &[Stack]) -> Vec<SealedFile> {
    let mut found: Vec<SealedFile> = Vec::new();
    for stack in stacks {
        for path in stack.files.iter().filter(|path| stores::of(path).is_some()) {
            match found.iter_mut().find(|file| file.path == *path) {
                Some(file) => file.environments.push(stack.name.clone()),
                None => found.push(SealedFile { path: path.clone(), environments: vec![stack.name.clone()] }),
            }
        }
    }
    found
}

/// Whether a name can be a person's: commands print it where a terminal, a reader's eye or a CI runner could take a part of
/// it for something else.
#[must_use]
pub fn is_person_name(name: &str) -> bool {
    let acts = name.char_indices().any(|(at, character)| acts(&name[..at], character));
    !name.is_empty() && name.trim() == name && !name.starts_with("::") && !acts
}

impl Config {
    /// The names of those who may open a file that `environments` share: the people of all of them, and whoever is
    /// kept for recovery; `None` if `[access]` says nothing about any of them.
    #[must_use]
    pub fn readers_of(&self, environments: &[impl AsRef<str>]) -> Option<BTreeSet<&str>> {
        let lists: Vec<_> = environments.iter().filter_map(|name| self.access.get(name.as_ref())).collect();
        let people = lists.iter().copied().flatten().chain(&self.recovery);
        (!lists.is_empty()).then(|| people.map(String::as_str).collect())
    }

    /// The public keys of those who may open a file that `environments` share, see [`Config::readers_of`]; sorted by
    /// their owners' names.
    ///
    /// # Errors
    /// Nobody may, or a public key that is none.
    pub fn recipients_of(&self, environments: &[impl AsRef<str>]) -> Result<Vec<Recipient>, Error> {
        let names: Vec<_> = environments.iter().map(AsRef::as_ref).collect();
        let readers = self.readers_of(environments).filter(|readers| !readers.is_empty()).ok_or_else(|| {
            let help = match names.first().unwrap_or(&"ENV") {
                _ if self.people.is_empty() => "begin with `sparkcfg secrets init`".to_owned(),
                environment => format!("say it with `sparkcfg secrets grant NAME {environment}`"),
            };
            let names = names.join(", ");
            // Before anybody is named, there may be no such file.
            if self.people.is_empty() && self.access.is_empty() {
                return Error::new(format!("nothing says yet who may open {names}")).help(help);
            }
            Error::new(format!("[access] in sparkcfg.toml does not say who may open {names}"))
                .at("sparkcfg.toml")
                .help(help)
        })?;
        let mut recipients = Vec::with_capacity(readers.len());
        for name in readers {
            let key = self.people.get(name).map(String::as_str).unwrap_or_default();
            let recipient = key.parse::<Recipient>().map_err(|message| no_public_key(name, message))?;
            // Two names for one key are one recipient.
            if !recipients.contains(&recipient) {
                recipients.push(recipient);
            }
        }
        Ok(recipients)
    }

    /// Why the public key of a person is none, such as one that was cut off; `None` where it is one, and of kinds that this
    /// build may not know.
    #[must_use]
    pub fn fault_of_key(&self, name: &str) -> Option<&'static str> {
        let key = self.people.get(name)?;
        let is_known = matches!(RecipientKind::of(key.trim()), RecipientKind::X25519 | RecipientKind::Other);
        key.parse::<Recipient>().err().filter(|_| is_known)
    }

    /// The name of the person with a public key; the first one, where it has several.
    #[must_use]
    pub fn owner_of(&self, key: &str) -> Option<&str> {
        self.names_of(key).first().copied()
    }

    /// All names of a public key. Whoever takes access away from one of several takes nothing.
    #[must_use]
    pub fn names_of(&self, key: &str) -> Vec<&str> {
        let same = |known: &str| known == key || known.split_whitespace().take(2).eq(key.split_whitespace().take(2));
        self.people.iter().filter(|(_, known)| same(known)).map(|(name, _)| name.as_str()).collect()
    }

    /// All names of a person, `name` among them; none where nobody is called so.
    #[must_use]
    pub fn names_for(&self, name: &str) -> Vec<&str> {
        self.people.get(name).map(|key| self.names_of(key)).unwrap_or_default()
    }

    /// Those who may open a file that `environments` share (see [`Config::readers_of`]), by all of their names.
    #[must_use]
    pub fn names_of_readers(&self, environments: &[impl AsRef<str>]) -> BTreeSet<&str> {
        let readers = self.readers_of(environments).unwrap_or_default();
        readers.into_iter().flat_map(|name| self.names_for(name)).collect()
    }
}

/// What to do about a public key that is none.
pub const NO_PUBLIC_KEY: &str =
    "a public key begins with age1; `sparkcfg secrets init` and `age-keygen -y KEYFILE` print that of an identity";

/// The error about a person whose public key is none.
#[must_use]
pub fn no_public_key(name: &str, why: &str) -> Error {
    Error::new(format!("[people] {name}: {why}")).at("sparkcfg.toml").help(NO_PUBLIC_KEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = [
        "age10j24tdqr480et5vx8kgnye3p9e6m439v55hvnjrvgjhdwxqynf5snahpjh",
        "age1wwsklps6zegwud99d6x45hh7k9svx3wfmja9c4je4g9wyqk9e4gs87w0s4",
        "age1f7zeea6jkdjqtujfd3ytchu9gkm60j7awljqtfuf8c38ygfj2q0q9963t4",
    ];

    fn config(rest: &str) -> Config {
        let [one, two, three] = KEYS;
        let people = format!("[people]\nlaptop = \"{one}\"\ndeploy = \"{two}\"\nsafe = \"{three}\"\n");
        Config::parse("sparkcfg.toml", &format!("{rest}{people}")).unwrap()
    }

    #[test]
    fn names_of_people() {
        for (name, expected) in [
            ("laptop-2", true),
            ("Zoë of the ops team", true),
            ("[bot]", true),
            ("", false),
            (" ", false),
            ("bob ", false),
            ("a\u{1b}[31m", false),
            ("a\nb", false),
            ("b\u{202e}ob", false),
            ("b\u{200b}ob", false),
            ("::error::x", false),
            ("a ##[group]", false),
            ("a::b", true),
        ] {
            assert_eq!(is_person_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_shared_file_is_for_the_people_of_all() {
        let text = "[access]\ndev = [\"laptop\"]\nprod = [\"deploy\"]\nnobody = []\n";
        for (start, environments, expected) in [
            ("", vec!["dev"], Some(vec!["laptop"])),
            ("", vec!["dev", "prod"], Some(vec!["deploy", "laptop"])),
            ("", vec!["dev", "test"], Some(vec!["laptop"])),
            ("", vec!["test"], None),
            ("", vec!["nobody"], Some(vec![])),
            ("recovery = \"safe\"\n", vec!["dev"], Some(vec!["laptop", "safe"])),
            ("recovery = \"safe\"\n", vec!["test"], None),
        ] {
            let config = config(&format!("{start}{text}"));
            let found = config.readers_of(&environments).map(|names| names.into_iter().collect::<Vec<_>>());
            assert_eq!(found, expected, "{start}{environments:?}");
            assert_eq!(config.recipients_of(&environments).is_ok(), expected.is_some_and(|names| !names.is_empty()));
        }
    }

    #[test]
    fn a_key_has_one_owner() {
        let config = config("");
        assert_eq!(config.owner_of(KEYS[1]), Some("deploy"));
        assert_eq!(config.owner_of("age1"), None);
        let text = format!("[access]\nprod = [\"laptop\"]\n[people]\nlaptop = \"{0}\"\nola = \"{0}\"\n", KEYS[0]);
        let config = Config::parse("sparkcfg.toml", &text).unwrap();
        assert_eq!(config.names_for("ola"), ["laptop", "ola"]);
        assert_eq!(config.names_of_readers(&["prod"]), BTreeSet::from(["laptop", "ola"]));
    }
}
