//! What of a project gets into the container of a Compose service, and what its command does before the program runs.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::delivery::{is_within, joined};
use super::references::Referenced;
use crate::compose::Service;
use crate::project::references::is_env_file;
use crate::uses::{docker, shell};

/// Programs that give what they start an environment from a store of their own.
const RUNNERS: &[&[&str]] = &[
    &["doppler", "run"],
    &["op", "run"],
    &["infisical", "run"],
    &["sparkcfg", "run"],
    &["phase", "run"],
    &["varlock", "run"],
    &["teller", "run"],
    &["dotenv", "run"],
    &["dotenvx", "run"],
    &["dotenv", "-e"],
    &["dotenv", "-f"],
    &["dotenv", "--"],
    &["env-cmd"],
    &["envconsul"],
    &["vault-env"],
    &["chamber", "exec"],
    &["aws-vault", "exec"],
    &["berglas", "exec"],
    &["sops", "exec-env"],
];

/// The files of a container.
pub(super) struct Image {
    /// What its Dockerfile copies; `None` where that may be everything.
    copied: Option<GlobSet>,
    /// The paths that are mounted.
    mounted: Vec<String>,
    /// The Dockerfile's text, where it was found.
    dockerfile: Option<String>,
}

impl Image {
    /// The image of a service whose Compose file stands in `beside` and that is built from `context`.
    pub(super) fn of(referenced: &Referenced<'_>, beside: &str, context: &str, service: &Service) -> Self {
        let said = |key: &str| service.node.find(&["build", key]).and_then(|node| node.text());
        let dockerfile = said("dockerfile_inline").map(ToOwned::to_owned).or_else(|| {
            let path = joined(context, said("dockerfile").unwrap_or("Dockerfile"))?;
            let file = referenced.project.references.files.iter().find(|file| file.path == path)?;
            Some(referenced.project.sources.text(file.source).to_string())
        });
        let copied = dockerfile.as_deref().and_then(docker::copied).and_then(|sources| patterns(context, &sources));
        let mounts = service.mounts().into_iter().filter(|mount| mount.is_path);
        let mounted = mounts.filter_map(|mount| joined(beside, &mount.source?)).collect();
        Self { copied, mounted, dockerfile }
    }

    /// Whether a file gets into the container, as far as it is known.
    pub(super) fn holds(&self, path: &str) -> bool {
        self.copied.as_ref().is_none_or(|copied| copied.is_match(path)) || self.mounts(path)
    }

    fn mounts(&self, path: &str) -> bool {
        self.mounted.iter().any(|mounted| mounted == path || is_within(path, mounted))
    }

    /// Whether an env file is mounted, or a folder that may hold one.
    pub(super) fn mounts_env_file(&self, folder: &str) -> bool {
        self.mounted.iter().any(|path| is_env_file(path)) || self.mounts(&beside(folder))
    }

    /// Whether an env file that stands in a folder gets in.
    pub(super) fn may_hold_env_file(&self, folder: &str) -> bool {
        self.holds(&beside(folder))
    }

    /// Every command that is run when the container starts.
    fn commands(&self, service: &Service) -> Vec<String> {
        let own = ["entrypoint", "command"].iter().filter_map(|key| service.get(key)).map(|node| shell::command(node));
        own.chain(self.dockerfile.iter().flat_map(|text| docker::commands(text))).collect()
    }

    /// Whether a script at a path is what a container begins with.
    pub(super) fn begins_with(&self, service: &Service, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.commands(service).iter().any(|command| {
            let words = command.split(|sign: char| sign.is_whitespace() || ";&|".contains(sign));
            words.into_iter().any(|word| word.rsplit('/').next() == Some(name))
        })
    }

    /// What commands set before the program runs; `None` where they take the environment from somewhere else.
    pub(super) fn set_by_commands(&self, service: &Service) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for command in self.commands(service) {
            let words = command.split(|sign: char| sign.is_whitespace() || ";&|".contains(sign));
            let words = words.map(|word| word.rsplit('/').next().unwrap_or(word));
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
            let runs = RUNNERS.iter().any(|runner| words.windows(runner.len()).any(|words| words == *runner));
            let sources = words.iter().any(|word| matches!(*word, "." | "source"));
            if runs || sources {
                return None;
            }
            // `java -DKEY=value` gives a program of Spring what it would take from the environment.
            let properties = words.iter().filter_map(|word| word.strip_prefix("-D")?.split_once('='));
            names.extend(properties.map(|(name, _)| name.to_owned()));
            names.extend(shell::sets(&command.replace("$$", "$")));
        }
        Some(names)
    }
}

fn beside(folder: &str) -> String {
    if folder.is_empty() { ".env".to_owned() } else { format!("{folder}/.env") }
}

/// What is copied from a context; `None` where that cannot be said.
fn patterns(context: &str, sources: &[String]) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    let context = globset::escape(context);
    for source in sources {
        let source = joined("", source.trim_start_matches('/'))?;
        let parts: Vec<&str> = [context.as_str(), &source].into_iter().filter(|part| !part.is_empty()).collect();
        let pattern = parts.join("/");
        let within = if pattern.is_empty() { "**".to_owned() } else { format!("{pattern}/**") };
        for pattern in [pattern, within].iter().filter(|pattern| !pattern.is_empty()) {
            set.add(GlobBuilder::new(pattern).literal_separator(true).build().ok()?);
        }
    }
    set.build().ok()
}
