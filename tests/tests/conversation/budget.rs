//! What may be spent: never more, however many ask at once, and over restarts.

use crate::stage::{Stage, plays, say};
use jarvis_assistant::spend::{Caps, Kind, Ledger, NoMoney};
use jarvis_model::Timestamp;
use jarvis_ports::Store;
use jarvis_simulator::models::Dialect::{Anthropic, OpenaiCompatible};
use jarvis_store::MemoryStore;
use jiff::tz::TimeZone;
use std::sync::Arc;

const NOON: Timestamp = Timestamp::from_secs(1_800_014_400);

fn ledger(store: &Arc<MemoryStore>, per_day: u64) -> Arc<Ledger> {
    let caps = Caps {
        per_day: Some(per_day),
        ..Caps::default()
    };
    let store: Arc<dyn Store> = store.clone();
    Arc::new(Ledger::open(store, caps, TimeZone::UTC).unwrap())
}

#[test]
fn fifty_at_once_never_pass_the_cap_and_it_survives_a_restart() {
    let store = Arc::new(MemoryStore::default());
    let book = ledger(&store, 1000);
    let askers: Vec<_> = (0..50)
        .map(|number: u64| {
            let book = book.clone();
            std::thread::spawn(move || {
                let mut spent = 0;
                for _ in 0..20 {
                    let Ok(money) = book.reserve("m", Kind::Question, 60, NOON) else {
                        continue;
                    };
                    let took = number % 61;
                    money.settle(took);
                    spent += took;
                }
                spent
            })
        })
        .collect();
    let spent: u64 = askers.into_iter().map(|asker| asker.join().unwrap()).sum();
    assert!(spent <= 1000, "{spent}");
    assert_eq!(book.report(NOON).day.micro_dollars, spent);
    // What was put aside when the program ended counts in full.
    let room = 1000 - spent;
    std::mem::forget(book.reserve("m", Kind::Question, room, NOON).unwrap());
    drop(book);
    let book = ledger(&store, 1000);
    assert_eq!(book.report(NOON).day.micro_dollars, 1000);
    let refused = book.reserve("m", Kind::Question, 1, NOON);
    assert!(matches!(refused, Err(NoMoney::Over { what: "the day", .. })));
    assert!(book.report(NOON).warnings[0].contains("is spent"));
    // Tomorrow is another day.
    let tomorrow = Timestamp::from_secs(NOON.as_millis() / 1000 + 86_400);
    assert!(book.reserve("m", Kind::Question, 1, tomorrow).is_ok());
}

#[test]
fn what_was_not_sent_is_given_back_and_what_is_settled_is_counted_by_model_and_kind() {
    let store = Arc::new(MemoryStore::default());
    let book = ledger(&store, 100);
    drop(book.reserve("a", Kind::Question, 100, NOON).unwrap());
    book.reserve("a", Kind::Question, 100, NOON).unwrap().settle(30);
    book.reserve("b", Kind::Narration, 60, NOON)
        .unwrap()
        .settle_in_full();
    let report = book.report(NOON);
    assert_eq!(
        (report.day.micro_dollars, report.day.percent(), report.aside),
        (90, Some(90), 0)
    );
    assert_eq!(report.by_model["a"].micro_dollars, 30);
    assert_eq!(report.by_kind[&Kind::Narration].micro_dollars, 60);
    assert!(report.warnings[0].starts_with("90 %"), "{:?}", report.warnings);
}

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
    assert!(reason.contains("the budget for the day is"), "{reason}");
    assert!(far.server.heard().is_empty(), "nothing is sent");
}
