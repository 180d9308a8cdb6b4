//! A SOPS document opened: the data key, every line's plain text, and the proof that all is as it was written.

use std::ops::Range;

use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use super::cipher::{DataKey, Token, looks_sealed};
use super::document::{Block, Document, Line};
use super::selection::Rule;
use super::{Closed, RESTORE, causes, decoded};
use crate::envelope::{self, CannotOpen};
use crate::identity::{Identities, RecipientKind};
use crate::stores::{Damage, DamageKind};

/// What the digest begins with when it covers sealed values only: SHA-256 of `sops`, so that the two kinds of digest
/// never agree.
const SEALED_ONLY: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b, 0x97, 0x5b,
    0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// An authentic document.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) key: DataKey,
    pub(super) rule: Rule,
    /// The plain text of each line of the document, in its order; line ends are line ends.
    pub(super) values: Vec<Plain>,
}

/// An opened value, wiped on drop and never printed.
pub(super) struct Plain(Zeroizing<String>);

impl std::ops::Deref for Plain {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Plain")
    }
}

impl Opened {
    /// Opens every value, or none.
    pub(super) fn open(document: &Document<'_>, identities: &Identities) -> Result<Self, Closed> {
        let key = data_key(document, identities)?;
        let at_rule = |message| Damage { range: causes::rule_range(document), ..broken(document, "", message) };
        let rule = Rule::of(document).map_err(|message| Closed::Damaged(vec![at_rule(message)]))?;
        let mut damages = document.damages.clone();
        let mut values = Vec::with_capacity(document.lines.len());
        let mut digest = Mac::new(document.field("mac_only_encrypted") == Some("true"));
        let mut walk = rule.walk();
        for line in &document.lines {
            let sealed = walk.seals(line.key);
            match open_line(line, sealed, &key) {
                Ok(value) => {
                    match line.key {
                        Some(_) => digest.add(&value, sealed),
                        None => walk.comment(&value),
                    }
                    values.push(value);
                }
                Err(damage) => damages.push(damage),
            }
        }
        if damages.is_empty() {
            verify(document, &key, digest)?;
            Ok(Self { key, rule, values })
        } else {
            Err(Closed::Damaged(causes::told_once(document, damages)))
        }
    }
}

fn open_line(line: &Line<'_>, sealed: bool, key: &DataKey) -> Result<Plain, Damage> {
    let damage = |kind, message| Damage { range: line.value_range(), kind, message, help: RESTORE };
    let comment = line.key.is_none();
    if !looks_sealed(line.value) {
        // SOPS takes comments as they come, and has no sealed form for an empty value.
        if !sealed || comment || line.value.is_empty() {
            return Ok(Plain(if comment { Zeroizing::new(line.value.to_owned()) } else { decoded(line.value) }));
        }
        return Err(damage(DamageKind::Unsealed, "the value is in plain text"));
    }
    if !sealed {
        return Err(damage(DamageKind::Broken, causes::AGAINST_RULE));
    }
    let token = Token::parse(line.value).filter(|token| token.kind == if comment { "comment" } else { "str" });
    let token = token.ok_or_else(|| damage(DamageKind::Broken, "the sealed value is cut off or changed"))?;
    let opened = key.open(&token, &line.path());
    opened.map(Plain).ok_or_else(|| damage(DamageKind::Broken, causes::MOVED))
}

/// The digest over all values in file order, see [`Opened`]; keys and comments are not part of it.
pub(super) struct Mac {
    hash: Sha512,
    sealed_only: bool,
}

impl Mac {
    pub(super) fn new(sealed_only: bool) -> Self {
        let mut hash = Sha512::new();
        if sealed_only {
            hash.update(SEALED_ONLY);
        }
        Self { hash, sealed_only }
    }

    pub(super) fn add(&mut self, value: &str, sealed: bool) {
        self.add_bytes(value.as_bytes(), sealed);
    }

    /// Adds a value that may be no text.
    pub(super) fn add_bytes(&mut self, value: &[u8], sealed: bool) {
        if sealed || !self.sealed_only {
            self.hash.update(value);
        }
    }

    /// The digest as it is sealed: upper-case hexadecimal.
    pub(super) fn finish(self) -> Zeroizing<String> {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let digit = |value: u8| char::from(*DIGITS.get(usize::from(value)).unwrap_or(&b'0'));
        let mut text = Zeroizing::new(String::with_capacity(128));
        for byte in self.hash.finalize() {
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
        text
    }
}

/// Compares the digest with the one that was sealed with the file.
pub(super) fn verify(document: &Document<'_>, key: &DataKey, digest: Mac) -> Result<(), Closed> {
    let (mac, time) = mac(document).map_err(|damage| Closed::Damaged(vec![damage]))?;
    let Some(sealed) = key.open(&mac, &time) else { return Err(whole(document, "mac", CHANGED_MAC)) };
    if *sealed == *digest.finish() {
        return Ok(());
    }
    let damage = Damage { help: RESTORE_OR_MERGE, ..broken(document, "mac", OTHER_MAC) };
    Err(Closed::Damaged(vec![damage]))
}

/// Git merges a sealed file line by line where nobody told it of the merge driver.
const RESTORE_OR_MERGE: &str = "restore the file from the last good commit; if git merged it, merge it anew with the merge driver of `sparkcfg explain sealed-file-damaged`";

/// What is said of values that are not those that were sealed together.
pub(super) const OTHER_MAC: &str =
    "the MAC does not fit: values were added, removed, reordered or changed by somebody who cannot open them";

const CHANGED_MAC: &str = "the MAC (sops_mac) or sops_lastmodified was changed";

/// The sealed digest, and the time that it is sealed for.
fn mac<'a>(document: &Document<'a>) -> Result<(Token<'a>, String), Damage> {
    let Some(mac) = document.field("mac") else {
        return Err(broken(document, "", "the file has no MAC (sops_mac), so nothing shows that it is complete"));
    };
    let Some(time) = document.field("lastmodified").and_then(canonical_time) else {
        return Err(broken(document, "lastmodified", "sops_lastmodified is missing or no RFC 3339 time"));
    };
    let mac = Token::parse(mac).ok_or_else(|| broken(document, "mac", CHANGED_MAC))?;
    Ok((mac, time))
}

/// What of the metadata is seen to be broken without a key.
pub(super) fn seen(document: &Document<'_>) -> Vec<Damage> {
    let mut damages: Vec<_> = mac(document).err().into_iter().chain(causes::seen_of_rule(document)).collect();
    for block in document.blocks().iter().take(envelope::MOST_RECIPIENTS) {
        if let Some(field) = block.recipient.filter(|field| field.value.trim() != field.value) {
            let message = "a blank stands beside this recipient's public key, so SOPS cannot read it";
            damages.push(Damage { range: field.range(), kind: DamageKind::Broken, message, help: RESTORE });
        }
        let kinds =
            block.sealed_key.map(|field| envelope::recipient_kinds(field.value.replace("\\n", "\n").as_bytes()));
        let Some(field) = block.sealed_key.or(block.recipient) else { continue };
        match (kinds, block.recipient.map(|field| RecipientKind::of(field.value))) {
            (None, _) => damages.push(cut_off(field.range())),
            (Some(Err(why)), _) if why.is_damage() => damages.push(cut_off(field.range())),
            (Some(Ok(kinds)), kind) if !is_for_one(&kinds, kind) => damages.push(for_others(field.range())),
            (Some(Err(CannotOpen::Passphrase)), _) => damages.push(for_others(field.range())),
            _ => {}
        }
    }
    damages
}

/// Whether an age header is that of one recipient of the kind that is named.
fn is_for_one(stanzas: &[String], named: Option<RecipientKind>) -> bool {
    let [stanza] = stanzas else { return false };
    match named {
        Some(RecipientKind::X25519) => stanza == "X25519",
        Some(RecipientKind::Ssh) => stanza.starts_with("ssh-"),
        // Plugins name their stanzas as they like.
        _ => true,
    }
}

/// Whoever is let in under somebody else's name would be in no table, and would stay when the file is edited.
fn for_others(range: Range<u32>) -> Damage {
    let message = "this data key is sealed for others than the recipient that is named";
    let help = "find out who changed it, and restore the file from a commit before that";
    Damage { range, kind: DamageKind::Broken, message, help }
}

fn cut_off(range: Range<u32>) -> Damage {
    let message = "a recipient's sealed data key is missing, cut off or changed";
    Damage { range, kind: DamageKind::Broken, message, help: RESTORE }
}

/// Damage that concerns the file as a whole, shown at a metadata field if it is there, or else at the beginning.
fn broken(document: &Document<'_>, name: &str, message: &'static str) -> Damage {
    let range = document.metadata.get(name).map_or(0..0, super::document::Field::range);
    Damage { range, kind: DamageKind::Broken, message, help: RESTORE }
}

fn whole(document: &Document<'_>, name: &str, message: &'static str) -> Closed {
    Closed::Damaged(vec![broken(document, name, message)])
}

/// A time as SOPS spells it where the MAC depends on it: whole seconds, and `Z` for no offset; `None` if it is no time.
pub(super) fn canonical_time(text: &str) -> Option<String> {
    let (clock, rest) = text.split_at_checked(19)?;
    if !has_shape(clock, "0000-00-00T00:00:00") {
        return None;
    }
    let zone = rest.trim_start_matches(|character: char| character == '.' || character.is_ascii_digit());
    let fraction = rest.strip_suffix(zone)?;
    let whole = fraction.is_empty() || (fraction.len() > 1 && fraction.rfind('.') == Some(0));
    match zone {
        _ if !whole => None,
        "Z" | "+00:00" | "-00:00" => Some(format!("{clock}Z")),
        _ if has_shape(zone, "+00:00") || has_shape(zone, "-00:00") => Some(format!("{clock}{zone}")),
        _ => None,
    }
}

/// Whether `text` is `shape` with any digits for its zeros.
pub(super) fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, shape): (u8, u8)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

/// The data key, from the first recipient's block that an identity opens.
pub(super) fn data_key(document: &Document<'_>, identities: &Identities) -> Result<DataKey, Closed> {
    if document.has_key_groups() {
        return Err(Closed::Locked(CannotOpen::KeyGroups));
    }
    let blocks = document.blocks();
    if blocks.is_empty() {
        let nobody = document.readers().others.is_empty();
        return Err(if nobody {
            whole(document, "", "the SOPS metadata names no recipient")
        } else {
            Closed::Locked(CannotOpen::OtherKeys)
        });
    }
    if blocks.len() > envelope::MOST_RECIPIENTS {
        return Err(whole(document, "", CannotOpen::TooManyRecipients.message()));
    }
    if let Some(why) = unsupported(&blocks) {
        return Err(Closed::Locked(why));
    }
    if identities.is_empty() {
        return Err(Closed::Locked(CannotOpen::without_key(identities)));
    }
    let mut damaged = None;
    for block in &blocks {
        let Some(field) = block.sealed_key else { continue };
        match envelope::open(field.value.replace("\\n", "\n").as_bytes(), identities) {
            Ok(bytes) => match DataKey::from_bytes(&bytes) {
                Some(key) => return Ok(key),
                None => damaged = Some(field),
            },
            Err(why) if why.is_damage() => damaged = Some(field),
            Err(_) => {}
        }
    }
    let Some(field) = damaged else { return Err(Closed::Locked(CannotOpen::without_key(identities))) };
    Err(Closed::Damaged(vec![cut_off(field.range())]))
}

/// Why no identity of this build can be among the recipients, judged by their names.
fn unsupported(blocks: &[Block<'_>]) -> Option<CannotOpen> {
    let kinds = || blocks.iter().filter_map(|block| block.recipient).map(|field| RecipientKind::of(field.value));
    let reason = |kind| match kind {
        RecipientKind::X25519 | RecipientKind::Other => None,
        RecipientKind::Ssh => (!cfg!(feature = "ssh")).then_some(CannotOpen::Ssh),
        RecipientKind::PostQuantum => Some(CannotOpen::PostQuantum),
        RecipientKind::Plugin => (!cfg!(feature = "plugin")).then_some(CannotOpen::Plugin),
    };
    if kinds().any(|kind| reason(kind).is_none()) { None } else { kinds().find_map(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("2026-11-23T07:06:00Z", Some("2026-11-23T07:06:00Z")),
            ("2026-11-23T07:06:00+00:00", Some("2026-11-23T07:06:00Z")),
            ("2026-11-23T07:06:00.25+02:00", Some("2026-11-23T07:06:00+02:00")),
            ("2026-11-23T07:06:00.Z", None),
            ("2026-11-23T07:06:00.2.5Z", None),
            ("2026-11-23T07:06:005Z", None),
            ("2026-11-23 07:06:00Z", None),
            ("2026-11-23T07:06:00", None),
            ("2026-11-23T07:06:0üZ", None),
            ("", None),
        ] {
            assert_eq!(canonical_time(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_sealed_only_digest_begins_with_a_published_constant() {
        assert_eq!(sha2::Sha256::digest(b"sops").as_slice(), SEALED_ONLY);
        let (mut all, mut sealed) = (Mac::new(false), Mac::new(true));
        for mac in [&mut all, &mut sealed] {
            mac.add("plain", false);
            mac.add("sealed", true);
        }
        let hex = |bytes: &[&[u8]]| {
            let digest = Sha512::digest(bytes.concat());
            digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
        };
        assert_eq!(*all.finish(), hex(&[b"plain", b"sealed"]));
        assert_eq!(*sealed.finish(), hex(&[&SEALED_ONLY, b"sealed"]));
    }

    /// Whoever knows the passphrase has the data key, and stands in no table.
    #[test]
    fn a_block_for_a_passphrase_is_for_nobody_who_is_named() {
        use base64::Engine;
        let header = "age-encryption.org/v1\n-> scrypt rF0/NwblUHHTpgQgRpe5CQ 18\n\
             gUjEymFKMVXQEKdMMHL24oYexjE3TIC0O0zGSqJ2aUY\n--- rF0/NwblUHHTpgQgRpe5CQrF0/NwblUHHTpgQgRpe5C\n";
        let body = base64::engine::general_purpose::STANDARD.encode(format!("{header}{}", "x".repeat(48)));
        let body = body.as_bytes().chunks(64).map(|line| format!("{}\\n", String::from_utf8_lossy(line)));
        let text = format!(
            "sops_age__list_0__map_enc=-----BEGIN AGE ENCRYPTED FILE-----\\n{}-----END AGE ENCRYPTED FILE-----\\n\n\
             sops_age__list_0__map_recipient=age1sntty6rrnszd5265qgh38vqvg9xufsthkx3cay59fyugl30r9gxqzs2nkt\n",
            body.collect::<String>()
        );
        let messages: Vec<_> = seen(&Document::parse(&text)).iter().map(|damage| damage.message).collect();
        assert_eq!(messages.last(), Some(&for_others(0..0).message), "{messages:?}");
    }
}
