//! Where a JSON pointer leads in a schema's text.

use std::ops::Range;

/// The bytes of the member's name that `pointer` leads to; of the value where it leads into an array.
///
/// The text is scanned only when a finding asks. It has been parsed before, so the scan trusts it to be JSON.
#[must_use]
pub(super) fn find(text: &str, pointer: &str) -> Option<Range<u32>> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    let mut place = 0..0;
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        place = scan.enter(&name)?;
    }
    let offset = |at: usize| u32::try_from(at).ok();
    Some(offset(place.start)?..offset(place.end)?)
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    /// Moves to the value of member or item `name` of the value that starts here; gives the place to point at.
    fn enter(&mut self, name: &str) -> Option<Range<usize>> {
        self.blanks();
        let open = *self.bytes.get(self.at)?;
        self.at += 1;
        let mut index = 0_usize;
        loop {
            self.blanks();
            let start = self.at;
            match open {
                b'{' => {
                    let key = self.string()?;
                    let place = start..self.at;
                    self.blanks();
                    self.at += 1;
                    self.blanks();
                    if key == name {
                        return Some(place);
                    }
                }
                b'[' if index.to_string() == name => {
                    let place = self.at;
                    self.skip()?;
                    let end = self.at;
                    self.at = place;
                    return Some(place..end);
                }
                b'[' => index += 1,
                _ => return None,
            }
            self.skip()?;
            self.blanks();
            if *self.bytes.get(self.at)? != b',' {
                return None;
            }
            self.at += 1;
        }
    }

    fn blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.skip_string()?;
        serde_json::from_slice(self.bytes.get(start..self.at)?).ok()
    }

    fn skip_string(&mut self) -> Option<()> {
        if *self.bytes.get(self.at)? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            match *self.bytes.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    /// Moves behind the value that starts here.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.blanks();
            match *self.bytes.get(self.at)? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    while self.bytes.get(self.at).is_some_and(|byte| !b",]} \t\r\n".contains(byte)) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn pointers_lead_to_names() {
        let text = r#"{ "a": {"x/y": [1, {"b": "c}\""}], "": null}, "properties" : {"PORT":{"maximum":5}} }"#;
        for (pointer, expected) in [
            ("/a", Some("\"a\"")),
            ("/a/x~1y", Some("\"x/y\"")),
            ("/a/x~1y/0", Some("1")),
            ("/a/x~1y/1/b", Some("\"b\"")),
            ("/a/", Some("\"\"")),
            ("/properties/PORT/maximum", Some("\"maximum\"")),
            ("/properties/HOST", None),
            ("/a/x~1y/2", None),
            ("", Some("")),
        ] {
            let found = find(text, pointer).map(|range| &text[range.start as usize..range.end as usize]);
            assert_eq!(found, expected, "{pointer}");
        }
        assert_eq!(find("{\"a", "/a/b"), None);
    }
}
