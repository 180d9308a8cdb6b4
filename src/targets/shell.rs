//! `export` lines for a POSIX shell: `eval "$(sparkcfg show dev --as shell)"`.

use super::{Target, is_plain_name};
use crate::portable::KEPT_BY_BASH;
use crate::quoting;

pub(super) const TARGET: Target = Target {
    name: "shell",
    summary: "export lines for a POSIX shell: eval \"$(sparkcfg show dev --as shell)\"",
    write: |picture| {
        picture.each(|variable, text| {
            if !is_plain_name(variable.key) {
                return Err("a shell has no variable of this name".to_owned());
            }
            if KEPT_BY_BASH.contains(&variable.key) {
                return Err("bash keeps this name for itself, and lets nothing set it".to_owned());
            }
            if text.contains('\0') {
                return Err("no process can have a value with a NUL in it".to_owned());
            }
            Ok(format!("export {}={}\n", variable.key, quoting::shell(text)))
        })
    },
};
