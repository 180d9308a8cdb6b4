//! `sparkcfg secrets import`: secrets of another file taken over into a sealed one.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueHint;
use zeroize::Zeroizing;

use super::{Global, Keys, input, judging};
use crate::cli::printing;
use crate::error::Error;
use crate::finding::told_name;
use crate::layer::{Content, Entry};
use crate::plain;
use crate::portable::{self, SealedReading};
use crate::project::sealing::{Sealing, Source, Target, Written};
use crate::project::{Options, Project, compose_entries, writing};
use crate::secret::Secret;
use crate::source::printable;
use crate::stores::{self, Imported, Readers};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg secrets import .env.prod -e prod --only-secrets --remove   what is secret moves out of .env.prod
  sparkcfg secrets import prod.enc.yaml -e prod                       a file by SOPS, in YAML, JSON or dotenv
  sparkcfg secrets import old.env.age -e prod --key API_KEY
  pass show app/prod | sparkcfg secrets import - -e prod";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// A dotenv file, a file by SOPS or a whole age file; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The environment, `base`, or the path of a sealed file
    #[arg(short, long = "env", value_name = "ENV")]
    environment: String,
    /// Take this key only; may be given several times
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// Take only what the schema calls a secret, or what is named or looks like one
    #[arg(long)]
    only_secrets: bool,
    /// Let the file's values take the place of others that are sealed already
    #[arg(long)]
    overwrite: bool,
    /// Remove what was taken from the file, if it is in plain text
    #[arg(long)]
    remove: bool,
    /// Seal it although the project's checks speak against it
    #[arg(long)]
    no_validate: bool,
}

/// How many keys are named one by one in an advice.
const MOST_TOLD: usize = 10;

/// What a file has to give.
#[derive(Default)]
struct Found {
    /// Each key once, with its value as read and as it is to be written.
    values: Vec<Value>,
    /// Keys that are left out, with the reason.
    left_out: Vec<(String, &'static str)>,
    /// The file, where it is plain text.
    plain: Option<Secret>,
    /// For whom the file is sealed, where it is.
    readers: Readers,
    /// Keys whose values docker compose would read otherwise than SOPS hands them over.
    verbatim: Vec<String>,
}

struct Value {
    key: String,
    content: Secret,
    spelled: Secret,
}

impl Value {
    fn of(key: String, content: Secret, place: &str) -> Result<Self, Error> {
        let spelled = input::spelled(&content)
            .map_err(|error| Error::new(format!("{}: {}", told_name(&key), error.message)).at(place))?;
        Ok(Self { key, content, spelled })
    }
}

impl Import {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let mut sealing = keys.sealing(global)?;
        sealing.may_write(&sealing.target(&self.environment)?)?;
        let lock = sealing.lock()?;
        let mut found = self.found(&sealing)?;
        let mut target = sealing.target(&self.environment)?;
        // A file of secrets that was never sealed takes its own place.
        target.sealed = found.plain.is_none() || !self.is(&sealing, &target);
        self.refuse_to_take_from_others(&sealing, &target)?;
        self.choose(&mut found, &sealing, &target)?;
        let (text, taken) = match &found.plain {
            Some(plain) if !target.sealed => in_place(&found, plain),
            _ => self.taken_over(&found, &sealing.plain(&target)?, &sealing.files.shown(&target.file.path))?,
        };
        let text = input::spelled_alike(&text, &taken);
        if !self.no_validate && !taken.is_empty() && !judging::accepts(&sealing, &target, &text, &taken, global)? {
            printing::complain("nothing was changed; --no-validate imports it all the same\n")?;
            return Ok(ExitCode::from(1));
        }
        if !self.no_validate {
            self.refuse_to_take_from_references(&sealing, &target, &text, &found)?;
        }
        let written = if taken.is_empty() { Written::Unchanged } else { super::seal(&sealing, &lock, &target, &text)? };
        if !target.sealed {
            found.plain = None;
        }
        let keys: Vec<_> = found.values.iter().map(|value| value.key.clone()).collect();
        // Of the file itself, that is on record once it is sealed anew.
        let is_other = !self.is(&sealing, &target) && !keys.is_empty();
        let open_to = if is_other { sealing.strangers(&target, &found.readers) } else { Vec::new() };
        let is_from = |path: &str| self.is_file(&sealing, path);
        sealing.carry(&lock, &Source { is: &is_from, open_to: &open_to }, (&target.file.path, &text), &keys)?;
        self.tell(&found, &taken, written, &sealing.files.shown(&target.file.path))?;
        super::tell_of_strangers(&self.file.to_string_lossy(), &open_to)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Whether the file is the very one that is to be sealed.
    fn is(&self, sealing: &Sealing, target: &Target) -> bool {
        self.is_file(sealing, &target.file.path)
    }

    fn is_file(&self, sealing: &Sealing, path: &str) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        real(&self.file).is_some_and(|file| Some(file) == real(&sealing.files.root().join(path)))
    }

    /// What is removed from a file is gone for all who read it.
    fn refuse_to_take_from_others(&self, sealing: &Sealing, target: &Target) -> Result<(), Error> {
        if !self.remove {
            return Ok(());
        }
        let stacks = Project::stacks_of(&sealing.files, &sealing.config)?;
        let others = stacks.into_iter().filter(|stack| !target.file.environments.contains(&stack.name));
        let others = others.filter(|stack| stack.files.iter().any(|path| self.is_file(sealing, path)));
        let others: Vec<_> = others.map(|stack| stack.name).collect();
        if others.is_empty() {
            return Ok(());
        }
        let help = "import it without --remove, into each of them or into base, and take the values out by hand then";
        let message = format!("--remove would take the values from {} too, which read this file", others.join(", "));
        Err(Error::new(message).at(self.file.to_string_lossy()).help(help))
    }

    /// What stays in plain text is read before what is sealed, and sees none of it.
    fn refuse_to_take_from_references(
        &self,
        sealing: &Sealing,
        target: &Target,
        text: &Secret,
        found: &Found,
    ) -> Result<(), Error> {
        let Some(plain) = found.plain.as_ref().filter(|_| self.remove && target.sealed) else { return Ok(()) };
        let stacks = Project::stacks_of(&sealing.files, &sealing.config)?;
        let mut paths = stacks.iter().flat_map(|stack| &stack.files);
        let Some(path) = paths.find(|path| self.is_file(sealing, path)) else { return Ok(()) };
        let keys: Vec<_> = found.values.iter().map(|value| value.key.as_str()).collect();
        let Some(rest) = plain::unset_all(plain, &keys, compose_entries) else { return Ok(()) };
        let sealed = sealing.draft(target, text, &super::change(&super::now()))?;
        let files = sealing.files.with(path, rest.expose().as_bytes()).with(&target.file.path, sealed.into_bytes());
        let before = judging::leading_nowhere(sealing, &sealing.files, target);
        let after = judging::leading_nowhere(sealing, &files, target);
        let left: Vec<_> = after.difference(&before).map(String::as_str).collect();
        if left.is_empty() {
            return Ok(());
        }
        let names = left.iter().map(|key| told_name(key)).collect::<Vec<_>>().join(", ");
        let message = format!(
            "{names} would refer to a name that has no value any more: what is sealed is read after what stays in plain text"
        );
        let all: Vec<_> = keys.iter().chain(&left).map(|key| format!("--key {key}")).collect();
        let along = if all.len() > MOST_TOLD { "name all of it with --key".to_owned() } else { all.join(" ") };
        let help =
            format!("nothing was changed; take it along: {along}, without --only-secrets; or leave --remove out");
        Err(Error::new(message).at(self.file.to_string_lossy()).help(help))
    }

    fn found(&self, sealing: &Sealing) -> Result<Found, Error> {
        let place = self.file.to_string_lossy();
        let bytes = input::bytes(&self.file)?;
        let imported = stores::import(&bytes, &sealing.identities).map_err(|why| {
            let line = if why.line > 0 { format!(":{}", why.line) } else { String::new() };
            Error::new(why.message).at(format!("{place}{line}")).help(why.help)
        })?;
        let mut found = match imported {
            Some(Imported::Text(text)) => of_text(&text, &place)?,
            Some(Imported::Lines(text)) => of_lines(&text, &place, place.ends_with(OWN))?,
            Some(Imported::Values { values, left_out }) => {
                let spell = |(key, content): (String, Secret)| Value::of(key, content, &place);
                let names =
                    left_out.into_iter().map(|left| (left.name.unwrap_or_else(|| "a key".to_owned()), left.why));
                Found {
                    values: values.into_iter().map(spell).collect::<Result<_, Error>>()?,
                    left_out: names.collect(),
                    ..Found::default()
                }
            }
            None => {
                let text = std::str::from_utf8(&bytes)
                    .map_err(|_| Error::new("this is neither text nor a sealed file").at(&*place))?;
                if self.is_tree(text) {
                    let help = "write it as KEY=value lines, or seal it with SOPS first: its YAML and JSON are read";
                    return Err(Error::new("this is YAML or JSON in plain text, which is not read")
                        .at(&*place)
                        .help(help));
                }
                let text = Secret::new(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
                Found { plain: Some(Secret::new(text.expose().to_owned())), ..of_text(&text, &place)? }
            }
        };
        found.readers = stores::readers(&bytes);
        if self.remove && found.plain.is_none() {
            return Err(Error::new("--remove is for files in plain text; this one is sealed").at(&*place));
        }
        Ok(found)
    }

    /// Whether plain text is YAML or JSON: by its name, its first line, or a colon where `=` should be. What docker compose
    /// makes of such lines is not what YAML says.
    fn is_tree(&self, text: &str) -> bool {
        let extension = self.file.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        let parted = |entry: &Entry| text.get(entry.key.end as usize..entry.value.start as usize).unwrap_or_default();
        matches!(extension.as_deref(), Some("yaml" | "yml" | "json"))
            || text.starts_with("---\n")
            || compose_entries(text).0.iter().any(|entry| parted(entry).trim_start().starts_with(':'))
    }

    /// Keeps what was asked for.
    fn choose(&self, found: &mut Found, sealing: &Sealing, target: &Target) -> Result<(), Error> {
        if !target.sealed && (self.only_secrets || self.remove || !self.key.is_empty()) {
            let help =
                "leave --key, --only-secrets and --remove out, or move what is no secret into another file first";
            return Err(Error::new("this file is sealed as a whole").at(self.file.to_string_lossy()).help(help));
        }
        if let Some(missing) = self.key.iter().find(|key| !found.values.iter().any(|value| value.key == **key)) {
            let near = crate::suggestion::nearest(missing, found.values.iter().map(|value| value.key.as_str()));
            let error = Error::new(format!("{missing} has no value in it")).at(self.file.to_string_lossy());
            return Err(near.map_or(error.clone(), |near| error.help(format!("did you mean {near}?"))));
        }
        if !self.key.is_empty() {
            found.values.retain(|value| self.key.contains(&value.key));
            found.left_out.clear();
        }
        if self.only_secrets {
            let known = Project::environment_names_in(&sealing.files, &sealing.config)?;
            let environments: Vec<_> =
                target.file.environments.iter().filter(|name| known.contains(name)).cloned().collect();
            let options = Options { environments, ..Options::default() };
            let project = if known.is_empty() { None } else { Some(Project::read(&sealing.files, &options)?) };
            let secret = |value: &Value| match &project {
                Some(project) => project.hides(&value.key, value.content.expose()),
                None => crate::detection::names_secret(&value.key),
            };
            found.values.retain(secret);
        }
        match found.values.iter().find(|value| stores::begins_sealed(value.content.expose())) {
            Some(value) => {
                let message = format!("{} is a sealed value that nothing in this file opens", told_name(&value.key));
                let help = "import the file in which it was sealed; where this is that file, restore it from the last good commit";
                Err(Error::new(message).at(self.file.to_string_lossy()).help(help))
            }
            None => Ok(()),
        }
    }

    /// The sealed text with the new values, and the keys that changed in it.
    fn taken_over(&self, found: &Found, before: &Secret, shown: &str) -> Result<(Secret, Vec<String>), Error> {
        let known: HashMap<_, _> = of_text(before, "")
            .map(|known| known.values)
            .unwrap_or_default()
            .into_iter()
            .map(|value| (value.key, value.content))
            .collect();
        let (mut taken, mut differing) = (Vec::new(), Vec::new());
        for value in &found.values {
            let known = known.get(&value.key);
            if known.is_some_and(|known| known.expose() == value.content.expose()) {
                continue;
            }
            if known.is_some() {
                differing.push(value.key.clone());
            }
            if !plain::is_name(&value.key) {
                return Err(Error::new(format!("{} cannot be written", told_name(&value.key))).at(shown));
            }
            taken.push(value);
        }
        if differing.is_empty() || self.overwrite {
            let values: Vec<_> = taken.iter().map(|value| (value.key.as_str(), &value.spelled)).collect();
            let text = plain::put_all(before, &values, compose_entries);
            let text = text.ok_or_else(|| Error::new("the values cannot be written").at(shown))?;
            return Ok((text, taken.into_iter().map(|value| value.key.clone()).collect()));
        }
        let message = format!("other values are sealed already: {}", differing.join(", "));
        Err(Error::new(message).at(shown).help("--overwrite takes the new ones; --key KEY takes only some"))
    }

    fn tell(&self, found: &Found, taken: &[String], written: Written, shown: &str) -> Result<(), Error> {
        let shown = printable(shown);
        let all: Vec<_> = found.values.iter().map(|value| value.key.clone()).collect();
        let mut told = vec![match (written, all.is_empty()) {
            (Written::Changed, _) => format!("sealed {} in {shown}", printable(&taken.join(", "))),
            (Written::Unchanged, false) => format!("unchanged: {shown} has all of these values"),
            (Written::Unchanged, true) => "there is nothing to import".to_owned(),
        }];
        told.extend(found.left_out.iter().map(|(key, why)| format!("left out: {}, {why}", printable(key))));
        let verbatim: Vec<_> = found.verbatim.iter().filter(|key| all.contains(key)).cloned().collect();
        if !verbatim.is_empty() {
            told.push(format!("taken sign by sign, as SOPS hands them over: {}", printable(&verbatim.join(", "))));
        }
        let file = printable(&self.file.to_string_lossy());
        match &found.plain {
            Some(plain) if self.remove && !all.is_empty() && self.file != Path::new("-") => {
                remove(&self.file, plain, &all)?;
                told.push(format!("removed them from {file}; where git has it, its history still does:"));
                told.push("change each value where it is used".to_owned());
            }
            Some(_) if !all.is_empty() && self.file != Path::new("-") => {
                told.push(format!("{file} still holds them in plain text: --remove takes them out of it;"));
                told.push("where git has it, its history does too: change each value where it is used".to_owned());
            }
            _ => {}
        }
        printing::complain(&format!("{}\n", told.join("\n")))
    }
}

/// The whole text, comments too, without what cannot be sealed; and its keys.
fn in_place(found: &Found, plain: &Secret) -> (Secret, Vec<String>) {
    let mut text = plain::on_single_lines(plain, compose_entries);
    for (key, _) in &found.left_out {
        text = plain::unset(&text, key, compose_entries).unwrap_or(text);
    }
    (text, found.values.iter().map(|value| value.key.clone()).collect())
}

/// The entries of dotenv text.
fn of_text(text: &Secret, place: &str) -> Result<Found, Error> {
    let line = |at: u32| text.expose().get(..at as usize).unwrap_or_default().matches('\n').count() + 1;
    let (entries, faults) = compose_entries(text.expose());
    if let Some(fault) = faults.first() {
        return Err(Error::new(fault.message).at(format!("{place}:{}", line(fault.at.start))).help(fault.help));
    }
    let slice = |text: &'_ str, range: &std::ops::Range<u32>| {
        text.get(range.start as usize..range.end as usize).unwrap_or_default().to_owned()
    };
    let mut found = Found::default();
    for entry in entries {
        let key = slice(text.expose(), &entry.key);
        if !plain::is_name(&key) {
            let help = "a value over several lines stands in quotes; a name is letters, digits, `_`, `.` and `-`";
            let at = format!("{place}:{}", line(entry.key.start));
            return Err(Error::new("this is no variable's name").at(at).help(help));
        }
        let content = match &entry.content {
            Content::Slice(range) => slice(text.expose(), range),
            Content::Decoded(content) => String::from(content.clone()),
            _ => {
                found.left_out.push((key, "it has no value"));
                continue;
            }
        };
        if content.contains('\0') {
            found.left_out.push((key, "it holds a NUL byte, which no variable can"));
            continue;
        }
        let written = slice(text.expose(), &entry.value);
        if content.is_empty() || written.is_empty() {
            found.left_out.push((key, "it is empty, and SOPS cannot seal that"));
            continue;
        }
        let assignment = Secret::new(["K=", &written].concat());
        let joined = plain::on_single_lines(&assignment, compose_entries);
        let spelled = Secret::new(joined.expose().strip_prefix("K=").unwrap_or_default().to_owned());
        found.values.push(Value { key, content: Secret::new(content), spelled });
    }
    // Of a key that stands there twice the last value counts.
    let mut seen = HashSet::new();
    found.values = found.values.into_iter().rev().filter(|value| seen.insert(value.key.clone())).collect();
    found.values.reverse();
    Ok(found)
}

/// How the names of files end that sparkcfg writes.
const OWN: &str = ".secrets.env";

/// The values of a dotenv file by SOPS as SOPS hands them over. In a file of sparkcfg's own, those that it spelled itself
/// are taken as it reads them; in any other, quotes were meant as they stand.
fn of_lines(text: &Secret, place: &str, own: bool) -> Result<Found, Error> {
    let mut found = Found::default();
    for line in text.expose().split('\n').filter(|line| !line.starts_with('#')) {
        let Some((key, written)) = line.split_once('=') else { continue };
        if !plain::is_name(key) {
            found.left_out.push(("a key".to_owned(), "this is no name for a variable"));
            continue;
        }
        if written.is_empty() {
            found.left_out.push((key.to_owned(), "it is empty"));
            continue;
        }
        let value = Secret::new(written.replace("\\n", "\n"));
        let content = match portable::read_otherwise(&value) {
            Some(SealedReading::Own(read)) if own => read,
            None => value,
            Some(_) => {
                found.verbatim.push(key.to_owned());
                value
            }
        };
        found.values.push(Value::of(key.to_owned(), content, place)?);
    }
    Ok(found)
}

/// Takes keys out of a plain file; whatever else it holds stays.
fn remove(path: &Path, plain: &Secret, keys: &[String]) -> Result<(), Error> {
    let place = || path.to_string_lossy();
    let now = input::bytes(path)?;
    let now = Zeroizing::new(String::from_utf8_lossy(&now).into_owned());
    if now.trim_start_matches('\u{feff}').replace("\r\n", "\n") != plain.expose() {
        let help = "the secrets are sealed; take them out of it by hand";
        return Err(Error::new("this file changed meanwhile, so nothing was removed from it").at(place()).help(help));
    }
    // As it stands, with the line ends that it has.
    let now = Secret::new(now.as_str().to_owned());
    let text = plain::unset_all(&now, keys, compose_entries).unwrap_or(now);
    writing::replace(path, text.expose().as_bytes())
        .map_err(|_| Error::new("this file could not be written; it still holds the values").at(place()))
}
