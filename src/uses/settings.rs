//! Settings classes of pydantic: each field is a variable, named by prefix, alias and nesting.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::lexer::{Lexed, lex};
use super::{Fallback, Kind, Use, python, secrecy};

/// How deep models may stand in each other.
const MAX_DEPTH: usize = 5;

/// How many classes one may have above it.
const MAX_CLASSES: usize = 32;

/// A class of the text.
struct Class<'t> {
    bases: Vec<&'t str>,
    /// What stands in its brackets: `BaseSettings, env_prefix="APP_"`.
    header: Range<usize>,
    /// Its body.
    body: Range<usize>,
    /// How far its fields stand from the margin.
    indent: u32,
}

/// How a class names its variables.
#[derive(Default, Clone)]
struct Naming<'t> {
    prefix: &'t str,
    /// Whether the prefix cannot be seen: it is made elsewhere.
    hidden: bool,
    delimiter: Option<&'t str>,
    /// Whether names count as written.
    exact: bool,
}

/// A field of a class: its name, annotation and value, each as tokens.
struct Field {
    name: usize,
    annotation: Range<usize>,
    value: Range<usize>,
}

pub(super) fn read(lexed: &Lexed<'_>, uses: &mut Vec<Use>) {
    if !lexed.text.contains("BaseSettings") {
        return;
    }
    let (order, classes) = classes(lexed);
    let is_settings = |name: &str| classes.get(name).is_some_and(|class| is_settings(class, &classes, 0));
    let given = given(lexed, is_settings);
    let secrets = secrecy::Types::of(lexed);
    for name in order.iter().filter(|name| is_settings(name)) {
        let Some(class) = classes.get(name) else { continue };
        let naming = naming(lexed, class, &classes, 0);
        if naming.hidden {
            // Any name may be one of its own.
            uses.push(Use::prefix(String::new(), lexed.range(class.body.start)));
            continue;
        }
        for field in fields(lexed, class) {
            let from = uses.len();
            field_uses(lexed, &field, (&naming, &secrets), &classes, uses);
            if given.contains(lexed.at(field.name)) {
                uses[from..].iter_mut().for_each(|found| found.fallback = Fallback::Computed);
            }
        }
    }
}

/// The variables of a settings class, by the names of its fields in capital letters; `None` where a text has no such class. A
/// model within it, whose own fields are variables, has none. The JSON schema of the class has only the fields' names.
#[must_use]
pub fn variables(text: &str, name: &str) -> Option<HashMap<String, Vec<String>>> {
    let lexed = lex(text, &python::SYNTAX);
    let (_, classes) = classes(&lexed);
    let class = classes.get(name).filter(|class| is_settings(class, &classes, 0))?;
    let naming = naming(&lexed, class, &classes, 0);
    let mut found = HashMap::new();
    let mut waiting = vec![class];
    for _ in 0..MAX_CLASSES {
        let Some(class) = waiting.pop() else { break };
        waiting.extend(class.bases.iter().filter_map(|base| classes.get(base)));
        for field in fields(&lexed, class) {
            let (_, aliases) = described(&lexed, &field);
            let aliases: Vec<_> =
                aliases.into_iter().filter_map(|at| lexed.string(at)).map(ToOwned::to_owned).collect();
            let written = lexed.at(field.name);
            let names = if aliases.is_empty() && model(&lexed, &field, &naming, &classes).is_some() {
                Vec::new()
            } else if aliases.is_empty() {
                vec![spelled(&naming, &format!("{}{written}", naming.prefix))]
            } else {
                aliases
            };
            found.entry(written.to_ascii_uppercase()).or_insert(names);
        }
    }
    Some(found)
}

/// The fields that the program itself gives to a settings class: `Settings(secret=read_secret())`. With `Settings(**given)` that
/// may be every one whose name stands there as a text.
fn given<'t>(lexed: &Lexed<'t>, is_settings: impl Fn(&str) -> bool) -> HashSet<&'t str> {
    let calls = (0..lexed.tokens.len()).filter(|at| lexed.at(*at + 1) == "(" && lexed.before(*at, 1) != "class");
    let calls = calls.filter(|at| is_settings(lexed.at(*at)));
    let arguments: Vec<_> = calls.flat_map(|at| lexed.arguments(at + 1)).map(|argument| argument.start).collect();
    let named = arguments.iter().filter(|at| lexed.at(**at + 1) == "=").map(|at| lexed.at(*at));
    let spread = arguments.iter().any(|at| lexed.follows(*at, &["*", "*"]));
    let texts = (0..lexed.tokens.len()).filter(|_| spread).filter_map(|at| lexed.string(at));
    named.chain(texts).collect()
}

fn classes<'t>(lexed: &Lexed<'t>) -> (Vec<&'t str>, HashMap<&'t str, Class<'t>>) {
    let (mut order, mut found) = (Vec::new(), HashMap::new());
    for index in 0..lexed.tokens.len() {
        let Some(margin) = lexed.tokens[index].indent.filter(|_| lexed.at(index) == "class") else { continue };
        let name = lexed.at(index + 1);
        let (bases, header) = if lexed.at(index + 2) == "(" {
            let bases = lexed.arguments(index + 2).into_iter();
            // `pydantic_settings.BaseSettings` is known by its last word.
            (bases.map(|base| lexed.at(base.end - 1)).collect(), index + 3..lexed.close(index + 2))
        } else {
            (Vec::new(), index + 2..index + 2)
        };
        let colon = if lexed.at(index + 2) == "(" { header.end + 1 } else { header.end };
        if lexed.at(colon) != ":" {
            continue;
        }
        let begin = colon + 1;
        let Some(indent) = lexed.tokens.get(begin).and_then(|token| token.indent).filter(|indent| *indent > margin)
        else {
            continue;
        };
        let ends =
            |at: &usize| lexed.tokens[*at].indent.is_some_and(|indent| indent <= margin) && !is_inside(lexed, *at);
        let end = (begin..lexed.tokens.len()).find(ends).unwrap_or(lexed.tokens.len());
        if found.insert(name, Class { bases, header, body: begin..end, indent }).is_none() {
            order.push(name);
        }
    }
    (order, found)
}

/// Whether a token that begins a line only closes a bracket.
fn is_inside(lexed: &Lexed<'_>, index: usize) -> bool {
    matches!(lexed.at(index), ")" | "]" | "}")
}

/// Whether a class has fields of its own, each a part of the value; an `Enum` has none.
fn has_fields<'t>(class: &Class<'t>, classes: &HashMap<&'t str, Class<'t>>, depth: usize) -> bool {
    let is_value = |base: &&str| {
        matches!(*base, "Enum" | "StrEnum" | "IntEnum" | "Flag" | "IntFlag" | "str" | "int" | "float" | "bytes")
            || depth < MAX_DEPTH && classes.get(base).is_some_and(|class| !has_fields(class, classes, depth + 1))
    };
    !class.bases.iter().take(8).any(is_value)
}

fn is_settings<'t>(class: &Class<'t>, classes: &HashMap<&'t str, Class<'t>>, depth: usize) -> bool {
    depth < MAX_DEPTH
        && class.bases.iter().take(8).any(|base| {
            base.ends_with("BaseSettings")
                || classes.get(base).is_some_and(|class| is_settings(class, classes, depth + 1))
        })
}

/// What `model_config` or `class Config` says, else what the classes above say.
fn naming<'t>(lexed: &Lexed<'t>, class: &Class<'t>, classes: &HashMap<&'t str, Class<'t>>, depth: usize) -> Naming<'t> {
    let above = class.bases.iter().filter_map(|base| classes.get(base));
    let above =
        if depth < MAX_DEPTH { above.map(|class| naming(lexed, class, classes, depth + 1)).next() } else { None };
    let mut naming = above.unwrap_or_default();
    let is_said = |at: &usize| matches!(lexed.at(at + 1), "=" | ":") && lexed.at(at + 2) != "=";
    for at in class.header.clone().chain(class.body.clone()).filter(is_said) {
        // `env_prefix: str = "APP_"`
        let value = if lexed.at(at + 1) == ":" && lexed.at(at + 3) == "=" { at + 4 } else { at + 2 };
        match lexed.string(at).unwrap_or_else(|| lexed.at(at)) {
            "env_prefix" => {
                let written = text_of(lexed, value);
                (naming.prefix, naming.hidden) = (written.unwrap_or_default(), written.is_none());
            }
            "env_nested_delimiter" => naming.delimiter = text_of(lexed, value).or(naming.delimiter),
            "case_sensitive" => naming.exact = lexed.at(value) == "True",
            _ => {}
        }
    }
    naming
}

/// The text that stands at an index alone, or that the constant stands for which does.
fn text_of<'t>(lexed: &Lexed<'t>, index: usize) -> Option<&'t str> {
    let ends = matches!(lexed.at(index + 1), "," | ")" | "}")
        || lexed.tokens.get(index + 1).is_none_or(|token| token.indent.is_some());
    let given = |name: &str| {
        let is_it = |at: &usize| lexed.at(*at) == name && lexed.at(at + 1) == "=" && lexed.before(*at, 1) != ".";
        let mut values = (0..lexed.tokens.len()).filter(is_it).filter(|at| lexed.tokens[*at].indent.is_some());
        let first = values.next().and_then(|at| lexed.string(at + 2));
        first.filter(|_| values.next().is_none())
    };
    let named = || Some(lexed.at(index)).filter(|_| lexed.is_word(index)).and_then(given);
    lexed.string(index).or_else(named).filter(|_| ends)
}

/// The fields of a class: `name: annotation = value`.
fn fields(lexed: &Lexed<'_>, class: &Class<'_>) -> Vec<Field> {
    let mut found = Vec::new();
    let mut at = class.body.start;
    while at < class.body.end {
        let begins = lexed.tokens[at].indent == Some(class.indent);
        let name = lexed.at(at);
        if !begins || !lexed.is_word(at) || lexed.at(at + 1) != ":" || name.starts_with('_') || name == "model_config" {
            at += 1;
            continue;
        }
        // The field goes on until a line begins outside of all brackets.
        let mut end = at + 1;
        let mut equals = None;
        while end < class.body.end {
            if end > at + 1 && lexed.tokens[end].indent.is_some() {
                break;
            }
            if lexed.at(end) == "=" && equals.is_none() {
                equals = Some(end);
            }
            end = if matches!(lexed.at(end), "(" | "[" | "{") { lexed.close(end).max(end) + 1 } else { end + 1 };
        }
        let end = end.min(class.body.end);
        let annotation = at + 2..equals.unwrap_or(end);
        let value = equals.map_or(end..end, |equals| equals + 1..end);
        if !annotation.clone().any(|at| lexed.at(at) == "ClassVar") {
            found.push(Field { name: at, annotation, value });
        }
        at = end.max(at + 1);
    }
    found
}

fn field_uses<'t>(
    lexed: &Lexed<'t>,
    field: &Field,
    (naming, secrets): (&Naming<'t>, &secrecy::Types<'t>),
    classes: &HashMap<&'t str, Class<'t>>,
    uses: &mut Vec<Use>,
) {
    let from = uses.len();
    let (fallback, names) = described(lexed, field);
    if !names.is_empty() {
        // Several names of one field: the first that is set counts, so none of them is needed alone.
        let alone = names.len() == 1;
        for name in names {
            let fallback = if alone || !fallback.is_missing() { fallback.clone() } else { Fallback::Optional };
            uses.extend(lexed.used(name, Kind::Read, fallback, true));
        }
        hide(lexed, field, secrets, &mut uses[from..]);
        return;
    }
    let written = lexed.at(field.name);
    let name = spelled(naming, &format!("{}{written}", naming.prefix));
    if let (Some(class), Some(delimiter)) = (model(lexed, field, naming, classes), naming.delimiter) {
        nested(lexed, class, (&format!("{name}{delimiter}"), delimiter, naming, secrets), classes, 0, uses);
        return;
    }
    let at = lexed.range(field.name);
    uses.push(Use { name, at, kind: Kind::Read, fallback, sure: true, owner: None, secret: None });
    hide(lexed, field, secrets, &mut uses[from..]);
}

/// The model that a field is, where each field of that is a variable of its own.
fn model<'c, 't>(
    lexed: &Lexed<'t>,
    field: &Field,
    naming: &Naming<'t>,
    classes: &'c HashMap<&'t str, Class<'t>>,
) -> Option<&'c Class<'t>> {
    naming.delimiter?;
    let mut models = field.annotation.clone().filter_map(|at| classes.get(lexed.at(at)));
    models.find(|class| !is_settings(class, classes, 0) && has_fields(class, classes, 0))
}

/// Says of the uses of a field that it is a secret, where its type does: `SecretStr`; or what pydantic writes of it.
fn hide(lexed: &Lexed<'_>, field: &Field, secrets: &secrecy::Types<'_>, uses: &mut [Use]) {
    let written = || field.value.clone().any(|at| lexed.string(at) == Some("writeOnly") && lexed.at(at + 2) == "True");
    if secrets.stand_in(lexed, field.annotation.clone()) || written() {
        let around = secrecy::literals(lexed, field.annotation.start..field.value.end, uses);
        for found in uses {
            found.secret = Some(around.clone());
        }
    }
}

fn spelled(naming: &Naming<'_>, name: &str) -> String {
    if naming.exact { name.to_owned() } else { name.to_ascii_uppercase() }
}

/// The fields of a model within settings: `DB__HOST`.
fn nested<'t>(
    lexed: &Lexed<'t>,
    class: &Class<'t>,
    (prefix, delimiter, naming, secrets): (&str, &str, &Naming<'t>, &secrecy::Types<'t>),
    classes: &HashMap<&'t str, Class<'t>>,
    depth: usize,
    uses: &mut Vec<Use>,
) {
    for field in fields(lexed, class) {
        let name = format!("{prefix}{}", spelled(naming, lexed.at(field.name)));
        let inner = field.annotation.clone().find_map(|at| classes.get(lexed.at(at)));
        let inner = inner.filter(|class| has_fields(class, classes, 0));
        if let Some(inner) = inner.filter(|_| depth < MAX_DEPTH && uses.len() < 10_000) {
            let naming = (&*format!("{name}{delimiter}"), delimiter, naming, secrets);
            nested(lexed, inner, naming, classes, depth + 1, uses);
            continue;
        }
        let (fallback, _) = described(lexed, &field);
        // The whole model may as well come as one JSON text, or not at all.
        let fallback = if fallback.is_missing() { Fallback::Optional } else { fallback };
        let at = lexed.range(field.name);
        let from = uses.len();
        uses.push(Use { name, at, kind: Kind::Read, fallback, sure: true, owner: None, secret: None });
        hide(lexed, &field, secrets, &mut uses[from..]);
    }
}

/// What a field falls back to, and where names of its own stand.
fn described(lexed: &Lexed<'_>, field: &Field) -> (Fallback, Vec<usize>) {
    let mut names = Vec::new();
    let mut fallback = None;
    // `Annotated[str, Field(alias="X")] = "y"`
    for call in field.annotation.clone().chain(field.value.clone()).filter(|at| lexed.at(*at) == "Field") {
        if lexed.at(call + 1) != "(" {
            continue;
        }
        for (position, argument) in lexed.arguments(call + 1).into_iter().enumerate() {
            let named = lexed.at(argument.start + 1) == "=";
            let value = if named { argument.start + 2..argument.end } else { argument.clone() };
            match lexed.at(argument.start) {
                "default" if named => fallback = Some(lexed.fallback(value)),
                "default_factory" if named => fallback = Some(Fallback::Computed),
                "validation_alias" | "env" if named => {
                    names = value.filter(|at| lexed.string(*at).is_some()).collect();
                }
                "alias" if named && names.is_empty() => {
                    names = value.filter(|at| lexed.string(*at).is_some()).collect();
                }
                "." if position == 0 => fallback = Some(Fallback::Required),
                _ if !named && position == 0 => fallback = Some(lexed.fallback(value)),
                _ => {}
            }
        }
    }
    let is_field = lexed.at(field.value.start) == "Field";
    if !is_field && !field.value.is_empty() {
        fallback = Some(lexed.fallback(field.value.clone()));
    }
    (fallback.unwrap_or(Fallback::Required), names)
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn variables_of_a_class() {
        let text = "class B(BaseSettings):\n    host: str\n\nclass S(B):\n    model_config = {\"env_prefix\": \"app_\"}\n    port: int = Field(1, alias='P_Q')\n    host: str\n    m: int\n";
        let found = super::variables(text, "S").unwrap();
        let mut told: Vec<_> = found.iter().map(|(field, names)| format!("{field} {}", names.join(" "))).collect();
        told.sort();
        assert_eq!(told, ["HOST APP_HOST", "M APP_M", "PORT P_Q"]);
        let text = "class D(BaseModel):\n    h: str\nclass S(BaseSettings):\n    model_config = {\"env_nested_delimiter\": \"__\"}\n    db: D\n";
        assert_eq!(super::variables(text, "S").unwrap()["DB"], Vec::<String>::new());
        assert!(super::variables(text, "T").is_none() && super::variables("class T:\n    x: int\n", "T").is_none());
    }

    #[test]
    fn fields() {
        let head = "from pydantic_settings import BaseSettings\n";
        for (text, expected) in [
            ("class S(BaseSettings):\n    api_key: str\n    port: int = 8883\n", "API_KEY! PORT=8883"),
            (
                "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=\"APP_\")\n    port: int = 1\n",
                "APP_PORT=1",
            ),
            ("class S(BaseSettings):\n    port: int\n    class Config:\n        env_prefix = 'APP_'\n", "APP_PORT!"),
            ("class S(BaseSettings):\n    a: str = Field(..., alias='X_Y')\n    b: str | None = None\n", "X_Y! B?"),
            (
                "class S(BaseSettings):\n    a: str = Field(\n        default=\"q\",\n        validation_alias=AliasChoices('X_Y', 'Z_W'),\n    )\n",
                "X_Y=q Z_W=q",
            ),
            (
                "class S(BaseSettings):\n    a: str = Field(default_factory=list)\n    _b: int = 1\n    C: ClassVar[int] = 2\n",
                "A=?",
            ),
            ("class S(BaseSettings, env_prefix=\"APP_\", env_file=\".env\"):\n    port: int\n", "APP_PORT!"),
            (
                "P = 'APP_'\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=P)\n    port: int\n",
                "APP_PORT!",
            ),
            (
                "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=f'{x}_')\n    port: int\n",
                "prefix ",
            ),
            (
                "class D(BaseModel):\n    host: str\n\nclass S(BaseSettings, env_nested_delimiter=\"__\"):\n    db: D\n",
                "DB__HOST?",
            ),
            (
                "class D(BaseModel):\n    host: str\n    port: int = 5\n\nclass S(BaseSettings):\n    model_config = {\"env_nested_delimiter\": \"__\"}\n    db: D\n",
                "DB__HOST? DB__PORT=5",
            ),
            (
                "class M(str, Enum):\n    a = 'a'\n\nclass N(M):\n    pass\n\nclass S(BaseSettings, env_nested_delimiter=\"__\"):\n    m_n: M = M.a\n    o_p: N\n",
                "M_N=? O_P!",
            ),
            (
                "class A(BaseSettings):\n    x_y: int\n\nclass B(A):\n    z_w: int = 1\n\nclass C:\n    n: int\n",
                "X_Y! Z_W=1",
            ),
            (
                "class S(BaseSettings):\n    '''doc'''\n    x: int = 1  # note\n    def f(self):\n        y: int = 2\n",
                "X=1",
            ),
            ("class S(BaseSettings):\n    a_b: str\n    c_d: str\n\ns = S(**{'a_b': secret()})\n", "A_B=? C_D!"),
            (
                "class S(BaseSettings):\n    a_b: str\n    c_d: str\n\ns = S(a_b=secret(), _env_file='x')\n",
                "A_B=? C_D!",
            ),
            ("class S(BaseSettings", ""),
            ("class S(BaseSettings):\n", ""),
        ] {
            assert_eq!(shown("a.py", &format!("{head}{text}")), expected, "{text}");
        }
    }
}
