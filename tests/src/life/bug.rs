//! Deliberate faults, one at a time, each of which the oracle must catch. A check that catches none of them proves nothing.

/// A deliberate fault, made where Jarvis meets the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Bug {
    /// None: the product as it is.
    #[default]
    None,
    /// A write without a clear answer is sent again.
    RepeatsLostWrites,
    /// A new process does not know what an earlier one logged.
    ForgetsIntentOnDeath,
    /// A freeze is recorded and not heeded.
    IgnoresFreeze,
    /// The floor protects nothing.
    IgnoresProtection,
    /// Effects are sent without their record.
    SendsWithoutRecord,
    /// What cannot be looked at counts as stopped.
    TakesUnknownForStopped,
    /// A person's stop counts as a crash.
    IgnoresWhoStopped,
    /// A running task counts as done.
    BelievesReplies,
    /// A number counts as an identity.
    IgnoresIdentity,
    /// A process that lost its lease writes on.
    IgnoresFence,
    /// Records are answered before they are durable.
    SkipsSync,
    /// Its own clock is always right.
    IgnoresClocks,
}

impl Bug {
    /// All deliberate faults, and what each is caught as.
    pub const SEEDED: [(Self, &'static str); 12] = [
        (Self::RepeatsLostWrites, "S8"),
        (Self::ForgetsIntentOnDeath, "S"),
        (Self::IgnoresFreeze, "S4"),
        (Self::IgnoresProtection, "S1"),
        (Self::SendsWithoutRecord, "S9"),
        (Self::TakesUnknownForStopped, "S5"),
        (Self::IgnoresWhoStopped, "Q3"),
        (Self::BelievesReplies, "S"),
        (Self::IgnoresIdentity, "S5"),
        (Self::IgnoresFence, "S"),
        (Self::SkipsSync, "J"),
        (Self::IgnoresClocks, "Q3"),
    ];

    /// The fault of this name, as written in its variant.
    pub fn named(name: &str) -> Option<Self> {
        Self::SEEDED
            .iter()
            .map(|(bug, _)| *bug)
            .find(|bug| format!("{bug:?}") == name)
    }
}
