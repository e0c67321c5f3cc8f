//! Sending the one request of a permitted effect, once, to one entry point; and saying what became of it. Everything
//! that happens after the request may have left is `Unknown`, never retried here.

use crate::{
    admission::Pass,
    answer::Answer,
    client::Proxmox,
    entry::{Entry, NoAnswer, NoAnswerKind},
    paths,
};
use jarvis_model::{Effect, GuestVerb, Host, NodeName, Timestamp};
use jarvis_ports::{Accepted, PerformError, Priority, hostread};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use tracing::info;

impl Proxmox {
    /// Sends an effect before `send_before`, or not at all.
    pub(crate) async fn send(
        &self,
        effect: &Effect,
        send_before: Timestamp,
    ) -> Result<Accepted, PerformError> {
        let what = describe(effect);
        let answer = self.send_once(effect, &what, send_before).await?;
        match effect {
            Effect::Host {
                host: Host::Guest(vmid),
                node: Some(node),
                ..
            } => self.see_through(&answer, effect, &what, (node, *vmid)).await,
            _ => answer.outcome(&what, matches!(effect, Effect::Guest { .. })),
        }
    }

    /// The one request, and what came back.
    async fn send_once(
        &self,
        effect: &Effect,
        what: &str,
        send_before: Timestamp,
    ) -> Result<Answer, PerformError> {
        let rejected = |text: String, retryable: bool| PerformError::Rejected {
            text: format!("{what}: {text}"),
            retryable,
        };
        check(effect).map_err(|why| rejected(why, false))?;
        let (Some(node), Some(post)) = (effect.node(), paths::effect(effect)) else {
            return Err(rejected(
                "Proxmox has no such request; nothing was sent".to_owned(),
                false,
            ));
        };
        let entry = self
            .entry_for_write(node)
            .ok_or_else(|| rejected("no entry point".to_owned(), false))?;
        if let Some(why) = entry.health.token_refused() {
            return Err(rejected(
                format!(
                    "{} does not accept the credential: {why}; nothing was sent",
                    entry.name()
                ),
                false,
            ));
        }
        let patience = send_before
            .since(self.options.clock.now())
            .min(self.options.timeouts.write);
        let Ok(_pass) = timeout(patience, self.enter(node.as_str(), Priority::Act)).await else {
            return Err(rejected(
                "its time to be sent passed while waiting for a slot; nothing was sent".to_owned(),
                true,
            ));
        };
        let pass = self
            .admit_write(&entry, node, patience)
            .await
            .map_err(|(why, retryable)| rejected(why, retryable))?;
        if self.options.clock.now() >= send_before {
            return Err(rejected(
                "the permit has lapsed; nothing was sent".to_owned(),
                true,
            ));
        }
        info!(cluster = %self.options.cluster, entry = %entry.name(), effect = %what, "sending");
        match self.post_within(&entry, &post, &pass).await {
            // The ticket has ended. The write was not done, and it is not for this place to send it again.
            Ok(answer) if answer.status == 401 && entry.spend(&pass) => {
                entry.health.answered();
                let why = answer.text();
                let text = format!(
                    "the ticket was not accepted ({why}); nothing was done; the next request logs in anew"
                );
                Err(rejected(text, true))
            }
            Ok(answer) => {
                self.note_answer(&entry, &answer);
                Ok(answer)
            }
            Err(failure) => {
                self.note_failure(&entry, Some(node), &failure);
                let text = format!("cannot reach {}: {}", entry.name(), failure.why);
                if failure.may_be_sent() {
                    let text = format!("{what}: {text}; whether it was begun is not known");
                    Err(PerformError::Unknown { text })
                } else {
                    Err(rejected(format!("{text}; nothing was sent"), true))
                }
            }
        }
    }

    /// Posts the effect; no answer in time is none.
    async fn post_within(&self, entry: &Entry, post: &paths::Post, pass: &Pass) -> Result<Answer, NoAnswer> {
        let limit = self.options.timeouts.write;
        let posted = timeout(limit, entry.post(post, pass)).await;
        posted.unwrap_or_else(|_| {
            Err(NoAnswer {
                kind: NoAnswerKind::TimedOut,
                why: format!("no answer within {limit:?}"),
            })
        })
    }

    /// A pass for a write, from a log-in where needed; otherwise why nothing was sent, and whether to try again.
    async fn admit_write(
        &self,
        entry: &Entry,
        node: &NodeName,
        patience: Duration,
    ) -> Result<Pass, (String, bool)> {
        match timeout(patience, entry.admit()).await {
            Ok(Ok(pass)) => Ok(pass),
            Ok(Err(failure)) => {
                self.note_failure(entry, Some(node), &failure);
                let passing = failure.kind != NoAnswerKind::NotAdmitted;
                Err((
                    format!("{}: {}; nothing was sent", entry.name(), failure.why),
                    passing,
                ))
            }
            Err(_) => {
                let why = "its time to be sent passed while logging in; nothing was sent";
                Err((why.to_owned(), true))
            }
        }
    }

    /// The one entry point for a write: the node's own in good standing, else another in good standing, else its own
    /// (a refusal to connect is a clear answer), else the first.
    fn entry_for_write(&self, node: &NodeName) -> Option<Arc<Entry>> {
        let order = self.order(Some(node));
        let good = order
            .first()
            .filter(|entry| entry.health.aside().is_none())
            .cloned();
        good.or_else(|| self.own_entry(node))
            .or_else(|| order.first().cloned())
    }
}

/// What would be sent, in words.
fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Host { host, request, .. } => {
            let argv = hostread::clean(&request.argv().join(" "));
            format!("run {argv:?} on {host}")
        }
        Effect::Wake { node, .. } => format!("wake node {node}"),
        Effect::Node { node, request } => format!("{} node {node}", format!("{request:?}").to_lowercase()),
        Effect::Guest {
            node,
            kind,
            vmid,
            request,
        } => {
            let verb = match request {
                GuestVerb::Start => "start",
                GuestVerb::Shutdown { .. } => "shut down",
                GuestVerb::Reboot { .. } => "reboot",
                GuestVerb::Stop => "stop",
                GuestVerb::Reset => "reset",
                GuestVerb::Snapshot { .. } => "snapshot",
                GuestVerb::Rollback { .. } => "roll back",
                GuestVerb::Migrate { .. } => "migrate",
            };
            format!("{verb} {} {vmid} on {node}", kind.as_str())
        }
    }
}

/// Refuses what would not mean what it says once it is a path.
fn check(effect: &Effect) -> Result<(), String> {
    if let Effect::Host { request, .. } = effect {
        return hostread::request(request)
            .map(drop)
            .map_err(|unfit| unfit.to_string());
    }
    let Effect::Guest {
        request: GuestVerb::Snapshot { snapshot } | GuestVerb::Rollback { snapshot },
        ..
    } = effect
    else {
        return Ok(());
    };
    let fine = snapshot.len() <= 40
        && snapshot.len() >= 2
        && snapshot.starts_with(|c: char| c.is_ascii_alphabetic())
        && snapshot
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fine {
        Ok(())
    } else {
        Err(format!(
            "{snapshot:?} is no snapshot name: 2 to 40 letters, digits, '-' or '_', a letter first"
        ))
    }
}
