//! The simulator against time itself: recorded timelines of a genuine cluster are told again and compared step by step.
//!
//! A recording says what a client saw that polled once a second while something happened. The same cluster is built,
//! the same things are done to it at the same seconds, the same endpoints are polled, and one reader turns both into
//! tracks: the values of one field in their order, with the second at which each was first seen. The order must be
//! equal, and each delay equal within the tolerances of `compare`.

mod compare;
mod laboratory;
mod list;
mod recording;
mod replay;
mod report;
mod stated;
mod tracks;

use compare::{Comparison, compare};
use list::{TIMELINES, Timeline};
use recording::Recording;

async fn comparison(timeline: &Timeline) -> Comparison {
    let recording = Recording::read(timeline.file);
    let recorded = recording.tracks(timeline);
    let simulated = replay::replay(timeline, &recording).await;
    compare(
        (timeline.file, timeline.busy),
        &recorded,
        &simulated,
        &recording.causes(timeline),
        recording.end_secs(),
    )
}

#[tokio::test]
async fn recorded_timelines_are_told_again() {
    let mut all = Vec::new();
    for timeline in TIMELINES {
        all.push((timeline, comparison(timeline).await));
    }
    for timeline in stated::STATED {
        all.push((&timeline.timeline, stated::comparison(timeline).await));
    }
    let wrong: Vec<String> = all
        .iter()
        .flat_map(|(timeline, comparison)| comparison.unexplained(timeline.differences))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report::keep(&all);
}
