//! One file as a flat list of entries with their places; a provider for figment.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

use crate::secret::Secret;
use crate::source::{SourceId, Span};

/// One file of an environment. Its `Debug` tells neither its text nor its keys.
pub struct Layer {
    /// What users call it: `base`, `prod`, `prod.secrets`.
    pub name: String,
    /// The text as it may be read; for a sealed file never the opened one.
    pub source: SourceId,
    /// The text under `source`, which all ranges below slice.
    pub text: Arc<str>,
    /// Whether the file keeps its values encrypted.
    pub sealed: bool,
    /// The entries in file order, duplicates included.
    pub entries: Vec<Entry>,
    /// What could not be read, in file order.
    pub faults: Vec<Fault>,
}

/// One assignment.
#[derive(Debug)]
pub struct Entry {
    /// The key, as bytes of [`Layer::text`].
    pub key: Range<u32>,
    /// The value as written, quotes included; empty and right after the key when there is none.
    pub value: Range<u32>,
    /// The value as read, before interpolation.
    pub content: Content,
    /// Whether `$` in `content` refers to other variables.
    pub interpolates: bool,
}

/// What an entry holds. Its `Debug` tells which kind, never the text.
pub enum Content {
    /// Exactly these bytes of [`Layer::text`].
    Slice(Range<u32>),
    /// Text that differs from what is written, because escapes were taken out of it.
    Decoded(Box<str>),
    /// A key without `=`: its value comes from the process environment.
    Inherited,
    /// Opened from a sealed file.
    Opened(Secret),
    /// Sealed, and no identity opens it.
    Sealed,
}

/// A stretch of text that is no entry, comment or blank line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, as bytes of [`Layer::text`].
    pub at: Range<u32>,
    /// Which kind.
    pub kind: FaultKind,
    /// What is wrong, in lower case; never quotes the file.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// Reads a dialect's text, without its name: for those who get a dialect handed over and may not choose one.
pub type Parse = fn(&str) -> (Vec<Entry>, Vec<Fault>);

/// What kind of fault it is: what comes of it, and what of the text stands among the entries all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// docker compose refuses the file.
    Refused,
    /// The same for a quote without an end.
    Unclosed,
    /// A quote is closed where the next value begins: `A="x` above `B="y=z"`.
    RunsOn,
    /// Text that a quote does not hold: `A="x"y!`.
    BehindQuote,
    /// A value is longer than anything that is read.
    LongValue,
    /// The whole file is.
    LongFile,
    /// The whole file is a program, compressed or in an encoding of Windows.
    NoText,
    /// A byte is not UTF-8.
    NotUtf8,
    /// A byte is NUL.
    Nul,
}

impl Fault {
    /// What comes of it.
    #[must_use]
    pub const fn effect(&self) -> &'static str {
        match self.kind {
            FaultKind::Refused | FaultKind::Unclosed => "docker compose refuses the file",
            FaultKind::RunsOn => "docker compose takes the next key into the value",
            FaultKind::BehindQuote => "docker compose takes it for another key, and refuses the file",
            FaultKind::LongValue | FaultKind::LongFile => "too long to be read here",
            FaultKind::NoText => "no reader finds a key in it",
            FaultKind::NotUtf8 => "docker compose replaces it",
            FaultKind::Nul => "no variable of a process can hold it",
        }
    }

    /// Whether it stands for the whole file, of which nothing was read.
    #[must_use]
    pub const fn hides_file(&self) -> bool {
        matches!(self.kind, FaultKind::LongFile | FaultKind::NoText)
    }

    /// Whether values may stand there that are not among the entries.
    #[must_use]
    pub const fn hides_values(&self) -> bool {
        !matches!(self.kind, FaultKind::NotUtf8 | FaultKind::Nul)
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, source, sealed, entries, .. } = self;
        let mut layer = formatter.debug_struct("Layer");
        layer.field("name", name).field("source", source).field("sealed", sealed).field("entries", &entries.len());
        layer.finish_non_exhaustive()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Slice(_) => "Slice",
            Self::Decoded(_) => "Decoded",
            Self::Inherited => "Inherited",
            Self::Opened(_) => "Opened",
            Self::Sealed => "Sealed",
        })
    }
}

/// Why nothing was read of a file beyond the limit.
pub const TOO_LONG: &str = "the file is longer than 8 MiB";
/// A quote without an end.
pub const UNCLOSED: &str = "this quote is not closed";
/// A quote that is closed where the next value begins: `A="x` above `B="y=z"`.
pub const RUNS_ON: &str = "only the quote of the next value closes this one";
/// What a quote does not hold: `A="x"y!`.
pub const BEHIND_QUOTE: &str = "text stands behind the closing quote";
/// Why nothing was read of a program, a compressed file and the like.
pub const NO_TEXT: &str = "the file is no text";
/// Why nothing was read of a file that an editor of Windows saved.
pub const UTF16: &str = "the file is UTF-16";

/// What stands between a key and its value, also where somebody meant another kind of file.
pub const ASSIGN: [char; 3] = ['=', ':', '＝'];

/// The name of the layer that holds the process environment, the only one that is no file.
pub const PROCESS: &str = "process environment";

impl Layer {
    /// The key of an entry, as written.
    #[must_use]
    pub fn key(&self, entry: &Entry) -> &str {
        self.slice(&entry.key)
    }

    /// The text of an entry before interpolation; `None` when it is sealed or inherited.
    #[must_use]
    pub fn content<'a>(&'a self, entry: &'a Entry) -> Option<&'a str> {
        match &entry.content {
            Content::Slice(range) => Some(self.slice(range)),
            Content::Decoded(text) => Some(text),
            Content::Opened(secret) => Some(secret.expose()),
            Content::Inherited | Content::Sealed => None,
        }
    }

    /// The entry with the quoted value behind which, on the same line, a word stands that is an entry by itself only because
    /// docker compose takes it for a key: `b` in `A="x"b`. `index` is that of the word in [`Layer::entries`].
    #[must_use]
    pub fn quoted_before(&self, index: usize) -> Option<&Entry> {
        let (before, entry) = (self.entries.get(index.checked_sub(1)?)?, self.entries.get(index)?);
        // At the end of a file without a line end, the word is the value of a variable without a name.
        let is_word = matches!(entry.content, Content::Inherited) || entry.key.start == entry.value.start;
        let is_quoted = || self.slice(&before.value).starts_with(['"', '\'']);
        let between = || self.text.get(before.value.end as usize..entry.key.start as usize);
        (is_word && is_quoted() && between().is_some_and(|text| !text.contains('\n'))).then_some(before)
    }

    /// The place of a byte range of this layer's text.
    #[must_use]
    pub fn span(&self, range: &Range<u32>) -> Span {
        Span::new(self.source, range.clone())
    }

    /// The bytes of the line on which the byte `at` is, without its end.
    #[must_use]
    pub fn line_around(&self, at: u32) -> Range<u32> {
        let at = (at as usize).min(self.text.len());
        let start = self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let end = self.text.get(at..).and_then(|after| after.find('\n')).map_or(self.text.len(), |length| at + length);
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        offset(start)..offset(end)
    }

    /// The key at the start of the line on which the byte `at` is: for lines that could not be read.
    #[must_use]
    pub fn key_on_line(&self, at: u32) -> Option<&str> {
        key_of(self.slice(&self.line_around(at)))
    }

    /// Whether nothing in the file was read, so that it may set any key to anything.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.faults.iter().any(Fault::hides_file)
    }

    /// The layer as figment knows it: several layers may have one name, but not one text.
    #[must_use]
    pub fn as_source(&self) -> figment::Source {
        figment::Source::Custom(format!("{:?}", self.source))
    }

    /// The bytes of `range`; empty when they are not within the text.
    #[must_use]
    pub fn slice(&self, range: &Range<u32>) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// The key at the start of a line that could not be read.
#[must_use]
pub fn key_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    // What other kinds of files have in front of a key.
    let front = ["export ", "set ", "ENV ", "- "].iter().find_map(|front| line.strip_prefix(front));
    let (key, _) = front.unwrap_or(line).trim_start().split_once(ASSIGN)?;
    let key = key.trim_end();
    (!key.is_empty() && !key.contains(char::is_whitespace)).then_some(key)
}

/// What figment merges is the index of the entry that wins; the tag that it puts on the merged value names the
/// layer. Texts and places stay here, so nothing is copied and a secret never enters figment.
impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone()).source(self.as_source())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let indexed = self.entries.iter().enumerate();
        let dict: Dict = indexed.map(|(index, entry)| (self.key(entry).to_owned(), Value::from(index))).collect();
        Ok(Profile::Default.collect(dict))
    }
}
