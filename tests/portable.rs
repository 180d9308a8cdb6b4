//! A written value is read back by every reader it was written for, or the error names the one that cannot.

use proptest::prelude::*;
use sparkcfg::dialects::{ALL, Dialect, Process};
use sparkcfg::portable::spell;

fn readers() -> impl Strategy<Value = Vec<&'static Dialect>> {
    let all = ALL.iter().collect::<Vec<_>>();
    prop_oneof![9 => prop::sample::subsequence(all.clone(), 1..5), 1 => prop::sample::subsequence(all.clone(), 5..=all.len())]
}

/// Text with many of the signs that some reader treats in its own way.
fn value(newlines: bool) -> impl Strategy<Value = String> {
    let signs = "ab A0_=:#$${}()\"'\\`-+?%~.,;&|<>\t@*![]^né";
    let sign = prop::sample::select(signs.chars().collect::<Vec<_>>());
    let character = prop_oneof![8 => sign, 1 => any::<char>()];
    let length = prop_oneof![9 => 0..9_usize, 1 => 9..80_usize];
    let characters = length.prop_flat_map(move |length| prop::collection::vec(character.clone(), length));
    characters.prop_map(move |characters| {
        let text: String = characters.into_iter().filter(|character| *character != '\0').collect();
        if newlines { text.replace('n', "\n") } else { text.replace(['\n', '\r'], "") }
    })
}

fn check(value: &str, readers: &[&'static Dialect]) -> Result<(), TestCaseError> {
    let process: Process = [("A", "from the environment"), ("HOME", "/home/user")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    match spell("KEY", value, readers, &process) {
        Ok(line) => {
            for reader in readers {
                let file = format!("FIRST=1\n{line}\nLAST='2'\n");
                let reading = (reader.read)(file.as_bytes(), &process);
                prop_assert_eq!(reading.value("KEY"), Some(value), "{} {:?}", reader.name, line);
            }
        }
        Err(error) => prop_assert!(readers.iter().any(|reader| reader.name == error.reader)),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_line(value in value(false), readers in readers()) {
        check(&value, &readers)?;
    }

    #[test]
    fn several_lines(value in value(true), readers in readers()) {
        check(&value, &readers)?;
    }
}
