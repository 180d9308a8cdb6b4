//! Findings merged, sorted and counted, with one verdict: what every output writes.

use std::collections::{BTreeSet, HashMap};

use crate::drift::Comparison;
use crate::finding::{Finding, Severity};
use crate::project::home::Home;
use crate::source::{Sources, Span, printable};

/// The result of a run.
#[derive(Debug)]
pub struct Report {
    /// The command that made it: `validate`.
    pub command: &'static str,
    /// Sorted by path, place and code; each text safe to print.
    pub findings: Vec<Finding>,
    /// The texts that the findings point into, with their secrets masked.
    pub sources: Sources,
    /// What was checked and what came of it.
    pub summary: Summary,
    /// What was compared, where that is what the run is about.
    pub comparison: Option<Box<Comparison>>,
    /// From which severity on the run fails.
    pub fail_on: FailOn,
    /// Where the project stands in its repository.
    pub home: Home,
    /// The files that were read as layers, and who reads them, where somebody asked for that.
    pub files: Vec<FileRead>,
    /// The members of the workspace that could not be checked; each has a finding, too.
    pub unchecked: Vec<String>,
}

/// A file that was read as a layer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileRead {
    /// The path, as users see it.
    pub path: String,
    /// Who else reads it.
    pub readers: Vec<Reader>,
}

/// A reader of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reader {
    /// Its name; several that start each other stand as `make > python-dotenv`.
    pub reader: String,
    /// What says so: `[consumers]`, or the path of the file that gives it away.
    pub said_by: String,
    /// Whether it is of the version that is modelled here, so that what it sees is compared.
    pub compared: bool,
}

/// Counts, for the last line and for machines.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Environments that were checked.
    pub environments: usize,
    /// Files that were read as layers.
    pub files: usize,
    /// Different keys over all environments.
    pub keys: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity note.
    pub notes: usize,
    /// Findings that `--fix` mends.
    pub fixable: usize,
    /// Findings silenced by a comment.
    pub ignored: usize,
}

/// A span as people, editors and machines name it; all numbers are 1-based, columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    /// Path as shown to users, `/` between parts.
    pub path: String,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

/// From which severity on a run fails.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Errors fail the run.
    #[default]
    Error,
    /// Errors and warnings do.
    Warning,
    /// Any finding does.
    Note,
    /// Nothing does.
    Never,
}

impl FailOn {
    /// Whether a finding of this severity fails the run.
    #[must_use]
    pub fn counts(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity == Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

impl Report {
    /// Merges findings that differ only in their environment, makes every text printable, sorts and counts.
    #[must_use]
    pub fn new(command: &'static str, findings: Vec<Finding>, sources: Sources, summary: Summary) -> Self {
        let mut findings = merge(findings);
        for finding in &mut findings {
            make_printable(finding);
        }
        findings.sort_by_cached_key(|finding| {
            let place = finding
                .label
                .as_ref()
                .map(|label| (printable(sources.path(label.span.source)), label.span.start, label.span.end));
            (place.is_none(), place, finding.rule.code, finding.key.clone(), finding.environments.clone())
        });
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let summary = Summary {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            fixable: findings.iter().filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safe)).count(),
            ..summary
        };
        Self {
            command,
            findings,
            sources,
            summary,
            comparison: None,
            fail_on: FailOn::default(),
            home: Home::default(),
            files: Vec::new(),
            unchecked: Vec::new(),
        }
    }

    /// The report of a comparison. The worst findings come first, then those of the keys in order: unlike a fault in a
    /// file, a difference has no one place by which people look for it.
    #[must_use]
    pub fn of_comparison(
        command: &'static str,
        findings: Vec<Finding>,
        sources: Sources,
        summary: Summary,
        mut comparison: Comparison,
    ) -> Self {
        comparison.settled.iter_mut().for_each(make_printable);
        sort_by_key(&mut comparison.settled);
        let mut report = Self::new(command, findings, sources, summary);
        sort_by_key(&mut report.findings);
        report.comparison = Some(Box::new(comparison));
        report
    }

    /// The span as a path with lines and columns; a secret has a place, but no width (see [`Sources::veiled`]).
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let span = self.sources.veiled(span);
        let start = self.sources.position(span.source, span.start);
        let end = self.sources.position(span.source, span.end);
        Place {
            path: printable(self.sources.path(span.source)),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// The span as a forge names it: its path starts at the root of the repository.
    #[must_use]
    pub fn place_in_repository(&self, span: Span) -> Place {
        let place = self.place(span);
        Place { path: self.home.path(&place.path), ..place }
    }

    /// The same report of a project that stands somewhere in a repository.
    #[must_use]
    pub fn at_home(mut self, home: Home) -> Self {
        self.home = home;
        self
    }

    /// The same with the files that were read, and who reads them.
    #[must_use]
    pub fn of_files(mut self, files: Vec<FileRead>) -> Self {
        self.files = files;
        self
    }

    /// The same of a run that could not check these members of the workspace.
    #[must_use]
    pub fn without(mut self, unchecked: &[String]) -> Self {
        self.unchecked = unchecked.iter().map(|folder| printable(folder)).collect();
        self
    }

    /// What nothing could be said about, so that the run has no verdict: keys whose policies disagree, as reports name
    /// them, and members of the workspace.
    #[must_use]
    pub fn unjudged(&self) -> BTreeSet<String> {
        let disputed = self.findings.iter().filter(|finding| finding.rule.code == "policy-conflict");
        disputed.filter_map(Finding::named).chain(self.unchecked.iter().cloned()).collect()
    }

    /// The findings that people are told of one by one: not those of a comparison that are only counted.
    pub fn told(&self) -> impl Iterator<Item = &Finding> {
        let is_told = |finding: &&Finding| self.comparison.as_ref().is_none_or(|comparison| comparison.lists(finding));
        self.findings.iter().filter(is_told)
    }

    /// The same report of a run that fails from another severity on.
    #[must_use]
    pub fn failing_from(mut self, fail_on: FailOn) -> Self {
        self.fail_on = fail_on;
        self
    }

    /// Whether the run fails, the same for every output.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.findings.iter().any(|finding| self.fail_on.counts(finding.severity))
    }
}

/// One finding for a value that several environments inherit from the same line.
fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut seen: HashMap<_, usize> = HashMap::new();
    for finding in findings {
        let place = finding.label.as_ref().map(|label| label.span);
        let identity = (finding.rule.code, place, finding.key.clone(), finding.message.clone());
        if let Some(&index) = seen.get(&identity) {
            let (known, mut finding) = (&mut merged[index], finding);
            // One mistake of a file that several environments share counts as it does where it is worst.
            if finding.severity > known.severity {
                std::mem::swap(known, &mut finding);
            }
            known.environments.extend(finding.environments);
        } else {
            seen.insert(identity, merged.len());
            merged.push(finding);
        }
    }
    for finding in &mut merged {
        finding.environments.sort();
        finding.environments.dedup();
    }
    merged
}

fn sort_by_key(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| {
        let row = finding.difference.as_ref().and_then(|difference| difference.row);
        let worst_first = std::cmp::Reverse(finding.severity);
        (worst_first, row.is_none(), row, finding.rule.code, finding.environments.clone())
    });
}

fn make_printable(finding: &mut Finding) {
    let labels =
        finding.label.iter_mut().chain(&mut finding.related).chain(&mut finding.hidden).map(|label| &mut label.message);
    let texts = labels.chain(finding.key.as_mut()).chain(finding.help.as_mut());
    let texts = texts.chain(finding.fix.as_mut().map(|fix| &mut fix.title));
    for text in texts.chain(std::iter::once(&mut finding.message)) {
        *text = printable(text);
    }
    // Whoever may write the baseline writes into every report.
    if let Some(accepted) = finding.difference.as_mut().and_then(|difference| difference.accepted.as_mut()) {
        for text in std::iter::once(&mut accepted.why).chain(&mut accepted.until).chain(&mut accepted.by) {
            *text = printable(text);
        }
    }
    for environment in &mut finding.environments {
        *environment = printable(environment).into();
    }
}
