//! The seams: small traits between the pure middle and the outside. Knows no implementation of any of them.
//!
//! Trait objects only; the upper layers compile without reqwest, sled or git.

pub mod clock;
pub mod hostread;
pub mod hypervisor;
pub mod journal;
pub mod model;
pub mod narrator;
pub mod probe;
pub mod recorder;
pub mod shell;
pub mod source;
pub mod store;
pub mod terminal;

pub use clock::{Clock, SystemClock};
pub use hypervisor::{
    Accepted, BackupLook, ClusterLook, GuestRow, Hypervisor, LookError, NodeRow, PastUsage, PerformError,
    Priority, QuorumLook, SnapshotSeen, StorageRow, TaskState,
};
pub use journal::{Journal, JournalError, Stored};
pub use model::Model;
pub use narrator::{Narration, Narrator, Telling};
pub use probe::Probe;
pub use recorder::{Pass, Recorder};
pub use shell::{HostAnswer, HostNews, HostRead, HostShell, Waker};
pub use source::{Author, Change, Fetched, ManifestSource, PushError, PushTarget, Pushed, SourceError};
pub use store::{Store, StoreError, Write};
pub use terminal::{Terminal, TerminalError};
