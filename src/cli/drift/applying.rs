//! What makes something that runs have what is declared: what its own files say otherwise, to be changed first, and the
//! command.

mod command_line;
mod compose;
mod kubernetes;
mod pm2;

use std::collections::BTreeMap;

use super::super::rendering::{self, Job};
use super::running::Running;
use crate::drift::Edit;
use crate::drift::command::again;
use crate::drift::live::{Restart, word};
use crate::environment::Environment;
use crate::finding::told_name;
use crate::project::Project;
use crate::project::deployments::{self, RENDERED};
use crate::project::files::{self, Files};
use crate::project::templates::FOLDER;
use crate::secret::Secret;
use crate::source::{Sources, Span, printable};

/// What is to be done, in this order.
#[derive(Default)]
pub(super) struct Applying {
    /// Places that have to be changed, because they say otherwise themselves.
    pub(super) edits: Vec<Edit>,
    /// The command; none where nobody knows of one that would change anything.
    pub(super) command: Option<String>,
}

/// What is declared, and which keys of it what runs does not have.
pub(super) struct Declared<'a> {
    pub(super) files: &'a Files,
    pub(super) project: &'a Project,
    pub(super) environment: &'a Environment<'a>,
    pub(super) keys: Vec<&'a str>,
    /// Whether no value may be shown.
    pub(super) hides_values: bool,
    /// The folder of the project, as `--project` names it.
    pub(super) folder: Option<&'a str>,
    /// The project read once more, to be rendered.
    pub(super) anew: &'a dyn Fn() -> Option<Project>,
}

/// What the files that start something say of a key.
enum Said {
    /// What is declared.
    Declared,
    /// What whoever starts it has.
    Outside,
    /// Something else.
    Otherwise(Edit),
    /// Nothing, so that it does not arrive.
    Nothing(Edit),
    /// Nothing: it only has it if it is not started from that file.
    Unnamed,
}

/// Gives the text of a path of the project.
type Texts<'t> = dyn Fn(&str) -> Option<String> + 't;

/// Tells of every key what files say that are laid over each other; `None` where they start something else.
type Say<'s, 'k> = dyn Fn(&[String], &Texts<'_>) -> Option<Vec<(&'k str, Said)>> + 's;

/// The command that starts something from files.
type Program<'p> = dyn Fn(&[String]) -> String + 'p;

/// From which files something is started, and what they say.
struct Found<'k> {
    paths: Vec<String>,
    said: Vec<(&'k str, Said)>,
    /// Whether they are to be rendered anew.
    renders: bool,
}

impl<'a> Declared<'a> {
    /// What is to be done so that something has what is declared.
    pub(super) fn applying(&self, running: &Running) -> Applying {
        match &running.part.restart {
            Some(Restart::Pm2 { app, block, home, any_block }) => {
                self.by_pm2(app, (block.as_deref(), *any_block), home.as_deref())
            }
            Some(Restart::Compose { service, runs, started }) => self.by_compose(service, *runs, started),
            Some(Restart::Kubernetes(cluster)) => self.in_cluster(cluster),
            Some(Restart::EnvFile { lines }) => {
                let path = printable(&running.wanted.path);
                let edit =
                    |key: &&str| Edit { key: told_name(key), path: path.clone(), line: lines.get(*key).copied() };
                Applying { edits: self.keys.iter().map(edit).collect(), command: None }
            }
            None => self.by_command_line(running),
        }
    }

    /// The first files that start it, and what they say; `first` come before all others.
    fn found(&self, first: Option<Vec<String>>, say: &Say<'_, 'a>) -> Option<Found<'a>> {
        let candidates = deployments::candidates(self.files, self.project, &self.environment.name).unwrap_or_default();
        let candidates = first.into_iter().chain(candidates);
        let on_disk = |path: &str| Some(files::text(self.files.read(path).ok()?).0);
        let of = |paths: Vec<String>| say(&paths, &on_disk).map(|said| (paths, said));
        let (paths, said) = { candidates }.find_map(of)?;
        let differs = said.iter().any(|(_, said)| matches!(said, Said::Otherwise(_) | Said::Nothing(_)));
        let rendered = if differs { self.rendered(&paths) } else { BTreeMap::new() };
        if rendered.is_empty() {
            return Some(Found { paths, said, renders: false });
        }
        // What is rendered may only be stale; what it will say even so, its template says.
        let text = |path: &str| rendered.get(path).map(|(_, text)| text.expose().to_owned()).or_else(|| on_disk(path));
        let mut said = say(&paths, &text)?;
        for (_, said) in &mut said {
            if let Said::Otherwise(edit) | Said::Nothing(edit) = said
                && let Some((_, (template, _))) = rendered.iter().find(|(path, _)| self.files.shown(path) == edit.path)
            {
                (edit.path, edit.line) = (printable(&self.files.shown(&format!("{FOLDER}/{template}"))), None);
            }
        }
        Some(Found { paths, said, renders: true })
    }

    /// Those of some files that are rendered, as they would be now, each with its template.
    fn rendered(&self, paths: &[String]) -> BTreeMap<String, (String, Secret)> {
        let start = format!("{RENDERED}/{}/", self.environment.name);
        if !paths.iter().any(|path| path.starts_with(&start)) {
            return BTreeMap::new();
        }
        let job = Job { to: RENDERED, only: &[], with_secrets: false, folder: None };
        let outcome = (self.anew)().and_then(|mut project| rendering::run_if_any(&mut project, self.files, &job).ok());
        let written = outcome.filter(|outcome| !outcome.is_broken).map(|outcome| outcome.files).unwrap_or_default();
        let wanted = written.into_iter().filter(|file| paths.contains(&file.path));
        wanted.map(|file| (file.path, (file.template, file.text))).collect()
    }

    /// The commands, with what is to be changed first.
    fn told(&self, found: Found<'a>, variable: Option<(&str, &str)>, program: &Program<'_>) -> Applying {
        let (mut edits, mut from_outside) = (Vec::new(), false);
        for (_, said) in found.said {
            from_outside |= matches!(said, Said::Outside | Said::Nothing(_) | Said::Unnamed);
            if let Said::Otherwise(edit) | Said::Nothing(edit) = said {
                edits.push(edit);
            }
        }
        edits.sort();
        let environment = word(&self.environment.name);
        let mut command = String::new();
        if found.renders {
            command = format!("{} && ", again("render", &[&environment], self.folder));
        }
        let variable = variable.filter(|(name, value)| !self.project.hides(name, value));
        if let Some((name, value)) = variable {
            command = format!("{command}{name}={} ", word(value));
        }
        if from_outside {
            let passed = variable.map(|(name, _)| format!("--pass {name}"));
            let words: Vec<_> = std::iter::once(&environment).chain(&passed).map(String::as_str).collect();
            command = format!("{command}{} -- ", again("run", &words, self.folder));
        }
        Applying { edits, command: Some(command + &program(&found.paths)) }
    }

    /// A path as a shell takes it.
    fn shown(&self, path: &str) -> String {
        word(&self.files.shown(path))
    }

    /// Whether a text is what is declared.
    fn is_declared(&self, key: &str, text: &str) -> bool {
        let Some(declared) = self.value(key) else { return false };
        let schema = self.project.schema.as_ref().map(|schema| &schema.schema);
        declared == text || schema.is_some_and(|schema| schema.property(key).sameness().same(declared, text))
    }

    /// What is declared, if anybody here can open it.
    fn value(&self, key: &str) -> Option<&str> {
        self.environment.get(key)?.value.text()
    }
}

/// The place of a span, as what has to be changed for a key.
fn edit(key: &str, sources: &Sources, span: Span) -> Edit {
    let line = Some(sources.position(span.source, span.start).line);
    Edit { key: told_name(key), path: printable(sources.path(span.source)), line }
}
