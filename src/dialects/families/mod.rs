//! Rules that several readers share. A family imports no reader.

pub(super) mod compose;
pub(super) mod dotenvy;
pub(super) mod javascript;
pub(super) mod node;
pub(super) mod verbatim;
