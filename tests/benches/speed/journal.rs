//! The journal on disk: one durable append, and memory out of 100,000 records.

use crate::fleet;
use criterion::Criterion;
use jarvis_model::{Closed, Event, Memory, Outcome, Record, Timestamp};
use jarvis_ports::Journal;
use jarvis_store::{FileJournal, Options};
use std::{hint::black_box, path::Path, time::Duration};

const RECORDS: u64 = 100_000;
const START: Timestamp = Timestamp::from_secs(1_800_000_000);
/// As many as are read at a time after a start.
const PAGE: usize = 10_000;

/// Appends, folds, and what a start does: open, read and fold.
pub fn measure(criterion: &mut Criterion) {
    append(criterion);
    let events: Vec<Event> = (0..RECORDS / 5).flat_map(repair).collect();
    let records: Vec<Record> = (1..=RECORDS).zip(events.iter().cloned()).map(record).collect();
    criterion.bench_function("journal/fold 100000 records", |bencher| {
        bencher.iter(|| Memory::fold(black_box(&records)));
    });
    let folder = folder();
    write(folder.path(), &events);
    criterion.bench_function("journal/open, read and fold 100000 records", |bencher| {
        bencher.iter(|| begin(folder.path()));
    });
}

fn append(criterion: &mut Criterion) {
    let folder = folder();
    let journal = open(folder.path());
    let epoch = journal.acquire_lease().expect("the lease");
    let event = Event::IntentLogged {
        intent: Box::new(fleet::intent(1, START)),
    };
    criterion.bench_function("journal/append one intent durably", |bencher| {
        bencher.iter(|| {
            let head = journal.head();
            journal.append(head, epoch, START, vec![event.clone()])
        });
    });
    assert!(journal.head() > 0);
}

fn begin(folder: &Path) -> Memory {
    let journal = open(folder);
    let mut memory = Memory::default();
    loop {
        let page = journal.read_after(memory.seq, PAGE).expect("a sound journal");
        if page.is_empty() {
            break;
        }
        for stored in &page {
            memory.apply(&stored.record);
        }
    }
    assert!(memory.seq >= RECORDS);
    memory
}

fn write(folder: &Path, events: &[Event]) {
    let journal = open(folder);
    let epoch = journal.acquire_lease().expect("the lease");
    for some in events.chunks(PAGE) {
        journal
            .append(journal.head(), epoch, START, some.to_vec())
            .expect("room on the disk");
    }
}

/// The five records of one repair.
fn repair(number: u64) -> [Event; 5] {
    let intent = fleet::intent(number, START);
    let id = intent.id.clone();
    let issue = fleet::issue(u32::try_from(number).unwrap_or(0) % fleet::GUESTS);
    [
        Event::IssueOpened {
            issue: issue.clone(),
            summary: "it is stopped, declared Always: no task explains it".to_owned(),
        },
        Event::IntentLogged {
            intent: Box::new(intent),
        },
        Event::EffectAccepted {
            intent: id.clone(),
            upid: None,
        },
        Event::IntentClosed {
            intent: id,
            outcome: Outcome::Verified,
        },
        Event::IssueClosed {
            issue,
            because: Closed::SustainedHealth,
        },
    ]
}

fn record((seq, event): (u64, Event)) -> Record {
    Record {
        seq,
        at: START + Duration::from_secs(60 * seq),
        epoch: 1,
        event,
    }
}

fn open(folder: &Path) -> FileJournal {
    FileJournal::open(folder, Options::default())
        .expect("the journal opens")
        .journal
}

/// On the disk the build is on; the system's temporary folder may be memory.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}
