//! The permit: proof that the guard agreed, just now, to exactly this effect. Its constructor is private to this
//! file, every mutating port method takes one by value, and it cannot be cloned or deserialised.
//!
//! ```compile_fail,E0624
//! // Nobody outside makes one:
//! let forged = jarvis_guard::Permit::new(unreachable!(), unreachable!(), unreachable!());
//! ```
//! ```compile_fail,E0451
//! // nor by its fields:
//! let forged = jarvis_guard::Permit { intent: unreachable!(), effect: unreachable!(), digest: unreachable!(), tier: unreachable!(), send_before: unreachable!(), epoch: 0 };
//! ```
//! ```compile_fail,E0599
//! // nor is one used twice:
//! fn twice(permit: jarvis_guard::Permit) -> (jarvis_guard::Permit, jarvis_guard::Permit) { (permit.clone(), permit) }
//! ```
//! ```compile_fail,E0277
//! // nor read from anywhere:
//! let forged: jarvis_guard::Permit = serde_json::from_str("{}").unwrap();
//! ```
//! ```
//! // Reading one is fine.
//! fn effect(permit: &jarvis_guard::Permit) -> &jarvis_model::Effect { permit.effect() }
//! ```

use crate::{Facts, Request, base_tier, case::Case, effect, judge, words};
use jarvis_model::{
    Cause, Digest, Effect, Intent, IntentId, Refusal, Rule, Tier, Timestamp, Verdict, memory::Approval,
};
use std::time::Duration;

/// How long after its intent was logged an effect may still be sent. Later it is planned anew.
pub const SEND_WITHIN: Duration = Duration::from_secs(10);

/// Leave to send one effect once.
#[derive(Debug)]
pub struct Permit {
    intent: IntentId,
    effect: Effect,
    digest: Digest,
    tier: Tier,
    send_before: Timestamp,
    epoch: u64,
}

/// Judges again, at dispatch, what was judged before its intent was logged, and gives the permit.
///
/// Guarantees: the intent is in memory as handed over, open and not yet sent; the request is the one it was logged for;
/// every rule is silent when the intent's own entry in budgets and slots is left out; the effect fits the action
/// and the placement as it is now; no more than [`SEND_WITHIN`] has passed. The effect must be sent before
/// [`Permit::send_before`], under the lease epoch the intent was logged with.
///
/// Logging an intent uses up the approval of its recommendation; whoever dispatches an approved recommendation hands
/// over, as `approval`, the one that `memory.approval(&request.digest, now)` gave before logging.
///
/// # Errors
/// The verdict that stands in the way. The intent is then closed as not sent.
pub fn permit(
    intent: &Intent,
    request: &Request,
    facts: &Facts<'_>,
    approval: Option<&Approval>,
) -> Result<Permit, Verdict> {
    recorded(intent, request, facts)?;
    let approval =
        approval.filter(|given| given.at <= intent.logged_at && intent.logged_at < given.expires_at);
    let case = Case::logged(request, facts, intent, approval);
    let verdict = judge::first(&case);
    let Verdict::Permit { tier } = verdict else {
        return Err(verdict);
    };
    if tier > intent.tier {
        return Err(stale(
            &case,
            format!("was logged as {} and is {tier} now", intent.tier),
        ));
    }
    let effect = effect::resolve(&intent.action, facts).map_err(|refusal| Verdict::Refuse { refusal })?;
    if effect != intent.effect {
        return Err(stale(
            &case,
            "was logged against another placement or state".to_owned(),
        ));
    }
    let identity = case.guest().and_then(|guest| guest.identity.value());
    if intent.identity.is_some() && intent.identity.as_ref() != identity {
        return Err(stale(
            &case,
            "was logged for a guest of another identity".to_owned(),
        ));
    }
    Ok(Permit::new(intent, effect, tier))
}

/// Whether the record that must precede the effect is there, and is this one.
fn recorded(intent: &Intent, request: &Request, facts: &Facts<'_>) -> Result<(), Verdict> {
    let refuse = |why: &str| {
        Err(Verdict::Refuse {
            refusal: no_record(request, facts, why),
        })
    };
    if facts.memory.intents.get(&intent.id) != Some(intent) {
        return refuse("its intent is not in memory as it was handed over");
    }
    if !intent.is_open() || intent.stage != jarvis_model::Stage::Logged {
        return refuse("its intent was dispatched or closed before");
    }
    let same = intent.action == request.action
        && intent.origin == request.origin
        && intent.cause == request.cause
        && intent.resource == request.resource
        && intent.digest == request.digest;
    if !same {
        return refuse("its intent was logged for another request");
    }
    if facts.now.since(intent.logged_at) > SEND_WITHIN || intent.logged_at.since(facts.now) > SEND_WITHIN {
        return refuse("its intent was not logged within the last ten seconds");
    }
    match &intent.cause {
        Cause::Issue { issue } if intent.origin.is_autonomous() => match facts.memory.issues.get(issue) {
            Some(issue) if issue.attempts_in_window(facts.now) > 0 => Ok(()),
            _ => refuse("its issue is not open, so the attempt was not counted"),
        },
        _ => Ok(()),
    }
}

fn stale(case: &Case<'_>, why: String) -> Verdict {
    case.refuse(
        Rule::WrongState,
        case.target(),
        format!("The act to {} {why}.", case.action()),
        "It is planned anew from what is seen now.".to_owned(),
    )
}

/// The refusal for an act whose record could not be written or does not fit: no durable record, no action.
pub fn no_record(request: &Request, facts: &Facts<'_>, why: &str) -> Refusal {
    Refusal {
        rule: Rule::NoRecord,
        tier: base_tier(&request.action, facts.desired),
        resource: words::target(&request.action, facts.observed),
        reason: format!(
            "{} was not sent: {why}.",
            words::doing(&request.action, facts.observed)
        ),
        unblock: "It is planned anew; if this repeats, check the space and rights of the state folder."
            .to_owned(),
    }
}

/// The refusal for an act of an instance that does not hold the lease.
pub fn no_lease(request: &Request, facts: &Facts<'_>, holder: &str) -> Refusal {
    Refusal {
        rule: Rule::NoLease,
        tier: base_tier(&request.action, facts.desired),
        resource: words::target(&request.action, facts.observed),
        reason: format!("This instance only observes; {holder} holds the lease and acts."),
        unblock: format!("Ask {holder}, or stop it and wait for its lease to lapse."),
    }
}

impl Permit {
    fn new(intent: &Intent, effect: Effect, tier: Tier) -> Self {
        Self {
            intent: intent.id.clone(),
            effect,
            digest: intent.digest.clone(),
            tier,
            send_before: intent.logged_at + SEND_WITHIN,
            epoch: intent.epoch,
        }
    }

    /// The intent that announces the effect; it must be durable before the effect is sent.
    pub fn intent(&self) -> &IntentId {
        &self.intent
    }

    /// The effect.
    pub fn effect(&self) -> &Effect {
        &self.effect
    }

    /// Digest of the decision.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Tier at the time of permission.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// The effect must not be sent after this.
    pub fn send_before(&self) -> Timestamp {
        self.send_before
    }

    /// Lease epoch for which it was given.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}
