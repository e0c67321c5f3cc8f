//! What is shipped around the program: the image, the compose file, the chart, the units of systemd. Each is run, or
//! read by the tool it is for.

mod chart;
mod compose;
mod dockerfile;
mod image;
pub use image::has_bubblewrap;
mod kubernetes;
mod tools;
pub use tools::python;
mod units;

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A file of the repository.
#[track_caller]
fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A YAML file of the repository.
#[track_caller]
fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
