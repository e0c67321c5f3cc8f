//! Tests of replaying.
