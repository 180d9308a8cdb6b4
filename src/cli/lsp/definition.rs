//! Where a key comes from: the layers that set it, the schema that declares it, the file that `sparkcfg.toml` names.

use lsp_types::{Location, Position};

use super::positions::Lines;
use super::server::Opened;
use super::spots::{self, Role};
use crate::environment::Environment;
use crate::layer::{Layer, PROCESS};
use crate::project::Project;
use crate::source::Span;

pub(super) fn at(opened: &Opened<'_>, position: Position) -> Vec<Location> {
    let text = &opened.document.text;
    let offset = Lines::new(text, opened.client.encoding).offset(position);
    if opened.is_configuration() {
        return spots::in_quotes(text, offset).and_then(|spot| file(opened, &spot.key)).into_iter().collect();
    }
    let Some((project, spot)) = opened.unit.project.as_ref().zip(opened.spot(offset)) else { return Vec::new() };
    let environments = project.environments();
    let here = opened.unit.layer(&opened.path).map(|(index, _)| index);
    let mut spans = Vec::new();
    match (spot.role, here) {
        (Role::Set, Some(here)) => {
            spans.extend(declared(project, &spot.key));
            let used = environments.iter().filter(|environment| uses(project, environment, here));
            spans.extend(used.flat_map(|environment| hidden(project, environment, here, &spot.key, offset)));
        }
        (Role::Referred, Some(here)) => {
            let used = environments.iter().filter(|environment| uses(project, environment, here));
            spans.extend(used.filter_map(|environment| seen(project, environment, here, &spot.key, offset)));
            if spans.is_empty() {
                spans.extend(declared(project, &spot.key));
            }
        }
        (Role::Named, _) => {
            let set = environments.iter().filter_map(|environment| Some((environment, environment.get(&spot.key)?)));
            let set = set.map(|(environment, setting)| (environment.layers[setting.layer], environment.entry(setting)));
            spans.extend(set.map(|(layer, entry)| layer.span(&entry.key)));
            if spans.is_empty() {
                spans.extend(declared(project, &spot.key));
            }
        }
        (Role::Set | Role::Referred, None) => spans.extend(declared(project, &spot.key)),
    }
    locations(opened, project, &spans)
}

/// A file that a text names, if the project has it.
fn file(opened: &Opened<'_>, path: &str) -> Option<Location> {
    let root = &opened.unit.root;
    let full = root.join(path);
    // Within the project only, and never a question about any other file of the machine.
    let within = super::documents::relative(root, &full)? == path.trim_start_matches("./");
    let uri = opened.uri(path.trim_start_matches("./")).filter(|_| within && full.is_file())?;
    Some(Location::new(uri, lsp_types::Range::default()))
}

fn declared(project: &Project, key: &str) -> Option<Span> {
    if project.has_built_in_schema() {
        return None;
    }
    let schema = project.schema.as_ref()?;
    schema.place(&schema.schema.property(key).pointer()?)
}

fn uses(project: &Project, environment: &Environment<'_>, layer: usize) -> bool {
    environment.layers.iter().any(|used| is_layer(project, used, layer))
}

fn is_layer(project: &Project, used: &Layer, layer: usize) -> bool {
    project.layers.get(layer).is_some_and(|layer| std::ptr::eq(used, layer))
}

/// The index of a layer of the project within an environment.
fn rank(project: &Project, environment: &Environment<'_>, layer: usize) -> Option<usize> {
    environment.layers.iter().position(|used| is_layer(project, used, layer))
}

/// The entries that the one at a byte of a layer hides, nearest first.
fn hidden(project: &Project, environment: &Environment<'_>, here: usize, key: &str, offset: usize) -> Vec<Span> {
    let Some(own) = rank(project, environment, here) else { return Vec::new() };
    let mut found = Vec::new();
    for (rank, entries) in environment.entries_of(key).filter(|(rank, _)| *rank <= own) {
        let layer = environment.layers[rank];
        for entry in entries.iter().rev().filter_map(|index| layer.entries.get(*index)) {
            if (rank < own || (entry.key.end as usize) < offset && (entry.value.end as usize) < offset)
                && layer.name != PROCESS
            {
                found.push(layer.span(&entry.key));
            }
        }
    }
    found
}

/// The entry whose value a reference at a byte of a layer gets: the nearest above it.
fn seen(project: &Project, environment: &Environment<'_>, here: usize, key: &str, offset: usize) -> Option<Span> {
    let own = rank(project, environment, here)?;
    let places = || {
        environment.entries_of(key).flat_map(|(rank, entries)| {
            let layer = environment.layers[rank];
            entries.iter().rev().filter_map(move |index| Some((rank, layer, layer.entries.get(*index)?)))
        })
    };
    let above = places().find(|(rank, _, entry)| *rank < own || *rank == own && (entry.value.end as usize) < offset);
    // What comes too late is still what somebody looks for.
    let found = above.or_else(|| places().next());
    found.filter(|(_, layer, _)| layer.name != PROCESS).map(|(_, layer, entry)| layer.span(&entry.key))
}

fn locations(opened: &Opened<'_>, project: &Project, spans: &[Span]) -> Vec<Location> {
    let mut found = Vec::new();
    for span in spans {
        let told = project.sources.veiled(*span);
        let range = Lines::new(project.sources.text(span.source), opened.client.encoding).range(told.range());
        let location = opened.uri(project.sources.path(span.source)).map(|uri| Location::new(uri, range));
        if let Some(location) = location.filter(|location| !found.contains(location)) {
            found.push(location);
        }
    }
    found
}
