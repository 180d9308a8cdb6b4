//! As what a program takes the value of a variable: by a call around it, its annotation, or what follows.

mod bounds;
mod fields;
mod later;
mod validators;

use std::ops::Range;

use super::guards::is_caught;
use super::lexer::{Kind as Token, Lexed, Syntax, lex};
use super::{Kind, Use, go, javascript, jvm, php, python, reader, ruby, rust};
use fields::Fields;
use validators::described;

/// What a program makes of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cast {
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A text of a format that the schema knows by this name.
    Format(&'static str),
    /// One of these texts.
    Choice(Vec<String>),
    /// Any text within bounds.
    Text,
    /// A list, written as JSON.
    List,
    /// An object, written as JSON.
    Object,
}

/// A bound: the keyword of the schema, and what stands there in the program.
pub type Bound = (&'static str, String);

/// How a program takes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it makes of it.
    pub cast: Cast,
    /// Which values it does without, rather than with what it would make of them.
    pub refuses: Refusal,
    /// The bounds of what it takes.
    pub bounds: Vec<Bound>,
    /// Whether it surely takes fractions: `float(…)`, where `Number(…)` is how JavaScript reads whole numbers, too.
    pub fractions: bool,
}

/// Which values a program stops at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Perhaps none: it goes on with another value, or with what it can read of this one.
    Perhaps,
    /// Texts of another kind, though not the empty one.
    Others,
    /// Texts of another kind, and the empty one.
    EmptyToo,
    /// The same, also where it has a default: what is set to nothing is set.
    EmptyAlways,
}

impl Cast {
    fn taken(self, refuses: Refusal) -> Taken {
        Taken { cast: self, refuses, bounds: Vec::new(), fractions: false }
    }
}

/// How many brackets around a use are looked at.
const MAX_OUTWARD: usize = 3;

/// How many tokens beside a use are looked at.
const MAX_TOKENS: usize = 48;

/// Functions and tables that give the value of the variable that they are asked for.
const READS: &[&str] = &[
    "getenv",
    "get",
    "environ",
    "ENV",
    "fetch",
    "env",
    "config",
    "var",
    "Getenv",
    "LookupEnv",
    "pop",
    "getOrDefault",
    "setdefault",
    "$_ENV",
];

/// For each use what the program makes of it; `None` where nobody can tell.
#[must_use]
pub fn casts(path: &str, text: &str, uses: &[Use]) -> Vec<Option<Taken>> {
    let Some(syntax) = reader(path).and_then(|reader| syntax(reader.name)) else { return vec![None; uses.len()] };
    let lexed = lex(text, syntax);
    let fields = Fields::of(&lexed);
    uses.iter().map(|found| cast(&lexed, &fields, found)).collect()
}

fn syntax(reader: &str) -> Option<&'static Syntax> {
    Some(match reader {
        "python" => &python::SYNTAX,
        "javascript" => &javascript::SYNTAX,
        "go" => &go::SYNTAX,
        "rust" => &rust::SYNTAX,
        "ruby" => &ruby::SYNTAX,
        "php" => &php::SYNTAX,
        "java" => &jvm::JAVA,
        "kotlin" => &jvm::KOTLIN,
        _ => return None,
    })
}

fn cast(lexed: &Lexed<'_>, fields: &Fields<'_>, found: &Use) -> Option<Taken> {
    if found.kind != Kind::Read {
        return None;
    }
    // A name within a string with other things in it, as in a struct tag, stands behind the beginning of that string.
    let index = lexed.tokens.partition_point(|token| token.start <= found.at.start).checked_sub(1)?;
    if lexed.tokens[index].kind == Token::Text && lexed.written(index).starts_with('`') {
        return Some(of_type(lexed, index.checked_sub(1)?)?.taken(Refusal::EmptyToo));
    }
    let field = if lexed.at(index + 1) == ":" && lexed.tokens[index].indent.is_some() { Some(index) } else { None };
    // `port: int = 8080`, `PORT: z.coerce.number()`
    if let Some(field) = field {
        return described(lexed, field + 2).or_else(|| fields.annotated(lexed, field));
    }
    if lexed.at(index + 1) == ":" && !lexed.follows(index + 1, &[":", ":"]) {
        return described(lexed, index + 2);
    }
    // `DEBUG=(bool, False)`
    if lexed.follows(index + 1, &["=", "("]) {
        return by_function(lexed.at(index + 3));
    }
    let around = around(lexed, fields, index).map(|taken| as_caught(lexed, index, taken));
    around.or_else(|| later::taken(lexed, fields, index))
}

/// `try: int(os.environ["X"])` goes on with something else.
fn as_caught(lexed: &Lexed<'_>, index: usize, taken: Taken) -> Taken {
    let caught = is_caught(lexed.text, lexed.range(index).start as usize, &["ValueError"]);
    if caught { Taken { refuses: Refusal::Perhaps, bounds: Vec::new(), ..taken } } else { taken }
}

/// What stands around the use at an index, from the inside to the outside.
fn around(lexed: &Lexed<'_>, fields: &Fields<'_>, index: usize) -> Option<Taken> {
    let mut inner = index;
    for _ in 0..MAX_OUTWARD {
        let open = enclosing(lexed, inner);
        let end = open.map_or(index + 1, |open| lexed.close(open) + 1);
        let perhaps = |cast: Cast| cast.taken(Refusal::Perhaps);
        let Some(open) = open else { return followed(lexed, index + 1).map(perhaps) };
        // `process.env.X` is in the brackets of somebody else.
        let callee = open.checked_sub(1).map_or("", |at| lexed.at(at));
        let callee = if callee == "!" { lexed.before(open, 2) } else { callee };
        let reads = READS.contains(&callee);
        if !reads && let Some(cast) = followed(lexed, index + 1).filter(|_| inner == index) {
            return Some(perhaps(cast));
        }
        // `bool("false")` is true in Python: it asks whether there is a value.
        let is_question = callee == "bool" && lexed.before(open, 2) != ".";
        if let Some(cast) = by_function(callee).filter(|_| lexed.at(open) == "(" && !is_question) {
            let refuses = at_nothing(lexed, (inner, open), cast.refuses);
            return Some(Taken { refuses, ..cast });
        }
        // `#[arg(env = "PORT")] port: u16`
        if lexed.at(open) == "[" && lexed.before(open, 1) == "#" {
            let colon = (end..end + 4).find(|at| lexed.at(*at) == ":")?;
            let taken = of_type(lexed, colon + 1)?.taken(Refusal::EmptyToo);
            return Some(Taken { bounds: bounds::of_width(lexed.at(colon + 1)), ..taken });
        }
        // `port: int = Field(alias="APP_PORT")`
        if callee == "Field" && lexed.before(open, 2) == "=" {
            let field = (open.saturating_sub(MAX_TOKENS)..open).rev().find(|at| lexed.tokens[*at].indent.is_some())?;
            return fields.annotated(lexed, field);
        }
        if reads {
            let argument = (open + 1..end).find(|at| lexed.at(*at) == "cast" && lexed.at(at + 1) == "=");
            if let Some(cast) = argument.and_then(|at| by_function(lexed.at(at + 2))) {
                return Some(cast);
            }
            if let Some(cast) = followed(lexed, end).map(perhaps).or_else(|| before(lexed, open)) {
                return Some(cast);
            }
        } else if !callee.is_empty() && lexed.is_word(open - 1) && !matches!(callee, "return" | "Some" | "if" | "arg") {
            // Whatever another function makes of it.
            return None;
        }
        inner = open;
    }
    None
}

/// Which values `int(…)` around what begins before `inner` stops at: not the empty one, where something else counts then,
/// `int(os.environ["X"] or 5)`, or where that is asked first, `int(os.environ["X"]) if … else None`.
fn at_nothing(lexed: &Lexed<'_>, (inner, open): (usize, usize), refuses: Refusal) -> Refusal {
    let end = lexed.close(open);
    let other = |at: usize| matches!(lexed.at(at), "or" | "if") || lexed.follows(at, &["|", "|"]);
    let goes_on = lexed.tokens.get(end + 1).is_some_and(|token| token.indent.is_none());
    let guarded = (inner + 1..end).any(other) || goes_on && matches!(lexed.at(end + 1), "if" | "unless");
    if guarded { refuses.min(Refusal::Others) } else { refuses }
}

/// The bracket that is open at an index.
pub(super) fn enclosing(lexed: &Lexed<'_>, index: usize) -> Option<usize> {
    let mut at = index;
    for _ in 0..MAX_TOKENS {
        at = at.checked_sub(1)?;
        match lexed.at(at) {
            "(" | "[" | "{" => return Some(at),
            ")" | "]" | "}" => {
                let partner = lexed.tokens[at].partner as usize;
                at = if partner < at { partner } else { return None };
            }
            ";" => return None,
            _ => {}
        }
    }
    None
}

/// A type in brackets before the call that opens at `open`: `(int) env('X')`.
fn before(lexed: &Lexed<'_>, open: usize) -> Option<Taken> {
    let begin = open.checked_sub(4)?;
    let is_cast = lexed.at(begin) == "(" && lexed.at(begin + 2) == ")";
    is_cast.then(|| by_function(lexed.at(begin + 1))).flatten()
}

/// What a function or type makes of a text, by its name.
fn by_function(name: &str) -> Option<Taken> {
    let cast = match name {
        "int" | "Integer" | "parseInt" | "Atoi" | "ParseInt" | "ParseUint" | "integer" | "intval" => Cast::Integer,
        "float" | "Float" | "parseFloat" | "ParseFloat" | "Number" | "floatval" => Cast::Number,
        "bool" | "boolean" | "ParseBool" | "strtobool" | "str2bool" | "str_to_bool" | "parseBool" => Cast::Boolean,
        _ => return None,
    };
    // Of JavaScript, PHP and Go nobody knows what is done with a text that is no number; `bool` is what the libraries of
    // Python make of it, some of which take any other text for no.
    let insists = matches!(name, "int" | "Integer" | "float" | "Float");
    let fractions = cast == Cast::Number && name != "Number";
    Some(Taken { fractions, ..cast.taken(if insists { Refusal::EmptyToo } else { Refusal::Perhaps }) })
}

/// What follows the expression that ends before `end`: `.to_i`, `.parse::<u16>()`, `.lower() == "true"`.
fn followed(lexed: &Lexed<'_>, end: usize) -> Option<Cast> {
    let mut at = end;
    for _ in 0..MAX_OUTWARD {
        if lexed.at(at) == "]" {
            at += 1;
        }
        let is_method = lexed.at(at) == "." && lexed.is_word(at + 1);
        if !is_method {
            break;
        }
        match lexed.at(at + 1) {
            "to_i" | "toInt" => return Some(Cast::Integer),
            "to_f" => return Some(Cast::Number),
            "parse" if lexed.follows(at + 2, &[":", ":", "<"]) => return of_type(lexed, at + 5),
            "toBoolean" => return Some(Cast::Boolean),
            "lower" | "strip" | "casecmp" | "toLowerCase" | "downcase" | "trim" | "unwrap" | "expect" => {}
            _ => return None,
        }
        at = if lexed.at(at + 2) == "(" { lexed.close(at + 2) + 1 } else { at + 2 };
    }
    let yes_or_no = |at: usize| {
        lexed.string(at).is_some_and(|text| ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(text)))
    };
    let compared = match (lexed.at(at), lexed.at(at + 1)) {
        ("=" | "!", "=") => {
            if lexed.at(at + 2) == "=" {
                at + 3
            } else {
                at + 2
            }
        }
        ("in", "(" | "[" | "{") => at + 2,
        _ => return None,
    };
    let among = lexed.at(at) == "in";
    let any = if among { (compared..lexed.close(at + 1)).any(yes_or_no) } else { yes_or_no(compared) };
    any.then_some(Cast::Boolean)
}

/// The texts of a list, when it has nothing but texts.
fn choices(lexed: &Lexed<'_>, range: Range<usize>) -> Option<Cast> {
    let mut texts = Vec::new();
    for at in range.filter(|at| lexed.at(*at) != ",") {
        texts.push(lexed.string(at)?.to_owned());
    }
    (2..=MAX_TOKENS).contains(&texts.len()).then_some(Cast::Choice(texts))
}

/// A type by its name.
fn of_type(lexed: &Lexed<'_>, index: usize) -> Option<Cast> {
    Some(match lexed.at(index) {
        "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint8" | "uint16" | "uint32" | "uint64" | "u8"
        | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize"
        | "PositiveInt" | "NonNegativeInt" | "NegativeInt" | "NonPositiveInt" | "conint" => Cast::Integer,
        "float" | "float32" | "float64" | "f32" | "f64" | "PositiveFloat" | "NonNegativeFloat" | "NegativeFloat"
        | "NonPositiveFloat" | "confloat" => Cast::Number,
        "bool" => Cast::Boolean,
        "AnyHttpUrl" | "HttpUrl" => Cast::Format("http-url"),
        "AnyUrl" => Cast::Format("uri"),
        "Duration" if lexed.before(index, 2) == "time" && lexed.before(index, 1) == "." => Cast::Format("duration"),
        "PostgresDsn" => Cast::Format("postgres-url"),
        "RedisDsn" => Cast::Format("redis-url"),
        "EmailStr" => Cast::Format("email"),
        "UUID" => Cast::Format("uuid"),
        "Option" if lexed.at(index + 1) == "<" => return of_type(lexed, index + 2),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn what_programs_make_of_values() {
        let choice = |texts: &[&str]| Some(Cast::Choice(texts.iter().map(|text| (*text).to_owned()).collect()));
        let settings = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    ";
        let field = |text: &str| format!("{settings}{text}\n");
        for (path, text, expected) in [
            ("a.py", "x = int(os.getenv('A_B', '1'))", Some(Cast::Integer)),
            ("a.py", "x = int(os.environ['A_B'])", Some(Cast::Integer)),
            ("a.py", "x = float(os.environ.get('A_B') or 1)", Some(Cast::Number)),
            ("a.py", "x = bool(os.environ.get('A_B'))", None),
            ("a.py", "from environs import Env\nx = env.bool('A_B', 3)", Some(Cast::Boolean)),
            ("a.py", "x = f(int(1), os.getenv('A_B'))", None),
            ("a.py", "x = int(f(os.getenv('A_B')))", None),
            ("a.py", "x = os.getenv('A_B', 'no').lower() == 'true'", Some(Cast::Boolean)),
            ("a.py", "x = os.getenv('A_B', 'no').lower() in ('true', 'yes')", Some(Cast::Boolean)),
            ("a.py", "x = os.getenv('A_B') == 'dev'", None),
            ("a.py", "from decouple import config\nx = config('A_B', default=True, cast=bool)", Some(Cast::Boolean)),
            ("a.py", "from environs import Env\nx = env.int('A_B', 3)", Some(Cast::Integer)),
            ("a.py", "import environ\nenv = environ.Env(A_B=(bool, False))", Some(Cast::Boolean)),
            ("a.py", &field("a_b: int = 5"), Some(Cast::Integer)),
            ("a.py", &field("a_b: Optional[bool] = None"), Some(Cast::Boolean)),
            ("a.py", &field("a_b: Union[int, str] = 1"), None),
            ("a.py", &field("a_b: list[str] | None = None"), Some(Cast::List)),
            ("a.py", &field("a_b: list[int] | str"), None),
            ("a.py", &field("a_b: Annotated[list[str], NoDecode]"), None),
            ("a.py", &field("a_b: dict[str, int]"), Some(Cast::Object)),
            ("a.ts", "createEnv({ server: { A_B: z.literal('x') } })", choice(&["x"])),
            ("a.ts", "createEnv({ server: { A_B: z.enum(['x', 'y']).transform((v) => v) } })", choice(&["x", "y"])),
            ("a.ts", "createEnv({ server: { A_B: z.enum(['x', 'y']).catch('x') } })", None),
            ("a.py", &field("a_b: float | None = None"), Some(Cast::Number)),
            ("a.py", &field("a_b: int | str = 1"), None),
            ("a.py", &field("a_b: str"), None),
            ("a.py", &field("a_b: PostgresDsn"), Some(Cast::Format("postgres-url"))),
            ("a.py", &field("a_b: Literal['x', \"y\"] = 'x'"), choice(&["x", "y"])),
            ("a.py", &field("port: int = Field(\n        default=1, alias='A_B'\n    )"), Some(Cast::Integer)),
            ("a.py", &field("a_b: Literal['x'] | None = None"), choice(&["x"])),
            ("a.py", &field("a_b: str = Field(min_length=8)"), Some(Cast::Text)),
            ("a.ts", "createEnv({ server: { A_B: z.string().min(8) } })", Some(Cast::Text)),
            ("a.ts", "createEnv({ server: { A_B: z.string().min(1) } })", None),
            ("a.ts", "createEnv({ server: { A_B: z.enum(['a', 'b']).prefault('a') } })", choice(&["a", "b"])),
            ("a.ts", "const x = Number(process.env.A_B ?? 5)", Some(Cast::Number)),
            ("a.ts", "const x = parseInt(process.env.A_B || '5', 10)", Some(Cast::Integer)),
            ("a.ts", "const x = process.env.A_B === 'true'", Some(Cast::Boolean)),
            ("a.ts", "const x = process.env.A_B === 'dev'", None),
            ("a.ts", "f(process.env.A_B)", None),
            ("a.ts", "cleanEnv(process.env, { A_B: port({ default: 1 }) })", Some(Cast::Integer)),
            ("a.ts", "createEnv({ server: { A_B: z.coerce.number().int().min(1) } })", Some(Cast::Integer)),
            ("a.ts", "createEnv({ server: {\n A_B: z.string().url().optional()\n} })", Some(Cast::Format("uri"))),
            ("a.ts", "createEnv({ server: { A_B: z.httpUrl() } })", Some(Cast::Format("http-url"))),
            ("a.ts", "cleanEnv(process.env, { A_B: str({ choices: ['a', 'b'] }) })", choice(&["a", "b"])),
            ("a.ts", "cleanEnv(process.env, { A_B: str({ default: 'a' }) })", None),
            ("a.go", "type C struct {\n P time.Duration `env:\"A_B\"`\n}", Some(Cast::Format("duration"))),
            ("a.ts", "createEnv({ server: { A_B: z.enum(['a', 'b']).default('a') } })", choice(&["a", "b"])),
            ("a.ts", "createEnv({ server: { A_B: z.string().transform(f) } })", None),
            ("a.go", "x, _ := strconv.Atoi(os.Getenv(\"A_B\"))", Some(Cast::Integer)),
            ("a.go", "type C struct {\n P bool `env:\"A_B\"`\n}", Some(Cast::Boolean)),
            ("a.rs", "let x = env::var(\"A_B\").unwrap().parse::<u16>();", Some(Cast::Integer)),
            ("a.rs", "#[arg(long, env = \"A_B\")]\nport: Option<u16>,", Some(Cast::Integer)),
            ("a.rb", "x = ENV.fetch('A_B', 5).to_i", Some(Cast::Integer)),
            ("a.rb", "x = Integer(ENV['A_B'])", Some(Cast::Integer)),
            ("a.rb", "x = ENV['A_B'] == 'true'", Some(Cast::Boolean)),
            ("a.php", "<?php $x = (int) env('A_B', 5);", Some(Cast::Integer)),
            ("a.py", "int(os.getenv('A_B'", Some(Cast::Integer)),
            ("a.py", "raw = os.getenv('A_B', '600')\nt = float(raw)", Some(Cast::Number)),
            ("a.py", "raw: str = os.environ['A_B']\nt = int(raw) * 1000", Some(Cast::Integer)),
            ("a.py", "raw = os.getenv('A_B')\nx = int(raw)\ny = float(raw)", Some(Cast::Number)),
            ("a.py", "raw = os.getenv('A_B')\nreturn raw.lower() == 'true'", Some(Cast::Boolean)),
            ("a.py", "raw = f(os.getenv('A_B'))\nx = int(raw)", None),
            ("a.py", "f(raw=os.getenv('A_B'))\nx = int(raw)", None),
            ("a.py", "raw = os.getenv('A_B')\nraw = '5'\nx = int(raw)", None),
            ("a.py", "def f():\n    raw = os.getenv('A_B')\n    g(raw)\ndef h(raw):\n    return int(raw)", None),
            ("a.ts", "const raw = process.env.A_B;\nconst t = parseInt(raw ?? '5', 10);", Some(Cast::Integer)),
            ("a.ts", "const raw = process.env.A_B;\nf(other.raw, Number(x.raw));", None),
            ("a.go", "func f() {\n\traw := os.Getenv(\"A_B\")\n\tn, err := strconv.Atoi(raw)\n}", Some(Cast::Integer)),
            ("a.rb", "raw = ENV['A_B']\nx = raw.to_i", Some(Cast::Integer)),
            ("a.kt", "val x = \"${System.getenv(\"A_B\").toInt()}\"", Some(Cast::Integer)),
        ] {
            let uses = read(path, text);
            let at = uses.iter().position(|found| found.name == "A_B").expect(text);
            assert_eq!(casts(path, text, &uses)[at].as_ref().map(|taken| &taken.cast), expected.as_ref(), "{text}");
        }
    }

    #[test]
    fn bounds_of_programs() {
        let settings = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    ";
        for (path, text, expected) in [
            (
                "a.py",
                format!("{settings}a_b: int = Field(4, ge=1, le=16)\n    c: int = Field(ge=2)\n"),
                "minimum 1, maximum 16",
            ),
            (
                "a.py",
                format!("{settings}a_b: float = Field(gt=0, lt=0.5)\n"),
                "exclusiveMinimum 0, exclusiveMaximum 0.5",
            ),
            ("a.py", format!("{settings}a_b: str = Field(min_length=8, max_length=x)\n"), "minLength 8"),
            ("a.py", format!("{settings}a_b: int\n    c: int = Field(ge=2)\n"), ""),
            ("a.py", format!("{settings}a_b: PositiveInt\n"), "exclusiveMinimum 0"),
            ("a.py", format!("{settings}a_b: conint(ge=5, lt=9) = 6\n"), "minimum 5, exclusiveMaximum 9"),
            ("a.py", format!("{settings}a_b: Annotated[int, Gt(0), Field(le=3)]\n"), "exclusiveMinimum 0, maximum 3"),
            ("a.py", format!("{settings}a_b: constr(min_length=4)\n"), "minLength 4"),
            (
                "a.ts",
                "createEnv({ server: { A_B: z.coerce.number().int().min(1024).default(3000) } })".to_owned(),
                "minimum 1024",
            ),
            (
                "a.ts",
                "createEnv({ server: { A_B: z.coerce.number().positive().max(50, 'm') } })".to_owned(),
                "exclusiveMinimum 0, maximum 50",
            ),
            (
                "a.ts",
                "createEnv({ server: { A_B: z.string().min(8).max(20) } })".to_owned(),
                "minLength 8, maxLength 20",
            ),
            ("a.ts", "createEnv({ server: { A_B: z.string().length(32) } })".to_owned(), "minLength 32, maxLength 32"),
            ("a.ts", "createEnv({ server: { A_B: z.coerce.number().min(least) } })".to_owned(), ""),
        ] {
            let uses = read(path, &text);
            let at = uses.iter().position(|found| found.name == "A_B").expect(&text);
            let taken = casts(path, &text, &uses)[at].clone().expect(&text);
            let told: Vec<_> = taken.bounds.iter().map(|(keyword, number)| format!("{keyword} {number}")).collect();
            assert_eq!(told.join(", "), expected, "{text}");
        }
    }

    #[test]
    fn what_programs_refuse() {
        let settings = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    ";
        for (path, text, expected) in [
            ("a.py", "x = int(os.environ['A_B'])".to_owned(), Refusal::EmptyToo),
            (
                "a.py",
                "try:\n    x = int(os.environ['A_B'])\nexcept ValueError:\n    x = 1\n".to_owned(),
                Refusal::Perhaps,
            ),
            ("a.py", "x = int(os.environ['A_B'] or 5)".to_owned(), Refusal::Others),
            ("a.py", "x = int(os.environ['A_B']) if os.getenv('C_D') else None".to_owned(), Refusal::Others),
            ("a.py", "x = int(os.environ['A_B'])\nif x: pass".to_owned(), Refusal::EmptyToo),
            ("a.py", "x = os.environ['A_B'].lower() == 'true'".to_owned(), Refusal::Perhaps),
            ("a.py", format!("{settings}a_b: bool\n"), Refusal::EmptyAlways),
            (
                "a.py",
                format!("{settings}model_config = {{'env_ignore_empty': True}}\n    a_b: bool\n"),
                Refusal::EmptyToo,
            ),
            ("a.py", format!("{settings}a_b: Annotated[int, BeforeValidator(f)]\n"), Refusal::Perhaps),
            (
                "a.py",
                format!("{settings}a_b: int\n    @field_validator('a_b', mode='before')\n    def f(c, v): pass\n"),
                Refusal::Perhaps,
            ),
            ("a.ts", "const x = Number(process.env.A_B)".to_owned(), Refusal::Perhaps),
            ("a.ts", "createEnv({ server: { A_B: z.coerce.number() } })".to_owned(), Refusal::Others),
            ("a.ts", "createEnv({ server: { A_B: z.coerce.boolean() } })".to_owned(), Refusal::Perhaps),
            ("a.ts", "createEnv({ server: {\n A_B: z.enum(['a', 'b'])\n} })".to_owned(), Refusal::EmptyToo),
            ("a.ts", "cleanEnv(process.env, { A_B: num() })".to_owned(), Refusal::Perhaps),
            ("a.ts", "cleanEnv(process.env, { A_B: url() })".to_owned(), Refusal::EmptyToo),
            ("a.go", "x, _ := strconv.Atoi(os.Getenv(\"A_B\"))".to_owned(), Refusal::Perhaps),
            ("a.go", "type C struct {\n P int `env:\"A_B\"`\n}".to_owned(), Refusal::EmptyToo),
            ("a.rb", "x = Integer(ENV['A_B'])".to_owned(), Refusal::EmptyToo),
        ] {
            let uses = read(path, &text);
            let at = uses.iter().position(|found| found.name == "A_B").expect(&text);
            assert_eq!(casts(path, &text, &uses)[at].as_ref().map(|taken| taken.refuses), Some(expected), "{text}");
        }
    }
}
