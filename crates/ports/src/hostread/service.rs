//! A systemd unit (`systemctl show`) or docker container (`docker inspect`), as up, down, changing or missing.

use super::{Output, Trouble, Unfit, absent, argv, clean, owned};
use jarvis_model::{ServiceStatus, ServiceUnit};

/// The state and, where the container has a check of its own, its verdict.
const DOCKER_FORMAT: &str = "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}";

pub(super) fn program(unit: &ServiceUnit) -> Result<Vec<String>, Unfit> {
    let name = argv::name(unit)?;
    Ok(match unit {
        ServiceUnit::Systemd(_) => owned([
            "systemctl",
            "show",
            "--property=LoadState,ActiveState,SubState",
            "--",
            name,
        ]),
        ServiceUnit::Docker(_) => owned([
            "docker",
            "inspect",
            "--type=container",
            "--format",
            DOCKER_FORMAT,
            "--",
            name,
        ]),
    })
}

pub(super) fn answer(unit: &ServiceUnit, output: Output) -> Result<ServiceStatus, Trouble> {
    match unit {
        ServiceUnit::Systemd(_) => systemd(&output),
        ServiceUnit::Docker(_) => docker(&output),
    }
}

fn systemd(output: &Output) -> Result<ServiceStatus, Trouble> {
    if !output.succeeded() {
        return Err(absent("systemctl show", output, "does the host run systemd?"));
    }
    let field = |name: &str| {
        let mut lines = output.stdout.lines().filter_map(|line| line.split_once('='));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    };
    let (Some(load), Some(active)) = (field("LoadState"), field("ActiveState")) else {
        let why = format!("no LoadState and ActiveState in {:?}", clean(&output.stdout));
        return Err(Trouble::Strange(why));
    };
    let detail = field("SubState").filter(|sub| !sub.is_empty()).unwrap_or(active);
    Ok(match active {
        "active" => ServiceStatus::Up,
        "activating" | "deactivating" | "reloading" | "refreshing" => ServiceStatus::Changing(clean(detail)),
        "inactive" if load == "not-found" => ServiceStatus::Missing,
        "inactive" if load != "loaded" => ServiceStatus::Down(clean(load)),
        // `inactive (dead)` and `failed (failed)`: the first word says more.
        other => ServiceStatus::Down(clean(other)),
    })
}

fn docker(output: &Output) -> Result<ServiceStatus, Trouble> {
    if !output.succeeded() {
        let missing = ["No such container", "No such object"];
        if missing.iter().any(|words| output.stderr.contains(words)) {
            return Ok(ServiceStatus::Missing);
        }
        let remedy = "is docker there, and may this user use it (group docker)?";
        return Err(absent("docker inspect", output, remedy));
    }
    let mut words = output.stdout.split_whitespace();
    let state = words
        .next()
        .ok_or_else(|| Trouble::Strange("`docker inspect` said nothing".to_owned()))?;
    Ok(match (state, words.next()) {
        ("running", Some("unhealthy")) => ServiceStatus::Down("unhealthy".to_owned()),
        ("running", Some("starting")) => ServiceStatus::Changing("starting".to_owned()),
        ("running", _) => ServiceStatus::Up,
        ("restarting" | "removing", _) => ServiceStatus::Changing(clean(state)),
        (other, _) => ServiceStatus::Down(clean(other)),
    })
}
