//! The lines of a SOPS dotenv file: comments, `KEY=value`, and the `sops_…` lines that say how it was sealed.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::{Damage, DamageKind, OtherKey, Readers, offset};
use crate::envelope;

/// What a line of metadata begins with.
pub(super) const PREFIX: &str = "sops_";

/// A file, split into lines. Nothing is trimmed, unquoted or decoded: SOPS takes keys and values as they stand.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) lines: Vec<Line<'a>>,
    pub(super) metadata: BTreeMap<&'a str, Field<'a>>,
    /// Lines that are neither, and metadata that stands there twice.
    pub(super) damages: Vec<Damage>,
}

/// A comment or an assignment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// `None` for a comment.
    pub(super) key: Option<&'a str>,
    /// What follows `#` or the first `=`.
    pub(super) value: &'a str,
    start: usize,
}

/// The value of one metadata line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) value: &'a str,
    start: usize,
}

impl<'a> Line<'a> {
    /// The line at byte `start` of the text; `None` if it is neither comment nor assignment.
    pub(super) fn parse(line: &'a str, start: usize) -> Option<Self> {
        if let Some(value) = line.strip_prefix('#') {
            return Some(Self { key: None, value, start });
        }
        let (key, value) = line.split_once('=')?;
        Some(Self { key: Some(key), value, start })
    }

    pub(super) fn key_range(&self) -> Range<u32> {
        offset(self.start)..offset(self.start + self.key.map_or(0, str::len))
    }

    pub(super) fn value_range(&self) -> Range<u32> {
        let start = self.start + self.key.map_or(0, str::len) + 1;
        offset(start)..offset(start + self.value.len())
    }

    /// What a value is sealed for, beside the key: its place in the file. Comments belong to the file as a whole.
    pub(super) fn path(&self) -> String {
        path(self.key)
    }
}

/// See [`Line::path`].
pub(super) fn path(key: Option<&str>) -> String {
    format!("{}:", key.unwrap_or_default())
}

impl Field<'_> {
    pub(super) fn range(&self) -> Range<u32> {
        offset(self.start)..offset(self.start + self.value.len())
    }
}

impl<'a> Document<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        Self::parse_from(text, 0)
    }

    /// The document from its first line of metadata on, where one is to know nothing else: SOPS writes all of it behind
    /// the values, of which there may be many.
    pub(super) fn metadata_of(text: &'a str) -> Self {
        let start = envelope::line_with(text.as_bytes(), PREFIX.as_bytes());
        Self::parse_from(text, start.unwrap_or(text.len()))
    }

    fn parse_from(text: &'a str, mut start: usize) -> Self {
        let mut document = Self { lines: Vec::new(), metadata: BTreeMap::new(), damages: Vec::new() };
        for line in text.get(start..).unwrap_or_default().split('\n') {
            document.push(line, start);
            start += line.len() + 1;
        }
        document
    }

    /// The metadata alone, of a file in another form, under the names that it has in this one.
    pub(super) fn of_metadata(fields: &'a [(String, String)]) -> Self {
        let fields = fields.iter().map(|(name, value)| (name.as_str(), Field { value, start: 0 }));
        Self { lines: Vec::new(), metadata: fields.collect(), damages: Vec::new() }
    }

    fn push(&mut self, text: &'a str, start: usize) {
        if text.is_empty() {
            return;
        }
        let Some(line) = Line::parse(text, start) else {
            let range = offset(start)..offset(start + text.len());
            self.broken(range, "this line is no KEY=value", "remove it, or restore the file from the last good commit");
            return;
        };
        let Some(name) = line.key.and_then(|key| key.strip_prefix(PREFIX)) else {
            self.lines.push(line);
            return;
        };
        let value_start = line.value_range().start as usize;
        if self.metadata.insert(name, Field { value: line.value, start: value_start }).is_some() {
            let help = "restore the file from the last good commit";
            self.broken(line.key_range(), "this part of the SOPS metadata stands here twice", help);
        }
    }

    fn broken(&mut self, range: Range<u32>, message: &'static str, help: &'static str) {
        self.damages.push(Damage { range, kind: DamageKind::Broken, message, help });
    }

    /// A metadata field; `None` also when it is empty, which SOPS takes for absent.
    pub(super) fn field(&self, name: &str) -> Option<&'a str> {
        self.metadata.get(name).map(|field| field.value).filter(|value| !value.is_empty())
    }

    /// Whether the data key is split over groups.
    pub(super) fn has_key_groups(&self) -> bool {
        self.metadata.keys().any(|name| name.starts_with("key_groups__"))
    }

    /// The age recipients and their sealed data keys, in the order of the list.
    pub(super) fn blocks(&self) -> Vec<Block<'a>> {
        let mut blocks = BTreeMap::<usize, Block<'a>>::new();
        for (name, field) in &self.metadata {
            let Some((kind, index, part)) = list_item(name) else { continue };
            match (kind, part) {
                ("age", "recipient") => blocks.entry(index).or_default().recipient = Some(*field),
                ("age", "enc") => blocks.entry(index).or_default().sealed_key = Some(*field),
                _ => {}
            }
        }
        blocks.into_values().collect()
    }

    /// Who the metadata says can read it, over all key groups.
    pub(super) fn readers(&self) -> Readers {
        let mut found = Vec::new();
        let mut others = BTreeMap::new();
        for (name, field) in &self.metadata {
            let (group, item) = match name.strip_prefix("key_groups__list_").and_then(|rest| rest.split_once("__map_"))
            {
                Some((group, item)) => (group.parse().unwrap_or(usize::MAX), item),
                None => (0, *name),
            };
            match list_item(item) {
                Some(("age", index, "recipient")) => found.push((group, index, *field)),
                Some((kind, index, _)) if kind != "age" => {
                    let other = || OtherKey { kind: kind.to_owned(), place: field.range() };
                    let first = others.entry((group, kind, index)).or_insert_with(other);
                    if field.range().start < first.place.start {
                        first.place = field.range();
                    }
                }
                _ => {}
            }
        }
        found.sort_by_key(|(group, index, _)| (*group, *index));
        Readers {
            recipients: found.iter().map(|(.., field)| field.value.trim().to_owned()).collect(),
            places: found.iter().map(|(.., field)| field.range()).collect(),
            unnamed: Vec::new(),
            others: others.into_values().collect(),
        }
    }
}

/// One recipient's part of the metadata.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Block<'a> {
    pub(super) recipient: Option<Field<'a>>,
    /// The data key in an armored age file; its line ends are spelled `\n`.
    pub(super) sealed_key: Option<Field<'a>>,
}

/// Takes `age__list_0__map_enc` apart.
pub(super) fn list_item(name: &str) -> Option<(&str, usize, &str)> {
    let (kind, rest) = name.split_once("__list_")?;
    let (index, part) = rest.split_once("__map_")?;
    Some((kind, index.parse().ok()?, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_every_byte() {
        let text = "#c\n\n A =b=c \nexport X='y'\r\nstray\nsops_mac=m\nE=";
        let document = Document::parse(text);
        let slice = |range: Range<u32>| &text[range.start as usize..range.end as usize];
        let found: Vec<_> =
            document.lines.iter().map(|line| (slice(line.key_range()), slice(line.value_range()))).collect();
        assert_eq!(found, [("", "c"), (" A ", "b=c "), ("export X", "'y'\r"), ("E", "")]);
        assert_eq!(document.field("mac"), Some("m"));
        assert_eq!(document.damages.iter().map(|damage| slice(damage.range.clone())).collect::<Vec<_>>(), ["stray"]);
    }

    #[test]
    fn readers_by_list_and_group() {
        for (text, recipients, unnamed, groups) in [
            ("sops_age__list_10__map_recipient=b\nsops_age__list_9__map_recipient=a\n", vec!["a", "b"], vec![], false),
            (
                "sops_age__list_0__map_recipient=a\nsops_pgp__list_0__map_fp=F\nsops_pgp__list_0__map_enc=E\n",
                vec!["a"],
                vec!["pgp"],
                false,
            ),
            (
                "sops_key_groups__list_1__map_age__list_0__map_recipient=b\nsops_key_groups__list_0__map_age__list_0__map_recipient=a\n",
                vec!["a", "b"],
                vec![],
                true,
            ),
            ("sops_age__list_x__map_recipient=a\nsops_kms=[]\n", vec![], vec![], false),
        ] {
            let document = Document::parse(text);
            let readers = document.readers();
            assert_eq!(
                (readers.recipients, readers.others.into_iter().map(|other| other.kind).collect::<Vec<_>>()),
                (
                    recipients.iter().map(|name| String::from(*name)).collect(),
                    unnamed.iter().map(|name| String::from(*name)).collect()
                ),
                "{text}"
            );
            assert_eq!(document.has_key_groups(), groups);
            for before in ["", "#c\nKEY=value\n", "NOT_sops_age=1\n"] {
                let text = format!("{before}{text}KEY=behind\n");
                assert_eq!(Document::metadata_of(&text).readers(), Document::parse(&text).readers(), "{text}");
            }
        }
    }
}
