//! Runs the git program: fixed arguments, a built environment, a time limit, a cap on what it may print. No shell.
//!
//! Whatever ends the wait (time limit, cap, a dropped future) ends git's whole process group, ssh included.

use crate::settings::Environment;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

const STDERR_CAP_BYTES: usize = 64 << 10;

/// The git program with its environment and time limit.
#[derive(Debug)]
pub struct Git {
    environment: Environment,
    folder: PathBuf,
    timeout: Duration,
}

/// What a run that came to its end left behind.
#[derive(Debug)]
pub struct Output {
    /// Exit code; None when a signal ended it.
    pub code: Option<i32>,
    /// Standard output, whole.
    pub stdout: Vec<u8>,
    /// Standard error, cut at 64 KiB, not yet cleaned.
    pub stderr: String,
}

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The program could not be started, or its pipes failed.
    #[error("git could not be run: {0}")]
    Io(#[from] io::Error),
    /// The time limit passed; the process group was ended.
    #[error("git did not finish within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It printed more than it may; the process group was ended.
    #[error("git printed more than {0} bytes")]
    TooMuch(usize),
}

impl Git {
    /// Runs in `folder`, which must exist whenever [`Git::run`] is called.
    pub fn new(environment: Environment, folder: PathBuf, timeout: Duration) -> Self {
        Self {
            environment,
            folder,
            timeout,
        }
    }

    /// Runs git with `arguments`, feeds it `input`, and waits for its end. A non-zero exit code is not an error here.
    pub async fn run(
        &self,
        arguments: &[&str],
        input: &[u8],
        stdout_cap_bytes: usize,
    ) -> Result<Output, RunError> {
        self.run_with(&[], arguments, input, stdout_cap_bytes).await
    }

    /// The same with further variables, which go before those of the environment.
    pub async fn run_with(
        &self,
        further: &[(&str, OsString)],
        arguments: &[&str],
        input: &[u8],
        stdout_cap_bytes: usize,
    ) -> Result<Output, RunError> {
        let mut child = Command::new("git")
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .envs(further.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let mut group = Group::of(&child);
        let run = communicate(&mut child, input, stdout_cap_bytes);
        let output = match tokio::time::timeout(self.timeout, run).await {
            Ok(output) => output?,
            Err(_) => return Err(RunError::TimedOut(self.timeout)),
        };
        group.finished();
        Ok(output)
    }
}

async fn communicate(child: &mut Child, input: &[u8], stdout_cap_bytes: usize) -> Result<Output, RunError> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(RunError::Io(io::Error::other("no pipes")));
    };
    let feed = async move {
        match stdin.write_all(input).await {
            // It may end before it has read everything; its exit code and messages say why.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(RunError::Io(error)),
            _ => Ok(()),
        }
    };
    let ((), stdout, stderr) = tokio::try_join!(feed, read_all(stdout, stdout_cap_bytes), read_some(stderr))?;
    let status = child.wait().await?;
    Ok(Output {
        code: status.code(),
        stdout,
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}

/// Reads to the end; more than `cap` bytes is an error.
async fn read_all(stream: impl AsyncRead + Unpin, cap: usize) -> Result<Vec<u8>, RunError> {
    let mut bytes = Vec::new();
    stream.take(cap as u64 + 1).read_to_end(&mut bytes).await?;
    if bytes.len() > cap {
        Err(RunError::TooMuch(cap))
    } else {
        Ok(bytes)
    }
}

/// Reads to the end and keeps the beginning.
async fn read_some(mut stream: impl AsyncRead + Unpin) -> Result<Vec<u8>, RunError> {
    let mut bytes = Vec::new();
    (&mut stream)
        .take(STDERR_CAP_BYTES as u64)
        .read_to_end(&mut bytes)
        .await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(bytes)
}

/// Ends the process group when dropped, unless its leader was waited for.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(
            child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(Pid::from_raw),
        )
    }

    fn finished(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended by itself in the meantime, which is as good.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    /// A `git` of our own in a folder that is the whole search path.
    fn script(text: &str) -> (tempfile::TempDir, Git) {
        let folder = tempfile::tempdir().unwrap();
        // Written by a child: while this process has a program open for writing, a test beside this one may start a
        // process that has it open too for a moment, and the kernel runs no program that somebody may be writing.
        let mut writer = std::process::Command::new("sh")
            .args(["-c", r#"cat >"$0" && chmod 755 "$0""#])
            .arg(folder.path().join("git"))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = writer.stdin.take().unwrap();
        writeln!(stdin, "#!/bin/sh\n{text}").unwrap();
        drop(stdin);
        assert!(writer.wait().unwrap().success());
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let environment = vec![("PATH".into(), path.into()), ("SEEN".into(), "yes".into())];
        let git = Git::new(environment, folder.path().to_owned(), Duration::from_secs(20));
        (folder, git)
    }

    #[tokio::test]
    async fn environment_is_built_and_input_is_fed() {
        let (_folder, git) = script("env; cat; exit 3");
        let output = git.run(&[], b"fed", 10_000).await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.code, Some(3));
        assert!(text.contains("SEEN=yes") && text.ends_with("fed"), "{text}");
        assert!(
            !text.contains("CARGO"),
            "the test's own environment leaked: {text}"
        );
    }

    #[tokio::test]
    async fn too_much_output_is_refused() {
        let (_folder, git) = script("yes");
        assert!(matches!(
            git.run(&[], b"", 1000).await,
            Err(RunError::TooMuch(1000))
        ));
    }

    #[tokio::test]
    async fn input_nobody_reads_is_no_error() {
        let (_folder, git) = script("exec 0<&-; echo done");
        let output = git.run(&[], &vec![b'x'; 1 << 20], 1000).await.unwrap();
        assert_eq!(output.stdout, b"done\n");
    }

    #[tokio::test]
    async fn a_timeout_ends_the_whole_group() {
        // The grandchild holds the write end of a FIFO: its end is seen as end of file.
        let (folder, mut git) = script("sh -c 'exec 3>alive; echo started >&3; sleep 600' & wait");
        let fifo = folder.path().join("alive");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&fifo)
                .status()
                .unwrap()
                .success()
        );
        git.timeout = Duration::from_secs(2);
        let (send, read) = tokio::sync::oneshot::channel();
        // No task of the runtime: those are waited for when a test fails.
        std::thread::spawn(move || send.send(std::fs::read_to_string(fifo)));
        assert!(matches!(
            git.run(&[], b"", 1000).await,
            Err(RunError::TimedOut(_))
        ));
        let read = tokio::time::timeout(Duration::from_secs(20), read)
            .await
            .expect("the grandchild lives on");
        assert_eq!(read.unwrap().unwrap(), "started\n");
    }
}
