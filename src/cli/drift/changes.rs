//! `--against`: which differences a revision had already, and which of its own are gone.

mod uncounted;

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use globset::GlobSet;

use crate::checks::matrix::{Time, Times, Was, part, subject};
use crate::drift::{Cell, Column, Relation, Row, State};
use crate::finding::{Bucket, Change, Finding, Label, Severity, told_name};
use crate::schema::Schema;

/// An environment and the value that a finding has of it, unless that is a secret.
type Seen<'f> = (&'f str, Option<&'f str>);

/// An environment that a finding names at both times: its value now and then, unless that is a secret, and how they relate.
struct Followed<'f> {
    name: &'f str,
    now: Option<&'f str>,
    then: Option<&'f str>,
    relation: Relation,
}

/// Made when first asked for: most branches change nothing that is hidden.
pub(super) type Lazy<'p> = LazyCell<Times<'p>, Box<dyn FnOnce() -> Times<'p> + 'p>>;

/// What is needed to follow findings from a revision to now.
pub(super) struct Since<'s, 'p> {
    /// The environments of the revision, by the names that they have now.
    pub(super) then: HashSet<Arc<str>>,
    /// Environments of the revision that have another name now.
    pub(super) renamed: &'s HashMap<Arc<str>, Arc<str>>,
    /// The environments of now.
    pub(super) columns: &'s [Column],
    /// The rows of now.
    pub(super) rows: &'s [Row],
    /// What says which texts are the same value.
    pub(super) schema: Option<&'s Schema>,
    /// Findings of now that the baseline covers.
    pub(super) accepted: &'s [Finding],
    /// What is hidden at both times.
    pub(super) times: Lazy<'p>,
    /// How bad it is when something could not be opened.
    pub(super) unknown: Severity,
    /// What a difference of each key meant at the revision, where a policy said so.
    pub(super) policies: &'s HashMap<String, Was>,
    /// The names that keys had at the revision, by those of now.
    pub(super) names: &'s HashMap<String, String>,
    /// Whether a note fails the run.
    pub(super) fails_on_notes: bool,
    /// Which pattern says of a key that it may differ, where nothing says so of the key itself.
    pub(super) by_pattern: &'s dyn Fn(&str) -> Option<String>,
    /// Whether somebody had to decide on each difference.
    pub(super) was_strict: bool,
}

/// What a revision had.
pub(super) struct Then {
    /// The findings that counted.
    pub(super) counting: Vec<Finding>,
    /// Those that did not, because a comment, a severity or the baseline said so.
    pub(super) silent: Vec<Finding>,
}

/// What findings are about, at both times.
struct Known<'f> {
    /// What counted at the revision, by what it is about.
    then: HashMap<&'f str, Vec<&'f Finding>>,
    /// The environments that findings of now name, those that are accepted included.
    now: HashMap<String, HashSet<Arc<str>>>,
    /// The keys of what counted at the revision and is not found now: that is told of them already.
    gone: HashSet<&'f str>,
}

impl<'f> Known<'f> {
    fn candidates(&self, subject: &str) -> &[&'f Finding] {
        self.then.get(subject).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Then {
    /// All of them.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.counting.iter_mut().chain(&mut self.silent)
    }

    /// Keeps those about the keys that are wanted.
    pub(super) fn keep(&mut self, keys: Option<&GlobSet>) {
        let Some(keys) = keys else { return };
        for findings in [&mut self.counting, &mut self.silent] {
            findings.retain(|finding| keys.is_match(finding.key.as_deref().unwrap_or_default()));
        }
    }
}

impl Since<'_, '_> {
    /// Splits findings into those that count and those that do not, by what the revision had.
    ///
    /// A difference is the one that was there only with the same values; one that got smaller is no new one. An environment that came or went makes no old
    /// difference new, unless it brings a value of its own; one that only got another name is the same.
    ///
    /// `silenced` are findings of now that do not count for what the project says: whoever reviews a branch sees those that
    /// do so since the revision. `elapsed` are those that would count by the rules of the revision.
    pub(super) fn split(
        &self,
        findings: Vec<Finding>,
        before: Then,
        mut silenced: Vec<Finding>,
        elapsed: Vec<Finding>,
    ) -> (Vec<Finding>, Vec<Finding>) {
        let Then { counting: before, silent } = before;
        let renamed = |finding: Finding| {
            let finding = self.by_new_names(finding);
            (subject(&finding), finding)
        };
        let before: Vec<_> = before.into_iter().map(renamed).collect();
        let silent: Vec<_> = silent.into_iter().map(renamed).collect();
        let mut known = Known { then: HashMap::new(), now: HashMap::new(), gone: HashSet::new() };
        for (subject, finding) in &before {
            known.then.entry(subject).or_default().push(finding);
        }
        for finding in findings.iter().chain(self.accepted) {
            known.now.entry(subject(finding)).or_default().extend(finding.environments.iter().map(Arc::clone));
        }
        let gone = before.iter().filter(|(subject, then)| is_unexpected(then) && !known.now.contains_key(subject));
        known.gone.extend(gone.filter_map(|(_, then)| then.key.as_deref()));
        let (counting, mut settled) = self.of_now(findings, &known, &silent);
        silenced.retain(is_unexpected);
        let told = silenced.iter().map(subject).collect();
        silenced.extend(self.elapsed(elapsed, (&known, &told), &counting));
        let mut now = known.now;
        for finding in &mut silenced {
            let subject = subject(finding);
            let of_subject = |all: &'_ [(String, Finding)]| -> Vec<Relation> {
                let same = all.iter().filter(|(known, _)| *known == subject);
                same.map(|(_, then)| self.relation(finding, then)).collect()
            };
            let is_there = |all: &'_ [(String, Finding)]| of_subject(all).iter().any(|it| *it != Relation::Different);
            // What the revision silenced as well is none of this branch's doing: by the baseline with the same values, by
            // what the project says with any.
            let is_old = |(known, then): &(String, Finding)| *known == subject && silences(then, finding);
            if silent.iter().any(is_old) || is_there(&silent) {
                continue;
            }
            let is_new = !is_there(&before);
            let because = finding.difference.as_ref().and_then(|difference| difference.because.clone());
            let because = because.unwrap_or_default();
            now.entry(subject).or_default().extend(finding.environments.iter().map(Arc::clone));
            no_longer(finding, &if is_new { format!("new, and {because}") } else { because });
            settled.push(finding.clone());
        }
        let is_there = |subject: &String, finding: &Finding| {
            let environments = now.get(subject);
            environments.is_some_and(|known| finding.environments.iter().any(|name| known.contains(name)))
        };
        // That nobody classified a difference is no word on what it was before.
        let is_open = |finding: &Finding| finding.rule.code == "drift-unclassified";
        let is_one_of = |known: &Finding, finding: &Finding| {
            is_unexpected(known) && is_about_the_same(known, finding) && (!is_open(known) || is_open(finding))
        };
        let is_told = |finding: &Finding| {
            // That it cannot be opened now either says nothing of another policy.
            let mut others =
                counting.iter().chain(&settled).filter(|known| !(is_unknown(known) && is_unknown(finding)));
            others.any(|known| is_one_of(known, finding))
        };
        let undecided = |then: &Finding| {
            counting.iter().any(|it| is_conflict(it) && it.key == then.key) || self.is_hidden(then, Time::Now)
        };
        let gone = before.into_iter().filter_map(|(subject, then)| {
            let (is_there, lacks) = (is_there(&subject, &then), self.is_without(&then));
            let follows = if is_unknown(&then) && !lacks {
                !is_there || self.is_loosened(&then)
            } else {
                is_unexpected(&then) && (lacks || !is_there)
            };
            let is_new = || counting.iter().any(|known| is_one_of(known, &then));
            let because = || self.because(&then).filter(|_| if lacks { !is_new() } else { !is_told(&then) });
            let because = if follows { because() } else { return None };
            if is_there && because.is_none() {
                return None;
            }
            // Whether what was closed was as it should be, nobody knows.
            (because.is_some() || is_unexpected(&then)).then(|| (because, undecided(&then), then))
        });
        let gone: Vec<_> = gone.collect();
        for (because, is_undecided, mut finding) in gone {
            // Its row is one of the revision's.
            let row = self.rows.iter().position(|row| Some(&*row.key) == finding.key.as_deref());
            if let Some(difference) = &mut finding.difference {
                difference.row = row.filter(|_| because.is_some());
                // Of what nobody here can open, nobody can say that it is well now.
                difference.change = Some(Change::Resolved);
            }
            match because {
                Some(because) => {
                    let is_new = self.tell_values_of_now(&mut finding);
                    no_longer(&mut finding, &if is_new { format!("new, and {because}") } else { because });
                }
                None if is_undecided => {
                    finding.difference.iter_mut().for_each(|it| it.change = Some(Change::Unknown));
                }
                None => {}
            }
            finding.fix = None;
            settled.push(finding);
        }
        (counting, settled)
    }

    /// Says of findings of now what happened to them: those that count, and those that the revision has, too.
    fn of_now(
        &self,
        findings: Vec<Finding>,
        known: &Known<'_>,
        silent: &[(String, Finding)],
    ) -> (Vec<Finding>, Vec<Finding>) {
        let (mut counting, mut settled) = (Vec::new(), Vec::new());
        for mut finding in findings {
            let mut change = self.change(&finding, known.candidates(&subject(&finding)));
            if change == Change::Introduced && self.is_closed_by_now(&finding, known) {
                change = Change::Unknown;
            } else if change == Change::Introduced && self.was_accepted(&finding, silent) {
                change = Change::Unchanged;
            }
            if let Some(difference) = &mut finding.difference {
                difference.change = Some(change);
            }
            let is_note = self.unknown == Severity::Note && !is_conflict(&finding);
            match (change, &mut finding.difference) {
                (Change::Introduced, _) => self.point_at_what_is_new(&mut finding),
                (Change::Unchanged, _) => self.tell_old_name(&mut finding),
                // Of what may have been there all along nobody can say that this branch did it.
                (Change::Unknown, Some(difference)) if is_note => {
                    finding.severity = Severity::Note;
                    difference.bucket = if self.fails_on_notes { Bucket::Unexpected } else { Bucket::Unknown };
                }
                _ => {}
            }
            // Where policies disagree nothing can be judged, since when ever they do.
            let is_settled = change == Change::Unchanged && !is_conflict(&finding);
            if is_settled { settled.push(finding) } else { counting.push(finding) }
        }
        (counting, settled)
    }

    /// Says of an unchanged finding which name its key had.
    fn tell_old_name(&self, finding: &mut Finding) {
        let Some(old) = finding.key.as_ref().and_then(|key| self.names.get(key)) else { return };
        let was = format!(" (was {})", told_name(old));
        finding.message.push_str(&was);
        finding.difference.iter_mut().for_each(|difference| difference.short.push_str(&was));
    }

    /// The environments of a finding of the revision that are no more.
    fn gone<'f>(&self, then: &'f Finding) -> Vec<&'f str> {
        let is_now = |name: &&str| self.columns.iter().any(|column| column.name == **name);
        then.environments.iter().map(|name| &**name).filter(|name| !is_now(name)).collect()
    }

    /// Whether an environment that a finding of the revision is about is no more.
    fn is_without(&self, then: &Finding) -> bool {
        !self.gone(then).is_empty()
    }

    /// Points a finding at what the branch wrote, and not at what stood there before.
    fn point_at_what_is_new(&self, finding: &mut Finding) {
        let row = finding.difference.as_ref().and_then(|difference| self.rows.get(difference.row?));
        let (Some(row), Some(key), Some(label)) = (row, finding.key.as_deref(), finding.label.as_ref()) else { return };
        let place = |name: &str| row.cells.get(self.columns.iter().position(|it| it.name == name)?)?.as_ref()?.at;
        let is_old =
            |name: &str| self.then.contains(name) && self.times.relation(name, key, None) != Relation::Different;
        let told = finding.environments.iter().find(|name| place(name) == Some(label.span));
        let Some(told) = told.filter(|name| is_old(name)).map(Arc::clone) else { return };
        let new = finding.environments.iter().filter(|name| !is_old(name)).find_map(|name| place(name));
        if let Some(new) = new.filter(|new| *new != label.span) {
            let before = finding.label.replace(Label { span: new, message: String::new() });
            finding.related.retain(|related| related.span != new);
            finding.related.extend(before.map(|label| Label { message: format!("in {told}"), ..label }));
        }
    }

    /// A finding of the revision with the names that its environments have now.
    fn by_new_names(&self, mut finding: Finding) -> Finding {
        if !finding.environments.iter().any(|name| self.renamed.contains_key(name)) {
            return finding;
        }
        let subject = subject(&finding);
        for name in &mut finding.environments {
            if let Some(new) = self.renamed.get(name) {
                *name = Arc::clone(new);
            }
        }
        let environments = crate::source::printable(&finding.environments.join(","));
        finding.difference.iter_mut().for_each(|it| it.id = format!("{subject}{environments}"));
        finding
    }

    /// What happened to a finding of now, which the revision may have as one of `candidates`.
    fn change(&self, now: &Finding, candidates: &[&Finding]) -> Change {
        let relations: Vec<_> = candidates.iter().map(|then| self.relation(now, then)).collect();
        if relations.contains(&Relation::Same) {
            Change::Unchanged
        } else if relations.contains(&Relation::Unknown) || self.is_hidden(now, Time::Then) && !self.surely_parts(now) {
            Change::Unknown
        } else {
            Change::Introduced
        }
    }

    /// Whether a key that the revision had cannot be read any more, so that a new difference may be there and none may be.
    fn is_closed_by_now(&self, now: &Finding, known: &Known<'_>) -> bool {
        let had = |key: &str| !known.gone.contains(key) && self.times.had(key);
        is_unknown(now) && now.key.as_deref().is_some_and(had)
    }

    /// Whether a finding is an accepted one of the revision, and still is but for environments that came since.
    fn was_accepted(&self, now: &Finding, silent: &[(String, Finding)]) -> bool {
        let is_part = now.difference.as_ref().is_some_and(|difference| !difference.partly.is_empty());
        let is_accepted = |then: &Finding| then.difference.as_ref().is_some_and(|it| it.accepted.is_some());
        is_part && {
            let subject = subject(now);
            let mut same = silent.iter().filter(|(known, then)| *known == subject && is_accepted(then));
            same.any(|(_, then)| self.relation(now, then) == Relation::Same)
        }
    }

    /// Whether environments that must have one value surely have more of them than before, whatever is sealed: one has no value
    /// any more, or left another that it agreed with.
    fn surely_parts(&self, now: &Finding) -> bool {
        let Some(key) = now.key.as_deref().filter(|_| now.rule.code == "drift-must-match") else { return false };
        let row = now.difference.as_ref().and_then(|difference| self.rows.get(difference.row?));
        let cell = |name: &str| row?.cells.get(self.columns.iter().position(|column| column.name == name)?)?.as_ref();
        let named = now.environments.iter().filter(|name| self.then.contains(*name));
        let named: Vec<_> = named.filter_map(|name| Some((&**name, cell(name)?))).collect();
        named.iter().filter(|(name, _)| self.times.relation(name, key, None) == Relation::Different).any(
            |(name, cell)| {
                let leaves = |(other, theirs): &(&str, &Cell)| {
                    cell.relation(theirs) == Relation::Different
                        && self.times.agree([*name, *other], key, Time::Then) == Some(true)
                };
                cell.state == State::Absent || named.iter().any(leaves)
            },
        )
    }

    /// Whether nobody here can say at a time whether a finding holds there, because what it is about is sealed.
    fn is_hidden(&self, finding: &Finding, time: Time) -> bool {
        let Some(key) = finding.key.as_deref().filter(|_| !is_unknown(finding)) else { return false };
        // Where a key stands, be it sealed or not, shows in most sealed files.
        let value = is_about_value(finding) && finding.rule.code != "drift-exposed-secret";
        let named = finding.environments.iter().filter(|name| self.then.contains(*name));
        named.into_iter().any(|name| self.times.hides(name, key, time, value))
    }

    /// Whether a finding of now says what one of the revision said: the same about environments that it named, not
    /// necessarily about all of them, and nothing more about others.
    fn relation(&self, now: &Finding, then: &Finding) -> Relation {
        let is_now = |name: &str| self.columns.iter().any(|column| column.name == name);
        let one: Vec<_> = seen(now).filter(|(name, _)| self.then.contains(*name)).collect();
        let other: Vec<_> = seen(then).filter(|(name, _)| is_now(name)).collect();
        if one.is_empty() {
            return Relation::Different;
        }
        let mut whole = Relation::Same;
        let mut followed = Vec::with_capacity(one.len());
        for (name, value) in &one {
            let Some((_, before)) = other.iter().find(|(known, _)| known == name) else { return Relation::Different };
            let relation = self.values(now, name, *value, *before);
            if relation == Relation::Unknown {
                whole = Relation::Unknown;
            }
            followed.push(Followed { name, now: *value, then: *before, relation });
        }
        let is_changed = |followed: &Followed<'_>| followed.relation == Relation::Different;
        if followed.iter().any(is_changed) && !self.converges(now, &followed) {
            return Relation::Different;
        }
        // Where values must be one, or nobody said so, another that has one of them says nothing new.
        let may_grow = matches!(now.rule.code, "drift-must-match" | "drift-shape" | "drift-unclassified");
        let mut added = seen(now).filter(|(name, _)| !self.then.contains(*name));
        let is_old = |(name, value)| may_grow && one.iter().any(|known| self.is_alike(now, (name, value), *known));
        if added.all(is_old) { whole } else { Relation::Different }
    }

    /// Whether values that must be one are fewer than before, and nothing else is new: what changed took over a value that
    /// another environment kept, and differs from none with which it agreed.
    fn converges(&self, finding: &Finding, all: &[Followed<'_>]) -> bool {
        let agree = |one: &Followed<'_>, other: &Followed<'_>, time: Time| {
            let [first, second] = [one, other].map(|it| if time == Time::Now { it.now } else { it.then });
            match (first, second, &finding.key) {
                (Some(_), Some(_), _) => Some(self.is_one_value(finding, first, second)),
                (None, None, Some(key)) => self.times.agree([one.name, other.name], key, time),
                _ => Some(false),
            }
        };
        let is_tame = |changed: &Followed<'_>| {
            let takes_over =
                |it: &Followed<'_>| it.relation == Relation::Same && agree(it, changed, Time::Now) == Some(true);
            let parts = |it: &Followed<'_>| {
                agree(it, changed, Time::Then) != Some(false) && agree(it, changed, Time::Now) != Some(true)
            };
            all.iter().any(takes_over) && !all.iter().any(parts)
        };
        let mut changed = all.iter().filter(|followed| followed.relation == Relation::Different);
        finding.rule.code == "drift-must-match" && changed.all(is_tame)
    }

    /// How the value that a finding has of an environment then relates to that of now.
    fn values(&self, now: &Finding, name: &str, value: Option<&str>, before: Option<&str>) -> Relation {
        match (value, before, &now.key) {
            // That a key is there says nothing else when its value changes.
            (None, None, Some(_)) if !is_about_value(now) && !is_unknown(now) => Relation::Same,
            (None, None, Some(key)) => self.times.relation(name, key, part(now)),
            (None, None, None) => self.times.of_closed(name),
            _ if self.is_one_value(now, value, before) => Relation::Same,
            _ => Relation::Different,
        }
    }

    fn is_alike(&self, finding: &Finding, one: Seen<'_>, other: Seen<'_>) -> bool {
        if one.1.is_some() {
            return self.is_one_value(finding, one.1, other.1);
        }
        let row = finding.difference.as_ref().and_then(|difference| self.rows.get(difference.row?));
        let cell = |name: &str| row?.cells.get(self.columns.iter().position(|column| column.name == name)?)?.as_ref();
        cell(one.0).zip(cell(other.0)).is_some_and(|(one, other)| one.relation(other) == Relation::Same)
    }

    fn is_one_value(&self, finding: &Finding, one: Option<&str>, other: Option<&str>) -> bool {
        if one == other {
            return true;
        }
        let whole = finding.difference.as_ref().is_some_and(|difference| difference.parts.is_none());
        let (Some(one), Some(other), true) = (one, other, whole) else { return false };
        let property = self.schema.zip(finding.key.as_deref()).map(|(schema, key)| schema.property(key));
        property.is_some_and(|property| property.sameness().same(one, other))
    }
}

/// Says of a finding that it counts no longer, and why.
pub(super) fn no_longer(finding: &mut Finding, because: &str) {
    finding.fix = None;
    if let Some(difference) = &mut finding.difference {
        difference.bucket = Bucket::Unexpected;
        difference.change = Some(Change::NoLongerCounted);
        difference.because = Some(crate::source::printable(because));
    }
}

/// Whether what silenced a finding of the revision, and was no entry of the baseline, silences one of now as well.
fn silences(then: &Finding, now: &Finding) -> bool {
    let is_said = then.difference.as_ref().is_some_and(|difference| difference.because.is_some());
    is_said && now.environments.iter().all(|name| then.environments.contains(name))
}

pub(super) fn is_unexpected(finding: &Finding) -> bool {
    finding.difference.as_ref().is_some_and(|difference| difference.bucket == Bucket::Unexpected)
}

fn is_conflict(finding: &Finding) -> bool {
    finding.rule.code == "policy-conflict"
}

/// Whether two findings are about one key in an environment that both name.
fn is_about_the_same(one: &Finding, other: &Finding) -> bool {
    one.key == other.key && one.environments.iter().any(|name| other.environments.contains(name))
}

/// The environments of a finding with what each has, unless that is a secret.
fn seen(finding: &Finding) -> impl Iterator<Item = Seen<'_>> {
    let difference = finding.difference.as_ref();
    let values = difference.and_then(|difference| difference.parts.as_ref().or(difference.saw.as_ref()));
    let value = move |at: usize| values.and_then(|values| values.get(at)).map(String::as_str);
    finding.environments.iter().enumerate().map(move |(at, name)| (&**name, value(at)))
}

/// Whether a finding is about what a value is, and not about where the key stands.
fn is_about_value(finding: &Finding) -> bool {
    let codes = ["drift-must-match", "drift-must-differ", "drift-shape", "drift-exposed-secret"];
    codes.contains(&finding.rule.code)
}

fn is_unknown(finding: &Finding) -> bool {
    finding.rule.code == "drift-unknown"
}
