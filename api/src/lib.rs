//! jarvis-api.
