//! What is on disk after each step, and what a killed process may have left.

use super::*;
use crate::samples::{MAIL, Story};

fn letters() -> (Vec<Letter>, Desk) {
    let mut story = Story::lost_guest();
    story.picture.desired = crate::samples::desired(&[MAIL]);
    (story.letters(95), story.desk)
}

fn ids(found: &Found) -> Vec<&str> {
    found.letters.iter().map(|letter| letter.id.as_str()).collect()
}

#[test]
fn letters_wait_until_they_are_marked_and_are_not_put_again() {
    let state = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(state.path()).unwrap();
    assert_eq!(outbox.desk().unwrap(), None);
    let (all, desk) = letters();
    assert_eq!(outbox.save(all.clone(), &desk).unwrap(), all);
    let again = Outbox::open(state.path()).unwrap();
    assert_eq!(again.desk().unwrap(), Some(desk.clone()));
    assert_eq!(again.letters().unwrap().letters, all);

    outbox.mark_sent(&all[0]).unwrap();
    assert!(ids(&again.letters().unwrap()).is_empty());
    assert_eq!(ids(&again.sent().unwrap()), [all[0].id.as_str()]);
    // Killed between the letters and the desk, the same letters are made again at the next start.
    assert!(
        again.save(all, &desk).unwrap().is_empty(),
        "what was sent is not put again"
    );
}

#[test]
fn only_the_owner_may_look() {
    use std::os::unix::fs::PermissionsExt as _;
    let state = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(state.path()).unwrap();
    let (all, desk) = letters();
    outbox.save(all, &desk).unwrap();
    for (path, mode) in [
        ("outbox", 0o700),
        ("outbox/letters", 0o700),
        ("outbox/desk.json", 0o600),
    ] {
        let found = fs::metadata(state.path().join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(found, mode, "{path}");
    }
}

#[test]
fn what_is_torn_or_foreign_harms_nothing() {
    let state = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(state.path()).unwrap();
    let (all, desk) = letters();
    outbox.save(all, &desk).unwrap();
    let folder = outbox.letters_folder();
    fs::write(folder.join(".unfinished-x"), "{\"id\":").unwrap();
    fs::write(folder.join("torn.json"), "{\"id\":").unwrap();
    fs::write(folder.join("notes.txt"), "x").unwrap();
    let found = Outbox::open(state.path()).unwrap().letters().unwrap();
    assert_eq!((found.letters.len(), found.damaged.len()), (1, 1));
    assert!(!folder.join(".unfinished-x").exists());
    fs::write(outbox.desk_file(), "{").unwrap();
    let error = outbox.desk().unwrap_err().to_string();
    assert!(
        error.contains("desk.json") && error.contains("check room and rights"),
        "{error}"
    );
    outbox.set_desk_aside().unwrap();
    assert_eq!(outbox.desk().unwrap(), None);
}

#[test]
fn what_was_sent_is_kept_for_a_while_only() {
    let state = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(state.path()).unwrap();
    let (all, _) = letters();
    for number in 0..SENT_KEPT + 20 {
        let letter = Letter {
            id: format!("{number:04}"),
            ..all[0].clone()
        };
        outbox.update(&letter).unwrap();
        outbox.mark_sent(&letter).unwrap();
    }
    assert_eq!(outbox.sent().unwrap().letters.len(), SENT_KEPT);
}
