//! How a sealed file opens and closes: one file a form.
//!
//! To add a form: one file with a [`Store`], one `mod` line, one entry in [`ALL`].
//!
//! A sealed file is in one of three states. *Opened*: its values are known. *Closed*: no identity opens it, but where
//! the form shows names they are known. *Damaged*: it was changed by somebody who could not open it, or cut off; no
//! value of it is used.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::envelope::{self, CannotOpen};
use crate::identity::{Identities, Recipient, RecipientKind};
use crate::layer::{Entry, Fault, Parse};
use crate::plain::is_name;
use crate::secret::Secret;

pub mod age;
pub mod sops;

use self::sops::Noted;

/// One form of sealed file.
#[derive(Debug)]
pub struct Store {
    /// What users call it.
    pub name: &'static str,
    /// How the names of such files end; the first that fits, in the order of [`ALL`], decides.
    pub suffix: &'static str,
    /// Whether names, and who can read, are visible without a key.
    pub shows_names: bool,
    /// Reads a file as far as `identities` allow; opened values are read by the dialect that is handed over. Never
    /// fails: what is wrong is in the answer.
    pub open: fn(&[u8], &Identities, Parse) -> Sealed,
    /// Who can read the file, without any key.
    pub readers: fn(&[u8]) -> Result<Readers, CannotOpen>,
    /// The opened file as dotenv text, for editing and export.
    pub plain: fn(&[u8], &Identities) -> Result<Secret, CannotOpen>,
    /// Seals dotenv text.
    pub seal: fn(&Secret, &Order<'_>) -> Result<String, CannotSeal>,
}

/// Every form. A file whose name fits none is not sealed.
pub static ALL: &[Store] = &[age::STORE, sops::STORE];

/// The form of a file by its name.
#[must_use]
pub fn of(path: &str) -> Option<&'static Store> {
    ALL.iter().find(|store| path.ends_with(store.suffix))
}

/// Whether a text is a value as SOPS seals it, also where its end was cut off.
#[must_use]
pub fn is_sealed(text: &str) -> bool {
    sops::is_token(text) || begins_sealed(text) && !text.ends_with(']')
}

/// Whether a text begins as a value that SOPS sealed, whatever became of it.
#[must_use]
pub fn begins_sealed(text: &str) -> bool {
    const BEGINNING: &str = "ENC[AES256_GCM,";
    text.starts_with(BEGINNING) || text.starts_with("ENC[") && BEGINNING.starts_with(text)
}

/// A sealed file, read.
pub struct Sealed {
    /// What the ranges below slice: the file as it stands, or, where it shows no names, the opened names alone.
    pub text: Arc<str>,
    /// The entries in file order, duplicates included. Values are opened or sealed, never bytes of `text`.
    pub entries: Vec<Entry>,
    /// Opened values that the dialect cannot read.
    pub faults: Vec<Fault>,
    /// What breaks the rules of a sealed file, in file order.
    pub damages: Vec<Damage>,
    /// Parts of `text` that may hold a secret in plain sight: no output may show them.
    pub masks: Vec<Range<u32>>,
    /// Who can read it.
    pub readers: Readers,
    /// How far it could be read.
    pub state: State,
    /// The values that the dialect reads otherwise than they stand there, as they stand: index into `entries` → text. Other
    /// programs for this form of file know nothing of the dialect.
    pub verbatim: Vec<(usize, Secret)>,
    /// What merges noted in it.
    pub noted: Noted,
}

/// How far a sealed file could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The values are known and authentic.
    Opened,
    /// The values stay sealed.
    Closed(CannotOpen),
    /// No value is used; at least one [`Damage`] says why.
    Damaged,
}

/// Something in a sealed file that breaks its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where, as bytes of [`Sealed::text`].
    pub range: Range<u32>,
    /// Which rule.
    pub kind: DamageKind,
    /// What is, in lower case; never quotes the file.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// The rules of a sealed file. SOPS itself enforces only the first; the others close what somebody who can write to
/// the repository, but not open the file, could slip past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DamageKind {
    /// Everything is as its last writer left it.
    Broken,
    /// Every value is sealed.
    Unsealed,
    /// Every key is a variable's name.
    KeyName,
    /// Every key stands there once.
    Duplicate,
    /// Comments are sealed too.
    Comment,
}

/// Who can read a sealed file, as far as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readers {
    /// The recipients, as written in the file, in file order.
    pub recipients: Vec<String>,
    /// Where each stands in the file's text; empty where the form does not show who they are.
    pub places: Vec<Range<u32>>,
    /// Recipients that the file counts but does not name, by kind: `X25519`.
    pub unnamed: Vec<String>,
    /// What else than age opens a SOPS file.
    pub others: Vec<OtherKey>,
}

/// How the recipients that a file does not name differ from those who are declared, as far as counting tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many there are too many, over all kinds.
    pub too_many: usize,
    /// How many are missing.
    pub too_few: usize,
}

impl Readers {
    /// Compares the recipients without a name with those of `declared` public keys, kind by kind. How many stanzas a plugin
    /// writes for a recipient is its own affair: of those, none or some is all that can be told.
    pub fn counted<'a>(&self, declared: impl Iterator<Item = &'a str>) -> Counted {
        let mut counts = BTreeMap::<_, (usize, usize)>::new();
        for stanza in &self.unnamed {
            counts.entry(kind_of_stanza(stanza)).or_default().0 += 1;
        }
        for key in declared {
            counts.entry(RecipientKind::of(key)).or_default().1 += 1;
        }
        let mut all = Counted::default();
        for (kind, (there, wanted)) in counts {
            let there = if kind == RecipientKind::Plugin && there > 0 && wanted > 0 { wanted } else { there };
            all.too_many += there.saturating_sub(wanted);
            all.too_few += wanted.saturating_sub(there);
        }
        all
    }
}

fn kind_of_stanza(stanza: &str) -> RecipientKind {
    match stanza {
        "X25519" => RecipientKind::X25519,
        ssh if ssh.starts_with("ssh-") => RecipientKind::Ssh,
        _ => RecipientKind::Plugin,
    }
}

/// Whether a stanza of an age file's header is one that only a plugin writes.
#[must_use]
pub fn is_of_plugin(stanza: &str) -> bool {
    kind_of_stanza(stanza) == RecipientKind::Plugin
}

/// A key of PGP or of a cloud's key service, for which SOPS sealed the data key as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherKey {
    /// `pgp`, `kms`, `gcp_kms`, `azure_kv`, `hc_vault`, …
    pub kind: String,
    /// Where the file begins to speak of it.
    pub place: Range<u32>,
}

/// How a file is to be sealed.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Who may read it: from the project's declaration, never from the file.
    pub recipients: &'a [Recipient],
    /// The time, as RFC 3339 in whole seconds UTC: `2026-11-23T07:06:00Z`.
    pub time: &'a str,
    /// Whether to make a new data key. It is made in any case when somebody loses access.
    pub new_key: bool,
    /// A recipient for whom the data key is sealed anew although it is for them already: that block may be anything.
    pub anew: Option<&'a str>,
    /// The file that this one takes the place of: what did not change keeps its bytes, where the form allows it.
    pub previous: Option<Previous<'a>>,
}

/// A sealed file that is about to be written anew.
#[derive(Debug, Clone, Copy)]
pub struct Previous<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// What opens it.
    pub identities: &'a Identities,
}

/// What a sealed file holds that is to be taken over, whatever its form.
#[derive(Debug)]
pub enum Imported {
    /// Dotenv text.
    Text(Secret),
    /// The lines of a dotenv file by SOPS, for which a value is all that follows `=`, and `\n` a line end.
    Lines(Secret),
    /// A file with other structure.
    Values {
        /// The sealed values at its top, by name, in file order; line ends are line ends. No name is there twice.
        values: Vec<(String, Secret)>,
        /// What else stands at its top.
        left_out: Vec<LeftOut>,
    },
}

/// Something in a sealed file that is no secret of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its key; `None` if that is no variable's name, as it may then be anything.
    pub name: Option<String>,
    /// Why it is left out, in lower case.
    pub why: &'static str,
}

/// Reads a sealed file that is to be taken over: dotenv, YAML and JSON by SOPS, files that SOPS sealed as a whole, and
/// whole age files; told apart by their text. `None` if the file is not sealed in any form that is known.
///
/// # Errors
/// If the file is damaged, in INI form, or cannot be opened with these identities.
pub fn import(bytes: &[u8], identities: &Identities) -> Result<Option<Imported>, CannotImport> {
    if envelope::is_age(bytes) {
        return Ok((age::STORE.plain)(bytes, identities).map(|text| Some(Imported::Text(text)))?);
    }
    sops::import(bytes, identities)
}

/// For whom a file that [`import`] reads is sealed; nobody where it is not.
#[must_use]
pub fn readers(bytes: &[u8]) -> Readers {
    if envelope::is_age(bytes) {
        return (age::STORE.readers)(bytes).unwrap_or_default();
    }
    sops::readers_of_any(bytes)
}

/// Why a sealed file gives nothing to be taken over. It never quotes the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotImport {
    /// 1-based line of the file; 0 when it is about the whole.
    pub line: usize,
    /// What is, in lower case.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

impl From<CannotOpen> for CannotImport {
    fn from(why: CannotOpen) -> Self {
        Self { line: 0, message: why.message(), help: why.help() }
    }
}

/// Why text cannot be sealed. It never quotes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotSeal {
    /// 1-based line of the dotenv text; 0 when it is about the whole.
    pub line: usize,
    /// What is, in lower case.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

impl CannotSeal {
    const fn whole(message: &'static str, help: &'static str) -> Self {
        Self { line: 0, message, help }
    }
}

/// A text that would make a file too large to be opened again.
const TOO_MUCH: CannotSeal = CannotSeal::whole(
    "sealed, this would be larger than 1 MiB, which no sealed file may be",
    "keep what is large in a file of its own, and its path here",
);

impl From<CannotOpen> for CannotSeal {
    fn from(error: CannotOpen) -> Self {
        Self::whole(error.message(), error.help())
    }
}

impl fmt::Display for CannotSeal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(formatter, "line {}: ", self.line)?;
        }
        formatter.write_str(self.message)
    }
}

impl std::error::Error for CannotSeal {}

// The text may hold what somebody forgot to seal.
impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sealed")
            .field("state", &self.state)
            .field("entries", &self.entries)
            .field("faults", &self.faults)
            .field("damages", &self.damages)
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

impl Sealed {
    /// A file of which nothing can be said but what is wrong with it.
    fn unreadable(text: Arc<str>, message: &'static str, help: &'static str) -> Self {
        // Where git left a conflict, that is the place.
        let before = envelope::conflict_line(text.as_bytes()).unwrap_or(1) - 1;
        let start = offset(text.split_inclusive('\n').take(before).map(str::len).sum());
        let damage = Damage { range: start..start, kind: DamageKind::Broken, message, help };
        // In two parts, or the place would be told as the beginning.
        let masks = [0..start, start..offset(text.len())].into_iter().filter(|range| !range.is_empty()).collect();
        Self {
            text,
            entries: Vec::new(),
            faults: Vec::new(),
            damages: vec![damage],
            masks,
            readers: Readers::default(),
            state: State::Damaged,
            verbatim: Vec::new(),
            noted: Noted::default(),
        }
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_without_a_name_are_counted_by_kind() {
        let keys = ["age1qqqq", "age1yubikey1qqqq", "ssh-ed25519 AAAA"];
        for (stanzas, declared, expected) in [
            (&["X25519", "X25519"][..], &[keys[0], keys[0]][..], (0, 0)),
            (&["X25519", "X25519"], &keys[..1], (1, 0)),
            (&["X25519"], &[keys[0], keys[0]], (0, 1)),
            (&["ssh-ed25519"], &keys[..1], (1, 1)),
            // One recipient of a plugin, for whom it writes as many stanzas as it likes.
            (&["X25519", "piv-p256", "piv-p256"], &keys[..2], (0, 0)),
            (&["X25519"], &keys[..2], (0, 1)),
            (&["X25519", "piv-p256", "piv-p256"], &keys[..1], (2, 0)),
            (&["X25519", "X25519", "piv-p256", "ssh-ed25519"], &keys, (1, 0)),
        ] {
            let unnamed = stanzas.iter().map(|stanza| (*stanza).to_owned()).collect();
            let counted = Readers { unnamed, ..Readers::default() }.counted(declared.iter().copied());
            assert_eq!((counted.too_many, counted.too_few), expected, "{stanzas:?} {declared:?}");
        }
    }

    #[test]
    fn forms_by_name() {
        for (path, expected) in [
            ("environments/prod.secrets.env", Some("sops")),
            ("prod.secrets.env.age", Some("age")),
            ("secrets.env", None),
            ("environments/prod.env", None),
            ("environments/prod.secrets.yaml", None),
        ] {
            assert_eq!(of(path).map(|store| store.name), expected, "{path}");
        }
    }
}
