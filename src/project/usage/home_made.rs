//! Scripts that read an env file in a way of their own: through `xargs`, or line by line.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

type Pattern = LazyLock<Option<Regex>>;

/// The name of an env file, as a group.
const FILE: &str = r#"["']?((?:[\w$.{}/-]*/)?[\w-]*\.env(?:\.[\w-]+)*)["']?"#;

/// `export $(grep -v '^#' .env | xargs)`, `env $(cat .env | xargs) program`, `xargs < .env`.
static XARGS: Pattern = LazyLock::new(|| {
    let made = format!(r"(?m)^[^#\n]*\b(?:export|env) +(?:\$\(|`)[^\n]*?[\s<]{FILE}[^\n]*\| *xargs\b[^\n)`]*[)`]");
    Regex::new(&made).ok()
});
/// `while IFS= read -r line; do … export … done < .env`
static LOOP: Pattern = LazyLock::new(|| {
    let made = format!(r"(?m)^[ \t]*while\b[^\n]*\bread\b(?:[^\n]*\n){{0,12}}?[^\n]*\bdone *< *{FILE}");
    Regex::new(&made).ok()
});

/// Where a script does so, in bytes of it, and the file as it is written there.
pub(super) fn found(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for captures in XARGS.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        if let (Some(whole), Some(file)) = (captures.get(0), captures.get(1)) {
            let start = whole.end() - whole.as_str().trim_start().len();
            found.push((start..whole.end(), file.as_str().to_owned()));
        }
    }
    for captures in LOOP.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        if let (Some(whole), Some(file)) = (captures.get(0), captures.get(1)) {
            // A loop that hands nothing on reads it for something else.
            let first = whole.as_str().lines().next().unwrap_or_default();
            let start = whole.start() + first.len() - first.trim_start().len();
            if whole.as_str().contains("export ") && whole.as_str().matches("while ").count() == 1 {
                found.push((start..whole.start() + first.trim_end().len(), file.as_str().to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn ways_of_their_own() {
        for (text, expected) in [
            ("export $(grep -v \"^#\" .env | xargs)\n", &["export $(grep -v \"^#\" .env | xargs)|.env"][..]),
            (
                "  export $(cat ./deploy/prod.env | xargs -d '\\n')",
                &["export $(cat ./deploy/prod.env | xargs -d '\\n')|./deploy/prod.env"],
            ),
            ("env $(cat .env.prod | xargs) node app.js", &["env $(cat .env.prod | xargs)|.env.prod"]),
            (
                "while IFS='=' read -r key value; do\n  export \"$key=$value\"\ndone < .env\n",
                &["while IFS='=' read -r key value; do|.env"],
            ),
            (
                "while read -r line; do export \"$line\"; done < \"$ROOT/.env\"",
                &["while read -r line; do export \"$line\"; done < \"$ROOT/.env\"|$ROOT/.env"],
            ),
            ("# export $(cat .env | xargs)\n", &[]),
            ("while read -r line; do echo \"$line\"; done < .env", &[]),
            ("cat names.txt | xargs echo\nset -a; . ./.env\n", &[]),
            ("export $(cat list.txt | xargs)\n", &[]),
        ] {
            let told: Vec<_> = found(text).into_iter().map(|(at, file)| format!("{}|{file}", &text[at])).collect();
            assert_eq!(told, expected, "{text}");
        }
    }
}
