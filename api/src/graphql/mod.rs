//! GraphQL: the schema over the controller's handle, its limits, and its two doors.
//!
//! | module | what |
//! | --- | --- |
//! | [`types`] | the types |
//! | [`query`] [`mutation`] [`subscription`] | the three roots |
//! | [`picture`] [`figures`] | snapshots and deltas of the cluster, figures of many guests as columns; pure |
//! | [`roles`] | who may ask for what |
//! | [`gate`] | enforces roles and counts before anything is executed |
//! | [`refused`] | puts mutations on record that came to nothing |
//! | [`errors`] [`coded`] | errors with codes, and no error without one |
//! | [`http`] | `POST /graphql` |
//! | [`socket`] [`seats`] | the WebSocket, and how many one user may have |

pub mod coded;
pub mod errors;
pub mod figures;
pub mod gate;
pub mod http;
pub mod mutation;
pub mod picture;
pub mod query;
pub mod refused;
pub mod roles;
pub mod seats;
pub mod socket;
pub mod subscription;
pub mod types;

use crate::{
    auth::{Caller, password::Hasher},
    outside::Outside,
};
use async_graphql::{Context, SDLExportOptions, Schema, SchemaBuilder, ValidationMode};
use jarvis_assistant::Assistant;
use jarvis_controller::Handle;
use jarvis_ports::Clock;
use mutation::Mutation;
use query::Query;
use std::sync::Arc;
use subscription::Subscription;
use types::Moment;

/// The schema.
pub type JarvisSchema = Schema<Query, Mutation, Subscription>;

/// Nesting of selections; what clients ask to learn the schema is 15 deep.
pub const DEPTH: usize = 16;
/// Fields, those of lists times their size.
pub const COMPLEXITY: usize = 2000;
/// Directives on one field.
pub const DIRECTIVES: usize = 5;
/// Recursion of the parser.
pub const RECURSION: usize = 32;

/// What resolvers use.
#[derive(Clone)]
pub struct Shared {
    /// The controller.
    pub handle: Handle,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// What lies in adapters.
    pub outside: Outside,
    /// Conversations.
    pub assistant: Assistant,
}

impl Shared {
    /// The latest picture, now.
    pub fn moment(&self) -> Moment {
        Moment {
            view: self.handle.view(),
            now: self.clock.now(),
        }
    }
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .limit_directives(DIRECTIVES)
        .limit_recursive_depth(RECURSION)
        .validation_mode(ValidationMode::Strict)
        .disable_suggestions()
        .extension(coded::Coded)
        .extension(gate::Gate)
        .extension(refused::Refused)
}

/// The schema over a controller.
pub fn schema(shared: Shared) -> JarvisSchema {
    builder().data(shared).finish()
}

/// The schema in GraphQL's own language, as kept in `api/schema.graphql`.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    let text = builder().finish().sdl_with_options(options);
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n"))
}

/// The shared parts, from a resolver's context.
pub(crate) fn shared<'a>(context: &Context<'a>) -> async_graphql::Result<&'a Shared> {
    context.data::<Shared>()
}

/// The caller, from a resolver's context.
pub(crate) fn caller<'a>(context: &Context<'a>) -> async_graphql::Result<&'a Caller> {
    context
        .data::<Caller>()
        .map_err(|_| errors::coded("UNAUTHENTICATED", "sign in first"))
}
