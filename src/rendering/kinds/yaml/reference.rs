//! The `$` of a compose file's own: what it refers to, no value may become a part of.

use super::super::{Misfit, Sign, Token, behind};

/// The references of a file, up to some line.
#[derive(Default)]
pub(super) struct Reference {
    /// How many braces of a `${…}` are open.
    depth: usize,
    /// The places of the line at which no value can stand.
    refused: Vec<Misfit>,
}

impl Reference {
    /// Reads a line; `goes_on` says whether it continues the scalar of the line before.
    pub(super) fn read(&mut self, line: &[Token<'_>], goes_on: bool) {
        self.refused.clear();
        self.depth = if goes_on { self.depth } else { 0 };
        let mut dollar = false;
        for token in line {
            let after_dollar = std::mem::take(&mut dollar);
            match token.sign {
                Sign::Own('$') => dollar = !after_dollar,
                Sign::Own('{') if after_dollar || self.depth > 0 => self.depth += 1,
                Sign::Own('}') => self.depth = self.depth.saturating_sub(1),
                Sign::Hole(_) if after_dollar => self.refused.push(behind('$', token.at)),
                Sign::Hole(_) if self.depth > 0 => self.refused.push(within(token.at)),
                Sign::Own(_) | Sign::Hole(_) => {}
            }
        }
    }

    /// Whether a value can stand at a place of the line.
    pub(super) fn allows(&self, at: usize) -> Result<(), Misfit> {
        self.refused.iter().find(|misfit| misfit.at == at).map_or(Ok(()), |misfit| Err(misfit.clone()))
    }
}

fn within(at: usize) -> Misfit {
    let help = "write the value in its place: it is known when the file is rendered";
    Misfit::new(at, "a value cannot stand within a ${…} that is left to docker compose", help)
}
