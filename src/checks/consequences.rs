//! What follows from another fault of the same value, and so is not told a second time.

use std::collections::{HashMap, HashSet};
use std::mem::{Discriminant, discriminant};

use crate::detection::is_placeholder;
use crate::environment::{Environment, Setting};
use crate::schema::Schema;
use crate::schema::rules::Disagreement;
use crate::schema::violation::{Violation, ViolationKind};

/// Takes out what is said of a key whose value comes from a file that `KEY_FILE` names: it is not missing, and the other
/// is known.
pub(super) fn handed_over(environment: &Environment<'_>, schema: &Schema, violations: &mut Vec<Violation>) {
    let is_set = |key: &str| environment.get(key).is_some_and(is_filled) || environment.broken(key).is_some();
    violations.retain(|violation| {
        let Some(key) = violation.key.as_deref().filter(|_| violation.path.is_empty()) else { return true };
        match violation.kind {
            ViolationKind::Unknown { .. } => schema.by_file(key).is_none(),
            ViolationKind::Missing { .. } => {
                let file = format!("{key}_FILE");
                schema.by_file(&file).is_none() || !is_set(&file)
            }
            _ => true,
        }
    });
}

/// Whether a key has more than an empty text, which is as good as none to whoever reads `KEY_FILE`.
pub(super) fn is_filled(setting: &Setting<'_>) -> bool {
    setting.is_set() && setting.value.text() != Some("")
}

/// Takes out the violations that follow from another one: one mistake is one message.
///
/// A value with a reference that leads nowhere is not the one that was meant, so it is not judged; nor is an empty one where
/// a key has to be set. A value that is not of its format is not held against patterns as well, and what its format or a
/// pattern tells needs no `not`. Where an environment narrows a rule that stands for all, and both are broken, the narrower
/// one says it.
pub(super) fn left_out(environment: &Environment<'_>, violations: &mut Vec<Violation>) {
    if violations.is_empty() {
        return;
    }
    let loose: HashSet<&str> = environment.loose.iter().filter_map(|loose| decides(environment, loose)).collect();
    let mut broken: HashMap<Value, Vec<(Discriminant<ViolationKind>, bool)>> = HashMap::new();
    for violation in violations.iter().filter(|violation| is_about_form(&violation.kind)) {
        let rule = (discriminant(&violation.kind), is_narrower(violation));
        broken.entry((violation.key.clone(), violation.path.clone())).or_default().push(rule);
    }
    let format = discriminant(&ViolationKind::Format { name: String::new() });
    let pattern = discriminant(&ViolationKind::Pattern { pattern: String::new() });
    let missing: HashSet<String> = violations
        .iter()
        .filter(|one| one.kind.is_lack() && one.path.is_empty())
        .filter_map(|one| one.key.clone())
        .collect();
    violations.retain(|violation| {
        if violation.kind.is_lack() && violation.key.as_deref().is_some_and(|key| loose.contains(key)) {
            return false;
        }
        let is_not = matches!(&violation.kind, ViolationKind::Rule { keyword, .. } if keyword == "not");
        if !is_about_form(&violation.kind) && !is_not {
            return true;
        }
        if violation.key.as_deref().is_some_and(|key| loose.contains(key) || missing.contains(key)) {
            return false;
        }
        let others = broken.get(&(violation.key.clone(), violation.path.clone())).map_or(&[][..], Vec::as_slice);
        if is_not {
            return others.iter().all(|(kind, _)| *kind != format && *kind != pattern);
        }
        if matches!(violation.kind, ViolationKind::Pattern { .. }) && others.iter().any(|(kind, _)| *kind == format) {
            return false;
        }
        is_narrower(violation) || !others.contains(&(discriminant(&violation.kind), true))
    });
}

/// Takes out what cannot be compared: values that are wrong by themselves or not known yet, and defaults of the schema with each other.
pub(super) fn undecided(
    environment: &Environment<'_>,
    violations: &[Violation],
    disagreements: &mut Vec<Disagreement>,
) {
    if disagreements.is_empty() {
        return;
    }
    let wrong: HashSet<_> = violations
        .iter()
        .filter(|violation| is_about_form(&violation.kind) || violation.kind.is_lack())
        .filter_map(|violation| violation.key.as_deref())
        .collect();
    let loose: HashSet<_> = environment.loose.iter().filter_map(|loose| decides(environment, loose)).collect();
    let value = |key: &str| environment.get(key).filter(|setting| setting.is_set());
    disagreements.retain(|disagreement| {
        let keys = || disagreement.members.iter().map(|member| member.key.as_str());
        let placeholder = |key| value(key).and_then(|setting| setting.value.text()).is_some_and(is_placeholder);
        keys().any(|key| value(key).is_some())
            && !keys().any(|key| wrong.contains(key) || loose.contains(key) || placeholder(key))
    });
}

/// A key, and a place within its value.
type Value = (Option<String>, String);

/// The key whose value a reference without a value makes, if no higher layer sets it again.
fn decides<'a>(environment: &Environment<'a>, loose: &crate::environment::Loose<'a>) -> Option<&'a str> {
    let setting = environment.get(loose.key)?;
    (setting.layer == loose.layer && setting.entry == loose.entry).then_some(loose.key)
}

/// Whether a rule is about how a value is written, and not about whether it may be there.
fn is_about_form(kind: &ViolationKind) -> bool {
    use ViolationKind as Kind;
    !matches!(kind, Kind::Missing { .. } | Kind::Unknown { .. } | Kind::Deprecated { .. } | Kind::NotHere { .. })
        && !matches!(kind, Kind::Rule { .. } | Kind::Forbidden)
}

/// Whether a rule holds in one environment only.
fn is_narrower(violation: &Violation) -> bool {
    violation.pointer.contains("/x-sparkcfg/in/")
}
