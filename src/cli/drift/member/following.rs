//! `--against`: what a project had at the revision, and what of its findings was there then.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::changes::{Since, Then};
use super::super::held::Past;
use super::{Member, Options, baseline_then, loosened, renaming, settled, settling, source};
use crate::checks::matrix::{Times, Was};
use crate::drift::baseline::{Baseline, Judge};
use crate::drift::{Column, Row, Unread};
use crate::environment::Environment;
use crate::finding::{Finding, Severity};
use crate::project::Project;
use crate::project::files::Files;
use crate::report::FailOn;
use crate::schema::Schema;
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

/// What a comparison of all environments would have found at a revision, by the rules of that time.
#[derive(Default)]
pub(super) struct Judged {
    /// What would have been told, and what did not count.
    pub(super) findings: (Vec<Finding>, Vec<Finding>),
    /// What a difference of each key meant.
    policies: HashMap<String, Was>,
    /// What was told of no difference.
    loose: HashSet<Loose>,
}

/// A finding about no difference: its code, what it says, and the file within the project.
type Loose = (&'static str, String, Option<String>);

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
        let Judged { findings: then, mut policies, loose: known } = self.findings_then(past, options);
        findings.retain(|finding| loose(finding, now.project, &self.files).is_none_or(|it| !known.contains(&it)));
        let mut then = Self::counting_then(accepted.as_ref(), past, then, options);
        let renamed = renaming::renamed(&past.environments, now.environments);
        let names = renaming::renamed_keys(&then, (&past.environments, now.environments), &renamed);
        for (new, old) in &names {
            policies.extend(policies.get(old).copied().map(|was| (new.clone(), was)));
        }
        renaming::rename_keys(&mut then, &names);
        then.keep(options.keys.as_ref());
        let accepted = accepted.map(|known| known.renamed(&renamed));
        self.mark_newly_accepted(accepted.as_ref(), settled, now, options);
        let by_new_name = |environment: &Environment<'_>| -> Arc<str> {
            Arc::clone(renamed.get(&environment.name).unwrap_or(&environment.name))
        };
        if let Some(project) = past.project {
            let lowered = loosened::taken_out(findings, &project.config, now, options);
            settling::let_silenced_go(&lowered, findings, rows);
            silenced.extend(lowered);
            loosened::count_as_then(&mut silenced, &project.config);
        }
        let mut elapsed = self.by_rules_of(past, now, (rows, &renamed), options);
        let was_strict = options.strict || past.project.is_some_and(|project| project.config.drift.strict);
        let policies_now = LazyCell::new(|| {
            let names: Vec<_> = now.environments.iter().map(|environment| &*environment.name).collect();
            now.project.config.policies(("", ""), &names).unwrap_or_default()
        });
        let by_pattern = |key: &str| loosened::by_pattern(now.project, &policies_now, key);
        elapsed.retain(|finding| {
            let is_named = |key: &str| !names.contains_key(key) && by_pattern(key).is_none();
            !finding.key.as_deref().is_some_and(|key| is_named(key) && loosened::is_first_said(finding, past, rows))
        });
        let at_both_times = now.environments.iter().filter_map(|environment| {
            let then = past.environments.iter().find(|then| by_new_name(then) == environment.name)?;
            let before = source(past.project?, then, Some(&past.past.held.revision), past.offset);
            Some((Arc::clone(&environment.name), [before, source(now.project, environment, None, 0)]))
        });
        let (pairs, judge, old_names) = (at_both_times.collect(), now.project, names.clone());
        let (counting, others) = {
            let since = Since {
                then: past.environments.iter().map(by_new_name).collect(),
                renamed: &renamed,
                columns: now.columns,
                rows,
                schema: now.project.schema.as_ref().map(|schema| &schema.schema),
                accepted: settled,
                times: LazyCell::new(Box::new(move || Times::new(pairs, judge).renamed(old_names))),
                names: &names,
                unknown: options.unknown,
                fails_on_notes: options.raises && options.fail_on == FailOn::Note,
                by_pattern: &by_pattern,
                was_strict,
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

    /// Those that counted then. What was accepted and counts now, because its values changed or
    /// its entry is gone, is new.
    pub(super) fn counting_then(
        accepted: Option<&Baseline>,
        past: &Before<'_>,
        (findings, silent): (Vec<Finding>, Vec<Finding>),
        options: &Options<'_>,
    ) -> Then {
        let Some(known) = accepted else { return Then { counting: findings, silent } };
        // What was accepted then was accepted with the secrets of that time.
        let is_same = |key: &str, one: &str, other: &str| {
            past.project.is_some_and(|project| settling::is_one_value(project, key, one, other))
        };
        let judge = Judge { today: &options.today, is_another: &|_, _, _| false, is_same: &is_same };
        let (counting, covered, _) = known.apply(findings, &judge);
        Then { counting, silent: covered.into_iter().chain(silent).collect() }
    }

    /// What a comparison of all environments would have found at a revision, by the rules of that time.
    pub(super) fn findings_then<'p>(&self, past: &'p Before<'p>, options: &Options<'_>) -> Judged {
        let Some(project) = past.project else { return Judged::default() };
        let names: Vec<_> = past.environments.iter().map(|environment| &*environment.name).collect();
        let text = project.config_source.map_or("", |source| &**project.sources.text(source));
        let policies = project.config.policies(("sparkcfg.toml", text), &names).unwrap_or_default();
        let sources = past.environments.iter().map(|environment| source(project, environment, None, 0));
        let (rows, findings, _) = self.judged(sources.collect(), &policies, project, options, true);
        let (mut findings, mut silent) = self::settled(project, findings);
        settling::raise(&mut findings, &mut [], options);
        settling::raise(&mut silent, &mut [], options);
        let loose = findings.iter().filter_map(|finding| loose(finding, project, &past.past.files)).collect();
        let shifted =
            |findings: Vec<Finding>| findings.into_iter().map(|finding| finding.shifted(past.offset)).collect();
        let schema = project.schema.as_ref().map(|schema| &schema.schema);
        let said = rows.into_iter().filter_map(|row| {
            let declared = schema.and_then(|schema: &Schema| schema.property(&row.key).drift());
            let policy = row.policy?;
            let is_usual = policy == Drift::MustDiffer && policies.of(&row.key, declared).is_silent();
            Some((row.key, Was { policy, is_usual }))
        });
        Judged { findings: (shifted(findings), shifted(silent)), policies: said.collect(), loose }
    }
}

/// What tells a finding about no difference from others of its kind, at two times.
fn loose(finding: &Finding, project: &Project, files: &Files) -> Option<Loose> {
    if finding.difference.is_some() {
        return None;
    }
    let path = finding.label.as_ref().map(|label| project.sources.path(label.span.source));
    let path = path.map(|path| path.strip_prefix(&*files.shown("")).unwrap_or(path).to_owned());
    Some((finding.rule.code, finding.message.clone(), path))
}
