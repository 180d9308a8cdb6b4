//! A service mounts a folder of the host's system: `/`, `/etc`, `/proc`, `/root`, `/var/lib/docker` and the like.
//!
//! Why it hurts: what can write there can change the host, and what can read there finds its keys. Mounted `:ro`, as
//! monitoring often does, it is a warning. Single files such as `/etc/localtime` and folders of applications such as
//! `/etc/letsencrypt` are no concern of this check.
//!
//! Example: `/etc:/host/etc`
//!
//! Remedy: mount the one file or folder that is needed, read-only, or a named volume.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure sensitive host system directories are not mounted on containers".

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-host-path",
    severity: Severity::Error,
    summary: "a service mounts a folder of the host that it should not reach",
    page: include_str!("compose_host_path.rs"),
};

/// Folders that matter as such.
const FOLDERS: &[&str] = &[
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr",
    "/var", "/var/lib", "/var/run",
];
/// Folders in which everything matters, and files.
const TREES: &[&str] = &[
    "/boot",
    "/etc/kubernetes",
    "/etc/pam.d",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/proc",
    "/root/.ssh",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/kubelet",
];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        for mount in service.mounts() {
            let Some(source) = mount.source.as_deref().filter(|source| mount.is_path && source.starts_with('/')) else {
                continue;
            };
            if !is_sensitive(source) {
                continue;
            }
            let severity = if mount.read_only { Severity::Warning } else { Severity::Error };
            let how = if mount.read_only { "read-only" } else { "to write" };
            let finding = Finding::new(&RULE, format!("{} mounts {source} of the host {how}", service.name))
                .at(mount.span, "a part of the host's system")
                .severity(severity)
                .help("mount only what is needed, or a named volume");
            deployed.tell(&service.name, finding, findings);
        }
    }
}

fn is_sensitive(path: &str) -> bool {
    let path = if path == "/" { path } else { path.trim_end_matches('/') };
    let within = |tree: &str| path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    FOLDERS.contains(&path) || TREES.iter().any(|tree| within(tree))
}

#[cfg(test)]
mod tests {
    use super::is_sensitive;

    #[test]
    fn folders() {
        for (path, expected) in [
            ("/", true),
            ("/etc/", true),
            ("/etc/localtime", false),
            ("/etc/letsencrypt", false),
            ("/proc/sys", true),
            ("/processes", false),
            ("/var/lib/docker/containers", true),
            ("/var/lib/app", false),
            ("/srv/data", false),
        ] {
            assert_eq!(is_sensitive(path), expected, "{path}");
        }
    }
}
