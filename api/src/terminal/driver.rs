//! Drives one terminal from its opening to its end: takes output in while there is room for it, passes on what is typed, and
//! looks every second whether it may go on. Puts the end on record.

use super::{
    LEFT_FOR, Terminals,
    reason::{self, Reason},
    recording::Recording,
    session::{End, Ends, Session, Typed},
};
use crate::{auth::caller::still_valid, graphql::seats::Seat, state::ApiState};
use jarvis_model::{Event, FreezeScope, Memory, Timestamp};
use jarvis_ports::terminal::{Ended, Input, Opened, Output, PIECE, Size};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};

/// How often it is asked whether the terminal may go on.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Between two sizes, so that the program sees both.
const NUDGE: Duration = Duration::from_millis(50);

/// Whether the kill switch stops terminals: the one for everybody does.
pub(super) fn frozen(memory: &Memory, now: Timestamp) -> bool {
    memory.kill_switch(now).scope_at(now) == Some(FreezeScope::All)
}

/// What it works with.
pub(super) struct Driver {
    pub session: Arc<Session>,
    pub terminals: Arc<Terminals>,
    pub state: ApiState,
    pub recording: Option<Recording>,
    pub opened_at: Timestamp,
    pub seat: Seat,
}

impl Driver {
    /// Until the terminal is over, its end is on record, and nobody can come back to hear of it.
    pub async fn run(mut self, opened: Opened, ends: Ends) {
        let Opened { input, output, .. } = opened;
        let (size, session) = (ends.size.clone(), Arc::clone(&self.session));
        let end = tokio::select! {
            end = self.drive(output, size) => end,
            () = pass_on(&session, input, ends) => End::Shell(Ended::default()),
        };
        tracing::info!(session = %short(&self.session.id), reason = end.words(), "a terminal ended");
        let event = self.closed(&end);
        // Nobody came back in time; whoever comes now finds nothing.
        let is_left = end == End::Left;
        self.session.state().ended = Some(end);
        self.session.tell();
        if let Err(error) = self.state.handle.record_access(event).await {
            tracing::error!(%error, session = %short(&self.session.id), "the end of a terminal could not be put on record");
        }
        let Self {
            seat,
            session,
            terminals,
            state,
            ..
        } = self;
        if !is_left {
            drop(seat);
            linger(&session, &state, &terminals).await;
        }
        terminals.forget(&session.id);
    }

    async fn drive(&mut self, mut output: mpsc::Receiver<Output>, mut size: watch::Receiver<Size>) -> End {
        let session = Arc::clone(&self.session);
        let stopping = self.terminals.stopping();
        let mut checks = tokio::time::interval(CHECK_EVERY);
        loop {
            let has_room = session.state().screen.has_room(PIECE);
            tokio::select! {
                () = stopping.cancelled() => return End::Because(Reason::Stopping),
                () = session.wake.notified() => {
                    if let Some(end) = session.asked_to_end() {
                        return end;
                    }
                }
                _ = checks.tick() => {
                    if let Some(end) = self.over() {
                        return end;
                    }
                }
                Ok(()) = size.changed() => {
                    let now = *size.borrow_and_update();
                    if let Err(end) = self.record_size(now).await {
                        return end;
                    }
                }
                out = output.recv(), if has_room => match out {
                    Some(Output::Bytes(bytes)) => {
                        if let Err(end) = self.show(&bytes).await {
                            return end;
                        }
                    }
                    Some(Output::Ended(ended)) => return End::Shell(ended),
                    None => return End::Shell(Ended { why: Some("the way to the host was lost".to_owned()), ..Ended::default() }),
                },
            }
        }
    }

    async fn show(&mut self, bytes: &[u8]) -> Result<(), End> {
        if let Some(recording) = &mut self.recording {
            let written = recording.output(bytes, self.state.now()).await;
            written.map_err(|error| End::Because(Reason::NotRecorded(error.to_string())))?;
        }
        self.session.state().screen.push(bytes);
        self.session.tell();
        Ok(())
    }

    async fn record_size(&mut self, size: Size) -> Result<(), End> {
        let Some(recording) = &mut self.recording else {
            return Ok(());
        };
        let written = recording.resize(size, self.state.now()).await;
        written.map_err(|error| End::Because(Reason::NotRecorded(error.to_string())))
    }

    /// Why it must end now, if it must.
    fn over(&self) -> Option<End> {
        let now = self.state.now();
        let (caller, is_left, left_at, typed_at) = {
            let state = self.session.state();
            (
                state.caller.clone(),
                state.is_left(),
                state.left_at,
                state.typed_at,
            )
        };
        let idle = self.terminals.options().idle;
        if !still_valid(&self.state, &caller) {
            Some(End::Because(Reason::AccessEnded))
        } else if frozen(&self.state.handle.view().memory, now) {
            Some(End::Because(Reason::Frozen))
        } else if now.since(typed_at) >= idle {
            let minutes = reason::minutes(idle);
            Some(End::Because(Reason::Idle { minutes }))
        } else if is_left && now.since(left_at) >= LEFT_FOR {
            Some(End::Left)
        } else {
            None
        }
    }

    fn closed(&self, end: &End) -> Event {
        let state = self.session.state();
        Event::TerminalClosed {
            session: self.session.id.clone(),
            user: state.caller.user.clone(),
            door: state.caller.door,
            host: self.session.host.clone(),
            bytes_in: state.bytes_in,
            bytes_out: state.screen.total(),
            secs: self.state.now().since(self.opened_at).as_secs(),
            reason: end.words(),
        }
    }
}

/// An end that nobody has heard of waits for a browser that may come back.
async fn linger(session: &Session, state: &ApiState, terminals: &Terminals) {
    let ended_at = state.now();
    let stopping = terminals.stopping();
    let mut checks = tokio::time::interval(CHECK_EVERY);
    loop {
        {
            let state = session.state();
            if state.told {
                return;
            }
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = session.wake.notified() => {}
            _ = checks.tick() => {
                if state.now().since(ended_at) >= LEFT_FOR {
                    return;
                }
            }
        }
    }
}

/// Passes on what is typed, until the terminal is dropped. A lost way is told by the output.
async fn pass_on(session: &Session, input: mpsc::Sender<Input>, ends: Ends) {
    let Ends { mut typed, mut size } = ends;
    loop {
        let sent = tokio::select! {
            Ok(()) = size.changed() => {
                let now = *size.borrow_and_update();
                input.send(Input::Resize(now)).await
            }
            Some(next) = typed.recv() => match next {
                Typed::Bytes(bytes) => {
                    let length = bytes.len();
                    let sent = input.send(Input::Bytes(bytes)).await;
                    session.passed_on(length);
                    sent
                }
                Typed::Repaint => {
                    let now = *size.borrow();
                    let nudged = input.send(Input::Resize(now.nudged())).await;
                    tokio::time::sleep(NUDGE).await;
                    nudged.and(input.send(Input::Resize(now)).await)
                }
            },
            else => return std::future::pending().await,
        };
        if sent.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Enough of a name for the log; the whole name takes the terminal up.
pub(super) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
