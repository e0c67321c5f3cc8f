//! A writer in another process is killed without warning, over and over: nothing it acknowledged may be lost.
//!
//! The other process is this test binary again, told by environment variables which part to play and where.

use jarvis_model::{Event, Timestamp};
use jarvis_ports::{Journal, Store, Write as StoreWrite};
use jarvis_store::{FileJournal, MemoryJournal, OpenError, Options, Rebuild, SledStore, verify};
use std::{
    hint,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const PART: &str = "JARVIS_STORE_PART";
const FOLDER: &str = "JARVIS_STORE_FOLDER";
const OPTIONS: Options = Options {
    segment_bytes: 8000,
    ballast_bytes: 0,
};

/// Starts this binary again to play a part.
pub fn again(part: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["kill::the_other_process", "--exact", "--nocapture", "--quiet"])
        .env(PART, part)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test of its own: the part of the other process, when this binary is started for it.
#[test]
fn the_other_process() {
    let (Some(part), Some(folder)) = (std::env::var_os(PART), std::env::var_os(FOLDER)) else {
        return;
    };
    let folder = PathBuf::from(folder);
    match part.to_str().unwrap() {
        "second_writer" => {
            let error = FileJournal::open(&folder, Options::default()).unwrap_err();
            assert!(matches!(error, OpenError::Locked { .. }));
            let OpenError::Locked { pid, .. } = error else {
                return;
            };
            say(&format!("refused {pid:?}"));
        }
        "journal" => write_journal(&folder),
        "store" => write_store(&folder),
        other => panic!("no part {other}"),
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").and_then(|()| out.flush()).unwrap();
}

/// The append that begins behind record `head`: its size and texts follow from there, so that a reader can check both.
fn append_behind(head: u64) -> Vec<Event> {
    let mut dice = head;
    let size = 1 + chance(&mut dice) % 4;
    let text =
        |place: u64, noise: u64| format!("{head} {place} {size} {}", "n".repeat((noise % 300) as usize));
    (0..size)
        .map(|place| Event::SourceFailed {
            reason: text(place, chance(&mut dice)),
        })
        .collect()
}

fn write_journal(folder: &Path) {
    let journal = FileJournal::open(folder, OPTIONS).unwrap().journal;
    let epoch = journal.acquire_lease().unwrap();
    loop {
        let head = journal.head();
        journal
            .append(head, epoch, Timestamp::from_millis(head), append_behind(head))
            .unwrap();
        say(&format!("ack {}", journal.head()));
    }
}

fn write_store(folder: &Path) {
    let store = SledStore::open(folder, Timestamp::from_secs(1)).unwrap().store;
    for number in 0_u64.. {
        let (key, value) = (number.to_be_bytes().to_vec(), vec![7; 200]);
        store
            .apply(vec![StoreWrite::Put {
                space: "s".to_owned(),
                key,
                value,
            }])
            .unwrap();
        store.flush().unwrap();
        say(&format!("ack {number}"));
    }
}

/// Reads acknowledgements until there are `count`, dawdles, kills, reads what else was said; answers the last one.
fn kill_after(mut child: Child, count: u64, dawdle: u64) -> Option<u64> {
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut last = None;
    let number = |line: String| {
        line.strip_prefix("ack ")
            .and_then(|number| number.parse::<u64>().ok())
    };
    let mut heard = 0;
    while heard < count {
        let Some(line) = lines.next() else { break };
        if let Some(number) = number(line) {
            (last, heard) = (Some(number), heard + 1);
        }
    }
    (0..dawdle).for_each(|_| hint::spin_loop());
    child.kill().unwrap();
    // A line that was cut by the kill would parse as a smaller number at worst.
    let rest: Vec<u64> = lines.filter_map(number).collect();
    child.wait().unwrap();
    rest.into_iter().max().max(last)
}

fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// What the journal must hold: every append follows from its place, and the records are exactly the first `head` of that.
fn check_content(folder: &Path) -> u64 {
    let opened = FileJournal::open_read_only(folder).unwrap();
    assert_eq!(opened.damaged, None);
    let found = opened.journal.read_after(0, usize::MAX).unwrap();
    let expected = MemoryJournal::new();
    let mut at = 0;
    while at < found.len() {
        let events = append_behind(at as u64);
        let stored = found.get(at..at + events.len()).expect("whole appends only");
        assert!(
            stored.iter().map(|stored| &stored.record.event).eq(&events),
            "append behind {at}"
        );
        at += events.len();
        expected
            .append(expected.head(), 0, Timestamp::default(), events)
            .unwrap();
    }
    assert_eq!(expected.head(), found.len() as u64);
    found.len() as u64
}

#[test]
fn two_hundred_kills_lose_no_acknowledged_record() {
    let (mut acknowledgements, mut torn) = (0, 0);
    for series in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let mut dice = series;
        let mut head = 0;
        for round in 0..20 {
            let (count, dawdle) = (chance(&mut dice) % 12, chance(&mut dice) % 60_000);
            let last = kill_after(again("journal", folder.path()), count, dawdle);
            acknowledgements += count;
            let what = format!("series {series}, round {round}");
            if !folder.path().join("00000001.seg").exists() {
                assert_eq!(last, None, "{what}");
                continue;
            }
            let report = verify(folder.path(), &[]).unwrap();
            assert_eq!(report.broken, None, "{what}");
            torn += u32::from(report.torn.is_some());
            let found = check_content(folder.path());
            assert_eq!(found, report.records, "{what}");
            assert!(
                found >= head.max(last.unwrap_or(0)),
                "{what}: {found} records, {last:?} acknowledged, {head} before"
            );
            head = found;
        }
        let opened = FileJournal::open(folder.path(), OPTIONS).unwrap();
        assert_eq!((opened.damaged, opened.journal.head()), (None, head));
    }
    println!("{acknowledgements} acknowledgements waited for, {torn} torn tails");
    assert!(acknowledgements > 600);
}

#[test]
fn a_killed_store_opens_or_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = 5;
    for round in 0..25 {
        let index = folder.path().join(format!("index-{}", round / 5));
        let (count, dawdle) = (chance(&mut dice) % 8, chance(&mut dice) % 60_000);
        let last = kill_after(again("store", &index), count, dawdle);
        let opened = SledStore::open(&index, Timestamp::from_secs(round)).unwrap();
        if let (None, Some(last)) = (&opened.rebuild, last) {
            let key = last.to_be_bytes();
            assert_eq!(
                opened.store.get("s", &key).unwrap(),
                Some(vec![7; 200]),
                "round {round}: flushed and lost"
            );
        }
        assert!(
            !matches!(opened.rebuild, Some(Rebuild::Broken { .. })),
            "a kill breaks nothing: {:?}",
            opened.rebuild
        );
    }
}
