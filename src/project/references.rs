//! Where the files of a project declare and use variables: the tree is walked once, on all cores, and never past
//! `.gitignore` or a symbolic link.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::sync::Mutex;

use aho_corasick::{AhoCorasick, MatchKind};
use ignore::{WalkBuilder, WalkState};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::config::Config;
use super::files::{self, Files};
use super::{Project, ProjectSchema, layout, read_schema};
use crate::finding::Finding;
use crate::source::{SourceId, Span};
use crate::uses::{self, Fallback, Kind, MAX_BYTES, Reader, Side, Use};

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
    "migrations",
    "alembic",
    "notebooks",
    ".github",
    "stories",
];

/// Files in which a name says nothing: prose, locks, data.
const SAYS_NOTHING: &[&str] =
    &["md", "mdx", "rst", "txt", "adoc", "lock", "svg", "csv", "tsv", "snap", "map", "po", "ipynb", "html", "sum"];

/// Everything that was found.
#[derive(Debug, Default)]
pub struct References {
    /// The files with uses, by path.
    pub files: Vec<Used>,
    /// Declarations, in the order of schema, layers, and other env files by path.
    pub declared: Vec<Declared>,
    /// Every file of the tree that was looked at.
    pub paths: Vec<String>,
}

/// A file with uses.
#[derive(Debug)]
pub struct Used {
    /// Its text.
    pub source: SourceId,
    /// Its path, relative to the project.
    pub path: String,
    /// What read it; `None` for a file that was only searched for known names.
    pub reader: Option<&'static Reader>,
    /// Whether it stands beside what runs: a test, an example, a script.
    pub aside: bool,
    /// The uses, in order.
    pub uses: Vec<Use>,
}

/// A place that declares a variable. Its value may be a secret, so `Debug` leaves it out.
pub struct Declared {
    /// The variable.
    pub name: String,
    /// Where.
    pub span: Span,
    /// By what.
    pub by: Declarer,
    /// The value or default that stands there.
    pub value: Option<String>,
}

/// What declares a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declarer {
    /// The schema.
    Schema,
    /// A layer of an environment.
    Layer,
    /// Another env file, such as `.env.example`.
    Example,
}

impl std::fmt::Debug for Declared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Declared").field("name", &self.name).field("by", &self.by).finish_non_exhaustive()
    }
}

impl References {
    /// The texts in which comments may silence findings: files with uses, and env files that are no layers.
    pub fn sources(&self) -> impl Iterator<Item = SourceId> + '_ {
        let files = self.files.iter().map(|file| file.source);
        let examples = self.declared.iter().filter(|declared| declared.by == Declarer::Example);
        let examples: BTreeSet<_> = examples.map(|declared| declared.span.source).collect();
        files.chain(examples)
    }
}

impl Used {
    /// The place of a use.
    #[must_use]
    pub fn span(&self, found: &Use) -> Span {
        Span::new(self.source, found.at.clone())
    }

    /// Whether a program reads it.
    #[must_use]
    pub fn is_code(&self) -> bool {
        self.reader.is_some_and(|reader| reader.side == Side::Code)
    }
}

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
    found
}

/// The uses in a tree, each file with its text: what `paths` names, those without a use left out.
#[must_use]
pub fn uses(files: &Files, paths: &[String], names: &BTreeSet<String>) -> Vec<(String, String, Vec<Use>)> {
    let markers: Vec<_> = uses::ALL.iter().map(|reader| matcher(reader.markers.iter().copied())).collect();
    let names = matcher(names.iter().map(String::as_str));
    let one = |path: &String| -> Option<(String, String, Vec<Use>)> {
        if is_env_file(path) || is_rendered(path) {
            return None;
        }
        let reader = uses::reader(path);
        if reader.is_none() && says_nothing(path) {
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
        if !marked && !named {
            return None;
        }
        let (text, _) = files::text(bytes);
        let mut found = if marked { reader.map(|reader| reader.uses(&text)).unwrap_or_default() } else { Vec::new() };
        if let Some(names) = names.as_ref().filter(|_| named) {
            mentions(&text, names, &mut found);
        }
        (!found.is_empty()).then(|| (path.clone(), text, found))
    };
    paths.par_iter().filter_map(one).collect()
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
        found.push(Use { name, at, kind: Kind::Mention, fallback: Fallback::Computed, sure: false, owner: None });
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

/// Whether a file holds `KEY=value` lines, by its name.
fn is_env_file(path: &str) -> bool {
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
        || name.contains(".config.") && !name.starts_with("ecosystem")
}

/// The uses in a whole tree, whatever declares them: each file with its path, its text and its uses.
#[must_use]
pub fn all_uses(files: &Files, config: &Config) -> Vec<(String, String, Vec<Use>)> {
    let mut paths = paths(files);
    leave_out(&mut paths, config);
    paths.retain(|path| !is_aside(path));
    uses(files, &paths, &BTreeSet::new())
}

/// Leaves out what the project does not want to be looked into.
fn leave_out(paths: &mut Vec<String>, config: &Config) {
    if let Ok(excluded) = config.references.excluded() {
        paths.retain(|path| !excluded.is_match(path));
    }
}

impl Project {
    /// Finds where the tree uses variables, and what declares them.
    pub fn read_references(&mut self, files: &Files) {
        let mut paths = paths(files);
        leave_out(&mut paths, &self.config);
        let mut declared = self.declared_here();
        declared.extend(self.declared_by_members(files, &paths));
        let layers: HashSet<String> =
            self.layers.iter().map(|layer| self.sources.path(layer.source).to_owned()).collect();
        for path in paths.iter().filter(|path| is_env_file(path) && !layout::is_personal(path)) {
            let small = fs::metadata(files.root().join(path)).is_ok_and(|about| about.len() <= MAX_BYTES as u64);
            let sealed = path.ends_with(".age") || path.contains(".secrets.");
            if layers.contains(&files.shown(path)) || sealed || !small {
                continue;
            }
            let Ok(bytes) = files.read(path) else { continue };
            let (text, _) = files::text(bytes);
            let source = self.sources.add(files.shown(path), text.as_str());
            declared.extend(declared_in(source, &text));
        }
        let names: BTreeSet<String> = declared
            .iter()
            .map(|declared| declared.name.clone())
            .filter(|name| uses::is_screaming(name) && name.len() > 3)
            .collect();
        let found = uses(files, &paths, &names);
        let known: HashSet<&str> = declared.iter().map(|declared| declared.name.as_str()).collect();
        let mut used = Vec::new();
        for (path, text, mut uses) in found {
            uses.retain(|found| found.kind != Kind::Mention || known.contains(found.name.as_str()));
            if !uses.is_empty() {
                let source = self.sources.add(files.shown(&path), text);
                used.push(Used { source, reader: uses::reader(&path), aside: is_aside(&path), path, uses });
            }
        }
        self.references = References { files: used, declared, paths };
    }

    /// What the schemas of projects below declare; one that is broken is told where that project is checked.
    fn declared_by_members(&mut self, files: &Files, paths: &[String]) -> Vec<Declared> {
        let mut found = Vec::new();
        for folder in paths.iter().filter_map(|path| path.strip_suffix("/sparkcfg.toml")) {
            let member = files.member(folder);
            let schema = Self::config(&member).and_then(|config| read_schema(&member, &config, &mut self.sources));
            if let Ok(Some(schema)) = schema {
                found.extend(declared_by(&schema));
            }
        }
        found
    }

    /// What the schema and the layers declare.
    fn declared_here(&self) -> Vec<Declared> {
        let mut found = Vec::new();
        if let Some(schema) = self.schema.as_ref().filter(|_| !self.has_built_in_schema()) {
            found.extend(declared_by(schema));
        }
        for layer in self.layers.iter().filter(|layer| layer.name != crate::layer::PROCESS) {
            for entry in &layer.entries {
                let value = layer.content(entry).map(ToOwned::to_owned);
                let (name, span) = (layer.key(entry).to_owned(), layer.span(&entry.key));
                found.push(Declared { name, span, by: Declarer::Layer, value });
            }
        }
        found
    }

    /// Hides what no output may show of the files around findings: the lines that they point at.
    pub fn hide_in_references(&mut self, findings: &[Finding]) {
        let ids: BTreeSet<SourceId> = self.references.sources().collect();
        let labels = findings.iter().flat_map(|finding| finding.label.iter().chain(&finding.related));
        let wanted: BTreeSet<SourceId> =
            labels.map(|label| label.span.source).filter(|source| ids.contains(source)).collect();
        let secrets: Vec<String> = self
            .layers
            .iter()
            .flat_map(|layer| {
                let hidden = layer.entries.iter().filter(|entry| self.hides_entry(layer, entry));
                hidden.filter_map(|entry| layer.content(entry)).map(ToOwned::to_owned)
            })
            .collect();
        let examples = self.references.declared.iter().filter_map(|declared| {
            let value = declared.value.as_deref()?;
            (declared.by == Declarer::Example && self.hides(&declared.name, value)).then_some(value)
        });
        let known: Vec<&str> =
            secrets.iter().map(String::as_str).chain(examples).filter(|text| text.len() > 3).collect();
        let mut spans = Vec::new();
        for source in wanted {
            let text = self.sources.text(source);
            spans.extend(self.secrets_in(text, &known).into_iter().map(|range| Span::new(source, range)));
            let used = self.references.files.iter().filter(|file| file.source == source).flat_map(|file| &file.uses);
            for found in used {
                if let Fallback::Text { text: default, at } = &found.fallback
                    && self.hides(&found.name, default)
                {
                    spans.push(Span::new(source, at.clone()));
                }
            }
        }
        for declared in self.references.declared.iter().filter(|declared| declared.by == Declarer::Example) {
            if declared.value.as_ref().is_some_and(|value| self.hides(&declared.name, value)) {
                let line = self.sources.lines(declared.span);
                spans.push(Span { start: (declared.span.end + 1).min(line.end), ..line });
            }
        }
        for span in spans {
            self.sources.mask(span);
        }
    }
}

fn declared_by(schema: &ProjectSchema) -> Vec<Declared> {
    let one = |key: &str| {
        let property = schema.schema.property(key);
        let span = property.pointer().and_then(|pointer| schema.place(&pointer));
        let span = span.unwrap_or_else(|| Span::new(schema.source, 0..0));
        Declared { name: key.to_owned(), span, by: Declarer::Schema, value: property.default_text() }
    };
    schema.schema.keys().map(one).collect()
}

/// What an env file that is no layer declares, assignments in comments included: they document.
fn declared_in(source: SourceId, text: &str) -> Vec<Declared> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_start_matches(['#', ' ', '\t']);
        let body = body.strip_prefix("export ").unwrap_or(body);
        let length = body.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(body.len());
        let (name, rest) = body.split_at(length);
        let comment = line.trim_start().starts_with('#');
        if name.starts_with("sops_")
            || !uses::is_name(name)
            || !rest.starts_with('=')
            || comment && !uses::is_screaming(name)
        {
            continue;
        }
        let from = start + line.len() - body.len();
        let value = rest[1..].trim().trim_matches(['"', '\'']).to_owned();
        let span = Span::new(source, offset(from)..offset(from + length));
        found.push(Declared {
            name: name.to_owned(),
            span,
            by: Declarer::Example,
            value: Some(value).filter(|_| !comment),
        });
    }
    found
}
