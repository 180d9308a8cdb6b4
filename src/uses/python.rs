//! Python: `os.environ` and `os.getenv`; what libraries read is in [`libraries`], settings classes of pydantic in
//! [`super::settings`].

mod libraries;
mod loops;

use std::collections::HashMap;
use std::ops::Range;

use super::calls::{self, Helpers};
use super::guards::is_caught;
use super::lexer::{Habit, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, Path, Use, casts, is_name, secrecy, settings};
use libraries::{Environs, prefixes};
use loops::Loops;

pub(super) const SYNTAX: Syntax = Syntax {
    line_comments: &["#"],
    block_comments: &[],
    nested_comments: false,
    quotes: &[Quote::lines("\"\"\""), Quote::lines("'''"), Quote::line("\""), Quote::line("'")],
    in_words: &[],
    habit: Habit::Prefixes,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &[
    "environ",
    "getenv",
    "BaseSettings",
    "decouple",
    "starlette",
    "Env(",
    "envvar",
    "env(",
    "_env",
    "Env.",
    "envvar_prefix",
    "dj_database_url",
    "env.",
];

/// How far behind a list of all variables is looked, in tokens.
const NEAR: usize = 48;

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.extension, "py" | "pyi")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    let mut reading = Reading {
        constants: lexed.constants(),
        os: (0..lexed.tokens.len()).find(|at| lexed.follows(*at, &["import", "os", "as"])).map(|at| lexed.at(at + 3)),
        environ: aliases(&lexed, "environ"),
        getenv: aliases(&lexed, "getenv"),
        decouple: text.contains("decouple") || text.contains("starlette.config"),
        environs: Environs::of(&lexed),
        database_url: (0..lexed.tokens.len())
            .any(|at| lexed.follows(at, &["from", "dj_database_url", "import", "config"])),
        prefixes: prefixes(&lexed),
        helpers: Helpers::of("def"),
        loops: Loops::of(&lexed),
        lexed: &lexed,
    };
    for index in 0..lexed.tokens.len() {
        reading.environment(index, uses);
        reading.libraries(index, uses);
    }
    settings::read(&lexed, uses);
    calls::around(&lexed, &reading.helpers, uses);
    secrecy::mark(&lexed, uses);
    lexed.mentions(uses);
}

/// What stands for something of `os`: `from os import environ as env`, `env = os.environ`.
fn aliases<'t>(lexed: &Lexed<'t>, name: &str) -> Vec<&'t str> {
    let mut found = Vec::new();
    for index in 0..lexed.tokens.len() {
        if lexed.follows(index, &["from", "os", "import"]) {
            let list = (index + 3..(index + 40).min(lexed.tokens.len()))
                .take_while(|at| lexed.is_word(*at) || matches!(lexed.at(*at), "," | "("));
            let named = list.filter(|at| lexed.at(*at) == name);
            found.extend(named.map(|at| lexed.at(if lexed.at(at + 1) == "as" { at + 2 } else { at })));
        }
        let given = lexed.follows(index + 1, &["=", "os", ".", name]) && lexed.before(index, 1) != ".";
        let ends = lexed.tokens.get(index + 5).is_none_or(|token| token.indent.is_some());
        if given && ends {
            found.push(lexed.at(index));
        }
    }
    found
}

struct Reading<'l, 't> {
    lexed: &'l Lexed<'t>,
    /// Names that are set to a text.
    constants: HashMap<&'t str, usize>,
    /// What stands for `os`, and for its `environ` and `getenv`.
    os: Option<&'t str>,
    environ: Vec<&'t str>,
    getenv: Vec<&'t str>,
    decouple: bool,
    environs: Environs<'t>,
    /// Whether `config` is that of `dj_database_url`.
    database_url: bool,
    /// The bodies of `with env.prefixed("X_"):`, each with its prefix where that is written there.
    prefixes: Vec<(Range<usize>, Option<&'t str>)>,
    helpers: Helpers<'t>,
    loops: Loops<'t>,
}

impl Reading<'_, '_> {
    /// The string of an argument, or that of the constant that stands there.
    fn name(&self, index: usize) -> Option<usize> {
        let named = |index: usize| self.lexed.string(index).is_some_and(is_name);
        if named(index) {
            return Some(index);
        }
        self.constants.get(self.lexed.at(index)).copied().filter(|index| named(*index))
    }

    /// A variable by the name at an index, or by the parameter of a function or the variable of a loop that stands there.
    fn read(&mut self, index: usize, fallback: Fallback, uses: &mut Vec<Use>) {
        if let Some(name) = self.name(index) {
            return self.push(name, Kind::Read, fallback, uses);
        }
        let names = self.loops.names(self.lexed, index);
        if names.is_empty() {
            return self.helpers.note(self.lexed, index, fallback);
        }
        for name in names {
            self.push(*name, Kind::Read, fallback.clone(), uses);
        }
    }

    fn push(&self, index: usize, kind: Kind, fallback: Fallback, uses: &mut Vec<Use>) {
        uses.extend(self.lexed.used(index, kind, fallback, true));
    }

    /// `os.environ` in all its forms, and `os.getenv`.
    fn environment(&mut self, index: usize, uses: &mut Vec<Use>) {
        let lexed = self.lexed;
        let owner = if lexed.before(index, 1) == "." { Some(lexed.before(index, 2)) } else { None };
        let of_os = owner.is_some_and(|owner| matches!(owner, "os" | "_os") || self.os == Some(owner));
        match lexed.at(index) {
            "environ" | "environb" if of_os => self.environ(index, index - 2, uses),
            word if owner.is_none() && self.environ.contains(&word) => self.environ(index, index, uses),
            "getenv" if of_os && lexed.at(index + 1) == "(" => self.call(index + 1, Fallback::Absent, uses),
            word if owner.is_none() && self.getenv.contains(&word) && lexed.at(index + 1) == "(" => {
                self.call(index + 1, Fallback::Absent, uses);
            }
            "putenv" if of_os && lexed.at(index + 1) == "(" => {
                if let Some(name) = self.name(index + 2) {
                    self.push(name, Kind::Set, Fallback::Computed, uses);
                }
            }
            _ => {}
        }
    }

    /// What is done with `environ` at `index`; the expression begins at `from`.
    fn environ(&mut self, index: usize, from: usize, uses: &mut Vec<Use>) {
        let lexed = self.lexed;
        match lexed.at(index + 1) {
            "[" => {
                if lexed.at(index + 3) != "]" {
                    return;
                }
                let set = lexed.at(index + 4) == "=" && lexed.at(index + 5) != "=";
                if set || lexed.before(from, 1) == "del" {
                    let set = self.name(index + 2).map(|name| (name, lexed.fallback(index + 5..index + 6)));
                    uses.extend(set.and_then(|(name, fallback)| lexed.used(name, Kind::Set, fallback, true)));
                } else {
                    let caught = is_caught(lexed.text, lexed.range(index).start as usize, &["KeyError", "LookupError"]);
                    self.read(index + 2, if caught { Fallback::Optional } else { Fallback::Required }, uses);
                }
            }
            "." => match lexed.at(index + 2) {
                "get" if lexed.at(index + 3) == "(" => self.call(index + 3, Fallback::Absent, uses),
                "pop" | "__getitem__" if lexed.at(index + 3) == "(" => self.call(index + 3, Fallback::Optional, uses),
                // `for key in os.environ.items(): if key.startswith("APP_")`
                "items" | "keys" => {
                    let start = (index..index + NEAR).find(|at| lexed.follows(*at, &["startswith", "("]));
                    let prefix =
                        start.and_then(|at| Some(Use::prefix(lexed.string(at + 2)?.to_owned(), lexed.range(at + 2))));
                    uses.extend(prefix.filter(|prefix| !prefix.name.is_empty()));
                }
                "setdefault" if lexed.at(index + 3) == "(" => self.call(index + 3, Fallback::Computed, uses),
                _ => {}
            },
            // `"X" in os.environ`
            _ if lexed.before(from, 1) == "in" => {
                let steps = if lexed.before(from, 2) == "not" { 3 } else { 2 };
                if let Some(name) = from.checked_sub(steps) {
                    self.read(name, Fallback::Optional, uses);
                }
            }
            _ => {}
        }
    }

    /// A call whose first argument names a variable, and whose second or `default` is what it falls back to.
    fn call(&mut self, open: usize, otherwise: Fallback, uses: &mut Vec<Use>) {
        let lexed = self.lexed;
        let arguments = lexed.arguments(open);
        let Some(name) = arguments.first() else { return };
        // `os.environ.get("APP_" + name)`
        if let (Some(start), "+") = (lexed.string(name.start), lexed.at(name.start + 1)) {
            uses.extend(is_name(start).then(|| Use::prefix(start.to_owned(), lexed.range(name.start))));
        }
        let Some(first) = Some(name.start).filter(|_| name.len() == 1) else { return };
        let default = arguments.iter().skip(1).find_map(|argument| match lexed.at(argument.start + 1) {
            "=" if lexed.at(argument.start) == "default" => Some(argument.start + 2..argument.end),
            "=" => None,
            _ => Some(argument.clone()),
        });
        let fallback = match default {
            // `os.environ.get("X", False)` asks whether there is one: whatever is there is a text.
            Some(default) if otherwise == Fallback::Absent && lexed.at(default.start) == "False" => Fallback::Optional,
            Some(default) => lexed.fallback(default),
            None => self.after(open, otherwise),
        };
        self.read(first, fallback, uses);
    }

    /// What follows a call without a default: `or "x"`, `is None`, an `if` before it.
    fn after(&self, open: usize, otherwise: Fallback) -> Fallback {
        let lexed = self.lexed;
        let close = lexed.close(open);
        // `or os.getenv("OTHER")` leaves the question to that one.
        let default = (lexed.at(close + 1) == "or")
            .then(|| lexed.fallback_until(close + 2, &[")", ",", "]", "}", "or", "if", "and"]));
        if let Some(text @ Fallback::Text { .. }) = default {
            return text;
        }
        if let Some(said) = self.asked(open, close).or(default) {
            return said;
        }
        if self.is_stand_in(open) {
            return Fallback::Optional;
        }
        match lexed.at(close + 1) {
            "is" | "in" | "=" if lexed.at(close + 2) == "=" || lexed.at(close + 1) != "=" => Fallback::Optional,
            "!" | "and" | "if" => Fallback::Optional,
            _ if self.is_asked(open) => Fallback::Optional,
            _ => otherwise,
        }
    }

    /// What is asked of a call, or of the name that is given what it returns.
    fn asked(&self, open: usize, close: usize) -> Option<Fallback> {
        let lexed = self.lexed;
        let mut from = open;
        while from > 0 && (lexed.is_word(from - 1) && !self.keyword(from - 1) || lexed.at(from - 1) == ".") {
            from -= 1;
        }
        if let Some(said) = lexed.asked(from..close + 1) {
            return Some(said);
        }
        let ends = lexed.tokens.get(close + 1).is_none_or(|token| token.indent.is_some());
        let name = from.checked_sub(2).filter(|_| ends && lexed.at(from - 1) == "=")?;
        // `ACTIVE = bool(url)`
        let weighs = |at: usize| lexed.before(at, 1) == "(" && lexed.before(at, 2) == "bool" && lexed.at(at + 1) == ")";
        lexed.said_later(name, name, |at| lexed.asked(at..at + 1).or(weighs(at).then_some(Fallback::Optional)))
    }

    /// Whether the call that opens at `open` gives what another one falls back to: `get("A", get("B"))`.
    fn is_stand_in(&self, open: usize) -> bool {
        let lexed = self.lexed;
        let mut at = open;
        while at > 0 && (lexed.is_word(at - 1) && !self.keyword(at - 1) || lexed.at(at - 1) == ".") {
            at -= 1;
        }
        let named = lexed.follows(at.saturating_sub(2), &["default", "="]);
        let callee =
            |open: usize| matches!(lexed.before(open, 1), "get" | "getenv" | "pop" | "setdefault" | "config" | "env");
        (lexed.before(at, 1) == "," || named) && casts::enclosing(lexed, at).is_some_and(callee)
    }

    /// Whether the call that opens at `open` is the whole question of an `if`: `if not os.getenv("X")`, `bool(…)`.
    fn is_asked(&self, open: usize) -> bool {
        let mut at = open;
        while at > 0 && (self.lexed.is_word(at - 1) && !self.keyword(at - 1) || self.lexed.at(at - 1) == ".") {
            at -= 1;
        }
        let before = self.lexed.before(at, 1);
        matches!(before, "if" | "elif" | "not" | "and" | "or" | "while" | "assert" | "match")
            || before == "(" && matches!(self.lexed.before(at, 2), "bool" | "any" | "all")
    }

    fn keyword(&self, index: usize) -> bool {
        matches!(
            self.lexed.at(index),
            "if" | "elif" | "not" | "and" | "or" | "while" | "return" | "in" | "assert" | "else" | "match"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            ("import os\nx = os.environ['A_B']", "A_B!"),
            ("import os\ntry:\n    x = os.environ['A_B']\nexcept KeyError:\n    x = 'd'\n", "A_B?"),
            ("import os\ntry:\n    x = os.environ['A_B']\nexcept KeyError:\n    sys.exit('no A_B')\n", "A_B!"),
            ("import os\ntry:\n    x = os.environ['A_B']\nexcept ValueError:\n    x = 'd'\n", "A_B!"),
            ("import os\nwith suppress(KeyError):\n    x = os.environ['A_B']\n", "A_B?"),
            ("import os\ndef f():\n    x = os.environ['A_B']\n", "A_B"),
            ("import os\ndef f():\n    x = os.environ['A_B']\nf()\n", "A_B!"),
            ("app.config.from_prefixed_env('MY_APP')", "prefix MY_APP_"),
            ("x = os.environ.get(\"A_B\")", "A_B"),
            ("x = os.getenv('A_B', 'd')", "A_B=d"),
            ("x = os.getenv('A_B', default=5402)", "A_B=5402"),
            ("x = os.getenv('A_B', f())", "A_B=?"),
            ("x = int(os.getenv('A_B') or '8')", "A_B=8"),
            ("x = os.getenv('A_B') or os.getenv('C_D')", "A_B=? C_D?"),
            ("if os.getenv('A_B'): pass", "A_B?"),
            ("if not os.getenv('A_B'):\n  pass", "A_B?"),
            ("if not os.getenv('A_B'):\n  raise ValueError\n", "A_B!"),
            ("x = os.getenv('A_B')\nif not x:\n    raise ValueError('A_B')\n", "A_B!"),
            ("x = os.getenv('A_B')\nif x is None:\n    x = 'd'\n", "A_B=d"),
            ("x = os.getenv('A_B')\nif x:\n    use(x)\n", "A_B?"),
            ("x = os.getenv('A_B')\ndef f():\n    if not x:\n        raise ValueError\n", "A_B"),
            (
                "def need(name):\n    x = os.environ.get(name)\n    if not x:\n        raise ValueError(name)\n    return x\n\nx = need('A_B')",
                "A_B!",
            ),
            ("if os.getenv('A_B') == 'x': pass", "A_B?"),
            ("if 'A_B' not in os.environ: pass", "A_B?"),
            ("os.environ['A_B'] = 'x'", "set A_B=x"),
            ("os.environ.setdefault('A_B', 'x')", "A_B=x"),
            ("from os import environ, getenv\na = environ['A_B']\nb = getenv('C_D')", "A_B! C_D"),
            ("from os import environ as E, getenv as G\na = E['A_B']\nb = G('C_D')", "A_B! C_D"),
            ("import os as o\nenv = o.environ\na = o.environ['A_B']", "A_B!"),
            ("import os\nenv = os.environ\na = env['A_B']\nb = self.env['C_D']", "A_B!"),
            ("request.environ['A_B']", ""),
            ("# os.environ['A_B']", ""),
            ("'''\nos.environ['A_B']\n'''", ""),
            ("x = \"os.environ['A_B']\"", ""),
            ("x = f\"{os.environ['A_B']}:{1}\"", "A_B!"),
            ("KEY = 'A_B'\nx = os.environ[KEY]", "A_B!"),
            ("from decouple import config\nx = config('A_B', default=True, cast=bool)", "A_B=True"),
            ("from environs import Env\nenv = Env()\nx = env.int('A_B', 3)\ny = env('C_D')", "A_B=3 C_D!"),
            (
                "from environs import Env\nenv = Env()\nwith env.prefixed('A_'):\n    x = env.int('B_C')\n    with env.prefixed('D_'):\n        y = env('E_F', 'd')\nz = env.str('G_H')\n",
                "A_B_C! A_D_E_F=d G_H!",
            ),
            ("[k for k in os.environ.keys() if k.startswith('APP_')]", "prefix APP_"),
            ("settings = Dynaconf(envvar_prefix='app')", "prefix APP_"),
            (
                "import environ\nenv = environ.Env(A_B=(bool, False))\nx = env.db()\ny = env('C_D')",
                "A_B=False DATABASE_URL! C_D!",
            ),
            ("import os, environ\nenv = environ.Env()\nx = env.db()\ny = env('C_D')", "DATABASE_URL! C_D!"),
            ("import environ\nE = environ.Env()\nx = E('C_D')\ny = E.float('E_F', default=1.5)", "C_D! E_F=1.5"),
            (
                "from .base import env\nD = {'d': env.db()}\nx = env('C_D')\ny = env.int('E_F', default=1)",
                "DATABASE_URL! ~C_D? E_F=1",
            ),
            ("from os import environ\nx = env.db()", ""),
            ("import dj_database_url\nx = dj_database_url.config(conn_max_age=600)", "DATABASE_URL?"),
            ("from dj_database_url import config\nx = config(env='A_B', default='d')", "A_B=d"),
            ("x = os.environ.get('A_B', os.environ.get('C_D')) or ''", "A_B=? C_D?"),
            ("x = os.environ.get('A_B')\ny = bool(x)\n", "A_B?"),
            ("match os.environ.get('A_B'):\n    case 'x': pass\n", "A_B?"),
            ("x = os.environ.get('PFX_' + name)", "prefix PFX_"),
            ("@click.option('--x', envvar='A_B')", "A_B?"),
            ("for n in ('A_B', 'C_D'):\n    x = os.environ[n]\ny = os.environ[n]", "A_B! C_D!"),
            ("N = ['A_B', 'C_D']\nx = [n for n in N if not os.getenv(n)]", "A_B? C_D?"),
            ("x = {n: os.environ[n] for n in ['A_B']}", "A_B!"),
            ("for n in ('A_B', other):\n    x = os.environ[n]", ""),
            ("N = ['A_B']\nN = f()\nfor n in N:\n    x = os.environ[n]", ""),
            ("for n in ('A_B',)", ""),
            ("x = require_env('A_B')", "~A_B?"),
            ("x = settings.lookup('A_B_C')", "@A_B_C"),
            ("x = os.environ[", ""),
            ("os.getenv('A_B", ""),
        ] {
            assert_eq!(shown("a.py", text), expected, "{text}");
        }
    }
}
