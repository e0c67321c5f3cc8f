//! The same question of the same state costs one request, whoever of the same role asks it; after something happened, another.

use jarvis_assistant::spend::Caps;
use jarvis_controller::Person;
use jarvis_model::{Door, FreezeScope, Role};
use jarvis_simulator::models::Dialect::{Anthropic, OpenaiCompatible};
use jarvis_store::MemoryStore;
use jarvis_tests::stage::{Cast, PATIENCE, Stage, call, plays, say};
use jarvis_tests::{Rig, Setup, wait};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// Nothing that code answers by itself.
const QUESTION: &str = "Summarise the mood of the cluster for my mother";

fn ben(role: Role) -> Person {
    Person {
        user: "ben".to_owned(),
        role,
        door: Door::Dashboard,
    }
}

/// A cluster that is as it was, in a world so slow that ten seconds are long.
async fn stage(cast: &Cast) -> Stage {
    let rig = Rig::start(Setup {
        factor: 2,
        ..Setup::default()
    })
    .await;
    wait::until(rig.jarvis(), "it is as it was", PATIENCE, |view| {
        view.observed.complete_passes >= 3
    })
    .await;
    Stage::over(rig, &[cast], Caps::default(), Arc::new(MemoryStore::default()))
}

fn asked(cast: &Cast) -> usize {
    cast.server.heard().len()
}

#[tokio::test]
async fn the_same_question_within_seconds_is_asked_once() {
    for dialect in [Anthropic, OpenaiCompatible] {
        let cast = plays(
            dialect,
            "local",
            vec![say("It is content."), say("Still content.")],
        )
        .await;
        let mut stage = stage(&cast).await;
        let first = stage.ask(QUESTION).await;
        assert_eq!((first.text.as_str(), asked(&cast)), ("It is content.", 1));
        // In the same conversation, in other letters.
        let again = stage.ask(&format!("{}?", QUESTION.to_uppercase())).await;
        assert_eq!((again.text.as_str(), asked(&cast)), ("It is content.", 1));
        let mind = again.mind.unwrap();
        assert_eq!(
            (mind.name.as_str(), mind.micro_dollars, mind.prompt_tokens),
            ("local", 0, 0)
        );
        assert!(mind.reason.contains("nobody was asked again"), "{}", mind.reason);
        // In another conversation of somebody with the same role.
        stage.conversation = None;
        let of_ben = stage.ask_as(&ben(Role::Operator), QUESTION).await;
        assert_eq!((of_ben.text.as_str(), asked(&cast)), ("It is content.", 1));
        // Another role is told other things.
        stage.conversation = None;
        let of_viewer = stage.ask_as(&ben(Role::Viewer), QUESTION).await;
        assert_eq!((of_viewer.text.as_str(), asked(&cast)), ("Still content.", 2));
        // And so is everybody once something happened.
        stage.conversation = None;
        let frozen =
            stage
                .rig
                .jarvis()
                .freeze(FreezeScope::Autonomy, "a test".to_owned(), None, Stage::anna());
        frozen.await.unwrap();
        stage.ask(QUESTION).await;
        assert_eq!(asked(&cast), 3);
    }
}

#[tokio::test]
async fn it_is_asked_again_when_the_answer_is_old_or_something_else_was_said_between() {
    let cast = plays(Anthropic, "claude-haiku-5-5", vec![say("It is content.")]).await;
    let mut stage = stage(&cast).await;
    stage.ask(QUESTION).await;
    stage.ask("Why?").await;
    stage.ask(QUESTION).await;
    assert!(
        asked(&cast) >= 2,
        "what was said between may change what it means"
    );
    let before = asked(&cast);
    let until = stage.rig.now() + Duration::from_secs(11);
    wait::until(stage.rig.jarvis(), "eleven seconds", PATIENCE, |view| {
        view.at >= until
    })
    .await;
    stage.conversation = None;
    stage.ask(QUESTION).await;
    assert_eq!(asked(&cast), before + 1);
}

#[tokio::test]
async fn an_answer_that_asked_for_something_is_never_given_again() {
    let acts = call("reboot_guest", json!({"vmid": 101, "reason": "asked"}));
    let plays_two = vec![
        acts.clone(),
        say("It waits for you."),
        acts,
        say("It waits for you."),
    ];
    let cast = plays(Anthropic, "claude-haiku-5-5", plays_two).await;
    let mut stage = stage(&cast).await;
    let question = "Give guest 101 some fresh air";
    let first = stage.ask(question).await;
    assert!(!first.cards.is_empty() || !first.tools.is_empty(), "{first:?}");
    stage.conversation = None;
    stage.ask(question).await;
    assert_eq!(asked(&cast), 4);
}
