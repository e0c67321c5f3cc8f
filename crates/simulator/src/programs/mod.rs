//! The programs of a simulated machine, as a function of the world: what `systemctl`, `docker`, `sensors`, `journalctl`
//! and others print there, and what they change.
//!
//! Knows nothing of how a command got here. Programs print what the originals print, in their words, as far as a client
//! that reads states, logs and figures can tell; what they cannot do is an error of theirs, never silence.

mod docker;
mod files;
mod journalctl;
pub mod line;
mod network;
mod pve;
mod sensors;
mod systemctl;
mod top;

pub use journalctl::Follow;
pub use top::picture as top;

use crate::world::World;
use crate::world::place::Place;
use crate::world::service::ServiceId;

/// What a program left behind.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Output {
    /// Exit code.
    pub code: u8,
    /// What it wrote.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Output {
    /// It ended well.
    pub fn of(stdout: impl Into<String>) -> Self {
        Self {
            stdout: stdout.into(),
            ..Self::default()
        }
    }

    /// It did not.
    pub fn failed(code: u8, stderr: impl Into<String>) -> Self {
        Self {
            code,
            stdout: String::new(),
            stderr: stderr.into(),
        }
    }
}

/// How far a program got at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It is over.
    Done(Output),
    /// It waits for a service; ask again with [`settled`].
    Waits(Job),
    /// It prints what comes until it is ended.
    Follows(Follow),
    /// There is no such program.
    Missing,
}

/// What a program waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    id: ServiceId,
    verb: crate::world::service::Verb,
}

/// Where a program runs, and for whom.
pub(crate) struct Host<'a> {
    pub world: &'a mut World,
    pub place: &'a Place,
    pub by: &'a str,
}

/// Runs an argument vector at a place for somebody. `argv` is not empty.
pub fn run(world: &mut World, place: &Place, argv: &[String], by: &str) -> Ran {
    let (argv, wrapper) = unwrapped(argv.iter().map(String::as_str).collect());
    let Some((program, arguments)) = argv.split_first() else {
        return Ran::Done(Output::default());
    };
    let mut host = Host { world, place, by };
    let name = program.rsplit('/').next().unwrap_or_default();
    match (named(&mut host, name, arguments), wrapper) {
        (Ran::Missing, Some(wrapper)) => Ran::Done(not_found(wrapper, program)),
        (ran, _) => ran,
    }
}

fn named(host: &mut Host<'_>, name: &str, arguments: &[&str]) -> Ran {
    match name {
        "true" | ":" => Ran::Done(Output::default()),
        "false" => Ran::Done(Output::failed(1, "")),
        "echo" => Ran::Done(Output::of(format!("{}\n", arguments.join(" ")))),
        "df" => Ran::Done(files::df(host)),
        "apt-get" if arguments == ["clean"] => Ran::Done(Output::default()),
        "cat" => Ran::Done(files::cat(host, arguments)),
        "hostname" | "nproc" | "uptime" | "uname" => Ran::Done(files::about_machine(host, name)),
        "sensors" => sensors::run(host, arguments),
        "ip" => Ran::Done(network::ip(host, arguments)),
        "perl" => Ran::Done(network::perl(host, arguments)),
        "systemctl" => systemctl::run(host, arguments),
        "pvecm" => Ran::Done(pve::pvecm(host, arguments)),
        "qm" => Ran::Done(pve::qm(host, arguments)),
        "pct" => Ran::Done(pve::pct(host, arguments)),
        "docker" => docker::run(host, arguments),
        "journalctl" => journalctl::run(host, arguments),
        _ => Ran::Missing,
    }
}

/// The end of a program that waited, once what it waited for is over.
pub fn settled(world: &World, job: &Job) -> Option<Output> {
    let service = world.services.get(&job.id)?;
    if !service.is_settled() {
        return None;
    }
    Some(match job.id.keeper {
        crate::world::service::Keeper::Systemd => systemctl::ended(&job.id, service, job.verb),
        crate::world::service::Keeper::Docker => docker::ended(&job.id, service, job.verb),
    })
}

/// `sudo -n -- systemctl ...` runs systemctl; so do `env LC_ALL=C`, `timeout -k 2 10` and their like. The last of these
/// is told too, for it is the one that complains when there is no such program.
fn unwrapped(mut argv: Vec<&str>) -> (Vec<&str>, Option<&str>) {
    let mut last = None;
    while let Some(first) = argv.first().copied() {
        let wrapper = first.rsplit('/').next().unwrap_or_default();
        let with_value: &[&str] = match wrapper {
            "sudo" => &["-u", "-g"],
            "nice" => &["-n"],
            "timeout" => &["-k", "-s"],
            "env" => &[],
            word if word.contains('=') && argv.len() > 1 => {
                argv.remove(0);
                continue;
            }
            _ => break,
        };
        last = Some(wrapper);
        argv.remove(0);
        while let Some(option) = argv.first().copied().filter(|word| word.starts_with('-')) {
            argv.remove(0);
            if with_value.contains(&option) && !argv.is_empty() {
                argv.remove(0);
            }
        }
        if wrapper == "timeout" && !argv.is_empty() {
            argv.remove(0);
        }
    }
    (argv, last)
}

/// What a program that should have started another one says when there is none.
fn not_found(wrapper: &str, program: &str) -> Output {
    match wrapper {
        "sudo" => Output::failed(1, format!("sudo: {program}: command not found\n")),
        "timeout" => Output::failed(
            127,
            format!("timeout: failed to run command '{program}': No such file or directory\n"),
        ),
        other => Output::failed(127, format!("{other}: '{program}': No such file or directory\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn ran(place: &Place, line: &str) -> Ran {
        let mut world = Scenario::homelab().build(1);
        run(&mut world, place, &line::words(line).unwrap(), "test")
    }

    fn output(place: &Place, line: &str) -> Output {
        match ran(place, line) {
            Ran::Done(output) => output,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn wrappers_run_what_follows() {
        let atlas = Place::node("atlas");
        for line in [
            "hostname",
            "/bin/hostname",
            "sudo -n -- hostname",
            "sudo -u root hostname",
            "env LC_ALL=C hostname",
            "LC_ALL=C hostname",
            "timeout 10 hostname",
            "timeout -k 2 10 hostname",
            "timeout --kill-after=2 10 sudo -n nice -n 5 hostname",
        ] {
            assert_eq!(output(&atlas, line), Output::of("atlas\n"), "{line}");
        }
    }

    #[test]
    fn whoever_finds_no_program_says_so() {
        let guest = Place::Guest(101);
        assert_eq!(ran(&guest, "sensors -j"), Ran::Missing);
        let timed = output(&guest, "timeout -k 2 10 sensors -j");
        assert_eq!(
            (timed.code, timed.stderr.as_str()),
            (
                127,
                "timeout: failed to run command 'sensors': No such file or directory\n"
            )
        );
        assert_eq!(output(&guest, "sudo -n frobnicate").code, 1);
        assert_eq!(output(&guest, "sudo -n").code, 0);
    }

    #[test]
    fn what_proxmox_prints_is_of_the_world() {
        let atlas = Place::node("atlas");
        let status = output(&atlas, "pvecm status").stdout;
        assert!(
            status.contains("Quorate:          Yes") && status.contains("atlas (local)"),
            "{status}"
        );
        let mut world = Scenario::homelab().build(1);
        let mine: Vec<String> = world
            .guests
            .values()
            .filter(|guest| guest.node == "atlas")
            .map(|guest| guest.name.clone())
            .collect();
        let listed = output(&atlas, "qm list").stdout + &output(&atlas, "pct list").stdout;
        assert!(
            !mine.is_empty() && mine.iter().all(|name| listed.contains(name)),
            "{listed}"
        );
        assert_eq!(listed.lines().count(), mine.len() + 2);
        assert_eq!(output(&Place::Guest(101), "qm list").code, 127);
        let status = output(&atlas, "systemctl status pveproxy").stdout;
        assert!(status.contains("Active: active (running)"), "{status}");
        assert_eq!(output(&atlas, "systemctl status nothing").code, 4);
        let argv = ["top".to_owned()];
        assert_eq!(
            run(&mut world, &atlas, &argv, "test"),
            Ran::Missing,
            "top needs a terminal"
        );
        let picture = top(&world, &atlas, 40, 9);
        assert!(
            picture.len() == 9 && picture.iter().all(|line| line.chars().count() <= 40),
            "{picture:?}"
        );
    }

    #[test]
    fn properties_come_in_the_order_of_systemd() {
        let atlas = Place::node("atlas");
        let shown = output(
            &atlas,
            "systemctl show -p SubState,ActiveState --value -- pveproxy.service nothing",
        );
        assert_eq!(shown.stdout, "active\nrunning\n\ninactive\ndead\n");
        let missing = output(&atlas, "systemctl show --property=LoadState nothing");
        assert_eq!(missing.stdout, "LoadState=not-found\n");
    }
}
