//! A key must have one value, and has several.
//!
//! The policy is `must-match`: under `x-sparkcfg.drift` in the schema, or in a `[[drift.rule]]` of `sparkcfg.toml`. Values are
//! compared as what they say, after layers, defaults and references: `1.0` is `1`, `1m30s` is `90s`. A value in one and none
//! in another are several, also of a key that the schema does not demand; `only-in` says where a key has no place.
//!
//! Example: `API_TIMEOUT_MS` is 3000 in staging and 30000 in prod.
//!
//! Remedy: give both the same value, best in the base that they share; or accept it with a reason:
//! `sparkcfg drift --ack drift-must-match API_TIMEOUT_MS --why "…"`.

use super::matrix::{Compared, Lapsed};
use super::mending::Obstacle;
use crate::drift::{Cell, Relation, State};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::extension::Drift;

pub(super) static RULE: Rule = Rule {
    code: "drift-must-match",
    severity: Severity::Error,
    summary: "a key that must have one value has several",
    page: include_str!("drift_must_match.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let columns = compared.columns_of(|one, other, policy| {
        // A value that must be there and is not has a finding of its own.
        let missing = compared.is_missing(one) || compared.is_missing(other);
        policy == Some(Drift::MustMatch) && !missing && compared.relation(one, other) == Relation::Different
    });
    if columns.is_empty() {
        return;
    }
    let key = told_name(compared.key);
    let told: Vec<_> = columns.iter().map(|column| compared.told(*column)).collect();
    let message = if compared.hidden {
        format!("{key} must match, and differs (hidden)")
    } else {
        format!("{key} must match: {}", told.join(", "))
    };
    let odd = odd_one(compared, &columns);
    // The last one is pointed at.
    let mut placed = columns;
    placed.sort_by_key(|column| odd.is_some_and(|(odd, _)| odd == *column));
    let mut finding = compared.finding(&RULE, &placed, message, &told.join(" · "));
    finding = finding.help("give it one value, best in the base that they share");
    if let Some((odd, good)) = odd
        && let Some(text) = compared.text(good)
    {
        let edit = match compared.cells[odd].state {
            _ if compared.follows(odd, good) => Err(Obstacle::Follows),
            State::Absent | State::Default => compared.insertion(odd, text),
            _ => compared.replacement(odd, text),
        };
        match edit {
            Ok((span, replacement)) => {
                let title = format!("set {key} in {} as in {}", compared.name(odd), compared.name(good));
                finding = finding.fix(span, replacement, title).safe(false);
            }
            Err(Obstacle::Sealed | Obstacle::NoFile) => {}
            Err(obstacle @ Obstacle::Follows) => finding = finding.help(obstacle.told()),
            Err(obstacle) => finding = finding.help(format!("give it one value by hand: {}", obstacle.told())),
        }
    }
    findings.push(finding);
}

/// Two values that must be one and are not.
pub(super) fn lapsed(past: &Lapsed<'_>) -> Option<String> {
    let has_place = |cell: &Cell| cell.state != State::NotApplicable;
    let differ = |(_, one): (&str, &Cell), (_, other): (&str, &Cell)| {
        has_place(one) && has_place(other) && one.relation(other) == Relation::Different
    };
    if past.any_pair(differ) {
        return Some(past.policy(Drift::MustMatch));
    }
    let is_there = |(_, one): (&str, &Cell), (_, other): (&str, &Cell)| has_place(one) && has_place(other);
    let is_untouched = past.is_untouched() && past.any_pair(is_there);
    is_untouched.then(|| format!("by the schema these are one value of {} now", past.key))
}

/// The one that is to be changed and the one that it follows: of two that somebody named, the second; of several, the one that
/// stands alone. Else nobody says which of them is right.
fn odd_one(compared: &Compared<'_, '_>, columns: &[usize]) -> Option<(usize, usize)> {
    if let [one, other] = columns {
        return compared.is_pair().then_some((*other, *one));
    }
    let class = |column: &usize| compared.cells[*column].class;
    let alone = |column: &&usize| columns.iter().filter(|other| class(other) == class(column)).count() == 1;
    let mut odd = columns.iter().filter(alone);
    let (Some(odd), None) = (odd.next(), odd.next()) else { return None };
    let mut others = columns.iter().filter(|column| *column != odd);
    let first = others.next()?;
    others.all(|column| class(column) == class(first)).then_some((*odd, *first))
}
