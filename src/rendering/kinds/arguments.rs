//! Lists of arguments: which of them a shell that stands among them runs as code.

use super::SHELLS;

/// How many words behind `su` are looked at for the text that it hands to a shell.
const MOST: usize = 16;

/// The places of the texts that shells among some arguments run: of `sh -e -c CODE`, `su - app -c CODE`.
pub(super) fn code(words: &[&str]) -> Vec<usize> {
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match word.rsplit('/').next().unwrap_or_default() {
            "su" | "runuser" => {
                let rest = words.iter().enumerate().skip(index + 1).take(MOST);
                found.extend(rest.filter_map(|(at, word)| match *word {
                    "--command" | "--session-command" => Some(at + 1),
                    _ if is_joined(word) => Some(at),
                    _ => is_cluster(word, 'c').then_some(at + 1),
                }));
            }
            name if SHELLS.contains(&name) => found.extend(of_shell(words, index + 1)),
            _ => {}
        }
    }
    found.retain(|at| *at < words.len());
    found
}

/// The text that a shell runs whose options begin at `at`. With `-c` that is the first word which is no option.
fn of_shell(words: &[&str], mut at: usize) -> Option<usize> {
    let mut runs = false;
    while let Some(word) = words.get(at) {
        if is_joined(word) {
            return Some(at);
        }
        if matches!(*word, "-" | "--") {
            at += 1;
            break;
        }
        if !word.starts_with(['-', '+']) {
            break;
        }
        runs |= is_cluster(word, 'c') || *word == "--command";
        let takes_one = matches!(*word, "--rcfile" | "--init-file" | "-o" | "+o" | "-O" | "+O")
            || is_cluster(word, 'o')
            || is_cluster(word, 'O');
        at += if takes_one { 2 } else { 1 };
    }
    runs.then_some(at)
}

/// Whether a word is some options of one letter, with this one among them.
fn is_cluster(word: &str, letter: char) -> bool {
    let letters = word.strip_prefix('-').filter(|letters| letters.bytes().all(|byte| byte.is_ascii_alphabetic()));
    letters.is_some_and(|letters| letters.contains(letter))
}

fn is_joined(word: &str) -> bool {
    word.starts_with("--command=") || word.starts_with("--session-command=")
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn what_a_shell_runs() {
        for (line, expected) in [
            ("sh -c X", Some(2)),
            ("/bin/bash -euc X", Some(2)),
            ("bash -e -c X", Some(3)),
            ("bash -c -e X", Some(3)),
            ("bash -o pipefail -c X", Some(4)),
            ("bash -euo pipefail -c X a", Some(4)),
            ("bash --login -c X", Some(3)),
            ("bash --rcfile f -c X", Some(4)),
            ("sh -c -- X", Some(3)),
            ("env A=1 sh -c X", Some(4)),
            ("su - app -c X", Some(4)),
            ("su app --command=X", Some(2)),
            ("runuser -u app -- sh -c X", Some(6)),
            ("fish --command X", Some(2)),
            ("bash run.sh -c X", None),
            ("bash -e run.sh -c X", None),
            ("server -c X", None),
            ("sh -c", None),
            ("sh -e", None),
        ] {
            let words: Vec<_> = line.split(' ').collect();
            assert_eq!(code(&words).first().copied(), expected, "{line}");
        }
    }
}
