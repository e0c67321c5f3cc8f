//! Users, tokens, the caller, the version.

use super::{
    scalar::{Counter, Time},
    word::{Role, Scope, Tier},
};
use crate::auth::{Caller, Credential};
use async_graphql::{Json, SimpleObject};
use jarvis_model::memory::{Token as KeptToken, User as KeptUser};
use serde_json::Value;

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Me {
    /// User name; for a token `token:NAME`.
    pub user: String,
    /// Role.
    pub role: Role,
    /// The door: `dashboard`, `cli`, `graphql`.
    pub door: String,
    /// Name of the token, when it is one.
    pub token: Option<String>,
}

impl From<&Caller> for Me {
    fn from(caller: &Caller) -> Self {
        let token = match &caller.credential {
            Credential::Token { name, .. } => Some(name.clone()),
            Credential::Session { .. } => None,
        };
        Self {
            user: caller.user.clone(),
            role: caller.role.into(),
            door: caller.door.to_string(),
            token,
        }
    }
}

/// A tool for assistants.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Tool {
    /// Its name on the wire.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// `read`, `lifecycle` or `system`.
    pub group: String,
    /// The base tier of what it does.
    pub tier: Tier,
    /// The scope a token needs for it.
    pub scope: Scope,
    /// What it does, as a model reads it.
    pub description: String,
    /// It changes nothing.
    pub read_only: bool,
    /// It may interrupt or overwrite something.
    pub destructive: bool,
    /// Called twice with the same arguments it changes nothing more.
    pub idempotent: bool,
    /// It reaches things that Jarvis does not look after.
    pub open_world: bool,
    /// JSON Schema of its arguments.
    pub input_schema: Json<Value>,
}

impl From<&jarvis_tools::Tool> for Tool {
    fn from(tool: &jarvis_tools::Tool) -> Self {
        Self {
            name: tool.name.to_owned(),
            title: tool.title.to_owned(),
            group: tool.kind.as_str().to_owned(),
            tier: tool.tier.into(),
            scope: tool.scope.into(),
            description: tool.description.to_owned(),
            read_only: tool.hints.read_only,
            destructive: tool.hints.destructive,
            idempotent: tool.hints.idempotent,
            open_world: tool.hints.open_world,
            input_schema: Json(tool.input_schema()),
        }
    }
}

/// A user who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct User {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Whether the password works only to set another.
    pub one_time: bool,
    /// Sessions made before this are void.
    pub sessions_from: Time,
}

impl User {
    /// A user by name.
    pub fn of(name: &str, user: &KeptUser) -> Self {
        Self {
            name: name.to_owned(),
            role: user.role.into(),
            one_time: user.one_time,
            sessions_from: user.sessions_from.into(),
        }
    }
}

/// A bearer token. Its secret is not kept.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Token {
    /// Name.
    pub name: String,
    /// Role over GraphQL.
    pub role: Role,
    /// Scopes for assistants.
    pub scopes: Vec<Scope>,
    /// Who made it.
    pub by: String,
    /// When.
    pub created_at: Time,
    /// When it lapses.
    pub expires_at: Option<Time>,
}

impl Token {
    /// A token by name.
    pub fn of(name: &str, token: &KeptToken) -> Self {
        Self {
            name: name.to_owned(),
            role: token.role.into(),
            scopes: token.scopes.iter().map(|scope| (*scope).into()).collect(),
            by: token.by.clone(),
            created_at: token.created_at.into(),
            expires_at: token.expires_at.map(Time),
        }
    }
}

/// A token just made.
#[derive(Clone, SimpleObject)]
pub struct NewToken {
    /// Name.
    pub name: String,
    /// What to send as `Authorization: Bearer …`. Shown this once.
    pub secret: String,
}

/// What runs.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Version {
    /// Version of Jarvis.
    pub version: String,
    /// Sequence number of the last journal record.
    pub journal_head: Counter,
    /// The time at the server.
    pub now: Time,
}
