//! `cargo xtask explore`: the exhaustive exploration in full. Prints a table; exits 1 when a promise is broken or a seeded
//! bug is not caught.

use jarvis_tests::explore::{
    Budget, Bug, Lab,
    checker::{Report, check},
    table::caught_as,
};
use std::process::ExitCode;

/// States of the product's own exploration, and of each seeded bug's.
const MOST_STATES: usize = 4_000_000;
const MOST_STATES_A_BUG: usize = 1_000_000;

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
    let budget = Budget {
        crashes: 2,
        stops: 1,
        losses: 1,
        failures: 1,
        blinks: 0,
        deaths: 1,
        outages: 0,
        freezes: 1,
        commits: 1,
        wishes: 1,
    };
    let report = check(&Lab::new(Bug::None, budget), MOST_STATES);
    show("the product as it is", &report);
    ExitCode::from(u8::from(!sound || report.violation.is_some()))
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn show(name: &str, report: &Report) {
    println!(
        "{name}: {} states, {} steps, depth {}, {} resting places, {:.1} s{}",
        report.states,
        report.steps,
        report.depth,
        report.resting_places,
        report.took.as_secs_f64(),
        if report.complete { "" } else { " (cut short)" }
    );
    if let Some(violation) = &report.violation {
        println!("  {}", violation.promise);
        for (number, label) in violation.trace.iter().enumerate() {
            println!("  {number:>3} {label}");
        }
    }
}
