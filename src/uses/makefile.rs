//! Makefiles: what is expanded and not set in the file, `?=`, `ifdef`, and the shell of recipes.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{Fallback, Kind, MAX_DEFAULT, Path, Use, is_screaming, shell, to_u32};
use crate::detection;

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.name, "Makefile" | "makefile" | "GNUmakefile") || matches!(path.extension, "mk" | "mak")
}

/// Names that make sets itself.
const OWN: &[&str] = &[
    "MAKE",
    "MAKEFLAGS",
    "MAKEFILE_LIST",
    "MAKECMDGOALS",
    "MAKEFILES",
    "MAKELEVEL",
    "MAKE_VERSION",
    "MAKE_COMMAND",
    "CURDIR",
    "SHELL",
    "SUFFIXES",
    "CC",
    "CXX",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "LDLIBS",
    "AR",
    "AS",
    "LD",
    "RM",
    "CPP",
    "ARFLAGS",
    "FC",
    "YACC",
    "LEX",
    "VPATH",
    "MFLAGS",
    "DEFAULT_GOAL",
    "VARIABLES",
    "OS",
    "PREFIX",
    "DESTDIR",
    "INSTALL",
];

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let own: HashSet<&str> =
        text.lines().filter_map(assigned).filter(|(_, sign)| *sign != "?=").map(|(name, _)| name).collect();
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let is_recipe = line.starts_with('\t');
        let code = if is_recipe { line } else { without_comment(line) };
        if code.trim_start().starts_with('#') {
            continue;
        }
        if let (Some((name, "?=")), false) = (assigned(code), is_recipe) {
            let from = code.find(name).unwrap_or_default();
            let value = code.find("?=").map_or("", |equals| &code[equals + 2..]).trim();
            let value_at = code.len() - code.trim_end().len();
            let value_at = code.len() - value_at - value.len();
            let fallback = if value.contains('$') || value.is_empty() {
                Fallback::Computed
            } else {
                Fallback::Text {
                    text: value.to_owned(),
                    at: to_u32(start + value_at)..to_u32(start + value_at + value.len()),
                }
            };
            found.push(one(name, start + from, fallback));
        }
        let words: Vec<&str> = code.split_whitespace().collect();
        if let ["ifdef" | "ifndef", name, ..] = words.as_slice()
            && let Some(from) = code.rfind(name)
        {
            found.push(one(name, start + from, Fallback::Optional));
        }
        expansions(code, start, is_recipe, &mut found);
    }
    let counts = |found: &Use| !own.contains(found.name.as_str()) && !OWN.contains(&found.name.as_str());
    uses.extend(found.into_iter().filter(|found| is_screaming(&found.name) && counts(found)));
}

fn one(name: &str, at: usize, fallback: Fallback) -> Use {
    let at = to_u32(at)..to_u32(at + name.len());
    Use { name: name.to_owned(), at, kind: Kind::Read, fallback, sure: false, owner: None, secret: None }
}

/// The name that a line sets, and by which sign.
fn assigned(line: &str) -> Option<(&str, &str)> {
    if line.starts_with('\t') {
        return None;
    }
    let line = line.trim_start();
    let line = ["export ", "override ", "define "].iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
    let line = line.trim_start();
    let length = line.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(line.len());
    let rest = line[length..].trim_start();
    let sign = ["?=", ":=", "::=", ":::=", "+=", "!=", "="].into_iter().find(|sign| rest.starts_with(sign))?;
    (length > 0).then(|| (&line[..length], sign))
}

/// The names that a Makefile plausibly takes from the environment, whatever it is called: of what nothing in it sets, or sets
/// with `?=` for others, those that are called as a credential or the address of a service is.
#[must_use]
pub fn from_outside(text: &str) -> HashSet<&str> {
    static SET: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\b([A-Za-z_][A-Za-z0-9_]*)[ \t]*(?:::?:?|\+|!)?=").ok());
    static GIVEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?m)^(export[ \t]+)?([A-Z][A-Z0-9_]+)[ \t]*\?=|^export[ \t]+([A-Z][A-Z0-9_]+)[ \t]*$").ok()
    });
    static TAKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\$[({]([A-Z][A-Z0-9_]+)[)}]|\$\$\{?([A-Z][A-Z0-9_]+)|(?m:^ifn?def[ \t]+([A-Z][A-Z0-9_]+))").ok()
    });
    // Another Makefile may set what this one does not.
    let includes = |line: &str| {
        let mut words = line.split_whitespace();
        matches!(words.next(), Some("include" | "-include" | "sinclude")) && words.any(|file| !file.contains(".env"))
    };
    if text.lines().any(includes) {
        return HashSet::new();
    }
    let named = |pattern: &LazyLock<Option<Regex>>| -> Vec<&str> {
        let found = pattern.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(text));
        found.flat_map(|found| found.iter().skip(1).flatten().map(|name| name.as_str()).collect::<Vec<_>>()).collect()
    };
    // Whoever runs make is asked for it: `make deploy API_TOKEN=…`.
    let set: HashSet<&str> = named(&SET).into_iter().collect();
    let given: HashSet<&str> = named(&GIVEN).into_iter().collect();
    let taken = named(&TAKEN).into_iter();
    taken.filter(|name| (given.contains(name) || !set.contains(name)) && speaks_of_service(name)).collect()
}

/// Whether a name is called as a credential or the address of a service is.
fn speaks_of_service(name: &str) -> bool {
    const WORDS: &[&str] =
        &["ACCOUNT", "BUCKET", "DSN", "ENDPOINT", "HOST", "PORT", "REGION", "URI", "URL", "USER", "USERNAME"];
    let (first, last) = (name.split('_').next(), name.rsplit('_').next());
    detection::names_secret(name)
        || detection::names_some_key(name)
        || last.is_some_and(|word| WORDS.contains(&word)) && (first != last || last == Some("REGION"))
}

fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| *at == 0 || !line[..*at].ends_with('\\'));
    comment.map_or(line, |(at, _)| &line[..at])
}

/// `$(X)`, `${X}`; in a recipe `$$X` and `$${X}`, which the shell expands.
fn expansions(line: &str, base: usize, is_recipe: bool, found: &mut Vec<Use>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(dollar) = memchr::memchr(b'$', &bytes[at..]).map(|dollar| at + dollar) {
        at = dollar + 1;
        match bytes.get(at) {
            Some(b'$') if is_recipe => {
                let script = shell::scan(&line[at..line.floor_char_boundary(at + MAX_DEFAULT)], to_u32(base + at));
                found.extend(script.reads.into_iter().take(1).filter(|read| {
                    // Only what stands right here: the rest of the line has its turn.
                    read.at.start as usize <= base + at + 3
                }));
                at += 1;
            }
            Some(b'$') => at += 1,
            Some(open @ (b'(' | b'{')) => {
                let rest = &line[at + 1..];
                let length = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(rest.len());
                let close = if *open == b'(' { ')' } else { '}' };
                if rest[length..].starts_with([close, ':']) {
                    found.push(one(&rest[..length], base + at + 1, Fallback::Absent));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::from_outside;

    #[test]
    fn what_is_plausibly_of_the_environment() {
        for (text, expected) in [
            (
                "all:\n\tcurl $(API_TOKEN) ${REGISTRY_PASSWORD} $$DEPLOY_HOST $${A_URL}",
                "API_TOKEN A_URL DEPLOY_HOST REGISTRY_PASSWORD",
            ),
            ("ifdef DEPLOY_KEY\nX=1\nendif\n", "DEPLOY_KEY"),
            ("REGION ?= eu\nall:\n\tx $(REGION)\n", "REGION"),
            ("REGION ?= eu\n", ""),
            ("API_TOKEN := x\nall:\n\tx $(API_TOKEN)\n", ""),
            ("# make all API_TOKEN=x\nall:\n\tx $(API_TOKEN)\n", ""),
            ("all:\n\tfor API_URL in a b; do x $$API_URL; done\n", "API_URL"),
            ("include other.mk\nall:\n\tx $(API_TOKEN)\n", ""),
            ("-include .env\nall:\n\tx $(API_TOKEN)\n", "API_TOKEN"),
            ("all:\n\t$(CC) $(CFLAGS) $(SRC) $(IMAGE_TAG) $(ARGS) $(HOST)\n", ""),
        ] {
            let mut found: Vec<_> = from_outside(text).into_iter().collect();
            found.sort_unstable();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn uses() {
        for (text, expected) in [
            (
                "A_B ?= info # note\nall:\n\techo $(A_B) ${C_D} $(shell x) $@ $$E_F $${G_H}\n",
                "~A_B=info ~A_B ~C_D ~E_F ~G_H",
            ),
            ("A_B := 1\nall:\n\techo $(A_B) $(CURDIR) $(lower)\n", ""),
            ("ifdef A_B\nendif\nifndef C_D\nendif\n", "~A_B? ~C_D?"),
            ("export A_B = 1\n# $(C_D)\nX = $(E_F:.c=.o)\n", "~E_F"),
            ("A_B ?= $(C_D)\n", "~A_B=? ~C_D"),
            ("$(", ""),
        ] {
            assert_eq!(shown("Makefile", text), expected, "{text}");
        }
    }
}
