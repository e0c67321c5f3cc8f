//! One request before the rules: the request, the facts, what follows from them, and how a rule answers.

use crate::{Facts, Request, base_tier, graph::Graph, words};
use jarvis_model::{
    Action, Cause, GuestObserved, Host, Intent, NodeName, Refusal, ResourceKey, Rule, Ticket, Tier,
    Timestamp, Verdict, Vmid, memory::Approval,
};
use std::{cell::OnceCell, collections::BTreeMap};

/// What a rule looks at.
pub struct Case<'a> {
    /// The request.
    pub request: &'a Request,
    /// The facts.
    pub facts: &'a Facts<'a>,
    /// The tier of the action by itself.
    pub tier: Tier,
    /// The logged intent this judgement is for, at dispatch; budgets and slots do not count it against itself.
    pub own: Option<&'a Intent>,
    /// The approval that was used up when that intent was logged.
    pub used_approval: Option<&'a Approval>,
    graph: OnceCell<Graph<'a>>,
    resources: OnceCell<Vec<&'a ResourceKey>>,
}

impl<'a> Case<'a> {
    /// A request that is not yet logged.
    pub fn new(request: &'a Request, facts: &'a Facts<'a>) -> Self {
        let tier = base_tier(&request.action, facts.desired);
        Self {
            request,
            facts,
            tier,
            own: None,
            used_approval: None,
            graph: OnceCell::new(),
            resources: OnceCell::new(),
        }
    }

    /// A request whose intent is logged.
    pub fn logged(
        request: &'a Request,
        facts: &'a Facts<'a>,
        intent: &'a Intent,
        approval: Option<&'a Approval>,
    ) -> Self {
        Self {
            own: Some(intent),
            used_approval: approval,
            ..Self::new(request, facts)
        }
    }

    /// The action.
    pub fn action(&self) -> &'a Action {
        &self.request.action
    }

    /// The time of judgement.
    pub fn now(&self) -> Timestamp {
        self.facts.now
    }

    /// Whether no person asked.
    pub fn is_autonomous(&self) -> bool {
        self.request.origin.is_autonomous()
    }

    /// Whether nothing is changed.
    pub fn only_reads(&self) -> bool {
        self.tier == Tier::Green
    }

    /// Protection and dependencies; computed once.
    pub fn graph(&self) -> &Graph<'a> {
        self.graph.get_or_init(|| Graph::of(self.facts))
    }

    /// The guest it is aimed at, as observed.
    pub fn guest(&self) -> Option<&'a GuestObserved> {
        self.action()
            .vmid()
            .and_then(|vmid| self.facts.observed.guests.get(&vmid))
    }

    /// The node it would happen on: the one it names, or where its guest lives.
    pub fn node(&self) -> Option<&'a NodeName> {
        self.action()
            .node()
            .or_else(|| self.guest().map(|guest| &guest.node))
    }

    /// The service it is aimed at, by host and name.
    pub fn service(&self) -> Option<(&'a Host, &'a str)> {
        self.action().service()
    }

    /// What it is aimed at, for an operator.
    pub fn target(&self) -> String {
        words::target(self.action(), self.facts.observed)
    }

    /// The action as the subject of a sentence.
    pub fn doing(&self) -> String {
        words::doing(self.action(), self.facts.observed)
    }

    /// A guest's name for an operator.
    pub fn name(&self, vmid: Vmid) -> String {
        words::guest(vmid, self.facts.observed)
    }

    /// The ticket it is for, as remembered.
    pub fn ticket(&self) -> Option<&'a Ticket> {
        match &self.request.cause {
            Cause::Ticket { ticket } => self.facts.memory.tickets.get(ticket),
            Cause::Issue { .. } => None,
        }
    }

    /// The manifest resources it is about: the one it names, and the guest's or node's own, whatever the request says;
    /// looked up once, for the lookup by number goes through all manifests unless the request names the guest's own: no two
    /// have the same number.
    pub fn resources(&self) -> Vec<&'a ResourceKey> {
        self.resources.get_or_init(|| self.find_resources()).clone()
    }

    fn find_resources(&self) -> Vec<&'a ResourceKey> {
        let desired = self.facts.desired;
        let vmid = self.action().vmid();
        let asked = self.request.resource.as_ref();
        let own = asked.and_then(|key| desired.guests.get_key_value(key));
        let own = own.filter(|(_, manifest)| vmid == Some(manifest.spec.vmid));
        let guest = own.or_else(|| desired.guest_by_vmid(vmid?)).map(|(key, _)| key);
        let named = self.action().node();
        let node = named.and_then(|name| desired.node_named(name));
        let service = self
            .service()
            .and_then(|(host, name)| desired.service_at(host, name));
        let mut all: Vec<&ResourceKey> = self.request.resource.iter().chain(guest).collect();
        all.extend(
            service
                .map(|(key, _)| key)
                .filter(|key| self.request.resource.as_ref() != Some(*key)),
        );
        all.extend(node.map(|(key, _)| key));
        all.dedup();
        all
    }

    /// Labels of a resource's manifest.
    pub fn labels(&self, key: &ResourceKey) -> BTreeMap<String, String> {
        let desired = self.facts.desired;
        let guest = desired.guests.get(key).map(|manifest| &manifest.metadata);
        let node = || desired.nodes.get(key).map(|manifest| &manifest.metadata);
        let service = || desired.services.get(key).map(|manifest| &manifest.metadata);
        let metadata = guest.or_else(node).or_else(service);
        metadata
            .map(|metadata| metadata.labels.clone())
            .unwrap_or_default()
    }

    /// Not as things are.
    pub fn refuse(&self, rule: Rule, resource: String, reason: String, unblock: String) -> Verdict {
        Verdict::Refuse {
            refusal: Refusal {
                rule,
                tier: self.tier,
                resource,
                reason,
                unblock,
            },
        }
    }

    /// Later, without anybody doing anything.
    pub fn wait(
        &self,
        rule: Rule,
        resource: String,
        reason: String,
        unblock: String,
        until: Option<Timestamp>,
    ) -> Verdict {
        let tier = self.tier;
        Verdict::Wait {
            tier,
            refusal: Refusal {
                rule,
                tier,
                resource,
                reason,
                unblock,
            },
            until,
        }
    }

    /// Jarvis waits on its own; a person who asks gets an answer.
    pub fn wait_or_answer(&self, rule: Rule, resource: String, reason: String, unblock: String) -> Verdict {
        if self.is_autonomous() {
            self.wait(rule, resource, reason, unblock, None)
        } else {
            self.refuse(rule, resource, reason, unblock)
        }
    }

    /// Once a person confirms this digest.
    pub fn confirm(&self, rule: Rule, reason: String, typed: Typed) -> Verdict {
        Verdict::Confirm {
            tier: self.tier,
            typed: typed == Typed::Yes,
            rule,
            reason,
        }
    }
}

/// Never, by anyone.
pub fn black(rule: Rule, resource: String, reason: String, unblock: String) -> Verdict {
    Verdict::Refuse {
        refusal: Refusal {
            rule,
            tier: Tier::Black,
            resource,
            reason,
            unblock,
        },
    }
}

/// Whether the target's name must be typed to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// It must.
    Yes,
    /// A click is enough.
    No,
}
