//! Which versions of the readers a project pins: those that read env files otherwise than the one that is modelled here.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

type Pattern = LazyLock<Option<Regex>>;

/// From which version on a package reads as it is modelled here.
struct Since {
    /// The readers that are made of the package.
    readers: &'static [&'static str],
    package: Package,
    first: [u32; 3],
    /// What was otherwise before.
    before: &'static str,
}

/// The one list of it. That the versions from `first` on agree with the modelled one, and those before do not, was seen by
/// running them.
const SINCE: &[Since] = &[
    Since {
        readers: &["node-dotenv", "dotenv-expand"],
        package: Package::Dotenv,
        first: [16, 0, 0],
        before: "lacks comments behind values, values over several lines, or backticks as quotes",
    },
    Since {
        readers: &["dotenv-expand"],
        package: Package::DotenvExpand,
        first: [1000, 0, 0],
        before: "runs no `$(…)` and reads some references otherwise, such as `$1` and `${A-default}`",
    },
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
    Godotenv,
    RubyDotenv,
    Node,
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::Dotenv | Self::RubyDotenv => "dotenv",
            Self::DotenvExpand => "dotenv-expand",
            Self::Godotenv => "godotenv",
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
    /// The first version that reads as modelled.
    pub first: String,
    /// What was otherwise before.
    pub before: &'static str,
    /// The file that says so.
    pub path: String,
    /// Where, in bytes of it.
    pub at: Range<usize>,
}

/// A kind of file that names versions.
struct Naming {
    files: fn(&str) -> bool,
    pattern: Pattern,
    /// The group that holds the version.
    package: fn(&str) -> Package,
    is_locked: bool,
}

const fn naming(files: fn(&str) -> bool, pattern: Pattern, package: fn(&str) -> Package, is_locked: bool) -> Naming {
    Naming { files, pattern, package, is_locked }
}

fn npm(name: &str) -> Package {
    if name.ends_with("dotenv-expand") { Package::DotenvExpand } else { Package::Dotenv }
}

/// In each pattern the first group is the package, and the second the version.
static NAMING: [Naming; 11] = [
    naming(
        |name| name == "package.json",
        LazyLock::new(|| Regex::new(r#""(dotenv|dotenv-expand)"\s*:\s*"([^"]+)""#).ok()),
        npm,
        false,
    ),
    naming(
        |name| matches!(name, "package-lock.json" | "npm-shrinkwrap.json"),
        LazyLock::new(|| {
            Regex::new(r#""(?:[^"\s]*node_modules/)?(dotenv|dotenv-expand)"\s*:\s*\{\s*"version"\s*:\s*"([^"]+)""#).ok()
        }),
        npm,
        true,
    ),
    naming(
        |name| name == "pnpm-lock.yaml",
        LazyLock::new(|| Regex::new(r"(?m)^ +'?/?(dotenv|dotenv-expand)[@/]([0-9][0-9A-Za-z.+-]*)").ok()),
        npm,
        true,
    ),
    naming(
        |name| name == "yarn.lock",
        LazyLock::new(|| Regex::new(r#"(?m)^"?(dotenv|dotenv-expand)@[^\n]*:\r?\n +version:? "?([0-9][^"\s]*)"#).ok()),
        npm,
        true,
    ),
    naming(
        |name| name == "go.mod",
        LazyLock::new(|| Regex::new(r"(?m)^\s*(?:require\s+)?(github\.com/joho/godotenv)\s+(v[0-9]\S*)").ok()),
        |_| Package::Godotenv,
        true,
    ),
    naming(
        |name| matches!(name, "Gemfile.lock" | "gems.locked"),
        LazyLock::new(|| Regex::new(r"(?m)^    (dotenv) \(([0-9][^)\s]*)\)").ok()),
        |_| Package::RubyDotenv,
        true,
    ),
    naming(
        |name| matches!(name, "Gemfile" | "gems.rb"),
        LazyLock::new(|| Regex::new(r#"(?m)^\s*gem[ (]+["']((?:dotenv)(?:-rails)?)["'] *, *["']([^"']+)["']"#).ok()),
        |_| Package::RubyDotenv,
        false,
    ),
    naming(
        |name| matches!(name, ".nvmrc" | ".node-version"),
        LazyLock::new(|| Regex::new(r"^()\s*(\S+)").ok()),
        |_| Package::Node,
        false,
    ),
    naming(
        |name| name == ".tool-versions",
        LazyLock::new(|| Regex::new(r"(?m)^(node(?:js)?)[ \t]+(\S+)").ok()),
        |_| Package::Node,
        false,
    ),
    naming(
        |name| name == "package.json",
        LazyLock::new(|| Regex::new(r#""(?:engines|volta)"\s*:\s*\{[^{}]*"(node)"\s*:\s*"([^"]+)""#).ok()),
        |_| Package::Node,
        false,
    ),
    naming(
        |name| name.starts_with("Dockerfile") || name.ends_with(".Dockerfile"),
        LazyLock::new(|| Regex::new(r"(?mi)^FROM\s+(?:--\S+\s+)*(?:\S*/)?(node):([0-9][0-9.]*)").ok()),
        |_| Package::Node,
        false,
    ),
];

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
    found
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
            // `npm:dotenv@10`
            let part = part.rsplit_once('@').map_or(part.as_str(), |(_, version)| version);
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
                "^" | "~" | "~>" => true,
                "" | "=" | "v" | "=v" => false,
                _ => return None,
            };
            let version = numbers(sign)?;
            // A range goes on within its first part.
            Some(if is_range { [version[0], u32::MAX, u32::MAX] } else { version })
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
/// so. Where some of what is said reads as it is modelled, nothing is known.
pub(super) fn older(readers: &[&str], sightings: &[Sighting]) -> Vec<Older> {
    let mut found: Vec<Older> = Vec::new();
    for since in SINCE {
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
        let Some(first) = told.first().filter(|_| told.iter().all(|one| one.version < since.first)) else { continue };
        let [major, minor, patch] = since.first;
        for reader in since.readers.iter().copied().filter(|reader| readers.contains(reader)) {
            if found.iter().any(|older| older.reader == reader) {
                continue;
            }
            found.push(Older {
                reader,
                package: since.package.name(),
                version: first.written.clone(),
                first: format!("{major}.{minor}.{patch}"),
                before: since.before,
                path: first.path.clone(),
                at: first.at.clone(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{highest, named, older};

    #[test]
    fn ranges() {
        const OPEN: u32 = u32::MAX;
        for (range, version) in [
            ("10.0.0", Some([10, 0, 0])),
            ("^10.0.0", Some([10, OPEN, OPEN])),
            ("~> 2.7", Some([2, OPEN, OPEN])),
            ("20", Some([20, OPEN, OPEN])),
            ("v20.11", Some([20, 11, OPEN])),
            ("20.x", Some([20, OPEN, OPEN])),
            ("^18 || ^20", Some([20, OPEN, OPEN])),
            ("lts/iron", Some([20, OPEN, OPEN])),
            ("16.1.0-rc1", Some([16, 1, 0])),
            (">=18", None),
            ("^18 || >=20", None),
            ("*", None),
            ("latest", None),
            ("lts/*", None),
            ("workspace:*", None),
            ("1 - 3", Some([3, OPEN, OPEN])),
            (">=8 <11", Some([10, OPEN, OPEN])),
            (">= 20.0.0 < 21.0.0", Some([20, OPEN, OPEN])),
            ("<=16.1", Some([16, 1, OPEN])),
            ("<16.1.2", Some([16, 1, 1])),
            ("<0", None),
            ("<x", None),
            ("npm:dotenv@10", Some([10, OPEN, OPEN])),
            ("99999999999", None),
            ("", None),
        ] {
            assert_eq!(highest(range), version, "{range}");
        }
    }

    #[test]
    fn readers_of_other_versions() {
        let wants = r#"{"dependencies": {"dotenv": "^10.0.0"}, "engines": {"npm": "9", "node": ">=18"}}"#;
        for (files, readers, expected) in [
            (&[("package.json", wants)][..], "node-dotenv node", "node-dotenv ^10.0.0"),
            (&[("package.json", "{\"engines\": {\"node\": \"20.x\"}}")], "node", "node 20.x"),
            (&[(".nvmrc", "v20.11.1\n")], "node", "node v20.11.1"),
            (&[(".nvmrc", "22\n"), ("Dockerfile", "FROM node:20-alpine\n")], "node", ""),
            (&[("Dockerfile", "FROM docker.io/library/node:18.2 AS build\n")], "node", "node 18.2"),
            (&[(".tool-versions", "python 3.12\nnodejs 20.1.0\n")], "node", "node 20.1.0"),
            // What is installed counts, and of that what the project itself asks for.
            (
                &[
                    ("package.json", wants),
                    ("package-lock.json", "{\"node_modules/a/node_modules/dotenv\": {\"version\": \"16.4.5\"}}"),
                ],
                "node-dotenv",
                "",
            ),
            (
                &[("package.json", wants), ("pnpm-lock.yaml", "packages:\n\n  /dotenv/10.0.0:\n\n  dotenv@16.4.5:\n")],
                "node-dotenv",
                "node-dotenv 10.0.0",
            ),
            (&[("yarn.lock", "dotenv@^14.0.0:\n  version \"14.3.2\"\n")], "node-dotenv", "node-dotenv 14.3.2"),
            (&[("yarn.lock", "\"dotenv@npm:^16.0.0\":\n  version: 16.0.0\n")], "node-dotenv", ""),
            (&[("pnpm-lock.yaml", "  dotenv-expand@10.0.0:\n")], "dotenv-expand", "dotenv-expand 10.0.0"),
            (&[("go.mod", "require (\n\tgithub.com/joho/godotenv v1.4.0\n)\n")], "godotenv", "godotenv v1.4.0"),
            (&[("go.mod", "require github.com/joho/godotenv v1.5.1\n")], "godotenv", ""),
            (&[("Gemfile", "gem 'dotenv-rails', '~> 2.7'\n")], "ruby-dotenv", "ruby-dotenv ~> 2.7"),
            (&[("Gemfile.lock", "    dotenv (2.7.6)\n    rails (7.0)\n")], "ruby-dotenv", "ruby-dotenv 2.7.6"),
            (&[("Gemfile.lock", "    dotenv (3.1.0)\n")], "ruby-dotenv", ""),
            (&[("go.mod", "require github.com/joho/godotenv v1.4.0\n")], "node", ""),
        ] {
            let sightings: Vec<_> = files.iter().flat_map(|(name, text)| named(name, name, text)).collect();
            let found = older(&readers.split(' ').collect::<Vec<_>>(), &sightings);
            let told: Vec<_> = found.iter().map(|one| format!("{} {}", one.reader, one.version)).collect();
            assert_eq!(told.join(" "), expected, "{files:?}");
        }
    }
}
