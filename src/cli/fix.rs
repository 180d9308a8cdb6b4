//! `--fix`: the replacements that findings offer, written to the files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::Error;
use crate::finding::Fix;
use crate::project::writing;
use crate::report::Report;
use crate::source::SourceId;

/// Applies every fix of a report and gives how many were applied, and to how many files.
///
/// A file that changed since it was read is left alone. Each file is replaced whole or not at all.
pub(super) fn apply(report: &Report, root: &Path, prefix: &str) -> Result<(usize, usize), Error> {
    let mut by_file: BTreeMap<SourceId, Vec<&Fix>> = BTreeMap::new();
    for fix in report.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        by_file.entry(fix.span.source).or_default().push(fix);
    }
    let (mut fixes, mut files) = (0, 0);
    for (source, mut wanted) in by_file {
        let shown = report.sources.path(source);
        let path = root.join(shown.strip_prefix(prefix).unwrap_or(shown));
        let before = report.sources.text(source);
        let same = std::fs::read(&path).is_ok_and(|bytes| bytes == before.as_bytes());
        if !same && before.contains('\u{fffd}') {
            // What is not UTF-8 was replaced when it was read; writing it back would lose it.
            continue;
        }
        if !same {
            return Err(Error::new("this file changed while it was checked; nothing in it was fixed")
                .at(shown)
                .help("run it again"));
        }
        wanted.sort_by_key(|fix| (fix.span.start, fix.span.end));
        wanted.dedup_by(|one, other| one.span.start < other.span.end);
        let mut after = String::with_capacity(before.len() + 16);
        let mut at = 0;
        for fix in &wanted {
            let range = fix.span.range();
            after.push_str(before.get(at..range.start).unwrap_or_default());
            after.push_str(&fix.replacement);
            at = range.end;
        }
        after.push_str(before.get(at..).unwrap_or_default());
        writing::replace(&path, after.as_bytes())
            .map_err(|_| Error::new("this file could not be written; it is as it was").at(shown))?;
        fixes += wanted.len();
        files += 1;
    }
    Ok((fixes, files))
}
