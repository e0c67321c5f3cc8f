//! Queries of users, tokens and the caller.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use crate::graphql::{
    caller, shared,
    types::access::{Me, Token, Tool, User, Version},
};
use async_graphql::{Context, Object, Result};

/// Queries of users, tokens and the caller.
#[derive(Default)]
pub struct AccessQuery;

#[Object]
impl AccessQuery {
    /// Who is asking.
    async fn me(&self, context: &Context<'_>) -> Result<Me> {
        caller(context).map(Me::from)
    }

    /// All users, by name.
    async fn users(&self, context: &Context<'_>) -> Result<Vec<User>> {
        let view = shared(context)?.handle.view();
        Ok(view
            .memory
            .users
            .iter()
            .map(|(name, user)| User::of(name, user))
            .collect())
    }

    /// All bearer tokens, by name.
    async fn tokens(&self, context: &Context<'_>) -> Result<Vec<Token>> {
        let view = shared(context)?.handle.view();
        Ok(view
            .memory
            .tokens
            .iter()
            .map(|(name, token)| Token::of(name, token))
            .collect())
    }

    /// The tools for assistants, in their order.
    async fn tools(&self) -> Vec<Tool> {
        jarvis_tools::CATALOGUE.iter().map(Tool::from).collect()
    }

    /// What runs.
    async fn version(&self, context: &Context<'_>) -> Result<Version> {
        let shared = shared(context)?;
        Ok(Version {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            journal_head: shared.handle.head().into(),
            now: shared.clock.now().into(),
        })
    }
}
