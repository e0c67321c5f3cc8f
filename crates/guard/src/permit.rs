//! The permit: proof that the guard agreed, just now, to exactly this effect. Its constructor is private to this
//! crate, every mutating port method takes one by value, and it cannot be cloned or deserialised.

use jarvis_model::{Digest, Effect, IntentId, Tier, Timestamp};

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

impl Permit {
    /// Only the guard makes permits.
    pub(crate) fn new(intent: IntentId, effect: Effect, digest: Digest, tier: Tier, send_before: Timestamp, epoch: u64) -> Self {
        Self { intent, effect, digest, tier, send_before, epoch }
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
