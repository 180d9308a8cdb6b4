//! What a branch lets count less in `sparkcfg.toml`: a severity that fails no run any more, and what nobody classified.

use std::collections::HashMap;

use super::following::Present;
use super::{Member, Options, source};
use crate::drift::Row;
use crate::finding::{Bucket, Finding, Severity};
use crate::project::Project;
use crate::project::config::Config;
use crate::report::FailOn;
use crate::schema::extension::Drift;

impl Member<'_> {
    /// Differences that the revision would have had somebody decide on, because it is strict, and that a rule for a pattern of
    /// names lets through now, each with the reason. A rule for the key itself, or the word of the schema, is such a decision.
    pub(super) fn classified_by_pattern(
        &self,
        then: &Project,
        now: &Present<'_>,
        rows: &[Row],
        options: &Options<'_>,
    ) -> Vec<Finding> {
        let config = &now.project.config;
        if config.drift.rule.is_empty() || !(options.strict || then.config.drift.strict) {
            return Vec::new();
        }
        let known = then.all_environments().chain(now.project.all_environments());
        let known: Vec<_> = known.collect();
        let [before, after] =
            [&then.config, config].map(|config| config.policies(("", ""), &known).unwrap_or_default());
        let sources = now.environments.iter().map(|environment| source(now.project, environment, None, 0));
        let (_, findings, _) = self.judged(sources.collect(), &before, now.project, options, true);
        let schema = now.project.schema.as_ref().map(|schema| &schema.schema);
        let may_differ = rows.iter().enumerate().filter(|(_, row)| row.policy == Some(Drift::MayDiffer));
        let places: HashMap<_, _> = may_differ.map(|(at, row)| (row.key.as_str(), at)).collect();
        let let_through = findings.into_iter().filter(|finding| finding.rule.code == "drift-unclassified");
        let told = let_through.filter_map(|mut finding| {
            let key = finding.key.clone()?;
            let at = *places.get(key.as_str())?;
            let declared = schema.and_then(|schema| schema.property(&key).drift());
            let pattern = after.of(&key, declared).by_pattern()?.to_owned();
            let difference = finding.difference.as_mut()?;
            difference.row = Some(at);
            difference.bucket = Bucket::Unexpected;
            difference.because =
                Some(format!("strict asks for a policy, and `{pattern}` says may-differ in sparkcfg.toml"));
            Some(finding)
        });
        told.collect()
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
