//! What a command does with its words: which of them it evaluates once more.

use std::collections::BTreeSet;

use super::super::{Misfit, SHELLS, begins_command};
use super::word::{Hole, Limit, Role, VALUE, Word};

pub(super) const NUMBER: &str =
    "give the key a whole number without zeros before it, or compare it as a text, with = and !=";
const ARGUMENT: &str = "hand it over as an argument, as in sh -c 'echo \"$1\"' sh {{ KEY }}";
const OWN: &str = "write it in the template, and put only what follows it in the environment";
const NAMED: &str = "write the name in the template, or choose a value of those";

/// Words of the language before which no command has begun.
const BEFORE: &[&str] = &["if", "then", "elif", "else", "while", "until", "do", "!", "time", "{", "}", "coproc"];
/// Programs that start the program that they are given.
const STARTERS: &[&str] = &["exec", "command", "builtin", "env", "nohup", "setsid", "sudo", "doas", "nice"];
/// Programs with a language of their own, and the options that are followed by a text of it.
const LANGUAGES: &[(&[&str], &[&str])] = &[
    (&["python", "python2", "python3", "psql", "script"], &["-c", "--command"]),
    (&["perl", "ruby", "mysql", "mariadb"], &["-e", "-E", "--execute"]),
    (&["node", "deno", "bun", "mongosh", "mongo"], &["-e", "-p", "-pe", "--eval", "--print"]),
    (&["php"], &["-r"]),
    (&["env"], &["-S", "--split-string"]),
    (&["pwsh", "powershell"], &["-c", "-Command"]),
];
/// Programs whose first argument is a text of their language, unless an option has it.
const FILTERS: &[&str] = &["sed", "awk", "gawk", "mawk", "nawk", "jq", "yq"];
/// Programs that run what they read, whatever their arguments are.
const READING: &[&str] = &[
    "ssh", "su", "runuser", "xargs", "parallel", "at", "batch", "crontab", "source", ".", "eval", "bc", "psql",
    "mysql", "mariadb", "mongosh", "mongo", "sqlite3",
];
/// What takes what it reads for a text and nothing else, unless an option gives it a script.
const TAKING: &[&str] = &[
    "cat",
    "tee",
    "dd",
    "read",
    "mapfile",
    "readarray",
    "done",
    "grep",
    "egrep",
    "fgrep",
    "head",
    "tail",
    "sort",
    "uniq",
    "wc",
    "tr",
    "cut",
    "base64",
    "md5sum",
    "sha256sum",
    "sha512sum",
    "cmp",
    "diff",
    "logger",
    "mail",
    "sed",
    "awk",
    "gawk",
    "mawk",
    "nawk",
    "jq",
    "yq",
];
/// What gives a variable more than a text.
const DECLARING: &[&str] = &["declare", "typeset", "local", "export", "readonly", "integer"];
/// Variables that a shell evaluates by itself.
const EVALUATED: &[&str] =
    &["BASH_ENV", "HISTCMD", "LINENO", "OPTIND", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4", "RANDOM", "SECONDS"];

/// What a script has said of its variables.
#[derive(Default)]
pub(super) struct Habits {
    /// Those that are no plain texts: what is assigned to them is evaluated.
    evaluated: BTreeSet<String>,
}

impl Habits {
    /// Whether what is assigned to a variable stays a text.
    pub(super) fn takes_text(&self, name: &str) -> bool {
        !self.evaluated.contains(name) && !EVALUATED.contains(&name)
    }
}

/// A simple command. It may hold secrets, so it has no `Debug`.
#[derive(Default)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    /// Whether a here-document is what it reads.
    pub(super) has_document: bool,
}

impl Command {
    fn plain(&self) -> Vec<&Word> {
        self.words.iter().filter(|word| word.role == Role::Plain).collect()
    }

    /// The words from the program on: what stands before are words of the language and assignments.
    fn program<'w>(words: &'w [&'w Word]) -> &'w [&'w Word] {
        let before = |word: &&&Word| word.assigns().is_some() || BEFORE.contains(&word.name());
        let mut rest = words.get(words.iter().take_while(before).count()..).unwrap_or_default();
        while let Some((first, after)) = rest.split_first().filter(|(first, _)| STARTERS.contains(&first.name())) {
            let mut skipped = 0;
            while let Some(word) = after.get(skipped) {
                skipped += match word.text.as_str() {
                    "-u" | "-g" | "-n" if first.name() != "env" && first.name() != "command" => 2,
                    text if text.starts_with('-') || word.assigns().is_some() => 1,
                    _ => break,
                };
            }
            match after.get(skipped..).filter(|after| !after.is_empty()) {
                Some(after) => rest = after,
                None => break,
            }
        }
        rest
    }

    /// Whether it is a `[[` that has not ended.
    pub(super) fn is_test(&self) -> bool {
        let words = self.plain();
        let rest = Self::program(&words);
        rest.first().is_some_and(|word| word.name() == "[[") && !rest.iter().any(|word| word.name() == "]]")
    }

    /// Whether it takes what it reads for a text.
    pub(super) fn takes_text(&self) -> bool {
        let words = self.plain();
        let program = Self::program(&words);
        let has_script = || program.iter().any(|word| matches!(word.text.as_str(), "-f" | "--file" | "--from-file"));
        program.first().is_some_and(|word| TAKING.contains(&word.name())) && !has_script()
    }

    /// Whether it evaluates what it reads.
    pub(super) fn evaluates_input(&self) -> bool {
        let words = self.plain();
        let evaluates = |(at, word): (usize, &&Word)| {
            let after = words.get(at + 1..).unwrap_or_default();
            let name = word.name();
            let has = |short: char| {
                after
                    .iter()
                    .any(|word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains(short))
            };
            if SHELLS.contains(&name) && !READING.contains(&name) {
                // `sh -c '…'` and `sh x.sh` read a text of their own first; behind `-s` are arguments.
                let own = after.iter().any(|word| !word.text.starts_with(['-', '+']));
                return !has('c') && (has('s') || !own);
            }
            let is_language = name != "env" && LANGUAGES.iter().any(|(programs, _)| programs.contains(&name));
            let own = || {
                after.iter().any(|word| {
                    let text = word.text.as_str();
                    matches!(text, "-c" | "-e" | "-m" | "-p" | "-r") || text != "-" && text.contains(['.', '/', VALUE])
                })
            };
            READING.contains(&name) || is_language && !own()
        };
        words.iter().enumerate().any(evaluates)
    }

    /// The values that earlier commands of a pipeline would have this one evaluate.
    pub(super) fn fed_by(&self, pipeline: &[Self]) -> Vec<Misfit> {
        let texts = || self.words.iter().filter(|word| word.role == Role::Text);
        let earlier = pipeline.iter().flat_map(|command| &command.words);
        if !self.evaluates_input() {
            return Vec::new();
        }
        earlier.chain(texts()).flat_map(|word| limited(word, Limit::Plain, "a program that evaluates it")).collect()
    }

    /// What cannot stand where it does. A pattern of `case` names no program.
    pub(super) fn judge(&self, is_pattern: bool, habits: &mut Habits) -> Vec<Misfit> {
        let mut found = Vec::new();
        for word in &self.words {
            if word.role == Role::Element && word.text.starts_with('[') {
                let number = word.text.find("]=").and_then(|end| word.text.get(..end)).unwrap_or(&word.text);
                let holes = word.holes.get(..number.matches(VALUE).count()).unwrap_or(&word.holes);
                found.extend(limited_holes(holes, Limit::Number, "the number of an element"));
            }
        }
        let words = self.plain();
        let rest = Self::program(&words);
        let before = words.get(..words.len() - rest.len()).unwrap_or_default();
        for word in before {
            found.extend(assigned(word, habits));
        }
        let Some((program, arguments)) = rest.split_first() else { return found };
        if matches!(program.name(), "for" | "select" | "case" | "function") {
            return found;
        }
        if !is_pattern {
            found.extend(named(program));
        }
        found.extend(builtin(program.name(), arguments, habits));
        for (index, word) in rest.iter().enumerate() {
            found.extend(interpreted(word.name(), rest.get(index + 1..).unwrap_or_default()));
        }
        found
    }
}

/// Those of a word's values that are more than `limit` allows.
fn limited(word: &Word, limit: Limit, place: &str) -> Vec<Misfit> {
    limited_holes(&word.holes, limit, place)
}

fn limited_holes(holes: &[Hole], limit: Limit, place: &str) -> Vec<Misfit> {
    let (kind, help) = match limit {
        Limit::Number => ("a whole number", NUMBER),
        Limit::Name => ("a name", OWN),
        Limit::Plain => ("a plain word", ARGUMENT),
    };
    let unfit = holes.iter().filter(|hole| !hole.fits(limit));
    unfit
        .map(|hole| hole.refused(format!("only {kind} can stand in {place}, which is evaluated once more"), help))
        .collect()
}

/// What cannot be a part of the name that a word assigns to.
fn unnamed(word: &Word) -> Vec<Misfit> {
    let fits = |hole: &Hole| {
        hole.text.as_deref().is_some_and(|text| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()))
    };
    let (before, _) = word.sides();
    let unfit: Vec<_> = before.iter().filter(|hole| !fits(hole)).collect();
    // A digit may stand at the wrong place.
    let told = if unfit.is_empty() { before.iter().take(1).collect() } else { unfit };
    let message = "only letters, digits and _, and no digit before them, can stand in the name of a variable";
    told.into_iter().map(|hole| hole.refused(message, NAMED)).collect()
}

/// The values of a text that is evaluated: plain ones, and none where a command begins.
fn evaluated(word: &Word, from: usize, place: &str) -> Vec<Misfit> {
    let mut found = limited(word, Limit::Plain, place);
    let text = word.text.get(from..).unwrap_or_default();
    for ((at, _), hole) in text.match_indices(VALUE).zip(&word.holes) {
        let before = text.get(..at).unwrap_or_default();
        if hole.fits(Limit::Plain) && begins_command(before) {
            found.push(hole.refused(format!("a value cannot begin a command in {place}"), OWN));
        }
    }
    found
}

/// A value that alone says which program runs, or which file is read as a script.
fn named(word: &Word) -> Vec<Misfit> {
    let name = word.text.split_once('=').map(|(name, _)| name);
    if name.is_some_and(|name| name.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '_' | VALUE))) {
        return unnamed(word);
    }
    let alone = !word.text.contains('/');
    let refused = |hole: &Hole| hole.refused("a value alone cannot say what runs", OWN);
    word.holes.iter().filter(|_| alone).map(refused).collect()
}

fn assigned(word: &Word, habits: &Habits) -> Vec<Misfit> {
    match word.assigns() {
        Some((_, true)) => {
            let end = word.text.find(']').unwrap_or(word.text.len());
            let inside = word.text.get(..end).unwrap_or_default().matches(VALUE).count();
            let unfit = word.holes.iter().take(inside).filter(|hole| !hole.fits(Limit::Number));
            unfit
                .map(|hole| {
                    hole.refused("only a whole number can be the number of an element, which is evaluated", NUMBER)
                })
                .collect()
        }
        Some((name, false)) if EVALUATED.contains(&name.as_str()) || habits.evaluated.contains(&name) => {
            limited_holes(word.sides().1, Limit::Number, &format!("{name}, a variable"))
        }
        _ => Vec::new(),
    }
}

/// What the shell's own commands evaluate.
fn builtin(program: &str, arguments: &[&Word], habits: &mut Habits) -> Vec<Misfit> {
    let first = || arguments.iter().find(|word| !word.text.starts_with('-'));
    match program {
        "let" => arguments.iter().flat_map(|word| limited(word, Limit::Number, "let")).collect(),
        "eval" => {
            let mut found: Vec<_> =
                arguments.iter().skip(1).flat_map(|word| limited(word, Limit::Plain, "eval")).collect();
            found.extend(arguments.first().into_iter().flat_map(|word| evaluated(word, 0, "eval")));
            found
        }
        "trap" => first().into_iter().flat_map(|word| evaluated(word, 0, "trap")).collect(),
        "alias" => arguments
            .iter()
            .flat_map(|word| evaluated(word, word.text.find('=').map_or(0, |at| at + 1), "alias"))
            .collect(),
        "source" | "." => first().into_iter().flat_map(|word| named(word)).collect(),
        "[[" | "[" | "test" => tested(arguments),
        "unset" | "getopts" | "mapfile" | "readarray" => {
            arguments.iter().flat_map(|word| limited(word, Limit::Name, "the name of a variable")).collect()
        }
        "read" => after_options(arguments, "pdtnNui")
            .flat_map(|word| limited(word, Limit::Name, "the name of a variable"))
            .collect(),
        "printf" => printed(arguments),
        "echo" => arguments.iter().flat_map(|word| echoed(word)).collect(),
        name if DECLARING.contains(&name) => declared(name, arguments, habits),
        _ => Vec::new(),
    }
}

/// What stands behind the options of a command, of which `with` are followed by a word of theirs.
fn after_options<'w>(arguments: &'w [&'w Word], with: &str) -> impl Iterator<Item = &'w Word> {
    let mut skip = false;
    let kept: Vec<_> = arguments
        .iter()
        .filter(|word| {
            if std::mem::take(&mut skip) {
                return false;
            }
            let option = word.text.starts_with('-') && word.holes.is_empty();
            skip = option && word.text.ends_with(|last| with.contains(last));
            !option
        })
        .copied()
        .collect();
    kept.into_iter()
}

fn declared(program: &str, arguments: &[&Word], habits: &mut Habits) -> Vec<Misfit> {
    // An option but these makes a variable something else than a text.
    let plain =
        |word: &&&Word| !word.text.starts_with('-') || word.text.chars().skip(1).all(|flag| "xrgp".contains(flag));
    let is_plain = program != "integer" && arguments.iter().all(|word| plain(&word));
    let mut found = Vec::new();
    for word in arguments {
        let name = word.assigns().map_or_else(|| word.name().to_owned(), |(name, _)| name);
        if !is_plain {
            habits.evaluated.insert(name);
        }
        found.extend(match word.assigns() {
            Some(_) => assigned(word, habits),
            None if word.text.contains('=') => unnamed(word),
            None => limited(word, Limit::Name, "the name of a variable"),
        });
    }
    found
}

/// `printf -v NAME FORMAT`.
fn printed(arguments: &[&Word]) -> Vec<Misfit> {
    let (names, rest) = match arguments {
        [option, name, rest @ ..] if option.text == "-v" => {
            (limited(name, Limit::Name, "the name of a variable"), rest)
        }
        rest => (Vec::new(), rest),
    };
    let format = rest.iter().find(|word| word.text != "--");
    let acts = |hole: &&Hole| hole.text.as_ref().is_none_or(|text| text.contains(['%', '\\']));
    let help = "write printf '%s' {{ KEY }}, with the text around it beside the %s";
    let refused =
        |hole: &Hole| hole.refused("a value with % or a backslash cannot stand in the format of printf", help);
    let leads = |word: &&&Word| word.text.starts_with(VALUE) && word.holes.first().is_some_and(leads_option);
    let leading = format.filter(leads).and_then(|word| word.holes.first());
    let leading =
        leading.map(|hole| hole.refused("a value that begins with - cannot begin the format of printf", help));
    names
        .into_iter()
        .chain(leading)
        .chain(format.into_iter().flat_map(|word| &word.holes).filter(acts).map(refused))
        .collect()
}

fn leads_option(hole: &Hole) -> bool {
    hole.text.as_ref().is_some_and(|text| text.starts_with('-'))
}

/// Some shells' `echo` has escapes and options, of others it has none.
fn echoed(word: &Word) -> Vec<Misfit> {
    let leads = |hole: &Hole| {
        word.text.starts_with(VALUE)
            && word.holes.first().is_some_and(|first| first.at == hole.at)
            && leads_option(hole)
    };
    let acts = |hole: &&Hole| hole.text.as_ref().is_some_and(|text| text.contains('\\')) || leads(hole);
    let refused = |hole: &Hole| {
        hole.refused(
            "shells differ in what echo makes of a value with a backslash or a - before it",
            "write printf '%s\\n' {{ KEY }}",
        )
    };
    word.holes.iter().filter(acts).map(refused).collect()
}

fn tested(words: &[&Word]) -> Vec<Misfit> {
    let arithmetic = |word: Option<&&Word>| {
        word.is_some_and(|word| matches!(word.name(), "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge"))
    };
    let before = |index: usize| index.checked_sub(1).and_then(|before| words.get(before));
    let each = words.iter().enumerate().flat_map(|(index, word)| match before(index).map(|word| word.name()) {
        Some("-v" | "-R") => limited(word, Limit::Name, "the name of a variable"),
        Some("-t") => limited(word, Limit::Number, "a test"),
        _ if arithmetic(before(index)) || arithmetic(words.get(index + 1)) => {
            limited(word, Limit::Number, "a comparison of numbers")
        }
        _ => Vec::new(),
    });
    each.collect()
}

/// What a program with a language of its own evaluates of its arguments.
fn interpreted(program: &str, arguments: &[&Word]) -> Vec<Misfit> {
    if SHELLS.contains(&program) {
        let is_code = |word: &Word| {
            word.text == "--command"
                || word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('c')
        };
        let at = arguments.iter().position(|word| is_code(word));
        let code = at.and_then(|at| arguments.get(at + 1));
        return code
            .into_iter()
            .flat_map(|word| evaluated(word, 0, &format!("the text that {program} runs")))
            .collect();
    }
    if program == "ssh" {
        let mut rest = after_options(arguments, "bcDEeFIiJLlmOopQRSWw");
        let host = rest.next().into_iter().flat_map(|word| limited(word, Limit::Plain, "the host of ssh"));
        let mut found: Vec<_> = host.collect();
        found.extend(rest.next().into_iter().flat_map(|word| evaluated(word, 0, "what ssh runs")));
        found.extend(rest.flat_map(|word| limited(word, Limit::Plain, "what ssh runs")));
        return found;
    }
    if matches!(program, "watch" | "parallel") {
        return arguments
            .iter()
            .flat_map(|word| limited(word, Limit::Plain, &format!("what {program} runs")))
            .collect();
    }
    if FILTERS.contains(&program) {
        let place = format!("the script of {program}");
        let given = |word: &&&Word| matches!(word.text.as_str(), "-e" | "--expression" | "-v");
        let after =
            arguments.iter().zip(arguments.iter().skip(1)).filter(|(option, _)| given(option)).map(|(_, word)| word);
        let has_own =
            arguments.iter().any(|word| matches!(word.text.as_str(), "-e" | "--expression" | "-f" | "--file"));
        let alone = after_options(arguments, "fFvl").take(usize::from(!has_own));
        let joined = arguments.iter().filter(|word| word.text.starts_with('-') && !word.holes.is_empty());
        let words = after.copied().chain(alone).chain(joined.copied());
        return words.flat_map(|word| limited(word, Limit::Name, &place)).collect();
    }
    let options = LANGUAGES.iter().find(|(programs, _)| programs.contains(&program)).map(|(_, options)| *options);
    let place = format!("the text that {program} runs");
    let mut found = Vec::new();
    for (index, word) in arguments.iter().enumerate() {
        for option in options.unwrap_or_default() {
            if word.text == *option {
                found.extend(arguments.get(index + 1).into_iter().flat_map(|word| limited(word, Limit::Name, &place)));
            } else if word.text.starts_with(option) && !word.holes.is_empty() {
                found.extend(limited(word, Limit::Name, &place));
            }
        }
    }
    found
}
