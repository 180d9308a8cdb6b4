//! Rust: `env::var`, `env!`, `option_env!`, dotenvy, `#[arg(env)]` of clap, prefixes of envy, figment and config.

use std::ops::Range;

use super::calls::{self, Helpers};
use super::lexer::{Habit, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, Path, Use, is_name, is_screaming, secrecy};

pub(super) const SYNTAX: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    nested_comments: true,
    quotes: &[Quote::lines("\"")],
    in_words: &[],
    habit: Habit::Rust,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &[
    "rustc-env=",
    "env::",
    "env!(",
    "var(",
    "var_os(",
    "env =",
    "env(",
    "_env",
    "arg(",
    "clap(",
    "envy",
    "Env::",
    "Environment::",
];

pub(super) fn reads(path: &Path<'_>) -> bool {
    path.extension == "rs"
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    let constants = lexed.constants();
    let mut helpers = Helpers::of("fn");
    for index in 0..lexed.tokens.len() {
        let of_env = lexed.before(index, 1) == ":" && matches!(lexed.before(index, 3), "env" | "dotenvy" | "dotenv");
        let named = |at: usize| {
            let own = lexed.string(at).filter(|text| is_name(text)).map(|_| at);
            own.or_else(|| constants.get(lexed.at(at)).copied())
        };
        let found = match lexed.at(index) {
            "var" | "var_os" if of_env && lexed.at(index + 1) == "(" => {
                let fallback = after(&lexed, lexed.close(index + 1));
                let name = named(index + 2);
                if name.is_none() {
                    helpers.note(&lexed, index + 2, fallback.clone());
                }
                name.map(|name| (name, Kind::Read, fallback))
            }
            "set_var" if of_env && lexed.at(index + 1) == "(" => {
                named(index + 2).map(|name| (name, Kind::Set, Fallback::Computed))
            }
            "env" if lexed.follows(index + 1, &["!", "("]) => {
                named(index + 3).map(|name| (name, Kind::Read, Fallback::Required))
            }
            "option_env" if lexed.follows(index + 1, &["!", "("]) => {
                named(index + 3).map(|name| (name, Kind::Read, Fallback::Optional))
            }
            "env" if lexed.at(index + 1) == "=" && lexed.string(index + 2).is_some_and(is_screaming) => {
                Some((index + 2, Kind::Read, attribute(&lexed, index)))
            }
            // `#[arg(long, env)]`: the field has the name.
            "env" if matches!(lexed.at(index + 1), ")" | ",") && is_of_clap(&lexed, index) => {
                uses.extend(field(&lexed, index));
                None
            }
            _ => None,
        };
        uses.extend(prefix(&lexed, index));
        uses.extend(given_by_build(&lexed, index));
        uses.extend(found.and_then(|(name, kind, fallback)| lexed.used(name, kind, fallback, true)));
    }
    calls::around(&lexed, &helpers, uses);
    secrecy::mark(&lexed, uses);
    lexed.mentions(uses);
    let tests = tests(&lexed);
    let of_tests = |found: &&mut Use| tests.iter().any(|test| test.contains(&found.at.start));
    for found in uses.iter_mut().filter(of_tests) {
        // It names a variable, and the program does not read it.
        (found.kind, found.fallback, found.sure) = (Kind::Mention, Fallback::Computed, false);
    }
}

/// `println!("cargo:rustc-env=BUILD_STAMP=…")` of a build script, for `env!` in what it builds.
fn given_by_build(lexed: &Lexed<'_>, index: usize) -> Option<Use> {
    let text = lexed.string(index)?;
    let start = ["cargo:rustc-env=", "cargo::rustc-env="].iter().find(|start| text.starts_with(**start))?.len();
    let name = text[start..].split('=').next().filter(|name| is_name(name))?;
    let begin = lexed.range(index).start + super::to_u32(start);
    let (name, at) = (name.to_owned(), begin..begin + super::to_u32(name.len()));
    Some(Use { name, at, kind: Kind::Set, fallback: Fallback::Computed, sure: true, owner: None, secret: None })
}

/// What follows the bracket that ends a call.
fn after(lexed: &Lexed<'_>, close: usize) -> Fallback {
    let mut at = close + 1;
    // `.ok().and_then(|port| port.parse().ok()).unwrap_or(80)`
    for _ in 0..6 {
        if lexed.at(at) == "?" {
            return Fallback::Required;
        }
        if lexed.at(at) != "." {
            break;
        }
        let open = at + 2;
        match lexed.at(at + 1) {
            "unwrap" | "expect" | "context" | "with_context" if at == close + 1 => return Fallback::Required,
            "unwrap_or" => {
                return lexed.arguments(open).first().map_or(Fallback::Computed, |first| lexed.fallback(first.clone()));
            }
            "unwrap_or_else" => {
                // `|_| "x".to_string()`
                let body = lexed.arguments(open).first().map(|first| first.start + 3..first.end);
                return body.filter(|body| !body.is_empty()).map_or(Fallback::Computed, |body| lexed.fallback(body));
            }
            "unwrap_or_default" | "is_ok" | "is_err" | "is_some" | "is_none" | "is_ok_and" | "is_some_and" => {
                return Fallback::Optional;
            }
            _ => {}
        }
        at = if lexed.at(open) == "(" { lexed.close(open) + 1 } else { open };
    }
    // Whoever has the result has to look whether there is a value.
    Fallback::Optional
}

/// The bytes of what only tests compile: `#[cfg(test)] mod tests { … }`, `#[test] fn …`.
fn tests(lexed: &Lexed<'_>) -> Vec<Range<u32>> {
    let one = |at: usize| {
        lexed.follows(at, &["#", "["]).then_some(())?;
        let close = lexed.close(at + 1);
        let is_test = lexed.at(close.checked_sub(1)?) == "test"
            || lexed.follows(at + 2, &["cfg", "(", "test", ")"])
            || lexed.follows(at + 2, &["cfg", "(", "all", "(", "test"]);
        let open = (close + 1..close + ATTRIBUTE).find(|at| matches!(lexed.at(*at), "{" | ";")).filter(|_| is_test)?;
        let end = if lexed.at(open) == "{" { lexed.close(open) } else { open };
        Some(lexed.range(at).start..lexed.range(end).end)
    };
    (0..lexed.tokens.len()).filter_map(one).collect()
}

/// Whether a word stands in `#[arg(…)]` or `#[clap(…)]`.
fn is_of_clap(lexed: &Lexed<'_>, index: usize) -> bool {
    let open = (index.saturating_sub(ATTRIBUTE)..index).rfind(|at| lexed.at(*at) == "#");
    open.is_some_and(|open| lexed.at(open + 1) == "[" && matches!(lexed.at(open + 2), "arg" | "clap"))
}

/// The field behind the attribute around `index`; clap takes its name in capital letters.
fn field(lexed: &Lexed<'_>, index: usize) -> Option<Use> {
    let mut at = (index..index + ATTRIBUTE).find(|at| lexed.at(*at) == "]")? + 1;
    while lexed.at(at) == "#" {
        at = lexed.close(at + 1) + 1;
    }
    if lexed.at(at) == "pub" {
        at = if lexed.at(at + 1) == "(" { lexed.close(at + 1) + 1 } else { at + 1 };
    }
    let named = lexed.is_word(at) && lexed.at(at + 1) == ":";
    let (name, range, fallback) = (lexed.at(at).to_ascii_uppercase(), lexed.range(at), attribute(lexed, index));
    named.then_some(Use { name, at: range, kind: Kind::Read, fallback, sure: true, owner: None, secret: None })
}

/// `envy::prefixed("APP_")`, `Env::raw()`, `Environment::with_prefix("APP")`: all names that begin so.
fn prefix(lexed: &Lexed<'_>, index: usize) -> Option<Use> {
    if lexed.before(index, 1) != ":" || lexed.at(index + 1) != "(" {
        return None;
    }
    let (named, end) = match (lexed.before(index, 3), lexed.at(index)) {
        ("envy" | "Env", "prefixed") => (true, ""),
        ("Environment", "with_prefix") => (true, "_"),
        ("envy", "from_env") | ("Env", "raw") | ("Environment", "default") => (false, ""),
        _ => return None,
    };
    let written =
        lexed.string(index + 2).filter(|_| named).map(|prefix| format!("{}{end}", prefix.to_ascii_uppercase()));
    Some(Use::prefix(written.unwrap_or_default(), lexed.range(if named { index + 2 } else { index })))
}

/// How far an attribute is looked at, in tokens.
const ATTRIBUTE: usize = 24;

/// The other words of `#[arg(env = "X", default_value = "y")]`.
fn attribute(lexed: &Lexed<'_>, index: usize) -> Fallback {
    let around = index.saturating_sub(ATTRIBUTE)..(index + ATTRIBUTE).min(lexed.tokens.len());
    let end = around.clone().find(|at| *at > index && lexed.at(*at) == "]").unwrap_or(around.end);
    let begin = around.clone().rfind(|at| *at < index && lexed.at(*at) == "#").unwrap_or(around.start);
    let default =
        (begin..end).find(|at| matches!(lexed.at(*at), "default_value" | "default_value_t") && lexed.at(at + 1) == "=");
    match default {
        Some(at) => match lexed.fallback(at + 2..at + 3) {
            Fallback::Optional => Fallback::Computed,
            found => found,
        },
        None => Fallback::Optional,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            ("let x = std::env::var(\"A_B\").unwrap();", "A_B!"),
            ("let x = env::var(\"A_B\")?;", "A_B!"),
            ("let x = env::var(\"A_B\").unwrap_or(\"d\".to_string());", "A_B=d"),
            ("let x = env::var(\"A_B\").unwrap_or_else(|_| \"d\".into());", "A_B=d"),
            ("let x = env::var(\"A_B\").unwrap_or_else(|_| String::from(\"d\"));", "A_B=d"),
            ("let x = env::var(\"A_B\").ok().and_then(|x| x.parse().ok()).unwrap_or(80);", "A_B=80"),
            ("let x = env::var_os(\"A_B\").is_some();", "A_B?"),
            ("match env::var(\"A_B\") { Ok(x) => x, Err(_) => y }", "A_B?"),
            ("let x = env::var(\"A_B\").or_else(|_| env::var(\"C_D\")).or_else(|_| f());", "A_B? C_D?"),
            ("const K: &str = \"A_B\";\nlet x = env::var(K).expect(\"set it\");", "A_B!"),
            ("let x = env!(\"A_B\"); let y = option_env!(\"C_D\");", "A_B! C_D?"),
            ("#[arg(long, env = \"A_B\", default_value = \"d\")] x: String, #[arg(env = \"C_D\")] y: u8", "A_B=d C_D?"),
            (
                "#[arg(long, env)]\n#[serde(default)]\npub(crate) a_b: u16,\n#[clap(env, default_value_t = 5)] c_d: u8,\n#[cfg(env)] e_f: u8",
                "A_B? C_D=5",
            ),
            (
                "env::var(\"A_B\")?;\n#[cfg(test)]\nmod tests {\n    #[tokio::test]\n    async fn f() { env::var(\"C_D\")?; }\n}\nfn g() { env::var(\"E_F\")?; }",
                "A_B! @C_D E_F!",
            ),
            ("envy::prefixed(\"APP_\").from_env::<C>()?; envy::from_env::<D>()?", "prefix APP_"),
            (
                "fn need(name: &str) -> String {\n    env::var(name).expect(\"set it\")\n}\nlet x = need(\"A_B\");",
                "A_B!",
            ),
            (
                "/* /* */ env::var(\"A_B\") */ let s = r#\"env::var(\"C_D\")\"#; let l: &'a str = env::var(\"E_F\")?;",
                "E_F!",
            ),
            ("println!(\"cargo:rustc-env=A_B={}\", x); println!(\"cargo::rustc-env={}=1\", y);", "set A_B=?"),
            ("let c = '\"'; env::var(\"A_B\")?; let d = '\\'';", "A_B!"),
            ("env::var(\"", ""),
        ] {
            assert_eq!(shown("a.rs", text), expected, "{text}");
        }
    }
}
