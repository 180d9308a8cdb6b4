//! `sparkcfg docs`: the reference of every key, as a text, within a file, or as `.env.example`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Global, generated};
use crate::error::Error;
use crate::project::Declared;
use crate::project::files::{self, Files};
use crate::reference::{self, Form, Reference, example, markers};
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
    /// Let --example take the place of a file that somebody wrote by hand
    #[arg(long, requires = "example")]
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
            written.push(whole(&files, wanted, &reference)?);
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
        let from = reference.schema.as_str();
        generated::finish(&files, written, self.check, from, "write it with the same command without --check")
    }

    fn example(&self, files: &Files, path: &Path, reference: &Reference) -> Result<Generated, Error> {
        let file = Generated::named(files, path)?;
        let by_hand = file.before.as_ref().is_some_and(|text| !text.starts_with(example::FIRST));
        if by_hand && !self.force && !self.check {
            let help = "compare it first: `--check` shows what would change; then write over it with --force";
            return Err(Error::new("this file was written by hand, and is left as it is").at(file.shown).help(help));
        }
        let text = example::write(reference);
        Ok(file.holding(text))
    }
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

fn whole(files: &Files, wanted: &str, reference: &Reference) -> Result<Generated, Error> {
    let Some((name, path)) = wanted.split_once('=').filter(|(_, path)| !path.is_empty()) else {
        let help = "write --output FORMAT=PATH, as in html=docs/keys.html";
        return Err(Error::new(format!("--output {wanted} names no file")).help(help));
    };
    let form = form(name)?;
    super::printing::refuse_inputs(Path::new(path))?;
    Ok(Generated::named(files, Path::new(path))?.holding((form.write)(reference)))
}

/// The text of a file that is there, which must be UTF-8: what is not could not be written back as it was.
pub(super) fn text_of(bytes: Vec<u8>, shown: &str) -> Result<String, Error> {
    let (text, faults) = files::text(bytes);
    if faults.is_empty() { Ok(text) } else { Err(Error::new("this file is not UTF-8, and is left as it is").at(shown)) }
}
