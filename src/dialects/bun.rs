//! bun
use super::{Process, Reading};
/// r
#[must_use]
pub fn read(_: &[u8], _: &Process) -> Reading {
    Reading::default()
}
