//! Changes of manifests that are not in git yet: applied to the files of a revision, compared with them, and judged by
//! who may approve them.
//!
//! | module | what |
//! | --- | --- |
//! | [`apply`](mod@apply) | typed changes and whole files onto the files of a revision |
//! | [`compare`] | what differs: files, documents, fields, as a unified diff and in words |
//! | [`rights`] | who may approve it |
//!
//! Pure: knows nothing of git, of proposals' lives, or of what the plan makes of them.

pub mod apply;
pub mod compare;
pub mod rights;

pub use apply::{ChangeError, apply};
pub use compare::{Touched, conflict, difference, sentence, touched, unified};
pub use rights::needed_role;

#[cfg(test)]
mod tests;
