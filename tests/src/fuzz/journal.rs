//! A journal after something befell its files. The first byte says what:
//!
//! * `R`: the rest is the first segment, whole, as it lies in the folder;
//! * anything else: what befell a good journal, four bytes a stroke (what, which file, where, value).
//!
//! Whatever it was: verification and opening agree, what is read is what was written up to some record, and an end that is
//! missing is told, as a torn append or as damage.

use jarvis_model::{Event, Timestamp};
use jarvis_ports::{Journal as _, Stored};
use jarvis_store::{FileJournal, Options, verify};
use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

/// Small segments, so that there are some; no ballast, which carries nothing.
const OPTIONS: Options = Options {
    segment_bytes: 1500,
    ballast_bytes: 0,
};
const RECORDS: u64 = 14;
/// Strokes of one input.
const STROKES: usize = 12;

/// A good journal.
struct Good {
    files: BTreeMap<String, Vec<u8>>,
    records: Vec<Stored>,
}

static GOOD: LazyLock<Good> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journal = FileJournal::open(folder.path(), OPTIONS)
        .expect("a new journal")
        .journal;
    let epoch = journal.acquire_lease().expect("nobody else has it");
    while journal.head() < RECORDS {
        let reason = format!(
            "reason {}",
            "x".repeat(usize::try_from(journal.head()).unwrap_or_default() * 7)
        );
        let events = vec![
            Event::SourceFailed { reason },
            Event::SourceRecovered,
            Event::Started {
                version: "1".to_owned(),
            },
        ];
        journal
            .append(journal.head(), epoch, Timestamp::from_secs(1), events)
            .expect("it is written");
    }
    journal.seal().expect("it is sealed");
    let records = journal.read_after(0, usize::MAX).expect("it is read");
    drop(journal);
    Good {
        files: files(folder.path()),
        records,
    }
});

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut files = BTreeMap::new();
    for entry in entries {
        let entry = entry.expect("it is listed");
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "lock" {
            files.insert(name, fs::read(entry.path()).expect("it is read"));
        }
    }
    files
}

/// The bytes of one segment of the good journal after `R`: a seed.
pub fn seed() -> Vec<u8> {
    let segment = GOOD.files.iter().find(|(name, _)| is_segment(name));
    let mut seed = b"R".to_vec();
    seed.extend(segment.map(|(_, bytes)| bytes.clone()).unwrap_or_default());
    seed
}

fn is_segment(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "seg")
}

/// Opens a journal after what the bytes say befell it.
///
/// # Panics
/// When a promise is broken.
pub fn check(data: &[u8]) {
    let mut files = GOOD.files.clone();
    let mut whole = true;
    match data.split_first() {
        Some((b'R', segment)) => {
            let mut segments = files.keys().filter(|name| is_segment(name)).cloned();
            let first = segments.next().unwrap_or_default();
            let others: Vec<String> = segments.collect();
            files.retain(|name, _| !others.contains(name));
            files.insert(first, segment.to_vec());
            whole = false;
        }
        Some((_, strokes)) => {
            for stroke in strokes.as_chunks::<4>().0.iter().take(STROKES) {
                whole &= befall(&mut files, *stroke);
            }
        }
        None => {}
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in &files {
        fs::write(folder.path().join(name), bytes).expect("it is written");
    }
    open(folder.path(), whole);
}

/// One stroke; answers whether all files are there still.
fn befall(files: &mut BTreeMap<String, Vec<u8>>, [what, which, place, value]: [u8; 4]) -> bool {
    let names: Vec<String> = files.keys().cloned().collect();
    let Some(name) = names.get(usize::from(which) % names.len().max(1)) else {
        return false;
    };
    if what % 8 == 7 {
        files.remove(name);
        return false;
    }
    let other = names[usize::from(value) % names.len()].clone();
    let other = files.get(&other).cloned().unwrap_or_default();
    let bytes = files.entry(name.clone()).or_default();
    // Places spread over the file; the value moves them finely.
    let at = (usize::from(place) * bytes.len() / 256 + usize::from(value % 16)).min(bytes.len());
    match what % 8 {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (value % 8);
            }
        }
        2 => bytes.truncate(at),
        3 => bytes.extend(std::iter::repeat_n(value, usize::from(place))),
        4 => {
            for byte in bytes.iter_mut().skip(at).take(16) {
                *byte = value;
            }
        }
        5 => *bytes = other,
        _ => bytes.splice(at..at, [value]).for_each(drop),
    }
    true
}

fn open(folder: &Path, whole: bool) {
    let good = &GOOD.records;
    let Ok(report) = verify(folder, &[]) else {
        // Not readable at all is no wrong reading; opening must not make it one.
        if let Ok(opened) = FileJournal::open_read_only(folder) {
            prefix(&opened.journal, good);
        }
        return;
    };
    let Ok(opened) = FileJournal::open(folder, OPTIONS) else {
        return;
    };
    prefix(&opened.journal, good);
    assert_eq!(
        opened.damaged.is_some(),
        report.broken.is_some(),
        "verification and opening disagree: {report:?} {opened:?}"
    );
    assert_eq!(opened.journal.head(), report.records, "{report:?}");
    if whole && opened.damaged.is_none() && opened.repaired.is_none() {
        assert_eq!(
            opened.journal.head(),
            good.len() as u64,
            "an end is missing and nobody says so"
        );
    }
    if opened.damaged.is_some() {
        let refused = opened.journal.append(
            opened.journal.head(),
            u64::MAX,
            Timestamp::from_secs(2),
            vec![Event::SourceRecovered],
        );
        assert!(refused.is_err(), "nothing is written behind damage");
    }
}

/// What is read is the beginning of what was written.
fn prefix(journal: &FileJournal, good: &[Stored]) {
    let read = journal.read_after(0, usize::MAX).unwrap_or_default();
    assert!(
        good.starts_with(&read),
        "records that were never written, or written otherwise: {read:?}"
    );
}
