//! jarvis-store.
