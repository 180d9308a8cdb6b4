//! `sparkcfg init`: sparkcfg.toml and a schema from what a project has, shown before anything is written.

mod found;
mod hook;
mod plan;
mod programs;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ignore::gitignore::GitignoreBuilder;

use super::generated::{self, Generated};
use super::{Global, printing};
use crate::error::Error;
use crate::inference::imported::{self, Imported};
use crate::inference::{Discovery, Proposal, draft};
use crate::project::files::{self, Files};
use crate::project::{BUILT_IN, Declared, Project};
use crate::source::printable;
use found::Found;
use plan::Plan;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg init                    show what would be written; on a terminal, ask
  sparkcfg init --yes              write it
  sparkcfg init --dry-run          only show it
  sparkcfg init --from .env.schema    begin with the schema of varlock, pydantic or dotenv-linter

It reads .env files, .env.example, Compose files, PM2 files and what programs read.
Folders with env files of their own become the members of a workspace.
Every guess says \"review\". No value of a secret or of a real environment is written.
A later run adds only what is new.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// Write without asking
    #[arg(long, short)]
    yes: bool,
    /// Only show what would be written
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// A schema of another tool: the JSON of pydantic's `model_json_schema()`, .env.schema, dotenv-linter's
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    from: Vec<PathBuf>,
}

/// The rule for git by which what shows an env file is no secret.
const SHOWN: &str = "!.env.example";

/// Where a new schema goes.
const SCHEMA: &str = "schemas/app.schema.json";

impl Init {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let mut imported = Imported::default();
        for path in &self.from {
            let one = from(path, &files)?;
            imported.proposals.extend(one.proposals);
            imported.open |= one.open;
            imported.whole |= one.whole;
        }
        let mut plans = Plan::all(&files, imported)?;
        for note in plans.iter().flat_map(|plan| &plan.found.notes) {
            printing::complain(&format!("{}\n", printable(note)))?;
        }
        if plans.iter().all(|plan| plan.proposals.is_empty()) {
            let help = "it looks for .env, .env.NAME, .env.example, environments/*.env, compose.yml, ecosystem.config.js and programs that read the environment; name another source with --from FILE";
            return Err(Error::new("there is nothing to infer a schema from").at(files.root_shown()).help(help));
        }
        let mut written: Vec<(Files, Vec<Generated>)> = Vec::new();
        for plan in &mut plans {
            let mut changed = std::mem::take(&mut plan.written);
            changed.retain(Generated::is_stale);
            written.push((plan.files.clone(), changed));
        }
        let count = written.iter().map(|(_, changed)| changed.len()).sum();
        if count == 0 {
            printing::complain("nothing to do: everything that init is sure of is declared already\n")?;
            return Ok(ExitCode::SUCCESS);
        }
        if !self.yes {
            for file in written.iter().flat_map(|(_, changed)| changed) {
                printing::print(&file.diff("what was inferred"))?;
            }
        }
        if !self.yes && !self.asked(count)? {
            return Ok(ExitCode::SUCCESS);
        }
        for (files, changed) in written {
            generated::finish(&files, changed, false, "", "")?;
        }
        printing::complain(&summary(&plans))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Whether a person says yes.
    fn asked(&self, count: usize) -> Result<bool, Error> {
        if self.dry_run {
            return Ok(false);
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            printing::complain("nothing was written; write it with: sparkcfg init --yes\n")?;
            return Ok(false);
        }
        let files = if count == 1 { "this file".to_owned() } else { format!("these {count} files") };
        printing::complain(&format!("write {files}? [y/N] "))?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(|_| Error::new("the answer could not be read"))?;
        let yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
        if !yes {
            printing::complain("nothing was written\n")?;
        }
        Ok(yes)
    }
}

fn from(path: &Path, files: &Files) -> Result<Imported, Error> {
    let shown = path.to_string_lossy().into_owned();
    let bytes = std::fs::read(path).map_err(|_| Error::new("this file cannot be read").at(shown.clone()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = imported::read(&name, &files::text(bytes).0).ok_or_else(|| {
        Error::new("this is no schema that sparkcfg knows")
            .at(shown)
            .help("it takes the JSON of pydantic's Settings.model_json_schema(), varlock's .env.schema, and dotenv-linter's JSON")
    })?;
    let Some(class) = found.class.clone() else { return Ok(found) };
    match programs::variables(files, &class) {
        Some(variables) => found.rename(&variables),
        None => printing::complain(&format!(
            "{}: its keys have the names of fields, because the class {} is nowhere here; if that has an env_prefix, put it before them\n",
            printable(&name),
            printable(&class)
        ))?,
    }
    Ok(found)
}

/// `sparkcfg.toml`, where there is none yet. `members` are folders that are projects of their own.
fn config_file(files: &Files, found: &Found, has_schema: bool, members: &[String]) -> Result<Option<Generated>, Error> {
    let file = Generated::within(files, "sparkcfg.toml")?;
    if file.before.is_some() {
        return Ok(None);
    }
    let mut text =
        String::from("# Written by `sparkcfg init`. Each line is a guess: review it, then delete the word.\n");
    if has_schema && Declared::read(files).is_err() {
        let _ = write!(text, "\nschema = \"{SCHEMA}\"  # review\n");
    }
    if !members.is_empty() {
        let names: Vec<_> = members.iter().map(|folder| quoted(folder)).collect();
        let _ = write!(
            text,
            "\n# Folders with env files of their own.\n[workspace]\nmembers = [{}]  # review\n",
            names.join(", ")
        );
    }
    text.push_str(&environments(found, has_schema));
    if has_schema && !found.readers.is_empty() {
        text.push_str("\n# Who reads the env files: a value that they read differently is a finding.\n[consumers]\n");
        for (pattern, readers) in consumers(found) {
            let readers: Vec<_> = readers.iter().map(|reader| quoted(reader)).collect();
            let _ = writeln!(text, "{} = [{}]  # review", quoted(&pattern), readers.join(", "));
        }
    }
    text.push_str("\n# What programs use and nobody declares or delivers is told by `sparkcfg validate`, too.\n[references]\nvalidate = true\n");
    Ok(Some(file.holding(text)))
}

/// `[environments]`, where the names of files do not say it.
fn environments(found: &Found, has_schema: bool) -> String {
    let new = [("example".to_owned(), plan::EXAMPLE.to_owned())];
    let documents = if found.documents.is_empty() { &new[..] } else { &found.documents };
    // Who lists some environments lists all of them.
    let own = found.stacks.iter().map(|stack| (&stack.name, stack.files.clone()));
    let (title, listed): (_, Vec<_>) = if !found.env_files.is_empty() {
        let given = found.env_files.iter().map(|(name, path)| (name, found.layers_of(path)));
        ("Env files, and those that Compose gives to its services.", own.chain(given).collect())
    } else if found.stacks.is_empty() && has_schema {
        let shown = documents.iter().map(|(name, path)| (name, vec![path.clone()]));
        ("As long as there is no env file, what documents them is checked.", shown.collect())
    } else {
        return String::new();
    };
    let mut text = format!("\n# {title}\n[environments]\n");
    for (name, paths) in listed {
        let paths: Vec<_> = paths.iter().map(|path| quoted(path)).collect();
        let _ = writeln!(text, "{} = [{}]  # review", quoted(name), paths.join(", "));
    }
    text
}

/// Who reads which files: one pattern for all where they have the same readers.
fn consumers(found: &Found) -> Vec<(String, &[String])> {
    let mut read = found.readers.iter();
    let Some((_, first)) = read.next() else { return Vec::new() };
    let is_usual =
        |path: &str| if found.in_folder { path.starts_with("environments/") } else { path.starts_with(".env") };
    if found.readers.iter().all(|(path, readers)| readers == first && is_usual(path)) {
        let pattern = if found.in_folder { "environments/*.env" } else { ".env*" };
        return vec![(pattern.to_owned(), first)];
    }
    found.readers.iter().map(|(path, readers)| (path.clone(), readers.as_slice())).collect()
}

fn quoted(text: &str) -> String {
    crate::quoting::json(text)
}

/// The schema: a new one, or the one that there is, with what is new.
fn schema_file(files: &Files, proposals: &[Proposal], open: bool) -> Result<Option<Generated>, Error> {
    let config = Project::config(files)?;
    if config.schema.as_deref() == Some(BUILT_IN) {
        return Ok(None);
    }
    let path = match &config.schema {
        Some(path) => Some(path.clone()),
        None => files
            .names("schemas")?
            .iter()
            .find(|name| name.ends_with(".schema.json"))
            .map(|name| format!("schemas/{name}")),
    };
    let path = path.as_deref().unwrap_or(SCHEMA);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let full = files.root().join(folder);
    if full.exists() && !full.is_dir() {
        let error = Error::new("a file stands where the folder of the schema would be").at(files.shown(folder));
        return Err(error.help("rename it, or name another schema in sparkcfg.toml; nothing was written"));
    }
    let file = Generated::within(files, path)?;
    let Some(before) = file.before.clone() else { return Ok(Some(file.holding(draft::new(proposals, open)))) };
    let declared = Declared::read(files)?;
    let is_new = |proposal: &&Proposal| !declared.schema.schema.property(&proposal.key).is_declared();
    let new: Vec<_> = proposals.iter().filter(is_new).cloned().collect();
    if new.is_empty() {
        return Ok(None);
    }
    let text = draft::extended(&before, &new).ok_or_else(|| {
        let names: Vec<_> = new.iter().map(|one| printable(&one.key)).collect();
        Error::new("this schema has no `properties` that could take more keys")
            .at(file.shown.clone())
            .help(format!("add them by hand: {}", names.join(", ")))
    })?;
    Ok(Some(file.holding(text)))
}

/// What no commit should hold: personal layers, and the env files with these names. `shows` says that there will be a file
/// that shows what an env file has to have, which every clone needs.
fn ignore_rules(files: &Files, private: &BTreeSet<String>, shows: bool) -> Result<Option<Generated>, Error> {
    let file = Generated::within(files, ".gitignore")?;
    let before = file.before.clone().unwrap_or_default();
    let has = |rules: &[&str]| before.lines().any(|line| rules.contains(&line.trim()));
    // What a rule is for, by one file that it ignores.
    let covers = |rule: &str| ignores(&before, &rule.replace('*', "name"));
    let mut missing: Vec<&str> = super::secrets::IGNORED
        .iter()
        .copied()
        .filter(|rule| !has(&[rule, ".env*", ".env.*", "*.env*"]) && !covers(rule))
        .collect();
    missing.extend(private.iter().map(String::as_str).filter(|name| !ignores(&before, name)));
    if shows && ignores(&before, plan::EXAMPLE) {
        missing.push(SHOWN);
    }
    if missing.is_empty() {
        return Ok(None);
    }
    let ends = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let mut after = before;
    if !after.is_empty() && !after.ends_with('\n') {
        after.push_str(ends);
    }
    for rule in missing {
        after.extend([rule, ends]);
    }
    Ok(Some(file.holding(after)))
}

/// Whether the rules of a `.gitignore` ignore a file of its folder.
pub(super) fn ignores(rules: &str, name: &str) -> bool {
    let mut builder = GitignoreBuilder::new("");
    for line in rules.lines() {
        // A line that is no pattern ignores nothing.
        let _ = builder.add_line(None, line);
    }
    builder.build().is_ok_and(|rules| rules.matched(name, false).is_ignore())
}

/// What was found, and what to do next.
fn summary(plans: &[Plan]) -> String {
    /// How many discoveries are told, and how many keys of each.
    const MOST: usize = 8;
    let mut out = String::new();
    let mut discoveries: Vec<Discovery> = Vec::new();
    for Plan { files, found, proposals, .. } in plans.iter().filter(|plan| !plan.proposals.is_empty()) {
        let (count, folder) = (proposals.len(), files.shown(""));
        let secrets = proposals.iter().filter(|one| one.property.contains_key("writeOnly")).count();
        let folder = if folder.is_empty() { folder } else { format!("{}: ", printable(&folder)) };
        let _ = writeln!(out, "{folder}{count} key{}, {secrets} of them secret", if count == 1 { "" } else { "s" });
        discoveries.extend(found.discoveries());
    }
    for Discovery { keys, message } in discoveries.iter().take(MOST) {
        let names: Vec<_> = keys.iter().take(MOST).map(|key| printable(key)).collect();
        let more = if keys.len() > MOST { format!(" and {} more", keys.len() - MOST) } else { String::new() };
        let _ = writeln!(out, "{}{more} {}", names.join(", "), printable(message));
    }
    if discoveries.len() > MOST {
        let _ = writeln!(out, "and {} more like these; sparkcfg refs tells every place", discoveries.len() - MOST);
    }
    if !plans.iter().any(|plan| plan.found.has_env_files()) {
        let read = plans.iter().any(|plan| plan.found.is_read);
        out.push_str(if read {
            ".env.example shows what a .env has to have; copy it and fill in what is empty\n"
        } else {
            ".env.example shows what programs read; nothing here reads a .env, so give it to whoever starts them\n"
        });
    }
    out.push_str("next: look for \"review\" in what was written, then: sparkcfg validate\n");
    out
}
