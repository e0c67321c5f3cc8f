//! `cargo xtask explore`: the exhaustive exploration in full. Prints a table; exits 1 when a promise is broken or a seeded
//! bug is not caught.

use jarvis_tests::explore::{
    Budget, Bug, Hosts, Lab,
    checker::{Report, check},
    table::{NONE, caught_as},
};
use std::{process::ExitCode, time::Instant};

/// States of one world, and of each seeded bug's.
const MOST_STATES: usize = 3_000_000;
const MOST_STATES_A_BUG: usize = 1_000_000;

/// The worlds in which the product must keep every promise.
const WORLDS: [(&str, Budget); 8] = [
    (
        "deaths and lost messages",
        Budget {
            crashes: 1,
            deaths: 2,
            losses: 1,
            ..NONE
        },
    ),
    (
        "failures, freezes and old pictures",
        Budget {
            crashes: 1,
            failures: 1,
            freezes: 1,
            blinks: 1,
            ..NONE
        },
    ),
    (
        "outages, a person's stop and wishes",
        Budget {
            crashes: 1,
            outages: 1,
            stops: 1,
            wishes: 1,
            ..NONE
        },
    ),
    (
        "escalation and commits",
        Budget {
            crashes: 1,
            failures: 3,
            commits: 1,
            deaths: 1,
            ..NONE
        },
    ),
    (
        "freezes, deaths and lost messages",
        Budget {
            crashes: 1,
            losses: 1,
            deaths: 1,
            freezes: 1,
            ..NONE
        },
    ),
    (
        "a service that ends",
        Budget {
            ends: 1,
            failures: 1,
            deaths: 1,
            blinks: 1,
            hosts: Hosts::Service,
            ..NONE
        },
    ),
    (
        "a service that is only reported",
        Budget {
            ends: 1,
            outages: 1,
            blinks: 1,
            hosts: Hosts::Reported,
            ..NONE
        },
    ),
    (
        "a node that is woken",
        Budget {
            outages: 1,
            hosts: Hosts::Wake,
            ..NONE
        },
    ),
];

fn main() -> ExitCode {
    let mut sound = true;
    for bug in Bug::SEEDED {
        let (budget, promise) = caught_as(bug);
        let report = check(&Lab::new(bug, budget), MOST_STATES_A_BUG);
        let caught = report
            .violation
            .as_ref()
            .is_some_and(|violation| violation.promise.starts_with(promise));
        show(
            &format!("{bug:?} ({promise}{})", if caught { "" } else { ", NOT CAUGHT" }),
            &report,
        );
        sound &= caught;
    }
    let mut states = 0;
    let began = Instant::now();
    for (name, budget) in WORLDS {
        let report = check(&Lab::new(Bug::None, budget), MOST_STATES);
        show(name, &report);
        states += report.states;
        sound &= report.complete && report.violation.is_none();
    }
    say(&format!(
        "{states} states of the product in {:.0} s",
        began.elapsed().as_secs_f64()
    ));
    ExitCode::from(u8::from(!sound))
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say(text: &str) {
    println!("{text}");
}

fn show(name: &str, report: &Report) {
    say(&format!(
        "{name}: {} states, {} steps, depth {}, {} resting places, {:.1} s{}",
        report.states,
        report.steps,
        report.depth,
        report.resting_places,
        report.took.as_secs_f64(),
        if report.complete { "" } else { " (cut short)" }
    ));
    if let Some(violation) = &report.violation {
        say(&format!("  {}", violation.promise));
        for (number, label) in violation.trace.iter().enumerate() {
            say(&format!("  {number:>3} {label}"));
        }
    }
}
