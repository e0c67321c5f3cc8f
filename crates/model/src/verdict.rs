//! The answer to "may this be done": permitted, needs a person, must wait, or refused, always with the rule, the
//! resource and what would unblock it. Made by the guard alone; plain values here so that events can carry them.

use crate::{Tier, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// SHA-256 over the exact thing a person confirms, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// Digest of a value's JSON form (field order is the declaration's, maps are sorted).
    pub fn of<T: Serialize>(value: &T) -> Self {
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        Self(hex::encode(Sha256::digest(&bytes)))
    }

    /// Takes a digest a client sent: 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let fine = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fine.then(|| Self(text.to_owned()))
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, for the screen.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which rule spoke. The code is stable and documented in `docs/errors/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The action destroys or reconfigures, or is not known.
    BlackAction,
    /// The target is protected.
    Protected,
    /// Something protected depends on the target.
    ProtectedDependency,
    /// Quorum would be lost if the target never returned.
    QuorumAfter,
    /// Another node is unhealthy.
    OtherNodeUnhealthy,
    /// The guest is not the one that was known under this number.
    IdentityMismatch,
    /// The cluster is not quorate, or that is not known.
    NoQuorum,
    /// The target does not exist, as far as is known.
    TargetMissing,
    /// The target's state is not known freshly enough.
    TargetUnknown,
    /// The target's node is not online.
    NodeAway,
    /// Not enough complete looks since the start.
    StartGate,
    /// The action makes no sense in the target's state.
    WrongState,
    /// The guest is a template.
    Template,
    /// A config lock or a running task has the guest.
    Locked,
    /// The HA manager has the guest.
    HaManaged,
    /// More than one node is unexpectedly unhealthy.
    MassFailure,
    /// All attempts of the issue are spent.
    Attempts,
    /// The issue is escalated.
    Escalated,
    /// Actions per hour are spent.
    HourlyBudget,
    /// The plan is larger than it may be alone.
    PlanSize,
    /// A maintenance window forbids it now.
    Window,
    /// The effective autonomy level.
    Autonomy,
    /// The kill switch is on.
    Frozen,
    /// The kill switch's state could not be read.
    FreezeUnreadable,
    /// A hold is on the target.
    Held,
    /// Another effect is in flight.
    InFlight,
    /// Too soon after the last act on this target.
    Pacing,
    /// An intent of the same key ended without an answer.
    Unresolved,
    /// The role or scope does not allow it.
    NotAllowed,
    /// A person must confirm.
    Confirmation,
    /// The confirmation does not fit: other digest, used, expired, or other person.
    ConfirmationInvalid,
    /// The durable record could not be written.
    NoRecord,
    /// This instance does not hold the lease.
    NoLease,
    /// Jarvis cannot do this (yet) on this installation.
    Unsupported,
}

impl Rule {
    /// Every rule, in code order.
    pub const ALL: [Self; 34] = [
        Self::BlackAction,
        Self::Protected,
        Self::ProtectedDependency,
        Self::QuorumAfter,
        Self::OtherNodeUnhealthy,
        Self::IdentityMismatch,
        Self::NoQuorum,
        Self::TargetMissing,
        Self::TargetUnknown,
        Self::NodeAway,
        Self::StartGate,
        Self::WrongState,
        Self::Template,
        Self::Locked,
        Self::HaManaged,
        Self::MassFailure,
        Self::Attempts,
        Self::Escalated,
        Self::HourlyBudget,
        Self::PlanSize,
        Self::Window,
        Self::Autonomy,
        Self::Frozen,
        Self::FreezeUnreadable,
        Self::Held,
        Self::InFlight,
        Self::Pacing,
        Self::Unresolved,
        Self::NotAllowed,
        Self::Confirmation,
        Self::ConfirmationInvalid,
        Self::NoRecord,
        Self::NoLease,
        Self::Unsupported,
    ];

    /// Stable code, `JV1001` and up.
    pub fn code(self) -> String {
        let at = Self::ALL.iter().position(|rule| *rule == self).unwrap_or(998);
        format!("JV1{:03}", at + 1)
    }

    /// Kebab-case name, as in JSON.
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Why not, in full.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The rule.
    pub rule: Rule,
    /// The tier in this context.
    pub tier: Tier,
    /// The resource the rule speaks of: `guest 103`, `node agent1`, `cluster`, `issue …`.
    pub resource: String,
    /// One sentence.
    pub reason: String,
    /// What would unblock it, one sentence; names something a person or time can change.
    pub unblock: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({} {}): {}",
            self.reason,
            self.rule.code(),
            self.rule,
            self.unblock
        )
    }
}

/// The guard's answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Verdict {
    /// May be done now.
    Permit {
        /// Its tier in this context.
        tier: Tier,
    },
    /// May be done once a person confirms this digest.
    Confirm {
        /// Its tier.
        tier: Tier,
        /// Whether the target's name must be typed as well.
        typed: bool,
        /// Which rule asks (autonomy, plan-size, confirmation ...).
        rule: Rule,
        /// Why a person is asked.
        reason: String,
    },
    /// May be done later, without anybody doing anything.
    Wait {
        /// Its tier.
        tier: Tier,
        /// What it waits for, as a refusal would say it.
        refusal: Refusal,
        /// When to look again, if that is known.
        until: Option<Timestamp>,
    },
    /// Will not be done as things are.
    Refuse {
        /// Why.
        refusal: Refusal,
    },
}

impl Verdict {
    /// The tier the action has in this context.
    pub fn tier(&self) -> Tier {
        match self {
            Self::Permit { tier } | Self::Confirm { tier, .. } | Self::Wait { tier, .. } => *tier,
            Self::Refuse { refusal } => refusal.tier,
        }
    }

    /// Whether it may be done now.
    pub fn is_permit(&self) -> bool {
        matches!(self, Self::Permit { .. })
    }

    /// The rule that stands in the way.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            Self::Permit { .. } => None,
            Self::Confirm { rule, .. } => Some(*rule),
            Self::Wait { refusal, .. } | Self::Refuse { refusal } => Some(refusal.rule),
        }
    }

    /// `permitted`, `needs confirmation`, `waiting`, `refused`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Permit { .. } => "permitted",
            Self::Confirm { .. } => "needs confirmation",
            Self::Wait { .. } => "waiting",
            Self::Refuse { .. } => "refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_its_own_code_and_name() {
        let codes: BTreeSet<String> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        let names: BTreeSet<String> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!((codes.len(), names.len()), (Rule::ALL.len(), Rule::ALL.len()));
        assert_eq!(Rule::Protected.code(), "JV1002");
        assert_eq!(Rule::QuorumAfter.name(), "quorum-after");
    }

    #[test]
    fn digests_are_checked_when_they_come_in() {
        let digest = Digest::of(&("start", 101));
        assert_eq!(Digest::parse(digest.as_str()), Some(digest.clone()));
        assert_eq!(digest.short().len(), 12);
        for bad in ["", "abc", &digest.as_str().to_uppercase(), &format!("{digest}0")] {
            assert_eq!(Digest::parse(bad), None);
        }
    }
}
