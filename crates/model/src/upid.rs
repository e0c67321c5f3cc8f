//! Proxmox task ids (`UPID:node:pid:pstart:starttime:type:id:user:`), parsed and printed without loss.
//! Source: the task section of the API facts; the final colon is part of the id.

use crate::{NodeName, Timestamp, Vmid};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A task id. Its node is where the task must be asked for; other nodes answer 400.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Upid {
    text: String,
    node: NodeName,
    started_at: Timestamp,
    task_type: String,
    id: String,
    user: String,
}

/// Why a text is no UPID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a task id: {rule}")]
pub struct InvalidUpid {
    /// The offered text, cut to 120 characters.
    pub text: String,
    /// What is wrong with it.
    pub rule: &'static str,
}

impl Upid {
    /// The whole id, as Proxmox wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// The node that runs the task.
    pub fn node(&self) -> &NodeName {
        &self.node
    }
    /// When the task started (whole seconds, the node's clock).
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }
    /// `qmstart`, `vzshutdown`, `hastart` ...; an open set.
    pub fn task_type(&self) -> &str {
        &self.task_type
    }
    /// What it works on: often a VMID, may be empty.
    pub fn id(&self) -> &str {
        &self.id
    }
    /// The guest it works on, when its id is one.
    pub fn vmid(&self) -> Option<Vmid> {
        self.id.parse().ok()
    }
    /// User, with `!token` when started by an API token.
    pub fn user(&self) -> &str {
        &self.user
    }
}

impl FromStr for Upid {
    type Err = InvalidUpid;

    fn from_str(text: &str) -> Result<Self, InvalidUpid> {
        let wrong = |rule| InvalidUpid {
            text: text.chars().take(120).collect(),
            rule,
        };
        let parts: Vec<&str> = text.split(':').collect();
        let ["UPID", node, pid, pstart, start, task_type, id, user, ""] = parts[..] else {
            return Err(wrong(
                "it has eight fields, starts with UPID and ends with a colon",
            ));
        };
        let hex = |field: &str, lengths: &[usize]| {
            lengths.contains(&field.len()) && field.bytes().all(|b| b.is_ascii_hexdigit())
        };
        if !hex(pid, &[8]) || !hex(pstart, &[8, 9]) || !hex(start, &[8]) {
            return Err(wrong(
                "pid, start tick and start time are 8 hex digits (the tick may have 9)",
            ));
        }
        let plain = |field: &str| !field.contains(|c: char| c.is_whitespace() || c == '/');
        if task_type.is_empty() || user.is_empty() || !plain(task_type) || !plain(id) || !plain(user) {
            return Err(wrong(
                "type and user are not empty, and no field has blanks or slashes",
            ));
        }
        let started = u64::from_str_radix(start, 16).map_err(|_| wrong("the start time is hexadecimal"))?;
        Ok(Self {
            text: text.to_owned(),
            node: NodeName::new(node).map_err(|_| wrong("its node is not a node name"))?,
            started_at: Timestamp::from_secs(started),
            task_type: task_type.to_owned(),
            id: id.to_owned(),
            user: user.to_owned(),
        })
    }
}

impl fmt::Display for Upid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Upid {
    type Error = InvalidUpid;
    fn try_from(text: String) -> Result<Self, InvalidUpid> {
        text.parse()
    }
}

impl From<Upid> for String {
    fn from(upid: Upid) -> Self {
        upid.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_task_with_a_long_tick_round_trips() {
        let text = "UPID:pve-1:0004F3A1:12345678A:66F00000:qmstart:101:jarvis@pve!act:";
        let upid: Upid = text.parse().unwrap();
        assert_eq!(upid.to_string(), text);
        assert_eq!(upid.node().as_str(), "pve-1");
        assert_eq!(upid.vmid().unwrap().get(), 101);
        assert_eq!(upid.user(), "jarvis@pve!act");
        assert_eq!(upid.started_at().as_secs(), 0x66F0_0000);
    }

    #[test]
    fn an_empty_id_and_an_odd_id_are_fine() {
        let empty: Upid = "UPID:pve:00001234:00012345:65000000:stopall::root@pam:"
            .parse()
            .unwrap();
        assert_eq!(empty.vmid(), None);
        let odd: Upid = "UPID:pve:00001234:00012345:65000000:imgdel:100@local:root@pam:"
            .parse()
            .unwrap();
        assert_eq!(odd.id(), "100@local");
        assert_eq!(odd.vmid(), None);
    }

    #[test]
    fn malformed_ids_are_refused() {
        for bad in [
            "",
            "notaupid",
            "UPID:pve:00001234:00012345:65000000:qmstart:100:root@pam",
            "UPID:pve:1234:00012345:65000000:qmstart:100:root@pam:",
            "UPID:p/ve:00001234:00012345:65000000:qmstart:100:root@pam:",
            "UPID:pve:00001234:00012345:65000000:qm start:100:root@pam:",
            "UPID:pve:00001234:00012345:65000000::100:root@pam:",
            "UPID:pve:00001234:0001234567:65000000:qmstart:100:root@pam:",
        ] {
            assert!(bad.parse::<Upid>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_printing_gives_the_text_back(text in "(UPID)?:?[ -~]{0,80}") {
            if let Ok(upid) = text.parse::<Upid>() {
                prop_assert_eq!(upid.to_string(), text);
            }
        }
    }
}
