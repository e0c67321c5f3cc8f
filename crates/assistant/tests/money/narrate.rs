//! A narration is what its facts say, in time, and paid; or the template stands.

use crate::world::{Mains, at, caps, open};
use async_trait::async_trait;
use futures::{StreamExt, stream, stream::BoxStream};
use jarvis_assistant::{
    narrate::{Narrator, Unnarrated},
    router::slots::{Rank, Slots},
    spend::{Kind, Ledger},
};
use jarvis_ports::{
    Model, Store,
    model::{Answer, Block, Capabilities, Event, ModelError, Prompt, StopReason, Usage},
};
use jiff::tz::TimeZone;
use std::sync::Arc;

/// Writes this; nothing, and for ever, when there is nothing to write.
struct Writes(Option<&'static str>);

#[async_trait]
impl Model for Writes {
    fn id(&self) -> &'static str {
        "haiku"
    }

    fn is_local(&self) -> bool {
        false
    }

    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Event> {
        assert!(prompt.tools.is_empty(), "it is offered nothing to act with");
        let Some(text) = self.0 else {
            return stream::pending().boxed();
        };
        let answer = Answer {
            wire: "played".to_owned(),
            model: "haiku".to_owned(),
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

fn ledger() -> Ledger {
    let store: Arc<dyn Store> = Arc::new(Mains::default());
    open(&store, caps(10_000, 10_000), TimeZone::UTC)
}

async fn narrate(
    ledger: &Ledger,
    slots: Option<&Slots>,
    writes: Option<&'static str>,
) -> Result<String, Unnarrated> {
    let narrator = Narrator {
        model: &Writes(writes),
        ledger,
        slots,
    };
    let facts = ["guest 101 (web) on pve2 is down since 12:04".to_owned()];
    let now = at("2026-11-29T12:00:00Z");
    narrator.narrate(&facts, "Guest web is down.", now).await
}

#[tokio::test]
async fn what_stands_in_the_facts_is_sent_and_anything_else_is_not() {
    let ledger = ledger();
    let fine = "Guest web (101) on pve2 has been down since 12:04.";
    assert_eq!(narrate(&ledger, None, Some(fine)).await.unwrap(), fine);
    let wrong = narrate(&ledger, None, Some("Guest web (102) is down.")).await;
    assert!(matches!(wrong, Err(Unnarrated::Invented { word }) if word == "102"));
    let empty = narrate(&ledger, None, Some(" ")).await;
    assert!(matches!(empty, Err(Unnarrated::Unfinished)));
    let report = ledger.report(at("2026-11-29T12:00:00Z"));
    assert_eq!(
        (report.day.kinds[0].kind, report.day.micro_dollars),
        (Kind::Narration, 30)
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_takes_too_long_ends_counts_whole_and_holds_no_slot() {
    let ledger = ledger();
    let slots = Slots::new(1);
    assert!(matches!(
        narrate(&ledger, Some(&slots), None).await,
        Err(Unnarrated::Late)
    ));
    assert_eq!(slots.load().0, 0);
    let day = ledger.report(at("2026-11-29T12:00:00Z")).day;
    assert!(
        day.micro_dollars > 1000 && day.reserved_micro_dollars == 0,
        "{day:?}"
    );
    // While a person is asking, nothing is sent and nothing is spent.
    let question = slots.take(Rank::Question).await;
    assert!(matches!(
        narrate(&ledger, Some(&slots), Some("x")).await,
        Err(Unnarrated::Late)
    ));
    drop(question);
    let after = ledger.report(at("2026-11-29T12:00:00Z")).day;
    assert_eq!(after.micro_dollars, day.micro_dollars);
}
