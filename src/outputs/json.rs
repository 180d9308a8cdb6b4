//! `json`: everything, for other programs; described by `schemas/report.schema.json`.

use serde_json::{Value, json};

use super::{Output, Style};
use crate::finding::{Finding, Label};
use crate::report::Report;

pub(super) const OUTPUT: Output =
    Output { name: "json", summary: "for programs; its schema is schemas/report.schema.json", write };

fn write(report: &Report, _: &Style) -> String {
    let findings: Vec<_> = report.findings.iter().map(|finding| one(report, finding)).collect();
    let document = json!({ "version": 1, "command": report.command, "findings": findings, "summary": report.summary });
    // A terminal may be reading: characters beyond ASCII's control range are escaped too.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    format!("{text}\n")
}

fn one(report: &Report, finding: &Finding) -> Value {
    let place = |label: &Label| json!(report.place(label.span));
    let related = |label: &Label| {
        let mut place = place(label);
        place["message"] = json!(label.message);
        place
    };
    let environment = match finding.environments.as_slice() {
        [only] => Some(&**only),
        _ => None,
    };
    let mut value = json!({
        "code": finding.rule.code,
        "severity": finding.severity,
        "environment": environment,
        "environments": finding.environments.iter().map(|name| &**name).collect::<Vec<_>>(),
        "key": finding.key,
        "message": finding.message,
        "help": finding.help,
        "location": finding.label.as_ref().map(place),
        "related": finding.related.iter().map(related).collect::<Vec<_>>(),
    });
    if let Some(fix) = &finding.fix {
        value["fix"] =
            json!({ "title": fix.title, "location": report.place(fix.span), "replacement": fix.replacement });
    }
    value
}
