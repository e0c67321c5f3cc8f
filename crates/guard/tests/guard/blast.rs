//! blast
