//! Python: pydantic-settings 2.

use std::fmt::Write;

use serde_json::Value;

use super::identifiers::{self, Style};
use super::{Field, Language, Module, Shape, heading};
use crate::quoting;

pub(super) const LANGUAGE: Language =
    Language { name: "python", summary: "a class of pydantic-settings 2, for Python 3.10 and newer", write };

const SUPPORT: &str = include_str!("support/python.py");

/// Words of the language, and names that a model has already.
const RESERVED: &[&str] = &[
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "case",
    "class",
    "continue",
    "copy",
    "def",
    "del",
    "dict",
    "elif",
    "else",
    "except",
    "false",
    "finally",
    "for",
    "from",
    "from_orm",
    "global",
    "if",
    "import",
    "in",
    "is",
    "json",
    "lambda",
    "construct",
    "match",
    "model_config",
    "model_construct",
    "model_copy",
    "model_dump",
    "model_dump_json",
    "model_extra",
    "model_fields",
    "model_computed_fields",
    "model_fields_set",
    "model_json_schema",
    "model_parametrized_name",
    "model_post_init",
    "model_rebuild",
    "model_validate",
    "model_validate_json",
    "model_validate_strings",
    "none",
    "nonlocal",
    "not",
    "or",
    "parse_file",
    "parse_obj",
    "parse_raw",
    "pass",
    "raise",
    "return",
    "schema",
    "schema_json",
    "settings_customise_sources",
    "true",
    "try",
    "type",
    "update_forward_refs",
    "validate",
    "while",
    "with",
    "yield",
    "int",
    "float",
    "bool",
    "str",
    "list",
    "any",
];

fn write(module: &Module<'_>) -> String {
    // A raw text would end at three quotes; there is no backslash in a path or a title that could do harm otherwise.
    let heading: Vec<_> = heading(module, "python").map(|line| line.replace('\\', "/").replace('"', "'")).into();
    let mut out = format!("\"\"\"{}\n\"\"\"\n\n{SUPPORT}\n\n", heading.join("\n"));
    out.push_str("class Settings(BaseSettings):\n");
    let _ = writeln!(out, "    {}", quoted(&module.title));
    out.push_str(
        "\n    model_config = SettingsConfigDict(\n        case_sensitive=True,\n        enable_decoding=False,\n        env_ignore_empty=False,\n        extra=\"ignore\",\n        # A value may be a secret.\n        hide_input_in_errors=True,\n        protected_namespaces=(),\n        validate_default=False,\n    )\n",
    );
    let keys: Vec<_> = module.fields.iter().map(|field| field.key).collect();
    let names = identifiers::all(&keys, Style::Snake, RESERVED);
    for (field, name) in module.fields.iter().zip(names) {
        declare(&mut out, field, &name);
    }
    out
}

fn declare(out: &mut String, field: &Field<'_>, name: &str) {
    let mut kind = type_of(&field.shape);
    if field.secret {
        kind = if field.shape.types == ["string"] { "SecretStr".to_owned() } else { format!("Secret[{kind}]") };
    }
    let optional = !field.required && field.default.is_none();
    let annotated = format!("Annotated[{kind}, {}]", reads(&field.shape));
    let _ = write!(out, "\n    {name}: {annotated}{} = Field(\n", if optional { " | None" } else { "" });
    match field.default {
        Some(default) => {
            let _ = writeln!(out, "        default={},", literal(default));
        }
        None if optional => out.push_str("        default=None,\n"),
        None => {}
    }
    let _ = writeln!(out, "        validation_alias={},", quoted(field.key));
    let told = super::told(field).join("\n");
    if !told.is_empty() {
        let _ = writeln!(out, "        description={},", quoted(&told));
    }
    out.push_str("    )\n");
}

fn type_of(shape: &Shape<'_>) -> String {
    if let Some(words) = shape.words().filter(|words| !words.is_empty()) {
        let words: Vec<_> = words.into_iter().map(quoted).collect();
        return format!("Literal[{}]", words.join(", "));
    }
    let name = |name: &&str| match *name {
        "integer" => "int".to_owned(),
        "number" => "float".to_owned(),
        "boolean" => "bool".to_owned(),
        "null" => "None".to_owned(),
        "array" => format!("list[{}]", shape.items.as_ref().map_or_else(|| "Any".to_owned(), |items| type_of(items))),
        "object" => "dict[str, Any]".to_owned(),
        _ => "str".to_owned(),
    };
    shape.types.iter().map(name).collect::<Vec<_>>().join(" | ")
}

fn reads(shape: &Shape<'_>) -> String {
    format!("_reads({})", arguments(shape))
}

fn arguments(shape: &Shape<'_>) -> String {
    let mut out: Vec<String> = shape.types.iter().map(|name| quoted(name)).collect();
    if shape.types.contains(&"array") {
        if shape.separator != "," {
            out.push(format!("separator={}", quoted(shape.separator)));
        }
        out.extend(shape.items.as_ref().map(|items| format!("items=_shape({})", arguments(items))));
    }
    out.extend(shape.bounds.iter().map(|(name, bound)| format!("{name}={bound}")));
    let patterns: Vec<_> = shape.linear_patterns().iter().map(|pattern| quoted(pattern)).collect();
    if !patterns.is_empty() {
        out.push(format!("patterns=[{}]", patterns.join(", ")));
    }
    if let Some(values) = &shape.one_of {
        let values: Vec<_> = values.iter().map(|value| literal(value)).collect();
        out.push(format!("one_of=[{}]", values.join(", ")));
    }
    out.join(", ")
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", quoted(name), literal(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Python reads YAML's double quotes alike.
fn quoted(text: &str) -> String {
    quoting::yaml(text)
}
