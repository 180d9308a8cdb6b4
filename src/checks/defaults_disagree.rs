//! A variable falls back to different values in different places.
//!
//! Defaults of programs, Compose, PM2, make and the schema are compared; empty ones and those of tests and scripts are left out.
//! A note where only files for different environments (`compose.dev.yaml`, `compose.prod.yaml`) differ.
//!
//! Why it hurts: which value counts depends on who starts the program. The API listens on one port, and its client calls another.
//!
//! Example: `${API_PORT:-8883}` in Compose, `os.getenv("API_PORT", "8000")` in the program.
//!
//! Remedy: keep one default, best in the schema, and let the other places demand the value (`${API_PORT:?}`).

use super::listed;
use super::references::Referenced;
use crate::finding::{Finding, Label, Rule, Severity, told_name};
use crate::project::references::Declarer;
use crate::source::Span;
use crate::uses::{Fallback, Kind};

pub(super) static RULE: Rule = Rule {
    code: "defaults-disagree",
    severity: Severity::Warning,
    summary: "a variable has different defaults in different places",
    page: include_str!("defaults_disagree.rs"),
};

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    for (name, key) in &referenced.keys {
        let mut defaults: Vec<(String, &str, Span, bool)> = Vec::new();
        for (file, found) in &key.uses {
            let Fallback::Text { text, .. } = &found.fallback else { continue };
            let counts = matches!(found.kind, Kind::Read | Kind::Pass) && !file.aside && !text.is_empty();
            let by = file.reader.map_or("", |reader| reader.name);
            // What a Dockerfile, a script or a workflow takes is about building.
            if counts && !matches!(by, "dockerfile" | "workflow" | "shell") && (found.sure || by == "make") {
                defaults.push((normal(text), text, file.span(found), is_of_one_environment(&file.path)));
            }
        }
        for declared in key.declared.iter().filter(|declared| declared.by == Declarer::Schema) {
            if let Some(text) = declared.value.as_deref().filter(|text| !text.is_empty()) {
                defaults.push((normal(text), text, declared.span, false));
            }
        }
        let distinct = |general: bool| {
            let counted = defaults.iter().filter(|(_, _, _, special)| !(general && *special));
            let mut texts: Vec<_> = counted.map(|(normal, ..)| normal).collect();
            texts.sort();
            texts.dedup();
            texts.len()
        };
        if distinct(false) < 2 || crate::uses::known::known(name).is_some() {
            continue;
        }
        let severity = if distinct(true) < 2 { Severity::Note } else { Severity::Warning };
        findings.push(found(referenced, name, &defaults, severity));
    }
}

fn found(
    referenced: &Referenced<'_>,
    name: &str,
    defaults: &[(String, &str, Span, bool)],
    severity: Severity,
) -> Finding {
    let mut shown: Vec<String> = Vec::new();
    for (_, text, ..) in defaults {
        let text = referenced.shown(name, text);
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    let values = if shown.len() > 1 { format!(": {}", listed(&shown, "and")) } else { String::new() };
    let message = format!("{} has different defaults{values}", told_name(name));
    let mut labels =
        defaults.iter().map(|(_, text, span, _)| Label::new(*span, format!("here {}", referenced.shown(name, text))));
    let mut finding = Finding::new(&RULE, message).key(name).severity(severity);
    finding.label = labels.next();
    finding.related = labels.collect();
    finding.help("keep one of them, and let the other places demand the value")
}

/// Values that read the same are the same.
fn normal(text: &str) -> String {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => "true".to_owned(),
        "false" | "no" | "off" => "false".to_owned(),
        lower => lower.strip_suffix(".0").unwrap_or(text).trim_end_matches('/').to_owned(),
    }
}

/// Whether a file is for one environment, by its name.
fn is_of_one_environment(path: &str) -> bool {
    let words = path.split(['/', '.', '-', '_']);
    words.into_iter().any(|word| {
        matches!(
            word,
            "dev"
                | "development"
                | "prod"
                | "production"
                | "staging"
                | "stage"
                | "test"
                | "ci"
                | "local"
                | "override"
                | "e2e"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn values_that_read_the_same() {
        for (one, other, same) in
            [("5402", "5402.0", true), ("True", "yes", true), ("a", "A", false), ("http://x/", "http://x", true)]
        {
            assert_eq!(normal(one) == normal(other), same, "{one} {other}");
        }
    }
}
