//! An env file for docker compose alone: `--env-file`, or `env_file:` of a service.

use super::{Target, lines};

pub(super) const TARGET: Target = Target {
    name: "compose-env",
    summary: "an env file for docker compose: --env-file and env_file:",
    write: |picture| lines::write(picture, &["compose", "compose-interpolation"]),
};
