//! Who sees what of one key, and what of that may be told.

use std::collections::HashMap;

use super::File;
use super::reader::HOME;
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
}

impl<'r> Seen<'r> {
    pub(super) fn of(file: &File<'_>, reader: &'r str, reading: &'r Reading) -> Option<Self> {
        let values = reading.vars.iter().map(|variable| (variable.key.as_str(), variable)).collect();
        let swallowing = Swallowing::of(&file.layer.text, reading);
        reading.error.is_none().then_some(Self { reader, values, swallowing })
    }
}

/// Who sees what of one key.
pub(super) struct Difference<'r> {
    groups: Vec<(Option<&'r str>, Vec<&'r str>)>,
    pub(super) hidden: Hidden,
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
        let mut groups: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
        let mut own = Vec::new();
        // One that takes this line for a part of a value above is told there.
        let place = variable.key_span.start;
        for one in seen {
            let found = one.values.get(variable.key.as_str()).copied();
            // That a command gives it is told where the command stands.
            if found.is_some_and(Variable::is_unknown) {
                continue;
            }
            let value = found.and_then(|found| found.value.as_deref());
            if value.is_none() && one.swallowing.takes(place) {
                continue;
            }
            own.extend(found);
            match groups.iter_mut().find(|(known, _)| *known == value) {
                Some((_, readers)) => readers.push(one.reader),
                None => groups.push((value, vec![one.reader])),
            }
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
        Some(Self { groups, hidden })
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
        let mut masked = 0;
        let told = self.groups.iter().map(|(value, readers)| self.told(*value, readers, comment, &mut masked));
        let told: Vec<_> = told.collect();
        let name = match self.hidden {
            _ if comment => "a comment".to_owned(),
            Hidden::Whole => "a part of a secret".to_owned(),
            _ => told_name(&variable.key),
        };
        let message = format!("{name} is read differently: {}", told.join(", "));
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

    /// What these readers see; `masked` counts the values that may not be shown.
    fn told(&self, value: Option<&str>, readers: &[&str], comment: bool, masked: &mut usize) -> String {
        let readers = super::listed(readers, "and");
        if self.hidden != Hidden::Nothing && value.is_some_and(|value| !value.is_empty()) && !comment {
            *masked += 1;
            return if *masked == 1 { format!("one value for {readers}") } else { format!("another for {readers}") };
        }
        match value {
            None => format!("not set for {readers}"),
            Some(_) if comment => format!("a variable for {readers}"),
            Some("") => format!("empty for {readers}"),
            Some(text) => format!("`{}` for {readers}", super::shortened(&text.replace(HOME, "<home>"))),
        }
    }
}
