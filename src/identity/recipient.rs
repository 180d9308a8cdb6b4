//! Recipients: who, or what, a file is sealed for.

use std::fmt;
use std::str::FromStr;

use super::{plugin, ssh};

/// Somebody, or something, that a file is sealed for: `age1…`, with the cargo feature `ssh` also `ssh-ed25519 …`, with
/// `plugin` also `age1<plugin>1…`.
#[derive(Clone)]
pub struct Recipient {
    pub(super) name: String,
    pub(super) key: Native,
}

/// The key in the form that the age library has.
#[derive(Clone)]
pub(super) enum Native {
    X25519(age::x25519::Recipient),
    #[cfg(feature = "ssh")]
    Ssh(age::ssh::Recipient),
    #[cfg(feature = "plugin")]
    Plugin(age::plugin::Recipient),
}

impl Recipient {
    /// The public key, as it is written into files.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The recipient in the form that the age library wants. That of a plugin starts its program when a file is sealed.
    #[cfg_attr(not(feature = "plugin"), expect(clippy::unnecessary_wraps, reason = "a plugin may not be installed"))]
    pub(crate) fn key(&self) -> Result<Box<dyn age::Recipient>, &'static str> {
        Ok(match &self.key {
            Native::X25519(key) => Box::new(key.clone()),
            #[cfg(feature = "ssh")]
            Native::Ssh(key) => Box::new(key.clone()),
            #[cfg(feature = "plugin")]
            Native::Plugin(key) => plugin::sealing(key)?,
        })
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Recipient").field(&self.name).finish()
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Recipient {}

impl FromStr for Recipient {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let key = match RecipientKind::of(text) {
            RecipientKind::X25519 => {
                let key =
                    text.parse().map_err(|_| "not an age recipient: its checksum does not fit, is it cut off?")?;
                Native::X25519(key)
            }
            RecipientKind::Ssh => return ssh::recipient(text),
            RecipientKind::PostQuantum => return Err("post-quantum recipients (age1pq1…) are not supported"),
            RecipientKind::Plugin => return plugin::recipient(text),
            RecipientKind::Other => return Err("not an age recipient: one begins with age1"),
        };
        Ok(Self { name: text.to_owned(), key })
    }
}

/// What a recipient's spelling says about it, without a look at the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecipientKind {
    /// `age1…`
    X25519,
    /// `age1pq1…`
    PostQuantum,
    /// `age1<plugin>1…`
    Plugin,
    /// `ssh-ed25519 …`, `ssh-rsa …`
    Ssh,
    /// Anything else: PGP, a cloud's key service.
    Other,
}

impl RecipientKind {
    /// The kind of a recipient as it is written into files.
    #[must_use]
    pub fn of(recipient: &str) -> Self {
        if recipient.starts_with("ssh-") {
            return Self::Ssh;
        }
        // Bech32 has no `1` in its data, so the last one ends the prefix that names the kind.
        match recipient.rsplit_once('1') {
            Some(("age", _)) => Self::X25519,
            Some(("age1pq" | "age1tagpq", _)) => Self::PostQuantum,
            Some((prefix, _)) if prefix.starts_with("age1") => Self::Plugin,
            _ => Self::Other,
        }
    }
}
