//! The journal on a disk that fails: what is acknowledged survives, what is not is whole or absent, and doubt stops it.

use super::*;
use crate::disk::fake::{Dice, FakeDisk, Loss};
use crate::{AnchorState, verify::verify_on};

pub(super) const FOLDER: &str = "/journal";

pub(super) fn folder() -> &'static Path {
    Path::new(FOLDER)
}

pub(super) fn small() -> Options {
    Options {
        segment_bytes: 1500,
        ballast_bytes: 0,
    }
}

pub(super) fn open(disk: &FakeDisk, options: Options) -> Result<Opened, OpenError> {
    FileJournal::open_on(Arc::new(disk.clone()), folder(), options)
}

pub(super) fn event(text: impl Into<String>) -> Event {
    Event::SourceFailed { reason: text.into() }
}

fn append(journal: &FileJournal, epoch: u64, texts: &[&str]) -> Result<Vec<Stored>, JournalError> {
    let events = texts.iter().map(|text| event(*text)).collect();
    journal.append(journal.head(), epoch, Timestamp::from_secs(1), events)
}

/// Appends of one to three records until the disk dies; answers what was acknowledged.
fn work(disk: &FakeDisk, options: Options, appends: u64) -> Vec<Stored> {
    let mut acknowledged = Vec::new();
    let Ok(opened) = open(disk, options) else {
        return acknowledged;
    };
    assert_eq!(opened.damaged, None);
    let Ok(epoch) = opened.journal.acquire_lease() else {
        return acknowledged;
    };
    for number in 0..appends {
        let texts: Vec<String> = (0..=number % 3)
            .map(|place| format!("append {number} place {place} {}", "x".repeat(90)))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        match append(&opened.journal, epoch, &texts) {
            Ok(stored) => acknowledged.extend(stored),
            Err(_) => break,
        }
    }
    acknowledged
}

/// What must hold after any crash: opens clean, has all acknowledged records, no half append, and can go on.
fn check_after(disk: &FakeDisk, options: Options, acknowledged: &[Stored], what: &str) {
    let opened = open(disk, options).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(opened.damaged, None, "{what}");
    let found = opened.journal.read_after(0, usize::MAX).unwrap();
    assert!(
        found.len() >= acknowledged.len(),
        "{what}: {} of {}",
        found.len(),
        acknowledged.len()
    );
    assert_eq!(&found[..acknowledged.len()], acknowledged, "{what}");
    let whole = (0..).scan(0, |sum, number: usize| {
        Some(std::mem::replace(sum, *sum + number % 3 + 1))
    });
    assert!(
        whole
            .take_while(|sum| *sum <= found.len())
            .any(|sum| sum == found.len()),
        "{what}: half an append"
    );
    let epoch = opened.journal.acquire_lease().unwrap();
    assert!(
        found.iter().all(|stored| stored.record.epoch < epoch),
        "{what}: an epoch was given twice"
    );
    append(&opened.journal, epoch, &["goes on"]).unwrap();
    drop(opened);
    let report = verify_on(disk, folder(), &[]).unwrap();
    assert!(report.is_clean() && report.torn.is_none(), "{what}: {report:?}");
}

#[test]
fn nothing_acknowledged_is_lost_whenever_the_power_goes() {
    let appends = 14;
    let whole = FakeDisk::new();
    work(&whole, small(), appends);
    let operations = whole.operations();
    assert!(operations > 50, "{operations}");
    let mut rounds = 0;
    for stop in 1..=operations {
        let disk = FakeDisk::new();
        disk.die_at(stop);
        let acknowledged = work(&disk, small(), appends);
        let torn = (0..4).map(|variant| Loss::Torn(stop * 100 + variant));
        for loss in [Loss::Nothing, Loss::Unsynced].into_iter().chain(torn) {
            let what = format!("stop at operation {stop}, {loss:?}");
            check_after(&disk.after_crash(loss), small(), &acknowledged, &what);
            rounds += 1;
        }
    }
    assert!(rounds >= 400, "{rounds}");
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_goes_during_repair() {
    let first = FakeDisk::new();
    first.die_at(60);
    let acknowledged = work(&first, small(), 20);
    for variant in 0..20 {
        let torn = first.after_crash(Loss::Torn(variant));
        for stop in 1..8 {
            let disk = torn.copy();
            disk.die_at(stop);
            drop(open(&disk, small()));
            for loss in [Loss::Unsynced, Loss::Torn(variant + stop)] {
                let what = format!("variant {variant}, repair stopped at {stop}, {loss:?}");
                check_after(&disk.after_crash(loss), small(), &acknowledged, &what);
            }
        }
    }
}

#[test]
fn what_is_read_after_a_restart_stays_whenever_the_process_was_killed() {
    let whole = FakeDisk::new();
    work(&whole, small(), 10);
    for (stop, goes_on) in (1..=whole.operations()).flat_map(|stop| [(stop, false), (stop, true)]) {
        let disk = FakeDisk::new();
        disk.die_at(stop);
        work(&disk, small(), 10);
        disk.revive();
        let opened = open(&disk, small()).unwrap();
        let epoch = opened.journal.lock().epoch;
        let mut read = opened.journal.read_after(0, usize::MAX).unwrap();
        if goes_on {
            read.extend(append(&opened.journal, epoch, &["without a new lease"]).unwrap());
        }
        let after = open(&disk.after_crash(Loss::Unsynced), small()).unwrap();
        assert_eq!(after.damaged, None, "killed at operation {stop}");
        assert_eq!(
            after.journal.read_after(0, usize::MAX).unwrap(),
            read,
            "killed at operation {stop}"
        );
    }
}

#[test]
fn a_torn_append_is_cut_off_and_reported_and_a_half_append_goes_whole() {
    let disk = FakeDisk::new();
    let opened = open(&disk, Options::default()).unwrap();
    assert_eq!(opened.repaired, None);
    let epoch = opened.journal.acquire_lease().unwrap();
    append(&opened.journal, epoch, &["kept"]).unwrap();
    let path = folder().join(segment_name(1));
    let kept = disk.content(&path).unwrap();
    append(&opened.journal, epoch, &["first half", "second half"]).unwrap();
    let full = disk.content(&path).unwrap();
    for len in kept.len() + 1..full.len() {
        let disk = disk.copy();
        disk.put(&path, &full[..len]);
        let read = FileJournal::open_read_only_on(Arc::new(disk.clone()), folder()).unwrap();
        assert_eq!(
            (read.journal.head(), read.damaged),
            (1, None),
            "a reader sees whole appends only"
        );
        let opened = open(&disk, Options::default()).unwrap();
        let bytes = (len - kept.len()) as u64;
        assert_eq!(
            opened.repaired,
            Some(Repaired {
                path: path.clone(),
                bytes,
                head: 1
            })
        );
        assert_eq!((opened.journal.head(), opened.damaged), (1, None));
        assert_eq!(disk.content(&path).unwrap(), kept);
    }
}

#[test]
fn one_sync_for_an_append_and_none_for_reading() {
    let disk = FakeDisk::new();
    let opened = open(&disk, Options::default()).unwrap();
    let epoch = opened.journal.acquire_lease().unwrap();
    let before = disk.syncs();
    append(&opened.journal, epoch, &["a", "b", "c"]).unwrap();
    opened.journal.read_after(0, 10).unwrap();
    assert_eq!(disk.syncs(), before + 1);
}

#[test]
fn a_failed_sync_is_never_tried_again() {
    for suffix in [".seg", "mark.new", ".seg.new"] {
        let disk = FakeDisk::new();
        let journal = open(&disk, small()).unwrap().journal;
        let epoch = journal.acquire_lease().unwrap();
        append(&journal, epoch, &["before"]).unwrap();
        disk.fail_sync_of(suffix);
        let error = match suffix {
            "mark.new" => journal.acquire_lease().unwrap_err(),
            _ => (0..20)
                .find_map(|_| append(&journal, epoch, &[&"x".repeat(200)]).err())
                .unwrap(),
        };
        assert!(
            error.to_string().contains("input/output error"),
            "{suffix}: {error}"
        );
        let (head, operations) = (journal.head(), disk.operations());
        let refused = append(&journal, epoch, &["after"]).unwrap_err();
        assert!(
            refused.to_string().contains("an earlier sync failed"),
            "{suffix}: {refused}"
        );
        assert_eq!(journal.acquire_lease().unwrap_err(), refused);
        assert_eq!(journal.refusal(), Some(refused));
        assert_eq!(
            journal.read_after(0, usize::MAX).unwrap().len() as u64,
            head,
            "what was is readable"
        );
        drop(journal);
        assert_eq!(
            disk.operations(),
            operations,
            "{suffix}: nothing more is written, not even by closing"
        );
    }
}

#[test]
fn what_a_failed_sync_left_in_the_cache_is_made_durable_before_it_is_believed() {
    let disk = FakeDisk::new();
    let journal = open(
        &disk,
        Options {
            ballast_bytes: 0,
            ..Options::default()
        },
    )
    .unwrap()
    .journal;
    let epoch = journal.acquire_lease().unwrap();
    append(&journal, epoch, &["a"]).unwrap();
    disk.fail_sync_of(".seg");
    append(&journal, epoch, &["in the cache only"]).unwrap_err();
    drop(journal);
    // The process restarts on the same machine: the cache still has the record, its pages count as clean.
    let journal = open(
        &disk,
        Options {
            ballast_bytes: 0,
            ..Options::default()
        },
    )
    .unwrap()
    .journal;
    assert_eq!(journal.head(), 2);
    let epoch = journal.acquire_lease().unwrap();
    append(&journal, epoch, &["b"]).unwrap();
    let after = disk.after_crash(Loss::Unsynced);
    let opened = open(
        &after,
        Options {
            ballast_bytes: 0,
            ..Options::default()
        },
    )
    .unwrap();
    assert_eq!((opened.damaged, opened.journal.head()), (None, 3));
}

#[test]
fn a_full_disk_costs_no_record_while_there_is_ballast() {
    let options = Options {
        ballast_bytes: 64 << 10,
        ..Options::default()
    };
    let disk = FakeDisk::new();
    let journal = open(&disk, options).unwrap().journal;
    assert!(!journal.low_space());
    let epoch = journal.acquire_lease().unwrap();
    disk.set_capacity(Some(disk.used() + 1000));
    let text = "y".repeat(700);
    append(&journal, epoch, &[&text]).unwrap();
    assert!(!journal.low_space());
    append(&journal, epoch, &[&text]).unwrap();
    assert!(journal.low_space(), "the ballast is given up and said so");
    assert_eq!(
        journal.acquire_lease().unwrap(),
        epoch + 1,
        "there is room for the mark as well"
    );
    while append(&journal, epoch + 1, &[&text]).is_ok() {}
    let head = journal.head();
    let full = append(&journal, epoch + 1, &[&text]).unwrap_err();
    assert!(matches!(full, JournalError::Write { .. }));
    assert_eq!(
        journal.refusal(),
        None,
        "a full disk is no doubt about what is durable"
    );
    assert!(journal.reclaim_space(), "no room for new ballast");
    let reopened = open(&disk.after_crash(Loss::Unsynced), options).unwrap();
    assert_eq!(
        (reopened.journal.head(), reopened.damaged),
        (head, None),
        "a full disk opens"
    );
    disk.set_capacity(None);
    append(&journal, epoch + 1, &[&text]).unwrap();
    assert!(
        !journal.reclaim_space(),
        "with room again the ballast is made again"
    );
    assert_eq!(disk.content(&ballast::path(folder())).unwrap().len(), 64 << 10);
    drop(journal);
    assert!(verify_on(&disk, folder(), &[]).unwrap().is_clean());
}

#[test]
fn an_append_that_found_no_room_leaves_no_byte() {
    let disk = FakeDisk::new();
    let journal = open(&disk, small()).unwrap().journal;
    let epoch = journal.acquire_lease().unwrap();
    append(&journal, epoch, &["before"]).unwrap();
    let path = folder().join(segment_name(1));
    let before = disk.content(&path).unwrap();
    disk.set_capacity(Some(disk.used() + 150));
    append(&journal, epoch, &[&"too long".repeat(100)]).unwrap_err();
    assert_eq!(disk.content(&path).unwrap(), before);
    assert!(journal.low_space());
    disk.set_capacity(None);
    append(&journal, epoch, &["short"]).unwrap();
    let opened = open(&disk.after_crash(Loss::Unsynced), small()).unwrap();
    assert_eq!(
        (opened.journal.head(), opened.repaired, opened.damaged),
        (2, None, None)
    );
}

#[test]
fn a_lease_is_durable_before_it_is_given() {
    let mut disk = FakeDisk::new();
    let mut last = 0;
    for _ in 0..4 {
        let journal = open(&disk, small()).unwrap().journal;
        let epoch = journal.acquire_lease().unwrap();
        assert!(epoch > last, "{epoch} after {last}, with no record in between");
        last = epoch;
        disk = disk.after_crash(Loss::Unsynced);
    }
}

#[test]
fn a_full_disk_keeps_a_segment_growing_rather_than_lose_a_record() {
    let options = Options {
        segment_bytes: 500,
        ballast_bytes: 0,
    };
    let disk = FakeDisk::new();
    let journal = open(&disk, options).unwrap().journal;
    let epoch = journal.acquire_lease().unwrap();
    append(&journal, epoch, &[&"z".repeat(500)]).unwrap();
    let frame = disk.used();
    append(&journal, epoch, &[&"z".repeat(500)]).unwrap();
    let grown = disk.used() - frame - crate::frame::HEADER;
    disk.set_capacity(Some(disk.used() + grown));
    append(&journal, epoch, &[&"z".repeat(500)]).unwrap_err();
    disk.set_capacity(Some(disk.used() + grown + 10));
    append(&journal, epoch, &[&"z".repeat(500)]).unwrap();
    assert_eq!(journal.head(), 3);
}

#[test]
fn a_rolled_back_or_cut_journal_is_found_against_an_anchor() {
    let disk = FakeDisk::new();
    let journal = open(&disk, small()).unwrap().journal;
    let epoch = journal.acquire_lease().unwrap();
    for number in 0..10 {
        append(&journal, epoch, &[&format!("{number}")]).unwrap();
    }
    let old = disk.copy();
    let early = journal.anchor();
    for number in 10..20 {
        append(&journal, epoch, &[&format!("{number}")]).unwrap();
    }
    let late = journal.anchor();
    assert!(journal.holds(&early).unwrap() && journal.holds(&late).unwrap());
    let report = verify_on(&disk, folder(), &[early.clone(), late.clone()]).unwrap();
    assert_eq!(
        (report.is_clean(), report.anchored_to(), report.records),
        (true, 20, 20)
    );
    let rolled_back = open(&old, small()).unwrap().journal;
    assert!(rolled_back.holds(&early).unwrap());
    assert!(!rolled_back.holds(&late).unwrap());
    let report = verify_on(&old, folder(), &[early, late.clone()]).unwrap();
    assert_eq!(report.broken, None);
    assert!(!report.is_clean());
    assert_eq!(report.anchors[1].state, AnchorState::Missing);
    let epoch = rolled_back.acquire_lease().unwrap();
    for _ in 0..15 {
        append(&rolled_back, epoch, &["another history"]).unwrap();
    }
    assert!(!rolled_back.holds(&late).unwrap());
    let report = verify_on(&old, folder(), &[late]).unwrap();
    assert_eq!(report.anchors[0].state, AnchorState::Different);
}

#[test]
fn chance_is_repeatable() {
    let throw = |seed| {
        (0..4)
            .scan(Dice(seed), |dice, _| Some(dice.below(1000)))
            .collect::<Vec<_>>()
    };
    assert_eq!(throw(1), throw(1));
    assert_ne!(throw(1), throw(2));
}
