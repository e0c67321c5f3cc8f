//! jarvis-planner.
