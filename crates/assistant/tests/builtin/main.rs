//! The built-in answers, over the real state of a controller without a loop.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod answers;
mod corpus;
mod letters;
mod safety;
mod scale;
mod style;
mod support;
mod texts;
