//! Acts on guests.

use super::{ADDS, INTERRUPTS, acts, request};
use crate::{
    arguments, schema,
    tool::{Hints, Tool},
};
use jarvis_model::{Action, Tier, action::default_stop_timeout_secs};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) const START: Tool = Tool {
    example: r#"{"vmid":102}"#,
    input: schema::input::<Which>,
    ..acts(
        "start_guest",
        "Start a guest",
        "Starts a stopped guest and verifies that it runs.",
        ADDS,
        |call| {
            request::<Which>(call, |which| {
                Ok((
                    Action::StartGuest {
                        vmid: arguments::vmid(which.vmid)?,
                    },
                    None,
                ))
            })
        },
    )
};

pub(crate) const SHUTDOWN: Tool = Tool {
    example: r#"{"vmid":102}"#,
    input: schema::input::<Gently>,
    ..acts(
        "shutdown_guest",
        "Shut a guest down",
        "Asks a guest to shut down; never forced.",
        INTERRUPTS,
        |call| {
            request::<Gently>(call, |which| {
                let (vmid, timeout_secs) = which.checked()?;
                Ok((Action::ShutdownGuest { vmid, timeout_secs }, None))
            })
        },
    )
};

pub(crate) const REBOOT: Tool = Tool {
    example: r#"{"vmid":102}"#,
    input: schema::input::<Gently>,
    ..acts(
        "reboot_guest",
        "Reboot a guest",
        "Asks a guest to shut down and start again; never forced.",
        Hints {
            idempotent: false,
            ..INTERRUPTS
        },
        |call| {
            request::<Gently>(call, |which| {
                let (vmid, timeout_secs) = which.checked()?;
                Ok((Action::RebootGuest { vmid, timeout_secs }, None))
            })
        },
    )
};

pub(crate) const STOP: Tool = Tool {
    tier: Tier::Red,
    example: r#"{"vmid":102}"#,
    input: schema::input::<Confirmable>,
    ..acts(
        "stop_guest",
        "Cut a guest's power",
        "Cuts a guest's power; unsaved data is lost. Red: the first call answers with a digest. Prefer shutdown_guest.",
        INTERRUPTS,
        |call| {
            request::<Confirmable>(call, |which| {
                let vmid = arguments::vmid(which.vmid)?;
                Ok((
                    Action::StopGuest { vmid },
                    arguments::digest(which.digest.as_deref())?,
                ))
            })
        },
    )
};

pub(crate) const SNAPSHOT: Tool = Tool {
    example: r#"{"vmid":102,"snapshot":"before-upgrade"}"#,
    input: schema::input::<Snapshot>,
    ..acts(
        "create_snapshot",
        "Take a snapshot",
        "Takes a snapshot of a guest's disks, without its memory.",
        Hints {
            idempotent: false,
            ..ADDS
        },
        |call| {
            request::<Snapshot>(call, |which| {
                let (vmid, snapshot) = (
                    arguments::vmid(which.vmid)?,
                    arguments::snapshot(&which.snapshot)?,
                );
                Ok((Action::CreateSnapshot { vmid, snapshot }, None))
            })
        },
    )
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    #[schemars(range(min = 100, max = 999_999_999))]
    vmid: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Gently {
    #[schemars(range(min = 100, max = 999_999_999))]
    vmid: u32,
    /// How long it has to shut down; 60 when left out.
    #[schemars(range(min = 1, max = 3600))]
    timeout_secs: Option<u32>,
}

impl Gently {
    fn checked(&self) -> Result<(jarvis_model::Vmid, u32), crate::answer::Trouble> {
        let timeout = self.timeout_secs.unwrap_or_else(default_stop_timeout_secs);
        Ok((
            arguments::vmid(self.vmid)?,
            arguments::within("timeoutSecs", timeout, 1, 3600)?,
        ))
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmable {
    #[schemars(range(min = 100, max = 999_999_999))]
    vmid: u32,
    /// Only in the second call.
    digest: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snapshot {
    #[schemars(range(min = 100, max = 999_999_999))]
    vmid: u32,
    /// Its name: letters, digits, - and _.
    #[schemars(length(min = 2, max = 40))]
    snapshot: String,
}
