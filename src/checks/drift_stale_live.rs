//! What runs has another value than what is declared.
//!
//! Why it hurts: the file was changed and nothing restarted, or somebody changed what runs and not the file. The next deploy
//! undoes it, or the last one never arrived.
//!
//! What counts: keys that are in both, unless the schema says that other services read them (`x-sparkcfg.services`).
//!
//! Example: prod says `LOG_LEVEL=warn`, and the process that PM2 runs has `info`.
//!
//! What the templates give (`render:compose`) counts like what runs.
//!
//! Remedy: restart what runs so that it reads its configuration again (the report prints the command), or write into the file
//! what should hold.

use super::matrix::Compared;
use crate::drift::{Relation, State};
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-stale-live",
    severity: Severity::Error,
    summary: "what runs has another value than the declared one",
    page: include_str!("drift_stale_live.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let key = told_name(compared.key);
    for live in compared.columns().skip(1).filter(|live| compared.cells[*live].state.is_there()) {
        let declared = compared.cells[0].class.is_some() && compared.cells[0].state != State::Absent;
        if !declared || compared.is_for_others(live) || compared.relation(0, live) != Relation::Different {
            continue;
        }
        let (word, verb) = if compared.is_rendered(live) { ("rendered", "is rendered") } else { ("live", "runs") };
        let short = format!("declared {} · {word} {}", compared.told_value(0), compared.told_value(live));
        let message = if compared.secret {
            format!("{key} in {} is not the declared secret", compared.name(live))
        } else if compared.hidden {
            format!("{key} in {} is not as declared (hidden)", compared.name(live))
        } else {
            format!("{key} is declared as {} and {verb} as {}", compared.told_value(0), compared.told_value(live))
        };
        let finding = compared.finding(&RULE, &[0, live], message, &short);
        findings.push(finding.help(match compared.noun(live) {
            "rendered file" => "see that its template uses what is declared, or write into the file what should hold",
            "file" => "write into one of them what should hold",
            "service" => "see that it is given what is declared, or write into the file what should hold",
            _ => "restart what runs, or write into the file what should hold",
        }));
    }
}
