//! What to write instead of a line that readers read differently.

use std::ops::Range;

use super::File;
use super::line_ends;
use super::one_mistake::{LITERAL, NO_DOLLAR};
use super::reader::{OWN, assigned_by_make};
use super::respelling::{Harm, Obstacle, Respelling, Views};
use super::traps;
use crate::dialects::Variable;
use crate::finding::{Finding, Fix};
use crate::interpolation::references;
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
    let key = variable.key.as_str();
    let [entry] = entries else { return finding };
    if key.starts_with('#') {
        return finding;
    }
    let line = Line { file, key, entry, hidden };
    if file.looks_like_comment(entry) {
        return finding.help("put the comment on a line of its own, above; a value that begins with # needs quotes");
    }
    let first_line = |from: u32| file.layer.text.get(from as usize..).and_then(|rest| rest.lines().next());
    if first_line(entry.key.start).and_then(assigned_by_make).is_some() {
        return finding.help("write it with = alone: `:=` is an assignment to make, and a colon to docker compose");
    }
    let written = file.layer.slice(&entry.value);
    if file.read_by("shell") && written.starts_with('~') {
        return finding
            .help("to a shell ~ is a home folder: write the path out, or quote it if it is meant as it stands");
    }
    // What stands behind ` #` may be the rest of the secret: nobody else should keep it for a comment.
    if hidden && first_line(entry.value.end).is_some_and(|rest| rest.contains('#')) {
        return finding.help("put the comment on a line of its own; if the # belongs to the secret, quote all of it");
    }
    if written.contains("$(") || views.refers(key, entry) {
        return line.referring(finding, views);
    }
    match views.respelled(key, entries) {
        Ok(_) if hidden && views.is_unsure(key) => finding,
        Ok(Respelling { line: spelled, .. }) if views.is_unsure(key) => finding.help(line.if_meant(views, &spelled)),
        Ok(Respelling { range, text, line: spelled }) => {
            let help = match spelled.split_once('=').map(|(_, value)| value.chars().next()) {
                _ if line.is_below(range.start) => {
                    "the line is right; end the comment above it without a backslash".to_owned()
                }
                _ if !hidden => format!("write {}", shown(&spelled)),
                Some(Some('\'')) => "put it in single quotes; `sparkcfg validate --fix` does it".to_owned(),
                Some(Some('"')) => {
                    "put it in double quotes, with a backslash where one is needed; `sparkcfg validate --fix` does it"
                        .to_owned()
                }
                _ => "write it plainly, with nothing around it; `sparkcfg validate --fix` does it".to_owned(),
            };
            line.offered(finding, views, help, (&range, text, "spell it so that all readers agree"))
        }
        Err(Obstacle::Unportable(error)) => finding.help(unportable(views, key, error)),
        Err(Obstacle::Own(spelled)) => {
            let spelling = if hidden { "there is a spelling that".to_owned() } else { shown(&spelled) };
            finding.help(format!(
                "{spelling} suits all who read the file; but sparkcfg reads it as docker compose does, and would check \
                 another value"
            ))
        }
        Err(Obstacle::Returns(spelled)) => {
            let write = if hidden { String::new() } else { format!("write {}, and ", shown(&spelled)) };
            let finding = finding.help(format!("{write}end the lines in LF"));
            match line_ends::replacement(file).filter(|fix| matches!(views.harm(fix), Harm::None)) {
                Some(fix) => finding.fix(fix.span, fix.replacement, fix.title),
                None => finding,
            }
        }
        Err(Obstacle::Guarded(spelled)) => {
            let write =
                if hidden { "there is a spelling for them".to_owned() } else { format!("write {}", shown(&spelled)) };
            // What all who read the file agree on, and what guards a recipe, only a person can take away.
            let is_left = views.is_unsure(key) || line.guards_recipes(views, &spelled);
            let promise = if is_left { "" } else { ": say so in [consumers], and --fix writes it" };
            let meant = if views.is_unsure(key) { "this is what is meant and " } else { "" };
            let help = format!("{write}, if {meant}no shell sources the file{promise}");
            finding.help(line.minding_recipes(views, help, &spelled))
        }
        Err(Obstacle::Backticks(spelled)) => {
            let literal = if hidden { "quote the value".to_owned() } else { format!("write {}", shown(&spelled)) };
            finding.help(format!(
                "backticks are quotes to some: take them away, or, if they belong to the value, {literal}"
            ))
        }
        Err(Obstacle::Entangled) => match file.older_reader() {
            Some(reader) => finding.help(format!(
                "{reader} is of another version in this project, for which only letters, digits and _ - . / : without \
                 quotes are sure"
            )),
            None => match traps::export(&file.layer.text, entry.key.start as usize) {
                Some(_) if file.read_by("shell") => {
                    finding.help("take `export` away, if the shell reads the file with set -a")
                }
                _ => finding,
            },
        },
    }
}

/// Why no spelling suits all readers.
pub(super) fn unportable(views: &Views<'_>, key: &str, Unportable { reader, reason }: Unportable) -> String {
    // None of the readers may see the value that sparkcfg reads there.
    let own = views.has_own_of(key);
    let whose = if own { ", which is the one that sparkcfg reads there" } else { "" };
    let whose = if reason == portable::NO_WAY { whose } else { "" };
    let reader = if reader == "compose" && own { OWN } else { reader };
    format!("no spelling suits all of them ({reader}: {reason}{whose})")
}

/// The one line that sets a key.
struct Line<'a> {
    file: &'a File<'a>,
    key: &'a str,
    entry: &'a Entry,
    /// Whether its value may not be shown.
    hidden: bool,
}

impl Line<'_> {
    /// Advice for a value that refers to others: writing out what a reference resolves to today would be another value
    /// tomorrow.
    fn referring(&self, finding: Finding, views: &mut Views<'_>) -> Finding {
        const OUT: &str = "write the value out, without $, or let only one kind of reader read this file";
        let written = self.file.layer.content(self.entry);
        // Where nothing sets the name, to follow the reference is to have nothing: the dollar sign is most likely one.
        let leads_nowhere = written.is_some_and(|written| self.leads_nowhere(views, written));
        if let (Some(written), false, false) = (written, self.hidden, leads_nowhere)
            && let Some(Respelling { range, text, line }) = views.referring(self.key, self.entry, written)
        {
            if views.is_unsure(self.key) {
                return finding.help(self.if_meant(views, &line));
            }
            let help = format!("write {}", shown(&line));
            return self.offered(finding, views, help, (&range, text, "refer to it so that all readers agree"));
        }
        let is_literal = matches!(&self.entry.content, Content::Slice(_));
        let literal = written.filter(|_| is_literal).and_then(|written| views.literally(self.key, written));
        let Some(line) = literal else { return finding.help(if leads_nowhere { NO_DOLLAR } else { OUT }) };
        let quote = line.split_once('=').and_then(|(_, value)| value.chars().next());
        finding.help(match quote {
            _ if !self.hidden && leads_nowhere => format!("{LITERAL}, write {}", shown(&line)),
            _ if !self.hidden => format!("{LITERAL}, write {}; else {OUT}", shown(&line)),
            Some('\'') => format!("{LITERAL}, put the value in single quotes; else {OUT}"),
            _ => OUT.to_owned(),
        })
    }

    /// Whether a value refers to a name that nothing sets, and that has no default.
    fn leads_nowhere(&self, views: &Views<'_>, written: &str) -> bool {
        let dotenv = self.file.project.dotenvs.get(&self.file.layer.source);
        let is_set = |name: &str| views.sets(name) || dotenv.is_some_and(|dotenv| dotenv.has(name));
        references(written).iter().any(|reference| reference.operator.is_none() && !is_set(reference.name))
    }

    /// Whether a replacement that begins there begins above this line.
    fn is_below(&self, start: usize) -> bool {
        let before = self.file.layer.text.get(start..self.entry.key.start as usize);
        before.is_some_and(|before| before.contains('\n'))
    }

    /// A replacement, and the advice to make it. One that takes away what guards a recipe a person has to make.
    fn offered(
        &self,
        finding: Finding,
        views: &mut Views<'_>,
        help: String,
        (range, text, title): (&Range<usize>, String, &str),
    ) -> Finding {
        let safe = !self.guards_recipes(views, &text);
        let help = self.minding_recipes(views, help, &text);
        if safe {
            views.makes(range, &text);
        }
        let finding = finding.help(help).fix(self.file.place(range), text, title);
        Finding { fix: finding.fix.map(|fix| Fix { safe, ..fix }), ..finding }
    }

    /// Advice where all who read a file see something else than sparkcfg does, and to follow it would change that.
    fn if_meant(&self, views: &Views<'_>, spelled: &str) -> String {
        self.minding_recipes(views, format!("if this is what is meant, write {}", shown(spelled)), spelled)
    }

    /// Whether quotes, which make takes for a part of the value, are gone in `spelled`, and keep the shell of a recipe from
    /// running a piece of it: in `$(NOTE)` for `NOTE="a; b"`.
    fn guards_recipes(&self, views: &Views<'_>, spelled: &str) -> bool {
        let written = self.entry.key.end as usize..self.entry.value.end as usize;
        let written = self.file.layer.text.get(written).unwrap_or_default();
        let quoted = written.trim_start_matches(['=', ' ', '\t']).starts_with(['"', '\'']);
        let value = spelled.split_once('=').map_or("", |(_, value)| value);
        let plain = |sign: char| sign.is_alphanumeric() || "_-./:@%+,=".contains(sign);
        let given = if value.contains('$') { views.right(self.key) } else { Some(value) };
        let is_one_word = given.is_some_and(|given| !given.is_empty() && given.chars().all(plain));
        self.file.read_by("make") && quoted && !value.starts_with(['"', '\'']) && !is_one_word
    }

    /// The advice, with what it takes where quotes guard a recipe: `--fix` does not do that.
    fn minding_recipes(&self, views: &Views<'_>, help: String, spelled: &str) -> String {
        if !self.guards_recipes(views, spelled) {
            return help;
        }
        let (help, key) = (help.strip_suffix("; `sparkcfg validate --fix` does it").unwrap_or(&help), self.key);
        format!("{help}; a recipe needs \"$${key}\" then, and make to export it: the shell would take $({key}) apart")
    }
}

/// What to write for an entry with a value as it is to be spelled; of a secret, and of what is too long to be typed, the name
/// alone.
pub(super) fn to_write(file: &File<'_>, entry: &Entry, value: &str) -> String {
    /// In characters.
    const LONGEST: usize = 80;
    let name = file.name(entry);
    let is_long = value.chars().count() > LONGEST || value.contains('\n');
    if is_long || file.project.hides_entry(file.layer, entry) || !file.project.secrets_in(value, &[]).is_empty() {
        return format!("write {name}={}", if value.starts_with('"') { "\"…\"" } else { "…" });
    }
    format!("write {}", shown(&format!("{name}={value}")))
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
    let mut told: Vec<char> = line.chars().filter(is_told).collect();
    told.sort_unstable();
    told.dedup();
    let names = told.iter().map(|control| match control {
        '\n' => "⏎ is a line end".to_owned(),
        '\t' => "⇥ is a tab".to_owned(),
        control => format!("{} is U+{:04X}", sign(*control), u32::from(*control)),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    let line: String =
        line.chars().map(|character| if is_told(&character) { sign(character) } else { character }).collect();
    if names.is_empty() { line } else { format!("{line} ({names})") }
}
