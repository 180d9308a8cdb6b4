//! `sparkcfg secrets edit`: the whole of a sealed file in an editor, and nothing in plain text afterwards.

use std::collections::HashSet;
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

use super::carrying::{carried_over, changed, values};
use super::{Global, Keys, change, editor, input, judging, now, private};
use crate::cli::printing;
use crate::drift::live::word;
use crate::error::Error;
use crate::finding::told_name;
use crate::plain;
use crate::project::sealing::{Sealing, Target, Written};
use crate::project::{Project, compose_entries};
use crate::secret::Secret;
use crate::source::printable;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg secrets edit prod
  EDITOR='nano' sparkcfg secrets edit dev

The text lies in memory (XDG_RUNTIME_DIR or /dev/shm), where only you can read it, and is gone however this ends; \
what a kill -9 leaves there, the next `sparkcfg secrets` clears away. vim is told to keep no copies; other editors \
may keep some elsewhere, as VS Code's local history and backup folders do: switch that off.

Values are written as docker compose reads them, and stand in the file as `secrets set` spells them. Without a \
change, the sealed file keeps every byte.";

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

/// A person's work on one file.
struct Session {
    sealing: Sealing,
    /// The file as the text comes from it.
    target: Target,
    before: Secret,
    /// The words that start the editor.
    editor: String,
    folder: private::Folder,
    /// The name of the text within the folder.
    name: String,
}

impl Edit {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let mut session = self.begin(keys.sealing(global)?)?;
        let shown = session.shown();
        loop {
            editor::edit(&session.editor, &session.folder.path(&session.name))?;
            let edited = session.folder.read(&session.name)?;
            if edited.expose().trim().is_empty() && !session.before.expose().trim().is_empty() {
                let help = format!(
                    "`sparkcfg secrets unset KEY -e {}` removes one secret, and `git rm` the whole file",
                    word(&self.environment)
                );
                return Err(Error::new("the editor left an empty file; nothing was changed").help(help));
            }
            if is_same(&session.target, &session.before, &edited) {
                let is_new = session.target.bytes.is_none();
                let what = if is_new { "was not made: nothing was written into it" } else { "is unchanged" };
                printing::complain(&format!("{shown} {what}\n"))?;
                return Ok(ExitCode::SUCCESS);
            }
            // Somebody may have granted or revoked while the editor was open.
            session.sealing.config = Project::config(&session.sealing.files)?;
            let way = match self.judge(&session, &edited, global)? {
                Verdict::Good(text) => match session.seal(&self.environment, &text) {
                    Ok(told) => return printing::complain(&told).map(|()| ExitCode::SUCCESS),
                    // Somebody who can be asked has the text still.
                    Err(error) if std::io::stdin().is_terminal() => {
                        printing::complain(&format!("{error}\n"))?;
                        ""
                    }
                    Err(error) => return Err(session.kept(error)),
                },
                Verdict::Unwanted => "; --no-validate seals it all the same",
                Verdict::Impossible => "",
            };
            if !again()? {
                printing::complain(&format!("nothing was changed{way}\n"))?;
                return Ok(ExitCode::from(1));
            }
        }
    }

    fn begin(&self, sealing: Sealing) -> Result<Session, Error> {
        let target = sealing.target(&self.environment)?;
        sealing.may_write(&target)?;
        let before = sealing.plain(&target)?;
        let editor = editor::chosen()?;
        let folder = private::Folder::new()?;
        // Editors know dotenv by this name; the `.age` of a whole file would mislead them.
        let environments = &target.file.environments;
        let name = format!("{}.secrets.env", if environments.len() == 1 { &environments[0] } else { "base" });
        folder.write(&name, &before)?;
        Ok(Session { sealing, target, before, editor, folder, name })
    }

    fn judge(&self, session: &Session, edited: &Secret, global: &Global) -> Result<Verdict, Error> {
        let Session { sealing, target, before, .. } = session;
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
        let changed = changed(before, &text);
        let text = input::spelled_alike(&text, &changed);
        let judged = if self.no_validate {
            sealing.draft(target, &text, &change(&now())).map(|_| true)
        } else {
            judging::accepts(sealing, target, &text, &changed, global)
        };
        match judged {
            Ok(true) => Ok(Verdict::Good(text)),
            Ok(false) => Ok(Verdict::Unwanted),
            Err(error) => told(&error).map(|()| Verdict::Impossible),
        }
    }
}

impl Session {
    fn shown(&self) -> String {
        printable(&self.sealing.files.shown(&self.target.file.path))
    }

    /// Seals the text, and says what that changed.
    fn seal(&mut self, environment: &str, text: &Secret) -> Result<String, Error> {
        let lock = self.sealing.lock()?;
        let current = self.sealing.target(environment)?;
        // Somebody else may have changed the file while the editor was open.
        let text = if current.bytes == self.target.bytes {
            // Its environments may be others by now, and so may those for whom it is.
            self.target = current;
            text
        } else {
            &self.carry_over(current, text)?
        };
        if super::seal(&self.sealing, &lock, &self.target, text)? == Written::Unchanged {
            return Ok(format!("unchanged: {}\n", self.shown()));
        }
        let (was, is) = (values(&self.before), values(text));
        let name = |key: &String| match (was.contains_key(key.as_str()), is.contains_key(key.as_str())) {
            (false, _) => format!("added {}", told_name(key)),
            (_, false) => format!("removed {}", told_name(key)),
            _ => format!("changed {}", told_name(key)),
        };
        let names: Vec<_> = changed(&self.before, text).iter().map(name).collect();
        let what = if names.is_empty() { "comments only".to_owned() } else { names.join(", ") };
        Ok(format!("sealed {}: {what}\n", self.shown()))
    }

    /// Goes on from the file as it is now. What both sides changed stands in the text for the editor as this one has it.
    fn carry_over(&mut self, current: Target, text: &Secret) -> Result<Secret, Error> {
        let theirs = self.sealing.plain(&current)?;
        let (text, both) = carried_over(&self.before, text, &theirs);
        (self.target, self.before) = (current, theirs);
        if both.is_empty() {
            return Ok(text);
        }
        self.folder.write(&self.name, &text)?;
        let help = "the file is as others left it; edited again, the text has your values of these";
        let message = format!("{} changed here and in the file meanwhile", both.join(", "));
        Err(Error::new(message).at(self.shown()).help(help))
    }

    /// Leaves the text where it is, and says so.
    fn kept(self, error: Error) -> Error {
        let path = self.folder.keep().join(self.name);
        let help = error.help.clone().map_or_else(String::new, |help| format!("{help}; "));
        error.help(format!("{help}what was typed lies in {} until the next `sparkcfg secrets`", path.to_string_lossy()))
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
    if let Some(before) = text.find('\r').and_then(|at| text.get(..at)) {
        let help = "end the lines in LF; in a value, write \\r within double quotes";
        let error = Error::new("a carriage return stands alone there, which ends no line").help(help);
        return Some((before.matches('\n').count() + 1, error));
    }
    if let Some(before) = text.find('\0').and_then(|at| text.get(..at)) {
        let help = "no variable can hold one; write the value in Base64";
        return Some((before.matches('\n').count() + 1, Error::new("this is a NUL byte").help(help)));
    }
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
            ("A=1\n\rB=2\n", Some((2, "a carriage return stands alone there, which ends no line"))),
            ("A=1\r\n", Some((1, "a carriage return stands alone there, which ends no line"))),
        ] {
            let found = unsealable(&secret(text)).map(|(line, error)| (line, error.message));
            let found = found.as_ref().map(|(line, message)| (*line, message.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
