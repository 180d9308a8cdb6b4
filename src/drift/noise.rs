//! Variables that say nothing about the configuration: what shells, process managers and CI runners add by themselves.

/// A source of such variables, and patterns of their names: `*` stands for anything, at the beginning or the end.
pub type Profile = (&'static str, &'static [&'static str]);

/// The built-in profiles, by name.
pub const ALL: &[Profile] = &[
    (
        "ci",
        &["CI", "GITHUB_*", "RUNNER_*", "GITLAB_*", "CI_*", "TF_BUILD", "BUILD_*", "JENKINS_*", "TRAVIS*", "CIRCLE*"],
    ),
    (
        "docker",
        &[
            "DOCKER_*",
            "GPG_KEY",
            "YARN_VERSION",
            "NODE_VERSION",
            "PYTHON_VERSION",
            "PYTHON_SHA256",
            "PYTHON_PIP_VERSION",
            "container",
        ],
    ),
    (
        "kubernetes",
        &["KUBERNETES_*", "*_SERVICE_HOST", "*_SERVICE_PORT", "*_PORT_*_TCP*", "*_PORT_*_UDP*", "*_SERVICE_PORT_*"],
    ),
    (
        "pm2",
        &[
            "PM2_*",
            "pm_*",
            "pmx",
            "unique_id",
            "NODE_APP_INSTANCE",
            "NODE_CHANNEL_*",
            "NODE_UNIQUE_ID",
            "SILENT",
            "pm2_env",
            "PM_*",
            "axm_*",
            "instance_var",
            "instances",
            "exec_mode",
            "exec_interpreter",
            "namespace",
            "name",
            "automation",
            "autorestart",
            "autostart",
            "treekill",
            "username",
            "vizion",
            "vizion_running",
            "watch",
            "windowsHide",
            "merge_logs",
            "km_link",
            "kill_retry_time",
            "created_at",
            "restart_time",
            "unstable_restarts",
            "prev_restart_delay",
            "status",
            "version",
            "node_version",
            "filter_env",
            "node_args",
            "args",
            "env",
            "env_*",
            "cwd",
            "_pm2_version",
            "exit_code",
            "max_memory_restart",
            "vizion_*",
            "uid",
            "gid",
            "OLDPWD_PM2",
            "script",
            "interpreter",
            "kill_timeout",
            "listen_timeout",
            "max_restarts",
            "min_uptime",
            "restart_delay",
            "exp_backoff_restart_delay",
            "cron_restart",
            "wait_ready",
            "shutdown_with_message",
            "stop_exit_codes",
            "source_map_support",
            "disable_source_map_support",
            "increment_var",
            "instance_id_env",
            "append_env_to_name",
            "ignore_watch",
            "watch_delay",
            "watch_options",
            "log_date_format",
            "log_type",
            "out_file",
            "error_file",
            "pid_file",
        ],
    ),
    (
        "shell",
        &[
            "PATH",
            "HOME",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "TERM",
            "TERM_*",
            "SHELL",
            "LANG",
            "LANGUAGE",
            "LC_*",
            "_",
            "HOSTNAME",
            "USER",
            "LOGNAME",
            "TZ",
            "EDITOR",
            "VISUAL",
            "PAGER",
            "LESS*",
            "LS_COLORS",
            "MAIL",
            "COLORTERM",
            "COLUMNS",
            "LINES",
            "DISPLAY",
            "XDG_*",
            "SSH_*",
            "DBUS_*",
            "TMPDIR",
            "npm_*",
            "NVM_*",
            "NODE",
            "INIT_CWD",
            "MOTD_SHOWN",
            "DEBIAN_FRONTEND",
            "PS1",
            "SUDO_*",
            "TMUX",
            "TMUX_*",
            "STY",
            "WINDOW",
            "WINDOWID",
            "HIST*",
            "ZSH",
            "VSCODE_*",
            "GIT_ASKPASS",
            "FNM_*",
            "VOLTA_HOME",
            "PNPM_HOME",
            "PYENV_*",
            "RBENV_*",
            "CARGO_HOME",
            "RUSTUP_*",
            "GOPATH",
            "GOROOT",
        ],
    ),
    (
        "systemd",
        &[
            "INVOCATION_ID",
            "JOURNAL_STREAM",
            "NOTIFY_SOCKET",
            "SYSTEMD_*",
            "LISTEN_*",
            "MANAGERPID",
            "CREDENTIALS_DIRECTORY",
        ],
    ),
];

/// The profile that a variable belongs to; `own` are patterns of the project, whose profile is `project`.
#[must_use]
pub fn profile(key: &str, own: &[String]) -> Option<&'static str> {
    let built_in = ALL.iter().find(|(_, patterns)| patterns.iter().any(|pattern| fits(pattern, key)));
    built_in.map(|(name, _)| *name).or_else(|| own.iter().any(|pattern| fits(pattern, key)).then_some("project"))
}

/// Whether `key` fits a pattern: its pieces stand in order, the first and the last at the ends.
fn fits(pattern: &str, key: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| key.strip_prefix(first)) else { return false };
    let pieces: Vec<_> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::profile;

    #[test]
    fn variables_have_a_profile() {
        for (key, expected) in [
            ("PATH", Some("shell")),
            ("LC_ALL", Some("shell")),
            ("PM2_HOME", Some("pm2")),
            ("treekill", Some("pm2")),
            ("script", Some("pm2")),
            ("SUDO_UID", Some("shell")),
            ("DB_SERVICE_HOST", Some("kubernetes")),
            ("DB_PORT_5432_TCP_ADDR", Some("kubernetes")),
            ("INVOCATION_ID", Some("systemd")),
            ("GITHUB_SHA", Some("ci")),
            ("TRACE_ID", Some("project")),
            ("PATHS", None),
            ("MYVAR", None),
            ("", None),
        ] {
            assert_eq!(profile(key, &["TRACE_*".to_owned()]), expected, "{key}");
        }
    }
}
