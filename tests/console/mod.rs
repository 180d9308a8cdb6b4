//! Runs a `$ sparkcfg …` line as a terminal would, for the transcripts of the cases and of the pages.

use std::path::Path;
use std::process::Command;

/// What a command left behind.
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Ran {
    /// All that a terminal shows.
    pub(crate) fn shown(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Runs `line` (`NAME=value sparkcfg validate 'two words'`) in `folder`, with nothing of this process's environment
/// but `PATH`.
pub(crate) fn run(line: &str, folder: &Path, home: &Path) -> Ran {
    let words = words(line);
    let program = words.iter().position(|word| word == "sparkcfg").unwrap_or_else(|| panic!("no sparkcfg in: {line}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
    command.current_dir(folder).env_clear().env("HOME", home).args(&words[program + 1..]);
    command.envs([("NO_COLOR", "1"), ("LC_ALL", "C.UTF-8"), ("COLUMNS", "100")]);
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    for word in &words[..program] {
        let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("{word} stands before sparkcfg in: {line}"));
        command.env(name, value);
    }
    let output = command.output().unwrap_or_else(|error| panic!("{line}: {error}"));
    Ran {
        stdout: String::from_utf8(output.stdout).unwrap_or_else(|_| panic!("{line}: stdout is not UTF-8")),
        stderr: String::from_utf8(output.stderr).unwrap_or_else(|_| panic!("{line}: stderr is not UTF-8")),
        code: output.status.code().unwrap_or_else(|| panic!("{line}: ended by a signal")),
    }
}

/// The words of a line, as a shell splits them; only quotes have a meaning.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// What differs, as a unified diff; `None` when nothing does.
pub(crate) fn difference(name: &str, expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let diff = similar::TextDiff::from_lines(expected, actual);
    Some(diff.unified_diff().context_radius(3).header(name, "this build").to_string())
}
