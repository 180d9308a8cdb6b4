//! What a branch lets count less in `sparkcfg.toml`: a severity that fails no run any more, and what nobody classified.

use std::collections::HashMap;

use super::following::Present;
use super::{Member, Options, source};
use crate::checks::matrix::Lapsed;
use crate::drift::Row;
use crate::finding::{Bucket, Finding, Severity};
use crate::project::Project;
use crate::project::config::Config;
use crate::report::FailOn;
use crate::schema::extension::Drift;

impl Member<'_> {
    /// Differences of now that the policies of the revision would have told, and those of now let through, each with the
    /// reason; under `strict`, that is also what a rule for a pattern of names lets through. A rule for the key itself, or the
    /// word of the schema, is a decision about what nobody had decided.
    pub(super) fn let_through(
        &self,
        then: &Project,
        now: &Present<'_>,
        rows: &[Row],
        options: &Options<'_>,
    ) -> Vec<Finding> {
        let config = &now.project.config;
        let declared = [declared(then), declared(now.project)];
        if declared[0] == declared[1] && config.drift.rule.is_empty() && then.config.drift.rule.is_empty() {
            return Vec::new();
        }
        let is_strict = options.strict || then.config.drift.strict;
        let known = then.all_environments().chain(now.project.all_environments());
        let known: Vec<_> = known.collect();
        let policies = |config: &Config| config.policies(("", ""), &known).unwrap_or_default();
        let [said, says] = declared;
        let (before, after) = (policies(&then.config).beside(said), policies(config));
        let sources = now.environments.iter().map(|environment| source(now.project, environment, None, 0));
        let (_, findings, _) = self.judged(sources.collect(), &before, now.project, options, true);
        let places: HashMap<_, _> =
            rows.iter().enumerate().map(|(at, row)| (row.key.as_str(), (at, row.policy))).collect();
        let told = findings.into_iter().filter_map(|mut finding| {
            let key = finding.key.clone()?;
            let (at, policy) = *places.get(key.as_str())?;
            let because = match finding.rule.code {
                "drift-unclassified" if is_strict && policy == Some(Drift::MayDiffer) => {
                    let pattern = after.of(&key, says.get(&key).copied()).by_pattern()?.to_owned();
                    format!("strict asks for a policy, and `{pattern}` says may-differ in sparkcfg.toml")
                }
                "drift-must-match" => Lapsed::changed(&key, Drift::MustMatch, policy)?,
                "drift-must-differ" => Lapsed::changed(&key, Drift::MustDiffer, policy)?,
                _ => return None,
            };
            let difference = finding.difference.as_mut()?;
            difference.row = Some(at);
            difference.bucket = Bucket::Unexpected;
            difference.because = Some(because);
            Some(finding)
        });
        told.collect()
    }
}

/// What the schema of a project says of differences, key by key.
fn declared(project: &Project) -> HashMap<String, Drift> {
    let schema = project.schema.iter().map(|schema| &schema.schema);
    let all =
        schema.flat_map(|schema| schema.keys().filter_map(|key| Some((key.to_owned(), schema.property(key).drift()?))));
    all.collect()
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
        let is_unclassified = difference.bucket == Bucket::Unclassified;
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
