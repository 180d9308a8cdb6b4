//! What the user wants to compare: `prod`, `prod@v1.4.0`.

use crate::drift::Mode;
use crate::error::Error;

/// A source as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// An environment of the working tree.
    Declared(String),
    /// An environment at a revision of git.
    Revision {
        /// The environment.
        environment: String,
        /// The revision.
        revision: String,
    },
}

impl Wanted {
    /// Reads all sources that were named.
    pub(super) fn all(names: &[String]) -> Result<Vec<Self>, Error> {
        let wanted: Vec<_> = names.iter().map(|name| Self::read(name)).collect::<Result<_, _>>()?;
        if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            return Err(Error::new(format!("`{twice}` is named twice")).help("name two different sources"));
        }
        match wanted.as_slice() {
            [Self::Declared(name) | Self::Revision { environment: name, .. }] => {
                let help = format!("name a second source, as in `sparkcfg drift {name}@HEAD {name}`");
                Err(Error::new(format!("`{name}` alone has nothing to be compared with")).help(help))
            }
            _ => Ok(wanted),
        }
    }

    fn read(text: &str) -> Result<Self, Error> {
        match text.split_once('@') {
            Some((environment, revision)) if environment.is_empty() || revision.is_empty() => {
                Err(Error::new(format!("`{text}` names no source"))
                    .help("write ENVIRONMENT@REVISION, as in prod@v1.4.0"))
            }
            Some((environment, revision)) => {
                Ok(Self::Revision { environment: environment.to_owned(), revision: revision.to_owned() })
            }
            None => Ok(Self::Declared(text.to_owned())),
        }
    }

    /// The environment that it is about.
    pub(super) fn environment(&self) -> &str {
        match self {
            Self::Declared(name) | Self::Revision { environment: name, .. } => name,
        }
    }
}

/// What kind of comparison the sources make.
pub(super) fn mode(wanted: &[Wanted]) -> Mode {
    match wanted {
        [one, other] if one.environment() == other.environment() => Mode::Time,
        [_, _] => Mode::Pair,
        _ => Mode::Matrix,
    }
}

/// The revisions that have to be read, each once.
pub(super) fn revisions<'w>(wanted: &'w [Wanted], against: Option<&'w str>) -> Vec<&'w str> {
    let named = wanted.iter().filter_map(|wanted| match wanted {
        Wanted::Revision { revision, .. } => Some(revision.as_str()),
        Wanted::Declared(_) => None,
    });
    let mut revisions: Vec<_> = named.chain(against).collect();
    revisions.sort_unstable();
    revisions.dedup();
    revisions
}
