//! The last lines of a journal or container log, cleaned: what a program wrote is never trusted to be text for a screen.

use super::{Output, Trouble, Unfit, absent, argv, owned};
use jarvis_model::ServiceUnit;

/// Lines asked for at most.
const MOST_LINES: u32 = 200;
/// Characters kept of a line.
const LONGEST_LINE: usize = 500;

pub(super) fn program(unit: Option<&ServiceUnit>, lines: u32) -> Result<Vec<String>, Unfit> {
    let lines = lines.clamp(1, MOST_LINES).to_string();
    let journal = [
        "journalctl",
        "--no-pager",
        "--quiet",
        "--output=short-iso",
        "-n",
        &lines,
    ];
    Ok(match unit {
        None => owned(journal),
        Some(unit @ ServiceUnit::Systemd(_)) => {
            let mut argv = owned(journal);
            argv.extend(owned(["-u", argv::name(unit)?]));
            argv
        }
        Some(unit @ ServiceUnit::Docker(_)) => owned([
            "docker",
            "logs",
            "--timestamps",
            "--tail",
            &lines,
            "--",
            argv::name(unit)?,
        ]),
    })
}

/// Oldest first. A container writes to two places; its lines begin with their time and are put in that order.
pub(super) fn answer(unit: Option<&ServiceUnit>, lines: u32, output: Output) -> Result<Vec<String>, Trouble> {
    let container = matches!(unit, Some(ServiceUnit::Docker(_)));
    if !output.succeeded() {
        return Err(if container {
            absent(
                "docker logs",
                &output,
                "is docker there, and may this user use it (group docker)?",
            )
        } else {
            let remedy = "may this user read the journal (group systemd-journal)?";
            absent("journalctl", &output, remedy)
        });
    }
    let mut said: Vec<&str> = output.stdout.lines().collect();
    if container {
        said.extend(output.stderr.lines());
        said.sort_by_key(|line| line.split(' ').next());
    }
    let skipped = said.len().saturating_sub(lines.clamp(1, MOST_LINES) as usize);
    Ok(said.into_iter().skip(skipped).map(clean).collect())
}

/// One line without escape sequences and control characters, cut.
pub fn clean(text: &str) -> String {
    let mut clean = String::new();
    let mut characters = text.trim_end().chars();
    let mut kept = 0;
    while let Some(character) = characters.next() {
        if kept == LONGEST_LINE {
            clean.push('…');
            break;
        }
        match character {
            // ESC [ … letter: colours and cursor movements.
            '\u{1b}' => {
                let mut rest = characters.clone();
                if rest.next() == Some('[') {
                    let end = rest.position(|c| ('@'..='~').contains(&c));
                    if end.is_some() {
                        characters = rest;
                    }
                }
            }
            '\t' | '\n' => {
                clean.push(' ');
                kept += 1;
            }
            other if other.is_control() => {}
            // Marks that turn the direction of text.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            other => {
                clean.push(other);
                kept += 1;
            }
        }
    }
    clean
}
