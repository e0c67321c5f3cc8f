//! `jarvis healthcheck`: one request, exit code 0 or 1. Needs no token.

use crate::{
    cli::{Connection, Healthcheck},
    client,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
};

/// Runs the command.
pub async fn run(arguments: &Healthcheck, connection: &Connection, environment: &Environment) -> Outcome {
    let base = client::base_url(connection, environment)?;
    let path = if arguments.ready { "readyz" } else { "livez" };
    let url = base
        .join(path)
        .map_err(|error| Failure::error(error.to_string()))?;
    let response = client::http(client::Trust::find(connection, environment, &base)?)?
        .get(url)
        .send()
        .await
        .map_err(|error| client::unreachable(&base, &error))?;
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    if status.is_success() {
        out::print(text.trim());
        return Ok(Exit::Ok);
    }
    Err(Failure::error(format!(
        "Jarvis at {base} is not {}: {status}: {}",
        if arguments.ready { "ready" } else { "alive" },
        text.trim()
    )))
}
