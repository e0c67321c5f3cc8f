//! In which small budgets each seeded bug shows, and as which broken promise.

use super::{Budget, Bug, Hosts};

/// Nothing goes wrong.
pub const NONE: Budget = Budget {
    crashes: 0,
    stops: 0,
    losses: 0,
    failures: 0,
    blinks: 0,
    deaths: 0,
    outages: 0,
    freezes: 0,
    commits: 0,
    wishes: 0,
    ends: 0,
    hosts: Hosts::Guests,
};

/// Small budgets in which each seeded bug shows, and the promise it breaks.
#[expect(clippy::too_many_lines, reason = "a table, one row a bug")]
pub fn caught_as(bug: Bug) -> (Budget, &'static str) {
    match bug {
        Bug::None => (NONE, ""),
        Bug::CountsAttemptsLate => (
            Budget {
                crashes: 1,
                losses: 4,
                failures: 4,
                ..NONE
            },
            "S3",
        ),
        Bug::SendsWithoutRecord => (Budget { crashes: 1, ..NONE }, "S9"),
        Bug::ForgetsIntentOnDeath => (
            Budget {
                crashes: 1,
                deaths: 1,
                ..NONE
            },
            "S8",
        ),
        Bug::SendsAgainAfterDeath => (
            Budget {
                crashes: 1,
                deaths: 1,
                ..NONE
            },
            "S5",
        ),
        Bug::SendsAgainAfterLostReply => (
            Budget {
                crashes: 1,
                losses: 1,
                ..NONE
            },
            "S8",
        ),
        Bug::ReadsFreezeTooEarly => (
            Budget {
                crashes: 1,
                freezes: 1,
                ..NONE
            },
            "S4",
        ),
        Bug::TakesUnknownForStopped => (Budget { blinks: 1, ..NONE }, "S5"),
        Bug::IgnoresWhoStopped => (Budget { stops: 1, ..NONE }, "Q3"),
        Bug::IgnoresInFlight => (Budget { crashes: 2, ..NONE }, "S8"),
        Bug::IgnoresAttempts => (
            Budget {
                crashes: 1,
                failures: 4,
                ..NONE
            },
            "S3",
        ),
        Bug::IgnoresProtection => (Budget { wishes: 1, ..NONE }, "S1"),
        Bug::IgnoresQuorumAfter => (
            Budget {
                outages: 1,
                wishes: 1,
                ..NONE
            },
            "S6",
        ),
        Bug::BelievesReplies => (Budget { crashes: 2, ..NONE }, "S2"),
        Bug::OnlyTheWriterCloses => (
            Budget {
                crashes: 1,
                deaths: 1,
                ..NONE
            },
            "L1",
        ),
        Bug::GivesUpAtOnce => (
            Budget {
                crashes: 1,
                failures: 1,
                ..NONE
            },
            "L2",
        ),
        Bug::NeverRearms => (
            Budget {
                crashes: 1,
                failures: 3,
                commits: 1,
                ..NONE
            },
            "L1: rests in: L3",
        ),
        Bug::FreesSlotsByItself => (Budget { crashes: 2, ..NONE }, "S2"),
        Bug::RestartsWhatIsOnlyReported => (
            Budget {
                ends: 1,
                hosts: Hosts::Reported,
                ..NONE
            },
            "S7",
        ),
        Bug::TakesUnknownServiceForDown => (
            Budget {
                blinks: 1,
                hosts: Hosts::Service,
                ..NONE
            },
            "S5",
        ),
        Bug::BelievesOneLook => (
            Budget {
                ends: 1,
                hosts: Hosts::Service,
                ..NONE
            },
            "S5",
        ),
        Bug::WakesWhileAnotherIsAway => (
            Budget {
                outages: 2,
                hosts: Hosts::Wake,
                ..NONE
            },
            "S10",
        ),
    }
}
