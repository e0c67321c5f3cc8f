//! Why a guest stopped, by its node's tasks. Pure.

use jarvis_model::{StopCause, TaskObserved, Timestamp, Upid};
use std::{collections::BTreeSet, time::Duration};

/// A task that stops a guest as part of a node-wide stop starts at most this long after it.
const NODE_WIDE: Duration = Duration::from_mins(10);

/// From when on a stop of all guests can be why this one, which ended then, is down though no task of its own says so.
pub fn node_wide_from(ended: Timestamp) -> Timestamp {
    ended - NODE_WIDE
}

/// The cause, from the guest's own tasks and its node's tasks, both newest first and complete since the guest was last
/// known to run. `own` are the tasks of Jarvis' own intents. A stop of all guests that began after `node_wide_from` explains
/// what no task of the guest's own does; without that time none does.
pub fn stop_cause(
    guest: &[TaskObserved],
    node: &[TaskObserved],
    own: &BTreeSet<Upid>,
    node_wide_from: Option<Timestamp>,
) -> StopCause {
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
            _ => {
                if let Some(stopall) = part_of_node_stop(node, at) {
                    return with_all(node, stopall);
                }
                let user = task.upid.user().to_owned();
                return StopCause::Person {
                    user,
                    task_type: kind.to_owned(),
                    at,
                };
            }
        }
    }
    let near = |task: &&TaskObserved| node_wide_from.is_some_and(|from| task.upid.started_at() >= from);
    match node_stops(node).find(near) {
        Some(stopall) => with_all(node, stopall),
        None => StopCause::NoTask,
    }
}

/// Stopped by this stop of all guests, which counts from its end: the node may go down until then, and after. Where the node
/// stopped all its guests again later, it had stayed up, and the earlier one was somebody's wish.
fn with_all(node: &[TaskObserved], stopall: &TaskObserved) -> StopCause {
    let (task_type, began) = ("stopall".to_owned(), stopall.upid.started_at());
    if node_stops(node).any(|other| other.upid.started_at() > began) {
        let user = stopall.upid.user().to_owned();
        return StopCause::Person {
            user,
            task_type,
            at: began,
        };
    }
    let at = stopall.ended_at.unwrap_or(began);
    StopCause::System { task_type, at }
}

fn node_stops(node: &[TaskObserved]) -> impl Iterator<Item = &TaskObserved> {
    node.iter().filter(|task| task.upid.task_type() == "stopall")
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

fn part_of_node_stop(node: &[TaskObserved], at: Timestamp) -> Option<&TaskObserved> {
    node_stops(node).find(|task| {
        let ended = task.ended_at.map(|ended| ended + Duration::from_secs(5));
        task.upid.started_at() <= at && ended.is_none_or(|ended| at <= ended)
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
        stop_cause(guest, node, &BTreeSet::new(), None)
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
    fn a_stop_of_all_counts_from_its_end_and_a_later_one_says_that_the_node_had_stayed_up() {
        let stop = [
            task("qmshutdown", 1001, Some("OK")),
            task("qmstart", 100, Some("OK")),
        ];
        let mut long = task("stopall", 1000, Some("OK"));
        long.ended_at = Some(Timestamp::from_secs(1900));
        let found = cause(&stop, std::slice::from_ref(&long));
        assert!(
            matches!(found, StopCause::System { at, .. } if at.as_secs() == 1900),
            "{found:?}"
        );
        let again = [task("stopall", 90_000, Some("OK")), long];
        let found = cause(&stop, &again);
        assert!(
            matches!(&found, StopCause::Person { task_type, at, .. } if task_type == "stopall" && at.as_secs() == 1000),
            "{found:?}"
        );
    }

    #[test]
    fn an_old_stop_of_others_is_not_why_this_one_is_down() {
        let node = [task("stopall", 1000, Some("OK"))];
        let ended = |at| Some(node_wide_from(Timestamp::from_secs(at)));
        let killed = [task("qmshutdown", 1001, Some("unexpected status"))];
        for (from, expected) in [(ended(1100), true), (ended(1601), false), (None, false)] {
            let found = stop_cause(&killed, &node, &BTreeSet::new(), from);
            assert_eq!(
                matches!(found, StopCause::System { .. }),
                expected,
                "{from:?}: {found:?}"
            );
        }
    }

    #[test]
    fn our_own_stop_is_known_as_ours() {
        let stop = task("qmshutdown", 200, Some("OK"));
        let own = BTreeSet::from([stop.upid.clone()]);
        assert!(matches!(
            stop_cause(&[stop], &[], &own, None),
            StopCause::Ourselves { .. }
        ));
    }
}
