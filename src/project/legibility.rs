//! Whether a file is an env file at all: what is no text is told once, and not line by line.

use crate::layer::{Entry, Fault, FaultKind, NO_TEXT, UTF16};
use crate::plain::is_name;

/// So many NUL bytes in a row stand in no text that a slip has spoilt.
const PADDING: &str = match std::str::from_utf8(&[0; 64]) {
    Ok(padding) => padding,
    Err(_) => "\0",
};

/// Why nothing in a file can be read; `None` for text. `text` is what becomes of its bytes.
///
/// Only for a file with bytes that are no text. One of them is a slip, so that what counts is whether more lines hold signs
/// that no text has than assign anything: compressed files and programs are told from an old encoding.
pub(super) fn illegible(text: &str, entries: &[Entry]) -> Option<Fault> {
    // U+FFFD twice is what a byte order mark of UTF-16 becomes.
    if text.starts_with("\u{fffd}\u{fffd}") && text.contains('\0') {
        return Some(Fault { at: 0..0, kind: FaultKind::NoText, message: UTF16, help: "save it as UTF-8" });
    }
    let is_control = |sign: char| matches!(sign, '\0'..='\x08' | '\x0e'..='\x1a' | '\x1c'..='\x1f' | '\x7f');
    let strange = text.lines().filter(|line| line.contains(is_control)).count();
    let slice = |range: &std::ops::Range<u32>| text.get(range.start as usize..range.end as usize).unwrap_or_default();
    let assigned = entries.iter().filter(|entry| is_name(slice(&entry.key)) && !entry.value.is_empty()).count();
    let help = "put an env file there, saved as UTF-8; one that is compressed or sealed needs a name that says so";
    // Archives hold the lines of files, and fill them up with NUL.
    let is_padded = text.contains(PADDING);
    (strange > assigned || is_padded).then_some(Fault { at: 0..0, kind: FaultKind::NoText, message: NO_TEXT, help })
}

#[cfg(test)]
mod tests {
    use super::illegible;
    use crate::dialects::compose;
    use crate::layer::{NO_TEXT, UTF16};

    #[test]
    fn what_is_no_text() {
        for (bytes, expected) in [
            (&b"\xff\xfeA\0=\x001\0\n\0"[..], Some(UTF16)),
            (b"A\0=\x001\0\n\0", Some(NO_TEXT)),
            (b"\x1f\x8b\x08\0\0\0\0\0\0\x03+I-.\xe1\x02\0\xc65\xb9;\x05\0\0\0", Some(NO_TEXT)),
            (b"\x7fELF\x02\x01\x01\0\0\nA=1\n\0\0\x02\n", Some(NO_TEXT)),
            (b"\0", Some(NO_TEXT)),
            (&[&b"a/prod.env"[..], &[0; 90], b"A=1\nB=2\n"].concat(), Some(NO_TEXT)),
            // A slip, an old encoding, colours of a terminal.
            (b"A=1\0B=2\n", None),
            (b"# \xe9\xe8\n# \xe0\nA=\xe9\n", None),
            (b"\xe9\n", None),
            (b"A=\x1b[1m\xe9\n\x1b\n", None),
        ] {
            let text = String::from_utf8_lossy(bytes);
            let found = illegible(&text, &compose::parse(&text).entries);
            assert_eq!(found.map(|fault| fault.message), expected, "{bytes:?}");
        }
    }
}
