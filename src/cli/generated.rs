//! Files that sparkcfg generates: compared with what is there, shown as a diff, written whole.

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use super::{docs, printing};
use crate::error::Error;
use crate::project::files::Files;
use crate::project::writing;
use crate::source::{printable, printable_lines};

/// A file, what it holds, and what it should.
pub(super) struct Generated {
    /// Relative to the project.
    pub(super) path: String,
    /// As users see it.
    pub(super) shown: String,
    /// `None` where there is no such file.
    pub(super) before: Option<String>,
    pub(super) after: String,
}

impl Generated {
    /// The file that a user named: relative to the folder in which the command runs, and within the project.
    pub(super) fn named(files: &Files, path: &Path) -> Result<Self, Error> {
        let shown = printable(&path.to_string_lossy());
        let outside = || {
            Error::new("this file is not within the project")
                .at(shown.clone())
                .help("name a file in the project's folder or below")
        };
        let root = absolute(files.root()).ok_or_else(outside)?;
        let target = absolute(path).ok_or_else(outside)?;
        let within = target.strip_prefix(&root).map_err(|_| outside())?;
        let parts: Option<Vec<_>> = within.components().map(|part| part.as_os_str().to_str()).collect();
        let path = parts.filter(|parts| !parts.is_empty()).ok_or_else(outside)?.join("/");
        Self::within(files, &path)
    }

    /// The file at a path within the project.
    pub(super) fn within(files: &Files, path: &str) -> Result<Self, Error> {
        let shown = files.shown(path);
        let before = files.read_if_there(path)?.map(|bytes| docs::text_of(bytes, &shown)).transpose()?;
        Ok(Self { path: path.to_owned(), shown, before, after: String::new() })
    }

    pub(super) fn holding(mut self, text: String) -> Self {
        self.after = text;
        self
    }

    /// Refuses to write over a file that somebody wrote by hand: one that `is_own` does not know as written by sparkcfg.
    pub(super) fn spares(self, is_own: impl Fn(&str) -> bool) -> Result<Self, Error> {
        let by_hand = self.before.as_ref().is_some_and(|before| !before.trim().is_empty() && !is_own(before));
        if by_hand {
            let help = "compare it first: `--check` shows what would change; then write over it with --force";
            return Err(Error::new("this file was written by hand, and is left as it is").at(self.shown).help(help));
        }
        Ok(self)
    }

    pub(super) fn is_stale(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }

    /// What would change, as a unified diff.
    pub(super) fn diff(&self, from: &str) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let diff = similar::TextDiff::from_lines(before, self.after.as_str());
        printable_lines(&diff.unified_diff().context_radius(3).header(&self.shown, from).to_string())
    }
}

/// Writes what differs, or with `check` only tells it.
pub(super) fn finish(
    files: &Files,
    written: Vec<Generated>,
    check: bool,
    from: &str,
    remedy: &str,
) -> Result<ExitCode, Error> {
    let mut code = ExitCode::SUCCESS;
    for file in written {
        let shown = printable(&file.shown);
        if !file.is_stale() {
            printing::complain(&format!("{shown} is up to date\n"))?;
        } else if check {
            printing::print(&file.diff(from))?;
            let state = if file.before.is_some() { "is stale" } else { "is missing" };
            printing::complain(&format!("{shown} {state}; {remedy}\n"))?;
            code = ExitCode::from(1);
        } else {
            writing::write(files.root(), &file.path, file.after.as_bytes(), false)?;
            printing::complain(&format!("wrote {shown}\n"))?;
        }
    }
    Ok(code)
}

/// A path from the root of the file system, without `.` and `..`; links are left to whoever reads or writes.
fn absolute(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    Some(out)
}
