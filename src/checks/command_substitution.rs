//! A value holds `$(…)` or backticks, which some readers run as a command.
//!
//! docker compose and sparkcfg read it as text and run nothing. A shell that sources the file runs both, and Ruby's dotenv and
//! npm's dotenv-expand (from version 1000 on) `$(…)`, with the rights of whoever starts them; where the command fails, Ruby's dotenv loads nothing of the whole file,
//! without a word. GNU make that includes the file runs `$(shell …)` and calls its other functions; any other `$(…)` is a
//! variable for it, mostly an empty one, and backticks are text; what stands behind `!=` it runs as well. `$((…))` is
//! arithmetic for a shell, and not run. Where somebody is seen to read the file, and none of them runs a command, this is
//! quiet; where nobody is seen, it is a note.
//!
//! Example: `HOST=$(hostname)`.
//!
//! Remedy: write the value out, or let the program that starts the service compute it. Single quotes keep a shell
//! from running it, but not make.

use super::File;
use crate::dialects::{self, Process};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::consumers::Consumer;

pub(super) static RULE: Rule = Rule {
    code: "command-substitution",
    severity: Severity::Warning,
    summary: "a value holds a command that some readers run",
    page: include_str!("command_substitution.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    if file.layer.sealed {
        return;
    }
    assigned(file, findings);
    if !(file.layer.text.contains('`') || file.layer.text.contains("$(")) {
        return;
    }
    let run = runs(file);
    for entry in &file.layer.entries {
        let written = file.layer.slice(&entry.value);
        // Two values with one backtick each are one command to a shell.
        let value = entry.value.start as usize..entry.value.end as usize;
        let over_lines = || {
            let mut places = run.iter().flatten().flat_map(|(_, places)| places);
            let is_tick =
                |place: &&usize| value.contains(place) && file.layer.text.as_bytes().get(**place) == Some(&b'`');
            places.find(is_tick).map(|place| (place - value.start, "backticks"))
        };
        let Some((at, what)) = command(written).or_else(over_lines) else { continue };
        let start = entry.value.start + u32::try_from(at).unwrap_or_default();
        let by = match &run {
            None => {
                let make = written.get(at..).is_some_and(|rest| rest.starts_with("$(shell "));
                format!("text for docker compose, run by {}", if make { "make" } else { "shells" })
            }
            Some(run) => {
                let within = |place: &usize| value.contains(place);
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
        let severity = if run.is_some() { RULE.severity } else { Severity::Note };
        let span = file.layer.span(&(start..entry.value.end));
        let help = if by.contains("ruby-dotenv") {
            "write the value out; where the command fails, ruby-dotenv loads nothing of the file"
        } else {
            "write the value out; an env file should hold no program"
        };
        findings.push(file.about(&RULE, entry, message).severity(severity).at(span, by).help(help));
    }
}

/// Commands that make assigns: `KEY!=command`, which is no assignment to others.
fn assigned(file: &File<'_>, findings: &mut Vec<Finding>) {
    let Some(make) = dialects::find("make").filter(|make| file.read_by(make.name)) else { return };
    if !file.layer.text.contains("!=") {
        return;
    }
    for place in (make.read)(file.layer.text.as_bytes(), &Process::new()).executes {
        let text = |range: std::ops::Range<usize>| file.layer.text.get(range).unwrap_or_default();
        if !text(0..place.start).trim_end().ends_with("!=") {
            continue;
        }
        let span = file.place(&place);
        let mut finding = Finding::new(&RULE, "what stands behind != is a command").at(span, "make runs it");
        finding.key = file.layer.key_on_line(span.start).map(told_name);
        findings.push(finding.help("write `KEY=value` with the value itself; an env file should hold no program"));
    }
}

/// The first command in a value as it is written, and how it is written there. Arithmetic, `$((…))`, is none.
fn command(written: &str) -> Option<(usize, &'static str)> {
    let is_arithmetic = |at: usize| written[at + 2..].starts_with('(') && written[at + 2..].contains("))");
    let dollar = written.match_indices("$(").find(|(at, _)| !is_arithmetic(*at)).map(|(at, _)| (at, "$(…)"));
    let tick = written.find('`').filter(|at| written[at + 1..].contains('`')).map(|at| (at, "backticks"));
    dollar.into_iter().chain(tick).min()
}

/// Where each reader of the file would run something; `None` where nobody is seen to read it.
fn runs(file: &File<'_>) -> Option<Vec<(&'static str, Vec<usize>)>> {
    /// Readers that ran nothing in older versions.
    const LATELY: &[&str] = &["dotenv-expand"];
    let consumers = file.project.consumers.get(file.index).filter(|consumers| !consumers.is_empty())?;
    let names = |consumer: &'_ Consumer| -> Vec<String> {
        let is_old = |name: &&str| !consumer.is_compared && LATELY.contains(name);
        consumer.chain.split('>').map(str::trim).filter(|name| !is_old(name)).map(ToOwned::to_owned).collect()
    };
    let mut names: Vec<String> = consumers.iter().flat_map(names).collect();
    names.sort_unstable();
    names.dedup();
    let reads = |name: &str| {
        let dialect = dialects::find(name)?;
        let executes = (dialect.read)(file.layer.text.as_bytes(), &Process::new()).executes;
        Some((dialect.name, executes.iter().map(|range| range.start).collect()))
    };
    Some(names.iter().filter_map(|name| reads(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn what_is_a_command() {
        for (written, expected) in [
            ("$(hostname)", Some((0, "$(…)"))),
            ("a`id`$(x)", Some((1, "backticks"))),
            ("$((1+1))", None),
            ("$((1+1))$(x)", Some((8, "$(…)"))),
            ("$((id); id)", Some((0, "$(…)"))),
            ("`", None),
        ] {
            assert_eq!(command(written), expected, "{written}");
        }
    }
}
