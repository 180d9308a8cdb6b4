//! SOPS dotenv files with age recipients: names stand in plain sight, each value is sealed on its own.
//!
//! Written from the behaviour of SOPS 3.13, <https://github.com/getsops/sops>. SOPS trusts more than it should when a
//! file was changed by somebody who cannot open it; the rules of [`DamageKind`] close that.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use zeroize::Zeroizing;

use self::document::{Document, Line};
use self::opened::Opened;
use super::{Damage, DamageKind, Readers, Sealed, State, Store, begins_sealed, is_name, offset};
use crate::envelope::{self, CannotOpen};
use crate::identity::Identities;
use crate::layer::{Content, Entry, Fault, FaultKind, Parse};
use crate::secret::Secret;

mod causes;
mod cipher;
mod document;
mod import;
mod json;
mod notes;
mod opened;
mod seal;
mod selection;
mod tree;
mod yaml;

pub(super) use self::import::{import, readers_of_any};
pub use self::notes::{KnownTo, Noted, Origin, Origins, digest, noted, short};

/// SOPS dotenv.
pub(super) const STORE: Store =
    Store { name: "sops", suffix: ".secrets.env", shows_names: true, open, readers, plain, seal: seal::seal };

const RESTORE: &str = "restore the file from the last good commit";
const RESTORE_OR_REMOVE: &str =
    "restore the file from the last good commit, or remove it: `sparkcfg secrets set` begins a new one";

/// What is said of sealed values without the metadata that stands behind them.
const CUT_OFF: &str = "this file is cut off: it holds sealed values, but no SOPS metadata";

fn open(bytes: &[u8], identities: &Identities, parse: Parse) -> Sealed {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    if let Err((message, help)) = recognise(bytes) {
        let help = if message == envelope::CONFLICT { envelope::solve(bytes, Some(identities)) } else { help };
        return Sealed::unreadable(text, message, help);
    }
    let document = Document::parse(&text);
    let (mut damages, masks) = profile(&document);
    let opened = Opened::open(&document, identities);
    let state = match &opened {
        Ok(_) => State::Opened,
        Err(Closed::Locked(why)) => State::Closed(*why),
        Err(Closed::Damaged(found)) => {
            // The profile may have said already what is wrong with a line.
            let said: HashSet<_> = damages.iter().map(|damage| damage.range.clone()).collect();
            // A line that was added breaks the MAC, too.
            let is_added = damages.iter().any(|damage| damage.kind == DamageKind::Duplicate);
            let follows = |damage: &Damage| is_added && damage.message == opened::OTHER_MAC;
            let found = found.iter().filter(|damage| !said.contains(&damage.range) && !follows(damage));
            damages.extend(found.cloned());
            State::Damaged
        }
    };
    // Without an identity too, what is broken is known to be, and what is broken for others is not used here either.
    let is_broken = |damages: &[Damage]| damages.iter().any(|damage| damage.kind == DamageKind::Broken);
    if !is_broken(&damages) {
        damages.extend(opened::seen(&document));
    }
    let (state, opened) = if is_broken(&damages) { (State::Damaged, None) } else { (state, opened.ok()) };
    damages.sort_by_key(|damage| (damage.range.start, damage.kind));
    let read = entries(&document, opened.as_ref(), parse);
    let readers = document.readers();
    let noted = opened.map_or_else(|| notes::seen(&document), |opened| notes::opened(&document, &opened.values));
    let (entries, faults, verbatim) = (read.entries, read.faults, read.verbatim);
    Sealed { text, entries, faults, damages, masks, readers, state, verbatim, noted }
}

fn readers(bytes: &[u8]) -> Result<Readers, CannotOpen> {
    if recognise(bytes).is_err() {
        return Err(if bytes.len() > envelope::LARGEST { CannotOpen::TooLarge } else { CannotOpen::Damaged });
    }
    Ok(Document::metadata_of(std::str::from_utf8(bytes).unwrap_or_default()).readers())
}

fn plain(bytes: &[u8], identities: &Identities) -> Result<Secret, CannotOpen> {
    recognise(bytes).map_err(|_| CannotOpen::Damaged)?;
    let text = String::from_utf8_lossy(bytes);
    let document = Document::parse(&text);
    let opened = Opened::open(&document, identities).map_err(|closed| match closed {
        Closed::Locked(why) => why,
        Closed::Damaged(_) => CannotOpen::Damaged,
    })?;
    // Whoever is let in beside those who are named would be gone with the next data key, and nobody would know.
    if opened::seen(&document).iter().any(|damage| damage.kind == DamageKind::Broken) {
        return Err(CannotOpen::Damaged);
    }
    let lines = document.lines.iter().zip(&opened.values).filter(|(line, value)| !notes::is_note(line, value));
    // Sized beforehand, so that no outgrown buffer keeps a copy of the secrets.
    let size = lines.clone().map(|(line, value)| line.key.map_or(1, |key| key.len() + 1) + 2 * value.len() + 1).sum();
    let mut text = String::with_capacity(size);
    for (line, value) in lines {
        push_line(&mut text, line.key, value);
    }
    Ok(Secret::new(text))
}

/// Why a file's values stay unknown.
#[derive(Debug)]
enum Closed {
    Locked(CannotOpen),
    Damaged(Vec<Damage>),
}

/// One line of opened text. SOPS keeps a value on its line by spelling line ends as `\n`, and nothing else.
fn push_line(text: &mut String, key: Option<&str>, value: &str) {
    match key {
        Some(key) => text.extend([key, "="]),
        None => text.push('#'),
    }
    for (index, part) in value.split('\n').enumerate() {
        if index > 0 {
            text.push_str("\\n");
        }
        text.push_str(part);
    }
    text.push('\n');
}

/// The value that SOPS seals for what stands on a line of opened text; see [`push_line`].
fn decoded(value: &str) -> Zeroizing<String> {
    Zeroizing::new(value.replace("\\n", "\n"))
}

/// Tells a SOPS dotenv file from whatever else may carry its name.
fn recognise(bytes: &[u8]) -> Result<(), (&'static str, &'static str)> {
    const ONLY: &str = "sparkcfg reads SOPS files in dotenv form (.secrets.env) and whole age files (.secrets.env.age)";
    if envelope::has_conflict(bytes) {
        return Err((envelope::CONFLICT, envelope::solve(bytes, None)));
    }
    if bytes.len() > envelope::LARGEST {
        return Err((CannotOpen::TooLarge.message(), RESTORE));
    }
    if envelope::is_age(bytes) {
        return Err(("this is a whole age file, not a SOPS file", "name it so that it ends with .secrets.env.age"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(("this file is not UTF-8 text", RESTORE));
    };
    if text.starts_with('\u{feff}') {
        let message = "this file begins with a byte order mark, which SOPS takes for a part of the first name";
        return Err((message, "save it as UTF-8 without the mark, or take it from the last commit"));
    }
    if text.contains('\r') {
        let help = "take it from the last commit with Unix line ends, and write `*.secrets.env text eol=lf` into .gitattributes";
        return Err(("this file was converted to Windows line ends, which SOPS cannot read", help));
    }
    if text.trim_start().starts_with('{') {
        return Err(("this is JSON, not a SOPS file in dotenv form", ONLY));
    }
    let begins = |start: &str| envelope::line_with(text.as_bytes(), start.as_bytes()).is_some();
    if begins("sops:") {
        return Err(("this is a SOPS file in YAML form, not in dotenv form", ONLY));
    }
    if begins("[sops]") {
        return Err(("this is a SOPS file in INI form, not in dotenv form", ONLY));
    }
    if begins(document::PREFIX) {
        return Ok(());
    }
    let help = match text {
        _ if has_sealed_value(text) => return Err((CUT_OFF, RESTORE)),
        _ if text.trim().is_empty() => {
            return Err(("this file is empty, which no sealed file is", RESTORE_OR_REMOVE));
        }
        _ => "seal its values with `sparkcfg secrets import`",
    };
    Err(("this file is not sealed: it has no SOPS metadata", help))
}

/// Whether a line of dotenv text holds a sealed value, or the beginning of one.
fn has_sealed_value(text: &str) -> bool {
    let value =
        |line: &str| line.strip_prefix('#').or_else(|| Some(line.split_once('=')?.1)).is_some_and(begins_sealed);
    text.lines().any(value)
}

/// What breaks the rules of a sealed file and can be seen without a key; and what no output may show: whatever is not
/// sealed, whatever stands where a name should, and sealed text that no entry has.
fn profile(document: &Document<'_>) -> (Vec<Damage>, Vec<Range<u32>>) {
    let mut damages = document.damages.clone();
    let mut masks: Vec<_> = damages.iter().map(|damage| damage.range.clone()).collect();
    let mut keys = HashSet::new();
    for line in &document.lines {
        let of_key = line.key.and_then(|key| key_damage(key, line, &mut keys));
        let of_value = value_damage(line);
        let is_no_name = of_key.as_ref().is_some_and(|damage| damage.kind == DamageKind::KeyName);
        if is_no_name {
            masks.push(line.key_range());
        }
        // A sealed text tells how long it is. Those of keys are masked with their entries.
        let has_no_entry = line.key.is_none() || is_no_name;
        if of_value.is_some() || has_no_entry && cipher::looks_sealed(line.value) {
            masks.push(line.value_range());
        }
        // One line is one mistake, and what stands there in plain text the worst of it.
        let is_plain = of_value.as_ref().is_some_and(|damage| damage.kind == DamageKind::Unsealed);
        match (of_key, of_value) {
            (Some(_), Some(value)) if is_plain && !line.value.is_empty() => damages.push(value),
            (Some(key), Some(_)) if is_no_name && line.value.is_empty() => damages.push(key),
            (key, value) => damages.extend(key.into_iter().chain(value)),
        }
    }
    masks.retain(|range| !range.is_empty());
    (damages, masks)
}

fn key_damage<'a>(key: &'a str, line: &Line<'a>, keys: &mut HashSet<&'a str>) -> Option<Damage> {
    let (kind, message, help) = if !is_name(key) {
        let help = "write KEY=value with no blanks before the `=`; a multi-line value goes on one line, with \\n";
        (DamageKind::KeyName, "this is no variable's name", help)
    } else if !keys.insert(key) {
        (DamageKind::Duplicate, "this key stands in the file twice", "keep one of the two")
    } else {
        return None;
    };
    Some(Damage { range: line.key_range(), kind, message, help })
}

fn value_damage(line: &Line<'_>) -> Option<Damage> {
    let range = if line.value.is_empty() { line.key_range() } else { line.value_range() };
    let is_harmless = line.key.is_none() && line.value.is_empty() || notes::is_note(line, line.value);
    let (kind, message, help) = if is_harmless || cipher::Token::parse(line.value).is_some() {
        return None;
    } else if cipher::looks_sealed(line.value) {
        (DamageKind::Broken, "the sealed value is cut off or changed", RESTORE)
    } else if line.key.is_none() {
        let help = "anybody who can push may have written it; seal it, or remove it";
        (DamageKind::Comment, "this comment is not sealed", help)
    } else if line.value.is_empty() {
        let help = "SOPS cannot seal an empty value: move it to an unsealed layer, or give it one";
        (DamageKind::Unsealed, "the value is empty, so nothing protects it", help)
    } else {
        let help = "take the line away and seal the value with `sparkcfg secrets set`; once it was committed, change it where it is used, too: it stands in the history";
        (DamageKind::Unsealed, "the value is in plain text", help)
    };
    Some(Damage { range, kind, message, help })
}

/// What the lines of a file say; see [`Sealed`].
#[derive(Default)]
struct Said {
    entries: Vec<Entry>,
    faults: Vec<Fault>,
    verbatim: Vec<(usize, Secret)>,
}

/// The entries of the file; a key that is no name may be a piece of a secret, and is none.
fn entries(document: &Document<'_>, opened: Option<&Opened>, parse: Parse) -> Said {
    let mut all = Said { entries: Vec::with_capacity(document.lines.len()), ..Said::default() };
    for (index, line) in document.lines.iter().enumerate() {
        let Some(key) = line.key.filter(|key| is_name(key)) else { continue };
        let value = opened.and_then(|opened| opened.values.get(index));
        let (content, interpolates) = match value {
            None => (Content::Sealed, false),
            Some(value) => match read(key, value, parse) {
                Ok(read) => read,
                Err((kind, message, help)) => {
                    all.faults.push(Fault { at: line.value_range(), kind, message, help });
                    continue;
                }
            },
        };
        let reads_alike = |value: &str| matches!(&content, Content::Opened(text) if text.expose() == value && !(interpolates && value.contains('$')));
        if let Some(value) = value.filter(|value| !reads_alike(value)) {
            all.verbatim.push((all.entries.len(), Secret::new(value.to_string())));
        }
        all.entries.push(Entry { key: line.key_range(), value: line.value_range(), content, interpolates });
    }
    all
}

/// Reads one opened line in the dialect. Line by line, so that a quote left open in one value cannot swallow others.
fn read(key: &str, value: &str, parse: Parse) -> Result<(Content, bool), (FaultKind, &'static str, &'static str)> {
    let mut line = Zeroizing::new(String::with_capacity(key.len() + 2 * value.len() + 2));
    push_line(&mut line, Some(key), value);
    let (mut found, faults) = parse(&line);
    if let Some(fault) = faults.first() {
        return Err((fault.kind, fault.message, fault.help));
    }
    let entry = found.pop().filter(|entry| found.is_empty() && entry.key == (0..offset(key.len())));
    let Some(entry) = entry else {
        let help = "mend it with `sparkcfg secrets edit`";
        return Err((FaultKind::Refused, "the opened value goes on after its closing quote", help));
    };
    let secret = match entry.content {
        Content::Slice(range) => line.get(range.start as usize..range.end as usize).unwrap_or_default().to_owned(),
        Content::Decoded(text) => String::from(text),
        other => return Ok((other, entry.interpolates)),
    };
    Ok((Content::Opened(Secret::new(secret)), entry.interpolates))
}

/// Whether a text is a sealed value.
pub(super) fn is_token(text: &str) -> bool {
    cipher::Token::parse(text).is_some()
}

/// What of a file can be recognised again without a key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Traces {
    /// The sealed text of each value. It stays the same as long as the value and the data key do.
    pub values: BTreeMap<String, String>,
    /// The data key, sealed for each recipient. Files that have one of these in common have the same data key.
    pub keys: BTreeSet<String>,
    /// What merges noted in it, as far as that stands in plain sight.
    pub noted: Noted,
}

/// Reads what can be recognised again; nothing where the bytes are no SOPS file.
#[must_use]
pub fn traces(bytes: &[u8]) -> Traces {
    if recognise(bytes).is_err() {
        return Traces::default();
    }
    let text = String::from_utf8_lossy(bytes);
    let document = Document::parse(&text);
    Traces { noted: notes::seen(&document), ..traces_of(&document) }
}

fn traces_of(document: &Document<'_>) -> Traces {
    // Nothing of a value in plain sight may be kept, not even a digest.
    let sealed = document.lines.iter().filter(|line| cipher::Token::parse(line.value).is_some());
    let values = sealed.filter_map(|line| Some((line.key?.to_owned(), line.value.to_owned())));
    let keys = document.blocks().into_iter().filter_map(|block| Some(block.sealed_key?.value.to_owned()));
    Traces { values: values.collect(), keys: keys.collect(), ..Traces::default() }
}

/// The same with what a merge noted and SOPS sealed since, as far as `identities` can open it.
#[must_use]
pub fn opened_traces(bytes: &[u8], identities: &Identities) -> Traces {
    let mut traces = traces(bytes);
    let text = String::from_utf8_lossy(bytes);
    let document = Document::parse(&text);
    if document.lines.iter().any(|line| line.key.is_none() && is_token(line.value))
        && let Ok(opened) = Opened::open(&document, identities)
    {
        traces.noted = notes::opened(&document, &opened.values);
    }
    traces
}
