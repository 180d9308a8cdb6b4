//! Which reads may never be carried out: in a branch, or in a function that nothing of the file calls. What only those stop
//! without is no requirement of the whole program.

use std::collections::HashSet;

use super::lexer::{Lexed, Syntax, lex};
use super::{Fallback, Kind, Use, go, javascript, python, ruby, rust};

/// Functions that are called when a program or an object begins, by whatever is outside.
const CALLED: &[&str] = &["main", "__init__", "__post_init__", "constructor", "initialize", "init"];

/// How many tokens before a block its header begins at most.
const HEADER: usize = 40;

/// Takes back that a variable is needed, where it may never be read.
pub(super) fn soften(reader: &str, text: &str, uses: &mut [Use]) {
    let is_needed = |found: &Use| found.kind == Kind::Read && found.fallback == Fallback::Required;
    if !uses.iter().any(is_needed) {
        return;
    }
    let (syntax, by_lines): (&Syntax, bool) = match reader {
        "python" => (&python::SYNTAX, true),
        "ruby" => (&ruby::SYNTAX, true),
        "javascript" => (&javascript::SYNTAX, false),
        "go" => (&go::SYNTAX, false),
        "rust" => (&rust::SYNTAX, false),
        _ => return,
    };
    let lexed = lex(text, syntax);
    // The functions of Go and Rust are all that there is, and other files call them.
    let called = (!matches!(reader, "go" | "rust")).then(|| called(&lexed));
    let is_idle = |name: &str| called.as_ref().is_some_and(|called| !CALLED.contains(&name) && !called.contains(name));
    let perhaps = if by_lines { by_indent(&lexed, &is_idle) } else { by_braces(&lexed, &is_idle) };
    for found in uses.iter_mut().filter(|found| is_needed(found)) {
        let index = lexed.tokens.partition_point(|token| token.start <= found.at.start).saturating_sub(1);
        if perhaps.get(index) == Some(&true) || by_lines && is_chosen(&lexed, index) {
            found.fallback = Fallback::Absent;
        }
    }
}

/// The names that something is called by.
fn called<'t>(lexed: &Lexed<'t>) -> HashSet<&'t str> {
    let calls = (0..lexed.tokens.len()).filter(|at| {
        // `mail() {` is a method.
        lexed.is_word(*at)
            && lexed.at(at + 1) == "("
            && !matches!(lexed.before(*at, 1), "def" | "function")
            && lexed.at(lexed.close(at + 1) + 1) != "{"
    });
    calls.map(|at| lexed.at(at)).collect()
}

/// For each token of a language of indented blocks whether it may never be reached.
fn by_indent(lexed: &Lexed<'_>, is_idle: &dyn Fn(&str) -> bool) -> Vec<bool> {
    let mut blocks: Vec<(u32, bool)> = Vec::new();
    let mut found = Vec::with_capacity(lexed.tokens.len());
    let mut now = false;
    for (index, token) in lexed.tokens.iter().enumerate() {
        if let Some(indent) = token.indent {
            while blocks.last().is_some_and(|(other, _)| *other >= indent) {
                blocks.pop();
            }
            let outer = blocks.last().is_some_and(|(_, perhaps)| *perhaps);
            let own = match lexed.at(index) {
                "if" | "elif" | "elsif" | "else" | "unless" | "case" | "when" | "match" | "except" | "rescue" => true,
                "def" => is_idle(lexed.at(index + 1)),
                "async" => is_idle(lexed.at(index + 2)),
                // `x = if …`
                _ => lexed.at(index + 1) == "=" && matches!(lexed.at(index + 2), "if" | "unless" | "case"),
            };
            blocks.push((indent, outer || own));
            // What an `if` asks is asked in any case; what the next one asks is not.
            now = outer || matches!(lexed.at(index), "elif" | "elsif");
        }
        found.push(now);
    }
    found
}

/// Whether something else on the line of a token decides whether it counts: `x or os.environ["Y"]`, `os.environ["X"] if y`.
fn is_chosen(lexed: &Lexed<'_>, index: usize) -> bool {
    /// A line is no longer than this, in tokens.
    const MOST: usize = 60;
    let line = (index.saturating_sub(MOST)..=index).rev().find(|at| lexed.tokens[*at].indent.is_some());
    let Some(line) = line else { return false };
    let asks = matches!(lexed.at(line), "if" | "elif" | "unless" | "elsif" | "assert");
    let mut before = line..index;
    let ends = asks && (line..index).any(|at| lexed.at(at) == ":" || lexed.at(at) == "then");
    if asks && !ends {
        return false;
    }
    let mut after = index + 1..(index + MOST).min(lexed.tokens.len());
    let end = after.find(|at| lexed.tokens[*at].indent.is_some() || lexed.at(*at) == ";");
    let end = end.unwrap_or((index + MOST).min(lexed.tokens.len()));
    ends || before.any(|at| matches!(lexed.at(at), "or" | "and" | "else" | "lambda" | "?"))
        || (index + 1..end).any(|at| matches!(lexed.at(at), "if" | "unless"))
}

/// For each token of a language of braces whether it may never be reached.
fn by_braces(lexed: &Lexed<'_>, is_idle: &dyn Fn(&str) -> bool) -> Vec<bool> {
    let mut blocks: Vec<bool> = Vec::new();
    let mut found = Vec::with_capacity(lexed.tokens.len());
    for index in 0..lexed.tokens.len() {
        let now = blocks.last().copied().unwrap_or_default();
        found.push(now);
        match lexed.at(index) {
            "{" => blocks.push(now || is_perhaps(lexed, index, is_idle)),
            "}" => drop(blocks.pop()),
            _ => {}
        }
    }
    found
}

/// Whether the block that opens at an index may be passed over, by what stands before it.
fn is_perhaps(lexed: &Lexed<'_>, open: usize, is_idle: &dyn Fn(&str) -> bool) -> bool {
    let mut at = open;
    let is_arrow = lexed.before(open, 1) == ">" && lexed.before(open, 2) == "=";
    for _ in 0..HEADER {
        let Some(before) = at.checked_sub(1) else { break };
        at = before;
        match lexed.at(at) {
            "if" | "else" | "switch" | "match" | "case" | "catch" => return true,
            "try" => return goes_on(lexed, lexed.close(open)),
            "function" => {
                let name = lexed.at(at + 1);
                let given = if lexed.before(at, 1) == "=" { lexed.before(at, 2) } else { "" };
                let name = if name == "(" { given } else { name };
                return !name.is_empty() && is_idle(name);
            }
            "=" if is_arrow && at + 2 < open => {
                return lexed.is_word(at - 1) && is_idle(lexed.before(at, 1));
            }
            ";" | "{" | "}" | "(" | "[" | "," => return false,
            ")" | "]" => {
                let partner = lexed.tokens[at].partner as usize;
                if partner >= at {
                    return false;
                }
                at = partner;
                // `mail() {` in a class
                let name = lexed.before(at, 1);
                let is_line = at.checked_sub(1).is_some_and(|at| lexed.tokens[at].indent.is_some());
                if is_line && lexed.is_word(at - 1) && lexed.close(at) + 1 == open && name != "if" && name != "switch" {
                    return !matches!(name, "for" | "while" | "with" | "function" | "catch") && is_idle(name);
                }
            }
            _ => {}
        }
        if at < open && lexed.tokens[at].indent.is_some() {
            break;
        }
    }
    false
}

/// Whether a program goes on behind a `try` that ends at an index, whatever happened in it.
fn goes_on(lexed: &Lexed<'_>, end: usize) -> bool {
    if lexed.at(end + 1) != "catch" {
        return false;
    }
    let open = (end + 2..end + 3 + HEADER).find(|at| lexed.at(*at) == "{");
    open.is_some_and(|open| !(open..lexed.close(open)).any(|at| matches!(lexed.at(at), "throw" | "exit" | "exitCode")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn what_may_never_be_read() {
        for (path, text, expected) in [
            ("a.py", "if FLAG:\n    x = os.environ['A_B']\ny = os.environ['C_D']\n", "A_B C_D!"),
            ("a.py", "if FLAG: x = os.environ['A_B']\n", "A_B"),
            ("a.py", "x = os.environ['A_B'] if y else None\nz = os.environ['C_D']\n", "A_B C_D!"),
            ("a.py", "x = y or os.environ['A_B']\n", "A_B"),
            ("a.py", "if x:\n    pass\nelif not os.getenv('A_B'):\n    raise ValueError\n", "A_B"),
            ("a.py", "def seed():\n    return os.environ['A_B']\n", "A_B"),
            ("a.py", "def load():\n    return os.environ['A_B']\nload()\n", "A_B!"),
            (
                "a.py",
                "class S:\n    x = os.environ['A_B']\n    def __init__(self):\n        os.environ['C_D']\n",
                "A_B! C_D!",
            ),
            ("a.js", "if (x === 's3') { if (!process.env.A_B) throw new Error('x'); }", "A_B"),
            ("a.js", "switch (x) { case 's3': if (!process.env.A_B) throw new Error('x'); }", "A_B"),
            ("a.js", "try { if (!process.env.A_B) throw new Error('x'); } catch {}", "A_B"),
            ("a.js", "try { if (!process.env.A_B) throw new Error('x'); } catch (e) { process.exit(1); }", "A_B!"),
            ("a.js", "exports.mail = () => { if (!process.env.A_B) throw new Error('x'); };", "A_B"),
            ("a.js", "function f() { if (!process.env.A_B) throw new Error('x'); }\nf();", "A_B!"),
            ("a.js", "if (!process.env.A_B) throw new Error('x');", "A_B!"),
            ("a.rb", "if x\n  y = ENV.fetch('A_B')\nend\nz = ENV.fetch('C_D')\n", "A_B C_D!"),
            ("a.rb", "y = ENV.fetch('A_B') if x\nz = x ? ENV.fetch('C_D') : nil\n", "A_B C_D"),
            ("a.rs", "fn main() { if x { env::var(\"A_B\").unwrap(); }\n env::var(\"C_D\").unwrap(); }", "A_B C_D!"),
            (
                "a.go",
                "func main() {\n\tif x {\n\t\tmust(\"A_B\")\n\t}\n\tmust(\"C_D\")\n}\nfunc must(k string) string {\n\tv := os.Getenv(k)\n\tif v == \"\" {\n\t\tpanic(k)\n\t}\n\treturn v\n}\n",
                "A_B C_D!",
            ),
            ("config/environments/production.rb", "x = ENV.fetch('A_B')\n", "A_B?"),
            ("app/settings/production.py", "import os\nx = os.environ['A_B']\n", "A_B?"),
        ] {
            assert_eq!(shown(path, text), expected, "{text}");
        }
    }
}
