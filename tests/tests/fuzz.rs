//! The fuzzing targets without a fuzzer: every seed, and some thousand changed copies, the same ones every time. What a
//! fuzzer found becomes a seed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use jarvis_tests::fuzz::{TARGETS, mutate};
use std::{fs, panic, path::PathBuf};

/// No target needs more.
const LONGEST_BYTES: usize = 4096;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn run(name: &str, copies: usize) {
    let (_, check) = TARGETS.iter().find(|(target, _)| *target == name).unwrap();
    let seeds = seeds(name);
    assert!(seeds.len() >= 3, "{name} has seeds");
    for seed in &seeds {
        check(seed);
    }
    let mut chance = mutate::Chance::new(7);
    for _ in 0..copies {
        let input = mutate::copy(&seeds, &mut chance, LONGEST_BYTES);
        if let Err(why) = panic::catch_unwind(|| check(&input)) {
            let shown = input.escape_ascii();
            let told = format!("input of {name}, to be kept in fuzz/corpus/{name}:\n{shown}\n");
            let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
            panic::resume_unwind(why);
        }
    }
}

#[test]
fn any_manifest_file_is_read_or_refused() {
    run("manifests", 4000);
}

#[test]
fn any_answer_of_proxmox_is_understood_or_refused() {
    run("proxmox", 3000);
}

#[test]
fn any_task_id_is_read_or_refused() {
    run("upid", 50_000);
}

#[test]
fn any_damage_of_a_journal_is_found() {
    run("journal", 1500);
}

#[test]
fn any_request_to_the_api_is_answered_or_refused() {
    run("graphql", 3000);
}

#[test]
fn any_answer_of_a_language_model_is_read_or_refused() {
    run("llm", 20_000);
}

/// A target that is only in one of the places is not run.
#[test]
fn every_target_has_its_program_and_its_seeds() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(
            folder.join("fuzz_targets").join(format!("{name}.rs")).is_file(),
            "{name}"
        );
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    assert_eq!(
        fs::read_dir(folder.join("fuzz_targets")).unwrap().count(),
        TARGETS.len()
    );
    assert_eq!(
        fs::read_dir(folder.join("corpus")).unwrap().count(),
        TARGETS.len()
    );
}
