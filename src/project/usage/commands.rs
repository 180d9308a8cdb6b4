//! Commands that read an env file, in scripts, manifests, units and Makefiles.

use std::sync::LazyLock;

use regex::Regex;

use super::options::own;
use super::signs::{Given, captured, given, matches};

type Pattern = LazyLock<Option<Regex>>;

/// Programs that are started with an env file. A container engine may be called by a variable.
static COMMANDS: [(&str, Pattern); 6] = [
    (
        "node",
        LazyLock::new(|| started(r#"(?:\b(?:node|nodemon|tsx|ts-node)|\$[({]?NODE[)}]?)["', ]+[^|;&\n]*?--env-file"#)),
    ),
    ("bun", LazyLock::new(|| started(r"\bbun +[^|;&\n]*?--env-file"))),
    ("deno", LazyLock::new(|| started(r"\bdeno +[^|;&\n]*?--env(?:-file)?\b"))),
    ("uv", LazyLock::new(|| started(r"\buv +run +[^|;&\n]*?--env-file"))),
    ("docker-run", LazyLock::new(|| started(&format!("{CONTAINER}[^|;&\\n]*?--env-file")))),
    ("python-dotenv", LazyLock::new(|| started(r"\b(?:uvicorn|flask)\b[^|;&\n]*?--env-file"))),
];
const CONTAINER: &str = r#"(?:\b(?:docker|podman|nerdctl)|\$[({]?\w*(?:DOCKER|PODMAN|ENGINE|CONTAINER|docker)\w*[^\s"]*)"? +(?:container +)?(?:run|create|exec)\b"#;
static RUNS: Pattern = LazyLock::new(|| Regex::new(CONTAINER).ok());
static COMPOSE: Pattern = LazyLock::new(|| {
    let engine = r#"\$[({]?\w*(?:DOCKER|PODMAN|ENGINE|CONTAINER)\w*[)}]?"? +"#;
    Regex::new(&format!(r"(?:\b(?:docker[ -]|podman-)|{engine})compose\b")).ok()
});
/// A variable that holds options: `ARGS="--env-file .env"`, `ARGS := …`, `ARGS+=(…)`.
static OPTIONS: Pattern = LazyLock::new(|| Regex::new(r"^\s*(?:export +|local +)?(\w+) *[:?+]?=.*--env-file").ok());
/// For deno the name of the file needs a `=`.
static DENO_FILES: Pattern = LazyLock::new(|| Regex::new(r#"--env(?:-file)?=["']?([^\s"',]+)"#).ok());
/// What is only written out: `echo "source .env first"`.
static WRITTEN: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?:^|[\s;&|(@])(?:echo|printf)[ \t](?:"(?:[^"\\]|\\.)*"|'[^']*'|[^;&|"'\n])*"#).ok()
});
/// What begins a text in a script.
static TEXT: Pattern = LazyLock::new(|| Regex::new(r#"(?:^|[^<])<<-? *["'\\]?([A-Za-z_]\w*)"#).ok());
static FILES: Pattern = LazyLock::new(|| Regex::new(r#"--env(?:-file(?:-if-exists)?)?[= ]+["']?([^\s"',]+)"#).ok());

/// What stands before `.` or `source`; a recipe of make has signs of its own in front.
const BEFORE: &str = r#"(?:^|[\s;&"'(@+-])"#;
static SOURCED: Pattern = LazyLock::new(|| {
    let folder = r#"(?:\$\([^\n;|&]*\)/|`[^`\n]*`/|[^\s"';|&<`]*/)?"#;
    let name = r"[\w-]*\.env(?:\.(?:[\w-]+|\$\{?\w+\}?))*";
    Regex::new(&format!(r#"{BEFORE}(?:\.|source|source_env(?:_if_exists)?) +["']?({folder}{name})(?:$|[\s"';|&)])"#))
        .ok()
});
/// `. "$ENV_FILE"`, `. ./$(ENV_FILE)`, `. "$1"`.
static VARIABLE: Pattern = LazyLock::new(|| {
    let variable = r#"["']?[^\s"';|&]*\$[({]?([\w@*]+)[^\s"'/;|&]*["']?(?:$|[\s;|&)])"#;
    Regex::new(&format!(r"{BEFORE}(?:\.|source) +{variable}")).ok()
});
/// `. "${ENV_FILE:-.env}"`
static DEFAULTED: Pattern = LazyLock::new(|| {
    Regex::new(&format!(r#"{BEFORE}(?:\.|source) +["']?\$\{{\w+:?[-=]([^\s"'}}]*\.env(?:\.[\w-]+)*)\}}"#)).ok()
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
    let written: Vec<String> = commands(&joined).map(without_written).collect();
    let lines: Vec<&str> = written.iter().map(String::as_str).collect();
    let mut found: Vec<Given> = Vec::new();
    for line in &lines {
        // `cd services/api && . ./.env`: what stands in front of it is read from where one was before.
        let (mut rest, mut folder) = (*line, String::new());
        while let Some(changed) = CHANGED.as_ref().and_then(|pattern| pattern.captures(rest)) {
            let (Some(whole), Some(name)) = (changed.get(0), changed.get(1)) else { break };
            found.extend(within(&folder, of_line(rest.get(..whole.start()).unwrap_or_default(), &lines)));
            folder = placed_in(&folder, name.as_str());
            rest = rest.get(whole.end()..).unwrap_or_default();
        }
        found.extend(within(&folder, of_line(rest, &lines)));
    }
    // Its files are named in what it starts.
    found.extend(given(lines.iter().any(|line| matches(&COMPOSE, line)), "compose"));
    found
}

/// The lines of a text that hold commands, without comments and without the texts that a script writes.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let mut end: Option<&str> = None;
    text.lines().filter(move |line| {
        if let Some(word) = end {
            end = (line.trim() != word).then_some(word);
            return false;
        }
        if line.trim_start().starts_with('#') {
            return false;
        }
        let opens = TEXT.as_ref().and_then(|pattern| pattern.captures(line)).and_then(|found| found.get(1));
        end = opens.map(|word| word.as_str());
        true
    })
}

fn without_written(line: &str) -> String {
    WRITTEN.as_ref().map_or_else(|| line.to_owned(), |pattern| pattern.replace_all(line, " ").into_owned())
}

/// Who reads env files in a line, or a part of it, and which.
fn of_line(line: &str, lines: &[&str]) -> Vec<Given> {
    let mut found: Vec<Given> = Vec::new();
    for (reader, pattern) in &COMMANDS {
        for command in captured(pattern, line, 0) {
            // What stands behind the name of a script or an image is for that.
            let own = if *reader == "python-dotenv" { command.as_str() } else { own(reader, &command) };
            if !own.contains("--env") {
                continue;
            }
            let files = captured(if *reader == "deno" { &DENO_FILES } else { &FILES }, own, 1);
            let default = if *reader == "deno" { Some(".env".to_owned()) } else { None };
            let is_named = !files.is_empty();
            found.extend(files.into_iter().map(|file| (*reader, Some(file))));
            found.extend((!is_named).then_some((*reader, default)));
        }
    }
    // `ARGS="--env-file .env"; docker run $ARGS`
    if let Some(variable) = captured(&OPTIONS, line, 1).pop() {
        let uses = ["$", "${", "$("].map(|sign| [sign, &variable].concat());
        let is_used = |other: &&str| matches(&RUNS, other) && uses.iter().any(|used| other.contains(used));
        if found.is_empty() && lines.iter().any(is_used) {
            found.extend(captured(&FILES, line, 1).into_iter().map(|file| ("docker-run", Some(file))));
        }
    }
    found.extend(sourced(line, lines).into_iter().map(|file| ("shell", Some(file))));
    found
}

/// The same from within a folder.
fn within(folder: &str, given: Vec<Given>) -> impl Iterator<Item = Given> {
    given.into_iter().map(move |(reader, file)| (reader, file.map(|file| placed_in(folder, &file))))
}

/// A path as it is written in a folder.
fn placed_in(folder: &str, path: &str) -> String {
    if folder.is_empty() || path.starts_with(['/', '$', '~']) { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The env files that a shell sources in a line; by a variable, those that another line gives to that.
fn sourced(line: &str, lines: &[&str]) -> Vec<String> {
    let mut found = captured(&SOURCED, line, 1);
    found.extend(captured(&DEFAULTED, line, 1));
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
            ("source_env .env.shared\nsource_env_if_exists .envrc.private\n", &["shell .env.shared"]),
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
            // What stands behind the name of a program is for that.
            ("node app.js --env-file=.env", &[]),
            ("uv run python manage.py --env-file .env", &[]),
            ("uv run uvicorn app:app --env-file .env", &["python-dotenv .env"]),
            ("docker run --rm img ./server --env-file .env", &[]),
            ("deno run --env-file -A a.ts", &["deno .env"]),
            ("$(NODE) --env-file .env a.js", &["node .env"]),
            // Only a variable of its own holds options of a container.
            ("$ENGINE run --rm alpine true\n$dc_base --env-file .env up --wait", &[]),
            ("docker run --rm alpine true\n./server --env-file .env", &[]),
            (". ./apps/web/.env; cd apps/web && npm run dev", &["shell ./apps/web/.env"]),
            ("cd a && . ./.env; cd b && . ./.env", &["shell a/./.env", "shell a/b/./.env"]),
            ("echo \"source .env first\"\ncat <<EOF\n. ./.env\nEOF\n", &[]),
            ("\t@echo 'run: set -a; . ./.env'", &[]),
            ("echo x; . ./.env", &["shell ./.env"]),
            ("set -a; source \"${ENV_FILE:-.env}\"; set +a", &["shell .env"]),
            ("$DOCKER compose up", &["compose"]),
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
