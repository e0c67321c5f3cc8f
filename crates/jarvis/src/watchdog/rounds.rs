//! The watchdog's rounds: ask Jarvis, decide, keep, carry out. Control flow only; what is decided is in [`decide`].
//!
//! What counts for the limits is durable, and written in the log, before an act is sent; where either cannot be
//! written, nothing is sent.

use super::{
    config::Config,
    decide::{self, Act, Kind, Limits, Note, Observation, State},
    keep::Keep,
    looks::Looks,
    telling::Telling,
};
use crate::{exit::Failure, run::supervisor::Supervisor};
use jarvis_model::{NodeName, Timestamp};
use jarvis_ports::{Clock, PerformError, SystemClock};
use jarvis_proxmox::{
    Options,
    watchdog::{Deed, WatchdogDoor},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// A clock that moves against the monotonic one by more than this within a round was moved.
const CLOCK_MOVED: Duration = Duration::from_secs(5);
/// What only the picture of the journal changes is written no more often than this.
const HEAD_EVERY: Duration = Duration::from_mins(1);
/// A Proxmox that does not answer is asked again for the rights of the token after this.
const RIGHTS_AGAIN: Duration = Duration::from_mins(1);

/// A watchdog, ready to watch.
pub struct Rounds {
    config: Config,
    limits: Limits,
    looks: Looks,
    door: Arc<WatchdogDoor>,
    keep: Keep,
    telling: Telling,
    state: State,
    /// The state as it is on disk.
    kept: State,
    kept_at: Instant,
    clock: SystemClock,
}

impl Rounds {
    /// Builds everything and reads what was kept; opens no connection.
    pub fn new(config: Config) -> Result<Self, Failure> {
        let cluster = &config.cluster;
        let door = Options::new(
            "home",
            cluster.entry_points.clone(),
            cluster.token.clone(),
            cluster.tls.clone(),
        )
        .and_then(|options| WatchdogDoor::new(options, config.vmid))
        .map_err(|error| Failure::error(format!("cannot use `cluster` of the config: {error}")))?;
        let keep = Keep::open(&config.state).map_err(|error| {
            Failure::error(format!(
                "cannot make the state folder {}: {error}; choose another `state` folder",
                config.state.display()
            ))
        })?;
        let state = keep.state();
        Ok(Self {
            limits: Limits {
                misses: config.misses,
                may_freeze: config.jarvis.freeze_token.is_some(),
                machine: format!("VM {}", config.vmid),
            },
            looks: Looks::new(&config)?,
            door: Arc::new(door),
            telling: Telling::begin(config.mail.clone(), keep.clone()),
            kept: state.clone(),
            kept_at: Instant::now(),
            state,
            keep,
            clock: SystemClock,
            config,
        })
    }

    /// Watches until stopped.
    pub async fn run(mut self, supervisor: &Supervisor, stop: &CancellationToken) {
        self.begin();
        supervisor.ready();
        let mut ticks = tokio::time::interval(self.config.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut read = (self.clock.now(), Instant::now());
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
            }
            let now = (self.clock.now(), Instant::now());
            let moved = moved(read, now);
            read = now;
            if let Some(millis) = moved {
                self.heed(Observation::ClockMoved { millis }).await;
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.round() => {}
            }
            supervisor.alive();
        }
        supervisor.stopping();
        if self.state.unreadable.is_none() && !same_on_disk(&self.state, &self.kept) {
            self.write();
        }
        self.telling.end().await;
    }

    fn begin(&mut self) {
        tokio::spawn(tell_rights(self.door.clone()));
        let silenced = if self.looks.in_maintenance() {
            ", in maintenance"
        } else {
            ""
        };
        let text = format!(
            "watching {} in {}{silenced}",
            self.config.jarvis.url, self.limits.machine
        );
        self.telling
            .tell(Note::quiet(Kind::Began, text), self.clock.now());
        if let Some(why) = &self.state.unreadable {
            let text = format!(
                "what was done before cannot be read ({why}): nothing will be done. Mend or remove the file, and restart the watchdog"
            );
            self.telling
                .tell(Note::mailed(Kind::GaveUp, text), self.clock.now());
        }
    }

    async fn round(&mut self) {
        let maintenance = self.looks.in_maintenance();
        let health = self.looks.health().await;
        self.heed(Observation::Asked { health, maintenance }).await;
    }

    /// Decides about an observation, and about whatever the acts that follow from it bring to light.
    async fn heed(&mut self, observation: Observation) {
        let mut open = VecDeque::from([observation]);
        while let Some(observation) = open.pop_front() {
            let (state, acts) = decide::decide(&self.state, &self.limits, observation, self.clock.now());
            self.state = state;
            let kept = self.save();
            for act in acts {
                open.extend(self.carry_out(act, kept).await);
            }
        }
    }

    async fn carry_out(&mut self, act: Act, kept: bool) -> Option<Observation> {
        match act {
            Act::Look => {
                let found = self.looks.all(self.clock.now()).await;
                Some(Observation::Found(Box::new(found)))
            }
            Act::Send { deed, node } => {
                let result = self.send(deed, &node, kept).await;
                Some(Observation::Sent { deed, result })
            }
            Act::Freeze { reason } => {
                let token = self.config.jarvis.freeze_token.as_ref()?;
                Some(Observation::Frozen(self.looks.freeze(token, &reason).await))
            }
            Act::Tell(note) => {
                self.telling.tell(note, self.clock.now());
                None
            }
        }
    }

    /// Sends the one request; not without a durable state and a log that takes lines.
    async fn send(&self, deed: Deed, node: &NodeName, kept: bool) -> Result<String, String> {
        if !kept {
            return Err("the state cannot be written, so nothing was sent".to_owned());
        }
        if !self.telling.is_written() {
            return Err("the log cannot be written, so nothing was sent".to_owned());
        }
        match self.door.carry_out(deed, node).await {
            Ok(accepted) => Ok(accepted
                .upid
                .map_or_else(|| "without a name".to_owned(), |upid| upid.to_string())),
            Err(PerformError::Rejected { text, .. } | PerformError::Failed { text }) => Err(text),
            Err(PerformError::Unknown { text }) => Err(format!("{text} (it may have been done)")),
        }
    }

    /// Writes the state when it has changed; says whether what is on disk allows acting. A longer journal alone is no haste.
    fn save(&mut self) -> bool {
        if self.state.unreadable.is_some() {
            return false;
        }
        let mut shown = self.state.clone();
        shown.seen = self.kept.seen;
        let only_the_head = same_on_disk(&shown, &self.kept);
        let is_same = only_the_head && self.state.seen == self.kept.seen;
        let fresh = self.kept_at.elapsed() < HEAD_EVERY && self.kept.seen.is_some();
        if is_same || (only_the_head && fresh) {
            return true;
        }
        self.write()
    }

    fn write(&mut self) -> bool {
        match self.keep.keep(&self.state) {
            Ok(()) => {
                self.kept = self.state.clone();
                self.kept_at = Instant::now();
                true
            }
            Err(error) => {
                tracing::error!(path = %self.keep.state_path().display(), %error, "the state cannot be kept: nothing will be done");
                false
            }
        }
    }
}

/// Says once what is wrong with the acting token, as soon as Proxmox answers.
async fn tell_rights(door: Arc<WatchdogDoor>) {
    loop {
        match door.rights().await {
            Ok(complaints) => {
                for complaint in complaints {
                    tracing::warn!("{complaint}");
                }
                return;
            }
            Err(error) => tracing::debug!(%error, "the rights of the token are not known yet"),
        }
        tokio::time::sleep(RIGHTS_AGAIN).await;
    }
}

/// Whether two states are the same as far as they are kept.
fn same_on_disk(a: &State, b: &State) -> bool {
    (&a.acts, a.seen, a.freeze_due, &a.told) == (&b.acts, b.seen, b.freeze_due, &b.told)
}

/// By how much the clock was moved between two readings, in milliseconds.
fn moved(before: (Timestamp, Instant), now: (Timestamp, Instant)) -> Option<i64> {
    let ran = i64::try_from((now.1 - before.1).as_millis()).unwrap_or(i64::MAX);
    let clock = |at: Timestamp| i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    let moved = clock(now.0).saturating_sub(clock(before.0)).saturating_sub(ran);
    (u128::from(moved.unsigned_abs()) > CLOCK_MOVED.as_millis()).then_some(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_moved_when_it_does_not_run_with_the_monotonic_one() {
        let (at, began) = (Timestamp::from_secs(100_000), Instant::now());
        let later = began + Duration::from_secs(10);
        for (secs, wanted) in [
            (100_010, None),
            (100_014, None),
            (100_006, None),
            (100_016, Some(6_000)),
            (103_610, Some(3_600_000)),
            (96_410, Some(-3_600_000)),
            (100_000, Some(-10_000)),
        ] {
            assert_eq!(
                moved((at, began), (Timestamp::from_secs(secs), later)),
                wanted,
                "{secs}"
            );
        }
    }
}
