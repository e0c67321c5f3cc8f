//! Decisions of the past, from the state folder: the journal has what was decided and what became of it, the recording has
//! the verdict and the facts it stood on. Takes no lock and changes nothing.

use crate::{commands::field::time, exit::Failure, table::clean, text::add};
use jarvis_model::{Action, Cause, Digest, Event, IntentId, Record, Tier, Timestamp, Verdict};
use jarvis_ports::Journal;
use jarvis_replay::{Recording, Story, stories};
use jarvis_store::FileJournal;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Records read at a time.
const CHUNK: usize = 10_000;
/// Decisions told in full; an issue can have many.
const TOLD: usize = 10;

/// One decision and what became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Past {
    /// Its record; none for one that was never carried out.
    record: Option<u64>,
    /// When.
    at: Timestamp,
    /// Its name.
    digest: Digest,
    /// What was decided.
    action: Action,
    /// Who wanted it.
    origin: String,
    /// What it was for: an issue or a ticket.
    cause: Option<String>,
    /// Its tier.
    tier: Tier,
    /// The facts it stands on.
    evidence: Vec<String>,
    /// The record of the act, once logged.
    intent: Option<IntentId>,
    /// Attempt number; 0 for requests.
    attempt: Option<u32>,
    /// What became of it, a line each.
    then: Vec<String>,
    /// How to undo it.
    undo: Option<String>,
    /// From the recording.
    story: Option<Story>,
}

impl Past {
    /// Whether an id, digest or issue fits.
    fn fits(&self, id: &str) -> bool {
        let intent = self
            .intent
            .as_ref()
            .is_some_and(|intent| intent.0.starts_with(id));
        let cause = self.cause.as_deref().is_some_and(|cause| cause.starts_with(id));
        self.digest.as_str().starts_with(id) || intent || cause
    }
}

/// The latest decisions that fit, oldest first.
pub fn find(state: &Path, id: &str) -> Result<Vec<Past>, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::error(format!("cannot explain the past: {error}"));
    // First the recording, then the journal: so the journal holds every record the recording speaks of.
    let recording = Recording::open(&state.join("passes")).map_err(|error| failed(&error))?;
    let journal = FileJournal::open_read_only(&state.join("journal"))
        .map_err(|error| failed(&error))?
        .journal;
    let mut all = decided(&journal).map_err(|error| failed(&error))?;
    let done: BTreeSet<Digest> = all.iter().map(|past| past.digest.clone()).collect();
    all.retain(|past| past.fits(id));
    all.drain(..all.len().saturating_sub(TOLD));
    let mut beginnings: Vec<String> = all.iter().map(|past| past.digest.to_string()).collect();
    beginnings.push(id.to_owned());
    for story in stories(recording, &journal, &beginnings).map_err(|error| failed(&error))? {
        match all
            .iter_mut()
            .rev()
            .find(|past| past.digest == *story.decision.id())
        {
            Some(past) => past.story = Some(story),
            None if done.contains(story.decision.id()) => {}
            None => all.push(never_done(story)),
        }
    }
    all.sort_by_key(|past| past.at);
    all.drain(..all.len().saturating_sub(TOLD));
    Ok(all)
}

/// Every decision of the journal that was carried out.
fn decided(journal: &dyn Journal) -> Result<Vec<Past>, jarvis_ports::JournalError> {
    let (mut all, mut open, mut seq) = (Vec::new(), BTreeMap::new(), 0);
    loop {
        let chunk = journal.read_after(seq, CHUNK)?;
        let Some(last) = chunk.last() else { return Ok(all) };
        seq = last.record.seq;
        for stored in &chunk {
            take(&stored.record, &mut all, &mut open);
        }
    }
}

fn take(record: &Record, all: &mut Vec<Past>, open: &mut BTreeMap<IntentId, usize>) {
    let at = time(record.at);
    let (intent, text) = match &record.event {
        Event::Decided {
            digest,
            action,
            origin,
            tier,
            evidence,
            ..
        } => {
            all.push(Past {
                record: Some(record.seq),
                at: record.at,
                digest: digest.clone(),
                action: action.clone(),
                origin: origin.label(),
                cause: None,
                tier: *tier,
                evidence: evidence.clone(),
                intent: None,
                attempt: None,
                then: Vec::new(),
                undo: None,
                story: None,
            });
            return;
        }
        Event::IntentLogged { intent } => {
            let found = all.iter_mut().rposition(|past| past.digest == intent.digest);
            let Some(place) = found else { return };
            let past = &mut all[place];
            past.intent = Some(intent.id.clone());
            past.attempt = Some(intent.attempt);
            past.undo = Some(intent.undo.clone()).filter(|undo| !undo.is_empty());
            past.cause = Some(match &intent.cause {
                Cause::Issue { issue } => issue.to_string(),
                Cause::Ticket { ticket } => ticket.to_string(),
            });
            open.insert(intent.id.clone(), place);
            (
                intent.id.clone(),
                format!("{at} its intent was made durable, record {}", record.seq),
            )
        }
        Event::EffectAccepted { intent, upid } => {
            let task = upid
                .as_ref()
                .map_or_else(String::new, |upid| format!(" as task {upid}"));
            (intent.clone(), format!("{at} Proxmox accepted it{task}"))
        }
        Event::ReplyUnknown { intent, text } => {
            (intent.clone(), format!("{at} the reply is not known: {text}"))
        }
        Event::TaskFinished { intent } => (intent.clone(), format!("{at} its task ended well")),
        Event::IntentClosed { intent, outcome } => {
            (intent.clone(), format!("{at} it ended: {}", words(outcome)))
        }
        _ => return,
    };
    if let Some(place) = open.get(&intent) {
        all[*place].then.push(text);
    }
}

fn words(outcome: &jarvis_model::Outcome) -> String {
    use jarvis_model::Outcome;
    match outcome {
        Outcome::Verified => "verified, the wished state was seen".to_owned(),
        Outcome::Rejected { text, .. } => format!("rejected by Proxmox: {text}"),
        Outcome::Failed { text } => format!("failed: {text}"),
        Outcome::NotSent => "not sent".to_owned(),
        Outcome::NotVerified => "not verified, the wished state was not seen in time".to_owned(),
        Outcome::Unresolved => "unresolved, nothing could be learnt by the deadline".to_owned(),
    }
}

/// A decision that stands in the recording only: refused, waiting, or waiting for a person to the end.
fn never_done(story: Story) -> Past {
    let request = &story.decision.request;
    Past {
        record: None,
        at: story.at,
        digest: request.digest.clone(),
        action: request.action.clone(),
        origin: request.origin.label(),
        cause: Some(match &request.cause {
            Cause::Issue { issue } => issue.to_string(),
            Cause::Ticket { ticket } => ticket.to_string(),
        }),
        tier: story.decision.verdict.tier(),
        evidence: story.decision.evidence.clone(),
        intent: None,
        attempt: Some(story.decision.attempt),
        then: Vec::new(),
        undo: None,
        story: Some(story),
    }
}

/// As text.
pub fn shown(past: &Past) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        add!(text, "{:<13} {}\n", format!("{name}:"), clean(value));
    };
    line("decision", past.digest.as_str());
    line("action", &past.action.to_string());
    line("asked by", &past.origin);
    line("tier", &past.tier.to_string());
    if let Some(cause) = &past.cause {
        line("for", cause);
    }
    if let Some(attempt) = past.attempt.filter(|attempt| *attempt > 0) {
        line("attempt", &attempt.to_string());
    }
    match past.record {
        Some(seq) => line("decided at", &format!("{}, record {seq}", time(past.at))),
        None => line("last seen at", &time(past.at)),
    }
    if let Some(intent) = &past.intent {
        line("intent", &intent.to_string());
    }
    if let Some(undo) = &past.undo {
        line("undo", undo);
    }
    if let Some(story) = &past.story {
        line("verdict", &verdict(&story.decision.verdict));
    }
    let list = |text: &mut String, head: &str, lines: &[String]| {
        if !lines.is_empty() {
            add!(text, "{head}:\n");
        }
        for line in lines {
            add!(text, "  - {}\n", clean(line));
        }
    };
    list(&mut text, "because", &past.evidence);
    list(&mut text, "what became of it", &past.then);
    let Some(story) = &past.story else {
        text += "what would change it: not recorded\n";
        return text;
    };
    let stands: Vec<String> = story.objections.iter().map(unblock).collect();
    list(&mut text, "what would change it, all of it", &stands);
    let otherwise: Vec<String> = story
        .otherwise
        .iter()
        .map(|other| format!("if {}: {}", other.change, verdict(&other.verdict)))
        .collect();
    let head = if stands.is_empty() {
        "what would have changed it"
    } else {
        "what would have brought another answer"
    };
    list(&mut text, head, &otherwise);
    text
}

/// `refused by held (JV1025): reason`.
fn verdict(verdict: &Verdict) -> String {
    let by = verdict
        .rule()
        .map_or_else(String::new, |rule| format!(" by {rule} ({})", rule.code()));
    let reason = match verdict {
        Verdict::Permit { .. } => String::new(),
        Verdict::Confirm { reason, .. } => format!(": {reason}"),
        Verdict::Wait { refusal, .. } | Verdict::Refuse { refusal } => format!(": {}", refusal.reason),
    };
    format!("{}{by}{reason}", verdict.word())
}

/// What would take an objection away.
fn unblock(objection: &Verdict) -> String {
    match objection {
        Verdict::Permit { .. } => String::new(),
        Verdict::Confirm { reason, rule, .. } => {
            format!("a person confirms it ({}): {reason}", rule.code())
        }
        Verdict::Wait { refusal, .. } | Verdict::Refuse { refusal } => {
            format!("{} ({}) {}", refusal.unblock, refusal.rule.code(), refusal.reason)
        }
    }
}
