//! What a template may bring in: it alone is read along with it, however many others there are.

use super::expressions::tags;
use super::{Templates, is_own_file};

/// Tags that bring in another template.
const BRINGING: &[&str] = &["include", "import", "extends", "from"];
/// What may stand behind its name.
const BEHIND: &[&str] = &["", "ignore", "as", "import", "with", "without"];

/// A template with those that are only there to be included, and those that they name; all, where a name is worked out.
pub(super) fn of(template: &str, templates: &Templates) -> Templates {
    follow(templates.keys().map(String::as_str).filter(|path| *path == template || !is_own_file(path)), templates)
}

/// A template with those that it brings in, and those that these bring in; all, where a name is worked out.
pub(super) fn made_from(template: &str, templates: &Templates) -> Templates {
    follow(std::iter::once(template), templates)
}

fn follow<'t>(from: impl Iterator<Item = &'t str>, templates: &'t Templates) -> Templates {
    let mut found = Templates::new();
    let mut open: Vec<&str> = from.collect();
    while let Some(path) = open.pop() {
        let Some(text) = templates.get(path).filter(|_| !found.contains_key(path)) else { continue };
        found.insert(path.to_owned(), text.clone());
        // Only the engine brings anything in.
        if !path.ends_with(".j2") {
            continue;
        }
        match named(text) {
            Some(names) => open.extend(names),
            None => return templates.clone(),
        }
    }
    found
}

/// The templates that a text names; `None` where it works a name out.
fn named(text: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for tag in tags(text) {
        let inner = text.get(tag).unwrap_or_default().trim_start_matches(['-', '+']).trim_start();
        let Some(rest) = BRINGING.iter().find_map(|word| inner.strip_prefix(word)) else { continue };
        if rest.starts_with(|next: char| next == '_' || next.is_alphanumeric()) {
            continue;
        }
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
        let (name, behind) = rest.get(1..)?.split_once(quote).filter(|(name, _)| !name.contains('\\'))?;
        let behind = behind.trim_start_matches(|sign: char| sign.is_whitespace() || matches!(sign, '-' | '+'));
        let word = behind.split(|sign: char| !sign.is_ascii_alphabetic()).next().unwrap_or_default();
        if !BEHIND.contains(&word) || word.is_empty() && !behind.is_empty() {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_brought_in() {
        for (text, expected) in [
            ("{{ A }} {{ from_here }} {{ included }}", Some("")),
            ("{% include \"b.j2\" %}{%- extends 'c' -%}", Some("b.j2 c")),
            ("{% from \"b.j2\" import x, y %}{% import 'c' as c %}{% include 'd' ignore missing %}", Some("b.j2 c d")),
            ("{% include A %}", None),
            ("{% include [\"a\", B] %}", None),
            ("{% include \"a\" ~ B %}", None),
            ("{% extends \"a\" if B else \"c\" %}", None),
            ("{% include \"a\\x62\" %}", None),
        ] {
            assert_eq!(named(text).map(|names| names.join(" ")).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn others_are_left_out() {
        let templates = [
            "a.j2|{% include 'b.j2' %}",
            "b.j2|{% include \"c.j2\" %}",
            "c.j2|{% include 'a.j2' %}",
            "d.j2|{% include A %}",
            "_e|",
            "f.j2|",
        ];
        let templates: Templates = templates
            .iter()
            .filter_map(|one| one.split_once('|'))
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        for (template, expected) in
            [("a.j2", "_e a.j2 b.j2 c.j2"), ("f.j2", "_e f.j2"), ("d.j2", "_e a.j2 b.j2 c.j2 d.j2 f.j2")]
        {
            assert_eq!(of(template, &templates).into_keys().collect::<Vec<_>>().join(" "), expected);
            let without_others = expected.replace("_e ", "");
            let made_from = made_from(template, &templates).into_keys().collect::<Vec<_>>().join(" ");
            assert_eq!(made_from, if template == "d.j2" { expected } else { &without_others });
        }
    }
}
