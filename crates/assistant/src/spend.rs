//! What language models cost, and what they may: money is set aside at the most an answer can cost before anything is sent, and
//! settled with what was used. So a cap is a ceiling, not a mark that is noticed once it was passed.
//!
//! Guarantees: what is spent and set aside of a day or a month never exceeds its cap, whatever runs in parallel, as long as no
//! answer costs more than its ceiling; a reservation is on disk before the request may be sent; one whose end nobody saw, since
//! Jarvis or its machine stopped, counts at its ceiling. Local models cost nothing and are counted.
//!
//! Knows no provider and no prices: those are a [`Tariff`](jarvis_ports::model::Tariff).

mod book;
mod entry;
mod ledger;
mod over;
mod report;
mod sums;

pub use entry::{Entry, EntryState, Kind};
pub use ledger::{Asked, Ledger, LedgerError, Outstanding, Reservation, ReserveError};
pub use over::{Cap, Caps, OverBudget, dollars};
pub use report::{DaySpend, KindSpend, ModelSpend, Period, Spend};
