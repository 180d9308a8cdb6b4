//! Where the files of a project declare and use variables: the tree is walked once, on all cores, and never past
//! `.gitignore` or a symbolic link.

mod literals;
mod tools;
mod tree;

use std::collections::{BTreeSet, HashSet};
use std::fs;

use super::files::{self, Files};
use super::{Project, ProjectSchema, layout, read_schema};
use crate::finding::Finding;
use crate::layer::Entry;
use crate::source::{SourceId, Span};
use crate::uses::{self, Fallback, Kind, MAX_BYTES, Reader, Side, Use};
pub use tree::{Read, all_uses, env_files_that_git_ignores, is_aside, is_env_file, may_set, paths};
use tree::{leave_out, uses};

/// A default of a secret that is no word that stands elsewhere, too, has as many bytes.
const DISTINCT: usize = 10;

/// Everything that was found.
#[derive(Debug, Default)]
pub struct References {
    /// The files with uses, and those that tell without, by path.
    pub files: Vec<Used>,
    /// Declarations, in the order of schema, layers, and other env files by path.
    pub declared: Vec<Declared>,
    /// Every file of the tree that was looked at.
    pub paths: Vec<String>,
    /// What programs keep secret, whatever its name.
    pub secrets: HashSet<String>,
    /// Names that env files set which git ignores and no environment has, as those of members and one's own: their values
    /// are nobody's business here.
    pub set_aside: HashSet<String>,
    /// What the workspace has beside this member of it.
    pub beside: Beside,
}

/// Names that a workspace has beside one of its members.
#[derive(Debug, Default)]
pub struct Beside {
    /// What is declared outside of all members, for all of them.
    pub declared: HashSet<String>,
    /// What is read outside of all members, or by programs of others, which may be libraries of this one.
    pub read: HashSet<String>,
    /// The same with what is only named there.
    pub named: HashSet<String>,
    /// What is given a value outside of all members by what starts services: Compose and PM2 files.
    pub set: HashSet<String>,
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
    /// Whether another Compose file takes it in, and starts what it has.
    pub inner: bool,
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
        let tools = tools::tools(files, &paths);
        let mut taken = tree::taken_in(files, &paths, self.named_compose_files(files).into_iter());
        taken.apps = self.named_pm2_files(files).into_iter().collect();
        let found = uses(files, &paths, &names, &taken);
        let known: HashSet<&str> = declared.iter().map(|declared| declared.name.as_str()).collect();
        let capitals = uses::in_capitals(known.iter().copied());
        let mut used = Vec::new();
        for (path, text, mut uses) in found {
            uses::respell(&path, &text, &mut uses, &capitals);
            uses.retain(|found| found.kind != Kind::Mention || known.contains(found.name.as_str()));
            let reader = taken.reader(&path).or_else(|| uses::reader(&path));
            if !uses.is_empty() || reader.is_some_and(Reader::tells_without_uses) {
                let source = self.sources.add(files.shown(&path), text);
                let (aside, inner) = (is_aside(&path) || tools.contains(&path), taken.inner.contains(&path));
                used.push(Used { source, path, reader, aside, inner, uses });
            }
        }
        let kept = used.iter().flat_map(|file| &file.uses).filter(|found| found.secret.is_some());
        let secrets = kept.map(|found| found.name.clone()).collect();
        let set_aside = tree::env_files_that_git_ignores(files, &paths).into_iter();
        let own = files.names("").unwrap_or_default().into_iter().filter(|name| layout::is_personal(name));
        let set_aside = set_aside.chain(own).filter(|path| !layers.contains(&files.shown(path)));
        let set_aside = set_aside.filter_map(|path| files.read_if_there(&path).ok().flatten());
        let set_aside = set_aside.flat_map(|bytes| names_set_in(&files::text(bytes).0)).collect();
        self.references = References { files: used, declared, paths, secrets, set_aside, beside: Beside::default() };
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
            // What documents says of a key in a comment, too, is said.
            if layout::documents(self.sources.path(layer.source)) {
                let commented = declared_in(layer.source, self.sources.text(layer.source)).into_iter();
                found.extend(commented.filter(|declared| declared.value.is_none()));
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
        let examples = self.references.declared.iter().filter_map(|declared| {
            let value = declared.value.as_deref()?;
            (declared.by == Declarer::Example && self.hides(&declared.name, value)).then_some(value)
        });
        // The default of a secret may well stand in other places; a short one may be a word of its own there.
        let uses = self.references.files.iter().flat_map(|file| &file.uses).filter(|found| found.secret.is_some());
        let defaults = uses.filter_map(|found| match &found.fallback {
            Fallback::Text { text, .. } if text.len() >= DISTINCT => Some(text.as_str()),
            _ => None,
        });
        let known = self.known_secrets().chain(examples).chain(defaults);
        let known: Vec<&str> = known.filter(|text| text.len() > 3).collect();
        let mut spans = Vec::new();
        for source in wanted {
            let text = self.sources.text(source);
            let programs = self.references.files.iter().filter(|file| file.source == source && file.is_code());
            let names: Option<Vec<_>> =
                programs.map(|file| file.uses.iter().map(|found| found.at.clone()).collect()).next();
            // What a program reads is no secret, what stands in it is.
            let within = |value: &std::ops::Range<usize>, name: &std::ops::Range<u32>| {
                value.start <= name.start as usize && name.end as usize <= value.end
            };
            let secrets = match names {
                Some(names) => self.secrets_among(text, &known, |value, is_named| {
                    let reads = is_named || names.iter().any(|name| within(&value, name));
                    if reads { literals::literals(text, value, &names) } else { vec![value] }
                }),
                None => self.secrets_in(text, &known),
            };
            spans.extend(secrets.into_iter().map(|range| Span::new(source, range)));
            let used = self.references.files.iter().filter(|file| file.source == source).flat_map(|file| &file.uses);
            for found in used {
                let around = found.secret.iter().flatten().filter(|_| self.declared_secret(&found.name) != Some(false));
                spans.extend(around.map(|at| Span::new(source, at.clone())));
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

/// The names that an env file sets.
fn names_set_in(text: &str) -> Vec<String> {
    let (entries, _) = super::compose_entries(text);
    let name = |entry: &Entry| text.get(entry.key.start as usize..entry.key.end as usize).map(ToOwned::to_owned);
    entries.iter().filter_map(name).collect()
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
