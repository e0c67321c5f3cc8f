//! The journal port: the real journal on a disk that misbehaves, with places where the process dies, and everything that
//! became durable told to the oracle.

use super::{bug::Bug, stage::Scene};
use jarvis_model::{Event, Timestamp};
use jarvis_ports::{Journal, JournalError, Stored};
use jarvis_store::FileJournal;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// A record of interest for a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// An intent.
    Intent,
    /// An acceptance.
    Accepted,
    /// An outcome.
    Closed,
    /// Any record.
    Any,
}

/// Where the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// Right before this is written.
    Before(Mark),
    /// Right after it became durable.
    After(Mark),
    /// Once the cluster has carried out its next effect.
    Carried,
}

impl Mark {
    fn hits(self, events: &[Event]) -> bool {
        events.iter().any(|event| match self {
            Self::Intent => matches!(event, Event::IntentLogged { .. }),
            Self::Accepted => matches!(event, Event::EffectAccepted { .. }),
            Self::Closed => matches!(event, Event::IntentClosed { .. }),
            Self::Any => true,
        })
    }
}

/// The journal as one process uses it.
pub struct LifeJournal {
    /// The real one.
    pub inner: Arc<FileJournal>,
    /// What is shared.
    pub scene: Scene,
    /// Whether the process lives.
    pub alive: Arc<AtomicBool>,
    /// The disk takes this long for a record.
    pub slow: Duration,
}

impl LifeJournal {
    fn dead() -> JournalError {
        JournalError::Write {
            path: "journal".to_owned(),
            why: "the process is dead".to_owned(),
        }
    }

    fn die(&self, how: &str) -> JournalError {
        self.alive.store(false, Ordering::Relaxed);
        self.scene.with(|stage| stage.trap = None);
        self.scene.note("process", how);
        self.scene.died.notify_one();
        Self::dead()
    }

    fn write(
        &self,
        head: u64,
        epoch: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<Vec<Stored>, JournalError> {
        let bug = self.scene.with(|stage| stage.bug);
        let stored = match bug {
            Bug::SendsWithoutRecord => {
                let written = events.iter().cloned().map(without_intent).collect();
                let mut stored = self.inner.append(head, epoch, at, written)?;
                for (stored, event) in stored.iter_mut().zip(events) {
                    stored.record.event = event;
                }
                self.tell(&stored.iter().cloned().map(forget_intent).collect::<Vec<_>>());
                return Ok(stored);
            }
            Bug::IgnoresFence => self
                .inner
                .append(self.inner.head(), self.scene.epoch(), at, events)?,
            _ => self.inner.append(head, epoch, at, events)?,
        };
        self.tell(&stored);
        Ok(match bug {
            Bug::IgnoresFreeze => stored.into_iter().map(thaw_at_once).collect(),
            _ => stored,
        })
    }

    fn tell(&self, stored: &[Stored]) {
        let elapsed = self.scene.watch.elapsed_ms();
        self.scene.with(|stage| {
            for one in stored {
                let text = describe(&one.record.event);
                if !text.is_empty() {
                    stage.trace.line(elapsed, "record", &text);
                }
                stage.oracle.durable(&one.record, elapsed);
            }
        });
    }
}

impl Journal for LifeJournal {
    fn head(&self) -> u64 {
        self.inner.head()
    }

    fn append(
        &self,
        head: u64,
        epoch: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<Vec<Stored>, JournalError> {
        if !self.alive.load(Ordering::Relaxed) {
            return Err(Self::dead());
        }
        if !self.slow.is_zero() {
            self.scene.watch.leap(self.slow);
        }
        let trap = self.scene.with(|stage| stage.trap);
        match trap {
            Some(Trap::Before(mark)) if mark.hits(&events) => {
                return Err(self.die(&format!("dies before a record ({mark:?})")));
            }
            Some(Trap::After(mark)) if mark.hits(&events) => {
                self.write(head, epoch, at, events)?;
                return Err(self.die(&format!("dies after a record ({mark:?})")));
            }
            _ => {}
        }
        let written = self.write(head, epoch, at, events);
        if let Err(error) = &written {
            let word = match error {
                JournalError::Conflict { .. } => "conflict",
                JournalError::Fenced { .. } => "fenced",
                JournalError::Write { .. } => "not written",
                JournalError::Damaged { .. } => "damaged",
            };
            self.scene.note("journal", word);
        }
        written
    }

    fn read_after(&self, seq: u64, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let stored = self.inner.read_after(seq, limit)?;
        let forgets = self.scene.with(|stage| stage.bug == Bug::ForgetsIntentOnDeath);
        Ok(if forgets {
            stored.into_iter().map(forget_intent).collect()
        } else {
            stored
        })
    }

    fn low_space(&self) -> bool {
        Journal::low_space(self.inner.as_ref())
    }

    fn acquire_lease(&self) -> Result<u64, JournalError> {
        let epoch = self.inner.acquire_lease()?;
        self.scene.with(|stage| stage.oracle.epoch = epoch);
        Ok(epoch)
    }
}

impl Scene {
    fn epoch(&self) -> u64 {
        self.with(|stage| stage.oracle.epoch)
    }
}

fn without_intent(event: Event) -> Event {
    match event {
        Event::IntentLogged { .. } => Event::SourceRecovered,
        other => other,
    }
}

fn forget_intent(mut stored: Stored) -> Stored {
    stored.record.event = without_intent(stored.record.event);
    stored
}

fn thaw_at_once(mut stored: Stored) -> Stored {
    if matches!(stored.record.event, Event::FreezeSet { .. }) {
        stored.record.event = Event::Thawed {
            by: "nobody".to_owned(),
        };
    }
    stored
}

/// A record in a few words; nothing for bookkeeping.
fn describe(event: &Event) -> String {
    match event {
        Event::GuestsSeen { .. } | Event::IdentitySeen { .. } | Event::Decided { .. } => String::new(),
        Event::IssueOpened { issue, .. }
        | Event::IssueAnnounced { issue, .. }
        | Event::IssueAlerted { issue, .. }
        | Event::IssueHealthy { issue }
        | Event::IssueRelapsed { issue, .. }
        | Event::IssueEscalated { issue, .. }
        | Event::IssueRearmed { issue, .. }
        | Event::IssueClosed { issue, .. } => format!("{} {issue}", event.name()),
        Event::IntentLogged { intent } => format!(
            "intentLogged {} {} attempt {} by {}",
            super::effects::short(&intent.id),
            intent.action,
            intent.attempt,
            intent.origin.label()
        ),
        Event::EffectAccepted { intent, .. }
        | Event::ReplyUnknown { intent, .. }
        | Event::TaskFinished { intent } => {
            format!("{} {}", event.name(), super::effects::short(intent))
        }
        Event::IntentClosed { intent, outcome } => {
            format!(
                "intentClosed {} {}",
                super::effects::short(intent),
                outcome.words()
            )
        }
        Event::TicketOpened { ticket } => {
            format!("ticketOpened {} for {}", ticket.action, ticket.origin.label())
        }
        Event::TicketChanged { state, .. } => {
            let state = format!("{state:?}");
            format!(
                "ticketChanged {}",
                state.split([' ', '{']).next().unwrap_or_default()
            )
        }
        Event::RevisionApplied { commit, .. }
        | Event::RevisionRejected { commit, .. }
        | Event::RevisionWithheld { commit, .. } => format!("{} {commit}", event.name()),
        Event::NodeLost { node } | Event::NodeReturned { node } => format!("{} {node}", event.name()),
        Event::FreezeSet { scope, until, .. } => {
            format!("freezeSet {scope:?} until {:?}", until.map(Timestamp::as_millis))
        }
        other => other.name(),
    }
}
