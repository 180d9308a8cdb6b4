//! Which options of a command are those of the program that is named, and not of what it starts.

use std::ops::Range;

/// Options of node and of those that pass theirs to it that take the next word for their value.
const OF_NODE: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "--title",
    "--watch-path",
    "--env-file",
    "--env-file-if-exists",
    "--exec",
    "-x",
    "--ext",
    "-e",
    "--ignore",
    "-i",
    "--tsconfig",
    "-P",
];
const OF_BUN: &[&str] =
    &["--env-file", "-r", "--preload", "--cwd", "--config", "-c", "--filter", "-F", "--define", "-d"];
const OF_DENO: &[&str] = &["-c", "--config", "--import-map", "-L", "--log-level", "--lock", "--cert"];
const OF_UV: &[&str] = &[
    "--env-file",
    "--with",
    "--with-editable",
    "--with-requirements",
    "--group",
    "--no-group",
    "--only-group",
    "--extra",
    "--no-extra",
    "--python",
    "-p",
    "--package",
    "--project",
    "--directory",
    "--index",
    "--index-url",
    "--config-file",
];
/// Options of a container engine that take none; all others take one.
const SWITCHES: &[&str] = &[
    "--detach",
    "--rm",
    "--interactive",
    "--tty",
    "--privileged",
    "--init",
    "--read-only",
    "--publish-all",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--sig-proxy",
    "--quiet",
    "--replace",
    "--no-hosts",
];
/// Words behind the program that are its own: `tsx watch`, `deno run`.
const COMMANDS: &[&str] =
    &["run", "watch", "test", "task", "serve", "eval", "x", "build", "compile", "bench", "repl", "exec"];

/// What of a command, from the name of a program on, are that program's own options, with their values.
pub(super) fn own<'c>(reader: &str, command: &'c str) -> &'c str {
    let words = words(command);
    let text = |word: &Range<usize>| command.get(word.clone()).unwrap_or_default();
    let starts: &[&str] = match reader {
        "docker-run" => &["run", "create", "exec"],
        "uv" => &["run"],
        _ => &[],
    };
    let first = if starts.is_empty() { Some(0) } else { words.iter().position(|word| starts.contains(&text(word))) };
    let mut rest = words.iter().skip(first.map_or(words.len(), |first| first + 1)).peekable();
    let mut may_command = starts.is_empty();
    while let Some(word) = rest.next() {
        let option = text(word);
        if option.starts_with('-') && option != "--" {
            if takes_value(reader, option) && rest.peek().is_some_and(|next| !text(next).starts_with('-')) {
                rest.next();
            }
            continue;
        }
        // Options may stand in a variable.
        let is_variable = option.starts_with('$') && !["IMAGE", "IMG", "TAG"].iter().any(|part| option.contains(part));
        if !(is_variable || may_command && COMMANDS.contains(&option)) {
            return command.get(..word.start).unwrap_or_default();
        }
        may_command &= is_variable;
    }
    command
}

fn takes_value(reader: &str, option: &str) -> bool {
    if option.contains('=') {
        return false;
    }
    match reader {
        "docker-run" if option.starts_with("--") => !SWITCHES.contains(&option),
        // `-it`, and `-p80:80`, which has its value with it.
        "docker-run" => option.len() == 2 && !option.ends_with(['d', 'i', 't', 'P', 'q']),
        "node" => OF_NODE.contains(&option),
        "bun" => OF_BUN.contains(&option),
        "deno" => OF_DENO.contains(&option),
        "uv" => OF_UV.contains(&option),
        _ => false,
    }
}

/// The words of a command, without quotes, and with what stands in parentheses in one.
fn words(command: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut depth, mut start) = (0_usize, None);
    for (at, sign) in command.char_indices() {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let parts = depth == 0 && (sign.is_whitespace() || "\"',[]".contains(sign));
        if parts {
            found.extend(start.take().map(|start| start..at));
        } else {
            start = start.or(Some(at));
        }
    }
    found.extend(start.map(|start| start..command.len()));
    found
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn options_of_the_program() {
        for (reader, command, expected) in [
            ("node", "node --env-file=.env app.js --env-file=x", "node --env-file=.env "),
            ("node", "node app.js --env-file=.env", "node "),
            ("node", "node -r ts-node/register --env-file .env a.ts", "node -r ts-node/register --env-file .env "),
            ("node", "tsx watch --env-file=.env a.ts", "tsx watch --env-file=.env "),
            ("node", "node\",\"--env-file=.env\",\"a.js\"]", "node\",\"--env-file=.env\",\""),
            ("bun", "bun run app.ts --env-file=.env", "bun run "),
            ("deno", "deno run -A a.ts --env-file=.env", "deno run -A "),
            ("uv", "uv run --with x --env-file .env a.py", "uv run --with x --env-file .env "),
            ("uv", "uv run uvicorn app:app --env-file .env", "uv run "),
            (
                "docker-run",
                "docker run --rm -it -u $(id -u):$(id -g) --env-file .env img ./x",
                "docker run --rm -it -u $(id -u):$(id -g) --env-file .env ",
            ),
            ("docker-run", "docker run $OPTS --env-file .env img", "docker run $OPTS --env-file .env "),
            ("docker-run", "docker run $IMAGE --env-file .env", "docker run "),
            ("docker-run", "docker run --rm img ./server --env-file .env", "docker run --rm "),
            (
                "docker-run",
                "docker container run -d --name a -p80:80 --env-file=.env img",
                "docker container run -d --name a -p80:80 --env-file=.env ",
            ),
        ] {
            assert_eq!(own(reader, command), expected, "{command}");
        }
    }
}
