//! `sparkcfg secrets set`: a value, new or instead of an old one, that no command line ever saw.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueHint;

use super::carrying::values;
use super::{Global, Keys, input, judging};
use crate::cli::printing;
use crate::detection::is_plausible_name;
use crate::error::Error;
use crate::plain;
use crate::project::files::Files;
use crate::project::sealing::{Sealing, Target, Written};
use crate::project::{Options, Project, compose_entries};
use crate::source::printable;
use crate::suggestion::{is_slip, nearest};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg secrets set API_KEY -e prod                    asks for it, unseen
  openssl rand -hex 32 | sparkcfg secrets set API_KEY -e prod
  sparkcfg secrets set TLS_KEY -e prod --from-file tls.key

The line end at the end of a pipe or file is not part of the value; with --exact it is.";

/// The arguments. They may hold a secret that somebody typed where none belongs.
#[derive(clap::Args)]
#[command(override_usage = "sparkcfg secrets set [OPTIONS] --env <ENV> <KEY>")]
pub(super) struct Set {
    /// The key
    key: String,
    /// The environment, `base`, or the path of a sealed file
    #[arg(short, long = "env", value_name = "ENV", required_unless_present = "rest")]
    environment: Option<String>,
    /// Read the value from a file; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from_file: Option<PathBuf>,
    /// Keep the line end at the end of a pipe or file
    #[arg(long)]
    exact: bool,
    /// Set it although the project's checks speak against it
    #[arg(long)]
    no_validate: bool,
    /// What follows: refused here, so that no message quotes it
    #[arg(hide = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

impl std::fmt::Debug for Set {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Set").finish_non_exhaustive()
    }
}

impl Set {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        self.refuse_environment_without_option(global)?;
        let key = self.key()?;
        let environment = self.environment.as_deref().unwrap_or_default();
        let mut sealing = keys.sealing(global)?;
        let target = sealing.target(environment)?;
        let shown = sealing.files.shown(&target.file.path);
        sealing.may_write(&target)?;
        sealing.plain(&target)?;
        // Told before anybody has typed a value twice for nothing.
        if !self.no_validate && std::io::stdin().is_terminal() && self.from_file.is_none() {
            judging::knows(&sealing, &target, key)?;
        }
        let asked = input::Asked { key, environment, shown: &shown };
        let value = input::value(&asked, self.from_file.as_deref(), self.exact)?;
        let spelled = input::spelled(&value)?;
        // Only now, so that nobody waits for a person who types.
        let lock = sealing.lock()?;
        let target = sealing.target(environment)?;
        let before = sealing.plain(&target)?;
        let text = plain::put(&before, key, &spelled, compose_entries)
            .filter(|text| input::reads(text.expose(), key, &value))
            .ok_or_else(|| {
                Error::new("a quote that is open in the file would swallow the new value")
                    .at(shown.clone())
                    .help(format!("mend the file with `sparkcfg secrets edit {environment}`"))
            })?;
        if !self.no_validate && !judging::accepts(&sealing, &target, &text, &[key.to_owned()], global)? {
            printing::complain("nothing was changed; --no-validate sets it all the same\n")?;
            return Ok(ExitCode::from(1));
        }
        let verb = match super::seal(&sealing, &lock, &target, &text)? {
            Written::Changed => "set",
            Written::Unchanged => "unchanged:",
        };
        printing::complain(&format!("{verb} {key} in {}\n", printable(&shown)))?;
        tell_of_others(&sealing, &target, key, !values(&before).contains_key(key))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Whoever writes `set KEY prod` has given away nothing.
    fn refuse_environment_without_option(&self, global: &Global) -> Result<(), Error> {
        let ([word], None) = (self.rest.as_slice(), &self.environment) else { return Ok(()) };
        let Some(word) = word.to_str().filter(|_| is_key(&self.key)) else { return Ok(()) };
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let config = Project::config(&files)?;
        let known = Project::environment_names_in(&files, &config)?;
        if word != "base" && !known.iter().any(|name| name == word) {
            return Ok(());
        }
        let help = format!("did you mean `sparkcfg secrets set {} -e {word}`?", self.key);
        Err(Error::new("the environment is given with -e").help(help))
    }

    /// The environment as it was given, be it behind a value that should not be there.
    fn named_environment(&self) -> Option<&str> {
        let mut rest = self.rest.iter().map(|word| word.to_str().unwrap_or_default());
        let behind = rest.find(|word| matches!(*word, "-e" | "--env")).and_then(|_| rest.next());
        // Nothing but a short word, which is no value.
        let is_name =
            |word: &&str| word.len() <= 12 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        self.environment.as_deref().or(behind.filter(is_name))
    }

    /// The key, if it is nothing but one.
    fn key(&self) -> Result<&str, Error> {
        let (name, value) = self.key.split_once('=').map_or((&*self.key, false), |(name, _)| (name, true));
        let told = if is_key(name) { name } else { "KEY" };
        if value || !self.rest.is_empty() {
            let message =
                "a secret is never given on the command line: other programs, logs and the shell's history see it";
            let help = format!(
                "if it was real, change it where it is used; then `sparkcfg secrets set {told} -e {}` asks for it, and takes it from a pipe or with --from-file",
                self.named_environment().unwrap_or("ENV")
            );
            return Err(Error::new(message).help(help));
        }
        if !is_key(name) {
            let help = "a name is a letter or `_`, then letters, digits, `_`, `.` and `-`";
            return Err(Error::new("this is no variable's name").help(help));
        }
        Ok(name)
    }
}

/// Whether a word is the name of a variable, and no secret that was typed in its place.
fn is_key(word: &str) -> bool {
    plain::is_name(word) && is_plausible_name(word)
}

fn without_digits(key: &str) -> String {
    key.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// A plain file that sets the key as well can still be read by everybody, or has the last word. And a new key may be another
/// one misspelt, which has its old value still: where that one is set, too, no check can tell.
fn tell_of_others(sealing: &Sealing, target: &Target, key: &str, is_new: bool) -> Result<(), Error> {
    let known = Project::environment_names_in(&sealing.files, &sealing.config)?;
    let environments = target.file.environments.iter().filter(|name| known.contains(name)).cloned().collect();
    // What is wrong with the project is not the business of this command, which is done.
    let Ok(project) = Project::read(&sealing.files, &Options { environments, ..Options::default() }) else {
        return Ok(());
    };
    let declared = project.schema.iter().filter(|schema| is_new && !schema.schema.property(key).is_declared());
    // `KEY_1` and `KEY_2` are two keys.
    let is_slip = |known: &&str| is_slip(key, known) && without_digits(key) != without_digits(known);
    let mut near = declared.filter_map(|schema| nearest(key, schema.schema.keys().filter(is_slip)));
    if let Some(near) = near.next() {
        printing::complain(&format!(
            "{key} is not in the schema, but {near} is, and stays as it was: if that was meant, set it, and take {key} out with `secrets unset`\n"
        ))?;
    }
    for layer in project.layers.iter().filter(|layer| !layer.sealed) {
        let Some(entry) = layer.entries.iter().find(|entry| layer.key(entry) == key) else { continue };
        let path = printable(project.sources.path(layer.source));
        let line = project.sources.position(layer.source, entry.key.start).line;
        printing::complain(&format!(
            "{key} stands in {path}:{line} too, in plain text: take it out there, and change it if it was the secret\n"
        ))?;
    }
    Ok(())
}
