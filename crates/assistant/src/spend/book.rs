//! The ledger's book as values: what is open, what was spent on which day, and whether a request fits. Pure.

use super::{
    entry::{Entry, EntryState},
    over::{Cap, Caps, Claim, OverBudget},
    sums::DaySum,
};
use crate::calendar::{Calendar, Span};
use jarvis_model::Timestamp;
use jarvis_ports::model::Usage;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What is known of money.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    /// Days that ended or go on, without what is open.
    pub(super) days: BTreeMap<Date, DaySum>,
    /// Requests for which money is set aside.
    pub(super) open: BTreeMap<u64, Entry>,
    /// Requests whose end nobody saw, within the days that are kept singly.
    pub(super) lost: BTreeMap<u64, Entry>,
    /// The number of the last request.
    pub(super) last_id: u64,
}

impl Book {
    /// What is spent in a span.
    pub(super) fn spent(&self, span: Span) -> u64 {
        self.days
            .range(span.from..span.to)
            .fold(0, |sum, (_, day)| sum.saturating_add(day.total.micro_dollars))
    }

    /// What is set aside in it.
    pub(super) fn reserved(&self, span: Span) -> u64 {
        self.open
            .values()
            .filter(|entry| span.holds(entry.day))
            .fold(0, |sum, entry| sum.saturating_add(entry.ceiling))
    }

    /// Whether the caps have room for a request of this ceiling.
    pub(super) fn check(
        &self,
        caps: &Caps,
        calendar: &Calendar,
        now: Timestamp,
        ceiling: u64,
    ) -> Result<(), OverBudget> {
        let used = |span: Span| self.spent(span).saturating_add(self.reserved(span));
        let claims = [
            (Cap::Request, caps.per_request, 0),
            (Cap::Day, caps.per_day, used(calendar.day(now))),
            (Cap::Month, caps.per_month, used(calendar.month(now))),
        ];
        let claims = claims.into_iter().filter_map(|(cap, limit, used)| {
            Some(Claim {
                cap,
                limit: limit?,
                used,
                ceiling,
            })
        });
        // The cap that holds longest speaks.
        let refused = claims.filter(|claim| !claim.fits()).max_by_key(|claim| claim.cap);
        refused.map_or(Ok(()), |claim| Err(claim.refuse(calendar, now)))
    }

    /// Sets money aside; the entry gets its number.
    pub(super) fn reserve(&mut self, mut entry: Entry) -> Entry {
        self.last_id = self.last_id.saturating_add(1);
        entry.id = self.last_id;
        self.open.insert(entry.id, entry.clone());
        entry
    }

    /// Ends a request with what it has cost; none when it is not open.
    pub(super) fn settle(&mut self, id: u64, cost: u64, assumed: bool, usage: &Usage) -> Option<Entry> {
        let mut entry = self.open.remove(&id)?;
        entry.cost = cost;
        entry.assumed |= assumed;
        entry.state = EntryState::Settled;
        self.days.entry(entry.day).or_default().count(&entry, usage);
        Some(entry)
    }

    /// Ends a request whose end nobody saw.
    pub(super) fn lose(&mut self, id: u64) -> Option<Entry> {
        let mut entry = self.open.remove(&id)?;
        entry.cost = entry.ceiling;
        entry.state = EntryState::Lost;
        self.days
            .entry(entry.day)
            .or_default()
            .count(&entry, &Usage::default());
        self.lost.insert(id, entry.clone());
        Some(entry)
    }

    /// Puts right the cost of one whose end nobody saw.
    pub(super) fn known(&mut self, id: u64, cost: u64) -> Option<Entry> {
        let mut entry = self.lost.remove(&id)?;
        let was = entry.cost;
        entry.cost = cost;
        entry.state = EntryState::Settled;
        self.days.entry(entry.day).or_default().correct(&entry, was);
        Some(entry)
    }
}
