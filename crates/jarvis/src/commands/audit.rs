//! `jarvis audit`: the audit trail straight from the state folder. Takes no lock and changes nothing, so it works beside
//! a running Jarvis and without one.

use crate::{
    cli::{Audit, AuditCommand, ExportFormat, Output},
    context::Context,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
    table::Table,
    text::add,
};
use jarvis_ports::Journal;
use jarvis_store::{
    Anchor, FileJournal,
    audit::{AuditRow, Trail, csv_header, to_csv, to_json_line},
};
use serde_json::json;
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

/// Records read at a time.
const CHUNK: usize = 10_000;

/// Runs the command.
pub fn run(arguments: &Audit, environment: &Environment) -> Outcome {
    let folder = journal_folder(arguments.state.as_deref(), environment)?;
    match &arguments.command {
        AuditCommand::Log { last, output } => log(&folder, *last, *output),
        AuditCommand::Verify { anchor, output } => verify(&folder, anchor, *output),
        AuditCommand::Export { format } => export(&folder, *format),
    }
}

fn journal_folder(state: Option<&Path>, environment: &Environment) -> Result<PathBuf, Failure> {
    let state = match state {
        Some(state) => state.to_owned(),
        None => Context::find(environment)
            .map(|context| context.state)
            .ok_or_else(|| {
                Failure::error(
                    "cannot read the audit trail: no state folder is known; name it with --state DIR",
                )
            })?,
    };
    let folder = state.join("journal");
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Failure::error(format!(
        "cannot read the audit trail: there is no journal in {}; name the state folder with --state DIR",
        state.display()
    )))
}

/// Gives every row of the journal in order; returns why the journal is damaged, if it is.
fn each_row(folder: &Path, mut take: impl FnMut(AuditRow)) -> Result<Option<String>, Failure> {
    let failed =
        |error: &dyn std::error::Error| Failure::error(format!("cannot read the audit trail: {error}"));
    let opened = FileJournal::open_read_only(folder).map_err(|error| failed(&error))?;
    let mut trail = Trail::default();
    let mut seq = 0;
    while seq < opened.journal.head() {
        let chunk = opened
            .journal
            .read_after(seq, CHUNK)
            .map_err(|error| failed(&error))?;
        let Some(last) = chunk.last() else { break };
        seq = last.record.seq;
        for stored in &chunk {
            trail.row(stored).into_iter().for_each(&mut take);
        }
    }
    Ok(opened.damaged.map(|damage| damage.to_string()))
}

/// Damage is told on standard error, and makes the exit code 1, after what could be read was given.
fn ended(damage: Option<String>) -> Outcome {
    match damage {
        None => Ok(Exit::Ok),
        Some(damage) => Err(Failure::error(damage)),
    }
}

fn log(folder: &Path, last: usize, output: Output) -> Outcome {
    let mut kept = VecDeque::new();
    let damage = each_row(folder, |row| {
        kept.push_back(row);
        if kept.len() > last {
            kept.pop_front();
        }
    })?;
    match output {
        Output::Json => out::print(&format!("{:#}\n", json!(kept))),
        Output::Table => {
            let mut table = Table::new(&["SEQ", "TIME", "WHO", "TIER", "VERDICT", "WHAT"]);
            for row in kept {
                let cell = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                let who = row.origin.or(row.user);
                table.row([
                    row.seq.to_string(),
                    row.time,
                    cell(who),
                    cell(row.tier),
                    cell(row.verdict),
                    row.summary,
                ]);
            }
            out::print(&table.text());
        }
    }
    ended(damage)
}

fn export(folder: &Path, format: ExportFormat) -> Outcome {
    if format == ExportFormat::Csv {
        out::print(&csv_header());
    }
    let damage = each_row(folder, |row| {
        out::print(&match format {
            ExportFormat::Jsonl => to_json_line(&row),
            ExportFormat::Csv => to_csv(&row),
        });
    })?;
    ended(damage)
}

fn verify(folder: &Path, anchors: &[String], output: Output) -> Outcome {
    let anchors = anchors
        .iter()
        .map(|text| anchor(text))
        .collect::<Result<Vec<_>, _>>()?;
    let report = jarvis_store::verify(folder, &anchors)
        .map_err(|error| Failure::error(format!("cannot verify the audit trail: {error}")))?;
    match output {
        Output::Json => out::print(&format!("{:#}\n", json!(report))),
        Output::Table => {
            let mut text = format!(
                "{} records in {} segments, head {}:{}\n",
                report.records, report.segments, report.head.seq, report.head.hash
            );
            if let Some(torn) = &report.torn {
                add!(
                    text,
                    "torn end of {} bytes in {}: never answered, the next start cuts it off\n",
                    torn.bytes,
                    torn.path.display()
                );
            }
            for check in &report.anchors {
                add!(
                    text,
                    "anchor {}:{} is {}\n",
                    check.anchor.seq,
                    check.anchor.hash,
                    word(check.state)
                );
            }
            match &report.broken {
                None if report.is_clean() => text += "clean: every checksum and every link holds\n",
                None => text += "not clean: an anchor does not hold; the chain was cut or written anew\n",
                Some(broken) => add!(
                    text,
                    "broken at record {} in {}: {}\n",
                    broken.seq,
                    broken.path.display(),
                    broken.why
                ),
            }
            out::print(&text);
        }
    }
    Ok(if report.is_clean() { Exit::Ok } else { Exit::Error })
}

fn word(state: jarvis_store::AnchorState) -> String {
    serde_json::to_value(state)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn anchor(text: &str) -> Result<Anchor, Failure> {
    let parsed = text.split_once(':').and_then(|(seq, hash)| {
        Some(Anchor {
            seq: seq.parse().ok()?,
            hash: hash.to_lowercase(),
        })
    });
    parsed.filter(|anchor| anchor.hash.len() == 64).ok_or_else(|| {
        Failure::error(format!(
            "cannot use the anchor {text:?}: write SEQ:HASH, as `jarvis audit verify` prints the head"
        ))
    })
}
