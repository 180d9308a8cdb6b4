//! `sparkcfg show`: what an environment resolves to.

use std::collections::HashSet;
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::Value;

use super::{Global, Keys, identities, printing};
use crate::detection::is_plausible_name;
use crate::environment::{Environment, Resolved, Setting};
use crate::error::Error;
use crate::finding::told_name;
use crate::project::files::Files;
use crate::project::{Options, Project};
use crate::schema::typed::Typed;
use crate::source::{MASK, printable};
use crate::targets::{self, Picture, Refusal, Target, Variable};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg show prod                 every key, secrets masked
  sparkcfg show prod DATABASE_URL    one key
  sparkcfg show prod --as json       for scripts; secrets are null
  sparkcfg show dev --as dotenv --with-secrets > .env.dev
                                     everything, secrets in the clear";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The environment
    env: String,
    /// These keys only
    #[arg(value_name = "KEY")]
    only: Vec<String>,
    /// As what to write the values
    #[arg(long = "as", value_name = "TARGET", default_value = "table", value_parser = PossibleValuesParser::new(names()))]
    target: String,
    /// Write secrets too, in the clear
    #[arg(long)]
    with_secrets: bool,
    /// Leave personal layers (prod.local.env) out
    #[arg(long)]
    no_local: bool,
    #[command(flatten)]
    keys: Keys,
}

impl Show {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let identities = identities::collect(&self.keys.identity, &files, &Project::config(&files)?)?;
        let options = Options {
            environments: vec![self.env.clone()],
            personal: !self.no_local,
            identities: Some(&identities),
            require_secrets: false,
            history: false,
            process: self.keys.process(),
        };
        let project = Project::read(&files, &options)?;
        let environments = project.environments();
        let environment = environments.first().ok_or_else(|| Error::new("there is no such environment"))?;
        let wanted = environment
            .settings
            .iter()
            .filter(|setting| self.only.is_empty() || self.only.iter().any(|key| key == setting.key));
        let settings: Vec<_> = wanted.collect();
        if let Some(key) = self.only.iter().find(|key| settings.iter().all(|setting| setting.key != **key)) {
            let rests = project.rests_of_secrets();
            let known = environment.settings.iter().map(|setting| setting.key);
            let near = crate::suggestion::nearest(key, known.filter(|key| is_told(&rests, key)));
            let error = Error::new(format!("{key} is not set in {}", self.env));
            return Err(near.map_or(error.clone(), |near| error.help(format!("did you mean {near}?"))));
        }
        let damaged = project.damaged(environment).map(|(path, why)| (path.to_owned(), why));
        if let Some((place, why)) = damaged.or_else(|| broken(&project, environment)) {
            let help = format!("`{}` says what to do", global.again("validate", &[&self.env]));
            let message = format!("what this file holds is not known: {why}");
            if targets::find(&self.target).is_some() {
                return Err(Error::new(message).at(place).help(help));
            }
            printing::complain(&format!("warning: {message}\n   at {place}\n  help: {help}\n"))?;
        }
        let text = match targets::find(&self.target) {
            Some(target) => {
                let text = self.written(target, &project, &settings)?;
                if let Some(keys) = self.leading_nowhere(&project, environment, &settings) {
                    let command = global.again("validate", &[&self.env]);
                    let message = format!("references become nothing, in {keys}: `{command}` says which\n");
                    printing::complain(&message)?;
                }
                text
            }
            None if self.with_secrets => {
                return Err(Error::new("--with-secrets writes no table")
                    .help("say for whom, as in --as dotenv, or take it from --as json"));
            }
            None => table(&project, environment, &settings),
        };
        printing::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The keys that are written, and whose values have references that nothing sets.
    fn leading_nowhere(
        &self,
        project: &Project,
        environment: &Environment<'_>,
        settings: &[&Setting<'_>],
    ) -> Option<String> {
        let rests = project.rests_of_secrets();
        let is_written = |setting: &Setting<'_>| {
            is_told(&rests, setting.key) && (self.with_secrets || shown(project, setting).is_some())
        };
        let is_loose = |setting: &&&Setting<'_>| {
            let place = (setting.layer, setting.entry);
            environment.loose.iter().any(|loose| (loose.layer, loose.entry) == place) && is_written(setting)
        };
        let keys: Vec<_> = settings.iter().filter(is_loose).map(|setting| told_name(setting.key)).collect();
        (!keys.is_empty()).then(|| keys.join(", "))
    }

    /// The settings as a target wants them. What is left out is told, so that nobody misses it by surprise.
    fn written(&self, target: &Target, project: &Project, settings: &[&Setting<'_>]) -> Result<String, Error> {
        let rests = project.rests_of_secrets();
        let told = settings.iter().filter(|setting| setting.is_set() && is_told(&rests, setting.key));
        let (mut variables, mut left_out, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        for setting in told {
            let key = setting.key;
            let open = shown(project, setting);
            let text = if self.with_secrets { setting.value.text() } else { open };
            match text {
                None if self.with_secrets => closed.push(key),
                None => left_out.push(key),
                Some(_) => {}
            }
            let schema = project.schema.as_ref().map(|schema| &schema.schema);
            let typed = text.zip(schema).map(|(text, schema)| schema.typed(Some(&self.env), key, text));
            variables.push(Variable {
                key,
                text,
                digits: typed.as_ref().and_then(Typed::long_digits),
                typed: typed.map(|typed| typed.to_value()).or(text.map(Value::from)).unwrap_or_default(),
                secret: open.is_none(),
            });
        }
        if !closed.is_empty() {
            return Err(identities::none_opens(&closed));
        }
        let picture = Picture { environment: &self.env, variables };
        let text = (target.write)(&picture).map_err(|refusals| refused(target, &refusals))?;
        if !left_out.is_empty() {
            let list = printable(&left_out.join(", "));
            printing::complain(&format!("left out, because secret: {list}; --with-secrets writes them\n"))?;
        }
        Ok(text)
    }
}

/// The first line at which the readers of a file of the environment give up, and why; values may be cut there, or missing.
fn broken(project: &Project, environment: &Environment<'_>) -> Option<(String, &'static str)> {
    environment.layers.iter().find_map(|layer| {
        let fault = layer.faults.iter().find(|fault| fault.hides_values())?;
        let line = project.sources.position(layer.source, fault.at.start).line;
        Some((format!("{}:{line}", project.sources.path(layer.source)), fault.message))
    })
}

fn names() -> impl Iterator<Item = PossibleValue> {
    let table = PossibleValue::new("table").help("for people: each key, its value and where it was set");
    std::iter::once(table).chain(targets::ALL.iter().map(|target| PossibleValue::new(target.name).help(target.summary)))
}

pub(super) fn refused(target: &Target, refusals: &[Refusal]) -> Error {
    let list = refusals.iter().map(|refusal| format!("{}: {}", told_name(&refusal.key), refusal.reason));
    let message = format!("{} cannot hold every value: {}", target.name, list.collect::<Vec<_>>().join("; "));
    Error::new(message).help("choose the target of the one program that reads it, or another value")
}

/// The value as it may be printed: `None` for a secret.
pub(super) fn shown<'s>(project: &Project, setting: &'s Setting<'_>) -> Option<&'s str> {
    let text = setting.value.text()?;
    let secret = matches!(setting.value, Resolved::Secret(_)) || project.hides(setting.key, text);
    (!secret).then_some(text)
}

fn table<'a>(project: &Project, environment: &Environment<'a>, settings: &[&Setting<'a>]) -> String {
    let rests = project.rests_of_secrets();
    let rows: Vec<_> = settings
        .iter()
        .map(|setting| {
            let span = environment.place(setting);
            let position = project.sources.position(span.source, span.start);
            let is_sealed = environment.layers[setting.layer].sealed;
            let value = match (&setting.value, shown(project, setting)) {
                (Resolved::Unknown, _) if environment.broken(setting.key).is_some() => "(cannot be read)".to_owned(),
                (Resolved::Unknown, _) if !environment.broken.is_empty() && !is_sealed => "(not known)".to_owned(),
                (Resolved::Unknown, _) => "(sealed)".to_owned(),
                (Resolved::Unset, _) => "(not set)".to_owned(),
                (_, Some(_)) if !is_told(&rests, setting.key) => MASK.to_owned(),
                (_, Some("")) => "(empty)".to_owned(),
                (_, Some(text)) => printable(&text.replace('\n', "\\n")),
                (_, None) => MASK.to_owned(),
            };
            let place = format!("{}:{}", printable(project.sources.path(span.source)), position.line);
            (told_key(&rests, setting.key), value, place)
        })
        .collect();
    let width = |of: fn(&(String, String, String)) -> &String| {
        rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default().min(60)
    };
    let (key_width, value_width) = (width(|row| &row.0), width(|row| &row.1));
    let line =
        |(key, value, place): &(String, String, String)| format!("{key:key_width$}  {value:value_width$}  {place}\n");
    rows.iter().map(line).collect()
}

/// Whether a key may be told: no line of a key file, and not the rest of a secret.
pub(super) fn is_told(rests: &HashSet<&str>, key: &str) -> bool {
    is_plausible_name(key) && !rests.contains(key)
}

fn told_key(rests: &HashSet<&str>, key: &str) -> String {
    if is_told(rests, key) { printable(key) } else { MASK.to_owned() }
}
