//! Seeded bugs: deliberate faults, one at a time, each of which the exploration must catch. A check that catches none of
//! them proves nothing.

/// A deliberate fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bug {
    /// None: the product as it is.
    None,
    /// The attempt is counted when the effect ended, not when it was logged.
    CountsAttemptsLate,
    /// Nothing is written before the effect is sent.
    SendsWithoutRecord,
    /// A death of the process loses the open intent.
    ForgetsIntentOnDeath,
    /// After a death the open intent is sent again instead of looked up.
    SendsAgainAfterDeath,
    /// A lost reply is answered by sending again.
    SendsAgainAfterLostReply,
    /// Freeze is read when planning, not when sending.
    ReadsFreezeTooEarly,
    /// What is not known counts as stopped.
    TakesUnknownForStopped,
    /// A person's stop counts as a crash.
    IgnoresWhoStopped,
    /// Other effects in flight do not matter.
    IgnoresInFlight,
    /// Spent attempts do not matter.
    IgnoresAttempts,
    /// Protection does not matter.
    IgnoresProtection,
    /// Quorum after the act does not matter.
    IgnoresQuorumAfter,
    /// A reply is taken for the wished state.
    BelievesReplies,
    /// Only the process that logged an intent may close it.
    OnlyTheWriterCloses,
    /// The first failure is the last attempt.
    GivesUpAtOnce,
    /// An escalation never ends.
    NeverRearms,
    /// Unresolved effects free their node by themselves.
    FreesSlotsByItself,
    /// What a manifest says is only reported is restarted.
    RestartsWhatIsOnlyReported,
    /// A service that is not known counts as down.
    TakesUnknownServiceForDown,
    /// One look at a service is enough.
    BelievesOneLook,
    /// A node is woken although another is away.
    WakesWhileAnotherIsAway,
}

impl Bug {
    /// All deliberate faults.
    pub const SEEDED: [Self; 21] = [
        Self::CountsAttemptsLate,
        Self::SendsWithoutRecord,
        Self::ForgetsIntentOnDeath,
        Self::SendsAgainAfterDeath,
        Self::SendsAgainAfterLostReply,
        Self::ReadsFreezeTooEarly,
        Self::TakesUnknownForStopped,
        Self::IgnoresWhoStopped,
        Self::IgnoresInFlight,
        Self::IgnoresAttempts,
        Self::IgnoresProtection,
        Self::IgnoresQuorumAfter,
        Self::BelievesReplies,
        Self::OnlyTheWriterCloses,
        Self::GivesUpAtOnce,
        Self::NeverRearms,
        Self::FreesSlotsByItself,
        Self::RestartsWhatIsOnlyReported,
        Self::TakesUnknownServiceForDown,
        Self::BelievesOneLook,
        Self::WakesWhileAnotherIsAway,
    ];
}
