//! What one chain of readers makes of a file, kept to be compared with what it makes of the file once it is mended.

use std::collections::{HashMap, HashSet};

use super::assignments::Assignments;
use super::reader::{OWN, Surroundings, told};
use super::stumbling::ReadOn;
use crate::dialects::Variable;

/// What one reader sees: `None` for a key without a value.
pub(super) type Values = HashMap<String, Option<String>>;

/// What one chain makes of a file without the lines at which it stumbles: what it sets, what it runs, and how many those lines
/// are.
pub(super) struct View {
    pub(super) values: Values,
    executes: Vec<Run>,
    pub(super) stumbles: usize,
    /// What it sets with those lines, if there are any.
    whole: Option<Values>,
    /// Whether it refuses the file with them.
    pub(super) refuses: bool,
}

/// What sparkcfg itself sets, or would set without the lines for which it refuses the file, and where. The bytes that are read
/// are added to `work`.
pub(super) fn own_view(text: &str, around: &Surroundings, work: &mut usize) -> (Option<View>, Assignments) {
    let assignments = Assignments::of(text);
    let Some(on) = ReadOn::of(OWN, text, around, &assignments, work) else { return (None, assignments) };
    let damaged = on.stumbles.iter().map(|stumble| stumble.line.clone()).collect();
    let own = View::of(on, text);
    let given = |(key, value): (&String, &Option<String>)| Some((key.clone(), value.clone()?));
    let values = if text.contains('$') { own.values.iter().filter_map(given).collect() } else { HashMap::new() };
    (Some(own), assignments.with(damaged, values))
}

/// What one chain sets, or would set without the lines at which it stumbles; `None` where that is not known. The bytes that are
/// read are added to `work`.
pub(super) fn view(
    chain: &str,
    text: &str,
    around: &Surroundings,
    assignments: &Assignments,
    work: &mut usize,
) -> Option<View> {
    ReadOn::of(chain, text, around, assignments, work).map(|on| View::of(on, text))
}

/// What a reader runs, as it is written: how long it is, and its beginning.
type Run = (usize, String);

impl View {
    fn of(on: ReadOn, text: &str) -> Self {
        /// What is longer and begins alike is taken for the same.
        const MOST: usize = 64;
        // A byte order mark or a carriage return is nothing that anybody wants to run.
        let run = |place: &std::ops::Range<usize>| {
            let written = text.get(place.clone()).unwrap_or_default();
            let signs = written.chars().filter(|sign| !matches!(sign, '\u{feff}' | '\r'));
            (written.trim_start_matches('\u{feff}').trim_end_matches('\r').len(), signs.take(MOST).collect())
        };
        let mut executes: Vec<Run> = on.reading.executes.iter().map(run).collect();
        executes.sort_unstable();
        let values = |vars: Vec<Variable>| -> Values {
            vars.into_iter().map(|variable| (variable.key, variable.value)).collect()
        };
        Self {
            executes,
            stumbles: on.stumbles.len(),
            refuses: on.whole.as_ref().is_some_and(|whole| whole.error.is_some()),
            values: values(on.reading.vars),
            whole: on.whole.map(|whole| values(whole.vars)),
        }
    }

    /// The same without carriage returns behind values, which nobody means.
    pub(super) fn without_returns(mut self) -> Self {
        for value in self.values.values_mut().chain(self.whole.iter_mut().flat_map(HashMap::values_mut)).flatten() {
            value.truncate(value.trim_end_matches('\r').len());
        }
        self
    }

    /// Whether it runs something.
    pub(super) fn runs(&self) -> bool {
        !self.executes.is_empty()
    }

    /// Whether it runs nothing that it does not run for another text.
    pub(super) fn runs_no_more_than(&self, other: &Self) -> bool {
        let mut known = other.executes.iter();
        self.executes.iter().all(|run| known.any(|known| known == run))
    }

    /// What it sets as the file stands.
    pub(super) fn whole(&self) -> &Values {
        self.whole.as_ref().unwrap_or(&self.values)
    }
}

/// Where sparkcfg is no reader of the file, what all who are agree on is right, if it is the same text in another spelling.
/// Gives the keys for which it is not, and those that `by_colon` tells of and nobody sets: of those nobody knows what was
/// meant, which may be no assignment at all.
pub(super) fn agree(
    right: &mut Values,
    chains: &[&str],
    seen: &[Option<View>],
    by_colon: &HashSet<&str>,
) -> HashSet<String> {
    let views = chains.iter().zip(seen).filter(|(chain, _)| **chain != OWN);
    let views = views.map(|(_, view)| view.as_ref()).collect::<Option<Vec<_>>>();
    let views = views.filter(|views| views.len() < chains.len()).unwrap_or_default();
    let mut unsure = HashSet::new();
    for (key, own) in right {
        // What it only sees without a line that takes this one in it does not see yet.
        let sees = |view: &'_ View| -> Option<String> {
            let value = view.values.get(key)?.as_ref();
            value.filter(|value| view.refuses || view.whole().get(key).and_then(Option::as_ref) == Some(value)).cloned()
        };
        let seen: Vec<_> = views.iter().map(|view| sees(view)).collect();
        let Some(agreed) = seen.iter().flatten().next() else {
            // Who stumbles at the line has to have it mended.
            let passes = !views.is_empty() && views.iter().all(|view| view.stumbles == 0);
            unsure.extend((passes && by_colon.contains(key.as_str())).then(|| key.clone()));
            continue;
        };
        let Some(text) = own.as_ref() else { continue };
        // Blanks at the end, and carriage returns, nobody means. Those in front a person has to take away: who keeps them
        // starts with them today.
        if seen.iter().flatten().any(|value| value != agreed) || agreed.trim_end() == text {
            continue;
        }
        // They take quotes off; what they take or leave besides may be meant, or be a mistake.
        let bare = ['`', '"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
        let is_spelling = bare == Some(agreed.as_str()) || text.replace("\\ ", " ") == *agreed;
        // Who refuses the file gets nothing of it yet.
        if is_spelling
            && told(agreed) == *agreed
            && seen.iter().all(Option::is_some)
            && views.iter().all(|view| !view.refuses)
        {
            *own = Some(agreed.clone());
        } else {
            unsure.insert(key.clone());
        }
    }
    unsure
}
