//! Log lines go to standard error, as text or as JSON, filtered by level.

use crate::{
    config::{Log, LogFormat},
    environment::Environment,
    exit::Failure,
};
use tracing_subscriber::{EnvFilter, fmt};

/// Libraries that say much at `info`.
const QUIET: &str =
    "hyper=warn,hyper_util=warn,h2=warn,reqwest=warn,rustls=warn,sled=warn,async_graphql=warn";

/// Begins logging. `JARVIS_LOG` replaces the level, in the form `jarvis=debug,jarvis_proxmox=trace`.
pub fn begin(log: Log, environment: &Environment) -> Result<(), Failure> {
    let wanted = environment
        .get("JARVIS_LOG")
        .map_or_else(|| format!("{},{QUIET}", log.level.as_str()), str::to_owned);
    let filter = EnvFilter::try_new(&wanted).map_err(|error| {
        Failure::error(format!(
            "cannot use JARVIS_LOG={wanted:?}: {error}; write it as info or jarvis=debug"
        ))
    })?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = match log.format {
        LogFormat::Text => builder.with_ansi(crate::out::is_interactive()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    begun.map_err(|error| Failure::error(format!("cannot begin logging: {error}")))
}
