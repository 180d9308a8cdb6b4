//! What is about to be committed beside the layers: every text that differs from the last commit, whatever its name.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

use super::config::Config;
use super::files::{self, Files};
use super::git::{blobs, command, git, run};
use super::layout::Stack;
use super::{Options, Project, creation_rules, declaration, layout, reading, revocations, writing};
use crate::envelope;
use crate::error::Error;
use crate::identity::Recipient;
use crate::source::{SourceId, Span};
use crate::stores::{self, Counted};

/// The largest file that is looked at, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A text that is no env file.
#[derive(Debug)]
pub struct StagedText {
    /// Where it is.
    pub source: SourceId,
    /// What it is, by its name.
    pub kind: TextKind,
}

/// What a text that is about to be committed is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A layer for one person: `svc/.env.local`.
    Personal,
    /// By its name a file of secrets, which it does not seal: `prod.secrets.yaml`.
    Unsealed,
    /// Plain text that a killed run left.
    LeftBehind,
    /// Anything else: notes, programs, keys.
    Other,
}

impl Project {
    /// What is about to be committed in the whole repository and has not been looked at: `known` are the paths, as users
    /// see them, of what has been. The result has no environment.
    ///
    /// # Errors
    /// A repository that cannot be read.
    pub fn staged_beside(files: &Files, config: &Config, known: &HashSet<String>) -> Result<Self, Error> {
        let nothing = Files::staged(files.root(), "", BTreeMap::new());
        let mut project = Self::read_if_any(&nothing, &Options::default())?;
        project.config = config.clone();
        for Change { path, bytes, elsewhere } in changes(files)? {
            let bytes = of_utf_16(bytes);
            // Bytes are no text, and what was looked at has been judged by what it is.
            if known.contains(&path) || bytes.contains(&0) {
                continue;
            }
            let name = path.rsplit('/').next().unwrap_or(&path);
            let personal = layout::is_personal(&path);
            match layout::loose(name).filter(|_| !personal && !elsewhere) {
                // What is sealed in it counts for nothing, what stands beside that does.
                Some(kind) => project.add_stray(&path, bytes, kind),
                None => {
                    let kind = match &bytes {
                        _ if personal => TextKind::Personal,
                        _ if writing::is_left_behind(name) => TextKind::LeftBehind,
                        bytes if names_secrets(name) && !is_sealed(bytes) => TextKind::Unsealed,
                        _ => TextKind::Other,
                    };
                    let (text, _) = files::text(bytes);
                    let source = project.sources.add(path, text);
                    project.staged_texts.push(StagedText { source, kind });
                }
            }
        }
        Ok(project)
    }

    /// Finds what of the sealed files, and of the tables that say for whom they are, is in the folder and not staged.
    pub(super) fn read_unstaged(&mut self, files: &Files) {
        if !files.is_staged() {
            return;
        }
        let folder = Files::on_disk(files.root(), &files.shown(""));
        let Ok(config) = Self::config(&folder) else { return };
        let stacks = reading::stacks(&folder, &config, false).unwrap_or_default();
        for Stack { name, files: paths } in
            stacks.into_iter().filter(|stack| self.all_environments.contains(&stack.name))
        {
            let paths: Vec<_> = paths.iter().filter(|path| reading::is_in_no_commit(files, path)).collect();
            if !paths.is_empty() {
                self.passed_over.insert(name, paths.into_iter().map(|path| files.shown(path)).collect());
            }
        }
        // Line ends are no difference where git converts them.
        let read = |files: &Files, path: &str| {
            files.read_if_there(path).ok().flatten().map(|bytes| files::text(bytes).0.replace("\r\n", "\n"))
        };
        let differs = |path: &&str| read(files, path) != read(&folder, path);
        let tables: Vec<_> =
            [declaration::NAME, creation_rules::NAME, revocations::NAME].into_iter().filter(differs).collect();
        for (index, file) in &self.sealed_files {
            let (Some(bytes), Ok(wanted)) =
                (folder.read_if_there(&file.path).ok().flatten(), config.recipients_of(&file.environments))
            else {
                continue;
            };
            let readers = stores::of(&file.path).and_then(|store| (store.readers)(&bytes).ok()).unwrap_or_default();
            let wanted: BTreeSet<_> = wanted.iter().map(Recipient::as_str).collect();
            let named: BTreeSet<_> = readers.recipients.iter().map(String::as_str).collect();
            // A whole age file does not say who its recipients are, only how many.
            let is_for_them = if readers.unnamed.is_empty() {
                named == wanted
            } else {
                readers.counted(wanted.iter().copied()) == Counted::default()
            };
            let is_in_step = readers.others.is_empty() && is_for_them;
            let own = Some(file.path.as_str()).filter(differs);
            let paths: Vec<_> = tables.iter().copied().chain(own).map(|path| files.shown(path)).collect();
            if is_in_step && !paths.is_empty() {
                self.unstaged.insert(*index, paths);
            }
        }
    }

    /// Every line of them: nothing is told of one but what it holds.
    pub(super) fn lines_of_staged_texts(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for StagedText { source, .. } in &self.staged_texts {
            let mut at = 0;
            for line in self.sources.text(*source).split_inclusive('\n') {
                let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                spans.push(Span::new(*source, offset(at)..offset(at + line.trim_end().len())));
                at += line.len();
            }
        }
        spans
    }
}

/// Text in UTF-16, as PowerShell writes it, in UTF-8; anything else as it is.
pub(super) fn of_utf_16(bytes: Vec<u8>) -> Vec<u8> {
    let unit: fn([u8; 2]) -> u16 = match bytes.as_slice() {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return bytes,
    };
    let units: Vec<u16> = bytes[2..].as_chunks().0.iter().copied().map(unit).collect();
    String::from_utf16(&units).map(String::into_bytes).unwrap_or(bytes)
}

/// Whether a file is, by its name, one of secrets: `prod.secrets.yaml`; not one that shows what such a file may hold.
fn names_secrets(name: &str) -> bool {
    const FORMS: &[&str] = &["env", "ini", "json", "toml", "yaml", "yml"];
    let lower = name.to_ascii_lowercase();
    let mut parts: Vec<_> = lower.split('.').collect();
    let form = parts.pop().unwrap_or_default();
    let shows = |part: &&str| matches!(*part, "example" | "sample" | "template" | "dist" | "schema");
    FORMS.contains(&form) && parts.contains(&"secrets") && !parts.iter().any(shows)
}

/// Whether a file is sealed as SOPS or age seal it.
fn is_sealed(bytes: &[u8]) -> bool {
    const SEALED: &[u8] = b"ENC[AES256_GCM,";
    let empty = bytes.iter().all(u8::is_ascii_whitespace);
    empty || envelope::is_age(bytes) || bytes.windows(SEALED.len()).any(|window| window == SEALED)
}

/// A file that differs from the last commit.
struct Change {
    /// As users see it.
    path: String,
    /// What the index holds of it.
    bytes: Vec<u8>,
    /// Whether it belongs to another project, whose schema may say that a key is no secret.
    elsewhere: bool,
}

fn changes(files: &Files) -> Result<Vec<Change>, Error> {
    let root = files.root();
    let inside = git(root, &["rev-parse", "--show-prefix"])?;
    let inside = String::from_utf8_lossy(&inside).trim_end_matches('\n').to_owned();
    let arguments =
        ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--diff-filter=d", "HEAD", "--"];
    let objects = match run(root, &arguments)? {
        Some(listing) => differing(&listing),
        // Nothing was ever committed.
        None => all(&git(root, &["ls-files", "--stage", "-z", "--full-name", "--", ":/"])?),
    };
    let small = small(root, objects)?;
    let projects = git(root, &["ls-files", "-z", "--full-name", "--", ":(top,glob)**/sparkcfg.toml"])?;
    let projects: HashSet<String> = projects
        .split(|byte| *byte == 0)
        .filter_map(|path| Some(String::from_utf8_lossy(path).strip_suffix("sparkcfg.toml")?.to_owned()))
        .collect();
    let prefix = files.shown("");
    let change = |(path, bytes): (String, Vec<u8>)| {
        let elsewhere = project_of(&path, &projects).is_some_and(|project| project != inside);
        Change { path: shown(&path, &inside, &prefix), bytes, elsewhere }
    };
    Ok(blobs(root, &small)?.into_iter().map(change).collect())
}

/// The nearest folder above a path that is a project by its `sparkcfg.toml`.
fn project_of<'p>(path: &'p str, projects: &HashSet<String>) -> Option<&'p str> {
    let ends = path.rmatch_indices('/').map(|(at, _)| at + 1).chain([0]);
    ends.filter_map(|end| path.get(..end)).find(|folder| projects.contains(*folder))
}

/// What `git diff-index --raw -z` lists: path → object, of plain files.
fn differing(listing: &[u8]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut records = listing.split(|byte| *byte == 0);
    while let (Some(about), Some(path)) = (records.next(), records.next()) {
        let about = String::from_utf8_lossy(about);
        let words: Vec<_> = about.trim_start_matches(':').split(' ').collect();
        if let [_, mode, _, object, _] = words.as_slice()
            && mode.starts_with("100")
        {
            found.insert(String::from_utf8_lossy(path).into_owned(), (*object).to_owned());
        }
    }
    found
}

/// What `git ls-files --stage -z` lists: path → object, of plain files.
fn all(listing: &[u8]) -> BTreeMap<String, String> {
    let records = listing.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let found = records.filter_map(|record| {
        let (about, path) = record.split_once('\t')?;
        let mut words = about.split(' ');
        let (mode, object) = (words.next()?, words.next()?);
        mode.starts_with("100").then(|| (path.to_owned(), object.to_owned()))
    });
    found.collect()
}

/// Those of the objects that are no larger than [`LARGEST`].
fn small(root: &Path, mut objects: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Error> {
    if objects.is_empty() {
        return Ok(objects);
    }
    let failed = || Error::new("git cannot read one of its objects");
    let mut asking = command(root);
    asking.args(["cat-file", "--batch-check"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = asking.spawn().map_err(|_| failed())?;
    let mut ask = child.stdin.take().ok_or_else(failed)?;
    let mut answer = BufReader::new(child.stdout.take().ok_or_else(failed)?);
    let mut sizes = Vec::with_capacity(objects.len());
    for object in objects.values() {
        ask.write_all(format!("{object}\n").as_bytes()).and_then(|()| ask.flush()).map_err(|_| failed())?;
        let mut line = String::new();
        answer.read_line(&mut line).map_err(|_| failed())?;
        // What git does not have, as in a partial clone, says `missing`.
        sizes.push(line.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok()));
    }
    drop(ask);
    let _ = child.wait();
    let mut sizes = sizes.into_iter();
    objects.retain(|_, _| sizes.next().flatten().is_some_and(|size| size <= LARGEST));
    Ok(objects)
}

/// A path of the repository as users see it: `inside` is where the project lies in it, `prefix` what stands before the
/// project's own paths.
fn shown(path: &str, inside: &str, prefix: &str) -> String {
    let base = inside.strip_suffix(prefix).unwrap_or(inside);
    match path.strip_prefix(base) {
        Some(rest) => rest.to_owned(),
        None => format!("{}{path}", "../".repeat(base.matches('/').count())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{all, differing, names_secrets, of_utf_16, project_of, shown};

    #[test]
    fn nearest_projects() {
        let projects: HashSet<String> = ["", "services/web/"].map(ToOwned::to_owned).into();
        for (path, expected) in [
            (".env", Some("")),
            ("services/api/.env", Some("")),
            ("services/web/.env", Some("services/web/")),
            ("services/web/a/b.env", Some("services/web/")),
        ] {
            assert_eq!(project_of(path, &projects), expected, "{path}");
        }
        assert_eq!(project_of("a/.env", &HashSet::new()), None);
    }

    #[test]
    fn listings() {
        let list = |found: std::collections::BTreeMap<String, String>| found.into_iter().collect::<Vec<_>>();
        let raw = b":000000 100644 000 aaa A\0notes.md\0:100644 120000 bbb ccc T\0link\0:100644 100755 d e M\0a b\0";
        let expected = [("a b", "e"), ("notes.md", "aaa")].map(|(path, object)| (path.to_owned(), object.to_owned()));
        assert_eq!(list(differing(raw)), expected);
        let staged = b"100644 aaa 0\tnotes.md\x00120000 ccc 0\tlink\x00100755 e 0\ta b\0";
        assert_eq!(list(all(staged)), expected);
        assert!(differing(b"").is_empty() && all(b"").is_empty());
    }

    #[test]
    fn text_in_utf_16() {
        let written = |mark: u16, write: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(mark).chain("K=\u{fc}\u{1f600}\r\n".encode_utf16()).flat_map(write).collect()
        };
        for bytes in [written(0xfeff, u16::to_le_bytes), written(0xfeff, u16::to_be_bytes)] {
            assert_eq!(of_utf_16(bytes), "K=\u{fc}\u{1f600}\r\n".as_bytes());
        }
        for bytes in [&b"K=1\n"[..], b"\xff", b"", b"\xff\xfe\x00\xd8"] {
            assert_eq!(of_utf_16(bytes.to_vec()), bytes);
        }
    }

    #[test]
    fn paths_as_users_see_them() {
        for (path, inside, prefix, expected) in [
            ("notes.md", "", "", "notes.md"),
            ("services/api/notes.md", "services/api/", "", "notes.md"),
            ("services/web/notes.md", "services/api/", "", "../../services/web/notes.md"),
            ("services/api/notes.md", "services/api/", "services/api/", "services/api/notes.md"),
            ("notes.md", "services/api/", "services/api/", "notes.md"),
            ("notes.md", "services/api/", "api/", "../notes.md"),
        ] {
            assert_eq!(shown(path, inside, prefix), expected, "{path} {inside} {prefix}");
        }
    }

    #[test]
    fn files_of_secrets() {
        for (name, expected) in [
            ("prod.secrets.yaml", true),
            ("secrets.json", true),
            ("prod.secrets.example.yaml", false),
            ("secrets.rs", false),
            ("prod.yaml", false),
            ("prod.secrets.env", true),
        ] {
            assert_eq!(names_secrets(name), expected, "{name}");
        }
    }
}
