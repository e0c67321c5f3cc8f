//! The task that joins it: journal to desk, desk to disk, disk to servers.
//!
//! One task owns the desk and the letters. Letters are sent beside it, one at a time for each channel, so that a dead server
//! keeps only its own channel waiting. The loop is never asked and never waits: the journal is read.

use crate::{
    backoff,
    desk::{Desk, DueReport},
    hours,
    letter::{Letter, Words},
    narrating::{self, Narrating},
    outbox::{Outbox, OutboxError},
    picture::Picture,
    queue::{Queue, Wish},
    report::Day,
    send::{Outcome, Sender},
};
use async_trait::async_trait;
use jarvis_model::{Memory, Timestamp};
use jarvis_ports::{Clock, Journal, JournalError, Narrator};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// Records read at a time.
const CHUNK: usize = 1_000;
/// Letters that may wait for a channel; what comes then is gathered into the next.
const MOST_LETTERS: usize = 50;
/// How long it rests at most.
const LONGEST_REST: Duration = Duration::from_mins(1);
/// How long it rests after the disk or the journal failed.
const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// How long letters on their way may take when it ends.
const LAST_LETTERS: Duration = Duration::from_secs(5);
/// A letter that is to be tried later than this was dated by a wrong clock.
const LATEST_TRY: Duration = Duration::from_hours(1);

/// What is followed beside the journal.
#[async_trait]
pub trait Followed: Send + Sync {
    /// The picture now; none until it is known what is declared.
    fn picture(&self) -> Option<Picture>;
    /// Returns when there may be something new. May be dropped and called again.
    async fn changed(&mut self);
}

/// How it is set up.
pub struct Options {
    /// The state folder.
    pub state: PathBuf,
    /// Sends letters.
    pub sender: Sender,
    /// Puts escalations and reports into words; without one their facts stand alone.
    pub narrator: Option<Arc<dyn Narrator>>,
}

/// The notifier, ready to run.
pub struct Service {
    outbox: Outbox,
    sender: Sender,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    followed: Box<dyn Followed>,
    /// Memory up to the desk's cursor.
    memory: Memory,
    desk: Desk,
    /// The desk as it is on disk.
    saved: Desk,
    letters: BTreeMap<String, Letter>,
    /// Channels with a letter on its way.
    busy: BTreeSet<String>,
    /// Letters that a server took and the disk does not know of: not to be sent again.
    taken: BTreeSet<String>,
    sending: JoinSet<Ended>,
    /// Letters that a narrator is asked for.
    narrating: Narrating,
    /// Nothing is read or written before this.
    paused_until: Timestamp,
    queue: Queue,
    wishes: mpsc::Receiver<Wish>,
}

/// A step of the desk, not yet on disk.
struct Step {
    desk: Desk,
    memory: Option<Memory>,
    letters: Vec<Letter>,
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
enum NotMade {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

impl Service {
    /// Opens the outbox. A first start begins at the journal's end: what happened before is not told.
    pub fn open(
        options: Options,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        followed: Box<dyn Followed>,
    ) -> Result<Self, OutboxError> {
        let outbox = Outbox::open(&options.state)?;
        let desk = outbox.begin(journal.head())?;
        let found = outbox.letters()?;
        for path in &found.damaged {
            tracing::error!(path = %path.display(), "a letter cannot be read and is left where it is: look at it, then remove it");
        }
        let now = clock.now();
        let mut letters = BTreeMap::new();
        for mut letter in found.letters {
            // Its server or its settings may be another now.
            letter.next_at = now;
            letters.insert(letter.id.clone(), letter);
        }
        let (queue, wishes) = Queue::new();
        Ok(Self {
            outbox,
            sender: options.sender,
            narrating: Narrating::new(options.narrator, clock.clone()),
            journal,
            clock,
            followed,
            memory: Memory::default(),
            saved: desk.clone(),
            desk,
            letters,
            busy: BTreeSet::new(),
            taken: BTreeSet::new(),
            sending: JoinSet::new(),
            paused_until: Timestamp::default(),
            queue,
            wishes,
        })
    }

    /// The queue, for others to see.
    pub fn queue(&self) -> Queue {
        self.queue.clone()
    }

    /// Runs until cancelled; then takes in what the journal still holds and lets letters on their way arrive.
    pub async fn run(mut self, cancel: CancellationToken) {
        loop {
            self.go_on().await;
            self.narrating.start(&self.letters);
            self.start_sending();
            let (clock, rest) = (self.clock.clone(), self.rest());
            tokio::select! {
                () = cancel.cancelled() => break,
                Some(ended) = self.sending.join_next(), if !self.sending.is_empty() => self.ended(ended).await,
                Some(wish) = self.wishes.recv() => self.retry(wish).await,
                Some(told) = self.narrating.next(), if !self.narrating.is_idle() => self.narrated(told).await,
                () = self.followed.changed() => {}
                () = clock.sleep(rest) => {}
            }
        }
        self.go_on().await;
        let clock = self.clock.clone();
        let until = clock.sleep(LAST_LETTERS);
        tokio::pin!(until);
        while !self.sending.is_empty() {
            tokio::select! {
                Some(ended) = self.sending.join_next() => self.ended(ended).await,
                () = &mut until => return tracing::warn!("letters on their way were cut off; a server may get one of them twice"),
            }
        }
    }

    fn picture(&self) -> Option<Picture> {
        let picture = self.followed.picture()?;
        Some(Picture {
            at: self.clock.now(),
            ..picture
        })
    }

    /// Takes in new records until there are none.
    async fn go_on(&mut self) {
        self.mark_taken().await;
        let Some(picture) = self.picture().filter(|_| !self.is_paused()) else {
            return;
        };
        loop {
            match self.step(&picture).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(%error, "nobody can be told of what happens; it is tried again");
                    self.paused_until = picture.at + AFTER_FAILURE;
                    return;
                }
            }
        }
    }

    /// One step; whether there may be more records.
    async fn step(&mut self, picture: &Picture) -> Result<bool, NotMade> {
        self.catch_up().await?;
        let mut step = Step {
            desk: self.desk.clone(),
            memory: None,
            letters: Vec::new(),
        };
        let records = self.journal.read_after(step.desk.seq, CHUNK)?;
        let more = records.len() == CHUNK;
        if !records.is_empty() {
            let mut memory = self.memory.clone();
            for stored in &records {
                step.desk.take(&stored.record, &memory, picture);
                memory.apply(&stored.record);
            }
            step.memory = Some(memory);
        }
        step.letters = step.desk.close(picture, &self.full());
        if !more {
            self.add_reports(&mut step, picture).await?;
        }
        self.commit(step).await?;
        Ok(more)
    }

    /// Folds memory up to the cursor, once.
    async fn catch_up(&mut self) -> Result<(), NotMade> {
        let (head, cursor) = (self.journal.head(), self.desk.seq);
        if cursor > head {
            tracing::warn!(
                cursor,
                head,
                "the journal is shorter than what was told of it: it was rolled back"
            );
            self.desk.seq = head;
        }
        if self.memory.seq >= self.desk.seq {
            return Ok(());
        }
        let (journal, mut memory, until) = (
            self.journal.clone(),
            std::mem::take(&mut self.memory),
            self.desk.seq,
        );
        let folding = move || {
            while memory.seq < until {
                let chunk = journal.read_after(memory.seq, CHUNK)?;
                let wanted = chunk.iter().take_while(|stored| stored.record.seq <= until);
                let before = memory.seq;
                wanted.for_each(|stored| memory.apply(&stored.record));
                if memory.seq == before {
                    break;
                }
            }
            Ok::<_, JournalError>(memory)
        };
        self.memory = beside(folding).await?;
        Ok(())
    }

    async fn add_reports(&self, step: &mut Step, picture: &Picture) -> Result<(), NotMade> {
        for due in step.desk.reports_due(picture) {
            let memory = step.memory.as_ref().unwrap_or(&self.memory).clone();
            let (journal, until) = (self.journal.clone(), step.desk.seq);
            let (picture_then, due_then) = (picture.clone(), due.clone());
            let report =
                beside(move || report(journal.as_ref(), &memory, &picture_then, &due_then, until)).await?;
            step.letters.extend(step.desk.reported(&due, report, picture));
        }
        Ok(())
    }

    /// Makes a step durable; only then it holds.
    async fn commit(&mut self, step: Step) -> Result<(), NotMade> {
        let Step {
            desk,
            memory,
            mut letters,
        } = step;
        for letter in &mut letters {
            self.narrating.mark(letter);
        }
        if !letters.is_empty() || desk.is_worth_saving(&self.saved) {
            let (outbox, saving) = (self.outbox.clone(), desk.clone());
            let put = beside(move || outbox.save(letters, &saving)).await?;
            self.saved = desk.clone();
            self.letters
                .extend(put.into_iter().map(|letter| (letter.id.clone(), letter)));
        }
        self.desk = desk;
        if let Some(memory) = memory {
            self.memory = memory;
        }
        Ok(())
    }

    /// Channels whose servers do not take what there is.
    fn full(&self) -> BTreeSet<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for letter in self.letters.values().filter(|letter| letter.parked.is_none()) {
            *counts.entry(&letter.channel).or_default() += 1;
        }
        let full = counts.into_iter().filter(|(_, count)| *count >= MOST_LETTERS);
        full.map(|(channel, _)| channel.to_owned()).collect()
    }

    fn start_sending(&mut self) {
        let parked = self.letters.values().filter(|letter| letter.parked.is_some());
        let parked = parked.count();
        self.queue.count(self.letters.len() - parked, parked);
        let now = self.clock.now();
        let mut waiting: Vec<&Letter> = self
            .letters
            .values()
            .filter(|letter| self.is_due(letter, now))
            .collect();
        waiting.sort_by_key(|letter| (letter.created_at, letter.id.clone()));
        for letter in waiting {
            if self.busy.insert(letter.channel.clone()) {
                let attempt = attempt(self.sender.clone(), self.outbox.clone(), letter.clone());
                self.sending.spawn(attempt);
            }
        }
    }

    fn is_due(&self, letter: &Letter, now: Timestamp) -> bool {
        let dated_wrongly = letter.next_at.since(now) > LATEST_TRY;
        letter.parked.is_none()
            && letter.words != Words::Wanted
            && !self.taken.contains(&letter.id)
            && !self.busy.contains(&letter.channel)
            && (letter.next_at <= now || dated_wrongly)
    }

    /// An attempt ended.
    async fn ended(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        let Ok(Ended {
            mut letter,
            outcome,
            marked,
        }) = ended
        else {
            return;
        };
        self.busy.remove(&letter.channel);
        let (channel, to) = (letter.channel.clone(), letter.to.label());
        match outcome {
            Outcome::Accepted(answer) => {
                tracing::info!(letter = %letter.id, channel, to, answer, "sent");
                if marked {
                    self.letters.remove(&letter.id);
                } else {
                    self.taken.insert(letter.id);
                }
                return;
            }
            Outcome::Later(why) => {
                letter.attempts = letter.attempts.saturating_add(1);
                let now = self.clock.now();
                letter.next_at = now + backoff::delay(&letter.id, letter.attempts);
                tracing::warn!(letter = %letter.id, channel, to, why, attempts = letter.attempts, "not sent; it is tried again");
                if now.since(letter.created_at) >= backoff::GIVE_UP {
                    letter.parked = Some(format!("given up after five days: {why}"));
                }
                letter.trouble = Some(why);
            }
            Outcome::Refused(why) => {
                letter.attempts = letter.attempts.saturating_add(1);
                tracing::error!(letter = %letter.id, channel, to, why, "refused for good; it is parked: jarvis notify queue");
                letter.parked = Some(why);
            }
        }
        self.letters.insert(letter.id.clone(), letter.clone());
        let outbox = self.outbox.clone();
        // Without this write it is tried sooner after a restart, and that is all.
        if let Err(error) = beside(move || outbox.update(&letter)).await {
            tracing::warn!(%error, "an attempt could not be written down");
        }
    }

    /// Lets parked letters be tried once more; one that fails again is parked again.
    async fn retry(&mut self, wish: Wish) {
        let now = self.clock.now();
        let mut again = Vec::new();
        for letter in self.letters.values_mut() {
            let wanted = wish.channel.as_ref().is_none_or(|name| *name == letter.channel);
            if let Some(why) = letter.parked.take_if(|_| wanted) {
                letter.trouble = Some(why);
                letter.next_at = now;
                again.push(letter.clone());
            }
        }
        let count = again.len();
        let outbox = self.outbox.clone();
        // Without this they are parked again after a restart, and that is all.
        let written = beside(move || again.iter().try_for_each(|letter| outbox.update(letter))).await;
        if let Err(error) = written {
            tracing::warn!(%error, "that parked letters are tried again could not be written down");
        }
        // Who asked may be gone.
        let _ = wish.answer.send(count);
    }

    /// Letters got their words, or have to do without. They are written down first, so that every attempt sends the same.
    async fn narrated(&mut self, told: narrating::Ended) {
        for id in &told.letters {
            let Some(letter) = self.letters.get_mut(id) else {
                continue;
            };
            letter.words = told.words.clone();
            let (outbox, letter) = (self.outbox.clone(), letter.clone());
            if let Err(error) = beside(move || outbox.update(&letter)).await {
                tracing::warn!(%error, letter = id, "its words could not be written down; a restart would ask for them again");
            }
        }
    }

    /// Marks what servers took and could not be marked at once. It is not sent again meanwhile.
    async fn mark_taken(&mut self) {
        if self.is_paused() {
            return;
        }
        for id in self.taken.clone() {
            if let Some(letter) = self.letters.get(&id).cloned()
                && !mark(&self.outbox, &letter).await
            {
                self.paused_until = self.clock.now() + AFTER_FAILURE;
                return;
            }
            self.taken.remove(&id);
            self.letters.remove(&id);
        }
    }

    /// A failure of the disk or the journal is a moment ago.
    fn is_paused(&self) -> bool {
        let now = self.clock.now();
        self.paused_until > now && self.paused_until.since(now) <= AFTER_FAILURE
    }

    /// How long nothing becomes due by time alone.
    fn rest(&self) -> Duration {
        let now = self.clock.now();
        let of_letters = self
            .letters
            .values()
            .filter(|letter| letter.parked.is_none() && !self.taken.contains(&letter.id))
            .filter(|letter| letter.words != Words::Wanted && !self.busy.contains(&letter.channel))
            .map(|letter| letter.next_at)
            .min();
        let of_desk = self.picture().and_then(|picture| self.desk.wake_at(&picture));
        let next = [of_letters, of_desk].into_iter().flatten().min();
        next.map_or(LONGEST_REST, |next| next.since(now))
            .clamp(Duration::from_millis(200), LONGEST_REST)
    }
}

/// How an attempt ended.
struct Ended {
    letter: Letter,
    outcome: Outcome,
    /// Whether it is on disk that a server took it.
    marked: bool,
}

/// Tries a letter once. That a server took it is written down before anything else is done.
async fn attempt(sender: Sender, outbox: Outbox, letter: Letter) -> Ended {
    let tried = letter.clone();
    let sending = AbortOnDropHandle::new(tokio::spawn(async move { sender.send(&tried).await }));
    let outcome = sending
        .await
        .unwrap_or_else(|error| Outcome::Later(format!("sending broke off: {error}")));
    let marked = matches!(outcome, Outcome::Accepted(_)) && mark(&outbox, &letter).await;
    Ended {
        letter,
        outcome,
        marked,
    }
}

/// Marks a letter as sent; whether that is on disk.
async fn mark(outbox: &Outbox, letter: &Letter) -> bool {
    let (outbox, sent) = (outbox.clone(), letter.clone());
    let marked = beside(move || outbox.mark_sent(&sent)).await;
    marked
        .inspect_err(|error| {
            tracing::error!(%error, letter = %letter.id, "a letter was sent and cannot be marked so; a restart would send it again");
        })
        .is_ok()
}

/// Does what blocks on a thread of its own.
async fn beside<T: Send + 'static, E: Into<NotMade> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, NotMade> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Into::into),
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

/// Reads the day of a report.
fn report(
    journal: &dyn Journal,
    memory: &Memory,
    picture: &Picture,
    due: &DueReport,
    until: u64,
) -> Result<crate::report::Report, JournalError> {
    let zone = crate::audience::channel(&picture.desired, &due.channel)
        .map_or_else(|| hours::zone("UTC"), |spec| hours::zone(&spec.time_zone));
    let mut day = Day::default();
    // At least the newest record, for the anchor.
    let mut after = due.after.min(until.saturating_sub(1));
    while after < until {
        let chunk = journal.read_after(after, CHUNK)?;
        for stored in chunk.iter().take_while(|stored| stored.record.seq <= until) {
            after = stored.record.seq;
            let known = after > due.after;
            if known {
                day.hear(&stored.record, &stored.hash, memory);
            } else {
                day.note_anchor(after, &stored.hash);
            }
        }
        if chunk.is_empty() {
            break;
        }
    }
    Ok(day.report(memory, picture, &zone, due.from, due.slot))
}
