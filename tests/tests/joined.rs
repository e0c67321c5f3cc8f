//! Everything joined: cluster on sockets, client, git, journal, controller, on a clock that runs faster.

#[path = "joined/crashes.rs"]
mod crashes;
#[path = "joined/disturbed.rs"]
mod disturbed;
#[path = "joined/freezing.rs"]
mod freezing;
#[path = "joined/news.rs"]
mod news;
#[path = "joined/past.rs"]
mod past;
#[path = "joined/replayed.rs"]
mod replayed;
#[path = "joined/rights.rs"]
mod rights;
#[path = "joined/scenario.rs"]
mod scenario;
