//! `sparkcfg secrets init`: everything that one person needs to begin.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::adopting::Adopted;
use super::{Global, Keys, sync};
use crate::cli::{identities, printing};
use crate::error::Error;
use crate::identity::{Identities, generate};
use crate::project::access::sealed_files;
use crate::project::config::Config;
use crate::project::creation_rules;
use crate::project::declaration::{self, Change};
use crate::project::files::{self, Files};
use crate::project::git;
use crate::project::locking;
use crate::project::past::Past;
use crate::project::revocations::{self, Revocations};
use crate::project::{Project, writing};
use crate::source::printable;
use crate::stores;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The name for this person or machine in sparkcfg.toml; else that of the user account
    #[arg(long)]
    name: Option<String>,
}

/// What no commit should hold.
pub(in crate::cli) const IGNORED: &[&str] = &["*.local.env", ".env.local", ".env.*.local"];

/// Sealed files keep their line ends, and are merged key by key by whoever has told git how.
const ATTRIBUTES: &[&str] = &[
    "*.secrets.env text eol=lf merge=sparkcfg",
    "*.secrets.env.age -text merge=sparkcfg",
    "sparkcfg-revoked.toml merge=sparkcfg",
];

const DRIVER: &str = "\
to merge sealed files key by key, tell git once on this machine:
  git config --global merge.sparkcfg.driver 'sparkcfg secrets merge %O %A %B %P'
  git config --global merge.sparkcfg.recursive binary
";

impl Init {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let _lock = locking::lock(&root)?;
        let text = files.read_if_there(declaration::NAME)?.map(|bytes| files::text(bytes).0).unwrap_or_default();
        let config = Config::parse(&files.shown(declaration::NAME), &text)?;
        // No member of a workspace looks for people in its root.
        if config.workspace.is_some() && !Project::has_environments(&files, &config)? {
            return Err(super::root_of_workspace(&config));
        }
        Past::may_record(&files, &config)?;
        let known = identities::of_newcomer(&keys.identity)?;
        // A name that cannot be used is told before a key is made.
        let wanted = match owner(&config, &known) {
            Some(owner) => {
                if let Some(name) = self.name.as_deref().filter(|name| *name != owner) {
                    let owner = printable(owner);
                    printing::complain(&format!(
                        "this identity is called {owner} in [people] already, and stays so; --name {} is not used\n",
                        printable(name)
                    ))?;
                }
                None
            }
            None => Some(self.new_name(&config)?),
        };
        let public = own_key(&config, &known)?;
        let name = wanted.or_else(|| config.owner_of(&public).map(ToOwned::to_owned)).unwrap_or_default();
        let adopted =
            if config.access.is_empty() { Adopted::of(&files, &config, (&name, &public))? } else { Adopted::default() };
        let mut mine = environments_to_begin(&files, &config, &public)?;
        mine.retain(|environment| adopted.access.get(environment).is_none_or(|names| names.contains(&name)));
        let mut changes = vec![Change::Introduce { name: &name, key: &public }];
        changes.extend(adopted.people.iter().map(|(name, key)| Change::Introduce { name, key }));
        let granted =
            adopted.access.iter().flat_map(|(environment, names)| names.iter().map(move |name| (name, environment)));
        changes.extend(granted.map(|(name, environment)| Change::Grant { name, environment }));
        changes.extend(mine.iter().map(|environment| Change::Grant { name: &name, environment }));
        let after = adopted.marked(&declaration::changed(&text, &changes)?);
        put(&files, declaration::NAME, &text, &after)?;
        add_lines(&files, ".gitignore", IGNORED)?;
        add_lines(&files, ".gitattributes", ATTRIBUTES)?;
        let config = Config::parse(&files.shown(declaration::NAME), &after)?;
        if !config.access.is_empty() {
            let step = sync::Step::of(&files, &config)?;
            put(&files, creation_rules::NAME, step.before.as_deref().unwrap_or_default(), &step.after)?;
        }
        if Revocations::begin(&files)? {
            printing::complain(&format!("wrote {}\n", printable(&files.shown(revocations::NAME))))?;
        }
        printing::print(&format!("{public}\n"))?;
        printing::complain(&adopted.told())?;
        printing::complain(&next(&name, &public, &mine, &files, &config)?)?;
        Ok(ExitCode::SUCCESS)
    }

    fn new_name(&self, config: &Config) -> Result<String, Error> {
        let account = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        let name = self.name.clone().or_else(account).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Error::new("this person needs a name").help("give one with --name"))?;
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte));
        if !plain || name.len() > 64 {
            let help = "give another one with --name: letters, digits, -, _, ., @ and +";
            return Err(Error::new(format!("`{name}` cannot be a name in sparkcfg.toml")).help(help));
        }
        if config.people.contains_key(&name) {
            let help = format!("give another name with --name, as in {name}-2; or use the identity that belongs to it");
            return Err(Error::new(format!("[people] has a {name} already, with another key")).help(help));
        }
        Ok(name)
    }
}

/// Who of the table runs this, if it is anybody.
fn owner<'c>(config: &'c Config, known: &Identities) -> Option<&'c str> {
    known.public_keys().iter().find_map(|key| config.owner_of(key))
}

/// The public key of this person; without an identity, one is made where SOPS looks for it.
fn own_key(config: &Config, known: &Identities) -> Result<String, Error> {
    let of_table = known.public_keys().iter().find(|key| config.owner_of(key).is_some());
    if let Some(key) = of_table.or(known.public_keys().first()) {
        printing::complain("an identity is there already, and stays as it is\n")?;
        return Ok(key.clone());
    }
    let path = identities::own_file().ok_or_else(|| {
        Error::new("there is no place for an identity: this account has no home folder")
            .help("name one in SOPS_AGE_KEY_FILE")
    })?;
    let shown = path.to_string_lossy().into_owned();
    let (file, public) = generate();
    writing::create_private(&path, file.as_bytes()).map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                "a file is there already, which holds no identity; it is left as it is"
            }
            std::io::ErrorKind::PermissionDenied => "permission denied",
            _ => "the folder cannot be made, or takes no file",
        };
        Error::new(format!("the identity was not written: {reason}"))
            .at(shown.clone())
            .help("name another place in SOPS_AGE_KEY_FILE")
    })?;
    printing::complain(&format!(
        "made an identity in {}; only you can read it, keep a copy of it\n",
        printable(&shown)
    ))?;
    Ok(public)
}

/// The environments that nobody has a list or a sealed file for yet: whoever begins can open them. Anybody later is let
/// in by those who can.
fn environments_to_begin(files: &Files, config: &Config, public: &str) -> Result<Vec<String>, Error> {
    if !config.access.is_empty() {
        return Ok(Vec::new());
    }
    let sealed = sealed_files(files, config)?;
    let mut mine = Vec::new();
    for environment in Project::environment_names_in(files, config)? {
        let mut open = true;
        for file in sealed.iter().filter(|file| file.environments.contains(&environment)) {
            let bytes = files.read(&file.path)?;
            let readers = stores::of(&file.path).and_then(|store| (store.readers)(&bytes).ok()).unwrap_or_default();
            open &= readers.unnamed.is_empty()
                && readers.others.is_empty()
                && readers.recipients.iter().all(|key| key == public);
        }
        if open {
            mine.push(environment);
        }
    }
    Ok(mine)
}

/// Writes a file that differs, and says so.
fn put(files: &Files, path: &str, before: &str, after: &str) -> Result<(), Error> {
    if before == after {
        return Ok(());
    }
    writing::write(files.root(), path, after.as_bytes(), false)?;
    printing::complain(&format!("wrote {}\n", printable(&files.shown(path))))
}

/// Adds the lines that a file does not have yet.
fn add_lines(files: &Files, path: &str, lines: &[&str]) -> Result<(), Error> {
    let before = files.read_if_there(path)?.map(|bytes| files::text(bytes).0).unwrap_or_default();
    let missing: Vec<_> = lines.iter().filter(|line| !before.lines().any(|known| known.trim_end() == **line)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let ends = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let mut after = before.clone();
    if !after.is_empty() && !after.ends_with('\n') {
        after.push_str(ends);
    }
    for line in missing {
        after.extend([*line, ends]);
    }
    put(files, path, &before, &after)
}

/// What to do next.
fn next(name: &str, public: &str, mine: &[String], files: &Files, config: &Config) -> Result<String, Error> {
    let mut text = String::new();
    let name = printable(name);
    if let Some(first) = mine.first() {
        // Writing to a string cannot fail.
        let list = mine.iter().map(|one| printable(one)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "{name} can open {list}; seal the first secret: sparkcfg secrets set KEY -e {}",
            printable(first)
        );
    } else {
        let may = |environment: &&String| {
            config
                .access
                .get(*environment)
                .is_some_and(|list| list.iter().any(|one| config.people.get(one).map(String::as_str) == Some(public)))
        };
        let names = Project::environment_names_in(files, config)?;
        let without: Vec<_> = names
            .iter()
            .chain(config.access.keys().filter(|one| !names.contains(one)))
            .filter(|one| !may(one))
            .collect();
        if names.is_empty() && config.access.is_empty() {
            let _ = writeln!(
                text,
                "there is no environment yet; begin with environments/dev.env, then: sparkcfg secrets grant {name} dev"
            );
        }
        for environment in without {
            let _ = writeln!(
                text,
                "to open {0}, ask somebody who can: sparkcfg secrets grant {name} {0}",
                printable(environment)
            );
        }
    }
    if !git::has_driver(files.root()) {
        text.push_str(DRIVER);
    }
    Ok(text)
}
