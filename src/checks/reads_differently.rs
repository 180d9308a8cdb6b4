//! A value that two readers of the same file read differently.
//!
//! One env file is read by many programs: docker compose, python-dotenv, make, node, a hand-written splitter. `[consumers]`
//! in `sparkcfg.toml` says which of them read which file; without it sparkcfg takes docker compose and those that the
//! project visibly uses. Each reads the file here as the real program does, and the values are compared. Where docker compose
//! is not among them, sparkcfg itself is: it checks values as docker compose reads them, and so a value that passes every
//! check here may be another one where it is used.
//!
//! Why it hurts: a password with `#` or `$` is whole in one service and cut off in the next.
//!
//! Example: `DB_PASSWORD=pa#ss` is `pa#ss` for docker compose and `pa` for node.
//!
//! In a sealed file SOPS takes every sign behind the `=` for the value, where sparkcfg reads quotes, `$` and comments as docker
//! compose does. A value that SOPS wrote and the two read differently is told; one that `sparkcfg secrets set` spelled is not.
//! Those that refer to others (`${PORT}`) are one note, as a reference is most likely meant for sparkcfg.
//!
//! Remedy: spell the value so that all of them read the same. Letters, digits and `! % * + , - . / : = ? @ [ ] ^ _ { } ~`
//! are safe without quotes. Where one spelling suits all of them, the finding shows it and `sparkcfg validate --fix` writes
//! it. `sparkcfg read FILE` shows what each reader gets.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::advice::{mended, shown, unportable};
use super::difference::{Difference, Hidden, Seen};
use super::line_ends;
use super::one_mistake::LITERAL;
use super::reader::{self, EXPORTING, OWN, Surroundings};
use super::respelling::{Harm, Obstacle, Respelling, Views};
use super::second_reading;
use super::stumbling::{Kind, ReadOn};
use super::traps;
use super::{ALL, File, is_name};
use crate::dialects::{Reading, Variable};
use crate::finding::{Finding, Fix, Rule, Severity, told_name};
use crate::ignores;
use crate::layer::Entry;
use crate::portable::{self, SealedReading};
use crate::project::Project;
use crate::project::veil::Veil;

pub(super) static RULE: Rule = Rule {
    code: "reads-differently",
    severity: Severity::Warning,
    summary: "a value that two readers of the file read differently",
    page: include_str!("reads_differently.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    if file.layer.sealed {
        sealed(file, findings);
        return;
    }
    let chains = reader::with_own(file.readers());
    let around = Surroundings::of_file(file);
    let before = findings.len();
    if chains.len() > 1 {
        compared(file, &chains, &around, findings);
    }
    second_reading::check(file, &RULE, &around, before, findings);
}

/// What readers that are not one see differently.
fn compared(file: &File<'_>, chains: &[&str], around: &Surroundings, findings: &mut Vec<Finding>) {
    let text = &file.layer.text;
    let read = |chain: &&'_ str| reader::read(chain, text.as_bytes(), around);
    let mut readings: Vec<(&str, Reading)> = chains.iter().filter_map(|chain| Some((*chain, read(chain)?))).collect();
    let mut views = views(file, text, chains, around);
    let line_ends = line_ends::settle(file, &RULE, &mut readings, around, &mut views);
    let on = read_on(file, &readings, around, &views);
    let has_own_ends = line_ends.is_none();
    findings.extend(line_ends);
    let veil = LazyCell::new(|| {
        let on = on.iter().flatten().map(|on| &on.reading);
        let readings: Vec<_> = readings.iter().map(|(_, reading)| reading).chain(on).collect();
        Veil::over(file.project, file.index, text.as_bytes(), &readings, &around.below)
    });
    // Without the carriage returns that are told already, nobody knows what is read behind a line at which a reader stumbles.
    let seen = readings.iter().zip(on.iter().map(|on| on.as_ref().filter(|_| has_own_ends)));
    let seen: Vec<_> = seen.filter_map(|((reader, reading), on)| Seen::of(file, reader, reading, on)).collect();
    let mut entries: HashMap<&str, Vec<&Entry>> = HashMap::new();
    for entry in &file.layer.entries {
        entries.entry(file.layer.key(entry)).or_default().push(entry);
    }
    let silenced = silenced(file);
    let open = entries.iter().filter(|(key, _)| !silenced.contains(*key)).map(|(key, lines)| (*key, lines.clone()));
    views.plan(&open.collect(), |entry| {
        file.layer.content(entry).filter(|_| !file.project.hides_entry(file.layer, entry))
    });
    let mut told: HashSet<&str> = HashSet::new();
    let over_damage = over_damage(file, &readings);
    let read_on = on.iter().flatten().map(|on| &on.reading);
    for variable in readings.iter().map(|(_, reading)| reading).chain(read_on).flat_map(|reading| &reading.vars) {
        // A byte order mark that a reader takes for a part of the name is told at the name without it.
        if !told.insert(&variable.key) || variable.key.starts_with('\u{feff}') {
            continue;
        }
        let comment = variable.key.starts_with('#');
        if over_damage.contains(variable.key.as_str())
            || is_damaged(file, &(offset(variable.key_span.start)..offset(variable.key_span.end)))
            || !comment && !is_name(&variable.key)
        {
            continue;
        }
        let entries = entries.get(variable.key.as_str()).map(Vec::as_slice).unwrap_or_default();
        let Some(difference) = Difference::of(file, &seen, variable, entries, &veil) else { continue };
        let by_others = |is_told: &dyn Fn(&str) -> bool| {
            let [entry] = entries else { return false };
            let written = file.layer.content(entry).filter(|_| views.refers(&variable.key, entry));
            written.is_some_and(|written| views.differs_by_others(&variable.key, entry, written, is_told))
        };
        // What it refers to is told, unless a comment silences it.
        if by_others(&|key| !silenced.contains(key)) {
            continue;
        }
        let by_silenced = by_others(&|key| silenced.contains(key));
        // What a reader finds within a value it cuts off that, which is told there.
        if (difference.hidden == Hidden::Whole || entries.is_empty()) && is_within_value(file, variable) {
            continue;
        }
        let finding = difference.finding(&RULE, file, variable, entries);
        let finding = if by_silenced {
            finding.help(
                "it differs by what it refers to, of which a comment says not to tell: mend that, or say it here, too",
            )
        } else if difference.hidden == Hidden::Whole {
            finding
        } else {
            mended(file, finding, &mut views, variable, entries, difference.hidden == Hidden::Value)
        };
        findings.push(finding);
    }
    refusals(file, &readings, &on, &veil, &mut views, findings);
}

/// What those who read a file see of a key of it as the file stands, in words, where they do not agree; of a secret only that
/// they do not. `index` is that of the layer.
#[must_use]
pub fn seen_by_each(project: &Project, index: usize, key: &str) -> Option<String> {
    let layer = project.layers.get(index).filter(|layer| !layer.sealed)?;
    let file = File::of(project, index, layer);
    let around = Surroundings::of_file(&file);
    let chains = file.readers().iter().map(String::as_str);
    let read = |chain| Some((chain, reader::read(chain, layer.text.as_bytes(), &around)?));
    let readings: Vec<(&str, Reading)> = chains.filter_map(read).collect();
    let all: Vec<_> = readings.iter().map(|(_, reading)| reading).collect();
    let veil = Veil::over(project, index, layer.text.as_bytes(), &all, &around.below);
    let seen: Vec<_> = readings.iter().filter_map(|(chain, reading)| Seen::of(&file, chain, reading, None)).collect();
    let variable = all.iter().flat_map(|reading| &reading.vars).find(|variable| variable.key == key);
    let entries: Vec<_> = layer.entries.iter().filter(|entry| layer.key(entry) == key).collect();
    let difference =
        variable.and_then(|variable| Difference::among(&file, &seen, variable, &entries, &veil, |_| false));
    let views = difference.map(|difference| difference.views(false));
    let refusing: Vec<_> =
        readings.iter().filter(|(_, reading)| reading.error.is_some()).map(|(chain, _)| *chain).collect();
    let refuse = if refusing.len() == 1 { "refuses" } else { "refuse" };
    let refusals = format!("nothing for {}, which {refuse} the file", super::listed(&refusing, "and"));
    match (views, refusing.is_empty()) {
        (views, true) => views,
        (Some(views), false) => Some(format!("{views}, {refusals}")),
        (None, false) => Some(refusals),
    }
}

/// What each reader makes of the file without the lines at which it stumbles; `None` where that cannot be told.
fn read_on(
    file: &File<'_>,
    readings: &[(&str, Reading)],
    around: &Surroundings,
    views: &Views<'_>,
) -> Vec<Option<ReadOn>> {
    let on = |(chain, reading): &(&str, Reading)| {
        let on = ReadOn::from(reading.clone(), chain, &file.layer.text, around, views.assignments())?;
        on.is_sure().then_some(on)
    };
    readings.iter().map(on).collect()
}

/// SOPS takes all that stands behind the `=`. What sparkcfg spelled itself is meant for its own reading; of all else nobody
/// knows which of the two was meant. References are most likely meant for sparkcfg: one note tells of all of them.
fn sealed(file: &File<'_>, findings: &mut Vec<Finding>) {
    let Some(sealed) = file.project.sealed.get(&file.index) else { return };
    let mut referring: Vec<&Entry> = Vec::new();
    for (index, value) in &sealed.verbatim {
        let Some(entry) = file.layer.entries.get(*index) else { continue };
        match portable::read_otherwise(value) {
            Some(SealedReading::Referring) => referring.push(entry),
            Some(SealedReading::Foreign) => {
                let name = told_name(file.layer.key(entry));
                let message = format!(
                    "{name} is read differently: one value for sops, another for sparkcfg, as docker compose reads it"
                );
                let help = "set the value that is meant anew: `sparkcfg secrets set` spells it for sparkcfg, and where it needs no quotes both read the same";
                findings.push(read_by_sops(file, entry, message).key(name).help(help));
            }
            Some(SealedReading::Own(_)) | None => {}
        }
    }
    let Some(first) = referring.first() else { return };
    let names: Vec<_> = referring.iter().map(|entry| told_name(file.layer.key(entry))).collect();
    let (are, them) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
    let message = format!(
        "{} {are} read differently: sops hands {them} over as {} in the file, sparkcfg puts in what is referred to, as docker compose does",
        super::listed(&names, "and"),
        if names.len() == 1 { "it stands" } else { "they stand" }
    );
    let help = format!("{LITERAL}, set the value anew: `sparkcfg secrets set` spells it for sparkcfg");
    let finding = read_by_sops(file, first, message).severity(Severity::Note).help(help);
    findings.push(if let [name] = names.as_slice() { finding.key(name) } else { finding });
}

fn read_by_sops(file: &File<'_>, entry: &Entry, message: String) -> Finding {
    Finding::new(&RULE, message).at(file.layer.span(&entry.key), "what this becomes depends on the reader")
}

/// Readers that take nothing from the file, or from a line on, by what they stumble over.
fn refusals(
    file: &File<'_>,
    readings: &[(&str, Reading)],
    on: &[Option<ReadOn>],
    veil: &Veil,
    views: &mut Views<'_>,
    findings: &mut Vec<Finding>,
) {
    // What only comes to light once a line above takes no more lines in does not stop the reader yet.
    let mut told: Vec<((Kind, bool), Vec<&str>)> = Vec::new();
    let mut left: Vec<&str> = Vec::new();
    for ((reader, reading), on) in readings.iter().zip(on) {
        let errors = match on {
            Some(on) => on.errors().collect(),
            None => Vec::from_iter(Kind::of(reading).map(|kind| (kind, false))),
        };
        left.extend(on.is_none().then_some(*reader));
        // What stops sparkcfg itself is `syntax`, told for every line.
        for error in errors.into_iter().filter(|_| *reader != OWN) {
            match told.iter_mut().find(|(known, _)| *known == error) {
                Some((_, readers)) => readers.push(reader),
                None => told.push((error, vec![reader])),
            }
        }
    }
    let start = |kind: &Kind| kind.error().and_then(|error| error.at.as_ref()).map(|at| at.start);
    told.sort_by_key(|((kind, _), _)| start(kind));
    for ((kind, swallowed), readers) in told {
        let Some(error) = kind.error() else { continue };
        let at = error.at.clone().unwrap_or_default();
        let length = file.layer.text.get(at.clone()).and_then(|text| text.find('\n')).unwrap_or(at.len());
        let at = at.start..at.start + length;
        let place = offset(at.start)..offset(at.end);
        if is_damaged(file, &place) {
            continue;
        }
        let is_left = readers.iter().all(|reader| left.contains(reader));
        let marked = readers.iter().all(|reader| stops_at_mark(reader, &file.layer.text, at.start));
        let message = if marked { "a byte order mark stands in front of the first key" } else { error.message };
        let finding = Finding::new(&RULE, format!("{}: {message}", stops(&kind, swallowed, &readers)))
            .at(file.layer.span(&place), if is_left { "here; what stands below is not compared" } else { "here" })
            .help(format!("sparkcfg read {} shows what each reader gets", file.path()));
        if marked {
            let title = "take the byte order mark away";
            let mark = Fix::new(file.place(&(0..'\u{feff}'.len_utf8())), "", title);
            let harmless = matches!(views.harm(&mark), Harm::None);
            let finding = finding.help(title);
            findings.push(if harmless { finding.fix(mark.span, "", title) } else { finding });
            continue;
        }
        let export =
            traps::export(&file.layer.text, at.start).filter(|_| readers.iter().any(|reader| refuses_export(reader)));
        findings.push(match export {
            Some(export) => {
                let export = file.place(&export);
                let title = "take `export` away";
                let fix = Fix::new(export, "", title);
                let exports = |reader: &&str| file.read_by(reader);
                let harmless = !EXPORTING.iter().any(exports) && matches!(views.harm(&fix), Harm::None);
                let finding = finding.help(title);
                if harmless { finding.fix(export, "", title) } else { finding }
            }
            None => spelled_otherwise(file, finding, at.start, veil, views),
        });
    }
}

/// Whether it is `export` that a reader refuses a line for.
fn refuses_export(chain: &str) -> bool {
    let reading = reader::read(chain, b"export K=v\n", &Surroundings::default());
    reading.is_some_and(|reading| Kind::of(&reading).is_some())
}

/// `dotenvy refuses this file`
fn stops(kind: &Kind, swallowed: bool, readers: &[&str]) -> String {
    let one = readers.len() == 1;
    let says = match kind {
        _ if swallowed => "cannot read this line",
        Kind::GivesUp(_) if one => "takes nothing from this line on",
        Kind::GivesUp(_) => "take nothing from this line on",
        _ if one => "refuses this file",
        _ => "refuse this file",
    };
    format!("{} {says}", super::listed(readers, "and"))
}

/// Adds the spelling with which the line that a reader stumbles over suits all of them.
fn spelled_otherwise(file: &File<'_>, finding: Finding, at: usize, veil: &Veil, views: &mut Views<'_>) -> Finding {
    let line = |at: u32| file.project.sources.position(file.layer.source, at).line;
    let here = line(offset(at));
    let entries = &file.layer.entries;
    let is_here = |entry: &&Entry| (line(entry.key.start)..=line(entry.value.end)).contains(&here);
    let Some(entry) = entries.iter().find(is_here) else { return finding };
    let key = file.layer.key(entry);
    let alone = entries.iter().filter(|other| file.layer.key(other) == key).count() == 1;
    if !alone || views.refers(key, entry) || !is_name(key) || file.looks_like_comment(entry) {
        return finding;
    }
    match views.respelled(key, &[entry]) {
        Ok(Respelling { range, text, line }) => {
            let written = entry.key.start as usize..entry.value.end as usize;
            let hidden = file.project.hides_entry(file.layer, entry) || veil.touches(&written);
            let help = if hidden { "quote the value".to_owned() } else { format!("write {}", shown(&line)) };
            let span = file.place(&range);
            views.makes(&range, &text);
            finding.help(help).fix(span, text, "spell it so that all readers agree")
        }
        Err(Obstacle::Unportable(error)) => finding.help(unportable(views, key, error)),
        Err(_) => finding,
    }
}

/// Whether it is for the byte order mark at the start of a text that a reader stops there.
fn stops_at_mark(chain: &str, text: &str, at: usize) -> bool {
    let Some(rest) = text.strip_prefix('\u{feff}').filter(|rest| at <= text.len() - rest.len()) else { return false };
    let first = rest.lines().next().unwrap_or_default();
    let reading = reader::read(chain, first.as_bytes(), &Surroundings::default());
    reading.is_some_and(|reading| Kind::of(&reading).is_none())
}

/// Whether a key stands in what is a value of the file.
fn is_within_value(file: &File<'_>, variable: &Variable) -> bool {
    let entries = &file.layer.entries;
    let next = entries.partition_point(|entry| entry.key.start <= offset(variable.key_span.start));
    let entry = next.checked_sub(1).and_then(|last| entries.get(last));
    entry.is_some_and(|entry| entry.value.contains(&offset(variable.key_span.start)))
}

/// The keys of whose lines a comment says that they are not to be told here.
fn silenced<'l>(file: &File<'l>) -> HashSet<&'l str> {
    let layer = file.layer;
    let lines: Vec<_> =
        ignores::of(layer).into_iter().filter(|ignore| ignore.code == RULE.code).map(|ignore| ignore.line).collect();
    let is_silenced = |entry: &&Entry| lines.iter().any(|line| (line.start..=line.end).contains(&entry.key.start));
    layer.entries.iter().filter(is_silenced).map(|entry| layer.key(entry)).collect()
}

/// The keys whose value runs over a damaged line for a reader: `syntax` tells that, too.
fn over_damage<'r>(file: &File<'_>, readings: &'r [(&str, Reading)]) -> HashSet<&'r str> {
    let faults = &file.layer.faults;
    let runs = |variable: &&Variable| {
        let next = faults.partition_point(|fault| fault.at.start < offset(variable.key_span.end));
        faults.get(next).is_some_and(|fault| fault.at.start < offset(variable.value_span.end))
    };
    let variables = readings.iter().flat_map(|(_, reading)| &reading.vars);
    variables.filter(runs).map(|variable| variable.key.as_str()).collect()
}

/// Whether a line is damaged there: `syntax` tells it.
fn is_damaged(file: &File<'_>, at: &Range<u32>) -> bool {
    let line = |offset: u32| file.project.sources.position(file.layer.source, offset).line;
    file.layer.faults.iter().any(|fault| line(fault.at.start) == line(at.start))
}

/// What every reader gets; where it is only guessed who they are, a shell may be among them.
fn views<'a>(file: &File<'a>, text: &'a str, chains: &'a [&'a str], around: &'a Surroundings) -> Views<'a> {
    let views = Views::of(text, chains, around).beside(file.older_reader());
    if file.project.config.consumers.is_empty() { views.guarded() } else { views }
}

/// Notes about how a line is written. Where readers differ because of it, that is told and mended instead.
const NOTES: &[&str] = &["trailing-blank", "loose-assignment", "unquoted-blank"];

/// Takes out notes about what is told already, and takes back what another check offers where a reader of the file would be
/// worse off; a note whose line is told anyway goes with it.
pub(super) fn keep_harmless(file: &File<'_>, findings: &mut Vec<Finding>) {
    let start = |finding: &Finding| finding.label.as_ref().map(|label| label.span.start);
    let mended = |finding: &&Finding| finding.rule.code == RULE.code && finding.fix.is_some();
    let told: HashSet<_> = findings.iter().filter(mended).map(start).collect();
    findings.retain(|finding| !NOTES.contains(&finding.rule.code) || !told.contains(&start(finding)));
    let chains = reader::with_own(file.readers());
    if file.layer.sealed || chains.is_empty() || findings.iter().all(|finding| finding.fix.is_none()) {
        return;
    }
    let around = Surroundings::of_file(file);
    let mut views = views(file, &file.layer.text, &chains, &around).guarding_commands();
    let told: HashSet<_> = findings.iter().filter(|finding| finding.rule.code == RULE.code).map(start).collect();
    views.prove_harmless(
        findings.iter().filter(|finding| finding.rule.code != RULE.code).filter_map(|one| one.fix.as_ref()),
    );
    findings.retain_mut(|finding| {
        let Some(fix) = finding.fix.as_ref().filter(|_| finding.rule.code != RULE.code) else { return true };
        let title = &fix.title;
        finding.help = match views.harm(fix) {
            Harm::None => return true,
            Harm::To(_) if NOTES.contains(&finding.rule.code) && told.contains(&start(finding)) => return false,
            Harm::To(OWN) => Some(format!("mend the line first; to {title} now would make it another")),
            // What an older version makes of a line is not known, so nothing is said of it.
            Harm::To(reader)
                if file.older_reader() == Some(reader) && !file.readers().iter().any(|one| one == reader) =>
            {
                let help = finding.help.take().unwrap_or_else(|| title.clone());
                Some(format!("{help}; by hand, because this version of {reader} is not compared"))
            }
            Harm::To(reader) => {
                Some(format!("{title} only where {reader} does not read it: it would read it otherwise"))
            }
            Harm::Unknown => finding.help.take(),
        };
        finding.fix = None;
        true
    });
}

/// The same for all that is left at the end, together: what is harmless beside another may not be so alone, or beside a third.
pub(super) fn keep_harmless_together(project: &Project, findings: &mut [Finding]) {
    let is_of_files =
        |finding: &Finding| ALL.iter().any(|check| check.rule.code == finding.rule.code && check.layer.is_some());
    let mut by_source: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safe && is_of_files(finding)) {
            by_source.entry(fix.span.source).or_default().push(index);
        }
    }
    for (index, layer) in project.layers.iter().enumerate().filter(|(_, layer)| !layer.sealed) {
        let Some(at) = by_source.get(&layer.source) else { continue };
        let file = File::of(project, index, layer);
        let chains = reader::with_own(file.readers());
        let around = Surroundings::of_file(&file);
        let fixes: Vec<_> = at.iter().filter_map(|at| findings[*at].fix.as_ref()).collect();
        let views = Views::of(&layer.text, &chains, &around).beside(file.older_reader());
        let harmless = views.strict().harmless_together(&fixes);
        for (at, _) in at.iter().zip(harmless).filter(|(_, harmless)| !harmless) {
            findings[*at].fix = None;
        }
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
