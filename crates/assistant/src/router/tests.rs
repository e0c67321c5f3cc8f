//! The rules of the route, one by one, and escalation. Knows only values.

use super::{
    escalate::{Escalation, Evidence, Step},
    *,
};
use jarvis_ports::model::ErrorClass;

fn mind(id: &str, local: bool) -> MindNow {
    MindNow {
        id: id.to_owned(),
        local,
        window_tokens: Some(if local { 8_000 } else { 200_000 }),
        demoted: None,
        breaker: Standing::Closed,
    }
}

fn minds() -> Vec<MindNow> {
    vec![mind("haiku", false), mind("opus", false), mind("qwen", true)]
}

fn situation(minds: &[MindNow]) -> Situation<'_> {
    Situation {
        asking: Asking::Question,
        privacy: Privacy::Anywhere,
        minds,
        prompt_tokens: 1000,
        spent: None,
        offline: None,
        now: Timestamp::from_secs(12 * 3600),
    }
}

fn decide(situation: &Situation<'_>) -> Route {
    let route = route(situation, &Calendar::new(jiff::tz::TimeZone::UTC));
    // Holds for every route.
    let (last, models) = route.chain.split_last().unwrap();
    assert_eq!(last.mind, None);
    assert!(models.iter().all(|choice| choice.mind.is_some()));
    assert!(route.chain.iter().all(|choice| !choice.reason.is_empty()));
    assert_eq!(
        models.len() + route.passed_over.len(),
        situation.minds.len(),
        "every model is asked or passed over"
    );
    route
}

fn order(route: &Route) -> Vec<&str> {
    route
        .chain
        .iter()
        .filter_map(|choice| choice.mind.as_deref())
        .collect()
}

#[test]
fn the_operators_order_holds_when_nothing_speaks_against_it() {
    let minds = minds();
    let route = decide(&situation(&minds));
    assert_eq!(order(&route), ["haiku", "opus", "qwen"]);
    assert_eq!(
        route.chain[0].reason,
        "a question; haiku is the first of the configured models"
    );
    assert_eq!(route.chain[3].reason, "no model answered");
    assert_eq!(decide(&situation(&[])).chain[0].reason, "no model is configured");
}

#[test]
fn money_privacy_and_a_cut_line_leave_the_models_in_the_house_and_say_so() {
    let minds = minds();
    let spent = "the budget of the day ($1.00) is spent until 00:00; only local models are asked";
    let cut = "the internet is not reached since 11:58:02";
    for (situation, why) in [
        (
            Situation {
                spent: Some(spent),
                ..situation(&minds)
            },
            spent,
        ),
        (
            Situation {
                offline: Some(cut),
                spent: Some(spent),
                ..situation(&minds)
            },
            cut,
        ),
        (
            Situation {
                privacy: Privacy::InHouse,
                ..situation(&minds)
            },
            "what is asked may not leave the house",
        ),
    ] {
        let route = decide(&situation);
        assert_eq!(order(&route), ["qwen"]);
        assert_eq!(route.chain[0].reason, format!("a question; {why}"));
    }
    let far = &minds[..2];
    let route = decide(&Situation {
        spent: Some(spent),
        ..situation(far)
    });
    assert_eq!(route.chain[0].reason, spent, "the built-in voice says why");
}

#[test]
fn an_open_breaker_a_short_window_and_a_demotion_are_told() {
    let mut minds = minds();
    minds[0].breaker = Standing::Open {
        until: Timestamp::from_secs(12 * 3600 + 270),
        class: ErrorClass::Overloaded,
    };
    let route = decide(&Situation {
        prompt_tokens: 9000,
        ..situation(&minds)
    });
    assert_eq!(order(&route), ["opus"]);
    assert!(
        route.passed_over[0].1.contains("breaker open until 12:04:30"),
        "{route:?}"
    );
    assert!(route.passed_over[1].1.contains("too long for qwen"), "{route:?}");

    let mut minds = self::minds();
    minds[0].demoted = Some("4 of 10 calls were right".to_owned());
    let route = decide(&situation(&minds));
    assert_eq!(order(&route), ["opus", "qwen", "haiku"], "kept last");
    assert!(route.chain[0].tools && !route.chain[2].tools);
    for asking in [Asking::Action, Asking::Proposal] {
        let route = decide(&Situation {
            asking,
            ..situation(&minds)
        });
        assert_eq!(order(&route), ["opus", "qwen"], "not for tools");
    }
}

#[test]
fn evidence_escalates_once_a_turn_and_only_evidence_does() {
    let minds = minds();
    let route = decide(&situation(&minds));
    let saw = |turn: &mut Escalation, evidence, current: &str, tokens| {
        turn.saw(evidence, current, &route.chain, &minds, tokens)
    };
    for evidence in [Evidence::MalformedCall, Evidence::Schema] {
        let mut turn = Escalation::default();
        assert_eq!(saw(&mut turn, evidence, "haiku", 1000), Step::Repair);
        let Step::Escalate(choice) = saw(&mut turn, evidence, "haiku", 1000) else {
            panic!("twice is evidence");
        };
        assert_eq!(choice.mind.as_deref(), Some("opus"));
        assert!(choice.reason.contains("haiku"), "{}", choice.reason);
        assert_eq!(saw(&mut turn, evidence, "opus", 1000), Step::Repair);
        for again in [evidence, Evidence::LoopLimit, Evidence::ContextOverflow] {
            assert!(matches!(saw(&mut turn, again, "opus", 1000), Step::GiveUp { .. }));
        }
    }
    // A longer conversation goes to one that reads more, or to none.
    let mut turn = Escalation::default();
    assert!(matches!(
        saw(&mut turn, Evidence::ContextOverflow, "haiku", 190_000),
        Step::GiveUp { .. }
    ));
    let minds = vec![mind("qwen", true), mind("haiku", false)];
    let chain = decide(&situation(&minds)).chain;
    let step = Escalation::default().saw(Evidence::ContextOverflow, "qwen", &chain, &minds, 9000);
    assert!(matches!(step, Step::Escalate(choice) if choice.mind.as_deref() == Some("haiku")));
    let step = Escalation::default().saw(Evidence::LoopLimit, "haiku", &chain, &minds, 9000);
    assert!(matches!(step, Step::GiveUp { .. }), "nothing after the last");
}
