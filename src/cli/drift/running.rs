//! What runs, read from where the user points and made a layer like any other.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read;
use std::sync::{Arc, OnceLock};

use super::rendered;
use super::wanted::{Live, Wanted};
use crate::dialects::compose;
use crate::drift::live::{self, Handed, Part, Restart};
use crate::drift::{Unread, noise};
use crate::environment::{Environment, Resolved};
use crate::error::Error;
use crate::finding::told_name;
use crate::interpolation::{Budget, Expansion, Outcome, expand, references};
use crate::layer::{Content, Entry, Fault, Layer};
use crate::project::Project;
use crate::project::files::Files;
use crate::secret::Secret;
use crate::source::{Sources, printable};

/// The most bytes that are read.
const LIMIT: u64 = 64 * 1024 * 1024;

/// What runs, by the name that the user gave it.
pub(super) struct Running {
    pub(super) wanted: Live,
    pub(super) part: Part,
    /// The others that run beside it under its name.
    others: Vec<Part>,
    /// What it has from the images that were named.
    image: Vec<(String, Secret)>,
    /// The words that a process was started with, where they are known.
    pub(super) command_line: Vec<Secret>,
    /// The templates that it is made of, as users see them; none of what runs.
    pub(super) templates: Vec<String>,
}

/// What a source says, as a layer, and what it has besides.
pub(super) struct Said<'r> {
    pub(super) running: &'r Running,
    pub(super) layer: Layer,
    pub(super) handed: Handed,
}

/// Reads every live source.
pub(super) fn all(all: &[Wanted]) -> Result<Vec<Running>, Error> {
    let mut running = Vec::new();
    for wanted in all {
        if let Some(live) = wanted.as_live().filter(|live| live.tool != rendered::NAME) {
            let one = Running::of(live, parts(live)?)?;
            running.push(Running { image: images(all)?, command_line: command_line(live), ..one });
        }
    }
    Ok(running)
}

/// The same for what the templates give; nothing where that is not wanted.
pub(super) fn rendered(
    wanted: &[Wanted],
    environment: &str,
    read: impl Fn() -> Result<Project, Error>,
    files: &Files,
) -> Result<Option<Running>, Error> {
    let Some(live) = wanted.iter().filter_map(Wanted::as_live).find(|live| live.tool == rendered::NAME) else {
        return Ok(None);
    };
    let rendered::Rendered { mut parts, templates } = rendered::read(live, environment, read()?, files)?;
    chosen(live, &mut parts)?;
    Ok(Some(Running { templates, ..Running::of(live, parts)? }))
}

/// The variables of the images that were named.
fn images(wanted: &[Wanted]) -> Result<Vec<(String, Secret)>, Error> {
    let mut variables = Vec::new();
    for wanted in wanted {
        if let Wanted::Image(image) = wanted {
            variables.extend(parts(image)?.into_iter().take(1).flat_map(|part| part.variables));
        }
    }
    Ok(variables)
}

/// What the source tells of: one, or the same several times over.
fn parts(wanted: &Live) -> Result<Vec<Part>, Error> {
    let bytes = read(wanted)?;
    let Some(producer) = live::find(&wanted.tool) else { return env_file(wanted, &bytes).map(|part| vec![part]) };
    let failed = |message: &str| {
        Error::new(format!("{} cannot be read: {message}", wanted.name)).help(format!("it takes {}", producer.summary))
    };
    let mut parts = (producer.read)(&bytes).map_err(failed)?;
    chosen(wanted, &mut parts)?;
    if parts.iter().all(|part| part.is_piece) {
        return Ok(joined(parts).into_iter().collect());
    }
    if let Some(idle) = parts.iter().all(|part| part.idle.is_some()).then(|| parts.first()?.idle.as_deref()).flatten() {
        let name = parts.first().map_or("", |part| &part.name);
        let message = format!("`{}` does not run: {} has it as {}", printable(name), wanted.name, printable(idle));
        return Err(Error::new(message).help("there is nothing to compare until it is started"));
    }
    parts.retain(|part| part.idle.is_none());
    Ok(parts)
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
                _ if names.is_empty() => "nothing is in it".to_owned(),
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
    let several = parts.iter().any(|part| !part.is_piece) && names.len() > 1;
    if several && wanted.part.is_none() {
        let help = format!("choose one, as in {}#{}; there are: {}", wanted.name, names[0], names.join(", "));
        return Err(Error::new(format!("{} holds several", wanted.name)).help(help));
    }
    Ok(())
}

/// The names to choose from: of what runs, where anything does.
fn told_names(parts: &[Part]) -> Vec<String> {
    let runs = parts.iter().any(|part| !part.is_piece);
    let named = parts.iter().filter(|part| !(runs && part.is_piece)).map(|part| &part.name);
    let mut names: Vec<String> = Vec::new();
    for name in named {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
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
        if let (Some(Restart::Kubernetes(all)), Some(Restart::Kubernetes(one))) = (&mut whole.restart, part.restart) {
            all.add(one);
        }
    }
    whole.variables.retain(|(key, _)| !whole.referred.contains(key));
    Some(whole)
}

fn read(wanted: &Live) -> Result<Cow<'static, [u8]>, Error> {
    /// What the standard input gave: it can be read only once, and what is mended or accepted is compared anew.
    static INPUT: OnceLock<Vec<u8>> = OnceLock::new();
    let failed = |message: &str| Error::new(message).at(&wanted.name);
    let mut bytes = Vec::new();
    if wanted.path == "-" {
        if INPUT.get().is_none() {
            let input = std::io::stdin().lock();
            input.take(LIMIT).read_to_end(&mut bytes).map_err(|_| failed("the standard input cannot be read"))?;
        }
        return Ok(INPUT.get_or_init(|| bytes).as_slice().into());
    }
    let path = path_of(wanted);
    let about = std::fs::metadata(&path).map_err(|_| failed("there is no such file or process"))?;
    if !about.is_file() {
        return Err(failed("this is not a plain file"));
    }
    let file = std::fs::File::open(&path).map_err(|_| failed("it may not be read (permission denied)"))?;
    file.take(LIMIT).read_to_end(&mut bytes).map_err(|_| failed("it cannot be read"))?;
    Ok(bytes.into())
}

/// The words that a process was started with, which Linux keeps beside its environment. A program may have put a title in their
/// place.
fn command_line(wanted: &Live) -> Vec<Secret> {
    let path = path_of(wanted);
    let Some(folder) = path.strip_suffix("environ").filter(|_| wanted.tool == "proc") else { return Vec::new() };
    let path = format!("{folder}cmdline");
    let mut bytes = Vec::new();
    let is_file = std::fs::metadata(&path).is_ok_and(|about| about.is_file());
    let file = is_file.then(|| std::fs::File::open(&path)).and_then(Result::ok);
    let is_read = file.is_some_and(|file| file.take(LIMIT).read_to_end(&mut bytes).is_ok());
    let Some(text) = String::from_utf8(bytes).ok().filter(|_| is_read) else { return Vec::new() };
    let words: Vec<_> = text.trim_end_matches('\0').split('\0').map(|word| Secret::new(word.to_owned())).collect();
    let is_program = words.first().is_some_and(|first| !first.expose().is_empty() && !first.expose().contains(' '));
    if is_program && !text.contains('\n') { words } else { Vec::new() }
}

/// The file that a source is read from.
fn path_of(wanted: &Live) -> String {
    let is_number = wanted.path.bytes().all(|byte| byte.is_ascii_digit());
    if wanted.tool == "proc" && is_number { format!("/proc/{}/environ", wanted.path) } else { wanted.path.clone() }
}

/// A loose env file, read as docker compose reads it.
///
/// # Errors
/// There is something in it, and no line sets a variable: it is something else.
fn env_file(wanted: &Live, bytes: &[u8]) -> Result<Part, Error> {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    let source = Sources::default().add(wanted.path.as_str(), Arc::clone(&text));
    let compose::Parsed { entries, faults, .. } = compose::parse(&text);
    let broken = faults.iter().filter(|fault| fault.hides_values());
    let line = |fault: &Fault| text.get(..fault.at.start as usize).unwrap_or_default().matches('\n').count() + 1;
    let broken: Vec<_> = broken.map(line).collect();
    let has_more = !broken.is_empty();
    let place = |entry: &Entry| {
        let before = text.get(..entry.key.start as usize).unwrap_or_default();
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
        Some((text.get(entry.key.start as usize..entry.key.end as usize)?.to_owned(), line))
    };
    let lines = entries.iter().filter_map(place).collect();
    let sets_any = entries.iter().any(|entry| {
        let key = text.get(entry.key.start as usize..entry.key.end as usize);
        key.is_some_and(crate::plain::is_name)
    });
    if !sets_any && (has_more || !entries.is_empty()) {
        let message = format!("{} cannot be read: it is not an env file", wanted.name);
        return Err(Error::new(message).help("it takes lines of KEY=value"));
    }
    let restart = (wanted.path != "-").then_some(Restart::EnvFile { lines });
    let layer = Layer { name: wanted.name.clone(), source, text, sealed: false, entries, faults: Vec::new() };
    let variables = variables_of(&layer);
    Ok(Part { name: wanted.name.clone(), variables, has_more, broken, restart, ..Part::default() })
}

/// What docker compose reads in the text of an env file.
pub(super) fn env_entries(text: &str) -> Vec<(String, Secret)> {
    let text: Arc<str> = text.into();
    let source = Sources::default().add("", Arc::clone(&text));
    let entries = compose::parse(&text).entries;
    variables_of(&Layer { name: String::new(), source, text, sealed: false, entries, faults: Vec::new() })
}

fn variables_of(layer: &Layer) -> Vec<(String, Secret)> {
    let none = HashMap::new();
    let environment = Environment::new(layer.name.as_str().into(), false, vec![layer], &none);
    let settings = environment.settings.iter();
    settings
        .filter_map(|setting| Some((setting.key.to_owned(), Secret::new(setting.value.text()?.to_owned()))))
        .collect()
}

impl Running {
    /// One of several that are the same.
    fn of(live: &Live, parts: Vec<Part>) -> Result<Self, Error> {
        let mut parts = parts.into_iter();
        let Some(part) = parts.next() else {
            return Err(Error::new(format!("{} cannot be read: there is nothing in it", live.name)));
        };
        let (image, command_line, templates) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { wanted: live.clone(), part, others: parts.collect(), image, command_line, templates })
    }

    /// Its variables as a layer, without those that say nothing about the configuration; those are counted by profile.
    ///
    /// A variable that the project knows is never noise. References lead to what is declared: in `environment`.
    ///
    /// # Errors
    /// It runs several times over, and not with the same values of what the project knows.
    pub(super) fn layer(
        &self,
        project: &mut Project,
        environment: &str,
        hidden: &mut BTreeMap<&'static str, BTreeSet<String>>,
    ) -> Result<Said<'_>, Error> {
        let mut known: HashSet<String> = HashSet::new();
        for layer in &project.layers {
            known.extend(layer.entries.iter().map(|entry| layer.key(entry).to_owned()));
        }
        known.extend(project.schema.iter().flat_map(|schema| schema.schema.keys().map(ToOwned::to_owned)));
        self.same_everywhere(&known)?;
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
        let (given, handed) = self.handed(project, environment);
        for (key, value) in given {
            match value {
                Some(value) => add(&mut text, &mut entries, key, Content::Opened(value)),
                None if known.contains(key) => add(&mut text, &mut entries, key, Content::Sealed),
                None => {}
            }
        }
        // Of what nobody declared there is nothing to compare.
        for key in self.part.referred.iter().filter(|key| known.contains(*key)) {
            add(&mut text, &mut entries, key, Content::Sealed);
        }
        let text: Arc<str> = text.into();
        let name = &self.wanted.name;
        let source = project.sources.add(name.as_str(), Arc::clone(&text));
        let layer = Layer { name: name.clone(), source, text, sealed: true, entries, faults: Vec::new() };
        Ok(Said { running: self, layer, handed })
    }

    /// What references give with the values that are declared, where those are known, and which keys arrive by them.
    fn handed(&self, project: &Project, environment: &str) -> (Vec<(&str, Option<Secret>)>, Handed) {
        let mut handed = Handed { by_file: self.part.mounted.iter().cloned().collect(), ..Handed::default() };
        let environments = project.environments();
        let declared = environments.iter().find(|declared| *declared.name == *environment);
        let value = |name: &str| declared?.get(name).filter(|setting| setting.is_set()).map(|setting| &setting.value);
        let is_hidden = |name: &str| match value(name) {
            Some(Resolved::Secret(_) | Resolved::Unknown) => true,
            Some(value) => value.text().is_some_and(|text| project.hides(name, text)),
            None => false,
        };
        if self.part.hands_on {
            let settings = declared.iter().flat_map(|declared| &declared.settings).filter(|setting| setting.is_set());
            handed.by_reference.extend(settings.map(|setting| (setting.key.to_owned(), is_hidden(setting.key))));
        }
        let mut given = Vec::with_capacity(self.part.templates.len());
        for (key, template) in &self.part.templates {
            let template = template.expose();
            let names: Vec<_> = references(template).iter().map(|reference| reference.name).collect();
            if !names.iter().any(|name| value(name).is_some()) {
                // Nobody declared what it refers to, so nobody here knows what it is.
                let alone = expand(template, &mut |_| None, &mut Budget::default());
                let has_defaults = |all: &Expansion<'_>| all.resolved.iter().all(|it| it.outcome == Outcome::Default);
                given.push((key.as_str(), alone.ok().filter(has_defaults).map(|all| Secret::new(all.text))));
                continue;
            }
            let is_secret = names.iter().any(|name| is_hidden(name));
            let of_this = names.iter().filter(|name| value(name).is_some()).map(|name| (*name).to_owned());
            for name in of_this.chain([key.clone()]) {
                *handed.by_reference.entry(name).or_default() |= is_secret;
            }
            let is_known = |name: &&str| value(name).is_none_or(|value| value.text().is_some());
            let mut lookup = |name: &str| value(name).and_then(Resolved::text).map(Cow::Borrowed);
            let expanded = expand(template, &mut lookup, &mut Budget::default()).ok();
            let whole = expanded.filter(|all| {
                all.resolved.iter().all(|it| !matches!(it.outcome, Outcome::Undefined | Outcome::Missing))
            });
            given.push((key, whole.filter(|_| names.iter().all(is_known)).map(|all| Secret::new(all.text))));
        }
        (given, handed)
    }

    /// The lines that its readers refuse.
    pub(super) fn unread(&self) -> impl Iterator<Item = Unread> {
        let path = printable(&self.wanted.path);
        self.part.broken.iter().map(move |line| Unread { path: format!("{path}:{line}"), why: "broken" })
    }

    /// Of what runs several times over, one stands for all: unless a key that is known has different values.
    fn same_everywhere(&self, known: &HashSet<String>) -> Result<(), Error> {
        const MOST: usize = 5;
        let values = |part: &Part| -> BTreeMap<String, String> {
            let told = part.variables.iter().filter(|(key, _)| known.contains(key));
            told.map(|(key, value)| (key.clone(), value.expose().to_owned())).collect()
        };
        let first = values(&self.part);
        let mut differing = BTreeSet::new();
        for other in self.others.iter().map(values) {
            let keys = first.keys().chain(other.keys());
            differing.extend(keys.filter(|key| first.get(*key) != other.get(*key)).map(|key| told_name(key)));
        }
        if differing.is_empty() {
            return Ok(());
        }
        let mut keys: Vec<_> = differing.iter().take(MOST).cloned().collect();
        if let more @ 1.. = differing.len().saturating_sub(MOST) {
            keys.push(format!("{more} more"));
        }
        let message = format!(
            "`{}` runs {} times in {}, and not with the same {}",
            printable(&self.part.name),
            self.others.len() + 1,
            self.wanted.name,
            keys.join(", ")
        );
        let help = match self.wanted.tool.as_str() {
            "pm2" => {
                "compare one of them by its process, as in `sparkcfg drift prod proc:PID`, or start all of them anew"
            }
            _ => "hand over one of them",
        };
        Err(Error::new(message).help(help))
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
