//! Units of systemd: values are quoted as `systemd.syntax(7)` has it, `%` and, in commands, `$` doubled.

use super::{Draft, Kind, Misfit, Sign, Token, add, behind, by_line, harmless, known, one_line};

pub(super) const KIND: Kind = Kind {
    name: "systemd",
    comment: Some("#"),
    interpolates: false,
    is: |name| {
        [".service", ".socket", ".timer", ".mount", ".path", ".target", ".slice"].iter().any(|end| name.ends_with(end))
    },
    write: |draft| by_line(&draft.lines(), |line, misfits| write(draft, line, misfits)),
};

fn write(draft: &Draft<'_>, line: &[Token<'_>], misfits: &mut Vec<Misfit>) -> String {
    let comment = line
        .iter()
        .find(|token| !token.is(char::is_whitespace))
        .is_some_and(|token| token.is(|own| "#;".contains(own)));
    let start: String =
        line.iter().map_while(|token| if let Sign::Own(own) = token.sign { Some(own) } else { None }).collect();
    let command = start.trim_start().starts_with("Exec");
    let listed = command || start.trim_start().starts_with("Environment=");
    let (mut out, mut quote, mut escaped) = (String::new(), None, false);
    // A `%` or `$` that the next character makes something of.
    let mut sign = None;
    for (index, token) in line.iter().enumerate() {
        let piece = match token.sign {
            Sign::Own(own) => {
                out.push(own);
                sign = Some(own).filter(|own| matches!(own, '%' | '$') && sign != Some(*own));
                match quote {
                    _ if escaped => escaped = false,
                    _ if own == '\\' => escaped = true,
                    Some(open) if open == own => quote = None,
                    None if matches!(own, '"' | '\'') => quote = Some(own),
                    _ => {}
                }
                continue;
            }
            Sign::Hole(piece) => piece,
        };
        let blank =
            |token: Option<&Token<'_>>| token.is_none_or(|token| token.is(|own| own.is_whitespace() || own == '='));
        let whole = blank(index.checked_sub(1).and_then(|before| line.get(before))) && blank(line.get(index + 1));
        if let Some(sign) = escaped.then_some('\\').or(sign.take()).filter(|_| !comment) {
            misfits.push(behind(sign, token.at));
            continue;
        }
        let text = known(&draft.parts(piece), token.at, "a unit");
        let written = text.and_then(|text| match quote {
            _ if comment => one_line(&text, token.at, "a comment"),
            Some('"') => Ok(escape(&text, command)),
            None if whole && listed => Ok(format!("\"{}\"", escape(&text, command))),
            _ if text.contains(['%', '$', '\\']) => harmless("\"", token.at, "a unit"),
            None if !listed => one_line(&text, token.at, "a unit"),
            _ => harmless(&text, token.at, "a unit"),
        });
        add(&mut out, misfits, written);
    }
    out
}

fn escape(text: &str, command: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '%' => out.push_str("%%"),
            '$' if command => out.push_str("$$"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out
}
