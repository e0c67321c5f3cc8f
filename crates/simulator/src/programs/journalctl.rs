//! `journalctl`: the journal of a place, of units or programs, its end or what comes.

use serde_json::json;

use super::{Host, Output, Ran};
use crate::date::{iso_date, syslog_date};
use crate::world::World;
use crate::world::journal::Entry;
use crate::world::place::Place;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Short,
    ShortIso,
    Cat,
    Json,
}

/// Which lines are meant. Alternatives of alternatives of one field are one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    units: Vec<String>,
    programs: Vec<String>,
}

/// A journal that is being followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    place: Place,
    wanted: Wanted,
    format: Format,
    after: u64,
    /// What there was to print at once.
    pub first: String,
}

impl Follow {
    /// What has come since the last time.
    pub fn next(&mut self, world: &World) -> String {
        let mut text = String::new();
        let mut last = self.after;
        for entry in world.journal_after(&self.place, self.after) {
            last = entry.number;
            if self.wanted.has(entry) {
                text.push_str(&written(world, &self.place, entry, self.format));
            }
        }
        self.after = last;
        text
    }
}

impl Wanted {
    fn has(&self, entry: &Entry) -> bool {
        let unit = entry.unit.as_deref();
        let of_unit =
            self.units.is_empty() || unit.is_some_and(|unit| self.units.iter().any(|own| own == unit));
        let of_program = self.programs.is_empty() || self.programs.contains(&entry.program);
        of_unit && of_program
    }
}

struct Told {
    wanted: Wanted,
    format: Format,
    lines: Option<usize>,
    follow: bool,
    quiet: bool,
}

/// Runs it.
pub fn run(host: &Host<'_>, arguments: &[&str]) -> Ran {
    let told = match told(arguments) {
        Ok(told) => told,
        Err(text) => return Ran::Done(Output::failed(1, text)),
    };
    let mut entries: Vec<&Entry> = host
        .world
        .journal_after(host.place, 0)
        .filter(|entry| told.wanted.has(entry))
        .collect();
    let kept = told.lines.unwrap_or(if told.follow { 10 } else { usize::MAX });
    entries.drain(..entries.len().saturating_sub(kept));
    let mut text: String = entries
        .iter()
        .map(|entry| written(host.world, host.place, entry, told.format))
        .collect();
    if told.follow {
        return Ran::Follows(Follow {
            place: host.place.clone(),
            wanted: told.wanted,
            format: told.format,
            after: host.world.journal_lines(),
            first: text,
        });
    }
    if text.is_empty() && !told.quiet {
        "-- No entries --\n".clone_into(&mut text);
    }
    Ran::Done(Output::of(text))
}

/// Options with their values, however they are joined.
fn told(arguments: &[&str]) -> Result<Told, String> {
    let mut told = Told {
        wanted: Wanted::default(),
        format: Format::Short,
        lines: None,
        follow: false,
        quiet: false,
    };
    let mut given = arguments.iter().copied();
    while let Some(word) = given.next() {
        let (name, joined) = parts(word);
        let mut value = || {
            joined
                .or_else(|| given.next())
                .ok_or_else(|| format!("journalctl: option '{name}' requires an argument\n"))
        };
        match name {
            "--no-pager" | "--no-hostname" | "--no-tail" | "--boot" | "-b" | "--all" | "-a" | "+" | "--" => {}
            "--quiet" | "-q" => told.quiet = true,
            "--follow" | "-f" => told.follow = true,
            "--lines" | "-n" => told.lines = value()?.parse().ok(),
            "--output" | "-o" => told.format = format(value()?)?,
            "--unit" | "-u" => {
                let unit = value()?;
                let suffix = if unit.contains('.') { "" } else { ".service" };
                told.wanted.units.push(format!("{unit}{suffix}"));
            }
            "--identifier" | "-t" | "SYSLOG_IDENTIFIER" => told.wanted.programs.push(value()?.to_owned()),
            "_SYSTEMD_UNIT" | "UNIT" => told.wanted.units.push(value()?.to_owned()),
            "--since" | "-S" | "--priority" | "-p" | "--grep" | "-g" => {
                value()?;
            }
            other => return Err(format!("journalctl: unrecognized option '{other}'\n")),
        }
    }
    Ok(told)
}

/// `--lines=5`, `-n5`, `--lines 5` and `-n 5` are the same.
fn parts(word: &str) -> (&str, Option<&str>) {
    if let Some((name, value)) = word.split_once('=') {
        return (name, Some(value));
    }
    let short = word.starts_with('-') && !word.starts_with("--") && word.len() > 2 && word.is_ascii();
    if short && matches!(&word[..2], "-n" | "-o" | "-u" | "-t") {
        return (&word[..2], Some(&word[2..]));
    }
    (word, None)
}

fn format(name: &str) -> Result<Format, String> {
    Ok(match name {
        "short" => Format::Short,
        "short-iso" => Format::ShortIso,
        "cat" => Format::Cat,
        "json" => Format::Json,
        other => return Err(format!("Unknown output format '{other}'.\n")),
    })
}

fn written(world: &World, place: &Place, entry: &Entry, format: Format) -> String {
    let name = world
        .machine(place)
        .map(|machine| machine.name)
        .unwrap_or_default();
    let at = world.epoch_secs + entry.at.as_secs();
    let Entry {
        program, pid, text, ..
    } = entry;
    match format {
        Format::Short => format!("{} {name} {program}[{pid}]: {text}\n", syslog_date(at)),
        Format::ShortIso => format!("{}+00:00 {name} {program}[{pid}]: {text}\n", iso_date(at)),
        Format::Cat => format!("{text}\n"),
        Format::Json => {
            let micros = at * 1_000_000 + entry.at.as_millis() % 1000 * 1000;
            let mut row = json!({
                "__CURSOR": format!("s={name};i={:x}", entry.number),
                "__REALTIME_TIMESTAMP": micros.to_string(),
                "_HOSTNAME": name,
                "SYSLOG_IDENTIFIER": program,
                "_PID": pid.to_string(),
                "PRIORITY": entry.priority.to_string(),
                "MESSAGE": text,
            });
            if let Some(unit) = &entry.unit {
                let key = if program == "systemd" {
                    "UNIT"
                } else {
                    "_SYSTEMD_UNIT"
                };
                row[key] = json!(unit);
            }
            format!("{row}\n")
        }
    }
}
