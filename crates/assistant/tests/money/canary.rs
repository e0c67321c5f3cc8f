//! A model that calls tools badly loses them until it calls them well again.

use crate::world::{Mains, at, caps, open};
use async_trait::async_trait;
use futures::{StreamExt, stream, stream::BoxStream};
use jarvis_assistant::{
    router::canary::{Canary, CanaryError},
    spend::Kind,
};
use jarvis_ports::{
    Model, Store,
    model::{
        Answer, Arguments, Block, Call, Capabilities, ErrorClass, Event, ModelError, Prompt, StopReason,
        Turn, Usage,
    },
};
use jiff::tz::TimeZone;
use serde_json::Map;
use std::sync::Arc;

/// Reads the question and calls as told: rightly, or always the same.
struct Played {
    is_able: bool,
    is_reached: bool,
}

fn call(asked: &str, is_able: bool) -> (&'static str, String) {
    let number = asked
        .split(|c: char| !c.is_ascii_digit())
        .find(|part| !part.is_empty());
    match number {
        Some(vmid) => ("read_guest", format!("{{\"vmid\": {vmid}}}")),
        None if is_able && asked.contains("online") => ("list_nodes", "{\"state\": \"online\"}".to_owned()),
        None if is_able => ("list_nodes", "{\"state\": \"offline\"}".to_owned()),
        None => ("list_nodes", "{}".to_owned()),
    }
}

#[async_trait]
impl Model for Played {
    fn id(&self) -> &'static str {
        "haiku"
    }

    fn is_local(&self) -> bool {
        false
    }

    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Event> {
        if !self.is_reached {
            let error = ModelError {
                model: "haiku".to_owned(),
                class: ErrorClass::Overloaded,
                why: "529".to_owned(),
                retry_after: None,
                request_id: None,
            };
            return stream::iter([Event::Error(error)]).boxed();
        }
        assert_eq!(prompt.tools.len(), 2);
        let Some(Turn::Person(asked)) = prompt.history.turns().last() else {
            panic!("a question is last");
        };
        let (name, arguments) = call(asked, self.is_able);
        let answer = Answer {
            wire: "played".to_owned(),
            model: "haiku".to_owned(),
            response_id: "1".to_owned(),
            blocks: vec![Block::Call(Call {
                id: "c".to_owned(),
                name: name.to_owned(),
                arguments: Arguments::Whole(arguments),
                members: Map::new(),
            })],
            stop: StopReason::ToolUse,
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
        unreachable!("the canary asks, it does not probe")
    }
}

#[tokio::test]
async fn a_model_that_calls_badly_is_demoted_until_it_calls_well() {
    let store: Arc<dyn Store> = Arc::new(Mains::default());
    let ledger = open(&store, caps(100_000, 100_000), TimeZone::UTC);
    let canary = Canary::new(store.clone(), ledger.clone());
    let now = at("2026-11-29T12:00:00Z");
    let tomorrow = at("2026-11-30T12:00:00Z");
    let model = |is_able, is_reached| Played { is_able, is_reached };
    assert!(canary.is_due("haiku", now));
    let finding = canary.run(&model(false, true), now).await.unwrap();
    assert_eq!((finding.passed, finding.asked), (3, 5));
    assert_eq!(
        finding.demoted().as_deref(),
        Some("its last canary had 3 of 5 calls right, and 80 % are asked for")
    );
    assert!(!canary.is_due("haiku", now) && canary.is_due("haiku", tomorrow));
    let report = ledger.report(now);
    assert_eq!(
        (report.day.micro_dollars, report.day.reserved_micro_dollars),
        (50, 0)
    );
    assert_eq!(report.day.kinds[0].kind, Kind::Canary);

    // Not reached: the finding stands, in the next process too, and nothing is charged.
    let again = Canary::new(store.clone(), ledger.clone());
    assert!(matches!(
        again.run(&model(true, false), tomorrow).await,
        Err(CanaryError::Model(_))
    ));
    assert_eq!(again.finding("haiku"), Some(finding));
    assert_eq!(ledger.report(tomorrow).day.micro_dollars, 0);
    let finding = again.run(&model(true, true), tomorrow).await.unwrap();
    assert_eq!((finding.demoted(), finding.wrong.len()), (None, 0));
}

#[tokio::test]
async fn without_money_no_canary_is_sent() {
    let store: Arc<dyn Store> = Arc::new(Mains::default());
    let ledger = open(&store, caps(100, 100), TimeZone::UTC);
    let canary = Canary::new(store, ledger);
    let played = Played {
        is_able: true,
        is_reached: true,
    };
    assert!(matches!(
        canary.run(&played, at("2026-11-29T12:00:00Z")).await,
        Err(CanaryError::Money(_))
    ));
}
