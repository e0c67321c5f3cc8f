//! One connection that was let in, and programs on it. A place on it is closed whatever becomes of the program: OpenSSH counts
//! what is not closed against the sessions it allows.

use crate::login::Judge;
use jarvis_ports::hostread::Output;
use russh::{
    Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Error,
    client::{Handle, Msg},
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::{
    runtime,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Duration,
};

/// One connection.
pub struct Session {
    handle: Handle<Judge>,
    places: Arc<Semaphore>,
    /// Places there are, taken or free.
    capacity: Mutex<usize>,
}

/// Refusals of a session, with nothing else running, until it is believed: after some four seconds.
const REFUSALS: u32 = 16;
/// Half of the first pause between two of them.
const PAUSE: Duration = Duration::from_millis(10);

/// Why there is no place for a program.
#[derive(Debug)]
pub enum NoPlace {
    /// The connection is gone; nothing was started.
    Lost(String),
    /// The server allows no session at all.
    Refused(String),
}

impl Session {
    /// Takes over a connection that was let in.
    pub fn new(handle: Handle<Judge>, most: usize) -> Self {
        Self {
            handle,
            places: Arc::new(Semaphore::new(most)),
            capacity: Mutex::new(most),
        }
    }

    /// Whether it is known to be gone.
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// A place for one program; waits for one. Where the server allows fewer than were hoped for, that many fewer are used
    /// from then on.
    pub async fn place(self: &Arc<Self>) -> Result<Place, NoPlace> {
        let mut refusals = 0;
        loop {
            let permit = Arc::clone(&self.places)
                .acquire_owned()
                .await
                .map_err(|error| NoPlace::Refused(error.to_string()))?;
            let (permit, why) = match Arc::clone(self).open(permit).await {
                Ok(place) => return Ok(place),
                Err(NotOpened::Refused(permit, why)) => (permit, why),
                Err(NotOpened::Lost(why)) => return Err(NoPlace::Lost(why)),
            };
            if self.give_up_one(permit) {
                tracing::debug!(why, "the server allows fewer sessions at once; fewer are used");
                continue;
            }
            // None is in use here. A program that was given up counts there until it has ended, which takes a moment.
            refusals += 1;
            if refusals > REFUSALS {
                return Err(NoPlace::Refused(format!(
                    "the server refuses to run anything ({why}); MaxSessions in its sshd_config must be at least 1"
                )));
            }
            tokio::time::sleep(PAUSE * (1 << refusals.min(5))).await;
        }
    }

    /// Opens a channel in a task of its own: who gives up waiting would leave one behind that nobody closes, since the server
    /// opens it all the same.
    async fn open(self: Arc<Self>, permit: OwnedSemaphorePermit) -> Result<Place, NotOpened> {
        let opening = tokio::spawn(async move {
            match self.handle.channel_open_session().await {
                Ok(channel) => Ok(Place::new(channel, permit)),
                Err(Error::ChannelOpenFailure(why)) => Err(NotOpened::Refused(permit, format!("{why:?}"))),
                Err(error) => Err(NotOpened::Lost(error.to_string())),
            }
        });
        opening
            .await
            .unwrap_or_else(|error| Err(NotOpened::Lost(error.to_string())))
    }

    /// Waits for a word of the server.
    #[cfg(test)]
    pub async fn ping(&self) {
        let _ = self.handle.send_ping().await;
    }

    /// Gives up a place for good, unless no other one is in use: then it is not for want of room.
    fn give_up_one(&self, permit: OwnedSemaphorePermit) -> bool {
        let mut capacity = self.capacity.lock().unwrap_or_else(PoisonError::into_inner);
        let others = capacity.saturating_sub(self.places.available_permits() + 1);
        if others > 0 {
            *capacity -= 1;
            permit.forget();
        }
        others > 0
    }
}

/// Why a channel was not opened.
enum NotOpened {
    /// The server does not open one now.
    Refused(OwnedSemaphorePermit, String),
    /// The connection is gone.
    Lost(String),
}

/// Where one program runs. Closed when dropped.
pub struct Place {
    read: ChannelReadHalf,
    write: Option<ChannelWriteHalf<Msg>>,
    permit: Option<OwnedSemaphorePermit>,
}

/// How a program ended.
#[derive(Debug)]
pub enum Ended {
    /// It was not started: the server said so.
    NotStarted,
    /// With this.
    Output(Output),
    /// The connection ended first: whether it ran, and how it ended, is not known.
    Lost,
}

impl Place {
    fn new(channel: Channel<Msg>, permit: OwnedSemaphorePermit) -> Self {
        let (read, write) = channel.split();
        Self {
            read,
            write: Some(write),
            permit: Some(permit),
        }
    }

    /// Asks for a program. Once this is called, it may run.
    pub async fn start(&self, line: &str) -> Result<(), Error> {
        match &self.write {
            Some(write) => write.exec(true, line).await,
            None => Err(Error::SendError),
        }
    }

    /// What comes next from the program.
    pub async fn next(&mut self) -> Option<ChannelMsg> {
        self.read.wait().await
    }

    /// Waits for the end; keeps `most` bytes of what it writes and drops the rest as it comes.
    pub async fn end(mut self, most: usize) -> Ended {
        let (mut stdout, mut stderr) = (Kept::default(), Kept::default());
        let mut exit = None;
        while let Some(message) = self.next().await {
            match message {
                ChannelMsg::Failure => return Ended::NotStarted,
                ChannelMsg::Data { data } => stdout.add(&data, most),
                ChannelMsg::ExtendedData { data, .. } => stderr.add(&data, most),
                ChannelMsg::ExitStatus { exit_status } => exit = Some(i32::try_from(exit_status).ok()),
                ChannelMsg::ExitSignal { .. } => exit = Some(None),
                ChannelMsg::Close => break,
                _ => {}
            }
        }
        match exit {
            Some(exit) => Ended::Output(Output {
                exit,
                cut: stdout.cut || stderr.cut,
                stdout: stdout.text(),
                stderr: stderr.text(),
            }),
            None => Ended::Lost,
        }
    }
}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    cut: bool,
}

impl Kept {
    fn add(&mut self, data: &[u8], most: usize) {
        let room = most.saturating_sub(self.bytes.len());
        self.cut |= data.len() > room;
        self.bytes.extend_from_slice(&data[..data.len().min(room)]);
    }

    fn text(self) -> String {
        String::from_utf8(self.bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (Some(write), Ok(runtime)) = (self.write.take(), runtime::Handle::try_current()) else {
            return;
        };
        let permit = self.permit.take();
        runtime.spawn(async move {
            let _ = write.close().await;
            drop(permit);
        });
    }
}
