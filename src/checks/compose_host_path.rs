//! A service mounts a folder of the host's system: `/`, `/etc`, `/proc`, `/root`, `/var/lib/docker` and the like.
//!
//! Why it hurts: what can write there can change the host, and what can read there finds its keys. Of programs and what the
//! kernel shows (`/usr`, `/proc`, `/sys` and the like), mounted `:ro` as monitoring does, it is a warning. Single files such as `/etc/localtime` and folders of applications such as
//! `/etc/letsencrypt` are no concern of this check. The keys of a person (`~/.ssh`, `~/.aws`, `~/.kube`, …) and a whole home
//! count as well: an error in protected environments, a warning elsewhere.
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

/// Folders in which there are no keys to be read.
const READABLE: &[&str] = &["/bin", "/boot", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr"];

/// What of a home holds keys.
const KEYS: &[&str] =
    &[".aws", ".azure", ".config/gcloud", ".docker", ".gnupg", ".kube", ".netrc", ".password-store", ".ssh"];
/// What of these is no key.
const HARMLESS: &[&str] = &[".ssh/known_hosts", ".docker/run", ".docker/desktop"];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        for mount in service.mounts() {
            let Some(source) = mount.source.as_deref().filter(|_| mount.is_path) else { continue };
            let (severity, place) = if is_sensitive(source) {
                let harmless = mount.read_only && READABLE.iter().any(|tree| is_within(source, tree));
                let severity = if harmless { Severity::Warning } else { Severity::Error };
                (severity, "a part of the host's system")
            } else if holds_keys(source) {
                (deployed.severity(Severity::Warning), "it holds the keys of a person")
            } else {
                continue;
            };
            let how = if mount.read_only { "read-only" } else { "to write" };
            let finding = Finding::new(&RULE, format!("{} mounts {source} of the host {how}", service.name))
                .at(mount.span, place)
                .severity(severity)
                .help("mount only what is needed, or a named volume");
            deployed.tell(&service.name, finding, findings);
        }
    }
}

fn is_sensitive(path: &str) -> bool {
    let path = if path == "/" { path } else { path.trim_end_matches('/') };
    FOLDERS.contains(&path) || TREES.iter().any(|tree| is_within(path, tree))
}

/// Whether a path is that of a home, or of what in it holds keys.
fn holds_keys(path: &str) -> bool {
    let homes = ["~", "$HOME", "${HOME}"].into_iter().find_map(|home| path.strip_prefix(home));
    let own = homes.or_else(|| path.strip_prefix("/root")).or_else(|| {
        let named = path.strip_prefix("/home/")?;
        Some(named.find('/').map_or("", |at| &named[at..])).filter(|_| !named.is_empty())
    });
    let Some(own) = own.filter(|own| own.is_empty() || own.starts_with('/')) else { return false };
    let own = own.trim_matches('/');
    let is_key = KEYS.iter().any(|tree| is_within(own, tree)) && !HARMLESS.iter().any(|tree| is_within(own, tree));
    own.is_empty() || is_key
}

fn is_within(path: &str, tree: &str) -> bool {
    path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{holds_keys, is_sensitive};

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

    #[test]
    fn homes() {
        for (path, expected) in [
            ("~", true),
            ("~/", true),
            ("~/.ssh", true),
            ("$HOME/.aws/credentials", true),
            ("${HOME}/.config/gcloud/", true),
            ("/home/ada/.kube", true),
            ("/home/ada", true),
            ("/home/ada/app", false),
            ("~/.ssh/known_hosts", false),
            ("~/.docker/run/docker.sock", false),
            ("~/.cache", false),
            ("~other/.ssh", false),
            ("/homework", false),
            ("./.ssh", false),
        ] {
            assert_eq!(holds_keys(path), expected, "{path}");
        }
    }
}
