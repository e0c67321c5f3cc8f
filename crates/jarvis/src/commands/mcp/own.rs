//! An instance of its own that looks and does nothing, for an assistant on a machine where no Jarvis runs. It keeps its
//! records in memory, touches no state folder, stands at the lowest autonomy and is frozen for everybody.

use crate::{
    config::Config,
    environment::Environment,
    exit::{Failure, Outcome},
    run,
};
use jarvis_api::mcp::McpServer;
use jarvis_controller::{Handle, Person};
use jarvis_model::{Autonomy, Door, FreezeScope, Role, Scope};
use jarvis_ports::{Clock, SystemClock};
use jarvis_store::{MemoryJournal, MemoryStore};
use jarvis_tools::{Caller, Desk, Registry};
use std::{path::Path, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Looks at the cluster of this config file until the assistant closes its end.
pub async fn run(file: &Path, environment: &Environment) -> Outcome {
    let config = Config::load(file, environment).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::error(format!("cannot use the config file:\n{}", lines.join("\n")))
    })?;
    run::logging::begin(config.log, environment)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (service, handle) = run::looking(
        &config,
        floor(&config),
        Arc::new(MemoryJournal::new()),
        Arc::new(MemoryStore::new()),
        &clock,
    )?;
    let stop = CancellationToken::new();
    let looking = tokio::spawn(service.run(stop.clone()));
    freeze(&handle).await?;
    let tools = Registry::new(Desk { handle, clock });
    let outcome = super::serve(McpServer::of(tools, Caller::token("stdio", vec![Scope::Read]))).await;
    stop.cancel();
    drop(looking.await);
    outcome
}

/// The floor of the config, with nothing allowed alone.
fn floor(config: &Config) -> jarvis_guard::Floor {
    jarvis_guard::Floor {
        autonomy: Autonomy::L0,
        ceiling: Autonomy::L0,
        ..config.floor.clone()
    }
}

async fn freeze(handle: &Handle) -> Result<(), Failure> {
    let by = Person {
        user: "jarvis mcp --config".to_owned(),
        role: Role::Admin,
        door: Door::Cli,
    };
    let reason = "this instance only looks".to_owned();
    let frozen = handle.freeze(FreezeScope::All, reason, None, by).await;
    frozen.map_err(|error| {
        Failure::error(format!(
            "cannot freeze an instance that should only look: {error}"
        ))
    })
}
