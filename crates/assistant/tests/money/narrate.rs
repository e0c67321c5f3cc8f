//! A narration is what its facts say, in time, and paid; or the template stands.

use crate::world::{Mains, Plain, at, caps};
use async_trait::async_trait;
use futures::{StreamExt, stream, stream::BoxStream};
use jarvis_assistant::{
    minds::{MindSetup, Minds, Options},
    narrate::{Unnarrated, narrate},
    spend::{Caps, Kind},
};
use jarvis_ports::{
    Model, Narration, Telling,
    model::{Answer, Block, Capabilities, ErrorClass, Event, ModelError, Prompt, StopReason, Usage},
};
use jiff::tz::TimeZone;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const FINE: &str = "Guest web (101) on pve2 has been down since 12:04.";

/// What a model does.
#[derive(Clone, Copy)]
enum Does {
    Writes(&'static str),
    Hangs,
    Fails,
}

struct Played {
    name: &'static str,
    does: Does,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Model for Played {
    fn id(&self) -> &str {
        self.name
    }

    fn is_local(&self) -> bool {
        self.name == "local"
    }

    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Event> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        assert!(prompt.tools.is_empty(), "it is offered nothing to act with");
        let text = match self.does {
            Does::Writes(text) => text,
            Does::Hangs => return stream::pending().boxed(),
            Does::Fails => {
                let error = ModelError {
                    model: self.name.to_owned(),
                    class: ErrorClass::Overloaded,
                    why: "played".to_owned(),
                    retry_after: None,
                    request_id: None,
                };
                return stream::iter([Event::Error(error)]).boxed();
            }
        };
        let answer = Answer {
            wire: "played".to_owned(),
            model: self.name.to_owned(),
            response_id: "1".to_owned(),
            blocks: vec![Block::Text(text.to_owned())],
            stop: StopReason::EndTurn,
            usage: Some(Usage {
                output_tokens: 10,
                ..Usage::default()
            }),
            timings: None,
            flaws: Vec::new(),
        };
        stream::iter([Event::Stop(Box::new(answer))]).boxed()
    }

    async fn probe(&self) -> Result<Capabilities, ModelError> {
        unreachable!("it is asked, not probed")
    }
}

/// Models that do this, and how often each was asked.
struct Cast {
    minds: Minds,
    asked: Vec<Arc<AtomicUsize>>,
}

fn cast(models: &[(&'static str, Does)], caps: Caps, local_only: bool) -> Cast {
    let mut asked = Vec::new();
    let setups = models.iter().map(|(name, does)| {
        let count = Arc::new(AtomicUsize::new(0));
        asked.push(count.clone());
        MindSetup {
            model: Arc::new(Played {
                name,
                does: *does,
                asked: count,
            }),
            window_tokens: 8000,
            max_output_tokens: 500,
            slots: 1,
        }
    });
    let setups = setups.collect();
    let options = Options {
        tariff: Arc::new(Plain),
        caps,
        local_only,
    };
    let minds = Minds::open(setups, options, Arc::new(Mains::default()), TimeZone::UTC).unwrap();
    Cast { minds, asked }
}

impl Cast {
    async fn narrate(&self) -> Result<Narration, Unnarrated> {
        let telling = Telling {
            facts: vec!["guest 101 (web) on pve2 is down since 12:04".to_owned()],
            template: "Guest web is down.".to_owned(),
            within: Duration::from_secs(30),
        };
        narrate(&self.minds, &telling, at("2026-11-29T12:00:00Z")).await
    }

    fn asked(&self) -> Vec<usize> {
        self.asked
            .iter()
            .map(|count| count.load(Ordering::SeqCst))
            .collect()
    }

    fn day(&self) -> jarvis_assistant::spend::Period {
        self.minds.report(at("2026-11-29T12:00:00Z")).unwrap().day
    }
}

#[tokio::test]
async fn what_stands_in_the_facts_is_sent_and_anything_else_is_not() {
    let rich = caps(100_000, 100_000);
    let fine = cast(&[("haiku", Does::Writes(FINE))], rich, false);
    let told = fine.narrate().await.unwrap();
    assert_eq!(
        (told.text.as_str(), told.mind.as_str(), told.local),
        (FINE, "haiku", false)
    );
    let day = fine.day();
    assert_eq!((day.kinds[0].kind, day.micro_dollars), (Kind::Narration, 10));
    let writes = async |text| {
        cast(&[("haiku", Does::Writes(text))], rich, false)
            .narrate()
            .await
    };
    let wrong = writes("Guest web (102) is down.").await;
    assert!(matches!(wrong, Err(Unnarrated::Invented { word, .. }) if word == "102"));
    let soothing = writes("Guest web is down, which is fine.").await;
    assert!(matches!(soothing, Err(Unnarrated::Invented { word, .. }) if word == "fine"));
    let loud = writes("Guest web is down!").await;
    assert!(matches!(loud, Err(Unnarrated::Voice { fault, .. }) if fault == "it exclaims"));
    assert!(matches!(writes(" ").await, Err(Unnarrated::Unwritten(_))));
}

#[tokio::test]
async fn what_may_not_leave_the_house_or_cannot_be_paid_goes_to_a_local_model_or_to_none() {
    let both = [("haiku", Does::Writes(FINE)), ("local", Does::Writes(FINE))];
    let poor = caps(10, 10);
    for (caps, local_only) in [(poor, false), (caps(100_000, 100_000), true)] {
        let cast_of_both = cast(&both, caps, local_only);
        let told = cast_of_both.narrate().await.unwrap();
        assert_eq!((told.mind.as_str(), told.local), ("local", true));
        assert_eq!(cast_of_both.asked(), [0, 1]);
        let far_only = cast(&both[..1], caps, local_only);
        assert!(matches!(far_only.narrate().await, Err(Unnarrated::Unwritten(_))));
        assert_eq!(far_only.asked(), [0], "nothing is sent");
        assert_eq!(far_only.day().micro_dollars, 0);
    }
}

#[tokio::test]
async fn one_that_fails_is_followed_by_the_next_and_left_alone_after_three() {
    let cast = cast(
        &[("haiku", Does::Fails), ("local", Does::Writes(FINE))],
        caps(1_000_000, 1_000_000),
        false,
    );
    for _ in 0..5 {
        assert_eq!(cast.narrate().await.unwrap().mind, "local");
    }
    assert_eq!(cast.asked(), [3, 5]);
    assert_eq!(cast.day().micro_dollars, 0, "it read nothing");
}

#[tokio::test(start_paused = true)]
async fn one_that_takes_too_long_ends_counts_whole_and_waits_behind_people() {
    let slow = cast(&[("haiku", Does::Hangs)], caps(100_000, 100_000), false);
    assert!(matches!(slow.narrate().await, Err(Unnarrated::Late(_))));
    let day = slow.day();
    assert!(
        day.micro_dollars > 1000 && day.reserved_micro_dollars == 0,
        "{day:?}"
    );
    // While a person is asking, nothing is sent and nothing is spent.
    let now = at("2026-11-29T12:00:00Z");
    let mut chain = slow
        .minds
        .chain(jarvis_assistant::minds::Asking::Question, 10, now);
    let choice = chain.take().unwrap();
    let prompt = Prompt {
        system: String::new(),
        tools: Vec::new(),
        history: jarvis_ports::model::History::asking("x".to_owned()),
        max_output_tokens: 10,
    };
    let question = slow.minds.admit(&choice, &prompt, now).await.unwrap();
    let before = slow.asked();
    assert!(matches!(slow.narrate().await, Err(Unnarrated::Late(_))));
    assert_eq!(slow.asked(), before, "the slot was never free");
    drop(question);
}
