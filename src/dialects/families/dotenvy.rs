//! The real crate `dotenvy`, made to read a file in a process environment that is not the real one.
//!
//! The crate looks references up in the environment of the running process. Here every name behind a `$` is given a
//! mark in front that no real variable has, so that lookup finds nothing; and the crate is fed line by line, with a
//! definition of the marked name in front for each variable of the given environment and, after each assignment, for
//! the one just made. So the crate's own second step, earlier lines, gives the right value. The mark is taken out of
//! what stays literal. Feeding it by lines also tells which lines an assignment came from, which the crate does not.
//!
//! A variable of the environment whose name is not made of letters, digits, `_` and `.` is not found.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use crate::dialects::{Process, ReadError};

/// How much text is handed to the crate or made by it of references, in bytes, besides the file and what its keys are
/// defined as, before the file is taken for an expansion bomb.
const MAX_FED: usize = 12 << 20;
/// How much of it for each byte of the file and of the process environment.
const FED_FOR_EACH: usize = 5;

/// Why a file is refused that the crate itself would read, given time.
pub(in crate::dialects) const TOO_MUCH: &str = "the references expand to too much text";

/// One assignment, by its places in the file.
pub(in crate::dialects) struct Assignment {
    pub(in crate::dialects) key: Range<usize>,
    pub(in crate::dialects) written: Range<usize>,
    pub(in crate::dialects) value: String,
}

/// Reads `file` from `start`. The error is what the crate stops at; assignments before it count.
pub(in crate::dialects) fn read(file: &[u8], start: usize, process: &Process) -> (Vec<Assignment>, Option<ReadError>) {
    let feed = Rc::new(RefCell::new(Feed::new(file, start, process)));
    let mut items = dotenvy::from_read_iter(FeedReader(Rc::clone(&feed)));
    let mut found = Vec::new();
    let mut from = start;
    loop {
        match items.next() {
            None => return (found, None),
            Some(Ok((key, _))) if feed.borrow().is_definition(&key) => {}
            Some(Ok((key, value))) => {
                let mut feed = feed.borrow_mut();
                let value = value.replace(&feed.mark, "");
                feed.assigned(&key, &value, process);
                let (key, written) = places(file, from..feed.next);
                from = feed.next;
                found.push(Assignment { key, written, value });
            }
            Some(Err(_)) => {
                let feed = feed.borrow();
                let (key, _) = places(file, from..feed.next);
                let line = file.get(key.start..feed.next).unwrap_or_default().trim_ascii_end().len();
                let message = feed.fault.unwrap_or("dotenvy cannot read this line");
                return (found, Some(ReadError { message, at: Some(key.start..key.start + line) }));
            }
        }
    }
}

struct Feed<'f> {
    file: &'f [u8],
    /// The first byte of the file that was not handed out.
    next: usize,
    /// Handed to the crate before anything else.
    waiting: VecDeque<u8>,
    mark: String,
    /// The last place where a reference can begin.
    last_dollar: Option<usize>,
    /// Whether the next line begins an assignment, and is not the rest of one.
    fresh: bool,
    definitions: String,
    /// How long the value is that a reference to this name stands for.
    lengths: HashMap<String, usize>,
    fed: usize,
    most: usize,
    fault: Option<&'static str>,
}

impl<'f> Feed<'f> {
    fn new(file: &'f [u8], start: usize, process: &Process) -> Self {
        let lossy = String::from_utf8_lossy(file);
        let taken = |mark: &str| lossy.contains(mark) || process.values().any(|value| value.contains(mark));
        // One of so many is free: a text holds fewer marks than it has bytes.
        let mark = (0..=file.len())
            .map(|number| format!("sparkcfgMark{number}x"))
            .find(|mark| !taken(mark))
            .unwrap_or_default();
        let given: usize = process.iter().map(|(key, value)| key.len() + value.len()).sum();
        let mut feed = Self {
            file,
            next: start,
            waiting: VecDeque::new(),
            mark,
            last_dollar: memchr::memrchr(b'$', file),
            fresh: true,
            definitions: String::new(),
            lengths: HashMap::new(),
            fed: 0,
            most: MAX_FED.saturating_add((file.len() + given).saturating_mul(FED_FOR_EACH)),
            fault: None,
        };
        if feed.last_dollar.is_some() {
            for (key, value) in process.iter().filter(|(key, _)| !key.is_empty() && key.bytes().all(is_name_byte)) {
                feed.define(key, value);
            }
        }
        feed
    }

    fn is_definition(&self, key: &str) -> bool {
        key.starts_with(&self.mark)
    }

    fn assigned(&mut self, key: &str, value: &str, process: &Process) {
        self.fresh = true;
        if self.last_dollar.is_some_and(|last| last >= self.next) && !process.contains_key(key) {
            self.define(key, value);
        }
    }

    fn define(&mut self, key: &str, value: &str) {
        let _ = write!(self.definitions, "{}{key}=\"", self.mark);
        for character in value.chars() {
            if matches!(character, '\\' | '"' | '$') {
                self.definitions.push('\\');
            }
            self.definitions.push(character);
        }
        self.definitions.push_str("\"\n");
        self.lengths.insert(key.to_owned(), value.len());
    }

    /// At most how much text the crate makes of the reference whose name `piece` begins with, behind the `$`. Where a
    /// quote or a backslash keeps it from being one, it makes less.
    fn expanded(&self, piece: &[u8]) -> usize {
        let name = match piece.strip_prefix(b"{") {
            Some(braced) => braced.iter().position(|byte| *byte == b'}').and_then(|end| braced.get(..end)),
            None => piece.split(|byte| !byte.is_ascii_alphanumeric()).next(),
        };
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        name.and_then(|name| self.lengths.get(name)).copied().unwrap_or_default()
    }

    /// Puts the next line of the file, marked, into `waiting`.
    fn refill(&mut self) -> io::Result<()> {
        let rest = self.file.get(self.next..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |length| length + 1);
        let line = rest.get(..length).unwrap_or_default();
        self.next += length;
        let mut skipped = false;
        if self.fresh {
            self.waiting.extend(std::mem::take(&mut self.definitions).into_bytes());
            skipped = std::str::from_utf8(line)
                .is_ok_and(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
            self.fresh = skipped;
        }
        let mut pieces = line.split(|byte| *byte == b'$');
        self.waiting.extend(pieces.next().unwrap_or_default());
        for piece in pieces {
            // The crate itself has no bound: it must not get a line that makes too much.
            if !skipped {
                self.fed = self.fed.saturating_add(self.expanded(piece));
            }
            let (brace, name) = piece.strip_prefix(b"{").map_or((&b""[..], piece), |name| (&b"{"[..], name));
            for part in [b"$", brace, self.mark.as_bytes(), name] {
                self.waiting.extend(part);
            }
        }
        self.fed = self.fed.saturating_add(self.waiting.len());
        if self.fed > self.most {
            self.fault = Some(TOO_MUCH);
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(())
    }
}

struct FeedReader<'f>(Rc<RefCell<Feed<'f>>>);

impl Read for FeedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut feed = self.0.borrow_mut();
        if feed.waiting.is_empty() {
            feed.refill()?;
        }
        feed.waiting.read(buffer)
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}

/// The key and the value as written within the lines of one assignment, comments and blank lines in front included.
fn places(file: &[u8], lines: Range<usize>) -> (Range<usize>, Range<usize>) {
    let bytes = file.get(..lines.end).unwrap_or_default();
    let skip = |at: usize, wanted: fn(u8) -> bool| {
        at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| wanted(**byte)).count()
    };
    let mut at = behind_blanks(bytes, lines.start);
    while bytes.get(at) == Some(&b'#') {
        at = behind_blanks(bytes, skip(at, |byte| byte != b'\n'));
    }
    let mut key = at..skip(at, is_name_byte);
    let mut after = behind_blanks(bytes, key.end);
    if bytes.get(key.clone()) == Some(b"export") && bytes.get(after) != Some(&b'=') {
        key = after..skip(after, is_name_byte);
        after = behind_blanks(bytes, key.end);
    }
    let equals = usize::from(bytes.get(after) == Some(&b'='));
    let value = skip(after + equals, |byte| byte == b' ' || byte == b'\t');
    (key, value..value + word_length(bytes.get(value..).unwrap_or_default()))
}

/// Where the blanks that begin at `at` end. The crate takes those of Unicode, too.
fn behind_blanks(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(4)];
        let whole = std::str::from_utf8(rest).map_or_else(|error| error.valid_up_to(), str::len);
        let first = std::str::from_utf8(&rest[..whole]).ok().and_then(|text| text.chars().next());
        match first.filter(|first| first.is_whitespace()) {
            Some(blank) => at += blank.len_utf8(),
            None => return at,
        }
    }
}

/// The length of one word of dotenvy: pieces with and without quotes, up to a blank.
fn word_length(bytes: &[u8]) -> usize {
    let (mut quote, mut escaped) = (None, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quote != Some(&b'\'') => escaped = true,
            b'"' | b'\'' if quote.is_none() => quote = Some(byte),
            _ if quote == Some(byte) => quote = None,
            _ if quote.is_none() && byte.is_ascii_whitespace() => return at,
            b'#' if at == 0 => return at,
            _ => {}
        }
    }
    bytes.len()
}
