//! The outside watchdog's door: the one way to act on a guest without a permit, and therefore narrow (ADR 9).
//!
//! It knows one guest, named when it is made, and two requests: start it, reset it. It owns its client, so that nothing
//! else can be asked for through it. How often it may be used is not decided here.

use crate::{
    client::Proxmox,
    options::{Options, OptionsError},
    privileges::Privileges,
};
use jarvis_model::{Effect, GuestKind, GuestVerb, NodeName, Vmid};
use jarvis_ports::{Accepted, LookError, PerformError};
use std::{fmt, time::Duration};

/// A request that could not leave within this is not sent.
const PATIENCE: Duration = Duration::from_secs(15);
/// All that its token should hold, on that guest alone.
const NEEDED: [&str; 2] = ["VM.Audit", "VM.PowerMgmt"];

/// What can be done to the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Start it: it is stopped.
    Start,
    /// Reset it: it runs and does not answer.
    Reset,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Reset => "reset",
        })
    }
}

/// The door to one virtual machine.
#[derive(Debug)]
pub struct WatchdogDoor {
    client: Proxmox,
    vmid: Vmid,
}

impl WatchdogDoor {
    /// Builds the client; opens no connection.
    pub fn new(options: Options, vmid: Vmid) -> Result<Self, OptionsError> {
        Ok(Self {
            client: Proxmox::new(options)?,
            vmid,
        })
    }

    /// Sends the one request, once, to the machine where it lives. A doubt about it is told as unknown.
    pub async fn carry_out(&self, deed: Deed, node: &NodeName) -> Result<Accepted, PerformError> {
        let effect = Effect::Guest {
            node: node.clone(),
            kind: GuestKind::Qemu,
            vmid: self.vmid,
            request: match deed {
                Deed::Start => GuestVerb::Start,
                Deed::Reset => GuestVerb::Reset,
            },
        };
        let send_before = self.client.options.clock.now() + PATIENCE;
        self.client.send(&effect, send_before).await
    }

    /// What is wrong with the rights of its token: too few to act, or more than it needs.
    pub async fn rights(&self) -> Result<Vec<String>, LookError> {
        let held = self.client.preflight(&[], &[self.vmid]).await?;
        Ok(complaints(&held, self.vmid))
    }
}

fn complaints(held: &Privileges, vmid: Vmid) -> Vec<String> {
    let own = format!("/vms/{vmid}");
    let lacking = NEEDED
        .iter()
        .filter(|privilege| !held.holds(&own, privilege))
        .map(|privilege| format!("the watchdog's token lacks {privilege} on {own}: it cannot act"));
    let elsewhere = held.paths.iter().filter_map(|(path, rights)| {
        let spare = |privilege: &&String| *path != own || !NEEDED.contains(&privilege.as_str());
        let spare: Vec<&str> = rights.keys().filter(spare).map(String::as_str).collect();
        (!spare.is_empty()).then(|| {
            format!(
                "the watchdog's token holds more than it needs: {} on {path}; give it {} on {own} alone",
                spare.join(", "),
                NEEDED.join(" and ")
            )
        })
    });
    lacking.chain(elsewhere).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vmid() -> Vmid {
        Vmid::new(103).unwrap()
    }

    fn held(pairs: &[(&str, &[&str])]) -> Privileges {
        let mut privileges = Privileges::default();
        for (path, names) in pairs {
            let names = names.iter().map(|name| ((*name).to_owned(), true)).collect();
            privileges.paths.insert((*path).to_owned(), names);
        }
        privileges
    }

    #[test]
    fn rights_that_fit_are_not_complained_of_and_all_others_are() {
        let fits = held(&[("/", &[]), ("/vms/103", &["VM.Audit", "VM.PowerMgmt"])]);
        assert_eq!(complaints(&fits, vmid()), Vec::<String>::new());
        let lacks = complaints(&held(&[("/vms/103", &["VM.Audit"])]), vmid());
        assert!(
            lacks.len() == 1 && lacks[0].contains("lacks VM.PowerMgmt"),
            "{lacks:?}"
        );
        let wide = held(&[
            ("/vms", &["VM.PowerMgmt"]),
            ("/vms/103", &["VM.Audit", "VM.PowerMgmt", "VM.Config.Disk"]),
        ]);
        let wide = complaints(&wide, vmid());
        assert!(wide.len() == 2, "{wide:?}");
        assert!(wide[0].contains("VM.PowerMgmt on /vms;"), "{wide:?}");
        assert!(wide[1].contains("VM.Config.Disk on /vms/103"), "{wide:?}");
    }
}
