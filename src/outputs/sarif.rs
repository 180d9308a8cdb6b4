//! `sarif`: SARIF 2.1.0 (OASIS) with what GitHub code scanning asks beyond it, for code scanning and editors.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Output, PROJECT_FILE, Style, fingerprints, json_text, shown_at, told_fix, uri};
use crate::checks;
use crate::finding::{Finding, Fix, Rule, Severity};
use crate::report::Report;
use crate::source::Span;

pub(super) const OUTPUT: Output =
    Output { name: "sarif", summary: "SARIF 2.1.0, for code scanning and editors", write };

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The rules about secrets, which GitHub is to show as security alerts, with their score from 0.1 to 10.
const SECURITY_SEVERITY: &[(&str, &str)] = &[
    ("plaintext-secret", "9.0"),
    ("published-secret", "9.0"),
    ("secrets-tracked", "8.0"),
    ("unsealed-value", "8.0"),
    ("sealed-file-damaged", "7.0"),
    ("recipients-differ", "7.0"),
    ("shared-secret", "6.0"),
    ("placeholder-value", "5.0"),
];

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    /// Two uploads of one tool replace each other unless the category, all before the last `/`, differs.
    automation_details: Identity,
    column_kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invocations: Vec<Invocation>,
    results: Vec<Outcome<'a>>,
}

/// How the run went, where it could not check everything.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
struct Identity {
    id: String,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    properties: Map<String, Value>,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Remedy<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fingerprints {
    primary_location_line_hash: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Remedy<'a> {
    description: Text,
    artifact_changes: [Change<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    artifact_location: Artifact,
    replacements: [Replacement<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Inserted<'a>,
}

#[derive(Serialize)]
struct Inserted<'a> {
    text: &'a str,
}

fn write(report: &Report, _: &Style) -> String {
    let rules = rules(report);
    let described = rules.iter().map(|rule| descriptor(rule)).collect();
    let driver = Driver { name: "sparkcfg", semantic_version: env!("CARGO_PKG_VERSION"), rules: described };
    let findings = report.told().zip(fingerprints(report));
    let results = findings.map(|(finding, fingerprint)| outcome(report, finding, fingerprint, &rules)).collect();
    let run = Run {
        tool: Tool { driver },
        automation_details: Identity { id: uri(&report.home.category(report.command)) },
        column_kind: "unicodeCodePoints",
        invocations: invocations(report),
        results,
    };
    json_text(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] })
}

/// That results which are not there may be missing, because a part was not checked.
fn invocations(report: &Report) -> Vec<Invocation> {
    let told = report.unchecked.iter().map(|folder| Notification {
        level: Severity::Error.name(),
        message: plain(&format!("{folder} was not checked")),
    });
    let tool_execution_notifications: Vec<_> = told.collect();
    let is_whole = tool_execution_notifications.is_empty();
    let invocation = Invocation { execution_successful: false, tool_execution_notifications };
    if is_whole { Vec::new() } else { vec![invocation] }
}

/// Every rule that there is, and those of other commands that have findings, by code.
fn rules(report: &Report) -> Vec<&'static Rule> {
    let known = checks::ALL.iter().map(|check| check.rule);
    let mut rules: Vec<_> = known.chain(report.findings.iter().map(|finding| finding.rule)).collect();
    rules.sort_by_key(|rule| rule.code);
    rules.dedup_by_key(|rule| rule.code);
    rules
}

fn descriptor(rule: &Rule) -> Descriptor {
    let explanation = rule.explanation();
    // An empty string counts as absent for GitHub, and the page may be empty.
    let help = if explanation.is_empty() { rule.summary.to_owned() } else { explanation };
    let summary = limited(if rule.summary.is_empty() { rule.code } else { rule.summary });
    let first = help.split("\n\n").next().map(|paragraph| paragraph.replace('\n', " "));
    let full = first.map_or_else(|| summary.clone(), |paragraph| limited(&paragraph));
    let security = SECURITY_SEVERITY.iter().find(|(code, _)| *code == rule.code);
    let mut properties = Map::new();
    properties.insert("precision".to_owned(), json!("very-high"));
    properties.insert("problem.severity".to_owned(), json!(problem_severity(rule.severity)));
    if let Some((_, score)) = security {
        properties.insert("security-severity".to_owned(), json!(score));
    }
    let tags = if security.is_some() { json!(["configuration", "security"]) } else { json!(["configuration"]) };
    properties.insert("tags".to_owned(), tags);
    Descriptor {
        id: rule.code,
        full_description: Text { text: if full.is_empty() { summary.clone() } else { full } },
        short_description: Text { text: summary.clone() },
        help: Help {
            text: if help.is_empty() { summary.clone() } else { help.clone() },
            markdown: if help.is_empty() { summary } else { help },
        },
        default_configuration: Configuration { level: rule.severity.name() },
        properties,
    }
}

/// GitHub cuts descriptions at 1,024 characters and refuses longer ones.
fn limited(text: &str) -> String {
    text.chars().take(1024).collect()
}

/// GitHub's word for what SARIF calls a note.
fn problem_severity(severity: Severity) -> &'static str {
    if severity == Severity::Note { "recommendation" } else { severity.name() }
}

fn outcome<'a>(
    report: &Report,
    finding: &'a Finding,
    (hash, nth): (String, usize),
    rules: &[&'static Rule],
) -> Outcome<'a> {
    let mut text = finding.message.clone();
    if !finding.environments.is_empty() {
        let _ = write!(text, " (in {})", finding.environments.join(", "));
    }
    if let Some(help) = &finding.help {
        // The first sentence is the title of the alert.
        let _ = write!(text, ".\n{help}");
    }
    let related = finding.other_places().map(|label| Location {
        message: (!label.message.is_empty()).then(|| plain(&label.message)),
        ..location(report, Some(label.span))
    });
    Outcome {
        rule_id: finding.rule.code,
        rule_index: rules.binary_search_by_key(&finding.rule.code, |rule| rule.code).unwrap_or_default(),
        level: finding.severity.name(),
        message: plain(&text),
        locations: [location(report, shown_at(finding))],
        related_locations: related.collect(),
        partial_fingerprints: Fingerprints { primary_location_line_hash: format!("{hash}:{nth}") },
        fixes: told_fix(report, finding).filter(|fix| fix.safe).map(|fix| remedy(report, fix)).into_iter().collect(),
    }
}

/// A plain text message (SARIF §3.11.5), in which `[a](b)` would be a link (§3.11.6).
fn plain(text: &str) -> Text {
    Text { text: text.replace("](", "] (") }
}

fn remedy<'a>(report: &Report, fix: &'a Fix) -> Remedy<'a> {
    let replacement =
        Replacement { deleted_region: region(report, fix.span), inserted_content: Inserted { text: &fix.replacement } };
    let change = Change { artifact_location: artifact(report, fix.span), replacements: [replacement] };
    Remedy { description: plain(&fix.title), artifact_changes: [change] }
}

/// A location; where there is none, the beginning of the project's own file, because GitHub drops a result without.
fn location(report: &Report, span: Option<Span>) -> Location {
    let beginning = || Physical {
        artifact_location: Artifact { uri: uri(&report.home.of_project(PROJECT_FILE)) },
        region: Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 },
    };
    let physical = |span| Physical { artifact_location: artifact(report, span), region: region(report, span) };
    Location { physical_location: span.map_or_else(beginning, physical), message: None }
}

fn artifact(report: &Report, span: Span) -> Artifact {
    Artifact { uri: uri(&report.home.path(report.sources.path(span.source))) }
}

fn region(report: &Report, span: Span) -> Region {
    let place = report.place(span);
    Region {
        start_line: place.line,
        start_column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_all_that_github_asks() {
        let page = "//! One line.\n//! Goes on.\n//!\n//! Why it hurts: `x`.\nuse std;";
        let rule = Rule { code: "plaintext-secret", severity: Severity::Note, summary: "short", page };
        let bare = Rule { code: "syntax", severity: Severity::Error, summary: "", page: "" };
        for (rule, expected) in [
            (&rule, ["short", "One line. Goes on.", "One line.\nGoes on.\n\nWhy it hurts: `x`.", "note"]),
            (&bare, ["syntax", "syntax", "syntax", "error"]),
        ] {
            let said = descriptor(rule);
            let texts = [
                said.short_description.text.as_str(),
                &said.full_description.text,
                &said.help.markdown,
                said.default_configuration.level,
            ];
            assert_eq!(texts, expected);
            assert_eq!(said.properties.contains_key("security-severity"), rule.code == "plaintext-secret");
        }
    }

    #[test]
    fn a_run_that_left_something_out_says_so() {
        let report = |unchecked: &[&str]| {
            let unchecked: Vec<String> = unchecked.iter().map(ToString::to_string).collect();
            Report::new("validate", Vec::new(), crate::source::Sources::default(), crate::report::Summary::default())
                .without(&unchecked)
        };
        let said = serde_json::to_value(invocations(&report(&["services/mail"]))).unwrap();
        let notification = json!({ "level": "error", "message": { "text": "services/mail was not checked" } });
        let expected = json!([{ "executionSuccessful": false, "toolExecutionNotifications": [notification] }]);
        assert_eq!(said, expected);
        assert!(invocations(&report(&[])).is_empty());
    }

    #[test]
    fn messages_make_no_links() {
        for (text, expected) in [("see [a](http://b)", "see [a] (http://b)"), ("a[0](1)", "a[0] (1)"), ("[x]", "[x]")] {
            assert_eq!(plain(text).text, expected);
        }
    }
}
