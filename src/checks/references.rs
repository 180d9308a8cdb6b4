//! Where a project declares and uses its variables, as the checks of references look at it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{ALL, slips};
use crate::compose::{Application, Files};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::Project;
use crate::project::layout::documents;
use crate::project::references::{Beside, Declared, Declarer, Used};
use crate::source::SourceId;
use crate::uses::known::{Known, is_of_programs, known, twin};
use crate::uses::{Fallback, Kind, Side, Use, is_screaming};

/// Everything that is known of the variables of a project.
pub struct Referenced<'a> {
    /// Where it belongs.
    pub project: &'a Project,
    /// The variables, by name.
    pub keys: BTreeMap<&'a str, Key<'a>>,
    /// Each Compose file by itself, with what it extends and includes, beside the others of the tree.
    pub(super) applications: Vec<(&'a Used, Application)>,
    /// The folders that hold a program each, by their manifests, the deepest first.
    programs: Vec<&'a str>,
    /// The first words of declared names, which tell what is plausibly one of this project's.
    words: HashSet<&'a str>,
    /// Names that are declared or set and that no program reads, each with one that means the same and is read.
    pub(super) doubled: Vec<(&'a str, &'a str)>,
}

/// One variable.
#[derive(Default)]
pub struct Key<'a> {
    /// Where it is declared.
    pub declared: Vec<&'a Declared>,
    /// Where it is used.
    pub uses: Vec<(&'a Used, &'a Use)>,
}

impl<'a> Key<'a> {
    /// Where it is declared: files that people fill in first, then the schema.
    pub(super) fn places(&self) -> Vec<&'a Declared> {
        let mut places = self.declared.clone();
        places.sort_by_key(|declared| declared.by == Declarer::Schema);
        places
    }

    /// Uses that surely are what they look like, and no mere mention.
    pub(super) fn sure(&self) -> impl Iterator<Item = (&'a Used, &'a Use)> + '_ {
        self.uses.iter().copied().filter(|(_, found)| found.sure && found.kind != Kind::Mention)
    }

    /// Whether something gives it a value: an env file that is more than documentation.
    pub(super) fn is_set(&self, project: &Project) -> bool {
        let sets = |declared: &Declared| {
            declared.by != Declarer::Schema && !documents(project.sources.path(declared.span.source))
        };
        self.declared.iter().any(|declared| sets(declared))
    }

    /// Whether an env file has it. A schema may well have two names for one thing: who sets the wrong one is misled all the same.
    pub(super) fn is_written_down(&self) -> bool {
        self.declared.iter().any(|declared| declared.by != Declarer::Schema)
    }

    /// Whether a program reads it, tests and scripts left out.
    pub(super) fn is_read_by_code(&self) -> bool {
        self.uses.iter().any(|(file, found)| found.sure && found.kind == Kind::Read && file.is_code() && !file.aside)
    }

    /// Whether anything takes its value or hands it on.
    pub(super) fn is_read(&self) -> bool {
        self.uses.iter().any(|(_, found)| matches!(found.kind, Kind::Read | Kind::Pass | Kind::Prefix))
    }

    /// Whether anything surely takes its value or hands it on.
    pub(super) fn is_surely_read(&self) -> bool {
        self.sure().any(|(_, found)| matches!(found.kind, Kind::Read | Kind::Pass | Kind::Prefix))
    }
}

impl<'a> Referenced<'a> {
    /// What was found in a project whose references were read.
    #[must_use]
    pub fn new(project: &'a Project) -> Self {
        let mut keys: BTreeMap<&str, Key<'_>> = BTreeMap::new();
        for declared in &project.references.declared {
            keys.entry(&declared.name).or_default().declared.push(declared);
        }
        let uses = || project.references.files.iter().flat_map(|file| file.uses.iter().map(move |found| (file, found)));
        for (file, found) in uses().filter(|(_, found)| found.kind != Kind::Prefix) {
            keys.entry(&found.name).or_default().uses.push((file, found));
        }
        // What is read by a prefix is read of what is declared; nobody knows of other names.
        for (file, found) in uses().filter(|(_, found)| found.kind == Kind::Prefix) {
            let meant = keys.iter_mut().filter(|(name, key)| !key.declared.is_empty() && name.starts_with(&found.name));
            meant.for_each(|(_, key)| key.uses.push((file, found)));
        }
        keys.retain(|_, key| !key.declared.is_empty() || key.uses.iter().any(|(_, found)| found.kind != Kind::Mention));
        let declared = keys.iter().filter(|(_, key)| !key.declared.is_empty());
        let words =
            declared.filter_map(|(name, _)| Some(name.split_once('_')?.0)).filter(|word| word.len() > 1).collect();
        let is_compose = |file: &&Used| file.reader.is_some_and(|reader| reader.name == "compose");
        let composes = project.references.files.iter().filter(is_compose);
        let known: HashMap<&str, SourceId> = composes.clone().map(|file| (file.path.as_str(), file.source)).collect();
        let mut files = Files::default();
        let application = |file: &'a Used| {
            let mut open = |path: &str| {
                let source = *known.get(path)?;
                Some((source, Arc::clone(project.sources.text(source))))
            };
            let index = files.open(&file.path, &mut open)?;
            Some((file, Application::of(&mut files, &[index], &mut open)))
        };
        let applications = composes.filter_map(application).collect();
        let programs = programs(&project.references.paths);
        let mut referenced = Self { project, keys, applications, programs, words, doubled: Vec::new() };
        referenced.doubled = referenced.doubles();
        referenced
    }

    /// Whether nothing declares a variable, here or for the whole workspace.
    pub(super) fn is_undeclared(&self, name: &str, key: &Key<'_>) -> bool {
        key.declared.is_empty() && !self.project.references.beside.declared.contains(name)
    }

    /// What the workspace has to know of a variable outside of the folders `members`, and what programs in them read: `beside`
    /// one of them, whose own does not count. Texts are shown with `prefix` before their paths.
    #[must_use]
    pub fn beside(&self, prefix: &str, member: &str, members: &[String]) -> Beside {
        let sources = &self.project.sources;
        let within = |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let is_shared = |path: &str| !members.iter().any(|folder| within(path, folder));
        let declares = |declared: &Declared| {
            let path = sources.path(declared.span.source);
            is_shared(path.strip_prefix(prefix).unwrap_or(path))
        };
        let counts = |file: &Used| !within(&file.path, member) && (is_shared(&file.path) || file.is_code());
        let reads = |kind: Kind| matches!(kind, Kind::Read | Kind::Pass | Kind::Prefix);
        let starts = |file: &Used| file.reader.is_some_and(|reader| reader.side == Side::Start);
        let named = |fits: &dyn Fn(&Key<'a>) -> bool| {
            let keys = self.keys.iter().filter(|(_, key)| fits(key));
            keys.map(|(name, _)| (*name).to_owned()).collect()
        };
        Beside {
            declared: named(&|key| key.declared.iter().any(|declared| declares(declared))),
            read: named(&|key| key.uses.iter().any(|(file, found)| counts(file) && reads(found.kind))),
            set: named(&|key| {
                key.uses.iter().any(|(file, found)| is_shared(&file.path) && starts(file) && found.kind == Kind::Set)
            }),
            named: named(&|key| key.uses.iter().any(|(file, found)| counts(file) && found.kind != Kind::Set)),
        }
    }

    /// How bad it is that nothing declares a variable: an error where its value is surely missed.
    pub(super) fn missed(&self, key: &Key<'_>) -> Severity {
        let needed =
            key.sure().any(|(file, found)| found.kind == Kind::Read && found.fallback.is_missing() && !file.aside);
        let helped =
            key.sure().any(|(file, found)| !found.fallback.is_missing() && !file.aside || found.kind == Kind::Set);
        if needed && !helped && self.declares() { Severity::Error } else { Severity::Note }
    }

    /// The folder of the program that a file belongs to; empty for the project's own.
    pub(super) fn program(&self, path: &str) -> &'a str {
        let holds = |folder: &&&str| path.strip_prefix(**folder).is_some_and(|rest| rest.starts_with('/'));
        self.programs.iter().find(holds).copied().unwrap_or_default()
    }

    /// Who knows a name beside the project. What only programs are given belongs to the project where Compose asks for it.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<Known> {
        let is_compose = |file: &Used| file.reader.is_some_and(|reader| reader.name == "compose");
        let asks = |(file, found): &(&Used, &Use)| is_compose(file) && matches!(found.kind, Kind::Read | Kind::Pass);
        let asked = || self.keys.get(name).is_some_and(|key| key.uses.iter().any(asks));
        known(name).filter(|_| !(is_of_programs(name) && asked()))
    }

    /// Whether a name is one that the project would have to declare.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.known(name).is_none()
            && !self.is_twin(name)
            && !self.project.config.references.knows(name)
            && !self.is_built_in(name)
    }

    /// Whether a build script gives it to the compiler, which puts it into the program: no environment has it.
    fn is_built_in(&self, name: &str) -> bool {
        let gives = |(file, found): &(&Used, &Use)| {
            found.kind == Kind::Set
                && file.reader.is_some_and(|reader| reader.name == "rust")
                && file.path.rsplit('/').next() == Some("build.rs")
        };
        self.keys.get(name).is_some_and(|key| key.declared.is_empty() && key.uses.iter().any(gives))
    }

    /// Whether a name stands for another one that is declared or surely read: `DB_PASSWORD_FILE`.
    fn is_twin(&self, name: &str) -> bool {
        let twin = twin(name).and_then(|name| self.keys.get(name));
        twin.is_some_and(|key| !key.declared.is_empty() || key.is_surely_read())
    }

    /// Whether an unsure name is plausibly one of this project's: it begins as declared ones do.
    pub(super) fn is_plausible(&self, name: &str) -> bool {
        is_screaming(name) && name.split_once('_').is_some_and(|(word, _)| self.words.contains(word))
    }

    /// Whether a use is about a program of the project: an app of PM2, or a service that Compose builds here.
    pub(super) fn is_given_to_own(&self, (file, found): &(&Used, &Use)) -> bool {
        let Some(owner) = found.owner.as_deref() else { return false };
        let is_own = |(other, application): &(&Used, Application)| {
            other.source == file.source
                && application.services.iter().any(|service| service.name == owner && service.get("build").is_some())
        };
        file.reader.is_some_and(|reader| reader.name == "pm2") || self.applications.iter().any(is_own)
    }

    /// Whether anything declares variables at all.
    fn declares(&self) -> bool {
        !self.project.references.declared.is_empty()
    }

    /// A finding about a variable at its first place, with every other place as related.
    pub(super) fn finding(
        rule: &'static Rule,
        name: &str,
        places: &[(&Used, &Use)],
        message: impl Into<String>,
    ) -> Finding {
        let finding = Finding::new(rule, message).key(name);
        let Some(((file, first), others)) = places.split_first() else { return finding };
        let finding = finding.at(file.span(first), told(file, first));
        let mut seen = BTreeSet::from([file.span(first)]);
        others.iter().fold(finding, |finding, (file, found)| {
            if seen.insert(file.span(found)) { finding.related(file.span(found), told(file, found)) } else { finding }
        })
    }

    /// A default as it may be told.
    pub(super) fn shown(&self, name: &str, text: &str) -> String {
        if self.project.hides(name, text) { "a hidden value".to_owned() } else { super::shortened(text) }
    }
}

/// What tells that a folder holds a program of its own.
const MANIFESTS: &[&str] = &[
    "package.json",
    "pyproject.toml",
    "setup.py",
    "requirements.txt",
    "go.mod",
    "Cargo.toml",
    "composer.json",
    "Gemfile",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "manage.py",
];

fn programs(paths: &[String]) -> Vec<&str> {
    let folder = |path: &'_ String| path.rsplit_once('/').is_some_and(|(_, name)| MANIFESTS.contains(&name));
    let named = paths.iter().filter(|path| folder(path));
    let mut found: Vec<&str> = named.filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
    found.sort_by_key(|folder| (std::cmp::Reverse(folder.len()), *folder));
    found.dedup();
    found
}

/// What a use does, in a few words.
#[must_use]
pub fn told(file: &Used, found: &Use) -> String {
    let by = file.reader.map_or("text", |reader| reader.name);
    let does = match (found.kind, &found.fallback) {
        (Kind::Read, Fallback::Required) => "read here, and needed",
        (Kind::Read, Fallback::Absent) => "read here, without a default",
        (Kind::Read, Fallback::Optional) => "asked for here",
        (Kind::Read, Fallback::Text { .. } | Fallback::Computed) => "read here, with a default",
        (Kind::Pass, _) => "handed on here",
        (Kind::Set, _) => "set here",
        (Kind::Mention, _) => "named here",
        (Kind::Prefix, _) => "read here by a prefix",
    };
    match &found.owner {
        Some(owner) => format!("{does} for {} ({by})", told_name(owner)),
        None => format!("{does} ({by})"),
    }
}

/// What a key's places are sorted by: programs first, then what starts them, what needs a value first.
pub(super) fn rank((file, found): &(&Used, &Use)) -> (bool, bool, bool, Option<Side>, String, u32) {
    let side = file.reader.map(|reader| reader.side);
    (file.aside, !found.sure, !found.fallback.is_missing(), side, file.path.clone(), found.at.start)
}

/// Runs every check of references over a project that has read them.
#[must_use]
pub fn check(project: &Project) -> Vec<Finding> {
    let referenced = Referenced::new(project);
    let mut findings = Vec::new();
    for check in ALL.iter().filter_map(|check| check.references) {
        check(&referenced, &mut findings);
    }
    slips::keep_one(&referenced, &mut findings);
    findings
}
