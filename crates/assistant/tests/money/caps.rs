//! Caps hold, in parallel and over restarts, and say what they are.

use crate::world::{Folder, Mains, at, berlin, caps, far, open, sled, used};
use jarvis_assistant::spend::{Asked, Cap, Caps, EntryState, Kind, ReserveError};
use jarvis_model::Timestamp;
use jarvis_ports::Store;
use jiff::tz::TimeZone;
use std::{
    sync::{Arc, Barrier, atomic::Ordering},
    thread,
};

const NOON: &str = "2026-11-29T12:00:00Z";

/// Fifty requests at once, where twenty fit; half of them end, then Jarvis is killed and begins anew on the same store.
#[test]
fn fifty_at_once_never_overshoot_and_a_restart_forgets_nothing() {
    let folder = Folder::new("fifty");
    let now = at(NOON);
    let store = sled(&folder);
    let ledger = open(&store, caps(2000, 100_000), TimeZone::UTC);
    let start = Arc::new(Barrier::new(50));
    let threads: Vec<_> = (0..50)
        .map(|_| {
            let (ledger, start) = (ledger.clone(), start.clone());
            thread::spawn(move || {
                start.wait();
                ledger
                    .reserve(now, far(100))
                    .ok()
                    .map(jarvis_assistant::spend::Reservation::sent)
            })
        })
        .collect();
    let mut sent: Vec<_> = threads
        .into_iter()
        .filter_map(|one| one.join().unwrap())
        .collect();
    assert_eq!(sent.len(), 20, "exactly as many as fit");
    assert_eq!(ledger.report(now).day.reserved_micro_dollars, 2000);

    for one in sent.drain(..10) {
        assert_eq!(one.settle(Some(&used(30))).micro_dollars, 30);
    }
    assert_eq!(ledger.report(now).day.micro_dollars, 300);
    // Killed: nobody settles the other ten.
    sent.into_iter().for_each(std::mem::forget);
    store.flush().unwrap();
    std::mem::forget(ledger);
    let copy = Folder::new("fifty-after");
    copy_folder(&folder.path().join("store"), &copy.path().join("store"));

    let store = sled(&copy);
    let ledger = open(&store, caps(2000, 100_000), TimeZone::UTC);
    let report = ledger.report(now);
    assert_eq!(report.day.micro_dollars, 300 + 10 * 100);
    assert_eq!((report.lost, report.day.reserved_micro_dollars), (10, 0));
    assert!(ledger.reserve(now, far(701)).is_err());
    ledger.reserve(now, far(700)).unwrap().release();
    // The cost of one becomes known.
    let lost = ledger.lost()[0].id;
    assert!(ledger.known(lost, 25) && !ledger.known(lost, 25));
    drop(ledger);
    let ledger = open(&store, caps(2000, 100_000), TimeZone::UTC);
    assert_eq!(ledger.report(now).day.micro_dollars, 300 + 9 * 100 + 25);
    assert_eq!(ledger.lost().len(), 9);
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_reservation_is_on_disk_before_the_request_may_be_sent() {
    let store = Arc::new(Mains::default());
    let now = at(NOON);
    let as_store: Arc<dyn Store> = store.clone();
    let ledger = open(&as_store, caps(1000, 1000), TimeZone::UTC);
    let sent = ledger.reserve(now, far(600)).unwrap().sent();
    let after: Arc<dyn Store> = Arc::new(store.after_a_power_cut());
    let again = open(&after, caps(1000, 1000), TimeZone::UTC);
    assert_eq!(again.report(now).day.micro_dollars, 600);
    assert!(again.reserve(now, far(401)).is_err());
    drop(sent);
}

#[test]
fn what_cannot_be_written_down_is_not_sent_and_local_models_go_on() {
    let store = Arc::new(Mains::default());
    let now = at(NOON);
    let as_store: Arc<dyn Store> = store.clone();
    let ledger = open(&as_store, caps(1000, 1000), TimeZone::UTC);
    store.is_full.store(true, Ordering::SeqCst);
    assert!(matches!(
        ledger.reserve(now, far(10)),
        Err(ReserveError::Store(_))
    ));
    assert_eq!(ledger.report(now).day.reserved_micro_dollars, 0);
    let local = Asked {
        is_local: true,
        ..far(1_000_000)
    };
    let sent = ledger.reserve(now, local).unwrap().sent();
    assert_eq!(sent.settle(Some(&used(500))).micro_dollars, 0);
    store.is_full.store(false, Ordering::SeqCst);
    ledger.reserve(now, far(1000)).unwrap().release();
}

#[test]
fn what_was_not_sent_is_given_back_and_what_was_sent_and_dropped_counts_whole() {
    let store: Arc<dyn Store> = Arc::new(Mains::default());
    let now = at(NOON);
    let ledger = open(&store, caps(1000, 1000), TimeZone::UTC);
    drop(ledger.reserve(now, far(1000)).unwrap());
    ledger.reserve(now, far(1000)).unwrap().release();
    ledger.reserve(now, far(1000)).unwrap().sent().unbilled();
    assert_eq!(ledger.report(now).day.micro_dollars, 0);
    assert!(ledger.entries(10).unwrap().is_empty());
    drop(ledger.reserve(now, far(300)).unwrap().sent());
    assert_eq!(ledger.report(now).day.micro_dollars, 300);
    let told_nothing = ledger.reserve(now, far(200)).unwrap().sent();
    assert_eq!(told_nothing.settle(None).micro_dollars, 200);
    let entries = ledger.entries(10).unwrap();
    let states: Vec<(u64, EntryState)> = entries.iter().map(|one| (one.cost, one.state)).collect();
    assert_eq!(states, [(200, EntryState::Settled), (300, EntryState::Settled)]);
}

#[test]
fn days_and_months_end_at_the_midnight_of_the_zone() {
    let store: Arc<dyn Store> = Arc::new(Mains::default());
    let ledger = open(&store, caps(100, 150), berlin());
    let before = at("2026-11-29T22:59:59Z");
    let after = at("2026-11-29T23:00:00Z");
    ledger
        .reserve(before, far(100))
        .unwrap()
        .sent()
        .settle(Some(&used(100)));
    let Err(ReserveError::Over(over)) = ledger.reserve(before, far(1)) else {
        panic!("the day is spent");
    };
    assert_eq!((over.cap, over.until), (Cap::Day, Some(after)));
    assert_eq!(
        over.words,
        "the budget of the day ($0.0001) is spent until 00:00; only local models are asked"
    );
    assert_eq!(ledger.spent(before).map(|over| over.cap), Some(Cap::Day));
    assert_eq!(ledger.spent(after), None);
    // The next day; then the month has no more.
    let over_midnight = ledger.reserve(after, far(50)).unwrap().sent();
    let Err(ReserveError::Over(over)) = ledger.reserve(after, far(1)) else {
        panic!("the month is spent");
    };
    assert_eq!(over.cap, Cap::Month);
    assert_eq!(over.until, Some(at("2026-11-30T23:00:00Z")));
    // It counts for the day it began on.
    over_midnight.settle(Some(&used(40)));
    let december = at("2026-12-01T08:00:00Z");
    assert_eq!(ledger.report(december).month.micro_dollars, 0);
    assert_eq!(ledger.report(december).week.micro_dollars, 40);
    ledger.reserve(december, far(100)).unwrap().release();
}

#[test]
fn one_request_has_a_cap_and_waiting_does_not_help() {
    let store: Arc<dyn Store> = Arc::new(Mains::default());
    let caps = Caps {
        per_request: Some(20_000),
        ..Caps::default()
    };
    let ledger = open(&store, caps, TimeZone::UTC);
    let Err(ReserveError::Over(over)) = ledger.reserve(at(NOON), far(30_000)) else {
        panic!("too dear");
    };
    assert_eq!((over.cap, over.until), (Cap::Request, None));
    assert_eq!(
        over.words,
        "this may cost up to $0.03, and one question may cost $0.02 at most; only local models are asked"
    );
    assert_eq!(ledger.spent(at(NOON)), None);
}

#[test]
fn the_report_adds_up_by_model_and_kind_and_warns_at_eighty() {
    let store: Arc<dyn Store> = Arc::new(Mains::default());
    let ledger = open(&store, caps(1_000_000, 10_000_000), TimeZone::UTC);
    let mut changes = ledger.changes();
    let now = at(NOON);
    let ask = |model, kind, cost, is_local| {
        let asked = Asked {
            model,
            kind,
            is_local,
            ..far(cost)
        };
        ledger
            .reserve(now, asked)
            .unwrap()
            .sent()
            .settle(Some(&used(cost)));
    };
    ask("haiku", Kind::Question, 500_000, false);
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    assert!(ledger.report(now).warnings.is_empty());
    ask("haiku", Kind::Canary, 200_000, false);
    ask("qwen", Kind::Narration, 900_000, true);
    ask("unknown", Kind::Question, 100_000, false);
    let report = ledger.report(now);
    assert_eq!(report.day.micro_dollars, 800_000);
    assert_eq!((report.day.percent, report.month.percent), (Some(80), Some(8)));
    assert_eq!(
        report.warnings,
        [
            "80 % of the budget of the day ($1.00) is spent".to_owned(),
            "no price is known for unknown, so the dearest is counted; add it to the table of prices"
                .to_owned()
        ]
    );
    for period in [&report.day, &report.week, &report.month] {
        let models: u64 = period.models.iter().map(|one| one.micro_dollars).sum();
        let kinds: u64 = period.kinds.iter().map(|one| one.micro_dollars).sum();
        assert_eq!((models, kinds), (800_000, 800_000));
        assert_eq!(period.requests, 4);
        assert_eq!(period.models[0].model, "haiku");
    }
    assert_eq!(report.days.len(), 31);
    assert_eq!(report.days[30].date, "2026-11-29");
    assert_eq!(report.days[30].micro_dollars, 800_000);
    assert_eq!(report.prices_as_of, "2026-11-23");
    ask("haiku", Kind::Question, 200_000, false);
    assert_eq!(
        ledger.report(now).warnings[0],
        "the budget of the day ($1.00) is spent until 00:00; only local models are asked"
    );
    // And all of it after a restart.
    let again = open(&store, caps(1_000_000, 10_000_000), TimeZone::UTC);
    assert_eq!(again.report(now), ledger.report(now));
}

#[test]
fn old_pages_go_and_the_sums_stay_longer() {
    let store: Arc<dyn Store> = Arc::new(Mains::default());
    let ledger = open(&store, Caps::default(), TimeZone::UTC);
    let first = at("2025-01-01T12:00:00Z");
    let day = |days: u64| Timestamp::from_secs(first.as_secs() + days * 86_400);
    for days in 0..500 {
        for _ in 0..4 {
            let local = Asked {
                is_local: true,
                ..far(0)
            };
            ledger
                .reserve(day(days), local)
                .unwrap()
                .sent()
                .settle(Some(&used(1)));
        }
    }
    let all = store.range("spend", &[], &[], false, usize::MAX).unwrap();
    let entries = ledger.entries(usize::MAX).unwrap();
    // A sweep is made every 256 requests, which are 64 days here.
    assert!(
        entries.len() <= (62 + 1 + 64) * 4,
        "{} single entries",
        entries.len()
    );
    let days = all.len() - entries.len();
    assert!((400..=400 + 65).contains(&days), "{days} sums of days");
}
