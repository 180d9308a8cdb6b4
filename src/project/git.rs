//! The one door to git: the files of a project as its index or a revision holds them, read from git's objects.
//!
//! Nothing is checked out, and nothing is fetched. What is read goes on as [`super::files::Files`].

mod history;
mod moves;
mod objects;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

pub(super) use self::history::{FileVersion, History, history};
pub use self::moves::Moves;
pub(super) use self::objects::{Object, Objects, blobs, unreadable};
use super::config::Config;
use super::creation_rules;
use super::files::Files;
use super::held::Held;
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

/// The project's files as `tree` holds them; `prefix` is put before each path that users see. Of the index all are there,
/// and each is read once somebody asks for it; of a revision only those that make environments, and what `sparkcfg.toml`
/// lists.
///
/// # Errors
/// No git, no repository, no such revision, a repository that cannot be read.
pub fn files(root: &Path, prefix: &str, tree: Tree<'_>) -> Result<Files, Error> {
    let listing = match tree {
        Tree::Index => git(root, &["ls-files", "--stage", "-z", "--", "."])?,
        Tree::Revision(name) => git(root, &["ls-tree", "-r", "-z", &commit(root, name)?, "--", "."])?,
        Tree::Folder(name, folder) => {
            let tree = format!("{}:{folder}", commit(root, name)?);
            git(root, &["ls-tree", "-r", "-z", "--full-tree", &tree])?
        }
    };
    let revision = match tree {
        Tree::Index => None,
        Tree::Revision(name) | Tree::Folder(name, _) => Some(name),
    };
    let mut held = Held::within(root, revision);
    let (mut links, mut announced) = (Vec::new(), None);
    for record in listing.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let record = String::from_utf8_lossy(record);
        let Some((about, path)) = record.split_once('\t') else { continue };
        let words: Vec<_> = about.split(' ').collect();
        // `mode object stage` of the index, `mode type object` of a commit.
        let (Some(mode), Some(object)) = (words.first(), words.get(if tree == Tree::Index { 1 } else { 2 })) else {
            continue;
        };
        if tree == Tree::Index && NOTHING.contains(object) {
            if announced.is_none() {
                announced = Some(announcements(root)?);
            }
            if announced.as_ref().is_some_and(|announced| announced.contains(path)) {
                continue;
            }
        }
        if tree == Tree::Index && words.get(2) != Some(&"0") {
            if mode.starts_with("100") && is_likely(path) {
                // Several versions stand in the index, and none of them is what a commit would hold.
                return Err(Error::new("a merge of this file is not finished, so nothing is staged of it")
                    .at(crate::source::printable(path))
                    .help("settle the conflict, then git add it"));
            }
            continue;
        }
        match *mode {
            "120000" if is_likely(path) => links.push((path.to_owned(), (*object).to_owned())),
            "120000" => held.add_link(path, object),
            // Submodules hold no text of their own.
            mode if mode.starts_with("100") => held.add(path, object),
            _ => {}
        }
    }
    for (path, link) in links {
        let target = held.object(&path, &link)?;
        match links::led_to(&path, &target).and_then(|to| held.object_of(&to)) {
            Some(object) => held.add(&path, &object),
            None if tree == Tree::Index && links::stands_for_layers(&path) => {
                let message =
                    "this is a symbolic link, and what it leads to is not in git, so nothing of it can be judged";
                let help = "commit the file itself, or a link to one within the project that git has";
                return Err(Error::new(message).at(crate::source::printable(&path)).help(help));
            }
            None => {}
        }
    }
    // A repository that cannot be read is told of before anything is judged.
    let likely: Vec<String> = held.paths().filter(|path| is_likely(path)).map(ToOwned::to_owned).collect();
    likely.iter().try_for_each(|path| held.get(path).map(drop))?;
    if tree != Tree::Index {
        let mut wanted: BTreeSet<String> = likely.into_iter().collect();
        listed(&held, &mut wanted)?;
        held.keep(&wanted);
    }
    Ok(Files::held(root, prefix, held))
}

/// Adds what each `sparkcfg.toml` lists, which may have any name.
fn listed(held: &Held, wanted: &mut BTreeSet<String>) -> Result<(), Error> {
    let configs: Vec<_> = wanted.iter().filter(|path| path.ends_with("sparkcfg.toml")).cloned().collect();
    for path in configs {
        let Some(bytes) = held.get(&path)? else { continue };
        let Ok(config) = Config::parse(&path, &String::from_utf8_lossy(&bytes)) else { continue };
        let folder = path.strip_suffix("sparkcfg.toml").unwrap_or_default();
        let listed = config.environments.values().flatten().chain(&config.schema).chain(&config.identities);
        for name in listed.map(|name| format!("{folder}{name}")) {
            held.get(&name)?;
            wanted.insert(name);
        }
    }
    Ok(())
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

/// Whether a file may make environments, by its path.
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::{Tree, files};

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
        fs::write(root.join("api/main.rs"), "fn main() {}\n").unwrap();
        std::os::unix::fs::symlink("main.rs", root.join("api/linked.rs")).unwrap();
        std::os::unix::fs::symlink("../nowhere.rs", root.join("api/dangling")).unwrap();
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
            let files = files(&root.join(folder), "", tree).unwrap();
            files.read_if_there(path).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
        };
        for (folder, tree, path, expected) in [
            ("api", Tree::Revision("v1"), ".env", Some("A=1\n")),
            ("api", Tree::Revision("HEAD"), "config/odd", Some("A=2\n")),
            ("", Tree::Revision("main"), "api/.env", Some("A=1\n")),
            ("", Tree::Revision("main"), "api/main.rs", None),
            ("", Tree::Index, "api/main.rs", Some("fn main() {}\n")),
            ("", Tree::Index, "api/linked.rs", Some("fn main() {}\n")),
            ("api", Tree::Index, "linked.rs", Some("fn main() {}\n")),
            ("", Tree::Index, "api/dangling", None),
            ("api", Tree::Index, ".env", Some("A=3\n")),
            ("api", Tree::Index, ".env.empty", Some("")),
            ("api", Tree::Index, ".env.announced", None),
            ("", Tree::Index, "api/.env.announced", None),
        ] {
            assert_eq!(text(folder, tree, path).as_deref(), expected, "{folder} {tree:?} {path}");
        }
        for name in ["v2", "", "--help", "v1:api/.env", "v1\n", "../x"] {
            let error = files(root, "", Tree::Revision(name)).unwrap_err();
            assert!(error.message.starts_with("git knows no revision"), "{name}: {}", error.message);
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let error = files(elsewhere.path(), "", Tree::Revision("v1")).unwrap_err();
        assert_eq!(error.message, "git cannot read this repository");
    }
}
