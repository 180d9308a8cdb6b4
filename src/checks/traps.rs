//! What in a line makes its readers differ: the sign, and who takes it for what.

use std::ops::Range;

use super::reader::OWN;
use crate::dialects::Reading;
use crate::layer::{Content, Entry, Layer};

/// One assignment and what stands around it, in bytes of the file.
struct Line<'t> {
    text: &'t str,
    /// Where the line of the key begins.
    start: usize,
    key: Range<usize>,
    /// As written, quotes included.
    value: Range<usize>,
    /// Whether another line sets the key as well.
    repeated: bool,
    /// The end of the line in which the value ends; a carriage return belongs to the line.
    end: usize,
}

impl Line<'_> {
    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn written(&self) -> &str {
        self.slice(self.value.clone())
    }

    fn behind(&self) -> &str {
        self.slice(self.value.end..self.end)
    }

    /// Where `sign` first stands in the value.
    fn within(&self, sign: impl Fn(char) -> bool) -> Option<Range<usize>> {
        let at = self.value.start + self.written().find(sign)?;
        Some(at..self.value.end)
    }

    /// Where `text` first stands in the value.
    fn found(&self, text: &str) -> Option<Range<usize>> {
        let at = self.value.start + self.written().find(text)?;
        Some(at..self.value.end)
    }

    /// Where a dollar sign first stands in front of one of `signs`, if the value begins with no single quote.
    fn special(&self, signs: &str) -> Option<Range<usize>> {
        let written = self.written();
        let is_one = |(at, _): &(usize, &str)| {
            written.get(at + 1..).is_some_and(|rest| rest.starts_with(|next| signs.contains(next)))
        };
        let (at, _) = written.match_indices('$').find(is_one).filter(|_| !written.starts_with('\''))?;
        Some(self.value.start + at..self.value.end)
    }

    fn quoted(&self) -> bool {
        self.written().starts_with(['"', '\'', '`'])
    }
}

/// A peculiarity of some readers.
struct Trap {
    /// Who has it.
    readers: &'static [&'static str],
    /// What of a line shows it.
    found: fn(&Line<'_>) -> Option<Range<usize>>,
    /// How it is for them; their names are put in front.
    says: &'static str,
}

const KEEP_QUOTES: &[&str] = &["make", "docker-run", "compose-raw"];
const KEEP_COMMENTS: &[&str] = &["docker-run", "compose-raw", "systemd", "split"];

/// The rarer before the more common, so that the one that matters is named.
const TRAPS: &[Trap] = &[
    Trap {
        readers: &["deno", "uv"],
        found: |line| line.repeated.then(|| line.key.clone()),
        says: "of two lines for one key the first counts",
    },
    Trap {
        readers: &["node", "systemd", "shell", "godotenv", "dotenvy", "bun", "deno"],
        found: |line| {
            line.slice(line.start..line.key.start).starts_with('\u{feff}').then_some(line.start..line.key.end)
        },
        says: "a byte order mark in front of a key makes it another one",
    },
    Trap {
        readers: &["docker-run", "compose-raw", "systemd", "split"],
        found: |line| {
            let before = line.slice(line.start..line.key.start).trim_start_matches('\u{feff}');
            before.trim_start().starts_with("export").then_some(line.start..line.key.start)
        },
        says: "`export` has no place in front of a key",
    },
    Trap {
        readers: &[
            "docker-run",
            "compose-raw",
            "make",
            "systemd",
            "node",
            "python-dotenv",
            "dotenvy",
            "shell",
            "split",
            "uv",
        ],
        found: |line| {
            let between = line.key.end..line.value.start.max(line.key.end);
            // `:=` is make's own.
            (line.slice(between.clone()).contains(':') && !line.written().starts_with('=')).then_some(between)
        },
        says: "`:` assigns nothing",
    },
    Trap {
        readers: &["compose", "compose-interpolation", "godotenv", "systemd", "docker-run", "compose-raw", "split"],
        found: |line| {
            let between = line.slice(line.key.end..line.value.start.max(line.key.end));
            (between.ends_with([' ', '\t']) && line.written().starts_with('#')).then(|| line.value.clone())
        },
        says: "what looks like a comment is the value",
    },
    Trap {
        readers: &["docker-run", "compose-raw"],
        found: |line| {
            let between = line.key.end..line.value.start.max(line.key.end);
            let blanks = line.slice(between.clone()).strip_prefix('=')?;
            (!blanks.is_empty() && !line.written().is_empty()).then_some(between.start + 1..between.end)
        },
        says: "the blanks behind `=` are a part of the value",
    },
    Trap {
        readers: &["docker-run", "compose-raw", "shell"],
        found: |line| {
            let between = line.key.end..line.value.start.max(line.key.end);
            let loose = line.slice(between.clone()) != "=" && !line.written().is_empty();
            loose.then_some(between)
        },
        says: "no blanks may stand beside `=`",
    },
    Trap {
        readers: &["node"],
        found: |line| {
            let blank = line.written().is_empty() && line.behind().starts_with([' ', '\t']);
            (blank && line.behind().trim().is_empty()).then_some(line.value.end..line.end)
        },
        says: "a blank behind `=` makes the next line the value, since node 22",
    },
    Trap {
        readers: &["split"],
        found: |line| matches!(line.written(), "" | "\"\"" | "''").then_some(line.key.clone()),
        says: "an empty value is none",
    },
    Trap {
        readers: &["shell"],
        found: |line| line.written().starts_with('~').then_some(line.value.clone()),
        says: "`~` is the home folder",
    },
    Trap {
        readers: &["make"],
        found: |line| line.written().contains('#').then(|| line.within(|sign| sign == '#')).flatten(),
        says: "`#` begins a comment, in quotes as well",
    },
    Trap {
        readers: &["node-dotenv", "dotenv-expand", "node", "ruby-dotenv", "bun", "deno"],
        found: |line| if line.quoted() { None } else { line.within(|sign| sign == '#') },
        says: "`#` begins a comment, with or without a blank",
    },
    Trap {
        readers: KEEP_COMMENTS,
        found: |line| {
            let behind = line.behind();
            let blanks = behind.len() - behind.trim_start().len();
            behind.trim_start().starts_with('#').then_some(line.value.end + blanks..line.end)
        },
        says: "the comment is a part of the value",
    },
    Trap {
        readers: &["make", "docker-run", "compose-raw"],
        found: |line| line.behind().starts_with([' ', '\t']).then_some(line.value.end..line.end),
        says: "the blanks behind the value are a part of it",
    },
    Trap {
        readers: &["make"],
        found: |line| {
            let single = |at: usize| !matches!(line.text.as_bytes().get(at + 1), Some(b'(' | b'{' | b'$'));
            line.within(|sign| sign == '$').filter(|range| single(range.start))
        },
        says: "`$` and the one sign behind it are a reference",
    },
    Trap { readers: &["shell"], found: |line| line.special("$"), says: "`$$` is the number of its process" },
    Trap { readers: &["shell"], found: |line| line.special("0"), says: "`$0` is its own name" },
    Trap {
        readers: &["shell"],
        found: |line| line.special("123456789@*"),
        says: "`$` and this sign are what a script is called with, most often nothing",
    },
    Trap { readers: &["shell"], found: |line| line.special("#?!-"), says: "`$` and this sign are its own state" },
    Trap { readers: &["make"], found: |line| line.found("$("), says: "`$(…)` is a variable or a function of make" },
    Trap { readers: &["shell"], found: |line| line.found("$(("), says: "`$((…))` is worked out" },
    Trap {
        readers: &[
            "compose",
            "compose-interpolation",
            "dotenvy",
            "ruby-dotenv",
            "godotenv",
            "make",
            "shell",
            "dotenv-expand",
            "deno",
            "bun",
            "uv",
            "python-dotenv",
        ],
        found: |line| line.within(|sign| sign == '$'),
        says: "`$` begins a reference",
    },
    Trap {
        readers: &["shell"],
        found: |line| if line.quoted() { None } else { line.within(|sign| "&;|()<>`".contains(sign)) },
        says: "the value ends here, and a command may begin",
    },
    Trap {
        readers: &["shell", "dotenvy", "uv"],
        found: |line| {
            let escaped = || line.written().contains("\\ ");
            if line.quoted() || escaped() { None } else { line.within(|sign| sign == ' ' || sign == '\t') }
        },
        says: "the value ends at the first blank",
    },
    Trap {
        readers: KEEP_QUOTES,
        found: |line| line.quoted().then_some(line.value.clone()),
        says: "quotes are a part of the value",
    },
    Trap {
        readers: &["ruby-dotenv", "shell", "systemd", "split"],
        found: |line| {
            let at = line.value.start + line.written().find("\\n")?;
            line.written().starts_with('"').then_some(at..at + 2)
        },
        says: "`\\n` is no line end, in double quotes either",
    },
    Trap {
        readers: &[
            "shell",
            "dotenvy",
            "uv",
            "compose",
            "compose-interpolation",
            "python-dotenv",
            "godotenv",
            "ruby-dotenv",
            "systemd",
        ],
        found: |line| line.within(|sign| sign == '\\'),
        says: "a backslash begins an escape",
    },
    Trap {
        readers: &["shell", "dotenvy", "uv"],
        found: |line| if line.quoted() { None } else { line.within(|sign| sign == '"' || sign == '\'') },
        says: "quotes within a value are taken off",
    },
    Trap {
        readers: &["shell"],
        found: |line| {
            line.text.get(line.end.checked_sub(1)?..line.end).filter(|last| *last == "\r").map(|_| line.value.clone())
        },
        says: "the carriage return is a part of the value",
    },
];

/// What in the line of a key makes readers differ, and a few words about it; `None` where nothing known explains it.
/// `entries` are the lines that set it, `groups` the readers by what they see.
pub(super) fn explain(layer: &Layer, entries: &[&Entry], groups: &[Vec<&str>]) -> Option<(Range<usize>, String)> {
    let entry = entries.last()?;
    let text: &str = &layer.text;
    let key = entry.key.start as usize..entry.key.end as usize;
    let value = entry.value.start as usize..entry.value.end as usize;
    if matches!(entry.content, Content::Inherited) {
        return None;
    }
    let start = text.get(..key.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = value.end + text.get(value.end..)?.find('\n').unwrap_or(text.len() - value.end);
    let line = Line { text, start, key, value, repeated: entries.len() > 1, end };
    let trap = TRAPS.iter().find_map(|trap| {
        let as_named = |part: &'_ str| if part.trim() == OWN { "compose".to_owned() } else { part.trim().to_owned() };
        let has = |reader: &&&str| reader.split('>').any(|part| trap.readers.contains(&as_named(part).as_str()));
        let with: Vec<Vec<&str>> = groups.iter().map(|group| group.iter().filter(has).copied().collect()).collect();
        // It explains something if those who have it do not see what those see who have it not.
        let apart =
            |has: bool| groups.iter().zip(&with).any(|(group, with)| with.len() == if has { group.len() } else { 0 });
        if !(apart(true) && apart(false)) {
            return None;
        }
        let range = (trap.found)(&line)?;
        let dissenting: Vec<&str> = groups
            .iter()
            .zip(with)
            .filter(|(group, with)| group.len() == with.len())
            .flat_map(|(_, with)| with)
            .collect();
        (!dissenting.is_empty()).then_some((range, dissenting, trap.says))
    });
    let (range, readers, says) = trap?;
    Some((range, format!("{}: {says}", super::listed(&readers, "and"))))
}

/// The `export` and the blanks behind it that begin the line of `place`.
pub(super) fn export(text: &str, place: usize) -> Option<Range<usize>> {
    let start = text.get(..place)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next()?;
    let from = line.len() - line.trim_start_matches(['\u{feff}', ' ', '\t']).len();
    let after = line.get(from..)?.strip_prefix("export")?;
    let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
    (blanks > 0).then(|| start + from..start + from + "export".len() + blanks)
}

/// The values of a file that run over several lines, as one reader sees them.
pub(super) struct Swallowing {
    /// By where they begin, each with the furthest end of those up to it.
    values: Vec<(usize, usize)>,
}

impl Swallowing {
    pub(super) fn of(text: &str, reading: &Reading) -> Self {
        // What stands behind the key: a value may begin on a later line than its key.
        let spans = reading.vars.iter().map(|variable| variable.key_span.end..variable.value_span.end);
        // A command gets what stands in front of it, over several lines as well, and the reader sets nothing by it.
        let spans = spans.chain(reading.executes.iter().cloned());
        let several = spans.filter(|span| text.get(span.clone()).is_some_and(|value| value.contains('\n')));
        let mut values: Vec<_> = several.map(|span| (span.start, span.end)).collect();
        values.sort_unstable();
        let mut furthest = 0;
        for (_, end) in &mut values {
            furthest = furthest.max(*end);
            *end = furthest;
        }
        Self { values }
    }

    /// Whether what stands at `place` is for this reader a part of the value of a line above.
    pub(super) fn takes(&self, place: usize) -> bool {
        let above = self.values.partition_point(|(start, _)| *start < place);
        above.checked_sub(1).and_then(|last| self.values.get(last)).is_some_and(|(_, end)| place < *end)
    }
}
