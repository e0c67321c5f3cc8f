//! One terminal: what it wrote, who holds it, when it was last typed in, and how it ended. A browser may go and come back; the
//! terminal goes on for a while without one.
//!
//! Shared by the [`super::driver`], which takes the output in, and the [`super::socket`] of the browser that holds it.

use super::{
    reason::Reason,
    screen::{Impossible, Screen},
};
use crate::auth::Caller;
use jarvis_model::{Host, Timestamp};
use jarvis_ports::terminal::{Ended, Size};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, watch};

/// How a terminal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The shell ended, or the way to it was lost.
    Shell(Ended),
    /// The person closed it.
    Closed,
    /// The browser went and did not come back.
    Left,
    /// It had to end.
    Because(Reason),
}

/// What is done on the host's side next.
#[derive(Debug)]
pub enum Typed {
    /// Typed bytes.
    Bytes(Vec<u8>),
    /// The program is asked to paint anew.
    Repaint,
}

/// What a socket does next.
#[derive(Debug)]
pub enum Next {
    /// Sends these.
    Bytes(Vec<u8>),
    /// Tells the end, and closes.
    Over(End),
    /// Goes: another socket holds the terminal.
    TakenUp,
    /// Waits.
    Nothing,
}

/// One terminal.
#[derive(Debug)]
pub struct Session {
    /// Its name, which cannot be guessed.
    pub id: String,
    /// Where it is.
    pub host: Host,
    /// As whom.
    pub login: String,
    state: Mutex<State>,
    /// Changes whenever a socket may have something to do.
    news: watch::Sender<()>,
    /// The driver has something to look at.
    pub(super) wake: Notify,
    typed: mpsc::UnboundedSender<Typed>,
    size: watch::Sender<Size>,
}

#[derive(Debug)]
pub(super) struct State {
    pub screen: Screen,
    /// Who holds it, or held it last.
    pub caller: Caller,
    /// The number of the socket that holds it.
    holder: Option<u64>,
    holders: u64,
    /// Since when nobody holds it.
    pub left_at: Timestamp,
    pub typed_at: Timestamp,
    pub bytes_in: u64,
    /// Typed, and not yet taken by the host.
    waiting: usize,
    asked_to_end: Option<End>,
    pub ended: Option<End>,
    /// The browser was told the end.
    pub told: bool,
}

impl State {
    /// Whether no socket holds it.
    pub fn is_left(&self) -> bool {
        self.holder.is_none()
    }
}

/// What the driver needs of a session.
pub(super) struct Ends {
    pub typed: mpsc::UnboundedReceiver<Typed>,
    pub size: watch::Receiver<Size>,
}

impl Session {
    pub(super) fn new(
        id: String,
        host: Host,
        login: String,
        caller: Caller,
        size: Size,
        now: Timestamp,
    ) -> (Self, Ends) {
        let (typed, typed_end) = mpsc::unbounded_channel();
        let (size, size_end) = watch::channel(size);
        let session = Self {
            id,
            host,
            login,
            state: Mutex::new(State {
                screen: Screen::default(),
                caller,
                holder: None,
                holders: 0,
                left_at: now,
                typed_at: now,
                bytes_in: 0,
                waiting: 0,
                asked_to_end: None,
                ended: None,
                told: false,
            }),
            news: watch::Sender::new(()),
            wake: Notify::new(),
            typed,
            size,
        };
        let ends = Ends {
            typed: typed_end,
            size: size_end,
        };
        (session, ends)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the socket that there may be something to do.
    pub(super) fn tell(&self) {
        self.news.send_replace(());
    }

    /// Whoever holds it may wait for this.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Gives it to a socket, which gets a number; whoever held it before goes.
    pub(super) fn hold(&self, caller: Caller) -> u64 {
        let mut state = self.state();
        state.caller = caller;
        state.holders += 1;
        state.holder = Some(state.holders);
        let number = state.holders;
        drop(state);
        self.tell();
        number
    }

    /// A socket lets go of it.
    pub(super) fn leave(&self, number: u64, now: Timestamp) {
        let mut state = self.state();
        if state.holder == Some(number) {
            state.holder = None;
            state.left_at = now;
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Whether what a returning browser misses is all there; when not, its counts begin at 0 and the program paints anew.
    pub(super) fn resume(&self, received: u64) -> bool {
        let whole = self.state().screen.resume(received);
        self.wake.notify_one();
        if !whole {
            // Nobody receives any more once the terminal has ended.
            let _ = self.typed.send(Typed::Repaint);
        }
        whole
    }

    /// What the socket of this number, which has sent so many bytes, does next.
    pub(super) fn next(&self, number: u64, sent: u64) -> Next {
        let state = self.state();
        if state.holder != Some(number) {
            return Next::TakenUp;
        }
        match &state.ended {
            // What the shell wrote last is shown; who must not see more sees no more.
            Some(end) if !matches!(end, End::Shell(_)) => return Next::Over(end.clone()),
            _ => {}
        }
        match (state.screen.after(sent), &state.ended) {
            (Some(bytes), _) => Next::Bytes(bytes),
            (None, Some(end)) => Next::Over(end.clone()),
            (None, None) => Next::Nothing,
        }
    }

    /// Takes typed bytes of the socket of this number; says how many wait for the host now.
    pub(super) fn take_typed(&self, number: u64, bytes: Vec<u8>, now: Timestamp) -> usize {
        let mut state = self.state();
        if state.holder != Some(number) {
            return 0;
        }
        state.typed_at = now;
        state.bytes_in += bytes.len() as u64;
        state.waiting += bytes.len();
        let waiting = state.waiting;
        drop(state);
        // Nobody receives any more once the terminal has ended.
        let _ = self.typed.send(Typed::Bytes(bytes));
        waiting
    }

    /// The host has taken so many bytes.
    pub(super) fn passed_on(&self, bytes: usize) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(bytes);
        drop(state);
        self.tell();
    }

    /// Whether the socket had better not read on: much is typed ahead, and the output, whose acknowledgements come by the same
    /// way, does not wait for the browser.
    pub(super) fn typed_ahead(&self, most: usize) -> bool {
        let state = self.state();
        state.waiting >= most && state.screen.has_room(jarvis_ports::terminal::PIECE)
    }

    /// The screen has another size.
    pub(super) fn resize(&self, size: Size) {
        self.size
            .send_if_modified(|known| std::mem::replace(known, size) != size);
    }

    /// The browser has processed so many bytes. Whoever does not hold the terminal any more may count otherwise.
    pub(super) fn acknowledge(&self, number: u64, total: u64) -> Result<(), Impossible> {
        let mut state = self.state();
        if state.holder != Some(number) {
            return Ok(());
        }
        let done = state.screen.acknowledge(total);
        drop(state);
        self.wake.notify_one();
        done
    }

    /// Asks for the end.
    pub(super) fn end(&self, end: End) {
        self.state().asked_to_end.get_or_insert(end);
        self.wake.notify_one();
    }

    /// The end that was asked for.
    pub(super) fn asked_to_end(&self) -> Option<End> {
        self.state().asked_to_end.clone()
    }

    /// The browser was told the end.
    pub(super) fn told(&self) {
        self.state().told = true;
        self.wake.notify_one();
    }
}

impl End {
    /// In words, for the record.
    pub fn words(&self) -> String {
        match self {
            Self::Shell(Ended { why: Some(why), .. }) => why.clone(),
            Self::Shell(Ended {
                signal: Some(signal), ..
            }) => format!("the shell was ended by SIG{signal}"),
            Self::Shell(Ended {
                status: Some(status), ..
            }) => format!("the shell ended with status {status}"),
            Self::Shell(_) => "the shell ended".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Left => "its page went and did not come back".to_owned(),
            Self::Because(reason) => format!("{} {reason}", reason.code()),
        }
    }
}
