//! `jarvis simulate`: the simulated Proxmox cluster alone, until interrupted.

use crate::{
    cli::{Scenario as Wanted, Simulate},
    exit::{Exit, Failure, Outcome},
    out,
    run::signals::Signals,
    text::add,
};
use jarvis_simulator::{Options, Scenario, Simulator, Tls};
use std::fs;

/// The scenario that was asked for.
pub fn scenario(wanted: &Wanted) -> Scenario {
    match (wanted.nodes, wanted.guests) {
        (None, None) => Scenario::homelab(),
        (nodes, guests) => Scenario::generated(nodes.unwrap_or(4), guests.unwrap_or(30)),
    }
}

/// Runs the command.
pub async fn run(arguments: &Simulate) -> Outcome {
    let mut signals = Signals::listen()?;
    let ports = match arguments.first_port {
        0 => Vec::new(),
        first => (first..=u16::MAX).take(32).collect(),
    };
    let simulator = Simulator::start(Options {
        scenario: scenario(&arguments.scenario),
        seed: arguments.scenario.seed,
        time_factor: arguments.time_factor,
        tls: if arguments.plain { Tls::Off } else { Tls::Generated },
        ports,
        bind: arguments.bind,
        ..Options::default()
    })
    .await
    .map_err(|error| Failure::error(format!("cannot start the simulated cluster: {error}")))?;
    if let Some(path) = &arguments.ca_file {
        fs::write(path, simulator.ca_pem()).map_err(|error| {
            Failure::error(format!(
                "cannot write the authority to {}: {error}; check the path",
                path.display()
            ))
        })?;
    }
    out::print(&banner(&simulator));
    signals.next().await;
    simulator.stop().await;
    Ok(Exit::Ok)
}

fn banner(simulator: &Simulator) -> String {
    let mut text = "simulated cluster, until Ctrl-C\n".to_owned();
    for (node, url) in simulator.endpoints() {
        let pin = simulator
            .fingerprint(node)
            .filter(|_| url.starts_with("https"))
            .map(|pin| format!("  {pin}"))
            .unwrap_or_default();
        add!(text, "  {node:<10} {url}{pin}\n");
    }
    let tokens = simulator.tokens();
    for (what, token) in [
        ("everything", &tokens.full),
        ("reads", &tokens.read),
        ("acts on guests", &tokens.act),
        ("switches nodes", &tokens.power),
    ] {
        add!(text, "  {what:<15} {}={}\n", token.id, token.secret);
    }
    add!(
        text,
        "  JARVIS_CHAOS_URL={} JARVIS_CHAOS_SECRET={}\n",
        simulator.control_url(),
        simulator.control_secret()
    );
    text
}
