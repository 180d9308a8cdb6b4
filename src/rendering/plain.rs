//! Templates without a language: `${NAME}` by docker compose's rules.
//!
//! What a reference gives is one text, be it a value or a default of the template's, and is quoted for its place as a whole.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::marks::{self, Piece, Pieces};
use super::{Fault, FaultKind, Input, Origin, Run, Templates, kinds};
use crate::interpolation::{self, Budget, Expansion, Outcome, Reference, references};
use crate::suggestion::nearest;

/// Replaces the references of a file.
pub(super) fn run(template: &str, templates: &Templates, input: &Input<'_>) -> Result<Run, Vec<Fault>> {
    let text = templates.get(template).map(String::as_str).unwrap_or_default();
    let mut writer = Writer {
        template,
        input,
        known: input.variables.iter().map(|variable| (variable.key, variable.text)).collect(),
        // What is left is read once more, and then has to be what it is now.
        interpolates: kinds::of(template).interpolates,
        budget: Budget::default(),
        run: Run { text: String::new(), pieces: Pieces::default(), used: BTreeSet::new(), origins: Vec::new() },
        faults: Vec::new(),
    };
    let mut at = 0;
    for reference in references(text) {
        // One within the default of another belongs to that.
        if reference.range.start >= at {
            writer.text(text, at..reference.range.start);
            at = reference.range.end;
            writer.reference(text, &reference);
        }
    }
    writer.text(text, at..text.len());
    if writer.faults.is_empty() { Ok(writer.run) } else { Err(writer.faults) }
}

struct Writer<'w> {
    template: &'w str,
    input: &'w Input<'w>,
    known: BTreeMap<&'w str, Option<&'w str>>,
    interpolates: bool,
    budget: Budget,
    run: Run,
    faults: Vec<Fault>,
}

impl Writer<'_> {
    /// A stretch without references.
    fn text(&mut self, template: &str, range: Range<usize>) {
        let Some(expansion) = self.expand(template, range) else { return };
        let text = expansion.text;
        self.run.text.push_str(&if self.interpolates { text.replace('$', "$$") } else { text });
    }

    fn reference(&mut self, template: &str, reference: &Reference<'_>) {
        let Some(expansion) = self.expand(template, reference.range.clone()) else { return };
        for resolved in &expansion.resolved {
            let name = resolved.reference.name;
            self.run.used.insert(name.to_owned());
            let from = reference.range.start + resolved.reference.range.start;
            let at = from..from + resolved.reference.range.len();
            match resolved.outcome {
                Outcome::Undefined | Outcome::Missing => self.faults.push(self.undefined(name, at)),
                // Where the name of a key is misspelt, its default is all that ever comes out.
                Outcome::Default | Outcome::Absent => self.faults.extend(self.misspelt(name, at)),
                Outcome::Value => {}
            }
        }
        let piece = match reference.operator {
            None => Piece::Text(expansion.text),
            Some(_) => Piece::Expanded(expansion.text),
        };
        let (mark, start) = (self.run.pieces.add(piece), self.run.text.len());
        self.run.text.push_str(&mark);
        self.run.origins.push(Origin {
            text: start..self.run.text.len(),
            template: self.template.to_owned(),
            source: reference.range.clone(),
            verbatim: false,
        });
    }

    /// A stretch with its references replaced by marks for values; an empty value is none, by which defaults are chosen.
    /// Of what cannot be read a fault is kept, and the others are looked for all the same.
    fn expand<'t>(&mut self, template: &'t str, range: Range<usize>) -> Option<Expansion<'t>> {
        let (known, pieces) = (&self.known, &mut self.run.pieces);
        let mut lookup = |name: &str| -> Option<Cow<'_, str>> {
            Some(match *known.get(name)? {
                Some("") => Cow::Borrowed(""),
                Some(value) => Cow::Owned(pieces.add(Piece::Text(value.to_owned()))),
                None => Cow::Owned(marks::secret(name)),
            })
        };
        let stretch = template.get(range.clone()).unwrap_or_default();
        match interpolation::expand(stretch, &mut lookup, &mut self.budget) {
            Ok(expansion) => Some(expansion),
            Err(fault) => {
                let (message, help) = (fault.message().to_owned(), fault.help().to_owned());
                let at = range.start + fault.range.start..range.start + fault.range.end;
                let template = self.template.to_owned();
                self.faults.push(Fault { template, at, kind: FaultKind::Broken, key: None, message, help });
                None
            }
        }
    }

    fn undefined(&self, name: &str, at: Range<usize>) -> Fault {
        let environment = self.input.environment;
        if self.known.contains_key(name) {
            let help = format!("give it a value, or write ${{{name}?}}, which takes an empty one");
            return self.fault(name, at, format!("{name} is empty in {environment}"), help);
        }
        let help = match self.near(name) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("set it, or write ${{{name}:-default}}; $$ is a plain dollar sign"),
        };
        self.fault(name, at, format!("{name} has no value in {environment}"), help)
    }

    /// A name with a default that is no key, where one comes near.
    fn misspelt(&self, name: &str, at: Range<usize>) -> Option<Fault> {
        let near = self.near(name)?;
        let message = format!("{name} is neither set nor in the schema");
        Some(self.fault(name, at, message, format!("did you mean {near}?")))
    }

    /// The key that a name which is none comes near to.
    fn near(&self, name: &str) -> Option<&str> {
        let is_known = self.input.known().any(|(key, _)| key == name);
        if is_known { None } else { nearest(name, self.input.known().map(|(key, _)| key)) }
    }

    fn fault(&self, name: &str, at: Range<usize>, message: String, help: String) -> Fault {
        let (template, key) = (self.template.to_owned(), Some(name.to_owned()));
        Fault { template, at, kind: FaultKind::Undefined, key, message, help }
    }
}
