//! The generated sections of `docs/SIMULATOR.md`: checked, or written anew with `JARVIS_WRITE_SIMULATOR_DOC=1`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Two tests write sections of one file.
static WRITING: Mutex<()> = Mutex::new(());

/// The section between `<!-- name -->` and `<!-- /name -->` is this text.
pub fn section(name: &str, text: &str) {
    let guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/SIMULATOR.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (head, rest) = document.split_once(&begin).unwrap();
    let (present, tail) = rest.split_once(&end).unwrap();
    let same = present.trim() == text.trim();
    if !same && std::env::var_os("JARVIS_WRITE_SIMULATOR_DOC").is_some() {
        std::fs::write(&path, format!("{head}{begin}\n{text}{end}{tail}")).unwrap();
        return;
    }
    drop(guard);
    assert!(
        same,
        "section '{name}' of docs/SIMULATOR.md is not up to date: run this test with JARVIS_WRITE_SIMULATOR_DOC=1"
    );
}

#[test]
fn the_endpoints_are_listed() {
    let mut by_path: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (method, path) in jarvis_simulator::endpoints() {
        by_path.entry(path).or_default().push(method);
    }
    let calls: usize = by_path.values().map(Vec::len).sum();
    let mut text = format!(
        "{calls} calls on {} paths.\n\n| path | methods |\n| --- | --- |\n",
        by_path.len()
    );
    for (path, methods) in by_path {
        let _ = writeln!(text, "| `{path}` | {} |", methods.join(", "));
    }
    section("endpoints", &text);
}
