//! The only place that writes to the terminal and to report files.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::masking::{Masking, Spellings};
use crate::outputs::{self, Output, Style};
use crate::report::Report;

/// When to use colours.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set; everywhere if `FORCE_COLOR` is.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// Writes a result. A reader that went away, as `head` does, is no error.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    settle(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes everything that is no result.
pub(super) fn complain(text: &str) -> Result<(), Error> {
    settle(std::io::stderr().lock().write_all(text.as_bytes()))
}

fn settle(written: std::io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::new("the output cannot be written")),
        _ => Ok(()),
    }
}

/// Writes what a command writes, its secrets masked, until it writes no more or nobody reads any more, which is no error.
pub(super) fn pass_on(from: impl Read, to: impl Write, spellings: &Spellings) -> std::io::Result<()> {
    match pass_all_on(from, to, spellings) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        passed => passed,
    }
}

fn pass_all_on(mut from: impl Read, mut to: impl Write, spellings: &Spellings) -> std::io::Result<()> {
    let mut masking = Masking::new(spellings);
    let (mut taken, mut given) = (vec![0; 64 * 1024], Vec::new());
    loop {
        match from.read(&mut taken) {
            Ok(0) => break,
            Ok(count) => masking.push(&taken[..count], &mut given),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        to.write_all(&given).and_then(|()| to.flush())?;
        given.clear();
    }
    masking.finish(&mut given);
    to.write_all(&given).and_then(|()| to.flush())
}

/// The way in which this terminal wants a result.
pub(super) fn style(color: Color, quiet: bool) -> Style {
    style_of(std::io::stdout().is_terminal(), color, quiet)
}

/// The way in which this terminal wants findings that are no result.
pub(super) fn style_of_errors(color: Color, quiet: bool) -> Style {
    style_of(std::io::stderr().is_terminal(), color, quiet)
}

fn style_of(is_terminal: bool, color: Color, quiet: bool) -> Style {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        Color::Auto if set("FORCE_COLOR") || set("CLICOLOR_FORCE") => true,
        Color::Auto => !dumb && is_terminal,
    };
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    // Not a terminal: wide enough that nothing wraps that an editor would have to unwrap.
    let width = columns.or_else(terminal).unwrap_or(120).clamp(40, 200);
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let unicode = locale.is_none_or(|locale| locale.to_ascii_uppercase().replace('-', "").contains("UTF8")) && !dumb;
    Style { color, unicode, width, quiet }
}

/// A format and the file that it goes to.
pub(super) fn destinations(wanted: &[String]) -> Result<Vec<(&'static Output, PathBuf)>, Error> {
    let parse = |text: &'_ String| -> Result<(&'static Output, PathBuf), Error> {
        let (name, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(|| {
            Error::new(format!("--output {text} names no file"))
                .help("write --output FORMAT=PATH, as in sarif=report.sarif")
        })?;
        let names = || outputs::ALL.iter().map(|output| output.name).collect::<Vec<_>>().join(", ");
        let unknown = || Error::new(format!("there is no format `{name}`")).help(format!("there are {}", names()));
        refuse_inputs(Path::new(path))?;
        Ok((outputs::find(name).ok_or_else(unknown)?, PathBuf::from(path)))
    };
    let parsed = wanted.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    for (at, (_, path)) in parsed.iter().enumerate() {
        if parsed[..at].iter().any(|(_, earlier)| earlier == path) {
            let help = "give each report a file of its own";
            return Err(Error::new("two reports would go to this file").at(path.to_string_lossy()).help(help));
        }
    }
    Ok(parsed)
}

/// A report must not take the place of a file that it is about.
pub(super) fn refuse_inputs(path: &Path) -> Result<(), Error> {
    let help =
        "write --output FORMAT=PATH with a name of its own, as in json=report.json; --format writes to the terminal";
    refuse_inputs_for(path, "a report", help)
}

/// The same for something else that is written; `help` says how it is named.
pub(super) fn refuse_inputs_for(path: &Path, what: &str, help: &str) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let input = name.starts_with(".env")
        || name.ends_with(".env")
        || name.ends_with(".env.age")
        || name.ends_with(".schema.json")
        || name == "sparkcfg.toml"
        || path.components().any(|part| part.as_os_str() == ".git");
    if input || name == "-" {
        return Err(Error::new(format!("{what} is not written to this name")).at(path.to_string_lossy()).help(help));
    }
    Ok(())
}

/// Why a file was not written, in words that follow a colon.
pub(super) fn reason(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "its folder does not exist",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        _ => "it cannot be written",
    }
}

/// Writes a report to every file that was asked for.
pub(super) fn save(report: &Report, destinations: &[(&'static Output, PathBuf)]) -> Result<(), Error> {
    let style = Style { color: false, unicode: true, width: 120, quiet: false };
    for (output, path) in destinations {
        let text = (output.write)(report, &style);
        std::fs::write(path, text).map_err(|error| {
            Error::new(format!("the report was not written: {}", reason(&error))).at(path.to_string_lossy())
        })?;
    }
    Ok(())
}
