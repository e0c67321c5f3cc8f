//! The rules, a file a subject. Each is a function of a case that objects or stays silent; none looks at another's
//! answer. Their order is in `judge.rs`.

pub mod allowed;
pub mod black;
pub mod consent;
pub mod freeze;
pub mod last_look;
pub mod slot;
pub mod target;
pub mod unattended;
pub mod window;
