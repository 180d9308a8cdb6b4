//! Where a new value comes from: a prompt without echo, a pipe or a file; never the command line.

use std::collections::HashMap;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::dialects::{Process, compose};
use crate::drift::live::word;
use crate::envelope::LARGEST;
use crate::error::Error;
use crate::plain;
use crate::portable::sealed_spelling;
use crate::project::compose_entries;
use crate::secret::Secret;
use crate::source::printable;

/// The new value of a secret, as it is to be read back.
///
/// # Errors
/// Nothing was given, or something that no variable can hold.
pub(super) fn value(asked: &Asked<'_>, file: Option<&Path>, exact: bool) -> Result<Secret, Error> {
    let Asked { key, environment, shown } = asked;
    let prompt = format!("{key} in {}", printable(shown));
    let value = match file {
        Some(path) if path != Path::new("-") => {
            let file = opened(path, may_be_told)?;
            text(file, exact).map_err(|error| error.at(path.to_string_lossy()))?
        }
        None if std::io::stdin().is_terminal() => prompted(&prompt)?,
        _ => text(std::io::stdin().lock(), exact).map_err(|error| error.at("standard input"))?,
    };
    if value.expose().is_empty() {
        let help = format!(
            "nothing was changed: a sealed value cannot be empty; `sparkcfg secrets unset {key} -e {}` removes it",
            word(environment)
        );
        return Err(Error::new("there is no value").help(help));
    }
    if value.expose().contains('\0') {
        let help = "no variable can hold one; store it in Base64";
        return Err(Error::new("the value holds a NUL byte").help(help));
    }
    Ok(value)
}

/// For what a value is wanted.
pub(super) struct Asked<'a> {
    pub(super) key: &'a str,
    /// As the user named it.
    pub(super) environment: &'a str,
    /// The sealed file, as users see it.
    pub(super) shown: &'a str,
}

/// Whether the name of a file that is not there may be told: it may be the value, typed where its file is named.
fn may_be_told(path: &Path) -> bool {
    const LONGEST: usize = 20;
    let name = path.to_string_lossy();
    let is_word = name.len() <= LONGEST && name.bytes().all(|byte| byte.is_ascii_lowercase() || b"-_".contains(&byte));
    is_word || name.contains(['/', '\\', '.'])
}

/// A file that can be read. `may_be_told` says whether its name may be told where it is not there.
fn opened(path: &Path, may_be_told: impl Fn(&Path) -> bool) -> Result<File, Error> {
    let failed = |error: &std::io::Error| unreadable(path, error, may_be_told(path));
    if std::fs::metadata(path).map_err(|error| failed(&error))?.is_dir() {
        let help = "name the file in it that is meant, or - for standard input";
        return Err(Error::new("this is a folder, and no file").at(path.to_string_lossy()).help(help));
    }
    File::open(path).map_err(|error| failed(&error))
}

fn unreadable(path: &Path, error: &std::io::Error, is_told: bool) -> Error {
    let (reason, help) = match error.kind() {
        std::io::ErrorKind::NotFound => (
            "there is no such file",
            "give the path of a file as seen from the current folder, or - for standard input",
        ),
        std::io::ErrorKind::PermissionDenied => (
            "this file may not be read (permission denied)",
            "read it as its owner, or hand it over: - stands for standard input",
        ),
        _ => ("this file cannot be read", "give the path of an ordinary file, or - for standard input"),
    };
    let told = Error::new(reason).help(help);
    if is_told || error.kind() != std::io::ErrorKind::NotFound {
        return told.at(path.to_string_lossy());
    }
    told.help(format!("{help}; its name is not repeated, for it may be the value"))
}

/// The bytes of a file, or of `-`, standard input; no more than a sealed file may have.
///
/// # Errors
/// It cannot be read, or is too large.
pub(super) fn bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    if path == Path::new("-") {
        return all(std::io::stdin().lock()).map_err(|error| error.at("standard input"));
    }
    let file = opened(path, |_| true)?;
    all(file).map_err(|error| error.at(path.to_string_lossy()))
}

fn all(from: impl Read) -> Result<Zeroizing<Vec<u8>>, Error> {
    // Sized beforehand, so that everyday values leave no outgrown buffer behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let limit = LARGEST as u64 + 1;
    from.take(limit).read_to_end(&mut bytes).map_err(|_| Error::new("it cannot be read"))?;
    if bytes.len() > LARGEST {
        return Err(Error::new("it is larger than 1 MiB, which no sealed file may be"));
    }
    Ok(bytes)
}

/// A text without the one line end that `echo` and editors put at its end, unless that is part of the value.
fn text(from: impl Read, exact: bool) -> Result<Secret, Error> {
    let bytes = all(from)?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Error::new("it is not UTF-8 text").help("store it in Base64"));
    };
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Secret::new(line.filter(|_| !exact).unwrap_or(text).to_owned()))
}

/// Twice from the terminal, unseen.
fn prompted(prompt: &str) -> Result<Secret, Error> {
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map(Secret::new).map_err(|error| match error.kind() {
            std::io::ErrorKind::Interrupted => Error::new("interrupted; nothing was changed"),
            std::io::ErrorKind::UnexpectedEof => {
                Error::new("the input ended before there was a value; nothing was changed")
            }
            _ => Error::new("the terminal cannot be read").help("send the value through a pipe, or use --from-file"),
        })
    };
    let _unseen = super::private::Unseen::begin();
    let once = ask(&format!("{prompt}: "))?;
    if once.expose().is_empty() {
        return Ok(once);
    }
    let again = ask("The same again: ")?;
    if once.expose() == again.expose() { Ok(once) } else { Err(Error::new("the two differ; nothing was changed")) }
}

/// The value as it is written after `KEY=` into a sealed file.
///
/// # Errors
/// There is no way to write it.
pub(super) fn spelled(value: &Secret) -> Result<Secret, Error> {
    sealed_spelling(value).ok_or_else(|| {
        Error::new("this value cannot be written so that every byte of it is read back").help("store it in Base64")
    })
}

/// The text with each of `keys` spelled as `set` would: what differs from that was written by another program. A value that
/// refers to others stays as it stands, and one with a comment behind it.
pub(super) fn spelled_alike(text: &Secret, keys: &[String]) -> Secret {
    let reading = compose::read(text.expose().as_bytes(), &Process::new());
    let mut variables = HashMap::new();
    for variable in &reading.vars {
        variables.entry(variable.key.as_str()).or_insert(variable);
    }
    let mut spellings = Vec::new();
    for key in keys.iter().filter(|key| plain::is_name(key)) {
        let Some(variable) = variables.get(key.as_str()) else { continue };
        let text = text.expose();
        let written = text.get(variable.value_span.clone()).unwrap_or_default();
        // A comment behind it is nothing to be lost.
        if !text
            .get(variable.value_span.end..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default()
            .trim()
            .is_empty()
        {
            continue;
        }
        let value =
            variable.value.as_deref().filter(|_| !plain::refers(written)).map(|value| Secret::new(value.to_owned()));
        let spelled = value.filter(|value| !value.expose().is_empty()).and_then(|value| sealed_spelling(&value));
        spellings.extend(spelled.map(|spelled| (key.as_str(), spelled)));
    }
    let spellings: Vec<_> = spellings.iter().map(|(key, spelled)| (*key, spelled)).collect();
    plain::put_all(text, &spellings, compose_entries).unwrap_or_else(|| Secret::new(text.expose().to_owned()))
}

/// Whether docker compose reads exactly `value` as `key`.
pub(super) fn reads(text: &str, key: &str, value: &Secret) -> bool {
    compose::read(text.as_bytes(), &Process::new()).value(key) == Some(value.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_no_part_of_a_value() {
        for (given, exact, expected) in [
            ("v", false, "v"),
            ("v\n", false, "v"),
            ("v\r\n", false, "v"),
            ("v\n\n", false, "v\n"),
            ("v\r", false, "v\r"),
            ("a\nb\n", false, "a\nb"),
            ("v\n", true, "v\n"),
            ("\n", false, ""),
        ] {
            assert_eq!(text(given.as_bytes(), exact).unwrap().expose(), expected, "{given:?}");
        }
        assert!(text([0xff].as_slice(), false).is_err());
        assert!(text(vec![b'a'; LARGEST + 1].as_slice(), false).is_err());
    }
}
