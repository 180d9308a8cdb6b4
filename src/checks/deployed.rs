//! The Compose or PM2 files of one environment, as checks look at them.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{ALL, listed, unused_ignore};
use crate::compose::resolved::{Known, Origin, Resolved};
use crate::compose::service::Presence;
use crate::compose::{Application, Service};
use crate::environment::Environment;
use crate::finding::{Finding, Label, Rule, Severity, told_name};
use crate::layer::Layer;
use crate::pm2::{App, Ecosystem};
use crate::project::Project;
use crate::project::deployments::{Deployment, FOUND_BY_COMPOSE, HardeningProfile, Kind, RENDERED, accepted};
use crate::source::Span;

/// What an environment starts, to be checked.
pub struct Deployed<'a> {
    /// Where it belongs.
    pub project: &'a Project,
    /// The environment and its files.
    pub deployment: &'a Deployment,
    /// The services as they are started.
    resolved: Resolved,
    /// What was accepted: service and code.
    accepted: &'a RefCell<BTreeSet<(String, &'static str)>>,
    /// What was told of a place, as an index into the findings.
    told: RefCell<HashMap<(&'static str, Span), usize>>,
}

/// Runs every check over every deployment.
pub(super) fn check(project: &Project, findings: &mut Vec<Finding>) {
    let accepted = RefCell::default();
    let mut found = Vec::new();
    let environments = if project.deployments.all.is_empty() { Vec::new() } else { project.environments() };
    for deployment in &project.deployments.all {
        let environment = environments.iter().find(|environment| environment.name == deployment.environment);
        let services = match &deployment.kind {
            Kind::Compose(application) => application.services.as_slice(),
            Kind::Pm2(_) => &[],
        };
        let resolved = Resolved::of(services, &|name| known(project, environment, name));
        let deployed = Deployed { project, deployment, resolved, accepted: &accepted, told: RefCell::default() };
        for check in ALL {
            if let Some(run) = check.deployment {
                run(&deployed, &mut found);
            }
            if let Some(lacking) = check.lacking {
                deployed.tell_lacking(check.rule, lacking, &mut found);
            }
        }
    }
    let profile = project.config.hardening.profile;
    found.retain_mut(|finding| {
        finding.severity = match (profile, finding.severity) {
            (HardeningProfile::Strict, Severity::Note) => Severity::Warning,
            (HardeningProfile::Strict, _) => Severity::Error,
            (_, severity) => severity,
        };
        profile != HardeningProfile::Minimal || finding.severity == Severity::Error
    });
    findings.extend(once_a_template(project, found));
    if project.deployments.complete {
        unused(project, &accepted.into_inner(), findings);
    }
}

/// What an environment says of a variable. What whoever starts Compose brings along is another thing on each machine, and a
/// secret is told nowhere.
fn known(project: &Project, environment: Option<&Environment<'_>>, name: &str) -> Known {
    const BROUGHT_ALONG: &[&str] = &["GID", "HOME", "HOSTNAME", "PATH", "PWD", "SHELL", "TMPDIR", "UID", "USER"];
    // A sealed file that nobody here opens may set anything.
    let is_closed = |layer: &&Layer| layer.sealed && layer.entries.is_empty();
    let hides = environment.is_some_and(|environment| environment.layers.iter().any(is_closed));
    let set = environment.and_then(|environment| Some((environment, environment.get(name)?)));
    let Some((environment, setting)) = set.filter(|(_, setting)| setting.is_set()) else {
        return if hides || BROUGHT_ALONG.contains(&name) { Known::Unknown } else { Known::Unset };
    };
    let text = setting.value.text().filter(|text| !project.hides(name, text));
    text.map_or(Known::Unknown, |text| Known::Set(text.to_owned(), environment.place(setting)))
}

/// What one template brings into the rendered files of several environments is one mistake: it is told where it is most
/// severe, with all the environments.
fn once_a_template(project: &Project, found: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::with_capacity(found.len());
    let mut known: HashMap<(&str, String, &str), usize> = HashMap::new();
    for finding in found {
        let path = finding.label.as_ref().map(|label| project.sources.path(label.span.source));
        let Some(output) = path.and_then(output_of_template) else {
            kept.push(finding);
            continue;
        };
        match known.entry((finding.rule.code, finding.message.clone(), output)) {
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(finding);
            }
            Entry::Occupied(place) => {
                let first = &mut kept[*place.get()];
                let mut environments = std::mem::take(&mut first.environments);
                environments.extend(finding.environments.iter().map(Arc::clone));
                if finding.severity > first.severity {
                    *first = finding;
                }
                environments.sort();
                environments.dedup();
                first.environments = environments;
            }
        }
    }
    kept
}

/// `rendered/prod/compose.yml` is `compose.yml`, whatever the environment; nothing of another file.
fn output_of_template(path: &str) -> Option<&str> {
    let folder = path.strip_prefix(RENDERED).or_else(|| path.split_once(&format!("/{RENDERED}"))?.1.into())?;
    Some(folder.strip_prefix('/')?.split_once('/')?.1)
}

/// What is accepted in `sparkcfg.toml` and found nowhere.
fn unused(project: &Project, used: &BTreeSet<(String, &'static str)>, findings: &mut Vec<Finding>) {
    let Some(source) = project.config_source else { return };
    let text = project.sources.text(source);
    for (name, codes) in &project.config.hardening.accept {
        for code in codes.keys().filter(|code| !used.iter().any(|(by, used)| by == name && used == code)) {
            let from = text.find("accept").unwrap_or_default();
            let from = text[from..].find(name.as_str()).map_or(from, |at| from + at);
            let at = text[from..].find(code.as_str()).map_or(from, |at| from + at);
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let message = format!("{code} is not found in {name}");
            let finding = Finding::new(&unused_ignore::RULE, message);
            let span = Span::new(source, offset(at)..offset(at + code.len()));
            findings.push(finding.at(span, "accepts nothing").help("take the line away"));
        }
    }
}

impl<'a> Deployed<'a> {
    /// The Compose application.
    pub(super) fn application(&self) -> Option<&'a Application> {
        match &self.deployment.kind {
            Kind::Compose(application) => Some(application),
            Kind::Pm2(_) => None,
        }
    }

    /// Whether the files may be meant to lie over others that are rendered as well, as `compose.gpu.yml` does.
    pub(super) fn lies_over_others(&self) -> bool {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let first = self.application().and_then(|application| application.files.first());
        let first = first.map(|index| name(&self.project.deployments.compose.all[*index].path));
        let is_base = first.is_some_and(|first| FOUND_BY_COMPOSE.contains(&first.as_str()));
        let is_other = |other: &&Deployment| {
            matches!(other.kind, Kind::Compose(_)) && other.environment == self.deployment.environment
        };
        let others = self.project.deployments.all.iter().filter(is_other).count();
        self.deployment.beside.is_some() && !is_base && others > 1
    }

    /// The PM2 file.
    pub(super) fn ecosystem(&self) -> Option<&'a Ecosystem> {
        match self.deployment.kind {
            Kind::Compose(_) => None,
            Kind::Pm2(index) => self.project.deployments.ecosystems.get(index),
        }
    }

    /// The services of Compose with their variables replaced as the environment says; none of a PM2 file, and none that a
    /// `provider:` stands for, of which Compose starts no container.
    pub(super) fn services(&self) -> impl Iterator<Item = &Service> {
        self.resolved.services.iter().filter(|service| service.get("provider").is_none())
    }

    /// What a text in such a service was made of.
    pub(super) fn origin(&self, span: Span) -> Option<&Origin> {
        self.resolved.origin(span)
    }

    /// The apps of PM2; none of a Compose file.
    pub(super) fn apps(&self) -> impl Iterator<Item = &'a App> + use<'a> {
        self.ecosystem().into_iter().flat_map(|ecosystem| &ecosystem.apps)
    }

    /// Whether a file of the environment gives a variable a value, so that no default of a Compose file counts.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.project
            .layers_of(&self.deployment.environment)
            .any(|layer| layer.entries.iter().any(|entry| layer.slice(&entry.key) == name))
    }

    /// Whether a place is in a file that is meant to hold secrets.
    pub(super) fn is_private(&self, span: Span) -> bool {
        self.project.deployments.private.contains(&span.source)
    }

    /// Error in a protected environment, the given severity elsewhere.
    pub(super) fn severity(&self, elsewhere: Severity) -> Severity {
        if self.deployment.protected { Severity::Error } else { elsewhere }
    }

    /// The same for what a file says itself, a warning otherwise; one step lower for a default, which a variable may change.
    pub(super) fn severity_of(&self, is_default: bool) -> Severity {
        match (is_default, self.deployment.protected) {
            (false, true) => Severity::Error,
            (false, false) | (true, true) => Severity::Warning,
            (true, false) => Severity::Note,
        }
    }

    /// Whether `sparkcfg.toml` accepts this of a service or app.
    fn accepts(&self, name: &str, rule: &'static Rule) -> bool {
        let accepts = accepted(&self.project.config, name, rule.code).is_some();
        if accepts {
            self.accepted.borrow_mut().insert((name.to_owned(), rule.code));
        }
        accepts
    }

    /// A finding about a service or app as the variables make it: it says which of them do so, and what only a default says,
    /// which a variable may change, is one step less severe.
    pub(super) fn tell(&self, name: &str, mut finding: Finding, findings: &mut Vec<Finding>) {
        if let Some(origin) = finding.label.as_ref().and_then(|label| self.origin(label.span)) {
            if !origin.defaults.is_empty() {
                let names: Vec<_> = origin.defaults.iter().map(|name| told_name(name)).collect();
                finding.message = format!("{} where nothing sets {}", finding.message, listed(&names, "and"));
                finding.severity = match finding.severity {
                    Severity::Error => Severity::Warning,
                    Severity::Warning | Severity::Note => Severity::Note,
                };
            }
            for (name, place) in &origin.set {
                finding.related.push(Label::new(*place, format!("{} is set here", told_name(name))));
            }
        }
        self.tell_plainly(name, finding, findings);
    }

    /// A finding about a service or app, unless that is accepted. What several have from one place, such as an anchor
    /// that they merge, is told once.
    pub(super) fn tell_plainly(&self, name: &str, finding: Finding, findings: &mut Vec<Finding>) {
        if self.accepts(name, finding.rule) {
            return;
        }
        if let Some(label) = &finding.label {
            let place = (finding.rule.code, label.span);
            if let Some(known) = self.told.borrow().get(&place).and_then(|index| findings.get_mut(*index)) {
                if let Some(own) = self.place_of(name) {
                    known.related.push(Label::new(own, format!("{} has it from there, too", told(name))));
                }
                return;
            }
            self.told.borrow_mut().insert(place, findings.len());
        }
        findings.push(self.of_environment(finding));
    }

    /// Where a service or app begins.
    fn place_of(&self, name: &str) -> Option<Span> {
        let service = self.services().find(|service| service.name == name).map(|service| service.span);
        service.or_else(|| self.apps().find(|app| app.name == name).map(|app| app.span))
    }

    /// A finding with the environment that it is about.
    pub(super) fn of_environment(&self, mut finding: Finding) -> Finding {
        finding.environments.push(Arc::clone(&self.deployment.environment));
        finding
    }

    /// One finding for all services or apps that lack the same thing: `api and worker have no CPU limit`.
    pub(super) fn tell_together(
        &self,
        rule: &'static Rule,
        lacking: &[(&str, Span)],
        words: &Words,
        findings: &mut Vec<Finding>,
    ) {
        let lacking: Vec<_> = lacking.iter().filter(|(name, _)| !self.accepts(name, rule)).collect();
        let Some(((_, first), others)) = lacking.split_first() else { return };
        let mut names: Vec<_> = lacking.iter().map(|(name, _)| told(name)).collect();
        // All of them are among the places.
        if names.len() > MOST_NAMES {
            let more = names.split_off(MOST_NAMES - 1).len();
            names.push(format!("{more} more"));
        }
        let verb = if others.is_empty() { words.one } else { words.several };
        let finding = Finding::new(rule, format!("{} {verb}", listed(&names, "and"))).at(*first, "").help(words.help);
        let finding =
            others.iter().fold(finding, |finding, (name, span)| finding.related(*span, format!("and {}", told(name))));
        // On a developer's machine nobody misses what only a deployed service needs.
        let finding = if self.deployment.protected { finding } else { finding.severity(Severity::Note) };
        findings.push(self.of_environment(finding));
    }

    /// One finding for all services that say nothing at any of some paths.
    fn tell_lacking(&self, rule: &'static Rule, wanted: &Lacking, findings: &mut Vec<Finding>) {
        let lacks = |service: &&Service| {
            let ends = wanted.only_while_it_runs && self.is_one_shot(&service.name);
            !ends && service.presence(wanted.paths) == Presence::Missing
        };
        let lacking: Vec<_> = self.services().filter(lacks).collect();
        let places: Vec<_> = lacking.iter().map(|service| (service.name.as_str(), service.span)).collect();
        let before = findings.len();
        self.tell_together(rule, &places, &wanted.words, findings);
        let help = wanted.forms.as_ref().and_then(|forms| forms.of(&lacking));
        if let Some((help, finding)) = help.zip(findings.get_mut(before)) {
            finding.help = Some(help);
        }
    }

    /// Whether a service ends when its work is done: others wait for just that.
    pub(super) fn is_one_shot(&self, name: &str) -> bool {
        let waits = |(other, condition): (String, Option<String>)| {
            other == name && condition.as_deref() == Some("service_completed_successfully")
        };
        self.services().any(|service| service.depends_on().into_iter().any(waits))
    }
}

/// How many services one message names.
const MOST_NAMES: usize = 8;

/// Something that every service should say.
#[derive(Debug)]
pub struct Lacking {
    /// Where it can be said; one of these is enough.
    pub(super) paths: &'static [&'static [&'static str]],
    /// Whether a service that ends when its work is done may go without.
    pub(super) only_while_it_runs: bool,
    /// The two forms of a limit, of which docker compose takes only one in a service.
    pub(super) forms: Option<Forms>,
    /// What to tell.
    pub(super) words: Words,
}

/// The two forms of a limit.
#[derive(Debug)]
pub(super) struct Forms {
    pub(super) short: &'static str,
    pub(super) long: &'static str,
}

impl Forms {
    /// What to do in services that have other limits already; `None` where each form will do.
    fn of(&self, services: &[&Service]) -> Option<String> {
        const SHORT: [&str; 3] = ["mem_limit", "cpus", "pids_limit"];
        let is_long = |service: &&Service| service.node.find(&["deploy", "resources", "limits"]).is_some();
        let is_short = |service: &&Service| SHORT.iter().any(|name| service.get(name).is_some());
        let (long, short) = (services.iter().any(is_long), services.iter().any(is_short));
        match (long, short) {
            (false, false) => None,
            (true, false) => Some(format!("set {}", self.long)),
            (false, true) => Some(format!("set {}", self.short)),
            (true, true) => Some(format!(
                "set {} where a service has deploy.resources.limits, else {}: docker compose refuses both in one",
                self.long, self.short
            )),
        }
    }
}

/// How several services are told about.
#[derive(Debug)]
pub(super) struct Words {
    /// After one name.
    pub(super) one: &'static str,
    /// After several.
    pub(super) several: &'static str,
    /// What to do.
    pub(super) help: &'static str,
}

/// A name that may be missing or hold anything.
pub(super) fn told(name: &str) -> String {
    if name.is_empty() { "this app".to_owned() } else { name.chars().take(60).collect() }
}
