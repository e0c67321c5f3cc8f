//! Anthropic's Messages: the request, and what its stream means. Written for version 2026-10-21; 2023-06-01 differs for us in
//! nothing but the header. No sampling parameter is ever sent: the newer version refuses them all.

mod decode;
mod request;

pub(crate) use decode::Decode;
pub use request::body;

/// The version that is asked for unless configured otherwise.
pub const VERSION: &str = "2026-10-21";
/// The one before, which is still served.
pub const PREVIOUS_VERSION: &str = "2023-06-01";
