//! Whether a secret whose difference was accepted is still the one that it was then. Nothing is stored of it: the baseline names
//! the sealed file as git does, which has its text.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Member, Options, source};
use crate::checks::matrix::Times;
use crate::drift::Relation;
use crate::environment::Environment;
use crate::project::files::Files;
use crate::project::{Project, git};

/// Asks git about sealed files.
pub(super) struct Lasting<'l> {
    files: &'l Files,
    working: &'l Project,
    environments: &'l [Environment<'l>],
    options: &'l Options<'l>,
    /// What git calls a file as it is, by its path.
    names: RefCell<HashMap<String, Option<String>>>,
}

impl Member<'_> {
    pub(super) fn lasting<'l>(
        &'l self,
        (working, environments): (&'l Project, &'l [Environment<'l>]),
        options: &'l Options<'l>,
    ) -> Lasting<'l> {
        Lasting { files: &self.files, working, environments, options, names: RefCell::default() }
    }
}

impl Lasting<'_> {
    /// Whether a secret is surely another one than that in the sealed file that git calls `name`. Sealed anew with the same value
    /// it is none; and where git has no such file, or nobody here can open both, nobody can say so.
    pub(super) fn is_another(&self, key: &str, environment: &str, name: &str) -> bool {
        self.relation(key, environment, name) == Some(Relation::Different)
    }

    fn relation(&self, key: &str, environment: &str, name: &str) -> Option<Relation> {
        let now = self.environments.iter().find(|known| *known.name == *environment)?;
        let setting = now.get(key).filter(|setting| setting.is_set())?;
        let shown = self.working.sources.path(now.layers[setting.layer].source);
        let path = shown.strip_prefix(&*self.files.shown("")).unwrap_or(shown);
        let mut names = self.names.borrow_mut();
        let current = names.entry(path.to_owned()).or_insert_with(|| git::name_of(self.files.root(), path));
        if current.as_ref().is_some_and(|current| current.starts_with(name)) {
            return Some(Relation::Same);
        }
        let before = self.files.with(path, git::object(self.files.root(), name)?);
        let before = Member::read(&before, vec![environment.to_owned()], self.options).ok()?;
        let (then, now) = (before.environments(), self.working.environments());
        let now = now.iter().find(|known| *known.name == *environment)?;
        let sides = [source(&before, then.first()?, None, 0), source(self.working, now, None, 0)];
        Some(Times::new(vec![(Arc::clone(&now.name), sides)], self.working).relation(environment, key, None))
    }
}
