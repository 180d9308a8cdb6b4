//! A key that a program which reads the file gives a meaning of its own.
//!
//! A shell that sources the file and GNU make that includes it take every key for a variable of theirs. Some of those
//! change how they work, and some cannot be set. This is looked at where `[consumers]`, or what the project visibly uses,
//! says that such a program reads the file.
//!
//! Why it hurts: after `PATH=/srv/app` no command is found any more; bash stops at `UID=1000` in a script with `set -e`.
//!
//! Example: `UID=1000` in a file that is read with `set -a; . ./.env`.
//!
//! Remedy: give the key a name of its own, such as `APP_UID`, and tell the program that needs the other name in the place
//! where it is started.

use super::File;
use crate::finding::{Finding, Rule, Severity};
use crate::portable::KEPT_BY_BASH;

pub(super) static RULE: Rule = Rule {
    code: "special-key",
    severity: Severity::Warning,
    summary: "a key means something to a program that reads the file",
    page: include_str!("special_key.rs"),
};

/// The readers that any key means something to.
const READERS: &[&str] = &["shell", "make"];

/// A key that shells can set, the readers to which it means something, and what.
const SPECIAL: &[(&str, &[&str], &str)] = &[
    ("GROUPS", &["shell"], "bash keeps a value of its own"),
    ("FUNCNAME", &["shell"], "bash keeps a value of its own"),
    ("DIRSTACK", &["shell"], "bash keeps a value of its own"),
    ("BASHPID", &["shell"], "bash keeps a value of its own"),
    ("EPOCHSECONDS", &["shell"], "bash keeps a value of its own"),
    ("EPOCHREALTIME", &["shell"], "bash keeps a value of its own"),
    ("LINENO", &["shell"], "bash keeps a value of its own"),
    ("RANDOM", &["shell"], "bash seeds its random numbers with it"),
    ("SECONDS", &["shell"], "bash counts the seconds in it from now on"),
    ("SHLVL", &["shell"], "bash counts in it how deep it is started"),
    ("PATH", &["shell", "make"], "commands are looked for there from now on"),
    ("IFS", &["shell"], "words are split by it from now on"),
    ("ENV", &["shell"], "an interactive sh runs the file that it names"),
    ("BASH_ENV", &["shell"], "every bash script runs the file that it names"),
    ("CDPATH", &["shell"], "cd looks there from now on"),
    ("SHELL", &["make"], "every recipe is run by it"),
    ("MAKEFLAGS", &["make"], "make takes it for its options"),
    ("MFLAGS", &["make"], "make takes it for its options"),
    ("GNUMAKEFLAGS", &["make"], "make takes it for its options"),
    ("MAKEFILES", &["make"], "make reads the files that it names"),
    ("MAKE", &["make"], "recipes start make by it"),
    ("CURDIR", &["make"], "make's own folder stands in it"),
    ("VPATH", &["make"], "make looks for prerequisites there"),
];

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    if file.layer.sealed || !READERS.iter().any(|reader| file.read_by(reader)) {
        return;
    }
    for entry in &file.layer.entries {
        let key = file.layer.key(entry);
        let read_only = KEPT_BY_BASH.contains(&key).then_some((["shell"].as_slice(), "bash does not let it be set"));
        let special =
            SPECIAL.iter().find(|(special, ..)| *special == key).map(|(_, readers, effect)| (*readers, *effect));
        let Some((readers, effect)) = read_only.or(special) else { continue };
        let readers: Vec<&str> = readers.iter().filter(|reader| file.read_by(reader)).copied().collect();
        if readers.is_empty() {
            continue;
        }
        let message = format!("{key} means something to {}", super::listed(&readers, "and"));
        findings.push(
            file.about(&RULE, entry, message)
                .at(file.layer.span(&entry.key), effect)
                .help(format!("give it a name of its own, such as APP_{key}")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{READERS, SPECIAL};

    #[test]
    fn no_reader_is_left_out() {
        for (key, readers, _) in SPECIAL {
            assert!(readers.iter().all(|reader| READERS.contains(reader)), "{key}");
        }
    }
}
