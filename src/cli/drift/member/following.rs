//! `--against`: what a project had at the revision, and what of its findings was there then.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::super::changes::{Since, Then};
use super::super::held::Past;
use super::{Member, Options, baseline_then, loosened, renaming, settled, settling, source};
use crate::checks::matrix::Times;
use crate::drift::baseline::{Baseline, Judge};
use crate::drift::{Column, Row, Unread};
use crate::environment::Environment;
use crate::finding::{Finding, Severity};
use crate::project::Project;
use crate::schema::extension::Drift;

/// The project at a revision.
pub(super) struct Before<'p> {
    /// What git holds of it.
    pub(super) past: &'p Past<'p>,
    /// Nothing where it did not exist yet.
    pub(super) project: Option<&'p Project>,
    pub(super) environments: Vec<Environment<'p>>,
    /// How far its texts move when those of all times come together.
    pub(super) offset: u32,
}

/// The project now, and what came of it.
pub(super) struct Present<'p> {
    pub(super) project: &'p Project,
    pub(super) environments: &'p [Environment<'p>],
    pub(super) columns: &'p [Column],
    /// How bad each finding is where `sparkcfg.toml` says nothing of it, by its id.
    pub(super) severities: &'p HashMap<String, Severity>,
}

impl Member<'_> {
    /// Leaves in `findings` what the past does not have, or of which nobody can say so; what is unchanged, or resolved, is
    /// settled. Gives what of the revision could not be read.
    pub(super) fn follow<'p>(
        &'p self,
        past: &'p Before<'p>,
        now: &Present<'p>,
        rows: &mut [Row],
        (findings, settled, mut silenced): (&mut Vec<Finding>, &mut Vec<Finding>, Vec<Finding>),
        options: &'p Options<'p>,
    ) -> Vec<Unread> {
        let mut unread = Vec::new();
        let accepted = baseline_then(past.past, &mut unread);
        let (then, policies) = self.findings_then(past, options);
        let then = Self::counting_then(accepted.as_ref(), past, then, options);
        let renamed = renaming::renamed(&past.environments, now.environments);
        let accepted = accepted.map(|known| known.renamed(&renamed));
        self.mark_newly_accepted(accepted.as_ref(), settled, now, options);
        let by_new_name = |environment: &Environment<'_>| -> Arc<str> {
            Arc::clone(renamed.get(&environment.name).unwrap_or(&environment.name))
        };
        if let Some(project) = past.project {
            let lowered = loosened::taken_out(findings, &project.config, now, options);
            settling::let_silenced_go(&lowered, findings, rows);
            silenced.extend(lowered);
            silenced.extend(self.classified_by_pattern(project, now, rows, options));
        }
        let elapsed = self.by_rules_of(past, now, rows, options);
        let at_both_times = now.environments.iter().filter_map(|environment| {
            let then = past.environments.iter().find(|then| by_new_name(then) == environment.name)?;
            let before = source(past.project?, then, Some(&past.past.held.revision), past.offset);
            Some((Arc::clone(&environment.name), [before, source(now.project, environment, None, 0)]))
        });
        let (pairs, judge) = (at_both_times.collect(), now.project);
        let (counting, others) = {
            let since = Since {
                then: past.environments.iter().map(by_new_name).collect(),
                renamed: &renamed,
                columns: now.columns,
                rows,
                schema: now.project.schema.as_ref().map(|schema| &schema.schema),
                accepted: settled,
                times: LazyCell::new(Box::new(move || Times::new(pairs, judge))),
                unknown: options.unknown,
                policies: &policies,
            };
            since.split(std::mem::take(findings), then, silenced, elapsed)
        };
        *findings = counting;
        settled.extend(others);
        settling::let_go(findings, rows);
        unread
    }

    /// Marks what the branch itself accepts, so that whoever reviews it sees that.
    fn mark_newly_accepted<'a>(
        &'a self,
        then: Option<&Baseline>,
        settled: &mut [Finding],
        now: &Present<'a>,
        options: &'a Options<'a>,
    ) {
        let lasting = self.lasting((now.project, now.environments), options);
        let is_another = |key: &str, environment: &str, name: &str| lasting.is_another(key, environment, name);
        let is_same = |key: &str, one: &str, other: &str| settling::is_one_value(now.project, key, one, other);
        let judge = Judge { today: &options.today, is_another: &is_another, is_same: &is_same };
        for finding in settled {
            let is_new = then.is_none_or(|then| !then.covers(finding, &judge));
            if let Some(accepted) = finding.difference.as_mut().and_then(|difference| difference.accepted.as_mut()) {
                accepted.is_new = is_new;
            }
        }
    }

    /// Those that counted then, of the keys that are wanted. What was accepted and counts now, because its values changed or
    /// its entry is gone, is new.
    pub(super) fn counting_then(
        accepted: Option<&Baseline>,
        past: &Before<'_>,
        (findings, silent): (Vec<Finding>, Vec<Finding>),
        options: &Options<'_>,
    ) -> Then {
        let mut then = match accepted {
            // What was accepted then was accepted with the secrets of that time.
            Some(known) => {
                let is_same = |key: &str, one: &str, other: &str| {
                    past.project.is_some_and(|project| settling::is_one_value(project, key, one, other))
                };
                let judge = Judge { today: &options.today, is_another: &|_, _, _| false, is_same: &is_same };
                let (counting, covered, _) = known.apply(findings, &judge);
                Then { counting, silent: covered.into_iter().chain(silent).collect() }
            }
            None => Then { counting: findings, silent },
        };
        if let Some(keys) = &options.keys {
            for findings in [&mut then.counting, &mut then.silent] {
                findings.retain(|finding| keys.is_match(finding.key.as_deref().unwrap_or_default()));
            }
        }
        then
    }

    /// What a comparison of all environments would have found at a revision, by the rules of that time.
    /// With it comes what did not count, and the policies of that time.
    pub(super) fn findings_then<'p>(
        &self,
        past: &'p Before<'p>,
        options: &Options<'_>,
    ) -> ((Vec<Finding>, Vec<Finding>), HashMap<String, Drift>) {
        let Some(project) = past.project else { return ((Vec::new(), Vec::new()), HashMap::new()) };
        let names: Vec<_> = past.environments.iter().map(|environment| &*environment.name).collect();
        let text = project.config_source.map_or("", |source| &**project.sources.text(source));
        let policies = project.config.policies(("sparkcfg.toml", text), &names).unwrap_or_default();
        let sources = past.environments.iter().map(|environment| source(project, environment, None, 0));
        let (rows, findings, _) = self.judged(sources.collect(), &policies, project, options, true);
        let (findings, silent) = self::settled(project, findings);
        let shifted =
            |findings: Vec<Finding>| findings.into_iter().map(|finding| finding.shifted(past.offset)).collect();
        let said = rows.into_iter().filter_map(|row| Some((row.key, row.policy?)));
        ((shifted(findings), shifted(silent)), said.collect())
    }
}
