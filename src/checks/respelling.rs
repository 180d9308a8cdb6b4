//! Lines written anew so that all readers of a file agree, and whether a replacement would take a right value away.

mod together;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::assignments::Assignments;
use super::edits::{candidates, edited, ends_in_returns};
use super::following::{alone, braced, worlds};
use super::reader::{EXPORTING, OWN, Surroundings, assigned_by_make, dialects_among, dialects_of};
use super::view::{Values, View, agree, own_view, view};
use crate::dialects::Process;
use crate::finding::Fix;
use crate::interpolation::references;
use crate::layer::Entry;
use crate::portable;

/// How many bytes may be read, over all readers and tries, to prove the replacements in one file. A file that would need
/// more gets none, because each replacement is proven by reading the whole file again.
const MAX_READ: usize = 16 << 20;

/// How a line can be written instead, in bytes of the file.
pub(super) struct Respelling {
    pub(super) range: Range<usize>,
    pub(super) text: String,
    /// The assignment alone, for people.
    pub(super) line: String,
}

/// Why there is none.
pub(super) enum Obstacle {
    /// No spelling of the value suits all readers.
    Unportable(portable::Unportable),
    /// This line suits all who read the file, but not sparkcfg, which would check something else.
    Own(String),
    /// This line suits them once those of the file, all of which end in CRLF, end in LF.
    Returns(String),
    /// This line suits those who are seen to read the file, and breaks it for a shell, which may be one that is not.
    Guarded(String),
    /// Backticks around the value, which are quotes for some; this line takes them for a part of it.
    Backticks(String),
    /// The value refers to others, stands on more than one place, or something else in the file is in the way.
    Entangled,
}

/// What a replacement would do.
pub(super) enum Harm<'a> {
    /// Every reader sees what it saw, or what is right.
    None,
    /// This one does not.
    To(&'a str),
    /// It cannot be told, because the file is too long.
    Unknown,
}

/// What every chain of readers gets from one file; `compose` stands for how sparkcfg itself reads it.
pub(super) struct Views<'a> {
    text: &'a str,
    chains: &'a [&'a str],
    around: &'a Surroundings,
    /// What sparkcfg itself reads, and where.
    own: Option<View>,
    assignments: Assignments,
    /// What each key should be for all: what docker compose gets, or, where it does not read the file, what all get who do.
    right: Option<Values>,
    /// The keys of which all who read the file see something else than sparkcfg does.
    unsure: HashSet<String>,
    seen: Vec<Option<View>>,
    /// Readers that nobody sees, and that may be there all the same: they keep what they get.
    guarded: Vec<(&'static str, View)>,
    /// What a shell runs that nobody sees, if it runs something.
    commands: Option<View>,
    /// A reader of which it is not known what it makes of a line, unless that is plain.
    unlike: Option<&'a str>,
    /// Whether it counts, too, what a reader makes of the file with the lines at which it stumbles.
    strict: bool,
    /// What is offered already. Beside it another replacement may be right that alone is not.
    made: Vec<(Range<usize>, String)>,
    /// What may be offered: of lines that refer to each other, none may be right before all are.
    planned: Vec<(Range<usize>, String)>,
    /// What is proven already, by its place.
    together: HashMap<usize, Edit>,
    /// How many bytes one proof reads: as many as there were to read at first.
    cost: usize,
    left: usize,
}

/// A replacement that is to be proven.
#[derive(Clone)]
struct Edit {
    /// The key that must be right for all by it, if there is one.
    key: Option<String>,
    range: Range<usize>,
    text: String,
}

impl<'a> Views<'a> {
    /// Reads the file with every chain, started with `around`.
    pub(super) fn of(text: &'a str, chains: &'a [&'a str], around: &'a Surroundings) -> Self {
        let mut cost = 0;
        let (own, assignments) = own_view(text, around, &mut cost);
        let seen: Vec<_> = chains.iter().map(|chain| view(chain, text, around, &assignments, &mut cost)).collect();
        let mut right = own.as_ref().map(|own| own.values.clone());
        let mut unsure =
            right.as_mut().map(|right| agree(right, chains, &seen, &assignments.by_colon(text))).unwrap_or_default();
        unsure.extend(text.lines().filter_map(assigned_by_make).map(ToOwned::to_owned));
        let (guarded, made, planned) = (Vec::new(), Vec::new(), Vec::new());
        let (unlike, strict) = (None, false);
        Self {
            text,
            chains,
            around,
            own,
            assignments,
            right,
            unsure,
            seen,
            guarded,
            commands: None,
            unlike,
            strict,
            made,
            planned,
            together: HashMap::new(),
            cost,
            left: MAX_READ,
        }
    }

    /// Takes care of a reader that is not modelled: only what every reader takes alike is written.
    pub(super) fn beside(mut self, unlike: Option<&'a str>) -> Self {
        self.unlike = unlike;
        self
    }

    /// Judges what is the end of it, and no step on the way: what a reader makes of the file as it stands counts, too.
    pub(super) fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Takes care that a shell, too, keeps what it gets: scripts that source a file are of many kinds, not all of which are
    /// seen.
    pub(super) fn guarded(mut self) -> Self {
        if !self.has_shell() {
            let seen = view(SHELL, self.text, self.around, &self.assignments, &mut self.cost);
            self.guarded.extend(seen.map(|view| (SHELL, view.without_returns())));
        }
        self
    }

    /// Takes care that a shell, which may be there all the same, runs nothing else than it did.
    pub(super) fn guarding_commands(mut self) -> Self {
        if !self.has_shell() && self.guarded.is_empty() {
            let seen = view(SHELL, self.text, self.around, &self.assignments, &mut self.cost);
            self.commands = seen.filter(View::runs);
        }
        self
    }

    fn has_shell(&self) -> bool {
        self.chains.iter().flat_map(|chain| chain.split('>')).any(|name| name.trim() == SHELL)
    }

    /// Whether nobody who reads the file sees what sparkcfg takes for right, so that to write this would change what they get.
    pub(super) fn is_unsure(&self, key: &str) -> bool {
        self.unsure.contains(key)
    }

    /// Where the assignments of the file stand.
    pub(super) fn assignments(&self) -> &Assignments {
        &self.assignments
    }

    /// What is right for a key: for a value that refers to others, with what these are now.
    pub(super) fn right(&self, key: &str) -> Option<&str> {
        self.right.as_ref()?.get(key)?.as_deref()
    }

    /// Whether this file, a layer below, or whoever starts a reader sets a name.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.right.as_ref().is_some_and(|right| right.contains_key(name)) || self.around.below.contains_key(name)
    }

    /// Whether what is right for a key is what sparkcfg reads, and nobody else has to.
    pub(super) fn has_own_of(&self, key: &str) -> bool {
        let own = self.own.as_ref().and_then(|own| own.values.get(key));
        self.chains.contains(&OWN) && own == self.right.as_ref().and_then(|right| right.get(key))
    }

    /// Counts a replacement in that is offered, and safe: what is looked for next may need it.
    pub(super) fn makes(&mut self, range: &Range<usize>, text: &str) {
        let is_apart = |made: &Range<usize>| made.end < range.start || range.end < made.start;
        if self.made.iter().all(|(made, _)| is_apart(made)) {
            self.made.push((range.clone(), text.to_owned()));
            self.made.sort_by_key(|(range, _)| range.start);
        }
    }

    /// Whether one who reads the file sees something else of a key than what is right.
    pub(super) fn differs(&self, key: &str) -> bool {
        let right = self.right.as_ref().and_then(|right| right.get(key));
        let sees = |view: &View| view.values.get(key) == right;
        right.is_some() && !self.seen.iter().flatten().all(sees)
    }

    /// Whether all follow the references of a line alike, so that what they see differs by what it refers to alone, and that is
    /// in this file and told, by `is_told`. `written` is what the value holds.
    pub(super) fn differs_by_others(
        &self,
        key: &str,
        entry: &Entry,
        written: &str,
        is_told: impl Fn(&str) -> bool,
    ) -> bool {
        let references = references(written);
        let line = self.text.get(entry.key.start as usize..entry.value.end as usize).unwrap_or_default();
        let is_told = |name: &str| name != key && self.differs(name) && is_told(name);
        references.iter().any(|reference| is_told(reference.name)) && self.follow(key, line, line, &worlds(&references))
    }

    /// Keeps in mind how the lines could be written that differ, where some refer to others. `content` is what a value holds,
    /// if a line that refers may be offered for it.
    pub(super) fn plan<'e>(
        &mut self,
        entries: &HashMap<&str, Vec<&'e Entry>>,
        content: impl Fn(&'e Entry) -> Option<&'e str>,
    ) {
        let alone =
            entries.iter().filter_map(|(key, entries)| Some((*key, *<&[_; 1]>::try_from(entries.as_slice()).ok()?)));
        let wrong: Vec<(&str, &Entry)> = alone
            .map(|(key, [entry])| (key, entry))
            .filter(|(key, _)| self.differs(key) && !self.is_unsure(key))
            .collect();
        if wrong.len() < 2 {
            return;
        }
        let line = |key: &str, entry: &'e Entry| {
            if self.refers(key, entry) {
                return self.followed(key, entry, content(entry)?);
            }
            let value = self.right(key)?;
            portable::spell(key, value, &dialects_among(self.chains), &self.around.besides).ok()
        };
        let planned = wrong.iter().filter_map(|(key, entry)| {
            let written = entry.key.start as usize..entry.value.end as usize;
            let (range, text) =
                candidates(self.text, &written, &line(key, entry)?, self.exports()).into_iter().next()?;
            Some(Edit { key: Some((*key).to_owned()), range, text })
        });
        let planned: Vec<Edit> = planned.collect();
        if wrong.iter().any(|(key, entry)| self.refers(key, entry)) {
            self.planned = planned.iter().map(|edit| (edit.range.clone(), edit.text.clone())).collect();
            self.planned.sort_by_key(|(range, _)| range.start);
        }
        self.prove(planned);
    }

    /// Whether one of those who read the file needs an `export` in front of a line.
    fn exports(&self) -> bool {
        self.chains.iter().flat_map(|chain| chain.split('>')).any(|name| EXPORTING.contains(&name.trim()))
    }

    /// Whether a value depends on other variables, or may: `$$` is one sign to some, and two to others.
    pub(super) fn refers(&self, key: &str, entry: &Entry) -> bool {
        let range = entry.value.start as usize..entry.value.end as usize;
        let written = self.text.get(range).unwrap_or_default();
        if !entry.interpolates || !written.contains('$') {
            return false;
        }
        let line = self.text.get(entry.key.start as usize..entry.value.end as usize).unwrap_or_default();
        let unset = alone(OWN, key, line, &Process::new());
        let differs = |world: &Process| alone(OWN, key, line, world) != unset;
        written.contains("$$") || unset.is_none() || worlds(&references(written)).iter().any(differs)
    }

    /// The line of `key`, written so that all readers get what is right, and nothing else in the
    /// file becomes wrong for any of them. `entries` are the lines that set it.
    pub(super) fn respelled(&mut self, key: &str, entries: &[&Entry]) -> Result<Respelling, Obstacle> {
        let [entry] = entries else { return Err(Obstacle::Entangled) };
        let right = self.right.as_ref().and_then(|right| right.get(key).cloned());
        let value = right.flatten().ok_or(Obstacle::Entangled)?;
        let line = match portable::spell(key, &value, &dialects_among(self.chains), &self.around.besides) {
            Ok(line) => line,
            Err(error) => {
                let others: Vec<&str> = self.chains.iter().copied().filter(|chain| *chain != OWN).collect();
                let without_own = if others.len() < self.chains.len() { Some(dialects_among(&others)) } else { None };
                let line =
                    without_own.and_then(|readers| portable::spell(key, &value, &readers, &self.around.besides).ok());
                return Err(line.map_or(Obstacle::Unportable(error), Obstacle::Own));
            }
        };
        if value.starts_with('`') {
            let around = value.len() > 1 && value.ends_with('`');
            return Err(if around { Obstacle::Backticks(line) } else { Obstacle::Entangled });
        }
        let written = entry.key.start as usize..entry.value.end as usize;
        let mut is_guarded = false;
        for (range, text) in candidates(self.text, &written, &line, self.exports()) {
            let harm = self.proven(&range, &text, Some(key));
            is_guarded |= matches!(harm, Harm::To(SHELL)) && !self.guarded.is_empty();
            if matches!(harm, Harm::None) {
                // No file is left with line ends of both kinds.
                let returned = self.text.get(range.clone()).is_some_and(|written| written.ends_with('\r'));
                if returned && ends_in_returns(self.text) {
                    return Err(Obstacle::Returns(line));
                }
                return Ok(Respelling { range, text, line });
            }
        }
        Err(if is_guarded { Obstacle::Guarded(line) } else { Obstacle::Entangled })
    }

    /// The line of `key`, whose value refers to others, written so that all readers follow the references as docker compose
    /// does: whatever those are, and in this file.
    pub(super) fn referring(&mut self, key: &str, entry: &Entry, written: &str) -> Option<Respelling> {
        let range = entry.key.start as usize..entry.value.end as usize;
        let line = self.followed(key, entry, written)?;
        matches!(self.proven(&range, &line, Some(key)), Harm::None).then(|| Respelling {
            range,
            text: line.clone(),
            line,
        })
    }

    /// The line of `key` whose references all readers follow as docker compose does those that are written.
    fn followed(&self, key: &str, entry: &Entry, written: &str) -> Option<String> {
        let references = references(written);
        let worlds = worlds(&references);
        let as_written = self.text.get(entry.key.start as usize..entry.value.end as usize)?;
        let braced = braced(written, &references);
        let quoted = [braced.clone(), format!("\"{braced}\"")].map(|value| format!("{key}={value}"));
        quoted.into_iter().find(|line| line != as_written && self.follow(key, as_written, line, &worlds))
    }

    /// Whether all readers make of `line` what sparkcfg makes of `as_written`, whatever is referred to.
    fn follow(&self, key: &str, as_written: &str, line: &str, worlds: &[Process]) -> bool {
        worlds.iter().all(|world| {
            let meant = alone(OWN, key, as_written, world);
            meant.is_some() && self.chains.iter().all(|chain| alone(chain, key, line, world) == meant)
        })
    }

    /// The line in which every reader gets the text of a value as it stands, `$` included; not what docker compose reads.
    pub(super) fn literally(&self, key: &str, written: &str) -> Option<String> {
        let names = self.chains.iter().filter_map(|chain| dialects_of(chain)).flatten();
        let line = portable::spell(key, written, &names.collect::<Vec<_>>(), &self.around.besides).ok()?;
        (self.unlike.is_none() || portable::is_plain_line(&line)).then_some(line)
    }

    /// Whether a replacement that another check offers makes anything worse for a reader.
    pub(super) fn harm(&mut self, fix: &Fix) -> Harm<'a> {
        self.proven(&fix.span.range(), &fix.replacement, None)
    }

    /// Whether after a replacement every reader sees what it saw before, or what is right: a text that is wrong may not
    /// become another one that is wrong. `key` must be right for all.
    fn proven(&mut self, range: &Range<usize>, replacement: &str, key: Option<&str>) -> Harm<'a> {
        let is_this = |edit: &Edit| edit.range == *range && edit.text == replacement && edit.key.as_deref() == key;
        if self.together.get(&range.start).is_some_and(is_this) {
            return Harm::None;
        }
        if let Some(unread) = self.unread(key) {
            return unread;
        }
        let this = (range.clone(), replacement);
        let keys = key.as_slice();
        let harm = self.judged(&edited(self.text, std::iter::once(this.clone())), keys);
        if !matches!(harm, Harm::To(_)) {
            return harm;
        }
        let is_apart = |other: &Range<usize>| other.end < range.start || range.end < other.start;
        let beside = |others: &[(Range<usize>, String)]| {
            let mut all: Vec<_> = others.iter().map(|(range, text)| (range.clone(), text.as_str())).collect();
            all.retain(|(other, _)| is_apart(other));
            (!all.is_empty()).then(|| {
                all.push(this.clone());
                all.sort_by_key(|(range, _)| range.start);
                edited(self.text, all.into_iter())
            })
        };
        for text in [beside(&self.made), beside(&self.planned)].into_iter().flatten() {
            if matches!(self.judged(&text, keys), Harm::None) {
                return Harm::None;
            }
        }
        harm
    }

    /// What is known before anything is read: that nothing more may be read, or that nobody knows what a reader makes of the
    /// file, which so cannot be shown to get a key right.
    fn unread(&self, key: Option<&str>) -> Option<Harm<'a>> {
        if self.left < self.cost {
            return Some(Harm::Unknown);
        }
        let mut unknown = self.chains.iter().zip(&self.seen).filter(|(_, seen)| seen.is_none());
        key.and_then(|_| unknown.next()).map(|(chain, _)| Harm::To(chain))
    }

    /// The same for what the file may hold instead, and for any number of keys.
    fn judged(&mut self, text: &str, keys: &[&str]) -> Harm<'a> {
        if self.left < self.cost {
            return Harm::Unknown;
        }
        self.left = self.left.saturating_sub(text.len());
        if text == self.text {
            return Harm::Unknown;
        }
        if let Some(reader) = self.unlike {
            let known: HashSet<&str> = self.text.split('\n').collect();
            if text.split('\n').any(|line| !known.contains(line) && !portable::is_plain_line(line)) {
                return Harm::To(reader);
            }
        }
        let mut work = 0;
        let harm = self.harm_of(text, keys, &mut work);
        self.left = self.left.saturating_sub(work);
        harm
    }

    fn harm_of(&self, text: &str, keys: &[&str], work: &mut usize) -> Harm<'a> {
        // What sparkcfg itself reads must stay, too.
        let (own, assignments) = own_view(text, self.around, work);
        if !self.stays(self.own.as_ref(), own.as_ref(), &[]) {
            return Harm::To(OWN);
        }
        for (chain, seen) in self.chains.iter().zip(&self.seen) {
            let now = view(chain, text, self.around, &assignments, work);
            if !self.stays(seen.as_ref(), now.as_ref(), keys) {
                return Harm::To(chain);
            }
        }
        let mut is_worse = |(name, seen): &&(&str, View)| {
            let now = view(name, text, self.around, &assignments, work).map(View::without_returns);
            !self.stays(Some(seen), now.as_ref(), &[])
        };
        if let Some((name, _)) = self.guarded.iter().find(|guarded| is_worse(guarded)) {
            return Harm::To(name);
        }
        let Some(seen) = &self.commands else { return Harm::None };
        let now = view(SHELL, text, self.around, &assignments, work);
        if now.is_some_and(|now| now.runs_no_more_than(seen)) { Harm::None } else { Harm::To(SHELL) }
    }

    fn stays(&self, seen: Option<&View>, now: Option<&View>, keys: &[&str]) -> bool {
        let keys: HashSet<&str> = keys.iter().copied().collect();
        let none = Values::new();
        let right = self.right.as_ref().unwrap_or(&none);
        let is_right = |name: &str, value: Option<&Option<String>>| {
            let sure = keys.contains(name) || !self.unsure.contains(name);
            sure && right.get(name).is_some_and(|right| value == Some(right))
        };
        let Some(now) = now else { return seen.is_none() && keys.is_empty() };
        if keys.iter().any(|key| !is_right(key, now.values.get(*key))) {
            return false;
        }
        // Of a reader that nothing is known of, nobody can say that it is no worse off.
        let Some(seen) = seen else { return false };
        // What nobody meant to set may go.
        let stays = |name: &str, before: Option<&Option<String>>, after: Option<&Option<String>>| {
            before == after || is_right(name, after) || after.is_none() && !right.contains_key(name)
        };
        let all_stay = |before: &Values, after: &Values| {
            let mut names = before.keys().chain(after.keys()).filter(|name| !keys.contains(name.as_str()));
            names.all(|name| stays(name, before.get(name), after.get(name)))
        };
        let holds = !self.strict || seen.refuses || !now.refuses && all_stay(seen.whole(), now.whole());
        holds && now.runs_no_more_than(seen) && now.stumbles <= seen.stumbles && all_stay(&seen.values, &now.values)
    }
}

const SHELL: &str = "shell";
