//! The documentation is run: what a page shows on a console happens, what it shows as YAML is valid, what it links to is
//! there, and its lists are whole.
//!
//! A page is one session in an empty home, from its first line to its last. In what a page shows, `…` stands for any text
//! (alone in a line: for any lines), an age, a moment or a measured figure for any other, and an identifier for whatever
//! the program gave it the first time: later commands of the page use that one.

mod codes;
mod compare;
mod links;
mod markdown;
pub mod rights;
mod session;
mod stage;
mod yaml;

use session::Session;
use stage::Stage;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

/// Runs a page; fails with the place and the difference.
fn run(page: &str, stage: Stage) {
    let text = read(page);
    let mut session = Session::begin(page, stage);
    let ran = session.run(&text).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(ran > 0, "{page} shows nothing that can be run");
}

#[test]
fn the_readme_runs() {
    run("README.md", Stage::Nothing);
}

#[test]
fn the_quick_start_runs() {
    run("docs/QUICKSTART.md", Stage::Nothing);
}

#[test]
fn the_concepts_run() {
    run("docs/CONCEPTS.md", Stage::Nothing);
}

#[test]
fn the_exit_codes_run() {
    run("docs/EXIT_CODES.md", Stage::Nothing);
}

#[test]
fn the_way_to_a_real_cluster_runs() {
    run("docs/REAL_CLUSTER.md", Stage::Cluster);
}

#[test]
fn upgrade_and_backup_run() {
    run("docs/UPGRADE_AND_BACKUP.md", Stage::Nothing);
}
