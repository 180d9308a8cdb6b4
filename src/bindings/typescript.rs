//! TypeScript: zod 3 and 4.

use std::fmt::Write;

use super::{Field, Language, Module, Shape, heading};
use crate::quoting;

pub(super) const LANGUAGE: Language =
    Language { name: "typescript", summary: "a schema of zod 3 or 4 and its type", write };

const SUPPORT: &str = include_str!("support/typescript.ts");

fn write(module: &Module<'_>) -> String {
    let mut out = comment(&heading(module, "typescript"), "");
    let _ = write!(out, "{SUPPORT}\nexport const schema = z.object({{\n");
    for field in &module.fields {
        declare(&mut out, field);
    }
    out.push_str("});\n\n/** What a program gets. */\nexport type Settings = z.infer<typeof schema>;\n\n");
    out.push_str("/** Reads the settings; throws where one is missing or wrong, without telling a value. */\n");
    out.push_str("export function load(variables: Record<string, string | undefined> = process.env): Settings {\n");
    out.push_str("  // Without what every object inherits, such as `constructor`.\n");
    out.push_str("  return schema.parse(Object.assign(Object.create(null), variables));\n}\n");
    out
}

fn declare(out: &mut String, field: &Field<'_>) {
    if field.key == "__proto__" {
        out.push_str("  // __proto__ is left out: an object of JavaScript cannot hold it.\n");
        return;
    }
    let told = super::told(field);
    if !told.is_empty() {
        out.push_str(&comment(&told, "  "));
    }
    let is_name = field.key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && field.key.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    let name = if is_name { field.key.to_owned() } else { format!("[{}]", quoting::json(field.key)) };
    let kind = type_of(&field.shape);
    let read = if field.secret { format!("secret<{kind}>") } else { format!("reads<{kind}>") };
    let end = match field.default {
        // zod 3 reads a `.default()` as it reads a text of the environment, zod 4 takes it as it is.
        Some(default) => {
            format!(".optional().transform((value): {kind} => (value === undefined ? {} : value))", json(default))
        }
        None if field.required => String::new(),
        None => ".optional()".to_owned(),
    };
    let _ = writeln!(out, "  {name}: {read}({}){end},", shape(&field.shape));
}

fn type_of(shape: &Shape<'_>) -> String {
    if let Some(words) = shape.words().filter(|words| !words.is_empty()) {
        return words.into_iter().map(quoting::json).collect::<Vec<_>>().join(" | ");
    }
    let name = |name: &&str| match *name {
        "integer" | "number" => "number".to_owned(),
        "array" => {
            format!("({})[]", shape.items.as_ref().map_or_else(|| "unknown".to_owned(), |items| type_of(items)))
        }
        "object" => "Record<string, unknown>".to_owned(),
        other => other.to_owned(),
    };
    shape.types.iter().map(name).collect::<Vec<_>>().join(" | ")
}

fn shape(shape: &Shape<'_>) -> String {
    let types: Vec<_> = shape.types.iter().map(|name| quoting::json(name)).collect();
    let mut out = vec![format!("types: [{}]", types.join(", "))];
    if shape.types.contains(&"array") {
        if shape.separator != "," {
            out.push(format!("separator: {}", quoting::json(shape.separator)));
        }
        out.extend(shape.items.as_ref().map(|items| format!("items: {}", self::shape(items))));
    }
    out.extend(shape.bounds.iter().map(|(name, bound)| format!("{name}: {bound}")));
    let patterns: Vec<_> = shape.patterns.iter().map(|pattern| quoting::json(pattern)).collect();
    if !patterns.is_empty() {
        out.push(format!("patterns: [{}]", patterns.join(", ")));
    }
    if let Some(values) = &shape.one_of {
        let values: Vec<_> = values.iter().map(|value| json(value)).collect();
        out.push(format!("oneOf: [{}]", values.join(", ")));
    }
    format!("{{ {} }}", out.join(", "))
}

/// JSON is JavaScript, but for what acts on whoever looks at it.
fn json(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => quoting::json(text),
        serde_json::Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        serde_json::Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("[{}]: {}", quoting::json(name), json(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn comment(lines: &[String], indent: &str) -> String {
    let safe = |line: &String| line.replace("*/", "*\\/");
    if let [line] = lines {
        return format!("{indent}/** {} */\n", safe(line));
    }
    let mut out = format!("{indent}/**\n");
    for line in lines {
        let _ = writeln!(out, "{}", format!("{indent} * {}", safe(line)).trim_end());
    }
    let _ = writeln!(out, "{indent} */");
    out
}
