//! Which options of every command have no effect on which one: they are neither shown nor taken there.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// The options that do nothing for a command.
fn without_effect(path: &[&str]) -> &'static [&'static str] {
    match path {
        ["completions" | "man", ..] => &["project", "format", "output", "fail_on", "color", "quiet", "verbose"],
        ["schema" | "show" | "explain" | "init" | "lsp" | "promote" | "release", ..] => {
            &["format", "output", "fail_on", "color", "quiet", "verbose"]
        }
        ["read", ..] => &["output", "fail_on", "color", "quiet", "verbose"],
        ["docs", ..] => &["fail_on", "color", "quiet", "verbose"],
        ["run", ..] => &["format", "output"],
        ["secrets", "who"] => &["verbose"],
        ["secrets", ..] => &["format", "output", "fail_on", "quiet", "verbose"],
        ["validate" | "drift", ..] => &[],
        _ => &["verbose"],
    }
}

/// The command line as help, manual page and completions show it.
pub(super) fn shown(command: Command) -> Command {
    let options = command.get_arguments().filter(|option| option.is_global_set());
    let options: Vec<_> = options.map(|option| option.clone().global(false)).collect();
    below(command.mut_args(|option| option.global(false)), &[], &options)
}

fn below(mut command: Command, path: &[&str], options: &[Arg]) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    for name in &names {
        let path: Vec<_> = path.iter().copied().chain([name.as_str()]).collect();
        command = command.mut_subcommand(name, |command| {
            let idle = without_effect(&path);
            let useful = options.iter().filter(|option| !idle.contains(&option.get_id().as_str()));
            below(command.args(useful), &path, options)
        });
    }
    command
}

/// The first option that asks for a report, and the command that makes none. Colours and how much is said are taken
/// everywhere, so that an alias may have them.
pub(super) fn refused(matches: &ArgMatches) -> Option<(&'static str, String)> {
    let (mut path, mut leaf) = (Vec::new(), matches);
    while let Some((name, below)) = leaf.subcommand() {
        path.push(name);
        leaf = below;
    }
    let idle = without_effect(&path);
    let asked = [("format", "--format"), ("output", "--output"), ("fail_on", "--fail-on")];
    let given = |id: &str| idle.contains(&id) && leaf.value_source(id) == Some(ValueSource::CommandLine);
    let (_, option) = asked.into_iter().find(|(id, _)| given(id))?;
    Some((option, path.join(" ")))
}
