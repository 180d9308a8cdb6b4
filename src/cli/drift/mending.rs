//! `--fix` and `--patch` of a comparison.

use std::path::Path;

use super::super::{fix, printing};
use crate::error::Error;
use crate::report::Report;
use crate::source::printable;

/// Makes the changes, and says whether there were any.
pub(super) fn apply(report: &Report, root: &Path, prefix: &str, all: bool) -> Result<bool, Error> {
    let applied = fix::apply(report, root, prefix, all)?;
    let plural = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    printing::complain(&format!(
        "mended {} in {}\n",
        plural(applied.fixes, "place"),
        plural(applied.files.len(), "file")
    ))?;
    Ok(applied.fixes > 0)
}

/// Writes the changes as a patch for review.
pub(super) fn write_patch(report: &Report, path: &Path, all: bool) -> Result<(), Error> {
    printing::refuse_inputs(path)?;
    let (text, left) = fix::patch(report, all);
    for path in left {
        let path = printable(&path);
        printing::complain(&format!("left out: {path}, because a secret stands beside the change; --fix makes it\n"))?;
    }
    if text.is_empty() {
        return printing::complain("nothing to write: no finding has a fix of this kind\n");
    }
    std::fs::write(path, text).map_err(|_| Error::new("the patch was not written").at(path.to_string_lossy()))
}
