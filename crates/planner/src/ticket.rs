//! Requests of people: each open ticket is judged in every pass until it runs, ends, or lapses.

use crate::{
    input::Input,
    plan::{Decision, Look, ReportLine},
};
use jarvis_crds::Desired;
use jarvis_guard::{
    Facts,
    facts::{Nature, PlanSize, Request},
    judge,
};
use jarvis_model::{
    Action, Cause, Digest, Event, ResourceKey, Ticket, TicketState, Timestamp, Verdict, limits,
};
use std::time::Duration;

/// How long a confirmation card stands.
pub const CONFIRM_WITHIN: Duration = Duration::from_mins(5);
/// How long a request waits for its turn.
pub const TURN_WITHIN: Duration = Duration::from_mins(10);

/// What the open tickets came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Judged requests that may run.
    pub decisions: Vec<Decision>,
    /// What to remember.
    pub events: Vec<Event>,
    /// What to look at.
    pub looks: Vec<Look>,
    /// Why some wait.
    pub report: Vec<ReportLine>,
    /// When to look again.
    pub wake_at: Option<Timestamp>,
}

/// The digest a person confirms for a ticket: the exact action, the ticket, and the revision in force.
pub fn digest(ticket: &Ticket, revision: &str) -> Digest {
    Digest::of(&("ticket", &ticket.id, &ticket.action, &ticket.origin, revision))
}

/// The manifest that what is done contradicts or follows: that of the service it names, else of its guest.
pub fn resource<'a>(action: &Action, desired: &'a Desired) -> Option<&'a ResourceKey> {
    let service = match action {
        Action::StartService { host, service }
        | Action::RestartService { host, service }
        | Action::StopService { host, service } => desired.service_at(host, service),
        _ => None,
    };
    let guest = || Some(desired.guest_by_vmid(action.vmid()?)?.0);
    service.map(|(key, _)| key).or_else(guest)
}

/// The request a ticket stands for.
pub fn request(ticket: &Ticket, input: &Input<'_>) -> Request {
    let resource = resource(&ticket.action, input.desired).cloned();
    Request {
        action: ticket.action.clone(),
        origin: ticket.origin.clone(),
        cause: Cause::Ticket {
            ticket: ticket.id.clone(),
        },
        resource,
        nature: Nature::Change,
        autonomy: None,
        digest: digest(ticket, &input.desired.revision.hash),
        plan_size: PlanSize {
            changes: 1,
            declared: u32::try_from(input.desired.guests.len()).unwrap_or(u32::MAX),
        },
    }
}

/// All open tickets.
pub fn evaluate(input: &Input<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    for ticket in input
        .memory
        .tickets
        .values()
        .filter(|ticket| !ticket.state.is_final())
    {
        match &ticket.state {
            TicketState::Running { intent } => {
                if let Some(ended) = input
                    .memory
                    .intents
                    .get(intent)
                    .and_then(|intent| intent.outcome.clone())
                {
                    outcome
                        .events
                        .push(changed(ticket, TicketState::Done { outcome: ended }));
                }
            }
            TicketState::AwaitingConfirmation { expires_at, .. } => {
                if *expires_at <= input.now {
                    outcome.events.push(changed(ticket, TicketState::Expired));
                } else {
                    outcome.sooner(*expires_at);
                }
            }
            _ => queued(input, ticket, &mut outcome),
        }
    }
    outcome
}

impl Outcome {
    fn sooner(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
    }
}

fn changed(ticket: &Ticket, state: TicketState) -> Event {
    Event::TicketChanged {
        ticket: ticket.id.clone(),
        state,
    }
}

fn queued(input: &Input<'_>, ticket: &Ticket, outcome: &mut Outcome) {
    let due = ticket.not_before.max(
        ticket
            .confirmed
            .as_ref()
            .map_or(ticket.created_at, |confirmed| confirmed.at),
    ) + TURN_WITHIN;
    if input.now >= due {
        outcome.events.push(changed(ticket, TicketState::Expired));
        return;
    }
    outcome.sooner(due);
    let looks = looks(input, &ticket.action);
    let request = request(ticket, input);
    let facts = Facts {
        floor: input.floor,
        desired: input.desired,
        observed: input.observed,
        memory: input.memory,
        now: input.now,
    };
    let verdict = judge(&request, &facts);
    match &verdict {
        Verdict::Refuse { refusal } => {
            outcome.events.push(Event::ActionRefused {
                action: ticket.action.clone(),
                origin: ticket.origin.clone(),
                refusal: refusal.clone(),
            });
            outcome.events.push(changed(
                ticket,
                TicketState::Refused {
                    refusal: refusal.clone(),
                },
            ));
        }
        Verdict::Confirm { typed, .. } => {
            let state = TicketState::AwaitingConfirmation {
                digest: request.digest.clone(),
                typed: *typed,
                expires_at: input.now + CONFIRM_WITHIN,
            };
            outcome.events.push(changed(ticket, state));
        }
        Verdict::Wait { refusal, until, .. } => {
            outcome.looks.extend(looks);
            let text = format!("{} waits: {}", ticket.action, refusal.reason);
            outcome.report.push(ReportLine {
                subject: format!("ticket {}", ticket.id),
                text,
            });
            if let Some(until) = until {
                outcome.sooner(*until);
            }
        }
        Verdict::Permit { .. } if input.now < ticket.not_before => outcome.sooner(ticket.not_before),
        Verdict::Permit { .. } => {
            let evidence = vec![format!("asked for by {}", ticket.origin.label())];
            outcome.decisions.push(Decision {
                request,
                verdict,
                evidence,
                attempt: 0,
            });
        }
    }
}

/// Looks a person's action must stand on.
fn looks(input: &Input<'_>, action: &Action) -> Vec<Look> {
    let mut looks = Vec::new();
    if let Some(guest) = action.vmid().and_then(|vmid| input.observed.guests.get(&vmid)) {
        if guest.live.fresh(input.now, limits::LIVE).is_none() {
            looks.push(Look::Guest { vmid: guest.vmid });
        }
        if guest.identity.fresh(input.now, limits::IDENTITY).is_none() {
            looks.push(Look::Identity { vmid: guest.vmid });
        }
    }
    looks.extend(crate::pass::service_look(input, action));
    let quorum = input.observed.quorum.fresh(input.now, limits::CRITICAL);
    if quorum.is_none() || (action.node().is_some() && quorum.is_some_and(|quorum| quorum.agreeing < 2)) {
        looks.push(Look::Quorum);
    }
    looks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Scene, manifest, node_name, vm, vmid};
    use jarvis_model::Host;

    /// What a hold that goes with a request is put on.
    #[test]
    fn a_request_is_about_the_service_it_names_else_about_its_guest() {
        let mut scene = Scene::new();
        scene.declare(
            &[
                vm("web", 101, "Always", ""),
                manifest("Service", "clock", "{target: {node: a}, systemd: {unit: chrony}}"),
                manifest(
                    "Service",
                    "web",
                    "{target: {guest: {vmid: 101}}, systemd: {unit: nginx}}",
                ),
            ]
            .join("---\n"),
        );
        let of = |action: &Action| resource(action, &scene.desired).map(ToString::to_string);
        let on_node = Host::Node(node_name("a"));
        let stop = |host: &Host, service: &str| Action::StopService {
            host: host.clone(),
            service: service.to_owned(),
        };
        assert_eq!(
            of(&stop(&on_node, "chrony.service")).as_deref(),
            Some("Service/clock")
        );
        let inside = Host::Guest(vmid(101));
        assert_eq!(of(&stop(&inside, "nginx")).as_deref(), Some("Service/web"));
        assert_eq!(of(&stop(&inside, "other")).as_deref(), Some("VirtualMachine/web"));
        assert_eq!(of(&stop(&on_node, "other")), None);
        let start = Action::StartGuest { vmid: vmid(101) };
        assert_eq!(of(&start).as_deref(), Some("VirtualMachine/web"));
    }
}
