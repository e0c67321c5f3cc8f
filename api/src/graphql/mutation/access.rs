//! Mutations of users and tokens (admins).

use super::input::span;
use crate::{
    auth::{Need, allow, bearer, oidc, password::PasswordError},
    graphql::{
        caller, errors, shared,
        types::{
            access::NewToken,
            word::{Role, Scope},
        },
    },
};
use async_graphql::{Context, Object, Result};
use jarvis_model::Event;
use zeroize::Zeroizing;

/// Mutations of users and tokens.
#[derive(Default)]
pub struct AccessMutation;

#[Object]
impl AccessMutation {
    /// Makes a bearer token; its secret is in the answer and nowhere else.
    async fn create_token(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "1 to 40 lower-case letters, digits and '-'.")] name: String,
        #[graphql(desc = "Role over GraphQL.", default_with = "Role::Viewer")] role: Role,
        #[graphql(desc = "Scopes for assistants.", default_with = "vec![Scope::Read]")] scopes: Vec<Scope>,
        #[graphql(desc = "When it lapses, seconds from now; never when left out.")] ttl_seconds: Option<i32>,
    ) -> Result<NewToken> {
        let (caller, shared) = (caller(context)?, shared(context)?);
        let scopes: Vec<jarvis_model::Scope> = scopes.into_iter().map(Into::into).collect();
        for scope in &scopes {
            allow(caller, Need::Give(*scope))
                .map_err(|denied| errors::coded("FORBIDDEN", denied.to_string()))?;
        }
        if !bearer::is_name(&name) {
            return Err(errors::invalid(
                "name: 1 to 40 lower-case letters, digits and '-'",
            ));
        }
        if shared.handle.view().memory.tokens.contains_key(&name) {
            return Err(errors::coded(
                "WRONG_STATE",
                format!("there is a token {name}; revoke it first or choose another name"),
            ));
        }
        let token = bearer::make(&name).map_err(|error| errors::unavailable(error.to_string()))?;
        let ttl = span("ttlSeconds", ttl_seconds)?;
        let event = Event::TokenCreated {
            name: name.clone(),
            secret_hash: token.secret_hash,
            role: role.into(),
            scopes,
            by: caller.user.clone(),
            expires_at: ttl.map(|ttl| shared.clock.now() + ttl),
        };
        shared
            .handle
            .record_access(event)
            .await
            .map_err(errors::of_command)?;
        Ok(NewToken {
            name,
            secret: token.text.to_string(),
        })
    }

    /// Revokes a bearer token; its sockets close within seconds.
    async fn revoke_token(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
    ) -> Result<bool> {
        let (by, shared) = (caller(context)?.person(), shared(context)?);
        if !shared.handle.view().memory.tokens.contains_key(&name) {
            return Err(errors::not_found(format!("there is no token {name:.60}")));
        }
        shared
            .handle
            .record_access(Event::TokenRevoked { name, by: by.user })
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Makes a user.
    async fn create_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "1 to 40 lower-case letters, digits, '.', '_' and '-'.")] name: String,
        #[graphql(desc = "At least ten characters.")] password: String,
        #[graphql(desc = "Role.")] role: Role,
        #[graphql(desc = "Whether the password works only to set another.", default = true)] one_time: bool,
    ) -> Result<bool> {
        if !is_user_name(&name) {
            return Err(errors::invalid(
                "name: 1 to 40 lower-case letters, digits, '.', '_' and '-'",
            ));
        }
        if shared(context)?.handle.view().memory.users.contains_key(&name) {
            return Err(errors::coded(
                "WRONG_STATE",
                format!("there is a user {name}; use setPassword to change it"),
            ));
        }
        set_user(context, name, password, role.into(), one_time).await
    }

    /// Sets the password of a user, and the role if one is given. Ends all sessions of that user.
    async fn set_password(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose.")] name: String,
        #[graphql(desc = "At least ten characters.")] password: String,
        #[graphql(desc = "A new role.")] role: Option<Role>,
        #[graphql(desc = "Whether the password works only to set another.", default = true)] one_time: bool,
    ) -> Result<bool> {
        let view = shared(context)?.handle.view();
        if oidc::is_name(&name) {
            return Err(errors::coded(
                "WRONG_STATE",
                format!("{name:.60} signs in with the provider: password and role are given there"),
            ));
        }
        let known = view.memory.users.get(&name).map(|user| user.role);
        let known = known.ok_or_else(|| errors::not_found(format!("there is no user {name:.60}")))?;
        let role = role.map_or(known, Into::into);
        if role != known && view.memory.is_last_admin(&name) {
            return Err(last_admin());
        }
        set_user(context, name, password, role, one_time).await
    }

    /// Removes a user other than oneself and the last admin: all sessions end, the tokens made by that user are revoked, and
    /// the conversations are deleted. What was done stays on record.
    async fn remove_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whom.")] name: String,
    ) -> Result<bool> {
        let (by, shared) = (caller(context)?.person(), shared(context)?);
        let view = shared.handle.view();
        if !view.memory.users.contains_key(&name) {
            return Err(errors::not_found(format!("there is no user {name:.60}")));
        }
        if by.user == name {
            return Err(errors::coded(
                "WRONG_STATE",
                "this is you; another admin can remove you",
            ));
        }
        if view.memory.is_last_admin(&name) {
            return Err(last_admin());
        }
        let removed = Event::UserRemoved {
            user: name.clone(),
            by: by.user,
        };
        let recorded = shared.handle.record_access(removed).await;
        recorded.map_err(errors::of_command)?;
        shared
            .assistant
            .forget_user(&name)
            .map_err(errors::of_conversation)?;
        Ok(true)
    }

    /// Signs a user out everywhere.
    async fn revoke_sessions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whom.")] user: String,
    ) -> Result<bool> {
        let (by, shared) = (caller(context)?.person(), shared(context)?);
        if !shared.handle.view().memory.users.contains_key(&user) {
            return Err(errors::not_found(format!("there is no user {user:.60}")));
        }
        shared
            .handle
            .record_access(Event::SessionsRevoked { user, by: by.user })
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }
}

fn last_admin() -> async_graphql::Error {
    errors::coded("WRONG_STATE", "this is the last admin; make another one first")
}

async fn set_user(
    context: &Context<'_>,
    user: String,
    password: String,
    role: jarvis_model::Role,
    one_time: bool,
) -> Result<bool> {
    let (shared, password) = (shared(context)?, Zeroizing::new(password));
    let password_hash = shared.hasher.hash(&password).await.map_err(|error| match error {
        PasswordError::Length => errors::invalid(format!("password: {error}")),
        PasswordError::Hash(_) => errors::unavailable(error.to_string()),
    })?;
    let event = Event::UserSet {
        user,
        password_hash,
        role,
        one_time,
    };
    shared
        .handle
        .record_access(event)
        .await
        .map_err(errors::of_command)?;
    Ok(true)
}

fn is_user_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    (1..=40).contains(&text.len()) && text.bytes().all(plain)
}
