//! Findings as plain data: what is wrong, where, and what to do.

use std::fmt;
use std::sync::Arc;

use crate::detection::is_plausible_name;
use crate::source::{MASK, Span};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run by default.
    Note,
    /// Likely a mistake.
    Warning,
    /// Breaks a declared rule.
    Error,
}

impl Severity {
    /// The word that users read and write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One kind of fault. The code is also the name of the file in `src/checks/`, of the case folder and of the page.
pub struct Rule {
    /// Two or three words, `kebab-case`; never reused.
    pub code: &'static str,
    /// What it is when `sparkcfg.toml` says nothing else.
    pub severity: Severity,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// The source file of the check; its head comment is the page that `explain` shows.
    pub page: &'static str,
}

impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Rule").field(&self.code).finish()
    }
}

impl Rule {
    /// The head comment of the check, as Markdown.
    #[must_use]
    pub fn explanation(&self) -> String {
        let lines = self.page.lines().take_while(|line| line.starts_with("//!"));
        let text: Vec<_> = lines.map(|line| line[3..].strip_prefix(' ').unwrap_or(&line[3..])).collect();
        text.join("\n")
    }
}

/// `key` as messages tell it: a line of a private key that was pasted without quotes is read as a key too.
#[must_use]
pub fn told_name(key: &str) -> String {
    if key == MASK || is_plausible_name(key) { key.to_owned() } else { MASK.to_owned() }
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty.
    pub message: String,
}

impl Label {
    /// A label with a message.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

/// A replacement that mends a finding. It may hold a secret that stands in the file already, and so its text is in no
/// output whose place is masked, and not in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace; an empty span inserts.
    pub span: Span,
    /// By what.
    pub replacement: String,
    /// What is done, for people: `quote the value`.
    pub title: String,
    /// Whether nothing can go wrong by it; `--fix` applies only those, `--fix=unsafe` all.
    pub safe: bool,
    /// The other keys whose values change with it, because they refer to this one.
    pub changes: Vec<String>,
}

impl Fix {
    /// A replacement with which nothing can go wrong.
    pub fn new(span: Span, replacement: impl Into<String>, title: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into(), title: title.into(), safe: true, changes: Vec::new() }
    }
}

impl fmt::Debug for Fix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { span, replacement: _, title, safe, changes } = self;
        let mut shown = formatter.debug_struct("Fix");
        shown
            .field("span", span)
            .field("title", title)
            .field("safe", safe)
            .field("changes", changes)
            .finish_non_exhaustive()
    }
}

/// What came of a key that was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bucket {
    /// It breaks a policy.
    Unexpected,
    /// It breaks a policy, and somebody said why.
    Acknowledged,
    /// It differs, and no policy says whether it may.
    Unclassified,
    /// It could not be opened or read everywhere.
    Unknown,
    /// It differs as it may.
    Expected,
    /// It does not differ.
    Equal,
}

/// What happened to a finding since a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The revision does not have it.
    Introduced,
    /// The revision has it, too.
    Unchanged,
    /// Nobody here can say: a value that it depends on is sealed then or now.
    Unknown,
    /// Only the revision has it.
    Resolved,
    /// It holds, and would count but for what came since the revision: a comment, a severity, another policy; or the revision
    /// has it, and an environment that it is about is gone.
    NoLongerCounted,
}

/// What a finding says about a difference between sources.
#[derive(Debug, Clone)]
pub struct Difference {
    /// What it stays known by, `code:key:sources`, in a workspace with the member before the key; where it is about a part
    /// of the values, `key#part`.
    pub id: String,
    /// The member of the workspace that it is about; `None` where the project is alone.
    pub member: Option<Arc<str>>,
    /// Its row in the comparison.
    pub row: Option<usize>,
    /// The difference in a few words, safe to print: `staging 3000 · prod 30000`.
    pub short: String,
    /// The values that it is about, in the order of [`Finding::environments`]; `None` for a secret.
    pub saw: Option<Vec<String>>,
    /// What of these values it is about, where that is not all; in the same order, `None` for a secret.
    pub parts: Option<Vec<String>>,
    /// Whether it counts.
    pub bucket: Bucket,
    /// What happened to it since a revision.
    pub change: Option<Change>,
    /// Why it is accepted.
    pub accepted: Option<Accepted>,
    /// Why it does not count, where no entry of the baseline says so: safe to print.
    pub because: Option<String>,
    /// The sources between which the baseline accepts it, where it is about more of them.
    pub partly: Vec<String>,
}

/// Why a difference is accepted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Accepted {
    /// The reason.
    pub why: String,
    /// Until when, as a date.
    pub until: Option<String>,
    /// Who said so.
    pub by: Option<String>,
    /// Whether a revision that it is compared with does not accept it.
    #[serde(rename = "new")]
    pub is_new: bool,
}

/// Something wrong in the user's files.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// The severity, after the check and `sparkcfg.toml` have had their say.
    pub severity: Severity,
    /// The environments in which it holds, sorted; empty when it is about a file as such.
    pub environments: Vec<Arc<str>>,
    /// The environment variable's name.
    pub key: Option<String>,
    /// What is, in lower case, with the key as written and no full stop. Never holds a secret's value.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The place. Missing only when nothing in a file can be pointed at.
    pub label: Option<Label>,
    /// Other places that explain it.
    pub related: Vec<Label>,
    /// The value of a lower layer that the one at [`Finding::label`] hides. The words of that label tell people of it, so
    /// that only formats for machines list the place.
    pub hidden: Option<Label>,
    /// How to mend it, where that is safe.
    pub fix: Option<Fix>,
    /// What it says about a difference, where sources were compared.
    pub difference: Option<Box<Difference>>,
}

impl Finding {
    /// A finding with the rule's severity and nothing else yet.
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            environments: Vec::new(),
            key: None,
            message: message.into(),
            help: None,
            label: None,
            related: Vec::new(),
            hidden: None,
            fix: None,
            difference: None,
        }
    }

    /// Sets the key, as it may be told: a line of a private key that was read as one is masked.
    #[must_use]
    pub fn key(mut self, key: impl AsRef<str>) -> Self {
        self.key = Some(told_name(key.as_ref()));
        self
    }

    /// Sets the place and what is said there.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Self {
        self.label = Some(Label::new(span, message));
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label::new(span, message));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Overrides the rule's severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The places besides [`Finding::label`], for formats that list them all.
    pub fn other_places(&self) -> impl Iterator<Item = &Label> {
        self.related.iter().chain(&self.hidden)
    }

    /// The same finding after its texts moved (see [`crate::source::Sources::absorb`]).
    #[must_use]
    pub fn shifted(mut self, offset: u32) -> Self {
        for label in self.label.iter_mut().chain(&mut self.related).chain(&mut self.hidden) {
            label.span = label.span.shifted(offset);
        }
        if let Some(fix) = &mut self.fix {
            fix.span = fix.span.shifted(offset);
        }
        self
    }

    /// Whether it counts. What is about no difference does.
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        self.difference.as_ref().map_or(Bucket::Unexpected, |difference| difference.bucket)
    }

    /// The key as reports name it: in a workspace with the member before it.
    #[must_use]
    pub fn named(&self) -> Option<String> {
        let member = self.difference.as_ref().and_then(|difference| difference.member.as_deref());
        let key = self.key.as_deref()?;
        Some(member.map_or_else(|| key.to_owned(), |member| format!("{member}/{key}")))
    }

    /// Whether this is what happened to it since a revision.
    #[must_use]
    pub fn changed(&self, change: Change) -> bool {
        self.difference.as_ref().is_some_and(|difference| difference.change == Some(change))
    }

    /// Says whether nothing can go wrong by the replacement.
    #[must_use]
    pub fn safe(mut self, safe: bool) -> Self {
        if let Some(fix) = &mut self.fix {
            fix.safe = safe;
        }
        self
    }

    /// Offers a replacement.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>, title: impl Into<String>) -> Self {
        self.fix = Some(Fix::new(span, replacement, title));
        self
    }
}
