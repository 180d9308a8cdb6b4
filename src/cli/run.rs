//! `sparkcfg run`: becomes a command with exactly the environment that was checked.

mod launch;
mod variables;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use super::gate::{self, Gate};
use super::{Global, identities, printing};
use crate::environment::{Environment, Resolved, Setting};
use crate::error::Error;
use crate::finding::told_name;
use crate::identity::is_identity_variable;
use crate::layer::PROCESS;
use crate::masking::{SHORTEST, Spellings};
use crate::project::files::Files;
use crate::project::{Options, Project};
use crate::report::Report;
use crate::source::printable;
use launch::Launch;
use variables::{is_loader, is_passed};

/// Nothing was started: the environment is wrong, or could not be put together.
pub(super) const NOT_PREPARED: u8 = 125;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg run dev -- npm start
  sparkcfg run prod --clean --pass PATH -- ./server    nothing from outside the files but PATH
  sparkcfg run prod --mask -- ./migrate | tee log      secrets in its output become ••••••

The command gets the keys of the environment and, where these do not set them, a few variables of the process \
environment: COLORTERM HOME LANG LANGUAGE LC_* LOGNAME NO_COLOR PATH SHELL TERM TMPDIR TZ USER.

Exit codes: the command's own; 125 nothing was started, because the environment is wrong or a secret stays sealed; \
126 the command cannot be started; 127 there is no such command.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Run {
    /// The environment
    env: String,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
    /// Hand on this variable of the process environment too; may be given several times
    #[arg(long, value_name = "NAME")]
    pass: Vec<String>,
    /// Take nothing from the process environment but what --pass names
    #[arg(long)]
    clean: bool,
    /// Let the process environment overrule no key of the files
    #[arg(long)]
    no_process_env: bool,
    #[command(flatten)]
    gate: Gate,
    /// Leave personal layers (prod.local.env) out
    #[arg(long)]
    no_local: bool,
    /// Put ••••••  in place of secrets in what the command writes; it then writes to a pipe
    #[arg(long)]
    mask: bool,
    /// A file with age identities; may be given several times
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    identity: Vec<PathBuf>,
}

impl Run {
    /// Returns only if the command did not take the place of this process.
    pub(super) fn run(&self, global: &Global) -> ExitCode {
        let launched = self.prepare(global).map(|launch| launch.map(Launch::start));
        match launched {
            Ok(Some(code)) => code,
            Ok(None) => ExitCode::from(NOT_PREPARED),
            Err(error) => {
                // Nothing is left to be done if even this cannot be printed.
                let _ = printing::complain(&format!("{error}\n"));
                ExitCode::from(NOT_PREPARED)
            }
        }
    }

    /// What is to be started; `None` when findings speak against it.
    fn prepare(&self, global: &Global) -> Result<Option<Launch>, Error> {
        let identity = self.pass.iter().find(|name| is_identity_variable(name));
        if let Some(name) = identity {
            let help = "what the command needs of it stands in the environment already";
            return Err(Error::new(format!("--pass {name} would hand an identity to the command")).help(help));
        }
        if self.pass.iter().any(|name| name.is_empty() || name.contains('=')) {
            let help = "set the variable before the command, and name it alone";
            return Err(Error::new("--pass takes the name of a variable").help(help));
        }
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let identities = identities::collect_with_programs(&self.identity, &files, &Project::config(&files)?)?;
        let options = Options {
            environments: vec![self.env.clone()],
            personal: !self.no_local,
            identities: Some(&identities),
            require_secrets: true,
            history: false,
            process: self.process(),
        };
        let mut project = Project::read(&files, &options)?;
        drop(identities);
        if !self.accepts(&mut project, global)? {
            return Ok(None);
        }
        let environments = project.environments();
        let environment = environments.first().ok_or_else(|| Error::new("there is no such environment"))?;
        let settings: Vec<_> = environment.settings.iter().filter(|setting| setting.is_set()).collect();
        refuse_sealed(&project, environment, &settings, global)?;
        refuse_loaders(&project, environment, &settings)?;
        if global.quiet == 0 {
            tell_overruled(environment, &settings)?;
        }
        let mut variables: HashMap<OsString, OsString> = self.passed().collect();
        for setting in &settings {
            variables.insert(setting.key.into(), variable(setting)?.into());
        }
        let masked = if self.mask { Some(spellings(&project, environment, &settings, global)?) } else { None };
        Ok(Some(Launch { command: self.command.clone(), variables, masked }))
    }

    /// Checks the environment and writes what was found to stderr, and nothing at all where nothing is worth it.
    fn accepts(&self, project: &mut Project, global: &Global) -> Result<bool, Error> {
        let (findings, summary) = self.gate.findings(project, global);
        if findings.is_empty() {
            return Ok(true);
        }
        // What stays sealed, or is damaged, can be handed to no command, checked or not.
        let cannot = project
            .environments()
            .first()
            .is_some_and(|environment| project.closed(environment).is_some() || project.damaged(environment).is_some());
        project.hide_secrets();
        let mut report =
            Report::new("run", findings, std::mem::take(&mut project.sources), summary).failing_from(global.fail_on);
        gate::tell(&report, global)?;
        if report.fails() {
            gate::refuse("started", (!cannot).then_some("starts"), global)?;
        }
        project.sources = std::mem::take(&mut report.sources);
        Ok(!report.fails())
    }

    /// The process environment as a layer: without identities, whatever the files say.
    fn process(&self) -> HashMap<String, String> {
        if self.clean || self.no_process_env {
            return HashMap::new();
        }
        let all =
            std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        all.filter(|(key, _)| !is_identity_variable(key)).collect()
    }

    /// What is handed on whether or not the environment knows it.
    fn passed(&self) -> impl Iterator<Item = (OsString, OsString)> {
        std::env::vars_os().filter(|(key, _)| {
            let key = key.to_string_lossy();
            self.pass.iter().any(|name| *name == key) || !self.clean && is_passed(&key)
        })
    }
}

/// The text of a setting, as a variable can hold it.
fn variable<'s>(setting: &'s Setting<'_>) -> Result<&'s str, Error> {
    let text = setting.value.text().unwrap_or_default();
    let key = told_name(setting.key);
    if setting.key.is_empty() || setting.key.contains(['=', '\0']) {
        return Err(Error::new(format!("{key} cannot be the name of a variable")));
    }
    if text.contains('\0') {
        let help = "a variable ends at the first zero byte; write the value in Base64, or into a file";
        return Err(Error::new(format!("the value of {key} holds a zero byte")).help(help));
    }
    Ok(text)
}

fn refuse_sealed(
    project: &Project,
    environment: &Environment<'_>,
    settings: &[&Setting<'_>],
    global: &Global,
) -> Result<(), Error> {
    let unknown: Vec<_> = settings
        .iter()
        .filter(|setting| matches!(setting.value, Resolved::Unknown))
        .map(|setting| setting.key)
        .collect();
    if let Some((why, readers)) = project.closed(environment) {
        let what = match unknown.as_slice() {
            [] => "a sealed file of it".to_owned(),
            keys => names(keys),
        };
        let message = format!("{what} cannot be handed over: {}", why.message());
        let readers =
            if readers.is_empty() { String::new() } else { format!("; it opens for {}", readers.join(" and ")) };
        return Err(Error::new(message).help(format!("{}{readers}", why.help())));
    }
    if let Some((path, why)) = project.damaged(environment) {
        let help = format!("nothing was started; `{}` says what to do", global.again("validate", &[&environment.name]));
        return Err(Error::new(format!("what this file holds cannot be handed over: {why}")).at(path).help(help));
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let help = format!("`{}` says what is wrong", global.again("validate", &[&environment.name]));
    Err(Error::new(format!("the value of {} is not known", names(&unknown))).help(help))
}

/// A variable that makes a program load or run something else comes from no file, unless the schema declares it.
fn refuse_loaders<'a>(
    project: &Project,
    environment: &Environment<'a>,
    settings: &[&Setting<'a>],
) -> Result<(), Error> {
    let refused = settings.iter().find_map(|setting| Some((setting, taken_from_no_file(project, setting.key)?)));
    let Some((setting, why)) = refused else { return Ok(()) };
    let span = environment.place(setting);
    let line = project.sources.position(span.source, span.start).line;
    Err(Error::new(format!("{} {why}: it is not taken from a file", setting.key))
        .at(format!("{}:{line}", project.sources.path(span.source)))
        .help("take it out of the file; or declare it in the schema, if the command needs it"))
}

/// Why a command is started with no such key from a file; `None` where it is, or where the schema declares it.
pub(super) fn taken_from_no_file(project: &Project, key: &str) -> Option<&'static str> {
    let why = if is_identity_variable(key) {
        "is an identity that opens secrets"
    } else if is_loader(key) {
        "makes programs load or run something else"
    } else {
        return None;
    };
    let declared = project.schema.as_ref().is_some_and(|schema| schema.schema.property(key).is_declared());
    (!declared).then_some(why)
}

fn names(keys: &[&str]) -> String {
    const TOLD: usize = 5;
    let told: Vec<_> = keys.iter().take(TOLD).map(|key| told_name(key)).collect();
    match keys.len().saturating_sub(TOLD) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

/// Says which keys of the files have another value because of the process environment.
fn tell_overruled<'a>(environment: &Environment<'a>, settings: &[&Setting<'a>]) -> Result<(), Error> {
    let from_outside = |setting: &&&Setting<'a>| environment.layers[setting.layer].name == PROCESS;
    let overruled = settings.iter().filter(from_outside).filter(|setting| {
        let below = environment.shadowed(setting);
        let text = below.first().and_then(|(layer, entry)| {
            let layer = environment.layers[*layer];
            layer.content(&layer.entries[*entry])
        });
        !below.is_empty() && text != setting.value.text()
    });
    let keys: Vec<_> = overruled.map(|setting| setting.key).collect();
    if keys.is_empty() {
        return Ok(());
    }
    printing::complain(&format!("from the process environment, not from the files: {}\n", printable(&names(&keys))))
}

/// The secrets among the settings, as they are to be found in what the command writes.
pub(super) fn spellings<'a>(
    project: &Project,
    environment: &Environment<'a>,
    settings: &[&Setting<'a>],
    global: &Global,
) -> Result<Spellings, Error> {
    let secrets = secrets(project, environment, settings, global)?;
    Ok(Spellings::of(secrets))
}

/// The secrets among the settings. Those that are too short to be masked are told.
pub(super) fn secrets<'s, 'a>(
    project: &Project,
    environment: &Environment<'a>,
    settings: &[&'s Setting<'a>],
    global: &Global,
) -> Result<Vec<&'s str>, Error> {
    let is_secret = |setting: &&&'s Setting<'a>| {
        let layer = environment.layers[setting.layer];
        let text = setting.value.text().unwrap_or_default();
        // The process environment is kept like a secret, but most of it is none.
        let sealed = matches!(setting.value, Resolved::Secret(_)) && layer.name != PROCESS;
        sealed
            || project.hides(setting.key, text)
            || layer.name != PROCESS && project.hides_entry(layer, environment.entry(setting))
    };
    let secrets: Vec<_> = settings.iter().filter(is_secret).collect();
    let short = secrets
        .iter()
        .filter(|setting| setting.value.text().is_some_and(|text| (1..SHORTEST).contains(&text.trim().len())));
    let short: Vec<_> = short.map(|setting| setting.key).collect();
    if !short.is_empty() && global.quiet == 0 {
        printing::complain(&format!("too short to be masked: {}\n", printable(&names(&short))))?;
    }
    Ok(secrets.iter().filter_map(|setting| setting.value.text()).collect())
}

#[cfg(test)]
mod tests {
    use super::EXAMPLES;
    use super::variables::{LOADERS, PASSED};

    #[test]
    fn the_page_lists_what_comes_from_no_file() {
        let line = LOADERS.join(" ");
        assert!(include_str!("../../docs/run.md").contains(&line), "{line}");
    }

    #[test]
    fn the_help_lists_what_is_passed_on() {
        let line = PASSED.join(" ");
        assert!(EXAMPLES.contains(&line), "{line}");
    }
}
