//! Docker compose's `${…}`: what a value's text becomes once the names in it have values.
//!
//! The grammar is that of compose-go's `template` package, 2.x: `$V`, `${V}`, `${V:-d}`, `${V-d}`, `${V:?e}`, `${V?e}`,
//! `${V:+a}`, `${V+a}`, nested to any depth that [`DEPTH`] allows, and `$$` for a dollar sign.

use std::ops::Range;

/// How deep defaults may nest.
pub const DEPTH: usize = 32;

/// The longest value that an expansion may make, in bytes.
pub const LENGTH: usize = 1024 * 1024;

/// How many references one environment may still expand; it stops values that double each other.
#[derive(Debug)]
pub struct Budget(u32);

impl Default for Budget {
    fn default() -> Self {
        Self(10_000)
    }
}

/// A name in a value, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<'t> {
    /// The name.
    pub name: &'t str,
    /// From `$` to the end of the name, or of the closing brace: bytes of the template.
    pub at: Range<usize>,
    /// What came of it.
    pub state: State,
}

/// What came of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has a value, a default or an alternative.
    Fine,
    /// It has none and becomes nothing; docker compose warns.
    Undefined,
    /// It has none, and `:?` or `?` demands one; docker compose stops.
    Required,
}

/// A value after its references were replaced.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expansion<'t> {
    /// The text.
    pub text: String,
    /// The names that decided about it, in order.
    pub references: Vec<Reference<'t>>,
}

/// Why a value cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Bytes of the template.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// Replaces every reference in `template` by what `lookup` knows.
///
/// # Errors
/// A `${` that docker compose refuses, or a limit.
pub fn expand<'t, 'v>(
    template: &'t str,
    lookup: &mut dyn FnMut(&str) -> Option<&'v str>,
    budget: &mut Budget,
) -> Result<Expansion<'t>, Fault> {
    let mut expander = Expander { template, lookup, budget, references: Vec::new() };
    let mut text = String::with_capacity(template.len());
    expander.expand(0..template.len(), 0, &mut text)?;
    Ok(Expansion { text, references: expander.references })
}

/// The names that a value refers to, in order, those in defaults included. Broken references are passed over.
pub fn names(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        loop {
            let after = &rest[rest.find('$')? + 1..];
            if let Some(escaped) = after.strip_prefix('$') {
                rest = escaped;
                continue;
            }
            let name = after.strip_prefix('{').unwrap_or(after);
            let length = name_length(name);
            rest = &name[length..];
            if length > 0 {
                return Some(&name[..length]);
            }
        }
    })
}

struct Expander<'t, 'v, 'f> {
    template: &'t str,
    lookup: &'f mut dyn FnMut(&str) -> Option<&'v str>,
    budget: &'f mut Budget,
    references: Vec<Reference<'t>>,
}

impl<'t> Expander<'t, '_, '_> {
    fn expand(&mut self, range: Range<usize>, depth: usize, out: &mut String) -> Result<(), Fault> {
        if depth > DEPTH {
            return Err(Fault {
                at: range,
                message: "references are nested more than 32 deep",
                help: "give the inner values names of their own",
            });
        }
        let template = self.template;
        let mut at = range.start;
        let mut line = Line::default();
        while let Some(dollar) = template[at..range.end].find('$').map(|found| at + found) {
            out.push_str(&template[at..dollar]);
            let rest = &template[dollar + 1..range.end];
            at = if rest.starts_with('$') {
                out.push('$');
                dollar + 2
            } else if rest.starts_with('{') {
                line.reach(template, dollar, range.end);
                self.braced(dollar, line.last_brace, depth, out)?
            } else {
                let name = &rest[..name_length(rest)];
                if name.is_empty() {
                    out.push('$');
                } else {
                    self.plain(name, dollar..dollar + 1 + name.len(), out)?;
                }
                dollar + 1 + name.len()
            };
            self.limit(dollar..at.min(template.len()), out)?;
        }
        out.push_str(&template[at.min(range.end)..range.end]);
        self.limit(range, out)
    }

    /// Expands the `${…}` at `dollar` and returns the offset behind it. `last_brace` ends the longest possible match.
    fn braced(
        &mut self,
        dollar: usize,
        last_brace: Option<usize>,
        depth: usize,
        out: &mut String,
    ) -> Result<usize, Fault> {
        let template = self.template;
        let invalid = |end: usize| Fault {
            at: dollar..end,
            message: "this is not a reference that docker compose knows",
            help: "write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+other}; write $$ for a dollar sign",
        };
        let name = &template[dollar + 2..][..name_length(&template[dollar + 2..])];
        let after = dollar + 2 + name.len();
        let Some(last) = last_brace.filter(|last| *last >= after && !name.is_empty()) else {
            return Err(invalid((dollar + 2).min(template.len())));
        };
        if after == last || template.as_bytes()[after] == b'}' {
            self.plain(name, dollar..after + 1, out)?;
            return Ok(after + 1);
        }
        let operator_length = if template.as_bytes()[after] == b':' { 2 } else { 1 };
        let operator = template.get(after..after + operator_length).unwrap_or_default();
        if !matches!(operator, ":-" | "-" | ":?" | "?" | ":+" | "+") || after + operator_length > last {
            return Err(invalid(last + 1));
        }
        let end = closing_brace(&template.as_bytes()[dollar..=last]).map_or(last, |closing| dollar + closing);
        // docker compose expands the operand in any case, so a mistake in it counts even when it is not used.
        let mut operand = String::new();
        let mut inner = self.operand(after + operator_length..end.max(after + operator_length), depth, &mut operand)?;
        self.spend(dollar..end + 1)?;
        let value = (self.lookup)(name);
        let present =
            if operator.starts_with(':') { value.is_some_and(|value| !value.is_empty()) } else { value.is_some() };
        let mut state = State::Fine;
        match (operator.trim_start_matches(':'), present) {
            ("-", true) => out.push_str(value.unwrap_or_default()),
            ("-", false) | ("+", true) => {
                out.push_str(&operand);
                self.references.append(&mut inner);
            }
            ("?", true) => out.push_str(value.unwrap_or_default()),
            ("?", false) => state = State::Required,
            _ => {}
        }
        self.references.push(Reference { name, at: dollar..end + 1, state });
        Ok(end + 1)
    }

    /// Expands an operand and returns its references apart: they count only if the operand is used.
    fn operand(&mut self, range: Range<usize>, depth: usize, out: &mut String) -> Result<Vec<Reference<'t>>, Fault> {
        let before = self.references.len();
        self.expand(range, depth + 1, out)?;
        Ok(self.references.split_off(before))
    }

    fn plain(&mut self, name: &'t str, at: Range<usize>, out: &mut String) -> Result<(), Fault> {
        self.spend(at.clone())?;
        let value = (self.lookup)(name);
        out.push_str(value.unwrap_or_default());
        let state = if value.is_some() { State::Fine } else { State::Undefined };
        self.references.push(Reference { name, at, state });
        Ok(())
    }

    fn spend(&mut self, at: Range<usize>) -> Result<(), Fault> {
        match self.budget.0.checked_sub(1) {
            Some(left) => {
                self.budget.0 = left;
                Ok(())
            }
            None => Err(Fault {
                at,
                message: "this environment expands more than 10000 references",
                help: "split it, or write the values out",
            }),
        }
    }

    fn limit(&self, at: Range<usize>, out: &str) -> Result<(), Fault> {
        if out.len() <= LENGTH {
            return Ok(());
        }
        Err(Fault { at, message: "this value grows to more than 1 MiB", help: "shorten the values that it is made of" })
    }
}

/// The last closing brace of the line that is being read: a reference does not cross a line's end.
#[derive(Default)]
struct Line {
    end: usize,
    last_brace: Option<usize>,
}

impl Line {
    /// Looks ahead once a line, not once a reference, so that a line of nothing but `${` stays linear.
    fn reach(&mut self, template: &str, at: usize, limit: usize) {
        if at >= self.end {
            self.end = template[at..limit].find('\n').map_or(limit, |found| at + found);
            self.last_brace = template[at..self.end].rfind('}').map(|found| at + found);
        }
    }
}

/// The offset of the brace that closes the first one, counted as compose-go counts: every `{` opens one.
fn closing_brace(text: &[u8]) -> Option<usize> {
    let mut open = 0;
    let mut index = 0;
    while let Some(byte) = text.get(index) {
        match byte {
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(index);
                }
            }
            b'{' => {
                open += 1;
                index += 1;
            }
            _ => {}
        }
        index += 1;
    }
    None
}

/// The length of the variable name that `text` starts with: `[A-Za-z_][A-Za-z0-9_]*`.
fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_') {
        return 0;
    }
    bytes.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(template: &str) -> Result<String, &'static str> {
        let mut lookup = |name: &str| match name {
            "A" => Some("1"),
            "EMPTY" => Some(""),
            _ => None,
        };
        match expand(template, &mut lookup, &mut Budget::default()) {
            Ok(expansion) if expansion.references.iter().any(|reference| reference.state == State::Required) => {
                Err("required")
            }
            Ok(expansion) => Ok(expansion.text),
            Err(fault) => {
                assert!(template.get(fault.at).is_some());
                Err(fault.message)
            }
        }
    }

    #[test]
    fn grammar() {
        for (template, expected) in [
            ("x$A-${A}y", "x1-1y"),
            ("$$A $1 $", "$A $1 $"),
            ("${U:-d}${U-d}${EMPTY:-d}${EMPTY-d}", "ddd"),
            ("${A:+a}${A+a}${EMPTY:+a}${EMPTY+a}${U+a}", "aaa"),
            ("${U:-${A}}", "1"),
            ("${U:-${V:-x}}y", "xy"),
            ("${U:-{a}}", "{a}"),
            ("${A:?m}${A?m}", "11"),
            ("${U:-}", ""),
            ("${U}", ""),
            ("${U:-a}${U:-b}", "ab"),
        ] {
            assert_eq!(run(template), Ok(expected.to_owned()), "{template}");
        }
        let unknown = "this is not a reference that docker compose knows";
        for (template, message) in [
            ("${", unknown),
            ("${}", unknown),
            ("${A", unknown),
            ("${1}", unknown),
            ("${A=b}", unknown),
            ("${A:-\n}", unknown),
            ("${U:?m}", "required"),
            ("${U?}", "required"),
        ] {
            assert_eq!(run(template), Err(message), "{template}");
        }
    }

    #[test]
    fn limits() {
        let deep = format!("{}x{}", "${U:-".repeat(40), "}".repeat(40));
        assert_eq!(run(&deep), Err("references are nested more than 32 deep"));
        assert_eq!(run(&"$A".repeat(10_001)), Err("this environment expands more than 10000 references"));
        let long = "x".repeat(LENGTH + 1);
        assert_eq!(run(&format!("${{U:-{long}}}")), Err("this value grows to more than 1 MiB"));
        assert_eq!(run(&"${".repeat(500_000)), Err("this is not a reference that docker compose knows"));
    }
}
