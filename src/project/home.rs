//! Where a project stands in its repository: what formats for a forge are relative to.

use std::path::Path;

/// Where a project stands in its repository.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Home {
    /// The folder, from the root of the repository, that the paths which users see start from; empty for the root itself,
    /// and where there is no repository.
    pub start: String,
    /// The project's folder, from the root of the repository.
    pub folder: String,
}

impl Home {
    /// Where the project in `root` stands; `prefix` is what stands before the paths that users see.
    #[must_use]
    pub fn of(root: &Path, prefix: &str) -> Self {
        let Ok(root) = root.canonicalize() else { return Self::default() };
        let Some(top) = root.ancestors().find(|folder| folder.join(".git").exists()) else { return Self::default() };
        let folder = root.strip_prefix(top).unwrap_or(&root).to_string_lossy().replace('\\', "/");
        let shown = prefix.trim_end_matches('/');
        let start = match folder.strip_suffix(shown) {
            Some(start) if start.is_empty() || start.ends_with('/') || shown.is_empty() => start.trim_end_matches('/'),
            // A link leads there, and what users see is not what the repository has.
            _ => return Self { start: String::new(), folder },
        };
        Self { start: start.to_owned(), folder: folder.clone() }
    }

    /// A path that users see as the repository has it: links of its folders are taken as they are.
    #[must_use]
    pub fn path(&self, shown: &str) -> String {
        if self.start.is_empty() || shown.starts_with('/') {
            return shown.to_owned();
        }
        let mut parts: Vec<&str> = self.start.split('/').collect();
        for part in shown.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop(),
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    /// What tells the reports of a command apart by project, up to the last `/`.
    #[must_use]
    pub fn category(&self, command: &str) -> String {
        if self.folder.is_empty() {
            format!("sparkcfg/{command}/")
        } else {
            format!("sparkcfg/{command}/{}/", self.folder)
        }
    }

    /// The path of a file of the project, by its path within.
    #[must_use]
    pub fn of_project(&self, path: &str) -> String {
        if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }
}

#[cfg(test)]
mod tests {
    use super::Home;

    #[test]
    fn paths_start_at_the_root_of_the_repository() {
        for (start, shown, expected) in [
            ("", "environments/prod.env", "environments/prod.env"),
            ("services/a", "environments/prod.env", "services/a/environments/prod.env"),
            ("services/a", "../shared/./app.schema.json", "services/shared/app.schema.json"),
            ("services/a", "/etc/app.env", "/etc/app.env"),
        ] {
            let home = Home { start: start.to_owned(), folder: start.to_owned() };
            assert_eq!(home.path(shown), expected);
        }
    }

    #[test]
    fn where_a_project_is_named_from() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("services/a");
        std::fs::create_dir_all(&root).unwrap();
        assert_eq!(Home::of(&root, ""), Home::default());
        std::fs::create_dir(top.path().join(".git")).unwrap();
        for (prefix, start) in [("", "services/a"), ("a/", "services"), ("services/a/", ""), ("link/", "")] {
            let home = Home::of(&root, prefix);
            assert_eq!((home.start.as_str(), home.folder.as_str()), (start, "services/a"), "{prefix}");
        }
        assert_eq!(Home::of(top.path(), ""), Home::default());
    }
}
