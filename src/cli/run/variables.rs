//! The variables that `run` treats by their names: handed on, kept back, refused.

/// What a command gets of the process environment; a `*` at the end stands for anything.
pub(super) const PASSED: &[&str] = &[
    "COLORTERM",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "LOGNAME",
    "NO_COLOR",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
];

/// What a command on Windows cannot do without, beside [`PASSED`].
#[cfg(windows)]
const PASSED_ON_WINDOWS: &[&str] = &[
    "APPDATA",
    "COMSPEC",
    "LOCALAPPDATA",
    "PATHEXT",
    "PROGRAMDATA",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
];

/// What makes programs load or run something else than what was asked for.
const LOADERS: &[&str] = &[
    "BASH_ENV",
    "DYLD_*",
    "ENV",
    "GIT_SSH_COMMAND",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "NODE_OPTIONS",
    "PATH",
    "PERL5OPT",
    "PYTHONSTARTUP",
    "RUBYOPT",
];

/// Whether the command gets this variable of the process environment.
pub(super) fn is_passed(name: &str) -> bool {
    #[cfg(windows)]
    if is_among(PASSED_ON_WINDOWS, name) {
        return true;
    }
    is_among(PASSED, name)
}

/// Whether this variable is taken from a file only if the schema declares it.
pub(super) fn is_loader(name: &str) -> bool {
    is_among(LOADERS, name)
}

fn is_among(list: &[&str], name: &str) -> bool {
    // The names of variables differ by case, but not on Windows.
    let upper = if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() };
    list.iter().any(|known| known.strip_suffix('*').map_or(*known == upper, |start| upper.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::{is_loader, is_passed};
    use crate::identity::is_identity_variable;

    #[test]
    fn by_name() {
        for (name, expected) in [
            ("PATH", [true, true, false]),
            ("LC_ALL", [true, false, false]),
            ("LD_PRELOAD", [false, true, false]),
            ("DYLD_INSERT_LIBRARIES", [false, true, false]),
            ("LD_SDK_KEY", [false, false, false]),
            ("ENV", [false, true, false]),
            ("ENVIRONMENT", [false, false, false]),
            ("SOPS_AGE_KEY", [false, false, true]),
            ("SOPS_AGE_RECIPIENTS", [false, false, true]),
            ("SPARKCFG_AGE_KEY_FILE", [false, false, true]),
            ("DEPLOY_AGE_KEY_2", [false, false, true]),
            ("IMAGE_KEY", [false, false, false]),
            ("", [false, false, false]),
        ] {
            assert_eq!([is_passed(name), is_loader(name), is_identity_variable(name)], expected, "{name}");
        }
    }
}
