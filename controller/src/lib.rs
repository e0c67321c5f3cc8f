//! The controller: looks at the cluster, runs the planner, carries out what the guard permits, and remembers.
//!
//! | module | what |
//! | --- | --- |
//! | [`service`] | the loop |
//! | [`handle`] | how everything above talks to it |
//! | [`view`] | the read model it publishes after every pass |
//! | [`command`] | what can be asked of it |
//! | [`feed`] | events as lines people read |
//! | [`observe`] | what may be believed of what the cluster says |
//! | [`freeze_file`] | the kill switch as a file on the disk |
//! | [`history`], [`index`] | figures over time, and records by resource, in the store |
//! | [`proposals`] | changes of manifests that wait for a person |
//! | [`reads`] | what is read only when a person looks at it |
//! | `outputs` | what commands wrote |
//! | [`options`], [`ports`] | how it is set up, and through what it works |

mod absorb;
pub mod command;
mod commands;
mod core;
mod execute;
pub mod feed;
pub mod freeze_file;
pub mod handle;
pub mod history;
mod hosts;
pub mod index;
mod naming;
mod news;
pub mod observe;
pub mod options;
mod outputs;
pub mod ports;
pub mod proposals;
pub mod reads;
mod refused;
mod room;
pub mod service;
#[cfg(test)]
mod silent;
mod sourcing;
pub mod testing;
mod timekeeping;
pub mod view;
mod work;

pub use command::{CommandError, Confirm, NewRequest, Person, RefusedCall};
pub use handle::Handle;
pub use options::Options;
pub use outputs::Written;
pub use ports::Ports;
pub use proposals::{Preview, ProposeChange, Proposing, PushMode};
pub use service::{Service, controller};
pub use view::{LoopState, View};
