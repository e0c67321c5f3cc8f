//! Telling: every note goes to the log at once; those that are worth it are mailed beside the rounds, in order, and tried
//! again while the server does not take them.
//!
//! Decides nothing about what is worth a mail.

use super::{
    decide::{Kind, Note},
    keep::Keep,
    mail::{Post, mail},
};
use crate::run::listening::host_name;
use jarvis_model::Timestamp;
use jarvis_ports::{Clock as _, SystemClock};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinHandle,
};

/// Mails that may wait; more are in the log alone.
const WAITING: usize = 64;
/// A mail that was not taken is tried again after this.
const AGAIN: Duration = Duration::from_mins(1);
/// And is given up after so many tries: ten hours.
const TRIES: u32 = 600;
/// What waits at the end gets this long.
const LAST_MOMENT: Duration = Duration::from_secs(10);

/// Where mails wait, and who sends them.
type Mails = (Sender<(Note, Timestamp)>, JoinHandle<()>);

/// The log and the mail.
pub struct Telling {
    keep: Keep,
    written: Arc<AtomicBool>,
    mails: Option<Mails>,
}

impl Telling {
    /// Begins to send mail, when there is somebody to send it to.
    pub fn begin(post: Option<Post>, keep: Keep) -> Self {
        let mails = post.map(|post| {
            let (sender, waiting) = mpsc::channel(WAITING);
            (sender, tokio::spawn(deliver(post, waiting, keep.clone())))
        });
        Self {
            keep,
            written: Arc::new(AtomicBool::new(true)),
            mails,
        }
    }

    /// Tells.
    pub fn tell(&self, note: Note, at: Timestamp) {
        if note.mail {
            tracing::warn!(kind = ?note.kind, "{}", note.text);
        } else {
            tracing::info!(kind = ?note.kind, "{}", note.text);
        }
        let written = self.keep.note(&note, at);
        if let Err(error) = &written {
            tracing::error!(path = %self.keep.log_path().display(), %error, "the log cannot be written: nothing will be done");
        }
        self.written.store(written.is_ok(), Ordering::SeqCst);
        if let (true, Some((sender, _))) = (note.mail, &self.mails)
            && sender.try_send((note, at)).is_err()
        {
            tracing::error!("too many mails wait already: this one is in the log alone");
        }
    }

    /// Whether the last line was written.
    pub fn is_written(&self) -> bool {
        self.written.load(Ordering::SeqCst)
    }

    /// Gives what waits a last moment.
    pub async fn end(self) {
        if let Some((sender, task)) = self.mails {
            drop(sender);
            if tokio::time::timeout(LAST_MOMENT, task).await.is_err() {
                tracing::warn!("mails that still waited are in the log alone");
            }
        }
    }
}

async fn deliver(post: Post, mut waiting: Receiver<(Note, Timestamp)>, keep: Keep) {
    while let Some((note, at)) = waiting.recv().await {
        let (subject, text) = written(&note, at);
        for tried in 1..=TRIES {
            let Err(why) = mail(&post, &subject, &text).await else {
                break;
            };
            tracing::warn!(%why, tried, "a mail was not sent");
            if tried == 1 {
                let failed = Note::quiet(Kind::MailFailed, why);
                // A log that cannot be written is told of by whoever acts.
                drop(keep.note(&failed, SystemClock.now()));
            }
            if tried == TRIES || waiting.is_closed() {
                break;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Subject and text of a note.
fn written(note: &Note, at: Timestamp) -> (String, String) {
    let subject = match note.kind {
        Kind::Acted => "acted",
        Kind::NotDone => "could not act",
        Kind::GaveUp => "gives up",
        Kind::LeftAlone => "Jarvis is silent, nothing is done",
        Kind::Answers => "Jarvis answers again",
        Kind::RolledBack => "Jarvis was rolled back",
        Kind::Froze => "Jarvis was frozen",
        Kind::Stalled => "the loop of Jarvis stands still",
        Kind::Began | Kind::Silent | Kind::Acting | Kind::Maintenance | Kind::Clock | Kind::MailFailed => {
            "note"
        }
    };
    let by = host_name().map_or_else(String::new, |host| format!("by {host}, "));
    let at = crate::commands::field::time(at);
    (
        format!("[jarvis watchdog] {subject}"),
        format!("{}.\n\n{by}{at}\n", note.text),
    )
}
