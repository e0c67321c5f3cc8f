//! What is run on a host for each [`HostRead`], and what its output says. Functions of values, shared by everything that
//! can run a program there: SSH and the guest agent.
//!
//! Every program is an argument vector, fixed but for the name of a unit or container and a number of lines. Knows no
//! connection.

mod argv;
mod figures;
mod log;
mod mac;
mod service;

pub use argv::{LONGEST_ARGUMENT, MOST_ARGUMENTS, Unfit, fit, request};
pub use log::clean;

use crate::{HostAnswer, HostRead, LookError};
use std::time::Duration;

/// What a program left behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// Its exit code; none when a signal ended it.
    pub exit: Option<i32>,
    /// What it wrote.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
    /// Whether either was longer and is cut.
    pub cut: bool,
}

impl Output {
    /// Whether it ended well.
    pub fn succeeded(&self) -> bool {
        self.exit == Some(0)
    }

    /// How it ended, with the end of what it said: `exit code 1: no such unit`.
    pub fn told(&self) -> String {
        let said = [&self.stderr, &self.stdout];
        let said = said.into_iter().find(|text| !text.trim().is_empty());
        let said = said.map_or_else(String::new, |text| {
            let lines: Vec<String> = text.lines().map(clean).filter(|line| !line.is_empty()).collect();
            format!(": {}", lines[lines.len().saturating_sub(5)..].join(" / "))
        });
        let cut = if self.cut { " (its output was cut)" } else { "" };
        match self.exit {
            Some(TOO_LONG) => format!("it did not end in time and was ended{said}{cut}"),
            Some(code) => format!("exit code {code}{said}{cut}"),
            None => format!("ended by a signal{said}{cut}"),
        }
    }
}

/// The exit code of `timeout` for a program that took too long.
const TOO_LONG: i32 = 124;

/// The programs of a read; none needs what another one says. Each is put under `timeout` (coreutils, busybox), so that one
/// that hangs ends on its host after `within` whether or not anybody still waits for it.
pub fn programs(read: &HostRead, within: Duration) -> Result<Vec<Vec<String>>, Unfit> {
    let programs = match read {
        HostRead::Figures => figures::programs(),
        HostRead::Service(unit) => vec![service::program(unit)?],
        HostRead::Log { unit, lines } => vec![log::program(unit.as_ref(), *lines)?],
        HostRead::Mac => mac::programs(),
    };
    let secs = within.as_secs().max(1).to_string();
    let limited = programs.into_iter().map(|argv| {
        let mut limited = owned(["timeout", "-k", "2", &secs]);
        limited.extend(argv);
        limited
    });
    let limited: Vec<_> = limited.collect();
    limited.iter().try_for_each(|argv| fit(argv))?;
    Ok(limited)
}

/// What the outputs of [`programs`], in their order, say. `what` and `whom` are for the error.
pub fn answer(read: &HostRead, outputs: &[Output], what: &str, whom: &str) -> Result<HostAnswer, LookError> {
    let said = match read {
        HostRead::Figures => figures::answer(outputs).map(HostAnswer::Figures),
        HostRead::Service(unit) => service::answer(unit, only(outputs)).map(HostAnswer::Service),
        HostRead::Log { unit, lines } => {
            log::answer(unit.as_ref(), *lines, only(outputs)).map(HostAnswer::Lines)
        }
        HostRead::Mac => mac::answer(outputs).map(HostAnswer::Mac),
    };
    let what = format!("{what} on {whom}");
    said.map_err(|trouble| match trouble {
        Trouble::Absent(why) => LookError::Missing { what, why },
        Trouble::Strange(why) => LookError::Malformed { what, why },
    })
}

/// What is read, in words: `look at nginx`.
pub fn words(read: &HostRead) -> String {
    match read {
        HostRead::Figures => "read temperatures and load".to_owned(),
        HostRead::Service(unit) => format!("look at {}", clean(unit.name())),
        HostRead::Log { unit: Some(unit), .. } => format!("read the log of {}", clean(unit.name())),
        HostRead::Log { unit: None, .. } => "read the journal".to_owned(),
        HostRead::Mac => "read the hardware address".to_owned(),
    }
}

/// Why outputs are no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trouble {
    /// The host lacks something: a program, a right.
    Absent(String),
    /// It said something else than it should.
    Strange(String),
}

fn absent(program: &str, output: &Output, remedy: &str) -> Trouble {
    Trouble::Absent(format!("`{program}`: {}; {remedy}", output.told()))
}

fn only(outputs: &[Output]) -> Output {
    outputs.first().cloned().unwrap_or_default()
}

fn owned<const N: usize>(argv: [&str; N]) -> Vec<String> {
    argv.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests;
