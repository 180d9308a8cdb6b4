//! Sealed files of the other forms of SOPS, read to be taken over: YAML, JSON, and text sealed as a whole.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::cipher::{DataKey, Token, looks_sealed, utf8};
use super::document::{self, Document};
use super::opened::{Mac, data_key, verify};
use super::selection::Rule;
use super::tree::{Item, Node, Tree};
use super::{Closed, RESTORE, json, yaml};
use crate::envelope::{self, CannotOpen};
use crate::identity::Identities;
use crate::plain::is_name;
use crate::secret::Secret;
use crate::stores::{CannotImport, Imported, LeftOut, Readers};

/// The content of a sealed file of any of these forms; `None` if it is not sealed.
pub(in crate::stores) fn import(bytes: &[u8], identities: &Identities) -> Result<Option<Imported>, CannotImport> {
    if bytes.len() > envelope::LARGEST {
        return Err(CannotOpen::TooLarge.into());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(None) };
    let text = text.trim_start_matches('\u{feff}');
    match form(text) {
        Some(Form::Dotenv) => Ok(Some(Imported::Lines(super::plain(bytes, identities)?))),
        Some(Form::Json) => {
            let node =
                json::parse(text).map_err(|line| refused(line, "this is no JSON, or a key stands in it twice"))?;
            let tree = Tree::of(vec![node]).ok_or_else(|| refused(0, "this JSON is no file by SOPS"))?;
            read(&tree, identities, true).map(Some)
        }
        Some(Form::Yaml) => {
            let documents = yaml::parse(text).map_err(|yaml::Refusal { line, is_yaml }| {
                let other =
                    "this is YAML as SOPS does not write it: an anchor, an alias, a tag or a key that is there twice";
                refused(line, if is_yaml { other } else { "this is no YAML" })
            })?;
            let tree = Tree::of(documents).ok_or_else(|| refused(0, "this YAML is no file by SOPS"))?;
            read(&tree, identities, false).map(Some)
        }
        Some(Form::Ini) => {
            let help = "turn it into dotenv text with `sops decrypt --output-type dotenv`, and import that";
            Err(CannotImport { line: 0, message: "this is a SOPS file in INI form, which is not read", help })
        }
        None => Ok(None),
    }
}

/// For whom a file of any of these forms is sealed, as far as its metadata says.
pub(in crate::stores) fn readers_of_any(bytes: &[u8]) -> Readers {
    let text = String::from_utf8_lossy(bytes.get(..envelope::LARGEST).unwrap_or(bytes));
    let text = text.trim_start_matches('\u{feff}');
    let tree = match form(text) {
        Some(Form::Dotenv) => return Document::parse(text).readers(),
        Some(Form::Json) => json::parse(text).ok().and_then(|node| Tree::of(vec![node])),
        Some(Form::Yaml) => yaml::parse(text).ok().and_then(Tree::of),
        Some(Form::Ini) | None => None,
    };
    tree.map(|tree| Document::of_metadata(&tree.metadata).readers()).unwrap_or_default()
}

enum Form {
    Dotenv,
    Json,
    Yaml,
    Ini,
}

/// The form of a sealed file, by what no file of another form has.
fn form(text: &str) -> Option<Form> {
    let begins = |start: &str| text.lines().any(|line| line.starts_with(start));
    match text {
        _ if text.trim_start().starts_with('{') => Some(Form::Json),
        _ if begins("[sops]") => Some(Form::Ini),
        _ if begins("sops:") => Some(Form::Yaml),
        _ if begins(document::PREFIX) => Some(Form::Dotenv),
        _ => None,
    }
}

fn refused(line: usize, message: &'static str) -> CannotImport {
    CannotImport { line, message, help: "give a file as SOPS wrote it; plain values can be imported as dotenv text" }
}

fn read(tree: &Tree, identities: &Identities, may_be_whole: bool) -> Result<Imported, CannotImport> {
    let metadata = Document::of_metadata(&tree.metadata);
    let key = data_key(&metadata, identities)?;
    let rule = Rule::of(&metadata).map_err(damaged)?;
    let sealed_only = metadata.field("mac_only_encrypted") == Some("true");
    let mut walk = Walk {
        key: &key,
        rule: &rule,
        mac: Mac::new(sealed_only),
        path: Vec::new(),
        pending: Vec::new(),
        found: Vec::new(),
        left_out: Vec::new(),
    };
    for document in &tree.documents {
        walk.items(document, false)?;
    }
    let Walk { mac, mut found, left_out, .. } = walk;
    verify(&metadata, &key, mac)?;
    let mut names = HashSet::new();
    if !found.iter().all(|(name, _)| names.insert(*name)) {
        return Err(refused(0, "a key stands in two documents of the file"));
    }
    if let ([(WHOLE, _)], true, true) = (found.as_slice(), may_be_whole, left_out.is_empty()) {
        return Ok(Imported::Text(found.remove(0).1));
    }
    let values = found.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Imported::Values { values, left_out })
}

/// The one key of a file that SOPS sealed as a whole, because its name told no form.
const WHOLE: &str = "data";

impl From<Closed> for CannotImport {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Locked(why) => why.into(),
            Closed::Damaged(damages) => {
                damages.first().map_or_else(|| CannotOpen::Damaged.into(), |damage| damaged(damage.message))
            }
        }
    }
}

fn damaged(message: &'static str) -> CannotImport {
    CannotImport { line: 0, message, help: RESTORE }
}

/// A pass over a file from the top.
struct Walk<'a> {
    key: &'a DataKey,
    rule: &'a Rule,
    mac: Mac,
    /// The keys that lead to where it is.
    path: Vec<&'a str>,
    /// For each map and list on the way: whether a comment since its last value made a rule.
    pending: Vec<bool>,
    found: Vec<(&'a str, Secret)>,
    left_out: Vec<LeftOut>,
}

/// What became of a value.
enum Outcome {
    Opened(Secret),
    LeftOut(&'static str),
    /// In lists, SOPS keeps sealed comments as if they were values.
    Comment(Zeroizing<String>),
}

impl<'a> Walk<'a> {
    fn items(&mut self, items: &'a [Item], is_list: bool) -> Result<(), CannotImport> {
        self.pending.push(false);
        for item in items {
            let (key, node) = match item {
                Item::Comment(text) => {
                    self.comment(text)?;
                    continue;
                }
                Item::Value(key, node) => (key, node),
            };
            let is_top = self.path.is_empty() && !is_list;
            if !is_list {
                self.path.push(key);
            }
            let outcome = self.node(node, is_list)?;
            if !is_list {
                self.path.pop();
            }
            let announces = matches!(&outcome, Outcome::Comment(text) if self.rule.announces(text));
            if let Some(pending) = self.pending.last_mut() {
                *pending = announces || (*pending && matches!(outcome, Outcome::Comment(_)));
            }
            if is_top {
                self.record(key, outcome);
            }
        }
        self.pending.pop();
        Ok(())
    }

    fn record(&mut self, key: &'a str, outcome: Outcome) {
        let is_usable = is_name(key) && !key.starts_with(document::PREFIX);
        let why = match outcome {
            _ if !is_usable => "this is no name for a variable",
            Outcome::Opened(value) if !value.expose().contains('\0') => {
                self.found.push((key, value));
                return;
            }
            Outcome::Opened(_) => "it has a NUL byte, which no variable can hold",
            Outcome::LeftOut(why) => why,
            Outcome::Comment(_) => return,
        };
        self.left_out.push(LeftOut { name: is_usable.then(|| key.to_owned()), why });
    }

    fn node(&mut self, node: &'a Node, in_list: bool) -> Result<Outcome, CannotImport> {
        let plain = match node {
            Node::Map(items) => {
                self.items(items, false)?;
                return Ok(Outcome::LeftOut("it is a map"));
            }
            Node::List(items) => {
                self.items(items, true)?;
                return Ok(Outcome::LeftOut("it is a list"));
            }
            Node::Null => "",
            Node::Text(text) if looks_sealed(text) => return self.open(text, in_list),
            Node::Text(text) | Node::Number(text) => text,
            Node::Boolean(value) => {
                if *value {
                    "True"
                } else {
                    "False"
                }
            }
        };
        if plain.is_empty() {
            return Ok(Outcome::LeftOut("it is empty"));
        }
        if self.is_sealed() {
            return Err(damaged("a value is in plain text, although the file's rule seals it"));
        }
        self.mac.add(plain, false);
        Ok(Outcome::LeftOut("it is not sealed: its place is an unsealed layer"))
    }

    fn open(&mut self, text: &str, in_list: bool) -> Result<Outcome, CannotImport> {
        if !self.is_sealed() {
            return Err(damaged("a value is sealed, although the file's rule leaves it in plain text"));
        }
        let token = Token::parse(text).ok_or_else(|| damaged("a sealed value is cut off or changed"))?;
        let moved = "a sealed value was changed, or moved here from another key or file";
        let opened = self.key.open_bytes(&token, &self.place()).ok_or_else(|| damaged(moved))?;
        if token.kind == "comment" && in_list {
            return Ok(utf8(opened).map_or(Outcome::LeftOut(""), Outcome::Comment));
        }
        self.mac.add_bytes(&opened, true);
        let Some(mut opened) = utf8(opened) else { return Ok(Outcome::LeftOut("it is binary, not text")) };
        let spelled = match (token.kind, opened.as_str()) {
            ("bool", "True") => "true".to_owned(),
            ("bool", "False") => "false".to_owned(),
            ("str" | "int" | "float" | "time" | "bytes", _) => std::mem::take(&mut *opened),
            _ => return Err(damaged("a sealed value is cut off or changed")),
        };
        Ok(Outcome::Opened(Secret::new(spelled)))
    }

    fn comment(&mut self, text: &str) -> Result<(), CannotImport> {
        if !self.rule.goes_by_comments() {
            return Ok(());
        }
        let announces = if looks_sealed(text) {
            let opened = Token::parse(text).and_then(|token| self.key.open(&token, &self.place()));
            let opened = opened.ok_or_else(|| damaged("a sealed comment was changed, or moved here"))?;
            self.rule.announces(&opened)
        } else {
            self.rule.announces(text)
        };
        if let Some(pending) = self.pending.last_mut() {
            *pending |= announces;
        }
        Ok(())
    }

    fn is_sealed(&self) -> bool {
        self.rule.seals(self.path.iter().copied(), self.pending.contains(&true))
    }

    /// What a value is sealed for, beside the key. Items of a list are sealed for the list.
    fn place(&self) -> String {
        format!("{}:", self.path.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "2026-11-23T07:06:00Z";

    /// A file in YAML form whose values are sealed by the test: `{path|text|kind}` stands for a sealed value.
    struct Sealer {
        key: DataKey,
        identities: Identities,
        recipient: String,
        enc: String,
    }

    impl Sealer {
        fn new() -> Self {
            use ::age::secrecy::ExposeSecret;
            let identity = ::age::x25519::Identity::generate();
            let mut identities = Identities::default();
            identities.add("test", identity.to_string().expose_secret());
            let (key, recipient) = (DataKey::generate(), identity.to_public().to_string());
            let enc = envelope::seal(key.bytes(), &[&recipient.parse().unwrap()]).unwrap();
            Self { key, identities, recipient, enc }
        }

        fn fill(&self, text: &str) -> String {
            let mut filled = String::new();
            for part in text.split('{') {
                let Some((sealed, rest)) = part.split_once('}') else {
                    filled.push_str(part);
                    continue;
                };
                let [path, value, kind] = sealed.split('|').collect::<Vec<_>>()[..] else { panic!("{sealed}") };
                filled.push_str(&self.key.seal(value, path, kind).unwrap());
                filled.push_str(rest);
            }
            filled
        }

        /// What becomes of `text` with metadata, where the MAC is over `values`.
        fn import(&self, text: &str, metadata: &str, values: &str) -> Result<String, &'static str> {
            let mut mac = Mac::new(metadata.contains("mac_only_encrypted"));
            mac.add(values, true);
            let mac = self.key.seal(&mac.finish(), TIME, "str").unwrap();
            let enc = self.enc.replace('\n', "\n        ");
            let text = format!(
                "{}sops:\n  age:\n    - recipient: {}\n      enc: |\n        {enc}\n  lastmodified: \"{TIME}\"\n  mac: {mac}\n{metadata}",
                self.fill(text),
                self.recipient,
            );
            let Imported::Values { values, left_out } =
                import(text.as_bytes(), &self.identities).map_err(|why| why.message)?.unwrap()
            else {
                panic!("text")
            };
            let values = values.iter().map(|(name, value)| format!("{name}={}", value.expose()));
            let left_out =
                left_out.iter().map(|left| left.name.as_deref().map_or_else(|| "-?".into(), |name| format!("-{name}")));
            Ok(values.chain(left_out).collect::<Vec<_>>().join(" "))
        }
    }

    #[test]
    fn every_rule_of_a_file() {
        let sealer = Sealer::new();
        for (text, metadata, mac, expected) in [
            ("A: {A:|1|str}\nB: {B:|True|bool}\nC: {C:|2.5|float}\n", "", "1True2.5", "A=1 B=true C=2.5"),
            (
                "A: {A:|1|str}\nB_unencrypted: 0x10\nC_unencrypted: yes\n",
                "",
                "116yes",
                "A=1 -B_unencrypted -C_unencrypted",
            ),
            ("a b: {a b:|1|str}\nsops_x: {sops_x:|2|str}\n\"\": {:|3|str}\n", "", "123", "-? -? -?"),
            ("A: {A:|1|str}\nm_unencrypted:\n  x: true\n  l: [1, 2.50]\n", "", "1True12.5", "A=1 -m_unencrypted"),
            ("A: {A:|1|str}\nm:\n  x: {m:x:|2|str}\n", "  encrypted_regex: ^(A|m)$\n", "12", "A=1 -m"),
            ("A: {A:|1|str}\nB: 2\n", "  encrypted_suffix: A\n  mac_only_encrypted: true\n", "1", "A=1 -B"),
            ("l:\n  - {l:|c|comment}\n  - {l:|1|str}\n", "", "1", "-l"),
            // Comments make the rule: above, at the end of the line, sealed, and on the way.
            ("# it\nA: {A:|1|str}\nB: 2\n", "  encrypted_comment_regex: it\n", "12", "A=1 -B"),
            ("A: {A:|1|str} # it\nB: 2\n", "  encrypted_comment_regex: it\n", "12", "A=1 -B"),
            (
                "# it\nm:\n  x: {m:x:|1|str}\n  # no\n  y: {m:y:|2|str}\nB: 3\n",
                "  encrypted_comment_regex: it\n",
                "123",
                "-m -B",
            ),
            ("m:\n  x: 1\n# it\nA: {A:|2|str}\n", "  encrypted_comment_regex: it\n", "12", "A=2 -m"),
            ("#{:| it|comment}\nA: 1\nB: {B:|2|str}\n", "  unencrypted_comment_regex: it\n", "12", "B=2 -A"),
            ("l:\n  # it\n  - {l:|1|str}\n  - 2\n", "  encrypted_comment_regex: it\n", "12", "-l"),
            ("A: {A:|1|str}\n---\nB: {B:|2|str}\n", "", "12", "A=1 B=2"),
        ] {
            assert_eq!(sealer.import(text, metadata, mac).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        let sealer = Sealer::new();
        for (text, metadata, mac, message) in [
            ("A: {A:|1|str}\n", "", "2", "MAC does not fit"),
            ("A: {B:|1|str}\n", "", "1", "moved here"),
            ("A: 1\n", "", "1", "in plain text"),
            ("A: true\n", "", "True", "in plain text"),
            ("A: {A:|1|comment}\n", "", "1", "cut off or changed"),
            ("A: {A:|1|bool}\n", "", "1", "cut off or changed"),
            ("A: ENC[x]\n", "", "", "cut off or changed"),
            ("A_unencrypted: {A_unencrypted:|1|str}\n", "", "1", "although the file's rule"),
            ("A: {A:|1|str}\n---\nA: {A:|2|str}\n", "", "12", "two documents"),
            ("A: {A:|1|str}\n", "  encrypted_regex: (\n", "1", "not valid"),
            ("A: {A:|1|str}\n", "  key_groups:\n    - age:\n      - recipient: x\n", "1", "Shamir"),
            ("#ENC[x]\nA: 1\n", "  encrypted_comment_regex: it\n", "1", "sealed comment"),
            ("A: &a {A:|1|str}\n", "", "1", "does not write it"),
            ("A: {A:|1|str}\nA: 1\n", "", "1", "does not write it"),
            ("A: 'x\n", "", "1", "no YAML"),
        ] {
            let refused = sealer.import(text, metadata, mac).unwrap_err();
            assert!(refused.contains(message), "{text}: {refused}");
        }
    }
}
