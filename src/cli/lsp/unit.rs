//! One project as the editor has it: read with the open texts laid over its files, judged, and kept for questions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::super::{identities, validate, workspace};
use super::diagnostics::{self, Told};
use super::documents::Documents;
use super::positions::Encoding;
use crate::error::Error;
use crate::identity::Identities;
use crate::layer::Layer;
use crate::project::files::Files;
use crate::project::layout::is_personal;
use crate::project::{Options, Project};
use crate::report::{Report, Summary};

/// With what every project is read.
#[derive(Default)]
pub(super) struct Means {
    /// Key files that were named.
    pub(super) named: Vec<PathBuf>,
    /// The person's identities.
    pub(super) person: Identities,
    /// The process environment, where it was asked for.
    pub(super) process: HashMap<String, String>,
}

/// A project.
pub(super) struct Unit {
    pub(super) root: PathBuf,
    files: Files,
    /// As it could be read last, personal layers included, its secrets masked.
    pub(super) project: Option<Project>,
    /// What there is to say, by place.
    pub(super) told: Vec<Told>,
    /// The folders of its members, where it is a workspace.
    pub(super) members: Vec<PathBuf>,
    /// Whether something changed since.
    pub(super) behind: bool,
    /// How long the last reading took.
    pub(super) took: Duration,
}

impl Unit {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            files: Files::on_disk(root, "").watching_git(),
            project: None,
            told: Vec::new(),
            members: Vec::new(),
            behind: true,
            took: Duration::ZERO,
        }
    }

    /// Forgets what git said: files on the disk changed.
    pub(super) fn refresh(&mut self) {
        self.files = Files::on_disk(&self.root, "").watching_git();
        self.behind = true;
    }

    /// The layer that a file of the project is.
    pub(super) fn layer(&self, path: &str) -> Option<(usize, &Layer)> {
        let project = self.project.as_ref()?;
        let layers = project.layers.iter().enumerate();
        layers.into_iter().find(|(_, layer)| project.sources.path(layer.source) == path)
    }

    /// Whether a file of the project was read, wherever the project lies.
    pub(super) fn reads(&self, path: &str) -> bool {
        let project = self.project.as_ref();
        project.is_some_and(|project| project.sources.ids().any(|source| project.sources.path(source) == path))
    }

    /// Reads and judges it again.
    pub(super) fn check(&mut self, documents: &Documents, means: &Means, encoding: Encoding) {
        let started = Instant::now();
        let mut files = self.files.clone();
        for (path, document) in documents.within(&self.root) {
            files = files.with(&path, document.text.as_bytes());
        }
        match self.read(&files, means, encoding) {
            Ok(told) => self.told = told,
            Err(error) => {
                let failed = diagnostics::of_error(&error, &files, encoding);
                // What was said of other files still holds as far as anybody can know.
                self.told.retain(|told| told.path != failed.path && !told.is_failure);
                self.told.push(failed);
            }
        }
        self.behind = false;
        self.took = started.elapsed();
    }

    fn read(&mut self, files: &Files, means: &Means, encoding: Encoding) -> Result<Vec<Told>, Error> {
        let config = Project::config(files)?;
        self.members.clear();
        if let Some(listed) = &config.workspace {
            let folders = workspace::members(files, listed)?;
            self.members = folders.iter().map(|folder| self.root.join(folder)).collect();
        }
        if !Project::has_environments(files, &config)? {
            self.project = None;
            return Ok(Vec::new());
        }
        let own = match config.identities.as_slice() {
            [] => None,
            _ => Some(identities::collect(&means.named, files, &config)?),
        };
        let options = |personal: bool| Options {
            personal,
            identities: Some(own.as_ref().unwrap_or(&means.person)),
            process: means.process.clone(),
            ..Options::default()
        };
        let judge = |personal: bool| {
            let (mut project, found) = validate::check(files, &config, &options(personal))?;
            project.hide_secrets();
            let sources = std::mem::take(&mut project.sources);
            let report = Report::new("lsp", found.findings, sources, Summary::default());
            project.sources = report.sources;
            Ok((project, report.findings))
        };
        let (project, findings) = judge(true)?;
        let mut told = diagnostics::of_findings(&project, &findings, encoding);
        let is_own = |layer: &Layer| is_personal(project.sources.path(layer.source));
        if project.layers.iter().any(is_own) && !Project::environment_names_in(files, &config)?.is_empty() {
            // A gate does not see personal layers: they may neither hide nor cause what is said of the other files.
            told.retain(|told| is_personal(&told.path));
            let (without, findings) = judge(false)?;
            told.extend(diagnostics::of_findings(&without, &findings, encoding));
        }
        self.project = Some(project);
        Ok(told)
    }
}
