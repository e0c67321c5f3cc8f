//! One process of the program, and what the kernel says of it (Linux: `/proc`).

use anyhow::{Context as _, ensure};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Ticks of the kernel's clock in a second, as `/proc/PID/stat` counts (always 100 on Linux).
const TICKS: u64 = 100;

/// A running process, ended when dropped.
pub struct Program {
    child: Child,
    /// What it printed until it was ready.
    pub banner: String,
    /// From its start until it said so.
    pub ready_after: Duration,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Memory in RAM now, bytes.
    pub resident_bytes: u64,
    /// Time on a processor.
    pub cpu: Duration,
    /// Bytes handed to the disk.
    pub written_bytes: u64,
}

/// The program with a home of its own.
pub fn command(binary: &Path, home: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("XDG_STATE_HOME", home)
        .env("HOME", home)
        .current_dir(home);
    command
}

/// Runs a command to its end; its output.
pub fn said(mut command: Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

impl Program {
    /// Starts it, and waits until it prints a line with `ready`.
    pub fn start(mut command: Command, log: &Path, ready: &str) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(log)?)
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let mut lines = BufReader::new(child.stdout.take().context("its output is piped")?);
        let mut banner = String::new();
        while !banner.lines().last().is_some_and(|line| line.contains(ready)) {
            let read = lines.read_line(&mut banner)?;
            ensure!(
                read > 0,
                "{command:?} ended: {banner}{}",
                fs::read_to_string(log)?
            );
        }
        Ok(Self {
            child,
            banner,
            ready_after: began.elapsed(),
        })
    }

    /// The word after `word` in what it printed.
    pub fn word_after(&self, word: &str) -> anyhow::Result<&str> {
        let mut words = self.banner.split_whitespace();
        words.find(|found| *found == word);
        words
            .next()
            .with_context(|| format!("no {word} in {}", self.banner))
    }

    /// What it has used so far.
    pub fn used(&self) -> anyhow::Result<Used> {
        let folder = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{folder}/status"))?;
        let io = fs::read_to_string(format!("{folder}/io"))?;
        let stat = fs::read_to_string(format!("{folder}/stat"))?;
        // The name in brackets may hold spaces; user and system time are the 12th and 13th field after it.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let ticks =
            |at: usize| -> anyhow::Result<u64> { Ok(fields.get(at).context("a field of stat")?.parse()?) };
        Ok(Used {
            resident_bytes: field(&status, "VmRSS:")? * 1024,
            cpu: Duration::from_millis((ticks(11)? + ticks(12)?) * 1000 / TICKS),
            written_bytes: field(&io, "write_bytes:")?,
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; both are fine.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn field(text: &str, name: &str) -> anyhow::Result<u64> {
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .with_context(|| format!("no {name} in {text}"))?;
    let word = line.split_whitespace().nth(1).context("a figure")?;
    Ok(word.parse()?)
}
