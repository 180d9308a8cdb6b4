//! Shell scripts: what is expanded and not set in the script itself.

mod scanner;

use std::collections::HashSet;
use std::ops::Range;

use super::{Fallback, Kind, MAX_DEFAULT, Path, Use, is_screaming};
use crate::tree::{Node, Value};
use scanner::Script;

pub(super) use scanner::scan;

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.extension, "sh" | "bash" | "zsh" | "ksh")
        || matches!(path.name, ".envrc" | "entrypoint" | "docker-entrypoint")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let script = scan(text, 0);
    let own: HashSet<&str> = script.sets.iter().map(|(name, _)| name.as_str()).collect();
    // `X="${X:-d}"` asks the environment first.
    let asks = |found: &Use| !own.contains(found.name.as_str()) || assigns_itself(text, found);
    let reads: Vec<_> = script.reads.iter().filter(|found| asks(found)).cloned().collect();
    uses.extend(reads);
    let given = exports(text, script).into_iter().filter(|(name, _)| is_screaming(name));
    uses.extend(given.map(|(name, at)| Use {
        name,
        at,
        kind: Kind::Set,
        fallback: Fallback::Computed,
        sure: true,
        owner: None,
        secret: None,
    }));
}

/// What a piece of shell gives to the programs that it starts; `X=$X` gives what there was.
fn exports(text: &str, script: Script) -> Vec<(String, Range<u32>)> {
    let Script { mut exports, exported, sets, .. } = script;
    exports.extend(sets.into_iter().filter(|(name, _)| exported.contains(name)));
    exports.sort_by_key(|(_, at)| at.start);
    exports.dedup();
    exports.retain(|(name, at)| {
        let value = text.get(at.end as usize..).unwrap_or_default();
        let value = value.trim_start_matches(['=', '"']);
        let own = value.strip_prefix("${").or_else(|| value.strip_prefix('$'));
        let rest = own.and_then(|own| own.strip_prefix(name.as_str()));
        rest.is_none_or(|rest| rest.starts_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '_'))
    });
    exports
}

/// The names that a command gives to what it starts.
#[must_use]
pub fn given(text: &str) -> Vec<String> {
    exports(text, scan(text, 0)).into_iter().map(|(name, _)| name).collect()
}

/// A command of a Compose file as one text; that of `sh -c` is one of its words.
#[must_use]
pub fn command(node: &Node) -> String {
    match &node.value {
        Value::List(_) => node.items().filter_map(|item| item.text()).collect::<Vec<_>>().join(" ; "),
        _ => node.text().unwrap_or_default().replace(['"', '\''], ";"),
    }
}

/// Whether a script takes variables from a file: `. ./defaults.env`.
#[must_use]
pub fn sources(text: &str) -> bool {
    let takes = |command: &str| {
        let mut words = command.split_whitespace();
        matches!(words.next(), Some("." | "source")) && words.next().is_some()
    };
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| line.split([';', '&', '|'])).any(takes)
}

/// Whether a use stands in an assignment to its own name.
fn assigns_itself(text: &str, found: &Use) -> bool {
    let at = found.at.start as usize;
    // Whoever assigns on a line begins it.
    let from = text.floor_char_boundary(at.saturating_sub(MAX_DEFAULT));
    let line = text[from..at].rfind('\n').map_or(from, |newline| from + newline + 1);
    let before = text[line..at].trim_start();
    let before = before.strip_prefix("export ").or_else(|| before.strip_prefix("readonly ")).unwrap_or(before);
    let after_name = before.strip_prefix(found.name.as_str()).and_then(|rest| rest.strip_prefix('='));
    after_name.is_some_and(|rest| matches!(rest.trim_matches('"'), "${" | "$"))
}

/// The names that a piece of shell sets.
#[must_use]
pub fn sets(text: &str) -> Vec<String> {
    scan(text, 0).sets.into_iter().map(|(name, _)| name).collect()
}

/// What is text in a piece of shell, in bytes: between single quotes, and in here-documents.
#[must_use]
pub fn quoted(text: &str) -> Vec<Range<usize>> {
    scan(text, 0).texts
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn what_programs_are_given() {
        for (text, expected) in [
            ("export A_B=1 C_D=2; E_F=3\nG_H=4 run\n", "A_B C_D G_H"),
            ("A_B=1\nexport A_B\nexport C_D\n", "A_B"),
            ("set -a\nA_B=1\nset +a\nC_D=2\n", "A_B"),
            ("A_B=1 C_D=x E_F='y' G_H=\"z\" run I_J=1\n", "A_B C_D E_F G_H"),
            ("A_B=1 C_D=x E_F='y' G_H=$(I_J=1 run K_L=1) M_N=1\n", "I_J"),
            ("A_B=\"x y\" exec run\nC_D='z' exec run\nE_F=$(date -u)\nG_H=1 # note\n", "A_B C_D"),
            ("export A_B=\"${A_B:-1}\" C_D=$C_D E_F=$E_F_G\n", "E_F"),
            ("export", ""),
            ("A_B=", ""),
        ] {
            assert_eq!(super::given(text).join(" "), expected, "{text}");
        }
        for (text, expected) in
            [("set -a; . ./x.env\n", true), ("source x\n", true), ("# . x\n./run\n", false), ("cd . && ls\n", false)]
        {
            assert_eq!(super::sources(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_text() {
        for (text, expected) in [
            ("a 'b c' \"d 'e'\" 'f", &["'b c'", "'f"][..]),
            ("cat <<'E'\nx 'y\nE\nz 'w'\n", &["'E'", "x 'y\n", "'w'"]),
            ("cat <<E\nx\nE\n# it's\n", &["x\n"]),
        ] {
            let found: Vec<_> = super::quoted(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn uses() {
        for (text, expected) in [
            ("echo $A_B \"${C_D}\" '$E_F' \\$G_H # $I_J\n", "~A_B ~C_D"),
            (": \"${A_B:?set it}\"\nx=${C_D:-d}\n", "A_B! ~C_D=d"),
            ("A_B=1\necho $A_B $C_D\n", "~C_D"),
            ("A_B=\"${A_B:-1}\"\necho $A_B\n", "~A_B=1"),
            ("export A_B=1 C_D\necho $A_B $C_D\n", "set A_B=? ~C_D"),
            ("for A_B in x y; do echo $A_B; done\nwhile read C_D; do echo $C_D; done", ""),
            ("if true; then A_B=1; fi; echo $A_B", ""),
            ("x=$(run A_B=1) C_D=1; echo $A_B $C_D", "~A_B"),
            ("A_B='x' C_D=y E_F=\"z\" G_H=1\necho $A_B $C_D $E_F $G_H; echo I_J=$I_J", "~I_J"),
            ("cat <<EOF\n$A_B\nEOF\ncat <<'EOF'\n$C_D\nEOF\necho $E_F", "~A_B ~E_F"),
            ("x=$(A_B=1 cmd \"$C_D\")", "set A_B=? ~C_D"),
            ("echo ${#A_B} ${A_B%x} $lower $1 $$ $?", "~A_B ~A_B"),
            ("echo ${", ""),
            ("$", ""),
        ] {
            assert_eq!(shown("a.sh", text), expected, "{text}");
        }
    }
}
