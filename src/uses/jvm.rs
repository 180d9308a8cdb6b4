//! Java and Kotlin: `System.getenv`, dotenv, `@Value("${X:default}")`; and the settings files of Spring.

use super::lexer::{Habit, Kind as Token, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, MAX_DEFAULT, Path, Use, calls, is_screaming, to_u32};

pub(super) const JAVA: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    nested_comments: false,
    quotes: &[Quote::lines("\"\"\""), Quote::line("\""), Quote::line("'")],
    in_words: &[],
    habit: Habit::None,
};

pub(super) const KOTLIN: Syntax = Syntax {
    nested_comments: true,
    quotes: &[Quote::raw("\"\"\"").with("${"), Quote::line("\"").with("${"), Quote::line("'")],
    ..JAVA
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &["getenv", "${", "nv(", "nv.", "nv[", "onfig"];

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.extension, "java" | "scala" | "groovy")
}

pub(super) fn reads_kotlin(path: &Path<'_>) -> bool {
    matches!(path.extension, "kt" | "kts")
}

/// `application.yml`, `application-prod.properties`, `bootstrap.yml`
pub(super) fn reads_settings(path: &Path<'_>) -> bool {
    let named = path.name.starts_with("application") || path.name.starts_with("bootstrap");
    named && (path.is_yaml() || path.extension == "properties")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    read_as(&JAVA, text, uses);
}

/// Kotlin has code in its strings, and comments in its comments.
pub(super) fn read_kotlin(text: &str, uses: &mut Vec<Use>) {
    read_as(&KOTLIN, text, uses);
}

fn read_as(syntax: &Syntax, text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, syntax);
    for index in 0..lexed.tokens.len() {
        if lexed.at(index) == "getenv" && lexed.at(index + 1) == "(" {
            getenv(&lexed, index, uses);
        } else if lexed.at(index) == "dotenv" {
            let name = if lexed.follows(index + 1, &[".", "get", "("]) { index + 4 } else { index + 2 };
            if lexed.string(name).is_some() && matches!(lexed.before(name, 1), "(" | "[") {
                let fallback = after(&lexed, lexed.close(name - 1) + 1);
                uses.extend(lexed.used(name, Kind::Read, fallback, true));
            }
        } else if lexed.at(index) == "ConfigurationProperties" && lexed.at(index + 1) == "(" {
            uses.extend(bound(&lexed, index + 1));
        } else if lexed.tokens[index].kind == Token::Text && lexed.follows(index.saturating_sub(2), &["Value", "("]) {
            // Kotlin has to write `"\${X}"`.
            let range = lexed.range(index);
            let inner = text.get(range.start as usize..range.end as usize);
            placeholders(inner.unwrap_or_default(), range.start, uses);
        }
    }
    calls::around(&lexed, &calls::Helpers::default(), uses);
    lexed.mentions(uses);
}

/// `@ConfigurationProperties(prefix = "app.mail-out")`: relaxed binding gives it every variable that begins with
/// `APP_MAILOUT_`.
/// <https://docs.spring.io/spring-boot/reference/features/external-config.html>
fn bound(lexed: &Lexed<'_>, open: usize) -> Option<Use> {
    let at = (open + 1..lexed.close(open)).find(|at| lexed.string(*at).is_some())?;
    let prefix = lexed.string(at).filter(|prefix| !prefix.is_empty())?;
    let name = prefix.replace('.', "_").replace('-', "").to_ascii_uppercase();
    Some(Use::prefix(format!("{name}_"), lexed.range(at)))
}

fn getenv(lexed: &Lexed<'_>, index: usize, uses: &mut Vec<Use>) {
    let close = lexed.close(index + 1);
    if lexed.string(index + 2).is_some() {
        let fallback = wrapped(lexed, index).unwrap_or_else(|| after(lexed, close + 1));
        uses.extend(lexed.used(index + 2, Kind::Read, fallback, true));
        return;
    }
    // `System.getenv().getOrDefault("X", "d")`, `System.getenv()["X"]`
    if close != index + 2 {
        return;
    }
    if lexed.at(close + 1) == "[" && lexed.string(close + 2).is_some() {
        uses.extend(lexed.used(close + 2, Kind::Read, after(lexed, close + 4), true));
    } else if lexed.at(close + 1) == "." && lexed.at(close + 3) == "(" && lexed.string(close + 4).is_some() {
        let fallback = match lexed.at(close + 2) {
            "get" => after(lexed, lexed.close(close + 3) + 1),
            "getOrDefault" => {
                lexed.arguments(close + 3).get(1).map_or(Fallback::Computed, |second| lexed.fallback(second.clone()))
            }
            "containsKey" | "getOrElse" => Fallback::Optional,
            _ => return,
        };
        uses.extend(lexed.used(close + 4, Kind::Read, fallback, true));
    }
}

/// What is done with the value within `Optional.ofNullable(System.getenv("X")).orElse("d")`, `requireNonNull(…)`.
fn wrapped(lexed: &Lexed<'_>, index: usize) -> Option<Fallback> {
    let open =
        index.checked_sub(3).filter(|open| lexed.at(*open) == "(" && lexed.follows(open + 1, &["System", "."]))?;
    match lexed.before(open, 1) {
        "requireNonNull" | "checkNotNull" => Some(Fallback::Required),
        "requireNonNullElse" => {
            lexed.arguments(open).get(1).map(|second| lexed.fallback(second.clone())).or(Some(Fallback::Computed))
        }
        "ofNullable" => {
            let mut at = lexed.close(open) + 1;
            for _ in 0..6 {
                if lexed.at(at) != "." {
                    break;
                }
                let arguments = lexed.arguments(at + 2);
                match lexed.at(at + 1) {
                    "orElse" => return arguments.first().map(|first| lexed.fallback(first.clone())),
                    "orElseThrow" => return Some(Fallback::Required),
                    "orElseGet" => return Some(Fallback::Computed),
                    _ => {}
                }
                at = if lexed.at(at + 2) == "(" { lexed.close(at + 2) + 1 } else { at + 2 };
            }
            Some(Fallback::Optional)
        }
        _ => None,
    }
}

/// Kotlin's `?: "d"`, and comparisons.
fn after(lexed: &Lexed<'_>, end: usize) -> Fallback {
    if lexed.follows(end, &["?", ":"]) {
        return match lexed.at(end + 2) {
            "throw" | "error" => Fallback::Required,
            "return" => Fallback::Optional,
            _ => lexed.fallback(end + 2..end + 3),
        };
    }
    let asked = lexed.follows(end, &["=", "="]) || lexed.follows(end, &["!", "="]) || lexed.at(end) == "?";
    if asked { Fallback::Optional } else { Fallback::Absent }
}

/// Settings of Spring as lines: a comment begins with `#`. Of several documents in a file those for a profile are read only
/// where that is active.
pub(super) fn read_settings(text: &str, uses: &mut Vec<Use>) {
    let (mut at, mut document) = (0, uses.len());
    let mut of_profile = false;
    let end = |found: &mut [Use], of_profile: bool| {
        if of_profile {
            found.iter_mut().for_each(Use::may_lack);
        }
    };
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        if body.starts_with("---") || body.starts_with("#---") {
            end(&mut uses[document..], of_profile);
            (document, of_profile) = (uses.len(), false);
        } else if !body.starts_with('#') {
            of_profile |= body.starts_with("on-profile") || body.starts_with("spring.config.activate.on-profile");
            placeholders(line, to_u32(at), uses);
        }
        at += line.len();
    }
    end(&mut uses[document..], of_profile);
}

/// Whether Spring reads a file of settings only where a profile is active: `application-prod.yml`.
/// <https://docs.spring.io/spring-boot/reference/features/external-config.html>
pub(super) fn is_of_profile(path: &Path<'_>) -> bool {
    reads_settings(path) && ["application-", "bootstrap-"].iter().any(|start| path.name.starts_with(start))
}

/// `${NAME:default}`; names in lower case are Spring's own properties.
fn placeholders(text: &str, base: u32, uses: &mut Vec<Use>) {
    for (at, _) in text.match_indices("${") {
        let inner = &text[at + 2..];
        let length = inner.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(inner.len());
        let name = &inner[..length];
        let rest = &inner[length..];
        if !is_screaming(name) {
            continue;
        }
        let from = at + 2 + length;
        let fallback = match rest.strip_prefix(':') {
            Some(default) if !default.starts_with("${") => {
                let default = &default[..default.floor_char_boundary(MAX_DEFAULT)];
                let end = default.find('}').unwrap_or(default.len());
                let offset = |at: usize| base + to_u32(from + 1 + at);
                Fallback::Text { text: default[..end].to_owned(), at: offset(0)..offset(end) }
            }
            Some(_) => Fallback::Computed,
            None if rest.starts_with('}') => Fallback::Required,
            None => continue,
        };
        let start = base + to_u32(at + 2);
        let at = start..start + to_u32(length);
        uses.push(Use { name: name.to_owned(), at, kind: Kind::Read, fallback, sure: true, owner: None, secret: None });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (path, text, expected) in [
            ("A.java", "String x = System.getenv(\"A_B\");", "A_B"),
            ("A.java", "String x = System.getenv().getOrDefault(\"A_B\", \"d\");", "A_B=d"),
            ("A.java", "String x = Optional.ofNullable(System.getenv(\"A_B\")).map(f).orElse(\"d\");", "A_B=d"),
            ("A.java", "String x = Optional.ofNullable(System.getenv(\"A_B\")).orElseThrow();", "A_B!"),
            ("A.java", "String x = Objects.requireNonNull(System.getenv(\"A_B\"));", "A_B!"),
            ("A.java", "if (System.getenv(\"A_B\") != null) {}", "A_B?"),
            ("A.java", "@Value(\"${A_B:d}\") String x; @Value(\"${app.name}\") String y;", "A_B=d"),
            ("A.java", "@ConfigurationProperties(prefix = \"app.mail-out\") class A {}", "prefix APP_MAILOUT_"),
            ("A.java", "@ConfigurationProperties class A {}", ""),
            ("A.java", "// System.getenv(\"A_B\")\nString s = \"System.getenv()\";", ""),
            ("A.kt", "val x = System.getenv(\"A_B\") ?: \"d\"\nval y = System.getenv()[\"C_D\"]", "A_B=d C_D"),
            ("A.kt", "val x = System.getenv(\"A_B\") ?: error(\"no\")", "A_B!"),
            ("A.kt", "val x = dotenv[\"A_B\"]", "A_B"),
            ("A.kt", "val x = \"db ${System.getenv(\"A_B\")}\"\nval y = System.getenv(\"C_D\")", "A_B C_D"),
            ("A.kt", "val x = \"\"\"a \"q\" ${System.getenv(\"A_B\")} \\\"\"\"", "A_B"),
            ("A.kt", "/* /* x */ System.getenv(\"A_B\") */ System.getenv(\"C_D\")", "C_D"),
            ("A.kt", "@Value(\"\\${A_B:d}\") lateinit var x: String", "A_B=d"),
            ("A.java", "/* /* x */ System.getenv(\"A_B\");", "A_B"),
            ("application.yml", "a: ${A_B:5}\n# ${C_D}\nb: ${E_F}\nc: ${own.name}\n", "A_B=5 E_F!"),
            ("application-dev.properties", "a=${A_B:}\nb=${C_D}\n", "A_B= C_D?"),
            (
                "application.yml",
                "a: ${A_B}\n---\nspring:\n  config.activate:\n    on-profile: prod\nb: ${C_D}\n---\nc: ${E_F}\n",
                "A_B! C_D? E_F!",
            ),
        ] {
            assert_eq!(shown(path, text), expected, "{text}");
        }
    }
}
