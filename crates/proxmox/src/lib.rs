//! The Proxmox VE cluster over its REST API (7 to 9): the [`jarvis_ports::Hypervisor`] port as a typed client.
//!
//! Guarantees: every call ends in time; a write is sent once or not at all, to one entry point, and every doubt about
//! it is told as unknown; a frozen entry point delays nobody but itself; the token appears in no text.
//! Assumes: HTTP/1.1, any node answers for the whole cluster and forwards what concerns another.
//! This is the only crate that builds a Proxmox URL. It decides nothing and remembers nothing beyond the health of its
//! entry points.
//!
//! | module | what |
//! | --- | --- |
//! | [`options`] | settings, checked |
//! | [`token`], [`login`] | the credential: a token, or user and password |
//! | `session`, `admission` | the ticket of a log-in; what a request goes with |
//! | [`tls`], [`fingerprint`] | trust in certificates |
//! | [`client`] | entry points, their order, slots |
//! | `ask` | asking: fail-over, hedging |
//! | `looks`, `quorum` | the port's looks |
//! | `effects` | the port's writes |
//! | `entry`, [`health`], `gate` | one entry point: exchange, standing, slots |
//! | `answer`, `decode`, `list`, `loose` | what an answer says |
//! | [`privileges`] | what the token may do |
//! | `paths` | how a request is spelled |

pub mod client;
pub mod fingerprint;
pub mod health;
pub mod login;
pub mod options;
pub mod privileges;
pub mod tls;
pub mod token;

mod admission;
mod answer;
mod ask;
mod decode;
mod effects;
mod entry;
mod gate;
mod list;
mod looks;
mod loose;
mod paths;
mod quorum;
mod session;
#[cfg(test)]
mod tests;

pub use client::{EntryStats, Proxmox};
pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use health::Class;
pub use login::{Credential, InvalidLogin, Login};
pub use options::{DEFAULT_PORT, EntryPoint, Options, OptionsError, Timeouts};
pub use privileges::{Lack, Privileges};
pub use tls::{CertificateProblem, ClusterCa, InvalidTls, Tls};
pub use token::{InvalidToken, Token};
