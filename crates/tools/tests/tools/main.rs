//! The registry over a controller without a loop that judges with the real guard.

mod acts;
mod catalogue;
mod proposals;
mod reads;
mod robust;
mod support;
