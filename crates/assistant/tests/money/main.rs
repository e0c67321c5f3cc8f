//! What models cost and may, on the real store.

mod caps;
mod laws;
mod memory;
mod world;
