//! Whatever is set aside, sent, settled, dropped, lost by a crash or by a power cut, in whatever order: no cap is passed, and
//! what is counted is never less than what was really spent.

use crate::world::{Mains, caps, far, open, used};
use jarvis_assistant::spend::{Ledger, Outstanding, Reservation};
use jarvis_model::Timestamp;
use jarvis_ports::Store;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

const DAY_CAP: u64 = 1000;
const MONTH_CAP: u64 = 2500;
/// 2026-11-28 00:00 UTC, so that a month ends on the way.
const START: u64 = 1_795_824_000;

#[derive(Debug, Clone)]
enum Step {
    Reserve(u64),
    Send(usize),
    Release(usize),
    Settle(usize, u64),
    SettleUntold(usize),
    Unbilled(usize),
    Drop(usize),
    Crash,
    PowerCut,
    Hours(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0u64..600).prop_map(Step::Reserve),
        5 => (0usize..8).prop_map(Step::Send),
        2 => (0usize..8).prop_map(Step::Release),
        4 => ((0usize..8), 0u64..101).prop_map(|(which, part)| Step::Settle(which, part)),
        1 => (0usize..8).prop_map(Step::SettleUntold),
        1 => (0usize..8).prop_map(Step::Unbilled),
        1 => (0usize..8).prop_map(Step::Drop),
        1 => Just(Step::Crash),
        1 => Just(Step::PowerCut),
        2 => (1u64..30).prop_map(Step::Hours),
    ];
    prop::collection::vec(step, 1..60)
}

/// What really happened, beside the ledger.
struct World {
    store: Arc<Mains>,
    ledger: Ledger,
    now: Timestamp,
    held: Vec<(Reservation, u64, Timestamp)>,
    sent: Vec<(Outstanding, u64, Timestamp)>,
    /// Truly spent, by day.
    spent: BTreeMap<u64, u64>,
}

impl World {
    fn new() -> Self {
        let store = Arc::new(Mains::default());
        Self {
            ledger: ledger(&store),
            store,
            now: Timestamp::from_secs(START),
            held: Vec::new(),
            sent: Vec::new(),
            spent: BTreeMap::new(),
        }
    }

    fn spend(&mut self, at: Timestamp, cost: u64) {
        *self.spent.entry(at.as_secs() / 86_400).or_default() += cost;
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Reserve(ceiling) => {
                if let Ok(reservation) = self.ledger.reserve(self.now, far(ceiling)) {
                    self.held.push((reservation, ceiling, self.now));
                }
            }
            Step::Send(which) if which < self.held.len() => {
                let (reservation, ceiling, at) = self.held.swap_remove(which);
                self.sent.push((reservation.sent(), ceiling, at));
            }
            Step::Release(which) if which < self.held.len() => drop(self.held.swap_remove(which)),
            Step::Settle(which, part) if which < self.sent.len() => {
                let (sent, ceiling, at) = self.sent.swap_remove(which);
                let cost = ceiling * part / 100;
                sent.settle(Some(&used(cost)));
                self.spend(at, cost);
            }
            Step::SettleUntold(which) if which < self.sent.len() => {
                let (sent, ceiling, at) = self.sent.swap_remove(which);
                sent.settle(None);
                self.spend(at, ceiling);
            }
            Step::Unbilled(which) if which < self.sent.len() => self.sent.swap_remove(which).0.unbilled(),
            Step::Drop(which) if which < self.sent.len() => {
                let (sent, ceiling, at) = self.sent.swap_remove(which);
                drop(sent);
                self.spend(at, ceiling);
            }
            Step::Crash => self.die(false),
            Step::PowerCut => self.die(true),
            Step::Hours(hours) => self.now = Timestamp::from_secs(self.now.as_secs() + hours * 3600),
            _ => {}
        }
    }

    /// What was sent is charged, in the worst case whole; nobody settles it.
    fn die(&mut self, is_power_cut: bool) {
        for (reservation, ..) in std::mem::take(&mut self.held) {
            std::mem::forget(reservation);
        }
        for (sent, ceiling, at) in std::mem::take(&mut self.sent) {
            std::mem::forget(sent);
            self.spend(at, ceiling);
        }
        if is_power_cut {
            self.store = Arc::new(self.store.after_a_power_cut());
        }
        self.ledger = ledger(&self.store);
    }

    fn judge(&self) -> Result<(), TestCaseError> {
        let report = self.ledger.report(self.now);
        for (period, cap) in [(&report.day, DAY_CAP), (&report.month, MONTH_CAP)] {
            let used = period.micro_dollars + period.reserved_micro_dollars;
            prop_assert!(used <= cap, "{used} of {cap}");
            let days = period.from.as_secs() / 86_400..period.to.as_secs() / 86_400;
            let truly: u64 = self.spent.range(days).map(|(_, cost)| cost).sum();
            prop_assert!(
                truly <= period.micro_dollars,
                "spent {truly}, counted {}",
                period.micro_dollars
            );
        }
        Ok(())
    }
}

fn ledger(store: &Arc<Mains>) -> Ledger {
    let store: Arc<dyn Store> = store.clone();
    open(&store, caps(DAY_CAP, MONTH_CAP), TimeZone::UTC)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_cap_is_passed_and_nothing_spent_is_forgotten(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
            world.judge()?;
        }
    }
}
