//! How many messages a pass serves.

use super::*;
use crate::{Person, silent::Silent};
use jarvis_model::{Door, FreezeScope, Role};
use jarvis_ports::SystemClock;
use jarvis_store::{MemoryJournal, MemoryStore};
use tokio::time::Instant;

fn service() -> (Service, Handle) {
    let ports = Ports {
        hypervisor: Arc::new(Silent),
        journal: Arc::new(MemoryJournal::default()),
        store: Arc::new(MemoryStore::default()),
        source: None,
        shell: None,
        waker: None,
        probe: Arc::new(Silent),
        recorder: None,
        clock: Arc::new(SystemClock),
    };
    controller(Options::default(), ports)
}

/// Sends one message now, and one after each of the given times.
fn messages(service: &Service, after: &'static [u64]) {
    let sender = service.worker.messages.clone();
    tokio::spawn(async move {
        let began = Instant::now();
        for millis in after {
            tokio::time::sleep_until(began + Duration::from_millis(*millis)).await;
            drop(sender.send(Message::Fetched(Ok(None))));
        }
    });
}

#[tokio::test(start_paused = true)]
async fn after_a_long_pass_the_next_one_serves_all_that_comes_in_four_times_as_long() {
    let (mut service, _handle) = service();
    service.core.state.last_pass_micros = 50_000;
    messages(&service, &[0, 10, 190, 210]);
    let began = Instant::now();
    service.gather(&CancellationToken::new()).await;
    assert_eq!(began.elapsed(), Duration::from_millis(200));
    assert!(service.inbox.is_empty(), "what came was taken in");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(service.inbox.len(), 1, "what comes later is for the next pass");
    service.core.state.last_pass_micros = 60_000_000;
    let began = Instant::now();
    service.gather(&CancellationToken::new()).await;
    assert_eq!(began.elapsed(), LONGEST_GATHERING, "however long a pass took");
}

#[tokio::test(start_paused = true)]
async fn a_command_and_the_end_wait_for_no_message() {
    let (mut service, handle) = service();
    service.core.state.last_pass_micros = 50_000;
    let began = Instant::now();
    let stopped = CancellationToken::new();
    stopped.cancel();
    service.gather(&stopped).await;
    let anna = Person {
        user: "anna".to_owned(),
        role: Role::Admin,
        door: Door::Dashboard,
    };
    let asked = tokio::spawn(async move { handle.freeze(FreezeScope::All, String::new(), None, anna).await });
    service.gather(&CancellationToken::new()).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(
        asked.await.expect("it was asked").is_ok(),
        "the kill switch is pulled"
    );
    service.core.state.last_pass_micros = 0;
    messages(&service, &[0]);
    tokio::task::yield_now().await;
    service.gather(&CancellationToken::new()).await;
    assert_eq!(
        (began.elapsed(), service.inbox.len()),
        (Duration::ZERO, 1),
        "after a pass that took no time none is gathered"
    );
}
