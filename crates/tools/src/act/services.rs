//! Acts on services.

use super::{INTERRUPTS, acts, request};
use crate::{
    arguments, schema,
    tool::{Hints, Tool},
};
use jarvis_model::Action;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) const RESTART: Tool = Tool {
    example: r#"{"host":"guest/101","service":"nginx.service"}"#,
    input: schema::input::<Which>,
    ..acts(
        "restart_service",
        "Restart a service",
        "Restarts a systemd unit or docker container that a Service manifest declares.",
        Hints {
            idempotent: false,
            ..INTERRUPTS
        },
        |call| {
            request::<Which>(call, |which| {
                let (host, service) = (
                    arguments::host(&which.host)?,
                    arguments::words("service", &which.service, arguments::LONGEST_SERVICE)?,
                );
                Ok((Action::RestartService { host, service }, None))
            })
        },
    )
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// node/NAME or guest/VMID.
    host: String,
    /// Unit, container, or the manifest's name.
    service: String,
}
