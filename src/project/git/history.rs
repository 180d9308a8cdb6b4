//! What git's history tells of single files: one run of git, whatever there is to know.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use super::super::tracking::{git_folder, repository_around};
use super::{command, run};

/// A version that a file had.
#[derive(Debug, Clone)]
pub(in crate::project) struct FileVersion<T> {
    /// The commit that made the file so, shortened.
    pub(in crate::project) commit: String,
    /// How many commits that changed one of the files came before it: the more, the newer.
    pub(in crate::project) at: usize,
    pub(in crate::project) bytes: Arc<[u8]>,
    /// What was asked of it, answered while git looks for the next one.
    pub(in crate::project) answer: T,
}

/// What files were in the newest commits of what is checked out.
#[derive(Debug)]
pub(in crate::project) struct History<T> {
    /// path → its versions, newest first.
    pub(in crate::project) versions: BTreeMap<String, Vec<FileVersion<T>>>,
    /// The paths of which git does not have all versions here: its clone is shallow, or lacks their contents.
    pub(in crate::project) cut: BTreeSet<String>,
    /// Of every commit that changed one of the files, oldest first, its parents as [`FileVersion::at`] counts them; the
    /// first one is the commit that it is told as a change of.
    pub(in crate::project) parents: Vec<Vec<usize>>,
    /// The name of the newest of them.
    pub(in crate::project) newest: String,
    /// Whether git refuses the repository.
    pub(in crate::project) is_refused: bool,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self {
            versions: BTreeMap::new(),
            cut: BTreeSet::new(),
            parents: Vec::new(),
            newest: String::new(),
            is_refused: false,
        }
    }
}

/// Every version that files had in the newest `commits` of what is checked out, each with what `ask` says of its path and
/// bytes; none where nothing is committed yet, or where there is no git.
#[must_use]
pub(in crate::project) fn history<T>(
    root: &Path,
    paths: &[&str],
    commits: usize,
    ask: impl Fn(&str, &[u8]) -> T,
) -> History<T> {
    let Some((repository, start)) = repository_around(root) else { return History::default() };
    let mut command = command(root);
    command.args(["-c", "core.quotePath=false", "--literal-pathspecs", "fast-export", "--show-original-ids"]);
    // Without the full history, a version of a branch whose merge took the other side would be missing.
    command.args(["--reencode=no", "--full-history", "--ignore-missing", "HEAD"]);
    // The first `--` is for the options of the command, the second one for its revisions.
    command.arg(format!("^HEAD~{commits}")).args(["--", "--"]).args(paths);
    let Ok(mut process) = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() else {
        return History::default();
    };
    let stream = process.stdout.take().map(BufReader::new);
    let parsed = stream.map(|stream| parsed(stream, &start, &boundaries(&repository), ask)).unwrap_or_default();
    let is_whole = process.wait().is_ok_and(|status| status.success()) && parsed.is_whole;
    let mut history = parsed.history;
    let answers = |arguments: &[&str]| run(root, arguments).is_ok_and(|answer| answer.is_some());
    if is_whole {
        return history;
    }
    if !answers(&["rev-parse", "--git-dir"]) {
        history.is_refused = is_repository(&repository);
    } else if answers(&["rev-parse", "--verify", "--quiet", "HEAD"]) {
        // A partial clone lacks what files held before.
        history.cut.extend(paths.iter().map(|path| (*path).to_owned()));
    }
    history
}

/// Whether what lies there is a repository, be it one that git refuses: not a folder that only has the name.
fn is_repository(repository: &Path) -> bool {
    git_folder(repository).is_some_and(|folder| folder.join("HEAD").is_file())
}

/// The commits of a shallow clone of which git does not have the ones before.
fn boundaries(repository: &Path) -> BTreeSet<String> {
    let Some(folder) = git_folder(repository) else { return BTreeSet::new() };
    // A linked work tree names the folder of the repository.
    let common = fs::read_to_string(folder.join("commondir")).map(|text| folder.join(text.trim()));
    let text = fs::read_to_string(common.unwrap_or(folder).join("shallow")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// How many signs of a commit's name tell it from all others.
const SHORT: usize = 10;

/// The largest version that is kept, in bytes: no sealed file is larger.
const LARGEST: u64 = 1024 * 1024;

/// How many bytes are kept of all versions together.
const MOST: u64 = 256 * LARGEST;

/// What was read of a stream, and whether that is all of it.
struct Parsed<T> {
    history: History<T>,
    is_whole: bool,
}

impl<T> Default for Parsed<T> {
    fn default() -> Self {
        Self { history: History::default(), is_whole: false }
    }
}

/// What `git fast-export` writes, oldest first, of the paths that begin with `start`; `boundaries` are commits whose parents
/// are not there.
fn parsed<T>(
    mut stream: impl BufRead,
    start: &str,
    boundaries: &BTreeSet<String>,
    ask: impl Fn(&str, &[u8]) -> T,
) -> Parsed<T> {
    let (mut history, mut blobs, mut commits) = (History::default(), HashMap::new(), HashMap::new());
    let (mut mark, mut name, mut at, mut kept) = (String::new(), String::new(), 0, 0);
    let (mut is_blob, mut begins, mut is_whole) = (false, false, true);
    loop {
        let mut line = Vec::new();
        match (&mut stream).take(LARGEST).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.pop() == Some(b'\n') => {}
            _ => is_whole = false,
        }
        let line = std::str::from_utf8(&line).unwrap_or_default();
        match line.split_once(' ').unwrap_or((line, "")) {
            _ if !is_whole => break,
            ("blob", "") => is_blob = true,
            ("commit", _) => {
                (is_blob, begins, at) = (false, true, at + 1);
                history.parents.push(Vec::new());
            }
            ("mark", text) => {
                text.clone_into(&mut mark);
                commits.extend((!is_blob).then(|| (text.to_owned(), at)));
            }
            ("original-oid", text) => {
                text.clone_into(&mut name);
                if !is_blob {
                    text.clone_into(&mut history.newest);
                }
            }
            ("data", length) => {
                let length = length.parse().unwrap_or(u64::MAX);
                let keeps = is_blob && length <= LARGEST;
                let data = data(&mut stream, length, keeps).filter(|_| kept <= MOST);
                is_whole = data.is_some();
                if let Some(data) = data.filter(|_| keeps) {
                    kept += length;
                    blobs.insert(mark.clone(), Arc::<[u8]>::from(data));
                }
            }
            ("from" | "merge", mark) => {
                begins = false;
                // What is not among the commits that were asked for has no place.
                history
                    .parents
                    .last_mut()
                    .into_iter()
                    .for_each(|all| all.push(commits.get(mark).copied().unwrap_or(0)));
            }
            // `M mode mark path`
            ("M", text) => {
                let mut words = text.splitn(3, ' ').skip(1);
                let (Some(mark), Some(path)) = (words.next(), words.next()) else { continue };
                let (Some(path), Some(bytes)) = (unquoted(path), blobs.get(mark)) else { continue };
                let Some(path) = path.strip_prefix(start) else { continue };
                if begins && boundaries.contains(&name) {
                    history.cut.insert(path.to_owned());
                }
                let commit = name.get(..SHORT).unwrap_or(&name).to_owned();
                let version = FileVersion { commit, at, bytes: Arc::clone(bytes), answer: ask(path, bytes) };
                history.versions.entry(path.to_owned()).or_default().push(version);
            }
            _ => {}
        }
    }
    history.versions.values_mut().for_each(|versions| versions.reverse());
    Parsed { history, is_whole }
}

/// The next bytes of a stream, or none of them where nobody keeps them; `None` where it ends before.
fn data(stream: &mut impl BufRead, length: u64, keeps: bool) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    let mut rest = stream.take(length);
    let read = if keeps {
        rest.read_to_end(&mut data).ok().and_then(|read| u64::try_from(read).ok())
    } else {
        io::copy(&mut rest, &mut io::sink()).ok()
    };
    read.filter(|read| *read == length).map(|_| data)
}

/// A path as git writes it: in quotes, as C has them, where it holds a blank or an odd character.
fn unquoted(text: &str) -> Option<String> {
    let Some(quoted) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return Some(text.to_owned());
    };
    let mut path = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.bytes();
    while let Some(byte) = bytes.next() {
        path.push(if byte == b'\\' {
            match bytes.next()? {
                b'a' => 7,
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'v' => 11,
                b'f' => 12,
                b'r' => b'\r',
                first @ b'0'..=b'3' => {
                    let digits = [first, bytes.next()?, bytes.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()?
                }
                other => other,
            }
        } else {
            byte
        });
    }
    String::from_utf8(path).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{parsed, unquoted};

    #[test]
    fn versions_of_files_newest_first() {
        let said = |path: &str, bytes: &[u8]| format!("{path} {}", bytes.len());
        let (one, two, three) = ("1".repeat(40), "2".repeat(40), "3".repeat(40));
        let stream = format!(
            "blob\nmark :1\noriginal-oid b1\ndata 6\nblob\nx\n\nblob\nmark :2\ndata 2\ny\n\nreset refs/heads/main\n\
             commit refs/heads/main\nmark :3\noriginal-oid {one}\nauthor \u{fc} <a> 1 +0000\ndata 8\nM 1 :1 z\n\
             M 100644 :1 \"p/a b\"\nM 100644 :2 other\n\n\
             commit refs/heads/main\nmark :4\noriginal-oid {two}\ndata 0\nfrom :3\nM 100644 :2 \"p/a b\"\nM 160000 {one} p/sub\n\n\
             commit refs/heads/main\nmark :5\noriginal-oid {three}\ndata 0\nfrom :4\nmerge :3\nmerge {one}\nM 100644 :1 \"p/a b\"\nD p/x\n\n"
        );
        let history = parsed(stream.as_bytes(), "p/", &[one.clone(), three].into(), said).history;
        assert_eq!(history.versions.keys().collect::<Vec<_>>(), ["a b"]);
        let versions = history.versions["a b"].iter();
        assert!(versions.clone().all(|one| one.answer == format!("a b {}", one.bytes.len())));
        let versions: Vec<_> = versions.map(|one| (one.commit.as_str(), one.at, &*one.bytes)).collect();
        assert_eq!(history.parents, [vec![], vec![1], vec![2, 1, 0]]);
        assert_eq!(history.newest, "3".repeat(40));
        let expected: [(_, _, &[u8]); 3] =
            [("3333333333", 3, b"blob\nx"), ("2222222222", 2, b"y\n"), ("1111111111", 1, b"blob\nx")];
        assert_eq!(versions, expected);
        assert_eq!(history.cut, BTreeSet::from(["a b".to_owned()]), "the first commit has none before");
        assert!(parsed(stream.as_bytes(), "p/", &[two].into(), said).history.cut.is_empty());
        for cut in 0..stream.len() {
            let read = parsed(&stream.as_bytes()[..cut], "p/", &BTreeSet::new(), said);
            assert!(read.history.versions.len() <= 1);
            assert!(read.is_whole || !stream.as_bytes()[..cut].ends_with(b"\n\n"));
        }
    }

    #[test]
    fn paths_in_quotes() {
        for (text, expected) in [
            ("a/b.env", Some("a/b.env")),
            (r#""a b/\"\\.env""#, Some("a b/\"\\.env")),
            (r#""\303\274\t""#, Some("\u{fc}\t")),
            (r#""\3""#, None),
            (r#""\""#, None),
            ("\"", Some("\"")),
        ] {
            assert_eq!(unquoted(text).as_deref(), expected, "{text}");
        }
    }
}
