//! What models cost and may, on the real store.

mod canary;
mod caps;
mod laws;
mod memory;
mod narrate;
mod world;
