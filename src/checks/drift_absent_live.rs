//! A key is declared and not in the process that runs.
//!
//! What counts: keys that the environment is known to set. `KEY_FILE` in the process counts as the key: its value comes from a file;
//! so does a reference (`${KEY}`) in what the templates give (`render:compose`): whoever starts it hands the value over.
//!
//! A key that is for other services (`x-sparkcfg.services`), and one whose value is there under a name that nobody declared
//! (`POSTGRES_DB` for `SQL_DATABASE`), does not count.
//!
//! Example: prod sets `SENTRY_DSN`, and the container was started before that.
//!
//! Remedy: restart what runs so that it reads its configuration again, or hand the variable on to it (`environment:` or
//! `env_file:` in a compose file, `env` in an ecosystem file).

use super::matrix::Compared;
use crate::drift::Relation;
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-absent-live",
    severity: Severity::Error,
    summary: "a declared key is not in what runs",
    page: include_str!("drift_absent_live.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    if !compared.surely_sets(0) {
        return;
    }
    let key = told_name(compared.key);
    let is_absent = |live: &usize| !compared.cells[*live].state.is_there() && !compared.cells[*live].by_file;
    // What its readers fall back to may be what is declared.
    let has_default = |live: usize| compared.relation(0, live) == Relation::Same;
    let is_wanted =
        |live: &usize| !has_default(*live) && !compared.is_for_others(*live) && !compared.arrives_renamed(*live);
    for live in compared.columns().skip(1).filter(is_absent).filter(is_wanted) {
        let name = compared.name(live);
        let message = format!("{key} is declared and not in {name}");
        let noun = compared.noun(live);
        let finding = compared.finding(&RULE, &[0, live], message, &format!("declared, not in the {noun}"));
        findings.push(finding.help(match noun {
            "rendered file" if compared.lacks_readers(live) => {
                "use it in the template; or say under `services` who reads it"
            }
            "rendered file" => "use it in the template, or take it out of what is declared",
            "file" => "set it there, or take it out of what is declared",
            "service" if compared.lacks_readers(live) => {
                "see that the variable is handed on to it; or say under `services` who reads it"
            }
            "service" => "see that the variable is handed on to it",
            _ if compared.lacks_readers(live) => {
                "restart what runs, and see that the variable is handed on to it; or say under `services` who reads it"
            }
            _ => "restart what runs, and see that the variable is handed on to it",
        }));
    }
}
