//! A value holds `$(…)` or backticks, which some readers run as a command.
//!
//! docker compose and sparkcfg read it as text and run nothing. A shell that sources the file, GNU make that includes
//! it and Ruby's dotenv do run it, with the rights of whoever starts them; where the command fails, Ruby's dotenv loads
//! nothing of the whole file, without a word. Where `[consumers]` says who reads the file and none of them runs a
//! command, this is quiet.
//!
//! Example: `HOST=$(hostname)`.
//!
//! Remedy: write the value out, or let the program that starts the service compute it. Single quotes keep a shell
//! from running it, but not make.

use super::File;
use crate::dialects::{self, Process};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "command-substitution",
    severity: Severity::Warning,
    summary: "a value holds a command that some readers run",
    page: include_str!("command_substitution.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    if file.layer.sealed || !(file.layer.text.contains('`') || file.layer.text.contains("$(")) {
        return;
    }
    let run = runs(file);
    for entry in &file.layer.entries {
        let written = file.layer.slice(&entry.value);
        let dollar = written.find("$(").map(|at| (at, "$(…)"));
        let tick = written.find('`').filter(|at| written[at + 1..].contains('`')).map(|at| (at, "backticks"));
        let Some((at, what)) = dollar.into_iter().chain(tick).min() else { continue };
        let start = entry.value.start + u32::try_from(at).unwrap_or_default();
        let by = match &run {
            None => "text for docker compose, run by shells and make".to_owned(),
            Some(run) => {
                let within = |place: &usize| (entry.value.start as usize..entry.value.end as usize).contains(place);
                let readers: Vec<_> =
                    run.iter().filter(|(_, places)| places.iter().any(within)).map(|(reader, _)| *reader).collect();
                match readers.as_slice() {
                    [] => continue,
                    [one] => format!("{one} runs it"),
                    several => format!("{} run it", super::listed(several, "and")),
                }
            }
        };
        let message = format!("{} holds a command in {what}", file.name(entry));
        let span = file.layer.span(&(start..entry.value.end));
        let help = if by.contains("ruby-dotenv") {
            "write the value out; where the command fails, ruby-dotenv loads nothing of the file"
        } else {
            "write the value out; an env file should hold no program"
        };
        findings.push(file.about(&RULE, entry, message).at(span, by).help(help));
    }
}

/// Where each reader of the file would run something; `None` where nobody says who reads it besides docker compose.
fn runs(file: &File<'_>) -> Option<Vec<(&'static str, Vec<usize>)>> {
    let chains = file.project.readers.get(file.index).filter(|chains| chains.len() > 1)?;
    let mut names: Vec<&str> = chains.iter().flat_map(|chain| chain.split('>')).map(str::trim).collect();
    names.sort_unstable();
    names.dedup();
    let reads = |name: &str| {
        let dialect = dialects::find(name)?;
        let executes = (dialect.read)(file.layer.text.as_bytes(), &Process::new()).executes;
        Some((dialect.name, executes.iter().map(|range| range.start).collect()))
    };
    Some(names.into_iter().filter_map(reads).collect())
}
