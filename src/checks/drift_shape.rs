//! Values may differ, but not in this part of them.
//!
//! `x-sparkcfg.same` lists the parts of a key's value that stay the same: `scheme user host port database origin path` of a
//! URL, the `length`, or the `unit` after a number. What follows from another part, such as the port of a scheme, is not told
//! again.
//!
//! Example: `DATABASE_URL` has `"same": ["scheme", "port"]`, and the port is 5432 in staging and 15432 in prod.
//!
//! Remedy: mend the value that is wrong, or take the part out of `same`.

use super::matrix::{Compared, Lapsed};
use crate::drift::{Cell, Relation};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::sameness::Shape;

pub(super) static RULE: Rule = Rule {
    code: "drift-shape",
    severity: Severity::Warning,
    summary: "values differ in a part that must stay the same",
    page: include_str!("drift_shape.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let mut found: Vec<(Shape, Vec<usize>)> = Vec::new();
    for shape in compared.kept_shapes() {
        // How long a secret is may not be told, not even by comparison.
        if compared.secret && shape == Shape::Length {
            continue;
        }
        let part = |column: usize| compared.text(column).map(|text| shape.of(text));
        let columns = compared.columns_of(|one, other, _| {
            let both = part(one).zip(part(other));
            let kept = compared.keeps(shape, one, other);
            kept && compared.relation(one, other) == Relation::Different
                && both.is_some_and(|(one, other)| one != other)
        });
        let texts: Vec<_> = columns.iter().filter_map(|column| compared.text(*column)).collect();
        let is_told = |(other, of): &(Shape, Vec<usize>)| *of == columns && shape.follows(*other, &texts);
        if columns.is_empty() || found.iter().any(is_told) {
            continue;
        }
        found.push((shape, columns.clone()));
        let key = told_name(compared.key);
        let told = columns.iter().map(|column| match (compared.hidden, part(*column).flatten()) {
            (false, Some(part)) => format!("{} {}", compared.name(*column), super::shortened(&part)),
            (false, None) => format!("{} none", compared.name(*column)),
            (true, _) => compared.name(*column).to_owned(),
        });
        let told: Vec<_> = told.collect();
        let hidden = if compared.hidden { " (hidden)" } else { "" };
        let differs = if compared.hidden { " differs:" } else { "" };
        let message = format!("the {} of {key} differs{hidden}: {}", shape.name(), told.join(", "));
        let short = format!("{}{differs} {}", shape.name(), told.join(" · "));
        let help = format!("its policy says that the {} stays the same", shape.name());
        let mut finding = compared.finding(&RULE, &columns, message, &short).help(help);
        let parts = |column| part(column).flatten().unwrap_or_default().into_owned();
        compared.narrow(&mut finding, shape.name(), &columns, parts);
        findings.push(finding);
    }
}

/// A part that is not the same.
pub(super) fn lapsed(past: &Lapsed<'_>) -> Option<String> {
    let part = past.part()?;
    let differ = |(one, _): (&str, &Cell), (other, _): (&str, &Cell)| past.part_differs([one, other], part);
    past.any_pair(differ).then(|| format!("nothing says any more that its {} stays the same", part.name()))
}
