//! `jarvis chaos`: faults for the demo's simulated cluster, over its control endpoint.

use crate::{
    cli::chaos::{Chaos, Fault, Switch},
    client,
    context::{ChaosContext, Context},
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
};
use reqwest::Url;
use serde_json::{Value, json};

/// Runs the command.
pub async fn run(arguments: &Chaos, environment: &Environment) -> Outcome {
    let fault = match &arguments.fault {
        Fault::Reset => None,
        other => Some(body(other)?),
    };
    let at = endpoint(environment)?;
    let base = Url::parse(&at.url)
        .map_err(|error| Failure::error(format!("cannot use the control endpoint {}: {error}", at.url)))?;
    let path = if fault.is_some() {
        "control/faults"
    } else {
        "control/reset"
    };
    let url = base
        .join(path)
        .map_err(|error| Failure::error(error.to_string()))?;
    let sent = client::http(client::Trust::System)?
        .post(url)
        .bearer_auth(at.secret.as_str())
        .json(&fault)
        .send()
        .await;
    let response = sent.map_err(|error| {
        let why = if error.is_connect() {
            "it does not run any more"
        } else {
            "it does not answer"
        };
        Failure::error(format!(
            "cannot reach the simulated cluster at {}: {why}; start it with `jarvis demo`",
            at.url
        ))
    })?;
    let status = response.status();
    let answer: Value = response.json().await.unwrap_or_default();
    if status.is_success() {
        out::print(&fault.map_or_else(
            || "the scenario begins again".to_owned(),
            |fault| format!("done: {fault}"),
        ));
        return Ok(Exit::Ok);
    }
    let why = answer["error"]
        .as_str()
        .map_or_else(|| format!("it answered {status}"), str::to_owned);
    Err(Failure::error(format!("the simulated cluster refuses: {why}")))
}

/// `JARVIS_CHAOS_URL` and `JARVIS_CHAOS_SECRET` (for `jarvis simulate`), else what the demo wrote.
fn endpoint(environment: &Environment) -> Result<ChaosContext, Failure> {
    if let (Some(url), Some(secret)) = (
        environment.get("JARVIS_CHAOS_URL"),
        environment.get("JARVIS_CHAOS_SECRET"),
    ) {
        return Ok(ChaosContext {
            url: url.to_owned(),
            secret: secret.to_owned().into(),
        });
    }
    Context::find(environment).and_then(|context| context.chaos).ok_or_else(|| {
        Failure::error(
            "there is no simulated cluster to break: start one with `jarvis demo`, or set JARVIS_CHAOS_URL and \
             JARVIS_CHAOS_SECRET as `jarvis simulate` prints them",
        )
    })
}

/// The fault as the control endpoint spells it.
fn body(fault: &Fault) -> Result<Value, Failure> {
    let on = |switch: &Switch| *switch == Switch::On;
    Ok(match fault {
        Fault::Crash { vmid } => json!({ "fault": "crash-guest", "vmid": vmid }),
        Fault::Poweroff { vmid } => json!({ "fault": "power-off-inside", "vmid": vmid }),
        Fault::UserStop { vmid, user } => json!({ "fault": "user-stop", "vmid": vmid, "user": user }),
        Fault::UserStart { vmid, user } => json!({ "fault": "user-start", "vmid": vmid, "user": user }),
        Fault::Migrate { vmid, node } => json!({ "fault": "user-migrate", "vmid": vmid, "target": node }),
        Fault::NodeDown { node } => json!({ "fault": "power-loss", "node": node }),
        Fault::NodeUp { node } => json!({ "fault": "power-on", "node": node }),
        Fault::FreezeNode { node } => json!({ "fault": "freeze", "node": node }),
        Fault::ThawNode { node } => json!({ "fault": "thaw", "node": node }),
        Fault::LoseQuorum { keep } => json!({ "fault": "lose-quorum", "keep": keep }),
        Fault::RestorePower => json!({ "fault": "restore-power" }),
        Fault::IgnoreWake { node, switch } => {
            json!({ "fault": "ignores-wake", "node": node, "on": on(switch) })
        }
        Fault::FailService { host, unit, forever } => {
            let mut fault = of_service("fail-service", host, unit);
            fault["forever"] = json!(forever);
            fault
        }
        Fault::RestoreService { host, unit } => of_service("restore-service", host, unit),
        Fault::Heat { node, celsius } => json!({ "fault": "heat", "node": node, "celsius": celsius }),
        Fault::Cool { node } => json!({ "fault": "cool", "node": node }),
        Fault::FillDisk { storage, percent } => {
            json!({ "fault": "fill-storage", "storage": storage, "percent": percent })
        }
        Fault::Lock { vmid, lock } => json!({ "fault": "lock", "vmid": vmid, "lock": lock }),
        Fault::Unlock { vmid } => json!({ "fault": "unlock", "vmid": vmid }),
        Fault::FailStart { vmid, switch } => {
            json!({ "fault": "fails-to-start", "vmid": vmid, "on": on(switch) })
        }
        Fault::IgnoreShutdown { vmid, switch } => {
            json!({ "fault": "ignores-acpi", "vmid": vmid, "on": on(switch) })
        }
        Fault::ReuseVmid { vmid, name } => json!({ "fault": "reuse-vmid", "vmid": vmid, "name": name }),
        Fault::Json { fault } => serde_json::from_str(fault).map_err(|error| {
            Failure::error(format!(
                "cannot use {fault:?} as a fault: it is not JSON: {error}"
            ))
        })?,
        Fault::Reset => Value::Null,
    })
}

/// A host that is a number is a guest.
fn of_service(fault: &str, host: &str, unit: &str) -> Value {
    match host.parse::<u32>() {
        Ok(vmid) => json!({ "fault": fault, "vmid": vmid, "service": unit }),
        Err(_) => json!({ "fault": fault, "node": host, "service": unit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;
    use jarvis_simulator::Fault as Known;

    #[test]
    fn every_fault_is_one_the_simulator_knows() {
        for line in [
            "crash 101",
            "poweroff 101",
            "user-stop 101",
            "user-start 105",
            "migrate 107 forge",
            "node-down forge",
            "node-up forge",
            "drop-node forge",
            "restore-node forge",
            "ignore-wake forge",
            "fail-service atlas chrony.service",
            "kill-service home node-exporter --forever",
            "fail-service 101 nginx.service",
            "restore-service atlas chrony.service",
            "heat forge",
            "heat forge --celsius 85",
            "cool forge",
            "freeze-node home",
            "thaw-node home",
            "lose-quorum",
            "lose-quorum --keep atlas",
            "restore-power",
            "fill-disk home-nvme 97",
            "lock 107",
            "unlock 107",
            "fail-start 101",
            "fail-start 101 off",
            "ignore-shutdown 105",
            "reuse-vmid 105 --name stranger",
            "json {\"fault\":\"heal\"}",
        ] {
            let words = ["jarvis", "chaos"].into_iter().chain(line.split(' '));
            let Command::Chaos(chaos) = Cli::try_parse_from(words).unwrap().command else {
                panic!("{line}")
            };
            let body = body(&chaos.fault).unwrap();
            serde_json::from_value::<Known>(body.clone())
                .unwrap_or_else(|error| panic!("{line}: {body}: {error}"));
        }
    }
}
