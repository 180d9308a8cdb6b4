//! Dockerfiles: `ARG`, `ENV`, and what is expanded without either.

use std::collections::HashSet;

use super::{Fallback, Kind, Path, Use, shell, to_u32};

pub(super) fn reads(path: &Path<'_>) -> bool {
    let lower = path.name.to_ascii_lowercase();
    lower == "dockerfile"
        || lower == "containerfile"
        || lower.starts_with("dockerfile.")
        || lower.ends_with(".dockerfile")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let mut known: HashSet<String> = HashSet::new();
    let mut at = 0;
    let mut word = "";
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') {
            continue;
        }
        let body = if goes_on {
            line
        } else {
            word = trimmed.split_whitespace().next().unwrap_or_default();
            trimmed.get(word.len()..).unwrap_or_default()
        };
        let base = start + line.len() - body.len();
        goes_on = line.trim_end().ends_with('\\');
        match word.to_ascii_uppercase().as_str() {
            "ARG" => assignments(body, base, true, &mut known, uses),
            "ENV" => assignments(body, base, false, &mut known, uses),
            _ => {
                let script = shell::scan(body, to_u32(base));
                known.extend(script.sets.into_iter().map(|(name, _)| name));
                uses.extend(script.reads.into_iter().filter(|read| !known.contains(&read.name)));
            }
        }
    }
}

/// `NAME=value NAME2="a value"`, `NAME value`, `NAME`.
fn assignments(body: &str, base: usize, is_argument: bool, known: &mut HashSet<String>, uses: &mut Vec<Use>) {
    let reads = shell::scan(body, to_u32(base)).reads;
    uses.extend(reads.into_iter().filter(|read| !known.contains(&read.name)));
    let mut rest = body.trim_end().trim_end_matches('\\').trim_end();
    let mut at = base;
    loop {
        let blank = rest.len() - rest.trim_start().len();
        (rest, at) = (&rest[blank..], at + blank);
        let length = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(rest.len());
        if length == 0 {
            return;
        }
        let (name, tail) = rest.split_at(length);
        let (value, skip) = match tail.strip_prefix('=') {
            Some(tail) => (value(tail), 1),
            // `ENV NAME the whole rest`
            None if !is_argument => (tail.trim_start(), tail.len() - tail.trim_start().len()),
            None => ("", 0),
        };
        let from = at + length + skip;
        let plain = value.trim_matches(['"', '\'']);
        let shift = value.find(plain).unwrap_or_default();
        let text =
            || Fallback::Text { text: plain.to_owned(), at: to_u32(from + shift)..to_u32(from + shift + plain.len()) };
        let (kind, fallback) = match (is_argument, tail.starts_with('=')) {
            (true, false) => (Kind::Read, Fallback::Optional),
            _ if value.contains('$') => (if is_argument { Kind::Read } else { Kind::Set }, Fallback::Computed),
            (true, true) => (Kind::Read, text()),
            (false, _) => (Kind::Set, text()),
        };
        let range = to_u32(at)..to_u32(at + length);
        uses.push(Use { name: name.to_owned(), at: range, kind, fallback, sure: !is_argument, owner: None });
        known.insert(name.to_owned());
        rest = &rest[(length + skip + value.len()).min(rest.len())..];
        at = from + value.len();
    }
}

/// The value at the beginning of a text, with its quotes.
fn value(text: &str) -> &str {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    let end = match quote {
        Some(quote) => text[1..].find(quote).map_or(text.len(), |end| end + 2),
        None => text.find(char::is_whitespace).unwrap_or(text.len()),
    };
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            (
                "ARG A_B\nARG C_D=1\nENV E_F=x G_H=\"y z\"\nENV I_J k l\nRUN echo $A_B ${E_F} $M_N\n",
                "~A_B? ~C_D=1 set E_F=x set G_H=y z set I_J=k l ~M_N",
            ),
            ("ENV A_B=1 \\\n    C_D=$A_B\n# ENV E_F=1\n", "set A_B=1 set C_D=?"),
            ("CMD [\"sh\", \"-c\", \"run ${A_B:?}\"]\n", "A_B!"),
            ("ENV\nARG =\n", ""),
        ] {
            assert_eq!(shown("Dockerfile", text), expected, "{text}");
        }
    }
}
