//! Programs inside QEMU guests: `POST agent/exec` starts one and gives its process id, `GET agent/exec-status` says what it
//! left behind once it has ended. The guest forgets that after it was told once.

use crate::{
    answer::{Answer, Body as _, Envelope, plain},
    ask::{Look, Read},
    client::Proxmox,
    decode,
    looks::read,
    paths,
};
use jarvis_model::{Effect, GuestKind, Host, NodeName, Vmid};
use jarvis_ports::{
    Accepted, HostAnswer, HostRead, LookError, PerformError, Priority,
    hostread::{self, Output},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How much longer than a program may take is waited for what it left behind.
const LATE: Duration = Duration::from_secs(3);

impl Proxmox {
    /// Reads inside a guest; one program after the other, for an agent does one thing at a time.
    pub(crate) async fn read_inside(
        &self,
        node: &NodeName,
        vmid: Vmid,
        asked: &HostRead,
    ) -> Result<HostAnswer, LookError> {
        let host = Host::Guest(vmid).to_string();
        let what = hostread::words(asked);
        let full = format!("{what} on {host} through its agent");
        let programs = hostread::programs(asked, self.options.timeouts.agent_read);
        let programs = programs.map_err(|unfit| LookError::Missing {
            what: full.clone(),
            why: unfit.to_string(),
        })?;
        let mut outputs = Vec::new();
        for argv in &programs {
            outputs.push(self.run_inside(node, vmid, argv, &full).await?);
        }
        hostread::answer(asked, &outputs, &what, &host)
    }

    async fn run_inside(
        &self,
        node: &NodeName,
        vmid: Vmid,
        argv: &[String],
        what: &str,
    ) -> Result<Output, LookError> {
        let look = |at: &NodeName| Look {
            request: Read::Post(paths::agent_exec(at, vmid, argv)),
            ..Look::node(what.to_owned(), String::new(), at, Priority::Act)
        };
        let started: Result<Envelope, LookError> =
            self.ask_about_guest(node, GuestKind::Qemu, vmid, look).await;
        let started = started.map_err(|error| no_agent(error, vmid))?;
        let pid = read(what, decode::agent_pid(&started.data))?;
        let deadline = Instant::now() + self.options.timeouts.agent_read + LATE;
        self.end_inside(node, vmid, pid, what, deadline).await
    }

    /// Waits for the end of a program inside a guest.
    async fn end_inside(
        &self,
        node: &NodeName,
        vmid: Vmid,
        pid: u64,
        what: &str,
        deadline: Instant,
    ) -> Result<Output, LookError> {
        let look = |at: &NodeName| {
            let path = paths::agent_exec_status(at, vmid, pid);
            Look::node(what.to_owned(), path, at, Priority::Act)
        };
        loop {
            let envelope = self.ask_about_guest(node, GuestKind::Qemu, vmid, look).await?;
            if let Some(output) = read(what, decode::agent_output(&envelope.data))? {
                return Ok(output);
            }
            if Instant::now() >= deadline {
                return Err(LookError::Unreachable {
                    what: what.to_owned(),
                    whom: Host::Guest(vmid).to_string(),
                    why: format!("process {pid} inside it did not end in time"),
                });
            }
            sleep(self.options.timeouts.agent_poll).await;
        }
    }

    /// What became of a program that was asked for inside a guest. From the answer on, what cannot be seen is not known.
    pub(crate) async fn see_through(
        &self,
        answer: &Answer,
        effect: &Effect,
        what: &str,
        (node, vmid): (&NodeName, Vmid),
    ) -> Result<Accepted, PerformError> {
        let unknown = |why: String| PerformError::Unknown {
            text: format!("{what}: {why}; whether it was done is not known"),
        };
        // The agent may have heard what Proxmox did not hear back from it.
        if !(200..300).contains(&answer.status) && answer.text().contains("got timeout") {
            return Err(unknown(format!(
                "Proxmox answered {} {}",
                answer.status,
                answer.text()
            )));
        }
        answer.outcome(what, false)?;
        let started = Envelope::read(&answer.body).and_then(|envelope| decode::agent_pid(&envelope.data));
        let pid = started.map_err(unknown)?;
        let deadline = Instant::now() + self.options.timeouts.agent_act;
        let output = self.end_inside(node, vmid, pid, what, deadline).await;
        match output {
            Ok(output) if output.succeeded() => Ok(Accepted::by_program(effect, output)),
            Ok(output) => Err(PerformError::Failed {
                text: format!("{what}: {}", output.told()),
            }),
            Err(error) => Err(unknown(plain(&error.to_string()))),
        }
    }
}

/// The agent does not answer: said so that it is clear whose fault it is.
fn no_agent(error: LookError, vmid: Vmid) -> LookError {
    match error {
        LookError::Refused { what, why, .. }
            if why.contains("guest agent") || why.contains("not running") =>
        {
            LookError::Unreachable {
                what,
                whom: format!("the agent of guest {vmid}"),
                why: format!("{why}; install qemu-guest-agent in it, enable it in its options, or use SSH"),
            }
        }
        LookError::Refused { what, why, .. } if why.contains("execute child process") => {
            LookError::Missing { what, why }
        }
        error => error,
    }
}
