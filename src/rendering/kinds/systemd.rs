//! Units of systemd: values are quoted as `systemd.syntax(7)` has it, `%` and, in commands, `$` doubled.

use std::collections::HashMap;

use super::limit::Limit;
use super::{
    Draft, Kind, Misfit, Sign, Token, add, arguments, begins_command, behind, by_line, is_harmless, known, one_line,
};

pub(super) const KIND: Kind = Kind {
    name: "systemd",
    comment: Some("#"),
    interpolates: false,
    is: |name| {
        [".service", ".socket", ".timer", ".mount", ".path", ".target", ".slice"].iter().any(|end| name.ends_with(end))
    },
    write: |draft| by_line(&draft.lines(), |line, misfits| write(draft, line, misfits)),
};

/// Settings with one text that may have blanks in it, in which `%` says that more is put in; of most others each word
/// counts for itself.
const TEXTS: &[&str] = &["Description", "WorkingDirectory", "RootDirectory", "PIDFile", "SyslogIdentifier"];
/// What says something about a value that it begins.
const PREFIXES: [char; 8] = ['-', '@', ':', '+', '!', '|', '~', '#'];

fn write(draft: &Draft<'_>, line: &[Token<'_>], misfits: &mut Vec<Misfit>) -> String {
    let comment = line
        .iter()
        .find(|token| !token.is(char::is_whitespace))
        .is_some_and(|token| token.is(|own| "#;".contains(own)));
    let start: String =
        line.iter().map_while(|token| if let Sign::Own(own) = token.sign { Some(own) } else { None }).collect();
    let (name, begun) = start.split_once('=').unwrap_or((&start, ""));
    let setting = Setting::of(name.trim(), begun.trim_start());
    let equals = line.iter().position(|token| token.is(|own| own == '=')).unwrap_or(0);
    let code =
        if setting.is_command && !comment { code(line.get(equals + 1..).unwrap_or_default()) } else { HashMap::new() };
    let (mut out, mut quote, mut escaped) = (String::new(), None, false);
    // A `%` or `$` that the next character makes something of.
    let mut sign = None;
    for (index, token) in line.iter().enumerate() {
        let piece = match token.sign {
            Sign::Own(own) => {
                out.push(own);
                sign = Some(own).filter(|own| matches!(own, '%' | '$') && sign != Some(*own));
                match quote {
                    _ if escaped => escaped = false,
                    _ if own == '\\' => escaped = true,
                    Some(open) if open == own => quote = None,
                    None if matches!(own, '"' | '\'') => quote = Some(own),
                    _ => {}
                }
                continue;
            }
            Sign::Hole(piece) => piece,
        };
        let blank =
            |token: Option<&Token<'_>>| token.is_none_or(|token| token.is(|own| own.is_whitespace() || own == '='));
        let whole = blank(index.checked_sub(1).and_then(|before| line.get(before))) && blank(line.get(index + 1));
        if let Some(sign) = escaped.then_some('\\').or(sign.take()).filter(|_| !comment) {
            misfits.push(behind(sign, token.at));
            continue;
        }
        // Quotes are taken away before the first signs are looked at.
        let before = line.get(equals + 1..index).unwrap_or_default();
        let leads = index > equals
            && before.iter().all(|token| token.is(|own| own.is_whitespace() || "\"'-@:+!|".contains(own)));
        let parts = match quote {
            Some(quote) if !comment => draft.parts_within(piece, quote, token.at),
            _ => Ok(draft.parts(piece)),
        };
        let text = parts.and_then(|parts| known(&parts, token.at, "a unit"));
        let written = text.and_then(|text| {
            if !comment && leads && !setting.is_assignment {
                begins(&text, token.at, &setting)?;
            }
            if code.get(&token.at).is_some_and(|before| !Limit::Plain.allows(&text) || begins_command(before)) {
                let message =
                    "a shell evaluates this text, so only a plain word can stand in it, and none that begins a command";
                let help = "set it with Environment=, and write $$KEY there; or start the program without a shell";
                return Err(Misfit::new(token.at, message, help));
            }
            match quote {
                _ if comment => one_line(&text, token.at, "a comment"),
                Some(_) if !setting.is_listed => {
                    let help = "leave the quotes out: the value goes to the end of the line";
                    Err(Misfit::new(token.at, "quotes mean nothing in this setting, and would be a part of it", help))
                }
                Some('"') => Ok(escape(&text, setting.expands)),
                Some(_) => Ok(escape(&text, setting.expands).replace('\'', "\\'")),
                None if whole && setting.is_listed => Ok(format!("\"{}\"", escape(&text, setting.expands))),
                None if setting.is_text => one_line(&text, token.at, "a unit")
                    .and_then(|text| at_ends(text, token.at, leads, line.get(index + 1..).unwrap_or_default()))
                    .map(|text| if TEXTS.contains(&name.trim()) { text.replace('%', "%%") } else { text }),
                None => bare(text, token.at, &setting, line.get(index + 1..).unwrap_or_default()),
            }
        });
        add(&mut out, misfits, written);
    }
    out
}

/// The values within what a shell runs of a command line, each with what stands before it there: `/bin/sh -c "…"`.
fn code(line: &[Token<'_>]) -> HashMap<usize, String> {
    let (mut words, mut holes) = (vec![String::new()], Vec::new());
    let (mut quote, mut escaped) = (None, false);
    for token in line {
        let last = words.len() - 1;
        let word = &mut words[last];
        match token.sign {
            Sign::Hole(_) => {
                holes.push((token.at, last, word.len()));
                // Any sign that ends no word and is no option.
                word.push('\u{0}');
            }
            Sign::Own(own) if escaped => {
                escaped = false;
                word.push(own);
            }
            Sign::Own('\\') => escaped = true,
            Sign::Own(own) if quote == Some(own) => quote = None,
            Sign::Own(own @ ('"' | '\'')) if quote.is_none() => quote = Some(own),
            Sign::Own(own) if quote.is_none() && own.is_whitespace() => {
                if !word.is_empty() {
                    words.push(String::new());
                }
            }
            Sign::Own(own) => word.push(own),
        }
    }
    let program = words[0].trim_start_matches(['-', '@', ':', '+', '!', '|']).to_owned();
    let prefixes = words[0].len() - program.len();
    // Behind an `@` the second word is what the program is told that it is called.
    if words[0].get(..prefixes).is_some_and(|prefixes| prefixes.contains('@'))
        && let Some(name) = words.get_mut(1)
    {
        name.clone_from(&program);
    }
    // The places of the values within the program itself are of no use any more.
    words[0] = program;
    let run = arguments::code(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let within = holes.into_iter().filter(|(_, word, _)| run.contains(word));
    within.map(|(at, word, before)| (at, words[word].get(..before).unwrap_or_default().to_owned())).collect()
}

/// A text without quotes, of which nothing is put in, and that nothing splits.
fn bare(text: String, at: usize, setting: &Setting, rest: &[Token<'_>]) -> Result<String, Misfit> {
    // Behind the `%` of `50%` is nothing that it could say.
    let ends = rest.iter().all(|token| token.is(char::is_whitespace));
    let own = text.strip_suffix('%').filter(|_| ends).unwrap_or(&text);
    if is_harmless(&text) && !own.contains('%') {
        return Ok(text);
    }
    let (message, help) = if setting.is_listed {
        (
            "only letters, digits and _./:@+,=- can stand within a word that has no quotes",
            "put the whole word in double quotes, as in \"--name={{ KEY }}\"",
        )
    } else {
        (
            "only letters, digits and _./:@+,=- can stand in a setting like this, which has no quotes that would be sure",
            "choose such a value; after Environment= and as an argument of Exec…= any text can stand",
        )
    };
    Err(Misfit::new(at, message, help))
}

/// How a setting is read.
struct Setting {
    /// As a command line.
    is_command: bool,
    /// As `NAME=value` words.
    is_assignment: bool,
    /// As words, which may have quotes.
    is_listed: bool,
    /// As one text up to the end of the line.
    is_text: bool,
    /// Whether variables are put in, so that a dollar sign is written twice.
    expands: bool,
}

impl Setting {
    fn of(name: &str, begun: &str) -> Self {
        let is_command = name.starts_with("Exec") && name != "ExecPaths" && name != "ExecSearchPath";
        let is_assignment = name == "Environment";
        let prefixes = begun.trim_start_matches(['"', '\'']);
        let prefixes = prefixes.get(..prefixes.find(|sign| !"-@:+!|".contains(sign)).unwrap_or(prefixes.len()));
        Self {
            is_command,
            is_assignment,
            is_listed: is_command || is_assignment,
            // Those of timers are spans and dates, which have blanks.
            is_text: TEXTS.contains(&name)
                || name.starts_with("On") && name != "OnFailure" && name != "OnSuccess"
                || name.ends_with("Sec"),
            // A colon before the program says that no variables are meant.
            expands: is_command && !prefixes.is_some_and(|prefixes| prefixes.contains(':')),
        }
    }
}

/// Whether a text can begin a setting: some signs there are no part of the value.
fn begins(text: &str, at: usize, setting: &Setting) -> Result<(), Misfit> {
    let is_number =
        text.strip_prefix(['-', '+']).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    if text.starts_with(PREFIXES) && !is_number {
        let help = if setting.is_command {
            "begin with the path of the program: /…"
        } else {
            "write the sign in the template"
        };
        return Err(Misfit::new(
            at,
            "a value that begins with one of -@:+!|~# cannot begin a setting, to which that says more",
            help,
        ));
    }
    Ok(())
}

/// A text without quotes: blanks at its ends are not read.
fn at_ends(text: String, at: usize, leads: bool, rest: &[Token<'_>]) -> Result<String, Misfit> {
    let ends = rest.iter().all(|token| token.is(char::is_whitespace));
    if leads && text.starts_with(' ') || ends && text.ends_with([' ', '\\']) {
        return Err(Misfit::new(
            at,
            "a value cannot begin or end with a blank, or end with a backslash, in a setting that has no quotes",
            "choose another value",
        ));
    }
    Ok(text)
}

fn escape(text: &str, command: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '%' => out.push_str("%%"),
            '$' if command => out.push_str("$$"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out
}
