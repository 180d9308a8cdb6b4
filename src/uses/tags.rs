//! Struct tags of Go: those of env and envconfig, each with the prefix that stands where its struct is a field or is read.

use std::ops::Range;

use super::lexer::{Kind as Token, Lexed};
use super::{Fallback, Kind, Use, is_screaming, to_u32};

/// How deep structs may stand in each other.
const MAX_DEPTH: usize = 8;

/// A tag, cut where it is asked.
struct Tag<'t> {
    text: &'t str,
    /// Where its text begins.
    base: u32,
}

/// The body of a struct that is a field with a prefix, and the tag that says so.
struct Prefixed<'t> {
    body: Range<usize>,
    prefix: &'t str,
    tag: usize,
}

pub(super) fn read(lexed: &Lexed<'_>, uses: &mut Vec<Use>) {
    let is_tag = |index: &usize| lexed.tokens[*index].kind == Token::Text && lexed.written(*index).starts_with('`');
    let tags: Vec<usize> = (0..lexed.tokens.len()).filter(is_tag).collect();
    let prefixes = || tags.iter().filter_map(|index| Some((*index, Tag::of(lexed, *index)?.prefix()?)));
    let inner = prefixes().filter_map(|(tag, (_, prefix))| Some(Prefixed { body: body(lexed, tag)?, prefix, tag }));
    let prefixed: Vec<_> = inner.collect();
    // A struct of another file may have any names.
    for (tag, (at, prefix)) in prefixes().filter(|(tag, _)| body(lexed, *tag).is_none()) {
        let name = format!("{}{prefix}", outer(&prefixed, tag));
        uses.push(Use::prefix(name, at..at + to_u32(prefix.len())));
    }
    let whole = whole(lexed, uses);
    let split = split_by(lexed);
    for &index in &tags {
        let Some(tag) = Tag::of(lexed, index) else { continue };
        uses.extend(split.as_ref().and_then(|prefix| tag.split(lexed, index, prefix)));
        let outer = outer(&prefixed, index);
        uses.extend(tag.read().map(|found| Use {
            name: format!("{outer}{}", found.name),
            sure: found.sure && !whole,
            ..found
        }));
    }
}

/// The struct that the field of a tag is of, where it stands in this text.
fn body(lexed: &Lexed<'_>, tag: usize) -> Option<Range<usize>> {
    let before = tag.checked_sub(1)?;
    if lexed.at(before) == "}" {
        let open = lexed.tokens[before].partner as usize;
        return (open > 0).then_some(open + 1..before);
    }
    // `other.Settings` is of another package.
    if lexed.before(before, 1) == "." {
        return None;
    }
    let declared = |at: &usize| lexed.follows(*at, &["type", lexed.at(before), "struct", "{"]);
    let at = (0..lexed.tokens.len()).find(declared)?;
    Some(at + 4..lexed.close(at + 3))
}

/// The prefixes of everything in which a tag stands.
fn outer(prefixed: &[Prefixed<'_>], tag: usize) -> String {
    let (mut found, mut at) = (String::new(), tag);
    for _ in 0..MAX_DEPTH {
        let Some(around) = prefixed.iter().find(|one| one.body.contains(&at)) else { break };
        found.insert_str(0, around.prefix);
        // A struct in itself has no end.
        if around.body.contains(&around.tag) {
            break;
        }
        at = around.tag;
    }
    found
}

/// `envconfig.Process("APP", …)`, `env.Options{Prefix: "APP_"}`: everything is read by a prefix; whether that is so with
/// tags of env too.
fn whole(lexed: &Lexed<'_>, uses: &mut Vec<Use>) -> bool {
    let mut found = false;
    for index in 2..lexed.tokens.len() {
        let options = |index: usize| (index.saturating_sub(12)..index).any(|at| lexed.at(at) == "Options");
        let (of_env, end) = match (lexed.at(index), lexed.at(index + 1)) {
            ("Process" | "MustProcess", "(") if lexed.before(index, 2) == "envconfig" => (false, "_"),
            ("Prefix", ":") if options(index) => (true, ""),
            _ => continue,
        };
        found |= of_env;
        let prefix = lexed.string(index + 2).unwrap_or_default().to_ascii_uppercase();
        let prefix = if prefix.is_empty() { prefix } else { format!("{prefix}{end}") };
        uses.push(Use::prefix(prefix, lexed.range(index + 2)));
    }
    found
}

/// The prefix of fields that are named by their words, `split_words:"true"`: where a text has one struct, and reads it by one
/// call of envconfig, as others may stand in each other or have another prefix.
fn split_by(lexed: &Lexed<'_>) -> Option<String> {
    let at = |word: &'static str, next: &'static str| {
        (1..lexed.tokens.len()).filter(move |index| lexed.at(*index) == word && lexed.at(index + 1) == next)
    };
    let mut calls = at("Process", "(").chain(at("MustProcess", "(")).filter(|at| lexed.before(*at, 2) == "envconfig");
    let (call, mut structs) = (calls.next()?, at("struct", "{"));
    if calls.next().is_some() || structs.next().is_none() || structs.next().is_some() {
        return None;
    }
    let prefix = lexed.string(call + 2)?.to_ascii_uppercase();
    Some(if prefix.is_empty() { prefix } else { format!("{prefix}_") })
}

/// The name that envconfig makes of a field: `HTTPPort` is `HTTP_PORT`.
fn by_words(field: &str) -> String {
    let mut found = String::new();
    let signs: Vec<char> = field.chars().collect();
    for (at, sign) in signs.iter().enumerate() {
        let is_upper = |at: usize| signs.get(at).is_some_and(char::is_ascii_uppercase);
        let follows = at.checked_sub(1).is_some_and(|before| !is_upper(before));
        let begins_last = at > 0 && at + 1 < signs.len() && !is_upper(at + 1);
        if is_upper(at) && (follows || begins_last) {
            found.push('_');
        }
        found.push(sign.to_ascii_uppercase());
    }
    found
}

impl<'t> Tag<'t> {
    fn of(lexed: &Lexed<'t>, index: usize) -> Option<Self> {
        Some(Self { text: lexed.string(index)?, base: lexed.range(index).start })
    }

    /// What stands for a name, and where.
    fn value(&self, name: &str) -> Option<(u32, &'t str)> {
        let begins = |at: &usize| *at == 0 || self.text[..*at].ends_with([' ', '\t']);
        let named = self.text.match_indices(name).map(|(at, _)| at).filter(begins);
        let from =
            named.map(|at| at + name.len()).find_map(|at| self.text.get(at..)?.strip_prefix(":\"").map(|_| at + 2))?;
        let length = self.text.get(from..)?.find('"')?;
        Some((self.base + to_u32(from), &self.text[from..from + length]))
    }

    /// `envPrefix:"DB_"`, `env:", prefix=DB_"`.
    fn prefix(&self) -> Option<(u32, &'t str)> {
        let in_options = || {
            let (_, written) = self.value("env")?;
            let prefix = written.split(',').find_map(|option| option.trim().strip_prefix("prefix="))?;
            Some((self.base + to_u32(self.text.find(prefix)?), prefix))
        };
        self.value("envPrefix").or_else(in_options).filter(|(_, prefix)| !prefix.is_empty())
    }

    /// `split_words:"true" default:"10"` behind `MaxConns int`, where the field has no other name.
    fn split(&self, lexed: &Lexed<'_>, index: usize, prefix: &str) -> Option<Use> {
        self.value("split_words").filter(|(_, text)| *text == "true")?;
        if self.value("envconfig").or_else(|| self.value("ignored")).is_some() {
            return None;
        }
        let before = lexed.text.get(..lexed.range(index).start as usize)?;
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        let line = line.trim_start();
        let field = line.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').next().unwrap_or_default();
        let at = to_u32(before.len() - line.len());
        let required = self.value("required").is_some_and(|(_, text)| text == "true");
        let fallback = match self.value("default") {
            Some((at, text)) => Fallback::Text { text: text.to_owned(), at: at..at + to_u32(text.len()) },
            None if required => Fallback::Required,
            None => Fallback::Optional,
        };
        let name = format!("{prefix}{}", by_words(field));
        let is_field = field.starts_with(|first: char| first.is_ascii_uppercase());
        let at = at..at + to_u32(field.len());
        is_field.then_some(Use { name, at, kind: Kind::Read, fallback, sure: true, owner: None, secret: None })
    }

    /// `env:"PORT" envDefault:"8080"`.
    fn read(&self) -> Option<Use> {
        let (from, written) = self.value("env").or_else(|| self.value("envconfig"))?;
        let mut options = written.split(',').map(str::trim);
        let name = options.next().filter(|name| is_screaming(name))?;
        let required = options.clone().any(|option| matches!(option, "required" | "notEmpty"))
            || self.value("required").is_some_and(|(_, text)| text == "true");
        let in_options = options.find_map(|option| option.strip_prefix("default="));
        let default = self.value("envDefault").or_else(|| self.value("default")).or_else(|| self.value("env-default"));
        let fallback = match (default, in_options) {
            (Some((at, text)), _) => Fallback::Text { text: text.to_owned(), at: at..at + to_u32(text.len()) },
            (None, Some(text)) => Fallback::Text { text: text.to_owned(), at: from..from + to_u32(written.len()) },
            _ if required => Fallback::Required,
            _ => Fallback::Optional,
        };
        // A prefix stands where the struct is read.
        let sure = self.value("envconfig").is_none();
        let at = from..from + to_u32(name.len());
        Some(Use { name: name.to_owned(), at, kind: Kind::Read, fallback, sure, owner: None, secret: None })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn tags() {
        for (text, expected) in [
            (
                "type C struct {\n P int `env:\"A_B\" envDefault:\"80\"`\n Q string `env:\"C_D,required\"`\n R string `json:\"env\"`\n}",
                "A_B=80 C_D!",
            ),
            ("P int `envconfig:\"A_B\" default:\"x\"`", "~A_B=x"),
            (
                "type D struct {\n H string `env:\"H_I,required\"`\n}\ntype C struct {\n D D `envPrefix:\"D_\"`\n E struct {\n  J int `env:\"J_K\"`\n } `envPrefix:\"E_\"`\n F Other `envPrefix:\"F_\"`\n}\ntype B struct {\n C C `env:\", prefix=C_\"`\n}",
                "C_D_H_I! C_E_J_K? prefix C_F_",
            ),
            ("envconfig.MustProcess(\"app\", &c)\ntype C struct {\n P int `env:\"A_B\"`\n}", "prefix APP_ A_B?"),
            (
                "env.ParseWithOptions(&c, env.Options{Prefix: \"A_\"})\ntype C struct {\n P int `env:\"B_C\"`\n}",
                "prefix A_ ~B_C?",
            ),
            ("env.ParseWithOptions(&c, env.Options{Prefix: \"A_\"})", "prefix A_"),
            ("envconfig.Process(\"\", &c)", "prefix "),
            (
                "type C struct {\n MaxConns int `split_words:\"true\" required:\"true\"`\n HTTPPort, URL string `split_words:\"true\" default:\"80\"`\n Plain int\n D time.Duration `split_words:\"false\"`\n}\nenvconfig.Process(\"app\", &c)",
                "APP_MAX_CONNS! APP_HTTP_PORT=80 prefix APP_",
            ),
            (
                "type C struct {\n A_B int `split_words:\"true\"`\n}\ntype D struct {}\nenvconfig.Process(\"app\", &c)",
                "prefix APP_",
            ),
            ("type A struct {\n A A `envPrefix:\"A_\"`\n B int `env:\"B_C\"`\n}", "A_B_C?"),
        ] {
            assert_eq!(shown("a.go", text), expected, "{text}");
        }
    }
}
