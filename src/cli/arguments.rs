//! Secrets that were typed where a name or a path belongs: refused before anything could repeat them.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;

use super::Arguments;
use crate::detection::{self, Certainty};
use crate::error::Error;
use crate::finding::told_name;
use crate::plain;

/// Options that take the path of a key file, and a public key.
const IDENTITY: &str = "--identity";
const PUBLIC_KEY: &str = "--key";

/// The option that hands on a variable by its name.
const PASS: &str = "--pass";

/// Options that take the name of an environment.
const ENVIRONMENT: &[&str] = &["-e", "--env"];

/// What speaks against these arguments. What stands behind `--` belongs to another program.
pub(super) fn refused(arguments: &[OsString]) -> Option<Error> {
    let words = arguments.iter().skip(1).take_while(|word| *word != "--");
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    // It refuses values itself, and names the key as it does.
    let sets = words.windows(2).any(|pair| pair[0] == "secrets" && pair[1] == "set");
    let mut option = "";
    for word in &words {
        let (name, value) = parts(word, option);
        option = if value.is_none() { name } else { "" };
        let Some(value) = value else { continue };
        let identity = detection::has_private_key(value);
        if name == IDENTITY && identity {
            return Some(not_a_file(IDENTITY));
        }
        if name == PUBLIC_KEY && identity {
            // `secrets grant` says what else to do then.
            continue;
        }
        if ENVIRONMENT.contains(&name) && value.contains('=') && !value.ends_with(".env") && !value.ends_with(".age") {
            return Some(Error::new(format!("{name} takes the name of an environment, and no value")).help(SEEN));
        }
        let token = || detection::token(value).filter(|token| token.certainty == Certainty::Certain);
        let what = if identity { Some("a private key") } else { token().filter(|_| !sets).map(|token| token.name) };
        if let Some(what) = what {
            return Some(never(what));
        }
        // Only now are all options looked up: that takes a sixth of a short run.
        let Some((key, _)) = value.split_once('=').filter(|_| !sets) else { continue };
        let wanted = taken_by(name);
        if matches!(wanted.as_deref(), Some("KEY" | "NAME")) && plain::is_name(key) {
            return Some(no_value(name, key));
        }
        if let Some(key) = assigned(value).filter(|_| wanted.is_none()) {
            let is_run = words.first().is_some_and(|word| word == "run");
            return Some(no_assignment(key, is_run));
        }
    }
    None
}

/// The name that a word gives a value: `DB_PASSWORD=hunter2`. No command takes that; a path may look like it.
fn assigned(word: &str) -> Option<&str> {
    let (key, value) = word.split_once('=')?;
    let is_path = || word.ends_with(".env") || word.ends_with(".age") || Path::new(word).exists();
    (plain::is_name(key) && !value.is_empty() && !is_path()).then_some(key)
}

/// What the word behind an option is, as the help calls it; `None` where none belongs to it.
fn taken_by(option: &str) -> Option<String> {
    fn of(command: &clap::Command, option: &str) -> Option<String> {
        let takes = |known: &&clap::Arg| known.get_long() == Some(option) && known.get_action().takes_values();
        let name =
            |known: &clap::Arg| known.get_value_names().and_then(<[_]>::first).map_or("", |name| name).to_owned();
        let own = command.get_opts().find(takes).map(name);
        own.or_else(|| command.get_subcommands().find_map(|inner| of(inner, option)))
    }
    of(&Arguments::command(), option.strip_prefix("--")?)
}

/// An option that takes the name of a variable got its value as well.
fn no_value(option: &str, key: &str) -> Error {
    let key = told_name(key);
    let help = if option == PASS {
        format!(
            "set {key} before the command, then `{PASS} {key}`; `sparkcfg secrets set {key} -e ENV` is for every run; {SEEN}"
        )
    } else {
        format!("{option} {key} is all of it; {SEEN}")
    };
    Error::new(format!("{option} takes a name, and no value: {key}=… is none")).help(help)
}

fn no_assignment(key: &str, is_run: bool) -> Error {
    let key = told_name(key);
    let message = format!(
        "{key}=… is no argument: a value is never given on the command line, where other programs, logs and the shell's history see it"
    );
    let then = if is_run {
        format!("`sparkcfg secrets set {key} -e ENV` asks for it; what the program is to get stands behind `--`")
    } else {
        format!("`sparkcfg secrets set {key} -e ENV` asks for it")
    };
    Error::new(message).help(format!("{SEEN}; {then}"))
}

/// The option that a word belongs to, if any, and the value in it: `--identity=FILE`, `-eprod`, or what follows `before`.
fn parts<'w>(word: &'w str, before: &'w str) -> (&'w str, Option<&'w str>) {
    if word.starts_with("--") {
        return word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    }
    match word.strip_prefix("-e") {
        Some("") => (word, None),
        Some(value) => ("-e", Some(value.strip_prefix('=').unwrap_or(value))),
        None => (before, Some(word)),
    }
}

/// A private key stands where the path of a key file belongs: after an option, or in a variable.
pub(super) fn not_a_file(place: &str) -> Error {
    let help = "name the file that holds it, or hand the key itself over in SOPS_AGE_KEY; it has been seen where it was typed: make a new one";
    Error::new(format!("{place}: this is a private key, not a file")).help(help)
}

fn never(what: &str) -> Error {
    let message = format!(
        "this is {what}, and a secret is never given on the command line: other programs, logs and the shell's history see it"
    );
    Error::new(message).help(SEEN)
}

const SEEN: &str = "if it was real, change it where it is used: it has been seen";

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::refused;

    #[test]
    fn nothing_is_repeated() {
        use age::secrecy::ExposeSecret;
        let key = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
        let cut = &key[..30];
        let token = ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat();
        for (line, expected) in [
            (format!("secrets get A -e prod --identity {key}"), Some("--identity: this is a private key, not a file")),
            (format!("validate --identity={cut}"), Some("--identity: this is a private key, not a file")),
            (format!("secrets grant {} dev", cut.to_lowercase()), Some("this is a private key, and")),
            (key.clone(), Some("this is a private key, and")),
            (format!("explain {token}"), Some("this is a GitHub token, and")),
            (format!("secrets set {token} -e prod"), None),
            (format!("secrets set {key} -e prod"), Some("this is a private key, and")),
            (format!("secrets grant bob dev --key {key}"), None),
            ("secrets get A -e prod=hunter2".to_owned(), Some("-e takes the name of an environment")),
            ("secrets get A -eprod=hunter2".to_owned(), Some("-e takes the name of an environment")),
            ("secrets get A --env=prod=hunter2".to_owned(), Some("--env takes the name of an environment")),
            ("secrets get A -e=prod --identity key.txt".to_owned(), None),
            (format!("run prod -- curl {token}"), None),
            ("validate --output json=a.json prod".to_owned(), None),
            ("run prod DB_PASSWORD=hunter2 -- true".to_owned(), Some("DB_PASSWORD=… is no argument")),
            ("run prod --clean DB_PASSWORD=hunter2 -- true".to_owned(), Some("DB_PASSWORD=… is no argument")),
            ("show prod DB_PASSWORD=hunter2".to_owned(), Some("DB_PASSWORD=… is no argument")),
            ("DB_PASSWORD=hunter2".to_owned(), Some("DB_PASSWORD=… is no argument")),
            ("secrets set DB_PASSWORD=hunter2 -e prod".to_owned(), None),
            ("run prod -- env DB_PASSWORD=1".to_owned(), None),
            ("run prod --pass DB_PASSWORD=hunter2 -- true".to_owned(), Some("--pass takes a name, and no value")),
            ("run prod --pass=DB_PASSWORD=hunter2 -- true".to_owned(), Some("set DB_PASSWORD before the command")),
            ("run prod --pass DB_PASSWORD= -- true".to_owned(), Some("--pass takes a name, and no value")),
            ("run prod --pass DB_PASSWORD -- true".to_owned(), None),
            ("secrets import old.env -e prod --key A=hunter2".to_owned(), Some("--key A is all of it")),
            ("secrets export prod --as dotenv --without=A=hunter2".to_owned(), Some("--without takes a name")),
            ("schema --types rust=src/env.rs".to_owned(), None),
            ("drift --ack-all --why PORT=8080".to_owned(), None),
            ("read a=b.env".to_owned(), None),
            ("read ./a=b".to_owned(), None),
        ] {
            let words: Vec<_> = std::iter::once("sparkcfg").chain(line.split(' ')).map(OsString::from).collect();
            let told = refused(&words).map(|error| error.to_string());
            assert_eq!(told.is_some(), expected.is_some(), "{line}: {told:?}");
            let told = told.unwrap_or_default();
            assert!(told.contains(expected.unwrap_or_default()), "{line}: {told}");
            for secret in [&key[16..], &cut[16..], &token, "hunter2"] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
}
