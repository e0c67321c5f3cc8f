//! jarvis-source.
