//! Replaying recordings written here: kept whole, torn, damaged, with passes lost, with decisions missing.

use super::*;
use crate::{
    folder::{self, Writer},
    recorder::{Limits, PassRecorder},
    scene::Scene,
};
use jarvis_model::{Origin, Tier, Usage};
use jarvis_planner::plan;
use jarvis_ports::Recorder as _;
use jarvis_store::MemoryJournal;
use std::{fs, path::Path};

#[test]
fn a_run_is_reproduced_without_its_figures_for_the_screen() {
    let mut scene = Scene::new();
    let mut writer = scene.writer(Limits::default());
    scene.run(&mut writer, 8);
    writer.end(0).unwrap();
    assert!(
        scene
            .observed
            .guests
            .values()
            .any(|guest| guest.usage != Usage::default())
    );
    let report = scene.replay().unwrap();
    assert!(report.is_clean() && report.unclosed.is_empty(), "{report:#?}");
    assert_eq!(report.passes, 8);
    assert!(report.decisions > 0, "the crash is decided upon: {report:#?}");
    assert_eq!(report.versions.into_iter().collect::<Vec<_>>(), ["1.2.3"]);
}

#[test]
fn an_input_that_is_not_as_it_was_is_a_difference_with_its_place() {
    let mut scene = Scene::new();
    let mut writer = scene.writer(Limits::default());
    scene.run(&mut writer, 8);
    writer.end(0).unwrap();
    let recording = Recording::open(scene.path()).unwrap();
    let changed = |input: &Input<'_>| {
        let mut made = plan(input);
        made.decisions
            .iter_mut()
            .for_each(|decision| decision.attempt += 1);
        made
    };
    let report = replay(recording, &scene.journal, Span::default(), &changed).unwrap();
    assert_eq!(
        report.different, report.decisions,
        "one decision a pass: {report:#?}"
    );
    let first = &report.differences[0];
    assert_eq!(first.path, "decisions[0].attempt");
    assert_eq!(
        (first.recorded.as_deref(), first.replayed.as_deref()),
        (Some("1"), Some("2"))
    );
    assert!(
        first.decision.as_deref().unwrap().contains("start guest 101"),
        "{first:#?}"
    );
    let span = Span {
        to: Some(Timestamp::from_millis(first.at.as_millis() - 1)),
        ..Span::default()
    };
    let before = replay(
        Recording::open(scene.path()).unwrap(),
        &scene.journal,
        span,
        &changed,
    )
    .unwrap();
    assert!(
        before.is_clean() && before.passes > 0,
        "outside of the span nothing is planned: {before:#?}"
    );
}

#[test]
fn a_torn_end_is_told_and_everything_before_it_replayed() {
    let mut scene = Scene::new();
    let mut writer = scene.writer(Limits::default());
    scene.run(&mut writer, 8);
    let path = folder::files(scene.path()).unwrap()[0].1.clone();
    // As a kill leaves it: flushed after each line, never ended.
    let bytes = fs::read(&path).unwrap();
    std::mem::forget(writer);
    let whole = scene.replay().unwrap();
    assert_eq!(
        (whole.passes, whole.unclosed.len(), whole.is_clean()),
        (8, 1, true)
    );
    let mut least = 8;
    for cut in (0..bytes.len()).rev().step_by(7) {
        fs::write(&path, &bytes[..cut]).unwrap();
        let report = scene.replay().unwrap();
        assert!(
            report.is_clean() && report.passes <= least,
            "cut at {cut}: {report:#?}"
        );
        least = report.passes;
    }
    assert_eq!(least, 0);
}

#[test]
fn a_changed_byte_is_damage_and_never_a_difference() {
    let mut scene = Scene::new();
    let mut writer = scene.writer(Limits::default());
    scene.run(&mut writer, 8);
    writer.end(0).unwrap();
    let path = folder::files(scene.path()).unwrap()[0].1.clone();
    let bytes = fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (10..bytes.len()).step_by(3) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        fs::write(&path, &changed).unwrap();
        match scene.replay() {
            // Bits that pad a flush say nothing; everything else is damage, or looks like a torn end.
            Ok(report) => assert!(
                report.is_clean() && (report.passes == 8 || !report.unclosed.is_empty()),
                "byte {at}: {report:#?}"
            ),
            Err(error) => {
                assert!(matches!(error, ReplayError::Recording(_)), "byte {at}: {error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn full_files_are_followed_by_others_and_the_oldest_go() {
    let mut scene = Scene::new();
    let limits = Limits {
        file_bytes: 1,
        total_bytes: 1 << 20,
        files: 3,
    };
    let mut writer = scene.writer(limits);
    scene.run(&mut writer, 9);
    writer.end(0).unwrap();
    let numbers: Vec<u64> = folder::files(scene.path())
        .unwrap()
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(numbers, [7, 8, 9]);
    let report = scene.replay().unwrap();
    assert_eq!((report.passes, report.files, report.is_clean()), (3, 3, true));
    let cut = fs::read(scene.path().join(folder::file_name(8))).unwrap();
    fs::write(scene.path().join(folder::file_name(8)), &cut[..cut.len() / 2]).unwrap();
    let error = scene.replay().unwrap_err().to_string();
    assert!(
        error.contains("00000009") && error.contains("cut short"),
        "{error}"
    );
}

#[test]
fn a_decision_that_no_pass_made_is_missing_unless_the_recording_says_why() {
    let mut scene = Scene::new();
    scene.decide("before the recording");
    let mut writer = scene.writer(Limits::default());
    scene.run(&mut writer, 3);
    scene.decide("of nobody");
    scene.run(&mut writer, 1);
    scene.decide("behind lost passes");
    writer.pass(&scene.pass(), 2).unwrap();
    scene.decide("behind the last line");
    std::mem::forget(writer);
    let decided = scene.replay().unwrap();
    assert_eq!(decided.gaps.iter().map(|gap| gap.passes).collect::<Vec<_>>(), [2]);
    let decided = decided.decided;
    assert_eq!(
        (decided.older, decided.lost, decided.recorded),
        (1, 2, 0),
        "{decided:#?}"
    );
    assert_eq!(decided.missing.len(), 1);
    assert!(decided.missing[0].why.contains("does not decide this"));
}

#[test]
fn a_decision_stands_with_its_own_facts_only() {
    let mut scene = Scene::new();
    let mut writer = scene.writer(Limits::default());
    let decision = loop {
        scene.run(&mut writer, 1);
        let pass = scene.pass();
        if let Some(decision) = pass
            .plan
            .decisions
            .first()
            .filter(|found| found.verdict.is_permit())
        {
            writer.pass(&pass, 0).unwrap();
            break decision.clone();
        }
    };
    let decided = |facts: Vec<String>| Event::Decided {
        digest: decision.request.digest.clone(),
        action: decision.request.action.clone(),
        origin: Origin::Reconciler,
        resource: None,
        tier: Tier::Yellow,
        evidence: facts,
    };
    scene.remember(vec![decided(decision.evidence.clone())]);
    scene.remember(vec![decided(vec!["other".to_owned()])]);
    scene.run(&mut writer, 1);
    writer.end(0).unwrap();
    let report = scene.replay().unwrap();
    assert_eq!(
        (report.decided.recorded, report.decided.missing.len()),
        (1, 1),
        "{report:#?}"
    );
    assert!(report.decided.missing[0].why.contains("other facts"));
}

#[test]
fn a_journal_that_ends_before_the_recording_is_told() {
    let mut scene = Scene::new();
    let mut writer = scene.writer(Limits::default());
    scene.run(&mut writer, 8);
    writer.end(0).unwrap();
    let recording = Recording::open(scene.path()).unwrap();
    let error = replay(recording, &MemoryJournal::new(), Span::default(), &plan).unwrap_err();
    assert!(
        error.to_string().contains("the journal ends before it"),
        "{error}"
    );
}

#[test]
fn a_recorder_that_cannot_write_loses_passes_counts_them_and_holds_nobody_up() {
    let mut scene = Scene::new();
    let blocked = scene.path().join("blocked");
    fs::write(&blocked, "a file where the folder should be").unwrap();
    let recorder = PassRecorder::begin(&blocked, "1.2.3", Limits::default()).unwrap();
    for _ in 0..200 {
        recorder.record(scene.pass());
    }
    recorder.close();
    assert!(!recorder.record(scene.pass()), "it is closed");

    fs::remove_file(&blocked).unwrap();
    let mut writer = Writer::new(blocked.join("a"), "1.2.3".to_owned(), Limits::default());
    fs::write(&blocked, "").unwrap();
    assert!(writer.pass(&scene.pass(), 3).is_err());
    fs::remove_file(&blocked).unwrap();
    writer.pass(&scene.pass(), 0).unwrap();
    scene.run(&mut writer, 2);
    writer.end(0).unwrap();
    let recording = Recording::open(&blocked.join("a")).unwrap();
    let report = replay(recording, &scene.journal, Span::default(), &plan).unwrap();
    assert_eq!(report.gaps.iter().map(|gap| gap.passes).collect::<Vec<_>>(), [4]);
    assert!(report.is_clean(), "{report:#?}");
}

#[test]
fn nothing_is_written_before_the_first_pass_and_files_are_their_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut scene = Scene::new();
    let folder = scene.path().join("passes");
    let recorder = PassRecorder::begin(&folder, "1.2.3", Limits::default()).unwrap();
    assert!(!folder.exists());
    let pass = scene.pass();
    assert!(recorder.record(pass.clone()));
    recorder.close();
    scene.remember(pass.plan.events.clone());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = folder::files(&folder).unwrap()[0].1.clone();
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
}
