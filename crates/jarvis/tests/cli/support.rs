//! Starting the program, and waiting for what it says.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Nothing that is waited for takes longer.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// What a command said, and its exit code.
#[derive(Debug, Clone)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    /// The output, when the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        format!("{}{}", self.out, self.err)
    }
}

/// The program with nothing of this process's environment but the path.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jarvis"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
        .env("XDG_STATE_HOME", home)
        .env("HOME", home)
        .current_dir(home);
    command
}

/// Runs the program to its end.
pub fn jarvis(home: &Path, arguments: &[&str]) -> Said {
    program(home)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
        .into()
}

/// Asks again until it is so; `what` names it when it never is.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
    }
}

/// A long-running command, ended when dropped.
pub struct Process {
    pub child: Child,
    /// What it printed until it was ready.
    pub banner: String,
    log: PathBuf,
}

impl Process {
    /// Starts it and waits for a line that contains `ready`.
    #[track_caller]
    pub fn start(mut command: Command, log: PathBuf, ready: &str) -> Self {
        let errors = File::create(&log).unwrap();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.lines().last().is_some_and(|line| line.contains(ready)) {
            if lines.read_line(&mut banner).unwrap() == 0 {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                panic!("it ended before it was ready: {:?}\n{banner}{log}", child.wait());
            }
        }
        Self { child, banner, log }
    }

    /// Sends SIGTERM and waits for the end; returns the exit code.
    pub fn terminate(&mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running demo with its own home.
pub struct Demo {
    pub home: TempDir,
    pub process: Process,
}

impl Demo {
    /// Starts one and waits until the cluster was looked at and the manifests are in force.
    #[track_caller]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same with further arguments.
    #[track_caller]
    pub fn with(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let process = Self::process_with(home.path(), arguments);
        let demo = Self { home, process };
        demo.wait_ready();
        demo
    }

    /// Starts a demo process in a home.
    #[track_caller]
    pub fn process(home: &Path) -> Process {
        Self::process_with(home, &[])
    }

    fn process_with(home: &Path, arguments: &[&str]) -> Process {
        let mut command = program(home);
        command.args(["demo", "--port", "0", "--verbose"]);
        command.args(arguments);
        Process::start(command, home.join("demo.log"), "Ctrl-C ends it.")
    }

    /// Waits until every resource has a known status.
    pub fn wait_ready(&self) {
        until("resources with a status", || {
            let said = self.jarvis(&["get", "resources"]);
            let known = said.out.contains("VirtualMachine/web-01") && !said.out.contains("Unknown");
            (said.code == 0 && known).then_some(())
        });
    }

    /// Runs a command against it.
    pub fn jarvis(&self, arguments: &[&str]) -> Said {
        jarvis(self.home.path(), arguments)
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        word_after(&self.process.banner, "open")
    }

    /// Its folder of manifests.
    pub fn manifests(&self) -> PathBuf {
        word_after(&self.process.banner, "manifests").into()
    }
}

/// The word that follows a label at the beginning of a line.
pub fn word_after(text: &str, label: &str) -> String {
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(label))
        .unwrap_or_else(|| panic!("no {label} in {text}"));
    line.split_whitespace().next().unwrap().to_owned()
}

/// Says loudly that something was left out, and why.
pub fn not_checked(why: &str) {
    let _ = writeln!(std::io::stderr(), "NOT CHECKED, because {why}");
}
