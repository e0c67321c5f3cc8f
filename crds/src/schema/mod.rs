//! Schemas, generated from the Rust types.

pub mod words;
