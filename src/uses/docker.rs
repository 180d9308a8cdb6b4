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
    // `CMD ["sh", "-c", "X=1 exec run"]`
    for name in commands(text).iter().flat_map(|command| shell::given(command)) {
        let Some(from) = text.find(&format!("{name}=")) else { continue };
        let (at, fallback) = (to_u32(from)..to_u32(from + name.len()), Fallback::Computed);
        uses.push(Use { name, at, kind: Kind::Set, fallback, sure: true, owner: None, secret: None });
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
        uses.push(Use {
            name: name.to_owned(),
            at: range,
            kind,
            fallback,
            sure: !is_argument,
            owner: None,
            secret: None,
        });
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

/// What a Dockerfile takes from its context, as it is written; `None` where that cannot be said.
#[must_use]
pub fn copied(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for (word, body) in instructions(text) {
        if word == "RUN" {
            // Without `source` and `from` it is the whole context.
            let mounts = body.split_whitespace().filter(|option| option.starts_with("--mount=type=bind"));
            mounts.into_iter().all(|mount| mount.contains("from=") || mount.contains("source=")).then_some(())?;
        }
        let of_stage = body.split_whitespace().any(|option| option.starts_with("--from="));
        if !matches!(word.as_str(), "COPY" | "ADD") || of_stage {
            continue;
        }
        let mut words = listed(&body).unwrap_or_else(|| body.split_whitespace().map(ToOwned::to_owned).collect());
        words.pop();
        words.retain(|word| !word.starts_with("--") && !word.starts_with("<<") && !word.contains("://"));
        words.iter().all(|word| !word.contains('$')).then_some(())?;
        found.append(&mut words);
    }
    Some(found)
}

/// What is run when a container starts: `CMD` and `ENTRYPOINT`.
#[must_use]
pub fn commands(text: &str) -> Vec<String> {
    let starts = instructions(text).filter(|(word, _)| matches!(word.as_str(), "CMD" | "ENTRYPOINT"));
    starts.map(|(_, body)| listed(&body).map_or(body, |words| words.join(" ; "))).collect()
}

/// Each instruction with what follows it, on one line.
fn instructions(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let joined = lines.flat_map(|line| [line, "\n"]).collect::<String>().replace("\\\n", " ");
    let one = |line: &str| {
        line.trim()
            .split_once(char::is_whitespace)
            .map(|(word, body)| (word.to_ascii_uppercase(), body.trim().to_owned()))
    };
    joined.lines().filter_map(one).collect::<Vec<_>>().into_iter()
}

/// `["a", "b"]`.
fn listed(body: &str) -> Option<Vec<String>> {
    let list = body.split_whitespace().skip_while(|word| word.starts_with("--")).collect::<Vec<_>>().join(" ");
    serde_json::from_str(&list).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::{commands, copied};

    #[test]
    fn what_gets_in() {
        for (text, expected) in [
            ("FROM a\nCOPY . .\n", Some(". ")),
            ("copy --chown=a:b api/ web/ \\\n  /app/\nADD [\"a b\", \"/c\"]\n", Some("api/ web/ a b ")),
            ("COPY --from=build /x /y\nADD https://a.example/b /c\n# COPY . .\n", Some("")),
            ("COPY $DIR /app\n", None),
            ("RUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync\n", Some("")),
            ("RUN --mount=type=bind,target=. make\n", None),
        ] {
            let found = copied(text)
                .map(|sources| sources.iter().flat_map(|source| [source.as_str(), " "]).collect::<String>());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        assert_eq!(commands("ENTRYPOINT [\"op\", \"run\", \"--\"]\nCMD node a.js"), ["op ; run ; --", "node a.js"]);
    }

    #[test]
    fn uses() {
        for (text, expected) in [
            (
                "ARG A_B\nARG C_D=1\nENV E_F=x G_H=\"y z\"\nENV I_J k l\nRUN echo $A_B ${E_F} $M_N\n",
                "~A_B? ~C_D=1 set E_F=x set G_H=y z set I_J=k l ~M_N",
            ),
            ("ENV A_B=1 \\\n    C_D=$A_B\n# ENV E_F=1\n", "set A_B=1 set C_D=?"),
            ("CMD [\"sh\", \"-c\", \"run ${A_B:?}\"]\n", "A_B!"),
            ("CMD [\"sh\", \"-c\", \"A_B=1 exec run\"]\n", "set A_B=?"),
            ("ENV\nARG =\n", ""),
        ] {
            assert_eq!(shown("Dockerfile", text), expected, "{text}");
        }
    }
}
