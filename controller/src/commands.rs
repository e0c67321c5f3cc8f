//! Carrying out commands: check the person, remember, answer.

use crate::{
    command::{Command, CommandError, Confirm, NewRequest, Person, Reply},
    core::Core,
};
use jarvis_guard::{Facts, judge};
use jarvis_model::{
    Action, Autonomy, Confirmed, Digest, Door, Event, Freeze, FreezeScope, Hold, HoldScope, Identity,
    IssueKey, Origin, Rearmed, Role, Ticket, TicketId, TicketState, Timestamp, Verdict, Vmid,
};
use jarvis_planner::ticket::{CONFIRM_WITHIN, request};
use std::time::Duration;

/// Longest hold, recall and freeze times that are taken.
const LONGEST: Duration = Duration::from_hours(720);

impl Core {
    /// Carries one command out and answers it. Says whether looks and a fetch are wanted at once.
    pub(crate) fn command(&mut self, command: Command) -> bool {
        match command {
            Command::Request(new, reply) => {
                let result = self.take_request(new);
                self.answer(reply, result);
            }
            Command::Confirm(confirm, reply) => {
                let result = self.confirm(confirm);
                self.answer(reply, result);
            }
            Command::Access(event, reply) => {
                let result = self.access(event);
                self.answer(reply, result);
            }
            Command::CallRefused(call, reply) => {
                let result = self.call_refused(call);
                self.answer(reply, result);
            }
            Command::Propose(proposal, reply) => {
                let result = self.propose(*proposal);
                self.answer(reply, result);
            }
            Command::RejectProposal(id, reason, by, reply) => {
                let result = self.reject_proposal(&id, reason, &by);
                self.answer(reply, result);
            }
            Command::ApproveProposal(id, digest, by, reply) => {
                match self.approve_proposal(&id, digest, &by) {
                    // Told once it is pushed.
                    Ok(()) => self.publishing.entry(id).or_default().reply = Some(reply),
                    Err(error) => self.answer(reply, Err(error)),
                }
            }
            Command::ReconcileNow(by, reply) => {
                let allowed = needs(&by, Role::Operator, "reconcile now");
                let wanted = allowed.is_ok();
                self.answer(reply, allowed);
                return wanted;
            }
            other => self.person_command(other),
        }
        false
    }

    fn person_command(&mut self, command: Command) {
        let (reply, result) = match command {
            Command::Reject(ticket, by, reply) => (reply, self.reject(&ticket, &by)),
            Command::Recall(ticket, by, reply) => (reply, self.recall(&ticket, &by)),
            Command::Freeze {
                scope,
                reason,
                ttl,
                by,
                reply,
            } => (reply, self.freeze(scope, reason, ttl, &by)),
            Command::Thaw(by, reply) => (reply, self.thaw(&by)),
            Command::Hold {
                scope,
                reason,
                ttl,
                by,
                reply,
            } => (reply, self.hold(scope, reason, ttl, &by)),
            Command::Release(scope, by, reply) => (reply, self.release(&scope, &by)),
            Command::AcceptIdentity(vmid, identity, by, reply) => {
                (reply, self.accept_identity(vmid, identity, &by))
            }
            Command::SetCeiling(ceiling, by, reply) => (reply, self.set_ceiling(ceiling, &by)),
            Command::Acknowledge(issue, by, reply) => (reply, self.acknowledge(&issue, &by)),
            Command::Request(..)
            | Command::Confirm(..)
            | Command::Access(..)
            | Command::CallRefused(..)
            | Command::Propose(..)
            | Command::ApproveProposal(..)
            | Command::RejectProposal(..)
            | Command::ReconcileNow(..) => return,
        };
        self.answer(reply, result);
    }

    /// Publishes first, so that who asked sees what was done; an asker that no longer waits needs no answer.
    fn answer<T>(&mut self, reply: Reply<T>, result: Result<T, CommandError>) {
        self.publish();
        drop(reply.send(result));
    }

    fn take_request(&mut self, new: NewRequest) -> Result<Ticket, CommandError> {
        self.by_a_good_clock("take a request")?;
        let now = self.now();
        let recall = new.recall.unwrap_or_else(|| self.default_recall(&new));
        let ticket = Ticket {
            id: TicketId(self.name_of("ticket", &(&new.action, &new.origin), now)),
            action: new.action,
            origin: new.origin,
            created_at: now,
            not_before: now + within("recall", recall)?,
            hold_secs: match new.hold {
                Some(hold) => Some(within("hold", hold)?.as_secs()),
                None => None,
            },
            confirmed: None,
            state: TicketState::Queued,
        };
        let mut ticket = ticket;
        let mut events = Vec::new();
        let facts = Facts {
            floor: &self.options.floor,
            desired: &self.desired,
            observed: &self.observed,
            memory: &self.memory,
            now,
        };
        let asked = request(&ticket, &self.input(now));
        match judge(&asked, &facts) {
            Verdict::Refuse { refusal } => {
                events.push(Event::ActionRefused {
                    action: ticket.action.clone(),
                    origin: ticket.origin.clone(),
                    refusal: refusal.clone(),
                });
                ticket.state = TicketState::Refused { refusal };
            }
            Verdict::Confirm { typed, .. } => {
                let expires_at = now + CONFIRM_WITHIN;
                ticket.state = TicketState::AwaitingConfirmation {
                    digest: asked.digest,
                    typed,
                    expires_at,
                };
            }
            Verdict::Wait { .. } | Verdict::Permit { .. } => {}
        }
        events.insert(
            0,
            Event::TicketOpened {
                ticket: Box::new(ticket.clone()),
            },
        );
        self.remember(events)?;
        Ok(ticket)
    }

    /// What interrupts something can be recalled for a moment when it was one click.
    fn default_recall(&self, new: &NewRequest) -> Duration {
        let interrupts = !matches!(
            new.action,
            Action::StartGuest { .. }
                | Action::CreateSnapshot { .. }
                | Action::WakeNode { .. }
                | Action::StartService { .. }
        );
        match &new.origin {
            Origin::Person {
                door: Door::Dashboard,
                ..
            } if interrupts => self.options.recall,
            _ => Duration::ZERO,
        }
    }

    fn confirm(&mut self, confirm: Confirm) -> Result<(), CommandError> {
        needs(&confirm.by, Role::Operator, "confirm an action")?;
        self.by_a_good_clock("take a confirmation")?;
        match &confirm.ticket {
            Some(ticket) => self.confirm_ticket(&ticket.clone(), confirm),
            None => self.approve(&confirm),
        }
    }

    fn confirm_ticket(&mut self, id: &TicketId, confirm: Confirm) -> Result<(), CommandError> {
        let now = self.now();
        let ticket = self.memory.tickets.get(id).ok_or_else(|| unknown_ticket(id))?;
        let TicketState::AwaitingConfirmation {
            digest,
            typed,
            expires_at,
        } = &ticket.state
        else {
            return Err(wrong_state(
                "confirm this request",
                "it does not wait for a confirmation (any more)",
            ));
        };
        if *digest != confirm.digest {
            let why = "it carries another digest than the request has now; look at it again and confirm what you see";
            return Err(wrong_state("confirm this request", why));
        }
        if *expires_at <= now {
            return Err(wrong_state(
                "confirm this request",
                "the confirmation has expired; ask again",
            ));
        }
        if *typed {
            self.check_typed(&ticket.action, confirm.typed.as_deref())?;
        }
        let confirmed = Confirmed {
            digest: confirm.digest,
            user: confirm.by.user,
            at: now,
        };
        self.remember(vec![Event::TicketConfirmed {
            ticket: id.clone(),
            confirmed,
        }])
    }

    fn check_typed(&self, action: &Action, typed: Option<&str>) -> Result<(), CommandError> {
        let mut names = Vec::new();
        if let Some(vmid) = action.vmid() {
            names.push(vmid.to_string());
            names.extend(
                self.observed
                    .guests
                    .get(&vmid)
                    .and_then(|guest| guest.name.clone()),
            );
        }
        names.extend(action.node().map(ToString::to_string));
        names.extend(action.named_host().map(ToOwned::to_owned));
        if typed.is_some_and(|typed| names.iter().any(|name| name == typed.trim())) {
            Ok(())
        } else {
            let why = format!(
                "type the target's name exactly: {}",
                names.last().cloned().unwrap_or_default()
            );
            Err(CommandError::Invalid {
                what: "typed name".to_owned(),
                why,
            })
        }
    }

    /// Approves a recommendation, the whole plan, or a withheld revision.
    fn approve(&mut self, confirm: &Confirm) -> Result<(), CommandError> {
        let waits = |verdict: &Verdict| matches!(verdict, Verdict::Confirm { .. });
        if let Some((digest, desired)) = self.withheld.clone()
            && digest == confirm.digest
        {
            needs(
                &confirm.by,
                Role::Admin,
                "confirm a revision that removes this much",
            )?;
            self.approved(vec![digest], &confirm.by)?;
            self.bring_into_force(desired);
            return Ok(());
        }
        let plan = self.plan.clone();
        let digests: Vec<Digest> = if plan.digest == confirm.digest {
            plan.decisions
                .iter()
                .filter(|decision| waits(&decision.verdict))
                .map(|d| d.id().clone())
                .collect()
        } else {
            let named = plan
                .decisions
                .iter()
                .find(|decision| *decision.id() == confirm.digest);
            named
                .filter(|decision| waits(&decision.verdict))
                .map(|decision| decision.id().clone())
                .into_iter()
                .collect()
        };
        if digests.is_empty() {
            return Err(CommandError::NotFound {
                what: "recommendation with digest",
                name: confirm.digest.short().to_owned(),
                hint: "the plan has changed since; look at it again and confirm what you see".to_owned(),
            });
        }
        self.approved(digests, &confirm.by)
    }

    fn approved(&mut self, digests: Vec<Digest>, by: &Person) -> Result<(), CommandError> {
        let expires_at = self.now() + CONFIRM_WITHIN;
        self.remember(vec![Event::Approved {
            digests,
            by: by.user.clone(),
            expires_at,
        }])
    }

    fn reject(&mut self, id: &TicketId, by: &Person) -> Result<(), CommandError> {
        needs(by, Role::Operator, "reject a request")?;
        let ticket = self.memory.tickets.get(id).ok_or_else(|| unknown_ticket(id))?;
        if !matches!(ticket.state, TicketState::AwaitingConfirmation { .. }) {
            return Err(wrong_state(
                "reject this request",
                "it does not wait for a confirmation (any more)",
            ));
        }
        self.remember(vec![Event::TicketChanged {
            ticket: id.clone(),
            state: TicketState::Rejected,
        }])
    }

    fn recall(&mut self, id: &TicketId, by: &Person) -> Result<(), CommandError> {
        needs(by, Role::Operator, "recall a request")?;
        let ticket = self.memory.tickets.get(id).ok_or_else(|| unknown_ticket(id))?;
        match ticket.state {
            TicketState::Queued | TicketState::AwaitingConfirmation { .. } => {
                self.remember(vec![Event::TicketChanged {
                    ticket: id.clone(),
                    state: TicketState::Recalled,
                }])
            }
            TicketState::Running { .. } => {
                Err(wrong_state("recall this request", "it has been sent already"))
            }
            _ => Err(wrong_state("recall this request", "it is over")),
        }
    }

    fn freeze(
        &mut self,
        scope: FreezeScope,
        reason: String,
        ttl: Option<Duration>,
        by: &Person,
    ) -> Result<(), CommandError> {
        needs(by, Role::Operator, "freeze")?;
        let until = match ttl {
            Some(ttl) => Some(self.now() + within("duration", ttl)?),
            None => None,
        };
        self.remember(vec![Event::FreezeSet {
            scope,
            by: by.user.clone(),
            reason: short(&reason)?,
            until,
        }])
    }

    fn thaw(&mut self, by: &Person) -> Result<(), CommandError> {
        needs(by, Role::Operator, "thaw")?;
        if self.memory.freeze == Freeze::Off && self.memory.freeze_file != Freeze::Off {
            let why = "the file `freeze` in the state folder keeps it frozen; remove that file";
            return Err(wrong_state("thaw", why));
        }
        if self.memory.freeze == Freeze::Off {
            return Err(wrong_state("thaw", "it is not frozen"));
        }
        self.remember(vec![Event::Thawed { by: by.user.clone() }])
    }

    fn hold(
        &mut self,
        scope: HoldScope,
        reason: String,
        ttl: Option<Duration>,
        by: &Person,
    ) -> Result<(), CommandError> {
        needs(by, Role::Operator, "hold")?;
        self.check_scope(&scope)?;
        let now = self.now();
        let until = Some(now + within("duration", ttl.unwrap_or(self.options.default_hold))?);
        let hold = Hold {
            by: by.user.clone(),
            reason: short(&reason)?,
            since: now,
            until,
        };
        self.remember(vec![Event::HoldSet { scope, hold }])
    }

    fn check_scope(&self, scope: &HoldScope) -> Result<(), CommandError> {
        let (known, what, name) = match scope {
            HoldScope::Cluster => return Ok(()),
            HoldScope::Node(node) => (self.observed.nodes.contains_key(node), "node", node.to_string()),
            HoldScope::Resource(key) => {
                let desired = &self.desired;
                let declared = desired.guests.contains_key(key)
                    || desired.nodes.contains_key(key)
                    || desired.services.contains_key(key);
                (declared, "resource", key.to_string())
            }
        };
        let hint = "`jarvis get resources` lists what there is".to_owned();
        if known {
            Ok(())
        } else {
            Err(CommandError::NotFound { what, name, hint })
        }
    }

    fn release(&mut self, scope: &HoldScope, by: &Person) -> Result<(), CommandError> {
        needs(by, Role::Operator, "release")?;
        if !self.memory.holds.contains_key(scope) {
            let hint = "`jarvis get holds` lists those there are".to_owned();
            return Err(CommandError::NotFound {
                what: "hold on",
                name: scope.to_string(),
                hint,
            });
        }
        self.remember(vec![Event::HoldReleased {
            scope: scope.clone(),
            by: by.user.clone(),
        }])
    }

    fn accept_identity(&mut self, vmid: Vmid, identity: Identity, by: &Person) -> Result<(), CommandError> {
        needs(by, Role::Operator, "accept an identity")?;
        let seen = self
            .observed
            .guests
            .get(&vmid)
            .and_then(|guest| guest.identity.value());
        match seen {
            Some(seen) if *seen == identity => self.remember(vec![Event::IdentityAccepted {
                vmid,
                identity,
                by: by.user.clone(),
            }]),
            Some(seen) => Err(wrong_state(
                &format!("accept this identity for guest {vmid}"),
                &format!("the guest is {} now; accept that", seen.0),
            )),
            None => Err(wrong_state(
                &format!("accept an identity for guest {vmid}"),
                "its identity has not been read; wait a moment and try again",
            )),
        }
    }

    fn set_ceiling(&mut self, ceiling: Option<Autonomy>, by: &Person) -> Result<(), CommandError> {
        needs(by, Role::Admin, "set the autonomy ceiling")?;
        self.remember(vec![Event::CeilingSet {
            ceiling,
            by: by.user.clone(),
        }])
    }

    fn acknowledge(&mut self, issue: &IssueKey, by: &Person) -> Result<(), CommandError> {
        needs(by, Role::Operator, "acknowledge an issue")?;
        if !self.memory.issues.contains_key(issue) {
            let hint = "it may have closed by itself; `jarvis get issues` lists the open ones".to_owned();
            return Err(CommandError::NotFound {
                what: "issue",
                name: issue.to_string(),
                hint,
            });
        }
        let because = Rearmed::Acknowledged { by: by.user.clone() };
        self.remember(vec![Event::IssueRearmed {
            issue: issue.clone(),
            because,
        }])
    }

    fn access(&mut self, event: Event) -> Result<(), CommandError> {
        match &event {
            Event::TokenRevoked { name, .. } if !self.memory.tokens.contains_key(name) => {
                Err(CommandError::NotFound {
                    what: "token",
                    name: name.clone(),
                    hint: "it may have been revoked already".to_owned(),
                })
            }
            Event::UserRemoved { user, .. } if !self.memory.users.contains_key(user) => {
                Err(CommandError::NotFound {
                    what: "user",
                    name: user.clone(),
                    hint: "`jarvis user list` lists them".to_owned(),
                })
            }
            Event::UserRemoved { user, .. } if self.memory.is_last_admin(user) => Err(wrong_state(
                "remove this user",
                "it is the last admin; make another one first",
            )),
            Event::UserSet { .. }
            | Event::UserRemoved { .. }
            | Event::SignedIn { .. }
            | Event::TokenCreated { .. }
            | Event::TokenRevoked { .. }
            | Event::SessionsRevoked { .. }
            | Event::TerminalOpened { .. }
            | Event::TerminalClosed { .. } => self.remember(vec![event]),
            other => Err(wrong_state(
                "remember this as access",
                &format!("{} is not about access", other.name()),
            )),
        }
    }

    /// Ends the freeze whose time is over, so that memory and feed say so.
    pub(crate) fn lapse_freeze(&mut self, now: Timestamp) {
        if let Freeze::On {
            until: Some(until), ..
        } = &self.memory.freeze
            && *until <= now
        {
            drop(self.remember(vec![Event::Thawed {
                by: "its time limit".to_owned(),
            }]));
        }
    }
}

pub(crate) fn needs(by: &Person, role: Role, what: &str) -> Result<(), CommandError> {
    if by.role >= role {
        return Ok(());
    }
    let word = |role: Role| format!("{role:?}").to_lowercase();
    Err(CommandError::NotAllowed {
        what: what.to_owned(),
        needs: word(role),
        has: word(by.role),
    })
}

fn within(what: &str, span: Duration) -> Result<Duration, CommandError> {
    if span <= LONGEST {
        Ok(span)
    } else {
        let why = format!("{} s is too long; at most 30 days", span.as_secs());
        Err(CommandError::Invalid {
            what: what.to_owned(),
            why,
        })
    }
}

pub(crate) fn short(reason: &str) -> Result<String, CommandError> {
    if reason.chars().count() > 500 {
        let why = "is longer than 500 characters; say it shorter".to_owned();
        return Err(CommandError::Invalid {
            what: "reason".to_owned(),
            why,
        });
    }
    Ok(reason.chars().filter(|c| !c.is_control()).collect())
}

fn unknown_ticket(id: &TicketId) -> CommandError {
    CommandError::NotFound {
        what: "ticket",
        name: id.to_string(),
        hint: "tickets are kept for a while only".to_owned(),
    }
}

pub(crate) fn wrong_state(what: &str, why: &str) -> CommandError {
    CommandError::WrongState {
        what: what.to_owned(),
        why: why.to_owned(),
    }
}
