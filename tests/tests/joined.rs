//! Everything joined: cluster on sockets, client, git, journal, controller, on a clock that runs faster.

#[path = "joined/crashes.rs"]
mod crashes;
#[path = "joined/disturbed.rs"]
mod disturbed;
#[path = "joined/scenario.rs"]
mod scenario;
