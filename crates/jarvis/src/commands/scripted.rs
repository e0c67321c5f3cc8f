//! Language models that play a part, for `simulate`: what they say stands in a file, and nothing is thought.

use crate::exit::Failure;
use jarvis_simulator::models::{ModelServer, Script};
use std::{fs, path::Path};

/// Starts the servers of a script's models; none without a script.
pub async fn start(script: Option<&Path>) -> Result<Vec<ModelServer>, Failure> {
    let Some(path) = script else {
        return Ok(Vec::new());
    };
    let wrong = |problem: String| {
        Failure::error(format!(
            "cannot play the models of {}: {problem}; docs/MODELS.md shows the form of the file",
            path.display()
        ))
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let script: Script = serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    script
        .start()
        .await
        .map_err(|error| wrong(format!("a server does not start: {error}")))
}
