//! The mutation root, in two parts. Every mutation becomes one command to the controller, which judges and records.

mod access;
mod act;
mod input;

use async_graphql::MergedObject;

/// Everything that can be asked for.
#[derive(Default, MergedObject)]
pub struct Mutation(act::ActMutation, access::AccessMutation);
