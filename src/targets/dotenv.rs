//! An env file that all common readers of such files agree about.

use super::{Target, lines};

/// The readers that a `.env` file meets; those that take quotes for a part of the value have a target of their own.
const READERS: &[&str] =
    &["compose", "python-dotenv", "node-dotenv", "node", "dotenvy", "godotenv", "ruby-dotenv", "shell"];

pub(super) const TARGET: Target = Target {
    name: "dotenv",
    summary: "an env file on which docker compose, the dotenv libraries and shells agree",
    write: |picture| lines::write(picture, READERS),
};
