//! What every journal must do.

use jarvis_model::{Event, Timestamp};
use jarvis_ports::{Journal, JournalError, Stored};
use std::{panic::panic_any, sync::Arc, thread};

fn event(text: &str) -> Event {
    Event::SourceFailed {
        reason: text.to_owned(),
    }
}

fn fine<T>(result: Result<T, JournalError>) -> T {
    result.unwrap_or_else(|error| panic_any(error.to_string()))
}

fn append(journal: &dyn Journal, epoch: u64, texts: &[&str]) -> Vec<Stored> {
    let events = texts.iter().map(|text| event(text)).collect();
    fine(journal.append(journal.head(), epoch, Timestamp::from_secs(7), events))
}

/// Checks a journal; `reopen` must give the same empty journal at first, and the same content each time after.
pub fn journal(mut reopen: impl FnMut() -> Arc<dyn Journal>) {
    order_and_content(reopen().as_ref());
    conflicts(reopen().as_ref());
    fencing(reopen().as_ref());
    reading(reopen().as_ref());
    racing(reopen());
    let before = reopen();
    let (head, records) = (before.head(), fine(before.read_after(0, usize::MAX)));
    assert_eq!(records.len() as u64, head);
    drop(before);
    let after = reopen();
    assert_eq!(after.head(), head, "the head survives a restart");
    assert_eq!(
        fine(after.read_after(0, usize::MAX)),
        records,
        "so do the records and their hashes"
    );
    let epoch = fine(after.acquire_lease());
    assert!(
        records.iter().all(|stored| stored.record.epoch < epoch),
        "epochs never repeat"
    );
}

fn order_and_content(journal: &dyn Journal) {
    assert_eq!(journal.head(), 0, "a new journal is empty");
    assert_eq!(fine(journal.read_after(0, 10)), Vec::new());
    let epoch = fine(journal.acquire_lease());
    assert!(epoch >= 1);
    let first = append(journal, epoch, &["a"]);
    let more = append(journal, epoch, &["b", "c"]);
    assert_eq!(journal.head(), 3);
    let all = fine(journal.read_after(0, usize::MAX));
    assert_eq!(all, [first, more].concat(), "what is answered is what is read");
    let seqs: Vec<u64> = all.iter().map(|stored| stored.record.seq).collect();
    assert_eq!(seqs, [1, 2, 3], "numbered from 1 without gaps");
    for (stored, text) in all.iter().zip(["a", "b", "c"]) {
        assert_eq!(stored.record.event, event(text));
        assert_eq!(
            (stored.record.at, stored.record.epoch),
            (Timestamp::from_secs(7), epoch)
        );
        assert_eq!(stored.hash.len(), 64);
    }
    assert_ne!(all[0].hash, all[1].hash);
}

fn conflicts(journal: &dyn Journal) {
    let epoch = fine(journal.acquire_lease());
    let head = journal.head();
    for expected in [head - 1, head + 1] {
        let refused = journal.append(expected, epoch, Timestamp::default(), vec![event("x")]);
        assert_eq!(
            refused,
            Err(JournalError::Conflict {
                expected,
                actual: head
            })
        );
    }
    assert_eq!(journal.head(), head, "a refused append leaves nothing");
    assert_eq!(
        fine(journal.append(head, epoch, Timestamp::default(), Vec::new())),
        Vec::new()
    );
    assert_eq!(journal.head(), head, "nothing appended is nothing written");
}

fn fencing(journal: &dyn Journal) {
    let old = fine(journal.acquire_lease());
    let new = fine(journal.acquire_lease());
    assert!(new > old);
    let head = journal.head();
    let refused = journal.append(head, old, Timestamp::default(), vec![event("x")]);
    assert_eq!(
        refused,
        Err(JournalError::Fenced {
            held: old,
            current: new
        })
    );
    let refused = journal.append(head + 5, old, Timestamp::default(), vec![event("x")]);
    assert_eq!(
        refused,
        Err(JournalError::Fenced {
            held: old,
            current: new
        }),
        "the lease is looked at first"
    );
    let unknown = journal.append(head, new + 1, Timestamp::default(), vec![event("x")]);
    assert_eq!(
        unknown,
        Err(JournalError::Fenced {
            held: new + 1,
            current: new
        }),
        "no epoch that was never given"
    );
    append(journal, new, &["by the new holder"]);
}

fn reading(journal: &dyn Journal) {
    let epoch = fine(journal.acquire_lease());
    let from = journal.head();
    for text in 0..200 {
        append(journal, epoch, &[&text.to_string()]);
    }
    let all = fine(journal.read_after(0, usize::MAX));
    assert_eq!(all.len() as u64, journal.head());
    for seq in [0, 1, from, from + 63, from + 64, from + 65, journal.head() - 1] {
        for limit in [0, 1, 3, 100] {
            let found = fine(journal.read_after(seq, limit));
            let expected = all.iter().filter(|stored| stored.record.seq > seq).take(limit);
            assert!(found.iter().eq(expected), "after {seq}, at most {limit}");
        }
    }
    for beyond in [journal.head(), journal.head() + 1, u64::MAX] {
        assert_eq!(fine(journal.read_after(beyond, 5)), Vec::new());
    }
}

/// Four threads append as fast as they can: each expected head is used once.
fn racing(journal: Arc<dyn Journal>) {
    let epoch = fine(journal.acquire_lease());
    let before = journal.head();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let journal = Arc::clone(&journal);
            thread::spawn(move || {
                let mut done = 0;
                while done < 10 {
                    match journal.append(journal.head(), epoch, Timestamp::default(), vec![event("raced")]) {
                        Ok(_) => done += 1,
                        Err(JournalError::Conflict { .. }) => {}
                        Err(error) => panic_any(error.to_string()),
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        assert!(worker.join().is_ok());
    }
    assert_eq!(journal.head(), before + 40);
    let seqs = fine(journal.read_after(before, usize::MAX))
        .into_iter()
        .map(|stored| stored.record.seq);
    assert!(seqs.eq(before + 1..=before + 40));
}
