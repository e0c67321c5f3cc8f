//! What is told of a decision, permitted and refused.

use super::*;
use crate::{recorder::Limits, scene::Scene};
use jarvis_model::{Freeze, FreezeScope, Rule};

/// Runs until the crash is decided upon, and tells the last decision.
fn told(prepare: impl Fn(&mut Scene)) -> Story {
    let mut scene = Scene::new();
    prepare(&mut scene);
    let mut writer = scene.writer(Limits::default());
    scene.run(&mut writer, 12);
    writer.end(0).unwrap();
    let recording = Recording::open(scene.path()).unwrap();
    let mut all = stories(recording, &scene.journal, &[String::new()]).unwrap();
    all.pop().unwrap()
}

#[test]
fn a_permit_names_every_fact_that_would_have_stopped_it() {
    let story = told(|_| {});
    assert!(
        story.decision.verdict.is_permit() && story.objections.is_empty(),
        "{story:#?}"
    );
    assert!(!story.decision.evidence.is_empty());
    let rules: Vec<Rule> = story
        .otherwise
        .iter()
        .filter_map(|other| other.verdict.rule())
        .collect();
    for rule in [
        Rule::Protected,
        Rule::IdentityMismatch,
        Rule::Frozen,
        Rule::Held,
        Rule::StartGate,
        Rule::NoQuorum,
        Rule::NodeAway,
        Rule::WrongState,
        Rule::TargetUnknown,
        Rule::Locked,
        Rule::HaManaged,
        Rule::Template,
        Rule::Pacing,
        Rule::InFlight,
        Rule::Attempts,
        Rule::Escalated,
        Rule::HourlyBudget,
        Rule::PlanSize,
        Rule::Autonomy,
    ] {
        assert!(rules.contains(&rule), "{rule}: {story:#?}");
    }
    assert!(
        story.otherwise.iter().all(|other| !other.verdict.is_permit()),
        "{story:#?}"
    );
}

#[test]
fn a_refusal_names_everything_in_its_way_and_what_would_unblock_it() {
    let story = told(|scene| {
        let frozen = jarvis_model::Event::FreezeSet {
            scope: FreezeScope::Autonomy,
            by: "op".to_owned(),
            reason: "upgrade".to_owned(),
            until: None,
        };
        scene.remember(vec![frozen]);
        assert!(matches!(scene.memory.freeze, Freeze::On { .. }));
    });
    assert_eq!(story.decision.verdict.rule(), Some(Rule::Frozen), "{story:#?}");
    assert_eq!(story.objections.first(), Some(&story.decision.verdict));
}
