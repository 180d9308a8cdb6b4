//! What a pattern takes off an end of a value: `${NAME#pattern}`, `##`, `%` and `%%`, byte by byte as dash matches.

/// The work that the patterns of one file may still cost, in bytes looked at.
pub(super) struct Effort(pub(super) usize);

/// The [`Effort`] of a file is spent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spent;

impl Effort {
    /// Takes so many bytes of work off.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Spent> {
        self.0 = self.0.checked_sub(bytes).ok_or(Spent)?;
        Ok(())
    }
}

/// Text, and for each of its bytes whether it was quoted.
#[derive(Default)]
pub(super) struct Text {
    pub(super) bytes: Vec<u8>,
    quoted: Vec<bool>,
}

impl Text {
    pub(super) fn push(&mut self, bytes: &[u8], quoted: bool) {
        self.bytes.extend(bytes);
        self.quoted.resize(self.bytes.len(), quoted);
    }

    /// The byte at `at`, if it is there and not quoted.
    fn bare(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied().filter(|_| self.quoted.get(at) == Some(&false))
    }
}

/// `value` without what `pattern` takes off an end: `%` and `#` the least, `P` (`%%`) and `H` (`##`) the most.
pub(super) fn trimmed<'v>(value: &'v [u8], pattern: &Text, sign: u8, effort: &mut Effort) -> Result<&'v [u8], Spent> {
    let backwards = matches!(sign, b'%' | b'P');
    let mut tokens = tokens(pattern);
    if backwards {
        tokens.reverse();
    }
    let subject = Subject { value, backwards };
    let length = subject.matched(&tokens, matches!(sign, b'P' | b'H'), effort)?.unwrap_or_default();
    let (front, back) = if backwards { (0, length) } else { (length, 0) };
    Ok(value.get(front..value.len() - back).unwrap_or_default())
}

/// A value, read from its front or from its end.
struct Subject<'v> {
    value: &'v [u8],
    backwards: bool,
}

impl Subject<'_> {
    /// How many bytes at this end the whole pattern fits, the most or the fewest.
    ///
    /// What stands between two stars goes to the first place where it fits: a later one would leave less room for the
    /// rest. Only what follows the last star has a choice, and then the most is its last place.
    fn matched(&self, tokens: &[Token], most: bool, effort: &mut Effort) -> Result<Option<usize>, Spent> {
        let mut stretches = tokens.split(|token| matches!(token, Token::Star));
        let first = stretches.next().unwrap_or_default();
        if !self.fits(first, 0, effort)? {
            return Ok(None);
        }
        let mut end = first.len();
        let mut stretches = stretches.peekable();
        while let Some(stretch) = stretches.next() {
            let Some(last_start) = self.value.len().checked_sub(stretch.len()).filter(|last| *last >= end) else {
                return Ok(None);
            };
            let from_behind = most && stretches.peek().is_none();
            let mut found = None;
            for offset in 0..=last_start - end {
                let at = if from_behind { last_start - offset } else { end + offset };
                if self.fits(stretch, at, effort)? {
                    found = Some(at);
                    break;
                }
            }
            let Some(found) = found else { return Ok(None) };
            end = found + stretch.len();
        }
        Ok(Some(end))
    }

    fn fits(&self, stretch: &[Token], at: usize, effort: &mut Effort) -> Result<bool, Spent> {
        let mut compared = 1;
        let fits = stretch.iter().enumerate().all(|(offset, token)| {
            compared += 1;
            self.byte(at + offset).is_some_and(|byte| token.takes(byte))
        });
        effort.spend(compared)?;
        Ok(fits)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        let at = if self.backwards { self.value.len().checked_sub(at + 1)? } else { at };
        self.value.get(at).copied()
    }
}

enum Token {
    Byte(u8),
    Any,
    Star,
    Set(Set),
}

impl Token {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Byte(wanted) => *wanted == byte,
            Self::Any => true,
            Self::Star => false,
            Self::Set(set) => set.bytes.contains(byte) != set.negated,
        }
    }
}

#[derive(Default)]
struct Set {
    bytes: Bytes,
    negated: bool,
}

/// One bit for each byte.
#[derive(Default)]
struct Bytes([u128; 2]);

impl Bytes {
    fn insert(&mut self, byte: u8) {
        if let Some(half) = self.0.get_mut(usize::from(byte >> 7)) {
            *half |= 1 << (byte & 127);
        }
    }

    fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 7)).is_some_and(|half| half >> (byte & 127) & 1 == 1)
    }
}

fn tokens(pattern: &Text) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    // Behind the last `]` no set can end, and none is looked for.
    let last_bracket = (0..pattern.bytes.len()).rev().find(|at| pattern.bare(*at) == Some(b']')).unwrap_or_default();
    while let Some(byte) = pattern.bytes.get(at) {
        let set = (pattern.bare(at) == Some(b'[') && at < last_bracket).then(|| set(pattern, at + 1)).flatten();
        at += 1;
        tokens.push(match (pattern.bare(at - 1), set) {
            (_, Some((set, end))) => {
                at = end;
                Token::Set(set)
            }
            (Some(b'*'), _) => Token::Star,
            (Some(b'?'), _) => Token::Any,
            _ => Token::Byte(*byte),
        });
    }
    tokens
}

/// A bracket expression whose `[` is in front of `start`, and where it ends.
fn set(pattern: &Text, start: usize) -> Option<(Set, usize)> {
    let mut set = Set { negated: pattern.bare(start) == Some(b'!'), ..Set::default() };
    let first = start + usize::from(set.negated);
    let mut at = first;
    loop {
        let low = *pattern.bytes.get(at)?;
        if at > first && pattern.bare(at) == Some(b']') {
            return Some((set, at + 1));
        }
        if let Some((members, end)) = class(pattern, at) {
            (0..=u8::MAX).filter(members).for_each(|byte| set.bytes.insert(byte));
            at = end;
            continue;
        }
        at += 1;
        if pattern.bare(at) == Some(b'-')
            && pattern.bare(at + 1) != Some(b']')
            && let Some(high) = pattern.bytes.get(at + 1)
        {
            (low..=*high).for_each(|byte| set.bytes.insert(byte));
            at += 2;
        } else {
            set.bytes.insert(low);
        }
    }
}

type Members = fn(&u8) -> bool;

const CLASSES: &[(&[u8], Members)] = &[
    (b"alnum", u8::is_ascii_alphanumeric),
    (b"alpha", u8::is_ascii_alphabetic),
    (b"blank", |byte| matches!(byte, b' ' | b'\t')),
    (b"cntrl", u8::is_ascii_control),
    (b"digit", u8::is_ascii_digit),
    (b"graph", u8::is_ascii_graphic),
    (b"lower", u8::is_ascii_lowercase),
    (b"print", |byte| matches!(byte, b' '..=b'~')),
    (b"punct", u8::is_ascii_punctuation),
    (b"space", |byte| matches!(byte, b' ' | b'\t'..=b'\r')),
    (b"upper", u8::is_ascii_uppercase),
    (b"xdigit", u8::is_ascii_hexdigit),
];

/// `[:alpha:]` and its like at `at`, within a bracket expression, and where it ends.
fn class(pattern: &Text, at: usize) -> Option<(Members, usize)> {
    if (pattern.bare(at), pattern.bare(at + 1)) != (Some(b'['), Some(b':')) {
        return None;
    }
    let rest = pattern.bytes.get(at + 2..)?;
    let (name, members) =
        CLASSES.iter().find(|(name, _)| rest.strip_prefix(*name).is_some_and(|rest| rest.starts_with(b":]")))?;
    Some((*members, at + 2 + name.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pattern: &str) -> Text {
        let mut text = Text::default();
        // Here `'` quotes, as in a file.
        for (index, piece) in pattern.split('\'').enumerate() {
            text.push(piece.as_bytes(), index % 2 == 1);
        }
        text
    }

    /// What is left of a value after `#`, `##`, `%` and `%%`, as dash 0.5.12 answered.
    #[test]
    fn every_sign_takes_what_dash_takes() {
        for (value, pattern, expected) in [
            ("a/b/c", "*/", ["b/c", "c", "a/b/c", "a/b/c"]),
            ("a/b/c", "/*", ["a/b/c", "a/b/c", "a/b", "a"]),
            ("aXbXc", "*X*", ["bXc", "", "aXb", ""]),
            ("aaaa", "a*a", ["aa", "", "aa", ""]),
            ("abc", "", ["abc"; 4]),
            ("abc", "*", ["abc", "", "abc", ""]),
            ("abc", "abcd", ["abc"; 4]),
            ("abc", "?", ["bc", "bc", "ab", "ab"]),
            ("*a*", "'*'", ["a*", "a*", "*a", "*a"]),
            ("abab", "[ab]", ["bab", "bab", "aba", "aba"]),
            ("abab", "[!b]*", ["bab", "", "ab", ""]),
            ("abab", "[^b]*", ["abab", "abab", "aba", "a"]),
            ("]a]", "[]]", ["a]", "a]", "]a", "]a"]),
            ("-b-", "[a-]", ["b-", "b-", "-b", "-b"]),
            ("-b-", "[a'-'c]", ["b-", "b-", "-b", "-b"]),
            ("!b!", "['!'a]", ["b!", "b!", "!b", "!b"]),
            ("[a[", "[", ["a[", "a[", "[a", "[a"]),
            ("[]b", "[]", ["b", "b", "[]b", "[]b"]),
            ("ab1", "[[:alpha:]]*", ["b1", "", "a", ""]),
            (":]x", "[[:foo:]]", ["x", "x", ":]x", ":]x"]),
            ("a-z", "[a-b-z]*", ["-z", "", "a-", ""]),
            ("x1y2", "*[[:digit:]]", ["y2", "", "x1y", ""]),
            ("a]b", "[a']']*", ["]b", "", "a", ""]),
            ("ab", "[b-a]", ["ab"; 4]),
            ("aab", "a*b*", ["", "", "a", ""]),
            ("[=a=]", "[[=a=]]", ["[=a=]", "[=a=]", "[=a", "[=a"]),
            ("a.b", "[[.a.]]", ["a.b"; 4]),
            ("^a", "[a^]", ["a", "a", "^", "^"]),
            ("ab", "[!]a]", ["ab", "ab", "a", "a"]),
            ("]b", "[!]", ["]b"; 4]),
            ("xay", "*?a?", [""; 4]),
        ] {
            let left = [b'#', b'H', b'%', b'P'].map(|sign| {
                let left = trimmed(value.as_bytes(), &text(pattern), sign, &mut Effort(1000));
                String::from_utf8_lossy(left.unwrap_or_default()).into_owned()
            });
            assert_eq!(left, expected, "{value} {pattern}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let value = "a".repeat(10_000);
        let dear = text(&format!("*{}b", "a".repeat(5_000)));
        assert_eq!(trimmed(value.as_bytes(), &dear, b'#', &mut Effort(1_000_000)), Err(Spent));
        let mut effort = Effort(1_000_000);
        for sign in [b'#', b'H', b'%', b'P'] {
            assert_eq!(trimmed(value.as_bytes(), &text("*a*a*a*b"), sign, &mut effort), Ok(value.as_bytes()));
        }
    }
}
