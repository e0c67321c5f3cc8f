//! The few files there are (`/proc`, `/sys/class/net`), and programs that tell about the machine.

use std::fmt::Write as _;
use std::time::Duration;

use super::{Host, Output};
use crate::world::place::{Machine, Place};

/// `cat FILE...`: what there is, and a complaint about the rest.
pub fn cat(host: &Host<'_>, arguments: &[&str]) -> Output {
    let mut output = Output::default();
    for path in arguments.iter().filter(|argument| **argument != "--") {
        if let Some(text) = contents(host, path) {
            output.stdout.push_str(&text);
        } else {
            output.code = 1;
            // Writing into a String cannot fail.
            let _ = writeln!(output.stderr, "cat: {path}: No such file or directory");
        }
    }
    output
}

/// `hostname`, `nproc`, `uptime`, `uname`.
pub fn about_machine(host: &Host<'_>, program: &str) -> Output {
    let Some(machine) = host.world.machine(host.place) else {
        return Output::failed(1, "");
    };
    Output::of(match program {
        "hostname" => format!("{}\n", machine.name),
        "nproc" => format!("{}\n", machine.cpus),
        "uname" => "Linux\n".to_owned(),
        _ => {
            let whole = crate::world::figures::to_whole(machine.uptime_secs);
            let [one, five, fifteen] = loads(host, &machine);
            format!(
                " up {} min,  0 users,  load average: {one:.2}, {five:.2}, {fifteen:.2}\n",
                whole / 60
            )
        }
    })
}

/// `df`: the one file system there is.
pub fn df(host: &Host<'_>) -> Output {
    let (total, used) = match host.place {
        Place::Node(name) => host.world.nodes.get(name).map_or((0, 0), |node| {
            (node.disk_bytes, host.world.node_sample(name).disk_bytes)
        }),
        Place::Guest(vmid) => host
            .world
            .guests
            .get(vmid)
            .map_or((0, 0), |guest| (guest.disk_bytes, guest.disk_bytes / 10 * 4)),
    };
    let gib = |bytes: u64| bytes >> 30;
    let part = used.saturating_mul(100).div_ceil(total.max(1));
    Output::of(format!(
        "Filesystem            Size  Used Avail Use% Mounted on\n/dev/mapper/pve-root  {:>3}G  {:>3}G  {:>3}G {part:>3}% /\n",
        gib(total),
        gib(used),
        gib(total - used)
    ))
}

fn loads(host: &Host<'_>, machine: &Machine) -> [f64; 3] {
    [1, 5, 15].map(|minutes| {
        let load = host.world.load(host.place, Duration::from_mins(minutes));
        load * f64::from(machine.cpus)
    })
}

fn contents(host: &Host<'_>, path: &str) -> Option<String> {
    let machine = host.world.machine(host.place)?;
    let pressure = |index: usize| {
        let [ten, sixty, three_hundred] = host.world.pressure(host.place)[index];
        let row = |word: &str, part: f64| {
            let total = crate::world::figures::to_whole(part * machine.uptime_secs * 100.0);
            format!(
                "{word} avg10={:.2} avg60={:.2} avg300={:.2} total={total}\n",
                ten * part,
                sixty * part,
                three_hundred * part
            )
        };
        // A processor always works for somebody.
        let full = if index == 0 { 0.0 } else { 0.7 };
        Some(row("some", 1.0) + &row("full", full))
    };
    match path {
        "/proc/loadavg" => {
            let [one, five, fifteen] = loads(host, &machine);
            Some(format!("{one:.2} {five:.2} {fifteen:.2} 1/812 40213\n"))
        }
        "/proc/uptime" => {
            let idle = machine.uptime_secs * f64::from(machine.cpus) * 0.7;
            Some(format!("{:.2} {idle:.2}\n", machine.uptime_secs))
        }
        "/proc/pressure/cpu" => pressure(0),
        "/proc/pressure/io" => pressure(1),
        "/proc/pressure/memory" => pressure(2),
        "/etc/hostname" => Some(format!("{}\n", machine.name)),
        _ => {
            let device = path.strip_prefix("/sys/class/net/")?.strip_suffix("/address")?;
            (device == machine.device).then(|| format!("{}\n", machine.mac))
        }
    }
}
