//! A service runs without `seccomp`, `AppArmor`, `SELinux` labels or masked system paths.
//!
//! Why it hurts: these keep a process that was broken into from the hundreds of kernel calls that it never needed.
//!
//! Example: `security_opt: ["seccomp:unconfined"]`
//!
//! Remedy: take it away, or give a profile that allows what is missing.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure the default seccomp profile is not Disabled" and "Ensure that, if applicable, an
//! `AppArmor` Profile is enabled".

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-unconfined",
    severity: Severity::Error,
    summary: "a protection of the kernel is switched off",
    page: include_str!("compose_unconfined.rs"),
};

const OFF: &[(&str, &str)] = &[
    ("seccomp unconfined", "seccomp"),
    ("apparmor unconfined", "AppArmor"),
    ("label disable", "SELinux labels"),
    ("systempaths unconfined", "masked system paths"),
];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        for (option, span) in service.texts("security_opt") {
            let option = option.replacen([':', '='], " ", 1);
            let Some((_, what)) = OFF.iter().find(|(off, _)| option == *off) else { continue };
            let finding = Finding::new(&RULE, format!("{} runs without {what}", service.name))
                .at(span, "")
                .help("take it away, or give a profile that allows what is missing");
            deployed.tell(&service.name, finding, findings);
        }
    }
}
