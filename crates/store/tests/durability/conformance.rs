//! The suites of the ports against every implementation.

use jarvis_model::Timestamp;
use jarvis_store::{FileJournal, MemoryJournal, MemoryStore, Options, Rebuild, SledStore, conformance};
use std::sync::Arc;

#[test]
fn the_journal_in_memory_conforms() {
    let journal = MemoryJournal::new();
    conformance::journal(|| Arc::new(journal.clone()));
}

#[test]
fn the_journal_on_disk_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        ballast_bytes: 0,
        ..Options::default()
    };
    conformance::journal(|| Arc::new(FileJournal::open(folder.path(), options).unwrap().journal));
}

#[test]
fn the_journal_on_disk_conforms_with_tiny_segments() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        segment_bytes: 600,
        ballast_bytes: 0,
    };
    conformance::journal(|| Arc::new(FileJournal::open(folder.path(), options).unwrap().journal));
    let segments = std::fs::read_dir(folder.path()).unwrap().filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .path()
            .extension()
            .is_some_and(|extension| extension == "seg")
    });
    assert!(segments.count() > 20);
}

#[test]
fn the_store_in_memory_conforms() {
    let store = MemoryStore::new();
    conformance::store(|| Arc::new(store.clone()));
}

#[test]
fn the_store_on_disk_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("index");
    let mut opened = 0;
    conformance::store(|| {
        let now = Timestamp::from_secs(1);
        let store = SledStore::open(&index, now).unwrap();
        assert_eq!(store.rebuild, (opened == 0).then_some(Rebuild::New));
        opened += 1;
        Arc::new(store.store)
    });
}
