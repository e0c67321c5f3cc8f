//! Consoles of guests, by Proxmox's own way in: the [`jarvis_ports::Terminal`] port over `POST …/termproxy` and the WebSocket
//! `…/vncwebsocket`, with the credential and the trust of all other requests. For guests that let nobody in over SSH.
//!
//! Assumes: the port that `termproxy` opens is one of the node that was asked, which need not be the guest's own (neither
//! request is forwarded), so both go to the same entry point; its ticket lets in for a few seconds. An API token is let in
//! since qemu-server 9.1.7 and pve-container 6.1.3; before, only a user that logs in.
//! What holds of the port's promises: who does not take the output does not stop the program behind it, for Proxmox has no
//! means to; it is left out beyond a bound, and that is said ([`backlog`]).
//!
//! | module | what |
//! | --- | --- |
//! | [`talk`] | what is spoken with `termproxy` |
//! | [`backlog`] | output that waits |

mod backlog;
mod talk;

use crate::{
    answer::Envelope,
    ask::{Look, Read},
    client::Proxmox,
    entry::{Entry, LARGE_BODY, NoSocket},
    list::ClusterList,
    loose::{flag, whole, word},
    paths,
};
use async_trait::async_trait;
use jarvis_model::{GuestKind, Host, Vmid};
use jarvis_ports::{
    GuestRow, LookError, Priority, Terminal, TerminalError,
    terminal::{Opened, Size},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use talk::NotLetIn;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

/// How long `termproxy` waits for somebody to come, and for the ticket.
const LET_IN_WITHIN: Duration = Duration::from_secs(10);

/// How often it is seen whether a guest whose console is open still runs there.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Consoles of the guests of a cluster.
pub struct Consoles {
    client: Arc<Proxmox>,
    look_every: Duration,
}

/// Where a console waits, and what lets in.
struct Waiting {
    user: String,
    ticket: Zeroizing<String>,
    port: u16,
}

impl Consoles {
    /// Opens no connection.
    pub fn new(client: Arc<Proxmox>) -> Self {
        Self {
            client,
            look_every: LOOK_EVERY,
        }
    }

    /// The guest, and that it has a console to show.
    async fn find(&self, vmid: Vmid) -> Result<GuestRow, TerminalError> {
        let asked = |error| self.error(vmid, error);
        let none = |why: String| no_terminal(vmid, why);
        let mut look = Look::cluster("look for the guest", paths::CLUSTER_RESOURCES);
        (look.largest, look.priority) = (LARGE_BODY, Priority::Operator);
        let (_, ClusterList(seen)) = self.client.ask_any(&look).await.map_err(asked)?;
        let row = seen.guests.into_iter().find(|guest| guest.vmid == vmid);
        let row = row.ok_or_else(|| none("the cluster lists no such guest".to_owned()))?;
        let status = status(&self.client, &row).await.map_err(asked)?;
        lacks(&status, row.kind, vmid).map_or(Ok(row), |why| Err(none(why)))
    }

    /// Begins a console, and tells at which entry point: the guest's own node, else another.
    async fn wait(&self, row: &GuestRow) -> Result<(Arc<Entry>, Waiting), TerminalError> {
        let vmid = row.vmid;
        let look = Look {
            request: Read::Post(paths::termproxy(&row.node, row.kind, vmid)),
            ..Look::node(
                format!("open the console of guest {vmid}"),
                String::new(),
                &row.node,
                Priority::Operator,
            )
        };
        let mut failed = None;
        for entry in self.client.order(Some(&row.node)).into_iter().take(2) {
            match self.client.ask::<Envelope>(&entry, &look).await {
                Ok(answer) => {
                    let waiting = waiting(&answer.data).ok_or_else(|| {
                        no_terminal(vmid, "Proxmox's answer names no user, ticket or port".to_owned())
                    })?;
                    return Ok((entry, waiting));
                }
                Err(error @ (LookError::Unreachable { .. } | LookError::NotAuthenticated { .. })) => {
                    failed = failed.or(Some(error));
                }
                Err(error) => return Err(self.error(vmid, error)),
            }
        }
        Err(failed.map_or_else(
            || no_terminal(vmid, "no entry point is configured".to_owned()),
            |error| self.error(vmid, error),
        ))
    }

    fn error(&self, vmid: Vmid, error: LookError) -> TerminalError {
        let (host, why) = (Host::Guest(vmid), error.to_string());
        match error {
            LookError::NoRights { .. } => {
                let credential = self.client.options.credential.public();
                let why = format!(
                    "{why}. As root on a node: `pveum acl modify /vms/{vmid} {} --roles JarvisConsole`; `jarvis doctor` \
                     prints how that role is made",
                    of(credential)
                );
                TerminalError::NoLogin { host, why }
            }
            LookError::NotAuthenticated { .. } => TerminalError::NoLogin { host, why },
            LookError::Unreachable { .. } => TerminalError::Unreachable { host, why },
            _ => TerminalError::NoTerminal { host, why },
        }
    }
}

#[async_trait]
impl Terminal for Consoles {
    fn reaches(&self, host: &Host) -> bool {
        matches!(host, Host::Guest(_))
    }

    async fn open(&self, host: &Host, size: Size) -> Result<Opened, TerminalError> {
        let Host::Guest(vmid) = host else {
            return Err(TerminalError::NoWay { host: host.clone() });
        };
        let row = self.find(*vmid).await?;
        let (entry, waiting) = self.wait(&row).await?;
        let path = paths::vncwebsocket(&row.node, row.kind, *vmid, waiting.port, &waiting.ticket);
        let talk = async {
            let socket = entry.socket(&path, talk::config()).await;
            let socket = socket.map_err(|no| no_socket(*vmid, no))?;
            let over = over(Arc::clone(&self.client), row, self.look_every);
            talk::begin(socket, (&waiting.user, &waiting.ticket), size, over)
                .await
                .map_err(|error| not_let_in(*vmid, &waiting.user, &error))
        };
        let (input, output) = timeout(LET_IN_WITHIN, talk).await.unwrap_or_else(|_| {
            let why = format!("{} did not let in within {LET_IN_WITHIN:?}", entry.name());
            Err(no_terminal(*vmid, why))
        })?;
        tracing::info!(%host, entry = %entry.name(), user = waiting.user, "a console was opened");
        Ok(Opened {
            user: waiting.user,
            input,
            output,
        })
    }
}

async fn status(client: &Proxmox, row: &GuestRow) -> Result<Value, LookError> {
    let what = format!("look at guest {} on {}", row.vmid, row.node);
    let path = paths::guest_status(&row.node, row.kind, row.vmid);
    let look = Look::node(what, path, &row.node, Priority::Operator);
    let answer: Envelope = client.ask_about(&row.node, &look).await?;
    Ok(answer.data)
}

/// Until the guest stops or is not there any more: why. Who cannot be asked has not said so.
async fn over(client: Arc<Proxmox>, row: GuestRow, every: Duration) -> String {
    loop {
        sleep(every).await;
        match status(&client, &row).await {
            Ok(status) => {
                if let Some(why) = lacks(&status, row.kind, row.vmid) {
                    return why;
                }
            }
            Err(LookError::Missing { .. }) => return format!("the guest is not on {} any more", row.node),
            Err(_) => {}
        }
    }
}

/// Why a guest has no console to show now, if it has none. Proxmox itself says so only in the console.
fn lacks(status: &Value, kind: GuestKind, vmid: Vmid) -> Option<String> {
    let state = word(status.get("status")).unwrap_or_default();
    if state != "running" {
        return Some(format!("the guest is {state}; start it first"));
    }
    let has_port = kind == GuestKind::Lxc || flag(status.get("serial"));
    (!has_port).then(|| {
        format!(
            "the virtual machine has no serial port. On its node: `qm set {vmid} --serial0 socket`, then shut it down and start \
             it; inside it `systemctl enable --now serial-getty@ttyS0` (docs/TERMINAL.md)"
        )
    })
}

fn waiting(data: &Value) -> Option<Waiting> {
    Some(Waiting {
        user: word(data.get("user"))?,
        ticket: Zeroizing::new(word(data.get("ticket"))?),
        port: u16::try_from(whole(data.get("port"))?).ok()?,
    })
}

/// Of whom an access list speaks.
fn of(credential: &str) -> String {
    match credential.split_once('!') {
        Some((user, _)) => format!("--users {user} --tokens '{credential}'"),
        None => format!("--users {credential}"),
    }
}

fn no_terminal(vmid: Vmid, why: String) -> TerminalError {
    TerminalError::NoTerminal {
        host: Host::Guest(vmid),
        why,
    }
}

fn no_socket(vmid: Vmid, no: NoSocket) -> TerminalError {
    let host = Host::Guest(vmid);
    match no {
        NoSocket::NoAnswer(failure) => TerminalError::Unreachable {
            host,
            why: failure.why,
        },
        NoSocket::Refused(answer) => TerminalError::NoTerminal {
            host,
            why: format!(
                "Proxmox answered {} {} to the WebSocket",
                answer.status,
                answer.text()
            ),
        },
        NoSocket::NoWebSocket => no_terminal(vmid, "the answer is no WebSocket".to_owned()),
    }
}

fn not_let_in(vmid: Vmid, user: &str, error: &NotLetIn) -> TerminalError {
    let host = Host::Guest(vmid);
    let hint = if user.contains('!') {
        "; before qemu-server 9.1.7 and pve-container 6.1.3 Proxmox lets no API token in: update the node, or let Jarvis log in \
         as a user (docs/TERMINAL.md)"
    } else {
        ""
    };
    match error {
        NotLetIn::Closed => TerminalError::NoLogin {
            host,
            why: format!("Proxmox's console did not accept {user}: {error}{hint}"),
        },
        NotLetIn::Said(_) => no_terminal(vmid, error.to_string()),
        NotLetIn::Lost(_) => TerminalError::Unreachable {
            host,
            why: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests;
