//! `sparkcfg explain`: a key's ladder of layers, or the page of a code.

use std::collections::HashSet;
use std::fmt::Write;
use std::process::ExitCode;

use super::show::is_told;
use super::{Global, Keys, identities, printing, readers};
use crate::checks;
use crate::environment::{Dotenv, Environment, Resolved};
use crate::error::Error;
use crate::interpolation::references;
use crate::layer::{Content, Entry, Layer};
use crate::project::files::Files;
use crate::project::{Options, Project};
use crate::reference::bounds;
use crate::schema::property::Property;
use crate::source::{MASK, printable, printable_lines};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg explain                   every code, one line each
  sparkcfg explain missing-key       what it means, why it hurts, how to mend it
  sparkcfg explain DATABASE_URL      which layer sets it in each environment, and what it hides";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// A key or a code
    what: Option<String>,
    #[command(flatten)]
    keys: Keys,
}

impl Explain {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let text = match &self.what {
            None => list(),
            Some(what) => match checks::find(what) {
                Some(rule) => format!("{} ({})\n\n{}\n", rule.code, rule.severity.name(), rule.explanation()),
                None => self.key(what, global)?,
            },
        };
        printing::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn key(&self, key: &str, global: &Global) -> Result<String, Error> {
        let unknown = || {
            let near = crate::suggestion::nearest(key, checks::ALL.iter().map(|check| check.rule.code));
            let error = Error::new(format!("there is no key and no code `{}`", printable(key)));
            near.map_or_else(
                || error.clone().help("sparkcfg explain lists all codes"),
                |near| error.clone().help(format!("did you mean {near}?")),
            )
        };
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let config = Project::config(&files)?;
        // The root of a workspace is told as such when it is read.
        if config.workspace.is_none() && !Project::has_environments(&files, &config)? {
            return Err(unknown());
        }
        let identities = identities::collect(&self.keys.identity, &files, &config)?;
        let options = Options {
            personal: true,
            identities: Some(&identities),
            process: self.keys.process(),
            ..Options::default()
        };
        let mut project = Project::read(&files, &options)?;
        // For the places: a column behind a secret would tell how long it is.
        project.hide_secrets();
        let environments = project.environments();
        let property = project
            .schema
            .as_ref()
            .map(|schema| schema.schema.property(key))
            .filter(crate::schema::property::Property::is_declared);
        if property.is_none()
            && environments
                .iter()
                .all(|environment| environment.get(key).is_none() && environment.broken(key).is_none())
        {
            let rests = project.rests_of_secrets();
            let settings = environments.iter().flat_map(|environment| &environment.settings);
            let known = settings.map(|setting| setting.key).filter(|key| is_told(&rests, key));
            return Err(match crate::suggestion::nearest(key, known) {
                Some(near) => {
                    Error::new(format!("no environment sets {}", printable(key))).help(format!("did you mean {near}?"))
                }
                None => unknown(),
            });
        }
        let shown = is_told(&project.rests_of_secrets(), key);
        let mut out = if shown { format!("{}\n", printable_lines(key)) } else { format!("{MASK}\n") };
        if let Some(property) = &property {
            for line in printable_lines(property.description().unwrap_or_default()).lines() {
                let _ = writeln!(out, "  {line}");
            }
            let nature = nature(&project, &project.rests_of_secrets(), key, property);
            let words: Vec<_> =
                std::iter::once(nature).filter(|nature| !nature.is_empty()).chain(bounds(property)).collect();
            if !words.is_empty() {
                let _ = writeln!(out, "  {}", words.join(", "));
            }
        }
        for environment in &environments {
            let _ = write!(out, "\n{}\n{}", printable_lines(&environment.name), ladder(&project, environment, key));
            if shown {
                out.push_str(&readers_of(&project, &prefix, environment, key));
            }
        }
        Ok(out)
    }
}

/// What the schema says of a key in a few words: `integer, default 8080`.
pub(super) fn nature(project: &Project, rests: &HashSet<&str>, key: &str, property: &Property<'_>) -> String {
    let types = property.types().join(" or ");
    let types = (!types.is_empty()).then_some(types);
    let default = property.default_text().map(|text| {
        let hidden = !is_told(rests, key) || project.hides(key, &text);
        format!("default {}", if hidden { MASK.to_owned() } else { on_one_line(&text) })
    });
    let secret = project.is_secret(key).then(|| "secret".to_owned());
    [types, default, secret].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn list() -> String {
    let width = checks::ALL.iter().map(|check| check.rule.code.len()).max().unwrap_or_default();
    let line = |check: &checks::Check| {
        format!("{:width$}  {:7}  {}\n", check.rule.code, check.rule.severity.name(), check.rule.summary)
    };
    checks::ALL.iter().map(line).collect()
}

/// Who reads the files of an environment that set a key, and what they see of it where they do not agree.
fn readers_of(project: &Project, prefix: &str, environment: &Environment<'_>, key: &str) -> String {
    let mut out = String::new();
    let files = readers::of_files(project, prefix);
    for (place, _) in environment.entries_of(key) {
        let source = environment.layers[place].source;
        let Some(index) = project.layers.iter().position(|layer| layer.source == source) else { continue };
        let Some(file) = files.get(index).filter(|file| !file.readers.is_empty()) else { continue };
        let _ = writeln!(out, "    {} is read by {}", file.path, readers::listed(&file.readers));
        if let Some(dotenv) = project.dotenvs.get(&source)
            && refers_to(dotenv, environment.layers[place], key)
        {
            let _ = writeln!(out, "    docker compose looks up what it refers to in {} first", dotenv.path);
        }
        if let Some(seen) = checks::seen_by_each(project, index, key) {
            let _ = writeln!(out, "    they differ: {}", printable(&seen));
        }
    }
    out
}

/// Whether what a layer has for a key takes anything from there.
fn refers_to(dotenv: &Dotenv, layer: &Layer, key: &str) -> bool {
    layer.entries.iter().filter(|entry| layer.key(entry) == key).any(|entry| match layer.content(entry) {
        Some(text) => entry.interpolates && references(text).iter().any(|one| dotenv.has(one.name)),
        None => matches!(entry.content, Content::Inherited) && dotenv.has(key),
    })
}

/// The layers of an environment from the highest down, with what each says about the key.
pub(super) fn ladder(project: &Project, environment: &Environment<'_>, key: &str) -> String {
    let mut out = String::new();
    let broken = environment.broken(key);
    if let Some(broken) = broken {
        let layer = environment.layers[broken.layer];
        let at = project.sources.veiled(layer.span(&(broken.at..broken.at)));
        let (path, position) = (project.sources.path(layer.source), project.sources.position(layer.source, at.start));
        let _ = writeln!(out, "  → {}:{}:{}  (cannot be read)", printable_lines(path), position.line, position.column);
    }
    let Some(setting) = environment.get(key) else {
        if broken.is_some() {
            return out;
        }
        let default = project.schema.as_ref().and_then(|schema| schema.schema.property(key).default_text());
        return match default {
            Some(text) => format!("  not set; the default is {}\n", told(project, key, &text)),
            None => "  not set\n".to_owned(),
        };
    };
    let winner = (setting.layer, setting.entry);
    let entries =
        environment.entries_of(key).flat_map(|(layer, entries)| entries.iter().rev().map(move |entry| (layer, *entry)));
    for place in entries {
        let layer = environment.layers[place.0];
        let entry = &layer.entries[place.1];
        let place_of_key = project.sources.veiled(layer.span(&entry.key));
        let position = project.sources.position(layer.source, place_of_key.start);
        let path = printable_lines(project.sources.path(layer.source));
        let mark = if place == winner && broken.is_none() { "→" } else { " " };
        let _ =
            writeln!(out, "  {mark} {path}:{}:{}  {}", position.line, position.column, written(project, layer, entry));
    }
    if let (Resolved::Expanded(text), false) = (&setting.value, project.is_secret(key)) {
        let _ = writeln!(out, "    resolves to {}", told(project, key, text));
    }
    out
}

/// A text as the value of a key, if it may be told.
fn told(project: &Project, key: &str, text: &str) -> String {
    if !is_told(&project.rests_of_secrets(), key) || project.hides(key, text) {
        MASK.to_owned()
    } else {
        on_one_line(text)
    }
}

fn on_one_line(text: &str) -> String {
    printable(&text.replace('\n', "\\n"))
}

fn written(project: &Project, layer: &Layer, entry: &Entry) -> String {
    match (&entry.content, layer.content(entry)) {
        (Content::Inherited, _) => "(from the process environment)".to_owned(),
        (Content::Sealed, _) => "(sealed)".to_owned(),
        (_, Some(_)) if project.hides_entry(layer, entry) => MASK.to_owned(),
        (_, Some(_)) if !is_told(&project.rests_of_secrets(), layer.key(entry)) => MASK.to_owned(),
        (_, Some("")) => "(empty)".to_owned(),
        (_, Some(text)) => on_one_line(text),
        (_, None) => String::new(),
    }
}
