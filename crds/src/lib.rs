//! Manifest kinds of Jarvis (`jarvis.dev/v1alpha1`): typed, defaulted, validated with source positions; their JSON
//! Schemas and CRDs; content hashes; the desired set.
//!
//! Pure: callers read the files and hand them over. Knows nothing of git, the cluster, or what is done about a
//! difference.

pub mod desired;
pub mod hash;
pub mod kinds;
pub mod manifest;
pub mod schema;
pub mod text;

pub use desired::{Desired, Revision};
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
pub use manifest::{API_VERSION, AnyManifest, Manifest, Metadata};
pub use text::{level::Level, mac::MacAddress};
