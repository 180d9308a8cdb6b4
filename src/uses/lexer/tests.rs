//! Tokens of texts in which quotes and comments stand in each other's way.

use super::*;

const SCRIPT: Syntax = Syntax {
    line_comments: &["//"],
    block_comments: &[("/*", "*/")],
    nested_comments: false,
    quotes: &[Quote::lines("`").with("${"), Quote::line("\""), Quote::line("'")],
    in_words: b"$",
    habit: Habit::Regexes,
};

#[test]
fn tokens() {
    for (text, expected) in [
        ("a.b(1, 'x')", "a . b ( 1 , 'x' )"),
        ("a // b\nc /* d\n */ e", "a c e"),
        ("'a\\'b' \"it's\"", "'a\\'b' \"it's\""),
        ("don't x", "don ' t x"),
        ("`a ${b} c`", "`a ${b} c` { b }"),
        ("`a ${`b ${c}`}`", "`a ${`b ${c}`}` { `b ${c}` { c } }"),
        ("a = /b'c/; d / e / f", "a = /b'c/ ; d / e / f"),
        ("(<p a='x' b={c}>Don't d {e && <b>isn't {f}</b>} // g</p>, h)", "( < 'x' { c } { e & & < { f } } , h )"),
        ("return <><br/>it's</>; a", "return < ; a"),
        ("<T,>(a) => 'b'; c = <d>e; <script>'f'", "< T , > ( a ) = > 'b' ; c = < d > e ; < script > 'f'"),
        ("a < b && c > d 'e'", "a < b & & c > d 'e'"),
        ("1..2 1.5 0x1f", "1 . . 2 1.5 0x1f"),
        ("'open", "' open"),
        ("`open ${", "` open $ {"),
        ("é = 'ü'", "é = 'ü'"),
        ("", ""),
    ] {
        let lexed = lex(text, &SCRIPT);
        let tokens = lexed.tokens.iter().map(|token| &text[token.start as usize..token.end as usize]);
        let tokens: Vec<_> = tokens.collect();
        assert_eq!(tokens.join(" "), expected, "{text}");
    }
}

#[test]
fn brackets_know_their_partners() {
    let lexed = lex("f(a, [b, {c}], ')') (", &SCRIPT);
    let partners: Vec<_> = lexed.tokens.iter().map(|token| token.partner).filter(|partner| *partner > 0).collect();
    assert_eq!(partners, [13, 10, 9, 7, 4, 1]);
}
