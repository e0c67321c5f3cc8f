//! One exchange told whole, for tests that play recorded answers to the client: what its decoding makes of the status
//! line, the headers and the body, before any look picks its fields. Nothing in the product asks this way.

use crate::{
    answer::{Answer, Body as _, Envelope},
    client::Proxmox,
    entry::LARGE_BODY,
    list::ClusterList,
    paths::Post,
};
use jarvis_ports::{Accepted, ClusterLook, LookError, PerformError};
use serde_json::Value;

/// An answer as the client understands it.
#[derive(Debug)]
pub struct Told {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The text of an error.
    pub text: String,
    /// As a look: what stands in `data`, and `total` beside it.
    pub look: Result<(Value, Option<u64>), LookError>,
    /// As a write of which a task is expected, where Proxmox gives one.
    pub write: Result<Accepted, PerformError>,
}

impl Proxmox {
    /// Asks the first entry point for a path below `/api2/json`, by GET or by an empty POST; an error says why there is no
    /// answer.
    pub async fn replay(&self, get: bool, path: &str) -> Result<Told, String> {
        let entries = self.entries();
        let entry = entries.first().ok_or("no entry point")?;
        let answer = if get {
            entry.get(path, LARGE_BODY).await
        } else {
            let post = Post {
                path: path.to_owned(),
                form: String::new(),
            };
            entry.look_by_post(&post).await
        };
        answer.map(|answer| told(&answer)).map_err(|failure| failure.why)
    }
}

/// A cluster list out of the body of its answer: what a look costs without the network.
pub fn cluster_list(body: &[u8]) -> Result<ClusterLook, String> {
    ClusterList::read(body).map(|ClusterList(look)| look)
}

fn told(answer: &Answer) -> Told {
    Told {
        status: answer.status,
        reason: answer.reason.clone(),
        text: answer.text(),
        look: answer
            .read("look", "a node")
            .map(|Envelope { data, total }| (data, total)),
        write: answer.outcome("write", false),
    }
}
