//! `html`: one page with a search, that needs nothing else.

use std::fmt::Write;

use super::{Entry, Form, Reference, Required};
use crate::page;
use crate::quoting::markup;

pub(super) const FORM: Form = Form { name: "html", summary: "one self-contained page", write };

fn write(reference: &Reference) -> String {
    let title = reference.title.clone().unwrap_or_else(|| "Configuration".to_owned());
    let mut out = page::head(&title);
    let _ = write!(out, "<body>\n<header>\n<h1>{}</h1>\n", markup(&title));
    for paragraph in reference.description.iter().flat_map(|text| text.split("\n\n")) {
        let _ = writeln!(out, "<p>{}</p>", inline(paragraph));
    }
    let _ = write!(out, "<p>From <code>{}</code></p>\n</header>\n<main>\n", markup(&reference.schema));
    if reference.keys.is_empty() {
        out.push_str("<p>The schema names no keys.</p>\n");
    } else {
        controls(&mut out, &reference.keys);
        table(&mut out, &reference.keys);
    }
    page::foot(&mut out);
    out
}

/// What a key can be filtered by: a word, and whether it is that.
type Kind = (&'static str, fn(&Entry) -> bool);

const KINDS: [Kind; 3] = [
    ("required", |entry| entry.required != Required::No),
    ("secret", |entry| entry.secret),
    ("deprecated", |entry| entry.deprecated),
];

/// Shown by the script, because without it they would do nothing.
fn controls(out: &mut String, keys: &[Entry]) {
    out.push_str("<form class=\"controls\" role=\"search\" hidden=\"\">\n<div role=\"group\" aria-label=\"Kind\">\n");
    let count = keys.len();
    let _ = writeln!(out, "<button type=\"button\" data-show=\"\" aria-pressed=\"true\">all {count}</button>");
    for (name, is) in KINDS {
        let count = keys.iter().filter(|entry| is(entry)).count();
        if count > 0 {
            let _ = writeln!(
                out,
                "<button type=\"button\" data-show=\"{name}\" aria-pressed=\"false\">{count} {name}</button>"
            );
        }
    }
    out.push_str("</div>\n<label>Search <input type=\"search\" autocomplete=\"off\" spellcheck=\"false\"/></label>\n");
    out.push_str("<output aria-live=\"polite\"></output>\n</form>\n");
}

fn table(out: &mut String, keys: &[Entry]) {
    out.push_str("<table>\n<caption>Keys, in the order of the schema</caption>\n<thead>\n<tr>");
    for (class, title) in [("entry", "Key"), ("shape", "Type"), ("needed", "Required"), ("about", "Description")] {
        let _ = write!(out, "<th scope=\"col\" class=\"{class}\">{title}</th>");
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for entry in keys {
        row(out, entry);
    }
    out.push_str("</tbody>\n</table>\n");
}

fn row(out: &mut String, entry: &Entry) {
    let kinds: Vec<_> = KINDS.iter().filter(|(_, is)| is(entry)).map(|(name, _)| *name).collect();
    let key = markup(&entry.key);
    let _ = write!(out, "<tr id=\"{0}\" data-kind=\"{1}\"><th scope=\"row\">", fragment(&entry.key), kinds.join(" "));
    let _ = write!(out, "<a class=\"anchor\" href=\"#{}\"><code>{key}</code></a>", fragment(&entry.key));
    for (shown, word) in [(entry.secret, "secret"), (entry.deprecated, "deprecated")] {
        if shown {
            let _ = write!(out, " <span class=\"tag\">{word}</span>");
        }
    }
    let _ = write!(out, "</th><td><p>{}</p>", inline(&entry.kind));
    let list = |values: &[String]| {
        let codes = values.iter().map(|text| format!("<code>{}</code>", markup(text)));
        codes.collect::<Vec<_>>().join(", ")
    };
    if !entry.values.is_empty() {
        let _ = write!(out, "<p>one of {}</p>", list(&entry.values));
    }
    if let Some(default) = &entry.default {
        let told = if default.is_empty() { "empty".to_owned() } else { format!("<code>{}</code>", markup(default)) };
        let _ = write!(out, "<p class=\"help\">default {told}</p>");
    }
    if !entry.examples.is_empty() {
        let _ = write!(out, "<p class=\"help\">as in {}</p>", list(&entry.examples));
    }
    let needed = match &entry.required {
        Required::No => "optional".to_owned(),
        Required::Everywhere => "required everywhere".to_owned(),
        Required::In(names) => format!("required in {}", markup(&names.join(", "))),
    };
    let _ = write!(out, "</td><td>{needed}");
    if let Some(only) = &entry.only_in {
        let _ = write!(out, "<p class=\"help\">only in {}</p>", markup(&only.join(", ")));
    }
    out.push_str("</td><td>");
    about(out, entry);
    out.push_str("</td></tr>\n");
}

fn about(out: &mut String, entry: &Entry) {
    if entry.deprecated {
        let instead = entry.replaced_by.as_ref().map(|key| format!(": use <code>{}</code>", markup(key)));
        let _ = write!(out, "<p><strong>Deprecated{}</strong></p>", instead.unwrap_or_default());
    }
    for paragraph in entry.description.iter().flat_map(|text| text.split("\n\n")) {
        let _ = write!(out, "<p>{}</p>", inline(paragraph));
    }
    let facts = [
        entry.policy.map(|policy| format!("across environments: {policy}")),
        (!entry.services.is_empty()).then(|| format!("read by {}", entry.services.join(", "))),
        entry.owner.as_ref().map(|owner| format!("owner: {owner}")),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    if !facts.is_empty() {
        let _ = write!(out, "<p class=\"help\">{}</p>", markup(&facts.join(" · ")));
    }
}

/// Text with the code spans of Markdown, and nothing else of it.
fn inline(text: &str) -> String {
    let parts: Vec<_> = text.split('`').collect();
    // An odd number of ticks closes nothing.
    if parts.len().is_multiple_of(2) {
        return markup(text);
    }
    let part = |(index, part): (usize, &&str)| {
        if index.is_multiple_of(2) { markup(part) } else { format!("<code>{}</code>", markup(part)) }
    };
    parts.iter().enumerate().map(part).collect::<Vec<_>>().concat()
}

/// A key as the fragment of a link: what may not stand there is told apart by its number.
fn fragment(key: &str) -> String {
    let mut out = String::from("key-");
    for character in key.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.') {
            out.push(character);
        } else {
            let _ = write!(out, "~{:x}", u32::from(character));
        }
    }
    out
}
