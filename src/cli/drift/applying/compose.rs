//! What Compose files give a service.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Applying, Declared, Said, Texts, edit};
use crate::compose::{Application, Files, Service, extend::beside, references_in};
use crate::dialects::{self, Process};
use crate::drift::Edit;
use crate::drift::live::{Started, word};
use crate::interpolation::{Budget, expand};
use crate::pm2;
use crate::project::deployments::FOUND_BY_COMPOSE;
use crate::source::{Sources, Span, printable};
use crate::tree::Node;

impl<'a> Declared<'a> {
    /// What is to be done so that a service of Compose has what is declared.
    pub(super) fn by_compose(&self, service: &str, runs: bool, started: &Started) -> Applying {
        let project = started.project.as_ref().map(|name| format!("-p {} ", word(name))).unwrap_or_default();
        let program = |files: &[String], env_files: &[String]| {
            let options = [("-f", files), ("--env-file", env_files)];
            let named =
                options.iter().flat_map(|(flag, paths)| paths.iter().map(move |path| format!("{flag} {path} ")));
            let anew = if runs { " --force-recreate" } else { "" };
            format!("docker compose {project}{}up -d{anew} {}", named.collect::<String>(), word(service))
        };
        let here = |paths: &[String]| {
            let named = paths.iter().filter(|_| !self.finds(paths)).map(|path| self.shown(path));
            program(&named.collect::<Vec<_>>(), &[])
        };
        match self.found(self.lying_here(&started.files), &|paths, texts| self.said_by_compose(service, paths, texts)) {
            Some(found) => self.told(found, None, &here),
            // The container may be older than what Compose would make of files that are not here.
            None if runs => {
                let words = |paths: &[String]| paths.iter().map(|path| word(path)).collect::<Vec<_>>();
                let command = program(&words(&started.files), &words(&started.env_files));
                Applying { edits: Vec::new(), command: Some(command) }
            }
            None => Applying::default(),
        }
    }

    /// The files of the project that are those of some other machine, by as much of their paths as the project has.
    fn lying_here(&self, paths: &[String]) -> Option<Vec<String>> {
        let here = |path: &String| {
            let mut rest = path.as_str();
            while let Some((_, below)) = rest.split_once('/') {
                rest = below;
                if self.files.read(rest).is_ok() {
                    return Some(rest.to_owned());
                }
            }
            None
        };
        let found: Vec<_> = paths.iter().map(here).collect::<Option<_>>()?;
        (!found.is_empty()).then_some(found)
    }

    /// What Compose files say of each key; `None` where they are none, or have no such service.
    pub(super) fn said_by_compose(
        &self,
        name: &str,
        paths: &[String],
        texts: &Texts<'_>,
    ) -> Option<Vec<(&'a str, Said)>> {
        let paths: Vec<_> = paths.iter().filter(|path| !pm2::is_named_so(path) && !pm2::is_script(path)).collect();
        let folder = paths.first()?.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (mut sources, mut files) = (Sources::default(), Files::default());
        let mut open = |path: &str| {
            let text: Arc<str> = texts(path)?.into();
            Some((sources.add(self.files.shown(path), Arc::clone(&text)), text))
        };
        let chosen: Vec<_> = paths.iter().filter_map(|path| files.open(path, &mut open)).collect();
        let application = Application::of(&mut files, &chosen, &mut open);
        let service = application.services.iter().find(|service| service.name == name)?;
        let said = |key: &&'a str| (*key, self.said_by_service(service, folder, key, (&sources, texts)));
        Some(self.keys.iter().map(said).collect())
    }

    fn said_by_service(
        &self,
        service: &Service,
        folder: &str,
        key: &str,
        (sources, texts): (&Sources, &Texts<'_>),
    ) -> Said {
        let here = |span: Span| edit(key, sources, span);
        if let Some(variable) = service.environment().into_iter().find(|variable| variable.name == key) {
            return if self.is_given(key, &variable.value) {
                if is_from_outside(&variable.value) { Said::Outside } else { Said::Declared }
            } else {
                Said::Otherwise(here(variable.name_span))
            };
        }
        // The last one wins.
        for file in service.env_files().into_iter().rev() {
            let Some(path) = beside(folder, &file.path) else { return Said::Outside };
            let Some(text) = texts(&path) else { continue };
            let Some((value, line)) = value_in(&text, key) else { continue };
            if self.is_declared(key, &value) {
                return Said::Declared;
            }
            // A file of the environment says what its layer does, so that others are to be read with it, or in its place.
            let is_layer = self
                .environment
                .layers
                .iter()
                .any(|layer| self.project.sources.path(layer.source) == self.files.shown(&path));
            return Said::Otherwise(if is_layer {
                here(file.span)
            } else {
                Edit { path: printable(&self.files.shown(&path)), line: Some(line), ..here(file.span) }
            });
        }
        if service.partial { Said::Outside } else { Said::Nothing(here(service.span)) }
    }

    /// Whether a service gets what is declared, if whoever starts it has that.
    fn is_given(&self, key: &str, node: &Node) -> bool {
        let Some(text) = node.text() else { return node.is_null() };
        if self.value(key).is_none() {
            // What nobody here can open may be what it refers to.
            return references_in(node).iter().any(|reference| reference.name == key);
        }
        let mut value = |name: &str| self.value(name).map(Cow::Borrowed);
        expand(text, &mut value, &mut Budget::default()).is_ok_and(|expansion| self.is_declared(key, &expansion.text))
    }

    /// Whether Compose finds the files by itself, where it is started.
    pub(super) fn finds(&self, paths: &[String]) -> bool {
        let found = paths.first().is_none_or(|first| FOUND_BY_COMPOSE.contains(&first.as_str()));
        let over = paths.iter().skip(1).all(|path| path.contains(".override.") && !path.contains('/'));
        found && over && self.files.shown("").is_empty()
    }
}

fn is_from_outside(node: &Node) -> bool {
    node.is_null() || !references_in(node).is_empty()
}

/// What docker compose reads for a key in an env file, and in which line.
fn value_in(text: &str, key: &str) -> Option<(String, u32)> {
    let reading = (dialects::find("compose")?.read)(text.as_bytes(), &Process::default());
    let variable = reading.vars.into_iter().find(|variable| variable.key == key)?;
    let before = text.get(..variable.key_span.start).unwrap_or_default();
    let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
    Some((variable.value?, line))
}
