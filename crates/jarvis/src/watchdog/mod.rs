//! `jarvis watchdog`: on another machine than the one that carries Jarvis. It asks Jarvis how it is, and when Jarvis is
//! silent, and more than one vantage point finds its machine dead, starts or resets that machine, within narrow limits.
//!
//! | module | what |
//! | --- | --- |
//! | [`decide`] | what is done about what was seen: pure |
//! | [`rounds`] | asking, deciding, keeping, carrying out |
//! | [`looks`] | Jarvis, the network, the machine, witnesses |
//! | [`keep`] | state and log on disk |
//! | [`telling`], [`mail`] | telling people |
//! | [`config`] | `watchdog.yaml` |
//!
//! It shares no state with Jarvis and needs none of it: `/api/health` is all it knows of it. Acting goes through
//! [`jarvis_proxmox::watchdog`] and through nothing else (ADR 9).

pub mod config;
pub mod decide;
pub mod keep;
pub mod looks;
pub mod mail;
pub mod rounds;
pub mod telling;

use crate::{
    cli,
    config::ConfigError,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
    run::{listening::host_name, logging, signals::Signals, supervisor::Supervisor},
};
use config::Config;
use rounds::Rounds;
use tokio_util::sync::CancellationToken;

/// Runs the command.
pub async fn run(arguments: &cli::Watchdog, environment: &Environment) -> Outcome {
    if let Some(text) = &arguments.tell {
        return tell(arguments, text, environment).await;
    }
    let config = Config::load(&arguments.config, environment).map_err(|errors| unusable(&errors))?;
    if arguments.check {
        return check(config);
    }
    logging::begin(config.log, environment)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let mut signals = Signals::listen()?;
    let announce = format!("watching: {} (VM {})\n", config.jarvis.url, config.vmid);
    let rounds = Rounds::new(config)?;
    let supervisor = Supervisor::find(environment);
    out::print(&announce);
    let stop = CancellationToken::new();
    let running = rounds.run(&supervisor, &stop);
    tokio::pin!(running);
    tokio::select! {
        () = &mut running => return Err(Failure::error("the watchdog ended by itself; start it again")),
        name = signals.next() => tracing::info!(signal = name, "asked to stop"),
    }
    stop.cancel();
    running.await;
    Ok(Exit::Ok)
}

/// `--check`: everything that can be told without opening a connection.
fn check(config: Config) -> Outcome {
    let looks = looks::Looks::new(&config)?;
    for warning in config.warnings.iter().chain(&looks.warnings()) {
        out::note(&format!("warning: {warning}"));
    }
    out::print(&format!(
        "valid: watches {} every {} s and acts on VM {} after {} misses\n",
        config.jarvis.url,
        config.every.as_secs(),
        config.vmid,
        config.misses
    ));
    Ok(Exit::Ok)
}

/// `--tell`: one mail, for units that have failed and for trying the mail out.
async fn tell(arguments: &cli::Watchdog, text: &str, environment: &Environment) -> Outcome {
    let post = Config::load_mail(&arguments.config, environment).map_err(|errors| unusable(&errors))?;
    let host = host_name().unwrap_or_else(|| "a machine without a name".to_owned());
    let subject = format!("[jarvis] {text}");
    mail::mail(&post, &subject, &format!("{text}\n\nby {host}\n"))
        .await
        .map_err(|why| {
            Failure::error(format!(
                "the mail was not sent: {why}; correct `mail` of the config"
            ))
        })?;
    out::print("sent");
    Ok(Exit::Ok)
}

fn unusable(errors: &[ConfigError]) -> Failure {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Failure::error(format!("cannot use the config file:\n{}", lines.join("\n")))
}
