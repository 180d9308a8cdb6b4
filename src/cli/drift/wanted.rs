//! What the user wants to compare: `prod`, `prod@v1.4.0`, `pm2:-#web`.

use super::rendered;
use crate::drift::Mode;
use crate::drift::live;
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
    /// The image of a container that runs, whose variables are not the container's own.
    Image(Live),
    /// What runs, or a loose env file.
    Live(Live),
}

/// What runs, as some tool tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Live {
    /// As the user wrote it.
    pub(super) name: String,
    /// The tool; `env` for an env file, `render` for what the templates give.
    pub(super) tool: String,
    /// A file, `-` for the standard input; of the templates which.
    pub(super) path: String,
    /// Which of several parts.
    pub(super) part: Option<String>,
}

impl Wanted {
    /// Reads all sources that were named. What is declared comes before what runs.
    pub(super) fn all(names: &[String]) -> Result<Vec<Self>, Error> {
        let mut wanted: Vec<_> = names.iter().map(|name| Self::read(name)).collect::<Result<_, _>>()?;
        if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            return Err(Error::new(format!("`{twice}` is named twice")).help("name two different sources"));
        }
        let is_image = |wanted: &&Self| matches!(wanted, Self::Image(_));
        let is_live = |wanted: &Self| matches!(wanted, Self::Live(_));
        if wanted.iter().any(|wanted| is_image(&wanted)) && !wanted.iter().any(is_live) {
            return Err(Error::new("docker-image: takes away what a container has from its image")
                .help("name the container, too, as in `sparkcfg drift prod docker:- docker-image:FILE`"));
        }
        if let [only] = wanted.iter().filter(|wanted| !is_image(wanted)).collect::<Vec<_>>().as_slice() {
            let name = only.environment();
            let help = match only {
                Self::Live(_) => format!("name what is declared, as in `sparkcfg drift prod {name}`"),
                _ => format!("name a second source, as in `sparkcfg drift {name}@HEAD {name}`"),
            };
            return Err(Error::new(format!("`{name}` alone has nothing to be compared with")).help(help));
        }
        let rendered = wanted.iter().filter_map(Self::as_live).filter(|live| live.tool == rendered::NAME).count();
        if rendered > 1 {
            return Err(Error::new("what the templates give is compared with one environment at a time")
                .help("name one of each, as in `sparkcfg drift prod render:compose`"));
        }
        let [lives, others]: [usize; 2] =
            [true, false].map(|live| wanted.iter().filter(|it| !is_image(it) && is_live(it) == live).count());
        if lives > 0 && (lives > 1 || others > 1) {
            return Err(Error::new("what runs is compared with one environment at a time")
                .help("name one of each, as in `sparkcfg drift prod pm2:-`"));
        }
        wanted.sort_by_key(|wanted| (matches!(wanted, Self::Live(_)), matches!(wanted, Self::Image(_))));
        let lives =
            wanted.iter().filter(|wanted| matches!(wanted, Self::Live(live) | Self::Image(live) if live.path == "-"));
        if lives.count() > 1 {
            return Err(Error::new("only one source can be read from the standard input"));
        }
        Ok(wanted)
    }

    fn read(text: &str) -> Result<Self, Error> {
        if let Some((tool, rest)) = text.split_once(':')
            && (tool == "env" || tool == rendered::NAME || live::find(tool).is_some())
        {
            let (path, part) = rest.rsplit_once('#').map_or((rest, None), |(path, part)| (path, Some(part.to_owned())));
            if path.is_empty() {
                let help = if tool == rendered::NAME {
                    format!("write {tool}:compose, {tool}:pm2, {tool}:env or {tool}:TEMPLATE")
                } else {
                    format!("write {tool}:FILE, or {tool}:- for the standard input")
                };
                return Err(Error::new(format!("`{text}` names no file")).help(help));
            }
            let (tool, path) = (tool.to_owned(), path.to_owned());
            let live = Live { name: text.to_owned(), tool, path, part };
            return Ok(if live.tool == live::image::PRODUCER.name { Self::Image(live) } else { Self::Live(live) });
        }
        if let Some((tool, _)) = text.split_once(':').filter(|_| !text.contains('@')) {
            let tools: Vec<_> = live::ALL.iter().map(|producer| producer.name).chain(["env", rendered::NAME]).collect();
            let help = match crate::suggestion::nearest(tool, tools.iter().copied()) {
                Some(near) => format!("did you mean `{near}:`?"),
                None => format!("what runs is read from {}", tools.join(": ") + ":"),
            };
            return Err(Error::new(format!("`{text}` is no source")).help(help));
        }
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

    /// What runs, or what the templates give.
    pub(super) fn as_live(&self) -> Option<&Live> {
        if let Self::Live(live) = self { Some(live) } else { None }
    }

    /// The environment that it is about.
    pub(super) fn environment(&self) -> &str {
        match self {
            Self::Declared(name) | Self::Revision { environment: name, .. } => name,
            Self::Image(live) | Self::Live(live) => &live.name,
        }
    }
}

/// What kind of comparison the sources make.
pub(super) fn mode(wanted: &[Wanted]) -> Mode {
    match wanted {
        [.., Wanted::Live(_)] => Mode::Live,
        [one, other] if one.environment() == other.environment() => Mode::Time,
        [_, _] => Mode::Pair,
        _ => Mode::Matrix,
    }
}

/// The revisions that have to be read, each once.
pub(super) fn revisions<'w>(wanted: &'w [Wanted], against: Option<&'w str>) -> Vec<&'w str> {
    let named = wanted.iter().filter_map(|wanted| match wanted {
        Wanted::Revision { revision, .. } => Some(revision.as_str()),
        Wanted::Declared(_) | Wanted::Image(_) | Wanted::Live(_) => None,
    });
    let mut revisions: Vec<_> = named.chain(against).collect();
    revisions.sort_unstable();
    revisions.dedup();
    revisions
}
