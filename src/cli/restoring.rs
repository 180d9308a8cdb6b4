//! The way back to an earlier release: what it declares, and nobody's access.

use std::path::PathBuf;

use super::{identities, printing, secrets};
use crate::error::Error;
use crate::project::config::Config;
use crate::project::files::{self, Files};
use crate::project::sealing::{Restoring, Sealing};
use crate::project::{Project, declaration, writing};
use crate::source::printable;
use crate::stores;

/// What becomes of a file.
enum Step {
    /// It has these bytes again.
    Plain(Vec<u8>),
    /// The tables, but for those who may open what.
    Tables(String),
    /// It has its values again.
    Sealed(Box<Restoring>),
    /// That release had none.
    Gone,
}

/// Gives the files of `paths` what they held in `before`, and says of each; tells how many differed.
///
/// # Errors
/// A sealed file that nobody here can open and that would give somebody access who has none now, or anything that stops
/// a file from being read or sealed: then nothing was written.
pub(super) fn restore<'p>(
    now: &Files,
    before: &Files,
    paths: impl Iterator<Item = &'p str>,
    identity: &[PathBuf],
) -> Result<usize, Error> {
    let mut differing = Vec::new();
    for path in paths {
        let (old, new) = (before.read_if_there(path)?, now.read_if_there(path)?);
        if old != new {
            differing.push((path, old, new));
        }
    }
    let config = Project::config(now)?;
    let has_sealed = differing.iter().any(|(path, old, _)| old.is_some() && stores::of(path).is_some());
    // What starts a program is asked only if something is to be opened.
    let identities = if has_sealed {
        identities::collect_with_programs(identity, now, &config)?
    } else {
        identities::collect(identity, now, &config)?
    };
    let mut sealing = Sealing { files: now.clone(), config, identities };
    let lock = sealing.lock()?;
    let tables = match differing.iter_mut().find(|(path, ..)| *path == declaration::NAME) {
        Some((_, old, new)) => {
            let text = |bytes: &mut Option<Vec<u8>>| files::text(bytes.take().unwrap_or_default()).0;
            let new = text(new);
            let text = declaration::with_access_of(&new, &text(old))?;
            sealing.config = Config::parse(&now.shown(declaration::NAME), &text)?;
            Some(text).filter(|text| *text != new)
        }
        None => None,
    };
    let time = secrets::now();
    let change = secrets::with_new_key(&time);
    let mut steps = Vec::with_capacity(differing.len());
    for (path, old, _) in differing {
        let step = match old {
            _ if path == declaration::NAME => match &tables {
                Some(text) if text.is_empty() => Step::Gone,
                Some(text) => Step::Tables(text.clone()),
                None => continue,
            },
            Some(_) if stores::of(path).is_some() => Step::Sealed(Box::new(sealing.restoring(path, before, &change)?)),
            Some(bytes) => Step::Plain(bytes),
            None => Step::Gone,
        };
        steps.push((path, step));
    }
    for (path, step) in &steps {
        let shown = printable(&now.shown(path));
        let told = match step {
            Step::Plain(bytes) => {
                writing::write(now.root(), path, bytes, false)?;
                format!("restored {shown}\n")
            }
            Step::Tables(text) => {
                writing::write_locked(now.root(), path, text.as_bytes())?;
                format!("restored {shown}; who may open what stays as it is\n")
            }
            Step::Sealed(file) => {
                sealing.restore(&lock, file, &change)?;
                let how = if file.is_sealed_anew() { ", sealed for those who may open it now" } else { "" };
                format!("restored {shown}{how}\n")
            }
            Step::Gone => format!("{shown} was not part of that release; take it away with: git rm {shown}\n"),
        };
        printing::complain(&told)?;
        if let Step::Sealed(file) = step {
            secrets::tell_of_strangers(&now.shown(path), &file.strangers())?;
        }
    }
    secrets::keep_in_step(&sealing.files, &sealing.config)?;
    Ok(steps.len())
}
