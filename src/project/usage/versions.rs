//! Which versions of the readers a project pins: those that read env files otherwise than the one that is modelled here.

mod naming;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::LazyLock;

use naming::{NAMING, is_of_image};
use regex::Regex;

type Pattern = LazyLock<Option<Regex>>;

/// From which version on a package reads as it is modelled here.
struct Since {
    /// The readers that are made of the package.
    readers: &'static [&'static str],
    package: Package,
    /// One above all there are where none does, as of dotenv-cli.
    first: [u32; 3],
    /// What was otherwise before.
    before: &'static str,
}

const EXPAND_BEFORE: &str = "runs no `$(…)` and reads some references otherwise, such as `$1` and `${A-default}`";

/// The one list of it. That the versions from `first` on agree with the modelled one, and those before do not, was seen by
/// running them.
const SINCE: &[Since] = &[
    Since {
        readers: &["node-dotenv", "dotenv-expand"],
        package: Package::Dotenv,
        first: [16, 0, 0],
        before: "lacks comments behind values, values over several lines, or backticks as quotes",
    },
    Since { readers: &["dotenv-expand"], package: Package::DotenvExpand, first: [1000, 0, 0], before: EXPAND_BEFORE },
    // Each has a dotenv-expand of its own: 7 to 9 have 10, 10 has 11, 11 has 12.
    Since { readers: &["dotenv-expand"], package: Package::DotenvCli, first: [12, 0, 0], before: EXPAND_BEFORE },
    Since {
        readers: &["godotenv"],
        package: Package::Godotenv,
        first: [1, 5, 0],
        before: "cuts values at `#`, and knows no values over several lines",
    },
    Since {
        readers: &["ruby-dotenv"],
        package: Package::RubyDotenv,
        first: [3, 0, 0],
        before: "turns `\\n` in double quotes into a line end",
    },
    // Up to 1.2.3 `K= # note` is `# note`, and `K='a\'` is kept: nothing else differs, so that these are compared.
    Since {
        readers: &["python-dotenv"],
        package: Package::PythonDotenv,
        first: [0, 16, 0],
        before: "follows references otherwise: to what the file sets before what the environment has, to lines below, or \
                 without defaults",
    },
    Since {
        readers: &["node"],
        package: Package::Node,
        first: [22, 0, 0],
        before: "does not take the next line for a value behind `=` and a blank, and glues a line without `=` to the next key",
    },
];

/// What a manifest or a lock says the version of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Package {
    Dotenv,
    DotenvExpand,
    DotenvCli,
    Godotenv,
    PythonDotenv,
    RubyDotenv,
    Node,
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::Dotenv | Self::RubyDotenv => "dotenv",
            Self::DotenvExpand => "dotenv-expand",
            Self::DotenvCli => "dotenv-cli",
            Self::Godotenv => "godotenv",
            Self::PythonDotenv => "python-dotenv",
            Self::Node => "node",
        }
    }
}

/// A version that a file of the project names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sighting {
    package: Package,
    /// The highest one that is meant; parts that are left open are the highest there can be.
    version: [u32; 3],
    /// As it is written.
    written: String,
    /// Where, in bytes of the file.
    at: Range<usize>,
    /// Whether this is what is installed, and not what may be.
    is_locked: bool,
    /// The path of the file.
    path: String,
}

/// A reader that a project has in a version which reads otherwise than the one that is modelled here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Older {
    /// The reader's name.
    pub reader: &'static str,
    /// The package, as its registry calls it.
    pub package: &'static str,
    /// The version, as it is written.
    pub version: String,
    /// The first version that reads as modelled, if there is one yet.
    pub first: Option<String>,
    /// What was otherwise before.
    pub before: &'static str,
    /// The file that says so.
    pub path: String,
    /// Where, in bytes of it.
    pub at: Range<usize>,
    /// Where the project has it in a version that reads as modelled, too: the path of the file that says so.
    pub beside: Option<String>,
}

/// Whether a file names versions of readers. Locks are larger than what else is looked into.
pub(super) fn may_name(name: &str) -> bool {
    NAMING.iter().any(|naming| (naming.files)(name))
}

/// The versions that a file names.
pub(super) fn named(name: &str, path: &str, text: &str) -> Vec<Sighting> {
    let mut found = Vec::new();
    for naming in NAMING.iter().filter(|naming| (naming.files)(name)) {
        let Some(pattern) = &*naming.pattern else { continue };
        for captures in pattern.captures_iter(text) {
            let (Some(package), Some(written)) = (captures.get(1), captures.get(2)) else { continue };
            let version = highest(written.as_str());
            found.extend(version.map(|version| Sighting {
                package: (naming.package)(package.as_str()),
                version,
                written: written.as_str().to_owned(),
                at: written.range(),
                is_locked: naming.is_locked,
                path: path.to_owned(),
            }));
        }
    }
    if name == "go.mod" {
        replaced(text, &mut found);
    }
    // Of the stages of an image the last one runs.
    if is_of_image(name) && found.len() > 1 {
        found.drain(..found.len() - 1);
    }
    found
}

/// Follows a `replace` of a Go module: by another version of it, or by something that nothing is known of.
fn replaced(text: &str, found: &mut Vec<Sighting>) {
    static REPLACE: Pattern = LazyLock::new(|| {
        let module = r"github\.com/joho/godotenv";
        Regex::new(&format!(r"(?m)^\s*(?:replace\s+)?{module}(?:\s+(v\S+))?\s*=>\s*(?:{module}\s+(v[0-9]\S*))?")).ok()
    });
    let Some(replaces) = REPLACE.as_ref().and_then(|pattern| pattern.captures(text)) else { return };
    // The pattern for what is required takes the left side for that, too.
    let line = replaces.get(0).map(|whole| whole.range()).unwrap_or_default();
    found.retain(|sighting| !line.contains(&sighting.at.start));
    let only = replaces.get(1).map(|version| version.as_str());
    if found.iter().any(|sighting| only.is_some_and(|only| only != sighting.written)) {
        return;
    }
    let mut required = std::mem::take(found);
    if let (Some(sighting), Some(by)) = (required.pop(), replaces.get(2))
        && let Some(version) = highest(by.as_str())
    {
        found.push(Sighting { version, written: by.as_str().to_owned(), at: by.range(), ..sighting });
    }
}

/// The highest version that a range takes, with the parts that it leaves open as the highest there are; `None` where it may
/// be any, or is not understood.
fn highest(range: &str) -> Option<[u32; 3]> {
    /// The lines of node that have names.
    const NAMED: [(&str, u32); 5] = [("fermium", 14), ("gallium", 16), ("hydrogen", 18), ("iron", 20), ("jod", 22)];
    range
        .split("||")
        .map(|part| {
            let part = part.trim().to_ascii_lowercase();
            if let Some((_, major)) = NAMED.iter().find(|(name, _)| part.strip_prefix("lts/") == Some(name)) {
                return Some([*major, u32::MAX, u32::MAX]);
            }
            // `npm:dotenv@10`; of another package by this name nothing is known.
            let alias = part.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@'));
            if alias.is_some_and(|(name, _)| !matches!(name, "dotenv" | "dotenv-expand")) {
                return None;
            }
            let part = alias.map_or(part.as_str(), |(_, version)| version);
            if let Some((_, last)) = part.split_once(" - ") {
                return numbers(last.trim());
            }
            if let Some((_, bound)) = part.rsplit_once('<') {
                let bound = bound.split_whitespace().next()?;
                return match bound.strip_prefix('=') {
                    Some(last) => numbers(last),
                    None => numbers(bound).and_then(below),
                };
            }
            let sign = part.trim_start_matches(['^', '~', '=', '>', 'v', ' ']);
            let signs = part.strip_suffix(sign)?.trim();
            let is_range = match signs {
                "^" | "~" | "~>" | "~=" => true,
                "" | "=" | "==" | "===" | "v" | "=v" => false,
                _ => return None,
            };
            let version = numbers(sign)?;
            // A range goes on within its first part: within the second where the first is 0, or it names a third for pip.
            let within_second = signs == "^" && version[0] == 0 || signs == "~=" && version[2] != u32::MAX;
            Some(match version {
                [major, minor, _] if is_range && within_second => [major, minor, u32::MAX],
                [major, ..] if is_range => [major, u32::MAX, u32::MAX],
                version => version,
            })
        })
        .try_fold([0; 3], |most, version| Some(version?.max(most)))
}

/// The parts of a version, at least one; those that are left open are the highest there are.
fn numbers(text: &str) -> Option<[u32; 3]> {
    let mut version = [u32::MAX; 3];
    let mut parts = 0;
    for (place, number) in version.iter_mut().zip(text.split(['-', '+']).next()?.split('.')) {
        if matches!(number, "x" | "*") {
            break;
        }
        *place = number.parse().ok()?;
        parts += 1;
    }
    (parts > 0).then_some(version)
}

/// The highest version below another one, the open parts of which are the lowest there are.
fn below(version: [u32; 3]) -> Option<[u32; 3]> {
    match version.map(|part| if part == u32::MAX { 0 } else { part }) {
        [0, 0, 0] => None,
        [major, 0, 0] => Some([major - 1, u32::MAX, u32::MAX]),
        [major, minor, 0] => Some([major, minor - 1, u32::MAX]),
        [major, minor, patch] => Some([major, minor, patch - 1]),
    }
}

/// The readers, out of these, that the project has in a version which reads otherwise, each with the first file that says
/// so. Where some of what is said reads as it is modelled, nothing is known; but of node a project may have two, one at work
/// and one in an image.
pub(super) fn older(readers: &[&str], sightings: &[Sighting]) -> Vec<Older> {
    let mut found: Vec<Older> = Vec::new();
    let names_expand = sightings.iter().any(|sighting| sighting.package == Package::DotenvExpand);
    for since in SINCE {
        // A lock, or the project itself, says more of dotenv-expand than what depends on it.
        if since.package == Package::DotenvCli && names_expand {
            continue;
        }
        let of_package = || sightings.iter().filter(|sighting| sighting.package == since.package);
        let wanted: Vec<_> = of_package().filter(|sighting| !sighting.is_locked).map(|one| one.version[0]).collect();
        let locked: Vec<_> = of_package().filter(|sighting| sighting.is_locked).collect();
        // A lock has what others depend on as well.
        let own: Vec<_> = locked.iter().copied().filter(|sighting| wanted.contains(&sighting.version[0])).collect();
        let told = if !own.is_empty() {
            own
        } else if locked.is_empty() {
            of_package().collect()
        } else {
            locked
        };
        let (before, later): (Vec<_>, Vec<_>) = told.into_iter().partition(|one| one.version < since.first);
        let Some(first) = before.first().filter(|_| later.is_empty() || since.package == Package::Node) else {
            continue;
        };
        let [major, minor, patch] = since.first;
        for reader in since.readers.iter().copied().filter(|reader| readers.contains(reader)) {
            if found.iter().any(|older| older.reader == reader) {
                continue;
            }
            found.push(Older {
                reader,
                package: since.package.name(),
                version: first.written.clone(),
                first: (since.package != Package::DotenvCli).then(|| format!("{major}.{minor}.{patch}")),
                before: since.before,
                path: first.path.clone(),
                at: first.at.clone(),
                beside: later.first().map(|later| later.path.clone()),
            });
        }
    }
    found
}
