//! The templates of a project, and what was rendered from them: the folders `templates/` and `rendered/`.

use std::collections::BTreeMap;

use super::files::Files;
use crate::error::Error;

/// Where templates stand.
pub const FOLDER: &str = "templates";
/// How deep folders within it may be nested.
const DEPTH: usize = 8;

/// The templates: path within the folder → text, without a byte order mark and with line feeds alone.
///
/// # Errors
/// A folder or a file that cannot be read, a text that is not UTF-8.
pub fn read(files: &Files) -> Result<BTreeMap<String, String>, Error> {
    let mut found = BTreeMap::new();
    for path in paths(files, FOLDER)? {
        let whole = format!("{FOLDER}/{path}");
        let text = String::from_utf8(files.read(&whole)?)
            .map_err(|_| Error::new("this template is not UTF-8").at(files.shown(&whole)))?;
        if text.contains(|character| matches!(character, '\u{fdd0}'..='\u{fdef}' | '\u{fffe}')) {
            let message = "this template holds a character that Unicode keeps out of texts (U+FDD0 to U+FDEF, U+FFFE)";
            return Err(Error::new(message).at(files.shown(&whole)));
        }
        // What is rendered is the same wherever it was checked out, and has the line ends that its readers know.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
        found.insert(path, text);
    }
    Ok(found)
}

/// The paths of the files within a folder, and in the folders within it.
///
/// # Errors
/// A folder that cannot be listed.
pub fn paths(files: &Files, folder: &str) -> Result<Vec<String>, Error> {
    let (mut found, mut open) = (Vec::new(), vec![(String::new(), 0)]);
    while let Some((within, depth)) = open.pop() {
        let whole = if within.is_empty() { folder.to_owned() } else { format!("{folder}/{within}") };
        let path = |name: String| if within.is_empty() { name } else { format!("{within}/{name}") };
        if depth < DEPTH {
            open.extend(files.folders(&whole)?.into_iter().map(|name| (path(name), depth + 1)));
        }
        found.extend(files.names(&whole)?.into_iter().map(path));
    }
    found.retain(|path| !path.ends_with('~') && !path.ends_with(".swp"));
    found.sort();
    Ok(found)
}
