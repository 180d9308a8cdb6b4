//! A Compose or PM2 file has as a literal what a declared key is there for.
//!
//! Told are a declared key that is set to a literal, and a published port that is the value of a declared port.
//!
//! Why it hurts: whoever changes the key changes one place of two. The program listens on the new port, and Compose publishes
//! the old one.
//!
//! Example: `ports: ["8883:8883"]`, where `.env.example` has `API_PORT=8883`.
//!
//! Remedy: refer to the key: `"${API_PORT:-8883}:8883"`.

use super::references::Referenced;
use crate::compose::{Application, File, Files};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::references::Declared;
use crate::uses::{Fallback, Kind, Side};

pub(super) static RULE: Rule = Rule {
    code: "hardcoded-value",
    severity: Severity::Note,
    summary: "a literal stands where a declared key should",
    page: include_str!("hardcoded_value.rs"),
};

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    for (name, key) in referenced.keys.iter().filter(|(_, key)| !key.declared.is_empty()) {
        let starts = key.uses.iter().filter(|(file, found)| {
            let literal = matches!(&found.fallback, Fallback::Text { text, .. } if !text.is_empty());
            let side = file.reader.map(|reader| reader.side);
            found.kind == Kind::Set && literal && side == Some(Side::Start) && !file.aside && !is_meant(&file.path)
        });
        for (file, found) in starts {
            let owner = found.owner.as_deref().map(|owner| format!(" for {}", told_name(owner))).unwrap_or_default();
            let message = format!("{} is declared, but set to a literal{owner}", told_name(name));
            let finding = Finding::new(&RULE, message).key(name).at(file.span(found), "whatever the env file says");
            let finding = finding.related(key.declared[0].span, "declared here");
            findings.push(finding.help(format!("write ${{{}}} there, if it should follow the key", told_name(name))));
        }
    }
    ports(referenced, findings);
}

/// Whether a file is there to say it differently: `compose.override.yaml`, `compose.dev.yaml`.
fn is_meant(path: &str) -> bool {
    let mut words = path.split(['/', '.', '-', '_']);
    words.any(|word| matches!(word, "override" | "dev" | "development" | "test" | "ci" | "local" | "e2e"))
}

/// Published ports that a declared key has as its value.
fn ports(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let declared: Vec<&Declared> = {
        let all = referenced.project.references.declared.iter();
        all.filter(|declared| declared.name.ends_with("PORT") && declared.value.is_some()).collect()
    };
    if declared.is_empty() {
        return;
    }
    let composes = referenced
        .project
        .references
        .files
        .iter()
        .filter(|file| file.reader.is_some_and(|reader| reader.name == "compose"));
    for file in composes.filter(|file| !file.aside && !is_meant(&file.path)) {
        let text = referenced.project.sources.text(file.source);
        let mut files = Files::default();
        files.all.push(File::read(file.source, &file.path, text));
        let application = Application::of(&mut files, &[0], &mut |_| None);
        for service in &application.services {
            for port in service.ports() {
                let Some(published) = port.published.as_deref().filter(|port| port.len() > 2) else { continue };
                let Some(key) = declared.iter().find(|declared| declared.value.as_deref() == Some(published)) else {
                    continue;
                };
                // A port that is the default of a reference follows whatever it refers to.
                if text.get(port.span.start as usize..port.span.end as usize).is_none_or(|port| port.contains('$')) {
                    continue;
                }
                let name = told_name(&key.name);
                let message =
                    format!("{} publishes {published}, which is the value of {name}", told_name(&service.name));
                let finding = Finding::new(&RULE, message).key(&key.name).at(port.span, "stays when the key changes");
                let finding = finding.related(key.span, "declared here");
                findings.push(finding.help(format!("write ${{{name}:-{published}}} there")));
            }
        }
    }
}
