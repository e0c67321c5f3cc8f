//! Differences that are meant to be there, each with its reason. Few: a gap is closed rather than explained.

/// Recording and reason.
pub const EXPLAINED: &[(&str, &str)] = &[
    (
        "timeline-node-reboot",
        "no single exchange; what a poller sees while a node reboots is compared under Timelines",
    ),
    (
        "seq-lxc-start",
        "in the last step the original failed once to read the new container's command socket; we answer the status",
    ),
];
