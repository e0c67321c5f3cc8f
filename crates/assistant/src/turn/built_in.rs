//! What code understood, carried out. An action is asked for as the conversation asks: a person confirms it on a card.

use super::Turn;
use crate::{
    builtin::{Said, Topic, Understood, inner},
    message::{Card, MessageState, Mind},
    talk::Awaited,
};
use jarvis_controller::{NewRequest, ProposeChange, RefusedCall};
use jarvis_crds::RunStrategy;
use jarvis_model::{
    Action, FreezeScope, ManifestChange, Origin, Proposal, Scope, Ticket, TicketState, proposal::Foresaid,
};
use jarvis_tools::{Caller, act::words, clean, moment::Moment};
use std::time::Duration;

/// Why code answered a question.
const ANSWERED: &str = "answered from live state, without a model";
/// Why code took a command.
pub(super) const UNDERSTOOD: &str = "a command I understand by myself";
/// How long what a person wants stands against a manifest that says otherwise.
const HOLD: Duration = Duration::from_hours(1);

impl Turn {
    pub(super) async fn carry_out(&self, understood: Understood) -> Option<Topic> {
        match understood {
            Understood::Said(said) => self.say(said, ANSWERED),
            Understood::Act { action, said } => self.act(action, said).await,
            Understood::Propose {
                title,
                reason,
                changes,
                said,
            } => self.propose(title, reason, changes, said).await,
            Understood::Freeze {
                scope,
                reason,
                ttl,
                said,
            } => self.freeze(scope, reason, ttl, said).await,
            Understood::Recall { recall, .. } => self.recall(recall).await,
        }
    }

    /// Whether this person may ask for this; says so when not.
    pub(super) async fn may(&self, scope: Scope, call: &str) -> bool {
        let caller = Caller::in_conversation(&self.who.user, self.who.role);
        if caller.may(scope) {
            return true;
        }
        let reason = format!("{} is a viewer and may look, not act", self.who.user);
        let refused = RefusedCall {
            by: caller.origin().label(),
            call: clean::line(call, 60),
            reason,
        };
        self.inner.registry.desk().handle.record_refused(refused).await;
        self.plain(
            "You are signed in as a viewer: you may look and ask, not act. An operator can ask me for this.",
        );
        false
    }

    pub(super) fn plain(&self, text: &str) {
        let said = Said {
            text: text.to_owned(),
            facts: Vec::new(),
            suggestions: Vec::new(),
            topic: None,
        };
        self.say(said, UNDERSTOOD);
    }

    async fn act(&self, action: Action, said: Said) -> Option<Topic> {
        if !self.may(Scope::Operate, action.verb()).await {
            return None;
        }
        let desk = self.inner.registry.desk();
        let against = contradicted(&action, &desk.moment());
        let request = NewRequest {
            action,
            origin: self.origin(),
            recall: Some(Duration::ZERO),
            hold: against.is_some().then_some(HOLD),
        };
        let ticket = match desk.handle.request(request).await {
            Ok(ticket) => ticket,
            Err(error) => {
                self.plain(&format!("I could not ask for that: {error}."));
                return None;
            }
        };
        self.show(&ticket, said, against.as_ref())
    }

    /// Shows a request as a card.
    fn show(&self, ticket: &Ticket, said: Said, against: Option<&Offer>) -> Option<Topic> {
        let moment = self.inner.registry.desk().moment();
        let mut cards = Vec::new();
        let text = match &ticket.state {
            // The card has the rule, the resource, and what would unblock it.
            TicketState::Refused { refusal } => format!("I must decline. {}", refusal.reason),
            _ => said.text,
        };
        let notes = if ticket.state.is_final() {
            Vec::new()
        } else {
            words::before(ticket, &moment)
        };
        cards.push(Card::Action {
            ticket: ticket.id.clone(),
            notes,
        });
        let refused = matches!(ticket.state, TicketState::Refused { .. });
        if let Some(offer) = against.filter(|_| !refused) {
            cards.push(Card::Offer {
                title: offer.title.clone(),
                reason: offer.reason.clone(),
                say: offer.say.clone(),
            });
        }
        if !ticket.state.is_final() {
            self.talk.await_end(Awaited::Ticket {
                id: ticket.id.clone(),
            });
        }
        self.talk.edit(self.answer, |message| {
            message.text = text;
            message.facts = said.facts;
            message.cards = cards;
            message.suggestions = said.suggestions;
            message.mind = Some(Mind::built_in(UNDERSTOOD));
            message.state = MessageState::Whole;
        });
        said.topic
    }

    async fn propose(
        &self,
        title: String,
        reason: String,
        changes: Vec<ManifestChange>,
        said: Said,
    ) -> Option<Topic> {
        if !self.may(Scope::Propose, "propose_manifest_change").await {
            return None;
        }
        let change = ProposeChange {
            title,
            reason,
            changes,
            conversation: Some(self.id.to_string()),
        };
        let handle = &self.inner.registry.desk().handle;
        match handle.propose_change(change, self.origin()).await {
            Ok(proposal) => {
                let id = proposal.id.clone();
                self.talk.await_end(Awaited::Proposal { id: id.clone() });
                let text = proposed(&said.text, &proposal);
                self.talk.edit(self.answer, |message| {
                    message.text = text;
                    message.facts = said.facts;
                    message.cards = vec![Card::Proposal { proposal: id }];
                    message.suggestions = said.suggestions;
                    message.mind = Some(Mind::built_in(UNDERSTOOD));
                    message.state = MessageState::Whole;
                });
                said.topic
            }
            Err(error) => {
                self.plain(&format!("I could not propose that: {error}."));
                None
            }
        }
    }

    async fn freeze(
        &self,
        scope: FreezeScope,
        reason: String,
        ttl: Option<Duration>,
        said: Said,
    ) -> Option<Topic> {
        if !self.may(Scope::Operate, "freeze").await {
            return None;
        }
        let handle = &self.inner.registry.desk().handle;
        match handle.freeze(scope, reason, ttl, self.who.clone()).await {
            Ok(()) => self.say(frozen(scope, ttl, said), UNDERSTOOD),
            Err(error) => {
                self.plain(&format!(
                    "I could not freeze: {error}. `jarvis freeze` on the command line does it too."
                ));
                None
            }
        }
    }

    pub(super) fn origin(&self) -> Origin {
        Origin::Chat {
            user: self.who.user.clone(),
            role: self.who.role,
        }
    }
}

/// What is said once the kill switch is pulled.
fn frozen(scope: FreezeScope, ttl: Option<Duration>, said: Said) -> Said {
    let what = match scope {
        FreezeScope::Autonomy => "I do nothing by myself",
        FreezeScope::All => "nobody does anything through me",
    };
    let until = match ttl {
        Some(ttl) => format!(
            "for {} min, or until somebody thaws it before",
            ttl.as_secs().div_ceil(60)
        ),
        None => "until somebody thaws it".to_owned(),
    };
    Said {
        text: format!("The kill switch is pulled: {what}, {until}. I go on looking and telling."),
        ..said
    }
}

/// The lasting way to want something.
struct Offer {
    title: String,
    reason: String,
    say: String,
}

/// The manifest change to offer with an action that contradicts a manifest.
fn contradicted(action: &Action, moment: &Moment) -> Option<Offer> {
    let vmid = action.vmid()?;
    let (key, manifest) = moment.view.desired.guest_by_vmid(vmid)?;
    let strategy = manifest.spec.run_strategy;
    let (wish, say) = match (action, strategy) {
        (Action::ShutdownGuest { .. } | Action::StopGuest { .. }, RunStrategy::Always) => {
            ("stay off", format!("leave {vmid} off"))
        }
        (Action::StartGuest { .. }, RunStrategy::Halted) => ("keep running", format!("keep {vmid} running")),
        _ => return None,
    };
    Some(Offer {
        title: format!("Let {} {wish}", key.name),
        reason: format!(
            "{key} says {strategy:?}. What you asked for comes with a hold of one hour; after that I would follow the manifest again."
        ),
        say,
    })
}

/// What is said with a proposal: what of it is refused. The card has the difference and what would come of it.
pub(super) fn proposed(opening: &str, proposal: &Proposal) -> String {
    let refused = proposal
        .foreseen
        .iter()
        .filter(|decision| decision.verdict == Foresaid::Refuse);
    let refused = refused.map(|decision| {
        let reason = decision.reason.as_deref().unwrap_or("refused");
        format!("- I would not {}: {}", decision.text, inner(reason))
    });
    let lines: Vec<String> = std::iter::once(opening.trim().to_owned())
        .chain(refused)
        .collect();
    lines.join("\n")
}
