//! The comparison as a section of `docs/SIMULATOR.md`: written on demand, checked otherwise.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::compare::{Comparison, Pair, TOLERANCES};
use super::list::Timeline;

const BEGIN: &str = "<!-- timelines -->";
const END: &str = "<!-- /timelines -->";
/// Set to write the section instead of checking it.
const WRITE: &str = "JARVIS_WRITE_SIMULATOR_DOC";

/// Writes the section, or compares it with what is there.
pub fn keep(all: &[(&Timeline, Comparison)]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/SIMULATOR.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let begin = text
        .find(BEGIN)
        .expect("docs/SIMULATOR.md lacks <!-- timelines -->")
        + BEGIN.len();
    let end = text
        .find(END)
        .expect("docs/SIMULATOR.md lacks <!-- /timelines -->");
    let section = section(all);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, format!("{}{section}{}", &text[..begin], &text[end..])).unwrap();
        return;
    }
    assert!(
        text[begin..end] == section,
        "the timelines in docs/SIMULATOR.md are not what the simulator does now; write them with {WRITE}=1 cargo test \
         -p jarvis-simulator --test wire timelines"
    );
}

fn section(all: &[(&Timeline, Comparison)]) -> String {
    let mut text = String::from("\n\n");
    text += INTRODUCTION;
    text += "\n| fields | a delay may differ by 25 %, and by at least | because of |\n| --- | --- | --- |\n";
    for tolerance in TOLERANCES {
        let _ = writeln!(
            text,
            "| {} | {} s | {} |",
            tolerance.what, tolerance.floor_secs, tolerance.why
        );
    }
    text += "\n### What remains different\n\n";
    text += "| timeline | field | why |\n| --- | --- | --- |\n";
    for (timeline, _) in all {
        for known in timeline.differences {
            let _ = writeln!(text, "| {} | `{}` | {} |", timeline.file, known.track, known.why);
        }
    }
    text += "\n### Step by step\n";
    for (timeline, comparison) in all {
        let held = comparison.pairs.iter().filter(|pair| pair.holds()).count();
        let _ = writeln!(
            text,
            "\n**{}**: {}; {held} steps.\n",
            timeline.file, timeline.what
        );
        if !timeline.load.is_empty() {
            let parts: Vec<String> = timeline
                .load
                .iter()
                .map(|(at_secs, factor)| format!("{factor} times from {at_secs:.0} s on"))
                .collect();
            let _ = writeln!(
                text,
                "The recording machine was busy; tasks take longer: {}.\n",
                parts.join(", ")
            );
        }
        text += "| done at | field | becomes | recorded after s | simulated after s | tolerance s |\n";
        text += "| ---: | --- | --- | ---: | ---: | ---: |\n";
        let mut pairs: Vec<&Pair> = comparison.pairs.iter().filter(|pair| pair.holds()).collect();
        pairs.sort_by(|a, b| {
            a.recorded_secs
                .total_cmp(&b.recorded_secs)
                .then(a.track.cmp(&b.track))
        });
        for pair in pairs {
            let _ = writeln!(
                text,
                "| {:.1} | `{}` | {} | {:.1} | {:.1} | {:.1} |",
                pair.cause_secs,
                pair.track,
                pair.value,
                pair.recorded_secs - pair.cause_secs,
                pair.simulated_secs - pair.cause_secs,
                pair.tolerance_secs
            );
        }
    }
    text.push('\n');
    text
}

const INTRODUCTION: &str = "\
The timelines of `tests/fixtures/pve/timelines` were recorded once a second on a genuine cluster of Proxmox VE 9.2.11.
`crates/simulator/tests/wire/timelines` tells them again: it builds the same cluster, does the same things at the same
seconds, polls the same endpoints, and compares each field that a poller sees. The values must come in the same order; a
value that lasts less than 2.5 s may be missed by either. Each delay, counted from the thing done before it, must be the
recorded one within its tolerance. The phase of the nodes' reports and of the HA managers' rounds is chance and taken from
the recording. Dropped calls of an overloaded proxy (`596 Broken pipe`) are left out. What follows the recordings is what
the project's notes state without a recording.
";
