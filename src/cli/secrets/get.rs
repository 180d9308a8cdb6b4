//! `sparkcfg secrets get`: one value, exactly, to whoever asks for it with a pipe.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::process::ExitCode;

use super::{Global, Keys};
use crate::cli::printing;
use crate::environment::{Environment, Resolved, is_brought_along};
use crate::error::Error;
use crate::finding::told_name;
use crate::layer::{Layer, PROCESS};
use crate::project::sealing::Sealing;
use crate::project::{Options, Project};
use crate::secret::Secret;
use crate::stores::State;
use crate::suggestion::nearest;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg secrets get API_KEY -e prod | wl-copy
  sparkcfg secrets get DEPLOY_KEY -e prod | ssh-add -
  sparkcfg secrets get API_KEY -e prod --reveal     on the terminal

A pipe gets the bytes of the value and nothing else, no line end added; a terminal gets one. As an argument of a command, \
a value is seen by everybody on the machine, as in `ps`: to start one with secrets, use sparkcfg run ENV -- CMD.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Get {
    /// The key
    key: String,
    /// The environment, `base`, or the path of a sealed file
    #[arg(short, long = "env", value_name = "ENV")]
    environment: String,
    /// Print it even where people see it: on a terminal
    #[arg(long)]
    reveal: bool,
}

impl Get {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let terminal = std::io::stdout().is_terminal();
        if terminal && !self.reveal {
            let help = "send it through a pipe, or add --reveal";
            return Err(Error::new("a secret is not printed on a terminal").help(help));
        }
        let sealing = keys.sealing(global)?;
        let value = value(&sealing, &self.environment, &self.key)?;
        printing::print(value.expose())?;
        if terminal && !value.expose().ends_with('\n') {
            printing::print("\n")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The value of a key in an environment, or, for `base` and paths, as far as that file goes.
fn value(sealing: &Sealing, name: &str, key: &str) -> Result<Secret, Error> {
    let names = Project::environment_names_in(&sealing.files, &sealing.config)?;
    let file = if names.iter().any(|known| known == name) { None } else { Some(sealing.target(name)?.file) };
    let environment = file.as_ref().map_or(name, |file| file.environments[0].as_str());
    let options = Options {
        environments: vec![environment.to_owned()],
        identities: Some(&sealing.identities),
        process: brought_along(),
        ..Options::default()
    };
    let project = Project::read(&sealing.files, &options)?;
    let environments = project.environments();
    let all = environments.first().ok_or_else(|| Error::new("there is no such environment"))?;
    // It answers for references alone.
    let mut layers: Vec<_> = all.layers.iter().copied().filter(|layer| layer.name != PROCESS).collect();
    if let Some(file) = &file {
        let path = sealing.files.shown(&file.path);
        let last = layers.iter().rposition(|layer| project.sources.path(layer.source) == path);
        layers.truncate(last.map_or(0, |last| last + 1));
    }
    let process = brought_along();
    let environment = Environment::beside(all.name.clone(), all.protected, layers, &process, &project.dotenvs);
    // What a file does not open to may be a later value of the key; a damaged one may also lack what the value refers to.
    let from = environment.get(key).map_or(0, |setting| setting.layer);
    let unknown = environment.layers.iter().enumerate().find_map(|(at, layer)| {
        let state = state(&project, layer).filter(|state| at >= from || *state == State::Damaged)?;
        Some((layer, state))
    });
    if let Some((layer, state)) = unknown {
        return Err(unopened(sealing, key, project.sources.path(layer.source), state));
    }
    // A line that cannot be read may be a later value, too.
    let broken = environment.layers.iter().skip(from).find(|layer| !layer.sealed && !layer.faults.is_empty());
    if let Some(layer) = broken {
        let error = Error::new(format!("{} may have another value in a line that cannot be read", told_name(key)));
        return Err(error
            .at(project.sources.path(layer.source))
            .help("`sparkcfg validate` says where, and what is wrong"));
    }
    // Nobody gets a value with a hole in it from an environment; a file alone may refer to what others set.
    let setting = environment.get(key).map(|setting| (setting.layer, setting.entry));
    if setting.is_some_and(|place| environment.loose.iter().any(|loose| (loose.layer, loose.entry) == place)) {
        let message = format!("{} refers to a name that has no value", told_name(key));
        if file.is_none() {
            let help =
                format!("`sparkcfg validate {name}` says where; `sparkcfg secrets edit {name}` shows what is written");
            return Err(Error::new(message).help(help));
        }
        printing::complain(&format!("{message} in {name}, and becomes nothing there\n"))?;
    }
    match environment.get(key).map(|setting| &setting.value) {
        Some(Resolved::Unknown) => {
            let help = "it refers to something that cannot be resolved";
            Err(Error::new(format!("{} stays sealed", told_name(key))).help(help))
        }
        Some(value) => match value.text() {
            Some(text) if text.starts_with("ENC[AES256_GCM,") && !environment.layers[from].sealed => {
                let help = "sealed text stands where a value should; `sparkcfg validate` says where";
                Err(Error::new(format!("{} stays sealed", told_name(key))).help(help))
            }
            Some(text) => Ok(Secret::new(text.to_owned())),
            None => Err(Error::new(format!("{key} has no value in {name}"))),
        },
        None => {
            let error = Error::new(format!("{key} is not set in {name}"));
            let known = environment.settings.iter().map(|setting| setting.key).filter(|key| crate::plain::is_name(key));
            Err(match nearest(key, known) {
                Some(near) => error.help(format!("did you mean {near}?")),
                None => error.help(format!("set it with `sparkcfg secrets set {key} -e {name}`")),
            })
        }
    }
}

/// What every program that is started has, and so whoever uses the value: of this command's own.
fn brought_along() -> HashMap<String, String> {
    let known =
        std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    known.filter(|(key, _)| is_brought_along(key)).collect()
}

/// Why a layer is unknown; `None` for one that is known.
fn state(project: &Project, layer: &Layer) -> Option<State> {
    let index = project.layers.iter().position(|one| std::ptr::eq(one, layer))?;
    project.sealed.get(&index).map(|sealed| sealed.state).filter(|state| *state != State::Opened)
}

fn unopened(sealing: &Sealing, key: &str, path: &str, state: State) -> Error {
    let error = Error::new(format!("{} stays sealed", told_name(key))).at(path);
    match state {
        State::Closed(why) => error.help(format!("{}: {}{}", why.message(), why.help(), sealing.identities.looked())),
        _ => error.help("the file is damaged; `sparkcfg validate` says where"),
    }
}
