//! Where identities come from: the command line, the environment, SOPS's own file, and those published with a project.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use zeroize::Zeroizing;

use super::{arguments, forks, printing};
use crate::envelope::{self, CannotOpen};
use crate::error::Error;
use crate::identity::Identities;
use crate::project::config::Config;
use crate::project::files::Files;
use crate::project::naming::of_named_file;
use crate::project::starting;

/// The largest key file that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// Names a program that prints identities, as SOPS has it.
const COMMAND: &str = "SOPS_AGE_KEY_CMD";

/// The error about secrets that are to be written out and stay sealed.
pub(super) fn none_opens(keys: &[&str]) -> Error {
    let error = Error::new(format!("no key here opens {}", keys.join(", ")));
    let withheld = CannotOpen::Withheld;
    if forks::is_distrusted() {
        return Error::new(format!("{}: {}", error.message, withheld.message())).help(withheld.help());
    }
    error.help("pass --identity FILE, or leave --with-secrets out")
}

/// Collects every identity: those of the person, then those published with the project. No program is started for any.
pub(super) fn collect(named: &[PathBuf], files: &Files, config: &Config) -> Result<Identities, Error> {
    with_published(of_person(named)?, files, config)
}

/// The same, where the person's own programs may be started: `SOPS_AGE_KEY_CMD` and plugins; never for what is published
/// with a project.
pub(super) fn collect_with_programs(named: &[PathBuf], files: &Files, config: &Config) -> Result<Identities, Error> {
    let mut identities = of_person_with_programs(named)?;
    allow_plugins(&mut identities)?;
    with_published(identities, files, config)
}

fn with_published(mut identities: Identities, files: &Files, config: &Config) -> Result<Identities, Error> {
    for path in &config.identities {
        let bytes = files.read(path).map_err(|error| {
            let error = of_named_file(files, &["identities"], path, error);
            let help = error.help.clone();
            error.help(
                help.unwrap_or_else(|| "name a file with an identity that is published with the project".to_owned()),
            )
        })?;
        let shown = files.shown(path);
        add_text(&mut identities, "identities", Some(&shown), &String::from_utf8_lossy(&bytes), Missing::IsAnError)?;
    }
    Ok(identities)
}

/// Lets the plugin identities that are there start their programs.
pub(super) fn allow_plugins(identities: &mut Identities) -> Result<(), Error> {
    // With it, the age library writes to the terminal what it tells a plugin, keys included.
    if cfg!(feature = "plugin") && std::env::var_os("AGEDEBUG").is_some() {
        return Err(Error::new("AGEDEBUG would show what plugins are told, secrets included").help("unset it"));
    }
    identities.allow_plugins().map_err(|program| {
        Error::new(format!("{program} was not found")).help("install the plugin, so that its program is on PATH")
    })
}

/// The identities in the files that were named, and no others; none at all for a pull request from a fork.
pub(super) fn named(paths: &[PathBuf]) -> Result<Identities, Error> {
    let mut identities = Identities::default();
    if forks::is_distrusted() {
        identities.withhold();
        return Ok(identities);
    }
    if paths.is_empty() {
        identities.tried("--identity");
    }
    for path in paths {
        add_file(&mut identities, "--identity", path, Missing::IsAnError)?;
    }
    Ok(identities)
}

/// The identities of whoever runs it, the same for every project, as far as no program has to be started for them. A file
/// that was named and cannot be read is an error; one that SOPS would look at is not.
pub(super) fn of_person(named: &[PathBuf]) -> Result<Identities, Error> {
    let mut identities = without_programs(named, Missing::IsAnError)?;
    if key_command().is_some() {
        identities.tried("SOPS_AGE_KEY_CMD (started by `sparkcfg secrets`, `run` and `release --rollback` only)");
        if identities.is_empty() {
            printing::complain(
                "SOPS_AGE_KEY_CMD is set, but only `sparkcfg secrets`, `run` and `release --rollback` start it; hand over what it prints in SOPS_AGE_KEY\n",
            )?;
        }
    }
    Ok(identities)
}

/// The same, with what the program in `SOPS_AGE_KEY_CMD` prints.
pub(super) fn of_person_with_programs(named: &[PathBuf]) -> Result<Identities, Error> {
    with_programs(without_programs(named, Missing::IsAnError)?)
}

/// The same for somebody who may have none yet: the file that the environment names is where one will be, see [`own_file`].
pub(super) fn of_newcomer(named: &[PathBuf]) -> Result<Identities, Error> {
    with_programs(without_programs(named, Missing::IsToBeMade)?)
}

/// What it means that a key file is not there which the environment names, or that there is nothing in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    IsAnError,
    IsToBeMade,
}

fn with_programs(mut identities: Identities) -> Result<Identities, Error> {
    if let Some(path) = default_file().filter(|path| is_open_to_others(path)) {
        let path = crate::source::printable(&path.to_string_lossy());
        printing::complain(&format!("other users of this machine can read your identity: chmod 600 {path}\n"))?;
    }
    match key_command() {
        Some(line) => {
            let keys = printed_by(&line)?;
            // As with an empty variable: on this machine there is none.
            if keys.trim().is_empty() {
                identities.tried(COMMAND);
            } else {
                add_text(&mut identities, COMMAND, None, &keys, Missing::IsAnError)?;
            }
        }
        None if !forks::is_distrusted() => identities.tried(COMMAND),
        None => {}
    }
    Ok(identities)
}

fn without_programs(named: &[PathBuf], missing: Missing) -> Result<Identities, Error> {
    let mut identities = self::named(named)?;
    if forks::is_distrusted() {
        return Ok(identities);
    }
    for place in ["SPARKCFG_AGE_KEY", "SPARKCFG_AGE_KEY_FILE", "SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE"] {
        match std::env::var(place) {
            // A secret that a CI system does not hand over is an empty variable.
            Ok(value) if value.trim().is_empty() => {}
            Ok(path) if missing == Missing::IsToBeMade && place.ends_with("_FILE") && is_absent(&path) => {}
            Ok(path) if place.ends_with("_FILE") => add_file(&mut identities, place, Path::new(&path), missing)?,
            Ok(keys) => add_text(&mut identities, place, None, &keys, missing)?,
            Err(_) => identities.tried(place),
        }
    }
    match default_file() {
        Some(path) if path.is_file() => add_file(&mut identities, "SOPS's key file", &path, Missing::IsToBeMade)?,

        _ => identities.tried("SOPS's key file (sops/age/keys.txt)"),
    }
    Ok(identities)
}

fn is_absent(path: &str) -> bool {
    !crate::detection::has_private_key(path) && Path::new(path).symlink_metadata().is_err()
}

fn key_command() -> Option<String> {
    std::env::var(COMMAND).ok().filter(|line| !line.trim().is_empty() && !forks::is_distrusted())
}

/// What a program prints. Its line is split into words as SOPS does it, and no shell sees it.
fn printed_by(line: &str) -> Result<Zeroizing<String>, Error> {
    let failed = |message: &str| {
        Error::new(format!("{COMMAND}: {message}")).help("it names a program that prints an age identity")
    };
    let words = shlex::split(line).ok_or_else(|| failed("a quote is left open"))?;
    let (program, arguments) = words.split_first().ok_or_else(|| failed("it names no program"))?;
    let mut child = starting::command(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|_| failed("the program cannot be started"))?;
    // Sized beforehand, so that no outgrown buffer keeps a copy of the keys.
    let mut bytes = Zeroizing::new(Vec::with_capacity(1 << 16));
    let read = child.stdout.take().map(|output| output.take(LIMIT).read_to_end(&mut bytes));
    let ended = child.wait();
    if !ended.is_ok_and(|status| status.success()) || !matches!(read, Some(Ok(_))) {
        return Err(failed("the program failed"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| failed("what the program prints is no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether a file of whoever runs this can be read by other users, as `ssh` warns of it. Only asked of the place in the
/// home folder: what is mounted into a container often cannot be otherwise.
#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    std::fs::metadata(path).is_ok_and(|about| about.uid() == own && about.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

fn add_file(identities: &mut Identities, place: &str, path: &Path, missing: Missing) -> Result<(), Error> {
    if crate::detection::has_private_key(&path.to_string_lossy()) {
        return Err(arguments::not_a_file(place));
    }
    let failed = |what: &str, help: &str| Error::new(format!("{place}: {what}")).at(path.to_string_lossy()).help(help);
    let about = std::fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => failed(NOT_PERMITTED, AS_OWNER),
        _ => failed("there is no such key file", FILE),
    })?;
    if about.is_dir() {
        return Err(failed("this is a folder, and no key file", FILE));
    }
    // What is no plain file, as a pipe, tells its size by its end alone. Sized beforehand, so that no outgrown buffer keeps
    // a copy of the key.
    let size = if about.is_file() { about.len().min(LIMIT) } else { LIMIT };
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 32));
    let unread = |error: std::io::Error| match error.kind() {
        ErrorKind::PermissionDenied => failed(NOT_PERMITTED, AS_OWNER),
        _ => failed("this key file cannot be read", FILE),
    };
    let file = std::fs::File::open(path).map_err(unread)?;
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > LIMIT {
        return Err(failed("a key file is never over 1 MiB", FILE));
    }
    // What age encrypts is no text, but for the line that says so.
    let told = if envelope::is_age(&bytes) { bytes.split(|byte| *byte == b'\n').next() } else { Some(&**bytes) };
    let text = told.and_then(|told| std::str::from_utf8(told).ok());
    let text = text.ok_or_else(|| failed("this is no text, and so no key file", FILE))?;
    add_text(identities, place, Some(&path.to_string_lossy()), text, missing)
}

/// What to do about a file that is no key file.
const FILE: &str = "give the path of the file with your identity; `sparkcfg secrets init` makes one if you have none";

const NOT_PERMITTED: &str = "this key file may not be read (permission denied)";

const AS_OWNER: &str = "run it as the owner of that file, or hand the identity over in SOPS_AGE_KEY";

/// Takes over the identities in a text; `path` is that of the file which holds it.
fn add_text(
    identities: &mut Identities,
    place: &str,
    path: Option<&str>,
    text: &str,
    missing: Missing,
) -> Result<(), Error> {
    let before = identities.count();
    let fault = identities.add(place, text).into_iter().next();
    if let Some(fault) = fault {
        return Err(match path {
            Some(path) => Error::new(format!("{place}: {}", fault.message)).at(format!("{path}:{}", fault.line)),
            None => Error::new(format!("{}, line {}: {}", fault.place, fault.line, fault.message)),
        }
        .help(fault.help));
    }
    if identities.count() > before || missing == Missing::IsToBeMade {
        return Ok(());
    }
    let error = Error::new(format!("{place}: there is no identity in it"));
    let error = path.map_or(error.clone(), |path| error.at(path));
    Err(error.help(
        "an identity is a line that begins with AGE-SECRET-KEY-1; `sparkcfg secrets init` makes one if you have none",
    ))
}

/// Where a new identity of this person belongs: the file that SOPS was told, or else SOPS's own.
pub(super) fn own_file() -> Option<PathBuf> {
    let told = ["SPARKCFG_AGE_KEY_FILE", "SOPS_AGE_KEY_FILE"].iter().filter_map(std::env::var_os);
    told.map(PathBuf::from).find(|path| !path.as_os_str().is_empty()).or_else(default_file)
}

/// `$XDG_CONFIG_HOME/sops/age/keys.txt`, as SOPS has it.
fn default_file() -> Option<PathBuf> {
    let home = || {
        std::env::home_dir()
            .map(|home| home.join(if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" }))
    };
    let base =
        std::env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()).map(PathBuf::from).or_else(home)?;
    Some(base.join("sops/age/keys.txt"))
}
