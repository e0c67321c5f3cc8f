//! What the reason of a stop means for a run strategy: leave it, act now, act later, announce first, or be blocked.
//!
//! A person's stop is respected under RerunOnFailure and reverted under Always only after an announcement, unless the
//! manifest was changed after the stop: then the commit is the later word. A stop with the node or by the cluster is
//! reconsidered two minutes after the node is back; where all guests were stopped and the node stayed, somebody wanted them
//! off. A stop that no task explains is a crash, but only for a guest that was seen running.

use jarvis_crds::RunStrategy;
use jarvis_model::{StopCause, Timestamp};
use std::time::Duration;

/// How long a person has to put a hold before their stop is reverted.
pub const ANNOUNCE: Duration = Duration::from_mins(1);
/// How long after a node's return, or a stop by the system, guests are left to start by themselves.
pub const AFTER_SYSTEM: Duration = Duration::from_mins(2);
/// How long the stop of all guests of a node may take, until it is clear that the node does not go down itself.
pub const STOPALL_TAKES: Duration = Duration::from_mins(10);
/// How long a reboot may leave a guest down before it counts as not having come back.
pub const AFTER_REBOOT: Duration = Duration::from_secs(45);

/// What is known about a stopped guest.
#[derive(Debug, Clone, Copy)]
pub struct Stopped<'a> {
    /// Its run strategy; Always or RerunOnFailure.
    pub strategy: RunStrategy,
    /// Why it stopped.
    pub cause: &'a StopCause,
    /// Whether it was seen running before it stopped.
    pub seen_running: bool,
    /// When its manifest last changed.
    pub declared_at: Option<Timestamp>,
    /// When its node came back, if it was away.
    pub node_returned_at: Option<Timestamp>,
    /// When its node booted, by its uptime.
    pub node_booted_at: Option<Timestamp>,
    /// Whether its node is stopping all its guests now.
    pub node_stops_all: bool,
    /// Since when the revert has been announced.
    pub announced_at: Option<Timestamp>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inclination {
    /// Leave it stopped: that is somebody's wish, or not known to be a failure.
    Leave(String),
    /// Start it; the text says why.
    Now(String),
    /// Look again then.
    After(Timestamp, String),
    /// Announce that it will be started.
    Announce(String),
    /// Not to be decided until something named changes.
    Blocked(String),
}

/// What the reason of a stop means.
pub fn incline(stopped: &Stopped<'_>, now: Timestamp) -> Inclination {
    if let Some(returned) = stopped.node_returned_at
        && now < returned + AFTER_SYSTEM
    {
        let text = "its node came back a moment ago; guests that start with their node are given two minutes";
        return Inclination::After(returned + AFTER_SYSTEM, text.to_owned());
    }
    match stopped.cause {
        StopCause::Person { user, task_type, at } => by_person(stopped, user, task_type, *at, now),
        StopCause::Ourselves { at } => by_person(stopped, "Jarvis, as declared or asked", "shutdown", *at, now),
        StopCause::System { task_type, at } if task_type == "stopall" => with_all(stopped, *at, now),
        StopCause::System { task_type, at } => by_system(task_type, *at, now),
        StopCause::StartFailed { text, .. } => Inclination::Now(format!("its last start failed: {text}")),
        StopCause::NoTask => without_task(stopped),
        StopCause::Unreadable => Inclination::Blocked(
            "the task list cannot be read, so a stop on purpose cannot be told from a crash; give the reading token \
             Sys.Audit on the node, or set runStrategy: Manual"
                .to_owned(),
        ),
    }
}

fn by_person(
    stopped: &Stopped<'_>,
    user: &str,
    task_type: &str,
    at: Timestamp,
    now: Timestamp,
) -> Inclination {
    if task_type.ends_with("reboot") {
        return if now < at + AFTER_REBOOT {
            Inclination::After(at + AFTER_REBOOT, format!("{user} is rebooting it"))
        } else {
            Inclination::Now(format!("it did not come back from a reboot by {user}"))
        };
    }
    on_purpose(stopped, &format!("stopped by {user}"), at, now)
}

/// Somebody wanted it off.
fn on_purpose(stopped: &Stopped<'_>, how: &str, at: Timestamp, now: Timestamp) -> Inclination {
    if stopped.strategy == RunStrategy::RerunOnFailure {
        return Inclination::Leave(format!("{how}; RerunOnFailure respects that"));
    }
    if stopped.declared_at.is_some_and(|declared| declared > at) {
        return Inclination::Now(format!("{how}, and declared Always after that"));
    }
    match stopped.announced_at {
        None => Inclination::Announce(format!("{how}, declared Always")),
        Some(announced) if now < announced + ANNOUNCE => Inclination::After(
            announced + ANNOUNCE,
            format!("{how}; the announced minute is not over"),
        ),
        Some(_) => Inclination::Now(format!("{how}, declared Always, announced and not held")),
    }
}

/// Stopped with all guests of its node: the node goes down, or somebody wanted all of them off.
fn with_all(stopped: &Stopped<'_>, at: Timestamp, now: Timestamp) -> Inclination {
    if stopped.node_stops_all {
        let text = "its node is stopping its guests";
        return Inclination::After(now + AFTER_SYSTEM, text.to_owned());
    }
    // A node that was only out of reach did not go down.
    let back = stopped.node_booted_at.or(stopped.node_returned_at);
    if let Some(back) = back.filter(|back| *back > at) {
        return by_system("stopall", back, now);
    }
    if now < at + STOPALL_TAKES {
        let text = "its node stops its guests; whether it goes down itself is not clear yet";
        return Inclination::After(at + STOPALL_TAKES, text.to_owned());
    }
    on_purpose(
        stopped,
        "stopped with all guests of its node, which stayed up",
        at,
        now,
    )
}

fn by_system(task_type: &str, at: Timestamp, now: Timestamp) -> Inclination {
    let due = at + AFTER_SYSTEM;
    if now < due {
        Inclination::After(
            due,
            format!("stopped by the system ({task_type}); it is given two minutes"),
        )
    } else {
        Inclination::Now(format!(
            "stopped by the system ({task_type}) and not started again since"
        ))
    }
}

fn without_task(stopped: &Stopped<'_>) -> Inclination {
    match (stopped.strategy, stopped.seen_running) {
        (RunStrategy::Always, true) => Inclination::Now("it stopped and no task explains it".to_owned()),
        (RunStrategy::Always, false) => Inclination::Now("it is stopped and declared Always".to_owned()),
        (_, true) => {
            Inclination::Now("it stopped and no task explains it: a crash, or a power-off from inside".to_owned())
        }
        (_, false) => Inclination::Leave(
            "it was stopped before Jarvis first saw it, so this is not known to be a failure; start it once, or \
             declare runStrategy: Always"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn stopped(strategy: RunStrategy, cause: &StopCause) -> Stopped<'_> {
        Stopped {
            strategy,
            cause,
            seen_running: true,
            declared_at: Some(at(10)),
            node_returned_at: None,
            node_booted_at: None,
            node_stops_all: false,
            announced_at: None,
        }
    }

    fn person(secs: u64) -> StopCause {
        StopCause::Person {
            user: "root@pam".into(),
            task_type: "qmshutdown".into(),
            at: at(secs),
        }
    }

    fn word(inclination: &Inclination) -> &'static str {
        match inclination {
            Inclination::Leave(_) => "leave",
            Inclination::Now(_) => "now",
            Inclination::After(..) => "after",
            Inclination::Announce(_) => "announce",
            Inclination::Blocked(_) => "blocked",
        }
    }

    #[test]
    fn the_table_of_causes_and_strategies() {
        let system = StopCause::System {
            task_type: "hastop".into(),
            at: at(100),
        };
        let failed = StopCause::StartFailed {
            text: "no disk".into(),
            at: at(100),
        };
        let rows: [(RunStrategy, &StopCause, u64, &str); 12] = [
            (RunStrategy::Always, &person(100), 101, "announce"),
            (RunStrategy::RerunOnFailure, &person(100), 101, "leave"),
            (RunStrategy::RerunOnFailure, &person(100), 1_000_000, "leave"),
            (RunStrategy::Always, &system, 219, "after"),
            (RunStrategy::Always, &system, 220, "now"),
            (RunStrategy::RerunOnFailure, &system, 219, "after"),
            (RunStrategy::RerunOnFailure, &system, 220, "now"),
            (RunStrategy::Always, &StopCause::NoTask, 101, "now"),
            (RunStrategy::RerunOnFailure, &StopCause::NoTask, 101, "now"),
            (RunStrategy::Always, &StopCause::Unreadable, 101, "blocked"),
            (
                RunStrategy::RerunOnFailure,
                &StopCause::Unreadable,
                101,
                "blocked",
            ),
            (RunStrategy::RerunOnFailure, &failed, 101, "now"),
        ];
        for (strategy, cause, now, expected) in rows {
            let got = incline(&stopped(strategy, cause), at(now));
            assert_eq!(word(&got), expected, "{strategy:?} {cause:?} at {now}: {got:?}");
        }
    }

    #[test]
    fn an_announced_revert_waits_its_minute_and_a_later_commit_needs_none() {
        let cause = person(100);
        let mut guest = stopped(RunStrategy::Always, &cause);
        guest.announced_at = Some(at(110));
        assert_eq!(word(&incline(&guest, at(169))), "after");
        assert_eq!(word(&incline(&guest, at(170))), "now");
        guest.announced_at = None;
        guest.declared_at = Some(at(101));
        assert_eq!(word(&incline(&guest, at(102))), "now");
    }

    #[test]
    fn what_was_never_seen_running_has_not_crashed() {
        let mut guest = stopped(RunStrategy::RerunOnFailure, &StopCause::NoTask);
        guest.seen_running = false;
        assert_eq!(word(&incline(&guest, at(101))), "leave");
        guest.strategy = RunStrategy::Always;
        assert_eq!(word(&incline(&guest, at(101))), "now");
    }

    #[test]
    fn a_returning_node_has_two_minutes_whatever_the_cause() {
        let mut guest = stopped(RunStrategy::Always, &StopCause::NoTask);
        guest.node_returned_at = Some(at(1000));
        assert_eq!(incline(&guest, at(1001)), {
            let Inclination::After(due, text) = incline(&guest, at(1001)) else {
                panic!("must wait")
            };
            assert_eq!(due, at(1120));
            Inclination::After(due, text)
        });
        assert_eq!(word(&incline(&guest, at(1120))), "now");
    }

    #[test]
    fn a_stop_of_all_guests_is_a_shutdown_of_the_node_or_somebody_s_wish() {
        let cause = StopCause::System {
            task_type: "stopall".into(),
            at: at(1000),
        };
        let mut guest = stopped(RunStrategy::RerunOnFailure, &cause);
        guest.node_booted_at = Some(at(500));
        // Guests have up to three minutes to end, and are not started meanwhile.
        let waits = incline(&guest, at(1121));
        assert!(
            matches!(waits, Inclination::After(due, _) if due == at(1600)),
            "{waits:?}"
        );
        assert_eq!(word(&incline(&guest, at(1600))), "leave", "the node stayed up");
        guest.strategy = RunStrategy::Always;
        assert_eq!(word(&incline(&guest, at(1600))), "announce");
        guest.announced_at = Some(at(1600));
        assert_eq!(word(&incline(&guest, at(1659))), "after");
        assert_eq!(word(&incline(&guest, at(1660))), "now");
        // It went down and is back, which its uptime tells also to a Jarvis that was down with it.
        guest.announced_at = None;
        for strategy in [RunStrategy::Always, RunStrategy::RerunOnFailure] {
            guest.strategy = strategy;
            guest.node_booted_at = Some(at(1300));
            assert_eq!(word(&incline(&guest, at(1419))), "after");
            assert_eq!(word(&incline(&guest, at(1420))), "now");
            guest.node_booted_at = None;
            guest.node_returned_at = Some(at(1310));
            assert_eq!(word(&incline(&guest, at(1429))), "after");
            assert_eq!(word(&incline(&guest, at(1430))), "now");
            guest.node_returned_at = None;
        }
        // It was out of reach for a moment, and had not gone down.
        guest.strategy = RunStrategy::RerunOnFailure;
        guest.node_booted_at = Some(at(500));
        guest.node_returned_at = Some(at(9000));
        assert_eq!(word(&incline(&guest, at(9120))), "leave");
        // However long it takes, nothing is started on a node that stops its guests.
        guest.node_returned_at = None;
        guest.node_stops_all = true;
        for strategy in [RunStrategy::Always, RunStrategy::RerunOnFailure] {
            guest.strategy = strategy;
            assert_eq!(word(&incline(&guest, at(2500))), "after");
        }
    }

    #[test]
    fn a_reboot_has_its_time_to_come_back() {
        let cause = StopCause::Person {
            user: "op@pve".into(),
            task_type: "qmreboot".into(),
            at: at(100),
        };
        let guest = stopped(RunStrategy::RerunOnFailure, &cause);
        assert_eq!(word(&incline(&guest, at(144))), "after");
        assert_eq!(word(&incline(&guest, at(145))), "now");
    }
}
