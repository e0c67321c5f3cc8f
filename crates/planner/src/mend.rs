//! The life of an issue, the same for every kind: found, told, mended by attempts with pauses between them, given to
//! people when the attempts are spent, well again, closed. Knows nothing of what is wrong.

use crate::{
    backoff,
    input::Input,
    outcome::{Outcome, Want},
    plan::Look,
    runbook,
    status::status,
};
use jarvis_guard::words;
use jarvis_model::{
    Autonomy, Cause, Closed, ConditionType, Event, Health, Intent, Issue, IssueKey, IssueKind, Observation,
    Rearmed, ResourceKey, ResourceStatus, Severity, Sync, Timestamp,
    issue::{ATTEMPT_WINDOW, ATTEMPTS_PER_HOUR, SUSTAINED_HEALTH},
};
use std::time::Duration;

/// How far apart two looks must be that find a thing up before its issue counts as well.
pub(crate) const SURE_AFTER: Duration = Duration::from_secs(10);
/// How long an escalation waits for the log of the latest act.
const LOG_WITHIN: Duration = Duration::from_secs(20);

/// One issue of one resource, open or not, as a pass finds it.
pub(crate) struct Mending<'a> {
    input: &'a Input<'a>,
    key: IssueKey,
}

impl<'a> Mending<'a> {
    /// The issue of this name.
    pub(crate) fn of(input: &'a Input<'a>, key: IssueKey) -> Self {
        Self { input, key }
    }

    /// Its name.
    pub(crate) fn key(&self) -> &IssueKey {
        &self.key
    }

    /// The issue, if it is open.
    pub(crate) fn open(&self) -> Option<&'a Issue> {
        self.input.memory.issues.get(&self.key)
    }

    /// The thing is wrong: opens the issue, or marks its relapse; nothing when it is open and ill already.
    pub(crate) fn ill(&self, summary: String) -> Vec<Event> {
        let issue = self.key.clone();
        match self.open() {
            None => {
                let silenced = Event::IssueSilenced { issue: issue.clone() };
                let silent = self.level() == Autonomy::L4;
                let opened = Event::IssueOpened { issue, summary };
                [opened].into_iter().chain(silent.then_some(silenced)).collect()
            }
            Some(open) if open.healthy_since.is_some() => vec![Event::IssueRelapsed { issue, summary }],
            Some(_) => Vec::new(),
        }
    }

    /// The thing is right, but that is not sure before `sure_at`: an open issue heals, and closes when it has been well for
    /// long enough. What to remember, and when to look again.
    pub(crate) fn well(
        &self,
        sure_at: impl FnOnce() -> Option<Timestamp>,
    ) -> (Vec<Event>, Option<Timestamp>) {
        let Some(open) = self.open() else {
            return (Vec::new(), None);
        };
        let issue = self.key.clone();
        match open.healthy_since {
            Some(since) if self.input.now >= since + SUSTAINED_HEALTH => {
                let because = Closed::SustainedHealth;
                (vec![Event::IssueClosed { issue, because }], None)
            }
            Some(since) => (Vec::new(), Some(since + SUSTAINED_HEALTH)),
            None => match sure_at() {
                Some(sure_at) => (Vec::new(), Some(sure_at)),
                None => (vec![Event::IssueHealthy { issue }], None),
            },
        }
    }

    /// Nobody asks for it any more.
    pub(crate) fn ended(&self) -> Option<Event> {
        self.open().map(|_| Event::IssueClosed {
            issue: self.key.clone(),
            because: Closed::NoLongerDeclared,
        })
    }

    /// How far Jarvis may go with its resource.
    pub(crate) fn level(&self) -> Autonomy {
        jarvis_guard::autonomy(asked(self.input, &self.key.resource), &self.input.facts())
    }

    /// Tells people once, unless the level is to observe only.
    pub(crate) fn alert(&self, severity: Severity, text: impl FnOnce() -> String) -> Option<Event> {
        let told = self.open().is_none_or(|open| open.alerted);
        if told || self.level() == Autonomy::L0 {
            return None;
        }
        Some(Event::IssueAlerted {
            issue: self.key.clone(),
            severity,
            text: text(),
        })
    }

    /// Why nothing is wanted for an ill issue just now, if so: it is with people, a runbook is at it, or the last attempt was
    /// a moment ago. `seen` tells what is seen of it, a line each.
    pub(crate) fn hindered(&self, open: &Issue, seen: impl FnOnce() -> Vec<String>) -> Option<Outcome> {
        self.exhausted(open, seen)
            .or_else(|| self.under_runbook(open))
            .or_else(|| self.backing_off(open))
    }

    /// What answers the issue: the runbook declared for it, or Jarvis's own answer, if there is one.
    pub(crate) fn answer(&self, open: &Issue, mut outcome: Outcome, own: Option<Want>) -> Outcome {
        if let Some(book) = runbook::answering(self.input, &self.key) {
            runbook::begin(self.input, open, book, outcome)
        } else {
            outcome.want = own.map(Box::new);
            outcome
        }
    }

    fn under_runbook(&self, open: &Issue) -> Option<Outcome> {
        let run = open.run.as_ref()?;
        let text = format!(
            "{}; runbook {}: {}",
            open.summary,
            run.runbook,
            runbook::at(self.input, run)
        );
        Some(Outcome::only(self.is(
            Health::Progressing,
            ConditionType::Reconciling,
            "RunbookInProgress",
            text,
        )))
    }

    fn backing_off(&self, open: &Issue) -> Option<Outcome> {
        let tried = open.attempts_in_window(self.input.now);
        let last = open.attempts.iter().max()?;
        let next = *last + backoff::delay(&open.key, tried);
        if next <= self.input.now {
            return None;
        }
        let text = format!("{}; attempt {tried} did not hold, the next is due", open.summary);
        let waiting = self.is(Health::Degraded, ConditionType::Reconciling, "BackingOff", text);
        Some(Outcome::only(waiting).at(next))
    }

    fn is(&self, health: Health, kind: ConditionType, reason: &'static str, text: String) -> ResourceStatus {
        status(
            &self.input.desired.revision.commit,
            Sync::OutOfSync,
            health,
            kind,
            reason,
            text,
        )
    }

    /// The escalation of an issue whose attempts are spent, and its end.
    fn exhausted(&self, open: &Issue, seen: impl FnOnce() -> Vec<String>) -> Option<Outcome> {
        if open.escalated_at.is_some() {
            return Some(self.escalated(open));
        }
        let unresolved = open.last_outcome == Some(jarvis_model::Outcome::Unresolved);
        if !self.is_spent(open) && !unresolved {
            return None;
        }
        if open.run.is_some() && !unresolved {
            // The run is the last attempt, and is not over yet.
            return None;
        }
        let text = self.told(open);
        let mut evidence = seen();
        let spent = self.is(
            Health::Degraded,
            ConditionType::Escalated,
            "AttemptsSpent",
            text.clone(),
        );
        match self.log() {
            Log::Awaited(until) => {
                let issue = open.key.clone();
                return Some(Outcome::only(spent).looking(Look::Log { issue }).at(until));
            }
            Log::Lines(lines) => evidence.extend(lines),
        }
        let event = Event::IssueEscalated {
            issue: open.key.clone(),
            resource_hash: self.current().cloned().unwrap_or_default(),
            text,
            evidence,
        };
        Some(Outcome::only(spent).remembering([event]))
    }

    fn escalated(&self, open: &Issue) -> Outcome {
        let text = format!(
            "{}; Jarvis gave up after {} attempts. {}",
            open.summary,
            open.attempts.len(),
            next_step(open.key.kind)
        );
        let status = self.is(Health::Degraded, ConditionType::Escalated, "AttemptsSpent", text);
        let current = self.current();
        let changed = open.escalated_hash.as_ref() != current && current.is_some();
        let commit = self.input.desired.revision.commit.to_string();
        let rearmed = Event::IssueRearmed {
            issue: open.key.clone(),
            because: Rearmed::Commit { commit },
        };
        Outcome::only(status).remembering(changed.then_some(rearmed))
    }

    /// The content of its resource's manifest now.
    fn current(&self) -> Option<&'a String> {
        let revision = self.input.memory.revision.as_ref()?;
        revision.resources.get(&self.key.resource)
    }

    /// Whether the attempts within the window are used up; policies and the runbook can lower their number.
    fn is_spent(&self, open: &Issue) -> bool {
        let policies = self.input.desired.policies.values();
        let limit = policies
            .filter_map(|policy| policy.spec.budgets.attempts_per_issue)
            .fold(ATTEMPTS_PER_HOUR, u32::min);
        let book = runbook::answering(self.input, &self.key);
        let by_book = book.is_some_and(|book| {
            let budget = &book.spec.budget;
            open.attempts_within(budget.per, self.input.now) >= budget.attempts
        });
        by_book || open.attempts_in_window(self.input.now) >= limit
    }

    /// Diagnosis, what was tried and how it ended, and what a person may try next.
    fn told(&self, open: &Issue) -> String {
        let acts: Vec<String> = self.acts().into_iter().map(told_act).collect();
        let last = open
            .last_outcome
            .as_ref()
            .map_or("no outcome yet".to_owned(), jarvis_model::Outcome::words);
        let tried = format!(
            "Tried {} times within {} minutes, last: {last}",
            open.attempts_in_window(self.input.now),
            ATTEMPT_WINDOW.as_secs() / 60
        );
        let list = if acts.is_empty() {
            String::new()
        } else {
            format!(" ({})", acts.join("; "))
        };
        format!("{}. {tried}{list}. {}", open.summary, next_step(open.key.kind))
    }

    /// What was done for it within the window, oldest first.
    fn acts(&self) -> Vec<&'a Intent> {
        let cause = Cause::Issue {
            issue: self.key.clone(),
        };
        let recent = |intent: &&Intent| self.input.now.since(intent.logged_at) < ATTEMPT_WINDOW;
        let intents = self.input.memory.intents.values();
        let mut acts: Vec<&Intent> = intents
            .filter(|intent| intent.cause == cause)
            .filter(recent)
            .collect();
        acts.sort_by_key(|intent| intent.logged_at);
        acts
    }

    /// The log behind the latest act: read once, and not waited for longer than it is worth.
    fn log(&self) -> Log {
        let acts = self.acts();
        let Some(latest) = acts.last() else {
            return Log::Lines(Vec::new());
        };
        match self.input.observed.logs.get(&self.key) {
            Some(Observation::Known { value, seen_at }) if *seen_at >= latest.logged_at => {
                Log::Lines(value.iter().map(|line| format!("log: {line}")).collect())
            }
            Some(Observation::Unknown { why }) => {
                Log::Lines(vec![format!("log: could not be read, {}", why.as_str())])
            }
            _ => {
                let until = latest.closed_at.unwrap_or(latest.deadline) + LOG_WITHIN;
                if self.input.now < until {
                    Log::Awaited(until)
                } else {
                    Log::Lines(Vec::new())
                }
            }
        }
    }
}

enum Log {
    Awaited(Timestamp),
    Lines(Vec<String>),
}

fn told_act(intent: &Intent) -> String {
    let outcome = intent
        .outcome
        .as_ref()
        .map_or("no outcome yet".to_owned(), jarvis_model::Outcome::words);
    format!("{}: {}, {outcome}", words::time(intent.logged_at), intent.action)
}

/// What a person may do about it.
fn next_step(kind: IssueKind) -> &'static str {
    match kind {
        IssueKind::GuestDown => {
            "Look at the task log in Proxmox and start it by hand; then acknowledge the issue, or commit a change of its \
             manifest"
        }
        IssueKind::GuestUp => {
            "See inside why it does not shut down; then acknowledge the issue, or commit a change of its manifest"
        }
        IssueKind::IdentityChanged => "Accept the new identity, or put the former guest back",
        IssueKind::NodeUnreachable => {
            "Check its power, network and remote console, and switch it on by hand; then acknowledge the issue"
        }
        IssueKind::GuestNotReady => {
            "Open its console and see what the probe does not find; then acknowledge the issue, or correct `ready`"
        }
        IssueKind::ServiceDown => {
            "Read its log on its host and start it by hand; then acknowledge the issue, or commit a change of its manifest"
        }
        IssueKind::ThresholdPassed => {
            "See what uses it up; then acknowledge the issue, or commit a change of the resource"
        }
    }
}

/// The autonomy that a resource's manifest asks for.
pub(crate) fn asked(input: &Input<'_>, key: &ResourceKey) -> Option<Autonomy> {
    let desired = input.desired;
    let guest = desired.guests.get(key).map(|guest| guest.spec.autonomy);
    let node = || desired.nodes.get(key).map(|node| node.spec.autonomy);
    let service = || desired.services.get(key).map(|service| service.spec.autonomy);
    guest.or_else(node).or_else(service).flatten()
}

#[cfg(test)]
mod tests;
