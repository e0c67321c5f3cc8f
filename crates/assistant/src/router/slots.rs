//! The slots of a model in the house. It answers few requests at once, so people go before background work.
//!
//! Guarantees: with two slots or more, background work begins only where a slot stays free after it; with one, only when
//! nothing runs and no question waits. So a question never waits for background work that has not begun, and with two slots
//! for none at all. Among equals the first to come is the first to go.
//! Caveat: where people ask without pause, background work waits; it has time limits and templates.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A person waits for it.
    Question,
    /// Nobody does.
    Background,
}

/// The slots of one model. A clone is the same slots.
#[derive(Debug, Clone)]
pub struct Slots {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug)]
struct Queue {
    capacity: usize,
    taken: usize,
    questions: VecDeque<oneshot::Sender<Slot>>,
    background: VecDeque<oneshot::Sender<Slot>>,
}

/// A slot that is taken; free again when dropped.
#[derive(Debug)]
#[must_use = "the slot is free again when this is dropped"]
pub struct Slot {
    slots: Slots,
}

impl Slots {
    /// So many slots; at least one.
    pub fn new(capacity: usize) -> Self {
        Self {
            queue: Arc::new(Mutex::new(Queue {
                capacity: capacity.max(1),
                taken: 0,
                questions: VecDeque::new(),
                background: VecDeque::new(),
            })),
        }
    }

    /// Waits for a slot. Dropping it while it waits gives its place up.
    pub async fn take(&self, rank: Rank) -> Slot {
        let (given, taken) = oneshot::channel();
        {
            let mut queue = self.queue();
            match rank {
                Rank::Question => queue.questions.push_back(given),
                Rank::Background => queue.background.push_back(given),
            }
        }
        self.serve();
        // A place that is waited for is never dropped from the queue.
        taken.await.unwrap_or_else(|_| self.unqueued())
    }

    /// How many are taken, and how many there are.
    pub fn load(&self) -> (usize, usize) {
        let queue = self.queue();
        (queue.taken, queue.capacity)
    }

    fn unqueued(&self) -> Slot {
        self.queue().taken += 1;
        Slot { slots: self.clone() }
    }

    /// Gives out what may be given.
    fn serve(&self) {
        loop {
            let next = {
                let mut queue = self.queue();
                let next = queue.next();
                if next.is_some() {
                    queue.taken += 1;
                }
                next
            };
            let Some(waiting) = next else {
                return;
            };
            // Outside the lock: a slot that nobody waits for any more is dropped here, which frees it.
            drop(waiting.send(Slot { slots: self.clone() }));
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn next(&mut self) -> Option<oneshot::Sender<Slot>> {
        self.questions.retain(|waiting| !waiting.is_closed());
        self.background.retain(|waiting| !waiting.is_closed());
        let free = self.capacity - self.taken.min(self.capacity);
        if free == 0 {
            return None;
        }
        if let Some(question) = self.questions.pop_front() {
            return Some(question);
        }
        if free > 1 || self.capacity == 1 {
            return self.background.pop_front();
        }
        None
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        {
            let mut queue = self.slots.queue();
            queue.taken = queue.taken.saturating_sub(1);
        }
        self.slots.serve();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{
        FutureExt,
        future::{BoxFuture, ready},
    };

    fn ask(slots: &Slots, rank: Rank) -> BoxFuture<'static, Slot> {
        let slots = slots.clone();
        let mut waiting = async move { slots.take(rank).await }.boxed();
        // Polled once, so that it stands in the queue.
        match has(&mut waiting) {
            Some(slot) => ready(slot).boxed(),
            None => waiting,
        }
    }

    fn has(waiting: &mut BoxFuture<'static, Slot>) -> Option<Slot> {
        waiting.now_or_never()
    }

    #[test]
    fn with_one_slot_background_waits_for_every_question() {
        let slots = Slots::new(1);
        let running = has(&mut ask(&slots, Rank::Background)).unwrap();
        let mut narration = ask(&slots, Rank::Background);
        let mut first = ask(&slots, Rank::Question);
        let mut second = ask(&slots, Rank::Question);
        drop(running);
        assert!(has(&mut narration).is_none());
        let held = has(&mut first).expect("the question is next, although it came later");
        assert!(has(&mut second).is_none());
        drop(held);
        let held = has(&mut second).unwrap();
        assert!(has(&mut narration).is_none());
        drop(held);
        assert!(has(&mut narration).is_some());
        assert_eq!(slots.load().0, 0);
    }

    #[test]
    fn with_more_slots_background_never_takes_the_last_free_one() {
        for capacity in 2..5 {
            let slots = Slots::new(capacity);
            let mut background: Vec<_> = (0..10).map(|_| ask(&slots, Rank::Background)).collect();
            let held: Vec<Slot> = background.iter_mut().filter_map(has).collect();
            assert_eq!(held.len(), capacity - 1);
            let question = has(&mut ask(&slots, Rank::Question));
            assert!(question.is_some(), "a question never waits for background work");
            drop(held);
        }
    }

    #[test]
    fn a_place_that_is_given_up_blocks_nobody() {
        let slots = Slots::new(1);
        let held = has(&mut ask(&slots, Rank::Question)).unwrap();
        let gone = ask(&slots, Rank::Question);
        let mut narration = ask(&slots, Rank::Background);
        drop(gone);
        drop(held);
        assert!(has(&mut narration).is_some());
        // One that was given a slot and is dropped before it took it.
        let held = has(&mut ask(&slots, Rank::Question)).unwrap();
        let given = ask(&slots, Rank::Question);
        drop(held);
        drop(given);
        assert_eq!(slots.load(), (0, 1));
    }
}
