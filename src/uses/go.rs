//! Go: `os.Getenv`, `os.LookupEnv`, struct tags of env and envconfig, `BindEnv` of viper.

use super::lexer::{Habit, Kind as Token, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, Path, Use, calls, is_screaming, to_u32};

pub(super) const SYNTAX: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    nested_comments: false,
    quotes: &[Quote::raw("`"), Quote::line("\""), Quote::line("'")],
    in_words: &[],
    habit: Habit::None,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] =
    &["Getenv", "LookupEnv", "Setenv", "env:\"", "envconfig:\"", "BindEnv", "Env(", "EnvVar"];

pub(super) fn reads(path: &Path<'_>) -> bool {
    path.extension == "go"
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    let constants = lexed.constants();
    for index in 0..lexed.tokens.len() {
        let name = index + 2;
        let named = if lexed.string(name).is_some() { Some(name) } else { constants.get(lexed.at(name)).copied() };
        let named = named.filter(|_| lexed.at(index + 1) == "(");
        let of_os = lexed.before(index, 1) == "." && matches!(lexed.before(index, 2), "os" | "syscall");
        let found = match lexed.at(index) {
            "Getenv" if of_os => named.map(|name| (name, Kind::Read, asked(&lexed, index))),
            "LookupEnv" if of_os => named.map(|name| (name, Kind::Read, Fallback::Optional)),
            "Setenv" if of_os => named.map(|name| (name, Kind::Set, Fallback::Computed)),
            "BindEnv" | "MustBindEnv" => {
                let arguments = lexed.arguments(index + 1).into_iter().skip(1);
                let names = arguments.map(|argument| argument.start).filter(|at| lexed.string(*at).is_some());
                uses.extend(names.filter_map(|name| lexed.used(name, Kind::Read, Fallback::Optional, true)));
                None
            }
            // `EnvVars: []string{"X"}` of a command line's flag
            "EnvVars" | "EnvVar" | "Sources" if lexed.at(index + 1) == ":" => {
                let names = (index + 2..index + 10).filter(|at| lexed.string(*at).is_some_and(is_screaming));
                uses.extend(names.filter_map(|name| lexed.used(name, Kind::Read, Fallback::Optional, true)));
                None
            }
            _ => None,
        };
        uses.extend(found.and_then(|(name, kind, fallback)| lexed.used(name, kind, fallback, true)));
        if lexed.tokens[index].kind == Token::Text && lexed.written(index).starts_with('`') {
            tag(&lexed, index, uses);
        }
    }
    calls::around(&lexed, uses);
    lexed.mentions(uses);
}

/// `if os.Getenv("X") != ""`
fn asked(lexed: &Lexed<'_>, index: usize) -> Fallback {
    let close = lexed.close(index + 1);
    let compared = lexed.follows(close + 1, &["!", "="]) || lexed.follows(close + 1, &["=", "="]);
    if compared { Fallback::Optional } else { asked_later(lexed, index, close) }
}

/// `port := os.Getenv("X")`, and in the next statement `if port == "" { port = "8080" }`.
fn asked_later(lexed: &Lexed<'_>, index: usize, close: usize) -> Fallback {
    /// How far the question may stand behind the call, in tokens.
    const NEAR: usize = 12;
    let name = match (lexed.before(index, 3), lexed.before(index, 4)) {
        ("=", ":") => lexed.before(index, 5),
        ("=", name) => name,
        _ => return Fallback::Absent,
    };
    let is_word = |text: &str| text.starts_with(|first: char| first.is_alphabetic() || first == '_');
    if !is_word(name) {
        return Fallback::Absent;
    }
    for at in close + 1..close + NEAR {
        if lexed.at(at) != name || !lexed.string(at + 3).is_some_and(str::is_empty) {
            continue;
        }
        if lexed.follows(at + 1, &["!", "="]) {
            return Fallback::Optional;
        }
        if lexed.follows(at + 1, &["=", "="]) && lexed.at(at + 4) == "{" {
            let inside = at + 5..lexed.close(at + 4);
            if lexed.at(inside.start) == name
                && lexed.at(inside.start + 1) == "="
                && let Some(text) = lexed.string(inside.start + 2)
            {
                return Fallback::Text { text: text.to_owned(), at: lexed.range(inside.start + 2) };
            }
            let gives_up = |word: &str| {
                matches!(word, "panic" | "return" | "Exit") || word.starts_with("Fatal") || word.starts_with("Panic")
            };
            let ends = inside.clone().any(|token| gives_up(lexed.at(token)));
            return if ends { Fallback::Absent } else { Fallback::Optional };
        }
    }
    Fallback::Absent
}

/// A struct tag: `env:"PORT" envDefault:"8080"`.
fn tag(lexed: &Lexed<'_>, index: usize, uses: &mut Vec<Use>) {
    let Some(text) = lexed.string(index) else { return };
    let base = lexed.range(index).start;
    let value = |name: &str| {
        let at =
            text.match_indices(name).map(|(at, _)| at).find(|at| *at == 0 || text[..*at].ends_with([' ', '\t']))?;
        let from = at + name.len() + 2;
        let rest = text.get(from..)?;
        let length = text.get(at + name.len()..from).filter(|sign| *sign == ":\"").and_then(|_| rest.find('"'))?;
        Some((from, &rest[..length]))
    };
    let Some((from, written)) = value("env").or_else(|| value("envconfig")) else { return };
    let mut options = written.split(',').map(str::trim);
    let name = options.next().unwrap_or_default();
    if !is_screaming(name) {
        return;
    }
    let required = options.clone().any(|option| matches!(option, "required" | "notEmpty"))
        || value("required").is_some_and(|(_, text)| text == "true");
    let in_options = options.find_map(|option| option.strip_prefix("default="));
    let offset = |at: usize| base + to_u32(at);
    let default = value("envDefault").or_else(|| value("default")).or_else(|| value("env-default"));
    let fallback = match (default, in_options) {
        (Some((at, text)), _) => Fallback::Text { text: text.to_owned(), at: offset(at)..offset(at + text.len()) },
        (None, Some(text)) => Fallback::Text { text: text.to_owned(), at: offset(from)..offset(from + written.len()) },
        _ if required => Fallback::Required,
        _ => Fallback::Optional,
    };
    // A prefix may stand where the struct is read.
    let sure = !lexed.text.contains("envPrefix") && value("envconfig").is_none();
    let at = offset(from)..offset(from + name.len());
    uses.push(Use { name: name.to_owned(), at, kind: Kind::Read, fallback, sure, owner: None });
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
            ("x = os.Getenv(\"A_B\")\nif x == \"\" {\n\tx = other()\n}", "A_B?"),
            ("if x := os.Getenv(\"A_B\"); x != \"\" {\n\tuse(x)\n}", "A_B?"),
            ("x := os.Getenv(\"A_B\")\nif x == \"\" {\n\tlog.Fatal(\"no A_B\")\n}", "A_B"),
            ("x := os.Getenv(\"A_B\")\nif x == \"\" {\n\treturn errors.New(\"no A_B\")\n}", "A_B"),
            ("os.Setenv(\"A_B\", \"x\")", "set A_B=?"),
            (
                "type C struct {\n P int `env:\"A_B\" envDefault:\"80\"`\n Q string `env:\"C_D,required\"`\n R string `json:\"env\"`\n}",
                "A_B=80 C_D!",
            ),
            ("P int `envconfig:\"A_B\" default:\"x\"`", "~A_B=x"),
            ("viper.BindEnv(\"port\", \"A_B\")", "A_B?"),
            ("x := getEnv(\"A_B\", \"d\")", "~A_B=d"),
            ("// os.Getenv(\"A_B\")\ns := \"os.Getenv(\\\"C_D\\\")\"", ""),
        ] {
            assert_eq!(shown("a.go", text), expected, "{text}");
        }
    }
}
