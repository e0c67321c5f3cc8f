//! What people are told: which events, whom, when, in which words; kept on disk until a server has taken it.
//!
//! Guarantees: an event that is to be told reaches the disk before the cursor passes it, so a restart loses nothing; a
//! letter that a server took is marked at once, so it is not sent again. What is left between the server's word and the
//! mark, and how receivers tell such a double, is in `docs/NOTIFICATIONS.md`. Nothing here delays the loop: it follows the
//! journal.
//!
//! | module | what |
//! | --- | --- |
//! | [`news`] | which events are told, and as what |
//! | [`audience`] | which channels get them |
//! | [`desk`] | grouping, quiet hours, telling once; the fold that the cursor belongs to |
//! | [`report`] | the daily report |
//! | [`picture`] | what must be known beside the journal |
//! | [`hours`] | time zones, quiet hours, times of day |
//! | [`text`] | text from the infrastructure made harmless; lines of a width |
//! | [`letter`] | one message to one receiver |
//! | [`narrating`] | a narrator's words above the facts, in time and once |
//! | [`render`] | a letter as plain text, HTML, JSON and ntfy message |
//! | [`backoff`] | when a letter is tried again |
//! | [`outbox`] | letters and desk on disk |
//! | [`send`] | mail, webhook, ntfy |
//! | [`settings`] | servers and credentials |
//! | [`Queue`] | what others see of it, and may wish |
//! | [`service`] | the task that joins them |
//!
//! All but `narrating` and the last five are functions of values.

pub mod audience;
pub mod backoff;
pub mod desk;
pub mod hours;
pub mod letter;
pub mod narrating;
pub mod news;
pub mod outbox;
pub mod picture;
mod queue;
pub mod render;
pub mod report;
pub mod send;
pub mod service;
pub mod settings;
pub mod text;

#[cfg(test)]
mod samples;

pub use desk::Desk;
pub use letter::{Content, Letter, To, Words};
pub use news::{Kind, News};
pub use outbox::{Outbox, OutboxError};
pub use picture::Picture;
pub use queue::Queue;
pub use send::{Outcome, Sender};
pub use service::{Followed, Options, Service};
pub use settings::{InvalidSmtp, Settings, Smtp, SmtpTls};
