//! Templates without a language: `${NAME}` by docker compose's rules.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::marks::{self, Piece, Pieces};
use super::{Fault, FaultKind, Input, Origin, Run, Templates, kinds};
use crate::interpolation::{self, Budget, Outcome, references};
use crate::suggestion::nearest;

/// Replaces the references of a file.
pub(super) fn run(template: &str, templates: &Templates, input: &Input<'_>) -> Result<Run, Vec<Fault>> {
    let text = templates.get(template).map(String::as_str).unwrap_or_default();
    let known: BTreeMap<&str, Option<&str>> =
        input.variables.iter().map(|variable| (variable.key, variable.text)).collect();
    let asked = references(text);
    // For `:-` and its kin an empty value counts as none, so there it may not stand behind a mark.
    let by_emptiness: BTreeSet<&str> = asked
        .iter()
        .filter(|reference| reference.operator.is_some_and(|operator| operator.colon))
        .map(|reference| reference.name)
        .collect();
    let mut pieces = Pieces::default();
    let mut lookup = |name: &str| -> Option<Cow<'_, str>> {
        let value = *known.get(name)?;
        if value == Some("") && by_emptiness.contains(name) {
            return Some(Cow::Borrowed(""));
        }
        let value = value.map_or_else(|| marks::secret(name), ToOwned::to_owned);
        Some(Cow::Owned(pieces.add(Piece::Text(value))))
    };
    let expansion = interpolation::expand(text, &mut lookup, &mut Budget::default()).map_err(|fault| {
        let (message, help) = (fault.message().to_owned(), fault.help().to_owned());
        vec![Fault {
            template: template.to_owned(),
            at: fault.range,
            kind: FaultKind::Broken,
            key: None,
            message,
            help,
        }]
    })?;
    let missing =
        expansion.resolved.iter().filter(|resolved| matches!(resolved.outcome, Outcome::Undefined | Outcome::Missing));
    let faults: Vec<_> = missing
        .map(|resolved| {
            let name = resolved.reference.name;
            let near = nearest(name, input.variables.iter().map(|variable| variable.key));
            let help = match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!("set it, or write ${{{name}:-default}}; $$ is a plain dollar sign"),
            };
            let at = resolved.reference.range.clone();
            let message = format!("{name} has no value in {}", input.environment);
            Fault {
                template: template.to_owned(),
                at,
                kind: FaultKind::Undefined,
                key: Some(name.to_owned()),
                message,
                help,
            }
        })
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let used = expansion.resolved.iter().map(|resolved| resolved.reference.name.to_owned()).collect();
    // What is left is read once more, and then has to be what it is now.
    let text = if kinds::of(template).interpolates { expansion.text.replace('$', "$$") } else { expansion.text };
    // Texts and references take turns, so a place in the text is near the reference of the same number.
    let marks = text.match_indices('\u{fdd0}').map(|(at, _)| at);
    let sources = expansion.resolved.iter().filter(|resolved| known.contains_key(resolved.reference.name));
    let origins = marks.zip(sources).map(|(at, resolved)| Origin {
        text: at..at + 1,
        template: template.to_owned(),
        source: resolved.reference.range.clone(),
        verbatim: false,
    });
    let origins = origins.collect();
    Ok(Run { text, pieces, used, origins })
}
