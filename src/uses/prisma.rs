//! Prisma: `url = env("DATABASE_URL")` in `schema.prisma`.

use super::lexer::{Habit, Quote, Syntax, lex};
use super::{Fallback, Kind, Path, Use};

const SYNTAX: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    nested_comments: false,
    quotes: &[Quote::line("\"")],
    in_words: &[],
    habit: Habit::None,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &["env("];

pub(super) fn reads(path: &Path<'_>) -> bool {
    path.extension == "prisma"
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    for index in 0..lexed.tokens.len() {
        if lexed.at(index) != "env" || lexed.at(index + 1) != "(" || lexed.string(index + 2).is_none() {
            continue;
        }
        // `directUrl` and `shadowDatabaseUrl` are for migrations; where the program runs they may well be missing.
        let needed = lexed.before(index, 1) == "=" && lexed.before(index, 2) == "url";
        let fallback = if needed { Fallback::Required } else { Fallback::Optional };
        uses.extend(lexed.used(index + 2, Kind::Read, fallback, true));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            (
                "datasource db {\n  provider = \"postgresql\"\n  url = env(\"A_B\")\n  directUrl = env(\"C_D\")\n}\n",
                "A_B! C_D?",
            ),
            ("generator client {\n  output = env(\"A_B\")\n  // url = env(\"C_D\")\n}\n", "A_B?"),
            ("url = env(", ""),
        ] {
            assert_eq!(shown("prisma/schema.prisma", text), expected, "{text}");
        }
    }
}
