//! The world by itself, with plain numbers for time.
