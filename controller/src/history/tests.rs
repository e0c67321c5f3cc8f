//! Figures are bounded, exact by the hour, and let go in time.

use super::*;
use jarvis_model::{NodeName, NodeObserved, NodeStatus, Observation};
use jarvis_store::MemoryStore;

fn look(cpu: f64) -> Observed {
    let name = NodeName::new("a").unwrap();
    let node = NodeObserved {
        name: name.clone(),
        status: Observation::known(NodeStatus::Online, Timestamp::default()),
        api: Observation::default(),
        returned_at: None,
        uptime_secs: None,
        votes: 1,
        ha_state: None,
        ip: None,
        idle: Observation::default(),
        usage: Usage {
            cpu: Some(cpu),
            ..Usage::default()
        },
    };
    Observed {
        nodes: BTreeMap::from([(name, node)]),
        ..Observed::default()
    }
}

#[test]
fn an_hour_becomes_one_row_and_rings_are_bounded() {
    let store = MemoryStore::default();
    let mut history = History::default();
    let begin = 1_000 * HOUR_SECS;
    for second in (0..HOUR_SECS).step_by(10) {
        let cpu = if second == 0 { 0.0 } else { 0.5 };
        history
            .take(&look(cpu), Timestamp::from_secs(begin + second), &store)
            .unwrap();
    }
    assert!(
        hours(&store, "node/a/cpu", Timestamp::default())
            .unwrap()
            .is_empty(),
        "nothing is written in between"
    );
    history
        .take(&look(0.9), Timestamp::from_secs(begin + HOUR_SECS), &store)
        .unwrap();
    let rows = hours(&store, "node/a/cpu", Timestamp::default()).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].began.as_secs(), rows[0].min, rows[0].max),
        (begin, 0.0, 0.5)
    );
    assert!(rows[0].mean > 0.49 && rows[0].mean < 0.5);
    assert_eq!(history.points("node/a/cpu").len(), RING);
}

#[test]
fn hours_older_than_ninety_days_expire() {
    let store = MemoryStore::default();
    let mut history = History::default();
    for day in [0_u64, 1, 92] {
        let at = Timestamp::from_secs(day * 86_400);
        history.take(&look(0.1), at, &store).unwrap();
        history
            .take(&look(0.1), at + Duration::from_secs(HOUR_SECS), &store)
            .unwrap();
    }
    let rows = hours(&store, "node/a/cpu", Timestamp::default()).unwrap();
    assert!(
        rows.iter().all(|row| row.began.as_secs() >= 2 * 86_400),
        "{rows:?}"
    );
    assert!(!rows.is_empty());
}

#[test]
fn points_are_those_of_the_series_alone_and_gaps_stay_gaps() {
    let store = MemoryStore::default();
    let mut history = History::default();
    for (second, cpu) in [(10, 0.1), (20, 0.200_04), (40, 7.0)] {
        history
            .take(&look(cpu), Timestamp::from_secs(second), &store)
            .unwrap();
        let away = Observed::default();
        history
            .take(&away, Timestamp::from_secs(second + 5), &store)
            .unwrap();
    }
    let points = history.points("node/a/cpu");
    let points: Vec<(u64, f32)> = points
        .iter()
        .map(|point| (point.at.as_secs(), point.value))
        .collect();
    assert_eq!(
        points,
        [(10, 0.1), (20, 0.2), (40, 6.5534)],
        "in steps, and with an end"
    );
    for other in [
        "node/a/mem",
        "node/b/cpu",
        "guest/100/cpu",
        "node/a",
        "node/a/cpu/x",
        "",
    ] {
        assert_eq!(history.points(other), [], "{other}");
    }
}

#[test]
fn those_who_are_seen_are_listed_once_for_as_long_as_they_stay() {
    let store = MemoryStore::default();
    let mut history = History::default();
    for second in 0..3 {
        history
            .take(&look(0.1), Timestamp::from_secs(second), &store)
            .unwrap();
    }
    assert_eq!(Arc::strong_count(&history.looks[0].subjects), 3);
}

#[test]
fn what_is_too_old_is_found_wherever_it_stands() {
    let store = MemoryStore::default();
    let began = |hour: u64| Timestamp::from_secs(hour * HOUR_SECS);
    let rows = (0..EXPIRE_AT_ONCE as u64 + 10).map(|hour| Write::Put {
        space: SPACE.to_owned(),
        key: key(&format!("guest/{}/cpu", 100 + hour % 7), began(hour)),
        value: b"{}".to_vec(),
    });
    store.apply(rows.collect()).unwrap();
    let mut history = History::default();
    let now = began(EXPIRE_AT_ONCE as u64) + KEPT;
    history.expire(now, &store).unwrap();
    assert_eq!(store.range(SPACE, b"", b"", false, 100).unwrap().len(), 10);
}
