//! Single values as people write them. Knows nothing of manifests.

pub mod duration;
pub mod level;
pub mod mac;
