//! What any bytes may be thrown at: one function a place where bytes come from outside. Each panics when a promise is
//! broken, and returns otherwise. The fuzzing targets in `fuzz/` call them with bytes that a fuzzer made, and
//! `tests/tests/fuzz.rs` with the seeds in `fuzz/corpus` and changed copies of them.
//!
//! | target | bytes | promise |
//! | --- | --- | --- |
//! | [`manifests`] | a manifest file | errors with places, or manifests that print to themselves |
//! | [`proxmox`] | an answer of Proxmox | understood the same way twice, or an error; never a figure that is none |
//! | [`upid`] | a task id | prints as it was read |
//! | [`journal`] | a segment, or what befell a journal | what is read is what was written, up to the damage |
//! | [`graphql`] | a request to the API | an answer or an error, in time and bounded; no right by asking oddly |
//! | [`llm`] | an answer of a language model's server | events with one end; cuts are not seen; only whole calls may be run |

pub mod graphql;
pub mod journal;
pub mod llm;
pub mod manifests;
pub mod mutate;
pub mod proxmox;
pub mod upid;

/// What is done with the bytes; it panics when a promise is broken.
pub type Target = fn(&[u8]);

/// The name of a target, as its folder of seeds is called, and its function.
pub const TARGETS: [(&str, Target); 6] = [
    ("manifests", manifests::check),
    ("proxmox", proxmox::check),
    ("upid", upid::check),
    ("journal", journal::check),
    ("graphql", graphql::check),
    ("llm", llm::check),
];
