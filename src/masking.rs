//! Secrets in what a program writes: found in every usual spelling, wherever its pieces are cut, and masked.

mod escaped;
mod spelling;

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

use crate::detection::url_password;
use crate::source::MASK;
pub use escaped::places;
use spelling::{beside_a_dump, decoded, in_base64, in_hexadecimal, in_json, in_urls};

/// Shorter values are not looked for, in bytes: `80` would be found in every line.
pub const SHORTEST: usize = 4;

/// What a file that was written with secrets says of itself in its first lines.
pub const HOLDS_SECRETS: &str = "HOLDS SECRETS: never commit, copy or show this file.";

/// Whether a file says so.
#[must_use]
pub fn holds_secrets(text: &str) -> bool {
    const HEAD: usize = 5;
    text.lines().take(HEAD).any(|line| line.contains(HOLDS_SECRETS))
}

/// Longer spellings are looked for piece by piece, in bytes, so that no more than twice that is ever held back.
const PIECE: usize = 256;

/// Longer values are looked for as they are only, in bytes: ten spellings of a megabyte would take too much memory.
const LONG: usize = 64 * 1024;

/// A line that ends in fewer bytes of a spelling than these is taken to end there: what could go on in the next one has to
/// be held back, and a prompt should not wait for that.
const BEFORE_A_BREAK: usize = 4;

/// The same for what stands between the groups of a hexadecimal dump, the shortest of which are of one byte.
const BEFORE_A_GAP: usize = 2;

/// What programs break Base64 with, and hexadecimal; and how often in a row, so that little is held back.
const BREAKS: [(&[u8], usize); 2] = [(b"\r\n", 1), (b"\r\n :", 8)];

/// The spellings of some secrets, ready to be found. Its `Debug` tells nothing.
pub struct Spellings {
    /// `None` when there is nothing to be found.
    plain: Option<Search>,
    /// Base64, which programs break into lines, and hexadecimal, which they break into groups too: see [`BREAKS`].
    broken: [Option<Search>; 2],
}

struct Search {
    automaton: NFA,
    /// How many bytes of a spelling have been seen in each state.
    seen: HashMap<StateID, usize>,
}

impl fmt::Debug for Spellings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Spellings")
    }
}

impl Spellings {
    /// The spellings of `secrets`: as they are, line by line, in Base64 and hexadecimal, also over several lines, the
    /// latter also in groups, as part of a URL, escaped as in JSON. Values shorter than [`SHORTEST`] are left out.
    pub fn of<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let (mut spellings, mut broken) = (BTreeSet::new(), [BTreeSet::new(), BTreeSet::new()]);
        for secret in secrets {
            add(&mut spellings, &mut broken, secret);
            if let Some(password) = url_password(secret) {
                add(&mut spellings, &mut broken, &secret[password.clone()]);
                add(&mut spellings, &mut broken, &decoded(&secret[password]));
            }
        }
        // What is cut off by a break that is too early to be noticed.
        let broken = broken.map(|broken| {
            let rests = broken.iter().flat_map(|spelling| (0..BEFORE_A_BREAK).filter_map(|cut| spelling.get(cut..)));
            Search::of(rests.filter(|rest| rest.len() >= 2 * BEFORE_A_BREAK))
        });
        Self { plain: Search::of(spellings.iter().map(String::as_str)), broken }
    }
}

impl Search {
    fn of<'s>(spellings: impl Iterator<Item = &'s str>) -> Option<Self> {
        let pieces: BTreeSet<&[u8]> = spellings.flat_map(|spelling| pieces(spelling.as_bytes())).collect();
        let built = NFA::builder().match_kind(MatchKind::Standard).build(&pieces);
        // More spellings than an automaton can hold are beyond the limits of files.
        let automaton = built.ok().filter(|_| !pieces.is_empty())?;
        let mut seen = HashMap::new();
        for piece in pieces {
            let mut state = start(&automaton);
            for (index, byte) in piece.iter().enumerate() {
                state = automaton.next_state(Anchored::No, state, *byte);
                seen.insert(state, index + 1);
            }
        }
        Some(Self { automaton, seen })
    }

    /// Goes on by one byte; how many of the last bytes are a spelling.
    fn step(&self, state: &mut StateID, byte: u8) -> usize {
        let automaton = &self.automaton;
        *state = automaton.next_state(Anchored::No, *state, byte);
        if !automaton.is_match(*state) {
            return 0;
        }
        let found =
            (0..automaton.match_len(*state)).map(|index| automaton.pattern_len(automaton.match_pattern(*state, index)));
        found.max().unwrap_or_default()
    }

    /// How many of the last bytes may be the beginning of a spelling.
    fn open(&self, state: StateID) -> usize {
        self.seen.get(&state).copied().unwrap_or_default()
    }
}

fn start(automaton: &NFA) -> StateID {
    automaton.start_state(Anchored::No).unwrap_or_default()
}

/// Consecutive pieces that are neither short nor longer than twice [`PIECE`].
fn pieces(spelling: &[u8]) -> impl Iterator<Item = &[u8]> {
    let count = (spelling.len() / PIECE).max(1);
    (0..count).map(move |piece| {
        let end = if piece + 1 == count { spelling.len() } else { (piece + 1) * PIECE };
        &spelling[piece * PIECE..end]
    })
}

fn add(spellings: &mut BTreeSet<String>, broken: &mut [BTreeSet<String>; 2], secret: &str) {
    for part in secret.lines().map(str::trim).chain([secret, secret.trim()]) {
        if part.len() < SHORTEST {
            continue;
        }
        spellings.insert(part.to_owned());
        if part.len() <= LONG {
            spellings.extend(in_json(part));
            spellings.extend(in_urls(part));
            spellings.extend(beside_a_dump(part));
            for (found, broken) in
                [in_base64(part.as_bytes()), in_hexadecimal(part).into()].into_iter().zip(&mut *broken)
            {
                spellings.extend(found.iter().cloned());
                broken.extend(found);
            }
        }
    }
}

/// Within a JSON text, also as those write it who escape `/` or everything beyond ASCII.
/// One stream on its way through. What may be the beginning of a secret is held back until it is known.
pub struct Masking<'s> {
    spellings: &'s Spellings,
    state: StateID,
    /// The same for spellings in which breaks count for nothing, and how many of those came last.
    broken: [(StateID, usize); 2],
    /// Bytes that came in and did not go out yet, and for each whether it belongs to a secret.
    held: Vec<(u8, bool)>,
    /// Whether the last byte that went out belonged to a secret, so that its mask is written already.
    masked: bool,
}

impl fmt::Debug for Masking<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Masking")
    }
}

impl<'s> Masking<'s> {
    /// A stream of which nothing has come yet.
    #[must_use]
    pub fn new(spellings: &'s Spellings) -> Self {
        let begin =
            |search: &Option<Search>| search.as_ref().map(|search| start(&search.automaton)).unwrap_or_default();
        let (state, broken) = (begin(&spellings.plain), spellings.broken.each_ref().map(|search| (begin(search), 0)));
        Self { spellings, state, broken, held: Vec::new(), masked: false }
    }

    /// Takes the next bytes and appends to `out` what can be said for sure.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(plain) = &self.spellings.plain else {
            out.extend_from_slice(bytes);
            return;
        };
        for byte in bytes {
            self.held.push((*byte, false));
            let found = plain.step(&mut self.state, *byte);
            let from = self.held.len().saturating_sub(found);
            self.held[from..].iter_mut().for_each(|(_, masked)| *masked = true);
            (0..BREAKS.len()).for_each(|kind| self.push_over_breaks(kind, *byte));
        }
        let mut open = plain.open(self.state);
        for ((search, (state, _)), (breaks, _)) in self.spellings.broken.iter().zip(self.broken).zip(BREAKS) {
            let begun = search.as_ref().map_or(0, |search| search.open(state));
            open = open.max(self.held.len() - self.back(begun, breaks));
        }
        self.release(self.held.len().saturating_sub(open), out);
    }

    fn push_over_breaks(&mut self, kind: usize, byte: u8) {
        let (Some(search), (breaks, most)) = (&self.spellings.broken[kind], BREAKS[kind]) else { return };
        let (mut state, mut count) = self.broken[kind];
        if breaks.contains(&byte) {
            count += usize::from(byte != b'\r');
            let least = match byte {
                b'\r' => 0,
                b'\n' => BEFORE_A_BREAK,
                _ => BEFORE_A_GAP,
            };
            if count > most || search.open(state) < least {
                state = start(&search.automaton);
            }
        } else {
            count = 0;
            let found = search.step(&mut state, byte);
            // The gaps between groups are masked too, for they would tell how long the secret is.
            let from = self.back(found, breaks);
            let own = self.held[from..].iter_mut().filter(|(byte, _)| !b"\r\n".contains(byte));
            own.for_each(|(_, masked)| *masked = true);
        }
        self.broken[kind] = (state, count);
    }

    /// Where the last `count` bytes that are no breaks begin.
    fn back(&self, count: usize, breaks: &[u8]) -> usize {
        let counted = self.held.iter().enumerate().rev().filter(|(_, (byte, _))| !breaks.contains(byte));
        count.checked_sub(1).map_or(self.held.len(), |last| counted.map(|(at, _)| at).nth(last).unwrap_or_default())
    }

    /// Appends what was held back: nothing follows that would make a secret of it.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.release(self.held.len(), out);
    }

    fn release(&mut self, count: usize, out: &mut Vec<u8>) {
        for (byte, masked) in self.held.drain(..count) {
            if !masked {
                out.push(byte);
            } else if !self.masked {
                out.extend_from_slice(MASK.as_bytes());
            }
            self.masked = masked;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Masking, PIECE, Spellings};
    use crate::source::MASK;

    fn masked(spellings: &Spellings, pieces: &[&[u8]]) -> String {
        let (mut masking, mut out) = (Masking::new(spellings), Vec::new());
        for piece in pieces {
            masking.push(piece, &mut out);
            assert!(masking.held.len() < 3 * PIECE, "{} bytes are held back", masking.held.len());
        }
        masking.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn every_spelling() {
        for (secret, text, expected) in [
            ("hunter2canary", "it is hunter2canary!", "it is •!"),
            ("hunter2canary", "hunter2canarhunter2canary", "hunter2canar•"),
            ("hunter2canary", "hunter2canaryhunter2canary", "•"),
            ("a b/c\"d\u{e9}", r#"{"a b/c\"dé"} {"a b\/c\"dé"} {"a b/c\"d\u00e9"}"#, r#"{"•"} {"•"} {"•"}"#),
            ("\"quoted\"", r#"x\"quoted\"x"quoted""#, "x•x•"),
            ("p@ss w/rd", "p%40ss%20w%2Frd p%40ss%20w%2frd p%40ss+w%2Frd p%40ss%20w/rd", "• • • •"),
            ("p@ss w\u{f6}rd", "p%40ss%20w%c3%b6rd p%40ss+w%c3%b6rd p%40ss+w%C3%B6rd", "• • •"),
            ("p@ss w\u{f6}rd", "7264  p@ss w..rd", "7264  •"),
            ("gr\u{fc}\u{f6}n", "a.... gr....n", "a.... gr....n"),
            ("a b/(c)", "a%20b%2f(c) a+b%2f%28c%29 a%20b/%28c%29", "• • •"),
            ("hunter2canary", "68756e7465723263616e617279, 68756E7465723263616E617279", "•, •"),
            ("hunter2canary", "0: 6875 6e74 6572 3263 616e 6172 79  hunter", "0: •  hunter"),
            ("hunter2canary", "0: 7868 756e 7465 7232 6361 6e61 7279\n", "0: 78•\n"),
            ("hunter2canary", "68 75 6e 74 65 72 32 63  61 6e 61 72 79 0a", "• 0a"),
            ("hunter2canary", "68:75:6E:74:65:72:32:63:\n    61:6E:61:72:79", "•\n•"),
            ("hunter2canary", "in 68 min, 75 of 6e74 at 10:30 for 32 63", "in 68 min, 75 of 6e74 at 10:30 for 32 63"),
            ("hunter2canary", "aHVudGVyMmNhbmFyeQ== aHVudGVyMmNhbmFyeQ", "• •"),
            ("hunter2canary", "YTpodW50ZXIyY2FuYXJ5 Og==", "YTp• Og=="),
            ("hunter2canary", "eDpodW50ZXIyY2FuYXJ5 dXNlcjpodW50ZXIyY2FuYXJ5", "eDp• dXNlcjp•"),
            ("postgres://app:p%40ss-word@db/x", "p%40ss-word and p@ss-word", "• and •"),
            ("first line\n  second\nab\n", "first line\r\nsecond, ab", "•\r\n•, ab"),
            ("abc", "abc", "abc"),
            ("", "abc", "abc"),
        ] {
            let told = masked(&Spellings::of([secret]), &[text.as_bytes()]);
            assert_eq!(told.replace(MASK, "•"), expected, "{secret}: {text}");
        }
    }

    #[test]
    fn over_several_lines() {
        use base64::Engine;
        let secret = "a secret of more than fifty-seven bytes, as private keys are: 0123456789abcdef";
        let spellings = Spellings::of([secret]);
        let fold = |text: &str, width: usize, end: &str| {
            let lines: Vec<_> = text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line)).collect();
            lines.join(end)
        };
        for before in ["", "x", "xy", "xyz: and some more of it, so that it begins late on its line"] {
            let data = format!("{before}{secret} and what follows it");
            let base64 = base64::engine::general_purpose::STANDARD.encode(&data);
            let [hexadecimal, _] = super::in_hexadecimal(&data);
            for (text, width) in [(&base64, 76), (&base64, 64), (&base64, 60), (&hexadecimal, 60), (&hexadecimal, 32)] {
                for end in ["\n", "\r\n"] {
                    let told = masked(&spellings, &[format!("{}\nend", fold(text, width, end)).as_bytes()]);
                    let left: String = told.replace(MASK, "").chars().filter(|sign| !sign.is_whitespace()).collect();
                    // Digits that the secret shares with its neighbours stay, and what is cut off by the first break.
                    let own = text.len() - secret.len() * text.len() / data.len();
                    assert!(left.len() <= own + 10, "{before} {width}: {left} of {text}");
                    assert!(told.ends_with("\nend"), "{told}");
                    let bytes = format!("{}\nend", fold(text, width, end));
                    let single: Vec<_> = bytes.as_bytes().chunks(1).collect();
                    assert_eq!(masked(&spellings, &single), told);
                }
            }
        }
        // A line end is not held back for what hardly begins a spelling, nor a blank.
        let (mut masking, mut out) = (Masking::new(&spellings), Vec::new());
        masking.push(b"ready: YSB\n", &mut out);
        assert_eq!(out, b"ready: YSB\n");
        masking.push(b"6120 \n1 to 6: ", &mut out);
        assert!(out.ends_with(b"6: "), "{}", String::from_utf8_lossy(&out));
    }

    #[test]
    fn secrets_that_overlap_leave_nothing() {
        for (secrets, text, expected) in [
            (vec!["pass", "password123"], "password123 password12 pass", "• •word12 •"),
            (vec!["abcd", "cdef"], "abcdef abcdefcdabcd", "• ••"),
            (vec!["aaaa"], "aaaaaaab", "•b"),
            (vec!["aaaaaaaa", "aaab"], "aaaaab", "aa•"),
        ] {
            let told = masked(&Spellings::of(secrets), &[text.as_bytes()]);
            assert_eq!(told.replace(MASK, "•").replace("•cd•", "••"), expected, "{text}");
        }
    }

    #[test]
    fn wherever_it_is_cut() {
        let long: String = (0..700).map(|number: u32| number.to_string()).collect();
        let secrets =
            ["hunter2canary", "hunter2", "canary of 2\nlines here", "p@ss/word", "gr\u{fc}n-\u{1f512}", &long];
        let spellings = Spellings::of(secrets);
        let text = "a hunter2canary b hunter2 hunter2c canary of 2\nlines here p%40ss%2Fword grün-🔒 hunterhunter2";
        let whole = masked(&spellings, &[text.as_bytes()]);
        assert_eq!(whole.replace(MASK, "•"), "a • b • •c • • • hunter•");
        let bytes = text.as_bytes();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let told = masked(&spellings, &[&bytes[..first], &bytes[first..second], &bytes[second..]]);
                assert_eq!(told, whole, "cut at {first} and {second}");
            }
        }
        let single: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(masked(&spellings, &single), whole);
        let text = format!("x{long}y{}z", &long[..long.len() - 1]);
        for size in [1, 7, 255, 256, 257, 4096] {
            let told = masked(&spellings, &text.as_bytes().chunks(size).collect::<Vec<_>>());
            assert!(told.starts_with(&format!("x{MASK}y{MASK}")), "{size}: {told}");
        }
    }

    #[test]
    fn what_cannot_be_a_secret_is_not_held_back() {
        let spellings = Spellings::of(["hunter2canary"]);
        let (mut masking, mut out) = (Masking::new(&spellings), Vec::new());
        masking.push(b"Name: ", &mut out);
        assert_eq!(out, b"Name: ");
        masking.push(b"hunter", &mut out);
        assert_eq!(out, b"Name: ");
        masking.push(b"s", &mut out);
        assert_eq!(out, b"Name: hunters");
    }
}
