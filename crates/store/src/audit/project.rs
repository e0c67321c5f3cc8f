//! From records to rows. Remembers open intents and requests only, so it may run over any length of journal.

use super::AuditRow;
use jarvis_model::{
    Action, Event, FreezeScope, Intent, IntentId, Origin, Refusal, Ticket, TicketId, TicketState, Timestamp,
    Upid, issue::Cause,
};
use jarvis_ports::Stored;
use std::collections::BTreeMap;

/// The running projection: give it every record in order, audit or not.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    intents: BTreeMap<IntentId, Open>,
    tickets: BTreeMap<TicketId, (Action, Origin)>,
}

/// What later rows repeat of an open intent.
#[derive(Debug, Clone)]
struct Open {
    intent: Box<Intent>,
    task: Option<Upid>,
}

impl Trail {
    /// The row of a record; none when it does not belong to the audit trail.
    pub fn row(&mut self, stored: &Stored) -> Option<AuditRow> {
        let event = &stored.record.event;
        if !event.is_audit() {
            return None;
        }
        let mut row = AuditRow {
            seq: stored.record.seq,
            at: stored.record.at,
            time: rfc3339(stored.record.at),
            event: event.name(),
            epoch: stored.record.epoch,
            origin: None,
            user: None,
            tier: None,
            verdict: None,
            condition: None,
            digest: None,
            ticket: None,
            intent: None,
            task: None,
            result: None,
            undo: None,
            summary: String::new(),
            hash: stored.hash.clone(),
        };
        match event {
            Event::Decided { .. }
            | Event::IntentLogged { .. }
            | Event::EffectAccepted { .. }
            | Event::ReplyUnknown { .. }
            | Event::IntentClosed { .. } => self.effect(&mut row, event),
            Event::ActionRefused { .. }
            | Event::TicketOpened { .. }
            | Event::TicketConfirmed { .. }
            | Event::TicketChanged { .. } => self.request(&mut row, event),
            Event::RevisionApplied { .. }
            | Event::RevisionRejected { .. }
            | Event::RevisionWithheld { .. } => {
                revision(&mut row, event);
            }
            Event::UserSet { .. }
            | Event::UserRemoved { .. }
            | Event::SignedIn { .. }
            | Event::TokenCreated { .. }
            | Event::TokenRevoked { .. }
            | Event::SessionsRevoked { .. } => access(&mut row, event),
            Event::ProposalMade { .. }
            | Event::ProposalApproved { .. }
            | Event::ProposalRejected { .. }
            | Event::ProposalExpired { .. }
            | Event::ProposalPushed { .. }
            | Event::ProposalFailed { .. } => proposal(&mut row, event),
            Event::TerminalOpened { .. } | Event::TerminalClosed { .. } => terminal(&mut row, event),
            Event::CallRefused { .. } => call(&mut row, event),
            _ => person(&mut row, event),
        }
        Some(row)
    }

    fn effect(&mut self, row: &mut AuditRow, event: &Event) {
        match event {
            Event::Decided {
                digest,
                action,
                origin,
                tier,
                evidence,
                ..
            } => {
                by(row, origin);
                row.tier = Some(tier.to_string());
                row.digest = Some(digest.as_str().to_owned());
                row.verdict = Some("permitted".to_owned());
                row.condition = Some(evidence.join("; "));
                row.summary = format!("decided to {action}");
            }
            Event::IntentLogged { intent } => {
                let open = Open {
                    intent: intent.clone(),
                    task: None,
                };
                open.fill(row);
                row.verdict = Some("permitted".to_owned());
                row.summary = format!("{} is about to {}", intent.origin.label(), intent.action);
                self.intents.insert(intent.id.clone(), open);
            }
            Event::EffectAccepted { intent, upid } => {
                if let Some(open) = self.intents.get_mut(intent) {
                    open.task.clone_from(upid);
                }
                row.summary = format!("Proxmox accepted: {}", self.action_of(row, intent));
                row.task = upid.as_ref().map(|upid| upid.as_str().to_owned());
                row.result = Some("accepted".to_owned());
            }
            Event::ReplyUnknown { intent, text } => {
                row.summary = format!("no clear reply to: {} ({text})", self.action_of(row, intent));
                row.result = Some("reply unknown".to_owned());
            }
            Event::IntentClosed { intent, outcome } => {
                row.summary = format!("{}: {}", self.action_of(row, intent), outcome.words());
                row.result = Some(outcome.words());
                self.intents.remove(intent);
            }
            _ => {}
        }
    }

    /// Fills the row with what is known of an intent, and names its action.
    fn action_of(&self, row: &mut AuditRow, id: &IntentId) -> String {
        row.intent = Some(id.0.clone());
        match self.intents.get(id) {
            Some(open) => {
                open.fill(row);
                open.intent.action.to_string()
            }
            None => format!("intent {id}"),
        }
    }

    fn request(&mut self, row: &mut AuditRow, event: &Event) {
        match event {
            Event::ActionRefused {
                action,
                origin,
                refusal,
            } => {
                by(row, origin);
                refused(row, refusal);
                row.summary = format!("{action} was refused: {refusal}");
            }
            Event::TicketOpened { ticket } => {
                self.tickets
                    .insert(ticket.id.clone(), (ticket.action.clone(), ticket.origin.clone()));
                self.asked(row, &ticket.id);
                row.summary = opened(ticket);
                self.stands(row, &ticket.id, &ticket.state);
            }
            Event::TicketConfirmed { ticket, confirmed } => {
                let action = self.asked(row, ticket);
                row.verdict = Some("confirmed".to_owned());
                row.digest = Some(confirmed.digest.as_str().to_owned());
                row.user = Some(confirmed.user.clone());
                row.summary = format!("{} confirmed: {action}", confirmed.user);
            }
            Event::TicketChanged { ticket, state } => {
                let action = self.asked(row, ticket);
                row.summary = format!("{action}: {}", state_words(state));
                self.stands(row, ticket, state);
            }
            _ => {}
        }
    }

    /// Fills the row with what is known of a request, and names its action.
    fn asked(&self, row: &mut AuditRow, id: &TicketId) -> String {
        row.ticket = Some(id.0.clone());
        match self.tickets.get(id) {
            Some((action, origin)) => {
                by(row, origin);
                action.to_string()
            }
            None => format!("request {id}"),
        }
    }

    /// Fills in where a request stands, and forgets it at its end.
    fn stands(&mut self, row: &mut AuditRow, id: &TicketId, state: &TicketState) {
        match state {
            TicketState::AwaitingConfirmation { digest, .. } => {
                row.verdict = Some("needs confirmation".to_owned());
                row.digest = Some(digest.as_str().to_owned());
            }
            TicketState::Running { intent } => row.intent = Some(intent.0.clone()),
            TicketState::Done { outcome } => row.result = Some(outcome.words()),
            TicketState::Refused { refusal } => refused(row, refusal),
            TicketState::Recalled | TicketState::Rejected | TicketState::Expired => {
                row.result = Some(state_words(state));
            }
            TicketState::Queued => {}
        }
        if state.is_final() {
            self.tickets.remove(id);
        }
    }
}

impl Open {
    fn fill(&self, row: &mut AuditRow) {
        let intent = &self.intent;
        by(row, &intent.origin);
        row.tier = Some(intent.tier.to_string());
        row.digest = Some(intent.digest.as_str().to_owned());
        row.intent = Some(intent.id.0.clone());
        row.undo = Some(intent.undo.clone()).filter(|undo| !undo.is_empty());
        row.task = self.task.as_ref().map(|task| task.as_str().to_owned());
        match &intent.cause {
            Cause::Issue { issue } => row.condition = Some(format!("{issue} attempt {}", intent.attempt)),
            Cause::Ticket { ticket } => row.ticket = Some(ticket.0.clone()),
        }
    }
}

fn call(row: &mut AuditRow, event: &Event) {
    let Event::CallRefused {
        by,
        call,
        reason,
        more,
    } = event
    else {
        return;
    };
    row.origin = Some(by.clone());
    row.verdict = Some("refused".to_owned());
    row.summary = match more {
        0 => format!("{call} was refused: {reason}"),
        more => format!("{call} was refused: {reason}; and {more} more calls of {by} before it"),
    };
}

fn by(row: &mut AuditRow, origin: &Origin) {
    row.origin = Some(origin.label());
    if let Origin::Person { user, .. } | Origin::Chat { user, .. } = origin {
        row.user = Some(user.clone());
    }
}

fn refused(row: &mut AuditRow, refusal: &Refusal) {
    row.verdict = Some("refused".to_owned());
    row.tier = Some(refusal.tier.to_string());
    row.condition = Some(format!("{} {}", refusal.rule.code(), refusal.rule));
}

fn opened(ticket: &Ticket) -> String {
    let asks = format!("{} asks: {}", ticket.origin.label(), ticket.action);
    match ticket.hold_secs {
        Some(secs) => format!("{asks}, and to hold it for {secs} s"),
        None => asks,
    }
}

fn state_words(state: &TicketState) -> String {
    match state {
        TicketState::Queued => "waits for its turn".to_owned(),
        TicketState::AwaitingConfirmation { .. } => "waits for a person to confirm it".to_owned(),
        TicketState::Running { intent } => format!("is carried out as {intent}"),
        TicketState::Done { outcome } => outcome.words(),
        TicketState::Refused { refusal } => format!("refused: {refusal}"),
        TicketState::Recalled => "recalled".to_owned(),
        TicketState::Rejected => "rejected".to_owned(),
        TicketState::Expired => "expired".to_owned(),
    }
}

fn revision(row: &mut AuditRow, event: &Event) {
    match event {
        Event::RevisionApplied {
            commit,
            hash,
            resources,
        } => {
            row.condition = Some(format!("revision {commit}"));
            row.digest = Some(hash.clone());
            row.summary = format!("revision {commit} is in force, {} resources", resources.len());
        }
        Event::RevisionRejected { commit, errors } => {
            row.condition = Some(format!("revision {commit}"));
            row.verdict = Some("refused".to_owned());
            row.summary = format!("revision {commit} has errors: {}", errors.join("; "));
        }
        Event::RevisionWithheld {
            commit,
            digest,
            reason,
        } => {
            row.condition = Some(format!("revision {commit}"));
            row.verdict = Some("needs confirmation".to_owned());
            row.digest = Some(digest.as_str().to_owned());
            row.summary = format!("revision {commit} is withheld: {reason}");
        }
        _ => {}
    }
}

fn access(row: &mut AuditRow, event: &Event) {
    match event {
        Event::UserSet {
            user, role, one_time, ..
        } => {
            row.user = Some(user.clone());
            let once = if *one_time {
                ", password to be changed at once"
            } else {
                ""
            };
            row.summary = format!("user {user} was set with role {}{once}", word(role));
        }
        Event::UserRemoved { user, by } => {
            row.user = Some(by.clone());
            row.summary = format!("user {user} was removed");
        }
        Event::SignedIn {
            user,
            address,
            by_provider,
        } => {
            row.user = Some(user.clone());
            let by = if *by_provider {
                "the provider"
            } else {
                "a password"
            };
            row.summary = format!("{user} signed in by {by} from {address}");
        }
        Event::TokenCreated {
            name,
            role,
            scopes,
            by,
            expires_at,
            ..
        } => {
            row.user = Some(by.clone());
            let scopes: Vec<String> = scopes.iter().map(word).collect();
            let until =
                expires_at.map_or_else(|| "without end".to_owned(), |at| format!("until {}", rfc3339(at)));
            let scopes = scopes.join(", ");
            row.summary = format!(
                "token {name} was created: role {}, scopes [{scopes}], {until}",
                word(role)
            );
        }
        Event::TokenRevoked { name, by } => {
            row.user = Some(by.clone());
            row.summary = format!("token {name} was revoked");
        }
        Event::SessionsRevoked { user, by } => {
            row.user = Some(by.clone());
            row.summary = format!("all sessions of {user} were ended");
        }
        _ => {}
    }
}

fn proposal(row: &mut AuditRow, event: &Event) {
    match event {
        Event::ProposalMade { proposal } => {
            by(row, &proposal.origin);
            row.digest = Some(proposal.digest.as_str().to_owned());
            row.summary = format!(
                "proposal {}: {}. {}",
                proposal.id, proposal.title, proposal.effect
            );
        }
        Event::ProposalApproved { proposal, digest, by } => {
            row.user = Some(by.clone());
            row.digest = Some(digest.as_str().to_owned());
            row.verdict = Some("confirmed".to_owned());
            row.summary = format!("proposal {proposal} was approved");
        }
        Event::ProposalRejected { proposal, by, reason } => {
            row.user = Some(by.clone());
            row.summary = format!("proposal {proposal} was rejected: {reason}");
        }
        Event::ProposalExpired { proposal } => {
            row.summary = format!("proposal {proposal} expired unanswered");
        }
        Event::ProposalPushed {
            proposal,
            commit,
            branch,
            ..
        } => {
            row.result = Some("pushed".to_owned());
            row.undo = Some(format!("git revert {commit}"));
            row.summary = format!("proposal {proposal} was pushed to {branch} as {commit}");
        }
        Event::ProposalFailed {
            proposal,
            conflict,
            reason,
        } => {
            row.result = Some(if *conflict { "conflict" } else { "failed" }.to_owned());
            row.summary = format!("proposal {proposal} was not pushed: {reason}");
        }
        _ => {}
    }
}

fn terminal(row: &mut AuditRow, event: &Event) {
    match event {
        Event::TerminalOpened {
            session,
            user,
            door,
            host,
            login,
            recording,
        } => {
            row.user = Some(user.clone());
            row.origin = Some(format!("{user} ({door})"));
            let recorded = recording
                .as_ref()
                .map_or_else(|| "not recorded".to_owned(), |file| format!("recorded in {file}"));
            row.summary = format!("terminal {session} was opened on {host} as {login}, {recorded}");
        }
        Event::TerminalClosed {
            session,
            user,
            door,
            host,
            bytes_in,
            bytes_out,
            secs,
            reason,
        } => {
            row.user = Some(user.clone());
            row.origin = Some(format!("{user} ({door})"));
            row.result = Some(reason.clone());
            row.summary = format!(
                "terminal {session} on {host} ended after {secs} s, {bytes_in} bytes typed, {bytes_out} shown: {reason}"
            );
        }
        _ => {}
    }
}

fn person(row: &mut AuditRow, event: &Event) {
    let (user, summary) = match event {
        Event::Started { version } => (None, format!("Jarvis {version} started")),
        Event::IdentityAccepted { vmid, by, .. } => {
            (Some(by), format!("guest {vmid} was accepted as a new guest"))
        }
        Event::Approved {
            digests,
            by,
            expires_at,
        } => {
            let list: Vec<&str> = digests.iter().map(jarvis_model::Digest::as_str).collect();
            row.digest = Some(list.join(" "));
            row.verdict = Some("confirmed".to_owned());
            let count = digests.len();
            (
                Some(by),
                format!(
                    "{count} recommendations were approved until {}",
                    rfc3339(*expires_at)
                ),
            )
        }
        Event::FreezeSet {
            scope,
            by,
            reason,
            until,
        } => {
            let whom = frozen(*scope);
            (
                Some(by),
                format!("{whom} was frozen {}: {reason}", lasting(*until)),
            )
        }
        Event::Thawed { by } => (Some(by), "the freeze was lifted".to_owned()),
        Event::FreezeFileFound { scope, reason } => (
            None,
            format!("{} was frozen by the freeze file: {reason}", frozen(*scope)),
        ),
        Event::FreezeFileGone => (None, "the freeze file is gone".to_owned()),
        Event::HoldSet { scope, hold } => (
            Some(&hold.by),
            format!("{scope} is held {}: {}", lasting(hold.until), hold.reason),
        ),
        Event::HoldReleased { scope, by } => (Some(by), format!("the hold on {scope} was released")),
        Event::CeilingSet { ceiling, by } => {
            let level = ceiling.map_or_else(|| "lifted".to_owned(), |level| format!("set to {level}"));
            (Some(by), format!("the ceiling of autonomy was {level}"))
        }
        other => (None, other.name()),
    };
    row.user = user.cloned();
    row.summary = summary;
}

fn frozen(scope: FreezeScope) -> &'static str {
    match scope {
        FreezeScope::Autonomy => "autonomy",
        FreezeScope::All => "everything, persons too",
    }
}

fn lasting(until: Option<Timestamp>) -> String {
    until.map_or_else(
        || "until released".to_owned(),
        |until| format!("until {}", rfc3339(until)),
    )
}

/// A unit variant as it is written in JSON.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// UTC with milliseconds. An instant beyond the year 9999 stays a number.
fn rfc3339(at: Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => format!("{millis} ms"),
    }
}
