//! Recording what the planner looked at, and planning it again: every decision of a recorded run must come out the same,
//! bit for bit.
//!
//! | module | what |
//! | --- | --- |
//! | [`recorder`] | takes passes from the loop and writes them beside it |
//! | [`folder`] | the files of a recording: their names, limits, rotation |
//! | [`line`] | one line: sealed, packed, told from a torn one |
//! | [`document`] | what a line says: input and plan as one JSON document, as the change since the line before |
//! | [`delta`] | that change, written without making the documents |
//! | [`merge`] | JSON merge patches (RFC 7396) |
//! | [`recording`] | reads a recording from its first line to its last |
//! | [`replay`](mod@replay) | plans everything again and compares |
//! | [`difference`] | the first place at which two plans differ |
//! | [`story`] | a decision of the past, its verdict, and what would have changed it |
//! | [`what_if`] | what else the guard would have said, had one fact been different |
//!
//! Knows no journal on disk (it is given one through its port), and decides nothing.

pub mod delta;
pub mod difference;
pub mod document;
pub mod folder;
pub mod line;
pub mod merge;
pub mod recorder;
pub mod recording;
pub mod replay;
#[cfg(test)]
mod scene;
pub mod story;
pub mod what_if;

pub use recorder::{Limits, PassRecorder};
pub use recording::{ReadError, Recording};
pub use replay::{Report, Span, replay};
pub use story::{Story, stories};
