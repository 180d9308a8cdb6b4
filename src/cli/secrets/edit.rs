//! `sparkcfg secrets edit`: the whole of a sealed file in an editor, and nothing in plain text afterwards.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

use super::{Global, Keys, change, editor, judging, now, private};
use crate::cli::printing;
use crate::error::Error;
use crate::finding::told_name;
use crate::plain;
use crate::project::compose_entries;
use crate::project::sealing::{Sealing, Target, Written};
use crate::secret::Secret;
use crate::source::printable;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg secrets edit prod
  EDITOR='nano' sparkcfg secrets edit dev

The text lies in memory (XDG_RUNTIME_DIR or /dev/shm), where only you can read it, and is gone however this
ends; what a kill -9 leaves there, the next `sparkcfg secrets` clears away. vim is told to keep no copies;
other editors may keep some elsewhere, as VS Code's local history and backup folders do: switch that off.
Values are written as docker compose reads them. Without a change, the sealed file keeps every byte.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Edit {
    /// The environment, `base`, or the path of a sealed file
    #[arg(value_name = "ENV")]
    environment: String,
    /// Seal it although the project's checks speak against it
    #[arg(long)]
    no_validate: bool,
}

/// What is to become of an edited text.
enum Verdict {
    /// It can be sealed.
    Good(Secret),
    /// The project's checks speak against it, and said why.
    Unwanted,
    /// It cannot be sealed, and it was told why.
    Impossible,
}

impl Edit {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let sealing = keys.sealing(global)?;
        let target = sealing.target(&self.environment)?;
        sealing.may_write(&target)?;
        let before = sealing.plain(&target)?;
        let shown = printable(&sealing.files.shown(&target.file.path));
        let folder = private::Folder::new()?;
        // Editors know dotenv by this name; the `.age` of a whole file would mislead them.
        let name = format!(
            "{}.secrets.env",
            if target.file.environments.len() == 1 { &target.file.environments[0] } else { "base" }
        );
        folder.write(&name, &before)?;
        loop {
            editor::edit(&folder.path(&name))?;
            let edited = folder.read(&name)?;
            if edited.expose().trim().is_empty() && !before.expose().trim().is_empty() {
                let help = "`sparkcfg secrets unset KEY` removes one secret, and `git rm` the whole file";
                return Err(Error::new("the editor left an empty file; nothing was changed").help(help));
            }
            if is_same(&target, &before, &edited) {
                printing::complain(&format!("{shown} is unchanged\n"))?;
                return Ok(ExitCode::SUCCESS);
            }
            let way = match self.judge(&sealing, &target, &before, &edited, global)? {
                Verdict::Good(text) => {
                    drop(folder);
                    return self.seal(&sealing, &target, &before, &text, &shown);
                }
                Verdict::Unwanted => "; --no-validate seals it all the same",
                Verdict::Impossible => "",
            };
            if !again()? {
                printing::complain(&format!("nothing was changed{way}\n"))?;
                return Ok(ExitCode::from(1));
            }
        }
    }

    fn judge(
        &self,
        sealing: &Sealing,
        target: &Target,
        before: &Secret,
        edited: &Secret,
        global: &Global,
    ) -> Result<Verdict, Error> {
        let told = |error: &Error| printing::complain(&format!("{error}\n"));
        let edited = tidied(edited);
        if let Some(fault) = compose_entries(edited.expose()).1.first() {
            let shown = sealing.files.shown(&target.file.path);
            let line = edited.expose().get(..fault.at.start as usize).unwrap_or_default().matches('\n').count() + 1;
            told(&Error::new(fault.message).at(format!("{shown}, line {line} when opened")).help(fault.help))?;
            return Ok(Verdict::Impossible);
        }
        if let Some((line, error)) = unsealable(&edited) {
            let shown = sealing.files.shown(&target.file.path);
            told(&error.at(format!("{shown}, line {line} when opened")))?;
            return Ok(Verdict::Impossible);
        }
        let text = plain::on_single_lines(&edited, compose_entries);
        let judged = if self.no_validate {
            sealing.draft(target, &text, &change(&now())).map(|_| true)
        } else {
            judging::accepts(sealing, target, &text, &changed(before, &text), global)
        };
        match judged {
            Ok(true) => Ok(Verdict::Good(text)),
            Ok(false) => Ok(Verdict::Unwanted),
            Err(error) => told(&error).map(|()| Verdict::Impossible),
        }
    }

    fn seal(
        &self,
        sealing: &Sealing,
        target: &Target,
        before: &Secret,
        text: &Secret,
        shown: &str,
    ) -> Result<ExitCode, Error> {
        let lock = sealing.lock()?;
        let current = sealing.target(&self.environment)?;
        // Somebody else may have changed the file while the editor was open.
        let written = if current.bytes == target.bytes {
            super::seal(sealing, &lock, target, text)?
        } else {
            let text = carried_over(before, text, &sealing.plain(&current)?).map_err(|keys| {
                Error::new(format!("{} changed here and in the file meanwhile", keys.join(", ")))
                    .at(shown)
                    .help("the file is as others left it; edit it again")
            })?;
            super::seal(sealing, &lock, &current, &text)?
        };
        if written == Written::Unchanged {
            printing::complain(&format!("unchanged: {shown}\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        let (was, is) = (values(before), values(text));
        let name = |key: &String| match (was.contains_key(key.as_str()), is.contains_key(key.as_str())) {
            (false, _) => format!("added {}", told_name(key)),
            (_, false) => format!("removed {}", told_name(key)),
            _ => format!("changed {}", told_name(key)),
        };
        let names: Vec<_> = changed(before, text).iter().map(name).collect();
        let what = if names.is_empty() { "comments only".to_owned() } else { names.join(", ") };
        printing::complain(&format!("sealed {shown}: {what}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether the person wants the editor again. Without a terminal there is nobody to ask.
fn again() -> Result<bool, Error> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    printing::complain("Edit it again? [Y/n] ")?;
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok_and(|count| count > 0) && !answer.trim_start().to_ascii_lowercase().starts_with('n'))
}

/// Whether nothing was changed. SOPS keeps no empty lines.
fn is_same(target: &Target, before: &Secret, after: &Secret) -> bool {
    let (one, other) = (before.expose().split('\n'), after.expose().split('\n'));
    before.expose() == after.expose()
        || target.store.shows_names && one.filter(|line| !line.is_empty()).eq(other.filter(|line| !line.is_empty()))
}

/// The text with plain line ends, the last line included.
fn tidied(text: &Secret) -> Secret {
    let mut tidied = String::with_capacity(text.expose().len() + 1);
    for part in text.expose().split("\r\n").enumerate() {
        let (index, part) = part;
        if index > 0 {
            tidied.push('\n');
        }
        tidied.push_str(part);
    }
    if !tidied.is_empty() && !tidied.ends_with('\n') {
        tidied.push('\n');
    }
    Secret::new(tidied)
}

/// The first assignment that docker compose reads and no sealed file can hold, with its line.
fn unsealable(text: &Secret) -> Option<(usize, Error)> {
    let text = text.expose();
    let mut seen = HashSet::new();
    compose_entries(text).0.iter().find_map(|entry| {
        let (start, end) = (entry.key.start as usize, entry.key.end as usize);
        let (before, key) = (text.get(..start)?, text.get(start..end)?);
        let name = told_name(key);
        let error = if before.rsplit('\n').next()?.trim() == "export" {
            Error::new(format!("a sealed file has no `export`, as in front of {name}")).help("write KEY=value alone")
        } else if seen.insert(key) {
            return None;
        } else {
            Error::new(format!("{name} stands there twice")).help("keep one of the two")
        };
        Some((before.matches('\n').count() + 1, error))
    })
}

/// Each key with its value as written; the last one counts.
fn values(text: &Secret) -> BTreeMap<&str, &str> {
    let text = text.expose();
    let slice = |range: &std::ops::Range<u32>| text.get(range.start as usize..range.end as usize).unwrap_or_default();
    compose_entries(text).0.iter().map(|entry| (slice(&entry.key), slice(&entry.value))).collect()
}

/// The keys whose values differ, sorted.
pub(super) fn changed(before: &Secret, after: &Secret) -> Vec<String> {
    let (before, after) = (values(before), values(after));
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let mut keys: Vec<_> =
        keys.filter(|key| before.get(*key) != after.get(*key)).map(|key| (*key).to_owned()).collect();
    keys.sort();
    keys
}

/// What was changed from `before` to `after`, on top of what the file holds by now; the keys that changed on both
/// sides, if there are any.
fn carried_over(before: &Secret, after: &Secret, current: &Secret) -> Result<Secret, Vec<String>> {
    let mine = changed(before, after);
    let others = changed(before, current);
    let (wanted, there) = (values(after), values(current));
    let both: Vec<&String> =
        mine.iter().filter(|key| others.contains(key) && wanted.get(key.as_str()) != there.get(key.as_str())).collect();
    if !both.is_empty() {
        return Err(both.into_iter().map(|key| told_name(key)).collect());
    }
    let mut text = Secret::new(current.expose().to_owned());
    for key in &mine {
        let next = match wanted.get(key.as_str()) {
            Some(value) => plain::put(&text, key, &Secret::new((*value).to_owned()), compose_entries),
            None => plain::unset(&text, key, compose_entries),
        };
        text = next.unwrap_or(text);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn line_ends() {
        for (text, expected) in
            [("", ""), ("A=1", "A=1\n"), ("A=1\r\nB=2\r\n", "A=1\nB=2\n"), ("A=\"x\r\ny\"", "A=\"x\ny\"\n")]
        {
            assert_eq!(tidied(&secret(text)).expose(), expected);
        }
    }

    #[test]
    fn what_no_sealed_file_holds() {
        for (text, expected) in [
            ("A=1\nB=2\n", None),
            ("A=1\nexport B=2\n", Some((2, "a sealed file has no `export`, as in front of B"))),
            ("A=\"1\n2\"\nB=1\nA=3\n", Some((4, "A stands there twice"))),
            ("EXPORT=1\n", None),
        ] {
            let found = unsealable(&secret(text)).map(|(line, error)| (line, error.message));
            let found = found.as_ref().map(|(line, message)| (*line, message.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn two_people_at_once() {
        for (before, after, current, expected) in [
            ("A=1\nB=2\n", "A=9\nB=2\n", "A=1\nB=3\nC=4\n", Ok("A=9\nB=3\nC=4\n")),
            ("A=1\nB=2\n", "B=2\n", "A=1\nB=3\n", Ok("B=3\n")),
            ("A=1\n", "A=2\n", "A=3\n", Err(vec!["A".to_owned()])),
            ("A=1\n", "A=2\n", "A=2\nB=1\n", Ok("A=2\nB=1\n")),
            ("A=1\n", "A=2\n", "", Err(vec!["A".to_owned()])),
        ] {
            let carried = carried_over(&secret(before), &secret(after), &secret(current));
            assert_eq!(carried.as_ref().map(Secret::expose).map_err(Clone::clone), expected, "{after} {current}");
        }
    }
}
