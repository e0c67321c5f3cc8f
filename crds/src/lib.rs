//! Manifest kinds of Jarvis (`jarvis.dev/v1alpha1`): typed, defaulted, validated with source positions; their JSON
//! Schemas and CRDs; content hashes; the desired set.
//!
//! Pure: callers read the files and hand them over. Knows nothing of git, the cluster, or what is done about a
//! difference.

pub mod change;
pub mod check;
pub mod desired;
pub mod error;
pub mod hash;
pub mod kinds;
pub mod load;
pub mod manifest;
pub mod schema;
pub mod shrink;
pub mod text;
pub mod windows;
pub mod yaml;

pub use desired::{Desired, Revision};
pub use error::ManifestError;
pub use jarvis_model::Autonomy;
pub use kinds::{
    channel::{Email, NotificationChannelSpec, Ntfy, QuietHours, Way, Webhook},
    guest::{GuestSpec, Ready, RunStrategy},
    node::{Expected, NodeSpec, WakeOnLan},
    policy::{AllowedCommand, AutonomyRule, Budgets, Dependency, DependencyEnd, Protected, SafetyPolicySpec},
    runbook::{IssueWord, RunbookBudget, RunbookSpec, Step, StepAction, Trigger, Verify},
    selector::Selector,
    service::{Docker, Restart, ServiceCheck, ServiceSpec, ServiceState, Systemd},
    target::{
        GuestAccess, GuestAgentProbe, GuestTarget, HttpProbe, Place, Probe, ServiceName, ServiceRef, Target,
        TcpProbe,
    },
    threshold::{Metric, Severity, Subject, ThresholdSpec},
    window::{AppliesTo, MaintenanceWindowSpec, WindowEffect},
};
pub use load::{Loaded, Source, load, load_unsaved, parse};
pub use manifest::{API_VERSION, AnyManifest, Manifest, Metadata, print};
pub use schema::{crd_yaml, generated_files, json_schema};
pub use shrink::{Shrink, shrink, shrink_from};
pub use text::{level::Level, mac::MacAddress};
