//! docker compose, `env_file:`: what the container sees.
//!
//! References take the process environment first, then earlier lines; a variable that the file sets goes to the
//! container as the file has it.

use super::families::compose as family;
use super::{Process, Reading};

pub use family::{MAX_FILE, Parsed, parse};

/// Reads a file as docker compose does for a container.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    family::read(bytes, process)
}
