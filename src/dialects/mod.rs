//! How a file's text becomes entries: one file a consumer.

pub mod compose;
