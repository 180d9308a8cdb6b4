//! The files of a tree: which are looked at, what they are to the project, and the uses in them, on all cores.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::sync::Mutex;

use aho_corasick::{AhoCorasick, MatchKind};
use ignore::{WalkBuilder, WalkState};
use memchr::memmem;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::tools;
use crate::compose::extend::beside;
use crate::project::config::Config;
use crate::project::deployments::FOUND_BY_COMPOSE;
use crate::project::files::{self, Files};
use crate::project::{layout, tracking};
use crate::source::Span;
use crate::stores;
use crate::tree::yaml;
use crate::uses::{self, Fallback, Kind, MAX_BYTES, Reader, Use};

/// Folders that hold what others wrote or what was built; nobody declares variables for them.
const PASSED_OVER: &[&str] = &[
    ".git",
    "node_modules",
    "vendor",
    "target",
    ".venv",
    "venv",
    "__pycache__",
    "dist",
    "build",
    ".next",
    ".nuxt",
    "site-packages",
    ".tox",
    ".mypy_cache",
    "coverage",
    "bower_components",
    "third_party",
];

/// Folders and files beside what runs: tests, examples, scripts. What they use is told as a note.
const ASIDE: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "e2e",
    "example",
    "examples",
    "docs",
    "doc",
    "scripts",
    "script",
    "tools",
    "bench",
    "benches",
    "benchmarks",
    "fixtures",
    "mocks",
    "__mocks__",
    "demo",
    "demos",
    "samples",
    "cypress",
    "playwright",
    "hack",
    "dev",
    "contrib",
    "cookbook",
    "testing",
    "testdata",
    "testutil",
    "testutils",
    "test_utils",
    "migrations",
    "alembic",
    "notebooks",
    ".github",
    ".devcontainer",
    "stories",
];

/// Whose `NAME.config.js` is a part of the program, or of what starts it; other tools have theirs for themselves.
const FRAMEWORKS: &[&str] = &["ecosystem", "next", "nuxt", "astro", "svelte", "remix", "gatsby-config", "app"];

/// Files in which a name says nothing: prose, locks, data.
const SAYS_NOTHING: &[&str] =
    &["md", "mdx", "rst", "txt", "adoc", "lock", "svg", "csv", "tsv", "snap", "map", "po", "ipynb", "html", "sum"];

/// The paths of all files of a tree, sorted, as far as git would take them.
#[must_use]
pub fn paths(files: &Files) -> Vec<String> {
    let root = files.root();
    let found = Mutex::new(Vec::new());
    let walker = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .git_global(false)
        .follow_links(false)
        .filter_entry(|entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            !is_folder || !entry.file_name().to_str().is_some_and(|name| PASSED_OVER.contains(&name))
        })
        .threads(rayon::current_num_threads())
        .build_parallel();
    walker.run(|| {
        let found = &found;
        Box::new(move |entry| {
            let path =
                entry.ok().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file())).and_then(|entry| {
                    let parts = entry.path().strip_prefix(root).ok()?.components();
                    let parts: Option<Vec<_>> = parts.map(|part| part.as_os_str().to_str()).collect();
                    Some(parts?.join("/"))
                });
            if let (Some(path), Ok(mut found)) = (path, found.lock()) {
                found.push(path);
            }
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.sort_unstable();
    // What git has it keeps, whatever a rule says that came later.
    let is_file = |path: &str| fs::symlink_metadata(root.join(path)).is_ok_and(|about| about.is_file());
    let is_passed_over = |path: &str| path.split('/').any(|part| PASSED_OVER.contains(&part));
    let missing = tracking::tracked(files).into_iter();
    let missing = missing.filter(|path| found.binary_search(path).is_err() && !is_passed_over(path) && is_file(path));
    let missing: Vec<_> = missing.collect();
    if !missing.is_empty() {
        found.extend(missing);
        found.sort_unstable();
    }
    found
}

/// The uses in a tree, each file with its text: what `paths` names, those without a use left out, but for what starts programs.
/// Those in `taken` are what they are whatever they are called.
#[must_use]
pub(super) fn uses(
    files: &Files,
    paths: &[String],
    names: &BTreeSet<String>,
    taken: &Taken,
) -> Vec<(String, String, Vec<Use>)> {
    let markers: Vec<_> = uses::ALL.iter().map(|reader| matcher(reader.markers.iter().copied())).collect();
    let built = tools::built_by_react_scripts(files, paths);
    let is_given =
        |path: &str, name: &str| name == "PUBLIC_URL" && built.iter().any(|folder| path.starts_with(folder.as_str()));
    let declared = names;
    let names = matcher(names.iter().map(String::as_str));
    let one = |path: &String| -> Option<(String, String, Vec<Use>)> {
        if is_env_file(path) || is_rendered(path) {
            return None;
        }
        let reader = uses::reader(path);
        let as_taken = taken.reader(path);
        let is_taken = as_taken.is_some();
        if reader.is_none() && says_nothing(path) && !is_taken {
            return None;
        }
        let full = files.root().join(path);
        let length = fs::symlink_metadata(&full).ok().filter(fs::Metadata::is_file)?.len();
        if usize::try_from(length).ok()? > MAX_BYTES {
            return None;
        }
        let bytes = fs::read(full).ok()?;
        if memchr::memchr(0, &bytes[..bytes.len().min(8192)]).is_some() {
            return None;
        }
        let index = reader.and_then(|reader| uses::ALL.iter().position(|other| std::ptr::eq(other, reader)));
        let marked = index.is_some_and(|index| markers[index].as_ref().is_none_or(|marker| marker.is_match(&bytes)));
        let named = names.as_ref().is_some_and(|names| names.is_match(&bytes));
        if !marked && !named && !is_taken {
            return None;
        }
        let (text, _) = files::text(bytes);
        let mut found =
            if marked { reader.map(|reader| reader.uses(path, &text)).unwrap_or_default() } else { Vec::new() };
        found.retain(|found| declared.contains(&found.name) || !is_given(path, &found.name));
        if let Some(reader) = as_taken {
            found = reader.uses(path, &text);
        }
        if let Some(names) = names.as_ref().filter(|_| named) {
            mentions(&text, names, &mut found);
        }
        // A Compose file that gives a service nothing tells as much as one that does.
        let tells = is_taken || reader.is_some_and(uses::Reader::tells_without_uses);
        (tells || !found.is_empty()).then(|| (path.clone(), text, found))
    };
    paths.par_iter().filter_map(one).collect()
}

/// Files of Compose and PM2 beside those that are called so.
#[derive(Default)]
pub(super) struct Taken {
    /// Those by any other name: what others take in, and what is named where services are started.
    pub(super) renamed: HashSet<String>,
    /// What others take in with `extends` and `include`, whatever it is called; unless Compose would find it by itself.
    pub(super) inner: HashSet<String>,
    /// Those of PM2 by any other name.
    pub(super) apps: HashSet<String>,
}

impl Taken {
    /// What reads a file that its name does not tell of.
    pub(super) fn reader(&self, path: &str) -> Option<&'static Reader> {
        let named = |name: &str| uses::ALL.iter().find(|reader| reader.name == name);
        if self.renamed.contains(path) {
            named("compose")
        } else if self.apps.contains(path) {
            named("pm2")
        } else {
            None
        }
    }
}

/// The Compose files that others take in with `extends` and `include`, and those that are `named` where services are started,
/// whatever they are called.
pub(super) fn taken_in(files: &Files, paths: &[String], named: impl Iterator<Item = String>) -> Taken {
    let is_called_so = |path: &String| uses::reader(path).is_some_and(|reader| reader.name == "compose");
    let mut left: Vec<String> = paths.iter().filter(|path| is_called_so(path)).cloned().collect();
    let named = named.filter(|path| !is_called_so(path) && paths.binary_search(path).is_ok());
    let mut found = Taken { renamed: named.collect(), ..Taken::default() };
    left.extend(found.renamed.iter().cloned());
    let mut seen: HashSet<String> = left.iter().cloned().collect();
    while let Some(path) = left.pop() {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        for other in named_by(files, &path) {
            let other = beside(folder, &other).filter(|other| paths.binary_search(other).is_ok());
            let Some(other) = other.filter(|other| *other != path) else { continue };
            if !is_called_so(&other) {
                found.renamed.insert(other.clone());
            }
            // `compose.dev.yaml` may extend what is started without it, too.
            let is_main = |path: &str| FOUND_BY_COMPOSE.contains(&path.rsplit('/').next().unwrap_or(path));
            if !is_main(&other) || is_main(name) {
                found.inner.insert(other.clone());
            }
            if seen.insert(other.clone()) {
                left.push(other);
            }
        }
    }
    found
}

/// The files that a Compose file names in `extends` and `include`, as they are written there.
fn named_by(files: &Files, path: &str) -> Vec<String> {
    let names =
        |bytes: &Vec<u8>| ["extends", "include"].iter().any(|word| memmem::find(bytes, word.as_bytes()).is_some());
    let bytes = files.size(path).filter(|size| *size <= MAX_BYTES).and_then(|_| files.read(path).ok()).filter(names);
    let text = bytes.map(|bytes| files::text(bytes).0).unwrap_or_default();
    let Ok(documents) = yaml::parse(Span::NOWHERE.source, &text) else { return Vec::new() };
    let roots = || documents.roots.iter();
    let services = roots().filter_map(|root| root.get("services")).flat_map(|services| services.pairs());
    let extended = services.filter_map(|service| service.value.find(&["extends", "file"]));
    let included = roots().filter_map(|root| root.get("include")).flat_map(|list| list.items());
    let included = included.flat_map(|item| {
        let named = item.get("path").map_or(item, |path| path);
        named.items().chain([named]).map(|node| &**node)
    });
    extended.chain(included).filter_map(|node| node.text().map(ToOwned::to_owned)).collect()
}

fn matcher<'n>(words: impl Iterator<Item = &'n str>) -> Option<AhoCorasick> {
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        None
    } else {
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(words).ok()
    }
}

/// Known names that stand somewhere as whole words, and in no comment of their own line.
fn mentions(text: &str, names: &AhoCorasick, found: &mut Vec<Use>) {
    let mut seen: HashSet<String> = found.iter().map(|found| found.name.clone()).collect();
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    for hit in names.find_iter(text) {
        let (start, end) = (hit.start(), hit.end());
        let whole = !start.checked_sub(1).is_some_and(|before| is_part(bytes[before]))
            && !bytes.get(end).is_some_and(|after| is_part(*after));
        if !whole || seen.contains(&text[start..end]) {
            continue;
        }
        // Of a line without an end, only what stands near matters.
        let from = text.floor_char_boundary(start.saturating_sub(512));
        let line = text[from..start].rfind('\n').map_or(from, |newline| from + newline + 1);
        let before = text[line..start].trim_start();
        if ["#", "//", "*", "/*", "--", "<!--", ";"].iter().any(|sign| before.starts_with(sign)) {
            continue;
        }
        seen.insert(text[start..end].to_owned());
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (name, at) = (text[start..end].to_owned(), offset(start)..offset(end));
        found.push(Use {
            name,
            at,
            kind: Kind::Mention,
            fallback: Fallback::Computed,
            sure: false,
            owner: None,
            secret: None,
        });
    }
}

fn says_nothing(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    SAYS_NOTHING.contains(&extension)
        || name.ends_with("-lock.json")
        || name.ends_with(".schema.json")
        || name == "sparkcfg.toml"
        || name.ends_with("lock.yaml")
}

/// The env files beside what git would take, that it ignores and that a program may read all the same: those of members, and what
/// a script or a container takes in. Personal files, examples and sealed ones are left out, as is what is too long to be one.
#[must_use]
pub fn env_files_that_git_ignores(files: &Files, paths: &[String]) -> BTreeSet<String> {
    let folders: BTreeSet<&str> =
        paths.iter().map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    let mut found = BTreeSet::new();
    for folder in folders {
        let names = files.names(folder).unwrap_or_default().into_iter();
        let beside = names.map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") });
        found.extend(beside.filter(|path| may_set(files, path) && paths.binary_search(path).is_err()));
    }
    found
}

/// Whether an env file sets something for whoever reads it, by its name and length.
#[must_use]
pub fn may_set(files: &Files, path: &str) -> bool {
    is_env_file(path)
        && !is_aside(path)
        && !layout::is_personal(path)
        && !layout::documents(path)
        && stores::of(path).is_none()
        && fs::metadata(files.root().join(path)).is_ok_and(|about| about.len() <= MAX_BYTES as u64)
}

/// Whether a file holds `KEY=value` lines, by its name.
#[must_use]
pub fn is_env_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let of_another_kind = matches!(
        end,
        "patch"
            | "diff"
            | "ts"
            | "js"
            | "mjs"
            | "cjs"
            | "py"
            | "sh"
            | "md"
            | "json"
            | "yml"
            | "yaml"
            | "vault"
            | "me"
            | "j2"
            | "go"
            | "rs"
            | "rb"
            | "toml"
    );
    let named = name.starts_with(".env") && name != ".envrc"
        || name.ends_with(".env")
        || name.contains(".env.")
        || matches!(name, "env.example" | "example.env" | "dotenv.example");
    named && !of_another_kind
}

fn is_rendered(path: &str) -> bool {
    path.starts_with("rendered/") || path.starts_with("releases/")
}

/// Whether a path stands beside what runs.
#[must_use]
pub fn is_aside(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    parts.any(|part| ASIDE.contains(&part))
        || [".test.", ".spec.", ".stories.", "_test.", "_spec."].iter().any(|end| name.contains(end))
        || stem.starts_with("test_")
        || matches!(name, "conftest.py" | "noxfile.py" | "setup.py")
        || name.contains(".config.") && !FRAMEWORKS.contains(&stem)
}

/// A file of a tree: its path, its text, what read it, and its uses.
pub type Read = (String, String, &'static Reader, Vec<Use>);

/// The uses in a whole tree, whatever declares them. What a Compose file takes in by another name is one, too.
#[must_use]
pub fn all_uses(files: &Files, config: &Config) -> Vec<Read> {
    let mut paths = paths(files);
    leave_out(&mut paths, config);
    let tools = tools::tools(files, &paths);
    paths.retain(|path| !is_aside(path) && !tools.contains(path));
    let taken = taken_in(files, &paths, std::iter::empty());
    let found = uses(files, &paths, &BTreeSet::new(), &taken).into_iter();
    let with_reader = |(path, text, uses): (String, String, Vec<Use>)| {
        let reader = taken.reader(&path).or_else(|| uses::reader(&path))?;
        Some((path, text, reader, uses))
    };
    found.filter_map(with_reader).collect()
}

/// Leaves out what the project does not want to be looked into.
pub(super) fn leave_out(paths: &mut Vec<String>, config: &Config) {
    if let Ok(excluded) = config.references.excluded() {
        paths.retain(|path| !excluded.is_match(path));
    }
}
