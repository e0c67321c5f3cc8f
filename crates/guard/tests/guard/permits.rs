//! The second judgement, at dispatch: what the permit names, and everything that must stop it then.

use crate::{
    examples::{self, Example},
    world::*,
};
use jarvis_guard::{Permit, Request, no_lease, permit, permit::SEND_WITHIN};
use jarvis_model::{
    Cause, Digest, Effect, Event, FreezeScope, GuestStatus, Identity, Intent, IntentId, Outcome, Role, Rule,
    Stage, Tier, Verdict, memory::Approval,
};
use std::time::Duration;

/// A world in which the intent of a request was just logged, as the executor does it.
struct Dispatch {
    world: World,
    request: Request,
    intent: Intent,
    approval: Option<Approval>,
}

fn log(mut world: World, request: Request) -> Dispatch {
    if let Cause::Issue { issue } = &request.cause
        && !world.memory.issues.contains_key(issue)
    {
        let (issue, summary) = (issue.clone(), "found".to_owned());
        world.happened(mins_ago(1), Event::IssueOpened { issue, summary });
    }
    let approval = world.memory.approval(&request.digest, world.now).cloned();
    let intent = world.intent_for(&request);
    world.happened(
        world.now,
        Event::IntentLogged {
            intent: Box::new(intent.clone()),
        },
    );
    Dispatch {
        world,
        request,
        intent,
        approval,
    }
}

fn logged() -> Dispatch {
    log(world(), start_by_reconciler())
}

impl Dispatch {
    fn permit(&self) -> Result<Permit, Verdict> {
        permit(
            &self.intent,
            &self.request,
            &self.world.facts(),
            self.approval.as_ref(),
        )
    }

    fn rule(&self) -> Option<Rule> {
        self.permit().err().and_then(|verdict| verdict.rule())
    }

    /// Changes the intent in memory and in hand alike.
    fn relog(&mut self, change: impl FnOnce(&mut Intent)) {
        change(&mut self.intent);
        self.world
            .memory
            .intents
            .insert(self.intent.id.clone(), self.intent.clone());
    }
}

#[test]
fn a_permit_names_one_effect_of_one_intent_until_one_time_under_one_epoch() {
    let dispatch = logged();
    let permit = dispatch.permit().unwrap();
    assert_eq!(permit.intent(), &IntentId("intent-1".to_owned()));
    assert_eq!(permit.effect(), &dispatch.intent.effect);
    assert_eq!(permit.digest(), &dispatch.request.digest);
    assert_eq!(permit.tier(), Tier::Yellow);
    assert_eq!(permit.send_before(), NOW + SEND_WITHIN);
    assert_eq!(permit.epoch(), 7);
}

#[test]
fn what_is_permitted_before_logging_is_permitted_after() {
    for Example {
        title,
        world,
        request,
        ..
    } in examples::all()
    {
        let dispatch = log(world, request);
        let permit = dispatch.permit();
        assert!(permit.is_ok(), "{title}: {permit:#?}");
    }
}

#[test]
fn what_changed_between_logging_and_sending_is_seen() {
    for Example {
        rule,
        title,
        world,
        request,
        spoiled: (spoiled, changed),
    } in examples::all()
    {
        if changed != request {
            continue;
        }
        let mut dispatch = log(world.clone(), request);
        let memory = dispatch.world.memory.clone();
        // Everything as in the spoiled world, and the intent logged in it.
        dispatch.world = spoiled;
        dispatch.relog(|intent| intent.id = IntentId("dispatched".to_owned()));
        let issues = &mut dispatch.world.memory.issues;
        for (key, issue) in memory.issues {
            issues.entry(key).or_insert(issue).attempts.push(NOW);
        }
        dispatch.world.memory.autonomous_acts.push(NOW);
        assert_eq!(dispatch.rule(), Some(rule), "{title}: {:#?}", dispatch.permit());
    }
}

#[test]
fn an_intent_does_not_stand_in_its_own_way() {
    let mut ready = world();
    ready.open_issue(mins_ago(50));
    ready.failed_attempt(mins_ago(40));
    ready.failed_attempt(mins_ago(30));
    ready.floor.actions_per_hour = 3;
    let dispatch = log(ready, start_by_reconciler());
    assert!(
        dispatch.permit().is_ok(),
        "its own attempt, act and slot are not counted against it"
    );
    assert_eq!(
        dispatch.world.judge(&dispatch.request).rule(),
        Some(Rule::Attempts),
        "but against everybody else"
    );
}

#[test]
fn another_open_intent_stands_in_its_way() {
    let mut dispatch = logged();
    dispatch.world.in_flight(shutdown(104));
    assert_eq!(dispatch.rule(), Some(Rule::InFlight));
}

#[test]
fn three_attempts_before_it_are_too_many() {
    let mut dispatch = logged();
    let issue = dispatch.world.memory.issues.get_mut(&issue()).unwrap();
    issue.attempts = vec![mins_ago(40), mins_ago(30), NOW];
    assert!(dispatch.permit().is_ok());
    let mut dispatch = logged();
    let issue = dispatch
        .world
        .memory
        .issues
        .get_mut(&crate::world::issue())
        .unwrap();
    issue.attempts = vec![mins_ago(40), mins_ago(30), mins_ago(20), NOW];
    assert_eq!(dispatch.rule(), Some(Rule::Attempts));
}

#[test]
fn without_a_record_nothing_is_sent() {
    let mut missing = logged();
    missing.world.memory.intents.clear();
    assert_eq!(missing.rule(), Some(Rule::NoRecord));

    let mut different = logged();
    different.intent.epoch = 8;
    assert_eq!(
        different.rule(),
        Some(Rule::NoRecord),
        "not the one that was logged"
    );

    for stage in [
        Stage::ReplyUnknown {
            text: "reset".to_owned(),
        },
        Stage::Accepted { upid: None, at: NOW },
        Stage::Finished { at: NOW },
    ] {
        let mut sent = logged();
        sent.relog(|intent| intent.stage = stage.clone());
        assert_eq!(
            sent.rule(),
            Some(Rule::NoRecord),
            "{stage:?}: nothing is sent twice"
        );
    }
    for outcome in [Outcome::Verified, Outcome::NotSent, Outcome::Unresolved] {
        let mut closed = logged();
        closed.relog(|intent| intent.outcome = Some(outcome.clone()));
        assert_eq!(closed.rule(), Some(Rule::NoRecord), "{outcome:?}");
    }
}

#[test]
fn an_uncounted_attempt_is_not_made() {
    let mut dispatch = logged();
    dispatch.world.memory.issues.clear();
    assert_eq!(dispatch.rule(), Some(Rule::NoRecord));
    let mut dispatch = logged();
    dispatch
        .world
        .memory
        .issues
        .get_mut(&issue())
        .unwrap()
        .attempts
        .clear();
    assert_eq!(dispatch.rule(), Some(Rule::NoRecord));
}

#[test]
fn the_record_is_of_this_very_request() {
    let changes: [fn(&mut Request); 5] = [
        |request| request.action = shutdown(101),
        |request| request.origin = anna(Role::Admin),
        |request| request.cause = person_request(start(101)).cause,
        |request| request.digest = Digest::of(&"another"),
        |request| request.resource = None,
    ];
    for change in changes {
        let mut dispatch = logged();
        change(&mut dispatch.request);
        assert_eq!(dispatch.rule(), Some(Rule::NoRecord), "{:?}", dispatch.request);
    }
}

#[test]
fn it_is_sent_within_ten_seconds_or_planned_anew() {
    for (later_ms, sent) in [(0, true), (10_000, true), (10_001, false), (60_000, false)] {
        let mut dispatch = logged();
        dispatch.world.now = NOW + Duration::from_millis(later_ms);
        assert_eq!(
            dispatch.permit().is_ok(),
            sent,
            "{later_ms} ms: {:?}",
            dispatch.rule()
        );
    }
    let mut dispatch = logged();
    dispatch.world.now = NOW - Duration::from_secs(11);
    assert_eq!(dispatch.rule(), Some(Rule::NoRecord), "a clock that went back");
}

#[test]
fn the_effect_is_what_the_action_means_now() {
    let mut moved = logged();
    moved.world.guest(101).node = node("forge");
    assert_eq!(moved.rule(), Some(Rule::WrongState), "the guest moved");

    let mut other = logged();
    other.relog(|intent| {
        if let Effect::Guest { vmid: target, .. } = &mut intent.effect {
            *target = vmid(104);
        }
    });
    assert_eq!(other.rule(), Some(Rule::WrongState), "an effect on another guest");

    let request = person_request(migrate(102, "nova"));
    let mut ready = world();
    ready.confirm(&request, "anna");
    let mut stopped = log(ready, request);
    assert!(stopped.permit().is_ok());
    stopped.world.set_status(102, GuestStatus::Stopped);
    assert_eq!(
        stopped.rule(),
        Some(Rule::WrongState),
        "it no longer runs, so it would move otherwise"
    );
}

#[test]
fn a_tier_that_rose_since_is_judged_anew() {
    let mut dispatch = logged();
    dispatch.relog(|intent| intent.tier = Tier::Green);
    assert_eq!(dispatch.rule(), Some(Rule::WrongState));
    dispatch.relog(|intent| intent.tier = Tier::Red);
    assert!(dispatch.permit().is_ok(), "one that fell is no matter");
}

#[test]
fn the_guest_is_the_one_it_was_logged_for() {
    let mut dispatch = logged();
    dispatch.world.memory.identities.clear();
    dispatch.relog(|intent| intent.identity = Some(identity(101)));
    assert!(dispatch.permit().is_ok());
    dispatch.relog(|intent| intent.identity = Some(Identity("feedface".to_owned())));
    assert_eq!(dispatch.rule(), Some(Rule::WrongState));
}

#[test]
fn a_freeze_that_came_in_between_stops_it() {
    let mut dispatch = logged();
    dispatch.world.freeze(FreezeScope::Autonomy);
    assert_eq!(dispatch.rule(), Some(Rule::Frozen));
}

#[test]
fn the_approval_that_logging_used_up_still_counts_for_its_own_intent() {
    let mut ready = world();
    ready.floor.autonomy = jarvis_model::Autonomy::L2;
    let request = start_by_reconciler();
    ready.approve(&request);
    let mut dispatch = log(ready, request);
    assert!(dispatch.world.memory.approvals.is_empty(), "logging uses it up");
    assert!(dispatch.permit().is_ok());
    let given = dispatch.approval.clone().unwrap();
    for (what, approval) in [
        ("none", None),
        (
            "lapsed when it was logged",
            Some(Approval {
                expires_at: NOW,
                ..given.clone()
            }),
        ),
        (
            "given after it was logged",
            Some(Approval {
                at: NOW + Duration::from_millis(1),
                ..given
            }),
        ),
    ] {
        dispatch.approval = approval;
        assert_eq!(dispatch.rule(), Some(Rule::Autonomy), "{what}");
    }
}

#[test]
fn a_ticket_is_dispatched_on_its_confirmation() {
    let request = person_request(stop(104));
    let mut ready = world();
    ready.confirm(&request, "anna");
    let dispatch = log(ready, request);
    assert_eq!(dispatch.permit().unwrap().tier(), Tier::Red);
    let mut again = log(dispatch.world.clone(), dispatch.request.clone());
    again.relog(|intent| intent.id = IntentId("intent-2".to_owned()));
    assert_eq!(
        again.rule(),
        Some(Rule::ConfirmationInvalid),
        "one confirmation, one effect"
    );
}

#[test]
fn the_refusals_for_the_executor_name_the_target() {
    let refusal = no_lease(&start_by_reconciler(), &world().facts(), "the instance on nova");
    assert_eq!(
        (refusal.rule, refusal.tier, refusal.resource.as_str()),
        (Rule::NoLease, Tier::Yellow, "guest 101 (web)")
    );
}
