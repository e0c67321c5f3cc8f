//! The evaluation anyone can run: with a played model every request must pass, and a model that does not do what is wanted must fail.

use jarvis_simulator::models::Dialect;
use jarvis_tests::eval::{
    self, Mind,
    request::{KINDS, Kind, REQUESTS, Request, read},
    score::Flaw,
};

fn requests() -> Vec<Request> {
    read(REQUESTS).unwrap()
}

#[test]
fn there_are_enough_of_each_kind() {
    let all = requests();
    assert!(all.len() >= 60, "{}", all.len());
    for kind in KINDS {
        assert!(
            all.iter().filter(|one| one.kind == kind).count() >= 10,
            "{kind:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_played_model_passes_all_of_them() {
    // Halves, in both dialects: the decoders have tests of their own.
    let all = requests();
    for (dialect, half) in [(Dialect::Anthropic, 0), (Dialect::OpenaiCompatible, 1)] {
        let half: Vec<Request> = all.iter().skip(half).step_by(2).cloned().collect();
        let tallies = eval::run(&half, &Mind::Scripted(dialect), 8, |_| ()).await;
        let failed: Vec<_> = tallies.iter().filter(|tally| !tally.flaws.is_empty()).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        assert!(tallies.iter().all(|tally| tally.output_tokens > 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_something_else_fails() {
    let all = requests();
    let named = |name: &str| all.iter().find(|one| one.name == name).unwrap().clone();
    // It plays `start-win-lab` where something else is wanted.
    let played = named("start-win-lab");
    let other = |wanted: &str| Request {
        calls: played.calls.clone(),
        ..named(wanted)
    };
    let asked = [
        other("conditional"),
        Request {
            card: named("reboot-mqtt").card,
            ..played.clone()
        },
    ];
    let asked = [
        Request {
            ask: "Restart 105 if it is slow".to_owned(),
            ..asked[0].clone()
        },
        asked[1].clone(),
    ];
    let tallies = eval::run(&asked, &Mind::Scripted(Dialect::Anthropic), 2, |_| ()).await;
    let has = |place: usize, wanted: fn(&Flaw) -> bool| tallies[place].flaws.iter().any(wanted);
    assert!(has(0, |flaw| matches!(flaw, Flaw::Uncalled(_))), "{tallies:#?}");
    assert!(has(1, |flaw| matches!(flaw, Flaw::NoCard(_))), "{tallies:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_alone_does_nothing_that_was_not_asked_for() {
    // How things are asks for nothing; the corpus of phrasings has it.
    let mut all: Vec<Request> = requests();
    all.retain(|request| request.kind != Kind::Status);
    let tallies = eval::run(&all, &Mind::BuiltIn, 8, |_| ()).await;
    let grave = |flaw: &Flaw| matches!(flaw, Flaw::Uncalled(_) | Flaw::Done(_) | Flaw::Silent);
    let wrong: Vec<_> = tallies
        .iter()
        .filter(|tally| tally.flaws.iter().any(grave))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let passed = tallies.iter().filter(|tally| tally.flaws.is_empty()).count();
    assert!(
        passed * 100 >= tallies.len() * 80,
        "{passed} of {}",
        tallies.len()
    );
}
