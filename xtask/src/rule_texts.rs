//! What every rule means, when it speaks and what to do: the text of its page.
//! The match is exhaustive, so that a new rule cannot be added without its page. Knows nothing of the pages' form.

use jarvis_model::Rule;

/// The sentences of one page.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// One line, without a final stop.
    pub meaning: &'static str,
    /// In which situations it speaks.
    pub when: &'static str,
    /// What would unblock it.
    pub remedy: &'static str,
}

/// The text of a rule.
pub fn text(rule: Rule) -> Text {
    match rule {
        Rule::BlackAction => BLACK_ACTION,
        Rule::Protected => PROTECTED,
        Rule::ProtectedDependency => PROTECTED_DEPENDENCY,
        Rule::QuorumAfter => QUORUM_AFTER,
        Rule::OtherNodeUnhealthy => OTHER_NODE_UNHEALTHY,
        Rule::IdentityMismatch => IDENTITY_MISMATCH,
        Rule::NoQuorum => NO_QUORUM,
        Rule::TargetMissing => TARGET_MISSING,
        Rule::TargetUnknown => TARGET_UNKNOWN,
        Rule::NodeAway => NODE_AWAY,
        Rule::StartGate => START_GATE,
        Rule::WrongState => WRONG_STATE,
        Rule::Template => TEMPLATE,
        Rule::Locked => LOCKED,
        Rule::HaManaged => HA_MANAGED,
        Rule::MassFailure => MASS_FAILURE,
        Rule::Attempts => ATTEMPTS,
        Rule::Escalated => ESCALATED,
        Rule::HourlyBudget => HOURLY_BUDGET,
        Rule::PlanSize => PLAN_SIZE,
        Rule::Window => WINDOW,
        Rule::Autonomy => AUTONOMY,
        Rule::Frozen => FROZEN,
        Rule::FreezeUnreadable => FREEZE_UNREADABLE,
        Rule::Held => HELD,
        Rule::InFlight => IN_FLIGHT,
        Rule::Pacing => PACING,
        Rule::Unresolved => UNRESOLVED,
        Rule::NotAllowed => NOT_ALLOWED,
        Rule::Confirmation => CONFIRMATION,
        Rule::ConfirmationInvalid => CONFIRMATION_INVALID,
        Rule::NoRecord => NO_RECORD,
        Rule::NoLease => NO_LEASE,
        Rule::Unsupported => UNSUPPORTED,
    }
}

const BLACK_ACTION: Text = Text {
    meaning: "The action destroys or reconfigures something, or is unknown",
    when: "Destroying a guest, changing disks or storage, running a command that no policy lists, and \
           everything Jarvis does not know by name. It is refused for everyone, whatever they confirm.",
    remedy: "Do it by hand in Proxmox if it must be done. A command that should be possible belongs in the \
           `commandAllowlist` of a SafetyPolicy.",
};

const PROTECTED: Text = Text {
    meaning: "The target is on the protected list",
    when: "Any change of a node, guest or service that the floor in `jarvis.yaml` or a SafetyPolicy \
           protects, or of the host that Jarvis itself runs on.",
    remedy: "Do it by hand. To change it through Jarvis, remove the entry from the list that the refusal \
           names and restart or commit; the floor is never loosened by a commit, a chat or a tool.",
};

const PROTECTED_DEPENDENCY: Text = Text {
    meaning: "Something protected depends on the target",
    when: "The action would interrupt a node, guest or service that something protected needs, directly or \
           through others. Declared edges and the present placement both count; while a placement is \
           unknown, every node counts.",
    remedy: "Move what is protected elsewhere first, or wait until its placement is known again. A wrong \
           edge is corrected in the `dependencies` of the SafetyPolicy.",
};

const QUORUM_AFTER: Text = Text {
    meaning: "Quorum would be lost if the target never came back",
    when: "The votes that remain after the action, with the target's counted as gone for good, would be \
           fewer than the cluster needs.",
    remedy: "Bring another node back first, or add a vote such as a QDevice.",
};

const OTHER_NODE_UNHEALTHY: Text = Text {
    meaning: "Another node is unhealthy",
    when: "A node's power or a migration is asked for while another node is not healthy or not known to \
           be.",
    remedy: "Repair or wait for the other node, which the refusal names. A node that is meant to be off is \
           declared so in its Node manifest.",
};

const IDENTITY_MISMATCH: Text = Text {
    meaning: "The guest is not the one known under this number",
    when: "The SMBIOS uuid (for a container the first MAC address) differs from the one seen first under \
           this VMID, so the manifest may mean another guest.",
    remedy: "If the new guest is the right one, accept its identity on the dashboard or with \
           `acceptIdentity`; otherwise correct the vmid in the manifest.",
};

const NO_QUORUM: Text = Text {
    meaning: "The cluster is not quorate, or that is not known",
    when: "Without quorum Proxmox refuses changes and what the nodes say may be old.",
    remedy: "Bring nodes back until the cluster is quorate; nothing needs to be done in Jarvis.",
};

const TARGET_MISSING: Text = Text {
    meaning: "The target does not exist",
    when: "No node or guest of that name or number is in the last complete look at the cluster.",
    remedy: "Check the name or the vmid. A guest that is to exist is made in Proxmox; Jarvis does not create \
           guests.",
};

const TARGET_UNKNOWN: Text = Text {
    meaning: "The target's state is not known freshly enough",
    when: "The last observation of the target is missing or older than its limit, and nothing is decided \
           from what is not known.",
    remedy: "Wait for the next look. If it stays so, see the age of the facts on the dashboard and run \
           `jarvis doctor`.",
};

const NODE_AWAY: Text = Text {
    meaning: "The node of the target is not online",
    when: "The action needs the node to carry it out, and the node is offline or unknown.",
    remedy: "Bring the node back, or wake it; the action is planned again by itself.",
};

const START_GATE: Text = Text {
    meaning: "There were not enough complete looks since the start",
    when: "After a start Jarvis judges nothing until it has seen the whole cluster twice without \
           contradiction.",
    remedy: "Wait; it usually takes less than half a minute. If it stays so, a node answers neither yes nor \
           no: see `jarvis doctor`.",
};

const WRONG_STATE: Text = Text {
    meaning: "The action makes no sense in the state the target is in",
    when: "For example a start of what already runs or a shutdown of what is stopped.",
    remedy: "Nothing needs to be done if the state is as wished; otherwise look again, since the state may \
           just have changed.",
};

const TEMPLATE: Text = Text {
    meaning: "The guest is a template",
    when: "Templates are never started, stopped or changed.",
    remedy: "Clone the template in Proxmox and aim at the clone, or remove its manifest.",
};

const LOCKED: Text = Text {
    meaning: "A lock or a running task has the guest",
    when: "A backup, migration, snapshot or another task holds the guest's configuration, so a second \
           change could harm it.",
    remedy: "Wait for the task to end. A lock that a dead task left behind is removed by hand with `qm \
           unlock` or `pct unlock`.",
};

const HA_MANAGED: Text = Text {
    meaning: "The HA manager of Proxmox looks after the guest",
    when: "Two masters would fight: what is under HA is started and stopped by HA only.",
    remedy: "Ask for it as a person, which becomes an HA state request, or take the guest out of HA.",
};

const MASS_FAILURE: Text = Text {
    meaning: "More than one node is unexpectedly unhealthy",
    when: "When several nodes fail together the cause is likely outside them (network, power, storage), \
           and single repairs do harm. Jarvis observes and alerts only.",
    remedy: "Look for the common cause. Automatic repairs resume once at most one node is unhealthy; a \
           person may confirm one plan meanwhile.",
};

const ATTEMPTS: Text = Text {
    meaning: "All attempts for this issue are spent",
    when: "The issue was acted on as often as its budget allows in the rolling window, whatever came of \
           it.",
    remedy: "Look at the diagnosis in the escalation. Acknowledging it, lasting health, or a commit that \
           changes that resource gives new attempts.",
};

const ESCALATED: Text = Text {
    meaning: "The issue was handed to a person",
    when: "An earlier attempt ended so that Jarvis does not go on by itself.",
    remedy: "Look at the diagnosis and acknowledge it; lasting health or a commit that changes that resource \
           does the same.",
};

const HOURLY_BUDGET: Text = Text {
    meaning: "The actions of this hour are spent",
    when: "So many automatic actions in one hour are a sign that something is wrong with the plan, not \
           with the cluster.",
    remedy: "Wait for the window to move on, find out why so much is being done, or raise the hourly budget \
           in the SafetyPolicy up to the floor.",
};

const PLAN_SIZE: Text = Text {
    meaning: "The plan is larger than one that may run by itself",
    when: "More changes at once than the limit (a number and a share of all resources), which is how a \
           mistaken commit looks.",
    remedy: "Look through the plan on the dashboard and confirm it, or correct the commit.",
};

const WINDOW: Text = Text {
    meaning: "A maintenance window forbids it now",
    when: "A deny window is open, or allow windows exist and none is open. Deny wins. Persons are warned \
           and not stopped.",
    remedy: "Wait until the time the refusal names, or change the MaintenanceWindow.",
};

const AUTONOMY: Text = Text {
    meaning: "The autonomy level does not let Jarvis act by itself",
    when: "The lowest of the manifest's level, the policy's default and the ceiling is below the one that \
           acts; at L2 a recommendation waits for a person.",
    remedy: "Confirm the recommendation, or raise `autonomy` in the manifest or the policy.",
};

const FROZEN: Text = Text {
    meaning: "The kill switch is on",
    when: "`freeze` stops everything that is not confirmed by a person who is logged in; `freeze --all` \
           stops persons too. Reads, alerts and mail go on.",
    remedy: "Release it with `jarvis thaw` or on the dashboard when the reason it was set for is gone. When the \
             refusal names the file `freeze`, remove that file from the state folder.",
};

const FREEZE_UNREADABLE: Text = Text {
    meaning: "The state of the kill switch could not be read",
    when: "What cannot be read is taken as frozen.",
    remedy: "See `jarvis doctor`; usually the state folder cannot be read or its journal is damaged.",
};

const HELD: Text = Text {
    meaning: "A hold is on the target",
    when: "A person asked that this resource, node or cluster be left alone for a time; it is shown as \
           Suspended.",
    remedy: "Wait for the hold to end, or release it with `jarvis release` or on the dashboard.",
};

const IN_FLIGHT: Text = Text {
    meaning: "Another effect is in flight",
    when: "Effects on two nodes at once never happen, and one resource has at most one open intent. This \
           is a wait, no refusal.",
    remedy: "Nothing; it goes on when the other effect is verified or its deadline has passed.",
};

const PACING: Text = Text {
    meaning: "It is too soon after the last action on this target",
    when: "Actions on the same target keep a distance, such as five seconds between a stop and a start and \
           a growing one between attempts.",
    remedy: "Nothing; it goes on at the time the verdict names.",
};

const UNRESOLVED: Text = Text {
    meaning: "An earlier intent for this key ended without an answer",
    when: "It was sent and its result was never seen, so repeating it blindly could do it twice.",
    remedy: "Look at the target and acknowledge the issue; Jarvis resolves it by itself if an observation \
           shows the result.",
};

const NOT_ALLOWED: Text = Text {
    meaning: "The role or the token does not allow it",
    when: "A viewer, or a token without the needed scope, asked for something that changes the cluster.",
    remedy: "Ask someone with the operator role, or make a token that has the scope; an admin may do so with \
           `jarvis token create`.",
};

const CONFIRMATION: Text = Text {
    meaning: "A person must confirm first",
    when: "The tier of the action and the door it came through need a confirmation that names exactly this \
           action and plan.",
    remedy: "Confirm the card on the dashboard within five minutes; it is judged again before it runs.",
};

const CONFIRMATION_INVALID: Text = Text {
    meaning: "The confirmation does not fit",
    when: "It names another digest, was used already, has expired, or came from someone who may not give \
           it.",
    remedy: "Ask again and confirm the new card; what changed in between is shown there.",
};

const NO_RECORD: Text = Text {
    meaning: "The durable record could not be written",
    when: "Without a record on disk that announces it, nothing is sent.",
    remedy: "Make room on the disk of the state folder and check its rights; `jarvis doctor` shows which \
           write failed.",
};

const NO_LEASE: Text = Text {
    meaning: "This instance does not hold the lease",
    when: "Only one instance acts; another one observes and answers reads.",
    remedy: "Ask the instance that holds the lease, or stop it and wait for the lease to run out.",
};

const UNSUPPORTED: Text = Text {
    meaning: "Jarvis cannot do this on this installation",
    when: "The way that the action needs, such as SSH to the node or the guest agent, is not set up or not \
           built in.",
    remedy: "Set up what the refusal names, or do it by hand.",
};
