//! Keys that go over several lines, each of which a reader may take for a variable.

use std::ops::Range;

/// The lines between `-----BEGIN …` and `-----END …` (RFC 7468), as bytes of `text`: one secret, although a reader may
/// take each of its lines for a key. Without an end, the lines that look like Base64.
#[must_use]
pub fn key_blocks(text: &str) -> Vec<Range<u32>> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let mut found = Vec::new();
    let mut from = 0;
    let begin = |from: usize| memchr::memmem::find(&text.as_bytes()[from..], BEGIN.as_bytes());
    while let Some((head, body)) = begin(from).and_then(|at| text[from + at..].split_once('\n')) {
        let start = text.len() - body.len();
        from = start;
        if head.contains(END) {
            continue;
        }
        let before_next = body.find(BEGIN).map_or(body, |next| &body[..next]);
        let length = before_next.find(END).unwrap_or_else(|| {
            let is_base64 = |line: &&str| {
                let line = line.trim_end();
                let digits = line.trim_end_matches('=');
                let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
                line.len() - digits.len() <= 2 && !digits.is_empty() && digits.bytes().all(is_digit)
            };
            body.split_inclusive('\n').take_while(is_base64).map(str::len).sum()
        });
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        found.push(offset(start)..offset(start + length));
        from = start + length;
    }
    found
}

/// Whether a place stands in one of these blocks, which are in the order of the text.
#[must_use]
pub fn is_in_key_block(blocks: &[Range<u32>], at: u32) -> bool {
    let before = blocks.partition_point(|block| block.start <= at).checked_sub(1);
    before.and_then(|block| blocks.get(block)).is_some_and(|block| block.contains(&at))
}
