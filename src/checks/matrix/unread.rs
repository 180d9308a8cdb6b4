//! What of a source nobody here can read: files that stay closed, and lines that docker compose refuses.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::Subject;
use super::{Compared, Rules, Side};
use crate::drift::{Kind, Unread};
use crate::environment::{Environment, Resolved, Setting};
use crate::finding::{Bucket, Difference, Finding, Severity};
use crate::layer::{Fault, Layer};
use crate::plain::is_name;
use crate::project::Project;
use crate::source::{Span, printable};

/// What of a source nobody here can read.
#[derive(Default)]
pub(super) struct Gaps<'a> {
    /// The files of which not even the names are known.
    closed: Vec<&'a Layer>,
    /// Keys whose line is broken: the layer with its number, and the place.
    lines: HashMap<&'a str, (usize, &'a Layer, Span)>,
    /// A broken place that may hide any key, and its layer.
    torn: Option<(&'a Layer, Span)>,
}

impl<'a> Gaps<'a> {
    pub(super) fn of(project: &'a Project, environment: &Environment<'a>) -> Self {
        let mut gaps = Self::default();
        for (number, layer) in environment.layers.iter().copied().enumerate() {
            if project.is_closed(layer) {
                gaps.closed.push(layer);
            }
            for fault in layer.faults.iter().filter(|fault| fault.hides_values()) {
                let place = layer.span(&fault.at);
                match name_at(layer, fault).filter(|_| !fault.hides_file()) {
                    Some(key) => _ = gaps.lines.insert(key, (number, layer, place)),
                    None => gaps.torn = gaps.torn.or(Some((layer, place))),
                }
            }
        }
        gaps
    }

    /// The sealed text that may hold any key: where it is the same at two times, nothing in it changed.
    pub(super) fn sealed_text(&self, project: &'a Project) -> Option<Cow<'a, str>> {
        let text = |layer: &&'a Layer| {
            let bytes = project.unread_bytes(layer).unwrap_or_default();
            std::str::from_utf8(bytes).map_or_else(|_| STANDARD.encode(bytes).into(), Cow::Borrowed)
        };
        match self.closed.as_slice() {
            [] => None,
            [only] => Some(text(only)),
            several => Some(several.iter().map(text).collect::<Vec<_>>().join("\n").into()),
        }
    }

    /// Whether the line that sets a key is broken, and nothing above layer `known` sets it anew.
    pub(super) fn breaks(&self, key: &str, known: Option<usize>) -> bool {
        self.lines.get(key).is_some_and(|(number, ..)| known.is_none_or(|known| known < *number))
    }

    /// The text of the file in which the line of a key is broken.
    pub(super) fn text_around(&self, key: &str) -> Option<&'a str> {
        self.lines.get(key).map(|(_, layer, _)| &*layer.text)
    }

    /// The text of the file with a broken place that may hide any key.
    pub(super) fn torn_text(&self) -> Option<&'a str> {
        self.torn.map(|(layer, _)| &*layer.text)
    }

    /// Whether a key that is not set may be so all the same.
    pub(super) fn is_torn(&self) -> bool {
        self.torn.is_some()
    }

    /// Keys that would be set if their lines were not broken.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.lines.keys().copied()
    }

    pub(super) fn is_closed(&self) -> bool {
        !self.closed.is_empty()
    }
}

impl Side<'_> {
    /// The files of the source that could not be read.
    fn unread(&self) -> impl Iterator<Item = Unread> {
        let sources = &self.subject.project.sources;
        let closed = self.gaps.closed.iter().map(|layer| {
            let why = if self.subject.project.is_damaged(layer) { "damaged" } else { "not opened" };
            Unread { path: printable(sources.path(layer.source)), why }
        });
        let torn = self.gaps.torn.iter().map(|(_, span)| span);
        let broken = self.gaps.lines.values().map(|(.., span)| span).chain(torn).map(|span| {
            let line = sources.position(span.source, span.start).line;
            Unread { path: format!("{}:{line}", printable(sources.path(span.source))), why: "broken" }
        });
        let Subject { project, environment, .. } = &self.subject;
        let is_shut = |layer: &&&Layer| layer.sealed && !project.is_closed(layer) && self.column.kind != Kind::Live;
        let has_unknown = |number: usize| {
            let unknown = |setting: &Setting<'_>| setting.layer == number && matches!(setting.value, Resolved::Unknown);
            environment.settings.iter().any(|setting| setting.is_set() && unknown(setting))
        };
        let shut =
            environment.layers.iter().enumerate().filter(move |(number, layer)| is_shut(layer) && has_unknown(*number));
        let shut = shut.map(|(_, layer)| {
            let why = if project.is_damaged(layer) { "damaged" } else { "not opened" };
            Unread { path: printable(sources.path(layer.source)), why }
        });
        closed.chain(shut).chain(broken)
    }
}

impl Compared<'_, '_> {
    /// Where the line is broken that would set the key in a source.
    pub(in crate::checks) fn broken_at(&self, column: usize) -> Option<Span> {
        let side = &self.sides[column];
        let own = side.gaps.lines.get(self.key).map(|(.., span)| *span);
        own.or(side.gaps.torn.map(|(_, span)| span)).map(|span| side.place(span))
    }

    /// The file that may hold the key in a source, and stays closed: its beginning.
    pub(in crate::checks) fn closed_at(&self, column: usize) -> Option<Span> {
        let side = &self.sides[column];
        side.gaps.closed.first().map(|layer| side.place(layer.span(&(0..0))))
    }

    /// Whether no key would open what holds, or may hold, the key in a source.
    pub(in crate::checks) fn is_damaged(&self, column: usize) -> bool {
        let Subject { project, environment, .. } = &self.sides[column].subject;
        match self.settings[column] {
            Some(setting) => project.is_damaged(environment.layers[setting.layer]),
            None => self.sides[column].gaps.closed.iter().any(|layer| project.is_damaged(layer)),
        }
    }
}

/// The files that could not be read, and findings about closed ones that no key has a finding about.
pub(super) fn files(sides: &[Side<'_>], rules: &Rules<'_>, findings: &mut Vec<Finding>) -> Vec<Unread> {
    let all: BTreeSet<_> = sides.iter().flat_map(Side::unread).collect();
    let differs = sides.first().is_some_and(|first| sides.iter().any(|side| side.closed != first.closed));
    let mut told: BTreeSet<String> = BTreeSet::new();
    for side in sides.iter().filter(|side| differs && side.column.kind.is_of_files()) {
        let name = &side.column.name;
        let is_about = |finding: &Finding| {
            finding.rule.code == "drift-unknown" && finding.environments.iter().any(|known| **known == **name)
        };
        if findings.iter().any(is_about) {
            continue;
        }
        for layer in &side.gaps.closed {
            let path = side.subject.project.sources.path(layer.source);
            if told.insert(path.to_owned()) {
                let damaged = side.subject.project.is_damaged(layer);
                let finding = super::super::unread_file(path, damaged).at(side.place(layer.span(&(0..0))), "");
                findings.push(unopened(finding, side, rules, path));
            }
        }
    }
    all.into_iter().collect()
}

fn unopened(finding: Finding, side: &Side<'_>, rules: &Rules<'_>, path: &str) -> Finding {
    let name = &side.column.name;
    let mut finding = finding.severity(rules.unknown);
    finding.environments = vec![name.as_str().into()];
    let counts = rules.unknown == Severity::Error;
    let member = rules.member.as_ref().map(|member| format!("{member}/")).unwrap_or_default();
    finding.difference = Some(Box::new(Difference {
        id: printable(&format!("{}:{member}{path}:{name}", finding.rule.code)),
        member: rules.member.clone(),
        row: None,
        short: printable(&finding.message),
        saw: None,
        parts: None,
        bucket: if counts { Bucket::Unexpected } else { Bucket::Unknown },
        change: None,
        accepted: None,
        because: None,
        partly: Vec::new(),
    }));
    finding
}

/// The key that a broken line would set, where its beginning says so.
fn name_at<'a>(layer: &'a Layer, fault: &Fault) -> Option<&'a str> {
    let before = layer.text.get(..fault.at.start as usize)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = layer.text.get(start..)?.lines().next()?;
    let (key, _) = line.split_once('=')?;
    let key = key.trim().strip_prefix("export ").unwrap_or(key).trim();
    is_name(key).then_some(key)
}
