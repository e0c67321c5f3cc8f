//! Streams over the handle: pictures, values that change, journal records. A stream ends when the controller stops.

use crate::graphql::{
    Shared, errors,
    picture::{ClusterUpdate, Picture},
    types::{Moment, record::Record, ticket::Ticket},
};
use async_graphql::Result;
use futures::{Stream, StreamExt, stream};
use jarvis_controller::View;
use jarvis_planner::Plan;
use jarvis_ports::Stored;
use std::{cmp::Ordering, collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::{Interval, MissedTickBehavior, interval, timeout},
};

/// Facts grow old without any event, so everything is looked at again this often.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// A client that missed so many pictures is told to start over.
const BEHIND: u64 = 100;
/// Records read from the journal at a time.
const CHUNK: usize = 200;
/// How long a record waits for the picture that includes it, so that its words can name what it speaks of.
const PICTURE_WAIT: Duration = Duration::from_secs(1);

/// Wakes on a new picture, and every two seconds.
struct Pulse {
    shared: Shared,
    views: watch::Receiver<Arc<View>>,
    clock: Interval,
}

impl Pulse {
    fn new(shared: Shared) -> Self {
        let mut clock = interval(LOOK_AGAIN);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        clock.reset();
        Self {
            views: shared.handle.watch(),
            shared,
            clock,
        }
    }

    fn moment(&mut self) -> Moment {
        Moment {
            view: self.views.borrow_and_update().clone(),
            now: self.shared.clock.now(),
        }
    }

    /// The next moment worth looking at; None when the controller stopped.
    async fn next(&mut self) -> Option<Moment> {
        tokio::select! {
            changed = self.views.changed() => changed.ok()?,
            _ = self.clock.tick() => {}
        }
        Some(self.moment())
    }
}

/// A value read from each moment: the present one first, then whenever it changes.
pub fn changes<T, F>(shared: Shared, read: F) -> impl Stream<Item = T>
where
    T: PartialEq + Clone + Send,
    F: Fn(&Moment) -> T + Send,
{
    let start = (Pulse::new(shared), read, None::<T>);
    stream::unfold(start, |(mut pulse, read, last)| async move {
        let mut moment = if last.is_none() {
            pulse.moment()
        } else {
            pulse.next().await?
        };
        loop {
            let value = read(&moment);
            if last.as_ref() != Some(&value) {
                return Some((value.clone(), (pulse, read, Some(value))));
            }
            moment = pulse.next().await?;
        }
    })
}

/// Tickets until one is over or gone.
pub fn until_final(tickets: impl Stream<Item = Option<Ticket>>) -> impl Stream<Item = Ticket> {
    let open = tickets.scan(false, |over, ticket| {
        let ticket = ticket.filter(|_| !*over);
        *over = ticket.as_ref().is_none_or(|ticket| ticket.is_final);
        std::future::ready(ticket.map(|ticket| (ticket, *over)))
    });
    stream::unfold((Box::pin(open), false), |(mut open, over)| async move {
        if over {
            return None;
        }
        let (ticket, over) = open.next().await?;
        Some((ticket, (open, over)))
    })
}

/// A plan, equal to another when it says the same, whenever it was made.
#[derive(Clone)]
pub struct PlanChange(pub Arc<Plan>);

impl PartialEq for PlanChange {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        Arc::ptr_eq(a, b)
            || (a.digest == b.digest
                && a.revision == b.revision
                && a.decisions == b.decisions
                && a.report == b.report
                && a.statuses == b.statuses)
    }
}

/// The items of `clusterUpdates`; what changed in many guests as columns, or not.
pub fn cluster(shared: Shared, in_columns: bool) -> impl Stream<Item = ClusterUpdate> {
    let follower = Follower {
        pulse: Pulse::new(shared),
        in_columns,
        last: None,
        version: 0,
        seq: 0,
    };
    stream::unfold(follower, |mut follower| async move {
        let update = follower.next().await?;
        Some((update, follower))
    })
}

struct Follower {
    pulse: Pulse,
    in_columns: bool,
    last: Option<Picture>,
    version: u64,
    seq: u64,
}

impl Follower {
    async fn next(&mut self) -> Option<ClusterUpdate> {
        let Some(last) = &self.last else {
            let moment = self.pulse.moment();
            let picture = Picture::of(&moment);
            self.last = Some(picture.clone());
            return Some(ClusterUpdate {
                snapshot: Some(picture),
                ..self.item(&moment)
            });
        };
        loop {
            let moment = self.pulse.next().await?;
            if moment.view.version > self.version.saturating_add(BEHIND) {
                self.last = None;
                return Some(ClusterUpdate {
                    resync: true,
                    ..self.item(&moment)
                });
            }
            let picture = Picture::of(&moment);
            let delta = if self.in_columns {
                last.delta_in_columns(&picture)
            } else {
                last.delta(&picture)
            };
            if let Some(delta) = delta {
                self.last = Some(picture);
                return Some(ClusterUpdate {
                    delta: Some(delta),
                    ..self.item(&moment)
                });
            }
            self.version = moment.view.version;
        }
    }

    fn item(&mut self, moment: &Moment) -> ClusterUpdate {
        self.version = moment.view.version;
        self.seq += 1;
        ClusterUpdate {
            seq: self.seq.into(),
            version: self.version.into(),
            at: moment.now.into(),
            resync: false,
            snapshot: None,
            delta: None,
        }
    }
}

/// Journal records after `after` (from now on when absent), each once, in order.
pub fn records(shared: Shared, after: Option<u64>) -> impl Stream<Item = Result<Record>> {
    // Listening begins before the head is read: what is written in between is in the journal and wakes us.
    let news = shared.handle.records();
    let at = after.unwrap_or_else(|| shared.handle.head());
    let reader = Reader {
        views: shared.handle.watch(),
        shared,
        news,
        at,
        ahead: VecDeque::new(),
        behind: true,
        failed: false,
    };
    stream::unfold(reader, |mut reader| async move {
        let record = reader.next().await?;
        Some((record, reader))
    })
}

struct Reader {
    shared: Shared,
    views: watch::Receiver<Arc<View>>,
    news: broadcast::Receiver<Arc<Stored>>,
    at: u64,
    /// Records to give next, in order.
    ahead: VecDeque<Arc<Stored>>,
    /// Whether there may be records in the journal that were not heard of.
    behind: bool,
    failed: bool,
}

impl Reader {
    async fn next(&mut self) -> Option<Result<Record>> {
        loop {
            if self.failed {
                return None;
            }
            if let Some(stored) = self.ahead.pop_front() {
                self.at = stored.record.seq;
                return Some(Ok(self.in_words(&stored).await));
            }
            if self.behind {
                if let Err(error) = self.read_on().await {
                    self.failed = true;
                    return Some(Err(error));
                }
                continue;
            }
            match self.news.recv().await {
                Ok(stored) => self.hear(stored),
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// The next record is given as it was heard, so that hundreds of subscribers do not read the journal for each;
    /// one that was read already is not given twice, and after a gap the journal is read.
    fn hear(&mut self, stored: Arc<Stored>) {
        match stored.record.seq.cmp(&(self.at + 1)) {
            Ordering::Less => {}
            Ordering::Equal => self.ahead.push_back(stored),
            Ordering::Greater => self.behind = true,
        }
    }

    async fn read_on(&mut self) -> Result<()> {
        let (handle, at) = (self.shared.handle.clone(), self.at);
        let read = tokio::task::spawn_blocking(move || handle.records_after(at, CHUNK)).await;
        let read =
            read.map_err(|_| errors::unavailable("reading the journal was cut short; subscribe again"))?;
        let read = read.map_err(|error| errors::unavailable(error.to_string()))?;
        self.behind = !read.is_empty();
        self.ahead.extend(read.into_iter().map(Arc::new));
        Ok(())
    }

    async fn in_words(&mut self, stored: &Stored) -> Record {
        let seq = stored.record.seq;
        let memory = match timeout(PICTURE_WAIT, self.views.wait_for(|view| view.memory.seq >= seq)).await {
            Ok(Ok(view)) => view.memory.clone(),
            _ => self.shared.handle.view().memory.clone(),
        };
        Record::of(stored, &memory)
    }
}
