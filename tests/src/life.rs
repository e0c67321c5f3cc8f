//! Random life: one Jarvis over one simulated cluster for hours of simulated time, with everything that may go wrong drawn
//! from a seed. The same seed gives the same life, to the last line of its trace.
//!
//! The controller is the real one, on one thread under tokio's paused clock; the journal is the real one, on a disk that
//! tears, refuses and fills up. Between controller and cluster there is no socket: [`cluster`] reads the simulator's world
//! as the client would have decoded it, with delays, losses and refusals of its own.
//!
//! | module | what |
//! | --- | --- |
//! | [`run`] | one life from beginning to end, and what came of it |
//! | [`deeds`], [`doing`], [`people`] | what happens, drawn from the seed, and how it is done |
//! | [`place`], [`source`] | the cluster, its floor, its manifests |
//! | [`stage`], [`watch`], [`trace`] | the world all share, time, what is written down |
//! | [`wire`], [`rows`], [`cluster`], [`effects`] | the hypervisor port over the world |
//! | [`hosts`] | the ports to hosts over the world, in stories |
//! | [`journal`], [`process`] | the journal port, and Jarvis as a process that dies |
//! | [`oracle`] | the promises, checked on what really happened |
//! | [`ending`] | what must be true once nothing goes wrong any more |
//! | [`story`] | a life that a test writes down |
//! | [`bug`] | deliberate faults that the oracle must catch |

pub mod bug;
pub mod cluster;
pub mod deeds;
pub mod doing;
pub mod effects;
pub mod ending;
pub mod hosts;
pub mod journal;
pub mod oracle;
pub mod people;
pub mod place;
pub mod process;
pub mod rows;
pub mod run;
pub mod source;
pub mod stage;
pub mod story;
pub mod trace;
pub mod watch;
pub mod wire;

pub use bug::Bug;
pub use deeds::Hardship;
pub use run::{Life, Outcome, live};
