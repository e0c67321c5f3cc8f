//! `docker inspect|start|stop|restart|logs` for containers, where there is a docker.

use super::{Host, Job, Output, Ran};
use crate::date::iso_date;
use crate::world::service::{Keeper, Service, ServiceId, State, Verb};

const NO_DAEMON: &str =
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";

/// Runs it; a place without containers has no docker at all.
pub fn run(host: &mut Host<'_>, arguments: &[&str]) -> Ran {
    if !host
        .world
        .services_at(host.place)
        .any(|(id, _)| id.keeper == Keeper::Docker)
    {
        return Ran::Missing;
    }
    let daemon = host
        .world
        .find_service(host.place, Some(Keeper::Systemd), "docker");
    let daemon = daemon.and_then(|id| host.world.services.get(&id));
    if daemon.is_some_and(|daemon| daemon.state != State::Running) {
        return Ran::Done(Output::failed(1, NO_DAEMON));
    }
    let Some((verb, arguments)) = arguments.split_first() else {
        return Ran::Done(Output::failed(1, "Usage:  docker [OPTIONS] COMMAND\n"));
    };
    let Told { options, names } = told(arguments);
    let [name] = names.as_slice() else {
        return Ran::Done(Output::failed(
            1,
            format!("\"docker {verb}\" requires exactly 1 argument.\n"),
        ));
    };
    let Some(id) = host.world.find_service(host.place, Some(Keeper::Docker), name) else {
        return Ran::Done(missing(verb, name));
    };
    match *verb {
        "inspect" => Ran::Done(inspect(host, &id, &options)),
        "logs" => Ran::Done(logs(host, &id, &options)),
        "start" => change(host, id, Verb::Start),
        "stop" => change(host, id, Verb::Stop),
        "restart" => change(host, id, Verb::Restart),
        other => Ran::Done(Output::failed(
            1,
            format!("docker: '{other}' is not a docker command.\n"),
        )),
    }
}

/// How a start, stop or restart ended.
pub fn ended(id: &ServiceId, service: &Service, verb: Verb) -> Output {
    let name = &id.name;
    match (verb, service.state) {
        (Verb::Start | Verb::Restart, State::Failed(_)) => Output::failed(
            1,
            format!(
                "Error response from daemon: Cannot {} container {name}: driver failed programming external connectivity: \
                 address already in use\n",
                verb.word()
            ),
        ),
        _ => Output::of(format!("{name}\n")),
    }
}

fn missing(verb: &str, name: &str) -> Output {
    if verb == "inspect" {
        Output {
            code: 1,
            stdout: "\n".to_owned(),
            stderr: format!("Error: No such container: {name}\n"),
        }
    } else {
        Output::failed(
            1,
            format!("Error response from daemon: No such container: {name}\n"),
        )
    }
}

fn change(host: &mut Host<'_>, id: ServiceId, verb: Verb) -> Ran {
    host.world.ask_service(&id, verb, host.by);
    Ran::Waits(Job { id, verb })
}

struct Told<'a> {
    /// Name and value.
    options: Vec<(&'a str, &'a str)>,
    names: Vec<&'a str>,
}

fn told<'a>(arguments: &[&'a str]) -> Told<'a> {
    let (mut options, mut names) = (Vec::new(), Vec::new());
    let mut given = arguments.iter().copied();
    while let Some(word) = given.next() {
        if word == "--" {
            names.extend(given.by_ref());
        } else if let Some((name, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
            options.push((name, value));
        } else if matches!(word, "--format" | "-f" | "--type" | "--tail" | "-n" | "--time" | "-t" | "--since")
            // For logs, -t is --timestamps.
            && !(word == "-t" && arguments.contains(&"--tail"))
        {
            options.push((word, given.next().unwrap_or_default()));
        } else if word.starts_with('-') {
            options.push((word, ""));
        } else {
            names.push(word);
        }
    }
    Told { options, names }
}

fn option<'a>(options: &[(&str, &'a str)], names: &[&str]) -> Option<&'a str> {
    options
        .iter()
        .find(|(name, _)| names.contains(name))
        .map(|(_, value)| *value)
}

fn inspect(host: &Host<'_>, id: &ServiceId, options: &[(&str, &str)]) -> Output {
    let Some(service) = host.world.services.get(id) else {
        return missing("inspect", &id.name);
    };
    let (status, code) = match service.state {
        State::Running | State::Stopping { .. } => ("running", 0),
        State::Starting => ("restarting", 0),
        State::Stopped => ("exited", 0),
        State::Failed(code) => ("exited", code),
    };
    let format = option(options, &["--format", "-f"]).unwrap_or("{{json .State}}");
    let since = host.world.epoch_secs + service.since.as_secs();
    let state = format!(
        "{{\"Status\":\"{status}\",\"Running\":{},\"Paused\":false,\"Restarting\":{},\"OOMKilled\":false,\"Dead\":false,\
         \"ExitCode\":{code},\"Error\":\"\",\"StartedAt\":\"{}Z\"}}",
        status == "running",
        status == "restarting",
        iso_date(since)
    );
    // No container here has a health check.
    let filled = without_health(format)
        .replace("{{.State.Status}}", status)
        .replace("{{.State.ExitCode}}", &code.to_string())
        .replace("{{.State.Running}}", &(status == "running").to_string())
        .replace("{{.State.OOMKilled}}", "false")
        .replace("{{.RestartCount}}", "0")
        .replace("{{.Name}}", &format!("/{}", id.name))
        .replace("{{json .State}}", &state);
    if filled.contains("{{") {
        return Output::failed(64, format!("template parsing error: not simulated: {format}\n"));
    }
    Output::of(format!("{filled}\n"))
}

/// Cuts `{{if .State.Health}}...{{end}}` out.
fn without_health(format: &str) -> String {
    match (format.find("{{if .State.Health}}"), format.find("{{end}}")) {
        (Some(begin), Some(end)) if begin < end => {
            format!("{}{}", &format[..begin], &format[end + "{{end}}".len()..])
        }
        _ => format.to_owned(),
    }
}

fn logs(host: &Host<'_>, id: &ServiceId, options: &[(&str, &str)]) -> Output {
    let stamped = option(options, &["--timestamps", "-t"]).is_some();
    let tail = option(options, &["--tail", "-n"])
        .and_then(|number| number.parse().ok())
        .unwrap_or(usize::MAX);
    let mut lines: Vec<(u8, String)> = host
        .world
        .journal_after(host.place, 0)
        .filter(|entry| entry.unit.as_deref() == Some(id.name.as_str()) && entry.program != "systemd")
        .map(|entry| {
            let (secs, millis) = (entry.at.as_secs(), entry.at.as_millis() % 1000);
            let stamp = if stamped {
                format!("{}.{millis:03}000000Z ", iso_date(host.world.epoch_secs + secs))
            } else {
                String::new()
            };
            (entry.priority, format!("{stamp}{}\n", entry.text))
        })
        .collect();
    lines.drain(..lines.len().saturating_sub(tail));
    let mut output = Output::default();
    for (priority, line) in lines {
        let into = if priority <= 3 {
            &mut output.stderr
        } else {
            &mut output.stdout
        };
        into.push_str(&line);
    }
    output
}
