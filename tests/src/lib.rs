//! jarvis-tests.
