//! Timelines of which the notes keep the times but not the recording: the same comparison against written steps.
//!
//! Sources: `recorded-real/timeline-node-reboot.json` (listed changes of a poller) and the laboratory's written facts.

use jarvis_simulator::world::World;

use super::compare::{Comparison, compare};
use super::laboratory;
use super::list::{PLAIN, Timeline};
use super::recording::{Act, Recording};
use super::replay::{Deed, run};
use super::tracks::{Step, Tracks};

/// A statement: what is done, what is seen then.
pub struct Stated {
    /// Its name, faults and guests.
    pub timeline: Timeline,
    /// The recorded cluster to begin with.
    cluster: &'static str,
    /// What is different from it.
    adjust: fn(&mut World),
    /// Calls: second, method, path, form.
    calls: &'static [(f64, &'static str, &'static str, &'static str)],
    /// Endpoints polled through `pve`.
    polls: &'static [&'static str],
    /// Fields with their values and seconds.
    seen: &'static [(&'static str, &'static [(f64, &'static str)])],
    end_secs: f64,
}

const SERVICE: &str = "/cluster/ha/status/current service:vm:110 state";
const LIVE: &str = "/nodes/node4/qemu/110/status/current";

/// The statements.
pub const STATED: &[Stated] = &[
    Stated {
        timeline: Timeline {
            file: "node-reboot",
            what: "a node with an onboot guest is rebooted by the API (recorded-real/timeline-node-reboot)",
            guests: &[103],
            differences: &[],
            ..PLAIN
        },
        cluster: "08-node-death",
        adjust: |world| {
            if let Some(node) = world.nodes.get_mut("agent1") {
                node.boot = std::time::Duration::from_millis(10_400);
            }
            if let Some(guest) = world.guests.get_mut(&103) {
                guest.onboot = true;
                guest.habits.shutdown = std::time::Duration::from_secs(5);
            }
        },
        calls: &[(0.0, "POST", "/nodes/agent1/status", "command=reboot")],
        polls: &[
            "/cluster/status",
            "/cluster/resources",
            "/nodes/agent1/status",
            "/nodes/agent1/qemu/103/status/current",
        ],
        seen: &[
            (
                "/nodes/agent1/qemu/103/status/current status",
                &[(0.0, "running"), (7.4, "stopped"), (33.3, "running")],
            ),
            (
                "/nodes/agent1/qemu/103/status/current answer",
                &[
                    (0.0, "answers"),
                    (15.6, "595 Connection refused"),
                    (29.2, "answers"),
                ],
            ),
            (
                "/nodes/agent1/status answer",
                &[
                    (0.0, "answers"),
                    (16.4, "595 Connection refused"),
                    (30.1, "answers"),
                ],
            ),
            (
                "/cluster/status agent1 online",
                &[(0.0, "1"), (17.8, "0"), (28.2, "1")],
            ),
            (
                "/cluster/resources node/agent1 status",
                &[(0.0, "online"), (17.8, "offline"), (28.2, "online")],
            ),
        ],
        end_secs: 40.0,
    },
    Stated {
        timeline: Timeline {
            file: "ha-early-return",
            what: "a node with a guest under HA is back after 40 s, before fencing: it waits for its own old lock \
                   (stated: runs again 119 to 122 s after the loss)",
            guests: &[110],
            faults: &[
                (12.0, r#"{"fault":"power-loss","node":"node4"}"#),
                (45.0, r#"{"fault":"power-on","node":"node4"}"#),
            ],
            rounds_ms: (9_300, 4_300),
            ..PLAIN
        },
        cluster: "12b-ha-node-death",
        adjust: |_| (),
        calls: &[],
        polls: &["/cluster/ha/status/current", LIVE],
        seen: &[
            (SERVICE, &[(0.0, "started")]),
            (
                "/nodes/node4/qemu/110/status/current status",
                &[(0.0, "running"), (56.0, "stopped"), (132.5, "running")],
            ),
        ],
        end_secs: 180.0,
    },
    Stated {
        timeline: Timeline {
            file: "ha-return-after-fence",
            what: "the node is back 7 s after it was declared fenced: recovery elsewhere takes longer (stated: 218 s \
                   after the loss)",
            guests: &[110],
            faults: &[
                (12.0, r#"{"fault":"power-loss","node":"node4"}"#),
                (80.0, r#"{"fault":"power-on","node":"node4"}"#),
            ],
            rounds_ms: (9_300, 4_300),
            ..PLAIN
        },
        cluster: "12b-ha-node-death",
        adjust: |_| (),
        calls: &[],
        polls: &["/cluster/ha/status/current", "/cluster/resources", LIVE],
        seen: &[
            (
                SERVICE,
                &[
                    (0.0, "started"),
                    (79.0, "fence"),
                    (230.0, "starting"),
                    (240.0, "started"),
                ],
            ),
            (
                "/cluster/resources qemu/110 node",
                &[(0.0, "node4"), (230.0, "home")],
            ),
        ],
        end_secs: 260.0,
    },
    Stated {
        timeline: Timeline {
            file: "ha-start-failure",
            what: "a guest that cannot start is put under HA with one restart and no move: two attempts, error after \
                   23 s; disabled to clear it",
            guests: &[120],
            faults: &[(1.0, r#"{"fault":"fails-to-start","vmid":120,"on":true}"#)],
            rounds_ms: (3_500, 3_000),
            ..PLAIN
        },
        cluster: "01-guest-crash",
        adjust: |_| (),
        calls: &[
            (
                3.0,
                "POST",
                "/cluster/ha/resources",
                "sid=vm:120&state=started&max_restart=1&max_relocate=0",
            ),
            (40.0, "POST", "/nodes/node4/qemu/120/status/start", ""),
            (50.0, "PUT", "/cluster/ha/resources/vm:120", "state=started"),
            (60.0, "PUT", "/cluster/ha/resources/vm:120", "state=disabled"),
        ],
        polls: &["/cluster/ha/status/current", "/cluster/tasks"],
        seen: &[
            (
                "/cluster/ha/status/current service:vm:120 state",
                &[
                    (4.0, "starting"),
                    (26.0, "error"),
                    (60.0, "clearing error flag"),
                    (63.0, "disabled"),
                ],
            ),
            (
                "task node4 qmstart 120 by root",
                &[
                    (9.0, "appears"),
                    (11.0, "ends: start failed: QEMU exited with code 1"),
                    (19.0, "appears"),
                    (21.0, "ends: start failed: QEMU exited with code 1"),
                ],
            ),
            (
                "task node4 hastart 120 by token",
                &[
                    (40.0, "appears"),
                    (
                        43.0,
                        "ends: command 'ha-manager set vm:120 --state started' failed: exit code 255",
                    ),
                ],
            ),
            (
                "PUT /cluster/ha/resources/vm:120 via pve",
                &[
                    (
                        50.0,
                        "500 service 'vm:120' in error state, must be disabled and fixed first",
                    ),
                    (60.0, "200 OK"),
                ],
            ),
        ],
        end_secs: 80.0,
    },
    Stated {
        timeline: Timeline {
            file: "status-daemon-forgotten",
            what: "the status daemon of a node stays stopped: after 296 s its guests and it are `unknown`, live reads \
                   go on",
            guests: &[101],
            faults: &[(6.0, r#"{"fault":"stop-status-daemon","node":"agent1"}"#)],
            ..PLAIN
        },
        cluster: "08-node-death",
        adjust: |_| (),
        calls: &[],
        polls: &[
            "/cluster/resources",
            "/cluster/status",
            "/nodes/agent1/qemu/101/status/current",
        ],
        seen: &[
            (
                "/cluster/resources node/agent1 status",
                &[(0.0, "online"), (302.0, "unknown")],
            ),
            (
                "/cluster/resources qemu/101 status",
                &[(0.0, "running"), (302.0, "unknown")],
            ),
            ("/cluster/status agent1 online", &[(0.0, "1")]),
            (
                "/nodes/agent1/qemu/101/status/current status",
                &[(0.0, "running")],
            ),
        ],
        end_secs: 330.0,
    },
    Stated {
        timeline: Timeline {
            file: "node-frozen",
            what: "a node is frozen: its guests stay listed, calls for it fail after 30 s, it is offline within 7 s",
            guests: &[120],
            faults: &[(12.0, r#"{"fault":"freeze","node":"node4"}"#)],
            ..PLAIN
        },
        cluster: "08-node-death",
        // No watchdog was at work there.
        adjust: |world| world.watchdog = false,
        calls: &[],
        polls: &["/cluster/resources", "/nodes/node4/status"],
        seen: &[
            (
                "/cluster/resources node/node4 status",
                &[(0.0, "online"), (18.5, "offline")],
            ),
            ("/cluster/resources qemu/120 status", &[(0.0, "running")]),
            (
                "/nodes/node4/status answer",
                &[(0.0, "answers"), (42.0, "596 Connection timed out")],
            ),
        ],
        end_secs: 60.0,
    },
];

/// Does what a statement says and compares the fields it speaks of.
pub async fn comparison(stated: &Stated) -> Comparison {
    let timeline = &stated.timeline;
    let mut world = laboratory::world(timeline, &Recording::read(stated.cluster));
    (stated.adjust)(&mut world);
    let mut causes = vec![0.0];
    let mut deeds = Vec::new();
    for (at_secs, json) in timeline.faults {
        causes.push(*at_secs);
        deeds.push((*at_secs, Deed::Fault(serde_json::from_str(json).unwrap())));
    }
    for (at_secs, method, path, form) in stated.calls {
        let [method, path, form] = [method, path, form].map(|text| (*text).to_owned());
        causes.push(*at_secs);
        let act = Act {
            at_secs: *at_secs,
            method,
            path,
            via: "pve".to_owned(),
            form,
        };
        deeds.push((*at_secs, Deed::Act(act)));
    }
    let polls = stated
        .polls
        .iter()
        .map(|path| ((*path).to_owned(), "pve".to_owned()));
    let mut simulated = run(world, timeline.guests, deeds, polls, stated.end_secs).await;
    let step = |(at_secs, value): &(f64, &str)| Step {
        at_secs: *at_secs,
        value: (*value).to_owned(),
    };
    let seen: Tracks = stated
        .seen
        .iter()
        .map(|(track, steps)| ((*track).to_owned(), steps.iter().map(step).collect()))
        .collect();
    simulated.retain(|track, _| seen.contains_key(track));
    compare(
        (timeline.file, false),
        &seen,
        &simulated,
        &causes,
        stated.end_secs,
    )
}
