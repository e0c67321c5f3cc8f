//! `systemctl show|status|is-active|start|stop|restart` for units.

use std::fmt::Write as _;

use super::{Host, Job, Output, Ran};
use crate::world::place::Place;
use crate::world::service::{Keeper, Service, ServiceId, State, Verb};

/// The properties there are, in the order in which systemd prints them.
const PROPERTIES: &[&str] = &[
    "Type",
    "Restart",
    "MainPID",
    "Result",
    "NRestarts",
    "ExecMainStatus",
    "Id",
    "Description",
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
];

/// Runs it.
pub fn run(host: &mut Host<'_>, arguments: &[&str]) -> Ran {
    let mut options = Vec::new();
    let mut words = Vec::new();
    let mut given = arguments.iter().copied();
    while let Some(word) = given.next() {
        match word {
            "--" => words.extend(given.by_ref()),
            "-p" | "--property" => options.push(format!("--property={}", given.next().unwrap_or_default())),
            option if option.starts_with('-') => options.push(option.to_owned()),
            plain => words.push(plain),
        }
    }
    let Some((verb, units)) = words.split_first() else {
        return Ran::Done(Output::failed(1, "Too few arguments.\n"));
    };
    match *verb {
        "show" => Ran::Done(show(host, &options, units)),
        "status" => Ran::Done(status(host, units)),
        "is-active" => Ran::Done(is_active(host, units)),
        "start" => change(host, Verb::Start, units),
        "stop" => change(host, Verb::Stop, units),
        "restart" => change(host, Verb::Restart, units),
        other => Ran::Done(Output::failed(1, format!("Unknown command verb '{other}'.\n"))),
    }
}

/// How a start, stop or restart ended.
pub fn ended(id: &ServiceId, service: &Service, verb: Verb) -> Output {
    match (verb, service.state) {
        (Verb::Start | Verb::Restart, State::Failed(_)) => {
            let name = &id.name;
            Output::failed(
                1,
                format!(
                    "Job for {name} failed because the control process exited with error code.\nSee \"systemctl status {name}\" \
                     and \"journalctl -xeu {name}\" for details.\n"
                ),
            )
        }
        _ => Output::default(),
    }
}

fn change(host: &mut Host<'_>, verb: Verb, units: &[&str]) -> Ran {
    let [unit] = units else {
        return Ran::Done(Output::failed(1, "systemctl: one unit at a time is simulated\n"));
    };
    let Some(id) = host.world.find_service(host.place, Some(Keeper::Systemd), unit) else {
        let word = verb.word();
        let unit = with_suffix(unit);
        return Ran::Done(Output::failed(
            5,
            format!("Failed to {word} {unit}: Unit {unit} not found.\n"),
        ));
    };
    host.world.ask_service(&id, verb, host.by);
    Ran::Waits(Job { id, verb })
}

fn is_active(host: &Host<'_>, units: &[&str]) -> Output {
    let mut output = Output::default();
    for unit in units {
        let [_, active, _] = states(host, unit);
        if active != "active" {
            output.code = 3;
        }
        // Writing into a String cannot fail.
        let _ = writeln!(output.stdout, "{active}");
    }
    output
}

/// For people: what it is and what it does.
fn status(host: &Host<'_>, units: &[&str]) -> Output {
    let mut output = Output::default();
    for unit in units {
        let (name, [load, active, sub]) = (with_suffix(unit), states(host, unit));
        if load == "not-found" {
            output.code = 4;
            // Writing into a String cannot fail.
            let _ = writeln!(output.stderr, "Unit {name} could not be found.");
            continue;
        }
        if active != "active" {
            output.code = 3;
        }
        let (title, pid) = (value(host, unit, "Description"), value(host, unit, "MainPID"));
        // Writing into a String cannot fail.
        let _ = write!(
            output.stdout,
            "● {name} - {title}\n     Loaded: {load} (/lib/systemd/system/{name}; enabled)\n     Active: {active} ({sub})\n"
        );
        if pid != "0" {
            let _ = writeln!(output.stdout, "   Main PID: {pid}");
        }
    }
    output
}

fn show(host: &Host<'_>, options: &[String], units: &[&str]) -> Output {
    let wanted: Vec<&str> = options
        .iter()
        .filter_map(|option| {
            option
                .strip_prefix("--property=")
                .or_else(|| option.strip_prefix("-p"))
        })
        .flat_map(|list| list.split(','))
        .collect();
    let bare = options.iter().any(|option| option == "--value");
    let blocks: Vec<String> = units
        .iter()
        .map(|unit| {
            PROPERTIES
                .iter()
                .filter(|property| wanted.is_empty() || wanted.contains(property))
                .map(|property| {
                    let value = value(host, unit, property);
                    if bare {
                        format!("{value}\n")
                    } else {
                        format!("{property}={value}\n")
                    }
                })
                .collect()
        })
        .collect();
    Output::of(blocks.join("\n"))
}

fn value(host: &Host<'_>, unit: &str, property: &str) -> String {
    let id = host.world.find_service(host.place, Some(Keeper::Systemd), unit);
    let service = id.as_ref().and_then(|id| host.world.services.get(id));
    let [load, active, sub] = states(host, unit);
    match property {
        "Id" => with_suffix(unit),
        "Description" => service.map_or_else(|| with_suffix(unit), |service| service.title.clone()),
        "LoadState" => load.to_owned(),
        "ActiveState" => active.to_owned(),
        "SubState" => sub.to_owned(),
        "UnitFileState" if load == "loaded" => "enabled".to_owned(),
        "Type" if load == "loaded" => "simple".to_owned(),
        "MainPID" => service
            .filter(|service| service.state == State::Running)
            .map_or(0, |service| service.pid)
            .to_string(),
        "Result" => match service.map(|service| service.state) {
            Some(State::Failed(137)) => "signal".to_owned(),
            Some(State::Failed(_)) => "exit-code".to_owned(),
            _ => "success".to_owned(),
        },
        "ExecMainStatus" => match service.map(|service| service.state) {
            Some(State::Failed(137)) => "9".to_owned(),
            Some(State::Failed(code)) => code.to_string(),
            _ => "0".to_owned(),
        },
        "NRestarts" => "0".to_owned(),
        "Restart" => "no".to_owned(),
        _ => String::new(),
    }
}

/// LoadState, ActiveState, SubState. Daemons that the cluster gives a meaning to are units too.
fn states(host: &Host<'_>, unit: &str) -> [&'static str; 3] {
    if let Some(service) = host
        .world
        .find_service(host.place, Some(Keeper::Systemd), unit)
        .and_then(|id| host.world.services.get(&id))
    {
        let [active, sub] = match service.state {
            State::Running => ["active", "running"],
            State::Starting => ["activating", "start"],
            State::Stopping { .. } => ["deactivating", "stop-sigterm"],
            State::Stopped => ["inactive", "dead"],
            State::Failed(_) => ["failed", "failed"],
        };
        return ["loaded", active, sub];
    }
    let node = match host.place {
        Place::Node(name) => host.world.nodes.get(name),
        Place::Guest(_) => None,
    };
    let runs = node.and_then(|node| match with_suffix(unit).as_str() {
        "pveproxy.service" => Some(node.daemons.proxy),
        "pvedaemon.service" => Some(node.daemons.api),
        "pvestatd.service" => Some(node.daemons.status),
        "corosync.service" => Some(node.daemons.corosync),
        "pve-cluster.service" => Some(!node.no_cluster_files),
        "qmeventd.service" | "pvescheduler.service" | "pve-ha-lrm.service" | "pve-ha-crm.service" => {
            Some(true)
        }
        _ => None,
    });
    match runs {
        Some(true) => ["loaded", "active", "running"],
        Some(false) => ["loaded", "inactive", "dead"],
        None => ["not-found", "inactive", "dead"],
    }
}

fn with_suffix(unit: &str) -> String {
    if unit.contains('.') {
        unit.to_owned()
    } else {
        format!("{unit}.service")
    }
}
