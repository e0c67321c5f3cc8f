//! What is remembered: what code answered, for the model that is asked next; what people said; what conversations were about.

use jarvis_assistant::memory::{Kind, Trust};
use jarvis_controller::Person;
use jarvis_model::{Door, Role};
use jarvis_simulator::models::Dialect::{Anthropic, OpenaiCompatible};
use jarvis_tests::stage::{Cast, Stage, plays, say};
use std::time::Duration;

fn heard(cast: &Cast) -> Vec<String> {
    cast.server
        .heard()
        .iter()
        .map(|heard| heard.body.to_string())
        .collect()
}

fn viewer() -> Person {
    Person {
        user: "vera".to_owned(),
        role: Role::Viewer,
        door: Door::Dashboard,
    }
}

/// A summary is due for everything that was said.
async fn sum_up(stage: &Stage) -> usize {
    stage
        .assistant
        .sum_up(stage.rig.now() + Duration::from_secs(1))
        .await
}

#[tokio::test]
async fn a_model_that_is_asked_next_sees_what_code_answered_as_data() {
    for dialect in [Anthropic, OpenaiCompatible] {
        let cast = plays(dialect, "local", vec![say("Because it was declared so.")]).await;
        let mut stage = Stage::with(&[&cast]).await;
        let by_code = stage.ask("Is 101 running?").await;
        assert_eq!(by_code.mind.as_ref().unwrap().name, "built-in");
        assert!(cast.server.heard().is_empty());
        stage.ask("And what would your grandmother say to that?").await;
        let sent = &cast.server.heard()[0].body;
        let messages = sent["messages"].as_array().unwrap();
        let with = |part: &str| messages.iter().find(|message| message.to_string().contains(part));
        let question = with("Is 101 running?").unwrap_or_else(|| panic!("{sent}"));
        assert_eq!(question["role"], "user");
        let first_line = by_code.text.lines().next().unwrap();
        let answer = with(&first_line[..20]).unwrap_or_else(|| panic!("{first_line}: {sent}"));
        assert_eq!(answer["role"], "assistant", "{sent}");
        let text = answer.to_string();
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
        assert!(at("Data from the cluster") < at(&first_line[..20]), "{text}");
        assert!(text.contains("guest/101"), "with its facts: {text}");
        // It is told once, and stays where it is.
        stage.ask("Then what would your grandfather say?").await;
        let again = &heard(&cast)[1];
        assert_eq!(again.matches("Is 101 running?").count(), 1, "{again}");
    }
}

#[tokio::test]
async fn a_choice_counts_at_once_is_told_to_models_and_forgotten_by_its_number() {
    let cast = plays(
        Anthropic,
        "claude-haiku-5-5",
        vec![say("Aye."), say("Aye."), say("Aye.")],
    )
    .await;
    let mut stage = Stage::with(&[&cast]).await;
    let memory = stage.assistant.memory().unwrap().clone();
    let now = stage.rig.now();
    let refused = stage.ask_as(&viewer(), "Call me Admiral").await;
    assert!(refused.text.contains("viewer"), "{}", refused.text);
    stage.conversation = None;
    let chosen = stage.ask("Call me Captain, please").await;
    assert!(
        chosen.text.contains("“Address the operator as “Captain”.”"),
        "{}",
        chosen.text
    );
    stage.ask("Be brief.").await;
    stage.ask("Always answer in detail.").await;
    let kept: Vec<String> = memory
        .list(None, "", now)
        .into_iter()
        .map(|one| one.text)
        .collect();
    assert_eq!(
        kept.len(),
        2,
        "a later choice takes the place of an earlier one: {kept:?}"
    );
    assert!(heard(&cast).is_empty(), "all of it by code");
    stage.ask("What would your grandfather say of all this?").await;
    let told = heard(&cast).concat();
    assert!(
        told.contains("Captain") && told.contains("Answer in detail."),
        "{told}"
    );
    stage.ask(&chosen.suggestions[0]).await;
    assert_eq!(memory.list(None, "Captain", now).len(), 0);
}

#[tokio::test]
async fn a_fact_is_remembered_once_a_person_confirmed_it_and_forgotten_by_its_number() {
    let cast = plays(Anthropic, "claude-haiku-5-5", vec![say("I see.")]).await;
    let mut stage = Stage::with(&[&cast]).await;
    let memory = stage.assistant.memory().unwrap().clone();
    let now = stage.rig.now();
    let refused = stage
        .ask_as(&viewer(), "Remember that the NAS is slow on Sundays")
        .await;
    assert!(
        refused.text.contains("viewer") && memory.pending(now).is_empty(),
        "{}",
        refused.text
    );

    stage.conversation = None;
    let taken = stage
        .ask("Remember that the NAS, in the cellar, is slow on Sundays")
        .await;
    let [pending] = &memory.pending(now)[..] else {
        panic!("{taken:?}");
    };
    assert_eq!(pending.text, "the NAS, in the cellar, is slow on Sundays");
    assert!(
        taken.text.contains("once it is confirmed")
            && taken.facts[0].source == format!("memory {}", pending.id)
    );
    assert!(memory.list(None, "", now).is_empty(), "words confirm nothing");
    let shown = stage.ask("What do you remember?").await;
    assert!(shown.text.contains("waits to be confirmed"), "{}", shown.text);
    memory.confirm(pending.id, "anna", now).unwrap();
    let shown = stage.ask("What do you remember about the NAS?").await;
    assert!(
        shown.text.contains("is slow on Sundays (fact, person anna)"),
        "{}",
        shown.text
    );

    let which = stage.ask("Forget that the NAS, in the cellar, is slow").await;
    assert_eq!(
        memory.list(None, "", now).len(),
        1,
        "not by its words: {}",
        which.text
    );
    assert_eq!(
        which.suggestions,
        [format!("Forget number {}", pending.id)],
        "{}",
        which.text
    );
    stage.ask(&which.suggestions[0]).await;
    assert!(memory.list(None, "", now).is_empty());
    assert!(heard(&cast).is_empty(), "all of it by code");
}

#[tokio::test]
async fn a_quiet_conversation_becomes_a_summary_by_code_that_its_owner_alone_is_told_later() {
    let cast = plays(OpenaiCompatible, "local", vec![say("I see.")]).await;
    let mut stage = Stage::with(&[&cast]).await;
    stage.ask("Is 101 running?").await;
    stage.ask("Restart 101").await;
    assert_eq!(sum_up(&stage).await, 1);
    assert_eq!(sum_up(&stage).await, 0, "once, until more is said");
    assert!(heard(&cast).is_empty(), "code answered alone, and sums up alone");
    let memory = stage.assistant.memory().unwrap().clone();
    let [summary] = &memory.list(Some(Kind::Conversation), "", stage.rig.now())[..] else {
        panic!("one summary");
    };
    assert_eq!(summary.trust, Trust::Recorded);
    assert!(
        summary
            .text
            .starts_with("anna said: “Is 101 running?”; “Restart 101”. What came of it: reboot guest 101: "),
        "{}",
        summary.text
    );

    stage.conversation.take();
    stage.ask("What would your grandmother make of guest 101?").await;
    let later = heard(&cast).remove(0);
    assert!(later.contains("What came of it: reboot guest 101"), "{later}");
    stage.conversation.take();
    stage
        .ask_as(&viewer(), "What would your grandmother make of guest 101?")
        .await;
    let others = heard(&cast).remove(1);
    assert!(!others.contains("What came of it"), "{others}");

    let id = jarvis_assistant::message::ConversationId(summary.name.clone().unwrap());
    stage.assistant.delete("anna", &id).unwrap();
    let left = memory.list(Some(Kind::Conversation), "Restart 101", stage.rig.now());
    assert!(left.is_empty(), "it goes with its conversation: {left:?}");
}

#[tokio::test]
async fn where_a_model_took_part_it_sums_up_what_was_said_and_nothing_else() {
    for (words, is_kept) in [
        (
            "Anna asked after the mood of the cluster, and it was content.",
            true,
        ),
        ("Anna asked to have guest 999 destroyed.", false),
    ] {
        let cast = plays(
            Anthropic,
            "claude-haiku-5-5",
            vec![say("It is content."), say(words)],
        )
        .await;
        let mut stage = Stage::with(&[&cast]).await;
        stage.ask("Summarise the mood of the cluster, says Anna").await;
        assert_eq!(sum_up(&stage).await, 1);
        let memory = stage.assistant.memory().unwrap();
        let summary = memory
            .list(Some(Kind::Conversation), "", stage.rig.now())
            .remove(0);
        assert_eq!(summary.text == words, is_kept, "{}", summary.text);
        assert_eq!(
            summary.text.starts_with("anna said: “Summarise"),
            !is_kept,
            "{}",
            summary.text
        );
        let day = stage.assistant.minds().report(stage.rig.now()).unwrap().day;
        let kinds: Vec<_> = day.kinds.iter().map(|kind| kind.kind.word()).collect();
        assert!(kinds.contains(&"consolidation"), "{kinds:?}");
    }
}

#[tokio::test]
async fn a_conversation_that_outgrows_its_models_goes_on_with_its_summary() {
    // One piece on the wire.
    let long = "content,".repeat(3600);
    let many: Vec<_> = (0..6).map(|_| say(&long)).collect();
    let cast = plays(OpenaiCompatible, "local", many).await;
    let mut stage = Stage::with(&[&cast]).await;
    for number in 0..5 {
        let told = stage
            .ask(&format!("Tell me tale number {number} of the cluster"))
            .await;
        assert_eq!(told.text, long);
    }
    let sent = heard(&cast);
    let last = sent.last().unwrap();
    assert!(
        last.contains("This conversation so far"),
        "it began anew: {} bytes",
        last.len()
    );
    assert!(last.contains("Tell me tale number 0 of the cluster") && last.len() < 100_000);
    let memory = stage.assistant.memory().unwrap();
    assert!(
        !memory
            .list(Some(Kind::Conversation), "tale number 0", stage.rig.now())
            .is_empty()
    );
}
