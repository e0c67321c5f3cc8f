//! The API: HTTP, log-in, GraphQL with subscriptions, and the plain live page, over the controller's [`Handle`].
//!
//! Knows no adapter: neither Proxmox, git nor a store engine appears here.
//!
//! | module | what |
//! | --- | --- |
//! | [`options`] | how it is set up, and when a listen address is refused |
//! | [`state`] | what all requests share |
//! | [`server`] | the routes, and serving them until told to stop |
//! | [`listen`] | connections, and how slow they may be |
//! | [`tls`] | the listener's own certificate |
//! | [`auth`] | who is asking |
//! | [`graphql`] | the schema, its limits and its doors |
//! | [`mcp`] | tools for other assistants |
//! | [`terminal`] | terminals over a WebSocket |
//! | [`outside`] | what is shown and lies in adapters |
//! | [`alerts`] | what needs a person, out of one picture |
//! | [`search`] | words that are looked for |
//! | [`web`] | pages, health, metrics, webhook, headers |
//!
//! [`Handle`]: jarvis_controller::Handle

pub mod alerts;
pub mod auth;
pub mod graphql;
pub mod listen;
pub mod mcp;
pub mod options;
pub mod outside;
pub mod search;
pub mod server;
pub mod state;
pub mod terminal;
pub mod tls;
pub mod web;

pub use auth::{
    bootstrap::{OneTimePassword, bootstrap_admin},
    oidc::{Oidc, OidcOptions, Web},
};
pub use graphql::sdl;
pub use jarvis_controller::feed;
pub use listen::Serving;
pub use options::{ApiOptions, BindError, ListenTls, Mode, Protection, SigningKey, check_bind, protection};
pub use outside::{AuditFormat, AuditTrail, ChainCheck, Messenger, Outside, Tried};
pub use server::{router, router_with, serve, serve_as};
pub use state::{ApiState, Stuck};
pub use terminal::{TerminalOptions, Terminals};
pub use tls::{Certificate, CertificateError, CertificateSource};
