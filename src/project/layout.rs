//! Which files make which environment, from the names in a folder.

use std::collections::BTreeMap;

/// An environment and its layer files, lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The environment.
    pub name: String,
    /// Paths relative to the project.
    pub files: Vec<String>,
}

/// The rank of a layer within its environment: shared before own, sealed after plain, personal last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Plain,
    Sealed,
    Personal,
}

/// The name that [`Stack`] has when a project has only files that every environment shares.
pub const ALONE: &str = "default";

/// The stacks of a folder `environments/` that holds `names`.
#[must_use]
pub fn of_folder(names: &[String], personal: bool) -> Vec<Stack> {
    let parts = names.iter().filter_map(|name| {
        let stem = name.strip_suffix(".age").unwrap_or(name).strip_suffix(".env")?;
        let sealed = stem.strip_suffix(".secrets");
        let own = stem.strip_suffix(".local");
        let (environment, rank) = match (sealed, own) {
            (Some(environment), _) => (environment, Rank::Sealed),
            (_, Some(environment)) => (environment, Rank::Personal),
            _ => (stem, Rank::Plain),
        };
        // `.env` alone would be an environment without a name, `prod.env.age` a sealed file without the word for it.
        let odd = environment.is_empty() || (rank == Rank::Plain && name.ends_with(".age"));
        (!odd && !is_example(environment)).then(|| (environment, rank, format!("environments/{name}")))
    });
    stack(parts, "base", "base", personal)
}

/// The stacks of a project folder that holds `names`, where `.env` is the base and `.env.<name>` the environments.
#[must_use]
pub fn of_root(names: &[String], personal: bool) -> Vec<Stack> {
    let parts = names.iter().filter_map(|name| {
        // SOPS takes only names that end in `.env` for dotenv, so sealed layers are named as in `environments/`.
        let sealed = name.strip_suffix(".age").unwrap_or(name).strip_suffix(".secrets.env");
        if let Some(environment) = sealed {
            let environment = if environment == "base" { "" } else { environment };
            return (!is_example(environment)).then(|| (environment, Rank::Sealed, name.clone()));
        }
        let rest = name.strip_prefix(".env")?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix('.')? };
        let own = if rest == "local" { Some("") } else { rest.strip_suffix(".local") };
        let (environment, rank) = match own {
            Some(environment) => (environment, Rank::Personal),
            None => (rest, Rank::Plain),
        };
        (!is_example(environment)).then(|| (environment, rank, name.clone()))
    });
    stack(parts, "", ALONE, personal)
}

/// What an env file is that no environment uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loose {
    /// It documents, and is meant to be in git: `.env.example`.
    Example,
    /// A copy, or the file of a program that sparkcfg does not know: `.env.bak`, `prod.env~`, `docker.env`.
    Copy,
}

/// What an env file is that is no layer, by its name; `None` for what is no env file, and for what is encrypted.
#[must_use]
pub fn loose(name: &str) -> Option<Loose> {
    const OTHERS: &[&str] = &[
        "7z",
        "age",
        "asc",
        "bash",
        "cjs",
        "crypt",
        "css",
        "enc",
        "encrypted",
        "fish",
        "go",
        "gpg",
        "gz",
        "html",
        "ini",
        "java",
        "js",
        "json",
        "json5",
        "jsx",
        "lock",
        "md",
        "mjs",
        "p7m",
        "php",
        "pl",
        "ps1",
        "py",
        "rb",
        "rs",
        "scss",
        "sh",
        "swo",
        "swp",
        "tar",
        "tgz",
        "toml",
        "ts",
        "tsx",
        "vault",
        "xml",
        "yaml",
        "yml",
        "zip",
        "zsh",
        "zst",
    ];
    let lower = name.to_ascii_lowercase();
    let end = lower.rsplit('.').next().unwrap_or_default();
    let (before, after) = match lower.split_once(".env") {
        Some(parts) => parts,
        // `env.example` is a common way to show a file whose name begins with a dot.
        None => ("", lower.strip_prefix("env").filter(|rest| is_example(rest))?),
    };
    let ends = after.is_empty() || after == "rc" || after.starts_with(['.', '~', '-', '_', ' ']);
    if !ends || OTHERS.contains(&end) {
        return None;
    }
    let documents = before.split(['.', '-', '_']).chain(after.split(['.', '-', '_'])).any(|part| {
        matches!(
            part,
            "example" | "examples" | "sample" | "template" | "tmpl" | "dist" | "defaults" | "schema" | "j2" | "tpl"
        )
    });
    Some(if documents { Loose::Example } else { Loose::Copy })
}

/// Whether a file shows what an env file may hold: `.env.example`, `env.sample`, `.env.prod.template`.
#[must_use]
pub fn documents(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let shows = |part: &str| matches!(part, "example" | "examples" | "sample" | "template" | "dist");
    loose(name) == Some(Loose::Example) && name.to_ascii_lowercase().split(['.', '-', '_']).any(shows)
}

/// The environment that a file which is no layer was about, by its name: `prod` of `prod.env~` and of `.env.prod.bak`.
#[must_use]
pub fn environment_of_loose(name: &str) -> Option<&str> {
    let (before, after) = name.split_once(".env")?;
    let own = before.trim_start_matches('.').trim_end_matches(".secrets").trim_end_matches(".local");
    let part = if own.is_empty() { after.strip_prefix('.')?.split(['.', '~']).next()? } else { own };
    (!part.is_empty() && part != "base" && !is_example(part)).then_some(part)
}

/// `.env.example` and its kin document; they configure nothing.
fn is_example(environment: &str) -> bool {
    environment.split('.').any(|part| {
        matches!(
            part,
            "example"
                | "examples"
                | "sample"
                | "template"
                | "tmpl"
                | "dist"
                | "defaults"
                | "schema"
                | "vault"
                | "keys"
                | "me"
                | "bak"
                | "backup"
                | "old"
                | "orig"
                | "swp"
                | "j2"
                | "patch"
                | "diff"
        )
    }) || environment.ends_with('~')
}

fn stack<'a>(
    parts: impl Iterator<Item = (&'a str, Rank, String)>,
    base: &str,
    alone: &str,
    personal: bool,
) -> Vec<Stack> {
    let mut shared = Vec::new();
    let mut own: BTreeMap<(u8, &str), Vec<(Rank, String)>> = BTreeMap::new();
    for (environment, rank, path) in parts {
        if environment == base {
            shared.push((rank, path));
        } else {
            let files = own.entry((order(environment), environment)).or_default();
            files.push((rank, path));
        }
    }
    shared.sort();
    let personal_of = |files: Vec<(Rank, String)>| -> (Vec<_>, Vec<_>) {
        let (own, rest): (Vec<_>, Vec<_>) = files.into_iter().partition(|(rank, _)| *rank == Rank::Personal);
        (rest, if personal { own } else { Vec::new() })
    };
    let (shared, shared_personal) = personal_of(shared);
    let paths = |files: Vec<(Rank, String)>| files.into_iter().map(|(_, path)| path);
    let mut stacks = Vec::new();
    for ((_, name), mut files) in own {
        files.sort();
        let (files, own_personal) = personal_of(files);
        if !files.is_empty() {
            let ladder = [shared.clone(), files, shared_personal.clone(), own_personal];
            stacks.push(Stack { name: name.to_owned(), files: ladder.into_iter().flat_map(paths).collect() });
        }
    }
    if stacks.is_empty() && !shared.is_empty() {
        let files = paths(shared).chain(paths(shared_personal)).collect();
        stacks.push(Stack { name: alone.to_owned(), files });
    }
    stacks
}

/// Whether a file is a person's own, by its name: `prod.local.env`, `.env.local`, `.env.prod.local`.
#[must_use]
pub fn is_personal(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let own = |rest: &str| rest.starts_with('.') && rest.ends_with(".local");
    name.strip_suffix(".local.env").is_some_and(|environment| !environment.is_empty())
        || name.strip_prefix(".env").is_some_and(own)
}

/// Environments in the order in which a change travels through them.
#[must_use]
pub fn order(environment: &str) -> u8 {
    match environment {
        "local" => 0,
        "dev" | "development" => 1,
        "test" | "testing" | "ci" => 2,
        "staging" | "stage" => 4,
        "prod" | "production" => 5,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::{Loose, Stack, environment_of_loose, is_personal, loose, of_folder, of_root};

    fn shape(stacks: &[Stack]) -> Vec<String> {
        stacks.iter().map(|stack| format!("{}: {}", stack.name, stack.files.join(" "))).collect()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn folders() {
        let all = names(&[
            "prod.local.env",
            "prod.env",
            "README.md",
            "base.secrets.env",
            "base.env",
            "dev.env",
            "prod.secrets.env.age",
            "dev.env.example",
            "example.env",
            "staging.secrets.env",
            "prod.env.age",
        ]);
        assert_eq!(
            shape(&of_folder(&all, true)),
            [
                "dev: environments/base.env environments/base.secrets.env environments/dev.env",
                "staging: environments/base.env environments/base.secrets.env environments/staging.secrets.env",
                "prod: environments/base.env environments/base.secrets.env environments/prod.env \
                 environments/prod.secrets.env.age environments/prod.local.env",
            ]
        );
        assert!(!shape(&of_folder(&all, false)).iter().any(|stack| stack.contains("local")));
        assert_eq!(shape(&of_folder(&names(&["base.env"]), false)), ["base: environments/base.env"]);
    }

    #[test]
    fn roots() {
        let all = names(&[
            ".env",
            ".env.prod",
            ".env.example",
            ".env.prod.example",
            ".env.local",
            ".env.prod.local",
            "base.secrets.env",
            "prod.secrets.env.age",
            ".envrc",
        ]);
        assert_eq!(shape(&of_root(&all, false)), ["prod: .env base.secrets.env .env.prod prod.secrets.env.age"]);
        assert_eq!(
            shape(&of_root(&all, true)),
            ["prod: .env base.secrets.env .env.prod prod.secrets.env.age .env.local .env.prod.local"]
        );
        assert_eq!(shape(&of_root(&names(&[".env"]), false)), ["default: .env"]);
        assert_eq!(shape(&of_root(&names(&[".env.example"]), false)), Vec::<String>::new());
    }

    #[test]
    fn files_that_are_no_layers() {
        const COPY: Option<Loose> = Some(Loose::Copy);
        const EXAMPLE: Option<Loose> = Some(Loose::Example);
        for (name, expected, environment) in [
            (".env.bak", COPY, None),
            (".env.old", COPY, None),
            (".env~", COPY, None),
            (".env-backup", COPY, None),
            (".envrc", COPY, None),
            (".env", COPY, None),
            ("prod.env.orig", COPY, Some("prod")),
            ("prod.env~", COPY, Some("prod")),
            ("prod.secrets.env.bak", COPY, Some("prod")),
            (".env.prod.bak", COPY, Some("prod")),
            (".env.keys", COPY, None),
            ("base.env.save", COPY, None),
            ("docker.env", COPY, Some("docker")),
            (".env.example", EXAMPLE, None),
            (".env.prod.example", EXAMPLE, Some("prod")),
            ("prod.env.sample", EXAMPLE, Some("prod")),
            ("example.env", EXAMPLE, None),
            ("env.example", EXAMPLE, None),
            (".env.schema", EXAMPLE, None),
            (".env.vault", None, None),
            ("prod.env.age", None, Some("prod")),
            (".env.gpg", None, Some("gpg")),
            ("next-env.d.ts", None, None),
            ("prod.env.js", None, Some("prod")),
            ("env.rs", None, None),
            (".environment", None, Some("ironment")),
            ("environment.yml", None, None),
            ("README.md", None, None),
        ] {
            assert_eq!(loose(name), expected, "{name}");
            if expected.is_some() {
                assert_eq!(environment_of_loose(name), environment, "{name}");
            }
        }
    }

    #[test]
    fn personal_files() {
        for (path, expected) in [
            ("environments/prod.local.env", true),
            (".env.local", true),
            ("services/api/.env.prod.local", true),
            ("environments/local.env", false),
            ("local.env", false),
            (".env", false),
            (".env.notlocal", false),
            ("prod.env", false),
        ] {
            assert_eq!(is_personal(path), expected, "{path}");
        }
    }
}
