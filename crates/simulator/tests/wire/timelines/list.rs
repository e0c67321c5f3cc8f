//! The timelines: what is done to the machinery in each, which guests it is about, what is left out and why.

use std::time::Duration;

use jarvis_simulator::world::ha::Rounds;

use super::compare::Known;

/// A recording and what it needs.
pub struct Timeline {
    /// Name of the file without `.json`.
    pub file: &'static str,
    /// What happens, in a few words.
    pub what: &'static str,
    /// The guests it is about; others were busy with other recordings.
    pub guests: &'static [u32],
    /// What was done to the machinery: seconds and fault. Calls are in the recording.
    pub faults: &'static [(f64, &'static str)],
    /// How long guests take to shut down, milliseconds.
    pub shutdown_ms: &'static [(u32, u64)],
    /// When the HA managers make their first rounds: the cluster's, the nodes' (milliseconds).
    pub rounds_ms: (u64, u64),
    /// The recording machine was saturated: answers and reports came seconds late.
    pub busy: bool,
    /// How many times as long tasks took from a second on, because the machine was busy with other recordings.
    pub load: &'static [(f64, u32)],
    /// Until this second the first text stood in this recording where the second stands in its twin.
    pub either: &'static [(f64, &'static str, &'static str)],
    /// Differences that remain.
    pub differences: &'static [Known],
}

impl Timeline {
    pub const fn rounds(&self) -> Rounds {
        Rounds {
            cluster: Duration::from_millis(self.rounds_ms.0),
            nodes: Duration::from_millis(self.rounds_ms.1),
        }
    }
}

/// Nothing of note.
pub const PLAIN: Timeline = Timeline {
    file: "",
    what: "",
    guests: &[],
    faults: &[],
    shutdown_ms: &[],
    rounds_ms: (3_500, 3_000),
    busy: false,
    load: &[],
    either: &[],
    differences: &[],
};

/// The recordings.
pub const TIMELINES: &[Timeline] = &[
    Timeline {
        file: "01-guest-crash",
        what: "a guest crashes and is started 40 s later",
        guests: &[100],
        faults: &[(6.03, r#"{"fault":"crash-guest","vmid":100}"#)],
        busy: true,
        load: &[(44.0, 4)],
        ..PLAIN
    },
    Timeline {
        file: "02-shutdown-ignored",
        what: "a guest ignores the power button; forced at the second try",
        guests: &[111],
        busy: true,
        load: &[(58.0, 4)],
        differences: &[Known {
            track: "/cluster/resources qemu/111",
            why: "two reports of the node were left out while the machine was saturated: the stop was listed 12 s late, \
                  the start not at all",
        }],
        ..PLAIN
    },
    Timeline {
        file: "03-stop-then-start",
        what: "a start right after a stop, then calls that meet the held lock",
        guests: &[100],
        busy: true,
        load: &[(3.3, 3), (5.0, 7), (17.0, 1)],
        ..PLAIN
    },
    Timeline {
        file: "04-ten-concurrent-starts",
        what: "ten starts of one guest at once, through four nodes",
        guests: &[120],
        busy: true,
        load: &[(0.0, 6)],
        ..PLAIN
    },
    Timeline {
        file: "05-live-migration",
        what: "a running guest moves to another node",
        guests: &[101],
        busy: true,
        load: &[(0.0, 3)],
        ..PLAIN
    },
    Timeline {
        file: "07-container-crash-stop-start",
        what: "a container crashes, is started, stopped and started, shut down, started",
        guests: &[200],
        faults: &[(4.04, r#"{"fault":"crash-guest","vmid":200}"#)],
        busy: true,
        load: &[(0.0, 5), (76.0, 2), (84.0, 3)],
        ..PLAIN
    },
    Timeline {
        file: "08-node-death",
        what: "a node loses power and returns after three minutes",
        guests: &[120],
        faults: &[
            (12.02, r#"{"fault":"power-loss","node":"node4"}"#),
            (180.48, r#"{"fault":"power-on","node":"node4"}"#),
        ],
        rounds_ms: (9_300, 4_300),
        ..PLAIN
    },
    Timeline {
        file: "11-quorum-loss",
        what: "two of four nodes lose power; attempts to act; both return",
        guests: &[100, 103, 200],
        faults: &[
            (6.07, r#"{"fault":"power-loss","node":"home"}"#),
            (6.07, r#"{"fault":"power-loss","node":"node4"}"#),
            (39.83, r#"{"fault":"power-on","node":"home"}"#),
            (63.33, r#"{"fault":"power-on","node":"node4"}"#),
        ],
        differences: &[
            Known {
                track: "/nodes/home/qemu answer",
                why: "whether a call in the second of the death is reset (as in 08 and 12b) or times out is chance",
            },
            Known {
                track: "task pve qmsnapshot 100",
                why: "the recorded disk was a raw file, which cannot be snapshotted; simulated disks can",
            },
        ],
        ..PLAIN
    },
    Timeline {
        file: "12a-ha-lifecycle",
        what: "a guest under HA: added, crash, stop, request states, taken out",
        guests: &[110],
        shutdown_ms: &[(110, 100_000)],
        faults: &[(43.46, r#"{"fault":"crash-guest","vmid":110}"#)],
        busy: true,
        load: &[(46.0, 4), (58.0, 1), (107.0, 7), (122.0, 1)],
        ..PLAIN
    },
    Timeline {
        file: "12b-ha-node-death",
        what: "a node with a guest under HA dies: fence, recovery elsewhere, return",
        guests: &[110],
        faults: &[
            (12.02, r#"{"fault":"power-loss","node":"node4"}"#),
            (180.48, r#"{"fault":"power-on","node":"node4"}"#),
        ],
        rounds_ms: (9_300, 4_300),
        either: &[(13.0, "595 Connection refused", "596 Connection reset by peer")],
        ..PLAIN
    },
    Timeline {
        file: "16-status-daemon-stopped",
        what: "the status daemon is stopped for a minute; a guest crashes and starts unseen",
        guests: &[111],
        faults: &[(25.44, r#"{"fault":"crash-guest","vmid":111}"#)],
        ..PLAIN
    },
    Timeline {
        file: "18-vmid-reuse",
        what: "a guest is made, destroyed, and another made under its number on another node",
        guests: &[130],
        busy: true,
        load: &[(33.0, 2)],
        ..PLAIN
    },
];
