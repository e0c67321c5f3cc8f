//! A small fair gate: at most so many at once, the highest priority first, first come first served within one.
//! Knows nothing of requests.

use jarvis_ports::Priority;
use std::{
    cmp::Reverse,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// The gate of one node.
#[derive(Debug)]
pub struct Gate {
    slots: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    arrivals: u64,
    waiting: BTreeMap<(Reverse<Priority>, u64), oneshot::Sender<Pass>>,
}

/// The right to be inside; leaving is dropping it.
#[derive(Debug)]
pub struct Pass {
    gate: Option<Arc<Gate>>,
}

impl Gate {
    /// A gate with `slots` places.
    pub fn new(slots: usize) -> Arc<Self> {
        Arc::new(Self {
            slots: slots.max(1),
            state: Mutex::default(),
        })
    }

    /// Waits for a place. Giving up waiting (dropping the future) loses nothing.
    pub async fn enter(self: &Arc<Self>, priority: Priority) -> Pass {
        let receiver = {
            let mut state = self.lock();
            if state.inside < self.slots {
                state.inside += 1;
                return Pass {
                    gate: Some(Arc::clone(self)),
                };
            }
            let (sender, receiver) = oneshot::channel();
            let key = (Reverse(priority), state.arrivals);
            state.arrivals += 1;
            state.waiting.insert(key, sender);
            receiver
        };
        // The sender lives in the gate, which this call holds: it can only end by being used.
        receiver.await.unwrap_or(Pass { gate: None })
    }

    /// How many wait.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    fn leave(self: &Arc<Self>) {
        loop {
            let next = {
                let mut state = self.lock();
                let Some((_, sender)) = state.waiting.pop_first() else {
                    state.inside -= 1;
                    return;
                };
                sender
            };
            // The place is handed over, not freed, so that nobody slips in before those who wait.
            match next.send(Pass {
                gate: Some(Arc::clone(self)),
            }) {
                Ok(()) => return,
                Err(mut unclaimed) => unclaimed.gate = None,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn two_enter_and_the_third_waits_until_one_leaves() {
        let gate = Gate::new(2);
        let first = gate.enter(Priority::Poll).await;
        let _second = gate.enter(Priority::Poll).await;
        let mut third = Box::pin(gate.enter(Priority::Operator));
        assert!(third.as_mut().now_or_never().is_none());
        drop(first);
        third.await;
    }

    #[tokio::test]
    async fn operator_goes_before_act_before_poll_and_first_come_first_served_within() {
        let gate = Gate::new(1);
        let inside = gate.enter(Priority::Poll).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        let arrivals = [
            (Priority::Poll, "poll 1"),
            (Priority::Act, "act 1"),
            (Priority::Operator, "operator 1"),
            (Priority::Act, "act 2"),
            (Priority::Operator, "operator 2"),
            (Priority::Poll, "poll 2"),
        ];
        for (count, (priority, name)) in arrivals.into_iter().enumerate() {
            let (gate, order) = (Arc::clone(&gate), Arc::clone(&order));
            let waiter = Arc::clone(&gate);
            tasks.spawn(async move {
                let _pass = waiter.enter(priority).await;
                order.lock().unwrap().push(name);
            });
            for _ in 0..1000 {
                if gate.waiting() <= count {
                    tokio::task::yield_now().await;
                }
            }
            assert_eq!(gate.waiting(), count + 1, "{name} must wait");
        }
        drop(inside);
        while tasks.join_next().await.is_some() {}
        let order = order.lock().unwrap();
        assert_eq!(
            *order,
            ["operator 1", "operator 2", "act 1", "act 2", "poll 1", "poll 2"]
        );
    }

    #[tokio::test]
    async fn those_who_gave_up_take_no_place_with_them() {
        let gate = Gate::new(1);
        let inside = gate.enter(Priority::Poll).await;
        let mut before = Box::pin(gate.enter(Priority::Act));
        let mut granted = Box::pin(gate.enter(Priority::Act));
        assert!(before.as_mut().now_or_never().is_none() && granted.as_mut().now_or_never().is_none());
        drop(before);
        drop(inside);
        // `granted` has its pass already, but never looked at it.
        drop(granted);
        assert!(
            gate.enter(Priority::Poll).now_or_never().is_some(),
            "the only place must be free again"
        );
    }
}
