//! What a branch lets count less in `sparkcfg.toml`: a severity that fails no run any more, and what nobody classified.

use std::collections::HashMap;

use super::Options;
use super::following::{Before, Present};
use crate::drift::Row;
use crate::drift::policy::Policies;
use crate::environment::Setting;
use crate::finding::{Bucket, Finding, Severity};
use crate::project::Project;
use crate::project::config::Config;
use crate::report::FailOn;
use crate::schema::extension::Drift;
use crate::schema::property::Property;

/// Which pattern for names says of a key that it may differ, in words, where nothing says so of the key itself: that is no decision
/// about it.
pub(super) fn by_pattern(project: &Project, policies: &Policies, key: &str) -> Option<String> {
    let property = project.schema.as_ref().map(|schema| schema.schema.property(key));
    let declared = property.as_ref().and_then(Property::drift);
    let by_schema = property.as_ref().is_some_and(Property::is_drift_by_pattern);
    let fitting = policies.of(key, declared.filter(|_| !by_schema));
    match fitting.by_pattern() {
        _ if fitting.is_named() => None,
        _ if by_schema => Some("a pattern of the schema says may-differ".to_owned()),
        pattern => Some(format!("`{}` says may-differ in sparkcfg.toml", pattern?)),
    }
}

/// Whether a finding by the rules of a revision is about a secret that came with a policy of its own: that it must differ was said of
/// all secrets and not of this one, so nothing is loosened.
pub(super) fn is_first_said(finding: &Finding, past: &Before<'_>, rows: &[Row]) -> bool {
    let (Some(key), Some(project)) = (finding.key.as_deref(), past.project) else { return false };
    let was_set = past.environments.iter().any(|it| it.get(key).is_some_and(Setting::is_set));
    let policy = rows.iter().find(|row| row.key == key).and_then(|row| row.policy);
    let is_said = policy.is_some_and(|policy| policy != Drift::MustDiffer);
    finding.rule.code == "drift-must-differ" && !was_set && is_said && {
        let names: Vec<_> = past.environments.iter().map(|environment| &*environment.name).collect();
        let policies = project.config.policies(("", ""), &names).unwrap_or_default();
        let declared = project.schema.as_ref().and_then(|schema| schema.schema.property(key).drift());
        policies.of(key, declared).is_silent()
    }
}

/// Counts of what counts no longer what counted at the revision for what its `sparkcfg.toml` says.
pub(super) fn count_as_then(silenced: &mut [Finding], then: &Config) {
    for finding in silenced {
        let level = then.severity.get(finding.rule.code).and_then(|level| level.severity());
        if let Some(difference) = finding.difference.as_mut().filter(|_| level > Some(Severity::Note)) {
            difference.bucket = Bucket::Unexpected;
        }
    }
}

/// How bad each finding is before the project says so, by its id; nothing where it says nothing of any.
pub(super) fn severities(findings: &[Finding], project: &Project) -> HashMap<String, Severity> {
    if project.config.severity.is_empty() {
        return HashMap::new();
    }
    let own = |finding: &Finding| Some((finding.difference.as_ref()?.id.clone(), finding.severity));
    findings.iter().filter_map(own).collect()
}

/// Takes out the findings that do not fail the run, and would by what the revision says, each with the reason.
pub(super) fn taken_out(
    findings: &mut Vec<Finding>,
    then: &Config,
    now: &Present<'_>,
    options: &Options<'_>,
) -> Vec<Finding> {
    // Whoever lets nothing fail wants to see the same report.
    let fail_on = if options.fail_on == FailOn::Never { FailOn::Error } else { options.fail_on };
    let because = |finding: &Finding| {
        let code = finding.rule.code;
        let level = then.severity.get(code);
        let was_strict = then.drift.strict && !now.project.config.drift.strict && !options.strict;
        let difference = finding.difference.as_ref()?;
        let is_unclassified = code == "drift-unclassified";
        let own = if is_unclassified && was_strict {
            Severity::Error
        } else {
            now.severities.get(&difference.id).copied().unwrap_or(finding.severity)
        };
        let was = level.map_or(Some(own), |level| level.severity())?;
        if !fail_on.counts(was) || fail_on.counts(finding.severity) {
            return None;
        }
        Some(if is_unclassified && was_strict {
            "strict was true in sparkcfg.toml, and is not".to_owned()
        } else {
            format!("{code} was {}, and is {} in sparkcfg.toml", was.name(), finding.severity.name())
        })
    };
    let (mut kept, mut out) = (Vec::with_capacity(findings.len()), Vec::new());
    for mut finding in findings.drain(..) {
        match (because(&finding), &mut finding.difference) {
            (Some(because), Some(difference)) => {
                difference.because = Some(because);
                difference.bucket = Bucket::Unexpected;
                out.push(finding);
            }
            _ => kept.push(finding),
        }
    }
    *findings = kept;
    out
}
