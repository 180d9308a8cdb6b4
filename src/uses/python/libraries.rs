//! What libraries read for a program of Python: decouple, starlette, environs, django-environ, dj-database-url, dynaconf, click.

use std::ops::Range;

use super::super::lexer::Lexed;
use super::super::{Fallback, Kind, Use, is_screaming};
use super::Reading;

/// Methods of environs and django-environ that nobody else's `env` has together with a name.
const TYPES: &[&str] = &[
    "str",
    "int",
    "float",
    "bool",
    "list",
    "tuple",
    "dict",
    "json",
    "url",
    "path",
    "db",
    "db_url",
    "cache",
    "cache_url",
    "email",
    "email_url",
    "search_url",
];

/// Objects of environs and django-environ, by their names.
pub(super) struct Environs<'t> {
    /// Whether a text has one of the two at all.
    imported: bool,
    /// Those that are made here.
    own: Vec<&'t str>,
    /// Whether `env` is that of another module, as in `from .base import env`.
    shared: bool,
}

impl<'t> Environs<'t> {
    pub(super) fn of(lexed: &Lexed<'t>) -> Self {
        let all = || 0..lexed.tokens.len();
        // `import os, environ`, `from environs import Env`; not `from os import environ`.
        let begins = |at: usize| lexed.tokens[at].indent.is_some();
        let named = |at: usize, names: &[&str]| {
            let line = (at + 1..lexed.tokens.len()).take_while(|at| !begins(*at));
            line.into_iter().any(|at| names.contains(&lexed.at(at)))
        };
        let imported = all().filter(|at| begins(*at)).any(|at| match lexed.at(at) {
            "import" => named(at, &["environ", "environs"]),
            "from" => matches!(lexed.at(at + 1), "environ" | "environs"),
            _ => false,
        });
        let takes = |at: usize| lexed.at(at) == "from" && named(at, &["env"]);
        let shared = !imported && all().filter(|at| begins(*at)).any(takes);
        let made = |at: &usize| {
            let value = if lexed.follows(at + 2, &["environ", "."]) || lexed.follows(at + 2, &["environs", "."]) {
                4
            } else {
                2
            };
            lexed.at(at + 1) == "="
                && matches!(lexed.at(at + value), "Env" | "FileAwareEnv")
                && lexed.at(at + value + 1) == "("
        };
        let own =
            if imported { all().filter(made).map(|at| lexed.at(at)).chain(["env"]).collect() } else { Vec::new() };
        Self { imported, own, shared }
    }
}

impl Reading<'_, '_> {
    /// decouple, starlette, environs, django-environ, click.
    pub(super) fn libraries(&mut self, index: usize, uses: &mut Vec<Use>) {
        let lexed = self.lexed;
        let is_call = lexed.at(index + 1) == "(";
        match lexed.at(index) {
            // `dj_database_url.config(default="sqlite://…")`
            "config"
                if is_call
                    && (lexed.follows(index.saturating_sub(2), &["dj_database_url", "."])
                        || self.database_url && lexed.before(index, 1) != ".") =>
            {
                self.database_url(index, uses);
            }
            "config" if self.decouple && is_call && lexed.before(index, 1) != "." => {
                self.call(index + 1, Fallback::Required, uses);
            }
            word if is_call && lexed.before(index, 1) != "." && self.environs.own.contains(&word) => {
                self.environs_call(index + 1, uses);
            }
            word if lexed.at(index + 1) == "."
                && lexed.at(index + 3) == "("
                && (self.environs.own.contains(&word)
                    || word == "env" && self.environs.shared && lexed.before(index, 1) != ".") =>
            {
                let convenient = match (lexed.at(index + 2), lexed.at(index + 4)) {
                    ("db" | "db_url", ")") => Some("DATABASE_URL"),
                    ("cache" | "cache_url", ")") => Some("CACHE_URL"),
                    ("email" | "email_url", ")") => Some("EMAIL_URL"),
                    _ => None,
                };
                if let Some(name) = convenient {
                    let (name, at) = (name.to_owned(), lexed.range(index + 2));
                    let (kind, fallback) = (Kind::Read, Fallback::Required);
                    uses.push(Use { name, at, kind, fallback, sure: true, owner: None, secret: None });
                }
                if !matches!(lexed.at(index + 2), "read_env" | "prefixed") {
                    let from = uses.len();
                    self.environs_call(index + 3, uses);
                    // What another module calls so may be somebody else's.
                    let typed = TYPES.contains(&lexed.at(index + 2));
                    uses[from..].iter_mut().for_each(|found| found.sure &= typed || !self.environs.shared);
                }
            }
            // `environ.Env(DEBUG=(bool, False))`
            "Env" if self.environs.imported && is_call => {
                for argument in lexed.arguments(index + 1) {
                    if lexed.at(argument.start + 1) == "=" && is_screaming(lexed.at(argument.start)) {
                        let parts = lexed.arguments(argument.start + 2);
                        let fallback = parts.get(1).map_or(Fallback::Required, |part| lexed.fallback(part.clone()));
                        self.push(argument.start, Kind::Read, fallback, uses);
                    }
                }
            }
            // `app.config.from_prefixed_env("APP")` of Flask
            "from_prefixed_env" if is_call => {
                let named = lexed.arguments(index + 1).into_iter().find(|argument| lexed.at(argument.start + 1) != "=");
                if let Some(at) = named.map(|argument| argument.start)
                    && let Some(prefix) = lexed.string(at)
                {
                    uses.push(Use::prefix(format!("{prefix}_"), lexed.range(at)));
                }
            }
            // `Dynaconf(envvar_prefix="APP")`
            "envvar_prefix" if lexed.at(index + 1) == "=" => {
                let prefix = lexed.string(index + 2).filter(|prefix| !prefix.is_empty());
                let prefix = prefix.map(|prefix| format!("{}_", prefix.to_ascii_uppercase())).unwrap_or_default();
                uses.push(Use::prefix(prefix, lexed.range(index + 2)));
            }
            "envvar" if lexed.at(index + 1) == "=" => {
                if let Some(name) = self.name(index + 2) {
                    self.push(name, Kind::Read, Fallback::Optional, uses);
                }
            }
            _ => {}
        }
    }

    /// What `dj_database_url` reads by itself: `DATABASE_URL`, or what `env=` says.
    fn database_url(&self, index: usize, uses: &mut Vec<Use>) {
        let lexed = self.lexed;
        let arguments = lexed.arguments(index + 1);
        let given = |name: &str| {
            let is_it = |argument: &&Range<usize>| lexed.follows(argument.start, &[name, "="]);
            arguments.iter().find(is_it).map(|argument| argument.start + 2..argument.end)
        };
        let default = given("default").map_or(Fallback::Optional, |default| lexed.fallback(default));
        let named = given("env").map(|value| value.start).filter(|at| lexed.string(*at).is_some());
        let found = match named {
            Some(at) => lexed.used(at, Kind::Read, default, true),
            None => lexed
                .used(index, Kind::Read, default, true)
                .map(|found| Use { name: "DATABASE_URL".to_owned(), ..found }),
        };
        uses.extend(found);
    }

    /// Within a block with a prefix the name is only a part of the variable's.
    fn environs_call(&mut self, open: usize, uses: &mut Vec<Use>) {
        let from = uses.len();
        self.call(open, Fallback::Required, uses);
        let around = self.prefixes.iter().filter(|(body, _)| body.contains(&open));
        let prefix: Option<String> = around.map(|(_, prefix)| *prefix).collect();
        for found in &mut uses[from..] {
            found.sure = prefix.is_some();
            found.name.insert_str(0, prefix.as_deref().unwrap_or_default());
        }
    }
}

/// The bodies of `with env.prefixed("X_"):`, the outer ones first.
pub(super) fn prefixes<'t>(lexed: &Lexed<'t>) -> Vec<(Range<usize>, Option<&'t str>)> {
    let one = |at: usize| {
        let open = at + 1;
        (lexed.at(at) == "prefixed" && lexed.before(at, 1) == "." && lexed.at(open) == "(").then_some(())?;
        let begin = lexed.close(open);
        let is_over = |next: &usize| lexed.tokens[*next].indent.is_some_and(|indent| indent <= lexed.indent(at));
        let end = (begin..lexed.tokens.len()).find(is_over).unwrap_or(lexed.tokens.len());
        Some((begin..end, lexed.string(open + 1)))
    };
    (0..lexed.tokens.len()).filter_map(one).collect()
}
