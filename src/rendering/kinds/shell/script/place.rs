//! Where a value can stand in a script that was read up to there, and why it cannot.

use super::super::super::{Misfit, behind};
use super::super::command::NUMBER;
use super::super::word::{Hole, Limit};
use super::{Open, Script};

/// Where a value can stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::rendering::kinds::shell) enum Place {
    Bare,
    Single,
    Double,
    /// In the name that is assigned to.
    Name,
    Comment,
    /// In arithmetic.
    Number,
    /// In a here-document, in which `literal` says that nothing is replaced.
    Document {
        literal: bool,
    },
}

impl Script {
    /// Where a value would stand.
    pub(in crate::rendering::kinds::shell) fn place(&self, hole: &Hole) -> Result<Place, Misfit> {
        const HELP: &str = "set a variable at the top of the script, and use that";
        if let Some(document) = self.document.as_ref().filter(|_| self.lost.is_none()) {
            document.takes(hole)?;
            return Ok(Place::Document { literal: document.literal });
        }
        // All values behind it have the same cause, which is told once.
        if let Some((why, at)) = self.lost {
            return Err(Misfit::new(at, format!("no value can stand after this: {why}"), HELP));
        }
        if let Some(sign @ ('\\' | '$')) = self.before {
            return Err(behind(sign, hole.at));
        }
        if self.open.last() == Some(&Open::Arithmetic) {
            if hole.fits(Limit::Number) {
                return Ok(Place::Number);
            }
            return Err(hole.refused("only a whole number can stand in arithmetic, which evaluates names", NUMBER));
        }
        let substitution = self.open.iter().find_map(|open| match open {
            Open::Single | Open::Double | Open::Comment | Open::List | Open::Apostrophes { .. } | Open::Case(_) => None,
            Open::Escapes => Some("$'…'"),
            Open::Command | Open::Backquote => Some("a command substitution"),
            Open::Parenthesis | Open::Arithmetic => Some("arithmetic"),
            Open::Parameter => Some("${…}"),
        });
        if let Some(place) = substitution {
            return Err(hole.refused(format!("a value cannot stand within {place}"), HELP));
        }
        Ok(match self.open.last() {
            Some(Open::Single) => Place::Single,
            Some(Open::Double) => Place::Double,
            Some(Open::Comment) => Place::Comment,
            _ => Place::Bare,
        })
    }
}
