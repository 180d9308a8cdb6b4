//! `sparkcfg schema`: the schema of the built-in model as a file, and any project's schema for other validators.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::generated::{self, Generated};
use super::{Global, printing};
use crate::bindings::{self, Language, Module};
use crate::error::Error;
use crate::model;
use crate::outputs::json_text;
use crate::project::config::Config;
use crate::project::files::Files;
use crate::project::{Declared, Options, Project, writing};
use crate::source::printable_lines;
use crate::suggestion::nearest;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg schema                  write schemas/spark.schema.json from the built-in model
  sparkcfg schema --check          fail, with a diff, when that file is stale; in a project with a schema of its
                                   own, when that is none by the meta-schema of its draft
  sparkcfg schema --env prod       print the plain JSON Schema of prod for any other validator
  sparkcfg schema --print report   print the schema of the JSON report; drift, refs: those of `drift` and `refs`
  sparkcfg schema --print config   print the schema of sparkcfg.toml, for editors
  sparkcfg schema --types typescript          print a settings module that reads as sparkcfg does
  sparkcfg schema --types python=settings.py  write it; with --check, fail when it is stale";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Schema {
    /// Write nothing; fail with a diff when the file is not what would be written, or when the project's own schema is no
    /// valid JSON Schema
    #[arg(long, conflicts_with = "env")]
    check: bool,
    /// Print the effective schema of an environment, without x-sparkcfg
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// Print a typed settings module of this project's schema; write it with LANGUAGE=FILE; may be given several times
    #[arg(long, value_name = "LANGUAGE[=FILE]", conflicts_with_all = ["env", "print"])]
    types: Vec<String>,
    /// Let --types take the place of a file that somebody wrote by hand
    #[arg(long, requires = "types")]
    force: bool,
    /// Print a schema that comes with sparkcfg
    #[arg(long, value_name = "NAME", value_parser = ["spark", "config", "report", "refs", "drift"], conflicts_with_all = ["check", "env"])]
    print: Option<String>,
}

impl Schema {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        if !self.types.is_empty() {
            return self.modules(global);
        }
        if let Some(name) = &self.print {
            let text = match name.as_str() {
                "report" => include_str!("../../schemas/report.schema.json").to_owned(),
                "config" => Config::schema_text(),
                "drift" => include_str!("../../schemas/drift.schema.json").to_owned(),
                "refs" => include_str!("../../schemas/refs.schema.json").to_owned(),
                _ => model::schema_text(),
            };
            return printing::print(&text).map(|()| ExitCode::SUCCESS);
        }
        if let Some(environment) = &self.env {
            return self.effective(environment, global);
        }
        let (root, prefix) = global.folder()?;
        let path = root.join(model::SCHEMA_PATH);
        let shown = printable_lines(&format!("{prefix}{}", model::SCHEMA_PATH));
        let wanted = model::schema_text();
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let files = Files::on_disk(&root, &prefix);
        if found.is_empty() && Project::config(&files)?.schema.as_deref() != Some(model::SCHEMA_PATH) {
            if self.check {
                return checked(&files);
            }
            let help =
                "use the built-in model with schema = \"builtin:spark\" in sparkcfg.toml; print it with --print spark";
            return Err(
                Error::new("this project does not keep the schema of the built-in model (automagik-spark)").help(help)
            );
        }
        if found == wanted {
            printing::complain(&format!("{shown} is up to date\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.check {
            let diff = similar::TextDiff::from_lines(&found, &wanted);
            let text = diff.unified_diff().context_radius(3).header(&shown, "the built-in model").to_string();
            printing::print(&printable_lines(&text))?;
            printing::complain(&format!("{shown} is stale; write it with: sparkcfg schema\n"))?;
            return Ok(ExitCode::from(1));
        }
        writing::write(&root, model::SCHEMA_PATH, wanted.as_bytes(), false)?;
        printing::complain(&format!("wrote {shown}\n"))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The settings modules that were asked for.
    fn modules(&self, global: &Global) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let wanted: Vec<_> = self.types.iter().map(|text| wanted(text)).collect::<Result<_, _>>()?;
        if let (true, Some((language, _))) = (self.check, wanted.iter().find(|(_, path)| path.is_none())) {
            let help = format!("name it, as in --types {}=PATH", language.name);
            return Err(Error::new("there is no file that could be stale").help(help));
        }
        let declared = Declared::read(&files)?;
        let module = Module::of(&declared);
        let mut written = Vec::new();
        for (language, path) in wanted {
            let text = (language.write)(&module);
            match path {
                Some(path) => {
                    let file = Generated::named(&files, &path)?;
                    let over = self.force || self.check;
                    let file = if over { file } else { file.spares(|before| before.contains(bindings::WRITTEN))? };
                    written.push(file.holding(text));
                }
                None => printing::print(&text)?,
            }
        }
        generated::finish(&files, written, self.check, &module.schema, "write it with the same command without --check")
    }

    #[expect(clippy::unused_self, reason = "a command's parts read alike")]
    fn effective(&self, environment: &str, global: &Global) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let options = Options { environments: vec![environment.to_owned()], ..Options::default() };
        let project = Project::read(&files, &options)?;
        let schema = project.schema.as_ref().ok_or_else(|| {
            Error::new("this project has no schema")
                .help("put one into schemas/NAME.schema.json, or name it in sparkcfg.toml")
        })?;
        printing::print(&json_text(&schema.schema.effective(Some(environment))))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Tells what is wrong with a schema of the project's own.
fn checked(files: &Files) -> Result<ExitCode, Error> {
    let (shown, faults) = Declared::schema_faults(files)?;
    let shown = printable_lines(&shown);
    if faults.is_empty() {
        printing::complain(&format!("{shown} is a valid JSON Schema\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    printing::print(&format!("{}\n", told.join("\n")))?;
    printing::complain(&format!("{shown} is no valid JSON Schema\n"))?;
    Ok(ExitCode::from(1))
}

/// A language, and the file to write.
fn wanted(text: &str) -> Result<(&'static Language, Option<PathBuf>), Error> {
    let (name, path) = text.split_once('=').map_or((text, None), |(name, path)| (name, Some(path)));
    let language = bindings::find(name).ok_or_else(|| {
        let names = || bindings::ALL.iter().map(|language| language.name);
        let failed = Error::new(format!("there are no types for `{name}`"));
        match nearest(name, names()) {
            Some(near) => failed.help(format!("did you mean `{near}`?")),
            None => failed.help(format!("there are: {}", names().collect::<Vec<_>>().join(", "))),
        }
    })?;
    match path {
        Some("") => Err(Error::new(format!("--types {name}= names no file")).help(format!("as in {name}=PATH"))),
        Some(path) => {
            printing::refuse_inputs(Path::new(path))?;
            Ok((language, Some(PathBuf::from(path))))
        }
        None => Ok((language, None)),
    }
}
