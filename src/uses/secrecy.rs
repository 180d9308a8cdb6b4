//! What a program itself keeps secret, whatever its name: by a type such as `SecretStr` of pydantic or `SecretString` of
//! secrecy, or because a command line is told not to show it.

use std::collections::HashSet;
use std::ops::Range;

use super::lexer::{Kind as Token, Lexed};
use super::{Kind, Use};

/// Types that do not show what they hold.
const TYPES: &[&str] = &["SecretStr", "SecretBytes", "Secret", "SecretString", "SecretBox", "SecretVec", "SecretSlice"];

/// What clap and click are told about a value.
const HIDING: &[&str] = &["hide_env_values", "hide_input"];

/// How many brackets around a use are looked at.
const MAX_OUTWARD: usize = 3;

/// How far a declaration is looked at, in tokens.
const NEAR: usize = 48;

/// The names by which a text calls types that do not show what they hold.
pub(super) struct Types<'t>(HashSet<&'t str>);

impl<'t> Types<'t> {
    /// Those of a text: `from pydantic import SecretStr as Hidden`, `ApiKey = Annotated[SecretStr, …]`, `class Token(SecretStr)`.
    pub(super) fn of(lexed: &Lexed<'t>) -> Self {
        let mut found: HashSet<&str> = TYPES.iter().copied().collect();
        for index in 0..lexed.tokens.len() {
            if !found.contains(lexed.at(index)) {
                continue;
            }
            let line = line(lexed, index);
            let named = match lexed.at(line) {
                "class" | "type" => Some(line + 1),
                _ if lexed.at(index + 1) == "as" => Some(index + 2),
                _ if lexed.at(line + 1) == "=" && line + 1 < index => Some(line),
                _ => None,
            };
            let is_type = |name: &&str| name.starts_with(|first: char| first.is_ascii_uppercase());
            found.extend(named.map(|at| lexed.at(at)).filter(is_type));
        }
        Self(found)
    }

    /// Whether one of these stands in a range.
    pub(super) fn stand_in(&self, lexed: &Lexed<'_>, mut range: Range<usize>) -> bool {
        range.any(|at| self.0.contains(lexed.at(at)))
    }
}

/// The first token of the line of a token.
fn line(lexed: &Lexed<'_>, index: usize) -> usize {
    let before = (index.saturating_sub(NEAR)..=index).rev();
    before.into_iter().find(|at| lexed.tokens.get(*at).is_some_and(|token| token.indent.is_some())).unwrap_or(index)
}

/// The texts and numbers in a range, but for the names of variables.
pub(super) fn literals(lexed: &Lexed<'_>, range: Range<usize>, uses: &[Use]) -> Vec<Range<u32>> {
    let is_literal =
        |at: &usize| lexed.tokens.get(*at).is_some_and(|token| matches!(token.kind, Token::Text | Token::Number));
    let ranges = range.filter(is_literal).map(|at| lexed.range(at));
    ranges.filter(|range| !range.is_empty() && !uses.iter().any(|found| found.at == *range)).collect()
}

/// Marks what the program keeps secret.
pub(super) fn mark(lexed: &Lexed<'_>, uses: &mut [Use]) {
    if !lexed.text.contains("Secret") && !HIDING.iter().any(|word| lexed.text.contains(word)) {
        return;
    }
    let types = Types::of(lexed);
    for at in 0..uses.len() {
        let found = &uses[at];
        if found.kind == Kind::Read && found.secret.is_none() {
            let range = around(lexed, &types, found);
            uses[at].secret = range.map(|range| literals(lexed, range, uses));
        }
    }
}

/// The tokens around a use that say that it is secret, and among which its value may stand.
fn around(lexed: &Lexed<'_>, types: &Types<'_>, found: &Use) -> Option<Range<usize>> {
    let index = lexed.tokens.partition_point(|token| token.start <= found.at.start).checked_sub(1)?;
    let line = line(lexed, index);
    // A tag of Go stands behind the type, and holds the default.
    if lexed.tokens[index].kind == Token::Text && lexed.written(index).starts_with('`') {
        return types.stand_in(lexed, line + 1..index).then_some(index..index);
    }
    // `let token: SecretString = env::var("TOKEN")?.into()`
    let annotated = |at: usize| {
        let end = (at..index).find(|end| matches!(lexed.at(*end), "=" | ","));
        lexed.at(at) == ":" && end.is_some_and(|end| lexed.at(end) == "=" && types.stand_in(lexed, at + 1..end))
    };
    if (line..index).any(annotated) {
        return Some(line..end_of_line(lexed, index));
    }
    // `#[arg(long, env, hide_env_values = true)] token: String`
    if lexed.at(index + 1) == ":" {
        let begin = (index.saturating_sub(NEAR)..index).rfind(|at| lexed.at(*at) == "#");
        let begin = begin.filter(|begin| lexed.at(begin + 1) == "[").unwrap_or(index);
        return is_hidden(lexed, types, begin..index, index + 1).then_some(begin..index);
    }
    let mut inner = index;
    for _ in 0..MAX_OUTWARD {
        let open = super::casts::enclosing(lexed, inner)?;
        let close = lexed.close(open);
        let is_part = |at: &usize| lexed.is_word(*at) || matches!(lexed.at(*at), ":" | ".");
        let callee = (open.saturating_sub(8)..open).rev().take_while(is_part).last().unwrap_or(open);
        let attribute = lexed.at(open) == "[" && lexed.before(open, 1) == "#";
        let field = (close..close + NEAR).find(|at| lexed.at(*at) == ":");
        if types.stand_in(lexed, callee..open)
            || attribute && field.is_some_and(|field| is_hidden(lexed, types, open..close, field))
            || !attribute && is_told(lexed, types, open..close)
        {
            return Some(open..close);
        }
        // What is said of one field says nothing of those beside it.
        if attribute {
            return None;
        }
        inner = open;
    }
    None
}

fn end_of_line(lexed: &Lexed<'_>, index: usize) -> usize {
    let begins = |at: &usize| lexed.tokens.get(*at).is_none_or(|token| token.indent.is_some());
    (index + 1..index + NEAR).find(begins).unwrap_or(index + 1)
}

/// Whether an attribute hides the value of the field whose type stands behind the colon, or the type does.
fn is_hidden(lexed: &Lexed<'_>, types: &Types<'_>, attribute: Range<usize>, colon: usize) -> bool {
    let ends = |at: &usize| {
        matches!(lexed.at(*at), "," | "}" | ";") || lexed.tokens.get(*at).is_none_or(|token| token.indent.is_some())
    };
    let end = (colon..colon + NEAR).find(ends).unwrap_or(colon);
    types.stand_in(lexed, colon..end) || is_told(lexed, types, attribute)
}

/// `hide_input=True`, `cast=Secret`.
fn is_told(lexed: &Lexed<'_>, types: &Types<'_>, mut range: Range<usize>) -> bool {
    range.any(|at| {
        let says = |value: usize| match lexed.at(at) {
            "cast" => types.stand_in(lexed, value..value + 1),
            word => HIDING.contains(&word) && matches!(lexed.at(value), "true" | "True"),
        };
        lexed.at(at + 1) == "=" && says(at + 2)
    })
}

#[cfg(test)]
mod tests {
    use super::super::read;

    #[test]
    fn what_programs_keep_secret() {
        let settings = "from pydantic_settings import BaseSettings\nApiKey = Annotated[SecretStr, Strict()]\nclass Pin(SecretBytes): pass\nclass S(BaseSettings):\n    ";
        let field = |text: &str| format!("{settings}{text}\n");
        for (path, text, expected) in [
            ("a.py", field("a_b: SecretStr = 'hunter2'"), Some(vec!["hunter2"])),
            ("a.py", field("a_b: SecretStr | None = Field(\n        'hunter2', alias='A_B',\n    )"), Some(vec!["hunter2"])),
            ("a.py", field("a_b: SecretStr = SecretStr('hunter2')"), Some(vec!["hunter2"])),
            ("a.py", field("a_b: list[SecretStr]"), Some(vec![])),
            ("a.py", field("a_b: Secret[str] = 'hunter2'"), Some(vec!["hunter2"])),
            ("a.py", field("a_b: ApiKey = 'hunter2'"), Some(vec!["hunter2"])),
            ("a.py", field("a_b: Pin"), Some(vec![])),
            ("a.py", field("a_b: str = Field('hunter2', json_schema_extra={'writeOnly': True})"), Some(vec!["hunter2", "writeOnly"])),
            ("a.py", field("a_b: str = 'shown'"), None),
            ("a.py", field("c_d: SecretStr = 'x'\n    a_b: str = 'shown'\n    e_f: SecretStr"), None),
            ("a.py", "x = SecretStr(os.environ.get('A_B', 'hunter2'))".to_owned(), Some(vec!["hunter2"])),
            ("a.py", "x: SecretStr = os.environ.get('A_B', 'hunter2')".to_owned(), Some(vec!["hunter2"])),
            ("a.py", "x = SecretsManager(os.environ['A_B'])".to_owned(), None),
            (
                "a.py",
                "from starlette.config import Config\nfrom starlette.datastructures import Secret\nx = config('A_B', cast=Secret, default='hunter2')".to_owned(),
                Some(vec!["hunter2"]),
            ),
            ("a.py", "@click.option('--x', envvar='A_B', hide_input=True)".to_owned(), Some(vec!["--x"])),
            ("a.rs", "let x: SecretString = env::var(\"A_B\").unwrap_or(\"hunter2\".into()).into();".to_owned(), Some(vec!["hunter2"])),
            ("a.rs", "let x = SecretString::from(env::var(\"A_B\")?);".to_owned(), Some(vec![])),
            ("a.rs", "struct A {\n#[arg(env = \"A_B\", default_value = \"hunter2\")]\nx: SecretString,\n}".to_owned(), Some(vec!["hunter2"])),
            ("a.rs", "struct A {\n#[arg(env = \"A_B\", hide_env_values = true)]\nx: String,\n}".to_owned(), Some(vec![])),
            ("a.rs", "struct A {\n#[arg(env, hide_env_values = true)]\na_b: String,\n}".to_owned(), Some(vec![])),
            ("a.rs", "struct A {\n#[arg(env = \"A_B\")]\nx: String,\ny: SecretString }".to_owned(), None),
            ("a.rs", "struct A {\n#[arg(env = \"A_B\")]\nx: u16,\n#[arg(env = \"C_D\", hide_env_values = true)]\ny: String }".to_owned(), None),
            ("a.rs", "struct A {\n#[arg(env)]\na_b: u16,\n#[arg(env, hide_env_values = true)]\ny: String }".to_owned(), None),
            ("a.go", "type C struct {\n P Secret `env:\"A_B\" envDefault:\"hunter2\"`\n}".to_owned(), Some(vec![])),
            ("a.go", "type C struct {\n P Secret\n Q string `env:\"A_B\"`\n}".to_owned(), None),
        ] {
            let uses = read(path, &text);
            let found = uses.iter().find(|found| found.name == "A_B").expect(&text);
            let shown = |range: &std::ops::Range<u32>| &text[range.start as usize..range.end as usize];
            let secret = found.secret.as_ref().map(|ranges| ranges.iter().map(shown).collect::<Vec<_>>());
            assert_eq!(secret, expected, "{text}");
        }
    }
}
