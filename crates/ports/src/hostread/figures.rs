//! Temperatures (`sensors -j` of lm-sensors), load, cores, uptime and pressure (`/proc`). A host may lack any of them but
//! load and uptime.

use super::{Output, Trouble, absent, owned};
use jarvis_model::HostFigures;
use serde_json::Value;
use std::collections::BTreeMap;

/// The kernel's pressure files, in the order they are read.
const PRESSURE: [&str; 3] = ["cpu", "io", "memory"];

pub(super) fn programs() -> Vec<Vec<String>> {
    vec![
        owned(["sensors", "-j"]),
        owned(["nproc"]),
        owned([
            "cat",
            "/proc/loadavg",
            "/proc/uptime",
            "/proc/pressure/cpu",
            "/proc/pressure/io",
            "/proc/pressure/memory",
        ]),
    ]
}

/// The host is there when its load and uptime could be read; everything else is as it comes.
pub(super) fn answer(outputs: &[Output]) -> Result<HostFigures, Trouble> {
    let [sensors, nproc, proc] = outputs else {
        return Err(Trouble::Strange("not three outputs".to_owned()));
    };
    let mut lines = proc.stdout.lines();
    let mut first = || lines.next().and_then(|line| line.split_whitespace().next());
    let (load, uptime) = (first(), first());
    let (Some(load), Some(uptime)) = (load.and_then(number), uptime.and_then(number)) else {
        return Err(absent(
            "cat /proc/loadavg /proc/uptime",
            proc,
            "is it a Linux host?",
        ));
    };
    Ok(HostFigures {
        temperatures: temperatures(&sensors.stdout),
        load: Some(load),
        cores: nproc.stdout.trim().parse().ok().filter(|cores| *cores > 0),
        uptime_secs: std::time::Duration::try_from_secs_f64(uptime)
            .ok()
            .map(|uptime| uptime.as_secs()),
        pressure: pressure(lines),
    })
}

fn number(word: &str) -> Option<f64> {
    word.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `tempN_input` of every label of every chip; nothing that is no temperature, nothing a sensor cannot mean.
fn temperatures(json: &str) -> BTreeMap<String, f64> {
    let Ok(Value::Object(chips)) = serde_json::from_str(json) else {
        return BTreeMap::new();
    };
    let mut found = BTreeMap::new();
    for (chip, labels) in &chips {
        for (label, fields) in labels.as_object().into_iter().flatten() {
            let mut fields = fields.as_object().into_iter().flatten();
            let input = fields.find(|(name, _)| name.starts_with("temp") && name.ends_with("_input"));
            if let Some(degrees) = input.and_then(|(_, value)| value.as_f64())
                && (-100.0..=250.0).contains(&degrees)
            {
                found.insert(super::clean(&format!("{chip} {label}")), degrees);
            }
        }
    }
    found
}

/// `some avg10=1.23 …`, one for each file; a kernel has all of them or none.
fn pressure<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, f64> {
    let some: Vec<f64> = lines
        .filter_map(|line| line.strip_prefix("some avg10="))
        .filter_map(|rest| rest.split_whitespace().next().and_then(number))
        .collect();
    if some.len() != PRESSURE.len() {
        return BTreeMap::new();
    }
    PRESSURE.map(str::to_owned).into_iter().zip(some).collect()
}
