//! `jarvis replay`: plans every recorded pass again with this binary's planner and compares. Takes no lock and changes
//! nothing, so it works beside a running Jarvis and without one.

use super::field::time;
use crate::{
    cli::{Output, replay::Replay},
    config::Config,
    context::Context,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
    table::clean,
    text::add,
};
use jarvis_model::Timestamp;
use jarvis_replay::{Recording, Report, Span, replay, replay::Difference};
use jarvis_store::FileJournal;
use serde_json::json;
use std::path::PathBuf;

/// Runs the command.
pub fn run(arguments: &Replay, environment: &Environment) -> Outcome {
    let state = state_folder(arguments, environment)?;
    let failed = |error: &dyn std::error::Error| Failure::error(format!("cannot replay: {error}"));
    // First the recording, then the journal: so the journal holds every record the recording speaks of.
    let recording = Recording::open(&state.join("passes")).map_err(|error| failed(&error))?;
    if recording.files() == 0 {
        return Err(Failure::error(format!(
            "cannot replay: there is no recording in {}; Jarvis makes one as soon as it finds something to do or to remember",
            state.join("passes").display()
        )));
    }
    let opened = FileJournal::open_read_only(&state.join("journal")).map_err(|error| failed(&error))?;
    if let Some(damage) = opened.damaged {
        return Err(failed(&damage));
    }
    let millis =
        |at: jiff::Timestamp| Timestamp::from_millis(u64::try_from(at.as_millisecond()).unwrap_or_default());
    let span = Span {
        from: arguments.from.map(millis),
        to: arguments.to.map(millis),
    };
    let report =
        replay(recording, &opened.journal, span, &jarvis_planner::plan).map_err(|error| failed(&error))?;
    out::print(&match arguments.output {
        Output::Json => format!("{:#}\n", json!(report)),
        Output::Table => shown(&report),
    });
    Ok(if report.is_clean() { Exit::Ok } else { Exit::Error })
}

fn state_folder(arguments: &Replay, environment: &Environment) -> Result<PathBuf, Failure> {
    if let Some(state) = &arguments.state {
        return Ok(state.clone());
    }
    if let Some(path) = &arguments.config {
        let config = Config::load(path, environment).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Failure::error(format!("cannot use the config file:\n{}", lines.join("\n")))
        })?;
        return Ok(config.state);
    }
    Context::find(environment)
        .map(|context| context.state)
        .ok_or_else(|| {
            Failure::error(
                "cannot replay: no state folder is known; name it with --state DIR or --config FILE",
            )
        })
}

fn shown(report: &Report) -> String {
    let mut text = format!(
        "{} passes with {} decisions planned again, from {} files",
        report.passes, report.decisions, report.files
    );
    if let (Some(first), Some(last)) = (report.first_at, report.last_at) {
        add!(text, ", {} to {}", time(first), time(last));
    }
    text += "\n";
    if report.passes == 0 {
        text += "nothing was planned again: no pass of this time is recorded\n";
    } else if report.different == 0 {
        text += "every plan came out the same, bit for bit\n";
    } else {
        differences(report, &mut text);
    }
    let decided = &report.decided;
    add!(
        text,
        "decisions in the journal: {} stand in a recorded pass with the same facts",
        decided.recorded
    );
    for (count, what) in [
        (decided.older, "are older than the recording"),
        (decided.lost, "were made where passes were not recorded"),
        (decided.missing.len() as u64, "MISSING"),
    ] {
        if count > 0 {
            add!(text, ", {count} {what}");
        }
    }
    text += "\n";
    for missing in &decided.missing {
        add!(
            text,
            "missing: record {} of {}, {} ({}): {}\n",
            missing.seq,
            time(missing.at),
            missing.digest.short(),
            clean(&missing.action),
            missing.why
        );
    }
    for gap in &report.gaps {
        add!(
            text,
            "gap: {} passes after record {} were not recorded\n",
            gap.passes,
            gap.after_seq
        );
    }
    if !report.unclosed.is_empty() {
        add!(
            text,
            "without a closing line (killed, or still running): {}\n",
            report.unclosed.join(", ")
        );
    }
    text
}

fn differences(report: &Report, text: &mut String) {
    add!(
        text,
        "DIFFERENT: {} of {} passes came out otherwise\n",
        report.different,
        report.passes
    );
    let value = |value: &Option<String>| value.as_deref().map_or_else(|| "-".to_owned(), clean);
    for Difference {
        file,
        line,
        seq,
        at,
        version,
        decision,
        path,
        recorded,
        replayed,
    } in &report.differences
    {
        add!(
            text,
            "line {line} of {file}, {}, after record {seq}, recorded by {version}:\n",
            time(*at)
        );
        if let Some(decision) = decision {
            add!(text, "  decision  {}\n", clean(decision));
        }
        add!(
            text,
            "  field     {path}\n  recorded  {}\n  now       {}\n",
            value(recorded),
            value(replayed)
        );
    }
    let versions: Vec<&str> = report.versions.iter().map(String::as_str).collect();
    add!(
        text,
        "The planner of this binary ({}) differs from the one that recorded ({}): it would decide otherwise on the same facts. \
         Between two versions a release may mean to; within one it is a fault, please report it.\n",
        env!("CARGO_PKG_VERSION"),
        versions.join(", ")
    );
}
