//! Every reason the guard has, reached; its neighbour permitted; its whole text kept as a snapshot.

use crate::{
    examples::{self, Example},
    world::*,
};
use jarvis_guard::{no_lease, no_record, objections};
use jarvis_model::{Refusal, Rule, Tier, Verdict};
use std::{collections::BTreeSet, fmt::Write as _};

#[test]
fn every_example_is_refused_by_its_own_rule() {
    for Example {
        rule,
        title,
        spoiled: (world, request),
        ..
    } in examples::all()
    {
        let verdict = world.judge(&request);
        assert_eq!(verdict.rule(), Some(rule), "{title}: {verdict:#?}");
    }
}

#[test]
fn the_neighbour_of_every_example_is_permitted() {
    for Example {
        title,
        world,
        request,
        ..
    } in examples::all()
    {
        let verdict = world.judge(&request);
        assert!(verdict.is_permit(), "{title}: {verdict:#?}");
    }
}

#[test]
fn every_rule_has_an_example() {
    let mut reached: BTreeSet<Rule> = examples::all().into_iter().map(|example| example.rule).collect();
    // These two are for the executor to give: see `no_record` and `no_lease`.
    reached.extend([Rule::NoRecord, Rule::NoLease]);
    let missing: Vec<Rule> = Rule::ALL
        .into_iter()
        .filter(|rule| !reached.contains(rule))
        .collect();
    assert!(missing.is_empty(), "no example for {missing:?}");
}

#[test]
fn black_is_exactly_what_is_never_done() {
    let never = [
        Rule::BlackAction,
        Rule::Protected,
        Rule::ProtectedDependency,
        Rule::QuorumAfter,
        Rule::OtherNodeUnhealthy,
        Rule::IdentityMismatch,
    ];
    for Example {
        rule,
        title,
        spoiled: (world, request),
        ..
    } in examples::all()
    {
        let verdict = world.judge(&request);
        assert_eq!(
            verdict.tier() == Tier::Black,
            never.contains(&rule),
            "{title}: {verdict:#?}"
        );
    }
}

#[test]
fn the_first_objection_is_the_verdict() {
    for Example {
        title,
        world,
        request,
        spoiled,
        ..
    } in examples::all()
    {
        assert_eq!(objections(&request, &world.facts()), [], "{title}");
        let (world, request) = spoiled;
        let all = objections(&request, &world.facts());
        assert_eq!(all.first(), Some(&world.judge(&request)), "{title}");
    }
}

#[test]
fn every_text_is_whole_sentences_that_name_something_to_do() {
    for Example {
        title,
        spoiled: (world, request),
        ..
    } in examples::all()
    {
        let (reason, unblock) = match world.judge(&request) {
            Verdict::Wait { refusal, .. } | Verdict::Refuse { refusal } => (refusal.reason, refusal.unblock),
            Verdict::Confirm { reason, .. } => (reason, "Confirm.".to_owned()),
            Verdict::Permit { .. } => panic!("{title} is permitted"),
        };
        for text in [&reason, &unblock] {
            assert!(
                text.ends_with('.') && !text.contains("  ") && !text.contains(".."),
                "{title}: {text:?}"
            );
            let first = text.chars().next().unwrap();
            assert!(
                !first.is_lowercase() || text.starts_with("anna"),
                "{title}: {text:?}"
            );
        }
    }
}

#[test]
fn the_texts_of_all_refusals() {
    let mut text = String::new();
    for Example {
        rule,
        title,
        spoiled: (world, request),
        ..
    } in examples::all()
    {
        let verdict = world.judge(&request);
        writeln!(text, "## {} {rule}: {title}", rule.code()).unwrap();
        writeln!(text, "{} asks to {}", request.origin.label(), request.action).unwrap();
        write_verdict(&mut text, &verdict);
    }
    let (world, request) = (world(), start_by_reconciler());
    writeln!(
        text,
        "## {} {}: no durable record",
        Rule::NoRecord.code(),
        Rule::NoRecord
    )
    .unwrap();
    write_refusal(
        &mut text,
        &no_record(&request, &world.facts(), "the disk is full"),
    );
    writeln!(
        text,
        "## {} {}: another instance acts",
        Rule::NoLease.code(),
        Rule::NoLease
    )
    .unwrap();
    write_refusal(
        &mut text,
        &no_lease(&request, &world.facts(), "the instance on nova"),
    );
    insta::assert_snapshot!(text);
}

fn write_verdict(text: &mut String, verdict: &Verdict) {
    match verdict {
        Verdict::Permit { tier } => writeln!(text, "permitted ({tier})\n").unwrap(),
        Verdict::Confirm {
            tier, typed, reason, ..
        } => {
            let typed = if *typed { ", typing the name" } else { "" };
            writeln!(text, "-> needs confirmation ({tier}{typed})\n   {reason}\n").unwrap();
        }
        Verdict::Wait { refusal, until, .. } => {
            let until = until.map_or_else(String::new, |at| {
                format!(", until {} s from now", at.since(NOW).as_secs())
            });
            writeln!(text, "-> waits ({}{until})", refusal.tier).unwrap();
            write_refusal(text, refusal);
        }
        Verdict::Refuse { refusal } => {
            writeln!(text, "-> refused ({})", refusal.tier).unwrap();
            write_refusal(text, refusal);
        }
    }
}

fn write_refusal(text: &mut String, refusal: &Refusal) {
    writeln!(
        text,
        "   [{}] {}\n   {}\n",
        refusal.resource, refusal.reason, refusal.unblock
    )
    .unwrap();
}
