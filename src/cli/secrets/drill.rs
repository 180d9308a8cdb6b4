//! `sparkcfg secrets drill`: the rehearsal of the day on which keys are lost. No value is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::ExitCode;

use super::{Global, Keys};
use crate::cli::{identities, printing};
use crate::error::Error;
use crate::identity::Identities;
use crate::project::access::sealed_files;
use crate::project::config::Config;
use crate::project::files::Files;
use crate::project::{Project, compose_entries};
use crate::source::printable;
use crate::stores::{self, State};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Drill {}

/// What was found out about a sealed file.
struct Tried {
    /// As users see it.
    path: String,
    /// Why it does not open, if it does not.
    fault: Option<String>,
    /// Who else could open it: names, or keys without one; `None` where the file does not say.
    readers: Option<BTreeSet<String>>,
}

impl Drill {
    #[expect(clippy::unused_self, reason = "a command's parts read alike")]
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        if keys.identity.is_empty() {
            let help = "fetch the identity from where it is kept, and run `sparkcfg secrets drill --identity FILE`";
            return Err(Error::new("a drill is for one identity that you name").help(help));
        }
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let config = Project::config(&files)?;
        // Only what was named: the drill is about that key, whatever else lies around here.
        let mut identities = identities::named(&keys.identity)?;
        identities::allow_plugins(&mut identities)?;
        let tried = tries(&files, &config, &identities)?;
        if tried.is_empty() {
            return Err(super::nothing_sealed(&files, &config, None));
        }
        let mut rows = vec![vec!["file".to_owned(), "opens".to_owned(), "readers".to_owned()]];
        for one in &tried {
            let readers = one.readers.as_ref().map_or_else(|| "(not named)".to_owned(), joined);
            let opens = one.fault.as_deref().map_or("yes", |_| "no");
            rows.push(vec![printable(&one.path), opens.to_owned(), printable(&readers)]);
        }
        let mut text = super::columns(&rows);
        text.push_str("\nif a key is lost\n");
        text.push_str(&super::columns(&losses(&tried)));
        let failed: Vec<_> = tried.iter().filter(|one| one.fault.is_some()).collect();
        text.push('\n');
        for one in &failed {
            // Writing to a string cannot fail.
            let fault = one.fault.as_deref().unwrap_or_default();
            let _ = writeln!(text, "{} does not open: {}", printable(&one.path), printable(fault));
        }
        let _ = writeln!(text, "{} of {} sealed files open", tried.len() - failed.len(), tried.len());
        printing::print(&text)?;
        Ok(ExitCode::from(u8::from(!failed.is_empty())))
    }
}

fn tries(files: &Files, config: &Config, identities: &Identities) -> Result<Vec<Tried>, Error> {
    let mut tried = Vec::new();
    for file in sealed_files(files, config)? {
        let Some(store) = stores::of(&file.path) else { continue };
        let sealed = (store.open)(&files.read(&file.path)?, identities, compose_entries);
        let fault = match (sealed.state, sealed.damages.first()) {
            (State::Opened, None) => None,
            (State::Opened | State::Damaged, damage) => {
                Some(damage.map_or("it is damaged", |damage| damage.message).to_owned())
            }
            (State::Closed(why), _) => Some(why.message().to_owned()),
        };
        let named = |key: &String| config.owner_of(key).unwrap_or(key).to_owned();
        let readers = sealed.readers.unnamed.is_empty().then(|| sealed.readers.recipients.iter().map(named).collect());
        tried.push(Tried { path: files.shown(&file.path), fault, readers });
    }
    Ok(tried)
}

/// For each reader what its loss would cost.
fn losses(tried: &[Tried]) -> Vec<Vec<String>> {
    let mut by_reader: BTreeMap<&str, (Vec<&str>, Vec<String>)> = BTreeMap::new();
    for one in tried {
        let Some(readers) = &one.readers else { continue };
        for reader in readers {
            let (gone, lonely) = by_reader.entry(reader).or_default();
            let others: Vec<_> = readers.iter().filter(|other| *other != reader).collect();
            match others.as_slice() {
                [] => gone.push(&one.path),
                [last] => lonely.push(format!("{} opens for {last} alone", one.path)),
                _ => {}
            }
        }
    }
    let mut rows = Vec::new();
    for (reader, (gone, lonely)) in by_reader {
        let mut costs: Vec<_> = gone.into_iter().map(|path| format!("{path} is lost for good")).collect();
        costs.extend(lonely);
        if costs.is_empty() {
            costs.push("nothing is lost, and no file is left to one reader".to_owned());
        }
        for (index, cost) in costs.into_iter().enumerate() {
            let name = if index == 0 { printable(reader) } else { String::new() };
            rows.push(vec![format!("  {name}"), printable(&cost)]);
        }
    }
    for one in tried.iter().filter(|one| one.readers.is_none()) {
        rows.push(vec!["  (anybody's)".to_owned(), format!("{} does not name its readers", printable(&one.path))]);
    }
    rows
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
