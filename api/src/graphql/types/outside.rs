//! The audit chain, notification channels and tests of them.

use super::{Moment, scalar::Counter, word::Severity};
use crate::outside::{ChainCheck, Tried};
use async_graphql::SimpleObject;
use jarvis_crds::{Manifest, NotificationChannelSpec, Way};
use jarvis_model::ResourceKind;
use std::collections::BTreeMap;

/// The audit trail as a whole.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct AuditChain {
    /// Number of the last record.
    pub head: Counter,
    /// Its hash; keep it elsewhere as an anchor.
    pub head_hash: String,
    /// Whether every checksum and every link holds.
    pub intact: bool,
    /// Records that were checked.
    pub checked: Counter,
    /// Where it is broken, in words.
    pub problem: Option<String>,
    /// Where the whole trail can be fetched as JSON lines.
    pub export_json_lines: String,
    /// The same for spreadsheets.
    pub export_csv: String,
}

impl From<&ChainCheck> for AuditChain {
    fn from(check: &ChainCheck) -> Self {
        Self {
            head: check.head.into(),
            head_hash: check.head_hash.clone(),
            intact: check.problem.is_none(),
            checked: check.records.into(),
            problem: check.problem.clone(),
            export_json_lines: "/api/audit.jsonl".to_owned(),
            export_csv: "/api/audit.csv".to_owned(),
        }
    }
}

/// A notification channel of the manifests in force.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NotificationChannel {
    /// Its name.
    pub name: String,
    /// `NotificationChannel/name`.
    pub resource: String,
    /// `email`, `webhook` or `ntfy`.
    pub way: String,
    /// To whom or where; without secrets.
    pub target: String,
    /// What is less grave is not sent.
    pub minimum_severity: Severity,
    /// When only what is critical is sent at once.
    pub quiet: Option<String>,
    /// When the daily report is sent.
    pub daily_report: Option<String>,
    /// Messages that wait on the disk; absent where that is not known.
    pub waiting: Option<i32>,
}

impl NotificationChannel {
    /// All of them by name.
    pub fn all(moment: &Moment, waiting: Option<&BTreeMap<String, usize>>) -> Vec<Self> {
        let channels = moment.view.desired.channels.values();
        channels.map(|channel| Self::of(channel, waiting)).collect()
    }

    fn of(channel: &Manifest<NotificationChannelSpec>, waiting: Option<&BTreeMap<String, usize>>) -> Self {
        let (name, spec) = (channel.metadata.name.clone(), &channel.spec);
        let (way, target) = match &spec.way {
            Way::Email(mail) => ("email", mail.to.join(", ")),
            // What follows the host may hold a secret.
            Way::Webhook(hook) => ("webhook", host(&hook.url)),
            Way::Ntfy(ntfy) => ("ntfy", host(&ntfy.server)),
        };
        let waits = waiting.map(|waiting| waiting.get(&name).copied().unwrap_or(0));
        Self {
            resource: format!("{}/{name}", ResourceKind::NotificationChannel),
            way: way.to_owned(),
            target,
            minimum_severity: match spec.minimum_severity {
                jarvis_crds::Severity::Info => Severity::Info,
                jarvis_crds::Severity::Warning => Severity::Warning,
                jarvis_crds::Severity::Critical => Severity::Critical,
            },
            quiet: spec
                .quiet_hours
                .as_ref()
                .map(|quiet| format!("{} to {} {}", quiet.from, quiet.to, spec.time_zone)),
            daily_report: spec
                .daily_report
                .as_ref()
                .map(|at| format!("{at} {}", spec.time_zone)),
            waiting: waits.map(super::scalar::int),
            name,
        }
    }
}

/// Scheme and host of an address.
fn host(url: &str) -> String {
    let end = url
        .find("://")
        .and_then(|at| url[at + 3..].find('/').map(|slash| at + 3 + slash))
        .unwrap_or(url.len());
    url[..end].to_owned()
}

/// What became of a test message.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct NotificationTest {
    /// Whether every receiver's server took it.
    pub accepted: bool,
    /// One line for each receiver.
    pub text: String,
}

impl From<&[Tried]> for NotificationTest {
    fn from(tried: &[Tried]) -> Self {
        let line = |tried: &Tried| {
            let word = if tried.taken { "taken" } else { "not taken" };
            format!("{}: {word}: {}", tried.to, tried.answer)
        };
        Self {
            accepted: !tried.is_empty() && tried.iter().all(|tried| tried.taken),
            text: tried.iter().map(line).collect::<Vec<_>>().join("\n"),
        }
    }
}
