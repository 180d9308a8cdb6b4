//! The variables of a script that surely hold what they are declared with: nothing in the script could change them.

use std::collections::BTreeMap;

use super::Reader;
use crate::source::SourceId;

/// Name → where the value begins that it is declared with.
pub(super) type Bindings<'t> = BTreeMap<&'t str, usize>;

/// Those that are declared at the top of a script, with a literal.
pub(super) fn of(source: SourceId, text: &str) -> Bindings<'_> {
    let tokens = tokens(source, text);
    let mut declared: BTreeMap<&str, Declared> = BTreeMap::new();
    let mut depth = 0_usize;
    for (index, (token, _)) in tokens.iter().enumerate() {
        match *token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            "const" | "let" | "var" if depth == 0 => {
                let Some([(name, at), ("=", equals), (first, _)]) = tokens.get(index + 1..index + 4) else { continue };
                let is_text =
                    first.starts_with(['\'', '"', '`']) || first.starts_with(|sign: char| sign.is_ascii_digit());
                let is_fixed = *token == "const" && (is_text || matches!(*first, "true" | "false" | "null"));
                // Of two declarations, nobody here says which one counts.
                let known = declared.insert(name, Declared { at: *at, value: equals + 1, is_fixed, is_changed: false });
                if known.is_some() {
                    declared.entry(name).and_modify(|name| name.is_changed = true);
                }
            }
            _ => {}
        }
    }
    let mut open = Vec::new();
    for (index, (token, at)) in tokens.iter().enumerate() {
        match *token {
            "{" | "(" | "[" => open.push(*token),
            "}" | ")" | "]" => drop(open.pop()),
            name => {
                let Some(known) = declared.get_mut(name).filter(|known| known.at != *at) else { continue };
                let before =
                    |steps: usize| index.checked_sub(steps).and_then(|at| tokens.get(at)).map(|(token, _)| *token);
                let after = tokens.get(index + 1).map(|(token, _)| *token);
                known.is_changed |= !reads(known.is_fixed, open.last().copied(), [before(1), before(2)], after);
            }
        }
    }
    let kept = declared.into_iter().filter(|(_, name)| !name.is_changed);
    kept.map(|(name, declared)| (name, declared.value)).collect()
}

struct Declared {
    at: usize,
    value: usize,
    /// Whether it is a constant text, number or boolean, which no use changes.
    is_fixed: bool,
    is_changed: bool,
}

/// Whether a name between these tokens is no more than read, or is another name.
fn reads(is_fixed: bool, within: Option<&str>, before: [Option<&str>; 2], after: Option<&str>) -> bool {
    let is_elsewhere = match before {
        // A member of something else, the name of one, or `...NAME`.
        [Some("."), ..] | [Some("="), Some("exports")] | [Some("default"), Some("export")] => true,
        [Some("{" | ","), ..] => after == Some(":"),
        _ => false,
    };
    let is_member = matches!(within, Some("{" | "[")) && matches!(before[0], Some(":" | "," | "[" | "{"));
    is_fixed || is_elsewhere || is_member && matches!(after, Some("," | "}" | "]"))
}

/// Every token with its place, up to one that cannot be read.
fn tokens(source: SourceId, text: &str) -> Vec<(&str, usize)> {
    let mut reader = Reader::new(source, text);
    let mut found = Vec::new();
    while let Some(token) = reader.token() {
        found.push((token, reader.at - token.len()));
    }
    found
}
