//! Text within Markdown: as code, as a phrase, as prose.

/// Text as prose where nothing in it means anything to Markdown or GitHub, else as a code span: a mention or an issue
/// number cannot be escaped.
#[must_use]
pub fn phrase(text: &str, longest: usize) -> String {
    let plain = |character: char| character.is_alphanumeric() || " ,.;:()'-/=%_".contains(character);
    let word_links = |word: &str| {
        word.starts_with('_')
            || word.starts_with("www.")
            || word.contains("://")
            || word.starts_with("GH-")
            || (word.len() >= 7 && word.chars().all(|digit| digit.is_ascii_hexdigit()))
    };
    let words = || text.split([' ', ',', ';', '(', ')', '\'', '=', '/', ':', '.']);
    let safe = text.chars().all(plain) && !text.contains("://") && !text.contains("www.") && !words().any(word_links);
    if safe && !text.starts_with(['-', '=', ' ']) { cut(text, longest) } else { code(text, longest) }
}

/// Text in a code span whose fence is longer than any inside, fit for a cell of a table.
#[must_use]
pub fn code(text: &str, longest: usize) -> String {
    let text = cut(text, longest).replace('\n', "⏎");
    let longest_run = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest_run + 1);
    let around = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let blank = if around { " " } else { "" };
    // In a table `|` ends the cell even within a code span.
    if text.is_empty() { String::new() } else { format!("{fence}{blank}{}{blank}{fence}", text.replace('|', "\\|")) }
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Text that was written as Markdown by people who think of code spans and of little else: spans stay, all else is taken
/// literally. It has one line, fit for a cell of a table; a blank line becomes a break.
#[must_use]
pub fn prose(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let paragraphs = paragraphs.filter(|paragraph| !paragraph.is_empty()).map(|paragraph| inline(&paragraph));
    paragraphs.collect::<Vec<_>>().join("<br>")
}

fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((inside, next)) = after.split_once('`').filter(|(inside, _)| !inside.is_empty()) else { break };
        literal(&mut out, before);
        out.push_str(&code(inside, usize::MAX));
        rest = next;
    }
    literal(&mut out, rest);
    out
}

fn literal(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '*' | '_' | '[' | ']' | '|' | '`' | '~' => out.extend(['\\', character]),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_means_nothing() {
        for (text, expected) in [
            ("PORT is 80800, the maximum is 65535", "PORT is 80800, the maximum is 65535"),
            ("API_PORT: 1 (a)", "API_PORT: 1 (a)"),
            ("ask @admin", "`ask @admin`"),
            ("see #12", "`see #12`"),
            ("a|b", "`a\\|b`"),
            ("`x`", "`` `x` ``"),
            ("a ``` b", "````a ``` b````"),
            ("<img src=x>", "`<img src=x>`"),
            ("[a](http://b)", "`[a](http://b)`"),
            ("http://b", "`http://b`"),
            ("_em_ and *em*", "`_em_ and *em*`"),
            ("_em_", "`_em_`"),
            ("deadbeef1", "`deadbeef1`"),
            ("", ""),
        ] {
            assert_eq!(phrase(text, 80), expected, "{text}");
        }
        assert_eq!(code("abcdef", 3), "`abc…`");
    }

    #[test]
    fn prose_keeps_its_code() {
        for (text, expected) in [
            ("a `b|c` d", "a `b\\|c` d"),
            ("a\n b\n\n\nc", "a b<br>c"),
            ("<script> & `x", "&lt;script&gt; &amp; \\`x"),
            ("KEY_A *or* [x](y) | z", "KEY\\_A \\*or\\* \\[x\\](y) \\| z"),
            ("`` a ``", "\\`\\` a \\`\\`"),
            ("", ""),
        ] {
            assert_eq!(prose(text), expected, "{text}");
        }
    }
}
