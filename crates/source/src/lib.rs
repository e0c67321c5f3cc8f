//! The manifest source: one branch of a git repository, read with the git program.
//!
//! A bare mirror in the state folder is fetched into; files are then read from its object database. There is never a
//! work tree, so no symlink is followed, no hook or filter runs, and no submodule is entered. Changes are committed in the
//! same mirror, by an index of their own, and pushed: nobody's checkout is touched.
//! Knows nothing of what a manifest says, of when to look again (the controller polls), or of who may change what.

mod branch;
mod explain;
mod mirror;
mod objects;
mod options;
mod program;
mod push;
mod remote;
mod settings;
mod source;

pub use options::{HttpsOptions, HttpsToken, Limits, Options, SshOptions};
pub use remote::Remote;
pub use source::GitSource;
