//! What models answer and want done: streamed, checked, shown, handed on, and always ended.

use jarvis_assistant::message::MessageState;
use jarvis_controller::Confirm;
use jarvis_model::TicketState;
use jarvis_simulator::models::{Act, Dialect, Fault};
use jarvis_tests::stage::{PATIENCE, Stage, call, plays, say};
use jarvis_tests::wait;
use serde_json::json;

use Dialect::{Anthropic, OpenaiCompatible};

/// Nothing code understands by itself.
const ODD: &str = "Would you compare the merits of the guests for me, poetically?";

#[tokio::test]
async fn an_answer_is_streamed_with_its_tools_and_says_which_mind_gave_it() {
    for dialect in [Anthropic, OpenaiCompatible] {
        let cast = plays(
            dialect,
            "claude-haiku-5-5",
            vec![
                call("list_guests", json!({})),
                say("There are several guests, all of merit."),
            ],
        )
        .await;
        let mut stage = Stage::with(&[&cast]).await;
        let answer = stage.ask(ODD).await;
        assert_eq!(answer.text, "There are several guests, all of merit.");
        assert_eq!(answer.state, MessageState::Whole);
        let used = &answer.tools[0];
        assert_eq!((used.tool.as_str(), used.is_error), ("list_guests", false));
        let mind = answer.mind.unwrap();
        assert_eq!(
            (mind.name.as_str(), mind.local),
            ("claude-haiku-5-5", dialect == OpenaiCompatible)
        );
        assert_eq!(
            mind.micro_dollars > 0,
            dialect == Anthropic,
            "a model in the house costs nothing"
        );
        // The second request goes on where the first one ended: same beginning, letter for letter.
        let heard = cast.server.heard();
        assert_eq!(heard.len(), 2);
        assert_eq!(heard[0].body["tools"], heard[1].body["tools"]);
        assert!(
            heard[1].body.to_string().contains("web"),
            "the tool's answer is read by the model"
        );
    }
}

#[tokio::test]
async fn figures_and_names_a_model_did_not_read_are_named_beside_its_answer() {
    for dialect in [Anthropic, OpenaiCompatible] {
        let cast = plays(
            dialect,
            "claude-haiku-5-5",
            vec![
                call("list_guests", json!({})),
                say(
                    "web-01 (101) is a sonnet, web-77 an epic of 471 GiB at 99.7 %; ask again in 10 minutes.",
                ),
                say("As before: web-01 is guest 101, and web-77 takes 99.7 %."),
            ],
        )
        .await;
        let mut stage = Stage::with(&[&cast]).await;
        let answer = stage.ask(ODD).await;
        assert_eq!(answer.unfounded, ["web-77", "471 GiB", "99.7 %"], "{answer:#?}");
        // What it said itself it did not read.
        let again = stage.ask("And in verse, as an ode to all of them?").await;
        assert_eq!(again.unfounded, ["web-77", "99.7 %"], "{again:#?}");
        let by_code = stage.ask("How's the cluster?").await;
        assert!(by_code.unfounded.is_empty());
    }
}

#[tokio::test]
async fn a_call_that_acts_is_a_card_and_nothing_happens_before_a_person_confirms() {
    let cast = plays(
        Anthropic,
        "claude-haiku-5-5",
        vec![
            call("shutdown_guest", json!({"vmid": 101})),
            say("I have prepared it; kindly confirm on the card."),
        ],
    )
    .await;
    let mut stage = Stage::with(&[&cast]).await;
    let answer = stage
        .ask("Perhaps 101 deserves some rest, what do you think, poetically")
        .await;
    let ticket = stage.ticket(&answer);
    let TicketState::AwaitingConfirmation { digest, .. } = ticket.state else {
        panic!("{ticket:?}")
    };
    assert_eq!(stage.effects(), 0);
    let confirm = Confirm {
        ticket: Some(ticket.id.clone()),
        digest,
        typed: None,
        by: Stage::anna(),
    };
    stage.rig.jarvis().confirm(confirm).await.unwrap();
    let before = answer.seq;
    let id = ticket.id;
    wait::until(stage.rig.jarvis(), "it is done", PATIENCE, |view| {
        view.memory
            .tickets
            .get(&id)
            .is_some_and(|ticket| ticket.state.is_final())
    })
    .await;
    let told = async {
        loop {
            if let Some(last) = stage.messages().into_iter().find(|message| message.seq > before) {
                return last;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await.unwrap();
    assert!(
        told.text.contains("101") && told.text.contains("verified"),
        "{}",
        told.text
    );
    assert_eq!(stage.effects(), 1, "one effect, once");
}

#[tokio::test]
async fn what_nobody_named_is_not_acted_on_and_the_model_is_told() {
    let cast = plays(
        OpenaiCompatible,
        "local",
        vec![
            call("shutdown_guest", json!({"vmid": 102})),
            say("I must ask which guest you mean."),
        ],
    )
    .await;
    let mut stage = Stage::with(&[&cast]).await;
    let answer = stage.ask(ODD).await;
    assert!(answer.cards.is_empty() && answer.tools.is_empty(), "{answer:?}");
    assert_eq!(stage.waiting(), 0);
    let heard = cast.server.heard();
    let told = heard[1].body.to_string();
    assert!(
        told.contains("named neither by the person nor by a tool"),
        "{told}"
    );
}

#[tokio::test]
async fn broken_leaked_and_unknown_calls_are_never_run_and_have_one_repair() {
    let broken = Act {
        calls: vec![("shutdown_guest".to_owned(), "{\"vmid\": 1".to_owned())],
        ..Act::default()
    };
    let once = plays(
        OpenaiCompatible,
        "clumsy",
        vec![broken.clone().into(), say("Quite so.")],
    )
    .await;
    let mut stage = Stage::with(&[&once]).await;
    assert_eq!(stage.ask(ODD).await.text, "Quite so.");
    assert!(once.server.heard()[1].body.to_string().contains("no JSON object"));

    let leaked: jarvis_simulator::models::Play = Act::leak("shutdown_guest", &json!({"vmid": 101})).into();
    let twice = plays(OpenaiCompatible, "clumsy", vec![leaked]).await;
    let other = plays(Anthropic, "claude-haiku-5-5", vec![say("Allow me.")]).await;
    let mut stage = Stage::with(&[&twice, &other]).await;
    let answer = stage.ask("Is 101 of merit, poetically speaking?").await;
    assert_eq!(answer.text, "Allow me.");
    let reason = answer.mind.unwrap().reason;
    assert!(
        reason.contains("clumsy") && reason.contains("malformed twice"),
        "{reason}"
    );
    assert_eq!(stage.waiting(), 0, "a call is never read out of text");

    let unknown = plays(
        OpenaiCompatible,
        "local",
        vec![call("destroy_everything", json!({})), say("Noted.")],
    )
    .await;
    let mut stage = Stage::with(&[&unknown]).await;
    assert_eq!(stage.ask(ODD).await.text, "Noted.");
    assert!(
        unknown.server.heard()[1]
            .body
            .to_string()
            .contains("there is no tool")
    );
}

#[tokio::test]
async fn a_loop_ends_and_the_same_call_is_made_once() {
    let looping = jarvis_tests::stage::cast(
        OpenaiCompatible,
        "dizzy",
        jarvis_simulator::models::Part::Looping {
            tool: "list_nodes".to_owned(),
            arguments: json!({}),
        },
    )
    .await;
    let mut stage = Stage::with(&[&looping]).await;
    let answer = stage.ask(ODD).await;
    assert_eq!(answer.mind.as_ref().unwrap().name, "built-in", "{answer:?}");
    assert!(answer.mind.unwrap().reason.contains("without coming to an end"));
    assert!(looping.server.heard().len() <= 12);
    let last = looping.server.heard().last().unwrap().body.to_string();
    assert!(last.contains("called this before"), "{last}");
}

#[tokio::test]
async fn a_line_cut_in_mid_answer_is_told_and_the_next_mind_answers_and_code_last_of_all() {
    let cut = || Act::say("The guests are one and all of").failing(Fault::CutAfter(4));
    let far = plays(Anthropic, "claude-haiku-5-5", vec![cut()]).await;
    let near = plays(OpenaiCompatible, "local", vec![say("They are of equal merit.")]).await;
    let mut stage = Stage::with(&[&far, &near]).await;
    let answer = stage.ask(ODD).await;
    assert_eq!(answer.text, "They are of equal merit.");
    let broken = stage
        .messages()
        .into_iter()
        .find(|message| message.seq + 1 == answer.seq)
        .unwrap();
    assert!(matches!(broken.state, MessageState::Broken { .. }), "{broken:?}");
    assert!(answer.mind.unwrap().reason.contains("broke off"));

    let far = plays(Anthropic, "claude-haiku-5-5", vec![cut()]).await;
    let near = plays(
        OpenaiCompatible,
        "local",
        vec![Act::say("").failing(Fault::Overloaded)],
    )
    .await;
    let mut stage = Stage::with(&[&far, &near]).await;
    let answer = stage.ask(ODD).await;
    assert_eq!(answer.mind.unwrap().name, "built-in");
    assert_eq!(answer.state, MessageState::Whole);
}

#[tokio::test]
async fn a_person_stops_an_answer_and_asks_on() {
    let endless = Act {
        text: "On and".to_owned(),
        endless: true,
        ..Act::default()
    };
    let cast = plays(
        OpenaiCompatible,
        "local",
        vec![endless.into(), say("Briefly then.")],
    )
    .await;
    let mut stage = Stage::with(&[&cast]).await;
    let (id, seq) = stage.assistant.send(&Stage::anna(), None, ODD).unwrap();
    stage.conversation = Some(id.clone());
    let streaming = async {
        while !stage
            .messages()
            .iter()
            .any(|message| message.seq > seq && message.text.len() > 10)
        {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, streaming).await.unwrap();
    assert!(
        stage
            .assistant
            .send(&Stage::anna(), Some(id.clone()), "More")
            .is_err(),
        "one thing at a time"
    );
    assert!(stage.assistant.cancel("anna", &id).unwrap());
    tokio::time::timeout(PATIENCE, cast.server.hung_up(1))
        .await
        .unwrap();
    let stopped = async {
        while stage.assistant.cancel("anna", &id).unwrap() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, stopped).await.unwrap();
    assert_eq!(stage.messages()[1].state, MessageState::Cancelled);
    assert_eq!(stage.ask(ODD).await.text, "Briefly then.");
}

#[tokio::test]
async fn conversations_are_their_owners_alone_and_survive_a_restart() {
    let cast = plays(OpenaiCompatible, "local", vec![say("As you wish.")]).await;
    let mut stage = Stage::with(&[&cast]).await;
    stage.ask(ODD).await;
    let id = stage.conversation.clone().unwrap();
    assert!(stage.assistant.conversation("berta", &id).is_err());
    assert!(!stage.assistant.delete("berta", &id).unwrap());
    // The rig keeps its store; another assistant over it is the one after a restart.
    let again = jarvis_assistant::Assistant::without_models(
        jarvis_tools::Registry::new(jarvis_tools::Desk {
            handle: stage.rig.jarvis().clone(),
            clock: stage.rig.clock(),
        }),
        jiff::tz::TimeZone::UTC,
    );
    let kept = again.conversation("anna", &id).unwrap();
    assert_eq!(kept.messages, stage.messages());
    assert_eq!(again.heads("anna", 9).unwrap().len(), 1);
    assert!(again.delete("anna", &id).unwrap());
    assert!(again.heads("anna", 9).unwrap().is_empty() && again.conversation("anna", &id).is_err());
}

#[tokio::test]
async fn what_a_model_said_before_it_broke_off_names_no_target() {
    let cast = plays(
        OpenaiCompatible,
        "local",
        vec![
            Act::say("Guest 102 ought to be shut down, and that at").failing(Fault::CutAfter(6)),
            call("shutdown_guest", json!({"vmid": 102})),
            say("I must ask which guest you mean."),
        ],
    )
    .await;
    let mut stage = Stage::with(&[&cast]).await;
    stage.ask(ODD).await;
    let broken = stage.messages()[1].clone();
    assert!(broken.text.contains("102"), "{broken:?}");
    assert_eq!(broken.mind.unwrap().name, "local", "it is told who broke off");
    stage.ask(ODD).await;
    assert_eq!(stage.waiting(), 0, "{:?}", stage.messages());
}

#[tokio::test]
async fn who_says_nothing_is_followed_by_the_next_mind() {
    let silent = plays(OpenaiCompatible, "mute", vec![say("")]).await;
    let other = plays(Anthropic, "claude-haiku-5-5", vec![say("Allow me.")]).await;
    let mut stage = Stage::with(&[&silent, &other]).await;
    assert_eq!(stage.ask(ODD).await.text, "Allow me.");
}
