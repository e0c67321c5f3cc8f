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
mod sensors;
mod systemctl;

pub use journalctl::Follow;

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
    let argv: Vec<&str> = without_wrapper(argv.iter().map(String::as_str).collect());
    let Some((program, arguments)) = argv.split_first() else {
        return Ran::Done(Output::default());
    };
    let mut host = Host { world, place, by };
    let name = program.rsplit('/').next().unwrap_or_default();
    match name {
        "true" | ":" => Ran::Done(Output::default()),
        "false" => Ran::Done(Output::failed(1, "")),
        "echo" => Ran::Done(Output::of(format!("{}\n", arguments.join(" ")))),
        "df" => Ran::Done(files::df(&host)),
        "apt-get" if arguments == ["clean"] => Ran::Done(Output::default()),
        "cat" => Ran::Done(files::cat(&host, arguments)),
        "hostname" | "nproc" | "uptime" | "uname" => Ran::Done(files::about_machine(&host, name)),
        "sensors" => sensors::run(&host, arguments),
        "ip" => Ran::Done(network::ip(&host, arguments)),
        "perl" => Ran::Done(network::perl(&mut host, arguments)),
        "systemctl" => systemctl::run(&mut host, arguments),
        "docker" => docker::run(&mut host, arguments),
        "journalctl" => journalctl::run(&host, arguments),
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

/// `sudo -n -- systemctl ...` runs systemctl; so do `env LC_ALL=C`, `timeout 10` and their like.
fn without_wrapper(mut argv: Vec<&str>) -> Vec<&str> {
    while let Some(first) = argv.first().copied() {
        let skipped = match first.rsplit('/').next().unwrap_or_default() {
            "sudo" | "nice" => 1,
            "env" => 1 + argv.iter().skip(1).take_while(|word| word.contains('=')).count(),
            "timeout" => 2,
            word if word.contains('=') && argv.len() > 1 => 1,
            _ => break,
        };
        argv.drain(..skipped.min(argv.len()));
        while argv.first().is_some_and(|word| word.starts_with('-')) {
            argv.remove(0);
        }
    }
    argv
}
