//! Figures are bounded, exact by the hour, and let go in time.

use super::*;
use jarvis_model::{HostFigures, HostObserved, NodeName, NodeObserved, NodeStatus, Observation};
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
    let (store, none) = (MemoryStore::default(), Desired::default());
    let mut history = History::default();
    let begin = 1_000 * HOUR_SECS;
    for second in (0..HOUR_SECS).step_by(10) {
        let cpu = if second == 0 { 0.0 } else { 0.5 };
        history
            .take(&look(cpu), &none, Timestamp::from_secs(begin + second), &store)
            .unwrap();
    }
    assert!(
        super::hours(&store, "node/a/cpu", Timestamp::default())
            .unwrap()
            .is_empty(),
        "nothing is written in between"
    );
    history
        .take(&look(0.9), &none, Timestamp::from_secs(begin + HOUR_SECS), &store)
        .unwrap();
    let rows = super::hours(&store, "node/a/cpu", Timestamp::default()).unwrap();
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
    let (store, none) = (MemoryStore::default(), Desired::default());
    let mut history = History::default();
    for day in [0_u64, 1, 92] {
        let at = Timestamp::from_secs(day * 86_400);
        history.take(&look(0.1), &none, at, &store).unwrap();
        history
            .take(&look(0.1), &none, at + Duration::from_secs(HOUR_SECS), &store)
            .unwrap();
    }
    let rows = super::hours(&store, "node/a/cpu", Timestamp::default()).unwrap();
    assert!(
        rows.iter().all(|row| row.began.as_secs() >= 2 * 86_400),
        "{rows:?}"
    );
    assert!(!rows.is_empty());
}

#[test]
fn points_are_those_of_the_series_alone_and_gaps_stay_gaps() {
    let (store, none) = (MemoryStore::default(), Desired::default());
    let mut history = History::default();
    for (second, cpu) in [(10, 0.1), (20, 0.200_04), (40, 7.0)] {
        history
            .take(&look(cpu), &none, Timestamp::from_secs(second), &store)
            .unwrap();
        let away = Observed::default();
        history
            .take(&away, &none, Timestamp::from_secs(second + 5), &store)
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
    let (store, none) = (MemoryStore::default(), Desired::default());
    let mut history = History::default();
    for second in 0..3 {
        history
            .take(&look(0.1), &none, Timestamp::from_secs(second), &store)
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

fn at_degrees(degrees: &[(&str, f64)], now: Timestamp) -> Observed {
    let mut observed = look(0.1);
    let figures = HostFigures {
        temperatures: degrees
            .iter()
            .map(|(name, degrees)| ((*name).to_owned(), *degrees))
            .collect(),
        ..HostFigures::default()
    };
    let host = HostObserved {
        figures: Observation::known(figures, now),
        trouble: None,
    };
    observed.hosts = BTreeMap::from([(Host::Node(NodeName::new("a").unwrap()), host)]);
    observed
}

#[test]
fn temperatures_are_those_of_the_declared_sensor_while_they_are_fresh() {
    let store = MemoryStore::default();
    let mut history = History::default();
    let node = "apiVersion: jarvis.dev/v1alpha1\nkind: Node\nmetadata: {name: a}\nspec: {node: a, temperatureSensor: nvme Composite}\n";
    let files = BTreeMap::from([("a.yaml".to_owned(), node.to_owned())]);
    let desired = jarvis_crds::load::load_unsaved(&files).unwrap().desired;
    let began = Timestamp::from_secs(1_000 * HOUR_SECS);
    let sensors = [("coretemp Package id 0", 61.0), ("nvme Composite", 38.256)];
    let observed = at_degrees(&sensors, began);
    history.take(&observed, &desired, began, &store).unwrap();
    let later = began + Duration::from_secs(30);
    history
        .take(&observed, &Desired::default(), later, &store)
        .unwrap();
    let stale = began + limits::IMPORTANT + Duration::from_secs(1);
    history.take(&observed, &desired, stale, &store).unwrap();
    let degrees: Vec<f32> = history
        .points("node/a/temperature")
        .iter()
        .map(|point| point.value)
        .collect();
    assert_eq!(degrees.len(), 2, "what is old is no figure of now");
    assert!((degrees[0] - 38.26).abs() < 0.005, "{degrees:?}");
    assert!((degrees[1] - 61.0).abs() < 0.005, "{degrees:?}");
    assert_eq!(history.points("guest/100/temperature"), []);
    let hours = history
        .hours(&store, "node/a/temperature", Timestamp::default())
        .unwrap();
    assert_eq!(
        (hours.len(), hours[0].looks, hours[0].max),
        (1, 2, 61.0),
        "the hour that is not over is told"
    );
}

#[test]
fn an_hour_in_which_jarvis_was_started_anew_is_one_hour() {
    let (store, none) = (MemoryStore::default(), Desired::default());
    let began = 1_000 * HOUR_SECS;
    let at = |second: u64| Timestamp::from_secs(began + second);
    let mut before = History::default();
    before.take(&look(0.9), &none, at(0), &store).unwrap();
    before.write(&store).unwrap();
    let mut after = History::default();
    for second in [600, 610, 620] {
        after.take(&look(0.1), &none, at(second), &store).unwrap();
    }
    let told = after.hours(&store, "node/a/cpu", Timestamp::default()).unwrap();
    after.take(&look(0.5), &none, at(HOUR_SECS), &store).unwrap();
    let kept = super::hours(&store, "node/a/cpu", Timestamp::default()).unwrap();
    assert_eq!(told, kept);
    assert_eq!((kept.len(), kept[0].looks), (1, 4));
    assert!(
        (kept[0].mean - 0.3).abs() < 1e-6 && kept[0].max > 0.8 && kept[0].min < 0.2,
        "{kept:?}"
    );
}

fn past(secs: u64, long: u64, cpu: f64) -> PastUsage {
    PastUsage {
        at: Timestamp::from_secs(secs),
        long: Duration::from_secs(long),
        cpu: Some(cpu),
        mem: None,
        disk: None,
    }
}

#[test]
fn what_proxmox_averaged_becomes_hours_before_those_of_jarvis() {
    let hour = HOUR_SECS;
    // Half hours, as release 9 keeps them; and three hours, as release 8 does.
    let rows = [
        past(0, 1800, 0.9),
        past(hour, 1800, 0.1),
        past(hour + 1800, 1800, 0.3),
        past(3 * hour, 3 * hour, 0.5),
        past(6 * hour, 1800, 0.7),
    ];
    let of = |series: &str, before: u64| {
        let mut hours = averaged(series, &rows, Timestamp::from_secs(hour));
        hours.retain(|hour| hour.began < Timestamp::from_secs(before));
        let told = hours.iter().map(|hour| {
            let tenths = |value: f32| format!("{value:.1}");
            assert_eq!(hour.looks, 0, "they are no looks of Jarvis");
            let number = hour.began.as_secs() / HOUR_SECS;
            let [min, mean, max] = [hour.min, hour.mean, hour.max].map(tenths);
            format!("{number}: {min} {mean} {max}")
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        of("node/a/cpu", 6 * hour),
        [
            "1: 0.1 0.2 0.3",
            "3: 0.5 0.5 0.5",
            "4: 0.5 0.5 0.5",
            "5: 0.5 0.5 0.5"
        ]
    );
    assert_eq!(of("node/a/cpu", 2 * hour).len(), 1);
    assert!(
        of("node/a/mem", 9 * hour).is_empty(),
        "what is not said is not known"
    );
}

#[test]
fn proxmox_is_asked_for_what_it_keeps() {
    let node = Subject::Node(NodeName::new("a").unwrap());
    assert_eq!(kept_by_proxmox("node/a/cpu"), Some(node));
    assert_eq!(kept_by_proxmox("node/a/temperature"), None);
    assert_eq!(kept_by_proxmox("node/a/pressure"), None);
}

#[test]
fn hours_in_which_jarvis_did_not_look_are_filled_wherever_they_lie() {
    let hour = |number: u64, looks: u32| Hour {
        began: Timestamp::from_secs(number * HOUR_SECS),
        min: 0.1,
        mean: 0.2,
        max: 0.3,
        looks,
    };
    let own = vec![hour(2, 9), hour(5, 9)];
    let (from, now) = (
        Timestamp::from_secs(2 * HOUR_SECS),
        Timestamp::from_secs(6 * HOUR_SECS),
    );
    assert!(is_missing(&own, from, now), "3 and 4 are missing");
    assert!(!is_missing(&own[1..], Timestamp::from_secs(5 * HOUR_SECS), now));
    // The hour that is not over need not be there.
    assert!(!is_missing(
        &own[1..],
        Timestamp::from_secs(5 * HOUR_SECS),
        now + Duration::from_mins(30)
    ));
    let all = filled(own, (1..6).map(|number| hour(number, 0)).collect());
    let told: Vec<(u64, u32)> = all
        .iter()
        .map(|hour| (hour.began.as_secs() / HOUR_SECS, hour.looks))
        .collect();
    assert_eq!(told, [(1, 0), (2, 9), (3, 0), (4, 0), (5, 9)]);
}

#[test]
fn in_the_mean_of_many_hours_each_counts_the_same_however_often_was_looked_in_it() {
    let hour = |number: u64, min: f32, mean: f32, max: f32, looks: u32| Hour {
        began: Timestamp::from_secs(number * HOUR_SECS),
        min,
        mean,
        max,
        looks,
    };
    // Six hours of which only Proxmox's averages are known, and one that Jarvis looked into a thousand times.
    let mut hours: Vec<Hour> = (1..7).map(|number| hour(number, 0.25, 0.25, 0.25, 0)).collect();
    hours.push(hour(7, 0.125, 0.75, 1.0, 1200));
    let course = Course::of(&hours).unwrap();
    assert!(
        (course.mean - (6.0 * 0.25 + 0.75) / 7.0).abs() < 1e-9,
        "{}",
        course.mean
    );
    assert_eq!((course.min, course.max), (0.125, 1.0));
    assert_eq!(
        (course.peak, course.from),
        (
            Timestamp::from_secs(7 * HOUR_SECS),
            Timestamp::from_secs(HOUR_SECS)
        )
    );
    assert_eq!(Course::of(&[]), None);
}
