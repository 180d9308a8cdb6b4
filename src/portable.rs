//! A value written so that chosen readers all get it back, or the name of the reader that cannot.

use zeroize::Zeroizing;

use crate::dialects::{self, Dialect, Process, compose};
use crate::plain;
use crate::secret::Secret;

/// The readers that a `.env` file meets. Those that take quotes for a part of the value are not among them.
pub const COMMON: &[&str] =
    &["compose", "python-dotenv", "node-dotenv", "node", "dotenvy", "godotenv", "ruby-dotenv", "shell"];

/// The names that bash lets nobody set, though dash does (Bash Reference Manual, 5.2).
pub const KEPT_BY_BASH: &[&str] = &["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"];

/// No spelling serves all readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unportable {
    /// The reader that stands in the way.
    pub reader: &'static str,
    /// Why, in lower case; never quotes the value.
    pub reason: &'static str,
}

/// The reason where one reader stands in the way alone.
pub const NO_WAY: &str = "it has no way to write this value";

/// How a value can be written: what is put around it, and what stands for single signs in it.
struct Style {
    quote: &'static str,
    escapes: &'static [(char, &'static str)],
}

const fn style(quote: &'static str, escapes: &'static [(char, &'static str)]) -> Style {
    Style { quote, escapes }
}

/// The plainest first. None is right for every reader; each is tried by reading it.
const STYLES: &[Style] = &[
    style("", &[]),
    style("'", &[]),
    style("\"", &[]),
    style("\"", &[('\n', "\\n")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\"")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\""), ('\n', "\\n")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\""), ('$', "\\$")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\""), ('$', "\\$"), ('\n', "\\n")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\""), ('$', "\\$"), ('`', "\\`")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\""), ('$', "$$")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\""), ('$', "$$"), ('\n', "\\n")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\""), ('\n', "\\n"), ('\r', "\\r"), ('$', "\\$")]),
    style("\"", &[('\\', "\\\\"), ('"', "\\\""), ('\n', "\\n"), ('\r', "\\r")]),
    style("\"", &[('\n', "\\n"), ('\r', "\\r")]),
    style("\"", &[('\n', "\\n"), ('\r', "\\r"), ('$', "\\$")]),
    style("\"", &[('"', "\\\"")]),
    style("\"", &[('$', "\\$")]),
    style("\"", &[('"', "\\\""), ('$', "\\$")]),
    style("\"", &[('$', "\\$"), ('\n', "\\n")]),
    style("\"", &[('$', "$$")]),
    style("'", &[('\'', "\\'")]),
    style("'", &[('\\', "\\\\"), ('\'', "\\'")]),
    style("'", &[('\'', "'\\''")]),
    style("'", &[('\'', "'\"'\"'")]),
    style("'", &[('$', "\\$")]),
    style("`", &[]),
    style("`", &[('$', "\\$")]),
    style("", &[('$', "$$")]),
    style("", &[('$', "\\$")]),
    style("", &[('#', "\\#")]),
    style("", &[('#', "\\#"), ('$', "$$")]),
    style("", &[('\\', "\\\\"), ('#', "\\#"), ('$', "$$")]),
    style("", &[('\\', "\\\\"), ('$', "\\$")]),
    style("", &[('\\', "\\\\")]),
    style("", SHELL_WORD),
    style("", &[('\\', "\\\\"), ('"', "\\\""), ('\'', "\\'"), ('$', "\\$"), (' ', "\\ "), ('\n', "\\n")]),
];

/// Every sign that means something to a shell.
const SHELL_WORD: &[(char, &str)] = &[
    ('\\', "\\\\"),
    ('"', "\\\""),
    ('\'', "\\'"),
    ('$', "\\$"),
    ('`', "\\`"),
    (' ', "\\ "),
    ('\t', "\\\t"),
    ('#', "\\#"),
    ('&', "\\&"),
    (';', "\\;"),
    ('|', "\\|"),
    ('<', "\\<"),
    ('>', "\\>"),
    ('(', "\\("),
    (')', "\\)"),
    ('~', "\\~"),
];

impl Style {
    fn spell(&self, key: &str, value: &str) -> String {
        let mut line = String::with_capacity(key.len() + value.len() + 3);
        line.push_str(key);
        line.push('=');
        line.push_str(self.quote);
        for character in value.chars() {
            match self.escapes.iter().find(|(escaped, _)| *escaped == character) {
                Some((_, spelling)) => line.push_str(spelling),
                None => line.push(character),
            }
        }
        line.push_str(self.quote);
        line
    }
}

/// What any program is started with: a home folder, without which `~` would be text to shells.
#[must_use]
pub fn surroundings() -> Process {
    Process::from([("HOME".to_owned(), "/home/user".to_owned())])
}

/// The line, or lines, `KEY=…` without a line end at the end, from which all `readers` get exactly `value`: the
/// plainest of the ways in which env files can be written.
///
/// What `process` has for the key itself plays no part, because a reader that prefers it does not look at the file.
///
/// # Errors
/// Names a reader that no way suits, or else one that no way suits which suits the others.
pub fn spell(key: &str, value: &str, readers: &[&Dialect], process: &Process) -> Result<String, Unportable> {
    let mut process = process.clone();
    process.remove(key);
    let mut able = vec![false; readers.len()];
    let mut best: Option<(usize, &'static str)> = None;
    let mut tried: Vec<String> = Vec::new();
    for style in STYLES {
        let line = style.spell(key, value);
        if tried.contains(&line) {
            continue;
        }
        let fits: Vec<_> = readers.iter().map(|reader| gives(reader, &line, key, value, &process)).collect();
        for (able, fits) in able.iter_mut().zip(&fits) {
            *able |= fits;
        }
        let Some(failing) = readers.iter().zip(&fits).find_map(|(reader, fits)| (!fits).then_some(reader.name)) else {
            return Ok(line);
        };
        let suited = fits.iter().filter(|fits| **fits).count();
        if best.is_none_or(|(most, _)| suited > most) {
            best = Some((suited, failing));
        }
        tried.push(line);
    }
    let unable = readers.iter().zip(&able).find_map(|(reader, able)| (!able).then_some(reader.name));
    Err(match (unable, best) {
        (Some(reader), _) => Unportable { reader, reason: NO_WAY },
        (None, Some((_, reader))) => {
            Unportable { reader, reason: "what it needs for this value is read otherwise by another of the readers" }
        }
        (None, None) => Unportable { reader: "", reason: "there is no way to write this value" },
    })
}

/// Whether every reader, in whatever version, takes a line of a file alike: nothing, a comment, or an assignment of signs that
/// mean nothing to any of them.
#[must_use]
pub fn is_plain_line(line: &str) -> bool {
    if line.is_empty() || line.starts_with('#') {
        return !line.ends_with('\\') && !line.contains(['=', '\r']);
    }
    let Some((key, value)) = line.split_once('=') else { return false };
    let is_plain = |sign: char| {
        sign.is_ascii_alphanumeric() || "!%*+,-./:=?@[]^_{}~".contains(sign) || !sign.is_ascii() && sign.is_alphabetic()
    };
    plain::is_name(key)
        && !key.contains(['.', '-'])
        && value.chars().all(is_plain)
        && !value.starts_with('~')
        && !value.contains(":~")
}

/// The value as it is written after `KEY=` into a sealed file: on one line, so that docker compose reads it back exactly.
/// `None` where there is no way.
#[must_use]
pub fn sealed_spelling(value: &Secret) -> Option<Secret> {
    let fits = |spelled: &Secret| {
        let line = Zeroizing::new(["K=", spelled.expose(), "\n"].concat());
        !spelled.expose().contains('\n')
            && compose::read(line.as_bytes(), &Process::new()).value("K") == Some(value.expose())
    };
    let portable = || {
        let line = spell("K", value.expose(), &[dialects::find("compose")?], &Process::new()).ok().map(Secret::new)?;
        let joined = plain::on_single_lines(&line, |text| {
            let parsed = compose::parse(text);
            (parsed.entries, parsed.faults)
        });
        Some(Secret::new(joined.expose().strip_prefix("K=")?.to_owned()))
    };
    plain::spelled(value).filter(fits).or_else(|| portable().filter(fits))
}

/// What docker compose reads of `value`, which stands in a sealed file as SOPS takes it, sign by sign. `None` where that is
/// nothing else, and where nobody can say whether it was meant for compose.
#[must_use]
pub fn read_otherwise(value: &Secret) -> Option<SealedReading> {
    let written = Zeroizing::new(value.expose().replace('\n', "\\n"));
    let line = Zeroizing::new(["K=", &written, "\n"].concat());
    let reading = compose::read(line.as_bytes(), &Process::new());
    let read = Secret::new(reading.value("K").unwrap_or_default().to_owned());
    if read.expose() == value.expose() {
        return None;
    }
    let is_own = sealed_spelling(&read).is_some_and(|own| own.expose() == *written);
    Some(if is_own {
        SealedReading::Own(read)
    } else if plain::refers(&written) {
        SealedReading::Referring
    } else {
        SealedReading::Foreign
    })
}

/// A sealed value that docker compose reads otherwise than SOPS.
#[derive(Debug)]
pub enum SealedReading {
    /// Spelled as sparkcfg spells this value, and so meant to be it.
    Own(Secret),
    /// It refers to other keys, which means nothing to SOPS.
    Referring,
    /// Nothing says which of the two was meant.
    Foreign,
}

/// Whether the reader gets the value from the line, wherever it stands in a file.
fn gives(reader: &Dialect, line: &str, key: &str, value: &str, process: &Process) -> bool {
    // Quotes in later lines would close one that the line leaves open.
    let files = [
        line.to_owned(),
        format!("BEFORE_{key}=1\n{line}\nAFTER_{key}=2\nQUOTED_{key}=\"x\"\nSINGLE_{key}='x'\n# don't \"close\n# `\n"),
    ];
    files.iter().enumerate().all(|(index, file)| {
        let reading = (reader.read)(file.as_bytes(), process);
        let around = [("BEFORE_", "1"), ("AFTER_", "2")];
        let others = index == 0
            || around.iter().all(|(prefix, expected)| reading.value(&format!("{prefix}{key}")) == Some(expected));
        reading.error.is_none() && others && reading.value(key) == Some(value) && reading.executes.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::{ALL, find};

    fn spelled(value: &str, names: &[&str]) -> Result<String, Unportable> {
        let readers: Vec<_> = names.iter().map(|name| find(name).unwrap()).collect();
        spell("K", value, &readers, &Process::new())
    }

    #[test]
    fn plainest_spelling() {
        for (value, readers, expected) in [
            ("v", &["compose", "shell", "make", "docker-run"][..], "K=v"),
            ("", &["compose", "docker-run"], "K="),
            ("a b", &["compose"], "K=a b"),
            ("a b", &["compose", "shell"], "K='a b'"),
            ("it's", &["compose", "shell"], "K=\"it's\""),
            ("pa#ss", &["compose", "node"], "K='pa#ss'"),
            ("a$b", &["compose", "shell", "node"], "K='a$b'"),
            ("a$b'c", &["compose", "shell"], "K=\"a\\$b'c\""),
            ("a$b", &["make"], "K=a$$b"),
            ("a\\#b", &["make"], "K=a\\\\\\#b"),
            ("a\nb", &["compose", "node"], "K='a\nb'"),
        ] {
            assert_eq!(spelled(value, readers).as_deref(), Ok(expected), "{value:?} {readers:?}");
        }
    }

    #[test]
    fn what_cannot_be_written() {
        for (value, readers, reader) in [
            ("a\nb", &["compose", "docker-run"][..], "docker-run"),
            ("", &["compose", "split"], "split"),
            ("a b", &["docker-run", "shell"], "shell"),
            ("${A}", &["python-dotenv"], "python-dotenv"),
        ] {
            assert_eq!(spelled(value, readers).map_err(|error| error.reader), Err(reader), "{value:?} {readers:?}");
        }
    }

    #[test]
    fn what_is_plain_is_read_alike() {
        let all: Vec<_> = ALL.iter().collect();
        for value in ["8080", "a@b.example:1/x?y=1", "{ü}", "-1,2", "100%"] {
            let line = format!("K={value}");
            assert!(is_plain_line(&line), "{line}");
            assert_eq!(spell("K", value, &all, &Process::new()).as_deref(), Ok(line.as_str()), "{line}");
        }
        for line in ["", "K=", "# a comment"] {
            assert!(is_plain_line(line), "{line}");
        }
        for line in
            ["K='a'", "K=a b", "K=a#b", "K=~", "K=a:~", "export K=a", "K =a", "K", "# a=b", "# a\\", "K.L=a", "K=a\r"]
        {
            assert!(!is_plain_line(line), "{line}");
        }
    }

    #[test]
    fn a_word_suits_everyone() {
        let all: Vec<_> = ALL.iter().collect();
        assert_eq!(spell("API_PORT", "8080", &all, &Process::new()).as_deref(), Ok("API_PORT=8080"));
    }

    #[test]
    fn every_value_is_read_back() {
        let pieces = ["a", " ", "'", "\"", "\\", "$", "${A}", "$$", "#", " #", "\n", "\r", "`", "\\n", "ü", "=", "\t"];
        for one in pieces {
            for two in pieces {
                for three in pieces {
                    let value = Secret::new([one, two, three].concat());
                    let spelled = sealed_spelling(&value).unwrap_or_else(|| panic!("{:?}", value.expose()));
                    assert!(!spelled.expose().contains('\n'));
                }
            }
        }
    }
}
