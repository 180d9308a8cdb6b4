//! Commands that read an env file, in scripts, manifests, units and Makefiles.

use std::sync::LazyLock;

use regex::Regex;

use super::signs::{Given, captured, given, matches};

type Pattern = LazyLock<Option<Regex>>;

/// Programs that are started with an env file. A container engine may be called by a variable.
static COMMANDS: [(&str, Pattern); 5] = [
    ("node", LazyLock::new(|| started(r#"\b(?:node|nodemon|tsx|ts-node)["', ]+[^|;&\n]*?--env-file"#))),
    ("bun", LazyLock::new(|| started(r"\bbun +[^|;&\n]*?--env-file"))),
    ("deno", LazyLock::new(|| started(r"\bdeno +[^|;&\n]*?--env(?:-file)?\b"))),
    ("uv", LazyLock::new(|| started(r"\buv +run +[^|;&\n]*?--env-file"))),
    ("docker-run", LazyLock::new(|| started(&format!("{CONTAINER}[^|;&\\n]*?--env-file")))),
];
const CONTAINER: &str = r#"(?:\b(?:docker|podman|nerdctl)|\$[({]?\w*(?:DOCKER|PODMAN|ENGINE|docker)\w*[^\s"]*)"? +(?:container +)?(?:run|create|exec)\b"#;
static RUNS: Pattern = LazyLock::new(|| Regex::new(CONTAINER).ok());
static COMPOSE: Pattern = LazyLock::new(|| Regex::new(r"\b(?:docker[ -]|podman-)compose\b").ok());
static FILES: Pattern = LazyLock::new(|| Regex::new(r#"--env(?:-file(?:-if-exists)?)?[= ]+["']?([^\s"',]+)"#).ok());

/// What stands before `.` or `source`; a recipe of make has signs of its own in front.
const BEFORE: &str = r#"(?:^|[\s;&"'(@+-])"#;
static SOURCED: Pattern = LazyLock::new(|| {
    let folder = r#"(?:\$\([^\n;|&]*\)/|`[^`\n]*`/|[^\s"';|&<`]*/)?"#;
    let name = r"[\w-]*\.env(?:\.(?:[\w-]+|\$\{?\w+\}?))*";
    Regex::new(&format!(r#"{BEFORE}(?:\.|source) +["']?({folder}{name})(?:$|[\s"';|&)])"#)).ok()
});
/// `. "$ENV_FILE"`, `. ./$(ENV_FILE)`, `. "$1"`.
static VARIABLE: Pattern = LazyLock::new(|| {
    let variable = r#"["']?[^\s"';|&]*\$[({]?([\w@*]+)[^\s"'/;|&]*["']?(?:$|[\s;|&)])"#;
    Regex::new(&format!(r"{BEFORE}(?:\.|source) +{variable}")).ok()
});
/// `source <(grep -v '^#' .env)`, `eval "$(cat .env)"`.
static MADE: Pattern = LazyLock::new(|| Regex::new(r#"(?:\bsource|(?:^|[\s;&(])\.) +<\(|\beval +"?\$\("#).ok());
/// A file that is looked for or copied is not read.
static MOVED: Pattern =
    LazyLock::new(|| Regex::new(r"\b(?:cp|mv|ln|rm|touch|test|echo|printf)\b|^\s*(?:if +)?\[").ok());
static NAME: Pattern = LazyLock::new(|| Regex::new(r"^[\w./~$-]*\.env(?:\.\w+)*$").ok());
pub(super) static CHANGED: Pattern = LazyLock::new(|| Regex::new(r#"\bcd +["']?([\w.-][\w./-]*)["']? *(?:&&|;)"#).ok());

fn started(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("{pattern}[^|;&\\n]*")).ok()
}

/// Who reads env files in a text that holds commands, and which.
pub(super) fn readers(text: &str) -> Vec<Given> {
    // A command may go on over several lines.
    let joined = text.replace("\\\n", " ");
    let lines: Vec<&str> = joined.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let mut found: Vec<Given> = Vec::new();
    for line in &lines {
        let before = found.len();
        for (reader, pattern) in &COMMANDS {
            for command in captured(pattern, line, 0) {
                let files = captured(&FILES, &command, 1);
                let named = !files.is_empty();
                found.extend(files.into_iter().map(|file| (*reader, Some(file))));
                found.extend((!named).then_some((*reader, None)));
            }
        }
        // `ARGS="--env-file .env"; docker run $ARGS`
        let is_told = found.len() > before || matches(&COMPOSE, line);
        if !is_told && line.contains("--env-file") && lines.iter().any(|line| matches(&RUNS, line)) {
            found.extend(captured(&FILES, line, 1).into_iter().map(|file| ("docker-run", Some(file))));
        }
        found.extend(sourced(line, &lines).into_iter().map(|file| ("shell", Some(file))));
        // `cd services/api && . ./.env`
        if let Some(folder) = captured(&CHANGED, line, 1).pop() {
            for file in found.iter_mut().skip(before).filter_map(|(_, file)| file.as_mut()) {
                if !file.starts_with(['/', '$', '~']) {
                    *file = format!("{folder}/{file}");
                }
            }
        }
    }
    // Its files are named in what it starts.
    found.extend(given(lines.iter().any(|line| matches(&COMPOSE, line)), "compose"));
    found
}

/// The env files that a shell sources in a line; by a variable, those that another line gives to that.
fn sourced(line: &str, lines: &[&str]) -> Vec<String> {
    let mut found = captured(&SOURCED, line, 1);
    if matches(&MADE, line) {
        found.extend(names(line));
    }
    for variable in captured(&VARIABLE, line, 1) {
        let is_argument = variable.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'@' | b'*'));
        let gives = |other: &&&str| {
            let assigned =
                ["=", ":=", "?=", " :=", " ?=", " ="].iter().any(|sign| other.contains(&format!("{variable}{sign}")));
            let listed = other.contains(&format!("for {variable} in"));
            if is_argument { !matches(&MOVED, other) } else { assigned || listed }
        };
        found.extend(lines.iter().filter(gives).flat_map(|other| names(other)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The names of env files among the words of a line.
fn names(line: &str) -> Vec<String> {
    let words = line.split(|sign: char| sign.is_whitespace() || "\"'=({:,<)|;&}".contains(sign));
    let words = words.map(|word| word.trim_start_matches('-')).filter(|word| matches(&NAME, word));
    words.map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::readers;

    #[test]
    fn commands() {
        for (text, expected) in [
            (". ./.env", &["shell ./.env"][..]),
            ("set -a; source .env.prod; set +a", &["shell .env.prod"]),
            ("source \"${BASH_SOURCE%/*}/.env\"", &["shell ${BASH_SOURCE%/*}/.env"]),
            (". \"$(dirname \"$0\")/.env\"", &["shell $(dirname \"$0\")/.env"]),
            ("ENV_FILE=\"${ENV_FILE:-.env}\"\nsource \"$ENV_FILE\"", &["shell .env"]),
            ("for f in .env .env.local; do . \"$f\"; done", &["shell .env", "shell .env.local"]),
            ("load() { . \"$1\"; }\nload .env", &["shell .env"]),
            ("source <(grep -v '^#' .env)", &["shell .env"]),
            ("eval \"$(cat .env)\"", &["shell .env"]),
            ("source \"$HOME/.profile\"\ncp .env.example .env", &[]),
            ("ENV_FILE=\"$SCRIPT_DIR/.env\"\nsource \"$ENV_FILE\"", &["shell $SCRIPT_DIR/.env"]),
            ("for f in \"$ROOT/.env\" x; do\n  [ -f \"$f\" ] && source \"$f\"\ndone", &["shell $ROOT/.env"]),
            ("load() { source \"$1\"; }\nload \"$PWD/.env\"", &["shell $PWD/.env"]),
            (". `dirname $0`/.env", &["shell `dirname $0`/.env"]),
            ("ENV_FILE := .env\nup:\n\tset -a; . ./$(ENV_FILE); x", &["shell .env"]),
            ("psql:\n\t@. ./.env && psql", &["shell ./.env"]),
            ("ExecStart=/bin/sh -c 'set -a; . /srv/shop/.env; exec x'", &["shell /srv/shop/.env"]),
            (". \"./.env.$ENV\"", &["shell ./.env.$ENV"]),
            ("[ -f .env ] || cp .env.example .env\nfor f in lib/*.sh; do . \"$f\"; done", &[]),
            ("LIB=./lib/log.sh\n. \"$LIB\"\nls .env", &[]),
            ("cd services/api && . ./.env", &["shell services/api/./.env"]),
            ("cd web; node --env-file=.env x", &["node web/.env"]),
            (". /etc/os-release", &[]),
            ("# . ./.env", &[]),
            ("node --env-file=.env app.js", &["node .env"]),
            ("{\"dev\": \"tsx watch --env-file=.env a.ts\"}", &["node .env"]),
            ("CMD [\"node\",\"--env-file=.env\",\"a.js\"]", &["node .env"]),
            ("docker container run --env-file prod.env img", &["docker-run prod.env"]),
            ("podman run -d \\\n  --env-file $FILE img", &["docker-run $FILE"]),
            ("ARGS=\"--rm --env-file .env\"\ndocker run $ARGS app", &["docker-run .env"]),
            ("DOCKER ?= docker\nrun:\n\t$(DOCKER) run --env-file .env app", &["docker-run .env"]),
            ("ExecStart=/usr/bin/docker run --rm --env-file /srv/.env app", &["docker-run /srv/.env"]),
            ("docker compose up -d", &["compose"]),
            ("docker compose --env-file .env.prod up", &["compose"]),
        ] {
            let told = readers(text).into_iter().map(|(reader, file)| match file {
                Some(file) => format!("{reader} {file}"),
                None => reader.to_owned(),
            });
            assert_eq!(told.collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
