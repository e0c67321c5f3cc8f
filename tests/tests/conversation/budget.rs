//! The budget spent: only models in the house are asked, and it is said.

use jarvis_assistant::spend::Caps;
use jarvis_simulator::models::Dialect::{Anthropic, OpenaiCompatible};
use jarvis_tests::stage::{Stage, plays, say};

#[tokio::test]
async fn with_the_budget_spent_only_the_model_in_the_house_is_asked_and_says_so() {
    let far = plays(Anthropic, "claude-haiku-5-5", vec![say("Far.")]).await;
    let near = plays(OpenaiCompatible, "local", vec![say("Near.")]).await;
    let caps = Caps {
        per_day: Some(10),
        ..Caps::default()
    };
    let mut stage = Stage::capped(&[&far, &near], caps).await;
    let answer = stage.ask("Sing of the guests, poetically").await;
    assert_eq!(answer.text, "Near.");
    let reason = answer.mind.unwrap().reason;
    assert!(reason.contains("the day"), "{reason}");
    assert!(far.server.heard().is_empty(), "nothing is sent");
}
