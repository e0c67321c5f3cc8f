//! Carrying out: intent, permit, send, follow, look again, close. One effect at a time; every step is remembered
//! before the next.

use crate::{core::Core, work::Worker};
use jarvis_guard::{autonomy, permit, preview, resolve};
use jarvis_model::{
    Autonomy, Cause, Event, Hold, HoldScope, Intent, IntentId, Outcome, Stage, TicketState, Timestamp, Upid,
};
use jarvis_planner::{Decision, Evidence, Step, pursue};
use std::{collections::BTreeSet, time::Duration};

impl Core {
    /// Task ids of our own effects.
    pub(crate) fn own_tasks(&self) -> BTreeSet<Upid> {
        let upids = self
            .memory
            .intents
            .values()
            .filter_map(|intent| match &intent.stage {
                Stage::Accepted { upid, .. } => upid.clone(),
                _ => None,
            });
        let open: BTreeSet<Upid> = upids.chain(self.tasks_without_answer()).collect();
        open.union(&self.own_tasks).cloned().collect()
    }

    /// Running tasks of guests whose effect ended without an answer: any of them may be ours, for no reply ever named it.
    fn tasks_without_answer(&self) -> impl Iterator<Item = Upid> {
        let unresolved = self.memory.intents.values().filter(|intent| {
            intent.outcome == Some(Outcome::Unresolved) && !matches!(intent.stage, Stage::Accepted { .. })
        });
        let running = |intent: &Intent| {
            let (node, vmid) = (intent.effect.node().cloned(), intent.action.vmid());
            self.observed
                .tasks
                .iter()
                .filter(move |task| {
                    task.ended_at.is_none()
                        && task.upid.vmid() == vmid
                        && Some(task.upid.node()) == node.as_ref()
                })
                .map(|task| task.upid.clone())
        };
        unresolved.flat_map(running)
    }

    /// Moves every effect in flight on; returns when to do so again.
    pub(crate) fn pursue_all(&mut self, worker: &Worker) -> Option<Timestamp> {
        let open: Vec<IntentId> = self
            .memory
            .open_intents()
            .map(|intent| intent.id.clone())
            .collect();
        self.evidence.retain(|intent, _| open.contains(intent));
        let mut wake = None;
        for id in open {
            let due = self.pursue_one(&id, worker);
            wake = [wake, due].into_iter().flatten().min();
        }
        wake
    }

    fn pursue_one(&mut self, id: &IntentId, worker: &Worker) -> Option<Timestamp> {
        for _ in 0..4 {
            let now = self.now();
            let intent = self
                .memory
                .intents
                .get(id)
                .filter(|intent| intent.is_open())?
                .clone();
            let ahead_millis = self.clocks.ahead_millis();
            let evidence = self.evidence.entry(id.clone()).or_default();
            evidence.cluster_ahead_millis = ahead_millis;
            if evidence.looking {
                return None;
            }
            match pursue(&intent, evidence, &self.observed, now) {
                Step::Wait { until } => return Some(until),
                Step::Record { event } => {
                    self.note_task(&event);
                    if self.remember(vec![event]).is_err() {
                        return Some(now + Duration::from_secs(5));
                    }
                }
                look => {
                    evidence.looking = true;
                    evidence.tried_at = Some(now);
                    worker.pursue(id.clone(), look, &self.observed);
                    return None;
                }
            }
        }
        Some(self.now())
    }

    pub(crate) fn note_task(&mut self, event: &Event) {
        if let Event::EffectAccepted { upid: Some(upid), .. } = event {
            self.own_tasks.insert(upid.clone());
        }
    }

    /// Begins the first decision that is permitted, if nothing is in flight.
    pub(crate) fn act(&mut self, worker: &Worker) {
        let out_of_room = self.is_out_of_room();
        self.remember_room();
        if out_of_room || self.state.acting_stopped.is_some() || self.memory.open_intents().next().is_some() {
            return;
        }
        let plan = self.plan.clone();
        if let Some(decision) = plan
            .decisions
            .iter()
            .find(|decision| decision.verdict.is_permit())
        {
            self.begin(decision, worker);
        }
    }

    fn begin(&mut self, decision: &Decision, worker: &Worker) {
        let now = self.now();
        let request = &decision.request;
        let intent = match self.draft(decision, now) {
            Ok(intent) => intent,
            Err(refusal) => {
                tracing::warn!(action = %request.action, %refusal, "a permitted action cannot be resolved");
                return;
            }
        };
        // Logging the intent uses the approval up; the permit is given on the one that stood until then.
        let approval = self.memory.approval(&request.digest, now).cloned();
        let decided = Event::Decided {
            digest: request.digest.clone(),
            action: request.action.clone(),
            origin: request.origin.clone(),
            resource: request.resource.clone(),
            tier: intent.tier,
            evidence: decision.evidence.clone(),
        };
        let logged = Event::IntentLogged {
            intent: Box::new(intent.clone()),
        };
        let mut events = vec![decided, logged];
        events.extend(self.ticket_events(&intent, now));
        if self.remember(events).is_err() {
            return;
        }
        let allowed = permit(
            &intent,
            request,
            &self.input(self.now()).facts(),
            approval.as_ref(),
        );
        match allowed {
            Ok(permit) => {
                tracing::info!(intent = %intent.id, action = %intent.action, attempt = intent.attempt, origin = %intent.origin.label(), "acting");
                let evidence = Evidence {
                    in_hand: true,
                    ..Evidence::default()
                };
                self.evidence.insert(intent.id.clone(), evidence);
                worker.perform(permit);
            }
            Err(verdict) => {
                tracing::info!(intent = %intent.id, verdict = verdict.word(), "judged again at dispatch: not sent");
                drop(self.remember(vec![Event::IntentClosed {
                    intent: intent.id,
                    outcome: Outcome::NotSent,
                }]));
            }
        }
    }

    fn draft(&self, decision: &Decision, now: Timestamp) -> Result<Intent, jarvis_model::Refusal> {
        let request = &decision.request;
        let effect = resolve(&request.action, &self.input(now).facts())?;
        let guest = request
            .action
            .vmid()
            .and_then(|vmid| self.observed.guests.get(&vmid));
        let before = match guest {
            Some(guest) => guest.live.value().map(|live| live.uptime_secs),
            None => effect
                .node()
                .and_then(|node| self.observed.nodes.get(node))
                .and_then(|node| node.uptime_secs),
        };
        Ok(Intent {
            id: IntentId(self.name_of("intent", &request.digest, now)),
            resource: request.resource.clone(),
            cause: request.cause.clone(),
            action: request.action.clone(),
            deadline: effect.deadline(now),
            effect,
            origin: request.origin.clone(),
            tier: decision.verdict.tier(),
            digest: request.digest.clone(),
            revision: self.desired.revision.commit.to_string(),
            epoch: self.epoch,
            attempt: decision.attempt,
            logged_at: now,
            uptime_before_secs: before,
            identity: guest.and_then(|guest| guest.identity.value().cloned()),
            undo: preview(request, &self.input(now).facts()).undo,
            silent: request.origin.is_autonomous()
                && autonomy(request.autonomy, &self.input(now).facts()) == Autonomy::L4,
            stage: Stage::Logged,
            outcome: None,
            closed_at: None,
        })
    }

    /// A ticket runs from here, and its hold begins with it.
    fn ticket_events(&self, intent: &Intent, now: Timestamp) -> Vec<Event> {
        let Cause::Ticket { ticket } = &intent.cause else {
            return Vec::new();
        };
        let running = TicketState::Running {
            intent: intent.id.clone(),
        };
        let mut events = vec![Event::TicketChanged {
            ticket: ticket.clone(),
            state: running,
        }];
        let asked = self.memory.tickets.get(ticket);
        if let (Some(secs), Some(resource)) = (asked.and_then(|ticket| ticket.hold_secs), &intent.resource) {
            let hold = Hold {
                by: intent.origin.label(),
                reason: format!("{} on request", intent.action),
                since: now,
                until: Some(now + Duration::from_secs(secs)),
            };
            events.push(Event::HoldSet {
                scope: HoldScope::Resource(resource.clone()),
                hold,
            });
        }
        events
    }
}
