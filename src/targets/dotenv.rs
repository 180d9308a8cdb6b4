//! An env file that all common readers of such files agree about.

use super::{Target, lines};
use crate::portable;

pub(super) const TARGET: Target = Target {
    name: "dotenv",
    summary: "an env file on which docker compose, the dotenv libraries and shells agree",
    write: |picture| lines::write(picture, portable::COMMON),
};
