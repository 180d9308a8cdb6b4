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
pub(super) const LOADERS: &[&str] = &[
    "BASH_ENV",
    "BUN_OPTIONS",
    "CLASSPATH",
    "DOTNET_STARTUP_HOOKS",
    "DYLD_*",
    "ENV",
    "GCONV_PATH",
    "GIT_*",
    "GLIBC_TUNABLES",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LD_*",
    "NODE_OPTIONS",
    "NODE_PATH",
    "OPENSSL_CONF",
    "PATH",
    "PERL5LIB",
    "PERL5OPT",
    "PROMPT_COMMAND",
    "PS4",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYLIB",
    "RUBYOPT",
    "SHELLOPTS",
    "ZDOTDIR",
    "_JAVA_OPTIONS",
];

/// The variables of `LaunchDarkly`, which no loader knows although they begin as the loader's do.
const NO_LOADERS: &[&str] = &[
    "LD_ACCESS_TOKEN",
    "LD_API_KEY",
    "LD_API_TOKEN",
    "LD_CLIENT_ID",
    "LD_CLIENT_SIDE_ID",
    "LD_ENVIRONMENT",
    "LD_ENV_ID",
    "LD_MOBILE_KEY",
    "LD_PROJECT",
    "LD_PROJECT_KEY",
    "LD_SDK_KEY",
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
    is_among(LOADERS, name) && !is_among(NO_LOADERS, name)
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
            ("LD_SDK_KEY_X", [false, true, false]),
            ("LD_BIND_NOW", [false, true, false]),
            ("GIT_DIR", [false, true, false]),
            ("PYTHONPATH", [false, true, false]),
            ("_JAVA_OPTIONS", [false, true, false]),
            ("GITHUB_SHA", [false, false, false]),
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
