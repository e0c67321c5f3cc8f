//! The mutation root, in parts. Every mutation becomes one command to the controller, which judges and records.

mod access;
mod act;
mod conversation;
mod input;
mod outside;
mod propose;

pub use propose::{FileEdit, PatchInput, PatchOp, changes};

use async_graphql::MergedObject;

/// Everything that can be asked for.
#[derive(Default, MergedObject)]
pub struct Mutation(
    act::ActMutation,
    propose::ProposeMutation,
    outside::OutsideMutation,
    conversation::ConversationMutation,
    access::AccessMutation,
);
