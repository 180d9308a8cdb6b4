//! The `sparkcfg` command.
fn main() {}
