//! What clients send, checked into the model's types.

use crate::graphql::errors;
use async_graphql::{InputObject, Result};
use jarvis_model::{Action, Digest, Host, NodeName, Vmid, action::default_stop_timeout_secs};
use jarvis_tools::{answer::Trouble, arguments};
use std::time::Duration;

/// Longest hold, freeze or recall window.
const MAX_SPAN: Duration = Duration::from_hours(24 * 365);
/// Longest name of a host, characters; that of manifests.
const LONGEST_HOST: usize = 200;

/// An action: its name and what it is aimed at; for services and commands exactly one of `vmid`, `node` and `host`. A name
/// Jarvis does not know is passed on and refused by the guard.
#[derive(Debug, Clone, InputObject)]
pub struct ActionInput {
    /// `startGuest`, `shutdownGuest`, `rebootGuest`, `stopGuest`, `resetGuest`, `createSnapshot`, `rollbackSnapshot`,
    /// `migrateGuest`, `rebootNode`, `shutdownNode`, `wakeNode`, `startService`, `restartService`, `stopService`,
    /// `runCommand`.
    pub name: String,
    /// The guest.
    pub vmid: Option<i32>,
    /// The node.
    pub node: Option<String>,
    /// The host, by its name in the configuration file; for services and commands outside the cluster.
    pub host: Option<String>,
    /// Where to migrate.
    pub target_node: Option<String>,
    /// The snapshot's name.
    pub snapshot: Option<String>,
    /// The unit or container.
    pub service: Option<String>,
    /// The command: program and arguments, no shell.
    pub argv: Option<Vec<String>>,
    /// How long a guest may take to shut down, seconds; 60 when left out.
    pub timeout_seconds: Option<i32>,
}

impl ActionInput {
    /// The action.
    pub fn action(&self) -> Result<Action> {
        let timeout_secs = self.timeout_secs()?;
        Ok(match self.name.as_str() {
            "startGuest" => Action::StartGuest { vmid: self.vmid()? },
            "shutdownGuest" => Action::ShutdownGuest {
                vmid: self.vmid()?,
                timeout_secs,
            },
            "rebootGuest" => Action::RebootGuest {
                vmid: self.vmid()?,
                timeout_secs,
            },
            "stopGuest" => Action::StopGuest { vmid: self.vmid()? },
            "resetGuest" => Action::ResetGuest { vmid: self.vmid()? },
            "createSnapshot" => Action::CreateSnapshot {
                vmid: self.vmid()?,
                snapshot: self.snapshot()?,
            },
            "rollbackSnapshot" => Action::RollbackSnapshot {
                vmid: self.vmid()?,
                snapshot: self.snapshot()?,
            },
            "migrateGuest" => {
                let target = self
                    .target_node
                    .as_deref()
                    .ok_or_else(|| self.missing("targetNode"))?;
                Action::MigrateGuest {
                    vmid: self.vmid()?,
                    target: node_name(target)?,
                }
            }
            "destroyGuest" => Action::DestroyGuest { vmid: self.vmid()? },
            "reconfigureGuest" => Action::ReconfigureGuest { vmid: self.vmid()? },
            "rebootNode" => Action::RebootNode { node: self.node()? },
            "shutdownNode" => Action::ShutdownNode { node: self.node()? },
            "wakeNode" => Action::WakeNode { node: self.node()? },
            "startService" => Action::StartService {
                host: self.host()?,
                service: self.service()?,
            },
            "restartService" => Action::RestartService {
                host: self.host()?,
                service: self.service()?,
            },
            "stopService" => Action::StopService {
                host: self.host()?,
                service: self.service()?,
            },
            "runCommand" => {
                let argv = self.argv.as_ref().ok_or_else(|| self.missing("argv"))?;
                Action::RunCommand {
                    host: self.host()?,
                    argv: arguments::argv(argv).map_err(wrong)?,
                }
            }
            other => Action::Unknown {
                name: other.chars().take(80).collect(),
            },
        })
    }

    fn vmid(&self) -> Result<Vmid> {
        vmid(self.vmid.ok_or_else(|| self.missing("vmid"))?)
    }

    fn node(&self) -> Result<NodeName> {
        node_name(self.node.as_deref().ok_or_else(|| self.missing("node"))?)
    }

    fn host(&self) -> Result<Host> {
        match (self.vmid, self.node.as_deref(), self.host.as_deref()) {
            (Some(number), None, None) => vmid(number).map(Host::Guest),
            (None, Some(name), None) => node_name(name).map(Host::Node),
            (None, None, Some(name)) => host_name(name).map(Host::Named),
            _ => Err(self.missing("exactly one of vmid, node and host")),
        }
    }

    fn snapshot(&self) -> Result<String> {
        let name = self.snapshot.as_ref().ok_or_else(|| self.missing("snapshot"))?;
        arguments::snapshot(name).map_err(wrong)
    }

    fn service(&self) -> Result<String> {
        let service = self.service.as_ref().ok_or_else(|| self.missing("service"))?;
        arguments::words("service", service, arguments::LONGEST_SERVICE).map_err(wrong)
    }

    fn timeout_secs(&self) -> Result<u32> {
        let Some(secs) = self.timeout_seconds else {
            return Ok(default_stop_timeout_secs());
        };
        let fine = u32::try_from(secs).ok().filter(|secs| (1..=3600).contains(secs));
        fine.ok_or_else(|| errors::invalid("timeoutSeconds: give 1 to 3600"))
    }

    fn missing(&self, what: &str) -> async_graphql::Error {
        errors::invalid(format!("{} needs {what}", self.name))
    }
}

/// What a tool would answer to the same argument.
fn wrong(trouble: Trouble) -> async_graphql::Error {
    errors::invalid(trouble.0)
}

/// A guest's number.
pub fn vmid(number: i32) -> Result<Vmid> {
    let number =
        u32::try_from(number).map_err(|_| errors::invalid("vmid: a VMID is a whole number from 100"))?;
    Vmid::new(number).map_err(|error| errors::invalid(error.to_string()))
}

/// A node's name.
pub fn node_name(text: &str) -> Result<NodeName> {
    NodeName::new(text).map_err(|error| errors::invalid(error.to_string()))
}

/// A host's name, as the configuration file takes it. Whether Jarvis knows the host is for the guard to say.
fn host_name(text: &str) -> Result<String> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '/';
    if (1..=LONGEST_HOST).contains(&text.chars().count()) && !text.contains(odd) {
        Ok(text.to_owned())
    } else {
        Err(errors::invalid(
            "host: give the name of a host as it stands in the configuration file, without blanks and '/'; a node goes into \
             node, a guest into vmid",
        ))
    }
}

/// A digest.
pub fn digest(text: &str) -> Result<Digest> {
    Digest::parse(text).ok_or_else(|| errors::invalid("digest: give all 64 hex digits of what you confirm"))
}

/// A span of seconds.
pub fn span(what: &str, secs: Option<i32>) -> Result<Option<Duration>> {
    let Some(secs) = secs else { return Ok(None) };
    let span = u64::try_from(secs)
        .ok()
        .map(Duration::from_secs)
        .filter(|span| *span <= MAX_SPAN);
    span.map(Some)
        .ok_or_else(|| errors::invalid(format!("{what}: give seconds from 0 to a year")))
}

/// A reason people will read: one line, 1 to 300 characters.
pub fn reason(text: &str) -> Result<String> {
    let cleaned: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let fine = (1..=300).contains(&cleaned.chars().count());
    if fine {
        Ok(cleaned)
    } else {
        Err(errors::invalid("reason: say why, in 1 to 300 characters"))
    }
}
