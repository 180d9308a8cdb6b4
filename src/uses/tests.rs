//! What every reader promises.

use proptest::prelude::*;

use super::*;

/// The uses of a text in one line: `!` required, `?` asked, `=text` a default, `~` unsure, `@` a mention.
pub(super) fn shown(path: &str, text: &str) -> String {
    let one = |found: &Use| {
        let start = match found.kind {
            Kind::Read => "",
            Kind::Pass => "pass ",
            Kind::Set => "set ",
            Kind::Mention => "@",
            Kind::Prefix => return format!("prefix {}", found.name),
        };
        let unsure = if found.sure || found.kind == Kind::Mention { "" } else { "~" };
        let end = match &found.fallback {
            _ if found.kind == Kind::Mention => String::new(),
            Fallback::Required => "!".to_owned(),
            Fallback::Absent => String::new(),
            Fallback::Optional => "?".to_owned(),
            Fallback::Text { text, .. } => format!("={text}"),
            Fallback::Computed => "=?".to_owned(),
        };
        format!("{start}{unsure}{}{end}", found.name)
    };
    let uses = read(path, text);
    for found in uses.iter().filter(|found| found.kind != Kind::Prefix) {
        let written = &text[found.at.start as usize..found.at.end as usize];
        let derived = !written.eq_ignore_ascii_case(&found.name);
        let [name, end] = [&found.name, written].map(|text| text.to_ascii_lowercase().replace(['_', '-', '.'], ""));
        assert!(!derived || name.ends_with(&end) || matches!(written, "db" | "config"), "{written}");
        if let Fallback::Text { text: default, at } = &found.fallback {
            let written = text[at.start as usize..at.end as usize].replace('_', "");
            assert!(written.contains(&default.replace('_', "")) || written.contains(','), "{written} is no {default}");
        }
    }
    uses.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn readers_are_found_by_path() {
    for (path, expected) in [
        ("docker-compose.prod.yml", Some("compose")),
        ("deploy/compose.yaml", Some("compose")),
        ("ecosystem.config.cjs", Some("pm2")),
        (".github/workflows/ci.yml", Some("workflow")),
        ("docker/Dockerfile.api", Some("dockerfile")),
        ("Makefile", Some("make")),
        ("scripts/run.sh", Some("shell")),
        ("src/a.py", Some("python")),
        ("src/a.tsx", Some("javascript")),
        ("src/a.min.js", None),
        ("a.go", Some("go")),
        ("README.md", None),
        ("src/main/resources/application-prod.yml", Some("spring")),
        ("", None),
    ] {
        assert_eq!(reader(path).map(|reader| reader.name), expected, "{path}");
    }
}

#[test]
fn a_reader_finds_nothing_where_no_marker_stands() {
    // Whoever adds a form adds its marker: what the tables of the readers hold is found through them.
    for reader in ALL {
        let distinct: std::collections::BTreeSet<_> = reader.markers.iter().collect();
        assert_eq!(distinct.len(), reader.markers.len(), "{}", reader.name);
    }
}

/// Pieces from which texts are made that look like programs, and end anywhere.
const PIECES: &[&str] = &[
    "os.environ[",
    "'A_B'",
    "\"C_D\"",
    "]",
    "(",
    ")",
    "{",
    "}",
    "process.env.",
    "A_B",
    "`",
    "${",
    "$",
    "$$",
    "\n",
    "  ",
    "\t",
    "class S(BaseSettings):\n",
    "    a: int = 1\n",
    "#",
    "//",
    "/*",
    "*/",
    "\"\"\"",
    "'",
    "\"",
    "\\",
    "=",
    ":-",
    "ENV[",
    "getenv(",
    "<<~X\n",
    "X\n",
    "r#\"",
    "\"#",
    "/",
    "[",
    "%w[",
    "<?php ",
    "?>",
    "env::var(",
    "<<EOF\n",
    "EOF\n",
    "ARG ",
    "ENV ",
    "services:\n",
    "z.object({",
    "env:\"",
    "<a b='c'>",
    "</a>",
    "é",
    "\u{1f600}",
    "\r\n",
    "if ",
    "export ",
    "?=",
    "=begin\n",
    "${{ secrets.",
    "}}",
    ",",
    "?",
    "|",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// No text makes a reader panic, and every place lies within the text, between characters.
    #[test]
    fn no_text_is_too_odd(pieces in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        for reader in ALL {
            for found in reader.uses("", &text) {
                prop_assert!(text.get(found.at.start as usize..found.at.end as usize).is_some(), "{}: {found:?}", reader.name);
                if let Fallback::Text { at, .. } = &found.fallback {
                    prop_assert!(text.get(at.start as usize..at.end as usize).is_some(), "{}: {found:?}", reader.name);
                }
            }
        }
    }
}

#[test]
fn hostile_texts_end() {
    for piece in [
        "(",
        "getenv(",
        "`${",
        "'\\'",
        "/[",
        "r#\"",
        "%q(",
        "<<X\n",
        "${A:-",
        "\"{",
        "os.environ[\"A\"",
        "f\"{",
        "/*",
        "env:\"A\" ",
        "(<a>{",
        "(<a b={`${",
        "if (x) {",
    ] {
        let text = piece.repeat(3_000);
        for reader in ALL {
            assert!(reader.uses("", &text).len() <= 200_000, "{}", reader.name);
        }
    }
}
