//! No input may make a reader panic, hang, or point outside the file.

use std::fmt::Write;
use std::ops::Range;

use proptest::prelude::*;
use sparkcfg::dialects::{self, ALL, Process, Reading};
use sparkcfg::interpolation;

/// Patterns that make a careless reader take quadratic time or endless memory; each is repeated to about `size` bytes.
const PATTERNS: &[&str] = &[
    "K=\"\n",
    "K='\n",
    "K=`\n",
    "K=\"\\\"\n",
    "K='\\'\n",
    "K=\"\\\\\"\n",
    "${",
    "K=${",
    "K=${\n",
    "K=\"${\n",
    "K=${A:-",
    "K=${A:-\n",
    "$(",
    "K=$(\n",
    "K=$($A\n",
    "=",
    "\\",
    "K=\\\n",
    "\"",
    "'",
    "`",
    "#",
    "a ",
    "a",
    " ",
    "\n",
    "\r",
    "\t",
    " #",
    "K= # ",
    "K=$A",
    "$A",
    "K=$K\n",
    "K=${K}${K}\n",
    "K+=x\n",
    "K+=$(K)\n",
    "K:=$(K)$(K)\n",
    "export ",
    "export\n",
    "K:\n",
    ":",
    ";",
    "|",
    "&&",
    "{}",
    "}",
    "(",
    ")",
    "K=(\n",
    "\u{feff}",
    "\u{a0}",
    "é",
    "K=~:",
    "K=${A#*",
    "K=\"a\nb\" x\n",
    "A=$B\nB=$A\n",
    "K=a\\\\\\#",
    "\\$",
    "\\${A}",
    "0",
    "\0",
    "K=a\"b\"c\n",
    "K='\"`\n",
    "${a}",
    "$ ",
    "$$",
    "K=${A:-${B:-\n",
    "K=`\\`\n",
    "`\\`",
    "\\\\`",
];

fn process() -> Process {
    [("A", "1"), ("HOME", "/home/user"), ("B", "$A${A}")].map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// Every range of a reading slices the file, between characters if it is UTF-8, and no key is there twice.
fn check(file: &[u8], reading: &Reading, reader: &str) {
    let text = std::str::from_utf8(file).ok();
    let slices = |range: &Range<usize>| match text {
        Some(text) => text.get(range.clone()).is_some(),
        None => file.get(range.clone()).is_some(),
    };
    for variable in &reading.vars {
        assert!(slices(&variable.key_span) && slices(&variable.value_span), "{reader}");
    }
    assert!(reading.executes.iter().all(slices), "{reader}");
    assert!(reading.error.iter().filter_map(|error| error.at.as_ref()).all(slices), "{reader}");
    let mut keys: Vec<_> = reading.vars.iter().map(|variable| &variable.key).collect();
    keys.sort_unstable();
    assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{reader}: a key twice");
}

fn read_with_all(file: &[u8]) {
    for dialect in ALL {
        check(file, &(dialect.read)(file, &process()), dialect.name);
    }
}

/// What the fuzzer found.
#[test]
fn places_are_whole_characters() {
    for file in ["\u{a0}K=`\n", "\u{feff}# c\nK=v\n", "CLÉ=v\nL=1\n", "A\u{fffd}'<'=\n-<'=\n", "\u{ffff}=a\n"] {
        read_with_all(file.as_bytes());
    }
}

#[test]
fn hostile_files_are_read_to_their_end() {
    const SIZE: usize = 1 << 14;
    for pattern in PATTERNS {
        let mut file = pattern.repeat(SIZE / pattern.len());
        read_with_all(file.as_bytes());
        file.push_str("}\"'`)\nL=1\n");
        read_with_all(file.as_bytes());
        read_with_all(format!("K=\"{file}").as_bytes());
    }
}

#[test]
fn expansion_bombs_end() {
    for (open, close) in [("${", "}"), ("$(", ")"), ("$", "")] {
        let mut file = "A0=xxxxxxxxxxxxxxxx\n".to_owned();
        for line in 1..200 {
            let reference = format!("{open}A{}{close}", line - 1);
            let _ = writeln!(file, "A{line}={}", reference.repeat(8));
        }
        read_with_all(file.as_bytes());
    }
}

/// One line that refers many times to one long value: no line above tells what it will grow to.
#[test]
fn one_line_does_not_grow_without_end() {
    const MOST: usize = 32 << 20;
    let long = "x".repeat(1 << 14);
    for (define, reference) in
        [("A=", "$A"), ("A=", "${A}"), ("A=", "$(A)"), ("A=", "$A$$"), ("A=", "\"${A}\""), ("export A=", "${A:-}")]
    {
        let references = reference.repeat((1 << 14) / reference.len());
        for file in [
            format!("{define}{long}\nK={references}\n"),
            // Most of it in a line that goes on, and the name in the environment as well.
            format!("{define}{long}\nHOME=\"\n{references}\"\n"),
            format!("{define}{long}\n{}", format!("HOME={}\n", reference.repeat(64)).repeat(128)),
        ] {
            for dialect in ALL {
                let reading = (dialect.read)(file.as_bytes(), &process());
                check(file.as_bytes(), &reading, dialect.name);
                let values: usize = reading.vars.iter().filter_map(|one| one.value.as_ref()).map(String::len).sum();
                assert!(values < MOST, "{}: {reference} makes {values} bytes", dialect.name);
            }
        }
    }
}

/// Each value holds the one before: the values of all would be many times longer than the file.
#[test]
fn growing_values_are_not_followed_without_end() {
    let mut file = "K0=x\n".to_owned();
    for line in 1..8_000 {
        let _ = writeln!(file, "K{line}=${{K{}}}x", line - 1);
    }
    let reading = (dialects::find("dotenv-expand").unwrap().read)(file.as_bytes(), &process());
    assert!(reading.error.is_some(), "about 32 MiB of values are kept");
}

/// Text made of the signs that mean something to a reader.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(PATTERNS).prop_map(str::to_owned),
        prop::sample::select(
            &["A", "B", "K=", "=", " ", "\n", "\r\n", "\"", "'", "`", "\\", "$", "{", "}", ":-", "#"][..]
        )
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(file in prop::collection::vec(any::<u8>(), 0..200)) {
        read_with_all(&file);
    }

    #[test]
    fn any_text(text in soup(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        read_with_all(text.as_bytes());
        let mut file = text.clone().into_bytes();
        if !file.is_empty() {
            let at = at.index(file.len());
            file[at] = byte;
        }
        read_with_all(&file);
        let parsed = dialects::compose::parse(&text);
        let slices = |range: &Range<u32>| text.get(range.start as usize..range.end as usize).is_some();
        for entry in &parsed.entries {
            prop_assert!(slices(&entry.key) && slices(&entry.value));
        }
        prop_assert!(parsed.faults.iter().all(|fault| slices(&fault.at)));
        for reference in interpolation::references(&text) {
            prop_assert!(text[reference.range].contains(reference.name));
        }
    }
}
