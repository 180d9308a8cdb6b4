//! Differences between environments as plain data: a matrix of keys and sources, which every output writes.
//!
//! No value of a secret is in here: where two secrets are the same, their cells have the same class.

mod access;
pub mod baseline;
mod cell;
pub mod command;
pub mod live;
pub mod noise;
pub mod policy;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

pub use access::Access;
pub use cell::{Cell, Relation, State};
pub use command::Edit;

use crate::finding::{Accepted, Bucket, Change, Finding, Severity};
use crate::schema::extension::Drift;

/// What is compared with what, and what came of it.
#[derive(Debug, Default)]
pub struct Comparison {
    /// What kind of comparison it is.
    pub mode: Mode,
    /// The sources as the user named them; none where all environments are compared.
    pub asked: Vec<String>,
    /// The folder of the project, as the user named it.
    pub folder: Option<String>,
    /// The options without which other findings would be found, each as a shell takes it.
    pub options: Vec<String>,
    /// The options that leave findings out, in the same way.
    pub scope: Vec<String>,
    /// The schema, as users see it.
    pub schema: Option<String>,
    /// The sources, in the order in which they were named, else in that in which a change travels.
    pub columns: Vec<Column>,
    /// The keys, by member of the workspace and name.
    pub rows: Vec<Row>,
    /// Findings that do not count: acknowledged, unchanged since the revision, or resolved.
    pub settled: Vec<Finding>,
    /// How many rows are in which bucket, and how many findings of which change.
    pub counts: Counts,
    /// Variables of live sources that say nothing about the configuration, by profile; safe to print.
    pub hidden: BTreeMap<&'static str, BTreeSet<String>>,
    /// The command that makes a live source read its configuration again.
    pub apply: Option<String>,
    /// What has to be changed before, in order.
    pub edits: Vec<Edit>,
    /// Files that could not be read, sorted.
    pub unread: Vec<Unread>,
    /// Who gained or lost access between two revisions of a sealed file.
    pub access: Vec<Access>,
    /// Which rows people want to see besides those with a finding.
    pub shown: Vec<Shown>,
}

/// A file of which nobody here can say what it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unread {
    /// The file, as users see it, with the line where one is broken.
    pub path: String,
    /// Why: `not opened`, `broken`.
    pub why: &'static str,
}

/// What kind of comparison it is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum Mode {
    /// All environments of the project.
    #[default]
    Matrix,
    /// Two sources.
    Pair,
    /// One environment at two revisions.
    Time,
    /// A declared environment and what really runs.
    Live,
    /// All environments, and what changed since a revision.
    Against(String),
}

impl Mode {
    /// The word that programs read.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Matrix => "matrix",
            Self::Pair => "pair",
            Self::Time => "time",
            Self::Live => "live",
            Self::Against(_) => "against",
        }
    }
}

/// One source of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// As the user names it: `prod`, `prod@v1.4.0`, `pm2:-#web`.
    pub name: String,
    /// Where it comes from.
    pub kind: Kind,
    /// Whether findings about secrets and placeholders are errors there.
    pub protected: bool,
    /// The files that make it, as users see them, the last wins; none of what runs.
    pub layers: Vec<String>,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The files of the project.
    Declared,
    /// The files of the project at a revision of git.
    Revision,
    /// A process, a container, or what another tool says about one.
    Live,
    /// What the templates of the project give for the environment that it is compared with.
    Rendered,
}

impl Kind {
    /// Whether it is made of the files of an environment, and not of what somebody made of them.
    #[must_use]
    pub const fn is_of_files(self) -> bool {
        matches!(self, Self::Declared | Self::Revision)
    }
}

/// A key in all sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The member of the workspace, as a path; `None` for the project itself.
    pub member: Option<Arc<str>>,
    /// The key.
    pub key: String,
    /// Whether no output may show its values.
    pub secret: bool,
    /// What the schema says that it is for.
    pub description: Option<String>,
    /// Who the schema says looks after it.
    pub owner: Option<String>,
    /// What differences mean; `None` where nobody said so.
    pub policy: Option<Drift>,
    /// One for each column; `None` where the member has no such environment.
    pub cells: Vec<Option<Cell>>,
    /// What came of it.
    pub bucket: Bucket,
}

impl Row {
    /// The letter of a cell's class: equal letters in a row are equal values.
    #[must_use]
    pub fn letter(class: usize) -> String {
        let letter = u8::try_from(class % 26).map_or('z', |class| char::from(b'a' + class));
        if class < 26 { letter.to_string() } else { format!("{letter}{}", class / 26) }
    }
}

/// How much of what was found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows.
    pub keys: usize,
    /// Findings that count, beside those about what nobody classified or could open.
    pub unexpected: usize,
    /// Rows whose findings are all acknowledged.
    pub acknowledged: usize,
    /// Findings that are acknowledged, and not at the revision.
    pub newly_acknowledged: usize,
    /// Rows that differ, and no policy says whether they may.
    pub unclassified: usize,
    /// Rows that differ as they may.
    pub expected: usize,
    /// Rows with one value.
    pub equal: usize,
    /// Rows of which nothing can be said, because a cell could not be opened or read.
    pub unknown: usize,
    /// Findings that the revision did not have.
    pub introduced: usize,
    /// Findings that the revision has as well.
    pub unchanged: usize,
    /// Findings of which nobody here can say whether the revision has them, with these values.
    pub undecided: usize,
    /// Findings that only the revision has.
    pub resolved: usize,
    /// Findings that hold, and that the revision would count.
    pub no_longer_counted: usize,
}

/// Which rows people want to see besides those with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shown {
    /// Those that differ as they may.
    Expected,
    /// Those whose findings are acknowledged.
    Acknowledged,
    /// Those with one value.
    Equal,
    /// Those that differ, and no policy says whether they may.
    Unclassified,
    /// Those with a cell that could not be opened.
    Unknown,
    /// The names of variables in what runs that say nothing about the configuration.
    Inherited,
    /// With --against: findings that the revision has as well.
    Unchanged,
    /// All of these.
    All,
}

impl Comparison {
    /// Whether people want to see rows of a kind.
    #[must_use]
    pub fn shows(&self, kind: Shown) -> bool {
        self.shown.contains(&kind) || self.shown.contains(&Shown::All)
    }

    /// What happened to a finding since the revision: what is about no difference, as a comment that silences nothing, is new
    /// where the revision does not have it, and there is no other reason to tell it.
    #[must_use]
    pub fn change(&self, finding: &Finding) -> Option<Change> {
        match &finding.difference {
            Some(difference) => difference.change,
            None if finding.rule.code == "not-checked" => None,
            None => matches!(self.mode, Mode::Against(_)).then_some(Change::Introduced),
        }
    }

    /// Whether people are told of a finding in full. What nobody classified, what could not be opened, and what may be as it
    /// was, is counted, until somebody asks, or it fails the run.
    #[must_use]
    pub fn lists(&self, finding: &Finding) -> bool {
        let shown = match finding.rule.code {
            "drift-unclassified" => Some(Shown::Unclassified),
            "drift-unknown" => Some(Shown::Unknown),
            _ if finding.changed(Change::Unknown) => Some(Shown::Unknown),
            _ => None,
        };
        let counts = finding.severity > Severity::Note || finding.bucket() == Bucket::Unexpected;
        counts || shown.is_none_or(|shown| self.shows(shown))
    }

    /// Whether an environment is compared with what the templates give, so that nothing of it runs.
    #[must_use]
    pub fn is_rendered(&self) -> bool {
        self.columns.iter().any(|column| column.kind == Kind::Rendered)
    }

    /// Puts the columns in order, and the cells of every row with them.
    pub fn sort_columns<K: Ord>(&mut self, key: impl Fn(&Column) -> K) {
        let mut order: Vec<_> = (0..self.columns.len()).collect();
        order.sort_by_key(|at| self.columns.get(*at).map(&key));
        if order.is_sorted() {
            return;
        }
        self.columns = order.iter().filter_map(|at| self.columns.get(*at).cloned()).collect();
        for row in &mut self.rows {
            row.cells = order.iter().map(|at| row.cells.get(*at).cloned().flatten()).collect();
        }
    }

    /// The findings of a change since the revision, whether they count or not: what is only counted as unclassified or
    /// unknown is not followed, unless nobody can say what happened to it.
    pub fn of_change<'f>(&'f self, counting: &'f [Finding], change: Change) -> impl Iterator<Item = &'f Finding> {
        let follows = move |finding: &&Finding| {
            let undecided = change == Change::Unknown && finding.bucket() == Bucket::Unknown;
            self.change(finding) == Some(change) && (undecided || finding.bucket() == Bucket::Unexpected)
        };
        counting.iter().chain(&self.settled).filter(follows)
    }

    /// What is acknowledged, and was not at the revision.
    pub fn newly_acknowledged(&self) -> impl Iterator<Item = (&Finding, &Accepted)> {
        self.settled.iter().filter_map(|finding| {
            let accepted = finding.difference.as_ref()?.accepted.as_ref().filter(|accepted| accepted.is_new)?;
            Some((finding, accepted))
        })
    }

    /// What does not count because of what came since the revision, with the reason.
    pub fn no_longer_counted(&self) -> impl Iterator<Item = (&Finding, &str)> {
        let told = |finding: &&Finding| finding.changed(Change::NoLongerCounted);
        self.settled.iter().filter(told).filter_map(|finding| {
            let because = finding.difference.as_ref()?.because.as_deref()?;
            Some((finding, because))
        })
    }

    /// Counts the rows anew.
    pub fn count(&mut self) {
        let rows = |bucket| self.rows.iter().filter(|row| row.bucket == bucket).count();
        self.counts = Counts {
            keys: self.rows.len(),
            acknowledged: rows(Bucket::Acknowledged),
            unclassified: rows(Bucket::Unclassified),
            expected: rows(Bucket::Expected),
            equal: rows(Bucket::Equal),
            unknown: rows(Bucket::Unknown),
            ..self.counts
        };
    }
}

/// The classes of some texts: equal ones, as `same` has it, get one number, counted from 0 in order of appearance.
#[must_use]
pub fn classes<T>(texts: &[Option<T>], same: impl Fn(&T, &T) -> bool) -> Vec<Option<usize>> {
    let mut known: Vec<&T> = Vec::new();
    let mut found = Vec::with_capacity(texts.len());
    for text in texts {
        found.push(text.as_ref().map(|text| {
            known.iter().position(|other| same(other, text)).unwrap_or_else(|| {
                known.push(text);
                known.len() - 1
            })
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Row, classes};

    #[test]
    fn classes_are_numbered_by_appearance() {
        for (texts, expected) in [
            (vec![Some("b"), Some("a"), Some("B")], vec![Some(0), Some(1), Some(0)]),
            (vec![None, Some("a"), None], vec![None, Some(0), None]),
            (vec![], vec![]),
        ] {
            assert_eq!(classes(&texts, |one, other| one.eq_ignore_ascii_case(other)), expected, "{texts:?}");
        }
        assert_eq!([0, 25, 26, 52].map(Row::letter), ["a", "z", "a1", "a2"]);
    }
}
