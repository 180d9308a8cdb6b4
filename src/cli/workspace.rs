//! The members of a workspace.

use crate::error::Error;
use crate::project::config::Workspace;
use crate::project::files::Files;
use crate::project::naming::place_in_config;

/// The folders of a workspace, sorted.
pub(super) fn members(files: &Files, workspace: &Workspace) -> Result<Vec<String>, Error> {
    let mut folders = Vec::new();
    for pattern in &workspace.members {
        let inside =
            std::path::Path::new(pattern).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside {
            let help = "name folders within the workspace, as in services/*";
            return Err(Error::new(format!("the member `{pattern}` leads out of the workspace"))
                .at(place_in_config(files, &["workspace"], pattern))
                .help(help));
        }
        let mut found = vec![String::new()];
        for part in pattern.trim_end_matches('/').split('/') {
            let glob = globset::Glob::new(part).map_err(|_| {
                Error::new(format!("`{part}` is no pattern for folders")).at(place_in_config(
                    files,
                    &["workspace"],
                    pattern,
                ))
            })?;
            let matcher = glob.compile_matcher();
            let mut next = Vec::new();
            for folder in found {
                let inside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                if is_plain(part) {
                    next.push(inside(part));
                } else {
                    next.extend(
                        files.folders(&folder)?.iter().filter(|name| matcher.is_match(name)).map(|name| inside(name)),
                    );
                }
            }
            found = next;
        }
        let whole = pattern.trim_end_matches('/');
        let (parent, name) = whole.rsplit_once('/').unwrap_or(("", whole));
        let is_missing = is_plain(whole) && !files.folders(parent)?.iter().any(|folder| folder == name);
        // Whoever mistypes a pattern would otherwise have a gate that looks at nothing.
        if is_missing || found.is_empty() {
            let help = "mend the name in [workspace] members, or take it out";
            return Err(Error::new(format!("the workspace names a member `{pattern}`, and there is no such folder"))
                .at(place_in_config(files, &["workspace"], pattern))
                .help(help));
        }
        folders.append(&mut found);
    }
    // A link may lead out of the workspace as well as `..` does.
    folders.retain(|folder| !workspace.exclude.contains(folder) && files.holds(folder));
    folders.sort();
    folders.dedup();
    Ok(folders)
}

/// Whether the workspace names this very folder as its member, and not only by a pattern.
pub(super) fn names(workspace: &Workspace, folder: &str) -> bool {
    workspace.members.iter().any(|member| member.trim_end_matches('/') == folder)
}

/// Whether a name is just that, and no pattern.
fn is_plain(name: &str) -> bool {
    !name.contains(['*', '?', '[', '{'])
}
