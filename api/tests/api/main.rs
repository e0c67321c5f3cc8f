//! The API from outside: real sockets on loopback, a controller without a loop behind it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod access;
mod cross_site;
mod events;
mod feed;
mod hostile;
mod log_in;
mod mcp;
mod mutations;
mod npm;
mod oidc;
mod outside;
mod pages;
mod plans;
mod proposals;
mod queries;
mod reads;
mod roles;
mod schema;
mod socket;
mod support;
mod tls;
mod updates;
