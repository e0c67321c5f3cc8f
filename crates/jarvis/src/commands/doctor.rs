//! `jarvis doctor`: whether what `jarvis run` will need is there: entry points, certificates, rights, clocks, versions,
//! manifests, hosts over SSH, notifications, language models, state folder, listener. Changes nothing; every finding that is not fine says what
//! would mend it.
//!
//! | module | what |
//! | --- | --- |
//! | [`finding`] | one finding, and how all are written |
//! | [`entry`] | each entry point: reached, trusted, admitted |
//! | [`nodes`] | quorum, versions and clocks |
//! | [`rights`] | what the credential may do, and what it should |
//! | [`manifests`] | the git repository and what is declared |
//! | [`models`] | language models: reached, admitted, known, and able to call tools |
//! | [`notifications`] | the mail server, and what channels need of the config |
//! | [`ssh`] | hosts over SSH: reached, known, admitted |
//! | [`terminal`] | terminals over SSH, where they are on |
//! | [`consoles`] | consoles of guests, where they are on |
//! | [`own`] | state folder, journal, protection, listener |

mod consoles;
mod entry;
pub mod finding;
mod manifests;
mod models;
mod nodes;
mod notifications;
mod own;
pub mod rights;
mod ssh;
mod terminal;

use crate::{
    cli,
    config::Config,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
};
use finding::{Finding, Report};
use jarvis_guard::Floor;
use jarvis_model::Vmid;
use jarvis_ports::Hypervisor as _;
use jarvis_proxmox::Proxmox;
use std::collections::BTreeSet;

/// Runs the command.
pub async fn run(arguments: &cli::doctor::Doctor, environment: &Environment) -> Outcome {
    let mut report = Report::new(&arguments.config);
    match Config::load(&arguments.config, environment) {
        Ok(config) => look_at(&config, &mut report, environment).await?,
        Err(errors) => {
            for error in errors {
                report.add(Finding::fail("config", error.to_string()).fixed_by(
                    "correct the file, or let `jarvis init` write one; examples/homelab/jarvis.yaml shows every field",
                ));
            }
        }
    }
    out::print(&report.text(arguments.output));
    Ok(if report.is_well() { Exit::Ok } else { Exit::Error })
}

async fn look_at(config: &Config, report: &mut Report, environment: &Environment) -> Result<(), Failure> {
    report.cluster.clone_from(&config.cluster.name);
    for warning in &config.warnings {
        let (what, fix) = warning.split_once("; run ").unwrap_or((warning, ""));
        report.add(Finding::warn("config", what).fixed_by(fix.trim_matches('`')));
    }
    if config.warnings.is_empty() {
        report.add(Finding::ok("config", "valid, and no secret lies open"));
    }
    let reached = entry::look_at_all(config, report).await;
    let mut seen = BTreeSet::new();
    let desired = if let Some(client) = entry::client(config, &reached)? {
        nodes::look_at(&client, &reached, report).await;
        seen = guests(&client, report).await;
        let desired = manifests::look_at(config, &seen, environment, report).await;
        rights::look_at(&client, config, desired.as_ref(), nodes::major(&reached), report).await;
        consoles::look_at(&client, config, &seen, report).await;
        desired
    } else {
        manifests::look_at(config, &seen, environment, report).await
    };
    ssh::look_at(config, report).await;
    terminal::look_at(config, report).await;
    notifications::look_at(config, desired.as_ref(), environment, report).await;
    models::look_at(config, report).await;
    own::look_at(config, &seen, report);
    Ok(())
}

/// The guests the credential sees.
async fn guests(client: &Proxmox, report: &mut Report) -> BTreeSet<Vmid> {
    match client.look_cluster().await {
        Ok(look) => look.guests.iter().map(|guest| guest.vmid).collect(),
        Err(error) => {
            report.add(Finding::fail("rights", error.to_string()).fixed_by("see the findings about rights"));
            BTreeSet::new()
        }
    }
}

/// Whether the floor protects a guest.
fn is_protected(floor: &Floor, vmid: Vmid) -> bool {
    floor.guests.contains(&vmid) || floor.own_guest == Some(vmid)
}
