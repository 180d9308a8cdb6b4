//! `sparkcfg schema`: the schema of the built-in model as a file, and any project's schema for other validators.

use std::process::ExitCode;

use super::{Global, printing};
use crate::error::Error;
use crate::model;
use crate::outputs::json_text;
use crate::project::files::Files;
use crate::project::{Options, Project, writing};
use crate::source::printable_lines;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg schema                  write schemas/spark.schema.json from the built-in model
  sparkcfg schema --check          fail, with a diff, when that file is stale
  sparkcfg schema --env prod       print the plain JSON Schema of prod for any other validator
  sparkcfg schema --print report   print the schema of the JSON report";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Schema {
    /// Write nothing; fail with a diff when the file is not what would be written
    #[arg(long, conflicts_with = "env")]
    check: bool,
    /// Print the effective schema of an environment, without x-sparkcfg
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// Print a schema that comes with sparkcfg
    #[arg(long, value_name = "NAME", value_parser = ["spark", "report"], conflicts_with_all = ["check", "env"])]
    print: Option<String>,
}

impl Schema {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        if let Some(name) = &self.print {
            let text = if name == "report" {
                include_str!("../../schemas/report.schema.json").to_owned()
            } else {
                model::schema_text()
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
        if found.is_empty()
            && Project::config(&Files::on_disk(&root, &prefix))?.schema.as_deref() != Some(model::SCHEMA_PATH)
        {
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
