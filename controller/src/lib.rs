//! jarvis-controller.
