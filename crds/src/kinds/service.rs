//! `Service`: one service on a node, guest or host.

use super::{
    is_default,
    target::{HttpProbe, ServiceName, ServiceRef, Target, TcpProbe},
};
use crate::schema::words::{AutonomyText, PlainNameText};
use jarvis_model::Autonomy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one service should be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSpec {
    /// Where it runs.
    pub target: Target,
    /// What it is and how it is looked at.
    #[serde(flatten)]
    pub check: ServiceCheck,
    /// Whether it should be up.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "Running"))]
    pub state: ServiceState,
    /// What may be done when it is not as wished.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "AlertOnly"))]
    pub restart: Restart,
    /// How far Jarvis may go with this service alone: from L0 (observe) over L1 (alert), L2 (recommend) and L3 (act and
    /// report) to L4 (act silently). Policies and the config file can lower it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutonomyText>")]
    pub autonomy: Option<Autonomy>,
}

impl ServiceSpec {
    /// The service as policies name it; `None` for what is only looked at from outside (http, tcp).
    pub fn reference(&self) -> Option<ServiceRef> {
        let name = match &self.check {
            ServiceCheck::Systemd(systemd) => ServiceName::Unit(systemd.unit.clone()),
            ServiceCheck::Docker(docker) => ServiceName::Container(docker.container.clone()),
            ServiceCheck::Http(_) | ServiceCheck::Tcp(_) => return None,
        };
        Some(ServiceRef {
            target: self.target.clone(),
            name,
        })
    }
}

/// What the service is and how it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServiceCheck {
    /// A systemd unit.
    Systemd(Systemd),
    /// A docker container.
    Docker(Docker),
    /// Something that answers HTTP.
    Http(HttpProbe),
    /// Something that accepts TCP connections.
    Tcp(TcpProbe),
}

/// A systemd unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Systemd {
    /// Its name, such as `nginx.service`.
    #[schemars(with = "PlainNameText")]
    pub unit: String,
}

/// A docker container.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Docker {
    /// Its name.
    #[schemars(with = "PlainNameText")]
    pub container: String,
}

/// Whether a service should be up.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
pub enum ServiceState {
    /// It should be up.
    #[default]
    Running,
    /// It should be down. Jarvis recommends stopping it and never stops it by itself.
    Stopped,
}

/// What may be done about a service that is not as wished.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
pub enum Restart {
    /// It may be started or restarted.
    Allowed,
    /// It is only reported.
    #[default]
    AlertOnly,
}
