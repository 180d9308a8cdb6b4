//! The project has a reader of its env files in a version that reads them otherwise than the one that sparkcfg knows.
//!
//! The version is the one in a lock (`package-lock.json`, `pnpm-lock.yaml`, `yarn.lock`, `bun.lock`, `go.mod` with its
//! `replace`, `Gemfile.lock`, `uv.lock`, `poetry.lock`, `pdm.lock`, `pylock.toml`, `Pipfile.lock`), else the one that a manifest,
//! a list of requirements or a catalog of pnpm asks for; that of node stands in `.nvmrc`, `.node-version`, `.tool-versions`,
//! under `engines` or `volta` in `package.json`, or behind the last `FROM node:`. Where one of several of them reads as
//! sparkcfg knows it, this is quiet; not of node, which may be one version in an image and another at work: then what the
//! later one sees is compared with the other readers.
//! npm's dotenv before 16, dotenv-expand before 1000, godotenv before 1.5, Ruby's dotenv before 3, python-dotenv before 0.16
//! and node before 22 read otherwise, and so does dotenv-cli up to 11, which has a dotenv-expand of 12 at most. What such a reader sees is not compared with the others, and `--fix` writes into its
//! files only what all versions read alike: plain values of letters, digits and `! % * + , - . / : = ? @ [ ] ^ _ { } ~`.
//!
//! Why it hurts: npm's dotenv 10 takes `fast   # the default` for the value, comment and all, and of a value over two lines
//! the first one with its quote.
//!
//! Example: `"dotenv": "^10.0.0"` in `package.json`.
//!
//! Remedy: take a later version, or keep to plain values; then silence this with `older-reader = "off"` under `[severity]`.

use super::Subject;
use crate::dialects;
use crate::finding::{Finding, Rule, Severity};
use crate::project::consumers::Older;
use crate::source::printable;

pub(super) static RULE: Rule = Rule {
    code: "older-reader",
    severity: Severity::Note,
    summary: "a reader is of a version that reads env files otherwise",
    page: include_str!("older_reader.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    for (older, place) in &project.older_readers {
        let Older { reader, package, version, first, before, beside, .. } = older;
        let known = dialects::find(reader).map_or("", |dialect| dialect.version);
        let version = printable(version);
        let message =
            format!("{package} {version} reads env files otherwise than {known}, which {reader} stands for here");
        let unlike = beside.as_ref().map_or_else(String::new, |path| format!(", unlike that of {}", printable(path)));
        let (when, take) = match first {
            Some(first) => (format!("before {first} it"), format!(": take {first} or later")),
            None => ("it".to_owned(), String::new()),
        };
        let help = format!(
            "{when} {before}; what it sees is not compared{unlike}, and --fix writes only what it reads alike{take}"
        );
        findings.push(Finding::new(&RULE, message).at(*place, "this version").help(help));
    }
}
