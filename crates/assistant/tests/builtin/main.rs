//! The built-in answers, over the real state of a controller without a loop.

mod answers;
mod corpus;
mod safety;
mod scale;
mod style;
mod support;
