//! Why a guest stopped, by its node's tasks. Pure.

use jarvis_model::{StopCause, TaskObserved, Timestamp, Upid};
use std::{collections::BTreeSet, time::Duration};

/// A task that stops a guest as part of a node-wide stop starts at most this long after it.
const NODE_WIDE: Duration = Duration::from_mins(10);

/// The cause, from the guest's own tasks and its node's tasks, both newest first and complete since the guest was last
/// known to run. `own` are the tasks of Jarvis' own intents.
pub fn stop_cause(guest: &[TaskObserved], node: &[TaskObserved], own: &BTreeSet<Upid>) -> StopCause {
    let mut tasks: Vec<&TaskObserved> = guest.iter().collect();
    tasks.sort_by_key(|task| std::cmp::Reverse(task.upid.started_at()));
    for task in tasks {
        let kind = task.upid.task_type();
        let at = task.upid.started_at();
        match kind {
            "qmstart" | "vzstart" | "qmresume" | "vzresume"
                if !task.succeeded() && task.ended_at.is_some() =>
            {
                return StopCause::StartFailed {
                    text: task.exit.clone().unwrap_or_default(),
                    at,
                };
            }
            "qmstart" | "vzstart" | "qmresume" | "vzresume" => return StopCause::NoTask,
            "hastart" | "hastop" | "hamigrate" => {
                return StopCause::System {
                    task_type: kind.to_owned(),
                    at,
                };
            }
            _ if !stops(kind) || !carried_out(task) => {}
            _ if own.contains(&task.upid) => return StopCause::Ourselves { at },
            _ if part_of_node_stop(node, at) => {
                return StopCause::System {
                    task_type: "stopall".to_owned(),
                    at,
                };
            }
            _ => {
                let user = task.upid.user().to_owned();
                return StopCause::Person {
                    user,
                    task_type: kind.to_owned(),
                    at,
                };
            }
        }
    }
    match node.iter().find(|task| task.upid.task_type() == "stopall") {
        Some(task) => StopCause::System {
            task_type: "stopall".to_owned(),
            at: task.upid.started_at(),
        },
        None => StopCause::NoTask,
    }
}

fn stops(kind: &str) -> bool {
    matches!(
        kind,
        "qmstop"
            | "vzstop"
            | "qmshutdown"
            | "vzshutdown"
            | "qmsuspend"
            | "vzsuspend"
            | "qmreboot"
            | "vzreboot"
    )
}

/// A task that failed stopped nothing; one that still runs may have.
fn carried_out(task: &TaskObserved) -> bool {
    task.ended_at.is_none() || task.succeeded()
}

fn part_of_node_stop(node: &[TaskObserved], at: Timestamp) -> bool {
    node.iter().any(|task| {
        let began = task.upid.started_at();
        let ended = task.ended_at.unwrap_or(began + NODE_WIDE);
        task.upid.task_type() == "stopall" && began <= at && at <= ended + Duration::from_secs(5)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(kind: &str, start: u64, ended: Option<&str>) -> TaskObserved {
        let upid = format!("UPID:atlas:00000001:00000001:{start:08X}:{kind}:101:root@pam:");
        TaskObserved {
            upid: upid.parse().unwrap(),
            ended_at: ended.map(|_| Timestamp::from_secs(start + 2)),
            exit: ended.map(str::to_owned),
        }
    }

    fn cause(guest: &[TaskObserved], node: &[TaskObserved]) -> StopCause {
        stop_cause(guest, node, &BTreeSet::new())
    }

    #[test]
    fn a_stop_after_the_last_start_is_a_persons() {
        let tasks = [
            task("qmshutdown", 200, Some("OK")),
            task("qmstart", 100, Some("OK")),
        ];
        assert!(
            matches!(cause(&tasks, &[]), StopCause::Person { task_type, .. } if task_type == "qmshutdown")
        );
    }

    #[test]
    fn a_start_after_the_last_stop_means_that_nothing_explains_it() {
        let tasks = [task("qmstart", 300, Some("OK")), task("qmstop", 200, Some("OK"))];
        assert_eq!(cause(&tasks, &[]), StopCause::NoTask);
        assert_eq!(cause(&[], &[]), StopCause::NoTask);
    }

    #[test]
    fn a_shutdown_that_timed_out_stopped_nothing() {
        let tasks = [
            task("qmshutdown", 200, Some("VM quit/powerdown failed - got timeout")),
            task("qmstart", 100, Some("OK")),
        ];
        assert_eq!(cause(&tasks, &[]), StopCause::NoTask);
    }

    #[test]
    fn a_failed_start_is_named() {
        let tasks = [task(
            "qmstart",
            200,
            Some("start failed: QEMU exited with code 1"),
        )];
        assert!(matches!(cause(&tasks, &[]), StopCause::StartFailed { text, .. } if text.contains("code 1")));
    }

    #[test]
    fn a_stop_within_a_node_wide_stop_is_the_systems() {
        let node = [task("stopall", 195, Some("OK"))];
        let tasks = [
            task("qmshutdown", 196, Some("OK")),
            task("qmstart", 100, Some("OK")),
        ];
        assert!(matches!(cause(&tasks, &node), StopCause::System { .. }));
        let later = [task("qmshutdown", 300, Some("OK"))];
        assert!(matches!(cause(&later, &node), StopCause::Person { .. }));
    }

    #[test]
    fn our_own_stop_is_known_as_ours() {
        let stop = task("qmshutdown", 200, Some("OK"));
        let own = BTreeSet::from([stop.upid.clone()]);
        assert!(matches!(
            stop_cause(&[stop], &[], &own),
            StopCause::Ourselves { .. }
        ));
    }
}
