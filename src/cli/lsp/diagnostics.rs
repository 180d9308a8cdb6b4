//! Findings as diagnostics: at their place, with what mends them.

use std::collections::HashMap;

use lsp_types::{Diagnostic, DiagnosticSeverity, DiagnosticTag, NumberOrString, Position, Range, TextEdit, Uri};

use super::positions::{Encoding, Lines};
use crate::error::Error;
use crate::finding::{Finding, Label, Severity};
use crate::layer::PROCESS;
use crate::project::files::Files;
use crate::project::{BUILT_IN, Project};
use crate::source::{SourceId, Span, printable};

/// The file that stands for the project where there is nothing else to point at.
const PROJECT_FILE: &str = "sparkcfg.toml";

/// A finding as an editor shows it; paths are relative to the project.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) path: String,
    /// Without related places, which need URIs.
    pub(super) diagnostic: Diagnostic,
    pub(super) related: Vec<(String, Range, String)>,
    /// What mends it.
    pub(super) mends: Option<Mend>,
    /// What silences it.
    pub(super) silences: Option<Mend>,
    /// Whether the project could not be read.
    pub(super) is_failure: bool,
}

/// A change of a file.
#[derive(Debug, Clone)]
pub(super) struct Mend {
    pub(super) path: String,
    pub(super) title: String,
    pub(super) edit: TextEdit,
    /// Whether nothing can go wrong by it.
    pub(super) safe: bool,
}

impl Told {
    /// The diagnostic with its related places.
    pub(super) fn complete(&self, uri: impl Fn(&str) -> Option<Uri>) -> Diagnostic {
        let mut diagnostic = self.diagnostic.clone();
        let related = self.related.iter().filter_map(|(path, range, message)| {
            let location = lsp_types::Location::new(uri(path)?, *range);
            Some(lsp_types::DiagnosticRelatedInformation { location, message: message.clone() })
        });
        let related: Vec<_> = related.collect();
        diagnostic.related_information = (!related.is_empty()).then_some(related);
        diagnostic
    }
}

/// The lines of the texts that findings point into.
struct Places<'p> {
    project: &'p Project,
    encoding: Encoding,
    lines: HashMap<SourceId, Lines<'p>>,
}

impl<'p> Places<'p> {
    fn lines(&mut self, source: SourceId) -> &Lines<'p> {
        let (project, encoding) = (self.project, self.encoding);
        self.lines.entry(source).or_insert_with(|| Lines::new(project.sources.text(source), encoding))
    }

    /// The range of a span as it may be told. That of a secret has no width; its key is shown instead.
    fn range(&mut self, span: Span) -> Range {
        let mut told = self.project.sources.veiled(span);
        if told.start == told.end && span.start < span.end {
            let layer = self.project.layers.iter().find(|layer| layer.source == span.source);
            let entry = layer.and_then(|layer| {
                let next = layer.entries.partition_point(|entry| entry.key.start <= told.start);
                layer.entries.get(next.checked_sub(1)?).filter(|entry| entry.value.end >= told.start)
            });
            if let Some((layer, entry)) = layer.zip(entry) {
                told = self.project.sources.veiled(layer.span(&entry.key));
            }
        }
        self.lines(span.source).range(told.range())
    }

    fn is_file(&self, source: SourceId) -> bool {
        !matches!(self.project.sources.path(source), BUILT_IN | PROCESS)
    }

    fn path(&self, span: Span) -> String {
        self.project.sources.path(span.source).to_owned()
    }
}

/// Every finding of a project whose secrets are masked.
pub(super) fn of_findings(project: &Project, findings: &[Finding], encoding: Encoding) -> Vec<Told> {
    let mut places = Places { project, encoding, lines: HashMap::new() };
    findings.iter().map(|finding| told(&mut places, finding)).collect()
}

fn told(places: &mut Places<'_>, finding: &Finding) -> Told {
    let schema = places.project.schema.as_ref().map(|schema| schema.source);
    let files = |label: &&Label| places.is_file(label.span.source);
    let labels: Vec<&Label> = finding.label.iter().chain(&finding.related).filter(files).collect();
    // A key that is missing is declared in the schema, but written where it is missing: there somebody types.
    let in_layer = labels.iter().position(|label| Some(label.span.source) != schema);
    let main = if finding.rule.code == "missing-key" { in_layer.unwrap_or_default() } else { 0 };
    let (mut path, mut range) = (PROJECT_FILE.to_owned(), Range::default());
    let mut related = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let (its_path, its_range) = (places.path(label.span), places.range(label.span));
        if index == main {
            (path, range) = (its_path, its_range);
        } else {
            let message = if label.message.is_empty() { "see here" } else { &label.message };
            related.push((its_path, its_range, message.to_owned()));
        }
    }
    let here = labels.get(main).map(|label| label.message.as_str()).filter(|message| !message.is_empty());
    let help = finding.help.as_ref().map(|help| format!("help: {help}"));
    let message: Vec<_> = [Some(finding.message.as_str()), here, help.as_deref()].into_iter().flatten().collect();
    let environments: Vec<_> = finding.environments.iter().map(AsRef::as_ref).collect();
    let data = serde_json::json!({ "key": finding.key, "environments": environments });
    let diagnostic = Diagnostic {
        range,
        severity: Some(severity(finding.severity)),
        code: Some(NumberOrString::String(finding.rule.code.to_owned())),
        source: Some("sparkcfg".to_owned()),
        message: message.join("\n"),
        tags: tags(finding.rule.code),
        data: Some(data),
        ..Diagnostic::default()
    };
    let mends = mend(places, finding).or_else(|| rename(places, finding));
    let silences = silence(places, finding);
    Told { path, diagnostic, related, mends, silences, is_failure: false }
}

/// The change that the finding offers, unless its place would tell the length of a secret.
fn mend(places: &mut Places<'_>, finding: &Finding) -> Option<Mend> {
    let fix = finding.fix.as_ref().filter(|fix| places.project.sources.is_open(fix.span))?;
    let range = places.lines(fix.span.source).range(fix.span.range());
    let edit = TextEdit::new(range, fix.replacement.clone());
    Some(Mend { path: places.path(fix.span), title: fix.title.clone(), edit, safe: fix.safe })
}

/// The key by the name of the schema that was most likely meant, where the line says nothing that is hidden of the key itself.
fn rename(places: &mut Places<'_>, finding: &Finding) -> Option<Mend> {
    if finding.rule.code != "unknown-key" {
        return None;
    }
    let near = finding.help.as_deref()?.strip_prefix("did you mean ")?.strip_suffix('?')?;
    let project = places.project;
    let span = finding.label.as_ref()?.span;
    let layer = project.layers.iter().find(|layer| layer.source == span.source && !layer.sealed)?;
    let is_key = layer.entries.iter().any(|entry| layer.span(&entry.key) == span);
    let is_declared = project.schema.as_ref()?.schema.property(near).is_declared();
    let is_there = layer.entries.iter().any(|entry| layer.key(entry) == near);
    if !is_key || !is_declared || is_there || !project.sources.is_open(span) {
        return None;
    }
    let range = places.lines(span.source).range(span.range());
    let (title, edit) = (format!("rename to {near}"), TextEdit::new(range, near.to_owned()));
    Some(Mend { path: places.path(span), title, edit, safe: false })
}

/// A comment above the line of the finding, where the file takes comments.
fn silence(places: &mut Places<'_>, finding: &Finding) -> Option<Mend> {
    let span = finding.label.as_ref()?.span;
    let project = places.project;
    let layer = project.layers.iter().find(|layer| layer.source == span.source);
    let path = places.path(span);
    let sign = match layer {
        Some(layer) if layer.sealed || layer.name == PROCESS => return None,
        Some(_) => "#",
        None if !project.deployments.sources().any(|source| source == span.source) => return None,
        None if path.ends_with(".json") => return None,
        None if path.ends_with(".yml") || path.ends_with(".yaml") => "#",
        None => "//",
    };
    if matches!(finding.rule.code, "unknown-code" | "unused-ignore") {
        return None;
    }
    let line = project.sources.lines(Span { end: span.start, ..span });
    // Not above a line that a value goes on in: it would become part of the value.
    let inside = |entry: &crate::layer::Entry| entry.value.start < line.start && line.start < entry.value.end;
    if layer.is_some_and(|layer| layer.entries.iter().any(inside)) {
        return None;
    }
    let text = project.sources.text(span.source);
    let text = text.get(line.range()).unwrap_or_default();
    let indent = if layer.is_some() { "" } else { &text[..text.len() - text.trim_start().len()] };
    let position = places.lines(span.source).position(line.start as usize);
    let code = finding.rule.code;
    let edit = TextEdit::new(Range::new(position, position), format!("{indent}{sign} sparkcfg: ignore[{code}]\n"));
    Some(Mend { path, title: format!("ignore {code} here"), edit, safe: false })
}

/// What keeps a project from being read, at its place.
pub(super) fn of_error(error: &Error, files: &Files, encoding: Encoding) -> Told {
    let (path, place) = match error.place.as_deref() {
        Some(place) => split(place),
        None => (PROJECT_FILE, None),
    };
    let text = files.read_if_there(path).ok().flatten().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.unwrap_or_default();
    let range = place.map_or_else(Range::default, |(line, column)| {
        let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let rest = text.get(start..).unwrap_or_default().split(['\n', '\r']).next().unwrap_or_default();
        let skipped = rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at);
        Lines::new(&text, encoding).range(start + skipped..start + rest.len())
    });
    let help = error.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let diagnostic = Diagnostic {
        range,
        severity: Some(DiagnosticSeverity::ERROR),
        source: Some("sparkcfg".to_owned()),
        message: format!("{}{}", printable(&error.message), help.lines().map(printable).collect::<Vec<_>>().join("\n")),
        ..Diagnostic::default()
    };
    let path = path.to_owned();
    Told { path, diagnostic, related: Vec::new(), mends: None, silences: None, is_failure: true }
}

/// `path:line:column`, both from 1.
fn split(place: &str) -> (&str, Option<(usize, usize)>) {
    let parts = || {
        let (rest, column) = place.rsplit_once(':')?;
        let (path, line) = rest.rsplit_once(':')?;
        let (line, column) = (line.parse::<usize>().ok()?, column.parse::<usize>().ok()?);
        (line > 0 && column > 0).then_some((path, Some((line, column))))
    };
    parts().unwrap_or((place, None))
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Note => DiagnosticSeverity::INFORMATION,
    }
}

fn tags(code: &str) -> Option<Vec<DiagnosticTag>> {
    match code {
        "deprecated-key" => Some(vec![DiagnosticTag::DEPRECATED]),
        "unused-ignore" => Some(vec![DiagnosticTag::UNNECESSARY]),
        _ => None,
    }
}

/// Whether two ranges have a place in common; those that only touch do.
pub(super) fn touch(one: Range, other: Range) -> bool {
    let before = |end: Position, start: Position| (end.line, end.character) < (start.line, start.character);
    !before(one.end, other.start) && !before(other.end, one.start)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn places_of_errors() {
        for (text, expected) in [
            ("sparkcfg.toml:2:10", ("sparkcfg.toml", Some((2, 10)))),
            ("sparkcfg.toml", ("sparkcfg.toml", None)),
            ("a:b", ("a:b", None)),
            ("a:0:1", ("a:0:1", None)),
        ] {
            assert_eq!(split(text), expected);
        }
    }
}
