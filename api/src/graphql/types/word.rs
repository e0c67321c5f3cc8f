//! Enums: the model's closed word lists as GraphQL knows them.

use async_graphql::Enum;
use jarvis_crds as crds;
use jarvis_model as model;

/// How dangerous an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Tier")]
pub enum Tier {
    /// Only reads.
    Green,
    /// Reversible and brief.
    Yellow,
    /// Interrupts hard or moves things.
    Red,
    /// Never done.
    Black,
}

/// How far Jarvis may go without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Autonomy")]
pub enum Autonomy {
    /// Observe.
    L0,
    /// Alert.
    L1,
    /// Recommend.
    L2,
    /// Act and report.
    L3,
    /// Act silently.
    L4,
}

/// What somebody may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Role")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads and acts within the tiers.
    Operator,
    /// Also policy, tokens, users and autonomy.
    Admin,
}

/// What an assistant's token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Scope")]
pub enum Scope {
    /// Reads.
    Read,
    /// Proposes manifest changes.
    Propose,
    /// Yellow actions.
    Operate,
    /// Red actions with a second call that carries the digest.
    OperateRed,
}

/// How serious something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Severity")]
pub enum Severity {
    /// Routine.
    Info,
    /// Needs attention some time.
    Warning,
    /// Needs attention now.
    Critical,
}

/// Whether live equals declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Sync")]
pub enum Sync {
    /// Live equals declared.
    Synced,
    /// It differs.
    OutOfSync,
    /// Not known.
    Unknown,
}

/// How a resource is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Health")]
pub enum Health {
    /// Well.
    Healthy,
    /// On its way.
    Progressing,
    /// Not well.
    Degraded,
    /// On purpose not pursued.
    Suspended,
    /// Not known.
    Unknown,
}

/// The type of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::ConditionType")]
pub enum ConditionType {
    /// As declared and healthy.
    Ready,
    /// Work is under way or planned.
    Reconciling,
    /// An error of Jarvis keeps it from being looked at.
    Stalled,
    /// On purpose not pursued.
    Suspended,
    /// Something named stands in the way.
    Blocked,
    /// Attempts are used up; a person is asked.
    Escalated,
}

/// Virtual machine or container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::GuestKind")]
pub enum GuestKind {
    /// A virtual machine.
    Qemu,
    /// A container.
    Lxc,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::IssueKind")]
pub enum IssueKind {
    /// Should run and does not.
    GuestDown,
    /// Should be stopped and runs.
    GuestUp,
    /// A different guest under a known number.
    IdentityChanged,
    /// A node that is expected online is not.
    NodeUnreachable,
    /// A guest runs, and its `ready` probe has failed for too long.
    GuestNotReady,
    /// A service is not as declared.
    ServiceDown,
    /// A figure passed its limit.
    ThresholdPassed,
}

/// What a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ServiceHealth {
    /// It runs, or answers as it should.
    Up,
    /// It does not.
    Down,
    /// It is starting, stopping or reloading.
    Changing,
    /// Its host knows no such unit or container.
    Missing,
    /// Not known.
    Unknown,
}

/// Whom the kill switch stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::FreezeScope")]
pub enum FreezeScope {
    /// Everything that no signed-in person confirmed.
    Autonomy,
    /// Persons too.
    All,
}

/// The kind of a manifest resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::ResourceKind")]
pub enum ResourceKind {
    /// A QEMU guest.
    VirtualMachine,
    /// An LXC guest.
    Container,
    /// A Proxmox node.
    Node,
    /// A service.
    Service,
    /// A figure with limits.
    Threshold,
    /// A repair procedure.
    Runbook,
    /// Protection, dependencies, autonomy and budgets.
    SafetyPolicy,
    /// When changes may or may not happen.
    MaintenanceWindow,
    /// Where alerts go.
    NotificationChannel,
}

/// When a guest should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crds::RunStrategy")]
pub enum RunStrategy {
    /// Always running.
    Always,
    /// Running, and started again after a crash; a person's stop is respected.
    RerunOnFailure,
    /// Off.
    Halted,
    /// Observed only.
    Manual,
}

/// Whether a window allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crds::WindowEffect")]
pub enum WindowEffect {
    /// Only while an allow window is open.
    Allow,
    /// Not while a deny window is open.
    Deny,
}

/// Which actions a window is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crds::AppliesTo")]
pub enum AppliesTo {
    /// What follows from a changed manifest.
    Changes,
    /// What repairs a failure.
    Repairs,
    /// Both.
    Both,
}

/// Whether a node is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum NodeStatus {
    /// Member of the cluster and reporting.
    Online,
    /// Not a member.
    Offline,
    /// Not known; `unknownReason` says why.
    Unknown,
}

/// What a guest does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum GuestStatus {
    /// Running.
    Running,
    /// Not running.
    Stopped,
    /// Halted by a person or by full storage; `statusWord` has Proxmox's word.
    Held,
    /// Not known; `unknownReason` says why.
    Unknown,
}

/// Whether the kill switch is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FreezeState {
    /// Off.
    Off,
    /// On.
    On,
    /// Its record cannot be read; everything stays stopped.
    Unreadable,
}

/// The guard's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum VerdictKind {
    /// May be done now.
    Permit,
    /// May be done once a person confirms.
    Confirm,
    /// May be done later by itself.
    Wait,
    /// Will not be done as things are.
    Refuse,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TicketState {
    /// Waits for its recall time, its turn or a node's slot.
    Queued,
    /// Waits for a person to confirm.
    AwaitingConfirmation,
    /// Being carried out.
    Running,
    /// Over; `outcome` says how.
    Done,
    /// Refused; `refusal` says why.
    Refused,
    /// Taken back before it began.
    Recalled,
    /// A person said no.
    Rejected,
    /// Nobody confirmed in time, or it did not get its turn in time.
    Expired,
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ProposalState {
    /// It waits for a person.
    Waiting,
    /// It is being committed and pushed.
    Approved,
    /// It is pushed, and not in force yet.
    Pushed,
    /// It is in force.
    Applied,
    /// A person said no.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// It could not be pushed; it may be approved again.
    Failed,
    /// What it changes was changed by others in the meantime.
    Conflict,
}

impl From<&model::ProposalState> for ProposalState {
    fn from(state: &model::ProposalState) -> Self {
        match state {
            model::ProposalState::Waiting => Self::Waiting,
            model::ProposalState::Approved { .. } => Self::Approved,
            model::ProposalState::Pushed { .. } => Self::Pushed,
            model::ProposalState::Applied { .. } => Self::Applied,
            model::ProposalState::Rejected { .. } => Self::Rejected,
            model::ProposalState::Expired { .. } => Self::Expired,
            model::ProposalState::Failed { .. } => Self::Failed,
            model::ProposalState::Conflict { .. } => Self::Conflict,
        }
    }
}
