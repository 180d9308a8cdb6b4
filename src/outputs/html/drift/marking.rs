//! Which sources of a key are marked: those that are not as they should be, or that most others contradict.

use std::collections::BTreeMap;

use super::{Line, Page};
use crate::drift::Mode;
use crate::finding::{Finding, Severity};

impl Page<'_> {
    /// How bad it is what is about the value of a key in a source, of what counts.
    pub(super) fn wrong(&self, line: &Line<'_>, at: usize) -> Option<Severity> {
        let column = self.comparison.columns.get(at)?;
        let cell = line.row.cells.get(at)?.as_ref();
        let is_here = |finding: &&&Finding| match (finding.rule.code, finding.environments.as_slice()) {
            // What is declared is what should hold.
            _ if self.comparison.mode == Mode::Live => !column.kind.is_of_files(),
            // Who lacks it may be most of them.
            ("drift-extra", _) => self.is_outnumbered(line, finding, at),
            (_, [only]) => **only == *column.name,
            ("drift-must-match" | "drift-shape" | "drift-unclassified", names) => {
                names.iter().any(|name| **name == *column.name) && self.is_outnumbered(line, finding, at)
            }
            ("drift-missing", names) => {
                names.iter().any(|name| **name == *column.name) && cell.is_some_and(|cell| !cell.state.is_there())
            }
            _ => finding.label.as_ref().is_some_and(|label| cell.is_some_and(|cell| cell.at == Some(label.span))),
        };
        line.unexpected().iter().filter(is_here).map(|finding| finding.severity).max()
    }

    /// Whether more of the sources that a finding compares say something else than say the same as this one. Of as many on
    /// either side nobody says which is right.
    fn is_outnumbered(&self, line: &Line<'_>, finding: &Finding, at: usize) -> bool {
        let is_about_all = finding.rule.code == "drift-extra";
        let parts = finding.difference.as_ref().and_then(|difference| difference.parts.as_ref());
        let said = |at: usize| -> Option<(Option<usize>, Option<&str>)> {
            let cell = line.row.cells.get(at)?.as_ref()?;
            let name = &self.comparison.columns.get(at)?.name;
            let place = finding.environments.iter().position(|known| **known == **name);
            match (parts, place) {
                _ if is_about_all => Some((cell.class, None)),
                (_, None) => None,
                (Some(parts), Some(place)) => Some((None, parts.get(place).map(String::as_str))),
                (None, Some(_)) => Some((cell.class, None)),
            }
        };
        let mut numbers: BTreeMap<_, usize> = BTreeMap::new();
        for said in (0..self.comparison.columns.len()).filter_map(said) {
            *numbers.entry(said).or_default() += 1;
        }
        let Some(own) = said(at).map(|own| numbers.remove(&own).unwrap_or_default()) else { return false };
        numbers.into_values().any(|number| number > own)
    }
}
