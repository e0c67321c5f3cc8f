//! The exploration in shortened form: the product keeps every promise in every state within these budgets, and each
//! seeded bug is caught. `cargo xtask explore` runs the full form.

use jarvis_tests::explore::{
    Budget, Bug, Hosts, Lab,
    checker::check,
    table::{NONE, caught_as},
};

#[test]
fn every_promise_holds_in_every_state() {
    let budgets = [
        Budget {
            crashes: 1,
            deaths: 1,
            freezes: 1,
            ..NONE
        },
        Budget {
            crashes: 1,
            losses: 1,
            blinks: 1,
            ..NONE
        },
        Budget {
            stops: 1,
            outages: 1,
            wishes: 1,
            ..NONE
        },
        Budget {
            crashes: 1,
            failures: 3,
            commits: 1,
            ..NONE
        },
        Budget {
            ends: 1,
            failures: 1,
            deaths: 1,
            hosts: Hosts::Service,
            ..NONE
        },
        Budget {
            ends: 1,
            blinks: 1,
            hosts: Hosts::Reported,
            ..NONE
        },
        Budget {
            outages: 1,
            hosts: Hosts::Wake,
            ..NONE
        },
    ];
    for budget in budgets {
        let report = check(&Lab::new(Bug::None, budget), 1_000_000);
        assert!(
            report.complete,
            "{budget:?}: {} states are not all",
            report.states
        );
        assert!(report.violation.is_none(), "{budget:?}: {:#?}", report.violation);
        assert!(
            report.resting_places > 0 && report.states > if budget.hosts == Hosts::Guests { 200 } else { 50 },
            "{budget:?}: only {} states",
            report.states
        );
    }
}

#[test]
fn every_seeded_bug_is_caught_as_what_it_is() {
    let mut wrong = Vec::new();
    for bug in Bug::SEEDED {
        let (budget, promise) = caught_as(bug);
        let report = check(&Lab::new(bug, budget), 1_000_000);
        match report.violation {
            Some(violation) if violation.promise.starts_with(promise) => {}
            other => wrong.push(format!(
                "{bug:?} must be caught as {promise}, in {} states: {other:#?}",
                report.states
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
