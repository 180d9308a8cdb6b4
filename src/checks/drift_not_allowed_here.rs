//! A key is set in an environment that its schema leaves out.
//!
//! `x-sparkcfg.only-in` lists the environments in which the key may be set.
//!
//! What runs counts as the environment that it is compared with.
//!
//! Example: `DEBUG_TOOLBAR` has `"only-in": ["dev"]` and is set in prod.
//!
//! Remedy: take the line out (`--fix` does, where no other environment reads it), start what runs without it, or add the
//! environment to `only-in`.

use super::matrix::{Compared, Lapsed};
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-not-allowed-here",
    severity: Severity::Error,
    summary: "a key is set where `only-in` forbids it",
    page: include_str!("drift_not_allowed_here.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let Some(list) = compared.property.as_ref().and_then(crate::schema::property::Property::only_in) else { return };
    let key = told_name(compared.key);
    // What stood there before is nothing that changed.
    let is_old = compared.times().is_some_and(|(then, _)| compared.is_forbidden(then));
    let forbidden = compared.judged().filter(|column| compared.is_forbidden(*column) && !is_old);
    // What runs has it from what is declared, so where both have it there is one line to take out.
    for column in forbidden.take(if compared.is_live() { 1 } else { usize::MAX }) {
        let name = compared.name(column);
        let allowed =
            if list.is_empty() { "nowhere".to_owned() } else { format!("in {} only", super::listed(list, "and")) };
        let message = format!("{key} is set in {name}, and belongs {allowed}");
        let mut finding = compared.finding(&RULE, &[column], message, &format!("set in {name}; {allowed}"));
        let out = match () {
            () if compared.runs(column) => "start what runs without it",
            () if compared.is_rendered(column) => "take it out of the template",
            () => "take it out",
        };
        finding = finding.help(format!("{out}, or add {} to only-in", compared.environment(column)));
        if let Some((span, stays)) = compared.removal(column) {
            let stays = if stays { "; the comment above it stays" } else { "" };
            finding = finding.fix(span, "", format!("remove {key} from {name}{stays}"));
        }
        findings.push(finding);
    }
}

/// Set where it was forbidden.
pub(super) fn lapsed(past: &Lapsed<'_>) -> Option<String> {
    let holds = past.any(|cell| cell.state.is_there());
    holds.then(|| format!("the schema allows {} in {} now", past.key, past.names()))
}
