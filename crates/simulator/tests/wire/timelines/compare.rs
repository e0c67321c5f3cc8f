//! Two sets of tracks side by side: the order of values must be equal, each delay within its tolerance.
//!
//! Knows nothing of clusters but the names of fields, by which it chooses a tolerance.

use super::tracks::{Step, Tracks};

/// A value that nobody holds for longer than this may be missed by a poller that asks once a second.
const MISSED_SECS: f64 = 2.5;

/// A class of fields and what a delay may differ by.
pub struct Tolerance {
    /// Which fields.
    pub what: &'static str,
    /// At least this much.
    pub floor_secs: f64,
    /// Why not less.
    pub why: &'static str,
}

/// A delay may differ by a quarter of itself, and by at least this.
pub const TOLERANCES: &[Tolerance] = &[
    Tolerance {
        what: "live reads, guest lists, tasks, membership, answers to calls",
        floor_secs: 2.0,
        why: "two polls",
    },
    Tolerance {
        what: "status, name and uptime in `/cluster/resources`",
        floor_secs: 5.0,
        why: "half a period of the reports: after the same event they followed 1.7, 9.6 and 9.8 s later",
    },
    Tolerance {
        what: "states of the HA managers",
        floor_secs: 5.0,
        why: "half a round of the cluster's manager",
    },
    Tolerance {
        what: "live reads and the like, recorded on a busy machine",
        floor_secs: 5.0,
        why: "two polls, and answers that took up to 3 s",
    },
    Tolerance {
        what: "`/cluster/resources`, recorded on a busy machine",
        floor_secs: 10.0,
        why: "one period: reports came up to 5 s late",
    },
];

fn tolerance(track: &str, busy: bool) -> &'static Tolerance {
    let sampled = ["status", "name", "uptime"]
        .iter()
        .any(|field| track.ends_with(field));
    let of_node = track.starts_with("/cluster/resources node/") && track.ends_with("status");
    if track.starts_with("/cluster/resources") && sampled && !of_node {
        &TOLERANCES[if busy { 4 } else { 1 }]
    } else if track.starts_with("/cluster/ha/status/current service")
        || track.starts_with("/cluster/ha/status/current lrm")
        || track.ends_with("hastate")
        || track.ends_with(" ha")
    {
        &TOLERANCES[2]
    } else {
        &TOLERANCES[if busy { 3 } else { 0 }]
    }
}

/// A step that both have.
#[derive(Clone, Debug)]
pub struct Pair {
    pub track: String,
    pub value: String,
    /// When the thing was done that came before it.
    pub cause_secs: f64,
    pub recorded_secs: f64,
    pub simulated_secs: f64,
    pub tolerance_secs: f64,
}

impl Pair {
    fn new(track: &str, recorded: &Step, simulated: &Step, causes: &[f64], busy: bool) -> Self {
        let before = |cause: &&f64| **cause <= recorded.at_secs;
        let cause_secs = causes.iter().filter(before).copied().fold(0.0, f64::max);
        let delay = recorded.at_secs - cause_secs;
        Self {
            track: track.to_owned(),
            value: recorded.value.clone(),
            cause_secs,
            recorded_secs: recorded.at_secs,
            simulated_secs: simulated.at_secs,
            tolerance_secs: (delay * 0.25).max(tolerance(track, busy).floor_secs),
        }
    }

    pub fn holds(&self) -> bool {
        (self.recorded_secs - self.simulated_secs).abs() <= self.tolerance_secs
    }
}

/// A field whose values are not the same, or not in the same order.
#[derive(Clone, Debug)]
pub struct Disorder {
    pub track: String,
    pub recorded: String,
    pub simulated: String,
}

/// What became of one timeline.
pub struct Comparison {
    pub name: &'static str,
    pub pairs: Vec<Pair>,
    pub disorders: Vec<Disorder>,
}

/// A difference that remains, and why.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// How the field's name begins.
    pub track: &'static str,
    /// Why it differs.
    pub why: &'static str,
}

impl Comparison {
    fn differs(&self, track: &str) -> bool {
        self.disorders
            .iter()
            .any(|disorder| disorder.track.starts_with(track))
            || self
                .pairs
                .iter()
                .any(|pair| pair.track.starts_with(track) && !pair.holds())
    }

    /// Every difference that no entry explains, and every entry that explains none.
    pub fn unexplained(&self, known: &[Known]) -> Vec<String> {
        let explained = |track: &str| known.iter().any(|known| track.starts_with(known.track));
        let orders = self
            .disorders
            .iter()
            .filter(|disorder| !explained(&disorder.track))
            .map(|disorder| {
                format!(
                    "{}: {}\n    recorded  {}\n    simulated {}",
                    self.name, disorder.track, disorder.recorded, disorder.simulated
                )
            });
        let delays = self
            .pairs
            .iter()
            .filter(|pair| !pair.holds() && !explained(&pair.track))
            .map(|pair| {
                format!(
                    "{}: {} becomes '{}' at {:.1} s instead of {:.1} s (done at {:.1} s, tolerance {:.1} s)",
                    self.name,
                    pair.track,
                    pair.value,
                    pair.simulated_secs,
                    pair.recorded_secs,
                    pair.cause_secs,
                    pair.tolerance_secs
                )
            });
        let stale = known
            .iter()
            .filter(|known| !self.differs(known.track))
            .map(|known| {
                format!(
                    "{}: '{}' is listed as different and is not",
                    self.name, known.track
                )
            });
        orders.chain(delays).chain(stale).collect()
    }
}

/// Compares every field that either has. `busy`: the recording machine was saturated. `causes`: when something was done. `end_secs`: the last poll.
pub fn compare(
    (name, busy): (&'static str, bool),
    recorded: &Tracks,
    simulated: &Tracks,
    causes: &[f64],
    end_secs: f64,
) -> Comparison {
    let mut comparison = Comparison {
        name,
        pairs: Vec::new(),
        disorders: Vec::new(),
    };
    let nothing = Vec::new();
    let names: std::collections::BTreeSet<&String> = recorded.keys().chain(simulated.keys()).collect();
    for track in names {
        let theirs = recorded.get(track).unwrap_or(&nothing);
        let ours = simulated.get(track).unwrap_or(&nothing);
        match align(theirs, ours, end_secs) {
            Some(pairs) => {
                let moved = pairs
                    .into_iter()
                    .filter(|(theirs, _)| theirs.at_secs > FIRST_POLL_SECS);
                comparison
                    .pairs
                    .extend(moved.map(|(theirs, ours)| Pair::new(track, theirs, ours, causes, busy)));
            }
            None => comparison.disorders.push(Disorder {
                track: track.clone(),
                recorded: words(theirs),
                simulated: words(ours),
            }),
        }
    }
    comparison
}

/// What is seen until then was so before anything happened.
const FIRST_POLL_SECS: f64 = 2.5;

fn words(steps: &[Step]) -> String {
    let words: Vec<String> = steps
        .iter()
        .map(|step| format!("{:.1} {}", step.at_secs, step.value))
        .collect();
    words.join(" -> ")
}

/// Pairs the steps of two tracks; values that last no longer than a poller may miss can be left out of either.
fn align<'a>(theirs: &'a [Step], ours: &'a [Step], end_secs: f64) -> Option<Vec<(&'a Step, &'a Step)>> {
    let whole = |steps: &'a [Step]| -> Vec<&'a Step> { steps.iter().collect() };
    pair_up(&whole(theirs), &whole(ours), None, end_secs)
}

fn pair_up<'a>(
    theirs: &[&'a Step],
    ours: &[&'a Step],
    before: Option<&str>,
    end_secs: f64,
) -> Option<Vec<(&'a Step, &'a Step)>> {
    if theirs.is_empty() && ours.is_empty() {
        return Some(Vec::new());
    }
    if let (Some(their), Some(our)) = (theirs.first(), ours.first())
        && their.value == our.value
        && let Some(mut rest) = pair_up(&theirs[1..], &ours[1..], Some(&their.value), end_secs)
    {
        rest.insert(0, (their, our));
        return Some(rest);
    }
    if let Some(count) = missable(theirs, before, end_secs)
        && let Some(rest) = pair_up(&theirs[count..], ours, before, end_secs)
    {
        return Some(rest);
    }
    let count = missable(ours, before, end_secs)?;
    pair_up(theirs, &ours[count..], before, end_secs)
}

/// How many steps one missed poll hides: the first one, and the return to the value before it.
fn missable(steps: &[&Step], before: Option<&str>, end_secs: f64) -> Option<usize> {
    let first = steps.first()?;
    let until = steps.get(1).map_or(end_secs, |next| next.at_secs);
    // Events have no duration: a task's appearance or end is never missed.
    let is_event = first.value.starts_with("appears") || first.value.starts_with("ends: ");
    if is_event || until - first.at_secs > MISSED_SECS {
        return None;
    }
    let returns = steps
        .get(1)
        .is_some_and(|next| Some(next.value.as_str()) == before);
    Some(if returns { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracks(name: &str, steps: &[(f64, &str)]) -> Tracks {
        let step = |(at_secs, value): &(f64, &str)| Step {
            at_secs: *at_secs,
            value: (*value).to_owned(),
        };
        Tracks::from([(name.to_owned(), steps.iter().map(step).collect())])
    }

    const LIVE: &str = "/nodes/pve/qemu/100/status/current status";
    const CRASH: &[(f64, &str)] = &[(0.1, "running"), (6.4, "stopped"), (48.8, "running")];

    fn faults(name: &str, recorded: &[(f64, &str)], simulated: &[(f64, &str)]) -> Vec<String> {
        compare(
            ("test", false),
            &tracks(name, recorded),
            &tracks(name, simulated),
            &[6.0, 46.1],
            75.0,
        )
        .unexplained(&[])
    }

    #[test]
    fn equal_tracks_hold() {
        assert_eq!(faults(LIVE, CRASH, CRASH), [""; 0]);
        let close = [(0.0, "running"), (7.0, "stopped"), (47.0, "running")];
        assert_eq!(faults(LIVE, CRASH, &close), [""; 0]);
    }

    #[test]
    fn a_delay_beyond_its_tolerance_is_found() {
        let late = [(0.1, "running"), (8.5, "stopped"), (48.8, "running")];
        let found = faults(LIVE, CRASH, &late);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("'stopped' at 8.5 s instead of 6.4 s"),
            "{found:?}"
        );
        // The same delay is within half a period of the reports.
        assert_eq!(
            faults("/cluster/resources qemu/100 status", CRASH, &late),
            [""; 0]
        );
    }

    #[test]
    fn long_delays_may_differ_by_a_quarter() {
        let death = [(0.1, "online"), (73.0, "fence")];
        assert_eq!(faults(LIVE, &death, &[(0.1, "online"), (66.5, "fence")]), [""; 0]);
        assert_eq!(faults(LIVE, &death, &[(0.1, "online"), (66.0, "fence")]).len(), 1);
    }

    #[test]
    fn another_order_is_found() {
        let other = [(0.1, "running"), (6.4, "paused"), (48.8, "running")];
        assert!(faults(LIVE, CRASH, &other)[0].contains("6.4 paused"));
        assert_eq!(faults(LIVE, CRASH, &CRASH[..2]).len(), 1, "a step is missing");
        assert_eq!(faults(LIVE, &CRASH[..2], CRASH).len(), 1, "a step too many");
        assert_eq!(faults(LIVE, CRASH, &[]).len(), 1, "the field is missing");
    }

    #[test]
    fn what_a_poller_may_miss_is_no_difference() {
        let blink = [(0.1, "running"), (20.0, "paused"), (21.9, "running")];
        assert_eq!(faults(LIVE, &blink, &blink[..1]), [""; 0]);
        assert_eq!(faults(LIVE, &blink[..1], &blink), [""; 0]);
        let pause = [(0.1, "running"), (20.0, "paused"), (23.0, "running")];
        assert_eq!(faults(LIVE, &pause, &pause[..1]).len(), 1);
    }

    #[test]
    fn a_listed_difference_must_be_one() {
        let known = Known {
            track: LIVE,
            why: "a test",
        };
        let late = [(0.1, "running"), (8.5, "stopped"), (48.8, "running")];
        let differs = compare(
            ("test", false),
            &tracks(LIVE, CRASH),
            &tracks(LIVE, &late),
            &[6.0],
            75.0,
        );
        assert_eq!(differs.unexplained(&[known]), [""; 0]);
        let same = compare(
            ("test", false),
            &tracks(LIVE, CRASH),
            &tracks(LIVE, CRASH),
            &[6.0],
            75.0,
        );
        assert_eq!(same.unexplained(&[known]).len(), 1);
    }
}
