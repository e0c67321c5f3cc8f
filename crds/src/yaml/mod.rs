//! YAML text to a tree with positions, and back to text. Knows nothing of manifests.

pub mod amend;
pub mod layout;
pub mod path;
pub mod print;
pub mod tree;
