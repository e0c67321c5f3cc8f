//! The tools: what an assistant can see and ask for, over MCP and in the conversation. Eighteen of them, fixed when
//! Jarvis is built: nine read, six act on guests and services, three reach further.
//!
//! A tool holds no port. It reads the controller's published picture and asks the controller as everybody does, so
//! that the guard judges what an assistant wants like what a person wants. Nothing here knows a protocol; the
//! transports are above.
//!
//! | module | what |
//! | --- | --- |
//! | [`registry`] | finds a tool, checks who asks, keeps its time, cleans and frames its answer |
//! | [`catalogue`] | all tools, in their order |
//! | [`tool`] | what a tool is |
//! | [`caller`] | who asks, and what that one may |
//! | [`answer`] | what comes back |
//! | [`moment`] | one picture and its instant |
//! | [`read`] | the nine that read |
//! | [`act`] | the eight that ask for an act, and what became of it |
//! | [`propose`] | the one that proposes a change of manifests |
//! | [`clean`] | text of the infrastructure made harmless |
//! | [`arguments`] | arguments, checked; other doors check theirs with the same |
//! | [`schema`] | schemas of arguments and answers, kept short |
//! | [`page`] | the reference of all tools |
//! | [`testing`] | tools that misbehave |

pub mod act;
pub mod answer;
pub mod arguments;
pub mod caller;
pub mod catalogue;
pub mod clean;
pub mod moment;
pub mod page;
pub mod propose;
pub mod read;
pub mod registry;
pub mod schema;
pub mod testing;
pub mod tool;

pub use answer::ToolResult;
pub use caller::Caller;
pub use catalogue::CATALOGUE;
pub use registry::{Registry, Side};
pub use tool::{Desk, Hints, Kind, Step, Tool};
