//! One age file around some bytes: the only place that opens or seals with age.

use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Decryptor, Encryptor};
use zeroize::Zeroizing;

use crate::identity::{Identities, Recipient};

/// The most bytes that a sealed file may have.
pub const LARGEST: usize = 1 << 20;

/// The most recipients that a sealed file may have.
pub const MOST_RECIPIENTS: usize = 64;

const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
/// How long a line of a stanza's body is, but for the last.
const FULL_LINE: usize = 64;
const MAGIC: &[u8] = b"age-encryption.org/";

/// Why a sealed file stays closed. It never says anything about what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CannotOpen {
    /// The run has no identity.
    NoIdentity,
    /// The run is for a change that somebody without access proposes, and uses no identity of whoever has one.
    Withheld,
    /// None of the run's identities is among the recipients.
    NotARecipient,
    /// Sealed for post-quantum recipients only.
    PostQuantum,
    /// Sealed for plugin recipients only.
    Plugin,
    /// Sealed for SSH keys only, and this build cannot read those.
    Ssh,
    /// Sealed with a passphrase.
    Passphrase,
    /// The data key is split over several key groups.
    KeyGroups,
    /// Sealed with PGP or a cloud's key service only.
    OtherKeys,
    /// Not an age file, cut off or changed.
    Damaged,
    /// It opens, to what is no text that an env file can hold.
    NoText,
    /// Larger than [`LARGEST`].
    TooLarge,
    /// More than [`MOST_RECIPIENTS`].
    TooManyRecipients,
}

impl CannotOpen {
    /// Why a run opens nothing of a file that an identity could open.
    #[must_use]
    pub fn without_key(identities: &Identities) -> Self {
        match identities {
            withheld if withheld.is_withheld() => Self::Withheld,
            none if none.is_empty() => Self::NoIdentity,
            _ => Self::NotARecipient,
        }
    }

    /// What is, in lower case.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::NoIdentity => "no age identity was found",
            Self::Withheld => "this is a pull request from a fork, which gets no secrets",
            Self::NotARecipient => "none of the age identities found can open it",
            Self::PostQuantum => "it is sealed for a post-quantum recipient (age1pq1…), which is not supported",
            Self::Plugin => "it is sealed for an age plugin, which is not supported in this build",
            Self::Ssh => "it is sealed for an SSH key, which is not supported in this build",
            Self::Passphrase => "it is sealed with a passphrase, which is not supported",
            Self::KeyGroups => "its key is split over several key groups (Shamir), which is not supported",
            Self::OtherKeys => "it is sealed with PGP or a cloud's key service, which is not supported",
            Self::Damaged => "it is not an age file, or it was cut off or changed",
            Self::NoText => "it opens, but what is in it is no text that an env file can hold",
            Self::TooLarge => "it is larger than 1 MiB",
            Self::TooManyRecipients => "it has more than 64 recipients",
        }
    }

    /// What to do.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::NoIdentity => {
                "set SOPS_AGE_KEY_FILE, or pass --identity FILE; `sparkcfg secrets init` makes a key, to be granted access"
            }
            Self::Withheld => {
                "leave what needs secrets out of such a run, or push the change to a branch of this repository once somebody has read it; SPARKCFG_TRUST_FORK=1 opens secrets to it all the same"
            }
            Self::NotARecipient => {
                "ask somebody who can open it for `sparkcfg secrets grant NAME ENV`; `sparkcfg secrets init` prints your public key"
            }
            Self::Ssh => {
                "seal it for an age1… recipient, or build sparkcfg with `--features ssh`, which brings the crate rsa along (RUSTSEC-2023-0071)"
            }
            Self::Plugin => "seal it for an age1… recipient, or build sparkcfg with `--features plugin`",
            Self::Damaged | Self::TooLarge => "restore the file from the last commit in which it opened",
            Self::NoText => {
                "`secrets edit` cannot change it: get what is in it with `age -d -i KEYFILE FILE > PLAIN`, and seal it under another name, or as KEY=value lines in UTF-8"
            }
            Self::KeyGroups => "seal it with one key group: `sops rotate` after changing .sops.yaml",
            Self::PostQuantum | Self::Passphrase | Self::OtherKeys | Self::TooManyRecipients => {
                "seal it for age1… recipients, of which there may be 64"
            }
        }
    }

    /// Whether the file itself is at fault, rather than the lack of a key.
    #[must_use]
    pub const fn is_damage(self) -> bool {
        matches!(self, Self::Damaged | Self::NoText | Self::TooLarge | Self::TooManyRecipients)
    }
}

/// What a file is in which git left both sides, and what to do about it.
pub const CONFLICT: &str = "git left a conflict in this file";

/// The marks around what both sides changed, where the rest was merged key by key: with either side at all of them the file
/// is whole.
pub const OURS: &str = "<<<<<<< ours, merged by key\n";
/// See [`OURS`].
pub const THEIRS: &str = ">>>>>>> theirs, merged by key\n";

/// What to do about a conflict that is left of a merge key by key.
pub const SOLVE_KEYS: &str = "take the same side at every mark, then `sparkcfg secrets set KEY -e ENV` where neither value is right; a whole version, as by `git checkout --ours`, loses what only the other side changed";

/// What to do about a conflict in a whole age file.
pub const SOLVE_WHOLE: &str = "take one version with `git checkout --ours` or `--theirs`, and set anew what only the other one changed: `sparkcfg secrets diff ENV@HEAD ENV@MERGE_HEAD` names it";

/// What to do about a conflict in a file by SOPS, with these identities, if that is known. What git merged line by line is whole with neither side
/// of its marks.
#[must_use]
pub fn solve(bytes: &[u8], identities: Option<&Identities>) -> &'static str {
    let by_key = bytes.split_inclusive(|byte| *byte == b'\n').any(|line| line == OURS.as_bytes());
    // Whoever has no age identity but others may have one that opens it.
    let is_reader = |key: &String| memchr::memmem::find(bytes, key.as_bytes()).is_some();
    // Where nobody looked for one, there may be one.
    let looked = identities.filter(|all| all.is_withheld() || !all.places().is_empty());
    let has_key =
        looked.is_none_or(|all| all.count() > all.public_keys().len() || all.public_keys().iter().any(is_reader));
    if by_key {
        SOLVE_KEYS
    } else if !has_key {
        "merge it anew, key by key, with a key that opens both sides, which is not here: leave that to somebody who has one (`git merge --abort` leaves the branches as they were), or get one, then `git checkout --merge FILE`"
    } else {
        "merge it anew, key by key: `git checkout --merge FILE`, once git knows `sparkcfg secrets merge` (see `sparkcfg explain sealed-file-damaged`); one side of these marks breaks the file, or loses what the other one changed"
    }
}

/// What to do about it in a file that people write.
pub const SOLVE_TEXT: &str =
    "keep what is right of both sides, and take the lines with <<<<<<<, ======= and >>>>>>> away";

/// Whether git left both sides of a merge in a file.
#[must_use]
pub fn has_conflict(bytes: &[u8]) -> bool {
    conflict_line(bytes).is_some()
}

/// The 1-based line at which git left both sides of a merge in a file.
#[must_use]
pub fn conflict_line(bytes: &[u8]) -> Option<usize> {
    line_with(bytes, b">>>>>>> ")?;
    let at = line_with(bytes, b"<<<<<<< ")?;
    Some(memchr::memchr_iter(b'\n', bytes.get(..at)?).count() + 1)
}

/// Where the first line stands that begins so.
#[must_use]
pub fn line_with(bytes: &[u8], start: &[u8]) -> Option<usize> {
    let begins_line = |at: &usize| at.checked_sub(1).is_none_or(|before| bytes.get(before) == Some(&b'\n'));
    memchr::memmem::find_iter(bytes, start).find(begins_line)
}

/// Whether `bytes` begin as an age file does, armored or not.
#[must_use]
pub fn is_age(bytes: &[u8]) -> bool {
    armor(bytes).is_some() || bytes.starts_with(MAGIC)
}

/// The armored file without the blanks that may stand before it.
fn armor(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.trim_ascii_start();
    bytes.starts_with(ARMOR).then_some(bytes)
}

/// Opens an age file, armored or binary.
///
/// # Errors
/// If it is damaged, sealed in a way that is not supported, or for none of the `identities`.
pub fn open(bytes: &[u8], identities: &Identities) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
    let binary = unarmored(bytes)?;
    let stanzas = stanzas(&binary)?;
    if identities.is_empty() {
        return Err(CannotOpen::without_key(identities));
    }
    let decryptor = Decryptor::new_buffered(binary.as_slice()).map_err(|_| CannotOpen::Damaged)?;
    let mut reader = decryptor.decrypt(identities.keys()).map_err(|error| match error {
        DecryptError::NoMatchingKeys => unsupported(&stanzas, identities),
        _ => CannotOpen::Damaged,
    })?;
    // Sized beforehand, so that no outgrown buffer keeps a copy of the secret.
    let mut opened = Zeroizing::new(Vec::with_capacity(binary.len()));
    // Each chunk is authenticated on its own; nothing is used before the last one was.
    reader.read_to_end(&mut opened).map_err(|_| CannotOpen::Damaged)?;
    Ok(opened)
}

/// The kinds of recipients in an age file's header, one each: `X25519`, `ssh-ed25519`. Which keys they belong to
/// cannot be told from the file.
///
/// # Errors
/// If it is no age file, or one with a passphrase, or one with too many recipients.
pub fn recipient_kinds(bytes: &[u8]) -> Result<Vec<String>, CannotOpen> {
    stanzas(&unarmored(bytes)?)
}

/// Seals `bytes` for `recipients` as an armored age file.
///
/// # Errors
/// If there is no recipient, or the library refuses one; the text says which of the two.
pub fn seal(bytes: &[u8], recipients: &[&Recipient]) -> Result<String, &'static str> {
    if recipients.is_empty() {
        return Err("there is no recipient to seal it for");
    }
    if recipients.len() > MOST_RECIPIENTS {
        return Err("a sealed file can have 64 recipients at most");
    }
    let keys = recipients.iter().map(|recipient| recipient.key()).collect::<Result<Vec<_>, _>>()?;
    let encryptor = Encryptor::with_recipients(keys.iter().map(|key| &**key as &dyn age::Recipient))
        .map_err(|_| "these recipients cannot be combined in one file")?;
    let armored = armored(encryptor, bytes).map_err(|_| "age could not seal it")?;
    String::from_utf8(armored).map_err(|_| "age could not seal it")
}

fn armored(encryptor: Encryptor, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armor)?;
    writer.write_all(bytes)?;
    writer.finish()?.finish()
}

fn unarmored(bytes: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    if bytes.len() > LARGEST {
        return Err(CannotOpen::TooLarge);
    }
    if !is_age(bytes) {
        return Err(CannotOpen::Damaged);
    }
    let mut binary = Vec::with_capacity(bytes.len());
    ArmoredReader::new(armor(bytes).unwrap_or(bytes)).read_to_end(&mut binary).map_err(|_| CannotOpen::Damaged)?;
    Ok(binary)
}

/// The types of the header's stanzas, see <https://c2sp.org/age#file-header>. Read before the library sees the file,
/// so that a passphrase (which costs seconds and memory) and a crowd of recipients are never tried, and that a stanza
/// without the short line at its end, which the library accepts, is refused.
fn stanzas(binary: &[u8]) -> Result<Vec<String>, CannotOpen> {
    let mut types = Vec::new();
    let mut in_body = false;
    for line in binary.split(|byte| *byte == b'\n').skip(1) {
        if in_body && !line.starts_with(b"-") && line.len() <= FULL_LINE {
            in_body = line.len() == FULL_LINE;
            continue;
        }
        if !in_body && line.starts_with(b"---") {
            return Ok(types);
        }
        let Some(stanza) = line.strip_prefix(b"-> ").filter(|_| !in_body) else { break };
        in_body = true;
        let name = stanza.split(|byte| *byte == b' ').next().unwrap_or_default();
        let name = String::from_utf8(name.to_vec()).map_err(|_| CannotOpen::Damaged)?;
        if name == "scrypt" {
            return Err(CannotOpen::Passphrase);
        }
        // Writers add a stanza of noise, so that readers never come to rely on knowing all types.
        if !name.ends_with("-grease") {
            types.push(name);
        }
        if types.len() > MOST_RECIPIENTS {
            return Err(CannotOpen::TooManyRecipients);
        }
    }
    Err(CannotOpen::Damaged)
}

/// Why no identity fits: because of what the recipients are, or because of who.
fn unsupported(stanzas: &[String], identities: &Identities) -> CannotOpen {
    let supported = |name: &String| name == "X25519" || (cfg!(feature = "ssh") && name.starts_with("ssh-"));
    if stanzas.iter().any(supported) {
        return CannotOpen::without_key(identities);
    }
    match stanzas.first().map(String::as_str) {
        Some(name) if name.starts_with("mlkem") || name.contains("tagpq") => CannotOpen::PostQuantum,
        Some(name) if name.starts_with("ssh-") => CannotOpen::Ssh,
        // A plugin names its stanzas as it likes.
        Some(_) if !cfg!(feature = "plugin") => CannotOpen::Plugin,
        _ => CannotOpen::without_key(identities),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Identities, Recipient) {
        use age::secrecy::ExposeSecret;
        let key = age::x25519::Identity::generate();
        let mut identities = Identities::default();
        assert_eq!(identities.add("test", key.to_string().expose_secret()), []);
        (identities, key.to_public().to_string().parse().unwrap())
    }

    #[test]
    fn what_is_sealed_opens() {
        let (first, for_first) = pair();
        let (second, for_second) = pair();
        let (carol, _) = pair();
        let sealed = seal(b"canary", &[&for_first, &for_second]).unwrap();
        assert_eq!(open(sealed.as_bytes(), &first).unwrap().as_slice(), b"canary");
        assert_eq!(open(sealed.as_bytes(), &second).unwrap().as_slice(), b"canary");
        assert_eq!(open(sealed.as_bytes(), &carol).unwrap_err(), CannotOpen::NotARecipient);
        assert_eq!(open(sealed.as_bytes(), &Identities::default()).unwrap_err(), CannotOpen::NoIdentity);
        let (mut published, mut none) = (pair().0, Identities::default());
        published.withhold();
        none.withhold();
        assert_eq!(open(sealed.as_bytes(), &published).unwrap_err(), CannotOpen::Withheld);
        assert_eq!(open(sealed.as_bytes(), &none).unwrap_err(), CannotOpen::Withheld);
        assert_eq!(recipient_kinds(sealed.as_bytes()).unwrap(), ["X25519", "X25519"]);
        assert!(seal(b"", &[]).is_err());
    }

    #[test]
    fn what_is_refused() {
        let (first, _) = pair();
        let header = |stanza: &str, count: usize| format!("age-encryption.org/v1\n{}--- x\n", stanza.repeat(count));
        for (bytes, expected) in [
            (String::new(), CannotOpen::Damaged),
            ("KEY=value\n".into(), CannotOpen::Damaged),
            ("-----BEGIN AGE ENCRYPTED FILE-----".into(), CannotOpen::Damaged),
            (header("-> scrypt c2FsdA 63\nAAAA\n", 1), CannotOpen::Passphrase),
            (header("-> X25519 AAAA\nAAAA\n", 65), CannotOpen::TooManyRecipients),
            (header("-> X25519 AAAA\nAAAA\n", 1), CannotOpen::Damaged),
            (format!("age-encryption.org/v1\n{}", "A".repeat(LARGEST)), CannotOpen::TooLarge),
        ] {
            assert_eq!(open(bytes.as_bytes(), &first).unwrap_err(), expected);
        }
    }
}
