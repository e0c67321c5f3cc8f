//! The queue as others see it: how much waits and is parked, and the wish that what is parked is tried once more. The notifier
//! alone changes letters; a wish is heard between its rounds.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{mpsc, oneshot};

/// Wishes that may wait to be heard.
const WISHES: usize = 8;

/// Somebody wants parked letters to be tried again.
#[derive(Debug)]
pub(crate) struct Wish {
    /// Of which channel; of all when none.
    pub(crate) channel: Option<String>,
    /// Where it is said how many there were.
    pub(crate) answer: oneshot::Sender<usize>,
}

/// How much there is.
#[derive(Debug, Default)]
struct Counts {
    waiting: AtomicUsize,
    parked: AtomicUsize,
}

/// A cloneable view of a running notifier's queue.
#[derive(Debug, Clone)]
pub struct Queue {
    counts: Arc<Counts>,
    wishes: mpsc::Sender<Wish>,
}

impl Queue {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Wish>) {
        let (wishes, heard) = mpsc::channel(WISHES);
        let queue = Self {
            counts: Arc::default(),
            wishes,
        };
        (queue, heard)
    }

    pub(crate) fn count(&self, waiting: usize, parked: usize) {
        self.counts.waiting.store(waiting, Ordering::Relaxed);
        self.counts.parked.store(parked, Ordering::Relaxed);
    }

    /// Letters that wait to be sent.
    pub fn waiting(&self) -> usize {
        self.counts.waiting.load(Ordering::Relaxed)
    }

    /// Letters that are not tried any more.
    pub fn parked(&self) -> usize {
        self.counts.parked.load(Ordering::Relaxed)
    }

    /// Lets the parked letters of a channel, or of all, be tried once more; how many there are. None when nothing is sent any more.
    pub async fn retry(&self, channel: Option<String>) -> Option<usize> {
        let (answer, told) = oneshot::channel();
        self.wishes.send(Wish { channel, answer }).await.ok()?;
        told.await.ok()
    }
}
