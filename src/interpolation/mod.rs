//! `$` references in a value, in the grammar of docker compose: found, and replaced by what a lookup answers.

mod scanner;

use std::borrow::Cow;
use std::ops::Range;

use scanner::{Piece, Scanner, Token, starts_name};

/// How deep defaults may nest: `${A:-${B:-${C}}}` is 3.
pub const MAX_DEPTH: usize = 32;
/// The longest value that an expansion may give, in bytes.
pub const MAX_VALUE: usize = 1 << 20;

/// What a run may still spend on expansion, so that a few lines that double each other end in a fault.
#[derive(Debug, Clone)]
pub struct Budget {
    expansions: usize,
    bytes: usize,
}

impl Default for Budget {
    /// 10,000 expansions and 32 MiB of expanded text.
    fn default() -> Self {
        Self::new(10_000, 32 << 20)
    }
}

impl Budget {
    /// A budget of so many replaced references, and so many bytes of text over all values.
    #[must_use]
    pub const fn new(expansions: usize, bytes: usize) -> Self {
        Self { expansions, bytes }
    }
}

/// A template with its references replaced. It may hold secrets, so it has no `Debug`.
pub struct Expansion<'t> {
    /// The text.
    pub text: String,
    /// The references that were looked up, in the order of reading. Those in a default that was not needed are absent.
    pub resolved: Vec<Resolved<'t>>,
}

/// A reference and what became of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Resolved<'t> {
    /// Where and what.
    pub reference: Reference<'t>,
    /// What it gave.
    pub outcome: Outcome,
}

/// What a reference gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The variable's value, or its alternative with `+`.
    Value,
    /// The default, because the variable was not set, or empty with `:-`.
    Default,
    /// Nothing, because of `+`: the variable was not set, or empty with `:+`.
    Absent,
    /// Nothing: the variable was not set and there was no default. Compose warns and takes the empty text.
    Undefined,
    /// Nothing, although `?` requires a value. Compose refuses the whole file.
    Missing,
}

/// One reference to a variable. The name may be part of a secret that holds a `$`, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Reference<'t> {
    /// The variable's name.
    pub name: &'t str,
    /// The reference from `$` to its end, as bytes of the outermost template.
    pub range: Range<usize>,
    /// What follows the name.
    pub operator: Option<Operator>,
    /// The text after the operator: a default, an alternative or a message.
    pub argument: &'t str,
}

/// What follows the name of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// The sign.
    pub sign: Sign,
    /// Whether a colon stands before it: then an empty variable counts as not set.
    pub colon: bool,
}

/// The sign of an [`Operator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `-`: a default.
    Default,
    /// `+`: an alternative for a variable that is set.
    Alternative,
    /// `?`: a message for a variable that is not set.
    Required,
}

/// Why a template cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The kind.
    pub kind: FaultKind,
    /// The reference that is at fault, as bytes of the template.
    pub range: Range<usize>,
}

/// The kinds of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// `${` without a name that can be, without `}`, or with an operator that compose does not know.
    Malformed,
    /// Deeper than [`MAX_DEPTH`].
    TooDeep,
    /// The [`Budget`] has no reference left.
    TooMany,
    /// The [`Budget`] has no text left.
    TooMuch,
    /// Longer than [`MAX_VALUE`].
    TooLong,
}

impl Fault {
    /// What is wrong, in lower case; never quotes the template.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        match self.kind {
            FaultKind::Malformed => "this is no reference that docker compose can read",
            FaultKind::TooDeep => "references are nested more than 32 deep",
            FaultKind::TooMany => "there are more than 10,000 references",
            FaultKind::TooMuch => "the references expand to more than 32 MiB of text",
            FaultKind::TooLong => "the references of this value expand to more than 1 MiB",
        }
    }

    /// What to do.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self.kind {
            FaultKind::Malformed => {
                "write `${NAME}`, `${NAME:-default}`, `${NAME:?message}` or `${NAME:+text}` on one line, or `$$` for a plain dollar sign"
            }
            FaultKind::TooDeep => "use fewer defaults within defaults",
            FaultKind::TooMany | FaultKind::TooMuch | FaultKind::TooLong => {
                "check for values that repeat each other; sparkcfg stops there to protect itself"
            }
        }
    }
}

/// Replaces `$V ${V} ${V:-d} ${V-d} ${V:?e} ${V?e} ${V:+a} ${V+a}`, nested, and `$$`, as docker compose 2.40 does
/// (`$1`, `$(` and a lone `$` stay as they are).
///
/// A required variable that has no value is reported as [`Outcome::Missing`] and gives the empty text, so that one
/// run can tell all of them.
///
/// # Errors
/// A reference that compose refuses, or a limit: see [`FaultKind`].
pub fn expand<'t, 'v>(
    template: &'t str,
    lookup: &mut dyn FnMut(&str) -> Option<Cow<'v, str>>,
    budget: &mut Budget,
) -> Result<Expansion<'t>, Fault> {
    let mut expander = Expander { lookup, budget, expansion: Expansion { text: String::new(), resolved: Vec::new() } };
    expander.expand(template, 0, 0)?;
    Ok(expander.expansion)
}

/// Every reference in a template, those inside defaults included, in order of their places; what is malformed or
/// nested deeper than [`MAX_DEPTH`] is left out.
#[must_use]
pub fn references(template: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    collect(template, 0, 0, &mut found);
    found
}

/// Whether anything in `template` is a reference, an escaped dollar sign, or a malformed reference.
#[must_use]
pub fn interpolates(template: &str) -> bool {
    let bytes = template.as_bytes();
    memchr::memchr_iter(b'$', bytes)
        .any(|at| bytes.get(at + 1).is_some_and(|next| matches!(next, b'$' | b'{') || starts_name(*next)))
}

fn collect<'t>(template: &'t str, base: usize, depth: usize, found: &mut Vec<Reference<'t>>) {
    let mut scanner = Scanner::new(template, base);
    while let Some(piece) = scanner.next_piece() {
        if let Ok(Piece::Reference(token)) = piece {
            let (argument, argument_at) = (token.reference.argument, token.argument_at);
            found.push(token.reference);
            if depth < MAX_DEPTH {
                collect(argument, argument_at, depth + 1, found);
            }
        }
    }
}

struct Expander<'t, 'l, 'v> {
    lookup: &'l mut dyn FnMut(&str) -> Option<Cow<'v, str>>,
    budget: &'l mut Budget,
    expansion: Expansion<'t>,
}

impl<'t> Expander<'t, '_, '_> {
    fn expand(&mut self, template: &'t str, base: usize, depth: usize) -> Result<(), Fault> {
        let mut scanner = Scanner::new(template, base);
        while let Some(piece) = scanner.next_piece() {
            match piece.map_err(|malformed| malformed.fault(&scanner))? {
                Piece::Text(text, at) => self.push(text, &(at..at + text.len()))?,
                Piece::Reference(token) => self.resolve(token, depth)?,
            }
        }
        Ok(())
    }

    fn resolve(&mut self, token: Token<'t>, depth: usize) -> Result<(), Fault> {
        let Token { reference, argument_at } = token;
        let range = reference.range.clone();
        let Some(left) = self.budget.expansions.checked_sub(1) else {
            return Err(Fault { kind: FaultKind::TooMany, range });
        };
        self.budget.expansions = left;
        let value = (self.lookup)(reference.name);
        let counts = |colon: bool| value.as_ref().is_some_and(|value| !(colon && value.is_empty()));
        let (outcome, argument) = match reference.operator {
            None if value.is_some() => (Outcome::Value, None),
            None => (Outcome::Undefined, None),
            Some(Operator { sign: Sign::Alternative, colon }) if counts(colon) => {
                (Outcome::Value, Some(reference.argument))
            }
            Some(Operator { sign: Sign::Alternative, .. }) => (Outcome::Absent, None),
            Some(Operator { colon, .. }) if counts(colon) => (Outcome::Value, None),
            Some(Operator { sign: Sign::Default, .. }) => (Outcome::Default, Some(reference.argument)),
            Some(Operator { sign: Sign::Required, .. }) => (Outcome::Missing, None),
        };
        self.expansion.resolved.push(Resolved { reference, outcome });
        match (argument, value) {
            (Some(_), _) if depth >= MAX_DEPTH => Err(Fault { kind: FaultKind::TooDeep, range }),
            (Some(argument), _) => self.expand(argument, argument_at, depth + 1),
            (None, Some(value)) if outcome == Outcome::Value => self.push(&value, &range),
            (None, _) => Ok(()),
        }
    }

    fn push(&mut self, text: &str, range: &Range<usize>) -> Result<(), Fault> {
        let fault = |kind| Fault { kind, range: range.clone() };
        if self.expansion.text.len() + text.len() > MAX_VALUE {
            return Err(fault(FaultKind::TooLong));
        }
        self.budget.bytes = self.budget.bytes.checked_sub(text.len()).ok_or_else(|| fault(FaultKind::TooMuch))?;
        self.expansion.text.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<Cow<'static, str>> {
        match name {
            "A" => Some("1".into()),
            "E" => Some("".into()),
            "D" => Some("$A".into()),
            "BIG" => Some("x".repeat(MAX_VALUE).into()),
            _ => None,
        }
    }

    fn expanded(template: &str) -> Result<String, FaultKind> {
        let expansion = expand(template, &mut lookup, &mut Budget::default()).map_err(|fault| fault.kind)?;
        for resolved in &expansion.resolved {
            assert!(template[resolved.reference.range.clone()].contains(resolved.reference.name), "{template}");
        }
        Ok(expansion.text)
    }

    #[test]
    fn grammar() {
        for (template, expected) in [
            ("plain", "plain"),
            ("$A", "1"),
            ("a${A}b", "a1b"),
            ("$A_B-$A-B", "-1-B"),
            ("$U|${U}", "|"),
            ("$$A $${A} $$$A", "$A ${A} $1"),
            ("$ $1 $( a$", "$ $1 $( a$"),
            ("$2b$12$abc./x", "$2b$12./x"),
            ("${D}", "$A"),
            ("${U:-d}${E:-d}${U-d}${E-d}", "ddd"),
            ("${A:+a}${E:+a}${E+a}${U+a}", "aa"),
            ("${A:?e}${E?e}", "1"),
            ("${U:-${V:-${A}}}!", "1!"),
            ("${U:-{x} y}z", "{x} yz"),
            ("${U:-a}}", "a}"),
            ("${U:-{}", "{"),
            ("${U:-http://h:1}", "http://h:1"),
            ("${A:-${}}", "1"),
            ("${U:-\"d\"}", "\"d\""),
            ("é${A}é", "é1é"),
        ] {
            assert_eq!(expanded(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn faults() {
        for (template, kind, at) in [
            ("a${}b", FaultKind::Malformed, "${}"),
            ("x${A", FaultKind::Malformed, "${A"),
            ("${A.B}", FaultKind::Malformed, "${A.B}"),
            ("${#A}", FaultKind::Malformed, "${#A}"),
            ("${U:=d}", FaultKind::Malformed, "${U:=d}"),
            ("${U:-a\nb}", FaultKind::Malformed, "${U:-a"),
            ("ü${U:-${}}", FaultKind::Malformed, "${}"),
            ("$A$BIG", FaultKind::TooLong, "$BIG"),
        ] {
            let fault = expand(template, &mut lookup, &mut Budget::default()).err().unwrap();
            assert_eq!((fault.kind, &template[fault.range.clone()]), (kind, at), "{template}");
        }
    }

    #[test]
    fn limits() {
        let nested = |depth: usize| format!("{}x{}", "${U:-".repeat(depth), "}".repeat(depth));
        assert_eq!(expanded(&nested(32)).as_deref(), Ok("x"));
        assert_eq!(expanded(&nested(33)), Err(FaultKind::TooDeep));
        assert_eq!(expanded(&"$A".repeat(10_000)).map(|text| text.len()), Ok(10_000));
        assert_eq!(expanded(&"$A".repeat(10_001)), Err(FaultKind::TooMany));
        let mut budget = Budget::new(100, 10);
        assert!(expand("$A$A$A$A$A", &mut lookup, &mut budget).is_ok());
        assert!(expand("$A$A$A$A$A", &mut lookup, &mut budget).is_ok());
        let fault = expand("$A", &mut lookup, &mut budget).err().unwrap();
        assert_eq!(fault, Fault { kind: FaultKind::TooMuch, range: 0..2 });
    }

    #[test]
    fn outcomes() {
        let expansion = expand("$A $U ${U:-d} ${U+a} ${U:?e}", &mut lookup, &mut Budget::default()).ok().unwrap();
        let outcomes: Vec<_> =
            expansion.resolved.iter().map(|one| (one.reference.range.clone(), one.outcome)).collect();
        let expected = [
            (0..2, Outcome::Value),
            (3..5, Outcome::Undefined),
            (6..13, Outcome::Default),
            (14..20, Outcome::Absent),
            (21..28, Outcome::Missing),
        ];
        assert_eq!(outcomes, expected);
    }

    #[test]
    fn references_include_nested_ones() {
        let template = "$A ${B:-x${C}} $$D ${ ${E?no $F}";
        let found: Vec<_> = references(template).iter().map(|one| (one.name, one.range.clone())).collect();
        assert_eq!(found, [("A", 0..2), ("B", 3..14), ("C", 9..13), ("E", 22..32), ("F", 29..31)]);
    }

    #[test]
    fn hostile_templates_end() {
        for template in
            ["${".repeat(1 << 17), "${U:-".repeat(50_000), "${A:-x}".repeat(50_000), "{}${A-{".repeat(20_000)]
        {
            let mut long = template.clone();
            long.push('}');
            for template in [template, long] {
                let _ = references(&template);
                let _ = expand(&template, &mut lookup, &mut Budget::default());
            }
        }
    }
}
