//! A policy cannot be checked, because a value could not be opened or read.
//!
//! What counts: keys whose policy is `must-match` or `must-differ`, and secrets of protected environments; between two
//! revisions of one environment, any key. A closed file of which not even the names are known may hold every key of the
//! schema; where none of them has such a policy, the file itself is told. So may a line that docker compose refuses hold its
//! key. It is a note, and an error with `--unknown error`. An unknown value is never taken for the same, nor for missing.
//!
//! Example: `API_KEY` must differ between staging and prod, and only the key for staging is at hand.
//!
//! Remedy: give a key that opens the file, as `sparkcfg explain cannot-open` says. No key opens one that is damaged: restore it,
//! as `sparkcfg explain sealed-file-damaged` says.

use super::matrix::{Compared, Lapsed};
use crate::drift::{Relation, State};
use crate::finding::{Bucket, Finding, Rule, Severity, told_name};
use crate::schema::extension::Drift;

pub(super) static RULE: Rule = Rule {
    code: "drift-unknown",
    severity: Severity::Note,
    summary: "a value could not be opened, so its policy is not checked",
    page: include_str!("drift_unknown.rs"),
};

/// What to do about what stays closed.
const OPEN: &str = "give a key that opens it: --identity FILE";
/// What to do about what no key opens.
const RESTORE: &str = "the sealed file is damaged: restore it from the last commit in which it opened";

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let columns = compared.columns_of(|one, other, policy| {
        let policy = matches!(policy, Some(Drift::MustMatch | Drift::MustDiffer));
        let policy = policy || compared.is_live() || compared.is_over_time();
        // Beside a value that nobody set there is nothing to be the same as.
        let empty = |column: usize| {
            let state = compared.cells[column].state;
            state == State::Absent || compared.cells[column].by_file || compared.cells[column].by_reference
        };
        policy && !empty(one) && !empty(other) && compared.relation(one, other) == Relation::Unknown
    });
    let closed: Vec<_> = columns.into_iter().filter(|column| compared.cells[*column].state == State::Unknown).collect();
    if closed.is_empty() {
        return;
    }
    let names: Vec<_> = closed.iter().map(|column| compared.name(*column)).collect();
    let listed = super::listed(&names, "and");
    let key = told_name(compared.key);
    // Of what runs, some is told only by where it comes from.
    let (message, short, help) = if compared.is_live() && closed.iter().all(|column| *column > 0) {
        let message = format!("the value of {key} in {listed} is not told, so it is not compared");
        let is_file = closed.iter().all(|column| compared.noun(*column) == "file");
        (
            message,
            format!("not told in {listed}"),
            if closed.iter().all(|column| compared.is_rendered(*column)) {
                "whoever starts it may have it: see that it is handed on"
            } else if is_file {
                "mend the lines of it that are broken"
            } else {
                "hand over what it comes from, too, as `kubectl get deploy,cm,secret -o json` and `docker compose config` do"
            },
        )
    } else if let Some(broken) = closed.iter().find_map(|column| compared.broken_at(*column)) {
        let message = format!("{key} could not be read in {listed}, so its policy is not checked");
        let mut finding = compared.finding(&RULE, &closed, message, &format!("not read in {listed}"));
        finding = finding.at(broken, "this line is broken").help("mend the line: sparkcfg validate says how");
        findings.push(settled(compared, finding));
        return;
    } else {
        let so =
            if compared.is_over_time() { "nobody can say whether it changed" } else { "its policy is not checked" };
        let message = format!("{key} could not be opened in {listed}, so {so}");
        let damaged = closed.iter().any(|column| compared.is_damaged(*column));
        (message, format!("not opened in {listed}"), if damaged { RESTORE } else { OPEN })
    };
    let mut finding = compared.finding(&RULE, &closed, message, &short).help(help);
    let is_placed = closed.iter().any(|column| compared.cells[*column].at.is_some());
    if let (Some(at), false) = (closed.iter().rev().find_map(|column| compared.closed_at(*column)), is_placed) {
        finding = finding.at(at, "nobody here can open it");
    }
    findings.push(settled(compared, finding));
}

/// Still closed, and another policy: nobody needs the value to see that.
pub(super) fn lapsed(past: &Lapsed<'_>) -> Option<String> {
    let was = past.was?;
    let holds = past.row.policy != Some(was) && past.any(|cell| cell.state == State::Unknown);
    holds.then(|| past.policy(was))
}

/// What is said about a file that may hold any key.
pub(super) fn of_file(path: &str, damaged: bool) -> Finding {
    let why = if damaged { "is damaged" } else { "could not be opened" };
    Finding::new(&RULE, format!("{path} {why}, so what it holds is not compared")).help(if damaged {
        RESTORE
    } else {
        OPEN
    })
}

/// Whether it counts is the user's to say.
fn settled(compared: &Compared<'_, '_>, finding: Finding) -> Finding {
    let mut finding = finding.severity(compared.unknown_severity());
    if compared.unknown_severity() == Severity::Note
        && let Some(difference) = &mut finding.difference
    {
        difference.bucket = Bucket::Unknown;
    }
    finding
}
