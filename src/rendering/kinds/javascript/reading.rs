//! What is made of the value of an expression: some functions, and PM2, read a text once more.

use super::super::begins_command;
use super::super::limit::Limit;
use super::{Misfit, Part};

/// Who reads it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reading {
    /// Nobody but the script.
    #[default]
    Once,
    /// `eval`: as code.
    Code,
    /// `exec`, hooks of PM2's deploy: a shell.
    Shell,
    /// PM2's `script`: a shell, if a blank is in it.
    Program,
    /// PM2's `args`: split at blanks and quotes.
    Split,
    /// `JSON.parse`, `RegExp`: a language of its own, for which a whole value may be meant.
    Language,
}

impl Reading {
    /// What becomes of the arguments of a function, and of a member of an object.
    pub(super) fn of(callee: &str, member: &str) -> Self {
        match callee.trim_start_matches('.') {
            "eval" | "Function" | "runInContext" | "runInNewContext" | "runInThisContext" => return Self::Code,
            "exec" | "execSync" => return Self::Shell,
            "parse" | "RegExp" => return Self::Language,
            _ => {}
        }
        match member {
            "script" => Self::Program,
            "pre-setup" | "post-setup" | "pre-deploy" | "post-deploy" | "pre-deploy-local" => Self::Shell,
            "args" | "script_args" | "node_args" | "interpreter_args" | "interpreterArgs" => Self::Split,
            _ => Self::Once,
        }
    }

    /// Whether a value can stand behind `before` in a text, or alone.
    pub(super) fn judge(self, parts: &[Part], before: &str, at: usize, is_alone: bool) -> Result<(), Misfit> {
        let fits = |limit: Limit| match parts {
            [Part::Text(text)] => limit.allows(text),
            _ => false,
        };
        let (fits, message, help) = match self {
            Self::Once => return Ok(()),
            Self::Language if is_alone => return Ok(()),
            Self::Code => (
                fits(Limit::Number),
                "only a whole number can stand in a text that is evaluated",
                "put the value outside of it, in code: {{ KEY }} is a string there",
            ),
            Self::Language => (
                fits(Limit::Name),
                "only letters, digits and _.- can stand within a text that JSON.parse or RegExp reads",
                "put the value outside of it, in code: {{ KEY }} is a string there, and {{ KEY | json }} a structure",
            ),
            Self::Split => (
                fits(Limit::Plain),
                "PM2 splits this text at blanks and quotes, so only a plain word can stand in it",
                "list the arguments: [\"--name\", {{ KEY }}]",
            ),
            Self::Shell | Self::Program => {
                let begins = begins_command(before) && !(before.is_empty() && self == Self::Program);
                // A program's path may be a value, as long as it stays a word.
                (
                    fits(Limit::Plain) && !begins,
                    "a shell evaluates this text, so only a plain word can stand in it, and none that begins a command",
                    "list the arguments, as in args: [{{ KEY }}] or execFile(\"…\", [{{ KEY }}])",
                )
            }
        };
        if fits { Ok(()) } else { Err(Misfit::new(at, message, help)) }
    }
}
