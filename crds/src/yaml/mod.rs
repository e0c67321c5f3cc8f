//! YAML text to a tree with positions, and back to text. Knows nothing of manifests.

pub mod path;
pub mod print;
pub mod tree;
