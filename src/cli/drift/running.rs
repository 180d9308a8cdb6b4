//! What runs, read from where the user points and made a layer like any other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;

use super::wanted::{Live, Wanted};
use crate::dialects::compose;
use crate::drift::live::{self, Part};
use crate::drift::noise;
use crate::environment::Environment;
use crate::error::Error;
use crate::finding::told_name;
use crate::layer::{Content, Entry, Fault, Layer};
use crate::project::Project;
use crate::secret::Secret;
use crate::source::{Sources, printable};

/// The most bytes that are read.
const LIMIT: u64 = 64 * 1024 * 1024;

/// What runs, by the name that the user gave it.
pub(super) struct Running {
    pub(super) name: String,
    pub(super) part: Part,
    /// What it has from the images that were named.
    image: Vec<(String, Secret)>,
}

/// Reads every live source.
pub(super) fn all(all: &[Wanted]) -> Result<Vec<Running>, Error> {
    let mut running = Vec::new();
    for wanted in all {
        if let Wanted::Live(live) = wanted {
            running.push(Running { name: live.name.clone(), part: part(live)?, image: images(all)? });
        }
    }
    Ok(running)
}

/// The variables of the images that were named.
fn images(wanted: &[Wanted]) -> Result<Vec<(String, Secret)>, Error> {
    let mut variables = Vec::new();
    for wanted in wanted {
        if let Wanted::Image(image) = wanted {
            variables.extend(part(image)?.variables);
        }
    }
    Ok(variables)
}

fn part(wanted: &Live) -> Result<Part, Error> {
    let bytes = read(wanted)?;
    let Some(producer) = live::find(&wanted.tool) else { return Ok(env_file(wanted, &bytes)) };
    let failed = |message: &str| {
        Error::new(format!("{} cannot be read: {message}", wanted.name)).help(format!("it takes {}", producer.summary))
    };
    let mut parts = (producer.read)(&bytes).map_err(failed)?;
    let peers: Vec<_> = parts.iter().flat_map(|part| part.services.iter().cloned()).collect();
    chosen(wanted, &mut parts)?;
    if parts.iter().all(|part| part.is_piece) {
        return joined(parts).ok_or_else(|| failed("there is nothing in it"));
    }
    same_everywhere(wanted, &parts)?;
    let first = parts.into_iter().next().ok_or_else(|| failed("there is nothing in it"))?;
    Ok(Part { peers, ..first })
}

/// Keeps the part that was named, else what belongs together.
fn chosen(wanted: &Live, parts: &mut Vec<Part>) -> Result<(), Error> {
    if let Some(name) = &wanted.part {
        let names: Vec<_> = told_names(parts);
        parts.retain(|part| part.name == *name);
        if parts.is_empty() {
            let of = |fits: &dyn Fn(&str) -> bool| {
                let list: Vec<_> = names.iter().filter(|it| fits(it)).map(|it| format!("#{it}")).collect();
                (!list.is_empty()).then(|| list.join(", "))
            };
            let containers = of(&|it| it.starts_with(&format!("{name}/")));
            let namesakes = of(&|it| format!("{it}/").contains(&format!("/{name}/")));
            let near = crate::suggestion::nearest(name, names.iter().map(String::as_str));
            let help = match (containers, namesakes, near) {
                (Some(list), ..) => format!("it has several parts: {list}"),
                (_, Some(list), _) => format!("several are called that: {list}"),
                (.., Some(near)) => format!("did you mean #{near}?"),
                _ => format!("there are: {}", names.join(", ")),
            };
            return Err(Error::new(format!("there is no `{name}` in {}:{}", wanted.tool, wanted.path)).help(help));
        }
    }
    let spaces: BTreeSet<_> = parts.iter().filter_map(|part| part.namespace.as_deref()).map(printable).collect();
    if parts.iter().all(|part| part.is_piece) && spaces.len() > 1 {
        let list = spaces.into_iter().collect::<Vec<_>>().join(", ");
        let help =
            format!("hand over one of them, as `kubectl -n NAMESPACE get cm,secret -o json` does; there are: {list}");
        return Err(Error::new(format!("{} holds several namespaces", wanted.name)).help(help));
    }
    // What runs says what it takes from the pieces beside it.
    if parts.iter().any(|part| !part.is_piece) {
        parts.retain(|part| !part.is_piece);
    }
    let names = told_names(parts);
    // What PM2 runs several times over has one name and one configuration.
    let several = parts.iter().any(|part| !part.is_piece) && names.iter().collect::<HashSet<_>>().len() > 1;
    if several && wanted.part.is_none() {
        let help = format!("choose one, as in {}#{}; there are: {}", wanted.name, names[0], names.join(", "));
        return Err(Error::new(format!("{} holds several", wanted.name)).help(help));
    }
    Ok(())
}

/// The names to choose from: of what runs, where anything does.
fn told_names(parts: &[Part]) -> Vec<String> {
    let runs = parts.iter().any(|part| !part.is_piece);
    parts.iter().filter(|part| !(runs && part.is_piece)).map(|part| part.name.clone()).collect()
}

/// Pieces as one. Where two of them give a variable different values, nobody knows here which is taken.
fn joined(parts: Vec<Part>) -> Option<Part> {
    let mut all = parts.into_iter();
    let mut whole = all.next()?;
    for part in all {
        for (key, value) in part.variables {
            let known = whole.variables.iter().position(|(known, _)| *known == key);
            match known {
                None => whole.variables.push((key, value)),
                Some(at) if whole.variables[at].1.expose() == value.expose() => {}
                Some(at) => {
                    whole.variables.remove(at);
                    whole.referred.push(key);
                }
            }
        }
        whole.referred.extend(part.referred);
        whole.has_more |= part.has_more;
    }
    whole.variables.retain(|(key, _)| !whole.referred.contains(key));
    Some(whole)
}

/// Of what runs several times over, one stands for all: unless they were started with different values.
fn same_everywhere(wanted: &Live, parts: &[Part]) -> Result<(), Error> {
    let known = |part: &Part| -> BTreeMap<String, String> {
        let told = part.variables.iter().filter(|(key, _)| noise::profile(key, &[]).is_none());
        told.map(|(key, value)| (key.clone(), value.expose().to_owned())).collect()
    };
    let Some((first, others)) = parts.split_first() else { return Ok(()) };
    let first_known = known(first);
    let mut differing = BTreeSet::new();
    for other in others.iter().map(known) {
        let keys = first_known.keys().chain(other.keys());
        differing.extend(keys.filter(|key| first_known.get(*key) != other.get(*key)).map(|key| told_name(key)));
    }
    if differing.is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = differing.iter().take(5).map(String::as_str).collect();
    let message = format!(
        "`{}` runs {} times in {}, and not with the same {}",
        printable(&first.name),
        parts.len(),
        wanted.name,
        keys.join(", ")
    );
    let help = match wanted.tool.as_str() {
        "pm2" => "compare one of them by its process, as in `sparkcfg drift prod proc:PID`, or start all of them anew",
        _ => "hand over one of them",
    };
    Err(Error::new(message).help(help))
}

fn read(wanted: &Live) -> Result<Vec<u8>, Error> {
    let failed = |message: &str| Error::new(message).at(&wanted.name);
    let mut bytes = Vec::new();
    if wanted.path == "-" {
        std::io::stdin()
            .lock()
            .take(LIMIT)
            .read_to_end(&mut bytes)
            .map_err(|_| failed("the standard input cannot be read"))?;
        return Ok(bytes);
    }
    let is_number = wanted.path.bytes().all(|byte| byte.is_ascii_digit());
    let path =
        if wanted.tool == "proc" && is_number { format!("/proc/{}/environ", wanted.path) } else { wanted.path.clone() };
    let about = std::fs::metadata(&path).map_err(|_| failed("there is no such file or process"))?;
    if !about.is_file() {
        return Err(failed("this is not a plain file"));
    }
    let file = std::fs::File::open(&path).map_err(|_| failed("it may not be read (permission denied)"))?;
    file.take(LIMIT).read_to_end(&mut bytes).map_err(|_| failed("it cannot be read"))?;
    Ok(bytes)
}

/// A loose env file, read as docker compose reads it.
fn env_file(wanted: &Live, bytes: &[u8]) -> Part {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    let source = Sources::default().add(wanted.path.as_str(), Arc::clone(&text));
    let compose::Parsed { entries, faults, .. } = compose::parse(&text);
    let has_more = faults.iter().any(Fault::hides_values);
    let layer = Layer { name: wanted.name.clone(), source, text, sealed: false, entries, faults: Vec::new() };
    let none = HashMap::new();
    let environment = Environment::new(wanted.name.as_str().into(), false, vec![&layer], &none);
    let variables = environment
        .settings
        .iter()
        .filter_map(|setting| Some((setting.key.to_owned(), Secret::new(setting.value.text()?.to_owned()))));
    Part { name: wanted.name.clone(), variables: variables.collect(), has_more, ..Part::default() }
}

impl Running {
    /// Its variables as a layer, without those that say nothing about the configuration; those are counted by profile.
    ///
    /// A variable that the project knows is never noise.
    pub(super) fn layer(&self, project: &mut Project, hidden: &mut BTreeMap<&'static str, BTreeSet<String>>) -> Layer {
        let mut known: HashSet<String> = HashSet::new();
        for layer in &project.layers {
            known.extend(layer.entries.iter().map(|entry| layer.key(entry).to_owned()));
        }
        known.extend(project.schema.iter().flat_map(|schema| schema.schema.keys().map(ToOwned::to_owned)));
        let own = &project.config.drift.noise;
        let (mut text, mut entries) = (String::new(), Vec::new());
        for (key, value) in &self.part.variables {
            let of_image = self.image.iter().any(|(name, text)| name == key && text.expose() == value.expose());
            let profile = noise::profile(key, own).or_else(|| of_image.then_some("image"));
            if let Some(profile) = profile.filter(|_| !known.contains(key)) {
                hidden.entry(profile).or_default().insert(printable(&told_name(key)));
                continue;
            }
            add(&mut text, &mut entries, key, Content::Opened(Secret::new(value.expose().to_owned())));
        }
        // Of what nobody declared there is nothing to compare.
        for key in self.part.referred.iter().filter(|key| known.contains(*key)) {
            add(&mut text, &mut entries, key, Content::Sealed);
        }
        let text: Arc<str> = text.into();
        let source = project.sources.add(self.name.as_str(), Arc::clone(&text));
        Layer { name: self.name.clone(), source, text, sealed: true, entries, faults: Vec::new() }
    }
}

/// Adds a variable to the text of a layer that holds names only.
fn add(text: &mut String, entries: &mut Vec<Entry>, key: &str, content: Content) {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let name = offset(text.len())..offset(text.len() + key.len());
    text.push_str(key);
    text.push_str("=\n");
    entries.push(Entry { value: name.end + 1..name.end + 1, key: name, content, interpolates: false });
}
