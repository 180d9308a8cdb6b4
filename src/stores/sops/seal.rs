//! Seals dotenv text as SOPS writes it; what did not change keeps its bytes.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use zeroize::Zeroizing;

use super::cipher::{DataKey, looks_sealed};
use super::document::{self, Document, Line};
use super::opened::{Mac, Opened, Plain, canonical_time};
use super::selection::{DEFAULT_SUFFIX, Rule};
use super::{Closed, decoded, notes, recognise};
use crate::envelope::{self, CannotOpen};
use crate::identity::Recipient;
use crate::secret::Secret;
use crate::stores::{CannotSeal, Order, Previous, TOO_MUCH, is_name};

/// The version of SOPS whose form new files have.
const VERSION: &str = "3.13.2";

pub(super) fn seal(plain: &Secret, order: &Order<'_>) -> Result<String, CannotSeal> {
    let Some(time) = canonical_time(order.time) else {
        return Err(CannotSeal::whole("the time is not RFC 3339", "give it as 2026-11-23T07:06:00Z"));
    };
    let Some(Previous { bytes, identities }) = order.previous else {
        let draft = Draft::fresh();
        let body = draft.body(plain.expose())?;
        return draft.finish(body, order.recipients, &time);
    };
    recognise(bytes).map_err(|(message, help)| CannotSeal::whole(message, help))?;
    let text = String::from_utf8_lossy(bytes);
    let document = Document::parse(&text);
    let Opened { key, rule, values } = Opened::open(&document, identities).map_err(|closed| match closed {
        Closed::Locked(why) => CannotSeal::from(why),
        Closed::Damaged(_) => CannotOpen::Damaged.into(),
    })?;
    let draft = Draft::of(&document, &values, (key, rule), order)?.renewed_unless_kept(order);
    let body = draft.body(plain.expose())?;
    if draft.is_unchanged(&body, order.recipients) {
        return Ok(text.into_owned());
    }
    draft.finish(body, order.recipients, &time)
}

/// A file that is being written.
struct Draft<'a> {
    key: DataKey,
    rule: Rule,
    /// Whether the data key is the previous file's.
    keeps_key: bool,
    /// The previous file's lines by key and plain text, as they stand in it.
    before: HashMap<(Option<&'a str>, &'a str), Known<'a>>,
    /// The previous file's lines, without its metadata.
    original: String,
    /// The previous file's recipients and their sealed data keys, in order, but for whom they are made anew.
    blocks: Vec<(&'a str, &'a str)>,
    /// All other metadata of the previous file.
    fields: BTreeMap<&'a str, &'a str>,
}

/// The lines of the previous file that have one key and one plain text, which are taken one after the other.
#[derive(Default)]
struct Known<'a> {
    lines: Vec<&'a str>,
    taken: Cell<usize>,
}

impl<'a> Known<'a> {
    fn take(&self) -> Option<&'a str> {
        let line = self.lines.get(self.taken.get()).copied();
        self.taken.set(self.taken.get() + 1);
        line
    }
}

/// The lines of a file, sealed, and the digest over their values.
struct Body {
    text: String,
    mac: Mac,
}

impl<'a> Draft<'a> {
    fn fresh() -> Self {
        Self {
            key: DataKey::generate(),
            rule: Rule::default(),
            keeps_key: false,
            before: HashMap::new(),
            original: String::new(),
            blocks: Vec::new(),
            fields: BTreeMap::from([("unencrypted_suffix", DEFAULT_SUFFIX), ("version", VERSION)]),
        }
    }

    fn of(
        document: &Document<'a>,
        values: &'a [Plain],
        opened: (DataKey, Rule),
        order: &Order<'_>,
    ) -> Result<Self, CannotSeal> {
        if !document.readers().others.is_empty() && !order.new_key {
            let help = "`sparkcfg secrets rotate` seals it for the people of [access] alone";
            return Err(CannotSeal::whole("the file is also sealed with PGP or a cloud's key service", help));
        }
        let (key, rule) = opened;
        let mut before = HashMap::<_, Known<'_>>::new();
        let mut original = String::new();
        // What a merge noted is in the project's record by the time that anything is written.
        for (line, value) in document.lines.iter().zip(values).filter(|(line, value)| !notes::is_note(line, value)) {
            before.entry((line.key, &**value)).or_default().lines.push(line.value);
            push_raw(&mut original, line.key, line.value);
        }
        let named = |block: document::Block<'a>| Some((block.recipient?.value, block.sealed_key?.value));
        let is_kept = |(name, _): &(&str, &str)| Some(*name) != order.anew;
        let rest = document.metadata.iter().filter(|(name, _)| document::list_item(name).is_none());
        let mut fields: BTreeMap<_, _> = rest.map(|(name, field)| (*name, field.value)).collect();
        fields.entry("version").or_insert(VERSION);
        let blocks = document.blocks().into_iter().filter_map(named).filter(is_kept).collect();
        Ok(Self { key, rule, keeps_key: true, before, original, blocks, fields })
    }

    /// Whoever had the data key can keep it, so taking access away needs a new one.
    fn renewed_unless_kept(mut self, order: &Order<'_>) -> Self {
        let declared = |name: &str| order.recipients.iter().any(|recipient| recipient.as_str() == name);
        if order.new_key || !self.blocks.iter().all(|(name, _)| declared(name)) {
            self.key = DataKey::generate();
            self.keeps_key = false;
        }
        self
    }

    /// Seals every line of `plain`.
    fn body(&self, plain: &str) -> Result<Body, CannotSeal> {
        let sealed_only = self.fields.get("mac_only_encrypted") == Some(&"true");
        let mut body = Body { text: String::new(), mac: Mac::new(sealed_only) };
        let mut walk = self.rule.walk();
        let mut keys = HashSet::new();
        for (index, text) in plain.split('\n').enumerate().filter(|(_, text)| !text.is_empty()) {
            let refuse = |(message, help)| CannotSeal { line: index + 1, message, help };
            let line = Line::parse(text, 0).ok_or_else(|| refuse(NO_ASSIGNMENT))?;
            let value = if line.key.is_some() { decoded(line.value) } else { Zeroizing::new(line.value.to_owned()) };
            let selected = walk.seals(line.key);
            let known = self.before.get(&(line.key, value.as_str())).and_then(Known::take);
            match line.key {
                Some(key) => {
                    let is_new = keys.insert(key.to_owned());
                    if known.is_none() {
                        permitted(key, &value, selected, is_new).map_err(refuse)?;
                    }
                    body.mac.add(&value, selected);
                }
                None if known.is_none() && !selected && looks_sealed(&value) => return Err(refuse(FALSE_SEAL)),
                None => walk.comment(&value),
            }
            let written = self.written(&line, &value, selected, known).ok_or_else(|| refuse(TOO_LONG))?;
            push_raw(&mut body.text, line.key, &written);
        }
        Ok(body)
    }

    /// What follows `#` or `=` on a line: as it stood there, as it is, or newly sealed. Bytes that were sealed with an
    /// initialisation vector are used again for the very same text in the very same place only.
    fn written(&self, line: &Line<'_>, value: &str, selected: bool, known: Option<&str>) -> Option<String> {
        let stays =
            |known: &&str| self.keeps_key && (looks_sealed(known) == selected || !selected || line.key.is_none());
        if let Some(known) = known.filter(stays) {
            return Some(known.to_owned());
        }
        if !selected || value.is_empty() {
            return Some(line.value.to_owned());
        }
        self.key.seal(value, &line.path(), if line.key.is_some() { "str" } else { "comment" })
    }

    fn is_unchanged(&self, body: &Body, recipients: &[Recipient]) -> bool {
        let known = |recipient: &Recipient| self.blocks.iter().any(|(name, _)| *name == recipient.as_str());
        self.keeps_key && body.text == self.original && recipients.iter().all(known)
    }

    /// Adds the metadata.
    fn finish(&self, body: Body, recipients: &[Recipient], time: &str) -> Result<String, CannotSeal> {
        let mac = self.key.seal(&body.mac.finish(), time, "str");
        let mac = mac.ok_or(CannotSeal::whole(TOO_LONG.0, TOO_LONG.1))?;
        let mut fields: BTreeMap<String, &str> =
            self.fields.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        fields.insert("lastmodified".to_owned(), time);
        fields.insert("mac".to_owned(), &mac);
        let blocks = self.sealed_keys(recipients)?;
        for (index, (recipient, sealed_key)) in blocks.iter().enumerate() {
            fields.insert(format!("age__list_{index}__map_recipient"), recipient);
            fields.insert(format!("age__list_{index}__map_enc"), sealed_key);
        }
        let mut text = body.text;
        for (name, value) in fields {
            text.extend([document::PREFIX, &name, "=", value, "\n"]);
        }
        if text.len() > envelope::LARGEST {
            return Err(TOO_MUCH);
        }
        Ok(text)
    }

    /// The data key sealed for each recipient: those of the previous file in its order, then new ones.
    fn sealed_keys(&self, recipients: &[Recipient]) -> Result<Vec<(String, String)>, CannotSeal> {
        let place = |name: &str| self.blocks.iter().position(|(known, _)| *known == name).unwrap_or(usize::MAX);
        let mut recipients: Vec<_> = recipients.iter().collect();
        recipients.sort_by_key(|recipient| place(recipient.as_str()));
        let mut seen = HashSet::new();
        recipients.retain(|recipient| seen.insert(recipient.as_str()));
        if recipients.is_empty() {
            return Err(CannotSeal::whole(
                "there is no recipient to seal it for",
                "name one: its key begins with age1",
            ));
        }
        if recipients.len() > envelope::MOST_RECIPIENTS {
            return Err(CannotOpen::TooManyRecipients.into());
        }
        let seal = |recipient: &Recipient| {
            let kept = self.blocks.get(place(recipient.as_str())).filter(|_| self.keeps_key);
            let sealed_key = match kept {
                Some((_, sealed_key)) => (*sealed_key).to_owned(),
                None => envelope::seal(self.key.bytes(), &[recipient])
                    .map_err(|message| CannotSeal::whole(message, "use age1… recipients"))?
                    .replace('\n', "\\n"),
            };
            Ok((recipient.as_str().to_owned(), sealed_key))
        };
        recipients.into_iter().map(seal).collect()
    }
}

type Refusal = (&'static str, &'static str);

const NO_ASSIGNMENT: Refusal =
    ("this line is no KEY=value", "a multi-line value goes on one line, in double quotes, with \\n for each line end");
const FALSE_SEAL: Refusal =
    ("this comment would stay in plain text and look as if it were sealed", "begin it with anything but ENC[");
const TOO_LONG: Refusal = ("the value is too long to be sealed", "keep it in a file of its own");

/// Whether a line that is new may stand in a sealed file. What stood there before is left to the checks.
fn permitted(key: &str, value: &str, selected: bool, is_new: bool) -> Result<(), Refusal> {
    if key.starts_with(document::PREFIX) {
        return Err(("a key must not begin with sops_, which SOPS keeps for itself", "choose another name"));
    }
    if !is_name(key) {
        let help = "write KEY=value with no blanks before the `=`; a multi-line value goes on one line, with \\n";
        return Err(("this is no variable's name", help));
    }
    if !is_new {
        return Err(("this key stands there twice", "keep one of the two"));
    }
    if value.is_empty() {
        return Err(("SOPS cannot seal an empty value", "move it to an unsealed layer, or give it a value"));
    }
    if !selected {
        let help = "rename it, or put it into an unsealed layer";
        return Err(("the file's rule for what is sealed leaves this value in plain text", help));
    }
    Ok(())
}

fn push_raw(text: &mut String, key: Option<&str>, value: &str) {
    match key {
        Some(key) => text.extend([key, "=", value, "\n"]),
        None => text.extend(["#", value, "\n"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identities;

    #[test]
    fn a_digest_over_sealed_values_only() {
        use ::age::secrecy::ExposeSecret;
        let identity = ::age::x25519::Identity::generate();
        let mut identities = Identities::default();
        identities.add("test", identity.to_string().expose_secret());
        let recipients = [identity.to_public().to_string().parse().unwrap()];
        let mut draft = Draft::fresh();
        draft.fields.insert("mac_only_encrypted", "true");
        let body = draft.body("A=1\n# note\nB=2\n").unwrap();
        let text = draft.finish(body, &recipients, "2026-11-23T07:06:00Z").unwrap();
        for (metadata, expected) in [("sops_mac_only_encrypted=true\n", true), ("", false)] {
            let text = text.replace("sops_mac_only_encrypted=true\n", metadata);
            assert_eq!(Opened::open(&Document::parse(&text), &identities).is_ok(), expected);
        }
        // The digest leaves plain values out, so they can change; the checks report that they are plain.
        let text = format!("C_unencrypted=3\n{text}");
        assert!(Opened::open(&Document::parse(&text), &identities).is_ok());
    }
}
