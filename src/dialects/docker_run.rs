//! `docker run --env-file`, and `docker create`: the bare text is the value, quotes and comments included.
//!
//! Both of two equal keys are sent; the container sees the last. What is not set in the file and not in the client's
//! environment is dropped.

use super::families::verbatim;
use super::{Process, Reading};

/// Reads a file as the docker client does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    verbatim::read(bytes, process)
}
