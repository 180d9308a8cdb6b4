//! Whole age files, armored or binary: nothing but the kinds of recipients shows without a key.

use std::ops::Range;
use std::sync::Arc;

use super::{CannotSeal, Damage, DamageKind, Order, Readers, Sealed, State, Store, TOO_MUCH, is_name, offset};
use crate::detection::{is_in_key_block, is_plausible_name, key_blocks};
use crate::envelope::{self, CannotOpen};
use crate::identity::{Identities, Recipient};
use crate::layer::{Content, Entry, Fault, Parse, key_of};
use crate::secret::Secret;

/// Whole age files.
pub(super) const STORE: Store =
    Store { name: "age", suffix: ".secrets.env.age", shows_names: false, open, readers, plain, seal };

fn open(bytes: &[u8], identities: &Identities, parse: Parse) -> Sealed {
    let readers = readers(bytes).unwrap_or_default();
    if envelope::has_conflict(bytes) {
        return Sealed { readers, ..Sealed::unreadable(Arc::from(""), envelope::CONFLICT, envelope::SOLVE_WHOLE) };
    }
    let opened = match plain(bytes, identities) {
        Ok(opened) => opened,
        Err(why) if why.is_damage() => {
            return Sealed { readers, ..Sealed::unreadable(Arc::from(""), why.message(), why.help()) };
        }
        Err(why) => return closed(readers, State::Closed(why)),
    };
    let (found, faults) = parse(opened.expose());
    let mut sealed = closed(readers, State::Opened);
    let blocks = key_blocks(opened.expose());
    let mut shown = Shown { opened: opened.expose(), blocks, text: String::new(), to: 0 };
    let mut faults = faults.into_iter().peekable();
    for entry in found {
        while let Some(fault) = faults.next_if(|fault| fault.at.start < entry.key.start) {
            shown.fault(&mut sealed, &fault);
        }
        shown.entry(&mut sealed, entry);
    }
    faults.for_each(|fault| shown.fault(&mut sealed, &fault));
    if !shown.text.is_empty() {
        shown.text.push('\n');
    }
    sealed.text = shown.text.into();
    sealed
}

/// What of an opened text may be shown: its names, each on its line. The lines of one value count as one, so that nothing
/// tells how long it is.
struct Shown<'o> {
    opened: &'o str,
    /// Keys over several lines, which are secrets as a whole.
    blocks: Vec<Range<u32>>,
    text: String,
    /// How far the opened text was read, in bytes.
    to: usize,
}

impl Shown<'_> {
    /// Moves on to a place in the opened text; whether it is on a line of its own.
    fn move_on(&mut self, to: u32) -> bool {
        let to = to as usize;
        let lines = self.opened.get(self.to..to).map_or(0, |between| between.matches('\n').count());
        self.to = self.to.max(to);
        self.text.extend(std::iter::repeat_n('\n', lines));
        let is_first = self.text.is_empty() || self.text.ends_with('\n');
        if !is_first {
            self.text.push(' ');
        }
        is_first
    }

    /// Takes over an entry: its name is shown, its value becomes a secret.
    fn entry(&mut self, sealed: &mut Sealed, entry: Entry) {
        let is_first = self.move_on(entry.key.start) && !is_in_key_block(&self.blocks, entry.key.start);
        self.to = self.to.max(entry.value.end as usize);
        push(sealed, &mut self.text, entry, is_first, self.opened);
    }

    /// Takes over a line that cannot be read, with the name that it would set.
    fn fault(&mut self, sealed: &mut Sealed, fault: &Fault) {
        let is_first = self.move_on(fault.at.start) && !is_in_key_block(&self.blocks, fault.at.start);
        self.to = self.to.max(fault.at.end as usize);
        let start =
            self.opened.get(..fault.at.start as usize).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
        let line = self.opened.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        if let Some(key) = key_of(line).filter(|key| is_first && is_name(key) && is_plausible_name(key)) {
            self.text.extend([key, "="]);
        }
        sealed.faults.push(Fault { at: end(&self.text), ..*fault });
    }
}

/// A file that shows nothing.
fn closed(readers: Readers, state: State) -> Sealed {
    let (entries, faults, damages, masks, verbatim, noted) = Default::default();
    Sealed { text: Arc::from(""), entries, faults, damages, masks, readers, state, verbatim, noted }
}

/// Takes over an entry of the opened text: its name goes into `shown`, its value into a secret.
fn push(sealed: &mut Sealed, shown: &mut String, entry: Entry, is_first: bool, opened: &str) {
    let slice = |range: &std::ops::Range<u32>| opened.get(range.start as usize..range.end as usize).unwrap_or_default();
    let key = slice(&entry.key);
    let is_alone = matches!(entry.content, Content::Inherited);
    if !is_name(key) || !is_first || is_alone && key.bytes().any(|byte| byte.is_ascii_lowercase()) {
        // It may be a piece of a value that was meant to go over several lines, or follow the quote that ends another one.
        let (message, help) =
            ("a line of the opened file has no variable's name", "mend it with `sparkcfg secrets edit`");
        sealed.damages.push(Damage { range: end(shown), kind: DamageKind::KeyName, message, help });
        return;
    }
    let start = offset(shown.len());
    shown.push_str(key);
    let key = start..offset(shown.len());
    let content = match entry.content {
        Content::Slice(range) => Content::Opened(Secret::new(slice(&range).to_owned())),
        Content::Decoded(text) => Content::Opened(Secret::new(String::from(text))),
        other => other,
    };
    if !matches!(content, Content::Inherited) {
        shown.push('=');
    }
    let value = end(shown);
    sealed.entries.push(Entry { key, value, content, interpolates: entry.interpolates });
}

fn end(text: &str) -> std::ops::Range<u32> {
    offset(text.len())..offset(text.len())
}

fn readers(bytes: &[u8]) -> Result<Readers, CannotOpen> {
    Ok(Readers { unnamed: envelope::recipient_kinds(bytes)?, ..Readers::default() })
}

fn plain(bytes: &[u8], identities: &Identities) -> Result<Secret, CannotOpen> {
    let mut opened = envelope::open(bytes, identities)?;
    match String::from_utf8(std::mem::take(&mut *opened)) {
        Ok(text) => {
            let text = Secret::new(text);
            if text.expose().contains('\0') { Err(CannotOpen::NoText) } else { Ok(text) }
        }
        Err(error) => {
            drop(zeroize::Zeroizing::new(error.into_bytes()));
            Err(CannotOpen::NoText)
        }
    }
}

/// The form has no parts that could stay: the whole is sealed anew, for the declared recipients.
fn seal(plain: &Secret, order: &Order<'_>) -> Result<String, CannotSeal> {
    let mut recipients: Vec<&Recipient> = Vec::new();
    for recipient in order.recipients {
        if !recipients.contains(&recipient) {
            recipients.push(recipient);
        }
    }
    let sealed = envelope::seal(plain.expose().as_bytes(), &recipients);
    let sealed = sealed.map_err(|message| CannotSeal::whole(message, "name one: its key begins with age1"))?;
    if sealed.len() > envelope::LARGEST { Err(TOO_MUCH) } else { Ok(sealed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::FaultKind;

    fn pair() -> (Identities, [Recipient; 1]) {
        use ::age::secrecy::ExposeSecret;
        let key = ::age::x25519::Identity::generate();
        let mut identities = Identities::default();
        identities.add("test", key.to_string().expose_secret());
        (identities, [key.to_public().to_string().parse().unwrap()])
    }

    /// `KEY=value` lines; a line without `=` is inherited, `!` is a fault.
    fn lines(text: &str) -> (Vec<Entry>, Vec<Fault>) {
        let (mut entries, mut faults, mut start) = (Vec::new(), Vec::new(), 0);
        for line in text.split_inclusive('\n') {
            let body = line.trim_end();
            let range = |from: usize, to: usize| offset(start + from)..offset(start + to);
            if body == "!" {
                faults.push(Fault { at: range(0, 1), kind: FaultKind::Refused, message: "bad", help: "" });
            } else if let Some(at) = body.find('=') {
                let (key, value) = (range(0, at), range(at + 1, body.len()));
                entries.push(Entry { key, value: value.clone(), content: Content::Slice(value), interpolates: true });
            } else {
                let (key, value) = (range(0, body.len()), range(body.len(), body.len()));
                entries.push(Entry { key, value, content: Content::Inherited, interpolates: false });
            }
            start += line.len();
        }
        (entries, faults)
    }

    /// A key in PEM that was pasted without quotes is read as variables, line after line.
    #[test]
    fn no_line_of_a_key_shows() {
        let (identities, recipients) = pair();
        let plain = Secret::new("S=-----BEGIN KEY-----\nMIIcanary==\n-----END KEY-----\nC=1\n".into());
        let order = Order { recipients: &recipients, time: "", new_key: false, anew: None, previous: None };
        let sealed = open(seal(&plain, &order).unwrap().as_bytes(), &identities, lines);
        assert_eq!(&*sealed.text, "S=\n\n\nC=\n");
        assert!(sealed.damages.iter().all(|damage| damage.kind == DamageKind::KeyName));
        assert_eq!(sealed.damages.len(), 2);
    }

    #[test]
    fn only_names_show() {
        let (identities, recipients) = pair();
        let plain = Secret::new("A=canary\n!\nB\nbad name=canary\ncanary\nC=\n".into());
        let order = Order { recipients: &recipients, time: "", new_key: false, anew: None, previous: None };
        let text = seal(&plain, &order).unwrap();
        let sealed = open(text.as_bytes(), &identities, lines);
        assert_eq!(sealed.state, State::Opened);
        assert_eq!(&*sealed.text, "A=\n\nB\n\n\nC=\n");
        let read = sealed.entries.iter().map(|entry| match &entry.content {
            Content::Opened(secret) => secret.expose(),
            _ => "inherited",
        });
        let read: Vec<_> = read.collect();
        assert_eq!(read, ["canary", "inherited", ""]);
        assert_eq!(sealed.faults, [Fault { at: 3..3, kind: FaultKind::Refused, message: "bad", help: "" }]);
        assert_eq!(
            sealed.damages.iter().map(|damage| (damage.kind, damage.range.clone())).collect::<Vec<_>>(),
            [(DamageKind::KeyName, 6..6), (DamageKind::KeyName, 7..7)]
        );
        assert_eq!(sealed.readers.unnamed, ["X25519"]);
        assert!(!format!("{sealed:?}{plain:?}").contains("canary"));
    }

    #[test]
    fn what_opens_to_no_text() {
        let (identities, [recipient]) = pair();
        for bytes in [&b"A=canary\xff\n"[..], b"A=canary\0\n"] {
            let text = envelope::seal(bytes, &[&recipient]).unwrap();
            let sealed = open(text.as_bytes(), &identities, lines);
            assert_eq!((sealed.state, sealed.entries.len()), (State::Damaged, 0));
            assert_eq!(sealed.damages[0].message, CannotOpen::NoText.message());
        }
    }

    #[test]
    fn closed_and_damaged() {
        let (identities, recipients) = pair();
        let order = Order { recipients: &recipients, time: "", new_key: false, anew: None, previous: None };
        let text = seal(&Secret::new("A=1\n".into()), &order).unwrap();
        let (other, _) = pair();
        for (bytes, identities, expected) in [
            (text.as_str(), &other, State::Closed(CannotOpen::NotARecipient)),
            (&text, &Identities::default(), State::Closed(CannotOpen::NoIdentity)),
            (&text[..text.len() - 60], &identities, State::Damaged),
            ("A=1\n", &identities, State::Damaged),
        ] {
            let sealed = open(bytes.as_bytes(), identities, lines);
            assert_eq!((sealed.state, sealed.entries.len()), (expected, 0));
            assert_eq!(sealed.damages.is_empty(), expected != State::Damaged);
        }
        assert!(seal(&Secret::new(String::new()), &Order { recipients: &[], ..order }).is_err());
    }
}
