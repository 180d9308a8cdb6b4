//! What to write instead of a line that readers read differently.

use std::ops::Range;

use super::File;
use super::line_ends;
use super::one_mistake::LITERAL;
use super::reader::{OWN, assigned_by_make};
use super::respelling::{Harm, Obstacle, Respelling, Views};
use crate::dialects::Variable;
use crate::finding::{Finding, Fix};
use crate::layer::{Content, Entry};
use crate::portable::{self, Unportable};

/// Adds the spelling that all of these readers read as docker compose reads what stands there now, which there may not be.
/// A secret is written by `--fix` alone, and only in words into a report.
pub(super) fn mended(
    file: &File<'_>,
    finding: Finding,
    views: &mut Views<'_>,
    variable: &Variable,
    entries: &[&Entry],
    hidden: bool,
) -> Finding {
    if variable.key.starts_with('#') || entries.len() > 1 {
        return finding;
    }
    if entries.iter().any(|entry| file.looks_like_comment(entry)) {
        return finding.help("put the comment on a line of its own, above; a value that begins with # needs quotes");
    }
    let mut lines = entries.iter().filter_map(|entry| file.layer.text.get(entry.key.start as usize..)?.lines().next());
    if lines.find_map(assigned_by_make).is_some() {
        return finding.help("write it with = alone: `:=` is an assignment to make, and a colon to docker compose");
    }
    let is_home = |entry: &&Entry| file.layer.slice(&entry.value).starts_with('~');
    if file.read_by("shell") && entries.iter().any(is_home) {
        return finding
            .help("to a shell ~ is a home folder: write the path out, or quote it if it is meant as it stands");
    }
    // What stands behind ` #` may be the rest of the secret: nobody else should keep it for a comment.
    let behind = |entry: &&Entry| file.layer.text.get(entry.value.end as usize..).and_then(|rest| rest.lines().next());
    if hidden && entries.iter().filter_map(behind).any(|rest| rest.contains('#')) {
        return finding.help("put the comment on a line of its own; if the # belongs to the secret, quote all of it");
    }
    let refers = |entry: &&Entry| {
        let written = file.layer.slice(&entry.value);
        entry.interpolates && written.contains('$') || written.contains("$(")
    };
    if entries.iter().any(refers) {
        return referring_line(file, finding, views, variable, entries, hidden);
    }
    match views.respelled(&variable.key, entries) {
        Ok(_) if hidden && views.is_unsure(&variable.key) => finding,
        Ok(Respelling { line, .. }) if views.is_unsure(&variable.key) => match entries {
            [entry] => finding.help(if_meant(file, views, (&variable.key, entry), &line)),
            _ => finding,
        },
        Ok(Respelling { range, text, line }) => {
            let help = match line.split_once('=').map(|(_, value)| value.chars().next()) {
                _ if entries.iter().any(|entry| begins_above(file, entry, range.start)) => {
                    "the line is right; end the comment above it without a backslash".to_owned()
                }
                _ if !hidden => format!("write {}", shown(&line)),
                Some(Some('\'')) => "put it in single quotes; `sparkcfg validate --fix` does it".to_owned(),
                Some(Some('"')) => {
                    "put it in double quotes, with a backslash where one is needed; `sparkcfg validate --fix` does it"
                        .to_owned()
                }
                _ => "write it plainly, with nothing around it; `sparkcfg validate --fix` does it".to_owned(),
            };
            let [entry] = entries else { return finding };
            let title = "spell it so that all readers agree";
            offered(file, finding, views, (&variable.key, entry), help, (&range, text, title))
        }
        Err(Obstacle::Unportable(error)) => {
            let Unportable { reader, reason } = error;
            // None of the readers may see the value that sparkcfg reads there.
            let own = views.has_own_of(&variable.key);
            let whose = if own { ", which is the one that sparkcfg reads there" } else { "" };
            let whose = if reason == portable::NO_WAY { whose } else { "" };
            let reader = if reader == "compose" && own { OWN } else { reader };
            finding.help(format!("no spelling suits all of them ({reader}: {reason}{whose})"))
        }
        Err(Obstacle::Own(line)) => {
            let spelling = if hidden { "there is a spelling".to_owned() } else { shown(&line) };
            finding.help(format!(
                "{spelling} suits all who read the file; but sparkcfg reads it as docker compose does, and would check \
                 another value"
            ))
        }
        Err(Obstacle::Returns(line)) => {
            let write = if hidden { String::new() } else { format!("write {}, and ", shown(&line)) };
            let finding = finding.help(format!("{write}end the lines in LF"));
            match line_ends::replacement(file).filter(|fix| matches!(views.harm(fix), Harm::None)) {
                Some(fix) => finding.fix(fix.span, fix.replacement, fix.title),
                None => finding,
            }
        }
        Err(Obstacle::Guarded(line)) => {
            let write =
                if hidden { "there is a spelling for them".to_owned() } else { format!("write {}", shown(&line)) };
            let help = format!("{write}, if no shell sources the file: say so in [consumers], and --fix writes it");
            let guards =
                entries.first().is_some_and(|entry| guards_recipes(file, views, (&variable.key, entry), &line));
            finding.help(if guards { for_recipes(&help, &variable.key) } else { help })
        }
        Err(Obstacle::Entangled) => finding,
    }
}

/// Advice for a value that refers to others: writing out what a reference resolves to today would be another value tomorrow.
fn referring_line(
    file: &File<'_>,
    finding: Finding,
    views: &mut Views<'_>,
    variable: &Variable,
    entries: &[&Entry],
    hidden: bool,
) -> Finding {
    const OUT: &str = "write the value out, without $, or let only one kind of reader read this file";
    if let ([entry], false) = (entries, hidden)
        && let Some(written) = file.layer.content(entry)
        && let Some(Respelling { range, text, line }) = views.referring(&variable.key, entry, written)
    {
        if views.is_unsure(&variable.key) {
            return finding.help(if_meant(file, views, (&variable.key, entry), &line));
        }
        let (help, title) = (format!("write {}", shown(&line)), "refer to it so that all readers agree");
        return offered(file, finding, views, (&variable.key, entry), help, (&range, text, title));
    }
    let literal = entries
        .first()
        .filter(|entry| matches!(&entry.content, Content::Slice(_)))
        .and_then(|entry| views.literally(&variable.key, file.layer.content(entry)?));
    let Some(line) = literal else { return finding.help(OUT) };
    let quote = line.split_once('=').and_then(|(_, value)| value.chars().next());
    finding.help(match quote {
        _ if !hidden => format!("{LITERAL}, write {}; else {OUT}", shown(&line)),
        Some('\'') => format!("{LITERAL}, put the value in single quotes; else {OUT}"),
        _ => OUT.to_owned(),
    })
}

/// Whether a replacement begins above the line of an entry.
fn begins_above(file: &File<'_>, entry: &Entry, start: usize) -> bool {
    let before = file.layer.text.get(start..entry.key.start as usize);
    before.is_some_and(|before| before.contains('\n'))
}

/// A replacement, and the advice to make it. Where the quotes that it takes away are what keeps the shell of a recipe from
/// running a piece of the value, in `$(NOTE)` for `NOTE="a; b"`, a person has to make it.
fn offered(
    file: &File<'_>,
    finding: Finding,
    views: &Views<'_>,
    (key, entry): (&str, &Entry),
    help: String,
    (range, text, title): (&Range<usize>, String, &str),
) -> Finding {
    let guards = guards_recipes(file, views, (key, entry), &text);
    let help = if guards { for_recipes(&help, key) } else { help };
    let finding = finding.help(help).fix(file.place(range), text, title);
    Finding { fix: finding.fix.map(|fix| Fix { safe: !guards, ..fix }), ..finding }
}

/// Whether quotes, which make takes for a part of the value, are gone in `text`, and the shell of a recipe needs them.
fn guards_recipes(file: &File<'_>, views: &Views<'_>, (key, entry): (&str, &Entry), text: &str) -> bool {
    let written = file.layer.text.get(entry.key.end as usize..entry.value.end as usize).unwrap_or_default();
    let quoted = written.trim_start_matches(['=', ' ', '\t']).starts_with(['"', '\'']);
    let value = text.split_once('=').map_or("", |(_, value)| value);
    let plain = |sign: char| sign.is_alphanumeric() || "_-./:@%+,=".contains(sign);
    let given = if value.contains('$') { views.right(key) } else { Some(value) };
    let is_one_word = given.is_some_and(|given| !given.is_empty() && given.chars().all(plain));
    file.read_by("make") && quoted && !value.starts_with(['"', '\'']) && !is_one_word
}

fn for_recipes(help: &str, key: &str) -> String {
    let help = help.strip_suffix("; `sparkcfg validate --fix` does it").unwrap_or(help);
    format!("{help}; a recipe needs \"$${key}\" then, and make to export it: the shell would take $({key}) apart")
}

/// Advice where all who read a file see something else than sparkcfg does, and to follow it would change that.
fn if_meant(file: &File<'_>, views: &Views<'_>, (key, entry): (&str, &Entry), line: &str) -> String {
    let help = format!("if this is what is meant, write {}", shown(line));
    if guards_recipes(file, views, (key, entry), line) { for_recipes(&help, key) } else { help }
}

/// A line as it can be read and typed: each control character by its sign, and what that stands for.
pub(super) fn shown(line: &str) -> String {
    let sign = |control: char| match control {
        '\n' => '⏎',
        '\t' => '⇥',
        '\u{7f}' => '\u{2421}',
        control => u32::from(control).checked_add(0x2400).and_then(char::from_u32).unwrap_or(control),
    };
    let is_told = |character: &char| character.is_ascii_control();
    let mut told: Vec<char> = line.chars().filter(is_told).filter(|control| *control != '\n').collect();
    told.sort_unstable();
    told.dedup();
    let names = told.iter().map(|control| match control {
        '\t' => "⇥ is a tab".to_owned(),
        control => format!("{} is U+{:04X}", sign(*control), u32::from(*control)),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    let line: String =
        line.chars().map(|character| if is_told(&character) { sign(character) } else { character }).collect();
    if names.is_empty() { line } else { format!("{line} ({names})") }
}
