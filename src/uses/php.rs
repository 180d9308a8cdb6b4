//! PHP: `getenv`, `$_ENV`, `$_SERVER`, Laravel's `env`.

use super::lexer::{Habit, Kind as Token, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, MAX_DEFAULT, Path, Use, calls, is_screaming, to_u32};

pub(super) const SYNTAX: Syntax = Syntax {
    line_comments: &["//", "#"],
    block_comments: &[("/*", "*/")],
    nested_comments: false,
    quotes: &[Quote::lines("\"").with("{"), Quote::lines("'"), Quote::lines("`")],
    in_words: b"$",
    habit: Habit::Php,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &["getenv", "$_ENV", "$_SERVER", "env(", "Env::", "putenv"];

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.extension, "php" | "phtml")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    for index in 0..lexed.tokens.len() {
        let found = match lexed.at(index) {
            "$_ENV" if lexed.at(index + 1) == "[" && lexed.string(index + 2).is_some() => {
                let set = lexed.at(index + 4) == "=" && lexed.at(index + 5) != "=";
                let kind = if set { Kind::Set } else { Kind::Read };
                Some((index + 2, kind, after(&lexed, index, index + 4), true))
            }
            "$_SERVER" if lexed.at(index + 1) == "[" && lexed.string(index + 2).is_some_and(is_configured) => {
                Some((index + 2, Kind::Read, after(&lexed, index, index + 4), false))
            }
            "putenv" if lexed.at(index + 1) == "(" && !is_member(&lexed, index) => {
                uses.extend(put(&lexed, index + 2));
                None
            }
            "getenv" if lexed.at(index + 1) == "(" && lexed.string(index + 2).is_some() => {
                Some((index + 2, Kind::Read, after(&lexed, index, lexed.close(index + 1) + 1), true))
            }
            // `Env::get('X')`, `Env::getOrFail('X')` of Laravel
            method @ ("get" | "getOrFail")
                if lexed.before(index, 1) == ":" && lexed.before(index, 3) == "Env" && lexed.at(index + 1) == "(" =>
            {
                let default = lexed.arguments(index + 1).get(1).map(|second| lexed.fallback(second.clone()));
                let otherwise = if method == "get" { Fallback::Optional } else { Fallback::Required };
                lexed.string(index + 2).map(|_| (index + 2, Kind::Read, default.unwrap_or(otherwise), true))
            }
            // Laravel's own function; one of somebody else's objects is found by `calls`.
            "env" if lexed.at(index + 1) == "(" && !is_member(&lexed, index) => {
                let arguments = lexed.arguments(index + 1);
                // Its configuration takes null where nothing is set.
                let default = arguments.get(1).map_or(Fallback::Optional, |second| lexed.fallback(second.clone()));
                let default = if is_respelled(&lexed, index) { Fallback::Computed } else { default };
                lexed.string(index + 2).map(|_| (index + 2, Kind::Read, default, true))
            }
            _ => None,
        };
        uses.extend(found.and_then(|(name, kind, fallback, sure)| lexed.used(name, kind, fallback, sure)));
    }
    calls::around(&lexed, &calls::Helpers::default(), uses);
    lexed.mentions(uses);
}

/// `putenv('X=1')`, `putenv("X=$value")`; without `=` it takes the variable away.
fn put(lexed: &Lexed<'_>, index: usize) -> Option<Use> {
    let range = lexed.range(index);
    lexed.tokens.get(index).filter(|token| token.kind == Token::Text)?;
    let (name, value) = lexed.text.get(range.start as usize..range.end as usize)?.split_once('=')?;
    let begin = range.start + to_u32(name.len());
    let is_whole = lexed.string(index).is_some() && lexed.at(index + 1) == ")" && !value.contains('$');
    let fallback = if is_whole && value.len() <= MAX_DEFAULT {
        Fallback::Text { text: value.to_owned(), at: begin + 1..range.end }
    } else {
        Fallback::Computed
    };
    let (name, at) = (name.to_owned(), range.start..begin);
    Some(Use { name, at, kind: Kind::Set, fallback, sure: true, owner: None, secret: None })
}

/// Whether what a call gives is spelled anew: `Str::slug(env('APP_NAME', 'laravel'))`, `Str::slug((string) env(…))`.
fn is_respelled(lexed: &Lexed<'_>, index: usize) -> bool {
    let open = if lexed.before(index, 1) == ")" && lexed.before(index, 3) == "(" { 4 } else { 1 };
    lexed.before(index, open) == "("
        && matches!(lexed.before(index, open + 1), "slug" | "snake" | "kebab" | "strtolower")
}

/// Whether a word is a method's name, or the name of a function that is written here.
fn is_member(lexed: &Lexed<'_>, index: usize) -> bool {
    let arrow = lexed.before(index, 1) == ">" && lexed.before(index, 2) == "-";
    arrow || matches!(lexed.before(index, 1), "function" | ":")
}

/// Most of `$_SERVER` is about the request.
fn is_configured(name: &str) -> bool {
    let of_request = [
        "HTTP_",
        "REQUEST_",
        "REMOTE_",
        "SERVER_",
        "SCRIPT_",
        "QUERY_",
        "PHP_",
        "PATH_",
        "DOCUMENT_",
        "CONTENT_",
        "HTTPS",
        "ORIG_",
        "REDIRECT_",
        "GATEWAY_",
    ];
    is_screaming(name) && !of_request.iter().any(|start| name.starts_with(start))
}

fn after(lexed: &Lexed<'_>, from: usize, end: usize) -> Fallback {
    let elvis = lexed.at(end) == "?" && matches!(lexed.at(end + 1), "?" | ":");
    if elvis {
        return lexed.fallback_until(end + 2, &[")", ",", ";", "]", "?", ":"]);
    }
    let compared =
        lexed.follows(end, &["=", "="]) || lexed.follows(end, &["!", "="]) || matches!(lexed.at(end), "?" | "&");
    let asked = lexed.before(from, 1) == "!"
        || lexed.before(from, 1) == "(" && matches!(lexed.before(from, 2), "if" | "isset" | "empty");
    if compared || asked { Fallback::Optional } else { Fallback::Absent }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            ("<?php $x = getenv('A_B');", "A_B"),
            ("<?php $x = getenv('A_B') ?: 'd';", "A_B=d"),
            ("<?php $x = $_ENV['A_B'] ?? 5;", "A_B=5"),
            ("<?php putenv('A_B=1'); putenv(\"C_D=$x\"); putenv('E_F=' . $x);", "set A_B=1 set C_D=? set E_F=?"),
            ("<?php $_ENV['A_B'] = 1;", "set A_B"),
            ("<?php return ['k' => env('A_B', 'd'), 'l' => env('C_D')];", "A_B=d C_D?"),
            ("<?php $x = Env::getOrFail('A_B'); $y = Env::get('C_D', 'd');", "A_B! C_D=d"),
            ("<?php if (isset($_ENV['A_B'])) {}", "A_B?"),
            ("<?php $x = $_SERVER['HTTP_HOST'] . $_SERVER['A_B'];", "@HTTP_HOST ~A_B"),
            ("<p>getenv('A_B')</p><?= getenv('C_D') ?> getenv('E_F')", "C_D"),
            ("<?php // getenv('A_B')\n# getenv('C_D')\n#[Attr(getenv('E_F'))]", "E_F"),
            ("<?php $s = <<<X\n getenv('A_B') {$_ENV['C_D']}\nX;\n getenv('E_F');", "C_D E_F"),
            ("getenv('A_B')", ""),
        ] {
            assert_eq!(shown("a.php", text), expected, "{text}");
        }
    }
}
