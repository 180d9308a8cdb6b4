//! Go: `os.Getenv`, `os.LookupEnv`, flags of command lines; struct tags are in [`super::tags`], viper in [`super::viper`].

use super::calls::{self, Helpers};
use super::lexer::{Habit, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, Path, Use, is_screaming, secrecy, tags, viper};

pub(super) const SYNTAX: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    nested_comments: false,
    quotes: &[Quote::raw("`"), Quote::line("\""), Quote::line("'")],
    in_words: &[],
    habit: Habit::None,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &[
    "Getenv",
    "ExpandEnv",
    "LookupEnv",
    "Setenv",
    "env:\"",
    "envPrefix:\"",
    "envconfig",
    "BindEnv",
    "Env(",
    "EnvVar",
    "env.Options",
];

pub(super) fn reads(path: &Path<'_>) -> bool {
    path.extension == "go"
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    let constants = lexed.constants();
    let mut helpers = Helpers::of("func");
    for index in 0..lexed.tokens.len() {
        let name = index + 2;
        let of_os = lexed.before(index, 1) == "." && matches!(lexed.before(index, 2), "os" | "syscall");
        let found = match lexed.at(index) {
            "Getenv" | "LookupEnv" if of_os && lexed.at(index + 1) == "(" => {
                Some((Kind::Read, fallback(&lexed, index)))
            }
            // `os.ExpandEnv("$DATA_DIR/x")`: nothing stands there where it is not set.
            "ExpandEnv" if of_os && lexed.at(index + 1) == "(" => {
                uses.extend(expanded(&lexed, name));
                None
            }
            "Setenv" if of_os && lexed.at(index + 1) == "(" => Some((Kind::Set, Fallback::Computed)),
            // `EnvVars: []string{"X"}` of a command line's flag
            "EnvVars" | "EnvVar" | "Sources" if lexed.at(index + 1) == ":" => {
                let names = (index + 2..index + 10).filter(|at| lexed.string(*at).is_some_and(is_screaming));
                uses.extend(names.filter_map(|name| lexed.used(name, Kind::Read, Fallback::Optional, true)));
                None
            }
            // `cli.EnvVars("X", "Y")`
            "EnvVars" | "EnvVar" if lexed.at(index + 1) == "(" => {
                let arguments = lexed.arguments(index + 1).into_iter().map(|argument| argument.start);
                let names = arguments.filter(|at| lexed.string(*at).is_some_and(is_screaming));
                uses.extend(names.filter_map(|name| lexed.used(name, Kind::Read, Fallback::Optional, true)));
                None
            }
            _ => None,
        };
        let named = if lexed.string(name).is_some() { Some(name) } else { constants.get(lexed.at(name)).copied() };
        match (found, named) {
            (Some((kind, fallback)), Some(name)) => uses.extend(lexed.used(name, kind, fallback, true)),
            (Some((Kind::Read, fallback)), None) => helpers.note(&lexed, name, fallback),
            _ => {}
        }
    }
    tags::read(&lexed, uses);
    viper::read(&lexed, uses);
    calls::around(&lexed, &helpers, uses);
    secrecy::mark(&lexed, uses);
    lexed.mentions(uses);
}

/// The variables in the text at an index: `$X`, `${X}`.
fn expanded(lexed: &Lexed<'_>, index: usize) -> Vec<Use> {
    let (Some(text), base) = (lexed.string(index), lexed.range(index).start) else { return Vec::new() };
    let one = |(at, _): (usize, &str)| {
        let from = at + 1 + usize::from(text[at + 1..].starts_with('{'));
        let length = text[from..].find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        let name = text[from..from + length.unwrap_or(text.len() - from)].to_owned();
        let begin = base + super::to_u32(from);
        let at = begin..begin + super::to_u32(name.len());
        Use { name, at, kind: Kind::Read, fallback: Fallback::Absent, sure: true, owner: None, secret: None }
    };
    text.match_indices('$').map(one).filter(|found| super::is_name(&found.name)).collect()
}

/// What a statement asks of the call at `index`, or the statements behind it of the names that it is given to.
fn fallback(lexed: &Lexed<'_>, index: usize) -> Fallback {
    let close = lexed.close(index + 1);
    let from = index.saturating_sub(2);
    if let Some(said) = lexed.asked(from..close + 1) {
        return said;
    }
    let Some(equals) = from.checked_sub(1).filter(|at| lexed.at(*at) == "=") else { return otherwise(lexed, index) };
    let last = if lexed.before(equals, 1) == ":" { equals - 1 } else { equals };
    // `x, ok := os.LookupEnv("X")`
    let names = (last.saturating_sub(3)..last).filter(|at| lexed.is_word(*at));
    for name in names.filter(|at| lexed.at(*at) != "_" && (*at + 1 == last || lexed.at(*at + 1) == ",")) {
        if let Some(said) = lexed.said_later(name, name, |at| lexed.asked(at..at + 1)) {
            return said;
        }
    }
    otherwise(lexed, index)
}

fn otherwise(lexed: &Lexed<'_>, index: usize) -> Fallback {
    if lexed.at(index) == "LookupEnv" { Fallback::Optional } else { Fallback::Absent }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            ("x := os.Getenv(\"A_B\")", "A_B"),
            ("x, ok := os.LookupEnv(\"A_B\")", "A_B?"),
            ("if os.Getenv(\"A_B\") != \"\" {}", "A_B?"),
            ("const key = \"A_B\"\nx := os.Getenv(key)", "A_B"),
            ("x := os.Getenv(\"A_B\")\nif x == \"\" {\n\tx = \"80\"\n}", "A_B=80"),
            ("x = os.Getenv(\"A_B\")\nif x == \"\" {\n\tx = other()\n}", "A_B=?"),
            ("if x := os.Getenv(\"A_B\"); x != \"\" {\n\tuse(x)\n}", "A_B?"),
            ("x := os.Getenv(\"A_B\")\nif x == \"\" {\n\tlog.Fatal(\"no A_B\")\n}", "A_B!"),
            ("x, ok := os.LookupEnv(\"A_B\")\nif !ok {\n\tpanic(\"no A_B\")\n}", "A_B!"),
            ("if len(os.Getenv(\"A_B\")) == 0 {\n\tos.Exit(1)\n}", "A_B!"),
            ("c.x = os.Getenv(\"A_B\")\nif c.x == \"\" {\n\tc.x = \"80\"\n}", "A_B=80"),
            (
                "func must(key string) string {\n\tv := os.Getenv(key)\n\tif v == \"\" {\n\t\tpanic(key)\n\t}\n\treturn v\n}\nvar x = must(\"A_B\")",
                "A_B!",
            ),
            (
                "func envOr(key, other string) string {\n\tif v, ok := os.LookupEnv(key); ok {\n\t\treturn v\n\t}\n\treturn other\n}\nvar x = envOr(\"A_B\", \"d\")",
                "A_B=d",
            ),
            ("x := os.Getenv(\"A_B\")\nif x == \"\" {\n\treturn errors.New(\"no A_B\")\n}", "A_B"),
            ("Sources: cli.EnvVars(\"A_B\", \"C_D\")", "A_B? C_D?"),
            ("os.ExpandEnv(\"$A_B/x/${C_D}$\")", "A_B C_D"),
            ("os.Setenv(\"A_B\", \"x\")", "set A_B=?"),
            ("x := getEnv(\"A_B\", \"d\")", "~A_B=d"),
            ("// os.Getenv(\"A_B\")\ns := \"os.Getenv(\\\"C_D\\\")\"", ""),
        ] {
            assert_eq!(shown("a.go", text), expected, "{text}");
        }
    }
}
