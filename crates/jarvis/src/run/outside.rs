//! What the API shows and adapters hold: the audit trail on disk, and the messages to people.

use super::notifying;
use crate::{config::Config, exit::Failure};
use async_trait::async_trait;
use jarvis_api::{AuditFormat, AuditTrail, ChainCheck, Messenger, Outside, Tried};
use jarvis_controller::Handle;
use jarvis_notify::{Content, Letter, Outbox, Outcome as Sent, Queue, Sender, audience, letter};
use jarvis_ports::{Clock, Journal as _};
use jarvis_store::{
    FileJournal,
    audit::{Trail, csv_header, to_csv, to_json_line},
};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Records read at a time.
const CHUNK: usize = 1_000;
/// The chain is read again after this at the earliest.
const CHECKED_FOR: Duration = Duration::from_mins(1);

/// Everything for the API.
pub fn of(
    config: &Config,
    handle: &Handle,
    queue: Option<Queue>,
    clock: &Arc<dyn Clock>,
) -> Result<Outside, Failure> {
    let audit = DiskTrail {
        folder: config.state.join("journal"),
        checked: Mutex::default(),
    };
    let messenger = Letters {
        state: config.state.clone(),
        sender: notifying::sender(config, clock.clone())?,
        handle: handle.clone(),
        queue,
        clock: clock.clone(),
    };
    Ok(Outside {
        audit: Some(Arc::new(audit)),
        messenger: Some(Arc::new(messenger)),
    })
}

/// The journal's folder, read beside the running process, as `jarvis audit` does.
struct DiskTrail {
    folder: PathBuf,
    checked: Mutex<Option<(Instant, ChainCheck)>>,
}

impl AuditTrail for DiskTrail {
    fn check(&self) -> Result<ChainCheck, String> {
        // Held while it is read: many screens cost one check.
        let mut kept = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, check)) = kept.as_ref().filter(|(at, _)| at.elapsed() < CHECKED_FOR) {
            return Ok(check.clone());
        }
        let report = jarvis_store::verify(&self.folder, &[])
            .map_err(|error| format!("cannot verify the audit trail: {error}"))?;
        let check = ChainCheck {
            records: report.records,
            head: report.head.seq,
            head_hash: report.head.hash.clone(),
            problem: report
                .broken
                .as_ref()
                .map(|broken| format!("broken at record {}: {}", broken.seq, broken.why)),
        };
        *kept = Some((Instant::now(), check.clone()));
        Ok(check)
    }

    fn export(&self, format: AuditFormat, take: &mut dyn FnMut(String) -> bool) -> Result<(), String> {
        let failed = |error: &dyn std::error::Error| format!("cannot read the audit trail: {error}");
        let opened = FileJournal::open_read_only(&self.folder).map_err(|error| failed(&error))?;
        if format == AuditFormat::Csv && !take(csv_header()) {
            return Ok(());
        }
        let (mut trail, mut seq) = (Trail::default(), 0);
        while seq < opened.journal.head() {
            let chunk = opened
                .journal
                .read_after(seq, CHUNK)
                .map_err(|error| failed(&error))?;
            let Some(last) = chunk.last() else { break };
            seq = last.record.seq;
            let rows = chunk.iter().filter_map(|stored| trail.row(stored));
            let text: String = match format {
                AuditFormat::JsonLines => rows.map(|row| to_json_line(&row)).collect(),
                AuditFormat::Csv => rows.map(|row| to_csv(&row)).collect(),
            };
            if !text.is_empty() && !take(text) {
                return Ok(());
            }
        }
        match opened.damaged {
            None => Ok(()),
            Some(damage) => Err(damage.to_string()),
        }
    }
}

/// Messages by the channels of the manifests in force and the servers of the config.
struct Letters {
    state: PathBuf,
    sender: Sender,
    handle: Handle,
    queue: Option<Queue>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Messenger for Letters {
    fn waiting(&self) -> Result<BTreeMap<String, usize>, String> {
        let found = Outbox::of(&self.state)
            .letters()
            .map_err(|error| error.to_string())?;
        let mut waiting = BTreeMap::new();
        for letter in found.letters {
            *waiting.entry(letter.channel).or_default() += 1;
        }
        Ok(waiting)
    }

    async fn test(&self, channel: &str) -> Result<Vec<Tried>, String> {
        let view = self.handle.view();
        let spec = audience::channel(&view.desired, channel)
            .ok_or_else(|| format!("there is no NotificationChannel {channel} in force"))?;
        let now = self.clock.now();
        let mut tried = Vec::new();
        for letter in letter::letters(&view.cluster, (channel, spec), &Content::Test, now) {
            let letter = Letter {
                // Each test is another message.
                id: format!("{:x}{}", now.as_millis(), letter.id),
                ..letter
            };
            let (taken, answer) = match self.sender.send(&letter).await {
                Sent::Accepted(answer) => (true, answer),
                Sent::Later(why) | Sent::Refused(why) => (false, why),
            };
            tried.push(Tried {
                to: letter.to.label(),
                taken,
                answer,
            });
        }
        Ok(tried)
    }

    async fn retry(&self, channel: Option<String>) -> Result<usize, String> {
        let none = || "nothing sends messages here".to_owned();
        let queue = self.queue.as_ref().ok_or_else(none)?;
        queue.retry(channel).await.ok_or_else(none)
    }
}
