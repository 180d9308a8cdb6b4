//! Scripts that read an env file in a way of their own: through `xargs` or `eval`, or line by line.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::signs::is_makefile;
use crate::source::Span;
use crate::tree::yaml;
use crate::uses::shell;

type Pattern = LazyLock<Option<Regex>>;

/// The name of an env file, as a group.
const FILE: &str = r#"["']?((?:[\w$.{}()/-]*/)?[\w-]*\.env(?:\.[\w-]+)*)["']?"#;

/// Where what a command writes becomes words of another: `export $(…)`, `env $(…) program`, `eval "$(…)"`. In a recipe of
/// make the dollar sign is doubled.
static WORDS: Pattern = LazyLock::new(|| Regex::new(r#"\b(export|env|eval)[ \t]+("?)(\$\$?\(|`)"#).ok());
/// An env file among the words of such a command.
static NAMED: Pattern = LazyLock::new(|| Regex::new(&format!(r#"(?:^|[\s<]){FILE}(?:$|[\s|;)"'`])"#)).ok());
/// What makes other lines of those of a file.
static CHANGED: Pattern = LazyLock::new(|| Regex::new(r"\b(?:xargs|g?sed|[gm]?awk|tr|cut|paste|perl)\b").ok());
/// `while IFS= read -r line; do … export … done < .env`, or `done < <(grep -v '^#' .env)`.
static LOOP: Pattern = LazyLock::new(|| {
    let made = format!(
        r"(?m)(?:^|;|&&|\|\|)[ \t@+-]*(while\b[^\n]*\bread\b(?:[^\n]*\n){{0,12}}?[^\n]*\bdone *<(?: *<\([^\n]*?)? *{FILE})"
    );
    Regex::new(&made).ok()
});

/// `const [key, value] = line.split('=')`, and `line.split('=')[1]`: what stands behind a second `=` is lost, and a limit
/// (`line.split('=', 2)`) throws it away as well.
static CUT: Pattern = LazyLock::new(|| {
    let split = r#"[\w$.()]+\.split\(\s*(?:'='|"=")"#;
    let named = format!(r"\[\s*\w+\s*,\s*\w+\s*\]\s*=\s*{split}\s*\)\s*(?:;|,|\n|\r|$)");
    let numbered = format!(r"{split}\s*\)\[1\]");
    let limited = format!(r"{split}\s*,\s*2\s*\)");
    Regex::new(&format!("(?:{named}|{numbered}|{limited})")).ok()
});
/// `const parts = line.split('=')`, whose name is a group.
static KEPT: Pattern =
    LazyLock::new(|| Regex::new(r#"(?:const|let|var)\s+(\w+)\s*=\s*[\w$.()]+\.split\(\s*(?:'='|"=")\s*\)"#).ok());
/// An env file that a program of node names.
static QUOTED: Pattern = LazyLock::new(|| Regex::new(r#"["'`]((?:[^"'`\n]*/)?[\w-]*\.env(?:\.[\w-]+)*)["'`]"#).ok());

/// Where a program cuts lines at each `=`, in bytes of it.
pub(super) fn cuts(text: &str) -> Vec<Range<usize>> {
    let cut = CUT.iter().flat_map(|pattern| pattern.find_iter(text)).map(|cut| cut.range());
    let kept = KEPT.iter().flat_map(|pattern| pattern.captures_iter(text)).filter_map(|kept| {
        let (whole, name) = (kept.get(0)?, kept.get(1)?.as_str());
        // Whoever puts the rest together again (`parts.slice(1).join('=')`) loses nothing.
        let is_taken = |after: &str| text.contains(&format!("{name}{after}"));
        (is_taken("[1]") && ![".slice(", ".splice(", ".shift("].into_iter().any(is_taken)).then(|| whole.range())
    });
    let mut found: Vec<_> = cut.chain(kept).collect();
    found.sort_by_key(|at| at.start);
    found
}

/// Where what says what PM2 starts does so, and the env file.
pub(super) fn in_pm2(text: &str) -> Vec<(Range<usize>, String)> {
    let file = QUOTED.as_ref().and_then(|pattern| pattern.captures(text)).and_then(|captures| captures.get(1));
    let Some(file) = file else { return Vec::new() };
    let is_code = |at: &Range<usize>| {
        let line = text.get(..at.start).and_then(|before| before.rfind('\n')).map_or(0, |before| before + 1);
        text.get(line..at.start).is_some_and(|before| !before.trim_start().starts_with("//"))
    };
    let place = |at: Range<usize>| {
        let written = text.get(at.clone()).unwrap_or_default().trim_end_matches([';', ',', '\n', '\r', ' ']);
        (at.start..at.start + written.len(), file.as_str().to_owned())
    };
    cuts(text).into_iter().filter(|at| is_code(at)).map(place).collect()
}

/// Where a file does so, in bytes of it, and the env file as it is written there. `name` is that of the file.
pub(super) fn found(name: &str, text: &str) -> Vec<(Range<usize>, String)> {
    let is_script = !name.contains('.') && !is_makefile(name) || name.ends_with("sh");
    let quoted = if is_script { shell::quoted(text) } else { Vec::new() };
    let is_code = |at: &Range<usize>| {
        let line = text.get(..at.start).and_then(|before| before.rfind('\n')).map_or(0, |before| before + 1);
        let rest = text.get(line..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let own: Vec<_>;
        let quoted = if is_script {
            &quoted
        } else {
            own = shell::quoted(rest).into_iter().map(|range| range.start + line..range.end + line).collect();
            &own
        };
        let is_command =
            |range: &Range<usize>| text.get(..range.start).is_some_and(|text| text.trim_end().ends_with("-c"));
        !rest.trim_start().starts_with('#')
            && quoted.iter().all(|range| !range.contains(&at.start) || is_command(range))
    };
    let mut found = words(text, is_makefile(name));
    found.extend(loops(text));
    found.retain(|(at, _)| is_code(at));
    found
}

/// The same for the steps of a workflow.
pub(super) fn in_workflow(text: &str) -> Vec<(Range<usize>, String)> {
    let Ok(documents) = yaml::parse(Span::NOWHERE.source, text) else { return Vec::new() };
    let steps = documents.named.iter().filter(|pair| pair.key == "run").map(|pair| pair.value.span.range());
    let scripts = steps.filter_map(|range| Some((range.start, text.get(range)?)));
    scripts
        .flat_map(|(start, script)| {
            let ways = found("run.sh", script).into_iter();
            ways.map(move |(at, file)| (at.start + start..at.end + start, file))
        })
        .collect()
}

fn words(text: &str, is_makefile: bool) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for captures in WORDS.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let (Some(whole), Some(program), Some(sign)) = (captures.get(0), captures.get(1), captures.get(3)) else {
            continue;
        };
        // `$(shell …)` is make's own.
        if is_makefile && sign.as_str() == "$(" {
            continue;
        }
        let Some(length) = text.get(whole.end()..).and_then(|rest| substituted(rest, sign.as_str() == "`")) else {
            continue;
        };
        let command = text.get(whole.end()..whole.end() + length).unwrap_or_default();
        let is_quoted = captures.get(2).is_some_and(|quote| !quote.is_empty());
        let is_changed = CHANGED.as_ref().is_some_and(|pattern| pattern.is_match(command));
        // In quotes, `eval` takes each line as a shell does.
        if program.as_str() == "eval" && is_quoted && !is_changed {
            continue;
        }
        let file = NAMED.as_ref().and_then(|pattern| pattern.captures(command)).and_then(|captures| captures.get(1));
        found.extend(file.map(|file| (whole.start()..whole.end() + length + 1, file.as_str().to_owned())));
    }
    found
}

/// How long a command is that stands within `$(…)`, or within backticks, on one line.
fn substituted(text: &str, in_backticks: bool) -> Option<usize> {
    let line = text.lines().next()?;
    if in_backticks {
        return line.find('`');
    }
    let mut depth = 0_usize;
    for (at, sign) in line.char_indices() {
        match sign {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn loops(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for captures in LOOP.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        if let (Some(whole), Some(file)) = (captures.get(1), captures.get(2)) {
            // A loop that hands nothing on reads it for something else.
            let first = whole.as_str().lines().next().unwrap_or_default();
            if whole.as_str().contains("export ") && whole.as_str().matches("while ").count() == 1 {
                found.push((whole.start()..whole.start() + first.trim_end().len(), file.as_str().to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{found, in_pm2, in_workflow};

    #[test]
    fn lines_that_are_cut_at_each_sign() {
        let read = "const text = fs.readFileSync('.env', 'utf8');\n";
        for (code, expected) in [
            ("const [k, v] = l.split('='); env[k] = v;", Some("[k, v] = l.split('=')")),
            ("const [k, v] = l.trim().split(\"=\")\nenv[k] = v", Some("[k, v] = l.trim().split(\"=\")")),
            ("env[l.split('=')[0]] = l.split('=')[1];", Some("l.split('=')[1]")),
            ("const [k, ...v] = l.split('='); env[k] = v.join('=');", None),
            ("const [k, v] = l.split('=', 2);", Some("l.split('=', 2)")),
            ("ls.map(l => l.split(\"=\", 2))", Some("l.split(\"=\", 2)")),
            ("const p = l.split('='); env[p[0]] = p[1];", Some("const p = l.split('=')")),
            ("const p = l.split('='); env[p.shift()] = p.join('='); p[1];", None),
            ("const parts = l.split('='); env[parts[0]] = parts.slice(1).join('=');", None),
            ("const at = l.indexOf('=');", None),
            ("// const [k, v] = l.split('=');\n", None),
        ] {
            let text = [read, code].concat();
            let told: Vec<_> = in_pm2(&text).into_iter().map(|(at, file)| (text[at].to_owned(), file)).collect();
            let expected: Vec<_> = expected.into_iter().map(|code| (code.to_owned(), ".env".to_owned())).collect();
            assert_eq!(told, expected, "{code}");
        }
    }

    #[test]
    fn ways_of_their_own() {
        for (name, text, expected) in [
            ("a.sh", "export $(grep -v \"^#\" .env | xargs)\n", &["export $(grep -v \"^#\" .env | xargs)|.env"][..]),
            (
                "a.sh",
                "  export $(cat ./deploy/prod.env | xargs -d '\\n')",
                &["export $(cat ./deploy/prod.env | xargs -d '\\n')|./deploy/prod.env"],
            ),
            ("a.sh", "export $(xargs < .env)", &["export $(xargs < .env)|.env"]),
            ("a.sh", "export `cat .env`", &["export `cat .env`|.env"]),
            ("a.sh", "env $(cat .env.prod | xargs) node app.js", &["env $(cat .env.prod | xargs)|.env.prod"]),
            ("a.sh", "eval $(cat .env | sed 's/^/export /')", &["eval $(cat .env | sed 's/^/export /')|.env"]),
            (
                "a.sh",
                "eval \"$(sed 's/=\\(.*\\)/=\"\\1\"/' .env)\"",
                &["eval \"$(sed 's/=\\(.*\\)/=\"\\1\"/' .env)|.env"],
            ),
            (
                "a.sh",
                "while IFS='=' read -r key value; do\n  export \"$key=$value\"\ndone < .env\n",
                &["while IFS='=' read -r key value; do|.env"],
            ),
            (
                "a.sh",
                "while read -r line; do export \"$line\"; done < \"$ROOT/.env\"",
                &["while read -r line; do export \"$line\"; done < \"$ROOT/.env\"|$ROOT/.env"],
            ),
            (
                "a.sh",
                "while read -r l; do\n export \"$l\"\ndone < <(grep -v '^#' .env)\n",
                &["while read -r l; do|.env"],
            ),
            ("Makefile", "up:\n\t@export $$(cat .env | xargs) && x\n", &["export $$(cat .env | xargs)|.env"]),
            (
                "Makefile",
                "up:\n\t@while read -r l; do export \"$$l\"; done < .env; x\n",
                &["while read -r l; do export \"$$l\"; done < .env|.env"],
            ),
            (
                "package.json",
                "{\"scripts\": {\"a\": \"sh -c 'export $(cat .env | xargs) && node .'\"}}",
                &["export $(cat .env | xargs)|.env"],
            ),
            (
                "x.service",
                "ExecStart=/bin/sh -c 'export $(cat .env | xargs); x'\n",
                &["export $(cat .env | xargs)|.env"],
            ),
            ("Makefile", "include .env\nexport $(shell sed 's/=.*//' .env)\n", &[]),
            ("a.sh", "# export $(cat .env | xargs)\n", &[]),
            ("a.sh", "echo 'export $(cat .env | xargs)'\n", &[]),
            ("a.sh", "cat <<'EOF'\nexport $(cat .env | xargs)\nEOF\n", &[]),
            ("a.sh", "cat > x.sh <<EOF\nwhile read -r l; do export \"\\$l\"; done < .env\nEOF\n", &[]),
            ("Makefile", "help:\n\t@echo 'export $$(cat .env | xargs)'\n", &[]),
            ("a.sh", "while read -r line; do echo \"$line\"; done < .env", &[]),
            ("a.sh", "cat names.txt | xargs echo\nset -a; . ./.env\n", &[]),
            ("a.sh", "export $(cat list.txt | xargs)\n", &[]),
            ("a.sh", "eval \"$(cat .env)\"\neval $(ssh-agent); cat .env\n", &[]),
        ] {
            let told: Vec<_> =
                found(name, text).into_iter().map(|(at, file)| format!("{}|{file}", &text[at])).collect();
            assert_eq!(told, expected, "{text}");
        }
    }

    #[test]
    fn steps_of_a_workflow() {
        for (text, expected) in [
            (
                "jobs:\n  a:\n    steps:\n      - run: |\n          export $(cat ci.env | xargs)\n          make\n",
                &["export $(cat ci.env | xargs)|ci.env"][..],
            ),
            ("steps:\n  - run: export $(cat ci.env | xargs)\n", &["export $(cat ci.env | xargs)|ci.env"]),
            ("steps:\n  - run: echo 'export $(cat ci.env | xargs)'\n", &[]),
            ("steps:\n  - name: export $(cat ci.env | xargs)\n", &[]),
            ("steps: [", &[]),
        ] {
            let told: Vec<_> =
                in_workflow(text).into_iter().map(|(at, file)| format!("{}|{file}", &text[at])).collect();
            assert_eq!(told, expected, "{text}");
        }
    }
}
