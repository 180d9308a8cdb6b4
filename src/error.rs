//! What stops a run: everything that is not a finding about the user's values.

use std::fmt;

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
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", crate::source::printable(&self.message))?;
        if let Some(place) = &self.place {
            write!(formatter, "\n   at {}", crate::source::printable(place))?;
        }
        if let Some(help) = &self.help {
            write!(formatter, "\n  help: {}", crate::source::printable(help))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
