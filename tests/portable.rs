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

/// Every way to write a short text in which each sign stands for itself, behind a backslash, doubled or as an escape.
fn spellings(value: &str) -> Vec<String> {
    let mut bodies = vec![String::new()];
    for sign in value.chars() {
        let mut ways = vec![sign.to_string(), format!("\\{sign}")];
        match sign {
            '\n' => ways.push("\\n".to_owned()),
            '$' | '\\' => ways.push(format!("{sign}{sign}")),
            '\'' => ways.push("'\\''".to_owned()),
            _ => {}
        }
        bodies = bodies.iter().flat_map(|body| ways.iter().map(move |way| format!("{body}{way}"))).collect();
    }
    let quotes = ["", "'", "\"", "`"];
    quotes.iter().flat_map(|quote| bodies.iter().map(move |body| format!("KEY={quote}{body}{quote}"))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Where it is said that nothing suits all readers, none of the many ways to write the text does.
    #[test]
    fn a_refusal_is_no_excuse(
        signs in prop::collection::vec(prop::sample::select("aA $#'\"\\`=~&(!\t\n".chars().collect::<Vec<_>>()), 0..4),
        readers in prop::sample::subsequence(ALL.iter().collect::<Vec<_>>(), 1..4),
    ) {
        let value: String = signs.into_iter().collect();
        let process = Process::new();
        if spell("KEY", &value, &readers, &process).is_ok() {
            return Ok(());
        }
        let suits = |line: &String| {
            // A line suits nobody if what stands behind it may close a quote that it leaves open.
            let behind = "LAST=2\nQUOTED=\"x\"\nSINGLE='x'\n# don't \"close\n# `\n";
            let file = format!("FIRST=1\n{line}\n{behind}");
            readers.iter().all(|reader| {
                let reading = (reader.read)(file.as_bytes(), &process);
                reading.error.is_none()
                    && reading.executes.is_empty()
                    && reading.value("KEY") == Some(value.as_str())
                    && reading.value("FIRST") == Some("1")
                    && reading.value("LAST") == Some("2")
            })
        };
        let names: Vec<_> = readers.iter().map(|reader| reader.name).collect();
        let found = spellings(&value).into_iter().find(suits);
        prop_assert!(found.is_none(), "{:?} for {:?} can be written as {:?}", value, names, found);
    }
}

/// Most of what people write in passwords can be written for the readers that most projects have.
#[test]
fn few_values_are_refused() {
    use sparkcfg::portable::COMMON;
    let readers: Vec<_> = COMMON.iter().filter_map(|name| sparkcfg::dialects::find(name)).collect();
    assert_eq!(readers.len(), COMMON.len());
    let signs: Vec<char> = "ab0 #$=:/@%&*()[]{}<>~;,.!?-_+|^".chars().collect();
    let (mut written, mut all) = (0, 0);
    for one in &signs {
        for other in &signs {
            all += 1;
            written += usize::from(spell("KEY", &format!("x{one}y{other}z"), &readers, &Process::new()).is_ok());
        }
    }
    assert_eq!(written, all, "in single quotes each of them is itself");
}
