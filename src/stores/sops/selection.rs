//! Which lines of a SOPS file are sealed: the one rule in its metadata, applied as SOPS applies it.

use regex::{Regex, RegexBuilder};

use super::document::{Document, Field};

/// What SOPS writes when nobody chose a rule.
pub(super) const DEFAULT_SUFFIX: &str = "_unencrypted";

/// The names of the metadata that can hold the rule.
const NAMES: [&str; 6] = [
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

/// The rule of one file.
#[derive(Debug)]
pub(super) enum Rule {
    PlainSuffix(String),
    SealedSuffix(String),
    PlainPattern(Regex),
    SealedPattern(Regex),
    PlainComment(Regex),
    SealedComment(Regex),
}

impl Rule {
    /// The rule of a file.
    pub(super) fn of(document: &Document<'_>) -> Result<Self, &'static str> {
        let mut found = NAMES.iter().filter_map(|name| document.field(name).map(|value| (*name, value)));
        let Some((name, value)) = found.next() else { return Ok(Self::default()) };
        if found.next().is_some() {
            return Err("the SOPS metadata has more than one rule for what is sealed");
        }
        Ok(match name {
            "unencrypted_suffix" => Self::PlainSuffix(value.to_owned()),
            "encrypted_suffix" => Self::SealedSuffix(value.to_owned()),
            "unencrypted_regex" => Self::PlainPattern(pattern(value)?),
            "encrypted_regex" => Self::SealedPattern(pattern(value)?),
            "unencrypted_comment_regex" => Self::PlainComment(pattern(value)?),
            _ => Self::SealedComment(pattern(value)?),
        })
    }

    /// Where the rule of a file stands: the last one where there are several; `None` where SOPS's own holds.
    pub(super) fn field_of<'d>(document: &Document<'d>) -> Option<Field<'d>> {
        let fields =
            NAMES.iter().filter_map(|name| document.metadata.get(name)).filter(|field| !field.value.is_empty());
        fields.max_by_key(|field| field.range().start).copied()
    }

    /// Whether what stands at `path` is sealed; `announced` if a comment before it made the rule (see [`Walk`]).
    pub(super) fn seals<'a>(&self, path: impl IntoIterator<Item = &'a str>, announced: bool) -> bool {
        let mut path = path.into_iter();
        match self {
            Self::PlainComment(_) => !announced,
            Self::SealedComment(_) => announced,
            Self::PlainSuffix(suffix) => !path.any(|key| key.ends_with(suffix.as_str())),
            Self::SealedSuffix(suffix) => path.any(|key| key.ends_with(suffix.as_str())),
            Self::PlainPattern(pattern) => !path.any(|key| pattern.is_match(key)),
            Self::SealedPattern(pattern) => path.any(|key| pattern.is_match(key)),
        }
    }

    /// Whether comments make it.
    pub(super) fn goes_by_comments(&self) -> bool {
        matches!(self, Self::PlainComment(_) | Self::SealedComment(_))
    }

    /// Whether a comment makes it for what follows.
    pub(super) fn announces(&self, comment: &str) -> bool {
        matches!(self, Self::PlainComment(pattern) | Self::SealedComment(pattern) if pattern.is_match(comment))
    }

    /// Follows the lines of a file from the top.
    pub(super) fn walk(&self) -> Walk<'_> {
        Walk { rule: self, announced: false }
    }
}

impl Default for Rule {
    fn default() -> Self {
        Self::PlainSuffix(DEFAULT_SUFFIX.to_owned())
    }
}

/// SOPS compiles patterns with Go's RE2, whose syntax is this crate's. It writes everything in plain text when a
/// pattern does not compile; here that is an error.
fn pattern(text: &str) -> Result<Regex, &'static str> {
    let built = RegexBuilder::new(text).size_limit(1 << 20).build();
    built.map_err(|_| "the pattern in the SOPS metadata that says what is sealed is not valid")
}

/// A pass over the lines of a file, which remembers what the comments since the last value said.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    rule: &'a Rule,
    announced: bool,
}

impl Walk<'_> {
    /// Whether the next line is sealed. `key` is `None` for a comment, whose opened text is to be given to
    /// [`Walk::comment`] afterwards.
    pub(super) fn seals(&mut self, key: Option<&str>) -> bool {
        let sealed = self.rule.seals(key, self.announced);
        if key.is_some() {
            self.announced = false;
        }
        sealed
    }

    /// Takes note of a comment. It never acts on itself, only on what follows up to the next value.
    pub(super) fn comment(&mut self, text: &str) {
        self.announced |= self.rule.announces(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_rule_seals() {
        let lines: [(Option<&str>, &str); 6] = [
            (None, " one"),
            (Some("DB_HOST"), ""),
            (None, " sops:it"),
            (None, " two"),
            (Some("DB_PASSWORD"), ""),
            (Some("X_unencrypted"), ""),
        ];
        for (metadata, expected) in [
            ("", [true, true, true, true, true, false]),
            ("sops_unencrypted_suffix=", [true, true, true, true, true, false]),
            ("sops_unencrypted_suffix=_HOST", [true, false, true, true, true, true]),
            ("sops_encrypted_suffix=_PASSWORD", [false, false, false, false, true, false]),
            ("sops_unencrypted_regex=^DB", [true, false, true, true, false, true]),
            ("sops_encrypted_regex=(PASS|HOST)", [false, true, false, false, true, false]),
            ("sops_encrypted_comment_regex=sops:it", [false, false, false, true, true, false]),
            ("sops_unencrypted_comment_regex=sops:it", [true, true, true, false, false, true]),
        ] {
            let rule = Rule::of(&Document::parse(metadata)).unwrap();
            let mut walk = rule.walk();
            let sealed = lines.map(|(key, text)| {
                let sealed = walk.seals(key);
                if key.is_none() {
                    walk.comment(text);
                }
                sealed
            });
            assert_eq!(sealed, expected, "{metadata}");
        }
    }

    #[test]
    fn bad_rules() {
        for metadata in [
            "sops_encrypted_regex=(PASS",
            "sops_encrypted_regex=(a{1000}){1000}",
            "sops_encrypted_regex=a\nsops_unencrypted_suffix=_b",
        ] {
            assert!(Rule::of(&Document::parse(metadata)).is_err(), "{metadata}");
        }
    }
}
