//! What `secrets init` takes over from a `.sops.yaml` that is there already: whom SOPS seals an environment's secrets for.

use std::collections::{BTreeMap, BTreeSet};

use super::sync;
use crate::error::Error;
use crate::identity::Recipient;
use crate::project::Project;
use crate::project::access::sealed_files;
use crate::project::config::Config;
use crate::project::creation_rules::{self, CreationRules};
use crate::project::files::{self, Files};
use crate::source::printable;

/// People and their access, as the rules have them.
#[derive(Debug, Default)]
pub(super) struct Adopted {
    /// Those whom nobody named yet, by the names that they get until somebody does.
    pub(super) people: Vec<(String, String)>,
    /// Environment → names.
    pub(super) access: BTreeMap<String, Vec<String>>,
    /// What could not be taken over.
    pub(super) left_out: BTreeSet<String>,
}

/// What stands behind a name that nobody chose.
const REVIEW: &str = " # from .sops.yaml; give it the name of its owner, here and in [access]";

impl Adopted {
    /// What the rules say about each environment. `own` is the person who begins, with their public key.
    pub(super) fn of(files: &Files, config: &Config, own: (&str, &str)) -> Result<Self, Error> {
        let Some(bytes) = files.read_if_there(creation_rules::NAME)? else { return Ok(Self::default()) };
        let rules = CreationRules::parse(&files::text(bytes).0)
            .map_err(|why| Error::new(why.message).at(files.shown(creation_rules::NAME)).help(why.help))?;
        let mut names: BTreeMap<String, String> =
            config.people.iter().map(|(name, key)| (key.clone(), name.clone())).collect();
        names.insert(own.1.to_owned(), own.0.to_owned());
        let sealed = sealed_files(files, config)?;
        let mut adopted = Self::default();
        for environment in Project::environment_names_in(files, config)? {
            let there = sealed.iter().find(|file| file.environments == [environment.as_str()]);
            let path = match there {
                Some(file) => file.path.clone(),
                None => format!("{}{environment}.secrets.env", sync::folder_of_new(files)?),
            };
            let Some((recipients, others)) = rules.recipients_of(&path) else { continue };
            if others {
                let what = "keys that are none of age, or in several groups: sparkcfg seals with age alone";
                adopted.left_out.insert(format!("{}: {what}", printable(&path)));
            }
            for key in recipients {
                let Ok(recipient) = key.parse::<Recipient>() else {
                    adopted.left_out.insert(format!("{}: a recipient that is no public key of age", printable(&path)));
                    continue;
                };
                let name = adopted.name(recipient.as_str(), &mut names);
                adopted.access.entry(environment.clone()).or_default().push(name);
            }
        }
        Ok(adopted)
    }

    fn name(&mut self, key: &str, names: &mut BTreeMap<String, String>) -> String {
        if let Some(name) = names.get(key) {
            return name.clone();
        }
        let taken = |name: &String| names.values().any(|known| known == name);
        let name = (1..=names.len() + 1)
            .map(|number| format!("person-{number}"))
            .find(|name| !taken(name))
            .unwrap_or_default();
        names.insert(key.to_owned(), name.clone());
        self.people.push((name.clone(), key.to_owned()));
        name
    }

    /// The text of `sparkcfg.toml` with a mark behind each name that somebody still has to choose.
    pub(super) fn marked(&self, text: &str) -> String {
        let is_new = |line: &str| self.people.iter().any(|(name, key)| line == format!("{name} = \"{key}\""));
        let mark = |line: &str| {
            let body = line.trim_end_matches(['\n', '\r']);
            let end = &line[body.len()..];
            if is_new(body) { format!("{body}{REVIEW}{end}") } else { line.to_owned() }
        };
        text.split_inclusive('\n').map(mark).collect()
    }

    /// What was taken over, and what is left to do.
    pub(super) fn told(&self) -> String {
        let mut text = String::new();
        if !self.access.is_empty() {
            let list: Vec<_> = self.access.keys().map(|name| printable(name)).collect();
            text.extend(["took over from .sops.yaml who can open ", &list.join(", ")]);
            if !self.people.is_empty() {
                let list: Vec<_> = self.people.iter().map(|(name, _)| name.as_str()).collect();
                text.extend(["; give these their names in sparkcfg.toml: ", &list.join(", ")]);
            }
            text.push('\n');
        }
        for left in &self.left_out {
            text.extend(["left out of .sops.yaml: ", left, "\n"]);
        }
        text
    }
}
