//! Maintenance windows: deny wins, allow shuts the rest out, persons are warned. Monday noon is now.

use crate::world::*;
use jarvis_crds::{
    AnyManifest, AppliesTo, MaintenanceWindowSpec, Manifest, Metadata, Selector, WindowEffect,
    WindowEffect::Allow, WindowEffect::Deny,
};
use jarvis_guard::{Nature, Request, warnings};
use jarvis_model::{ResourceKind, Rule, Verdict};
use std::{collections::BTreeMap, time::Duration};

/// Open now: eleven to two.
const OPEN: &str = "0 11 * * *";
/// Not open now: two to five at night.
const CLOSED: &str = "0 2 * * *";

fn rule(world: &World, nature: Nature) -> Option<Rule> {
    world
        .judge(&Request {
            nature,
            ..start_by_reconciler()
        })
        .rule()
}

fn with(windows: &[(WindowEffect, &str)], applies_to: AppliesTo) -> World {
    let mut world = world();
    for (index, (effect, schedule)) in windows.iter().enumerate() {
        world.window(&format!("window-{index}"), *effect, schedule, 3, applies_to);
    }
    world
}

#[test]
fn every_combination_of_two_windows() {
    let rows: [(&[(WindowEffect, &str)], bool); 11] = [
        (&[], true),
        (&[(Deny, OPEN)], false),
        (&[(Deny, CLOSED)], true),
        (&[(Allow, OPEN)], true),
        (&[(Allow, CLOSED)], false),
        (&[(Allow, OPEN), (Allow, CLOSED)], true),
        (&[(Allow, CLOSED), (Allow, CLOSED)], false),
        (&[(Allow, OPEN), (Deny, OPEN)], false),
        (&[(Allow, OPEN), (Deny, CLOSED)], true),
        (&[(Allow, CLOSED), (Deny, CLOSED)], false),
        (&[(Deny, OPEN), (Deny, CLOSED)], false),
    ];
    for (windows, passes) in rows {
        let world = with(windows, AppliesTo::Both);
        let expected = (!passes).then_some(Rule::Window);
        assert_eq!(rule(&world, Nature::Change), expected, "{windows:?}");
    }
}

#[test]
fn a_window_binds_the_nature_it_applies_to() {
    for (applies_to, change, repair) in [
        (AppliesTo::Changes, true, false),
        (AppliesTo::Repairs, false, true),
        (AppliesTo::Both, true, true),
    ] {
        for window in [(Deny, OPEN), (Allow, CLOSED)] {
            let world = with(&[window], applies_to);
            assert_eq!(
                rule(&world, Nature::Change),
                change.then_some(Rule::Window),
                "{applies_to:?} {window:?}"
            );
            assert_eq!(
                rule(&world, Nature::Repair),
                repair.then_some(Rule::Window),
                "{applies_to:?} {window:?}"
            );
        }
    }
}

fn selecting(selector: Selector) -> World {
    let mut world = world();
    let spec = MaintenanceWindowSpec {
        effect: Deny,
        schedule: OPEN.to_owned(),
        duration: Duration::from_hours(3),
        time_zone: "UTC".to_owned(),
        selector,
        applies_to: AppliesTo::Both,
        overrun: false,
    };
    world.declare(AnyManifest::MaintenanceWindow(Manifest::named("chosen", spec)));
    world
}

#[test]
fn a_window_binds_what_its_selector_chooses() {
    let names = |name: &str| Selector {
        names: vec![name.to_owned()],
        ..Selector::default()
    };
    let kinds = |kind| Selector {
        kinds: vec![kind],
        ..Selector::default()
    };
    assert_eq!(rule(&selecting(names("web")), Nature::Repair), Some(Rule::Window));
    assert_eq!(rule(&selecting(names("w*")), Nature::Repair), Some(Rule::Window));
    assert_eq!(rule(&selecting(names("db")), Nature::Repair), None);
    assert_eq!(
        rule(&selecting(kinds(ResourceKind::VirtualMachine)), Nature::Repair),
        Some(Rule::Window)
    );
    assert_eq!(rule(&selecting(kinds(ResourceKind::Node)), Nature::Repair), None);
}

#[test]
fn a_window_chooses_by_the_labels_of_the_manifest() {
    let labels = BTreeMap::from([("tier".to_owned(), "front".to_owned())]);
    let mut world = selecting(Selector {
        labels: labels.clone(),
        ..Selector::default()
    });
    assert_eq!(rule(&world, Nature::Repair), None);
    let spec = world.desired.guests[&key(101)].spec.clone();
    let metadata = Metadata {
        labels,
        ..Metadata::named("web")
    };
    world.declare(AnyManifest::VirtualMachine(Manifest { metadata, spec }));
    assert_eq!(rule(&world, Nature::Repair), Some(Rule::Window));
}

#[test]
fn what_belongs_to_no_manifest_is_bound_by_windows_for_everything_alone() {
    let names = Selector {
        names: vec!["*".to_owned()],
        ..Selector::default()
    };
    for (selector, binds) in [(Selector::default(), true), (names, false)] {
        let mut world = selecting(selector);
        world.add(
            150,
            "loose",
            "forge",
            jarvis_model::GuestKind::Lxc,
            jarvis_model::GuestStatus::Stopped,
        );
        let request = Request {
            resource: None,
            ..reconciler_request(start(150))
        };
        assert_eq!(world.judge(&request).rule(), binds.then_some(Rule::Window));
    }
}

#[test]
fn waiting_says_until_when() {
    let until = |world: &World| match world.judge(&Request {
        nature: Nature::Change,
        ..start_by_reconciler()
    }) {
        Verdict::Wait { until, .. } => until,
        other => panic!("{other:?}"),
    };
    let hours = |count| Some(NOW + Duration::from_hours(count));
    assert_eq!(
        until(&with(&[(Deny, OPEN)], AppliesTo::Both)),
        hours(2),
        "the deny window ends at two"
    );
    assert_eq!(
        until(&with(&[(Allow, CLOSED)], AppliesTo::Both)),
        hours(14),
        "the allow window opens at two at night"
    );
    let earlier = with(&[(Allow, CLOSED), (Allow, "0 18 * * *")], AppliesTo::Both);
    assert_eq!(until(&earlier), hours(6), "the earliest opening counts");
    let never = with(&[(Allow, "0 0 30 2 *")], AppliesTo::Both);
    assert_eq!(until(&never), None, "the thirtieth of February never comes");
}

#[test]
fn persons_are_warned_and_not_stopped() {
    let mut world = with(&[(Deny, OPEN)], AppliesTo::Changes);
    let request = person_request(start(101));
    assert!(world.judge(&request).is_permit());
    assert_eq!(warnings(&request, &world.facts()).len(), 1);
    world.desired.windows.clear();
    assert_eq!(warnings(&request, &world.facts()).len(), 0);
}

#[test]
fn an_approved_recommendation_is_a_persons_decision() {
    let mut world = with(&[(Deny, OPEN)], AppliesTo::Both);
    let request = start_by_reconciler();
    assert_eq!(world.judge(&request).rule(), Some(Rule::Window));
    world.approve(&request);
    assert!(world.judge(&request).is_permit());
}

/// What was first attended to while the window was open may be finished, where the window says so.
#[test]
fn what_began_inside_may_be_finished_where_the_window_says_so() {
    // The window was open from two to five at night.
    let inside = NOW - Duration::from_hours(8);
    let before = NOW - Duration::from_hours(11);
    for (overrun, attempt, passes) in [
        (true, Some(inside), true),
        (true, Some(before), false),
        (true, None, false),
        (false, Some(inside), false),
    ] {
        let mut world = world();
        let spec = MaintenanceWindowSpec {
            effect: Allow,
            schedule: CLOSED.to_owned(),
            duration: Duration::from_hours(3),
            time_zone: "UTC".to_owned(),
            selector: Selector::default(),
            applies_to: AppliesTo::Both,
            overrun,
        };
        world.declare(AnyManifest::MaintenanceWindow(Manifest::named("night", spec)));
        world.open_issue(before - Duration::from_hours(1));
        if let Some(at) = attempt {
            world.failed_attempt(at);
        }
        let expected = (!passes).then_some(Rule::Window);
        assert_eq!(rule(&world, Nature::Repair), expected, "{overrun} {attempt:?}");
    }
}
