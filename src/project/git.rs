//! The one door to git: the files of a project as its index or a revision holds them, read from git's objects.
//!
//! Nothing is checked out, and nothing is fetched. What is read goes on as [`super::files::Files`].

mod history;
mod moves;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(super) use self::history::{FileVersion, History, history};
pub use self::moves::Moves;
use super::config::Config;
use super::creation_rules;
use super::files::{Files, LIMIT};
use super::links;
use super::revocations;
use super::starting;
use crate::error::Error;

/// A tree that git holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree<'a> {
    /// What is about to be committed.
    Index,
    /// A commit by any name that git knows: `v1.4.0`, `origin/main`, `HEAD~3`.
    Revision(&'a str),
    /// The same of another folder, by its path from the top of the repository.
    Folder(&'a str, &'a str),
}

/// Whether git was told how to merge sealed files, as `secrets init` says it.
#[must_use]
pub fn has_driver(root: &Path) -> bool {
    let names = |name: &str| {
        run(root, &["config", "--get", name]).ok().flatten().is_some_and(|text| !text.trim_ascii().is_empty())
    };
    names("merge.sparkcfg.driver") && names("merge.sparkcfg.recursive")
}

/// The project's files as `tree` holds them; `prefix` is put before each path that users see. Only files that a
/// project may need are read.
///
/// # Errors
/// No git, no repository, no such revision, a repository that cannot be read.
pub fn files(root: &Path, prefix: &str, tree: Tree<'_>) -> Result<Files, Error> {
    let held = read(root, tree)?;
    Ok(match tree {
        Tree::Index => Files::staged(root, prefix, held),
        Tree::Revision(name) | Tree::Folder(name, _) => Files::at_revision(root, prefix, name, held),
    })
}

/// The files that a project may need, by path relative to `root`.
///
/// # Errors
/// See [`files`].
pub fn read(root: &Path, tree: Tree<'_>) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let listing = match tree {
        Tree::Index => git(root, &["ls-files", "--stage", "-z", "--", "."])?,
        Tree::Revision(name) => git(root, &["ls-tree", "-r", "-z", &commit(root, name)?, "--", "."])?,
        Tree::Folder(name, folder) => {
            let tree = format!("{}:{folder}", commit(root, name)?);
            git(root, &["ls-tree", "-r", "-z", "--full-tree", &tree])?
        }
    };
    let mut objects = BTreeMap::new();
    let mut links = BTreeMap::new();
    let mut unmerged = BTreeSet::new();
    let mut announced = None;
    for record in listing.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let record = String::from_utf8_lossy(record);
        let Some((about, path)) = record.split_once('\t') else { continue };
        let words: Vec<_> = about.split(' ').collect();
        // `mode object stage` of the index, `mode type object` of a commit.
        let object = words.get(if tree == Tree::Index { 1 } else { 2 });
        if tree == Tree::Index && object.is_some_and(|object| NOTHING.contains(object)) {
            if announced.is_none() {
                announced = Some(announcements(root)?);
            }
            if announced.as_ref().is_some_and(|announced| announced.contains(path)) {
                continue;
            }
        }
        if let (Some(&"120000"), Some(object)) = (words.first(), object) {
            links.insert(path.to_owned(), (*object).to_owned());
        }
        // Submodules hold no text of their own, and symbolic links only a path.
        if let (Some(mode), Some(object)) = (words.first(), object)
            && mode.starts_with("100")
        {
            objects.insert(path.to_owned(), (*object).to_owned());
            if tree == Tree::Index && words.get(2) != Some(&"0") {
                unmerged.insert(path.to_owned());
            }
        }
    }
    if let Some(path) = unmerged.iter().find(|path| is_likely(path)) {
        // Several versions stand in the index, and none of them is what a commit would hold.
        return Err(Error::new("a merge of this file is not finished, so nothing is staged of it")
            .at(crate::source::printable(path))
            .help("settle the conflict, then git add it"));
    }
    links.retain(|path, _| is_likely(path));
    for (path, target) in blobs(root, &links)? {
        match links::led_to(&path, &target).and_then(|to| objects.get(&to).cloned()) {
            Some(object) => {
                objects.insert(path, object);
            }
            None if tree == Tree::Index && links::stands_for_layers(&path) => {
                let message =
                    "this is a symbolic link, and what it leads to is not in git, so nothing of it can be judged";
                let help = "commit the file itself, or a link to one within the project that git has";
                return Err(Error::new(message).at(crate::source::printable(&path)).help(help));
            }
            None => {}
        }
    }
    let mut wanted: BTreeMap<String, String> = objects
        .iter()
        .filter(|(path, _)| is_likely(path))
        .map(|(path, object)| (path.clone(), object.clone()))
        .collect();
    let mut files = blobs(root, &wanted)?;
    // What sparkcfg.toml lists may have any name.
    let configs: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.ends_with("sparkcfg.toml"))
        .map(|(path, bytes)| (path.clone(), bytes.clone()))
        .collect();
    wanted.clear();
    for (path, bytes) in configs {
        let Ok(config) = Config::parse(&path, &String::from_utf8_lossy(&bytes)) else { continue };
        let folder = path.strip_suffix("sparkcfg.toml").unwrap_or_default();
        let listed = config.environments.values().flatten().chain(&config.schema).chain(&config.identities);
        for name in listed.map(|name| format!("{folder}{name}")).filter(|name| !files.contains_key(name)) {
            if let Some(object) = objects.get(&name) {
                wanted.insert(name, object.clone());
            }
        }
    }
    files.extend(blobs(root, &wanted)?);
    Ok(files)
}

/// The name of an object without content, in both kinds of repositories (`git hash-object /dev/null`).
const NOTHING: [&str; 2] =
    ["e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"];

/// What `git add -N` has only announced, by path relative to `root`: the index shows it as empty, and a commit leaves it out.
fn announcements(root: &Path) -> Result<BTreeSet<String>, Error> {
    let listing = git(root, &["diff-files", "--relative", "--name-only", "--diff-filter=A", "-z", "--", "."])?;
    let paths = listing.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Ok(paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect())
}

/// Whether a project may need a file, by its path.
fn is_likely(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.contains("env")
        || name.ends_with(".schema.json")
        || name == "sparkcfg.toml"
        || name == "sparkcfg-baseline.toml"
        || name == creation_rules::NAME
        || name == revocations::NAME
        || path.starts_with("templates/")
        || path.contains("/templates/")
        || name.ends_with("key.txt")
        || name.ends_with("keys.txt")
}

/// The full name of the commit that `name` stands for.
///
/// # Errors
/// See [`files`].
pub fn commit(root: &Path, name: &str) -> Result<String, Error> {
    let wanted = format!("{name}^{{commit}}");
    let found = run(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
    let found = found.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()).unwrap_or_default();
    // `--end-of-options` itself is echoed by old versions of git.
    match found.lines().last().filter(|line| line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(commit) => Ok(commit.to_owned()),
        None => {
            git(root, &["rev-parse", "--git-dir"])?;
            Err(Error::new(format!("git knows no revision `{name}`"))
                .help("a branch, a tag or a commit; in a shallow clone, fetch it first"))
        }
    }
}

/// The commit at which what is checked out parted from `name`: what `git diff name...HEAD` compares with. The one of `name`
/// itself where the two have no commit in common.
///
/// # Errors
/// See [`commit`]; a shallow clone that does not reach back so far.
pub fn parted_from(root: &Path, name: &str) -> Result<String, Error> {
    let there = commit(root, name)?;
    let asked =
        |arguments: &[&str]| Ok(run(root, arguments)?.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()));
    let is_commit = |text: &String| text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match asked(&["merge-base", "HEAD", &there])?.filter(is_commit) {
        Some(parted) => Ok(parted),
        None if asked(&["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true") => {
            Err(Error::new(format!("this clone does not reach back to where it parted from `{name}`"))
                .help("fetch the rest: git fetch --unshallow, or fetch-depth: 0 of actions/checkout"))
        }
        None => Ok(there),
    }
}

/// Whether git keeps its hands off a path, by the repository that holds it, which may be another than that of `root`. A
/// file that it tracks is not ignored, whatever a pattern says; where there is no repository, nothing is said of it.
///
/// # Errors
/// No git, or a repository that it cannot read.
pub fn is_ignored(root: &Path, path: &str) -> Result<bool, Error> {
    let path = root.join(path);
    let is_there = |folder: &&Path| folder.is_dir();
    let Some(folder) = path.ancestors().find(is_there) else { return Ok(false) };
    if !is_held(root) && !is_held(&path) {
        return Ok(true);
    }
    let rest = path.strip_prefix(folder).unwrap_or(Path::new(""));
    // A pattern that ends in a slash speaks of folders, and the folder may not be there yet; no pattern speaks of this name.
    let within = rest.join(".sparkcfg-asks");
    let (within, rest) = (within.to_string_lossy(), rest.to_string_lossy());
    let rest = if rest.is_empty() { "." } else { &rest };
    if run(folder, &["check-ignore", "--quiet", "--", &within])?.is_none() {
        git(folder, &["rev-parse", "--git-dir"])?;
        return Ok(false);
    }
    let tracked = run(folder, &["ls-files", "-z", "--", rest])?.unwrap_or_default();
    Ok(tracked.is_empty())
}

/// Whether a path, or a folder above it, is a repository.
#[must_use]
pub fn is_held(path: &Path) -> bool {
    path.ancestors().any(|folder| folder.join(".git").exists())
}

/// Those of `paths` that are not as the last commit has them, or are not in it.
///
/// # Errors
/// See [`files`].
pub fn uncommitted(root: &Path, paths: &[String]) -> Result<Vec<String>, Error> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let mut arguments = vec!["status", "--porcelain", "-z", "--untracked-files=all", "--ignored", "--no-renames", "--"];
    arguments.extend(paths.iter().map(String::as_str));
    // The paths that it prints start at the repository's folder, so only their ends can be compared.
    let listing = git(root, &arguments)?;
    let listed: Vec<String> = listing
        .split(|byte| *byte == 0)
        .filter_map(|record| record.get(3..))
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect();
    let is_listed = |path: &&String| listed.iter().any(|found| found == *path || found.ends_with(&format!("/{path}")));
    Ok(paths.iter().filter(is_listed).cloned().collect())
}

/// The commit, shortened, that replaced what a file holds now, if it held the same at some time before `revision`.
///
/// # Errors
/// See [`files`].
pub fn replaced_in(root: &Path, revision: &str, path: &str) -> Result<Option<String>, Error> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    let Some(object) = name_of(root, path) else { return Ok(None) };
    let commit = commit(root, revision)?;
    let object = format!("--find-object={object}");
    let found = text(git(root, &["log", "--format=%h", "-n", "1", &object, &commit, "--", path])?);
    Ok((!found.is_empty()).then_some(found))
}

/// What git calls a file as it is, whether it has it or not; `None` where it cannot say.
#[must_use]
pub fn name_of(root: &Path, path: &str) -> Option<String> {
    let name = run(root, &["hash-object", "--no-filters", "--", path]).ok()??;
    let name = String::from_utf8_lossy(&name).trim().to_owned();
    is_name(&name).then_some(name)
}

/// The bytes of a file that git calls `name`, or begins to; `None` where it has none.
#[must_use]
pub fn object(root: &Path, name: &str) -> Option<Vec<u8>> {
    is_name(name).then(|| run(root, &["cat-file", "blob", name]).ok()?).flatten()
}

fn is_name(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What git answers; an error where it refuses.
pub(super) fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    run(root, arguments)?.ok_or_else(|| {
        Error::new("git cannot read this repository")
            .help("run it in a git repository that you own, or check the files on disk instead")
    })
}

pub(super) fn run(root: &Path, arguments: &[&str]) -> Result<Option<Vec<u8>>, Error> {
    let output = command(root).args(arguments).stdin(Stdio::null()).output();
    let output =
        output.map_err(|_| Error::new("git cannot be started").help("the index and revisions are read with git"))?;
    Ok(output.status.success().then_some(output.stdout))
}

/// git that neither writes into the repository nor fetches, and is not told what opens secrets. Of the programs that a
/// person's own configuration of git may name, `status` alone starts one: the filter for files that changed.
pub(super) fn command(root: &Path) -> Command {
    let mut command = starting::command("git");
    command
        .current_dir(root)
        .args(["-c", "core.fsmonitor=false", "-c", "log.showSignature=false"])
        .stderr(Stdio::null());
    command.envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0")]);
    command
}

/// The contents of objects, all through one process.
pub(super) fn blobs(root: &Path, wanted: &BTreeMap<String, String>) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut objects = Objects::of(root)?;
    let mut files = BTreeMap::new();
    for (path, object) in wanted {
        match objects.get(object)? {
            Some(Object { size, .. }) if size > LIMIT => {
                return Err(Error::new("this file is over 64 MiB; no file of a configuration should be").at(path));
            }
            Some(object) => files.insert(path.clone(), object.bytes),
            None => return Err(unreadable()),
        };
    }
    Ok(files)
}

/// A process of git that gives objects by their names.
struct Objects {
    process: Child,
    ask: Option<ChildStdin>,
    answer: BufReader<ChildStdout>,
}

struct Object {
    size: u64,
    /// Empty where the size is over [`LIMIT`].
    bytes: Vec<u8>,
}

impl Objects {
    fn of(root: &Path) -> Result<Self, Error> {
        let mut command = command(root);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|_| unreadable())?;
        let ask = process.stdin.take();
        let answer = BufReader::new(process.stdout.take().ok_or_else(unreadable)?);
        Ok(Self { process, ask, answer })
    }

    /// The object of a name; `None` where there is none.
    fn get(&mut self, name: &str) -> Result<Option<Object>, Error> {
        let ask = self.ask.as_mut().ok_or_else(unreadable)?;
        ask.write_all(format!("{name}\n").as_bytes()).and_then(|()| ask.flush()).map_err(|_| unreadable())?;
        let mut header = String::new();
        self.answer.read_line(&mut header).map_err(|_| unreadable())?;
        if header.trim_end().ends_with(" missing") {
            return Ok(None);
        }
        let size = header.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(unreadable)?;
        let mut content = (&mut self.answer).take(size + 1);
        let mut bytes = Vec::new();
        if size > LIMIT {
            std::io::copy(&mut content, &mut std::io::sink()).map_err(|_| unreadable())?;
        } else {
            content.read_to_end(&mut bytes).map_err(|_| unreadable())?;
            bytes.pop();
        }
        Ok(Some(Object { size, bytes }))
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Without anybody who asks, it ends.
        drop(self.ask.take());
        let _ = self.process.wait();
    }
}

fn unreadable() -> Error {
    Error::new("git cannot read one of its objects")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::{Tree, read};

    fn git(folder: &Path, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.current_dir(folder).args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn trees_are_read_without_a_checkout() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "-q", "-b", "main"]);
        fs::create_dir_all(root.join("api/config")).unwrap();
        fs::write(root.join("api/.env"), "A=1\n").unwrap();
        fs::write(root.join("api/config/odd"), "A=2\n").unwrap();
        fs::write(root.join("api/main.rs"), "").unwrap();
        fs::write(root.join("api/sparkcfg.toml"), "[environments]\nprod = [\".env\", \"config/odd\"]\n").unwrap();
        git(root, &["add", "."]);
        git(root, &["commit", "-q", "-m", "one"]);
        git(root, &["tag", "v1"]);
        fs::write(root.join("api/.env"), "A=3\n").unwrap();
        git(root, &["add", "."]);
        fs::write(root.join("api/.env"), "A=4\n").unwrap();
        fs::write(root.join("api/.env.empty"), "").unwrap();
        git(root, &["add", "api/.env.empty"]);
        fs::write(root.join("api/.env.announced"), "A=5\n").unwrap();
        git(root, &["add", "--intent-to-add", "api/.env.announced"]);

        let text = |folder: &str, tree: Tree<'_>, path: &str| {
            let files = read(&root.join(folder), tree).unwrap();
            files.get(path).map(|bytes| String::from_utf8(bytes.clone()).unwrap())
        };
        for (folder, tree, path, expected) in [
            ("api", Tree::Revision("v1"), ".env", Some("A=1\n")),
            ("api", Tree::Revision("HEAD"), "config/odd", Some("A=2\n")),
            ("", Tree::Revision("main"), "api/.env", Some("A=1\n")),
            ("", Tree::Revision("main"), "api/main.rs", None),
            ("api", Tree::Index, ".env", Some("A=3\n")),
            ("api", Tree::Index, ".env.empty", Some("")),
            ("api", Tree::Index, ".env.announced", None),
            ("", Tree::Index, "api/.env.announced", None),
        ] {
            assert_eq!(text(folder, tree, path).as_deref(), expected, "{folder} {tree:?} {path}");
        }
        for name in ["v2", "", "--help", "v1:api/.env", "v1\n", "../x"] {
            let error = read(root, Tree::Revision(name)).unwrap_err();
            assert!(error.message.starts_with("git knows no revision"), "{name}: {}", error.message);
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let error = read(elsewhere.path(), Tree::Revision("v1")).unwrap_err();
        assert_eq!(error.message, "git cannot read this repository");
    }
}
