//! Commands that read an env file, in scripts, manifests and Makefiles.

use std::sync::LazyLock;

use regex::Regex;

use super::{Given, captured, given, matches};

/// Programs that are started with an env file, and shells that source one.
pub(super) fn readers(text: &str) -> Vec<Given> {
    type Command = (&'static str, LazyLock<Option<Regex>>);
    static COMMANDS: [Command; 5] = [
        (
            "node",
            LazyLock::new(|| Regex::new(r#"\b(?:node|nodemon|tsx|ts-node)["',]* +[^|;&\n]*--env-file[^|;&\n]*"#).ok()),
        ),
        ("bun", LazyLock::new(|| Regex::new(r"\bbun +[^|;&\n]*--env-file[^|;&\n]*").ok())),
        ("deno", LazyLock::new(|| Regex::new(r"\bdeno +[^|;&\n]*--env(?:-file)?\b[^|;&\n]*").ok())),
        ("uv", LazyLock::new(|| Regex::new(r"\buv +run +[^|;&\n]*--env-file[^|;&\n]*").ok())),
        (
            "docker-run",
            LazyLock::new(|| {
                let runs = r"\b(?:docker|podman) +(?:container +)?(?:run|create|exec) +";
                Regex::new(&format!(r"{runs}[^|;&\n]*--env-file[^|;&\n]*")).ok()
            }),
        ),
    ];
    static COMPOSE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(?:docker[ -]|podman-)compose\b").ok());
    static FILES: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"--env(?:-file(?:-if-exists)?)?[= ]+["']?([^\s"',]+)"#).ok());
    static SOURCED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let folder = r#"(?:\$\([^\n;|&]*\)/|[^\s"';|&<]*/)?"#;
        Regex::new(&format!(r#"(?:^|[\s;&"(])(?:\.|source) +["']?({folder}[\w-]*\.env(?:\.[\w-]+)*)\b"#)).ok()
    });
    // `. "$ENV_FILE"`, `source <(grep -v '^#' .env)`, `eval "$(cat .env)"`: then what the text has of such names is meant.
    static INDIRECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let variable = r#"["']?[^\s"';|&]*\$\{?\w+[^\s"'/;|&]*["']?(?:$|[\s;|&)])"#;
        Regex::new(&format!(r#"(?m)(?:^|[\s;&"(])(?:(?:\.|source) +(?:{variable}|<\()|eval +"?\$\()"#)).ok()
    });
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\w./~-]*\.env(?:\.\w+)*$").ok());
    // A command may go on over several lines.
    let joined = text.replace("\\\n", " ");
    let code: String =
        joined.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| [line, "\n"]).collect();
    let named = |(reader, pattern): &'static Command| -> Vec<Given> {
        let commands = captured(pattern, &code, 0);
        let files = |command: &String| captured(&FILES, command, 1).into_iter().map(Some).collect::<Vec<_>>();
        let files = commands.iter().map(files).map(|files| if files.is_empty() { vec![None] } else { files });
        files.flatten().map(|file| (*reader, file)).collect()
    };
    let mut sourced = captured(&SOURCED, &code, 1);
    if matches(&INDIRECT, &code) {
        let words = code.split(|sign: char| sign.is_whitespace() || "\"'=({:,<)|;&}".contains(sign));
        let words = words.map(|word| word.trim_start_matches('-')).filter(|word| matches(&NAME, word));
        sourced.extend(words.map(ToOwned::to_owned));
    }
    let sourced = sourced.into_iter().map(|file| ("shell", Some(file)));
    // Its files are named in what it starts.
    let composed = given(matches(&COMPOSE, &code), "compose");
    COMMANDS.iter().flat_map(named).chain(sourced).chain(composed).collect()
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
            (". /etc/os-release", &[]),
            ("# . ./.env", &[]),
            ("node --env-file=.env app.js", &["node .env"]),
            ("{\"dev\": \"tsx watch --env-file=.env a.ts\"}", &["node .env"]),
            ("CMD [\"node\", \"--env-file=.env\", \"a.js\"]", &["node .env"]),
            ("docker container run --env-file prod.env img", &["docker-run prod.env"]),
            ("podman run -d \\\n  --env-file $FILE img", &["docker-run $FILE"]),
            ("docker compose up -d", &["compose"]),
        ] {
            let told = readers(text).into_iter().map(|(reader, file)| match file {
                Some(file) => format!("{reader} {file}"),
                None => reader.to_owned(),
            });
            assert_eq!(told.collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
