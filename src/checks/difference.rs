//! Who sees what of one key, and what of that may be told.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

use super::File;
use super::reader;
use super::stumbling::{Kind, ReadOn, Stumble};
use super::traps::{self, Swallowing};
use crate::dialects::{Reading, Variable};
use crate::finding::{Finding, Rule, told_name};
use crate::layer::Entry;
use crate::project::veil::Veil;

/// What a reader that takes the file sees.
pub(super) struct Seen<'r> {
    reader: &'r str,
    values: HashMap<&'r str, &'r Variable>,
    swallowing: Swallowing,
    stumbles: &'r [Stumble],
    /// Where it runs something or puts in what only it knows, in the order of the file.
    runs: Vec<Range<usize>>,
    /// Where it gives up.
    end: usize,
}

impl<'r> Seen<'r> {
    /// What it makes of the whole file, and what without the lines at which it stumbles, where that can be told.
    pub(super) fn of(file: &File<'_>, reader: &'r str, whole: &'r Reading, on: Option<&'r ReadOn>) -> Option<Self> {
        let reading = on.map_or(whole, |on| &on.reading);
        let mut values: HashMap<_, _> = reading.vars.iter().map(|variable| (variable.key.as_str(), variable)).collect();
        let stumbles = on.map_or(&[][..], |on| &on.stumbles);
        values.extend(stumbles.iter().filter_map(|stumble| match &stumble.kind {
            Kind::Swallows { variable, .. } => variable.as_ref().map(|variable| (variable.key.as_str(), variable)),
            Kind::Refuses(_) | Kind::GivesUp(_) => None,
        }));
        let swallowing = Swallowing::of(&file.layer.text, reading);
        let gave_up = reading.gave_up.as_ref().and_then(|error| error.at.as_ref());
        let end = gave_up.map_or(usize::MAX, |at| at.start);
        let mut runs = reading.executes.clone();
        runs.sort_unstable_by_key(|place| place.start);
        reading.error.is_none().then_some(Self { reader, values, swallowing, stumbles, runs, end })
    }

    /// What a reader puts in of a value that only it knows as it reads; `None` where it is the output of a command, which
    /// is told where that stands, or comes from another value.
    fn puts_in(&self, text: &str, variable: &Variable) -> Option<&'static PutIn> {
        let value = &variable.value_span;
        let first = self.runs.partition_point(|place| place.start < value.start);
        let mut found = None;
        for place in self.runs.get(first..).unwrap_or_default() {
            let is_here = place.start <= value.end
                || text.get(value.end..place.start).is_some_and(|between| between.trim_matches([' ', '\t']).is_empty());
            if !is_here {
                break;
            }
            let written = text.get(place.clone())?;
            found = Some(PUT_IN.iter().find(|one| one.signs.iter().any(|sign| written.starts_with(sign)))?);
        }
        found.or_else(|| text.get(value.clone())?.contains(ROOT.signs[0]).then_some(&ROOT))
    }
}

/// What a shell puts into a value as it reads it.
struct PutIn {
    /// How that begins as it is written.
    signs: &'static [&'static str],
    /// What a reader for which it is text must see, for it to be sure that the two differ.
    text: &'static str,
    /// What the value is then.
    says: &'static str,
}

const PUT_IN: &[PutIn] = &[
    PutIn { signs: &["$$", "${$"], text: "", says: "one with the number of its process" },
    PutIn { signs: &["$0", "${0"], text: "", says: "one with its own name" },
    PutIn { signs: &["$(("], text: "$((", says: "what it works out" },
    PutIn { signs: &["<"], text: "<", says: "cut off at `<`, and only if that file is there," },
];

/// Every system has a user of this name. Whether there is another one nobody knows.
static ROOT: PutIn = PutIn { signs: &["~root"], text: "~root", says: "a home folder" };

impl<'r> Seen<'r> {
    /// Whether what stands at `place` is told elsewhere, because this reader takes it for a part of a value above, or
    /// does not take that line.
    fn passes(&self, place: usize) -> bool {
        let refuses = |stumble: &Stumble| stumble.kind.error().is_some() && stumble.line.contains(&place);
        self.swallowing.takes(place) || place >= self.end || self.stumbles.iter().any(refuses)
    }

    /// The line at `place`, if the reader takes lines below for a part of it.
    fn swallows(&self, place: usize) -> Option<Swallowed<'r>> {
        let stumble = self.stumbles.iter().find(|stumble| stumble.line.contains(&place))?;
        match &stumble.kind {
            Kind::Swallows { keys, end, .. } => Some(Swallowed { reader: self.reader, keys, end: *end }),
            Kind::Refuses(_) | Kind::GivesUp(_) => None,
        }
    }
}

/// Lines that a reader takes for a part of one above.
struct Swallowed<'r> {
    reader: &'r str,
    keys: &'r [Range<usize>],
    end: usize,
}

/// Who sees what of one key.
pub(super) struct Difference<'r> {
    groups: Vec<(Sight<'r>, Vec<&'r str>)>,
    pub(super) hidden: Hidden,
    swallowed: Vec<Swallowed<'r>>,
}

/// What one reader sees of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight<'r> {
    Unset,
    Text(&'r str),
    /// Nobody else knows: this is in it.
    PutIn(&'static str),
}

impl<'r> Sight<'r> {
    fn text(self) -> Option<&'r str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Unset | Self::PutIn(_) => None,
        }
    }
}

/// What of a key may not be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    Nothing,
    /// What readers see of it.
    Value,
    /// Its name neither: to some reader it is a piece of a secret.
    Whole,
}

impl<'r> Difference<'r> {
    /// Those that readers see, if they do not agree.
    pub(super) fn of(
        file: &File<'_>,
        seen: &[Seen<'r>],
        variable: &Variable,
        entries: &[&Entry],
        veil: &Veil,
    ) -> Option<Self> {
        let place = variable.key_span.start;
        Self::among(file, seen, variable, entries, veil, |one| one.passes(place))
    }

    /// The same for all of them but those whose view is told elsewhere, by `is_told`, if they see nothing.
    pub(super) fn among(
        file: &File<'_>,
        seen: &[Seen<'r>],
        variable: &Variable,
        entries: &[&Entry],
        veil: &Veil,
        is_told: impl Fn(&Seen<'r>) -> bool,
    ) -> Option<Self> {
        let mut groups: Vec<(Sight<'_>, Vec<&str>)> = Vec::new();
        let mut own = Vec::new();
        let mut add = |groups: &mut Vec<(Sight<'r>, Vec<&'r str>)>, sight, found: Option<&'r Variable>, reader| {
            own.extend(found);
            match groups.iter_mut().find(|(known, _)| *known == sight) {
                Some((_, readers)) => readers.push(reader),
                None => groups.push((sight, vec![reader])),
            }
        };
        let mut unknown = Vec::new();
        for one in seen {
            let found = one.values.get(variable.key.as_str()).copied();
            // That a command gives it is told where the command stands.
            if let Some(found) = found.filter(|found| found.is_unknown()) {
                unknown.extend(one.puts_in(&file.layer.text, found).map(|put_in| (one.reader, found, put_in)));
                continue;
            }
            let value = found.and_then(|found| found.value.as_deref());
            if value.is_none() && is_told(one) {
                continue;
            }
            add(&mut groups, value.map_or(Sight::Unset, Sight::Text), found, one.reader);
        }
        let is_sure = |put_in: &PutIn| {
            let mut texts = groups.iter().filter_map(|(sight, _)| sight.text());
            texts.any(|text| text.contains(put_in.text))
        };
        unknown.retain(|(_, _, put_in)| is_sure(put_in));
        for (reader, found, put_in) in unknown {
            add(&mut groups, Sight::PutIn(put_in.says), Some(found), reader);
        }
        if groups.len() < 2 {
            return None;
        }
        let hidden = if own.iter().any(|variable| veil.hides_key(variable)) {
            Hidden::Whole
        } else if own.iter().any(|variable| veil.hides(file.project, variable))
            || entries.iter().any(|entry| file.project.hides_entry(file.layer, entry))
        {
            Hidden::Value
        } else {
            Hidden::Nothing
        };
        let swallowed = seen.iter().filter_map(|one| one.swallows(variable.key_span.start)).collect();
        Some(Self { groups, hidden, swallowed })
    }

    pub(super) fn finding(
        &self,
        rule: &'static Rule,
        file: &File<'_>,
        variable: &Variable,
        entries: &[&Entry],
    ) -> Finding {
        // A hand-written splitter makes a variable of a comment that holds a `=`.
        let comment = variable.key.starts_with('#');
        let name = match self.hidden {
            _ if comment => "a comment".to_owned(),
            Hidden::Whole => "a part of a secret".to_owned(),
            _ => told_name(&variable.key),
        };
        let lost = self.lost(file);
        let message = format!("{name} is read differently: {}{lost}", self.views(comment));
        let span = if variable.value_span.is_empty() { &variable.key_span } else { &variable.value_span };
        let mut label = (span.clone(), "what this becomes depends on the reader".to_owned());
        if comment {
            "a splitter takes it for an assignment".clone_into(&mut label.1);
        }
        let readers: Vec<_> = self.groups.iter().map(|(_, readers)| readers.clone()).collect();
        if let Some(trap) = traps::explain(file.layer, entries, &readers) {
            // Which sign of a secret it is would tell a part of it.
            label = if self.hidden == Hidden::Nothing { trap } else { label };
        }
        if let Some(quote) = self.open_quote(file, entries) {
            label = quote;
        }
        let (at, says) = label;
        let help = if comment {
            "take the = out of the comment, or read the file with a library"
        } else if entries.len() > 1 {
            "keep one of the lines"
        } else {
            "spell it so that all of them read the same: letters, digits and _ - . / : need no quotes"
        };
        let at = file.place(&at);
        Finding::new(rule, message).key(name).at(at, says).help(help)
    }

    /// Which keys below are not set because of this line, and for whom.
    fn lost(&self, file: &File<'_>) -> String {
        /// So many are named.
        const MOST: usize = 3;
        let mut told = String::new();
        let mut groups: Vec<(&[Range<usize>], Vec<&str>)> = Vec::new();
        for Swallowed { reader, keys, .. } in self.swallowed.iter().filter(|one| !one.keys.is_empty()) {
            match groups.iter_mut().find(|(known, _)| known == keys) {
                Some((_, readers)) => readers.push(reader),
                None => groups.push((keys, vec![reader])),
            }
        }
        for (keys, readers) in groups {
            let count = |count: usize| format!("{count} {}", if count == 1 { "key" } else { "keys" });
            let name = |key: &Range<usize>| told_name(file.layer.text.get(key.clone()).unwrap_or_default());
            let mut names: Vec<String> = keys.iter().take(MOST).map(name).collect();
            if keys.len() > MOST {
                names.push(format!("{} more", keys.len() - MOST));
            }
            // What stands below a secret may be a piece of it.
            let names = if self.hidden == Hidden::Nothing {
                super::listed(&names, "and")
            } else {
                count(keys.len()) + " below"
            };
            let are = if keys.len() == 1 { "is" } else { "are" };
            let _ = write!(told, "; {names} {are} a part of it for {}", super::listed(&readers, "and"));
        }
        told
    }

    /// The quote that a reader sees in the value, and that takes lines below in.
    fn open_quote(&self, file: &File<'_>, entries: &[&Entry]) -> Option<(Range<usize>, String)> {
        let (first, entry) = (self.swallowed.first()?, entries.last()?);
        let at = file.layer.slice(&entry.value).find(['"', '\''])?;
        let place = entry.value.start as usize + at;
        let end = u32::try_from(first.end).ok()?;
        let line = file.project.sources.position(file.layer.source, end).line;
        let readers: Vec<_> = self.swallowed.iter().filter(|one| one.end == first.end).map(|one| one.reader).collect();
        let says = format!("{}: the quote that opens here is closed in line {line}", super::listed(&readers, "and"));
        (self.hidden == Hidden::Nothing).then_some((place..entry.value.end as usize, says))
    }

    /// Who sees what, in words. `comment` says that it is no assignment to most.
    pub(super) fn views(&self, comment: bool) -> String {
        let mut masked = 0;
        let told = self.groups.iter().map(|(sight, readers)| self.told(*sight, readers, comment, &mut masked));
        told.collect::<Vec<_>>().join(", ")
    }

    /// What these readers see; `masked` counts the values that may not be shown.
    fn told(&self, sight: Sight<'_>, readers: &[&str], comment: bool, masked: &mut usize) -> String {
        let readers = super::listed(readers, "and");
        let is_something = !matches!(sight, Sight::Unset | Sight::Text(""));
        if self.hidden != Hidden::Nothing && is_something && !comment {
            *masked += 1;
            return if *masked == 1 { format!("one value for {readers}") } else { format!("another for {readers}") };
        }
        match sight {
            Sight::Unset => format!("not set for {readers}"),
            Sight::PutIn(says) => format!("{says} for {readers}"),
            Sight::Text(_) if comment => format!("a variable for {readers}"),
            Sight::Text("") => format!("empty for {readers}"),
            Sight::Text(text) => format!("`{}` for {readers}", super::shortened(&reader::told(text))),
        }
    }
}
