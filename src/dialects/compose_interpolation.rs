//! docker compose, `--env-file` and the project's `.env`: what `${KEY}` in the compose file sees.
//!
//! The file is read like an `env_file:`, but a variable of the process environment beats the file, and a variable
//! without a name cannot be referred to.

use super::families::compose;
use super::{Process, Reading};

/// Reads a file as docker compose does for interpolation.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let mut reading = compose::read(bytes, process);
    reading.vars.retain(|variable| !variable.key.is_empty());
    reading.prefer(process);
    reading
}
