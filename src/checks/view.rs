//! What one chain of readers makes of a file, kept to be compared with what it makes of the file once it is mended.

use std::collections::{HashMap, HashSet};

use super::reader::{HOME, OWN, Surroundings};
use super::stumbling::{Assignments, Kind, ReadOn, Stumble};
use crate::dialects::Variable;

/// What one reader sees: `None` for a key without a value.
pub(super) type Values = HashMap<String, Option<String>>;

/// What one chain makes of a file without the lines at which it stumbles: what it sets, at how many places it runs something,
/// and how many those lines are.
pub(super) struct View {
    pub(super) values: Values,
    pub(super) executes: usize,
    pub(super) stumbles: usize,
    /// What it sets with those lines, if there are any.
    whole: Option<Values>,
    /// Whether it refuses the file with them.
    pub(super) refuses: bool,
}

/// What sparkcfg itself sets, or would set without the lines for which it refuses the file, and where.
pub(super) fn own_view(text: &str, around: &Surroundings) -> (Option<View>, Assignments) {
    match ReadOn::of(OWN, text, around, &Assignments::default()) {
        Some(on) => {
            let assignments = Assignments::of(&on.reading);
            (Some(View::of(on)), assignments)
        }
        None => (None, Assignments::default()),
    }
}

/// What one chain sets, or would set without the lines at which it stumbles; `None` where that is not known.
pub(super) fn view(chain: &str, text: &str, around: &Surroundings, assignments: &Assignments) -> Option<View> {
    ReadOn::of(chain, text, around, assignments).map(View::of)
}

impl View {
    fn of(on: ReadOn) -> Self {
        let values = |vars: Vec<Variable>| -> Values {
            vars.into_iter().map(|variable| (variable.key, variable.value)).collect()
        };
        Self {
            executes: on.reading.executes.len(),
            stumbles: on.stumbles.len(),
            refuses: matches!(on.stumbles.first(), Some(Stumble { kind: Kind::Refuses(_), .. })),
            values: values(on.reading.vars),
            whole: on.whole.map(|whole| values(whole.vars)),
        }
    }

    /// What it sets as the file stands.
    pub(super) fn whole(&self) -> &Values {
        self.whole.as_ref().unwrap_or(&self.values)
    }
}

/// Where sparkcfg is no reader of the file, what all who are agree on is right, if it is the same text in another spelling.
/// Gives the keys for which it is not: of those nobody knows what was meant.
pub(super) fn agree(right: &mut Values, chains: &[&str], seen: &[Option<View>]) -> HashSet<String> {
    let views = chains.iter().zip(seen).filter(|(chain, _)| **chain != OWN);
    let views = views.map(|(_, view)| view.as_ref().filter(|view| !view.refuses)).collect::<Option<Vec<_>>>();
    let views = views.filter(|views| views.len() < chains.len()).unwrap_or_default();
    let Some((first, others)) = views.split_first() else { return HashSet::new() };
    let mut unsure = HashSet::new();
    for (key, own) in right {
        // What it only sees without a line at which it stumbles it does not see yet.
        let sees = |view: &'_ View| -> Option<String> {
            let value = view.whole().get(key)?.as_ref();
            value.filter(|value| view.values.get(key).and_then(Option::as_ref) == Some(value)).cloned()
        };
        let agreed = sees(first);
        let (Some(agreed), Some(text)) = (&agreed, own.as_ref()) else { continue };
        let all = others.iter().all(|view| sees(view).as_ref() == Some(agreed));
        // Blanks at the ends, and carriage returns, nobody means.
        if !all || agreed.trim() == text {
            continue;
        }
        // They take signs off; what they leave on besides may be meant, or be a mistake.
        let letters = |text: &str| text.chars().filter(|sign| sign.is_alphanumeric()).collect::<String>();
        if letters(agreed) == letters(text) && agreed.len() < text.len() && !agreed.contains(HOME) {
            *own = Some(agreed.clone());
        } else {
            unsure.insert(key.clone());
        }
    }
    unsure
}
