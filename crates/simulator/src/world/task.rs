//! Tasks: what a node's worker processes do, their ids, logs and ends.
//!
//! Knows nothing of what a task changes; that is in `work.rs`.

use std::time::Duration;

use crate::time::SimTime;

/// What a task does. Times are simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Start a guest.
    Start,
    /// Stop it hard; `overrule` ends a running shutdown first.
    Stop {
        /// End a running shutdown first.
        overrule: bool,
    },
    /// Ask it to shut down.
    Shutdown {
        /// How long to wait.
        timeout: Duration,
        /// Stop it hard after that.
        force: bool,
    },
    /// Shut down and start again.
    Reboot {
        /// How long to wait.
        timeout: Duration,
    },
    /// Reset the processors.
    Reset,
    /// Pause (QEMU) or checkpoint (containers: fails).
    Suspend,
    /// Continue after a pause.
    Resume,
    /// Take a snapshot.
    Snapshot {
        /// Its name.
        name: String,
        /// Its description.
        description: String,
    },
    /// Delete a snapshot.
    DeleteSnapshot {
        /// Its name.
        name: String,
    },
    /// Return to a snapshot.
    Rollback {
        /// Its name.
        name: String,
    },
    /// Move the guest to another node.
    Migrate {
        /// The other node.
        target: String,
        /// With the guest running.
        online: bool,
    },
    /// Start the empty machine that a running guest moves into.
    Incoming,
    /// File a request with the HA manager; nothing has happened when the task ends.
    Ha {
        /// The state asked for.
        state: &'static str,
        /// Or the node asked for.
        target: Option<String>,
    },
    /// Restart (or stop, start) a service of the node.
    Service {
        /// Its name.
        name: String,
        /// `start`, `stop`, `restart` or `reload`.
        verb: &'static str,
    },
    /// Make a guest.
    Create {
        /// What its log says.
        log: Vec<String>,
        /// Start it then.
        start: bool,
    },
    /// Destroy a guest.
    Destroy,
    /// Change a guest's configuration.
    Configure(super::change::ConfigChange),
    /// Back guests up.
    Backup(super::lifecycle::Backup),
    /// Show a guest's console to whoever comes.
    Console,
    /// Start the guests that start on boot.
    StartAll,
    /// Stop all guests before the node goes down.
    StopAll,
}

/// How far a task has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The worker was forked.
    Forked,
    /// It waits for the guest's lock file since then.
    Locking(SimTime),
    /// It holds the lock (if it needs one) and is at this step.
    Step(u16),
    /// It waits since then for the guest to go down.
    Waiting(SimTime),
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: SimTime,
    /// `OK`, or the text of the error.
    pub status: String,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Number in the world, in order of starting.
    pub seq: u64,
    /// The id a client sees.
    pub upid: String,
    /// The node it runs on.
    pub node: String,
    /// Worker process.
    pub pid: u32,
    /// Node uptime at the start, hundredths of a second.
    pub pstart: u64,
    /// Start (Unix seconds).
    pub started_at_secs: u64,
    /// Start.
    pub started: SimTime,
    /// `qmstart`, `vzstop`, `hastart` ...
    pub kind: String,
    /// The object, often a vmid; may be empty.
    pub id: String,
    /// Who began it, with token.
    pub user: String,
    /// Lines of its log, without the last one that tells the end.
    pub log: Vec<String>,
    /// Its end, when it has ended.
    pub end: Option<End>,
    /// What it does.
    pub work: Work,
    /// How far it has come.
    pub phase: Phase,
}

impl Task {
    /// The guest it is about.
    pub fn vmid(&self) -> Option<u32> {
        self.id.parse().ok()
    }

    /// User without token.
    pub fn owner(&self) -> &str {
        self.user
            .split_once('!')
            .map_or(self.user.as_str(), |(user, _)| user)
    }

    /// Token name.
    pub fn token(&self) -> Option<&str> {
        self.user.split_once('!').map(|(_, token)| token)
    }

    /// The lines a reader sees at `now`, with the one that tells the end.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.log.clone();
        if let Some(end) = &self.end {
            lines.push(match end.status.as_str() {
                "OK" => "TASK OK".to_owned(),
                warnings if warnings.starts_with("WARNINGS") => format!("TASK {warnings}"),
                error => format!("TASK ERROR: {error}"),
            });
        }
        lines
    }
}

/// The parts of a task id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpidParts {
    /// The node it ran on.
    pub node: String,
    /// Start (Unix seconds).
    pub started_at_secs: u64,
    /// Its type.
    pub kind: String,
}

/// Takes a task id apart; nothing when it is malformed.
pub fn parse_upid(text: &str) -> Option<UpidParts> {
    let parts: Vec<&str> = text.split(':').collect();
    let [head, node, pid, pstart, start, kind, _id, user, tail] = parts.as_slice() else {
        return None;
    };
    let hex = |part: &str, most: usize| {
        (8..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let sound = *head == "UPID"
        && tail.is_empty()
        && !node.is_empty()
        && node
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && hex(pid, 8)
        && hex(pstart, 9)
        && hex(start, 8)
        && !kind.is_empty()
        && !user.is_empty();
    let started_at_secs = u64::from_str_radix(start, 16).ok()?;
    sound.then(|| UpidParts {
        node: (*node).to_owned(),
        started_at_secs,
        kind: (*kind).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_task_ids_are_understood() {
        let parts = parse_upid("UPID:pve:00000A45:0003E75B:6B045A7E:qmstart:101:root@pam!jarvis:").unwrap();
        assert_eq!(parts.node, "pve");
        assert_eq!(parts.kind, "qmstart");
        assert_eq!(parts.started_at_secs, 1_795_447_422);
        assert!(parse_upid("UPID:node4:000000C7:0005D5A2:6B045F6F:startall::root@pam:").is_some());
        assert!(parse_upid("notaupid").is_none());
        assert!(parse_upid("UPID:pve:00000A45:0003E75B:6B045A7E:qmstart:101:root@pam").is_none());
    }
}
