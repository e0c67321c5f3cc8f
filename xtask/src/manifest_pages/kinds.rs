//! What is said of each kind beside its fields: an introduction, and which example stands for it.
//! Knows nothing of the page's form.

use jarvis_model::ResourceKind;

/// What stands above the table of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Introduction {
    /// A few sentences.
    pub text: &'static str,
    /// The file the example is taken from, below the examples' manifests.
    pub file: &'static str,
    /// The text of that file.
    pub content: &'static str,
    /// The name of the example.
    pub name: &'static str,
}

macro_rules! example {
    ($file:literal, $name:literal, $text:literal) => {
        Introduction {
            text: $text,
            file: $file,
            content: include_str!(concat!("../../../examples/homelab/manifests/", $file)),
            name: $name,
        }
    };
}

/// The introduction of a kind.
#[expect(clippy::too_many_lines, reason = "a table of texts")]
pub fn introduction(kind: ResourceKind) -> Introduction {
    match kind {
        ResourceKind::VirtualMachine => example!(
            "guests/household.yaml",
            "web-01",
            "What should be true of one QEMU guest.

The number alone is no identity. Jarvis remembers the SMBIOS uuid and does nothing to a guest that has another one, until
`acceptIdentity` names it. No two guests have the same `vmid`, unless both name different clusters."
        ),
        ResourceKind::Container => example!(
            "guests/infrastructure.yaml",
            "proxy",
            "What should be true of one LXC guest. The fields are those of a VirtualMachine. A container has no guest agent, so
it cannot have `ready.guestAgent`; its identity is its first MAC address."
        ),
        ResourceKind::Node => example!(
            "nodes.yaml",
            "agent1",
            "What is expected of one Proxmox node. `Offline` and `Any` say that a node which is off is not unhealthy; it counts
as a missing vote all the same. A node without a manifest is observed too.

Write MAC addresses in quotes: to some readers of YAML, digits with colons are a number."
        ),
        ResourceKind::Service => example!(
            "services.yaml",
            "web-01-nginx",
            "One service on a node, in a guest, or on a host of the config file. Exactly one of `systemd`, `docker`, `http` and
`tcp` says what it is; `http` and `tcp` only look, so they cannot have `restart: Allowed`."
        ),
        ResourceKind::Threshold => example!(
            "thresholds.yaml",
            "forge-hot",
            "A figure with a limit. Exactly one of `above` and `below`; `unreachable` has neither, there `for` alone decides.
`clear` lies on the healthy side of the limit.

| metric | unit | of |
| --- | --- | --- |
| cpu, memory, disk | percent | Node, VirtualMachine, Container |
| storage | percent | Node |
| temperature | degrees Celsius | Node |
| load | one-minute load average per processor core | Node |
| unreachable | none | Node, Service |
| backupAge | hours | VirtualMachine, Container |

Write `\"on\"` in quotes: to some readers of YAML (kubectl among them) a bare `on` is the boolean true. Jarvis takes both."
        ),
        ResourceKind::Runbook => example!(
            "runbooks.yaml",
            "wake-node",
            "Steps that repair one kind of issue. Each step is judged by the guard like any other action, and a failed step ends
the attempt. A budget can only be tighter than the floor of three attempts an hour.

`startGuest`, `shutdownGuest`, `rebootGuest` and `createSnapshot` answer `guestDown`, `guestNotReady` and
`thresholdPassed`; `restartService` answers `serviceDown` and `thresholdPassed`; `wakeNode` answers `nodeUnreachable`;
`runCommand` and `wait` answer any."
        ),
        ResourceKind::SafetyPolicy => example!(
            "safety.yaml",
            "household",
            "What must not be touched, what needs what, how far and how often Jarvis may act, and which commands may be run.
Several policies may exist; all hold at once and the strictest counts. Without any, the floor holds: `safety:` of the
config file and the chain of the machine that Jarvis itself runs on. A policy only tightens it.

`dependsOn` of guests and `dependencies` of all policies together must not go in a circle. Shells, interpreters and
programs that start other programs are refused in `commandAllowlist`: they would allow every command. A placeholder
such as `{unit}` takes one argument of letters, digits and `_ . @ : / + -` that does not begin with `-`."
        ),
        ResourceKind::MaintenanceWindow => example!(
            "windows.yaml",
            "nightly-backup",
            "A recurring span of time, with the meaning of Argo CD's sync windows: when no allow window is about a resource,
everything is allowed; when at least one is, only while one is open; an open deny window wins over all. Persons are
warned, not stopped.

The schedule has five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday; `jan` to `dec` and
`sun` to `sat` may be written). When both day fields are restricted, a day fits if either fits. When clocks change, a
schedule with an open hour (`*`, `*/n`) follows elapsed time; one with named hours follows the wall: a time that is
skipped counts as much later as the clock jumped, a time that comes twice counts once. Time zone rules are compiled in."
        ),
        ResourceKind::NotificationChannel => example!(
            "channels.yaml",
            "ops-mail",
            "Where alerts, escalations and reports go: exactly one of `email`, `webhook` and `ntfy`. Credentials are named here
and live in the config file; an address with a user or password in it is refused."
        ),
    }
}

/// The document of a name in a file with many, with the comments that stand before it.
pub fn document<'a>(content: &'a str, kind: ResourceKind, name: &str) -> Option<&'a str> {
    let (kind, name) = (format!("kind: {kind}"), format!("  name: {name}"));
    let mut documents = content.split("---\n");
    documents.find(|document| {
        let mut lines = document.lines();
        lines.any(|line| line == kind) && document.lines().any(|line| line == name)
    })
}
