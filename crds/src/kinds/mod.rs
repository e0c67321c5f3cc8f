//! The specs of the nine kinds: plain values, one file a kind. Knows nothing of files, YAML or the cluster.

pub mod channel;
pub mod guest;
pub mod node;
pub mod policy;
pub mod runbook;
pub mod selector;
pub mod service;
pub mod target;
pub mod threshold;
pub mod window;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
