//! What git has, or would take, of files that are for one person only: read from its index and its ignore rules, without
//! starting it.

mod anywhere;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

use super::config::Config;
use super::files::Files;
use super::layout;
use crate::detection;
use crate::ignores;
use crate::source::Sources;
use crate::stores;

/// A file that should be known to one person only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// Relative to the project here, and as users see it in a project that was read.
    pub path: String,
    /// How it is known to others, or soon may be.
    pub exposure: Exposure,
    /// The file and the line, counted from 0, of the rule that says so; `None` where there is none within the project.
    pub rule: Option<(String, usize)>,
}

impl Exposure {
    /// The line at which what should not be known begins, from 0.
    #[must_use]
    pub const fn line(self) -> usize {
        match self {
            Self::Personal | Self::NotIgnored | Self::HiddenSecrets | Self::HiddenSchema => 0,
            Self::Identity { line } | Self::IdentityWithin { line } | Self::PrivateKey { line } => line,
        }
    }
}

/// How a file is known to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// A personal layer, in git.
    Personal,
    /// A personal layer that `git add .` would take.
    NotIgnored,
    /// A file of nothing but identities, which open secrets, in git.
    Identity {
        /// The line, from 0.
        line: usize,
    },
    /// A text of another kind with such an identity in it, as the workflow of a CI, in git.
    IdentityWithin {
        /// The line, from 0.
        line: usize,
    },
    /// A file with a private key of SSH, in git.
    PrivateKey {
        /// The line, from 0.
        line: usize,
    },
    /// A sealed file, which is meant to be in git, that a rule of the repository keeps out of it.
    HiddenSecrets,
    /// The schema, likewise.
    HiddenSchema,
}

/// The largest index that is read, in bytes: some hundred thousand files.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The largest file that is looked at for an identity, in bytes.
const LARGEST_KEY: u64 = 64 * 1024;

/// The exposed files beside the layers of a project, in order. Without git there are none.
pub(super) fn exposed(files: &Files, config: &Config) -> Vec<Exposed> {
    let Some(git) = Git::around(files) else { return Vec::new() };
    let mut found = Vec::new();
    let folders = folders(config);
    for folder in &folders {
        for name in files.names(folder).unwrap_or_default() {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let tracked = git.tracks(&path);
            let exposure = if layout::is_personal(&path) {
                if tracked {
                    Some(Exposure::Personal)
                } else {
                    (!git.ignores(&path, Rules::OfTheRepository)).then_some(Exposure::NotIgnored)
                }
            } else {
                if tracked && !is_published(config, &path) { identity_in(files, &path) } else { None }
            };
            let hidden = stores::of(&path).is_some() && !tracked && git.ignores(&path, Rules::OfTheRepository);
            let exposure =
                exposure.or(hidden.then_some(Exposure::HiddenSecrets).filter(|_| !layout::is_personal(&path)));
            let rule = hidden.then(|| git.rule(&path)).flatten();
            found.extend(exposure.map(|exposure| Exposed { path, exposure, rule }));
        }
    }
    found.extend(anywhere::found(files, config, &git, &folders));
    let schemas =
        || files.names("schemas").unwrap_or_default().into_iter().filter(|name| name.ends_with(".schema.json"));
    let schema = match &config.schema {
        Some(path) => Some(path.clone()),
        None => schemas().next().map(|name| format!("schemas/{name}")),
    };
    let is_there = |path: &String| files.has(path) && !path.split('/').any(|part| part == "..");
    if let Some(path) = schema.filter(is_there)
        && !git.tracks(&path)
        && git.ignores(&path, Rules::OfTheRepository)
    {
        let rule = git.rule(&path);
        found.push(Exposed { path, exposure: Exposure::HiddenSchema, rule });
    }
    found
}

/// The sealed files beside the layers that git has and the folder has not, relative to the project.
#[must_use]
pub fn lost(files: &Files, config: &Config) -> Vec<String> {
    let Some(Git { index: Some(index), start, .. }) = Git::around(files) else { return Vec::new() };
    let folders = folders(config);
    let sealed = index.within(&start).filter(|path| {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        stores::of(path).is_some() && folders.iter().any(|one| one == folder)
    });
    sealed.filter(|path| !files.root().join(path).exists()).map(str::to_owned).collect()
}

/// The paths within the project that git has, whatever its rules ignore by now; none without git.
pub(super) fn tracked(files: &Files) -> Vec<String> {
    let Some(index) = Index::around(files.root()) else { return Vec::new() };
    let start = index.start(files.root());
    start.map(|start| index.within(&start).map(str::to_owned).collect()).unwrap_or_default()
}

/// Whether git has a file of the project.
#[must_use]
pub fn has(files: &Files, path: &str) -> bool {
    let Some(index) = Index::around(files.root()) else { return false };
    let start = index.start(files.root());
    start.is_some_and(|start| index.paths.binary_search(&format!("{start}{path}")).is_ok())
}

/// Those of `paths` that git has, or would take from this machine: whatever it ignores by its own rules or by the rules of
/// this machine does not get in. Without git, all of them.
pub(super) fn taken(files: &Files, paths: Vec<String>) -> Vec<String> {
    let Some(git) = Git::around(files) else { return paths };
    paths.into_iter().filter(|path| git.tracks(path) || !git.ignores(path, Rules::OfThisMachine)).collect()
}

/// Where files of this kind lie: beside the layers.
pub(super) fn folders(config: &Config) -> Vec<String> {
    let folder = |path: &String| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let mut folders: Vec<_> = config.environments.values().flatten().map(folder).collect();
    folders.extend([String::new(), "environments".to_owned()]);
    folders.sort();
    folders.dedup();
    folders
}

/// Whether `sparkcfg.toml` publishes the identity of a file on purpose.
fn is_published(config: &Config, path: &str) -> bool {
    config.identities.iter().any(|identity| identity.trim_start_matches("./") == path)
}

/// Whether a file beside the layers may be one of keys. In the folders of the layers there is little else; in the project's
/// own, only what may be a key is opened here.
fn may_be_a_key(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let kept = [".age", ".key", ".pem", ".txt"].iter().any(|end| name.ends_with(end)) || !name.contains('.');
    let likely = kept
        || path.contains('/')
        || ["key", "identity", "id_ed25519", "id_rsa"].iter().any(|word| name.contains(word));
    likely && !may_be_a_layer(&name)
}

/// What may be a layer is judged as one.
fn may_be_a_layer(name: &str) -> bool {
    name.ends_with(".env") || name.ends_with(".env.age")
}

/// Whether a file lies beside the layers and is one of them, or is looked at as one of keys.
fn is_looked_at(path: &str, folders: &[String]) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_loose = || layout::loose(name).is_some() || layout::is_personal(path);
    folders.iter().any(|one| one == folder) && (may_be_a_key(path) || may_be_a_layer(name) || is_loose())
}

/// What opens something in a file that may be one of keys.
fn identity_in(files: &Files, path: &str) -> Option<Exposure> {
    let small = || files.size(path).is_some_and(|size| size as u64 <= LARGEST_KEY);
    if !may_be_a_key(path) || !small() {
        return None;
    }
    let bytes = files.read(path).ok()?;
    let ssh = || memchr::memmem::find(&bytes, SSH).map(|at| Exposure::PrivateKey { line: lines_before(&bytes, at) });
    identity_in_text(&bytes).or_else(ssh)
}

const SSH: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";

fn lines_before(bytes: &[u8], at: usize) -> usize {
    bytes.iter().take(at).filter(|byte| **byte == b'\n').count()
}

/// The first identity of age in a text of which no comment says that it is meant to be there.
fn identity_in_text(bytes: &[u8]) -> Option<Exposure> {
    const MARKS: [&[u8]; 2] = [b"AGE-SECRET-KEY-", b"AGE-PLUGIN-"];
    const NAME: &str = "an age identity";
    // Nearly every text is turned down here.
    if !MARKS.iter().any(|mark| memchr::memmem::find(bytes, mark).is_some()) {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let source = Sources::default().add("", "");
    let mut silenced = ignores::in_text(source, &text);
    silenced.retain(|ignore| ignore.code == "secrets-tracked");
    let is_silenced =
        |at: usize| silenced.iter().any(|ignore| (ignore.line.start as usize..=ignore.line.end as usize).contains(&at));
    let (mut at, mut found, mut is_only_keys) = (0, None, true);
    for (line, words) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at += words.len();
        let words = words.trim();
        let is_identity = detection::known_token(words) == Some(NAME);
        if is_identity && found.is_none() && !is_silenced(start) {
            found = Some(line);
        }
        is_only_keys &=
            words.is_empty() || words.starts_with('#') || is_identity && !words.contains(char::is_whitespace);
    }
    let line = found?;
    Some(if is_only_keys { Exposure::Identity { line } } else { Exposure::IdentityWithin { line } })
}

/// What a repository tracks. Its `Debug` may be long.
#[derive(Debug)]
pub(super) struct Index {
    /// The repository's folder.
    root: PathBuf,
    /// Sorted, relative to that.
    paths: Vec<String>,
}

impl Index {
    /// The index of the repository around a folder; `None` where there is none, or none that can be read.
    pub(super) fn around(folder: &Path) -> Option<Self> {
        let (root, _) = repository_around(folder)?;
        let index = git_folder(&root)?.join("index");
        let mut paths = match fs::metadata(&index) {
            Ok(about) if about.len() <= LARGEST => paths(&fs::read(&index).ok()?)?,
            Ok(_) => return None,
            // Nothing was ever added.
            Err(_) => Vec::new(),
        };
        paths.sort();
        Some(Self { root, paths })
    }

    /// What stands before the paths of a folder.
    fn start(&self, folder: &Path) -> Option<String> {
        start_in(&self.root, &folder.canonicalize().ok()?)
    }

    /// The paths that begin with `start`, without it. A member of a workspace has its own few among the many that are sorted
    /// here.
    fn within<'i>(&'i self, start: &'i str) -> impl Iterator<Item = &'i str> {
        let first = self.paths.partition_point(|path| path.as_str() < start);
        self.paths.iter().skip(first).map_while(move |path| path.strip_prefix(start))
    }
}

/// Whose rules say what git ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rules {
    /// Those that everybody has: `.gitignore`.
    OfTheRepository,
    /// Besides those, what one person says for one repository, or for all: `.git/info/exclude`, `core.excludesFile`.
    OfThisMachine,
}

/// A project in a repository.
struct Git<'f> {
    /// `None` for the files of the index itself: all of them are tracked.
    index: Option<&'f Index>,
    /// The project's folder.
    project: &'f Path,
    /// What stands before its paths in the repository.
    start: String,
    /// The rules for what is in a folder; `None` where they cannot be read.
    rules: RefCell<HashMap<(PathBuf, Rules), Option<Gitignore>>>,
}

impl<'f> Git<'f> {
    fn around(files: &'f Files) -> Option<Self> {
        if files.is_staged() {
            return Some(Self { index: None, project: Path::new(""), start: String::new(), rules: RefCell::default() });
        }
        let index = files.index()?;
        let project = files.real_root()?;
        let start = start_in(&index.root, project)?;
        Some(Self { index: Some(index), project, start, rules: RefCell::default() })
    }

    fn tracks(&self, path: &str) -> bool {
        let full = format!("{}{path}", self.start);
        self.index.is_none_or(|index| index.paths.binary_search(&full).is_ok())
    }

    fn ignores(&self, path: &str, rules: Rules) -> bool {
        let Some(Index { root, .. }) = self.index else { return false };
        let full = self.project.join(path);
        let Some(folder) = full.parent() else { return false };
        let mut known = self.rules.borrow_mut();
        let rules = known.entry((folder.to_owned(), rules)).or_insert_with(|| read_rules(root, folder, rules));
        rules.as_ref().is_some_and(|rules| rules.matched_path_or_any_parents(&full, false).is_ignore())
    }
}

impl Git<'_> {
    /// The file within the project, and the line of it counted from 0, of the rule by which the repository ignores a path: the
    /// last one that does.
    fn rule(&self, path: &str) -> Option<(String, usize)> {
        let Index { root, .. } = self.index?;
        let full = self.project.join(path);
        let ignores = |line: &str| {
            let mut builder = GitignoreBuilder::new(root);
            let added = builder.add_line(None, line).is_ok();
            let rules = builder.build().ok().filter(|_| added);
            rules.is_some_and(|rules| rules.matched_path_or_any_parents(&full, false).is_ignore())
        };
        let folders = full.parent()?.ancestors().take_while(|folder| folder.starts_with(self.project));
        folders.into_iter().find_map(|folder| {
            let text = fs::read_to_string(folder.join(".gitignore")).ok()?;
            let below = folder.strip_prefix(root).ok()?.to_str()?;
            let lines: Vec<&str> = text.lines().collect();
            let line = lines.iter().rposition(|line| ignores(&moved(line, below)))?;
            let inside = folder.strip_prefix(self.project).ok()?.to_str()?.replace('\\', "/");
            Some((if inside.is_empty() { ".gitignore".to_owned() } else { format!("{inside}/.gitignore") }, line))
        })
    }
}

/// The rules for what is in `folder`, of the repository whose work tree begins at `root`.
fn read_rules(root: &Path, folder: &Path, rules: Rules) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(root);
    if rules == Rules::OfThisMachine {
        // What comes later wins. A rule that cannot be read is passed over, as git does.
        let exclude = git_folder(root).map(|folder| folder.join("info/exclude"));
        for path in gitconfig_excludes_path().into_iter().chain(exclude).filter(|path| path.is_file()) {
            let _ = builder.add(path);
        }
    }
    let mut folders: Vec<&Path> = folder.ancestors().take_while(|folder| folder.starts_with(root)).collect();
    folders.reverse();
    for folder in folders {
        let rules = folder.join(".gitignore");
        // Rules of a folder hold from there on; those further down come later and win.
        let Ok(text) = fs::read_to_string(&rules) else { continue };
        let below = folder.strip_prefix(root).ok().and_then(Path::to_str).unwrap_or_default();
        for line in text.lines() {
            let _ = builder.add_line(None, &moved(line, below));
        }
    }
    builder.build().ok()
}

/// A rule of the folder `below` as one of the repository's folder.
fn moved(line: &str, below: &str) -> String {
    let (not, rule) = line.strip_prefix('!').map_or(("", line), |rule| ("!", rule));
    if below.is_empty() || rule.trim().is_empty() || rule.starts_with('#') {
        return line.to_owned();
    }
    let anchored = rule.trim_end().trim_end_matches('/').contains('/');
    let between = if anchored { "" } else { "**/" };
    format!("{not}/{}/{between}{}", below.replace('\\', "/"), rule.trim_start_matches('/'))
}

/// The repository around a folder: where its work tree begins, and what stands before the paths of the folder there.
pub(super) fn repository_around(folder: &Path) -> Option<(PathBuf, String)> {
    let folder = folder.canonicalize().ok()?;
    let root = folder.ancestors().find(|folder| folder.join(".git").exists())?.to_owned();
    let start = start_in(&root, &folder)?;
    Some((root, start))
}

/// What stands before the paths of a folder of the repository that begins at `root`.
fn start_in(root: &Path, folder: &Path) -> Option<String> {
    let inside = folder.strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
    Some(if inside.is_empty() { inside } else { format!("{inside}/") })
}

/// Where a repository whose work tree begins at `root` keeps what belongs to that: `.git`, or what the file `.git` of a
/// linked work tree names.
pub(super) fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(git).ok()?;
    let linked = root.join(text.strip_prefix("gitdir:")?.trim());
    linked.is_dir().then_some(linked)
}

/// The paths in an index (versions 2 to 4); `None` for what cannot be read, such as one with other hashes.
fn paths(bytes: &[u8]) -> Option<Vec<String>> {
    const HASH: usize = 20;
    const FIXED: usize = 40 + HASH;
    let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let version = number(4)?;
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let (mut at, mut found, mut before) = (12, Vec::new(), Vec::<u8>::new());
    for _ in 0..number(8)? {
        let start = at;
        let flags = u16::from_be_bytes(bytes.get(at + FIXED..at + FIXED + 2)?.try_into().ok()?);
        at += FIXED + 2 + if flags & 0x4000 == 0 { 0 } else { 2 };
        if version == 4 {
            let mut byte = *bytes.get(at)?;
            let mut cut = usize::from(byte & 127);
            at += 1;
            while byte & 128 != 0 {
                byte = *bytes.get(at)?;
                cut = (cut.checked_add(1)?).checked_mul(128)? + usize::from(byte & 127);
                at += 1;
            }
            before.truncate(before.len().checked_sub(cut)?);
        } else {
            before.clear();
        }
        let length = bytes.get(at..)?.iter().position(|byte| *byte == 0)?;
        before.extend_from_slice(&bytes[at..at + length]);
        at += length + 1;
        if version < 4 {
            // An entry is filled up with one to eight zero bytes.
            at = start + (at - start).next_multiple_of(8);
        }
        if before.is_empty() || before.contains(&b'\n') {
            return None;
        }
        found.push(String::from_utf8_lossy(&before).into_owned());
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::{moved, paths};

    fn index(version: u8, entries: &[(u8, &str)]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0".to_vec();
        bytes.extend([version, 0, 0, 0, u8::try_from(entries.len()).unwrap()]);
        for (cut, name) in entries {
            let start = bytes.len();
            bytes.extend([7; 60]);
            bytes.extend([0, u8::try_from(name.len()).unwrap()]);
            bytes.extend((version == 4).then_some(*cut));
            bytes.extend(name.as_bytes());
            let rest = if version == 4 { 1 } else { 8 - (bytes.len() - start) % 8 };
            bytes.extend(vec![0; rest]);
        }
        bytes
    }

    #[test]
    fn indexes() {
        let whole = [(0, "a"), (0, "environments/dev.env"), (0, "environments/dev.local.env")];
        let expected = Some(whole.map(|(_, name)| name.to_owned()).to_vec());
        assert_eq!(paths(&index(2, &whole)), expected);
        assert_eq!(paths(&index(3, &whole)), expected);
        assert_eq!(paths(&index(4, &[(0, "a"), (1, "environments/dev.env"), (3, "local.env")])), expected);
        let bytes = index(2, &whole);
        for cut in 0..bytes.len() - 1 {
            assert!(paths(&bytes[..cut]).is_none() || cut >= bytes.len() - 8, "{cut}");
        }
        assert_eq!(paths(b"DIRC\0\0\0\x09\0\0\0\x01"), None);
        assert_eq!(paths(&index(4, &[(9, "a")])), None);
    }

    #[test]
    fn rules_of_folders() {
        for (line, below, expected) in [
            ("*.local.env", "", "*.local.env"),
            ("*.local.env", "a/b", "/a/b/**/*.local.env"),
            ("/x.env", "a", "/a/x.env"),
            ("x/y", "a", "/a/x/y"),
            ("!x", "a", "!/a/**/x"),
            ("x/", "a", "/a/**/x/"),
            ("# x", "a", "# x"),
            ("", "a", ""),
        ] {
            assert_eq!(moved(line, below), expected, "{line}");
        }
    }
}
