//! A store whose files were damaged opens or is begun anew; it never panics and never keeps the program from starting.

use super::*;
use crate::disk::fake::Dice;

const NOW: Timestamp = Timestamp::from_secs(1);

fn put(key: &[u8], value: &[u8]) -> Write {
    Write::Put {
        space: "s".to_owned(),
        key: key.to_vec(),
        value: value.to_vec(),
    }
}

/// A closed store with a few hundred pairs.
fn filled(index: &Path) {
    let store = SledStore::open(index, NOW).unwrap().store;
    for number in 0_u32..300 {
        store.apply(vec![put(&number.to_be_bytes(), &[7; 120])]).unwrap();
    }
    store.flush().unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).map(drop).unwrap();
        }
    }
}

fn works(store: &SledStore) {
    store.apply(vec![put(b"after", b"v")]).unwrap();
    store.flush().unwrap();
    assert_eq!(store.get("s", b"after").unwrap(), Some(b"v".to_vec()));
}

fn broken_beside(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.contains("broken")).collect();
    names.sort();
    names
}

#[test]
fn a_damaged_store_opens_or_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    filled(&whole);
    let mut dice = Dice(1);
    let (mut rebuilt, mut opened) = (0, 0);
    for round in 0..60 {
        let index = folder.path().join(format!("index{round}"));
        copy(&whole, &index);
        let name = if round % 6 == 5 { "conf" } else { "db" };
        let mut bytes = fs::read(index.join(name)).unwrap();
        let at = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
        match round % 3 {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes.truncate(at),
            _ => {
                let end = bytes.len().min(at + 4000);
                bytes[at..end]
                    .iter_mut()
                    .for_each(|byte| *byte = u8::try_from(dice.below(256)).unwrap());
            }
        }
        fs::write(index.join(name), bytes).unwrap();
        let outcome = SledStore::open(&index, NOW).unwrap();
        match &outcome.rebuild {
            Some(Rebuild::Broken { moved_to, .. }) => {
                assert!(moved_to.is_dir());
                assert_eq!(
                    outcome.store.range("s", b"", b"", false, 9).unwrap(),
                    Pairs::new()
                );
                rebuilt += 1;
            }
            Some(Rebuild::New) => panic!("round {round}: it was there"),
            None => opened += 1,
        }
        works(&outcome.store);
        drop(outcome);
        fs::remove_dir_all(&index).unwrap();
    }
    println!("{rebuilt} rebuilt, {opened} opened");
    assert!(rebuilt > 0);
}

/// Every file of a folder, by its path within.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_dir() {
            files.extend(
                snapshot(&path)
                    .into_iter()
                    .map(|(inner, bytes)| (name.join(inner), bytes)),
            );
        } else {
            files.insert(name, fs::read(&path).unwrap());
        }
    }
    files
}

/// A file as a power cut between two states may leave it: any sectors and either length.
fn between(old: &[u8], new: &[u8], dice: &mut Dice) -> Vec<u8> {
    let len = if dice.below(2) == 0 { old.len() } else { new.len() };
    let mut bytes = old.to_vec();
    bytes.resize(len, 0);
    for start in (0..len.min(new.len())).step_by(512) {
        let end = (start + 512).min(len).min(new.len());
        if dice.below(2) == 0 {
            bytes[start..end].copy_from_slice(&new[start..end]);
        }
    }
    bytes
}

#[test]
fn a_store_after_a_power_cut_opens_or_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("live");
    let store = SledStore::open(&live, NOW).unwrap().store;
    let mut states = Vec::new();
    for number in 0_u32..30 {
        let value = vec![u8::try_from(number).unwrap(); if number % 7 == 0 { 200_000 } else { 3000 }];
        store.apply(vec![put(&number.to_be_bytes(), &value)]).unwrap();
        if number % 3 != 0 {
            store.flush().unwrap();
        }
        states.push(snapshot(&live));
    }
    drop(store);
    states.push(snapshot(&live));
    let mut dice = Dice(9);
    for (round, pair) in states.windows(2).chain(states.windows(2)).enumerate() {
        let index = folder.path().join(format!("index{round}"));
        fs::create_dir_all(index.join("blobs")).unwrap();
        let names: std::collections::BTreeSet<_> = pair[0].keys().chain(pair[1].keys()).collect();
        for name in names {
            let state = |at: usize| pair[at].get(name).cloned().unwrap_or_default();
            let bytes = between(&state(0), &state(1), &mut dice);
            if pair.iter().all(|files| files.contains_key(name)) || dice.below(2) == 0 {
                fs::write(index.join(name), bytes).unwrap();
            }
        }
        works(&SledStore::open(&index, NOW).unwrap().store);
        fs::remove_dir_all(&index).unwrap();
    }
}

#[test]
fn a_store_that_lost_files_opens_or_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    filled(&whole);
    for name in ["db", "conf", "blobs"] {
        let index = folder.path().join(name);
        copy(&whole, &index);
        let path = index.join(name);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        works(&SledStore::open(&index, NOW).unwrap().store);
    }
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let opened = SledStore::open(&file, NOW).unwrap();
    assert!(matches!(opened.rebuild, Some(Rebuild::Broken { .. })));
    works(&opened.store);
}

#[test]
fn damage_found_in_use_leads_to_a_rebuild_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("index");
    filled(&index);
    let store = SledStore::open(&index, NOW).unwrap().store;
    let failed: Result<(), _> = store.call("read", || Err(sled::Error::ReportableBug("made up".to_owned())));
    assert!(matches!(failed, Err(StoreError::Engine { what: "read", .. })));
    let failed: Result<(), _> = store.call("read", || panic!("gave up"));
    assert!(failed.unwrap_err().to_string().contains("gave up"));
    drop(store);
    let opened = SledStore::open(&index, NOW).unwrap();
    let Some(Rebuild::Broken { why, .. }) = &opened.rebuild else {
        panic!("{opened:?}")
    };
    assert!(why.contains("gave up"), "{why}");
    works(&opened.store);
    drop(opened);
    assert_eq!(
        SledStore::open(&index, NOW).unwrap().rebuild,
        None,
        "once is enough"
    );
}

/// As after a child was started beside it, which holds for a moment what its parent has open.
#[test]
fn a_store_that_is_let_go_a_moment_later_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("index");
    filled(&index);
    let held = SledStore::open(&index, NOW).unwrap().store;
    let (opening, opened) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            opening.send(()).unwrap();
            assert_eq!(SledStore::open(&index, NOW).unwrap().rebuild, None);
        });
        opened.recv().unwrap();
        for _ in 0..50 {
            std::thread::yield_now();
        }
        drop(held);
    });
    assert!(broken_beside(folder.path()).is_empty());
}

#[test]
fn a_store_that_is_open_elsewhere_is_moved_aside_and_only_two_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("index");
    let mut open = vec![SledStore::open(&index, NOW).unwrap().store];
    for round in 0..4 {
        let opened = SledStore::open(&index, Timestamp::from_secs(10 + round / 2)).unwrap();
        assert!(matches!(opened.rebuild, Some(Rebuild::Broken { .. })), "{round}");
        works(&opened.store);
        open.push(opened.store);
    }
    let expected = ["index.broken-00000000011000", "index.broken-00000000011001"];
    assert_eq!(broken_beside(folder.path()), expected);
}
