//! Who reads the env files of a project, as commands tell it.

use crate::project::Project;
use crate::project::consumers::Consumer;
use crate::report::{FileRead, Reader};
use crate::source::printable;

/// The files of a project, and who reads them; `prefix` stands before the paths that users see.
pub(super) fn of_files(project: &Project, prefix: &str) -> Vec<FileRead> {
    let reader = |consumer: &Consumer| Reader {
        reader: printable(&consumer.chain),
        said_by: match consumer.said_by.as_str() {
            said_by @ "[consumers]" => said_by.to_owned(),
            path => printable(&format!("{prefix}{path}")),
        },
        compared: consumer.is_compared,
    };
    let files = project.layers.iter().zip(&project.consumers).map(|(layer, consumers)| FileRead {
        path: printable(project.sources.path(layer.source)),
        readers: consumers.iter().map(reader).collect(),
    });
    files.collect()
}

/// `compose (compose.yml), node (package.json)`; nothing where nobody is seen.
pub(super) fn listed(readers: &[Reader]) -> String {
    let reader = |one: &Reader| {
        let compared = if one.compared { "" } else { ", an older version that is not compared" };
        format!("{} ({}{compared})", one.reader, one.said_by)
    };
    readers.iter().map(reader).collect::<Vec<_>>().join(", ")
}
