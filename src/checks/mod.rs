//! What can be wrong: one file a check, named after its code.
//!
//! To add a check: one file with a head comment (it is the page that `sparkcfg explain` shows), a [`Rule`] and a
//! function; one `mod` line; one entry in [`ALL`]; a bad and a good project under `tests/cases/<code>/`.

mod advice;
mod assignments;
mod bad_format;
mod bad_length;
mod bad_pattern;
mod baseline_stale;
mod behind_quote;
mod cannot_open;
mod command_substitution;
mod comparison;
mod compose_absent_secret;
mod compose_added_capability;
mod compose_capabilities;
mod compose_collision;
mod compose_default_network;
mod compose_docker_socket;
mod compose_host_namespace;
mod compose_host_path;
mod compose_literal_secret;
mod compose_log_growth;
mod compose_low_port;
mod compose_mount_propagation;
mod compose_moved_project;
mod compose_moving_tag;
mod compose_no_cpu_limit;
mod compose_no_digest;
mod compose_no_healthcheck;
mod compose_no_memory_limit;
mod compose_no_pids_limit;
mod compose_no_restart;
mod compose_open_port;
mod compose_privilege_gain;
mod compose_privileged;
mod compose_syntax;
mod compose_two_files;
mod compose_unconfined;
mod compose_unquoted_value;
mod compose_version_key;
mod compose_writable_root;
mod concealment;
mod consequences;
mod defaults_disagree;
mod delivery;
mod deployed;
mod deprecated_key;
mod difference;
mod doubtful_schema;
mod drift_absent_live;
mod drift_changed;
mod drift_exposed_secret;
mod drift_extra;
mod drift_missing;
mod drift_must_differ;
mod drift_must_match;
mod drift_not_allowed_here;
mod drift_rename;
mod drift_shape;
mod drift_stale_live;
mod drift_unclassified;
mod drift_undeclared_live;
mod drift_unknown;
mod duplicate_key;
mod edits;
mod following;
mod hardcoded_value;
mod home_made_reader;
mod image;
mod invalid_key_name;
mod key_without_value;
mod line_ends;
mod lookalikes;
mod loose_assignment;
mod lost_key;
pub mod matrix;
mod mending;
mod missing_key;
mod misspelt_variable;
mod no_final_newline;
mod not_allowed_value;
mod not_checked;
mod not_delivered;
mod older_reader;
mod one_mistake;
mod out_of_range;
mod part;
mod placeholder_value;
mod plaintext_secret;
mod pm2_bad_attribute;
mod pm2_crash_loop;
mod pm2_env_blocks;
mod pm2_exec_mode;
mod pm2_inherited_environment;
mod pm2_kill_timeout;
mod pm2_literal_secret;
mod pm2_log_rotation;
mod pm2_memory_limit;
mod pm2_stop_exit_codes;
mod pm2_syntax;
mod pm2_wait_ready;
mod pm2_watch;
mod policy_conflict;
mod published_secret;
mod reader;
mod reads_differently;
mod recipients_differ;
mod reference_cycle;
pub mod references;
mod render_broken;
mod render_edited;
mod render_stale;
mod render_undefined;
mod render_unused;
mod render_unwritable;
mod respelling;
mod revoked_reader;
mod runner;
mod schema_rule;
mod sealed_file_damaged;
mod second_reading;
mod secrets_tracked;
mod settling;
mod shared_secret;
mod side_effects;
mod slips;
mod special_key;
mod spelling;
mod stumbling;
mod subject;
mod syntax;
mod tables;
mod trailing_blank;
mod traps;
mod undeclared_variable;
mod undefined_reference;
mod uneven_key;
mod unknown_code;
mod unknown_environment;
mod unknown_format;
mod unknown_key;
mod unquoted_blank;
mod unsealed_value;
mod unused_consumer;
mod unused_ignore;
mod unused_key;
mod unused_policy;
mod value_and_file;
mod values_collide;
mod values_disagree;
mod view;
mod words;
mod wreckage;
mod wrong_type;

use crate::drift::baseline;
use crate::finding::{Finding, Rule};
pub use deployed::{Deployed, Lacking};
pub use not_checked::not_checked;
pub use reads_differently::seen_by_each;
pub use runner::{Found, run, run_references, run_staged_beside};
pub use settling::{Silence, settle, settle_telling};
use subject::sealed_name;
pub use subject::{File, Subject};
use words::{listed, shortened, with_article};

/// One check. It looks at files, at environments, or at all environments together.
#[derive(Debug)]
pub struct Check {
    /// What it finds.
    pub rule: &'static Rule,
    /// Looks at one file.
    pub layer: Option<CheckFile>,
    /// Looks at one environment.
    pub environment: Option<CheckEnvironment>,
    /// Looks at everything.
    pub project: Option<CheckAll>,
    /// Looks at one key in all sources that are compared.
    pub row: Option<CheckRow>,
    /// Looks at one key as it is declared and as it runs.
    pub live: Option<CheckRow>,
    /// Says why a finding of a revision counts no longer, though it is not mended.
    pub lapsed: Option<CheckLapsed>,
    /// Looks at the Compose or PM2 files of one environment.
    pub deployment: Option<CheckDeployment>,
    /// What every service of a Compose file should say.
    pub lacking: Option<&'static Lacking>,
    /// Looks at where variables are declared and used.
    pub references: Option<CheckReferences>,
    /// Whether it counts only where `[severity]` names its code.
    pub is_off: bool,
}

/// Looks at one file.
pub type CheckFile = fn(&File<'_>, &mut Vec<Finding>);
/// Looks at one environment.
pub type CheckEnvironment = fn(&Subject<'_>, &mut Vec<Finding>);
/// Looks at one key in all sources.
pub type CheckRow = fn(&matrix::Compared<'_, '_>, &mut Vec<Finding>);
/// Looks at a finding of a revision, and at its key now.
pub type CheckLapsed = fn(&matrix::Lapsed<'_>) -> Option<String>;
/// Looks at the Compose or PM2 files of one environment.
pub type CheckDeployment = fn(&Deployed<'_>, &mut Vec<Finding>);
/// Looks at where variables are declared and used.
pub type CheckReferences = fn(&references::Referenced<'_>, &mut Vec<Finding>);
/// Looks at all environments together.
pub type CheckAll = fn(&[Subject<'_>], &mut Vec<Finding>);

impl Check {
    const fn of(rule: &'static Rule) -> Self {
        Self {
            rule,
            layer: None,
            environment: None,
            project: None,
            row: None,
            live: None,
            lapsed: None,
            deployment: None,
            lacking: None,
            references: None,
            is_off: false,
        }
    }

    const fn when_asked(mut self) -> Self {
        self.is_off = true;
        self
    }

    const fn layer(mut self, run: CheckFile) -> Self {
        self.layer = Some(run);
        self
    }

    const fn environment(mut self, run: CheckEnvironment) -> Self {
        self.environment = Some(run);
        self
    }

    const fn deployment(mut self, run: CheckDeployment) -> Self {
        self.deployment = Some(run);
        self
    }

    const fn lacking(mut self, wanted: &'static Lacking) -> Self {
        self.lacking = Some(wanted);
        self
    }

    const fn references(mut self, run: CheckReferences) -> Self {
        self.references = Some(run);
        self
    }

    const fn project(mut self, run: CheckAll) -> Self {
        self.project = Some(run);
        self
    }

    const fn row(mut self, run: CheckRow) -> Self {
        self.row = Some(run);
        self
    }

    const fn live(mut self, run: CheckRow) -> Self {
        self.live = Some(run);
        self
    }

    const fn lapsed(mut self, run: CheckLapsed) -> Self {
        self.lapsed = Some(run);
        self
    }

    /// Whether it is about services and apps.
    #[must_use]
    pub const fn is_of_deployments(&self) -> bool {
        self.deployment.is_some() || self.lacking.is_some()
    }

    /// The kind of run that finds it.
    fn kind_of_run(&self) -> Run {
        if self.references.is_some() {
            Run::References
        } else if self.is_of_drift() {
            Run::Drift
        } else {
            Run::Files
        }
    }

    /// Whether only a comparison finds it.
    fn is_of_drift(&self) -> bool {
        let compares = self.row.is_some() || self.live.is_some();
        let elsewhere = self.layer.is_some() || self.environment.is_some() || self.project.is_some();
        compares && !elsewhere || self.rule.code == baseline_stale::RULE.code
    }
}

/// What looks for findings. Each kind knows only of its own whether a comment that silences one is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    /// `validate` and what is like it.
    Files,
    /// A comparison.
    Drift,
    /// `refs`.
    References,
}

/// Every check, by code.
pub static ALL: &[Check] = &[
    Check::of(&bad_format::RULE).environment(bad_format::check),
    Check::of(&bad_length::RULE).environment(bad_length::check),
    Check::of(&bad_pattern::RULE).environment(bad_pattern::check),
    Check::of(&baseline_stale::RULE),
    Check::of(&cannot_open::RULE).layer(cannot_open::check),
    Check::of(&command_substitution::RULE).layer(command_substitution::check),
    Check::of(&compose_absent_secret::RULE).deployment(compose_absent_secret::check),
    Check::of(&compose_added_capability::RULE).deployment(compose_added_capability::check),
    Check::of(&compose_capabilities::RULE).deployment(compose_capabilities::check),
    Check::of(&compose_collision::RULE).deployment(compose_collision::check),
    Check::of(&compose_default_network::RULE).lacking(&compose_default_network::LACKING).when_asked(),
    Check::of(&compose_docker_socket::RULE).deployment(compose_docker_socket::check),
    Check::of(&compose_host_namespace::RULE).deployment(compose_host_namespace::check),
    Check::of(&compose_host_path::RULE).deployment(compose_host_path::check),
    Check::of(&compose_literal_secret::RULE).deployment(compose_literal_secret::check),
    Check::of(&compose_log_growth::RULE).deployment(compose_log_growth::check),
    Check::of(&compose_low_port::RULE).deployment(compose_low_port::check),
    Check::of(&compose_mount_propagation::RULE).deployment(compose_mount_propagation::check),
    Check::of(&compose_moved_project::RULE).deployment(compose_moved_project::check),
    Check::of(&compose_moving_tag::RULE).deployment(compose_moving_tag::check),
    Check::of(&compose_no_cpu_limit::RULE).lacking(&compose_no_cpu_limit::LACKING),
    Check::of(&compose_no_digest::RULE).deployment(compose_no_digest::check),
    Check::of(&compose_no_healthcheck::RULE).deployment(compose_no_healthcheck::check),
    Check::of(&compose_no_memory_limit::RULE).lacking(&compose_no_memory_limit::LACKING),
    Check::of(&compose_no_pids_limit::RULE).lacking(&compose_no_pids_limit::LACKING),
    Check::of(&compose_no_restart::RULE).lacking(&compose_no_restart::LACKING),
    Check::of(&compose_open_port::RULE).deployment(compose_open_port::check),
    Check::of(&compose_privilege_gain::RULE).deployment(compose_privilege_gain::check),
    Check::of(&compose_privileged::RULE).deployment(compose_privileged::check),
    Check::of(&compose_syntax::RULE).deployment(compose_syntax::check),
    Check::of(&compose_two_files::RULE).deployment(compose_two_files::check),
    Check::of(&compose_unconfined::RULE).deployment(compose_unconfined::check),
    Check::of(&compose_unquoted_value::RULE).deployment(compose_unquoted_value::check),
    Check::of(&compose_version_key::RULE).deployment(compose_version_key::check),
    Check::of(&compose_writable_root::RULE).lacking(&compose_writable_root::LACKING),
    Check::of(&defaults_disagree::RULE).references(defaults_disagree::check),
    Check::of(&deprecated_key::RULE).environment(deprecated_key::check),
    Check::of(&doubtful_schema::RULE).project(doubtful_schema::check),
    Check::of(&drift_absent_live::RULE).live(drift_absent_live::check),
    Check::of(&drift_changed::RULE).row(drift_changed::check),
    Check::of(&drift_exposed_secret::RULE).row(drift_exposed_secret::check).lapsed(drift_exposed_secret::lapsed),
    Check::of(&drift_extra::RULE).row(drift_extra::check),
    Check::of(&drift_missing::RULE).row(drift_missing::check).lapsed(drift_missing::lapsed),
    Check::of(&drift_must_differ::RULE).row(drift_must_differ::check).lapsed(drift_must_differ::lapsed),
    Check::of(&drift_must_match::RULE).row(drift_must_match::check).lapsed(drift_must_match::lapsed),
    Check::of(&drift_not_allowed_here::RULE)
        .row(drift_not_allowed_here::check)
        .live(drift_not_allowed_here::check)
        .lapsed(drift_not_allowed_here::lapsed),
    Check::of(&drift_rename::RULE).row(drift_rename::check),
    Check::of(&drift_shape::RULE).row(drift_shape::check).lapsed(drift_shape::lapsed),
    Check::of(&drift_stale_live::RULE).live(drift_stale_live::check),
    Check::of(&drift_unclassified::RULE).row(drift_unclassified::check),
    Check::of(&drift_undeclared_live::RULE).live(drift_undeclared_live::check),
    Check::of(&drift_unknown::RULE).row(drift_unknown::check).live(drift_unknown::check).lapsed(drift_unknown::lapsed),
    Check::of(&duplicate_key::RULE).layer(duplicate_key::check),
    Check::of(&hardcoded_value::RULE).references(hardcoded_value::check),
    Check::of(&home_made_reader::RULE).project(home_made_reader::check),
    Check::of(&invalid_key_name::RULE).layer(invalid_key_name::check),
    Check::of(&key_without_value::RULE).layer(key_without_value::check),
    Check::of(&loose_assignment::RULE).layer(loose_assignment::check),
    Check::of(&lost_key::RULE).layer(lost_key::check),
    Check::of(&missing_key::RULE).environment(missing_key::check),
    Check::of(&misspelt_variable::RULE).references(misspelt_variable::check),
    Check::of(&no_final_newline::RULE).layer(no_final_newline::check),
    Check::of(&not_allowed_value::RULE).environment(not_allowed_value::check),
    Check::of(&not_checked::RULE),
    Check::of(&not_delivered::RULE).references(not_delivered::check),
    Check::of(&older_reader::RULE).project(older_reader::check),
    Check::of(&out_of_range::RULE).environment(out_of_range::check),
    Check::of(&placeholder_value::RULE)
        .environment(placeholder_value::check)
        .row(placeholder_value::check_row)
        .lapsed(placeholder_value::lapsed),
    Check::of(&plaintext_secret::RULE).layer(plaintext_secret::check).project(plaintext_secret::check_strays),
    Check::of(&pm2_bad_attribute::RULE).deployment(pm2_bad_attribute::check),
    Check::of(&pm2_crash_loop::RULE).deployment(pm2_crash_loop::check),
    Check::of(&pm2_env_blocks::RULE).deployment(pm2_env_blocks::check),
    Check::of(&pm2_exec_mode::RULE).deployment(pm2_exec_mode::check),
    Check::of(&pm2_inherited_environment::RULE).deployment(pm2_inherited_environment::check),
    Check::of(&pm2_kill_timeout::RULE).deployment(pm2_kill_timeout::check),
    Check::of(&pm2_literal_secret::RULE).deployment(pm2_literal_secret::check),
    Check::of(&pm2_log_rotation::RULE).deployment(pm2_log_rotation::check),
    Check::of(&pm2_memory_limit::RULE).deployment(pm2_memory_limit::check),
    Check::of(&pm2_stop_exit_codes::RULE).deployment(pm2_stop_exit_codes::check),
    Check::of(&pm2_syntax::RULE).deployment(pm2_syntax::check),
    Check::of(&pm2_wait_ready::RULE).deployment(pm2_wait_ready::check),
    Check::of(&pm2_watch::RULE).deployment(pm2_watch::check),
    Check::of(&policy_conflict::RULE).project(policy_conflict::check_rules).row(policy_conflict::check),
    Check::of(&published_secret::RULE).environment(published_secret::check),
    Check::of(&reads_differently::RULE).layer(reads_differently::check),
    Check::of(&recipients_differ::RULE).layer(recipients_differ::check).project(recipients_differ::check_tables),
    Check::of(&reference_cycle::RULE).environment(reference_cycle::check),
    Check::of(&render_broken::RULE),
    Check::of(&render_edited::RULE),
    Check::of(&render_stale::RULE),
    Check::of(&render_undefined::RULE),
    Check::of(&render_unused::RULE),
    Check::of(&render_unwritable::RULE),
    Check::of(&revoked_reader::RULE).layer(revoked_reader::check).project(revoked_reader::check_record),
    Check::of(&schema_rule::RULE).environment(schema_rule::check),
    Check::of(&sealed_file_damaged::RULE).layer(sealed_file_damaged::check),
    Check::of(&secrets_tracked::RULE).project(secrets_tracked::check),
    Check::of(&shared_secret::RULE).project(shared_secret::check),
    Check::of(&special_key::RULE).layer(special_key::check),
    Check::of(&syntax::RULE).layer(syntax::check).environment(syntax::check_references),
    Check::of(&trailing_blank::RULE).layer(trailing_blank::check),
    Check::of(&undeclared_variable::RULE).references(undeclared_variable::check),
    Check::of(&undefined_reference::RULE).environment(undefined_reference::check).row(undefined_reference::check_row),
    Check::of(&uneven_key::RULE).project(uneven_key::check),
    Check::of(&unknown_code::RULE),
    Check::of(&unknown_environment::RULE).project(unknown_environment::check),
    Check::of(&unknown_format::RULE).project(unknown_format::check),
    Check::of(&unknown_key::RULE).environment(unknown_key::check),
    Check::of(&unquoted_blank::RULE).layer(unquoted_blank::check),
    Check::of(&unsealed_value::RULE).layer(unsealed_value::check),
    Check::of(&unused_consumer::RULE).project(unused_consumer::check),
    Check::of(&unused_ignore::RULE),
    Check::of(&unused_key::RULE).references(unused_key::check),
    Check::of(&unused_policy::RULE).project(unused_policy::check),
    Check::of(&value_and_file::RULE).environment(value_and_file::check).deployment(value_and_file::check_services),
    Check::of(&values_collide::RULE).environment(values_collide::check),
    Check::of(&values_disagree::RULE).environment(values_disagree::check),
    Check::of(&wrong_type::RULE).environment(wrong_type::check),
];

/// The rule with a code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Rule> {
    ALL.iter().map(|check| check.rule).find(|rule| rule.code == code)
}

/// Whether `validate` finds a code, and not only a comparison.
#[must_use]
pub fn is_of_validate(code: &str) -> bool {
    ALL.iter().any(|check| check.rule.code == code && check.kind_of_run() == Run::Files)
}

/// What is said about an entry of `sparkcfg-baseline.toml` that no longer does what it was written for.
#[must_use]
pub fn stale_entry(entry: &baseline::Entry, why: baseline::Stale, at: crate::source::Span) -> Finding {
    baseline_stale::found(entry, why, at)
}

/// What is said about the rules of drift of a workspace in which no environment stands beside them.
#[must_use]
pub fn idle_rules(
    config: &crate::project::config::Config,
    source: crate::source::SourceId,
    text: &str,
) -> Option<Finding> {
    if config.drift.rule.is_empty() {
        return None;
    }
    let mut finding = unused_policy::of_workspace(source, text);
    if let Some(level) = config.severity.get(finding.rule.code) {
        finding.severity = level.severity()?;
    }
    Some(finding)
}

/// What is said about a file that nobody here can open.
#[must_use]
fn unread_file(path: &str, damaged: bool) -> Finding {
    drift_unknown::of_file(path, damaged)
}

/// POSIX: "environment variable names … consist solely of uppercase letters, digits, and the underscore"; lower case
/// is as portable in practice.
fn is_name(key: &str) -> bool {
    let starts = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts && key.bytes().all(|byte| IN_NAMES[usize::from(byte)])
}

/// The bytes of names: it is asked about each byte of each key, more than once.
static IN_NAMES: [bool; 256] = {
    let (mut bytes, mut at) = ([false; 256], 0u8);
    while at < 128 {
        bytes[at as usize] = at.is_ascii_alphanumeric() || at == b'_';
        at += 1;
    }
    bytes
};
