//! docker compose, `env_file:` with `format: raw`: read as `docker run` reads it.

use super::families::verbatim;
use super::{Process, Reading};

/// Reads a file as docker compose does with `format: raw`.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    verbatim::read(bytes, process)
}
