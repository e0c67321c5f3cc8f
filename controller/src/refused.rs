//! Calls that came to nothing before they were a request. Each goes on record, so that whoever tries the doors is seen. Who
//! tries without end fills no disk: beyond so many a minute they are counted, and the count goes on record.

use crate::{
    command::{CommandError, RefusedCall},
    core::Core,
};
use jarvis_model::{Event, Timestamp};
use std::{collections::BTreeMap, time::Duration};

/// Records a minute and caller.
const A_MINUTE: u32 = 30;
const MINUTE: Duration = Duration::from_mins(1);
/// Longest text of a record, characters: callers choose much of it.
const LONGEST: usize = 300;

/// Who was refused what in the current minute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(BTreeMap<String, Lately>);

#[derive(Debug, Clone)]
struct Lately {
    since: Timestamp,
    recorded: u32,
    /// Those that were only counted, and the last of them.
    counted: u32,
    last: Option<RefusedCall>,
}

impl Refusals {
    /// What goes on record of a refused call: the call, or nothing when it is only counted.
    fn heard(&mut self, call: RefusedCall, now: Timestamp) -> Option<Event> {
        let call = shortened(call);
        let lately = self.0.entry(call.by.clone()).or_insert(Lately {
            since: now,
            recorded: 0,
            counted: 0,
            last: None,
        });
        if lately.recorded >= A_MINUTE {
            lately.counted = lately.counted.saturating_add(1);
            lately.last = Some(call);
            return None;
        }
        lately.recorded += 1;
        Some(event(call, 0))
    }

    /// The counts of minutes that are over; those minutes are forgotten.
    fn over(&mut self, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        self.0.retain(|_, lately| {
            let over = now < lately.since || now.since(lately.since) >= MINUTE;
            if over && let Some(last) = lately.last.take() {
                events.push(event(last, lately.counted.saturating_sub(1)));
            }
            !over
        });
        events
    }
}

impl Core {
    /// Puts a refused call on record, or counts it.
    pub(crate) fn call_refused(&mut self, call: RefusedCall) -> Result<(), CommandError> {
        let now = self.now();
        let mut events = self.refused_calls.over(now);
        events.extend(self.refused_calls.heard(call, now));
        self.remember(events)
    }

    /// Puts the counts of minutes that are over on record.
    pub(crate) fn tell_refused(&mut self, now: Timestamp) {
        let events = self.refused_calls.over(now);
        if let Err(error) = self.remember(events) {
            tracing::warn!(%error, "counts of refused calls are not on record");
        }
    }
}

fn event(call: RefusedCall, more: u32) -> Event {
    Event::CallRefused {
        by: call.by,
        call: call.call,
        reason: call.reason,
        more,
    }
}

fn shortened(call: RefusedCall) -> RefusedCall {
    let short = |text: &str| {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        text.chars().take(LONGEST).map(plain).collect()
    };
    RefusedCall {
        by: short(&call.by),
        call: short(&call.call),
        reason: short(&call.reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(by: &str) -> RefusedCall {
        RefusedCall {
            by: by.to_owned(),
            call: "start_guest".to_owned(),
            reason: "a\nb".to_owned(),
        }
    }

    #[test]
    fn refused_calls_are_on_record_and_a_flood_is_counted() {
        let mut refusals = Refusals::default();
        let now = Timestamp::from_millis(1_000_000);
        let heard = (0..100).filter_map(|_| refusals.heard(call("desk"), now)).count();
        assert_eq!(heard, 30);
        let other = refusals.heard(call("other"), now).unwrap();
        let Event::CallRefused { reason, more, .. } = other else {
            panic!("{other:?}")
        };
        assert_eq!(
            (reason.as_str(), more),
            ("a b", 0),
            "one line, and nobody else's flood"
        );
        assert!(refusals.over(now + Duration::from_secs(59)).is_empty());
        let told = refusals.over(now + MINUTE);
        let [Event::CallRefused { by, more: 69, .. }] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!(by, "desk");
        assert!(refusals.0.is_empty(), "nothing is kept of minutes that are over");
    }
}
