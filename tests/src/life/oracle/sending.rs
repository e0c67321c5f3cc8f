//! What must be true at the moment a request leaves Jarvis.

use super::{Fate, Known, Oracle, Request};
use crate::life::place::{Spec, Strategy};
use jarvis_model::{
    Cause, Effect, FreezeScope, GuestStatus, GuestVerb, HoldScope, HostVerb, Intent, IntentId, ServiceVerb,
    Timestamp, Vmid,
    issue::{ATTEMPT_WINDOW, ATTEMPTS_PER_HOUR},
    limits,
};
use jarvis_simulator::world::{World, node::Node};
use std::time::Duration;

/// From the guard's last look to the request: the permit's ten seconds, and the way of the answer.
const ON_THE_WAY: Duration = Duration::from_secs(20);
/// What happened longer ago than this Jarvis must know.
const KNOWN_AFTER: Duration = Duration::from_secs(80);

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl Oracle {
    /// A request leaves.
    pub fn sending(&mut self, world: &World, id: &IntentId, effect: &Effect, told: Timestamp, elapsed: u64) {
        let broken = self.broken_by(world, id, effect, told, elapsed);
        if let Some(promise) = broken {
            self.breaks(promise);
        }
        if let Some(known) = self.intents.get_mut(id) {
            known.sent += 1;
            if let Cause::Issue { issue } = &known.intent.cause {
                let logged_at = known.intent.logged_at;
                self.attempts.entry(issue.clone()).or_default().push(logged_at);
            }
        }
        self.requests.push(Request {
            intent: id.clone(),
            effect: effect.clone(),
            fate: Fate::Travelling,
        });
    }

    fn broken_by(
        &self,
        world: &World,
        id: &IntentId,
        effect: &Effect,
        told: Timestamp,
        elapsed: u64,
    ) -> Option<String> {
        let Some(known) = self.intents.get(id) else {
            return Some("S9: no durable record precedes the request".to_owned());
        };
        if known.intent.effect != *effect {
            return Some("S9: the request is not the one that was recorded".to_owned());
        }
        self.once(known)
            .or_else(|| self.frozen(&known.intent, told))
            .or_else(|| self.protected(world, effect))
            .or_else(|| self.busy(world, effect, id))
            .or_else(|| self.too_often(&known.intent))
            .or_else(|| self.unseen(world, effect, elapsed))
            .or_else(|| self.quorum(world, effect, elapsed))
            .or_else(|| self.alone(world, &known.intent, elapsed))
    }

    fn once(&self, known: &Known) -> Option<String> {
        if known.sent > 0 {
            return Some("S8: a second request for one intent".to_owned());
        }
        let other = self
            .memory
            .open_intents()
            .find(|intent| intent.id != known.intent.id)?;
        Some(format!("S8: sent while {} is open", other.action))
    }

    fn frozen(&self, intent: &Intent, told: Timestamp) -> Option<String> {
        let scope = self.memory.freeze.scope_at(told)?;
        let covered = scope == FreezeScope::All || intent.origin.is_autonomous();
        covered.then(|| "S4: sent while frozen".to_owned())
    }

    fn protected(&self, world: &World, effect: &Effect) -> Option<String> {
        match effect {
            Effect::Guest { vmid, .. } => self
                .protected_guests
                .contains(vmid)
                .then(|| format!("S1: guest {vmid} is protected")),
            Effect::Node { node, .. } => {
                let carries = |vmid: &Vmid| {
                    world
                        .guests
                        .get(&vmid.get())
                        .is_some_and(|guest| guest.node == node.as_str())
                };
                if self.protected_nodes.contains(node.as_str()) {
                    return Some(format!("S1: node {node} is protected"));
                }
                let carried = self.protected_guests.iter().find(|vmid| carries(vmid))?;
                Some(format!("S1: node {node} carries guest {carried}"))
            }
            // A wake interrupts nothing, and hosts are out of reach in this life.
            Effect::Wake { .. } | Effect::Host { .. } => None,
        }
    }

    /// Another request of Jarvis is on its way or at work on a node that works.
    fn busy(&self, world: &World, effect: &Effect, id: &IntentId) -> Option<String> {
        let viewer = world.majority_viewer()?;
        let at_work = |request: &&Request| {
            let node = crate::life::effects::node_of(&request.effect);
            let there = world.sees_online(viewer, node)
                && world
                    .nodes
                    .get(node)
                    .is_some_and(jarvis_simulator::world::node::Node::works);
            match &request.fate {
                Fate::Travelling => true,
                Fate::Nothing => false,
                Fate::Accepted(Some(upid)) => {
                    there && world.task(upid).is_some_and(|task| task.end.is_none())
                }
                Fate::Accepted(None) => there && world.nodes.get(node).is_some_and(|node| node.going_down),
            }
        };
        let other = self
            .requests
            .iter()
            .filter(|request| request.intent != *id)
            .find(at_work)?;
        let what = crate::life::effects::describe(&other.effect);
        Some(if other.effect.node() == effect.node() {
            format!("S8: sent while another is at work: {what}")
        } else {
            format!("S2: sent while another is at work on another node: {what}")
        })
    }

    fn too_often(&self, intent: &Intent) -> Option<String> {
        let Cause::Issue { issue } = &intent.cause else {
            return None;
        };
        let before = self.attempts.get(issue).map_or(&[][..], Vec::as_slice);
        let counted = before
            .iter()
            .filter(|at| intent.logged_at.since(**at) < ATTEMPT_WINDOW)
            .count();
        (counted >= ATTEMPTS_PER_HOUR as usize)
            .then(|| format!("S3: attempt {} within an hour for {issue}", counted + 1))
    }

    fn unseen(&self, world: &World, effect: &Effect, elapsed: u64) -> Option<String> {
        let Effect::Guest { vmid, request, .. } = effect else {
            return None;
        };
        let freshest = millis(limits::LIVE + ON_THE_WAY);
        match self.looked.get(vmid) {
            None => return Some(format!("S5: guest {vmid} was never looked at")),
            Some((at, _)) if elapsed.saturating_sub(*at) > freshest => {
                return Some(format!(
                    "S5: guest {vmid} was last looked at {} s ago",
                    (elapsed - at) / 1000
                ));
            }
            Some((_, status)) if *request == GuestVerb::Start && *status != GuestStatus::Stopped => {
                return Some(format!("S5: guest {vmid} was seen {} last", status.as_str()));
            }
            Some(_) => {}
        }
        let since = self.reused_at.get(&vmid.get()).copied().unwrap_or(0);
        let long_ago = elapsed.saturating_sub(since) > millis(limits::IDENTITY + ON_THE_WAY);
        (long_ago && !self.is_known_guest(world, *vmid))
            .then(|| format!("S5: guest {vmid} is not the one that was known under this number"))
    }

    fn quorum(&self, world: &World, effect: &Effect, elapsed: u64) -> Option<String> {
        let long = |since: u64| elapsed.saturating_sub(since) > millis(KNOWN_AFTER);
        if self.no_quorum_since.is_some_and(long) {
            return Some("S6: the cluster has no quorum".to_owned());
        }
        let Effect::Node { node, .. } = effect else {
            return None;
        };
        let away = |name: &str| self.away_since.get(name).copied().is_some_and(long);
        let left: u32 = world
            .nodes
            .values()
            .filter(|other| other.name != node.as_str() && !away(&other.name))
            .map(|other| other.votes)
            .sum();
        (left < world.quorum_votes()).then(|| format!("S6: quorum would not survive without {node}"))
    }

    /// What Jarvis does of its own accord.
    fn alone(&self, world: &World, intent: &Intent, elapsed: u64) -> Option<String> {
        if !intent.origin.is_autonomous() {
            return None;
        }
        let long = |since: &&u64| elapsed.saturating_sub(**since) > millis(KNOWN_AFTER);
        if self.away_since.values().filter(long).count() > 1 {
            return Some("S10: more than one node is away".to_owned());
        }
        match &intent.effect {
            Effect::Wake { node, .. } => {
                let on = world.nodes.get(node.as_str()).is_some_and(Node::is_on);
                return on.then(|| format!("S5: {node} is woken and is on"));
            }
            Effect::Host { request, .. } => {
                let mends = matches!(
                    request,
                    HostVerb::Service {
                        verb: ServiceVerb::Start | ServiceVerb::Restart,
                        ..
                    }
                );
                return (!mends).then(|| format!("S7: {} of its own accord", intent.action));
            }
            Effect::Guest { .. } | Effect::Node { .. } => {}
        }
        let Effect::Guest {
            node, vmid, request, ..
        } = &intent.effect
        else {
            return Some(format!("S7: {} of its own accord", intent.action));
        };
        let scopes = [
            Some(HoldScope::Cluster),
            Some(HoldScope::Node(node.clone())),
            intent.resource.clone().map(HoldScope::Resource),
        ];
        let scopes: Vec<HoldScope> = scopes.into_iter().flatten().collect();
        if self.memory.hold_on(&scopes, intent.logged_at).is_some() {
            return Some(format!("S7: {} in spite of a hold", intent.action));
        }
        let spec = self.declared.get(&intent.revision)?.get(&vmid.get());
        let Some(spec) = spec else {
            return Some(format!("S7: guest {vmid} is not declared"));
        };
        self.against_strategy(world, spec, request, elapsed)
    }

    fn against_strategy(
        &self,
        world: &World,
        spec: &Spec,
        request: &GuestVerb,
        elapsed: u64,
    ) -> Option<String> {
        let fits = match request {
            GuestVerb::Start => matches!(spec.strategy, Strategy::Always | Strategy::RerunOnFailure),
            GuestVerb::Shutdown { .. } => spec.strategy == Strategy::Halted,
            _ => false,
        };
        if !fits {
            return Some(format!(
                "S7: {request:?} of guest {}, declared {:?}",
                spec.vmid, spec.strategy
            ));
        }
        if *request != GuestVerb::Start || spec.strategy != Strategy::RerunOnFailure {
            return None;
        }
        let last = world
            .ledger
            .transitions
            .iter()
            .rev()
            .find(|transition| transition.vmid == spec.vmid)?;
        let kind = last.cause.split(':').nth(5).unwrap_or_default();
        let person = last.cause.starts_with("UPID:")
            && last.cause.contains(":alex@pam:")
            && (kind.ends_with("stop") || kind.ends_with("shutdown"));
        if self.reused_at.get(&spec.vmid).is_some_and(|at| *at > last.at_ms) {
            return None;
        }
        let known = elapsed.saturating_sub(last.at_ms) > millis(limits::CAUSE + ON_THE_WAY);
        (last.what == "stopped" && person && known)
            .then(|| format!("Q3: guest {} was stopped by a person", spec.vmid))
    }
}
