//! What `jarvis doctor` asks of a host: how far one gets, and why not further. Learns no key.

use crate::{
    link::{NotRun, Program},
    login::Trouble,
    shell::{LATE, Ssh},
};
use jarvis_model::Host;

/// How far one gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is not reached.
    NotReached,
    /// It is reached; no key of it is pinned.
    NotPinned,
    /// It shows another key than the pinned one.
    KeyChanged,
    /// Its key is right; it does not let in.
    NotAdmitted,
    /// It lets in; it runs nothing.
    NothingRuns,
    /// It runs programs.
    Runs,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// How far one gets.
    pub stage: Stage,
    /// User and address.
    pub shown: String,
    /// Why not further.
    pub why: String,
    /// Whether `sensors -j` (lm-sensors) gives something there.
    pub has_sensors: bool,
}

impl Ssh {
    /// Tries a host, step by step. None when it is not configured.
    pub async fn check(&self, host: &Host) -> Option<Checkup> {
        let link = self.link(host)?;
        let argv = ["timeout", "10", "sensors", "-j"].map(str::to_owned);
        let program = Program {
            argv: &argv,
            within: self.options.limits.read + LATE,
        };
        let (stage, why, has_sensors) = match link.run(&program, None).await {
            Ok(output) => (
                Stage::Runs,
                output.told(),
                output.succeeded() && !output.stdout.trim().is_empty(),
            ),
            Err(NotRun::NoConnection(Trouble::Unreachable(why))) => (Stage::NotReached, why, false),
            Err(NotRun::NoConnection(Trouble::UnknownKey(why))) => (Stage::NotPinned, why, false),
            Err(NotRun::NoConnection(Trouble::ChangedKey(why))) => (Stage::KeyChanged, why, false),
            Err(NotRun::NoConnection(Trouble::NoLogin(why))) => (Stage::NotAdmitted, why, false),
            Err(NotRun::NotStarted(why) | NotRun::Perhaps(why)) => (Stage::NothingRuns, why, false),
        };
        Some(Checkup {
            stage,
            shown: link.endpoint.shown(),
            why,
            has_sensors,
        })
    }
}
