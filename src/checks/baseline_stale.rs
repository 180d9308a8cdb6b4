//! An entry of `sparkcfg-baseline.toml` is past its date, or matches nothing.
//!
//! The baseline keeps differences that somebody accepted, each with a reason. An entry that matches nothing any more hides
//! what comes next; one with `until` is meant to be looked at again. Where a file could not be opened, nothing is said about
//! entries for its keys.
//!
//! Example: `until = "2026-12-31"`, and that day is over.
//!
//! Remedy: mend the difference, accept it anew with `sparkcfg drift --ack CODE KEY --why "…"`, or take the entry away with
//! `sparkcfg drift --prune-acks`.

use crate::drift::baseline::{Entry, Stale};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "baseline-stale",
    severity: Severity::Warning,
    summary: "an accepted difference is past its date, or is none any more",
    page: include_str!("baseline_stale.rs"),
};

pub(super) fn found(entry: &Entry, why: Stale, at: Span) -> Finding {
    let (code, key) = (&entry.code, told_name(&entry.key));
    let (message, label) = match (why, &entry.until) {
        (Stale::Expired, Some(until)) => {
            (format!("{code} of {key} was accepted until {until}, and that day is over"), "over")
        }
        _ => (format!("{code} of {key} is accepted, and not found"), "covers nothing"),
    };
    let help = "mend the difference, accept it anew with --ack, or take the entry away with --prune-acks";
    Finding::new(&RULE, message).key(&entry.key).at(at, label).help(help)
}
