//! The recorder the loop is given: takes passes without waiting and writes them on a thread of its own. When it cannot keep
//! up, or the disk refuses, passes are lost and counted, and the recording says so; the loop never hears of it.

pub use crate::folder::Limits;

use crate::folder::Writer;
use jarvis_ports::{Pass, Recorder};
use std::{
    fmt, io,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

/// Passes that may wait to be written.
const WAITING: usize = 64;

enum Message {
    Pass { pass: Box<Pass>, missed: u64 },
    End { missed: u64 },
}

/// Writes passes into a folder.
pub struct PassRecorder {
    sender: SyncSender<Message>,
    /// Passes that were not taken since the last one that was.
    missed: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for PassRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassRecorder").finish_non_exhaustive()
    }
}

impl PassRecorder {
    /// Begins; the folder is made with the first pass. `version` is that of this Jarvis.
    pub fn begin(folder: &Path, version: &str, limits: Limits) -> io::Result<Self> {
        let writer = Writer::new(folder.to_owned(), version.to_owned(), limits);
        let (sender, receiver) = sync_channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("passes".to_owned())
            .spawn(move || write(&receiver, writer))?;
        Ok(Self {
            sender,
            missed: AtomicU64::new(0),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Writes what was taken and ends the recording in good order. Done by dropping it as well.
    pub fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let missed = self.missed.swap(0, Ordering::Relaxed);
            // A thread that is gone has nothing left to write, and one that panicked has told so.
            drop(self.sender.send(Message::End { missed }));
            drop(thread.join());
        }
    }
}

impl Drop for PassRecorder {
    fn drop(&mut self) {
        self.close();
    }
}

impl Recorder for PassRecorder {
    fn record(&self, pass: Pass) -> bool {
        let missed = self.missed.swap(0, Ordering::Relaxed);
        let pass = Box::new(pass);
        match self.sender.try_send(Message::Pass { pass, missed }) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.missed.fetch_add(missed + 1, Ordering::Relaxed);
                false
            }
        }
    }
}

fn write(receiver: &Receiver<Message>, mut writer: Writer) {
    let mut told = false;
    while let Ok(message) = receiver.recv() {
        let (written, is_end) = match message {
            Message::Pass { pass, missed } => (writer.pass(&pass, missed), false),
            Message::End { missed } => (writer.end(missed), true),
        };
        match written {
            Ok(()) => told = false,
            Err(error) if !told => {
                told = true;
                tracing::warn!(%error, "passes cannot be recorded; `jarvis replay` will show a gap");
            }
            Err(_) => {}
        }
        if is_end {
            return;
        }
    }
}
