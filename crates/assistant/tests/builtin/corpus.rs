//! Every phrasing of `phrasings.txt` means what stands above it.

use jarvis_assistant::builtin::{intent::Intent, meaning::meaning};

/// Phrasings with their meanings, as the file has them.
pub fn phrasings() -> Vec<(&'static str, &'static str)> {
    let mut wanted = "";
    let mut all = Vec::new();
    for line in include_str!("phrasings.txt").lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(meaning) => wanted = meaning,
            None => all.push((wanted, line)),
        }
    }
    all
}

/// As the file writes it.
fn written(meant: Option<&Intent>) -> String {
    meant.map_or_else(|| "none".to_owned(), ToString::to_string)
}

#[test]
fn every_phrasing_is_understood_as_written() {
    let all = phrasings();
    assert!(all.len() >= 250, "{} phrasings are too few", all.len());
    let cautious = all
        .iter()
        .filter(|(wanted, _)| wanted.starts_with("caution"))
        .count();
    assert!(cautious >= 40, "{cautious} cautions are too few");
    let wrong: Vec<String> = all
        .iter()
        .map(|(wanted, said)| (wanted, said, written(meaning(said).as_ref())))
        .filter(|(wanted, _, meant)| meant != *wanted)
        .map(|(wanted, said, meant)| format!("{said:?} is {meant:?} and not {wanted:?}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
}
