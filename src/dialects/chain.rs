//! Readers that start each other.

use super::{Dialect, Draft, Process, Reading};

/// Reads a file with readers that start each other, and gives what arrives in the last: what one has read is the process
/// environment of the next, which inherits it, and most loaders let it win. Where one before the last refuses the file,
/// nothing is started.
#[must_use]
pub fn read_in_turn(dialects: &[&Dialect], bytes: &[u8], process: &Process) -> Reading {
    let mut process = process.clone();
    let mut arrived = Draft::default();
    for (index, dialect) in dialects.iter().enumerate() {
        let mut reading = (dialect.read)(bytes, &process);
        let is_last = index + 1 == dialects.len();
        if dialect.loads_apart {
            reading.prefer(&process);
            // No environment holds a variable without a name.
            reading.vars.retain(|variable| !variable.key.is_empty());
        }
        if is_last && (index == 0 || reading.error.is_some()) {
            return reading;
        }
        if reading.error.is_some() {
            return Reading { vars: Vec::new(), ..reading };
        }
        if !dialect.inherits {
            arrived = Draft::default();
            process.retain(|key, _| key == "HOME");
        }
        for variable in reading.vars {
            if let Some(value) = &variable.value {
                process.insert(variable.key.clone(), value.clone());
            } else if arrived.get(&variable.key).is_some() {
                continue;
            }
            arrived.set(variable);
        }
        arrived.reading.executes.extend(reading.executes);
        arrived.reading.gave_up = arrived.reading.gave_up.take().or(reading.gave_up);
    }
    arrived.reading.executes.sort_unstable_by_key(|place| (place.start, place.end));
    arrived.reading.executes.dedup();
    arrived.reading
}

#[cfg(test)]
mod tests {
    use super::read_in_turn;
    use crate::dialects::{Process, find};

    /// What arrives, as `KEY=value` lines, and whether it was refused.
    fn arrives(chain: &str, text: &str) -> (String, bool) {
        let dialects: Vec<_> = chain.split(" > ").map(|name| find(name).unwrap()).collect();
        let process = [("HOME", "/home/user"), ("FROM", "env")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let process = Process::from(process);
        let reading = read_in_turn(&dialects, text.as_bytes(), &process);
        let lines = reading.vars.iter().map(|one| format!("{}={}", one.key, one.value.as_deref().unwrap_or("?")));
        (lines.collect::<Vec<_>>().join(" "), reading.error.is_some())
    }

    #[test]
    fn what_arrives_in_the_last() {
        for (chain, text, expected) in [
            ("make > shell", "G=hello world\n", "G=hello world"),
            ("make > node-dotenv", "A?=1\nB:=2\nC+=3\n", "A=1 B=2 C=3"),
            ("make > python-dotenv", "A=pa#ss\nB=\"q\"\n", "A=pa B=\"q\""),
            // The first one lets the environment win as well.
            ("node-dotenv > node", "FROM=file\nA=1\n", "FROM=env A=1"),
            ("make > node", "FROM=file\n", "FROM=file"),
            // What loading the file leaves of it; of what it refers to, each knows what it reads.
            ("node-dotenv", "FROM=file\nA=1\n", "FROM=env A=1"),
            ("godotenv", "FROM=file\nA=${FROM}\n", "FROM=env A=file"),
            ("godotenv", "=v\nA=1\n", "A=1"),
            ("dotenvy", "FROM=file\nA=${FROM}\n", "FROM=env A=env"),
            // A container sees what the file says, and nothing of what started it.
            ("make > compose", "A=pa#ss\nB?=1\n", ""),
            ("make > compose", "A=pa#ss\nB=$A\n", "A=pa#ss B=pa"),
            ("compose > python-dotenv", "A=pa#ss\nB='$A'\n", "A=pa#ss B=$A"),
        ] {
            let refused = text.contains('?') && chain.ends_with("compose");
            assert_eq!(arrives(chain, text), (expected.to_owned(), refused), "{chain}: {text:?}");
        }
        for chain in ["make > python-dotenv", "make > node > shell"] {
            assert_eq!(arrives(chain, "A=\"a\nb\"\nC=1\n"), (String::new(), true), "{chain}");
        }
    }
}
