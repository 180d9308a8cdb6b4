//! An env file for `EnvironmentFile=` of a systemd unit.

use super::{Target, lines};

pub(super) const TARGET: Target = Target {
    name: "systemd",
    summary: "an env file for EnvironmentFile= of a systemd unit",
    write: |picture| lines::write(picture, &["systemd"]),
};
