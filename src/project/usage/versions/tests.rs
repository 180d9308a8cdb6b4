//! Versions as they are written, and which readers they show.

use super::{Older, highest, named, older};

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
        ("==0.10.1", Some([0, 10, 1])),
        ("== 0.10.*", Some([0, 10, OPEN])),
        ("^0.10.2", Some([0, 10, OPEN])),
        ("^0", Some([0, OPEN, OPEN])),
        ("~=0.10.2", Some([0, 10, OPEN])),
        ("~=0.10", Some([0, OPEN, OPEN])),
        (">=0.10,<0.15", Some([0, 14, OPEN])),
        (">=0.10,!=0.12", None),
        ("<0", None),
        ("<x", None),
        ("npm:dotenv@10", Some([10, OPEN, OPEN])),
        ("npm:@dotenvx/dotenvx@1", None),
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
        (&[(".nvmrc", "22\n"), ("Dockerfile", "FROM node:20-alpine\n")], "node", "node 20 beside .nvmrc"),
        (&[("Dockerfile", "FROM node:18 AS tools\nFROM node:22\n")], "node", ""),
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
        (
            &[
                ("package.json", "{\"dependencies\": {\"dotenv\": \"catalog:\"}}"),
                ("pnpm-workspace.yaml", "catalog:\n  dotenv: ^10.0.0\n"),
            ],
            "node-dotenv",
            "node-dotenv ^10.0.0",
        ),
        (&[("bun.lock", "\"dotenv\": [\"dotenv@10.0.0\", \"\", {}, \"x\"],")], "node-dotenv", "node-dotenv 10.0.0"),
        (&[("bun.lock", "\"a/dotenv\": [\"dotenv@16.4.5\", \"\"],")], "node-dotenv", ""),
        (&[("go.mod", "require (\n\tgithub.com/joho/godotenv v1.4.0\n)\n")], "godotenv", "godotenv v1.4.0"),
        (&[("go.mod", "require github.com/joho/godotenv v1.5.1\n")], "godotenv", ""),
        (
            &[(
                "go.mod",
                "require github.com/joho/godotenv v1.5.1\n\nreplace github.com/joho/godotenv => github.com/joho/godotenv v1.3.0\n",
            )],
            "godotenv",
            "godotenv v1.3.0",
        ),
        (
            &[(
                "go.mod",
                "require (\n\tgithub.com/joho/godotenv v1.4.0\n)\nreplace (\n\tgithub.com/joho/godotenv v1.4.0 => ../godotenv\n)\n",
            )],
            "godotenv",
            "",
        ),
        (
            &[(
                "go.mod",
                "require github.com/joho/godotenv v1.4.0\nreplace github.com/joho/godotenv v1.3.0 => github.com/joho/godotenv v1.5.1\n",
            )],
            "godotenv",
            "godotenv v1.4.0",
        ),
        (&[("Gemfile", "gem 'dotenv-rails', '~> 2.7'\n")], "ruby-dotenv", "ruby-dotenv ~> 2.7"),
        (&[("Gemfile.lock", "    dotenv (2.7.6)\n    rails (7.0)\n")], "ruby-dotenv", "ruby-dotenv 2.7.6"),
        (&[("Gemfile.lock", "    dotenv (3.1.0)\n")], "ruby-dotenv", ""),
        (&[("go.mod", "require github.com/joho/godotenv v1.4.0\n")], "node", ""),
        // It brings a dotenv-expand along; what a lock says of that is more.
        (&[("package.json", "{\"dotenv-cli\": \"7.4.2\"}")], "dotenv-expand", "dotenv-expand 7.4.2"),
        (&[("package.json", "{\"dotenv-cli\": \"*\"}")], "dotenv-expand", ""),
        (
            &[("package.json", "{\"dotenv-cli\": \"^7.0.0\"}"), ("pnpm-lock.yaml", "  dotenv-expand@10.0.0:\n")],
            "dotenv-expand",
            "dotenv-expand 10.0.0",
        ),
        (&[("package.json", "{\"dotenv-cli\": \"^7.0.0\", \"dotenv-expand\": \"^1000.0.0\"}")], "dotenv-expand", ""),
    ] {
        assert_eq!(told(files, readers), expected, "{files:?}");
    }
}

#[test]
fn python_dotenv_of_other_versions() {
    for (files, expected) in [
        (&[("requirements.txt", "python-dotenv\n")][..], ""),
        (&[("requirements.txt", "flask\nPython_Dotenv[cli] == 0.10.1 ; x\n")], "python-dotenv == 0.10.1"),
        (&[("requirements-dev.txt", "python-dotenv==0.15.0 --hash=sha256:0\n")], "python-dotenv ==0.15.0"),
        (&[("requirements.txt", "python-dotenv==1.0.1\n")], ""),
        (&[("requirements.txt", "python-dotenv>=0.10\n# python-dotenv==0.10\n")], ""),
        (&[("requirements.txt", "pytest-dotenv==0.5\nmy-python-dotenv==0.1\n")], ""),
        (
            &[("pyproject.toml", "dependencies = [\"a\", \"python-dotenv >=0.10,<0.14\"]\n")],
            "python-dotenv >=0.10,<0.14",
        ),
        (&[("pyproject.toml", "python-dotenv = \"^0.10.3\"\n")], "python-dotenv ^0.10.3"),
        (&[("Pipfile", "python-dotenv = { extras = [\"cli\"], version = \"==0.9.1\" }\n")], "python-dotenv ==0.9.1"),
        (
            &[
                ("pyproject.toml", "dependencies = [\"python-dotenv>=0.9\"]\n"),
                ("uv.lock", "[[package]]\nname = \"python-dotenv\"\nversion = \"0.10.1\"\n"),
            ],
            "python-dotenv 0.10.1",
        ),
        (&[("poetry.lock", "name = \"python-dotenv\"\nversion = \"1.1.0\"\n")], ""),
        (
            &[("Pipfile.lock", "\"python-dotenv\": { \"hashes\": [\"x\"], \"version\": \"==0.14.0\" }")],
            "python-dotenv ==0.14.0",
        ),
    ] {
        assert_eq!(told(files, "python-dotenv"), expected, "{files:?}");
    }
}

/// The readers out of some that these files show in another version.
fn told(files: &[(&str, &str)], readers: &str) -> String {
    let sightings: Vec<_> = files.iter().flat_map(|(name, text)| named(name, name, text)).collect();
    let found = older(&readers.split(' ').collect::<Vec<_>>(), &sightings);
    let beside = |one: &Older| one.beside.as_ref().map_or_else(String::new, |path| format!(" beside {path}"));
    let told: Vec<_> = found.iter().map(|one| format!("{} {}{}", one.reader, one.version, beside(one))).collect();
    told.join(" ")
}
