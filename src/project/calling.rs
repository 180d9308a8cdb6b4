//! How commands are typed so that they are about a project, from the folder in which the user stands.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::discover;
use super::files::Files;
use super::tracking::repository_around;
use crate::drift::command::again;
use crate::drift::live::word;

/// What commands about a project need where they are typed. Few runs tell one, and a workspace has a thousand projects, so
/// it is found out when the first is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The project's folder, as the process reaches it.
    root: PathBuf,
    /// What stands before the paths that users see.
    prefix: String,
    places: OnceLock<Places>,
}

/// What commands need; nothing in most cases.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Places {
    /// What `--project` needs, where the project would not be found from here, or another one would.
    project: Option<String>,
    /// The folder in which git is to be started, where it would not find the files from here.
    folder: Option<String>,
    /// Whether that is the project's own, and not the one that the paths which users see start from.
    is_own: bool,
}

impl Places {
    /// `prefix` is what stands before the paths that users see, and what the path of the project ends with then.
    fn from(here: &Path, root: &Path, prefix: &str) -> Self {
        let inner = Path::new(prefix).components().count();
        let Some(start) = root.ancestors().nth(inner) else { return Self::default() };
        let real = |path: &Path| here.join(path).canonicalize().ok();
        let Some(real_start) = real(start) else { return Self::default() };
        let start = (real_start != here).then(|| seen(here, start, &real_start));
        let project = match (&start, prefix) {
            (None, "") => None,
            (None, prefix) => Some(prefix.trim_end_matches('/').to_owned()),
            (Some(start), "") => (real(&discover(here)) != Some(real_start)).then(|| start.clone()),
            (Some(start), prefix) => Some(format!("{}/{}", start.trim_end_matches('/'), prefix.trim_end_matches('/'))),
        };
        // From here, git would not even find the repository.
        let repository = |folder: &Path| repository_around(folder).map(|(repository, _)| repository);
        let is_own = !prefix.is_empty() && repository(here) != repository(&here.join(root));
        let folder = if is_own { project.clone() } else { start };
        Self { project, folder, is_own }
    }
}

impl Calls {
    /// How commands about the project of `files` are typed.
    #[must_use]
    pub fn of(files: &Files) -> Self {
        Self { root: files.root().to_owned(), prefix: files.shown(""), places: OnceLock::new() }
    }

    fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let here = Path::new(".").canonicalize().ok();
            here.map(|here| Places::from(&here, &self.root, &self.prefix)).unwrap_or_default()
        })
    }

    /// The path of a file of the project, as users see it.
    #[must_use]
    pub fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// A command of sparkcfg about the project: `secrets rotate prod` with what else it needs.
    #[must_use]
    pub fn sparkcfg(&self, command: &str) -> String {
        again(command, &[], self.places().project.as_deref())
    }

    /// A command of git about files of the project, by the paths that users see.
    #[must_use]
    pub fn git(&self, command: &str, paths: &[&str]) -> String {
        let places = self.places();
        let folder = places.folder.as_ref().map(|folder| format!("-C {}", word(folder)));
        let prefix = if places.is_own { self.prefix.as_str() } else { "" };
        let paths = paths.iter().map(|path| word(path.strip_prefix(prefix).unwrap_or(path)));
        let words = std::iter::once("git".to_owned()).chain(folder).chain([command.to_owned()]).chain(paths);
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A folder as it is named from `here`: upward by `..`, so that no path of this machine is told that nobody typed.
fn seen(here: &Path, folder: &Path, real: &Path) -> String {
    let up = here.strip_prefix(real).ok().map(|below| below.components().map(|_| "..").collect::<PathBuf>());
    up.unwrap_or_else(|| folder.to_owned()).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;

    use super::{Calls, Places};

    #[test]
    fn commands_work_where_they_are_typed() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path().canonicalize().unwrap();
        for folder in ["p/environments", "p/deep/er", "other/environments", "w/svc/a/environments", "w/lib"] {
            std::fs::create_dir_all(top.join(folder)).unwrap();
        }
        std::fs::write(top.join("w/sparkcfg.toml"), "").unwrap();
        let absolute = |path: &str| top.join(path).to_string_lossy().into_owned();
        let outside = absolute("p");
        std::fs::create_dir(top.join("w/.git")).unwrap();
        for (here, root, prefix, sparkcfg, git) in [
            ("p", "", "", "", ""),
            ("p", ".", "", "", ""),
            ("p", &*outside, "", "", ""),
            ("p/deep/er", &outside, "", "", " -C ../.."),
            ("", "p", "p/", " --project p", ""),
            ("other", &outside, "", &format!(" --project {outside}"), &format!(" -C {outside}")),
            ("other", "../p", "", " --project ../p", " -C ../p"),
            ("", "w", "w/", " --project w", " -C w"),
            ("w", "svc/a", "svc/a/", " --project svc/a", ""),
            ("w/lib", &absolute("w/svc/a"), "svc/a/", " --project ../svc/a", " -C .."),
        ] {
            let places = OnceLock::from(Places::from(&top.join(here), Path::new(root), prefix));
            let calls = Calls { root: PathBuf::from(root), prefix: prefix.to_owned(), places };
            assert_eq!(calls.sparkcfg("secrets sync"), format!("sparkcfg secrets sync{sparkcfg}"), "{here} {root}");
            assert_eq!(calls.git("add", &["a b", "c"]), format!("git{git} add 'a b' c"), "{here} {root}");
        }
    }
}
