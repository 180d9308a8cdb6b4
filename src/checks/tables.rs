//! Where `sparkcfg.toml` names somebody or something.

use crate::finding::Finding;
use crate::project::Project;
use crate::project::whereabouts::place_of;
use crate::source::Span;

/// The finding at a name that stands in a table of `sparkcfg.toml`, as a key or in a list; see [`place_of`].
pub(super) fn placed(finding: Finding, project: &Project, table: &[&str], name: &str, label: &str) -> Finding {
    let place = project.config_source.and_then(|source| {
        let at = place_of(project.sources.text(source), table, name)?;
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Some(Span::new(source, offset(at.start)..offset(at.end)))
    });
    match place {
        Some(place) => finding.at(place, label),
        None => finding,
    }
}
