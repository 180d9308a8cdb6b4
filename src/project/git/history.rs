//! What git's history tells of single files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::files::LIMIT;
use super::{Object, Objects, git, run};
use crate::error::Error;

/// A version that a file had.
#[derive(Debug)]
pub(in crate::project) struct FileVersion {
    /// A commit in which it stands, shortened: the newest that changed the file to it, else what stands before a change.
    pub(in crate::project) commit: String,
    pub(in crate::project) bytes: Vec<u8>,
}

/// Every version that files had in the newest `commits` of what is checked out, newest first: path → versions. Where
/// nothing is committed yet there are none.
///
/// # Errors
/// See [`super::files`].
pub(in crate::project) fn versions(
    root: &Path,
    paths: &[&str],
    commits: usize,
) -> Result<BTreeMap<String, Vec<FileVersion>>, Error> {
    let mut found = BTreeMap::<String, Vec<FileVersion>>::new();
    let skip = format!("--skip={commits}");
    let Some(older) = run(root, &["rev-list", "--max-count=1", &skip, "HEAD", "--"])? else { return Ok(found) };
    let older = String::from_utf8_lossy(&older).trim().to_owned();
    let until = format!("^{older}");
    // Without what a merge left behind, a version of a branch would be missing.
    let mut arguments = vec!["--literal-pathspecs", "log", "--format=%H", "--raw", "--no-abbrev", "--no-renames", "-z"];
    arguments.extend(["--full-history", "-m", "--relative", "HEAD"]);
    arguments.extend((!older.is_empty()).then_some(until.as_str()));
    arguments.push("--");
    arguments.extend(paths);
    let listing = git(root, &arguments)?;
    let mut objects = Objects::of(root)?;
    let mut seen = BTreeSet::new();
    for (commit, path, object) in changes(&String::from_utf8_lossy(&listing)) {
        if seen.insert((path, object))
            && let Some(Object { size, bytes }) = objects.get(object)?
            && size <= LIMIT
        {
            found.entry(path.to_owned()).or_default().push(FileVersion { commit, bytes });
        }
    }
    Ok(found)
}

/// How many signs of a commit's name tell it from all others.
const SHORT: usize = 10;

/// What `git log --raw -z` tells: commit, path and object of each file after a change, in its order, and then of each before
/// one.
fn changes(listing: &str) -> Vec<(String, &str, &str)> {
    let (mut commit, mut after, mut before) = ("", Vec::new(), Vec::new());
    let mut words = listing.split('\0').map(|word| word.trim_start_matches('\n')).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let Some(about) = word.strip_prefix(':') else {
            commit = word.get(..SHORT).unwrap_or(word);
            continue;
        };
        // `mode mode object object letter`, then the path.
        let (about, Some(path)) = (about.split(' ').collect::<Vec<_>>(), words.next()) else { break };
        let [_, _, was, is, ..] = about.as_slice() else { break };
        after.push((commit.to_owned(), path, *is));
        before.push((format!("{commit}^"), path, *was));
    }
    after.append(&mut before);
    after.retain(|(.., object)| !object.bytes().all(|byte| byte == b'0'));
    after
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[test]
    fn a_change_names_what_was_and_what_is() {
        let (zero, one, two) = ("0".repeat(40), "1".repeat(40), "2".repeat(40));
        let listing = format!(
            "c2\0\n:100644 100644 {one} {two} M\0a b.env\0:100644 000000 {one} {zero} D\0x\0\nc1\0\n:000000 100644 {zero} {one} A\0a b.env\0"
        );
        let expected = [("c2", "a b.env", &two), ("c1", "a b.env", &one), ("c2^", "a b.env", &one), ("c2^", "x", &one)];
        let expected = expected.map(|(commit, path, object)| (commit.to_owned(), path, object.as_str()));
        assert_eq!(changes(&listing), expected);
        assert_eq!(changes("c\0\n:1"), []);
        assert_eq!(changes(""), []);
    }
}
