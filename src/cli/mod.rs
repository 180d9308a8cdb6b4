//! The command line: one file a command.

mod arguments;
mod comparing;
mod deploy_check;
mod docs;
mod drift;
mod effects;
mod explain;
mod fix;
mod forks;
mod gate;
mod generated;
mod identities;
mod init;
mod lsp;
mod printing;
mod promote;
mod protection;
mod read;
mod readers;
mod refs;
mod release;
mod render;
mod rendering;
mod restoring;
mod run;
mod schema;
mod secrets;
mod show;
mod validate;
mod workspace;

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint};

use crate::drift::command::again;
use crate::drift::live::word;
use crate::error::Error;
use crate::outputs;
use crate::project::home::Home;
use crate::report::FailOn;
use printing::Color;

/// Checks a project's configuration and secrets before they hurt.
#[derive(Debug, Parser)]
#[command(name = "sparkcfg", version, propagate_version = true, after_help = EXAMPLES, arg_required_else_help = true)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  sparkcfg validate                       check every environment of this project
  sparkcfg validate prod --require-secrets    the gate before a deploy
  sparkcfg validate --staged              judge what is about to be committed
  sparkcfg run dev -- npm start           start a program with exactly the environment dev
  sparkcfg drift staging prod             what differs that no policy allows
  sparkcfg explain DATABASE_URL           where a value comes from, layer by layer
  sparkcfg explain out-of-range           what a finding means and how to mend it

Exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not check, 101 a bug; of run: see there.";

/// Options of every command; [`effects`] says where they do nothing.
#[derive(Debug, clap::Args)]
struct Global {
    /// The project's folder; else the nearest one upward from here that holds a project
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    project: Option<PathBuf>,
    /// How to write the result
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human", value_parser = PossibleValuesParser::new(formats()))]
    format: String,
    /// Write the result to a file as well, as FORMAT=PATH; may be given several times
    #[arg(long, global = true, value_name = "FORMAT=PATH")]
    output: Vec<String>,
    /// From which severity on findings fail the run
    #[arg(long, global = true, value_enum, default_value_t, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// Print findings only; twice, print nothing
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    quiet: u8,
    /// Say what is read
    #[arg(short, long, global = true)]
    verbose: bool,
}

fn formats() -> impl Iterator<Item = clap::builder::PossibleValue> {
    outputs::ALL.iter().map(|output| clap::builder::PossibleValue::new(output.name).help(output.summary))
}

/// Where sealed layers get their keys from.
#[derive(Debug, Default, clap::Args)]
struct Keys {
    /// A file with age identities; may be given several times
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    identity: Vec<PathBuf>,
    /// Let the process environment be the highest layer, for the keys that the files or the schema know
    #[arg(long)]
    process_env: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check every environment, or those named
    #[command(after_help = validate::EXAMPLES)]
    Validate(validate::Validate),
    /// Compare environments, revisions and what runs; only what no policy allows counts
    #[command(after_help = drift::EXAMPLES)]
    Drift(drift::Drift),
    /// Print what one environment has and another must have as well, as a patch for review
    #[command(after_help = promote::EXAMPLES)]
    Promote(promote::Promote),
    /// Write or check the schema of the built-in model; print the effective schema of an environment
    #[command(after_help = schema::EXAMPLES)]
    Schema(schema::Schema),
    /// Print the resolved values of an environment, secrets masked
    #[command(after_help = show::EXAMPLES)]
    Show(show::Show),
    /// Write the files that templates/ describes, for each environment
    #[command(after_help = render::EXAMPLES)]
    Render(render::Render),
    /// Say with one verdict whether an environment may be deployed
    #[command(after_help = deploy_check::EXAMPLES)]
    DeployCheck(deploy_check::DeployCheck),
    /// Record what is released, compare with the last release, or go back to the one before
    #[command(after_help = release::EXAMPLES)]
    Release(release::Release),
    /// Print what each reader (docker compose, make, node, …) makes of an env file
    #[command(after_help = read::help())]
    Read(read::Read),
    /// Find every variable: who declares, sets, hands on and reads it, and what is wrong
    #[command(after_help = refs::EXAMPLES)]
    Refs(refs::Refs),
    /// Check an environment, then become a command with exactly that environment
    #[command(after_help = run::EXAMPLES)]
    Run(run::Run),
    /// Set, read and share sealed secrets
    #[command(after_help = secrets::EXAMPLES)]
    Secrets(secrets::Secrets),
    /// Say where a key's value comes from, or what a code means
    #[command(after_help = explain::EXAMPLES)]
    Explain(explain::Explain),
    /// Infer sparkcfg.toml and a schema from what a project has
    #[command(after_help = init::EXAMPLES)]
    Init(init::Init),
    /// Write the reference of every key, and .env.example
    #[command(after_help = docs::EXAMPLES)]
    Docs(docs::Docs),
    /// Serve editors over the language server protocol: findings while typing, hover, completion, quick fixes
    #[command(after_help = lsp::EXAMPLES)]
    Lsp(lsp::Lsp),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Runs the command line and gives the exit code.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    protection::protect();
    let arguments: Vec<_> = arguments.into_iter().collect();
    if let Some(error) = arguments::refused(&arguments) {
        let _ = printing::complain(&format!("{error}\n"));
        return ExitCode::from(if is_command(&arguments, "run") { run::NOT_PREPARED } else { 2 });
    }
    let (parsed, matches) = match understood(&arguments) {
        Ok(read) => read,
        Err(error) => return not_understood(&arguments, error),
    };
    if let Some((option, command)) = effects::refused(&matches) {
        let _ = printing::complain(&format!(
            "error: {option} has no effect on `{command}`, which makes no report\n  \
             help: use it with validate, drift or render; `show ENV --as json` prints values\n"
        ));
        return ExitCode::from(if matches!(parsed.command, Command::Run(_)) { run::NOT_PREPARED } else { 2 });
    }
    let code = carry_out(&parsed);
    // The operating system frees memory faster than thousands of destructors.
    std::mem::forget((parsed, matches));
    code
}

/// The arguments, by the whole command line only where that is needed.
fn understood(arguments: &[OsString]) -> Result<(Arguments, ArgMatches), clap::Error> {
    match alone(arguments).map(|command| read(command, arguments)) {
        Some(Ok(read)) => Ok(read),
        // What is wrong, or what help is asked for, is told by the whole.
        _ => read(Arguments::command(), arguments),
    }
}

fn read(command: clap::Command, arguments: &[OsString]) -> Result<(Arguments, ArgMatches), clap::Error> {
    let mut command = ManuallyDrop::new(command);
    let matches = command.try_get_matches_from_mut(arguments)?;
    Ok((Arguments::from_arg_matches(&matches)?, matches))
}

/// The command line with the one command that is asked for, where it comes first and is one that hooks and scripts run
/// often: to build all commands takes a fifth of an everyday run.
fn alone(arguments: &[OsString]) -> Option<clap::Command> {
    let command = clap::Command::new;
    let command = match arguments.get(1)?.to_str()? {
        "validate" => validate::Validate::augment_args(command("validate")),
        "drift" => drift::Drift::augment_args(command("drift")),
        "render" => render::Render::augment_args(command("render")),
        "run" => run::Run::augment_args(command("run")),
        "show" => show::Show::augment_args(command("show")),
        _ => return None,
    };
    Some(Global::augment_args(clap::Command::new("sparkcfg")).subcommand(command))
}

/// Tells what is wrong with the arguments, or prints the help that they ask for.
fn not_understood(arguments: &[OsString], error: clap::Error) -> ExitCode {
    // Help is rare, so that only here the options are taken out that do nothing for a command.
    let help = match error.kind() {
        ErrorKind::DisplayHelp => effects::shown(Arguments::command()).try_get_matches_from(arguments).err(),
        _ => None,
    };
    // An option that stands before its command may be unknown there.
    let mut error = help.filter(|help| help.kind() == ErrorKind::DisplayHelp).unwrap_or(error);
    let option = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    if error.kind() == ErrorKind::UnknownArgument && ["-e", "--env", "--environment"].contains(&option.as_str()) {
        // `secrets` has it; elsewhere environments are what a command is about.
        let tip = "environments are named without an option, as in sparkcfg validate prod";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    // A value that was typed by mistake would stand in the log of a job.
    if error.kind() == ErrorKind::UnknownArgument && is_command(arguments, "secrets") && !option.starts_with('-') {
        let is = |verb: &str| arguments.iter().any(|argument| argument == verb);
        let help = if is("grant") || is("revoke") {
            "name one person and one environment; for more, run it once for each"
        } else {
            "where a value is set or printed, the environment stands behind -e; a value itself is never given on the command line: \
             if it was real, change it where it is used"
        };
        let _ = printing::complain(&format!(
            "error: there is one argument too many, which is not repeated here\n  help: {help}\n"
        ));
        return ExitCode::from(2);
    }
    // clap's own exit codes are the ones that the table promises: 0 for help, 2 for wrong usage. What `run` starts may
    // end with 2 itself.
    let code = match u8::try_from(error.exit_code()).unwrap_or(2) {
        2 if is_command(arguments, "run") => run::NOT_PREPARED,
        code => code,
    };
    let text = error.render();
    let printed =
        if error.use_stderr() { printing::complain(&text.to_string()) } else { printing::print(&text.to_string()) };
    ExitCode::from(printed.map_or(2, |()| code))
}

fn carry_out(arguments: &Arguments) -> ExitCode {
    let global = &arguments.global;
    let result = match &arguments.command {
        Command::Validate(command) => command.run(global),
        Command::Drift(command) => command.run(global),
        Command::Promote(command) => command.run(global),
        Command::Schema(command) => command.run(global),
        Command::Show(command) => command.run(global),
        Command::Read(command) => command.run(global),
        Command::Refs(command) => command.run(global),
        Command::Render(command) => command.run(global),
        Command::DeployCheck(command) => command.run(global),
        Command::Release(command) => command.run(global),
        Command::Run(command) => Ok(command.run(global)),
        Command::Secrets(command) => command.run(global),
        Command::Explain(command) => command.run(global),
        Command::Init(command) => command.run(global),
        Command::Docs(command) => command.run(global),
        Command::Lsp(command) => command.run(global),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut effects::shown(Arguments::command()), "sparkcfg", &mut script);
            printing::print(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS)
        }
        Command::Man => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(effects::shown(Arguments::command())).render(&mut page);
            let written = rendered.map_err(|_| Error::new("the manual page cannot be written"));
            written.and_then(|()| printing::print(&String::from_utf8_lossy(&page))).map(|()| ExitCode::SUCCESS)
        }
    };
    result.unwrap_or_else(|error| {
        // Nothing is left to be done if even this cannot be printed.
        let _ = printing::complain(&format!("{error}\n"));
        ExitCode::from(2)
    })
}

/// Whether the first argument that is no option is this command.
fn is_command(arguments: &[OsString], name: &str) -> bool {
    let command = Arguments::command();
    let takes_value = |option: &str| {
        let mut options = command.get_opts().filter(|known| known.get_action().takes_values());
        options.any(|known| known.get_long() == option.strip_prefix("--"))
    };
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            return word == name;
        }
        if takes_value(&word) {
            words.next();
        }
    }
    false
}

impl Global {
    /// Where the project stands in its repository.
    fn home(&self) -> Home {
        self.folder().map(|(root, prefix)| Home::of(&root, &prefix)).unwrap_or_default()
    }

    /// The project's folder as the user named it, unless it is the current one.
    fn asked_folder(&self) -> Option<String> {
        let folder = self.project.as_ref()?.to_string_lossy().into_owned();
        (!folder.trim_end_matches('/').is_empty() && folder.trim_end_matches('/') != ".").then_some(folder)
    }

    /// A command about the same project, as a shell takes it.
    fn again(&self, command: &str, names: &[&str]) -> String {
        let names: Vec<_> = names.iter().map(|name| word(name)).collect();
        let words: Vec<_> = names.iter().map(String::as_str).collect();
        again(command, &words, self.asked_folder().as_deref())
    }

    /// The project's folder, and what stands before the paths that users see.
    fn folder(&self) -> Result<(PathBuf, String), Error> {
        match &self.project {
            Some(folder) if folder.is_dir() => {
                let shown = folder.to_string_lossy().replace('\\', "/");
                let shown = shown.trim_start_matches("./").trim_end_matches('/');
                let outside = folder.is_absolute() || shown.starts_with("..") || shown.is_empty() || shown == ".";
                Ok((folder.clone(), if outside { String::new() } else { format!("{shown}/") }))
            }
            Some(folder) => Err(Error::new("there is no such folder").at(folder.to_string_lossy())),
            None => {
                let here = std::env::current_dir().map_err(|_| Error::new("the current folder cannot be read"))?;
                Ok((crate::project::discover(&here), String::new()))
            }
        }
    }
}
