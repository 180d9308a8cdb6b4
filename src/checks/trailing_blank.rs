//! Blanks stand after a value.
//!
//! docker compose cuts them off; docker run, make and `format: raw` keep them, so that a port becomes `8080 ` and no
//! longer a number.
//!
//! Remedy: take them away. `sparkcfg validate --fix` does it. If the value must end in a blank, quote it.

use super::File;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "trailing-blank",
    severity: Severity::Note,
    summary: "blanks stand after a value",
    page: include_str!("trailing_blank.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    if file.layer.sealed {
        return;
    }
    let bytes = file.layer.text.as_bytes();
    for entry in &file.layer.entries {
        let start = entry.value.end as usize;
        if !matches!(bytes.get(start), Some(b' ' | b'\t')) {
            continue;
        }
        let length = bytes[start..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if !matches!(bytes.get(start + length), None | Some(b'\n' | b'\r')) {
            continue;
        }
        let span = file.layer.span(&(entry.value.end..entry.value.end + u32::try_from(length).unwrap_or_default()));
        let name = file.name(entry);
        findings.push(
            file.about(&RULE, entry, format!("{name} is followed by blanks"))
                .at(span, "some readers keep them")
                .help("take them away, or quote the value if it must end in a blank")
                .fix(span, "", "take the blanks away"),
        );
    }
}
