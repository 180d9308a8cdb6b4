//! Which files name versions of readers, and how.

use std::sync::LazyLock;

use regex::Regex;

use super::{Package, Pattern};

/// A kind of file that names versions.
pub(super) struct Naming {
    pub(super) files: fn(&str) -> bool,
    pub(super) pattern: Pattern,
    /// The package that the first group names.
    pub(super) package: fn(&str) -> Package,
    /// Whether this is what is installed, and not what may be.
    pub(super) is_locked: bool,
}

const fn naming(files: fn(&str) -> bool, pattern: Pattern, package: fn(&str) -> Package, is_locked: bool) -> Naming {
    Naming { files, pattern, package, is_locked }
}

fn npm(name: &str) -> Package {
    match name {
        "dotenv-expand" => Package::DotenvExpand,
        "dotenv-cli" => Package::DotenvCli,
        _ => Package::Dotenv,
    }
}

/// The name as it may be written.
const PYTHON_DOTENV: &str = "python[-_.]dotenv";

/// In each pattern the first group is the package, and the second the version.
pub(super) static NAMING: [Naming; 18] = [
    naming(
        |name| name == "package.json",
        LazyLock::new(|| Regex::new(r#""(dotenv|dotenv-expand|dotenv-cli)"\s*:\s*"([^"]+)""#).ok()),
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
    // What `catalog:` in a manifest stands for.
    naming(
        |name| name == "pnpm-workspace.yaml",
        LazyLock::new(|| Regex::new(r#"(?m)^ +["']?(dotenv|dotenv-expand|dotenv-cli)["']? *: *["']?([^\s"'#]+)"#).ok()),
        npm,
        false,
    ),
    naming(
        |name| name == "bun.lock",
        LazyLock::new(|| {
            Regex::new(r#""(?:[^"\s]*/)?(dotenv|dotenv-expand)"\s*:\s*\[\s*"(?:dotenv|dotenv-expand)@([0-9][^"]*)""#)
                .ok()
        }),
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
        |name| name.starts_with("requirements") && (name.ends_with(".txt") || name.ends_with(".in")),
        LazyLock::new(|| {
            let version = r"([<>=!~][\w.*,<>=!~ \t+]*[\w*])";
            Regex::new(&format!(r"(?mi)^[ \t]*({PYTHON_DOTENV})[ \t]*(?:\[[^\]\n]*\])?[ \t]*{version}")).ok()
        }),
        |_| Package::PythonDotenv,
        false,
    ),
    // `"python-dotenv>=0.10,<0.11"`
    naming(
        |name| name == "pyproject.toml",
        LazyLock::new(|| {
            let version = r#"([<>=!~][^"';\n]*)"#;
            Regex::new(&format!(r#"(?i)["']({PYTHON_DOTENV})\s*(?:\[[^\]\n]*\])?\s*{version}"#)).ok()
        }),
        |_| Package::PythonDotenv,
        false,
    ),
    // `python-dotenv = "^0.10"`, and `{ version = "^0.10" }`
    naming(
        |name| matches!(name, "pyproject.toml" | "Pipfile"),
        LazyLock::new(|| {
            let version = r#"(?:\{[^}\n]*\bversion[ \t]*=[ \t]*)?["']([^"'\n]+)["']"#;
            Regex::new(&format!(r#"(?mi)^[ \t]*["']?({PYTHON_DOTENV})["']?[ \t]*=[ \t]*{version}"#)).ok()
        }),
        |_| Package::PythonDotenv,
        false,
    ),
    naming(
        |name| matches!(name, "uv.lock" | "poetry.lock" | "pdm.lock" | "pylock.toml"),
        LazyLock::new(|| Regex::new(&format!(r#"(?mi)^name = "({PYTHON_DOTENV})"\r?\nversion = "([0-9][^"]*)""#)).ok()),
        |_| Package::PythonDotenv,
        true,
    ),
    naming(
        |name| name == "Pipfile.lock",
        LazyLock::new(|| {
            let version = r#"\{[^{}]*"version"\s*:\s*"([^"]+)""#;
            Regex::new(&format!(r#"(?i)"({PYTHON_DOTENV})"\s*:\s*{version}"#)).ok()
        }),
        |_| Package::PythonDotenv,
        true,
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
        is_of_image,
        LazyLock::new(|| Regex::new(r"(?mi)^FROM\s+(?:--\S+\s+)*(?:\S*/)?(node):([0-9][0-9.]*)").ok()),
        |_| Package::Node,
        false,
    ),
];

/// Whether a file says what an image is made of.
pub(super) fn is_of_image(name: &str) -> bool {
    name.starts_with("Dockerfile") || name.ends_with(".Dockerfile")
}
