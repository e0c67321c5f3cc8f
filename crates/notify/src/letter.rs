//! One message to one receiver, as it is kept on disk until a server has taken it. It holds what is told, not how it looks:
//! it is rendered when it is sent, the same way each time.

use crate::{
    news::{Kind, News},
    report::Report,
};
use jarvis_crds::{NotificationChannelSpec, Way};
use jarvis_model::{Digest, Severity, Timestamp};
use jarvis_ports::Narration;
use serde::{Deserialize, Serialize};

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// Its name, the same whenever it is made of the same news for the same receiver: 24 hex digits.
    pub id: String,
    /// The cluster it tells of.
    pub cluster: String,
    /// The channel it is for.
    pub channel: String,
    /// The receiver.
    pub to: To,
    /// The time zone in which it tells times.
    pub zone: String,
    /// When it was closed.
    pub created_at: Timestamp,
    /// What is told.
    pub content: Content,
    /// What stands above it in a model's words.
    #[serde(default)]
    pub words: Words,
    /// How often it was tried to send.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// Why the latest attempt failed.
    pub trouble: Option<String>,
    /// Why it is not tried any more.
    pub parked: Option<String>,
}

/// Who gets a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum To {
    /// One mailbox.
    Email {
        /// Its address.
        address: String,
    },
    /// A URL.
    Webhook {
        /// The URL.
        url: String,
        /// Name of the secret it is signed with.
        credential: Option<String>,
    },
    /// An ntfy topic.
    Ntfy {
        /// The server.
        server: String,
        /// The topic.
        topic: String,
        /// Name of the bearer token.
        credential: Option<String>,
    },
}

/// What stands above a letter's facts in a model's words. It is decided before the first attempt and written down, so that
/// every attempt sends the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum Words {
    /// Nothing: the facts speak for themselves.
    #[default]
    None,
    /// A narrator is to be asked.
    Wanted,
    /// These.
    Told {
        /// The words, and who wrote them.
        narration: Narration,
    },
}

/// What a letter tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Content {
    /// News, in the order of their records.
    News {
        /// What happened.
        items: Vec<News>,
        /// How many more happened than are told.
        more: u32,
    },
    /// The daily report.
    Report {
        /// The report.
        report: Box<Report>,
    },
    /// A test that a person asked for.
    Test,
}

impl To {
    /// The receivers of a channel.
    pub fn of(spec: &NotificationChannelSpec) -> Vec<Self> {
        match &spec.way {
            Way::Email(email) => email
                .to
                .iter()
                .map(|address| Self::Email {
                    address: address.clone(),
                })
                .collect(),
            Way::Webhook(webhook) => vec![Self::Webhook {
                url: webhook.url.clone(),
                credential: webhook.credential.clone(),
            }],
            Way::Ntfy(ntfy) => vec![Self::Ntfy {
                server: ntfy.server.clone(),
                topic: ntfy.topic.clone(),
                credential: ntfy.credential.clone(),
            }],
        }
    }

    /// For people: address, URL without its query, or topic.
    pub fn label(&self) -> String {
        match self {
            Self::Email { address } => address.clone(),
            // What follows may be a secret of the far side.
            Self::Webhook { url, .. } => host(url),
            Self::Ntfy { server, topic, .. } => format!("{}/{topic}", server.trim_end_matches('/')),
        }
    }
}

/// Scheme and host of a URL.
fn host(url: &str) -> String {
    let end = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(end..).unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{}{host}", url.get(..end).unwrap_or_default())
}

impl Content {
    /// What names it: the same news have the same name.
    fn name(&self) -> (&'static str, u64, u64) {
        match self {
            Self::News { items, .. } => {
                let first = items
                    .first()
                    .map_or((0, 0), |news| (news.seq, news.at.as_millis()));
                ("news", first.0, first.1)
            }
            Self::Report { report } => ("report", report.to.as_millis(), 0),
            Self::Test => ("test", 0, 0),
        }
    }

    /// Whether it is worth words of its own: what is given to people, and the daily report.
    pub fn is_narrated(&self) -> bool {
        match self {
            Self::News { items, .. } => items.iter().any(|news| news.kind == Kind::Escalation),
            Self::Report { .. } => true,
            Self::Test => false,
        }
    }

    /// The gravest of it.
    pub fn severity(&self) -> Severity {
        match self {
            Self::News { items, .. } => {
                let told = items.iter().filter(|news| !news.kind.is_good());
                told.map(|news| news.severity).max().unwrap_or(Severity::Info)
            }
            Self::Report { .. } | Self::Test => Severity::Info,
        }
    }
}

/// The letters of a channel about one content: one for each receiver.
pub fn letters(
    cluster: &str,
    channel: (&str, &NotificationChannelSpec),
    content: &Content,
    now: Timestamp,
) -> Vec<Letter> {
    let (name, spec) = channel;
    let letter = |to: To| Letter {
        id: Digest::of(&(cluster, name, &to, content.name()))
            .as_str()
            .chars()
            .take(24)
            .collect(),
        cluster: cluster.to_owned(),
        channel: name.to_owned(),
        to,
        zone: spec.time_zone.clone(),
        created_at: now,
        content: content.clone(),
        words: Words::None,
        attempts: 0,
        next_at: now,
        trouble: None,
        parked: None,
    };
    To::of(spec).into_iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_told_without_what_may_be_secret() {
        let to = |url: &str| To::Webhook {
            url: url.to_owned(),
            credential: None,
        };
        assert_eq!(
            to("https://hooks.example/T0/B0/canary?x=1").label(),
            "https://hooks.example"
        );
        assert_eq!(to("http://127.0.0.1:8080").label(), "http://127.0.0.1:8080");
    }
}
