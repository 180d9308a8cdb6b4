//! What stops a run: everything that is not a finding about the user's values.

use std::fmt;

use crate::detection;
use crate::source::{MASK, printable};

/// Why a run could not check anything. Exit code 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, in lower case, without a secret and without another library's words about one.
    pub message: String,
    /// Where: a path, or `path:line:column`.
    pub place: Option<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Error {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: None }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with its texts as they may be printed: what was typed in the place of a name may be a key.
    #[must_use]
    pub fn told(&self) -> Self {
        let told_one = |text: &Option<String>| text.as_deref().map(told);
        Self { message: told(&self.message), place: told_one(&self.place), help: told_one(&self.help) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, place, help } = self.told();
        write!(formatter, "error: {message}")?;
        if let Some(place) = place {
            write!(formatter, "\n   at {place}")?;
        }
        if let Some(help) = help {
            write!(formatter, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// A text as it may be printed: what was typed in the place of a name may be a key.
fn told(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(range) = detection::credential(rest) {
        out.extend([&rest[..range.start], MASK]);
        rest = &rest[range.end..];
    }
    out.push_str(rest);
    printable(&out)
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn no_key_is_repeated() {
        use age::secrecy::ExposeSecret;
        let key = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
        for typed in [key.clone(), key[..40].to_owned(), key.to_lowercase()] {
            let error = Error::new(format!("there is no environment `{typed}`")).at(typed.clone());
            let told = error.help(format!("a {typed} b {typed}")).to_string();
            assert!(!told.contains(&typed[20..36]), "{told}");
            assert!(told.contains("there is no environment `••••••`\n"), "{told}");
        }
    }
}
