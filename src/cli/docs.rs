//! `sparkcfg docs`: the reference of every key, as a text, within a file, or as `.env.example`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Global, generated, init};
use crate::error::Error;
use crate::project::files::{self, Files};
use crate::project::{Declared, Project};
use crate::reference::{self, Form, Reference, example, markers};
use crate::source::printable;
use generated::Generated;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg docs                              print the reference of every key as Markdown
  sparkcfg docs --inject README.md           write it between the markers in README.md
  sparkcfg docs --inject README.md --check   fail, with a diff, when what stands there is stale
  sparkcfg docs --output html=docs/keys.html    write a page of its own
  sparkcfg docs --example                    write .env.example; never with a secret

The formats of a reference are markdown, html and json.

The markers are two lines of their own:
  <!-- sparkcfg docs: begin -->
  <!-- sparkcfg docs: end -->";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Docs {
    /// Write the reference between the markers in this file; may be given several times
    #[arg(long, value_name = "FILE", alias = "into", value_hint = clap::ValueHint::FilePath)]
    inject: Vec<PathBuf>,
    /// Write .env.example, or another file, with every key and no secret
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = ".env.example")]
    example: Option<PathBuf>,
    /// Write nothing; fail with a diff when a file is not what would be written
    #[arg(long)]
    check: bool,
    /// Let --example and --output take the place of a file that somebody wrote by hand
    #[arg(long)]
    force: bool,
}

impl Docs {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let form = form(&global.format)?;
        let reference = Reference::of(&Declared::read(&files)?);
        let mut written = Vec::new();
        for path in &self.inject {
            written.push(inject(&files, path, &reference)?);
        }
        for wanted in &global.output {
            written.push(self.whole(&files, wanted, &reference)?);
        }
        if let Some(path) = &self.example {
            written.push(self.example(&files, path, &reference)?);
        }
        if written.is_empty() {
            if self.check {
                let help = "name a file: --inject FILE, --output FORMAT=PATH or --example";
                return Err(Error::new("there is nothing that could be stale").help(help));
            }
            super::printing::print(&(form.write)(&reference))?;
            return Ok(ExitCode::SUCCESS);
        }
        let example = self.example.as_ref().and_then(|_| written.last()).map(|file| file.path.clone());
        let from = reference.schema.as_str();
        let code =
            generated::finish(&files, written, self.check, from, "write it with the same command without --check")?;
        if let Some(path) = example {
            tell_ignored(&files, &path)?;
        }
        Ok(code)
    }

    fn example(&self, files: &Files, path: &Path, reference: &Reference) -> Result<Generated, Error> {
        let file = Generated::named(files, path)?;
        let file = if self.writes_over() { file } else { file.spares(|text| text.starts_with(example::FIRST))? };
        let text = example::write(reference);
        Ok(file.holding(text))
    }

    /// Whether it does not matter who wrote a file.
    fn writes_over(&self) -> bool {
        self.force || self.check
    }

    fn whole(&self, files: &Files, wanted: &str, reference: &Reference) -> Result<Generated, Error> {
        /// How many bytes at the beginning tell that a file is a reference in the same form.
        const BEGINNING: usize = 7;
        let Some((name, path)) = wanted.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            let help = "write --output FORMAT=PATH, as in html=docs/keys.html";
            return Err(Error::new(format!("--output {wanted} names no file")).help(help));
        };
        let form = form(name)?;
        super::printing::refuse_inputs(Path::new(path))?;
        let (file, text) = (Generated::named(files, Path::new(path))?, (form.write)(reference));
        let begins = |before: &str| before.as_bytes().get(..BEGINNING) == text.as_bytes().get(..BEGINNING);
        let file = if self.writes_over() { file } else { file.spares(begins)? };
        Ok(file.holding(text))
    }
}

/// Tells of a file that every clone needs, and that the rules beside it keep out of git.
fn tell_ignored(files: &Files, path: &str) -> Result<(), Error> {
    let rules = files.read_if_there(".gitignore")?.map(|bytes| files::text(bytes).0).unwrap_or_default();
    if !init::ignores(&rules, path) || Project::is_in_git(files, path) {
        return Ok(());
    }
    let (shown, path) = (printable(&files.shown(path)), printable(path));
    super::printing::complain(&format!(
        "{shown} is ignored by .gitignore, so no commit will have it; add the line !{path} at its end\n"
    ))
}

fn form(name: &str) -> Result<&'static Form, Error> {
    // `human` is what clap gives where nothing is asked for.
    reference::find(if name == "human" { "markdown" } else { name }).ok_or_else(|| {
        let names: Vec<_> = reference::ALL.iter().map(|form| form.name).collect();
        Error::new(format!("a reference has no format `{name}`")).help(format!("there are {}", names.join(", ")))
    })
}

fn inject(files: &Files, path: &Path, reference: &Reference) -> Result<Generated, Error> {
    let file = Generated::named(files, path)?;
    let Some(before) = &file.before else {
        return Err(Error::new("there is no such file").at(file.shown).help("make it first, with the two markers"));
    };
    let block = reference::find("markdown").map(|form| (form.write)(reference)).unwrap_or_default();
    let text = markers::replaced(before, &block).map_err(|fault| {
        let place = fault.line.map_or_else(|| file.shown.clone(), |line| format!("{}:{line}", file.shown));
        let help = format!("the reference goes between two lines: {} and {}", markers::BEGIN, markers::END);
        Error::new(format!("{}; nothing was written", fault.message)).at(place).help(help)
    })?;
    Ok(file.holding(text))
}

/// The text of a file that is there, which must be UTF-8: what is not could not be written back as it was.
pub(super) fn text_of(bytes: Vec<u8>, shown: &str) -> Result<String, Error> {
    let (text, faults) = files::text(bytes);
    if faults.is_empty() { Ok(text) } else { Err(Error::new("this file is not UTF-8, and is left as it is").at(shown)) }
}
