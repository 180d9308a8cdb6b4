//! An env file for `docker run --env-file`, which takes every sign for a part of the value.

use super::{Target, lines};

pub(super) const TARGET: Target = Target {
    name: "docker-env",
    summary: "an env file for docker run --env-file, and for compose's format: raw",
    write: |picture| lines::write(picture, &["docker-run", "compose-raw"]),
};
