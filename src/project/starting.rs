//! How other programs are started: none of them is told what opens secrets.

use std::ffi::OsStr;
use std::process::Command;

use crate::identity::is_identity_variable;

/// A program that does not inherit the variables that hold identities or say where they are.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_identity_variable(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}
