//! Every reader on one file: no panic, places within the file, the same answer again, and what is written is read back.
#![no_main]

use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use sparkcfg::dialects::{ALL, Process};
use sparkcfg::portable;

fuzz_target!(|file: &[u8]| {
    let process: Process =
        [("A", "from $B"), ("HOME", "/home/user"), ("EMPTY", "")].map(|(key, value)| (key.into(), value.into())).into();
    for reader in ALL {
        let reading = (reader.read)(file, &process);
        let held = |place: &Range<usize>| {
            assert!(place.start <= place.end && place.end <= file.len(), "{}: {place:?} of {}", reader.name, file.len());
            if let Ok(text) = std::str::from_utf8(file) {
                assert!(text.get(place.clone()).is_some(), "{}: {place:?} cuts a character", reader.name);
            }
        };
        for variable in &reading.vars {
            held(&variable.key_span);
            held(&variable.value_span);
        }
        reading.executes.iter().for_each(held);
        reading.error.iter().filter_map(|error| error.at.as_ref()).for_each(held);
        let mut keys: Vec<_> = reading.vars.iter().map(|variable| &variable.key).collect();
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{}: a key twice", reader.name);
        assert!((reader.read)(file, &process) == reading, "{}: another answer the second time", reader.name);
    }
    let Some(value) = std::str::from_utf8(file).ok().filter(|value| value.len() < 48 && !value.contains('\0')) else {
        return;
    };
    for reader in ALL {
        if let Ok(line) = portable::spell("KEY", value, &[reader], &process) {
            let read = (reader.read)(format!("FIRST=1\n{line}\nLAST='2'\n").as_bytes(), &process);
            assert!(read.value("KEY") == Some(value), "{} does not read {line:?} as it is written", reader.name);
        }
    }
});
