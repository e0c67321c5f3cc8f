//! A simulated Proxmox VE 9.2 cluster.
//!
//! * [`world`] is the cluster as a value: pure, deterministic, cloneable. Time is an argument.
//! * [`programs`] are the programs of its machines, as functions of the world.
//! * [`wire`] is that world behind real sockets: HTTP or HTTPS, one entry point per node, with the status lines, reason
//!   phrases, bodies and delays of the original; SSH to nodes and guests; a port for magic packets; and a control endpoint for
//!   injecting faults.
//! * [`models`] is a language model's server that plays a part, for tests and demonstration.
//! * [`scenario`] makes worlds: a home laboratory of four nodes, or generated ones of any size.
//!
//! This crate depends on no other crate of the project on purpose: if the client and the simulator shared wire types
//! they would share one misreading of the API.

mod date;
mod handle;
pub mod json;
pub mod models;
pub mod programs;
pub mod rng;
pub mod scenario;
pub mod time;
pub mod wire;
pub mod world;

pub use handle::{SimulatorHandle, Told};
pub use scenario::Scenario;
pub use time::SimTime;
pub use wire::mischief::{Mischief, Which};
pub use wire::{ApiToken, Options, PASSWORD, Simulator, SshHost, StartError, Tls, Tokens, endpoints};
pub use world::faults::Fault;
pub use world::ledger::Ledger;
pub use world::place::Place;
